"""What SR Linux says of itself: paths of its state, and the JSON answers as records. Pure; who asks is not ours.

Answers are as gNMI's JSON_IETF, JSON-RPC or `info from state ... | as json` have them: objects from the root, with or
without modules in front of names. Subinterfaces are put back into the design's names: 0 is the port itself.

Sources: Nokia SR Linux 25.3 System Management Guide ("gNMI", "JSON interface") and YANG models srl_nokia-bgp,
-ip-route-tables, -lldp, -interfaces, -bridge-table-mac-table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos import document
from crossconnect.nos.document import Value
from crossconnect.nos.network_os import Query
from crossconnect.nos.reports import InterfaceReport, LldpReport, NextHop, Report, RibReport, SessionReport
from crossconnect.nos.srlinux.tree import plain

SESSIONS = "/network-instance[name=*]/protocols/bgp/neighbor[peer-address=*]"
INTERFACES = "/interface[name=*]"
INSTANCE_INTERFACES = "/network-instance[name=*]/interface[name=*]"
LLDP = "/system/lldp/interface[name=*]/neighbor[id=*]"
_CONNECTED = frozenset({"local", "host"})
_FAMILIES = {"ipv4-unicast": "ipv4-unicast", "ipv6-unicast": "ipv6-unicast", "evpn": "l2vpn-evpn"}


def rib_path(vrf: str) -> str:
    """The routing table of a network instance with its next-hop groups and next hops."""
    return f"/network-instance[name={vrf}]/route-table"


def queries(device: DeviceConfiguration) -> tuple[Query, ...]:
    """What fills the state tables for a device."""
    asked = [
        Query(how="gnmi", ask=SESSIONS, parse=sessions),
        Query(how="gnmi", ask=INTERFACES, parse=interfaces),
        Query(how="gnmi", ask=LLDP, parse=lldp),
    ]
    for instance in device.network_instances:
        if instance.kind in ("default", "l3vrf"):
            asked.append(Query(how="gnmi", ask=rib_path(instance.name), parse=rib))
    return tuple(asked)


def design_name(subinterface: str) -> str:
    """`ethernet-1/1.0` is the port `ethernet-1/1` of the design, `ethernet-1/1.2001` and `irb0.100` stay."""
    return subinterface.removesuffix(".0") if not subinterface.startswith("irb") else subinterface


# --- reading ----------------------------------------------------------------------------------------------------------


def _root(answer: bytes, name: str) -> Value:
    """What is under a name at the answer's root; ValueError where the answer is not an object."""
    value = plain(document.parse(answer.decode()))
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    if value and name not in value:
        raise ValueError(f"no {name} in the answer")
    return value.get(name)


def _entries(value: Value) -> Iterator[dict[str, Value]]:
    """Entries of a list; nothing where there is none."""
    if value is None:
        return
    if not isinstance(value, list):
        raise ValueError("a list is expected")
    for entry in value:
        if not isinstance(entry, dict):
            raise ValueError("a list of objects is expected")
        yield entry


def _at(value: Value, *names: str) -> Value:
    """What is under names one below the other; None where a part is missing."""
    for name in names:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise ValueError(f"an object is expected above {name}")
        value = value.get(name)
    return value


def _text(entry: Value, *names: str) -> str:
    value = _at(entry, *names)
    return "" if value is None else str(value)


def _word(entry: Value, *names: str) -> str:
    """A word without the module of its identity."""
    return _text(entry, *names).rpartition(":")[2]


def _number(entry: Value, *names: str) -> int:
    value = _at(entry, *names)
    return 0 if value is None else int(str(value))


# --- answers ----------------------------------------------------------------------------------------------------------


def sessions(answer: bytes) -> tuple[Report, ...]:
    """The answer to `SESSIONS`: a record per family that is on. A family is negotiated when it is up."""
    out: list[Report] = []
    for instance in _entries(_root(answer, "network-instance")):
        for neighbor in _entries(_at(instance, "protocols", "bgp", "neighbor")):
            established = _text(neighbor, "session-state") == "established"
            peer, _, zone = _text(neighbor, "peer-address").partition("%")
            for family in _entries(neighbor.get("afi-safi")):
                if _text(family, "admin-state") == "disable":
                    continue
                name = _word(family, "afi-safi-name")
                out.append(
                    SessionReport(
                        vrf=_text(instance, "name"),
                        peer=design_name(zone) if zone else peer,
                        family=_FAMILIES.get(name, name),
                        remote_asn=_number(neighbor, "peer-as"),
                        negotiated=established and _text(family, "oper-state") in ("up", ""),
                    )
                )
    return tuple(out)


