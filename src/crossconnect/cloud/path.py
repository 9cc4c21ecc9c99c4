"""The way of a packet through VPCs, from an interface, or from the internet, to where it ends.

interface -> source check -> security groups -> [inline] -> [load balancer] -> same subnet? -- yes ----+
                                                                                  | no                |
   network ACL out -> route -> [service insertion] -> ... -> network ACL in -> security groups -> [inline] -> interface
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import msgspec

from crossconnect.cloud import effective
from crossconnect.cloud.balancing import balanced, facing, served, served_at_gateway
from crossconnect.cloud.effective import LOCAL, Facts
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.gateways import InternetGateway, NatGateway
from crossconnect.cloud.kinds.load_balancer import LoadBalancer
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.transit import TransitRouterAttachment, TransitRouteTable
from crossconnect.cloud.linking import BETWEEN, Between, endpoint_at, link_route, offered
from crossconnect.cloud.steering import inlined, steered
from crossconnect.cloud.verdict import (
    Packet,
    Step,
    Translation,
    any_contains,
    begun_outside,
    network_acl,
    owner_of,
    reply,
    route,
    routed,
    said,
    security_group,
    source_check,
)
from crossconnect.net import contains, parse, version_of


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


class Known(NamedTuple):
    """What is known beside the packet."""

    facts: Facts
    established: bool = False
    """Whether security groups have let the connection through already."""
    undo: tuple[Translation, ...] = ()
    """Of a reply: how its connection's first packet was translated."""
    public6: tuple[str, ...] = ()
    """The region's public IPv6 blocks: nothing else leaves to the internet."""
    between: Between = BETWEEN
    """The region's prefixes for what is between service endpoints and services."""


def path(
    interface: NetworkInterface,
    packet: Packet,
    facts: Facts,
    *,
    established: bool = False,
    public_prefixes6: tuple[str, ...] = (),
    between: Between = BETWEEN,
    undo: tuple[Translation, ...] = (),
) -> Path:
    """What becomes of a packet that an interface sends. `established` for one of a connection that security groups have
    let through, with `undo` what became of its first packet. `public_prefixes6` are the region's public IPv6 blocks:
    nothing else leaves to the internet. Where an
    appliance gets the packet by a route or is sent it, the path ends there: what it does with it is its own. An inline
    one is taken to let it through. Private link's way out of a VPC ends at the endpoint or service (`linking`)."""
    known = Known(facts, established, undo, public_prefixes6, between)
    steps = [source_check(interface, packet)]
    if steps[-1].passes and not established:
        steps.append(security_group(interface, packet, "egress", facts))
    subnet = facts.shared(Subnet, interface.subnet_id)
    assert subnet is not None
    if not steps[-1].passes:
        return _ended(steps, interface.id, packet)
    if step := inlined(subnet.vpc_id, packet, facts, sent=True, established=established):
        steps.append(step)
    packet, refused = offered(steps, subnet.vpc_id, packet, facts, between)
    if not refused:
        packet, refused = served(steps, subnet, packet, facts)
    if refused:
        return _ended(steps, refused, packet)
    # What is for a load balancer is sent to the router, and comes back from there to targets in the same subnet.
    if _in_subnet(subnet, packet.destination) and steps[-1].point != "load-balancer":
        return _deliver(steps, subnet, packet, known, crosses=False)
    steps.append(network_acl(subnet, packet, "egress", facts))
    if not steps[-1].passes:
        return _ended(steps, subnet.id, packet)
    step, target = _route(subnet, packet.destination, known)
    steps.append(step)
    if not step.passes:
        return _ended(steps, step.resource_id, packet)
    diverted = _steered(steps, subnet.vpc_id, packet, known, subnet.id)
    if diverted is not None:
        return diverted
    if target == LOCAL:
        return _into_vpc(steps, subnet.vpc_id, packet, known)
    return _through(steps, target, interface, packet, known)


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
    # What was balanced where the client is, is translated back there again: behind its subnet's border.
    sent = there.packet
    answer = reply(
        msgspec.structs.replace(packet, destination=sent.destination, destination_port=sent.destination_port)
    )
    back = network_acl(subnet, answer, "ingress", facts)
    return there, _ended([back], interface.id if back.passes else subnet.id, answer)


