"""Prefixes that stand for all that a gateway node announces of one network: host routes, and blocks of VPCs.

Where an elastic IP lives is known to the cloud, and differs from one to the next; how the fabric leads to what a
gateway node announces is the same for all. So the fabric is settled once, with one such prefix per node, network
and IP version, and asked about that in the place of any.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from crossconnect.design.blueprint import Blueprint, CloudPlan, ProviderNetworkPlan
from crossconnect.net import address_text, parse, version_of
from crossconnect.net.address import BITS


class StandIn(NamedTuple):
    """A prefix that a gateway node announces in the place of others, and an address in it."""

    prefix: str
    address: str


def stand_ins(blueprint: Blueprint) -> dict[tuple[str, str, int], StandIn]:
    """By gateway node, provider network and IP version; none where the network has no room for one."""
    plan = blueprint.cloud
    if plan is None:
        return {}
    nodes = _nodes(plan)
    return {
        (node, network.name, version): found
        for network in plan.networks
        for version in sorted({version_of(prefix) for prefix in network.transfer})
        for n, node in enumerate(nodes)
        for found in _nth_last(network, version, n)
    }


def with_stand_ins(blueprint: Blueprint, found: dict[tuple[str, str, int], StandIn]) -> Blueprint:
    """The blueprint with what its gateway nodes announce beside their aggregates."""
    announced: dict[str, list[str]] = {}
    for (node, _, _), one in found.items():
        announced.setdefault(node, []).append(one.prefix)
    peers = tuple(
        msgspec.structs.replace(peer, announces=(*peer.announces, *announced.get(peer.node, ()))) if peer.node else peer
        for peer in blueprint.peers
    )
    return msgspec.structs.replace(blueprint, peers=peers)


def _nodes(plan: CloudPlan) -> tuple[str, ...]:
    return tuple(one.name for one in plan.chassis if one.router)


def _nth_last(network: ProviderNetworkPlan, version: int, n: int) -> Iterator[StandIn]:
    """The n-th last host of the network's first prefix of a version that has so many, or block as VPCs have them."""
    for text in network.prefixes:
        prefix = parse(text)
        block = network.vpc_block if version == 6 and network.vpc_block >= prefix.length else BITS[version]
        room = 1 << min(block - prefix.length, 60)
        # The last address of an IPv4 prefix may be a broadcast address.
        place = room - 2 - n
        if prefix.version == version and place > 0:
            value = prefix.value + (place << (BITS[version] - block))
            address = address_text(version, value + (0 if block == BITS[version] else 1))
            yield StandIn(f"{address_text(version, value)}/{block}", address)
            return
