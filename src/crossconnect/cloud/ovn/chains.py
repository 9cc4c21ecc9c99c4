"""Chains of routed service insertions: what one's appliance sends on goes to the next one's, by policies of the VPC's
router that ask by which of its ports a packet comes.

    client -- router --(rule)--> firewall -- router --(from its subnet)--> IDS -- router --> server
           <--               <--           <--                         <--     <--(rule)

Which way a packet goes is told by addresses and ports. One that could be either, as between machines of a block that is
a rule's source and destination, goes the way there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from crossconnect.cloud.kinds.network_interface import NetworkInterface, own_addresses
from crossconnect.cloud.kinds.service_insertion import RULES_MAX, SteeringRule
from crossconnect.cloud.logical.insertions import Pair
from crossconnect.cloud.logical.sides import Side
from crossconnect.cloud.logical.subnets import router_port
from crossconnect.cloud.ovn.matches import both, packets
from crossconnect.cloud.ovn.network_acls import POLICY_TOP
from crossconnect.cloud.ovn.sides import answering, chosen, is_one_of

PASSED_ON = POLICY_TOP - RULES_MAX
"""Of what comes from a chain's appliances and goes to no further one: below the policies of all of its rules."""


class Onward(NamedTuple):
    """A policy for what an appliance of a chain sends on."""

    key: str
    match: str
    hop: str
    """Empty: to where it is for."""


def back(rule: SteeringRule, source: Side, destination: Side) -> str | None:
    """A match for what comes back by a chain: answers that are not what the rule chooses themselves."""
    match = answering(rule, source, destination)
    there = packets(source.version, rule.protocol, rule.from_port, rule.to_port)
    if match is None or there is None:
        return None
    numbers = [term for term in there.split(" && ") if "=" in term]
    chooses = both(is_one_of(source, "src"), is_one_of(destination, "dst"), *numbers)
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
