"""NX-OS's answers about VXLAN as reports: VNIs, their flood lists, MAC addresses. Pure. EVPN routes: `collect_bgp`.

Sources: recorded answers of NX-OS 9.3 to `show nve vni all detail | json native`, and of `show nve vni
ingress-replication` (text), in public test data cited in the tests; of `show l2route evpn mac all`, the members that
public scripts read.

Left out, as no published answer has it: the ESI of a MAC address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from crossconnect.net import canonical_address
from crossconnect.nos.nxos.answer import long_name, mac_of, object_of, rows
from crossconnect.nos.reports import MacReport, VniReport

VNIS = "show nve vni all detail | json native"
FLOOD_LISTS = "show nve vni ingress-replication"
MACS = "show l2route evpn mac all | json"

_TYPE = re.compile(r"(L2|L3) \[(.*)\]")
_FLOOD_HEAD = re.compile(r"Interface +VNI +Replication List +Source +Up Time")
_FLOOD_ROW = re.compile(r"(?:nve\d+ +(?P<vni>\d+)|)(?: +(?P<vtep>[0-9a-fA-F.:]+) +\S+ +\S+)?")
_PEER_LINK = "vpc peer-link"


def vnis(answer: bytes) -> tuple[VniReport, ...]:
    """The answer to `VNIS`: `L2 [30]` names the VLAN, `L3 [red]` the VRF, whose VLAN is `vlan-bd`."""
    found: list[VniReport] = []
    for row in rows(object_of(answer, "TABLE_nve_vni"), "nve_vni"):
        kind = _TYPE.fullmatch(str(row.get("type", "")))
        if kind is None:
            raise ValueError(f"`{row.get('type')}` is no type of a VNI")
        vlan = int(str(row.get("vlan-bd") or 0))
        found.append(
            VniReport(
                vni=int(str(row.get("vni", ""))),
                kind="l3" if kind[1] == "L3" else "l2",
                vrf=kind[2] if kind[1] == "L3" else "",
                bridge=f"Vlan{vlan}" if vlan else "",
                remote_vteps=(),
            )
        )
    return tuple(found)


def flood_lists(answer: bytes) -> tuple[VniReport, ...]:
    """The answer to `FLOOD_LISTS`: a VTEP a line, the VNI on the first one; a VNI may have none."""
    lines = [line.rstrip() for line in answer.decode("utf-8").splitlines()]
    head = next((n for n, line in enumerate(lines) if _FLOOD_HEAD.fullmatch(line)), None)
    if head is None:
        raise ValueError("no table of flood lists")
    vteps: dict[int, list[str]] = {}
    vni = 0
    for line in lines[head + 1 :]:
        if not line or set(line) <= {"-", " "}:
            continue
        row = _FLOOD_ROW.fullmatch(line)
        if row is None or (row["vni"] is None and not vni):
            raise ValueError(f"`{line}` is no line of a flood list")
        vni = int(row["vni"] or vni)
        of = vteps.setdefault(vni, [])
        if row["vtep"]:
            of.append(canonical_address(row["vtep"]))
    return tuple(VniReport(vni=n, kind="l2", vrf="", bridge="", remote_vteps=tuple(of)) for n, of in vteps.items())


def macs(vnis_of: Mapping[int, int], answer: bytes, peer_link: str = "") -> tuple[MacReport, ...]:
    """The answer to `MACS`: `topo-id` is the VLAN, whose VNI `vnis_of` has; the next hop is a port or a VTEP.

    What the other leaf of a vPC pair has on a port of its own is local at the peer link, by whatever producer: no
    published answer has one. A port of that name is `vPC Peer-Link` in `show mac address-table`.
    """
    found: list[MacReport] = []
    for row in rows(object_of(answer, "TABLE_l2route_mac_all"), "l2route_mac_all"):
        vni = vnis_of.get(int(str(row.get("topo-id", ""))))
        if vni is None:
            continue  # a VLAN of an L3VNI: its MACs are those of routers
        hop = str(row.get("next-hop1", row.get("next-hop", "")))
        hop = peer_link if peer_link and hop.lower() == _PEER_LINK else hop.partition(" ")[0]
        local = str(row.get("prod-type", "")).lower() == "local" or (peer_link != "" and long_name(hop) == peer_link)
        found.append(
            MacReport(
                vni=vni,
                mac=mac_of(str(row.get("mac-addr", ""))),
                local=local,
                interface=long_name(hop) if local else "",
                vtep="" if local else canonical_address(hop),
                esi="",
            )
        )
    return tuple(found)