def arrival(elastic_ip: ElasticIp, packet: Packet, facts: Facts) -> Path:
    """What becomes of a packet from the internet to an elastic IP, of an interface or of a load balancer."""
    for balancer in facts.shared_referring(LoadBalancer, elastic_ip.id, "elastic_ip_id"):
        steps: list[Step] = []
        packet, refused = balanced(steps, balancer, "", packet, facts)
        if refused:
            return _ended(steps, refused, packet)
        return _enter_vpc(steps, balancer.vpc_id, packet, Known(facts))
    gateways = facts.shared_referring(InternetGateway, elastic_ip.vpc_id, "vpc_id") if elastic_ip.vpc_id else ()
    if not gateways:
        message = f"{elastic_ip.address} leads nowhere"
        return _ended([_at_gateway(False, elastic_ip.id, elastic_ip.project_id, message)], elastic_ip.id, packet)
    message = f"{elastic_ip.address} is translated to {elastic_ip.private_address}"
    inside = msgspec.structs.replace(packet, destination=elastic_ip.private_address)
    steps = [_at_gateway(True, gateways[0].id, elastic_ip.project_id, message, elastic_ip.id, inside)]
    return _enter_vpc(steps, elastic_ip.vpc_id, inside, Known(facts))


def entry(
    vpc_id: str,
    packet: Packet,
    facts: Facts,
    *,
    established: bool = False,
    first: tuple[Step, ...] = (),
    between: Between = BETWEEN,
) -> Path:
    """What becomes of a packet that a gateway of a VPC lets into it, behind what the gateway itself has said; nothing
    more where that does not let it pass."""
    if first and not first[-1].passes:
        return _ended([*first], vpc_id, packet)
    return _enter_vpc([*first], vpc_id, packet, Known(facts, established, between=between))


def public_entry(vpc_id: str, packet: Packet, facts: Facts) -> Path:
    """What becomes of a packet from the internet to an address of a VPC's public IPv6 block: a machine's, or that of a
    load balancer."""
    steps: list[Step] = []
    if (found := facing(vpc_id, packet.destination, facts)) is not None:
        packet, refused = balanced(steps, *found, packet, facts)
        if refused:
            return _ended(steps, refused, packet)
    return _enter_vpc(steps, vpc_id, packet, Known(facts))


def private_entry(gateway: PrivateGateway, packet: Packet, facts: Facts, *, established: bool = False) -> Path:
    """What becomes of a packet that a private gateway has from its VRF: into its VPC, or its transit router."""
    known = Known(facts, established)
    steps = [_at_gateway(True, gateway.id, gateway.project_id, f"comes in by {gateway.id}")]
    attachment = None if gateway.vpc_id else effective.active_attachment(gateway.id, facts)
    if not established and (gateway.vpc_id or attachment is not None):
        packet, refused = served_at_gateway(steps, gateway, attachment, packet, facts)
        if refused:
            return _ended(steps, refused, packet)
    if gateway.vpc_id:
        return _enter_vpc(steps, gateway.vpc_id, packet, known)
    if attachment is not None:
        return _transit(steps, attachment, packet, known)
    message = f"{gateway.id} is attached neither to a VPC nor to a transit router"
    return _ended([_at_gateway(False, gateway.id, gateway.project_id, message)], gateway.id, packet)


def _route(subnet: Subnet, destination: str, known: Known) -> tuple[Step, str]:
    """The route for an address out of a subnet, and its target: of the subnet's table, or where a longer one is among
    those that every table has for private link, that."""
    step, chosen = route(subnet, destination, known.facts)
    link = link_route(subnet.vpc_id, destination, known.facts, known.between)
    if link is None or (chosen is not None and parse(chosen.destination).length >= parse(link.destination).length):
        return step, chosen.target if chosen is not None else ""
    message = f"{link.destination} leads to {link.target}, as in all route tables of {subnet.vpc_id}"
    by = f"{step.resource_id}/{link.destination}"
    return msgspec.structs.replace(step, passes=True, decided_by=by, message=message), link.target


def _through(
    steps: list[Step],
    target: str,
    interface: NetworkInterface,
    packet: Packet,
    known: Known,
) -> Path:
    """On by the target of a route."""
    facts = known.facts
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
            return _enter_vpc(steps, other, packet, known)
        case "tr":
            return _through_transit(steps, target, interface.vpc_id, packet, known)
        case "nat":
            return _through_nat(steps, target, packet, facts)
        case "igw":
            return _through_internet(steps, target, interface, packet, known)
        case "vpce" | "svc":
            return _ended(steps, target, packet)
        case _:
            return _leave(steps, target, interface.project_id, packet, known)


