"""What a VPC's service insertions choose: packets that go through appliances, on their way there and back. Of all their
rules the lowest number that matches decides.

`routed`: where the VPC's router has a packet, it goes to an appliance's interface, and the path ends there. What goes
to the targets of a group that names an insertion is chosen before any rule.
`inline`: at the port of the client, where that is in the VPC, else at the server's, and the path goes on behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from crossconnect.cloud import effective
from crossconnect.cloud.effective import Facts
from crossconnect.cloud.kinds.load_balancer import TargetGroup
from crossconnect.cloud.kinds.network_interface import NetworkInterface, own_addresses
from crossconnect.cloud.kinds.service_insertion import Appliance, ServiceInsertion, SteeringRule, interfaces_of
from crossconnect.cloud.verdict import Packet, Step, any_contains, matches, reply
from crossconnect.net import version_of


class Steered(NamedTuple):
    """A packet that a rule, or a target group, is about."""

    step: Step
    interface: str
    """The appliance's interface that gets it; empty where it passes by, or is dropped."""


def steered(vpc_id: str, packet: Packet, facts: Facts, from_subnet: str) -> Steered | None:
    """Whether a routed packet goes to an appliance. What comes out of a subnet of appliances is not chosen again, but
    goes to the next insertion's of a chain. Of several appliances the first one is taken to live."""
    if packet.source == packet.destination:
        return None  # balanced to the client itself, on its own switch
    insertions = _insertions(vpc_id, "routed", facts)
    came_from = next((one for one in insertions if from_subnet in _appliance_subnets(one, facts)), None)
    if came_from is not None:
        return _onward(came_from, insertions, packet, facts, from_subnet)
    if insertions and (found := _inspected(vpc_id, packet, facts, from_subnet)) is not None:
        return found
    for insertion, rule in _rules(insertions):
        back = not _chooses(rule, packet, facts, back=False)
        if not back or _chooses(rule, reply(packet), facts, back=True):
            met = _chain(insertion, insertions)[-1 if back else 0]
            return _by(insertion, rule, _end(met, back=back))
    return None


def _chain(first: ServiceInsertion, insertions: list[ServiceInsertion]) -> list[ServiceInsertion]:
    """An insertion, and those behind it."""
    known = {insertion.id: insertion for insertion in insertions}
    found = [first]
    while (following := known.get(found[-1].next_insertion_id)) is not None:
        found.append(following)
    return found


def _end(insertion: ServiceInsertion, *, back: bool) -> str:
    """The interface at which an insertion's appliance gets packets, or replies."""
    first = insertion.appliances[0]
    return (back and first.return_network_interface_id) or first.network_interface_id


def _onward(
    last: ServiceInsertion, insertions: list[ServiceInsertion], packet: Packet, facts: Facts, from_subnet: str
) -> Steered | None:
    """Where a packet goes that an appliance of an insertion sends on."""
    chain = next(
        found
        for one in insertions
        if last in (found := _chain(one, insertions)) and all(i.next_insertion_id != one.id for i in insertions)
    )
    place, first = chain.index(last), chain[0]
    for rule in first.rules if len(chain) > 1 else ():
        if rule.action == "bypass":
            continue
        for back in (False, True):
            # It comes out where what goes the other way goes in.
            side = facts.shared(NetworkInterface, _end(last, back=not back))
            chosen = _chooses(rule, reply(packet) if back else packet, facts, back=back)
            if chosen and back and _chooses(rule, packet, facts, back=False):
                continue
            if chosen and side is not None and side.subnet_id == from_subnet:
                following = place + (-1 if back else 1)
                there = 0 <= following < len(chain)
                return _by(first, rule, _end(chain[following], back=back)) if there else None
    return None


def inlined(vpc_id: str, packet: Packet, facts: Facts, *, sent: bool, established: bool) -> Step | None:
    """What an inline insertion says of a packet at the port of who sends it, or gets it. A reply goes through by its
    connection; what begins at the other end is not chosen."""
    insertions = _insertions(vpc_id, "inline", facts)
    if not insertions:
        return None
    vpc = effective.vpc_of(vpc_id, facts)
    client = packet.destination if established else packet.source
    here = any_contains(vpc.cidr_blocks if version_of(client) == 4 else vpc.ipv6_cidr_blocks, client)
    if sent is (here is established):
        return None
    first = reply(packet) if established else packet
    for insertion, rule in _rules(insertions):
        if _chooses(rule, first, facts, back=established):
            return _by(insertion, rule, _ends(insertion.appliances[0], established)).step
    return None


