"""The region's fabric as packets of the cloud meet it: between gateway nodes and the outside, and below tunnels.

    gateway node -- leaf (VRF) ==VXLAN== border (VRF) -- router outside      `outwards`, `inwards`
    hypervisor -- leaf ==VXLAN== leaf -- gateway node                        `carried`: Geneve, in the tunnels' segment

The fabric is settled once, when it is first asked; answers are worked out route by route.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from crossconnect.cloud.reach.legs import Leg, gateway_hop, leg_of, outside_hop
from crossconnect.cloud.reach.stand_ins import StandIn, stand_ins, with_stand_ins
from crossconnect.design.blueprint import Blueprint, ChassisPlan, Endpoint, PeerPlan, PeerSession, ProviderNetworkPlan
from crossconnect.design.gateway_routes import more_specifics
from crossconnect.device.policy import takes
from crossconnect.finding import Place
from crossconnect.net import address_of, contains, parse, version_of
from crossconnect.simulate import NO_FAILURES, Failures, Forwarder, Network, Settled
from crossconnect.simulate.explain import Wanted, explain
from crossconnect.simulate.explanation import Explanation
from crossconnect.simulate.history import Question, question
from crossconnect.simulate.lazy_fib import lazy_fib
from crossconnect.simulate.vrf import connected


class _Offer(NamedTuple):
    """What a switch announces to an external router, of what covers an address."""

    session: PeerSession
    prefix: str
    """Empty: nothing."""
    as_path: int
    why: str
    """Why nothing; or by which statement of a policy."""


class _World(NamedTuple):
    settled: Settled
    forwarder: Forwarder
    asked: Question


class Fabric:
    """The fabric of one blueprint, under failures where some are given. Safe to ask from several threads."""

    def __init__(self, blueprint: Blueprint, failures: Failures = NO_FAILURES) -> None:
        """`blueprint` carries a cloud. A gateway node that fails takes its routing half along."""
        assert blueprint.cloud is not None
        self._plan = blueprint.cloud
        self._networks = {network.name: network for network in self._plan.networks}
        self._chassis = {one.name: one for one in self._plan.chassis}
        self._stand_ins = stand_ins(blueprint)
        self._blueprint = with_stand_ins(blueprint, self._stand_ins)
        self._peers = {peer.name: peer for peer in self._blueprint.peers}
        gone = {one.router for one in self._plan.chassis if one.name in failures.devices and one.router}
        self._failures = msgspec.structs.replace(failures, devices=failures.devices | gone)
        self._lock = threading.RLock()

    @functools.cached_property
    def _world(self) -> _World:
        settled = Network(self._blueprint).settle(self._failures)
        return _World(settled, Forwarder(lazy_fib(settled)), question(settled, lambda path: Place(path=path)))

    def lives(self, node: str) -> bool:
        """Whether a chassis runs."""
        return node not in self._failures.devices

    def outwards(self, node: str, network: str, address: str, holder: str = "") -> Leg:
        """From a gateway node in a provider network to an address; `holder` is the gateway node that has it, where the
        cloud gives it to one."""
        with self._lock:
            return self._outwards(node, self._networks[network], address, holder)

    def inwards(self, source: str, network: str, address: str, holder: str, prefix: str = "") -> Leg:
        """From an address outside, in a provider network, to an address that a gateway node has. `prefix` is what the
        node announces for it, where that is no host route."""
        with self._lock:
            return self._inwards(source, self._networks[network], (address, prefix), holder)

    def carried(self, chassis: str, other: str) -> Leg:
        """Tunnel packets from one chassis to another."""
        with self._lock:
            here, there = self._chassis.get(chassis), self._chassis.get(other)
            sender = self._tunnel_end(chassis)
            if here is None or there is None or sender is None or not there.tunnel_address:
                return Leg(hops=(), outcome="unreachable", ends=())
            return leg_of(self._world.forwarder.trace(sender, there.tunnel_address), self._peers)

    def tunnel_address(self, chassis: str) -> str:
        """Where a chassis' tunnels end; empty for an unknown one."""
        found = self._chassis.get(chassis)
        return found.tunnel_address if found is not None else ""

    def _tunnel_end(self, chassis: str) -> Endpoint | None:
        hosts = (host for host in self._blueprint.hosts if host.name == chassis)
        return next((e for host in hosts for e in host.endpoints if e.segment == self._plan.tunnels), None)

    # Outwards

    def _outwards(self, node: str, network: ProviderNetworkPlan, address: str, holder: str) -> Leg:
        """The gateway node's own table first: host routes of the kernel, BGP, an end for aggregates. Of what gateway
        nodes announce it hears host routes, to send there; aggregates are its own."""
        if holder == node:
            here = gateway_hop(node, network, True, f"{address}/{_bits(address)}", f"{address} is on {node} itself")
            return Leg(hops=(here,), outcome="reachable", ends=(node,))
        version = version_of(address)
        told = self._stand_ins.get((holder, network.name, version)) or StandIn("", address)
        texts = {told.prefix: f"{address}/{_bits(address)}", told.address: address} if told.prefix else {}
        aggregate = _longest((*network.aggregates,), address)
        chassis = self._chassis[node]
        offers = [self._offer(s, told.address, chassis.router) for s in self._sessions(chassis, network, version)]
        usable = [o for o in offers if o.prefix and (not aggregate or parse(o.prefix).length > parse(aggregate).length)]
        if not usable:
            hop = gateway_hop(node, network, False, aggregate or "", _nothing(address, aggregate, offers))
            return Leg(hops=(hop,), outcome="unreachable", ends=())
        length = max(parse(o.prefix).length for o in usable)
        usable = [o for o in usable if parse(o.prefix).length == length]
        shortest = min(o.as_path for o in usable)
        ways = [o for o in usable if o.as_path == shortest]
        prefix, names = texts.get(ways[0].prefix, ways[0].prefix), ", ".join(o.session.device for o in ways)
        paths = f"{len(ways)} equal paths" if len(ways) > 1 else "one path"
        first = gateway_hop(node, network, True, prefix, f"BGP {prefix}, {paths}: {names}")
        traces = [self._world.forwarder.trace_from(o.session.device, network.vrf, told.address) for o in ways]
        return Leg.joined(first, [leg_of(trace, self._peers, texts) for trace in traces])

    def _sessions(self, chassis: ChassisPlan, network: ProviderNetworkPlan, version: int) -> list[PeerSession]:
        """Sessions of a gateway node in a network, for a version, that are up."""
        router = self._peers.get(chassis.router)
        found = [] if router is None else router.sessions
        return [
            s
            for s in found
            if s.vrf == network.vrf and version_of(s.remote_address) == version and self._up(s, chassis.router)
        ]

    def _up(self, session: PeerSession, router: str) -> bool:
        settled, asked = self._world.settled, self._world.asked
        own = address_of(session.local_address)
        return any(
            settled.up[s.index]
            for s in asked.external
            if s.peer == router and s.neighbor.address == own and self._device_of(s.speaker) == session.device
        )

    def _device_of(self, speaker: int) -> str:
        return self._world.settled.network.topology.speakers[speaker].device

    def _offer(self, session: PeerSession, address: str, router: str) -> _Offer:
        """The longest prefix for an address that a switch announces over a session."""
        why = f"{session.device} has no route to it in {session.vrf}"
        for found in self._decisions(session.device, session.vrf, address):
            sent = next((a for a in found.announced if a.to == router), None)
            if sent is not None and found.best is not None:
                policy = f"policy {sent.passage.policy}, statement {sent.passage.statement}" if sent.passage else ""
                return _Offer(session, found.route, len(found.best.as_path.split()), policy)
            refused = next((r for r in found.not_announced if r.sender == router), None)
            if refused is not None:
                by = f" by policy {refused.passage.policy}" if refused.passage else f": {refused.reason}"
                why = f"{session.device} does not announce {found.route} to {router}{by}"
        return _Offer(session, "", 0, why)

    def _decisions(self, device: str, vrf: str, address: str) -> Iterator[Explanation]:
        """BGP's decisions for what covers an address, the longest prefix first."""
        settled, asked = self._world.settled, self._world.asked
        topology = settled.network.topology
        index = topology.speaker_at.get((device, vrf), -1)
        if index < 0 or not settled.live.device_up(device):
            return
        known = {*settled.vrfs.table_of(index, settled.overlay), *connected(topology, settled.live, device, vrf)}
        covering = [p for p in known if version_of(p) == version_of(address) and contains(p, address)]
        for prefix in sorted(covering, key=lambda p: -parse(p).length):
            yield from explain(asked, Wanted(prefix=prefix), device, vrf)

    # Inwards

    def _inwards(self, source: str, network: ProviderNetworkPlan, wanted: tuple[str, str], holder: str) -> Leg:
        address, prefix = wanted
        prefix = prefix or f"{address}/{_bits(address)}"
        one = self._stand_ins.get((holder, network.name, version_of(address)))
        # What is part of an aggregate is told by that, which all gateway nodes announce.
        told = one if one is not None and takes(more_specifics(network), prefix) else StandIn(prefix, address)
        texts = {told.prefix: prefix, told.address: address}
        ways = self._outside(source, network, version_of(address))
        if not ways:
            who = f"no router outside has {source} in {network.vrf}, or its session is down"
            hop = outside_hop("", network.vrf, False, "", who)
            return Leg(hops=(hop,), outcome="unreachable", ends=())
        legs = [self._from(peer, sessions, network, told, texts) for peer, sessions in ways]
        leg = legs[0] if len(legs) == 1 else Leg.joined(None, legs)
        return leg.only_to(holder, f"this gateway node does not have {address}, and drops it at its aggregate")

    def _from(
        self,
        peer: PeerPlan,
        sessions: Sequence[PeerSession],
        network: ProviderNetworkPlan,
        told: StandIn,
        texts: dict[str, str],
    ) -> Leg:
        """From one router outside, by the longest prefix that it is told."""
        offers = [self._offer(session, told.address, peer.name) for session in sessions]
        usable = [o for o in offers if o.prefix]
        address = texts[told.address]
        if not usable:
            why = "; ".join(dict.fromkeys(o.why for o in offers)).replace(told.prefix, texts[told.prefix])
            message = f"{peer.name} is told no route to {address}: {why}"
            hop = outside_hop(peer.name, network.vrf, False, "", message)
            return Leg(hops=(hop,), outcome="unreachable", ends=())
        length = max(parse(o.prefix).length for o in usable)
        ways = [o for o in usable if parse(o.prefix).length == length]
        shown = texts.get(ways[0].prefix, ways[0].prefix)
        names, by = ", ".join(o.session.device for o in ways), f" ({ways[0].why})" if ways[0].why else ""
        message = f"{peer.name} has {shown} by BGP from {names}{by}"
        first = outside_hop(peer.name, network.vrf, True, shown, message)
        traces = [self._world.forwarder.trace_from(o.session.device, network.vrf, told.address) for o in ways]
        return Leg.joined(first, [leg_of(trace, self._peers, texts) for trace in traces])

    def _outside(
        self, source: str, network: ProviderNetworkPlan, version: int
    ) -> list[tuple[PeerPlan, list[PeerSession]]]:
        """Routers outside that have an address, by the longest prefix, and their sessions in the network's VRF."""
        found: list[tuple[int, PeerPlan, list[PeerSession]]] = []
        for peer in self._blueprint.peers:
            sessions = [s for s in peer.sessions if s.vrf == network.vrf and version_of(s.remote_address) == version]
            sessions = [s for s in sessions if self._up(s, peer.name)]
            covering = _longest(peer.announces, source)
            if not peer.node and sessions and covering:
                found.append((parse(covering).length, peer, sessions))
        longest = max((length for length, _, _ in found), default=0)
        return [(peer, sessions) for length, peer, sessions in found if length == longest]


def _longest(prefixes: Sequence[str], address: str) -> str:
    covering = [p for p in prefixes if version_of(p) == version_of(address) and contains(p, address)]
    return max(covering, key=lambda p: parse(p).length, default="")


def _bits(text: str) -> int:
    return 128 if ":" in text else 32


def _nothing(address: str, aggregate: str, offers: Sequence[_Offer]) -> str:
    if aggregate:
        return f"{address} is in {aggregate}, and this gateway node does not have it: dropped here"
    if not offers:
        return "no session with a leaf is up"
    return f"no route to {address}: " + "; ".join(dict.fromkeys(o.why or f"{o.prefix} is its own" for o in offers))
