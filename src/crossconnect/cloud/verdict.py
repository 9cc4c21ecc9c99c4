"""What one point says of a packet, and which rule of it decides. Pure, over the same facts as `effective`.

Security groups remember connections, and are asked about a connection's first packet. Network ACLs do not, and are
asked about each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

from crossconnect.cloud import effective
from crossconnect.cloud.effective import EffectiveRoute, Facts
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.security_group import Direction, SecurityGroupRule
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.net import contains, version_of

Point = Literal[
    "source-check",
    "security-group",
    "load-balancer",
    "service-endpoint",
    "endpoint-service",
    "network-acl",
    "route",
    "service-insertion",
    "transit-route",
    "gateway",
    "destination",
]


class Packet(msgspec.Struct, frozen=True, kw_only=True):
    """A packet. Of TCP and UDP it has ports, of ICMP a type and a code."""

    source: str
    destination: str
    protocol: str = "tcp"
    """As rules have it: by name, or a number."""
    source_port: int | None = None
    destination_port: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one point says."""

    point: Point
    passes: bool
    resource_id: str
    """Whose point it is: an interface, a subnet, a route table, a gateway."""
    decided_by: str
    """The rule: id of a security group rule, `<acl>/<direction>/<number>`, `<table>/<destination>`; where none matched,
    the id of what was looked through."""
    message: str
    project_id: str
    """Whose the point is: another project's callers are told of it no more than that it is there."""
    after: Packet | None = None
    """The packet behind it, where addresses are translated."""


class Translation(NamedTuple):
    """A packet before and after its addresses were translated."""

    before: Packet
    after: Packet


def reply(packet: Packet) -> Packet:
    """What answers a packet. ICMP's echo becomes the reply (RFC 792, RFC 4443 4.2)."""
    types = {8: 0, 128: 129}
    return msgspec.structs.replace(
        packet,
        source=packet.destination,
        destination=packet.source,
        source_port=packet.destination_port,
        destination_port=packet.source_port,
        icmp_type=types.get(packet.icmp_type, packet.icmp_type) if packet.icmp_type is not None else None,
    )


def matches(protocol: str, ports: tuple[int | None, int | None], packet: Packet) -> bool:
    """Whether a rule's protocol and ports, or ICMP type and code, are a packet's. What a packet does not say matches
    only what does not ask for it."""
    if protocol == "all":
        return True
    if protocol != packet.protocol:
        return False
    low, high = ports
    if protocol in ("icmp", "icmpv6"):
        return low in (None, packet.icmp_type) and high in (None, packet.icmp_code)
    if low is None or high is None:
        return True
    return packet.destination_port is not None and low <= packet.destination_port <= high


def source_check(interface: NetworkInterface, packet: Packet) -> Step:
    """Whether an interface may send from a packet's source."""
    own = owner_of(interface, packet.source)
    passes = bool(own) or not interface.source_dest_check
    message = f"{packet.source} is the interface's" if own else f"{packet.source} is none of the interface's addresses"
    if passes and not own:
        message += ", and it does not check sources"
    return said("source-check", passes, interface, own or interface.id, message)


def security_group(interface: NetworkInterface, packet: Packet, direction: Direction, facts: Facts) -> Step:
    """Whether a rule of an interface's groups lets the first packet of a connection pass; the first one by id is
    named."""
    peer = packet.source if direction == "ingress" else packet.destination
    for group in interface.security_group_ids:
        for rule in facts.shared_referring(SecurityGroupRule, group, "security_group_id"):
            if (
                rule.direction == direction
                and matches(rule.protocol, (rule.from_port, rule.to_port), packet)
                and any_contains(effective.peers(rule, facts), peer)
            ):
                message = f"{rule.id} of {group} allows {direction}: {rule.protocol}, {rule.peer}"
                return said("security-group", True, interface, rule.id, message)
    groups = ", ".join(interface.security_group_ids)
    message = f"no rule of {groups} allows it ({direction})"
    return said("security-group", False, interface, interface.security_group_ids[0], message)


def network_acl(subnet: Subnet, packet: Packet, direction: Direction, facts: Facts) -> Step:
    """What a subnet's network ACL says of a packet that enters or leaves the subnet."""
    acl = effective.network_acl(subnet, facts)
    peer = packet.source if direction == "ingress" else packet.destination
    for entry in effective.acl_entries(subnet, direction, facts):
        if matches(entry.protocol, (entry.from_port, entry.to_port), packet) and contains(entry.cidr, peer):
            message = f"entry {entry.number} ({direction}) of {acl.id}: {entry.action} {entry.protocol}, {entry.cidr}"
            by = f"{acl.id}/{direction}/{entry.number}"
            return said("network-acl", entry.action == "allow", subnet, by, message)
    return said("network-acl", False, subnet, acl.id, f"no entry of {acl.id} matches ({direction}): denied")


def route(subnet: Subnet, destination: str, facts: Facts) -> tuple[Step, EffectiveRoute | None]:
    """The route for an address out of a subnet."""
    table = effective.route_table(subnet, facts)
    chosen = effective.choose(destination, effective.table_routes(table, facts))
    return routed("route", chosen, destination, table), chosen


def begun_outside(subnet: Subnet, packet: Packet, facts: Facts) -> Step | None:
    """The refusal of a connection that begins where the subnet's route table leads by an egress-only gateway."""
    if version_of(packet.source) == 4:
        return None
    step, chosen = route(subnet, packet.source, facts)
    if chosen is None or not step.passes or not chosen.target.startswith("eigw-"):
        return None
    message = f"{chosen.target}, to which {packet.source} is routed from {subnet.id}, is for what begins inside only"
    return said("gateway", False, subnet, step.decided_by, message)


def owner_of(interface: NetworkInterface, address: str) -> str:
    """What makes an address an interface's: its id, or the pair's place; empty for nothing."""
    if address in interface.private_addresses + interface.ipv6_addresses:
        return interface.id
    for n, pair in enumerate(interface.allowed_address_pairs):
        if contains(pair.cidr, address):
            return f"{interface.id}/allowed_address_pairs/{n}"
    return ""


def any_contains(blocks: Iterable[str], address: str) -> bool:
    """Whether one of some blocks has an address."""
    return any(contains(block, address) for block in blocks)


def said(point: Point, passes: bool, of: NetworkInterface | Subnet, by: str, message: str) -> Step:
    """A step at an interface or a subnet."""
    return Step(point=point, passes=passes, resource_id=of.id, decided_by=by, message=message, project_id=of.project_id)


def routed(point: Point, chosen: EffectiveRoute | None, destination: str, table: effective.Table) -> Step:
    """The step of a route table that has chosen a route, or none."""
    if chosen is None:
        passes, by, message = False, table.id, f"no route of {table.id} is for {destination}"
    else:
        passes, by = chosen.state == "active", f"{table.id}/{chosen.destination}"
        message = f"{chosen.destination} ({chosen.origin}) leads to {chosen.target or 'nowhere'}"
        if chosen.reason:
            message += f": {chosen.reason}"
    return Step(
        point=point, passes=passes, resource_id=table.id, decided_by=by, message=message, project_id=table.project_id
    )
