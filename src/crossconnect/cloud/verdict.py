"""What becomes of one packet, point by point, and which rule decides at each. Pure, over the same facts as `effective`.

    interface -> source check -> security groups -> [other subnet: network ACL out -> route -> ... -> network ACL in]
              -> security groups -> interface

Security groups remember connections: replies pass them. Network ACLs do not: `connection` asks them for both ways.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from crossconnect.cloud import effective
from crossconnect.cloud.effective import LOCAL, EffectiveRoute, Facts
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.gateways import InternetGateway, NatGateway
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.security_group import Direction, SecurityGroupRule
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.transit import TransitRouterAttachment, TransitRouteTable
from crossconnect.net import contains, version_of

Point = Literal["source-check", "security-group", "network-acl", "route", "transit-route", "gateway", "destination"]


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


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """All steps of a packet, up to the first that does not let it pass."""

    steps: tuple[Step, ...]
    end: str
    """Where it ended: the interface that got it, the gateway by which it left, or the resource that dropped it."""
    packet: Packet
    """As it was there, with translated addresses."""

    @property
    def passes(self) -> bool:
        """Whether it came through."""
        return self.steps[-1].passes


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
    own = _own(interface, packet.source)
    passes = bool(own) or not interface.source_dest_check
    message = f"{packet.source} is the interface's" if own else f"{packet.source} is none of the interface's addresses"
    if passes and not own:
        message += ", and it does not check sources"
    return _step("source-check", passes, interface, own or interface.id, message)


def security_group(interface: NetworkInterface, packet: Packet, direction: Direction, facts: Facts) -> Step:
    """Whether a rule of an interface's groups lets the first packet of a connection pass; the first one by id is
    named."""
    peer = packet.source if direction == "ingress" else packet.destination
    for group in interface.security_group_ids:
        for rule in facts.shared_referring(SecurityGroupRule, group, "security_group_id"):
            if (
                rule.direction == direction
                and matches(rule.protocol, (rule.from_port, rule.to_port), packet)
                and _any_contains(effective.peers(rule, facts), peer)
            ):
                message = f"{rule.id} of {group} allows {direction}: {rule.protocol}, {rule.peer}"
                return _step("security-group", True, interface, rule.id, message)
    groups = ", ".join(interface.security_group_ids)
    message = f"no rule of {groups} allows it ({direction})"
    return _step("security-group", False, interface, interface.security_group_ids[0], message)


def network_acl(subnet: Subnet, packet: Packet, direction: Direction, facts: Facts) -> Step:
    """What a subnet's network ACL says of a packet that enters or leaves the subnet."""
    acl = effective.network_acl(subnet, facts)
    peer = packet.source if direction == "ingress" else packet.destination
    for entry in effective.acl_entries(subnet, direction, facts):
        if matches(entry.protocol, (entry.from_port, entry.to_port), packet) and contains(entry.cidr, peer):
            message = f"entry {entry.number} ({direction}) of {acl.id}: {entry.action} {entry.protocol}, {entry.cidr}"
            by = f"{acl.id}/{direction}/{entry.number}"
            return _step("network-acl", entry.action == "allow", subnet, by, message)
    return _step("network-acl", False, subnet, acl.id, f"no entry of {acl.id} matches ({direction}): denied")


def route(subnet: Subnet, destination: str, facts: Facts) -> tuple[Step, EffectiveRoute | None]:
    """The route for an address out of a subnet."""
    table = effective.route_table(subnet, facts)
    chosen = effective.choose(destination, effective.table_routes(table, facts))
    return _routed("route", chosen, destination, table), chosen


def path(
    interface: NetworkInterface,
    packet: Packet,
    facts: Facts,
    *,
    established: bool = False,
    public_prefixes6: tuple[str, ...] = (),
) -> Path:
    """What becomes of a packet that an interface sends. `established` for one of a connection that security groups have
    let through. `public_prefixes6` are the region's public IPv6 blocks: nothing else leaves to the internet. Where an
    appliance gets the packet, the path ends there: what it does with it is its own."""
    steps = [source_check(interface, packet)]
    if steps[-1].passes and not established:
        steps.append(security_group(interface, packet, "egress", facts))
    subnet = facts.shared(Subnet, interface.subnet_id)
    assert subnet is not None
    if not steps[-1].passes:
        return _ended(steps, interface.id, packet)
    if _in_subnet(subnet, packet.destination):
        return _deliver(steps, subnet, packet, (facts, established), crosses=False)
    steps.append(network_acl(subnet, packet, "egress", facts))
    if not steps[-1].passes:
        return _ended(steps, subnet.id, packet)
    step, chosen = route(subnet, packet.destination, facts)
    steps.append(step)
    if chosen is None or not step.passes:
        return _ended(steps, step.resource_id, packet)
    if chosen.target == LOCAL:
        return _into_vpc(steps, subnet.vpc_id, packet, (facts, established))
    return _through(steps, chosen.target, interface, packet, (facts, established), public_prefixes6)


