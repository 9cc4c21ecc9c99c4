"""Targets that are behind appliances, by the port on which they answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from crossconnect.cloud.kinds.load_balancer import TargetGroup
from crossconnect.cloud.kinds.network_interface import own_addresses
from crossconnect.cloud.logical.interfaces import interface_of
from crossconnect.cloud.logical.queries import Queries


class TargetPort(NamedTuple):
    """The targets of a group that answer on a port, of an IP version."""

    number: int
    version: int
    addresses: frozenset[str]
    subnets: tuple[str, ...]
    """Of the targets: a client there is balanced by way of the router, and answered past it."""


def target_ports(q: Queries, group: TargetGroup) -> Iterator[TargetPort]:
    """The targets of a group that can be, per IP version and port."""
    for version in (4, 6):
        addresses: dict[int, set[str]] = {}
        subnets: dict[int, set[str]] = {}
        for target in group.targets:
            interface = interface_of(q, target.network_interface_id)
            if interface is not None and (own := own_addresses(interface, version)):
                addresses.setdefault(target.port, set()).add(own[0])
                subnets.setdefault(target.port, set()).add(interface.subnet_id)
        for number in sorted(addresses):
            yield TargetPort(number, version, frozenset(addresses[number]), tuple(sorted(subnets[number])))
