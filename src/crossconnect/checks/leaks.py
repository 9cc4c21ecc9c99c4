"""Route leaks inside the region: between VRFs, and between tenants and the infrastructure.

Where a route came from is told by its paths: an imported EVPN route carries the route distinguisher of the VRF or
segment that announced it, and the blueprint knows whose each is. Equal prefixes of two tenants are therefore no leak.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.checks.codes import INFRASTRUCTURE_IN_VRF, ROUTE_LEAK, TENANT_IN_UNDERLAY, UNDERLAY_FOREIGN
from crossconnect.checks.grouping import names_text
from crossconnect.checks.layout import Layout
from crossconnect.checks.prefix_index import PrefixIndex
from crossconnect.checks.subject import Subject, device_place, evidence_of
from crossconnect.finding import Finding, Place, found
from crossconnect.state.tables import BgpRouteRow, RouteRow

_Row = BgpRouteRow | RouteRow


def check_leaks(subject: Subject) -> Iterator[Finding]:
    """No VRF has routes of a VRF that it does not import, nor infrastructure; the underlay has nothing but that."""
    yield from _between_vrfs(subject)
    yield from _infrastructure(subject)
    yield from _underlay(subject)


def route_owner(layout: Layout, row: BgpRouteRow) -> str:
    """The VRF that a path in a VRF comes from: its own for one learned there, `?` for one of nobody's."""
    if row.peer.startswith("evpn:"):
        owner = layout.rds.get(row.peer[len("evpn:") :])
        if owner is None:
            return "?"
        return owner.instance.l3vrf if owner.instance.kind == "mac-vrf" else owner.instance.name
    return row.peer[len("vrf:") :] if row.peer.startswith("vrf:") else row.vrf


def allowed_sources(layout: Layout) -> dict[str, frozenset[str]]:
    """VRF -> the VRFs whose routes it may have: itself and its declared imports."""
    return {name: frozenset((name, *vrf.imports)) for name, vrf in layout.vrfs.items()}


def _between_vrfs(subject: Subject) -> Iterator[Finding]:
    leaked: dict[tuple[str, str], list[_Row]] = {}
    for key, paths in _leaked_paths(subject).items():
        leaked.setdefault(key, []).extend(paths)
    for key, routes in _leaked_routes(subject).items():
        leaked.setdefault(key, []).extend(routes)
    for (vrf, owner), rows in sorted(leaked.items(), key=lambda item: item[0]):
        yield _leak(subject, vrf, owner, rows)


def _leaked_paths(subject: Subject) -> dict[tuple[str, str], list[BgpRouteRow]]:
    """(VRF, owner) -> paths that say themselves that they are of a VRF that is not imported."""
    allowed = allowed_sources(subject.layout)
    owners: dict[tuple[str, str], str] = {}
    leaked: dict[tuple[str, str], list[BgpRouteRow]] = {}
    for path in subject.state.bgp_routes:
        if path.vrf == "default":
            continue
        key = (path.vrf, path.peer)
        if key not in owners:
            owner = route_owner(subject.layout, path)
            owners[key] = "" if owner in allowed.get(path.vrf, (owner,)) else owner
        if owners[key]:
            leaked.setdefault((path.vrf, owners[key]), []).append(path)
    return leaked


def _leaked_routes(subject: Subject) -> dict[tuple[str, str], list[RouteRow]]:
    """(VRF, owner) -> routes of another VRF for which no BGP path is there to say where they are from.

    Told by the interface if connected, else by the prefix: one that only other VRFs have.
    """
    layout = subject.layout
    allowed = allowed_sources(layout)
    prefixes = PrefixIndex((prefix, vrf.name) for vrf in layout.vrfs.values() for prefix in vrf.prefixes)
    suspects: dict[tuple[str, str, str], tuple[str, RouteRow]] = {}
    for row in subject.state.routes:
        sources = allowed.get(row.vrf)
        if sources is None:
            continue
        if row.protocol == "connected":
            interface = layout.interfaces.get((row.device, row.next_hops[0])) if row.next_hops else None
            owner = interface.network_instance if interface is not None else row.vrf
        else:
            owners = prefixes.covering(row.prefix)
            owner = row.vrf if not owners or not sources.isdisjoint(owners) else owners[0]
        if owner not in sources:
            suspects[row.device, row.vrf, row.prefix] = (owner, row)
    explained = (
        {key for path in subject.state.bgp_routes if (key := (path.device, path.vrf, path.prefix)) in suspects}
        if suspects
        else set[tuple[str, str, str]]()
    )
    leaked: dict[tuple[str, str], list[RouteRow]] = {}
    for key, (owner, row) in suspects.items():
        if key not in explained:
            leaked.setdefault((row.vrf, owner), []).append(row)
    return leaked


