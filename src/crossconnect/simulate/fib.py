"""Forwarding tables of all switches, from a state's rows: of the simulation, a lab or live devices alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from crossconnect.design.blueprint import Blueprint, Endpoint, HostPlan, PeerPlan, Wire
from crossconnect.device.interface import Interface
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.net import address_of, parse
from crossconnect.net.address import BITS
from crossconnect.simulate.topology import Topology, topology
from crossconnect.state.tables import InterfaceRow, RouteRow, State


class Routes(Protocol):
    """Routes of one VRF."""

    def lookup(self, address: str) -> RouteRow | None:
        """The most specific route to an address."""
        ...


class RouteTable:
    """Routes of one VRF; look-up by longest prefix, one dictionary access per length in use."""

    def __init__(self, rows: Iterable[RouteRow]) -> None:
        self._by_length: dict[tuple[int, int], dict[int, RouteRow]] = {}
        for row in rows:
            prefix = parse(row.prefix)
            self._by_length.setdefault((prefix.version, prefix.length), {})[prefix.value] = row
        self._lengths = {
            version: sorted((length for v, length in self._by_length if v == version), reverse=True)
            for version in (4, 6)
        }

    def lookup(self, address: str) -> RouteRow | None:
        """The most specific route to an address."""
        version, value, _ = parse(address)
        for length in self._lengths[version]:
            shift = BITS[version] - length
            row = self._by_length[(version, length)].get(value >> shift << shift)
            if row is not None:
                return row
        return None


class Fib(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that forwarding looks at. Tables are keyed by (device, name)."""

    blueprint: Blueprint
    topology: Topology
    up: frozenset[str]
    """Devices, hosts and external routers that run."""
    interfaces: Mapping[tuple[str, str], InterfaceRow]
    routes: Mapping[tuple[str, str], Routes]
    macs: Mapping[tuple[str, int, str], tuple[str, str]]
    """(device, VNI, MAC) -> (local or remote, where)."""
    l3vnis: Mapping[tuple[str, int], str]
    """(device, L3VNI) -> VRF."""
    l2vnis: Mapping[tuple[str, int], NetworkInstance]
    """(device, L2VNI) -> MAC-VRF."""
    segment_vteps: Mapping[tuple[str, str], tuple[str, ...]]
    """(device, ESI) -> VTEPs of an Ethernet segment's leaves whose leg is up, as that device knows them."""
    gateways: Mapping[tuple[str, str], frozenset[str]]
    """(device, VRF) -> addresses that the device itself has there."""
    hosts_at: Mapping[tuple[str, str], tuple[HostPlan, Endpoint]]
    """(segment, address) -> host and its endpoint there."""
    peers_at: Mapping[tuple[str, str, str], PeerPlan]
    """(device, VRF, address) -> external router with that address in a session there."""
    segment_of: Mapping[tuple[str, str], NetworkInstance]
    """(device, IRB interface) -> its MAC-VRF."""

    def interface_up(self, device: str, name: str) -> bool:
        """Operational state as the state has it."""
        row = self.interfaces.get((device, name))
        return row is not None and row.up

    def mtu(self, device: str, name: str) -> int:
        """IP MTU of an interface; 0 where the state does not have it."""
        row = self.interfaces.get((device, name))
        return row.mtu if row is not None else 0

    def configured(self, device: str, name: str) -> Interface | None:
        """An interface as designed."""
        return self.topology.interfaces.get((device, name))

    def wire_of(self, device: str, interface: str) -> Wire | None:
        """The cable behind a port or subinterface; of a bond's, the first that works."""
        wires = self.wires_of(device, interface)
        return wires[0] if wires else None

    def wires_of(self, device: str, interface: str) -> tuple[Wire, ...]:
        """The cables behind an interface: of a bond's those that work, or the first if none does."""
        wires = self.topology.wires_of(device, interface)
        if len(wires) < 2:
            return wires
        work = (w for w in wires if self.interface_up(w.a_device, w.a_port) and self.interface_up(w.b_device, w.b_port))
        return tuple(work) or wires[:1]


def fib(blueprint: Blueprint, state: State, like: Fib | None = None) -> Fib:
    """Index a state for forwarding. `like` is one of the same blueprint, whose indexes over that are taken over."""
    indexes = like.topology if like else topology(blueprint)
    rows: dict[tuple[str, str], list[RouteRow]] = {}
    for row in state.routes:
        rows.setdefault((row.device, row.vrf), []).append(row)
    gateways: dict[tuple[str, str], set[str]] = {}
    for row in state.interfaces:
        if row.up and row.addresses:
            gateways.setdefault((row.device, row.vrf), set()).update(map(address_of, row.addresses))
    return Fib(
        blueprint=blueprint,
        topology=indexes,
        up=frozenset(row.device for row in state.devices if row.up),
        interfaces={(row.device, row.interface): row for row in state.interfaces},
        routes={key: RouteTable(found) for key, found in rows.items()},
        macs={(row.device, row.vni, row.mac): (row.kind, row.where) for row in state.macs},
        l3vnis={(row.device, row.vni): row.vrf for row in state.vnis if row.kind == "l3"},
        l2vnis=like.l2vnis if like else _l2vnis(indexes),
        segment_vteps=_segment_vteps(state),
        gateways={key: frozenset(addresses) for key, addresses in gateways.items()},
        hosts_at=like.hosts_at if like else _hosts_at(blueprint),
        peers_at=like.peers_at if like else _peers_at(blueprint),
        segment_of=like.segment_of if like else _segment_of(indexes),
    )


def _l2vnis(indexes: Topology) -> dict[tuple[str, int], NetworkInstance]:
    return {
        (device, instance.vni): instance
        for (device, _), instance in indexes.instances.items()
        if instance.kind == "mac-vrf" and instance.vni is not None
    }


def _segment_of(indexes: Topology) -> dict[tuple[str, str], NetworkInstance]:
    return {
        (device, instance.irb): instance
        for (device, _), instance in indexes.instances.items()
        if instance.kind == "mac-vrf" and instance.irb
    }


def _peers_at(blueprint: Blueprint) -> dict[tuple[str, str, str], PeerPlan]:
    return {
        (session.device, session.vrf, address_of(session.local_address)): peer
        for peer in blueprint.peers
        for session in peer.sessions
    }


def _segment_vteps(state: State) -> dict[tuple[str, str], tuple[str, ...]]:
    """From type-1 routes per Ethernet segment: only leaves that announce it are sent to (RFC 7432 8.4)."""
    found: dict[tuple[str, str], set[str]] = {}
    for row in state.evpn_routes:
        if row.route_type == 1 and row.key.endswith("/4294967295"):
            found.setdefault((row.device, row.esi), set()).add(row.next_hop)
    return {key: tuple(sorted(vteps)) for key, vteps in found.items()}


def _hosts_at(blueprint: Blueprint) -> dict[tuple[str, str], tuple[HostPlan, Endpoint]]:
    return {
        (endpoint.segment, address_of(text)): (host, endpoint)
        for host in blueprint.hosts
        for endpoint in host.endpoints
        for text in endpoint.addresses
    }
