"""What a load balancer makes of a packet: the listener, and the target that it is translated to."""

from __future__ import annotations

import msgspec

from crossconnect.cloud import effective
from crossconnect.cloud.effective import Facts
from crossconnect.cloud.kinds.gateways import InternetGateway
from crossconnect.cloud.kinds.load_balancer import LoadBalancer, Target, TargetGroup, addresses_of
from crossconnect.cloud.kinds.network_interface import NetworkInterface, own_addresses
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.service_insertion import ServiceInsertion
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.transit import TransitRouterAttachment
from crossconnect.cloud.resource import Resource
from crossconnect.cloud.verdict import Packet, Step
from crossconnect.net import version_of


def served(steps: list[Step], subnet: Subnet, packet: Packet, facts: Facts) -> tuple[Packet, str]:
    """A packet that leaves an interface as a load balancer sends it on, where it is for one, of its VPC or of one that
    the subnet's routes lead to; and who refused it, or empty. Of several targets the first is followed."""
    found = _balancer_at(subnet.vpc_id, packet.destination, facts)
    if found is None:
        found = _balancer_at(effective.other_vpc(subnet, packet.destination, facts), packet.destination, facts)
        if found is None:
            return packet, ""
        if why := _not_here(subnet, found, packet, facts):
            steps.append(_unbalanced(subnet, packet, why, facts))
            return packet, ""
    place = addresses_of(found, version_of(packet.destination)).index(packet.destination)
    return balanced(steps, found, found.subnet_ids[place], packet, facts)


def served_at_gateway(
    steps: list[Step],
    gateway: PrivateGateway,
    attachment: TransitRouterAttachment | None,
    packet: Packet,
    facts: Facts,
) -> tuple[Packet, str]:
    """As `served`, of a packet that a private gateway has from its VRF: for a load balancer of its VPC, or of one that
    the transit router leads to."""
    there = gateway.vpc_id
    if attachment is not None:
        there = effective.vpc_behind(attachment, packet.destination, facts)
    found = _balancer_at(there, packet.destination, facts)
    if found is None:
        return packet, ""
    if attachment is not None and any(
        effective.vpc_behind(attachment, address, facts) != there for address in _needed(found, packet, facts)
    ):
        steps.append(_passed_over(packet, _partly(attachment.route_table_id), attachment.route_table_id, gateway))
        return packet, ""
    place = addresses_of(found, version_of(packet.destination)).index(packet.destination)
    return balanced(steps, found, found.subnet_ids[place], packet, facts)


def facing(vpc_id: str, address: str, facts: Facts) -> tuple[LoadBalancer, str] | None:
    """The load balancer that the internet reaches at an IPv6 address, and the subnet that has it there."""
    found = _balancer_at(vpc_id, address, facts)
    if found is None or not found.elastic_ip_id or address not in found.ipv6_addresses:
        return None
    if not facts.shared_referring(InternetGateway, vpc_id, "vpc_id"):
        return None
    return found, found.subnet_ids[found.ipv6_addresses.index(address)]


def _balancer_at(vpc_id: str, address: str, facts: Facts) -> LoadBalancer | None:
    """The load balancer of a VPC that has an address."""
    found = facts.shared_referring(LoadBalancer, vpc_id, "vpc_id") if vpc_id else ()
    return next((balancer for balancer in found if address in balancer.addresses + balancer.ipv6_addresses), None)


def _not_here(subnet: Subnet, balancer: LoadBalancer, packet: Packet, facts: Facts) -> str:
    """Why another VPC's load balancer is not balanced where its clients are; empty where it is."""
    if any(i.mode == "inline" for i in facts.shared_referring(ServiceInsertion, subnet.vpc_id, "vpc_id")):
        return f"{subnet.vpc_id} has inline appliances, which OVN does not put before what is balanced"
    if all(effective.other_vpc(subnet, one, facts) == balancer.vpc_id for one in _needed(balancer, packet, facts)):
        return ""
    return _partly(effective.route_table(subnet, facts).id)


