"""Why a packet takes its way: what the network settled on, told for the steps of one trace.

Forwarding itself asks for none of this: reasons are worked out afterwards, for what is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.design.blueprint import HostPlan
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.net import contains, parse
from crossconnect.simulate.decision import NOTHING_LEFT
from crossconnect.simulate.explain_fabric import explain_evpn, explain_underlay, route_text
from crossconnect.simulate.explain_vrf import explain_vrf
from crossconnect.simulate.explanation import Explanation, Passage, Refusal
from crossconnect.simulate.fib import Fib
from crossconnect.simulate.forwarding import VXLAN_OVERHEAD
from crossconnect.simulate.history import Question
from crossconnect.simulate.topology import DEFAULT
from crossconnect.simulate.trace import Step, Trace
from crossconnect.state.tables import RouteRow

PREFIXES_MAX = 4
"""Prefixes looked into for a drop: the most specific ones are the likely ones, and a reader wants no more."""


class BestPath(msgspec.Struct, frozen=True, kw_only=True):
    """What of the best path decides."""

    peer: str
    sender: str
    route: str
    """The EVPN route that it was imported from; empty for others."""
    origin_device: str
    as_path: str
    local_pref: int
    med: int
    origin: str
    communities: tuple[str, ...]
    decided_by: tuple[str, ...]
    """Steps of the decision process at which the other candidates lost; empty where it was the only one."""


class RouteReason(msgspec.Struct, frozen=True, kw_only=True):
    """The route that a packet follows."""

    vrf: str
    prefix: str
    protocol: str
    next_hops: tuple[str, ...]
    """All equal-cost ones, as in `RouteRow.next_hops`."""
    maximum_paths: int
    candidates: int
    best: BestPath | None
    """None for routes that are not BGP's."""
    passed: tuple[Passage, ...]
    """Route policies that the best path passed on its way here."""


class Encapsulation(msgspec.Struct, frozen=True, kw_only=True):
    """VXLAN (RFC 7348), octets."""

    kind: Literal["L2VNI", "L3VNI"]
    vni: int
    outer_source: str
    outer_destination: str
    router_mac: str
    """Inner destination MAC over an L3VNI (RFC 9135); empty over an L2VNI, where it is the host's."""
    overhead: int
    underlay_mtu: int
    """Over every path to the VTEP, 0 where none is left."""
    inner_mtu: int


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """A MAC address that a frame follows."""

    mac: str
    vni: int
    kind: str
    """`local` or `remote`."""
    where: str
    route: str
    """The type-2 route that says so; empty for local ones."""


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """The reason for one step; what does not apply is empty."""

    route: RouteReason | None = None
    encapsulation: Encapsulation | None = None
    mac: Learned | None = None
    missing: str = ""
    """Of a drop: what is not there, and why in one sentence."""
    refused: tuple[Refusal, ...] = ()
    """Of a drop: the routes that would have served, and what kept each of them out."""


class ReasonedStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step with its reason."""

    step: Step
    why: Why


def reasons(asked: Question, tables: Fib, trace: Trace) -> tuple[ReasonedStep, ...]:
    """The reason for every step of a trace through a settled network; `tables` are those that it was made from."""
    return tuple(ReasonedStep(step=step, why=_why(asked, tables, trace, step)) for step in trace.steps)


def _why(asked: Question, tables: Fib, trace: Trace, step: Step) -> Why:
    match step.asked:
        case ("route", device, vrf, address) if step.action in ("route", "drop"):
            return _routed(asked, tables, device, vrf, address)
        case ("underlay", device, vtep) if step.action in ("forward", "drop"):
            return _routed(asked, tables, device, DEFAULT, vtep)
        case ("tunnel", device, vni, vtep, _):
            return Why(encapsulation=_encapsulation(tables, trace, step, int(vni), (device, vtep)))
        case ("bridge", device, mac_vrf, address, _):
            return _bridged(asked, tables, device, mac_vrf, address)
        case _:
            return Why()


# Routes


def _routed(asked: Question, tables: Fib, device: str, vrf: str, address: str) -> Why:
    table = tables.routes.get((device, vrf))
    row = table.lookup(address) if table is not None else None
    if row is None:
        return _unrouted(asked, device, vrf, address)
    if row.protocol != "bgp":
        reason = RouteReason(
            vrf=vrf,
            prefix=row.prefix,
            protocol=row.protocol,
            next_hops=row.next_hops,
            maximum_paths=0,
            candidates=0,
            best=None,
            passed=(),
        )
        return Why(route=reason)
    return Why(route=_bgp(_decision(asked, device, vrf, row.prefix), row))


def _decision(asked: Question, device: str, vrf: str, prefix: str) -> Explanation:
    topology = asked.settled.network.topology
    speaker = topology.speakers[topology.speaker_at[(device, vrf)]]
    return (explain_underlay if vrf == DEFAULT else explain_vrf)(asked, speaker, prefix)


def _bgp(decision: Explanation, row: RouteRow) -> RouteReason:
    best = decision.best
    assert best is not None, "a route of BGP without best path"
    lost = [c.lost for c in decision.candidates if c.lost is not None]
    steps = dict.fromkeys(
        f"{loss.step} {loss.other} over {loss.own}"
        for loss in lost
        if loss.step not in ("", NOTHING_LEFT) and loss.against == best.number
    )
    return RouteReason(
        vrf=row.vrf,
        prefix=row.prefix,
        protocol=row.protocol,
        next_hops=row.next_hops,
        maximum_paths=decision.maximum_paths,
        candidates=len(decision.candidates),
        best=BestPath(
            peer=best.peer,
            sender=best.sender,
            route=best.route,
            origin_device=best.origin_device,
            as_path=best.as_path,
            local_pref=best.local_pref,
            med=best.med,
            origin=best.origin,
            communities=best.communities,
            decided_by=tuple(steps),
        ),
        passed=best.passed,
    )


def _unrouted(asked: Question, device: str, vrf: str, address: str) -> Why:
    """No route: what would have covered the address, and what became of it."""
    topology = asked.settled.network.topology
    if (device, vrf) not in topology.speaker_at:
        return Why(missing=f"{vrf} of {device} does not speak BGP")
    refused: list[Refusal] = []
    for prefix in _covering(asked, vrf, address):
        refused += [_about(prefix, refusal) for refusal in _decision(asked, device, vrf, prefix).refused]
    refused += _withdrawn(asked, device, vrf, address)
    if refused:
        return Why(missing=f"what covers {address} did not get into {vrf} of {device}", refused=tuple(refused))
    return Why(missing=f"nobody announces a prefix that covers {address} in {vrf}")


def _about(prefix: str, refusal: Refusal) -> Refusal:
    """A refusal that says which prefix it is of."""
    return msgspec.structs.replace(refusal, detail=f"{prefix}{': ' + refusal.detail if refusal.detail else ''}")


def _covering(asked: Question, vrf: str, address: str) -> list[str]:
    """Prefixes that somebody announces and that cover an address, the longest first."""
    settled = asked.settled
    topology = settled.network.topology
    if vrf == DEFAULT:
        known = set(settled.underlay)
    else:
        known = set(asked.routes)
        sessions = [s for s in asked.external if topology.speakers[s.speaker].vrf == vrf]
        known |= {prefix for session in sessions for prefix in topology.peers[session.peer].announces}
        known |= {prefix for s in topology.speakers if s.vrf == vrf for prefix in settled.vrfs.own(s.index)[0]}
    covering = [prefix for prefix in known if contains(prefix, address)]
    return sorted(covering, key=lambda prefix: (-parse(prefix).length, prefix))[:PREFIXES_MAX]


def _withdrawn(asked: Question, device: str, vrf: str, address: str) -> Iterator[Refusal]:
    """What covered the address before the failures and is announced no more."""
    settled = asked.settled
    network = settled.network
    healthy = network.healthy
    if healthy is None or healthy is settled:
        return
    topology = network.topology
    if vrf == DEFAULT:
        for prefix in healthy.underlay.keys() - settled.underlay.keys():
            if contains(prefix, address):
                for index, _ in healthy.underlay[prefix].origins:
                    yield _gone(asked, topology.speakers[index].device, prefix)
        return
    left = {(r.rd, r.route_type, r.key) for r in settled.overlay.routes()}
    targets = topology.instances[(device, vrf)].import_rts
    for route in healthy.overlay.imported(targets, device):
        covers = route.prefix and contains(route.prefix, address)
        if covers and (route.rd, route.route_type, route.key) not in left:
            yield _gone(asked, route.device, route.prefix)


def _gone(asked: Question, device: str, prefix: str) -> Refusal:
    down = not asked.settled.live.device_up(device)
    detail = f"{device}, which announced {prefix}, " + ("is down" if down else "has withdrawn it")
    return Refusal(sender=device, peer="", reason="withdrawn", detail=detail)


# Tunnels and bridges


def _encapsulation(tables: Fib, trace: Trace, step: Step, vni: int, ends: tuple[str, str]) -> Encapsulation:
    device, vtep = ends
    topology = tables.topology
    remote = topology.vteps.get(vtep, ("",))[0]
    vrf = tables.l3vnis.get((remote, vni), "")
    instance = topology.instances.get((remote, vrf))
    outer = trace.steps[step.tunnel].verdict
    mtu = outer.mtu if outer.recipients else 0
    return Encapsulation(
        kind="L3VNI" if vrf else "L2VNI",
        vni=vni,
        outer_source=topology.devices[device].vtep,
        outer_destination=vtep,
        router_mac=instance.router_mac if instance is not None else "",
        overhead=VXLAN_OVERHEAD,
        underlay_mtu=mtu,
        inner_mtu=max(mtu - VXLAN_OVERHEAD, 0),
    )


def _bridged(asked: Question, tables: Fib, device: str, mac_vrf: str, address: str) -> Why:
    instance = tables.topology.instances[(device, mac_vrf)]
    found = tables.hosts_at.get((instance.path, address))
    if found is None:
        return Why(missing=f"the region has no server with {address} in this segment")
    mac, vni = found[0].mac, instance.vni or 0
    kind, where = tables.macs.get((device, vni, mac), ("", ""))
    routes = [
        r
        for r in asked.settled.overlay.imported(instance.import_rts, device)
        if r.route_type == 2 and r.key == mac and asked.settled.overlay.visibility.best(r, _node(asked, device)) >= 0
    ]
    if kind:
        told = {f"esi:{r.esi}" if r.esi else r.next_hop: route_text(r) for r in routes}
        route = told.get(where, "") if kind == "remote" else ""
        return Why(mac=Learned(mac=mac, vni=vni, kind=kind, where=where, route=route))
    return _unknown_mac(asked, device, instance, found[0])


def _node(asked: Question, device: str) -> int:
    return asked.settled.network.topology.speaker_at.get((device, DEFAULT), -1)


def _unknown_mac(asked: Question, device: str, instance: NetworkInstance, host: HostPlan) -> Why:
    """Nobody told the device of a host's MAC address: because nobody hears the host, or the route does not arrive."""
    settled = asked.settled
    topology = settled.network.topology
    routes = [r for r in settled.overlay.routes() if r.route_type == 2 and r.key == host.mac]
    refused: list[Refusal] = []
    for route in routes:
        peer = f"evpn:{route.rd}"
        if set(instance.import_rts).isdisjoint(route.route_targets):
            carried, wanted = ", ".join(route.route_targets), ", ".join(instance.import_rts)
            detail = f"carries {carried}; {instance.name} imports {wanted or 'none'}"
            refused.append(Refusal(sender=route.device, peer=peer, reason="route-target", detail=detail))
        else:
            speaker = topology.speakers[_node(asked, device)]
            refused += explain_evpn(asked, speaker, route, ()).refused
    if refused:
        missing = f"the type-2 route of {host.mac} did not get to {device}"
    elif not settled.live.device_up(host.name):
        missing = f"{host.name} is down"
    else:
        missing = f"no leaf that is up hears {host.name}: its links or leaves {', '.join(host.leaves)} are down"
    return Why(missing=missing, refused=tuple(refused))
