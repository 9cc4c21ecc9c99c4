"""A part of a packet's way through the fabric: simulated steps as hops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from crossconnect.cloud.reach.hop import Hop, Layer, Outcome
from crossconnect.design.blueprint import PeerPlan, ProviderNetworkPlan

if TYPE_CHECKING:
    from crossconnect.simulate import Step, Trace


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """Hops numbered from 0; those without a next one that pass lead to whatever follows the leg."""

    hops: tuple[Hop, ...]
    outcome: Outcome
    ends: tuple[str, ...]
    """Who gets it: gateway nodes, routers outside, switches for their own addresses."""
    begins: tuple[int, ...] = (0,)
    """Where packets come in."""

    def only_to(self, wanted: str, why: str) -> Leg:
        """The leg, where one that should get it does; whoever else gets it drops it, and says why."""
        others = {end for end in self.ends if end != wanted}
        if not others:
            return self
        hops = tuple(
            msgspec.structs.replace(hop, point="drop", passes=False, message=why)
            if hop.point == "deliver" and hop.layer != "underlay" and hop.component in others
            else hop
            for hop in self.hops
        )
        if wanted not in self.ends:
            return Leg(hops=hops, outcome="unreachable", ends=(), begins=self.begins)
        return Leg(hops=hops, outcome="partly", ends=(wanted,), begins=self.begins)

    @staticmethod
    def joined(first: Hop | None, branches: Sequence[Leg]) -> Leg:
        """A hop that leads to several legs, equally good; or legs side by side. Those alike are one."""
        hops: list[Hop] = [] if first is None else [first]
        begins: list[int] = []
        for leg in branches:
            begins.append(len(hops))
            hops += shifted(leg.hops, len(hops))
        if first is not None:
            hops[0] = msgspec.structs.replace(first, next=tuple(begins))
            begins = [0]
        outcomes: set[Outcome] = {leg.outcome for leg in branches}
        ends = dict.fromkeys(end for leg in branches for end in leg.ends)
        outcome: Outcome = outcomes.pop() if len(outcomes) == 1 else "partly"
        return Leg(hops=tuple(hops), outcome=outcome, ends=tuple(ends), begins=tuple(begins))


def shifted(hops: Sequence[Hop], by: int) -> list[Hop]:
    """Hops with higher numbers."""
    return [
        msgspec.structs.replace(
            hop,
            number=hop.number + by,
            next=tuple(n + by for n in hop.next),
            carried_by=None if hop.carried_by is None else hop.carried_by + by,
        )
        for hop in hops
    ]


def leg_of(trace: Trace, peers: Mapping[str, PeerPlan], texts: Mapping[str, str] | None = None) -> Leg:
    """A trace as a leg. `texts` are what stands in it for something else, and that."""
    below = _below(trace)
    hops = tuple(_hop(step, peers, texts or {}, below) for step in trace.steps)
    verdict = trace.verdict
    outcome: Outcome = "unreachable"
    if verdict.recipients:
        outcome = "partly" if verdict.drops else "reachable"
    ends = tuple(sorted(_name(peers, name) for name in verdict.recipients))
    return Leg(hops=hops, outcome=outcome, ends=ends)


def gateway_hop(node: str, network: ProviderNetworkPlan, passes: bool, by: str, message: str) -> Hop:
    """What a gateway node's routing half decides."""
    return Hop(
        number=0,
        layer="gateway",
        point="route" if passes else "drop",
        passes=passes,
        component=node,
        decided_by=by,
        message=message,
        vrf=network.vrf,
    )


def outside_hop(name: str, vrf: str, passes: bool, by: str, message: str) -> Hop:
    """What a router outside decides, by what it is told."""
    return Hop(
        number=0,
        layer="outside",
        point="route" if passes else "drop",
        passes=passes,
        component=name,
        decided_by=by,
        message=message,
        vrf=vrf,
    )


def _below(trace: Trace) -> frozenset[int]:
    """Numbers of steps of the underlay."""
    pending = [step.tunnel for step in trace.steps if step.tunnel >= 0]
    found: set[int] = set()
    while pending:
        number = pending.pop()
        if number not in found:
            found.add(number)
            pending += trace.steps[number].next
    return frozenset(found)


def _name(peers: Mapping[str, PeerPlan], device: str) -> str:
    """A device's name; of a gateway node's routing half, the node's."""
    peer = peers.get(device)
    return peer.node if peer is not None and peer.node else device


def _hop(step: Step, peers: Mapping[str, PeerPlan], texts: Mapping[str, str], below: frozenset[int]) -> Hop:
    detail = step.detail
    for stand_in, real in texts.items():
        detail = detail.replace(stand_in, real)
    vrf = step.asked[2] if step.asked and step.asked[0] == "route" else ""
    peer = peers.get(step.device)
    layer: Layer = "underlay" if step.number in below else "fabric"
    if peer is not None:
        layer = "gateway" if peer.node else "outside"
    return Hop(
        number=step.number,
        layer=layer,
        point=step.action,
        passes=step.action != "drop",
        component=_name(peers, step.device),
        decided_by=detail if step.action in ("route", "forward", "bridge") else "",
        message=detail,
        vrf=vrf,
        next=step.next,
        carried_by=step.tunnel if step.tunnel >= 0 else None,
    )
