"""What SR Linux says of itself: paths of its state, and the JSON answers as records. Pure; who asks is not ours.

Answers are as gNMI's JSON_IETF, JSON-RPC or `info from state ... | as json` have them: objects from the root, with or
without modules in front of names; or as gnmic prints them, a list of updates. Subinterfaces are put back into the
design's names: 0 is the port itself. BGP is `collect_bgp`, VXLAN `collect_evpn`.

Sources: Nokia SR Linux 25.3 System Management Guide ("gNMI", "JSON interface") and YANG models srl_nokia-bgp,
-ip-route-tables, -lldp, -interfaces, -network-instance. An interface does not say its network instance, the instance
lists its interfaces: `nos.joined` puts both together.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.document import Value
from crossconnect.nos.network_os import Query
from crossconnect.nos.reports import (
    InterfaceReport,
    LldpReport,
    NextHop,
    Report,
    RibReport,
    SessionReport,
    VniReport,
    VrfInterfaceReport,
)
from crossconnect.nos.srlinux.answer import at, design_name, entries, number, peer_of, root, text, word
from crossconnect.nos.srlinux.collect_bgp import bgp_rib, bgp_rib_path
from crossconnect.nos.srlinux.collect_evpn import MACS, VNIS, macs, vnis

SESSIONS = "/network-instance[name=*]/protocols/bgp/neighbor[peer-address=*]"
INTERFACES = "/interface[name=*]"
INSTANCE_INTERFACES = "/network-instance[name=*]/interface[name=*]"
INSTANCE_VXLANS = "/network-instance[name=*]/vxlan-interface[name=*]"
LLDP = "/system/lldp/interface[name=*]/neighbor[id=*]"
_CONNECTED = frozenset({"local", "host"})
_PROTOCOLS = {"local": "connected", "bgp-evpn": "bgp"}
"""Of routes, where SR Linux has a word of its own; `host` is the device's own address."""
_FAMILIES = {"ipv4-unicast": "ipv4-unicast", "ipv6-unicast": "ipv6-unicast", "evpn": "l2vpn-evpn"}


def rib_path(vrf: str) -> str:
    """The routing table of a network instance with its next-hop groups and next hops."""
    return f"/network-instance[name={vrf}]/route-table"


def queries(device: DeviceConfiguration) -> tuple[Query, ...]:
    """What fills the state tables for a device."""
    vnis_of = {i.name: i.vni or 0 for i in device.network_instances if i.kind == "mac-vrf"}
    members = functools.partial(instance_interfaces, vnis_of)
    asked = [
        Query(how="gnmi", ask=SESSIONS, parse=sessions),
        Query(how="gnmi", ask=INTERFACES, parse=interfaces),
        Query(how="gnmi", ask=INSTANCE_INTERFACES, parse=members),
        Query(how="gnmi", ask=LLDP, parse=lldp),
    ]
    for instance in device.network_instances:
        if instance.kind in ("default", "l3vrf"):
            asked.append(Query(how="gnmi", ask=rib_path(instance.name), parse=rib))
            if instance.bgp is not None:
                asked.append(Query(how="gnmi", ask=bgp_rib_path(instance.name), parse=bgp_rib))
    if device.vtep:
        asked.append(Query(how="gnmi", ask=VNIS, parse=vnis))
        asked.append(Query(how="gnmi", ask=INSTANCE_VXLANS, parse=members))
        asked.append(Query(how="gnmi", ask=MACS, parse=functools.partial(macs, vnis_of)))
    return tuple(asked)


# --- answers ----------------------------------------------------------------------------------------------------------


def sessions(answer: bytes) -> tuple[Report, ...]:
    """The answer to `SESSIONS`: a record per family that is on. A family is negotiated when it is up."""
    out: list[Report] = []
    for instance in entries(root(answer, "network-instance")):
        for neighbor in entries(at(instance, "protocols", "bgp", "neighbor")):
            established = text(neighbor, "session-state") == "established"
            for family in entries(neighbor.get("afi-safi")):
                if text(family, "admin-state") == "disable":
                    continue
                name = word(family, "afi-safi-name")
                out.append(
                    SessionReport(
                        vrf=text(instance, "name"),
                        peer=peer_of(text(neighbor, "peer-address")),
                        family=_FAMILIES.get(name, name),
                        remote_asn=number(neighbor, "peer-as"),
                        negotiated=established and text(family, "oper-state") in ("up", ""),
                    )
                )
    return tuple(out)


