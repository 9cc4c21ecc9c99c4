"""What a load balancer makes of a packet: the listener, and the target that it is translated to."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.effective import Facts
from crossconnect.cloud.kinds.load_balancer import LoadBalancer, Target, TargetGroup
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.verdict import Packet, Step


def served(steps: list[Step], vpc_id: str, packet: Packet, facts: Facts) -> tuple[Packet, str]:
    """The packet as a load balancer of the VPC sends it on, where it is for one; and who refused it, or empty. Of
    several targets the first is followed."""
    for balancer in facts.shared_referring(LoadBalancer, vpc_id, "vpc_id"):
        if packet.destination in balancer.addresses:
            place = balancer.addresses.index(packet.destination)
            return balanced(steps, balancer, balancer.subnet_ids[place], packet, facts)
    return packet, ""


def balanced(
    steps: list[Step], balancer: LoadBalancer, subnet_id: str, packet: Packet, facts: Facts
) -> tuple[Packet, str]:
    """As `served`, by one load balancer, at its address in a subnet, or the public one (empty)."""
    for listener in balancer.listeners:
        if (listener.protocol, listener.port) != (packet.protocol, packet.destination_port):
            continue
        target = _target(balancer, subnet_id, listener.target_group_id, facts)
        by = f"{balancer.id}/{listener.protocol}/{listener.port}"
        if target is None:
            steps.append(_at_balancer(False, balancer, by, f"{listener.target_group_id} has no target"))
            return packet, balancer.id
        address, port, of = target
        message = f"{packet.destination} is translated to {address} port {port}, one of {of} targets"
        after = msgspec.structs.replace(packet, destination=address, destination_port=port)
        steps.append(msgspec.structs.replace(_at_balancer(True, balancer, by, message), after=after))
        return after, ""
    message = f"no listener for {packet.protocol} {packet.destination_port}"
    steps.append(_at_balancer(False, balancer, balancer.id, message))
    return packet, balancer.id


def _target(balancer: LoadBalancer, subnet_id: str, group_id: str, facts: Facts) -> tuple[str, int, int] | None:
    """Address and port of the first target that an address of a load balancer leads to, and how many there are."""
    group = facts.shared(TargetGroup, group_id)
    zone = _zone(subnet_id, facts) if subnet_id else ""
    found: list[tuple[Target, NetworkInterface]] = []
    for target in () if group is None else group.targets:
        interface = facts.shared(NetworkInterface, target.network_interface_id)
        if interface is None or not interface.private_addresses:
            continue
        if balancer.cross_zone or not subnet_id or _zone(interface.subnet_id, facts) == zone:
            found.append((target, interface))
    if not found:
        return None
    target, interface = found[0]
    return interface.private_addresses[0], target.port, len(found)


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
