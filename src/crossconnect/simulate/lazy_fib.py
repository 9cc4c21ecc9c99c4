"""Forwarding tables straight from a settled network, a row at a time: for following few packets of many networks.

`fib` indexes all rows of a state, whichever world it is from. Under hundreds of failures of a large network most rows
would be made and never looked at; here a device's table is made when the first packet comes by. Both give the same
answers (tests compare them).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import msgspec

from crossconnect.device.network_instance import NetworkInstance
from crossconnect.net import address_of, parse
from crossconnect.net.address import BITS
from crossconnect.simulate.evpn_rows import mac_rows_of, segment_vteps
from crossconnect.simulate.fib import Fib, fib
from crossconnect.simulate.network import Settled
from crossconnect.simulate.physical_rows import interface_row
from crossconnect.simulate.route_rows import Choices, InstanceRoutes
from crossconnect.simulate.topology import Topology
from crossconnect.state.tables import InterfaceRow, RouteRow, State

K = TypeVar("K")
V = TypeVar("V")


class Lazy(Mapping[K, V]):
    """A mapping whose values are made on first use; `make` returns None for what is not there."""

    def __init__(self, make: Callable[[K], V | None]) -> None:
        self._make = make
        self._known: dict[K, V | None] = {}

    def __getitem__(self, key: K) -> V:
        try:
            value = self._known[key]
        except KeyError:
            value = self._known[key] = self._make(key)
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[K]:
        return (key for key, value in self._known.items() if value is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class PrefixIndex:
    """Prefixes by IP version and length, for longest match."""

    def __init__(self, prefixes: Iterator[str]) -> None:
        self._by_length: dict[tuple[int, int], dict[int, str]] = {}
        for text in prefixes:
            prefix = parse(text)
            self._by_length.setdefault((prefix.version, prefix.length), {})[prefix.value] = text
        self._lengths = {
            version: sorted((length for v, length in self._by_length if v == version), reverse=True)
            for version in (4, 6)
        }

    def covering(self, address: str) -> Iterator[str]:
        """Prefixes around an address, the longest first."""
        version, value, _ = parse(address)
        for length in self._lengths[version]:
            shift = BITS[version] - length
            found = self._by_length[(version, length)].get(value >> shift << shift)
            if found is not None:
                yield found


class LazyRoutes:
    """A routing table whose rows are made when they match."""

    def __init__(self, routes: InstanceRoutes, index: PrefixIndex) -> None:
        self._routes = routes
        self._index = index

    def lookup(self, address: str) -> RouteRow | None:
        """The most specific route to an address."""
        for prefix in self._index.covering(address):
            row = self._routes.row(prefix)
            if row is not None:
                return row
        return None


def lazy_fib(settled: Settled, like: Fib | None = None) -> Fib:
    """Tables of a settled network. `like` are those of another state of the same blueprint."""
    topology = settled.live.topology
    if like is None:
        like = fib(topology.blueprint, State(world="sim"))
        like = msgspec.structs.replace(like, topology=topology, l3vnis=_l3vnis(topology))
    choices = Choices(settled)

    @functools.cache
    def underlay() -> PrefixIndex:
        return PrefixIndex(iter(settled.underlay))

    def routes(key: tuple[str, str]) -> LazyRoutes | None:
        instance = topology.instances.get(key)
        if instance is None or instance.kind == "mac-vrf" or not settled.live.device_up(key[0]):
            return None
        found = InstanceRoutes(settled, choices, key[0], instance)
        return LazyRoutes(found, underlay() if found.shares_underlay else PrefixIndex(found.prefixes()))

    def interface(key: tuple[str, str]) -> InterfaceRow | None:
        configured = topology.interfaces.get(key)
        if configured is None or configured.kind == "management" or not settled.live.device_up(key[0]):
            return None
        return interface_row(settled, key[0], configured)

    def gateways(key: tuple[str, str]) -> frozenset[str] | None:
        device = topology.devices.get(key[0])
        if device is None or not settled.live.device_up(key[0]):
            return None
        own = (i for i in device.interfaces if i.network_instance == key[1] and i.kind != "management")
        up = (i for i in own if i.addresses and settled.live.interface_up(device.name, i.name))
        return frozenset(address_of(text) for i in up for text in i.addresses)

    @functools.cache
    def macs_of(device: str) -> dict[tuple[int, str], tuple[str, str]]:
        return {(row.vni, row.mac): (row.kind, row.where) for row in mac_rows_of(settled, device)}

    def mac(key: tuple[str, int, str]) -> tuple[str, str] | None:
        return macs_of(key[0]).get((key[1], key[2])) if key[0] in topology.devices else None

    def vteps(key: tuple[str, str]) -> tuple[str, ...] | None:
        return segment_vteps(settled, key[0], key[1])

    blueprint = topology.blueprint
    everyone = [*blueprint.devices, *blueprint.peers, *blueprint.hosts]
    return msgspec.structs.replace(
        like,
        up=frozenset(thing.name for thing in everyone if settled.live.device_up(thing.name)),
        interfaces=Lazy(interface),
        routes=Lazy(routes),
        macs=Lazy(mac),
        segment_vteps=Lazy(vteps),
        gateways=Lazy(gateways),
    )


def _l3vnis(topology: Topology) -> dict[tuple[str, int], str]:
    def is_l3(instance: NetworkInstance) -> bool:
        return instance.kind == "l3vrf" and instance.vni is not None

    return {(device, i.vni or 0): i.name for (device, _), i in topology.instances.items() if is_l3(i)}