def interfaces(answer: bytes) -> tuple[Report, ...]:
    """The answer to `INTERFACES`: a record per subinterface, and one for a port without any."""
    out: list[Report] = []
    for interface in entries(root(answer, "interface")):
        name = text(interface, "name")
        mac = text(interface, "ethernet", "hw-mac-address").lower()
        subinterfaces = list(entries(interface.get("subinterface")))
        if not subinterfaces:
            up = text(interface, "oper-state") == "up"
            out.append(InterfaceReport(name=name, vrf="", up=up, mtu=number(interface, "mtu"), mac=mac, addresses=()))
        for sub in subinterfaces:
            addresses = [
                text(entry, "ip-prefix")
                for version in ("ipv4", "ipv6")
                for entry in entries(at(sub, version, "address"))
                if not text(entry, "ip-prefix").startswith("fe80")
            ]
            out.append(
                InterfaceReport(
                    name=design_name(f"{name}.{number(sub, 'index')}"),
                    vrf="",
                    up=text(sub, "oper-state") == "up",
                    mtu=number(sub, "ip-mtu") or number(sub, "l2-mtu"),
                    mac=mac,
                    addresses=tuple(addresses),
                )
            )
    return tuple(out)


def instance_interfaces(vnis_of: Mapping[str, int], answer: bytes) -> tuple[Report, ...]:
    """The answer to `INSTANCE_INTERFACES` or `INSTANCE_VXLANS`. `vnis_of` has the VNI of each MAC-VRF, 0 for none:
    those are no VRFs. An IRB interface is in one of each kind, and the MAC-VRF's is its VNI's bridge.
    """
    found: list[Report] = []
    for instance in entries(root(answer, "network-instance")):
        name = text(instance, "name")
        members = [*entries(instance.get("interface")), *entries(instance.get("vxlan-interface"))]
        interfaces = [design_name(text(member, "name")) for member in members]
        if vni := vnis_of.get(name):
            bridge = next((one for one in interfaces if one.startswith("irb")), "")
            found.append(VniReport(vni=vni, kind="l2", vrf="", bridge=bridge, remote_vteps=()))
        elif name not in vnis_of:
            found += [VrfInterfaceReport(vrf=name, interface=interface) for interface in interfaces]
    return tuple(found)


def lldp(answer: bytes) -> tuple[Report, ...]:
    """The answer to `LLDP`."""
    out: list[Report] = []
    for interface in entries(at(root(answer, "system"), "lldp", "interface")):
        for neighbor in entries(interface.get("neighbor")):
            out.append(
                LldpReport(
                    interface=text(interface, "name"),
                    device=text(neighbor, "system-name"),
                    port=text(neighbor, "port-id"),
                )
            )
    return tuple(out)


def rib(answer: bytes) -> tuple[Report, ...]:
    """The answer to `rib_path`: active routes with the next hops of their group."""
    out: list[Report] = []
    for instance in entries(root(answer, "network-instance")):
        table = instance.get("route-table")
        groups = {text(g, "index"): g for g in entries(at(table, "next-hop-group"))}
        hops = {text(h, "index"): h for h in entries(at(table, "next-hop"))}
        for version in ("ipv4", "ipv6"):
            for route in entries(at(table, f"{version}-unicast", "route")):
                if at(route, "active") is False:
                    continue
                protocol = word(route, "route-type")
                members = _members(groups, hops, text(route, "next-hop-group"))
                found = {hop for member in members for hop in _hops(groups, hops, member, protocol in _CONNECTED)}
                out.append(
                    RibReport(
                        vrf=text(instance, "name"),
                        prefix=text(route, f"{version}-prefix"),
                        protocol=_PROTOCOLS.get(protocol, protocol),
                        next_hops=tuple(sorted(found, key=_order)),
                    )
                )
    return tuple(out)


def _members(groups: Mapping[str, Value], hops: Mapping[str, Value], group: str) -> list[Value]:
    """The next hops of a group that are in the answer."""
    members = (text(member, "next-hop") for member in entries(at(groups.get(group), "next-hop")))
    return [hops[member] for member in members if member in hops]


def _hops(groups: Mapping[str, Value], hops: Mapping[str, Value], hop: Value, connected: bool) -> list[NextHop]:
    """A direct next hop of a connected route has the interface's own address; an indirect one, which BGP's are, has
    its interfaces where the route that resolves it has them, and none where a tunnel resolves it.
    """
    address = "" if connected else text(hop, "ip-address")
    own = text(hop, "subinterface")
    below = _members(groups, hops, text(hop, "indirect", "resolving-route", "next-hop-group")) if not own else []
    interfaces = [text(other, "subinterface") for other in below] or [own]
    return [NextHop(address=address, interface=design_name(interface)) for interface in interfaces]


def _order(hop: NextHop) -> tuple[str, str]:
    return hop.address, hop.interface