def connection(
    interface: NetworkInterface, packet: Packet, facts: Facts, public_prefixes6: tuple[str, ...] = ()
) -> tuple[Path, Path | None]:
    """The first packet of a connection that an interface begins, and its reply, which network ACLs and routes decide
    about anew; no reply where the first does not come through, or leaves by a gateway to where nothing is known."""
    there = path(interface, packet, facts, public_prefixes6=public_prefixes6)
    if not there.passes:
        return there, None
    other = facts.shared(NetworkInterface, there.end)
    if other is not None:
        return there, path(other, reply(there.packet), facts, established=True, public_prefixes6=public_prefixes6)
    subnet = facts.shared(Subnet, interface.subnet_id)
    assert subnet is not None
    back = network_acl(subnet, reply(packet), "ingress", facts)
    return there, _ended([back], interface.id if back.passes else subnet.id, reply(packet))


def arrival(elastic_ip: ElasticIp, packet: Packet, facts: Facts) -> Path:
    """What becomes of a packet from the internet to an elastic IP."""
    gateways = facts.shared_referring(InternetGateway, elastic_ip.vpc_id, "vpc_id") if elastic_ip.vpc_id else ()
    if not gateways:
        message = f"{elastic_ip.address} leads nowhere"
        return _ended([_at_gateway(False, elastic_ip.id, elastic_ip.project_id, message)], elastic_ip.id, packet)
    message = f"{elastic_ip.address} is translated to {elastic_ip.private_address}"
    steps = [_at_gateway(True, gateways[0].id, elastic_ip.project_id, message, elastic_ip.id)]
    inside = msgspec.structs.replace(packet, destination=elastic_ip.private_address)
    return _into_vpc(steps, elastic_ip.vpc_id, inside, (facts, False))


_With = tuple[Facts, bool]
"""Facts, and whether security groups have let the connection through already."""


def _through(
    steps: list[Step],
    target: str,
    interface: NetworkInterface,
    packet: Packet,
    known: _With,
    public6: tuple[str, ...],
) -> Path:
    """On by the target of a route."""
    facts, _ = known
    match target.partition("-")[0]:
        case "eni":
            appliance = facts.shared(NetworkInterface, target)
            assert appliance is not None
            subnet = facts.shared(Subnet, appliance.subnet_id)
            assert subnet is not None
            return _arrive(steps, appliance, subnet, packet, known, crosses=True)
        case "pcx":
            peering = facts.shared(VpcPeering, target)
            assert peering is not None
            other = peering.peer_vpc_id if peering.vpc_id == interface.vpc_id else peering.vpc_id
            return _into_vpc(steps, other, packet, known)
        case "tr":
            return _through_transit(steps, target, interface.vpc_id, packet, known)
        case "nat":
            return _through_nat(steps, target, packet, facts)
        case "igw":
            return _through_internet(steps, target, interface, packet, facts, public6)
        case _:
            message = f"leaves by {target}"
            steps.append(_at_gateway(True, target, interface.project_id, message))
            return _ended(steps, target, packet)


def _through_internet(
    steps: list[Step], id: str, interface: NetworkInterface, packet: Packet, facts: Facts, public6: tuple[str, ...]
) -> Path:
    if version_of(packet.source) == 6:
        passes = _any_contains(public6, packet.source)
        message = f"{packet.source} is {'' if passes else 'not '}of the region's public blocks"
        steps.append(_at_gateway(passes, id, interface.project_id, message))
        return _ended(steps, id, packet)
    for elastic in facts.shared_referring(ElasticIp, interface.id, "network_interface_id"):
        if elastic.private_address == packet.source:
            message = f"{packet.source} is translated to {elastic.address} ({elastic.id})"
            steps.append(_at_gateway(True, id, interface.project_id, message, elastic.id))
            return _ended(steps, id, msgspec.structs.replace(packet, source=elastic.address))
    subnet = facts.shared(Subnet, interface.subnet_id)
    common = facts.shared(ElasticIp, subnet.egress_elastic_ip_id) if subnet and subnet.egress_elastic_ip_id else None
    if common is not None:
        message = f"{packet.source} is translated to {common.address} ({common.id}), as all of {interface.subnet_id} is"
        steps.append(_at_gateway(True, id, interface.project_id, message, common.id))
        return _ended(steps, id, msgspec.structs.replace(packet, source=common.address, source_port=None))
    message = f"{packet.source} has no elastic IP, and no way to the internet without one"
    steps.append(_at_gateway(False, id, interface.project_id, message))
    return _ended(steps, id, packet)


def _through_nat(steps: list[Step], id: str, packet: Packet, facts: Facts) -> Path:
    gateway = facts.shared(NatGateway, id)
    assert gateway is not None
    elastic = facts.shared(ElasticIp, gateway.elastic_ip_id) if gateway.elastic_ip_id else None
    attached = bool(facts.shared_referring(InternetGateway, gateway.vpc_id, "vpc_id"))
    if elastic is None or not attached:
        message = "has no elastic IP" if elastic is None else f"{gateway.vpc_id} has no internet gateway attached"
        steps.append(_at_gateway(False, id, gateway.project_id, message))
        return _ended(steps, id, packet)
    message = f"{packet.source} is translated to {elastic.address} ({elastic.id})"
    steps.append(_at_gateway(True, id, gateway.project_id, message, elastic.id))
    return _ended(steps, id, msgspec.structs.replace(packet, source=elastic.address, source_port=None))