def _inspected(vpc_id: str, packet: Packet, facts: Facts, from_subnet: str) -> Steered | None:
    """What becomes of a packet to the targets of a group that names an insertion, or from them."""
    for group in facts.shared_referring(TargetGroup, vpc_id, "vpc_id"):
        insertion = facts.shared(ServiceInsertion, group.service_insertion_id) if group.service_insertion_id else None
        if insertion is None:
            continue
        first = insertion.appliances[0]
        for back in (False, True):
            for target in _targets_at(group, reply(packet) if back else packet, facts):
                if not back and target.subnet_id == from_subnet:
                    return _beside(insertion, group, target)
                through = (back and first.return_network_interface_id) or first.network_interface_id
                message = f"what is routed to the targets of {group.id} goes through {through}"
                return Steered(_step(insertion, f"{insertion.id}/{group.id}", message), through)
    return None


def _targets_at(group: TargetGroup, packet: Packet, facts: Facts) -> Iterator[NetworkInterface]:
    """The target that a packet is for."""
    if packet.protocol != group.protocol:
        return
    for target in group.targets:
        interface = facts.shared(NetworkInterface, target.network_interface_id)
        if interface is None or packet.destination_port != target.port:
            continue
        if packet.destination in own_addresses(interface, version_of(packet.destination))[:1]:
            yield interface


def _beside(insertion: ServiceInsertion, group: TargetGroup, target: NetworkInterface) -> Steered:
    """A client in the target's subnet, whose packets are routed, for a load balancer has sent them there."""
    passes = insertion.on_failure == "open"
    message = (
        f"answers of {target.id} to its own subnet {target.subnet_id} are not routed, so nothing goes through "
        f"appliances: {'it passes by' if passes else 'dropped'}, as {insertion.id} fails {insertion.on_failure}"
    )
    return Steered(_step(insertion, f"{insertion.id}/{group.id}", message, passes), "")


def _insertions(vpc_id: str, mode: Literal["routed", "inline"], facts: Facts) -> list[ServiceInsertion]:
    found = facts.shared_referring(ServiceInsertion, vpc_id, "vpc_id")
    return [insertion for insertion in found if insertion.mode == mode]


def _rules(insertions: list[ServiceInsertion]) -> list[tuple[ServiceInsertion, SteeringRule]]:
    """The rules of all, in order."""
    found = [(insertion, rule) for insertion in insertions for rule in insertion.rules]
    return sorted(found, key=lambda one: one[1].number)


def _ends(appliance: Appliance, back: bool) -> str:
    ends = appliance.network_interface_id, appliance.return_network_interface_id
    return " and ".join(ends[::-1] if back else ends)


def _by(insertion: ServiceInsertion, rule: SteeringRule, through: str) -> Steered:
    insert = rule.action == "insert"
    message = f"rule {rule.number}: " + (f"goes through {through}" if insert else "passes by")
    return Steered(_step(insertion, f"{insertion.id}/{rule.number}", message), through if insert else "")


def _step(insertion: ServiceInsertion, by: str, message: str, passes: bool = True) -> Step:
    return Step(
        point="service-insertion",
        passes=passes,
        resource_id=insertion.id,
        decided_by=by,
        message=message,
        project_id=insertion.project_id,
    )


def _chooses(rule: SteeringRule, packet: Packet, facts: Facts, *, back: bool) -> bool:
    """Whether a packet, or the one that one on its way back answers, is as a rule says. ICMP's answers have types of
    their own, so all of them go back the same way."""
    any_type = back and rule.protocol in ("icmp", "icmpv6")
    ports = (None, None) if any_type else (rule.from_port, rule.to_port)
    return (
        matches(rule.protocol, ports, packet)
        and any_contains(effective.blocks(rule.source, facts), packet.source)
        and any_contains(effective.blocks(rule.destination, facts), packet.destination)
    )


def _appliance_subnets(insertion: ServiceInsertion, facts: Facts) -> set[str]:
    interfaces = (facts.shared(NetworkInterface, id) for id in interfaces_of(insertion))
    return {interface.subnet_id for interface in interfaces if interface is not None}