def _partly(table_id: str) -> str:
    return f"{table_id} does not lead to all of its load balancer's addresses and targets there"


def _needed(balancer: LoadBalancer, packet: Packet, facts: Facts) -> list[str]:
    """All addresses to which there must be one way, for packets to be balanced before they take it."""
    version = version_of(packet.destination)
    needed = [*addresses_of(balancer, version)]
    for listener in balancer.listeners:
        if (listener.protocol, listener.port) == (packet.protocol, packet.destination_port):
            for subnet_id in balancer.subnet_ids:
                targets = _targets(balancer, subnet_id, listener.target_group_id, version, facts)
                needed += [own_addresses(interface, version)[0] for _, interface in targets]
    return needed


def balanced(
    steps: list[Step], balancer: LoadBalancer, subnet_id: str, packet: Packet, facts: Facts
) -> tuple[Packet, str]:
    """As `served`, by one load balancer, at its address in a subnet, or the public one (empty)."""
    version = version_of(packet.destination)
    for listener in balancer.listeners:
        if (listener.protocol, listener.port) != (packet.protocol, packet.destination_port):
            continue
        target = _target(balancer, subnet_id, listener.target_group_id, version, facts)
        by = f"{balancer.id}/{listener.protocol}/{listener.port}"
        if target is None:
            message = f"{listener.target_group_id} has no target with an IPv{version} address"
            steps.append(_at_balancer(False, balancer, by, message))
            return packet, balancer.id
        address, port, of = target
        message = f"{packet.destination} is translated to {address} port {port}, one of {of} targets"
        after = msgspec.structs.replace(packet, destination=address, destination_port=port)
        steps.append(msgspec.structs.replace(_at_balancer(True, balancer, by, message), after=after))
        return after, ""
    message = f"no listener for {packet.protocol} {packet.destination_port}"
    steps.append(_at_balancer(False, balancer, balancer.id, message))
    return packet, balancer.id


def _target(
    balancer: LoadBalancer, subnet_id: str, group_id: str, version: int, facts: Facts
) -> tuple[str, int, int] | None:
    """Address and port of the first target that an address of a load balancer leads to, and how many there are."""
    found = _targets(balancer, subnet_id, group_id, version, facts)
    if not found:
        return None
    target, interface = found[0]
    return own_addresses(interface, version)[0], target.port, len(found)


def _targets(
    balancer: LoadBalancer, subnet_id: str, group_id: str, version: int, facts: Facts
) -> list[tuple[Target, NetworkInterface]]:
    """The targets that an address of a load balancer leads to."""
    group = facts.shared(TargetGroup, group_id)
    zone = _zone(subnet_id, facts) if subnet_id else ""
    found: list[tuple[Target, NetworkInterface]] = []
    for target in () if group is None else group.targets:
        interface = facts.shared(NetworkInterface, target.network_interface_id)
        if interface is None or not own_addresses(interface, version):
            continue
        if balancer.cross_zone or not subnet_id or _zone(interface.subnet_id, facts) == zone:
            found.append((target, interface))
    return found


def _zone(subnet_id: str, facts: Facts) -> str:
    subnet = facts.shared(Subnet, subnet_id)
    return "" if subnet is None else subnet.availability_zone


def _at_balancer(passes: bool, balancer: LoadBalancer, by: str, message: str) -> Step:
    return Step(
        point="load-balancer",
        passes=passes,
        resource_id=balancer.id,
        decided_by=by,
        message=message,
        project_id=balancer.project_id,
    )


def _unbalanced(subnet: Subnet, packet: Packet, why: str, facts: Facts) -> Step:
    return _passed_over(packet, why, effective.route_table(subnet, facts).id, subnet)


def _passed_over(packet: Packet, why: str, table_id: str, of: Resource) -> Step:
    """A packet goes on to a load balancer's address as it is, and finds nobody there."""
    return Step(
        point="load-balancer",
        passes=True,
        resource_id=table_id,
        decided_by=table_id,
        message=f"{packet.destination} is a load balancer's, which is not balanced here: {why}",
        project_id=of.project_id,
    )