def _through_internet(steps: list[Step], id: str, interface: NetworkInterface, packet: Packet, known: Known) -> Path:
    def leave(after: Packet, message: str, by: str) -> Path:
        steps.append(_at_gateway(True, id, interface.project_id, message, by, after))
        return _ended(steps, id, after)

    facts = known.facts
    if (before := untranslated(packet, known.undo, _public(interface, facts))) is not None:
        return leave(before, f"{packet.source} is translated back to {before.source}, for it is a reply", id)
    if version_of(packet.source) == 6:
        passes = any_contains(known.public6, packet.source)
        message = f"{packet.source} is {'' if passes else 'not '}of the region's public blocks"
        steps.append(_at_gateway(passes, id, interface.project_id, message))
        return _ended(steps, id, packet)
    for elastic in facts.shared_referring(ElasticIp, interface.id, "network_interface_id"):
        if elastic.private_address == packet.source:
            after = msgspec.structs.replace(packet, source=elastic.address)
            return leave(after, f"{packet.source} is translated to {elastic.address} ({elastic.id})", elastic.id)
    subnet = facts.shared(Subnet, interface.subnet_id)
    common = facts.shared(ElasticIp, subnet.egress_elastic_ip_id) if subnet and subnet.egress_elastic_ip_id else None
    if common is not None:
        message = f"{packet.source} is translated to {common.address} ({common.id}), as all of {interface.subnet_id} is"
        after = msgspec.structs.replace(packet, source=common.address, source_port=None)
        return leave(after, message, common.id)
    message = f"{packet.source} has no elastic IP, and no way to the internet without one"
    steps.append(_at_gateway(False, id, interface.project_id, message))
    return _ended(steps, id, packet)


def untranslated(packet: Packet, undo: tuple[Translation, ...], here: Collection[str] | None = None) -> Packet | None:
    """A reply with the source that its connection began with as destination, where that was translated; or None. With
    `here`, of those addresses only: what was balanced where the client is, or by an endpoint's service, is translated
    back there."""
    for before, after in reversed(undo):
        if before.destination != after.destination and (packet.source, packet.source_port) == (
            after.destination,
            after.destination_port,
        ):
            if here is not None and before.destination not in here:
                continue
            return msgspec.structs.replace(packet, source=before.destination, source_port=before.destination_port)
    return None


def _public(interface: NetworkInterface, facts: Facts) -> set[str]:
    """The addresses of an interface and of its VPC's load balancers that its router translates for the internet."""
    found = {elastic.address for elastic in facts.shared_referring(ElasticIp, interface.id, "network_interface_id")}
    for balancer in facts.shared_referring(LoadBalancer, interface.vpc_id, "vpc_id"):
        elastic = facts.shared(ElasticIp, balancer.elastic_ip_id) if balancer.elastic_ip_id else None
        if elastic is not None:
            found |= {elastic.address, *balancer.ipv6_addresses}
    return found


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
    after = msgspec.structs.replace(packet, source=elastic.address, source_port=None)
    steps.append(_at_gateway(True, id, gateway.project_id, message, elastic.id, after))
    return _ended(steps, id, after)


def _through_transit(steps: list[Step], router_id: str, vpc_id: str, packet: Packet, known: Known) -> Path:
    facts = known.facts
    attached = facts.shared_referring(TransitRouterAttachment, vpc_id, "vpc_id")
    return _transit(
        steps, next(a for a in attached if a.transit_router_id == router_id and a.status == "active"), packet, known
    )


def _transit(steps: list[Step], entry: TransitRouterAttachment, packet: Packet, known: Known) -> Path:
    """Through a transit router, from the attachment by which a packet enters it."""
    facts, router_id = known.facts, entry.transit_router_id
    table = facts.shared(TransitRouteTable, entry.route_table_id) if entry.route_table_id else None
    if table is None:
        message = f"{entry.id} is associated with no route table: what enters there is dropped"
        steps.append(_at_gateway(False, router_id, entry.transit_router_project_id, message, entry.id))
        return _ended(steps, router_id, packet)
    chosen = effective.choose(packet.destination, effective.transit_routes(table, facts))
    step = routed("transit-route", chosen, packet.destination, table)
    steps.append(step)
    leaving = facts.shared(TransitRouterAttachment, chosen.target) if chosen is not None and step.passes else None
    if leaving is None:
        return _ended(steps, table.id, packet)
    if leaving.vpc_id:
        return _enter_vpc(steps, leaving.vpc_id, packet, known)
    return _leave(steps, leaving.private_gateway_id, leaving.project_id, packet, known)


def _leave(steps: list[Step], id: str, project_id: str, packet: Packet, known: Known) -> Path:
    """Out by a gateway that begins no translation; what it has translated is translated back."""
    message, before = f"leaves by {id}", untranslated(packet, known.undo)
    if before is not None:
        message += f"; {packet.source} is translated back to {before.source}, for it is a reply"
    steps.append(_at_gateway(True, id, project_id, message, after=before))
    return _ended(steps, id, before or packet)


