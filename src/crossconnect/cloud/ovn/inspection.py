"""Proxies and firewalls before a load balancer's targets: what is routed to the targets of a group that names a service
insertion goes through its appliances, by policies of the VPC's router.

    client -- its switch: load balancer's address -> target -- VPC's router --(policy)--> appliance -- its subnet --,
                                                                    target <-- its subnet -- VPC's router <---------'

A connection is translated where its client is, so the router knows nothing of load balancers: it sees a target's
address and port, and policies choose by these. Answers are chosen by the same address and port as their source.
What a client in a target's own subnet is balanced to is routed, and its answer is not: that passes no appliance.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.load_balancer import TargetGroup
from crossconnect.cloud.kinds.service_insertion import ServiceInsertion
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.insertions import next_hops
from crossconnect.cloud.logical.inspection import TargetPort, target_ports
from crossconnect.cloud.logical.subnets import router_port
from crossconnect.cloud.ovn.insertions import RULES_TOP, Standing, policy, standing
from crossconnect.cloud.ovn.matches import Field, both, packets
from crossconnect.cloud.ovn.names import word
from crossconnect.cloud.ovn.network_acls import POLICY_TOP
from crossconnect.cloud.ovn.parts import Fault, Part, row, unit
from crossconnect.cloud.ovn.queries import Queries

PRIORITY = RULES_TOP
"""Above the rules of all insertions, below what appliances send on."""


@unit
def inspected(q: Queries, id: str) -> Iterator[Part]:
    """A group that names a service insertion: `Address_Set` of the targets' addresses per port and IP version, and a
    `Logical_Router_Policy` (`reroute`) for what goes there, and for what comes from there, to the first appliance that
    lives. With none up they drop (`closed`), or allow (`open`). One more per target's subnet for what clients in it
    are balanced to: the router has that, and not the answers, so no appliance gets it. Without an insertion nothing:
    load balancers and endpoint services that name a group read it."""
    group = q.need(TargetGroup, id)
    if not group.service_insertion_id:
        return
    q.need(Vpc, group.vpc_id)
    insertion = q.need(ServiceInsertion, group.service_insertion_id)
    if insertion.mode == "inline":
        yield Fault(f"{insertion.id} is inline: OVN puts no appliance before what is balanced")
        return
    now = q.ask(standing, insertion.id)
    if now.obstacle:
        yield Fault(f"{insertion.id}: {now.obstacle}")
        if insertion.on_failure == "open":
            return
    for port in target_ports(q, group):
        yield from _through(group, insertion, port, now)
        if not now.obstacle:
            yield from _beside(q, group, insertion, port)


def _through(group: TargetGroup, insertion: ServiceInsertion, port: TargetPort, now: Standing) -> Iterator[Part]:
    """The policies of both directions."""
    name = _set_name(group, port)
    yield row("Address_Set", name, group.id, name=name, addresses=port.addresses)
    hops = next_hops(now.living, port.version)
    if now.living and not all(hops):
        yield Fault(f"{insertion.id}: the appliance has no IPv{port.version} address")
    is_past = now.living is None and insertion.on_failure == "open"
    ways: tuple[tuple[str, Field, str], ...] = (("forth", "dst", hops[0]), ("back", "src", hops[1]))
    for direction, field, hop in ways:
        what = packets(port.version, group.protocol, port.number, port.number, field)
        match = both(what, f"ip{port.version}.{field} == ${name}")
        action = "allow" if is_past else "reroute" if hop else "drop"
        # A network ACL's policies, which are an obstacle, let nothing pass that is to be dropped.
        priority = POLICY_TOP if now.obstacle else PRIORITY
        yield from policy(group.vpc_id, f"{name}/{direction}", group.id, priority, match, action, hop)


def _beside(q: Queries, group: TargetGroup, insertion: ServiceInsertion, port: TargetPort) -> Iterator[Part]:
    """What the router gets from a target's subnet for that subnet."""
    name = _set_name(group, port)
    what = packets(port.version, group.protocol, port.number, port.number)
    for id in port.subnets:
        subnet = q.need(Subnet, id)
        block = subnet.cidr_block if port.version == 4 else subnet.ipv6_cidr_block
        field = f"ip{port.version}.dst"
        match = both(f'inport == "{router_port(id)}"', what, f"{field} == {block}", f"{field} == ${name}")
        action = "allow" if insertion.on_failure == "open" else "drop"
        yield from policy(group.vpc_id, f"{name}/beside/{id}", group.id, POLICY_TOP, match, action)


def _set_name(group: TargetGroup, port: TargetPort) -> str:
    return f"{word(group.id)}_{port.number}_ip{port.version}"
