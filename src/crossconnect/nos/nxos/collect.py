"""What NX-OS answers to `show ... | json`, as reports.

Source: Cisco Nexus 9000 Series NX-OS Programmability Guide 10.3(x), "NX-API", and the answers of each command in
public test data: a list is `TABLE_x/ROW_x`, which is an object where it has one row. Interfaces are abbreviated there.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.net import canonical_address, canonical_prefix
from crossconnect.nos.network_os import Query
from crossconnect.nos.reports import InterfaceReport, LldpReport, MacReport, NextHop, RibReport, SummaryReport

SUMMARY = "show bgp all summary vrf all | json"
ROUTES = ("show ip route vrf all | json", "show ipv6 route vrf all | json")
INTERFACES = "show interface | json"
LLDP = "show lldp neighbors | json"
MACS = "show l2route evpn mac all | json"

_FAMILIES = {
    "ipv4 unicast": "ipv4-unicast",
    "ipv6 unicast": "ipv6-unicast",
    "l2vpn evpn": "l2vpn-evpn",
}
_LONG = {"Eth": "Ethernet", "Po": "port-channel", "Lo": "loopback", "Vlan": "Vlan", "mgmt": "mgmt"}
_PEER_LINK = "vpc peer-link"
_SHORT = re.compile(r"(Eth|Po|Lo|Vlan|mgmt)(?=\d)(.*)")


def queries(device: DeviceConfiguration) -> tuple[Query, ...]:
    """What fills the state tables."""
    asked = [Query(how="cli", ask=SUMMARY, parse=sessions)]
    asked += [Query(how="cli", ask=ask, parse=routes) for ask in ROUTES]
    asked.append(Query(how="cli", ask=INTERFACES, parse=interfaces))
    asked.append(Query(how="cli", ask=LLDP, parse=lldp))
    if device.vtep:
        vnis = {i.vlan: i.vni for i in device.network_instances if i.kind == "mac-vrf" and i.vlan and i.vni}
        peer_link = device.mlag.peer_link if device.mlag is not None else ""
        asked.append(Query(how="cli", ask=MACS, parse=functools.partial(macs, vnis, peer_link=peer_link)))
    return tuple(asked)


def _object(answer: bytes, *wanted: str) -> Mapping[str, Any]:
    """A JSON object with these members. ValueError for anything else."""
    found = _members(json.loads(answer))
    for name in wanted:
        _members(found.get(name))
    return found


def _members(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    return cast("Mapping[str, Any]", value)


def _rows(holder: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """The rows of a table; none where it is not there."""
    table = holder.get(f"TABLE_{name}")
    if table is None:
        return
    rows = _members(table).get(f"ROW_{name}", [])
    for row in cast("list[object]", rows) if isinstance(rows, list) else [rows]:
        yield _members(row)


def long_name(name: str) -> str:
    """`Ethernet1/1` of `Eth1/1`."""
    match = _SHORT.fullmatch(name)
    return f"{_LONG[match[1]]}{match[2]}" if match else name


def sessions(answer: bytes) -> tuple[SummaryReport, ...]:
    """`show bgp all summary vrf all`."""
    found: list[SummaryReport] = []
    for vrf in _rows(_object(answer, "TABLE_vrf"), "vrf"):
        for af in _rows(vrf, "af"):
            for saf in _rows(af, "saf"):
                family = _FAMILIES.get(str(saf.get("af-name", "")).lower())
                for peer in _rows(saf, "neighbor") if family else ():
                    found.append(
                        SummaryReport(
                            vrf=str(vrf.get("vrf-name-out", "default")),
                            peer=_peer(str(peer.get("neighborid", ""))),
                            family=family or "",
                            established=str(peer.get("state", "")) == "Established",
                        )
                    )
    return tuple(found)


def _peer(text: str) -> str:
    """An address in canonical form, or the interface of an unnumbered session."""
    plain = text.partition("%")[0]
    return canonical_address(plain) if ":" in plain or plain.count(".") == 3 else long_name(plain)


def routes(answer: bytes) -> tuple[RibReport, ...]:
    """`show ip route vrf all`."""
    found: list[RibReport] = []
    for vrf in _rows(_object(answer, "TABLE_vrf"), "vrf"):
        for family in _rows(vrf, "addrf"):
            for prefix in _rows(family, "prefix"):
                if (route := _route(str(vrf.get("vrf-name-out", "default")), prefix)) is not None:
                    found.append(route)
    return tuple(found)


def _route(vrf: str, prefix: Mapping[str, Any]) -> RibReport | None:
    hops: list[NextHop] = []
    protocol = ""
    for path in _rows(prefix, "path"):
        client = str(path.get("clientname", ""))
        kind = "bgp" if client.startswith("bgp") else {"direct": "connected", "static": "static"}.get(client, "")
        if not kind:
            continue
        protocol = kind
        address = str(path.get("ipnexthop", "")).partition("%")[0]
        direct = kind == "connected"
        hops.append(
            NextHop(
                address=canonical_address(address) if address and not direct else "",
                interface=long_name(str(path.get("ifname", ""))),
            )
        )
    if not protocol:
        return None
    return RibReport(
        vrf=vrf, prefix=canonical_prefix(str(prefix.get("ipprefix", ""))), protocol=protocol, next_hops=tuple(hops)
    )


def interfaces(answer: bytes) -> tuple[InterfaceReport, ...]:
    """`show interface`: Ethernet, port channels and loopbacks as `eth_*`, SVIs as `svi_*`."""
    found: list[InterfaceReport] = []
    for row in _rows(_object(answer, "TABLE_interface"), "interface"):
        svi = "svi_line_proto" in row
        kind = "svi" if svi else "eth"
        state = str(row.get("svi_line_proto" if svi else "state", ""))
        address, length = row.get(f"{kind}_ip_addr"), row.get(f"{kind}_ip_mask")
        found.append(
            InterfaceReport(
                name=str(row.get("interface", "")),
                vrf="",
                up=state == "up",
                mtu=int(str(row.get(f"{kind}_mtu", 0))),
                mac=_mac(str(row.get("svi_mac" if svi else "eth_hw_addr", ""))),
                addresses=(f"{address}/{length}",) if address and length is not None else (),
            )
        )
    return tuple(found)


def _mac(text: str) -> str:
    """`00:2a:6a:d3:00:00` of `002a.6ad3.0000`; ValueError for anything else but nothing."""
    digits = text.replace(".", "").replace(":", "").lower()
    if digits and not re.fullmatch(r"[0-9a-f]{12}", digits):
        raise ValueError(f"{text} is no MAC address")
    return ":".join(digits[n : n + 2] for n in range(0, len(digits), 2))


def macs(vnis: Mapping[int, int], answer: bytes, peer_link: str = "") -> tuple[MacReport, ...]:
    """`show l2route evpn mac all`: `topo-id` is the VLAN, whose VNI `vnis` has; the next hop is a port or a VTEP.

    What the other leaf of a vPC pair has on a port of its own is local at the peer link, by whatever producer: no
    published answer has one. A port of that name is `vPC Peer-Link` in `show mac address-table`.
    """
    found: list[MacReport] = []
    for row in _rows(_object(answer, "TABLE_l2route_mac_all"), "l2route_mac_all"):
        vni = vnis.get(int(str(row.get("topo-id", ""))))
        if vni is None:
            continue  # a VLAN of an L3VNI: its MACs are those of routers
        hop = str(row.get("next-hop1", row.get("next-hop", "")))
        hop = peer_link if peer_link and hop.lower() == _PEER_LINK else hop.partition(" ")[0]
        local = str(row.get("prod-type", "")).lower() == "local" or (peer_link != "" and long_name(hop) == peer_link)
        found.append(
            MacReport(
                vni=vni,
                mac=_mac(str(row.get("mac-addr", ""))),
                local=local,
                interface=long_name(hop) if local else "",
                vtep="" if local else canonical_address(hop),
                esi="",
            )
        )
    return tuple(found)


def lldp(answer: bytes) -> tuple[LldpReport, ...]:
    """`show lldp neighbors`: `chassis_id` is the system name where there is one."""
    return tuple(
        LldpReport(
            interface=long_name(str(row.get("l_port_id", ""))),
            device=str(row.get("chassis_id", "")),
            port=str(row.get("port_id", "")),
        )
        for row in _rows(_object(answer, "TABLE_nbor"), "nbor")
    )
