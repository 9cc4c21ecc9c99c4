"""Assertions about routes: those of one VRF (or of the infrastructure) are not in another, nor told to the outside.

Whose a route is is told by its paths: by the route distinguisher of an imported one, by the interface of a connected
one. A prefix is about itself and everything more specific.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from crossconnect.checks.assertion import CounterExample, Judgement
from crossconnect.checks.assertion_ends import Target
from crossconnect.checks.assertion_world import World
from crossconnect.checks.layout import PlannedSession
from crossconnect.checks.leaks import allowed_sources, route_owner
from crossconnect.checks.prefix_index import PrefixIndex
from crossconnect.checks.subject import evidence_of
from crossconnect.model.promise import INFRASTRUCTURE, INTERNET, Promise, end_parts, possible_words
from crossconnect.net import contains, interface_prefix, parse
from crossconnect.simulate.attributes import Attributes
from crossconnect.simulate.policy import deciding_statement, policies
from crossconnect.simulate.trace import Verdict
from crossconnect.state.tables import BgpRouteRow, RouteRow

Ours = Callable[[BgpRouteRow | RouteRow], bool]
"""Whether a route is one that the assertion is about."""


def judge_routes(world: World, promise: Promise) -> Judgement:
    """`no-leak` or `not-announced` in one state."""
    ours, known = _ours(world, promise.source)
    unknown = [] if known else [promise.source]
    word, name = end_parts(promise.destination)
    peers = world.subject.blueprint.peers
    outside = name == INTERNET or (word in ("", "peer") and promise.kind == "not-announced")
    if outside:
        routers = frozenset(peer.name for peer in peers if name in (INTERNET, peer.name))
        if not routers and name != INTERNET:
            unknown.append(promise.destination)
    else:
        routers = frozenset[str]()
        if not _vrfs(world, promise.destination):
            unknown.append(promise.destination)
    if unknown:
        return Judgement(unknown=tuple(unknown))
    if not world.subject.state.bgp_routes:
        return Judgement(untested="the state has no BGP routes in it")
    if outside:
        return _announced(world, promise, ours, routers)
    return _leaked(world, promise, ours)


def _vrfs(world: World, text: str) -> frozenset[str]:
    """VRFs that an end names, whether or not they have anything in them."""
    written, name = end_parts(text)
    layout = world.subject.layout
    words = (written,) if written else possible_words(name)
    if "vrf" in words:
        tenant, _, vrf = name.partition("/")
        return frozenset(v.name for v in layout.vrfs.values() if v.path == f"tenants/{tenant}/vrfs/{vrf}")
    return frozenset(v.name for v in layout.vrfs.values() if v.tenant == name) if "tenant" in words else frozenset()


def _ours(world: World, text: str) -> tuple[Ours, bool]:
    layout = world.subject.layout
    written, name = end_parts(text)
    if not written and name == INFRASTRUCTURE:
        index = PrefixIndex((prefix, prefix) for prefix in world.subject.blueprint.infrastructure)
        allowed = allowed_sources(layout)
        # A handoff's link is numbered from a pool of the infrastructure and is part of the VRF by design.
        own = {vrf: {p for n in names for p in layout.own_addresses.get(n, ())} for vrf, names in allowed.items()}
        return lambda row: bool(index.covering(row.prefix)) and row.prefix not in own.get(row.vrf, ()), True
    if "." in name or ":" in name:
        return lambda row: contains(name, row.prefix), True
    vrfs = _vrfs(world, text)
    return lambda row: _owner(world, row) in vrfs, bool(vrfs)


def _owner(world: World, row: BgpRouteRow | RouteRow) -> str:
    """The VRF that a route is from."""
    if isinstance(row, BgpRouteRow):
        return route_owner(world.subject.layout, row)
    if row.protocol == "connected" and row.next_hops:
        interface = world.subject.layout.interfaces.get((row.device, row.next_hops[0]))
        return interface.network_instance if interface is not None else row.vrf
    return ""  # its paths say it


def _leaked(world: World, promise: Promise, ours: Ours) -> Judgement:
    vrfs = _vrfs(world, promise.destination)
    state = world.subject.state
    rows = [row for row in (*state.routes, *state.bgp_routes) if row.vrf in vrfs]
    own = _vrfs(world, promise.source)
    tables = {(row.device, row.vrf) for row in rows}
    for row in rows:
        if ours(row) and not (own and _owner(world, row) == row.vrf):
            table = "bgp_routes" if isinstance(row, BgpRouteRow) else "routes"
            counter = CounterExample(
                reason=f"VRF {row.vrf} on {row.device} has {row.prefix} of {_whose(world, promise, row)}",
                source=promise.source,
                destination=f"VRF {row.vrf} on {row.device}",
                address=row.prefix,
                rows=evidence_of(table, [row]),
            )
            return Judgement(pairs=len(tables), pairs_total=len(tables), packets=len(rows), counter_example=counter)
    return Judgement(
        pairs=len(tables),
        pairs_total=len(tables),
        packets=len(rows),
        untested="" if tables else f"{promise.destination} has no routing table on any device",
    )


def _whose(world: World, promise: Promise, row: BgpRouteRow | RouteRow) -> str:
    owner = _owner(world, row)
    return f"VRF {owner}" if owner and owner != row.vrf else promise.source


def _announced(world: World, promise: Promise, ours: Ours, routers: frozenset[str]) -> Judgement:
    planned = [
        s for s in world.subject.layout.sessions if s.neighbor.kind == "external" and s.neighbor.device in routers
    ]
    if not planned:
        return Judgement(untested=f"there is no session with {promise.destination}")
    sessions = rows_seen = 0
    for session, rows in world.announcements:
        if session.neighbor.device not in routers:
            continue
        sessions += 1
        for row in _without_link(world, session, rows):
            rows_seen += 1
            if ours(row):
                return Judgement(
                    pairs=sessions,
                    pairs_total=sessions,
                    packets=rows_seen,
                    counter_example=_told(world, promise, session, row),
                )
    return Judgement(pairs=sessions, pairs_total=sessions, packets=rows_seen)


def _without_link(world: World, session: PlannedSession, rows: tuple[BgpRouteRow, ...]) -> Iterator[BgpRouteRow]:
    """The link to the router itself is no news to it."""
    interface = world.subject.layout.interfaces.get((session.device, session.interface))
    links = {interface_prefix(address) for address in interface.addresses} if interface is not None else set[str]()
    return (row for row in rows if row.prefix not in links)


def _told(world: World, promise: Promise, session: PlannedSession, row: BgpRouteRow) -> CounterExample:
    path, because = _let_out_by(world, session, row)
    return CounterExample(
        reason=f"{session.device} announces {row.prefix} of {_whose(world, promise, row)} in VRF {session.vrf} to "
        f"{session.neighbor.device}: {because}",
        source=promise.source,
        destination=session.neighbor.device,
        address=row.prefix,
        rows=evidence_of("bgp_routes", [row]),
        policy=path,
    )


def _let_out_by(world: World, session: PlannedSession, row: BgpRouteRow) -> tuple[str, str]:
    """(path in the model, in words) of the policy statement that lets a route out."""
    family = "ipv6-unicast" if ":" in row.prefix else "ipv4-unicast"
    policy = next((f.export_policy for f in session.neighbor.families if f.family == family), "")
    here = policies(world.subject.layout.devices[session.device].routing_policy)
    as_path = tuple(int(word) for word in row.as_path.split() if word.isdigit())
    attributes = Attributes(as_path=as_path, med=row.med, local_pref=row.local_pref, communities=row.communities)
    statement = deciding_statement(here, policy, row.prefix, attributes)
    path = statement.path if statement is not None else ""
    return path, _lets_out(path, policy)


class Return(NamedTuple):
    """A way back into the region: the external router, the border and VRF where its packets come in, and why."""

    router: str
    device: str
    vrf: str
    row: BgpRouteRow
    policy: str
    because: str


def returning(world: World, target: Target, verdict: Verdict) -> Return | None:
    """Where packets that reach an external router come back in: it has been announced their address, and its most
    specific route to it is ours. Whether it forwards between our VRFs is its own affair; a router does, unless told
    otherwise."""
    best: Return | None = None
    length = -1
    for session, rows in world.announcements:
        router = session.neighbor.device
        if router not in verdict.recipients:
            continue
        for row in rows:
            if contains(row.prefix, target.address) and parse(row.prefix).length > length:
                path, because = _let_out_by(world, session, row)
                length = parse(row.prefix).length
                best = Return(router, session.device, session.vrf, row, path, because)
    if best is None:
        return None
    own = next(peer.announces for peer in world.subject.blueprint.peers if peer.name == best.router)
    if any(contains(prefix, target.address) and parse(prefix).length > length for prefix in own):
        return None
    return best


def _lets_out(path: str, policy: str) -> str:
    """Which statement of the intent it is; one that the design adds has none."""
    parts = path.split("/")
    if len(parts) == 4:
        return f"statement {parts[3]} of policy {parts[1]} lets it out"
    return f"policy {policy} lets it out"
