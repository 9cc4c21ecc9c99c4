"""Service insertion: chosen traffic of a VPC goes through appliances (firewall, IDS, WAF), both ways through the same
one.

A VPC may have several, all of one mode. Their rules are one list: the lowest number that matches decides, in whichever
of them it is. What one insertion's appliances send on goes through another one's only where the first one names that:

    client -- rules --> appliance of the first -- next_insertion_id --> appliance of the second --> server
           <--                                 <--                                            <-- answers
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.kinds.load_balancer import HealthCheck
from crossconnect.cloud.resource import Body, Patch, Reference, Resource

APPLIANCES_MAX = 8
RULES_MAX = 100
CHAIN_MAX = 4
"""Insertions behind one another: the analyser follows eight appliances."""
NUMBER_MAX = 32664
"""Of a router's priorities (32767), less those above rules: of chains one per rule, of target groups one."""


class Appliance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One appliance. It gets packets at one interface and gives them back at the same or another one. Neither checks
    sources and destinations."""

    network_interface_id: str
    return_network_interface_id: str = ""
    """None: the same."""


class SteeringRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Connections that go through the appliances: their first packet is as said here. Replies go the same way back.

    Where `routed`, replies are told by addresses and ports: of rules for `all` or ICMP, what the destination begins to
    the source goes through, too.
    """

    number: int
    """1 to 32664, no other rule's of the VPC; the lowest that matches decides."""
    action: Literal["insert", "bypass"] = "insert"
    source: str
    """A CIDR block, or the id of a prefix list, or of a security group: the addresses of its members, which are of the
    same VPC or of one that is peered with it."""
    destination: str
    """Likewise, with an IP version in common."""
    protocol: str = "all"
    """`tcp`, `udp`, `icmp`, `icmpv6`, `all`, or an IP protocol number."""
    from_port: int | None = None
    """First destination port; none: all."""
    to_port: int | None = None
    """Last destination port."""


class ServiceInsertion(Resource, frozen=True, kw_only=True):
    """Appliances of a VPC and what goes through them."""

    vpc_id: str
    appliances: tuple[Appliance, ...]
    """The first one that lives gets all. No other insertion has their interfaces."""
    rules: tuple[SteeringRule, ...] = ()
    """In the order of their numbers."""
    mode: Literal["routed", "inline"] = "routed"
    """`routed`: an appliance is a router, to which packets are sent. `inline`: it is a bump in the wire between its two
    interfaces, which passes on what it lets through as it came, VLAN tags too, and changes no header (needs OVN
    25.09)."""
    on_failure: Literal["open", "closed"] = "closed"
    """What happens to the chosen traffic while no appliance lives: it passes by, or is dropped."""
    health_check: HealthCheck | None = None
    """None: an appliance lives while its interfaces are up. A routed one is asked on its first interface: by TCP on
    `port`, or, without one, by ping. Through an inline one, which has no `port`, a probe must come out again."""
    next_insertion_id: str = ""
    """Of a `routed` one: another one of the VPC, through whose appliances goes next what these send on, and answers
    before. Each has its own health check, and fails open or closed by itself. That one has no rules of its own."""
    number: int = 0
    """1 to 255, one of the region's own (OVN's `Network_Function_Group`)."""
    appliance_numbers: tuple[int, ...] = ()
    """1 to 255, one of the region's own per appliance (OVN's `Network_Function`)."""


class ServiceInsertionBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    vpc_id: str
    appliances: tuple[Appliance, ...]
    rules: tuple[SteeringRule, ...] = ()
    mode: Literal["routed", "inline"] = "routed"
    on_failure: Literal["open", "closed"] = "closed"
    health_check: HealthCheck | None = None
    next_insertion_id: str = ""


class ServiceInsertionPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; `appliances` and `rules` replace all of them."""

    appliances: tuple[Appliance, ...] | msgspec.UnsetType = msgspec.UNSET
    rules: tuple[SteeringRule, ...] | msgspec.UnsetType = msgspec.UNSET
    on_failure: Literal["open", "closed"] | msgspec.UnsetType = msgspec.UNSET
    health_check: HealthCheck | msgspec.UnsetType | None = msgspec.UNSET
    next_insertion_id: str | msgspec.UnsetType = msgspec.UNSET


def interfaces_of(insertion: ServiceInsertion) -> Iterator[str]:
    """The ids of its appliances' interfaces."""
    for appliance in insertion.appliances:
        yield appliance.network_interface_id
        if appliance.return_network_interface_id:
            yield appliance.return_network_interface_id


def references(insertion: ServiceInsertion) -> Iterator[Reference]:
    """Its VPC, the appliances' interfaces, the security groups and prefix lists of its rules, the next insertion."""
    yield Reference("vpc_id", insertion.vpc_id)
    if insertion.next_insertion_id:
        yield Reference("next_insertion_id", insertion.next_insertion_id)
    for n, appliance in enumerate(insertion.appliances):
        yield Reference(f"appliances/{n}/network_interface_id", appliance.network_interface_id)
        if appliance.return_network_interface_id:
            yield Reference(f"appliances/{n}/return_network_interface_id", appliance.return_network_interface_id)
    for n, rule in enumerate(insertion.rules):
        for field, side in (("source", rule.source), ("destination", rule.destination)):
            if side.startswith(("sg-", "pl-")):
                yield Reference(f"rules/{n}/{field}", side)
