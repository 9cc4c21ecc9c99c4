"""Load balancers as others reach them than their VPC: balanced where the client comes from, too.

Of other VPCs, over a peering or a transit router: on the client's switch.

    client -- switch -- VPC's router -- peering, or transit router -- load balancer's VPC's router -- switch -- target
              load balancer: address -> target

A connection is translated before it leaves its VPC, and its answers are as they come back: OVN does not balance on
routers' ports to each other, and where it did, the answers would have to come by the same hypervisor. So the client's
route table must lead to the targets by the way by which it leads to the address.

From the VRF of a private gateway: on the gateway's router, at the gateway node that has it.

    VRF -- gateway's router -- VPC's router, or a transit router and that -- switch -- target
             load balancer: address -> target
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.service_insertion import ServiceInsertion
from crossconnect.cloud.logical.elsewhere import gateway_reached, reached
from crossconnect.cloud.logical.subnets import switch_of, table_of
from crossconnect.cloud.ovn.load_balancers import BALANCER
from crossconnect.cloud.ovn.matches import any_address
from crossconnect.cloud.ovn.parts import Part, adds, row, unit, within
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.subnets import SWITCH
from crossconnect.cloud.ovn.vpcs import ROUTER

CLOSED_PRIORITY = 100
"""Of the only policy that a private gateway's router may have."""


@unit
def subnet_reach(q: Queries, id: str) -> Iterator[Part]:
    """At the subnet's switch, each `Load_Balancer` of another VPC to whose addresses and targets, all of them, the
    subnet's route table leads over one peering or transit router. None in a VPC with inline appliances."""
    subnet = q.ask(switch_of, id)
    insertions = [q.need(ServiceInsertion, one) for one in q.referring(ServiceInsertion, "vpc_id", subnet.vpc_id)]
    if any(insertion.mode == "inline" for insertion in insertions):
        return
    for key in q.ask(reached, q.ask(table_of, id)):
        yield adds(SWITCH, id, "load_balancer", uuid_of(BALANCER, key))


@unit
def gateway_reach(q: Queries, id: str) -> Iterator[Part]:
    """At a private gateway's router, each `Load_Balancer` of its VPC; where it is attached to a transit router, of the
    VPCs to whose addresses and targets, all of them, its attachment's table leads. IPv6 addresses that it leads to
    without all targets are closed there (one `Logical_Router_Policy`): the VPC's router would balance what it gets on
    the gateway node that has its own port, and the answers not."""
    found = gateway_reached(q, id)
    for key in found.keys:
        yield adds(ROUTER, id, "load_balancer", uuid_of(BALANCER, key))
    if found.closed:
        match = any_address("dst", found.closed)
        policy = row(
            "Logical_Router_Policy",
            f"{id}/balanced",
            id,
            priority=CLOSED_PRIORITY,
            match=match,
            action="drop",
            nexthops=frozenset(),
        )
        yield from within(ROUTER, id, "policies", policy)
