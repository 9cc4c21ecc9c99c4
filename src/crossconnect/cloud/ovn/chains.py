"""Chains of routed service insertions: what one's appliance sends on goes to the next one's, by policies of the VPC's
router that ask by which of its ports a packet comes.

    client -- router --(rule)--> firewall -- router --(from its subnet)--> IDS -- router --> server
           <--               <--           <--                         <--     <--(rule)

Which way a packet goes is told by addresses and ports. One that could be either, as between machines of a block that is
a rule's source and destination, goes the way there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from crossconnect.cloud.kinds.network_interface import NetworkInterface, own_addresses
from crossconnect.cloud.kinds.service_insertion import CHAIN_MAX, RULES_MAX, ServiceInsertion, SteeringRule
from crossconnect.cloud.ovn.matches import both, packets
from crossconnect.cloud.ovn.network_acls import POLICY_TOP
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.sides import Side, answering, chosen
from crossconnect.cloud.ovn.subnets import router_port

PASSED_ON = POLICY_TOP - RULES_MAX
"""Of what comes from a chain's appliances and goes to no further one: below the policies of all of its rules."""
Pair: TypeAlias = tuple[NetworkInterface, NetworkInterface]
"""Where an appliance gets packets, and replies."""


class Onward(NamedTuple):
    """A policy for what an appliance of a chain sends on."""

    key: str
    match: str
    hop: str
    """Empty: to where it is for."""


def members(q: Queries, id: str) -> tuple[str, ...]:
    """An insertion, and those behind it."""
    found = [id]
    while (following := q.need(ServiceInsertion, found[-1]).next_insertion_id) and len(found) < CHAIN_MAX:
        found.append(following)
    return tuple(found)


def is_chained(q: Queries, id: str) -> bool:
    """Whether an insertion is in a chain."""
    return bool(
        q.need(ServiceInsertion, id).next_insertion_id or q.referring(ServiceInsertion, "next_insertion_id", id)
    )


def back(rule: SteeringRule, source: Side, destination: Side) -> str | None:
    """A match for what comes back by a chain: answers that are not what the rule chooses themselves."""
    match = answering(rule, source, destination)
    there = packets(source.version, rule.protocol, rule.from_port, rule.to_port)
    if match is None or there is None:
        return None
    numbers = [term for term in there.split(" && ") if "=" in term]
    chooses = both(source.match("src"), destination.match("dst"), *numbers)
    return f"{match} && !({chooses})" if chooses else None


def onwards(stages: tuple[Pair, ...], rule: SteeringRule, source: Side, destination: Side) -> Iterator[Onward]:
    """What becomes of the packets of a rule behind each of the appliances of a chain that live, in both directions."""
    there, answers = chosen(rule, source, destination), back(rule, source, destination)
    version = source.version
    for n, (inner, outer) in enumerate(stages):
        if there is not None:
            following = _address(stages[n + 1][0], version) if n + 1 < len(stages) else ""
            yield Onward(f"forth/{outer.id}", _from(outer, there), following)
        if answers is not None:
            before = _address(stages[n - 1][1], version) if n else ""
            yield Onward(f"back/{inner.id}", _from(inner, answers), before)


def _from(interface: NetworkInterface, match: str) -> str:
    return f'inport == "{router_port(interface.subnet_id)}" && {match}'


def _address(interface: NetworkInterface, version: int) -> str:
    return next(iter(own_addresses(interface, version)), "")
