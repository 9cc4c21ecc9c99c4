"""Service insertions: appliances, which of them lives, and at which end of a connection an inline one gets it."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from crossconnect.cloud.kinds.network_interface import NetworkInterface, own_addresses
from crossconnect.cloud.kinds.service_insertion import CHAIN_MAX, Appliance, ServiceInsertion
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.logical.interfaces import port_of
from crossconnect.cloud.logical.numbers import digest
from crossconnect.cloud.logical.queries import Queries
from crossconnect.cloud.logical.sides import Side

Pair: TypeAlias = tuple[NetworkInterface, NetworkInterface]
"""Where an appliance gets packets, and replies."""
TAGS = 4094
"""VLAN tags (IEEE 802.1Q)."""


def pairs_of(q: Queries, insertion: ServiceInsertion) -> list[Pair]:
    """The interfaces of all appliances of an insertion."""
    return [_interfaces(q, appliance) for appliance in insertion.appliances]


def living_of(q: Queries, insertion: ServiceInsertion) -> Pair | None:
    """The first appliance of an insertion whose interfaces are up."""
    return next((pair for pair in pairs_of(q, insertion) if all(q.is_up(one.id) for one in pair)), None)


def next_hops(living: Pair | None, version: int) -> tuple[str, str]:
    """Where packets go, and their replies: empty where no appliance lives, or it has no address of the IP version."""
    if living is None:
        return "", ""
    there, back = (next(iter(own_addresses(interface, version)), "") for interface in living)
    return there, back


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


def _interfaces(q: Queries, appliance: Appliance) -> Pair:
    ids = appliance.network_interface_id, appliance.return_network_interface_id or appliance.network_interface_id
    return q.ask(port_of, ids[0]), q.ask(port_of, ids[1])


class Link(NamedTuple):
    """An inline appliance's interfaces: where packets of a client go in, and where they come out."""

    inside: str
    outside: str


class Ends(NamedTuple):
    """Where what a rule chooses goes through inline appliances: once."""

    client: bool
    """Where its client is, if that is in the VPC."""
    server: bool
    """Where its server is, if the client is not in the VPC."""
    strangers_only: bool
    """Whether clients of the VPC may be among those that the rule speaks of, which are not meant at the server."""


def chosen_at(source: Side, destination: Side) -> Ends:
    """At which ends of a connection it is chosen."""
    server = destination.where != "out" and source.where != "in"
    return Ends(source.where != "out", server, source.where == "both")


def tags(q: Queries, vpc_id: str) -> dict[str, int]:
    """The VLAN tag of each subnet on appliances' interfaces. By a hash, so that one subnet more leaves the others' as
    they are."""
    found: dict[str, int] = {}
    taken: set[int] = set()
    for id in q.referring(Subnet, "vpc_id", vpc_id):
        tag = digest(id) % TAGS
        while tag in taken:
            tag = (tag + 1) % TAGS
        taken.add(tag)
        found[id] = tag + 1
    return found