def interfaces(answer: bytes) -> tuple[Report, ...]:
    """The answer to `INTERFACES`: a record per subinterface, and one for a port without any."""
    out: list[Report] = []
    for interface in _entries(_root(answer, "interface")):
        name = _text(interface, "name")
        mac = _text(interface, "ethernet", "hw-mac-address").lower()
        subinterfaces = list(_entries(interface.get("subinterface")))
        if not subinterfaces:
            up = _text(interface, "oper-state") == "up"
            out.append(InterfaceReport(name=name, vrf="", up=up, mtu=_number(interface, "mtu"), mac=mac, addresses=()))
        for sub in subinterfaces:
            addresses = [
                _text(entry, "ip-prefix")
                for version in ("ipv4", "ipv6")
                for entry in _entries(_at(sub, version, "address"))
                if not _text(entry, "ip-prefix").startswith("fe80")
            ]
            out.append(
                InterfaceReport(
                    name=design_name(f"{name}.{_number(sub, 'index')}"),
                    vrf="",
                    up=_text(sub, "oper-state") == "up",
                    mtu=_number(sub, "ip-mtu") or _number(sub, "l2-mtu"),
                    mac=mac,
                    addresses=tuple(addresses),
                )
            )
    return tuple(out)


def lldp(answer: bytes) -> tuple[Report, ...]:
    """The answer to `LLDP`."""
    out: list[Report] = []
    for interface in _entries(_at(_root(answer, "system"), "lldp", "interface")):
        for neighbor in _entries(interface.get("neighbor")):
            out.append(
                LldpReport(
                    interface=_text(interface, "name"),
                    device=_text(neighbor, "system-name"),
                    port=_text(neighbor, "port-id"),
                )
            )
    return tuple(out)


def rib(answer: bytes) -> tuple[Report, ...]:
    """The answer to `rib_path`: active routes with the next hops of their group."""
    out: list[Report] = []
    for instance in _entries(_root(answer, "network-instance")):
        table = instance.get("route-table")
        groups = {_text(g, "index"): g for g in _entries(_at(table, "next-hop-group"))}
        hops = {_text(h, "index"): h for h in _entries(_at(table, "next-hop"))}
        for version in ("ipv4", "ipv6"):
            for route in _entries(_at(table, f"{version}-unicast", "route")):
                if _at(route, "active") is False:
                    continue
                protocol = _word(route, "route-type")
                members = _members(groups, hops, _text(route, "next-hop-group"))
                found = {hop for member in members for hop in _hops(groups, hops, member, protocol in _CONNECTED)}
                out.append(
                    RibReport(
                        vrf=_text(instance, "name"),
                        prefix=_text(route, f"{version}-prefix"),
                        protocol=protocol,
                        next_hops=tuple(sorted(found, key=_order)),
                    )
                )
    return tuple(out)


def _members(groups: Mapping[str, Value], hops: Mapping[str, Value], group: str) -> list[Value]:
    """The next hops of a group that are in the answer."""
    members = (_text(member, "next-hop") for member in _entries(_at(groups.get(group), "next-hop")))
    return [hops[member] for member in members if member in hops]


def _hops(groups: Mapping[str, Value], hops: Mapping[str, Value], hop: Value, connected: bool) -> list[NextHop]:
    """A direct next hop of a connected route has the interface's own address; an indirect one, which BGP's are, has
    its interfaces where the route that resolves it has them, and none where a tunnel resolves it.
    """
    address = "" if connected else _text(hop, "ip-address")
    own = _text(hop, "subinterface")
    below = _members(groups, hops, _text(hop, "indirect", "resolving-route", "next-hop-group")) if not own else []
    interfaces = [_text(other, "subinterface") for other in below] or [own]
    return [NextHop(address=address, interface=design_name(interface)) for interface in interfaces]


def _order(hop: NextHop) -> tuple[str, str]:
    return hop.address, hop.interface