def _enter_vpc(steps: list[Step], vpc_id: str, packet: Packet, known: Known) -> Path:
    """Into a VPC from outside of it."""
    return _steered(steps, vpc_id, packet, known, "") or _into_vpc(steps, vpc_id, packet, known)


def _steered(steps: list[Step], vpc_id: str, packet: Packet, known: Known, from_subnet: str) -> Path | None:
    """The path to an appliance, where a service insertion of the VPC chooses a packet that its router routes; none
    where it does not."""
    facts = known.facts
    chosen = steered(vpc_id, packet, facts, from_subnet)
    if chosen is None:
        return None
    steps.append(chosen.step)
    if not chosen.step.passes:
        return _ended(steps, chosen.step.resource_id, packet)
    if not chosen.interface:
        return None
    appliance = facts.shared(NetworkInterface, chosen.interface)
    assert appliance is not None
    subnet = facts.shared(Subnet, appliance.subnet_id)
    assert subnet is not None
    return _arrive(steps, appliance, subnet, packet, known, crosses=True)


def _into_vpc(steps: list[Step], vpc_id: str, packet: Packet, known: Known) -> Path:
    facts = known.facts
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


def _deliver(steps: list[Step], subnet: Subnet, packet: Packet, known: Known, crosses: bool) -> Path:
    facts = known.facts
    for interface in facts.shared_referring(NetworkInterface, subnet.id, "subnet_id"):
        if packet.destination in interface.private_addresses + interface.ipv6_addresses:
            return _arrive(steps, interface, subnet, packet, known, crosses=crosses)
    balancers = facts.shared_referring(LoadBalancer, subnet.vpc_id, "vpc_id")
    if any(packet.destination in b.addresses + b.ipv6_addresses for b in balancers):
        # OVN balances on the client's switch, and nowhere later.
        message = f"{packet.destination} is a load balancer's, and was not balanced where the client is"
        return _ended([*steps, said("destination", False, subnet, subnet.id, message)], subnet.id, packet)
    if endpoint := endpoint_at(subnet.vpc_id, packet.destination, facts):
        message = f"{packet.destination} is {endpoint.id}'s, which is for clients in {subnet.vpc_id} only"
        return _ended([*steps, said("destination", False, subnet, endpoint.id, message)], subnet.id, packet)
    message = f"no interface of {subnet.id} has {packet.destination}"
    return _ended([*steps, said("destination", False, subnet, subnet.id, message)], subnet.id, packet)


def _arrive(
    steps: list[Step], interface: NetworkInterface, subnet: Subnet, packet: Packet, known: Known, *, crosses: bool
) -> Path:
    """Into a subnet, and to an interface there."""
    facts, established = known.facts, known.established
    if crosses:
        steps.append(network_acl(subnet, packet, "ingress", facts))
        if not steps[-1].passes:
            return _ended(steps, subnet.id, packet)
    if not established:
        _, back = _route(subnet, packet.source, known)
        is_linked = back.startswith(("vpce-", "svc-"))  # whose answers go no way that is for what begins inside only
        if not is_linked and (step := begun_outside(subnet, packet, facts)) is not None:
            return _ended([*steps, step], subnet.id, packet)
        steps.append(security_group(interface, packet, "ingress", facts))
        if not steps[-1].passes:
            return _ended(steps, interface.id, packet)
    if step := inlined(subnet.vpc_id, packet, facts, sent=False, established=established):
        steps.append(step)
    own = owner_of(interface, packet.destination)
    passes = bool(own) or not interface.source_dest_check
    message = f"{interface.id} gets it"
    if not passes:
        message = f"{packet.destination} is none of {interface.id}'s addresses, and it checks destinations"
    steps.append(said("destination", passes, interface, own or interface.id, message))
    return _ended(steps, interface.id, packet)


def _in_subnet(subnet: Subnet, address: str) -> bool:
    block = subnet.cidr_block if version_of(address) == 4 else subnet.ipv6_cidr_block
    return bool(block) and contains(block, address)


def _ended(steps: list[Step], end: str, packet: Packet) -> Path:
    return Path(steps=tuple(steps), end=end, packet=packet)


def _at_gateway(
    passes: bool, id: str, project_id: str, message: str, by: str = "", after: Packet | None = None
) -> Step:
    return Step(
        point="gateway",
        passes=passes,
        resource_id=id,
        decided_by=by or id,
        message=message,
        project_id=project_id,
        after=after,
    )