def _leak(subject: Subject, vrf: str, owner: str, rows: list[_Row]) -> Finding:
    plan = subject.layout.vrfs[vrf]
    devices = sorted({row.device for row in rows})
    table = "bgp_routes" if isinstance(rows[0], BgpRouteRow) else "routes"
    source = "a route distinguisher that is nobody's" if owner == "?" else f"VRF {owner}"
    other = subject.layout.vrfs.get(owner)
    return found(
        ROUTE_LEAK,
        Place(path=plan.path),
        f"VRF {vrf} has {names_text(sorted({row.prefix for row in rows}))} of {source}, which it does not import, "
        f"on {names_text(devices)}",
        related=(*([Place(path=other.path)] if other else []), *(device_place(name) for name in devices)),
        evidence=evidence_of(table, [row for row in rows if isinstance(row, type(rows[0]))]),
    )


def _infrastructure(subject: Subject) -> Iterator[Finding]:
    layout = subject.layout
    infrastructure = PrefixIndex((prefix, prefix) for prefix in subject.blueprint.infrastructure)
    allowed = allowed_sources(layout)
    # A handoff's link is numbered from a pool of the infrastructure and is part of the VRF by design.
    own = {vrf: {p for name in names for p in layout.own_addresses.get(name, ())} for vrf, names in allowed.items()}
    seen: dict[str, list[RouteRow]] = {}
    for (_, vrf), routes in subject.routes.items():
        if vrf in own:
            for prefix, row in routes.items():
                if infrastructure.covering(prefix) and prefix not in own[vrf]:
                    seen.setdefault(vrf, []).append(row)
    for vrf, rows in sorted(seen.items()):
        devices = sorted({row.device for row in rows})
        yield found(
            INFRASTRUCTURE_IN_VRF,
            Place(path=layout.vrfs[vrf].path),
            f"VRF {vrf} has infrastructure prefixes {names_text(sorted({row.prefix for row in rows}))} "
            f"on {names_text(devices)}",
            related=tuple(device_place(name) for name in devices),
            evidence=evidence_of("routes", rows),
        )


def _underlay(subject: Subject) -> Iterator[Finding]:
    layout = subject.layout
    own = layout.own_addresses.get("default", frozenset())
    infrastructure = PrefixIndex((prefix, prefix) for prefix in (*subject.blueprint.infrastructure, *own))
    tenants = PrefixIndex((prefix, vrf.name) for vrf in layout.vrfs.values() for prefix in vrf.prefixes)
    seen: dict[str, list[RouteRow]] = {}
    for (_, vrf), routes in subject.routes.items():
        if vrf == "default":
            for prefix, row in routes.items():
                if not infrastructure.covering(prefix):
                    seen.setdefault(prefix, []).append(row)
    for prefix, rows in sorted(seen.items()):
        owners = tenants.covering(prefix)
        devices = sorted({row.device for row in rows})
        code = TENANT_IN_UNDERLAY if owners else UNDERLAY_FOREIGN
        whose = f"prefix {prefix} of VRF {owners[0]}" if owners else f"{prefix}, which is no infrastructure"
        yield found(
            code,
            Place(path=layout.vrfs[owners[0]].path) if owners else device_place(devices[0]),
            f"the underlay has {whose}, on {names_text(devices)}",
            related=tuple(device_place(name) for name in devices),
            evidence=evidence_of("routes", rows),
        )
