"""SR Linux' answers about VXLAN as reports: VNIs with their flood lists, MAC addresses. Pure. Routes: `collect_bgp`.

Sources: YANG models srl_nokia-tunnel-interfaces, -tunnel-interfaces-vxlan-interface-bridge-table-multicast-destinations
and -bridge-table-mac-table of 25.3. What a MAC address is behind is text: `ethernet-1/3.100`, or `vxlan-interface:...
vtep:192.0.2.1 vni:100`, with `esi:` for an Ethernet segment of other VTEPs.

The interface of an L3VNI is its VXLAN interface, by which `nos.joined` finds its VRF. That of a bridge domain is an IRB
interface, which its MAC-VRF names in another answer (`collect.instance_interfaces`).
"""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.net import canonical_address
from crossconnect.nos.reports import MacReport, Report, VniReport
from crossconnect.nos.srlinux.answer import at, design_name, entries, number, root, text, word

VNIS = "/tunnel-interface[name=*]/vxlan-interface[index=*]"
MACS = "/network-instance[name=*]/bridge-table/mac-table"

_LOCAL = frozenset({"learnt", "static"})
_REMOTE = frozenset({"evpn", "evpn-static"})


def vnis(answer: bytes) -> tuple[Report, ...]:
    """The answer to `VNIS`: `bridged` ones flood to their multicast destinations, `routed` ones are of VRFs."""
    found: list[Report] = []
    for tunnel in entries(root(answer, "tunnel-interface")):
        for vxlan in entries(tunnel.get("vxlan-interface")):
            routed = word(vxlan, "type") == "routed"
            floods = entries(at(vxlan, "bridge-table", "multicast-destinations", "destination"))
            found.append(
                VniReport(
                    vni=number(vxlan, "ingress", "vni"),
                    kind="l3" if routed else "l2",
                    vrf="",
                    bridge=f"{text(tunnel, 'name')}.{text(vxlan, 'index')}" if routed else "",
                    remote_vteps=tuple(canonical_address(text(flood, "vtep")) for flood in floods),
                )
            )
    return tuple(found)


def macs(vnis_of: Mapping[str, int], answer: bytes) -> tuple[Report, ...]:
    """The answer to `MACS`. `vnis_of` has the VNI of a MAC-VRF, 0 for none; the device's own addresses are nobody's."""
    found: list[Report] = []
    for instance in entries(root(answer, "network-instance")):
        vni = vnis_of.get(text(instance, "name"), 0)
        if not vni:
            continue
        for entry in entries(at(instance, "bridge-table", "mac-table", "mac")):
            local = word(entry, "type") in _LOCAL
            if not local and word(entry, "type") not in _REMOTE:
                continue
            destination = text(entry, "destination")
            behind = dict(part.split(":", 1) for part in destination.split() if ":" in part)
            found.append(
                MacReport(
                    vni=vni,
                    mac=text(entry, "address").lower(),
                    local=local,
                    interface=design_name(destination).partition(".")[0] if local else "",
                    vtep="" if local or "vtep" not in behind else canonical_address(behind["vtep"]),
                    esi="" if local else behind.get("esi", "").lower(),
                )
            )
    return tuple(found)
