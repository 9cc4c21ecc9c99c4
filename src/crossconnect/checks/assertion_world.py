"""One state as assertions look at it, with what they ask of it again and again."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from crossconnect.checks.announcements import announced
from crossconnect.checks.layout import PlannedSession
from crossconnect.checks.outside import accepted_prefixes, let_in
from crossconnect.checks.prefix_index import PrefixIndex
from crossconnect.checks.subject import Subject
from crossconnect.design.blueprint import Endpoint
from crossconnect.net import address_of, version_of
from crossconnect.simulate.forwarding import Forwarder
from crossconnect.simulate.policy import policies
from crossconnect.simulate.reachability import EndpointClass
from crossconnect.state.tables import BgpRouteRow


class World:
    """A state, healthy or under failure. Everything is worked out when first asked for."""

    def __init__(self, subject: Subject, *, beyond: bool = False) -> None:
        """`beyond`: also follow packets through an external router that sends them back into another VRF, by a route
        that the region itself has announced to it."""
        self.beyond = beyond
        self.subject = subject
        self._let_in: dict[tuple[str, str], frozenset[str]] = {}

    @property
    def forwarder(self) -> Forwarder:
        """Answers for single packets."""
        return self.subject.delivery.forwarder

    @functools.cached_property
    def vrf_prefixes(self) -> frozenset[str]:
        """Every prefix of every VRF's routing tables."""
        return frozenset(
            prefix for (_, vrf), routes in self.subject.routes.items() if vrf != "default" for prefix in routes
        )

    @functools.cached_property
    def classes(self) -> tuple[EndpointClass, ...]:
        """Endpoints that forwarding cannot tell apart, neither as senders nor as receivers: of one segment, on the
        same leaves with cables in the same state, of the same IP versions, and under the same routes."""
        routes = PrefixIndex((prefix, prefix) for prefix in self.vrf_prefixes if not _is_host(prefix))
        holders: dict[str, list[tuple[str, str]]] = {}
        for (device, vrf), table in self.subject.routes.items():
            for prefix in table:
                if _is_host(prefix):
                    holders.setdefault(address_of(prefix), []).append((device, vrf))
        marks = {address: hash(tuple(sorted(found))) for address, found in holders.items()}
        classes: list[EndpointClass] = []
        for group in self.subject.delivery.classes:
            parts: dict[tuple[object, ...], list[Endpoint]] = {}
            for endpoint in group.endpoints:
                key = tuple(
                    (version_of(a), routes.covering(address_of(a)), marks.get(address_of(a), 0))
                    for a in endpoint.addresses
                )
                parts.setdefault(key, []).append(endpoint)
            classes += [_part(group, endpoints) for endpoints in parts.values()]
        return tuple(classes)

    @functools.cached_property
    def accepted(self) -> dict[str, dict[str, list[str]]]:
        """VRF -> external prefix -> borders over which it comes in."""
        return accepted_prefixes(self.subject)

    @functools.cached_property
    def external(self) -> tuple[PlannedSession, ...]:
        """Sessions with external routers that are expected to be up."""
        return tuple(
            s for s in self.subject.layout.sessions if s.neighbor.kind == "external" and self.subject.session_up(s)
        )

    @functools.cached_property
    def announcements(self) -> tuple[tuple[PlannedSession, tuple[BgpRouteRow, ...]], ...]:
        """What each external session announces, by the best paths and the export policy; links of handoffs are not
        in it."""
        wanted = {(session.device, session.vrf) for session in self.external}
        best: dict[tuple[str, str], list[BgpRouteRow]] = {}
        for row in self.subject.state.bgp_routes:
            if row.best and (row.device, row.vrf) in wanted:
                best.setdefault((row.device, row.vrf), []).append(row)
        devices = self.subject.layout.devices
        here = {name: policies(devices[name].routing_policy) for name, _ in wanted}
        return tuple(
            (
                session,
                tuple(
                    announced(self.subject, session, best.get((session.device, session.vrf), []), here[session.device])
                ),
            )
            for session in self.external
        )

    def let_in(self, vrf: str, peer: str) -> frozenset[str]:
        """Prefixes of an external router that some session of a VRF with it accepts, whether it is up or not."""
        key = (vrf, peer)
        if key not in self._let_in:
            found: set[str] = set()
            plan = next(p for p in self.subject.blueprint.peers if p.name == peer)
            for session in self.subject.layout.sessions:
                if session.neighbor.kind == "external" and (session.vrf, session.neighbor.device) == key:
                    here = policies(self.subject.layout.devices[session.device].routing_policy)
                    found.update(let_in(session, plan.announces, plan.asn, here))
            self._let_in[key] = frozenset(found)
        return self._let_in[key]

    def visible(self, vrf: str) -> Iterable[str]:
        """VRFs whose prefixes a VRF has: its own and its imports."""
        plan = self.subject.layout.vrfs.get(vrf)
        return (vrf, *plan.imports) if plan is not None else (vrf,)


def _is_host(prefix: str) -> bool:
    return prefix.endswith("/128") or (prefix.endswith("/32") and ":" not in prefix)


def _part(group: EndpointClass, endpoints: list[Endpoint]) -> EndpointClass:
    if len(endpoints) == len(group.endpoints):
        return group
    return EndpointClass(
        tenant=group.tenant,
        vrf=group.vrf,
        segment=group.segment,
        leaves=group.leaves,
        cables=group.cables,
        endpoints=tuple(endpoints),
    )