def _through_transit(steps: list[Step], router_id: str, vpc_id: str, packet: Packet, known: _With) -> Path:
    facts, _ = known
    attached = facts.shared_referring(TransitRouterAttachment, vpc_id, "vpc_id")
    entry = next(a for a in attached if a.transit_router_id == router_id and a.status == "active")
    table = facts.shared(TransitRouteTable, entry.route_table_id) if entry.route_table_id else None
    if table is None:
        message = f"{entry.id} is associated with no route table: what enters there is dropped"
        steps.append(_at_gateway(False, router_id, entry.transit_router_project_id, message, entry.id))
        return _ended(steps, router_id, packet)
    chosen = effective.choose(packet.destination, effective.transit_routes(table, facts))
    step = _routed("transit-route", chosen, packet.destination, table)
    steps.append(step)
    leaving = facts.shared(TransitRouterAttachment, chosen.target) if chosen is not None and step.passes else None
    if leaving is None:
        return _ended(steps, table.id, packet)
    if leaving.vpc_id:
        return _into_vpc(steps, leaving.vpc_id, packet, known)
    message = f"leaves by {leaving.private_gateway_id}"
    steps.append(_at_gateway(True, leaving.private_gateway_id, leaving.project_id, message))
    return _ended(steps, leaving.private_gateway_id, packet)


def _into_vpc(steps: list[Step], vpc_id: str, packet: Packet, known: _With) -> Path:
    facts, _ = known
    for subnet in facts.shared_referring(Subnet, vpc_id, "vpc_id"):
        if _in_subnet(subnet, packet.destination):
            return _deliver(steps, subnet, packet, known, crosses=True)
    vpc = effective.vpc_of(vpc_id, facts)
    message = f"{packet.destination} is in no subnet of {vpc_id}"
    step = Step(
        point="destination",
        passes=False,
        resource_id=vpc_id,
        decided_by=vpc_id,
        message=message,
        project_id=vpc.project_id,
    )
    return _ended([*steps, step], vpc_id, packet)


def _deliver(steps: list[Step], subnet: Subnet, packet: Packet, known: _With, crosses: bool) -> Path:
    facts, _ = known
    for interface in facts.shared_referring(NetworkInterface, subnet.id, "subnet_id"):
        if packet.destination in interface.private_addresses + interface.ipv6_addresses:
            return _arrive(steps, interface, subnet, packet, known, crosses=crosses)
    message = f"no interface of {subnet.id} has {packet.destination}"
    return _ended([*steps, _step("destination", False, subnet, subnet.id, message)], subnet.id, packet)


def _arrive(
    steps: list[Step], interface: NetworkInterface, subnet: Subnet, packet: Packet, known: _With, *, crosses: bool
) -> Path:
    """Into a subnet, and to an interface there."""
    facts, established = known
    if crosses:
        steps.append(network_acl(subnet, packet, "ingress", facts))
        if not steps[-1].passes:
            return _ended(steps, subnet.id, packet)
    if not established:
        steps.append(security_group(interface, packet, "ingress", facts))
        if not steps[-1].passes:
            return _ended(steps, interface.id, packet)
    own = _own(interface, packet.destination)
    passes = bool(own) or not interface.source_dest_check
    message = f"{interface.id} gets it"
    if not passes:
        message = f"{packet.destination} is none of {interface.id}'s addresses, and it checks destinations"
    steps.append(_step("destination", passes, interface, own or interface.id, message))
    return _ended(steps, interface.id, packet)


def _own(interface: NetworkInterface, address: str) -> str:
    """What makes an address an interface's: its id, or the pair's place; empty for nothing."""
    if address in interface.private_addresses + interface.ipv6_addresses:
        return interface.id
    for n, pair in enumerate(interface.allowed_address_pairs):
        if contains(pair.cidr, address):
            return f"{interface.id}/allowed_address_pairs/{n}"
    return ""


def _in_subnet(subnet: Subnet, address: str) -> bool:
    block = subnet.cidr_block if version_of(address) == 4 else subnet.ipv6_cidr_block
    return bool(block) and contains(block, address)


def _any_contains(blocks: Iterable[str], address: str) -> bool:
    return any(contains(block, address) for block in blocks)


def _ended(steps: list[Step], end: str, packet: Packet) -> Path:
    return Path(steps=tuple(steps), end=end, packet=packet)


def _step(point: Point, passes: bool, of: NetworkInterface | Subnet, by: str, message: str) -> Step:
    return Step(point=point, passes=passes, resource_id=of.id, decided_by=by, message=message, project_id=of.project_id)


def _at_gateway(passes: bool, id: str, project_id: str, message: str, by: str = "") -> Step:
    return Step(
        point="gateway", passes=passes, resource_id=id, decided_by=by or id, message=message, project_id=project_id
    )


def _routed(point: Point, chosen: EffectiveRoute | None, destination: str, table: effective.Table) -> Step:
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
