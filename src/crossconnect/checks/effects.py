"""What a failure does to tenants, by name: hosts cut off, pairs that lose each other, ways outside, paths, promises."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from crossconnect.checks.codes import EFFECT_EXTERNAL, EFFECT_HOSTS, EFFECT_LOST
from crossconnect.checks.grouping import count_text, names_text
from crossconnect.checks.layout import Layout
from crossconnect.checks.link_load import LinkLoad
from crossconnect.checks.outside import accepted_prefixes
from crossconnect.checks.promises import promise_scope
from crossconnect.checks.subject import Subject, device_place, wire_place, wire_text
from crossconnect.finding import Finding, Place, found
from crossconnect.model.promise import Promise
from crossconnect.simulate.failures import NO_FAILURES, Failures
from crossconnect.simulate.fib import Fib
from crossconnect.simulate.impact import Impact, Impacts
from crossconnect.simulate.reachability import ReachabilityRow
from crossconnect.simulate.topology import DEFAULT


class ScopeEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What one failure does to one VRF or layer-2 segment."""

    scope: str
    """IP-VRF as on devices, or path of a segment without VRF."""
    tenant: str
    pairs: int
    """Ordered pairs of endpoints that can talk without failure."""
    lost: int
    """Of those, how many cannot any more, or only for some of their flows."""
    attached: int
    """Of the lost ones, those with an end that hangs only on what failed: no fabric could save them."""
    hosts_cut: tuple[str, ...] = ()
    external_lost: tuple[str, ...] = ()
    """External prefixes that connected hosts no longer reach."""
    external_lost_on: tuple[str, ...] = ()
    """Leaves of those hosts."""
    borders: tuple[int, int] = (0, 0)
    """Border devices with a session to the outside that another device of the VRF reaches, before and after."""
    promises: tuple[str, ...] = ()
    """Names of promises that do not hold any more."""
    example: str = ""
    """Why the first pair that is not attached is lost."""


class FailureReport(msgspec.Struct, frozen=True, kw_only=True):
    """One failure and what follows from it."""

    failures: Failures
    name: str
    """`spine a-spine1`, `link a-leaf1:swp63 - a-spine1:swp1`."""
    element: str
    """What sort of thing fails: `spine`, `leaf - spine link`, `server cable`."""
    scopes: tuple[ScopeEffect, ...] = ()
    """Only those that lose something, or a way outside."""
    hosts_cut: tuple[str, ...] = ()
    hosts_degraded: tuple[str, ...] = ()
    """Dual-homed hosts on one leg."""
    paths: tuple[int, int] = (0, 0)
    """Fewest equal-cost paths from a VTEP to another, before and after."""
    narrower: tuple[tuple[str, int, int], ...] = ()
    """(scope, before, after): VRFs and layer-2 segments whose leaves have fewer equal-cost paths between them."""
    overloaded: tuple[LinkLoad, ...] = ()
    """Links that expected traffic loads beyond their capacity, and did not before."""
    promises: tuple[tuple[str, str], ...] = ()
    """(promise, reason) of promises that do not hold, whether or not they were to survive this."""
    promises_due: tuple[str, ...] = ()
    """Those of them that are to survive this: one switch or one cable. An external router is nobody's to double."""
    findings: tuple[Finding, ...] = ()
    """What the checks find that they do not find in the healthy network, and the effects as findings."""

    @property
    def harmless(self) -> bool:
        """Whether no tenant notices."""
        lost = any(s.lost or s.external_lost for s in self.scopes)
        return not (self.hosts_cut or self.promises or self.overloaded or lost)


class Healthy(msgspec.Struct, frozen=True, kw_only=True):
    """What failures are compared with."""

    layout: Layout
    pairs: Mapping[str, int]
    """Scope -> ordered pairs that are delivered."""
    endpoints: Mapping[str, int]
    tenants: Mapping[str, str]
    borders: Mapping[str, int]
    outward: frozenset[str]
    """Devices, external routers and keys of cables without which `borders` may be others."""
    paths: int
    promises: frozenset[str]
    """Those that are broken already."""


def scope_of(row: ReachabilityRow) -> str:
    """The VRF, or the layer-2 segment, that a row is about."""
    return row.source_vrf or row.source_segment


def healthy_of(subject: Subject, impacts: Impacts, broken: Iterable[str]) -> Healthy:
    """Measure the network without failure."""
    return Healthy(
        layout=subject.layout,
        pairs=impacts.pairs(),
        endpoints={name: realm.endpoints for name, realm in impacts.realms.items()},
        tenants={name: realm.tenant for name, realm in impacts.realms.items()},
        borders=borders_of(subject, borders_apart(impacts, NO_FAILURES, impacts.realms)),
        outward=frozenset(
            name
            for session in subject.layout.sessions
            if session.neighbor.kind == "external"
            for name in (session.device, session.neighbor.device, session.wire)
        ),
        paths=impacts.width,
        promises=frozenset(broken),
    )


def _once(rows: Iterable[ReachabilityRow]) -> list[ReachabilityRow]:
    """One row per pair of classes, whichever IP version comes first."""
    seen: dict[tuple[str, str, str, str], ReachabilityRow] = {}
    for row in rows:
        seen.setdefault((row.source_host, row.source_segment, row.destination_host, row.destination), row)
    return list(seen.values())


def borders_of(subject: Subject, apart: Mapping[str, Collection[str]]) -> dict[str, int]:
    """VRF -> border devices over which something from outside comes in. Those that are `apart` are nobody's way out."""
    return {
        vrf: len({border for borders in prefixes.values() for border in borders} - set(apart.get(vrf, ())))
        for vrf, prefixes in accepted_prefixes(subject).items()
    }


def borders_apart(impacts: Impacts, failures: Failures, names: Iterable[str]) -> dict[str, set[str]]:
    """Of some realms, the border devices that have other devices of the realm beside them, and are reached by none."""
    vteps = {owner: vtep for vtep, owners in impacts.topology.vteps.items() for owner in owners}
    found: dict[str, set[str]] = {}
    for name in names:
        realm = impacts.realms[name]
        if not realm.borders:
            continue
        tables = impacts.tables(failures)
        left = [device for device in realm.devices if device not in failures.devices]
        for border in realm.borders:
            others = [device for device in left if device != border]
            if others and border in vteps and not any(_has_way(tables, device, vteps[border]) for device in others):
                found.setdefault(name, set()).add(border)
    return found


def _has_way(tables: Fib, device: str, vtep: str) -> bool:
    routes = tables.routes.get((device, DEFAULT))
    row = routes.lookup(vtep) if routes is not None else None
    return row is not None and row.prefix == f"{vtep}/32"


def report_of(healthy: Healthy, impact: Impact, borders: Mapping[str, int], broken: Mapping[str, str]) -> FailureReport:
    """Compare a failure's impact with the healthy network; `findings` are still those of the effects alone. `borders`
    are those left by VRF, `broken` the promises that do not hold, with the reason."""
    layout, failures = healthy.layout, impact.failures
    name, element = element_of(layout, failures)
    promises = tuple((p, reason) for p, reason in sorted(broken.items()) if p not in healthy.promises)
    scopes = _scopes(healthy, impact, borders, [p for p, _ in promises])
    single = element != "combination" and failures.devices <= layout.devices.keys()
    surviving = {p.name for p in layout.blueprint.promises if single and p.survives > 0 and _may_fail(p, failures)}
    report = FailureReport(
        failures=failures,
        name=name,
        element=element,
        scopes=scopes,
        hosts_cut=impact.cut_off,
        hosts_degraded=impact.degraded,
        paths=(healthy.paths, impact.width),
        narrower=impact.narrower,
        promises=promises,
        promises_due=tuple(name for name, _ in promises if name in surviving),
    )
    return msgspec.structs.replace(report, findings=_effect_findings(layout, report))


def _may_fail(promise: Promise, failures: Failures) -> bool:
    """Whether a promise is to survive what has failed, by its kind."""
    if failures.kind in ("rack", "site"):
        return failures.kind in promise.of
    if failures.kind == "group":
        return False
    return not promise.of or ("device" if failures.devices else "link") in promise.of


def element_of(layout: Layout, failures: Failures) -> tuple[str, str]:
    """Name of what fails, and what sort of thing it is."""
    if failures.kind:
        return failures.name, "risk group" if failures.kind == "group" else failures.kind
    if failures.name or len(failures.devices) + len(failures.links) + len(failures.sessions) != 1:
        return str(failures), "combination"
    for name in failures.devices:
        device = layout.devices.get(name)
        sort = device.role if device is not None else "server" if name in layout.hosts else "external router"
        return f"{sort} {name}", sort
    for key in failures.links:
        wire = layout.wires[key]
        if wire.kind == "fabric":
            roles = [layout.devices[name].role for name in (wire.a_device, wire.b_device)]
            return f"link {wire_text(wire)}", f"{' - '.join(roles)} link"
        return f"cable {wire_text(wire)}", f"{'server' if wire.kind == 'server' else 'external router'} cable"
    return str(failures), "session"


def _scopes(
    healthy: Healthy, impact: Impact, borders: Mapping[str, int], promises: Iterable[str]
) -> tuple[ScopeEffect, ...]:
    layout = healthy.layout
    lost: dict[str, list[ReachabilityRow]] = {}
    external: dict[str, list[ReachabilityRow]] = {}
    for row in impact.lost:
        if row.destination_host:
            lost.setdefault(scope_of(row), []).append(row)
        else:
            external.setdefault(scope_of(row), []).append(row)
    cut: dict[str, dict[str, int]] = {}
    for host in impact.cut_off:
        for endpoint in layout.hosts[host].endpoints:
            if (endpoint.vrf or endpoint.segment) not in healthy.endpoints:
                continue
            members = cut.setdefault(endpoint.vrf or endpoint.segment, {})
            members[host] = members.get(host, 0) + 1
    by_name = {promise.name: promise for promise in layout.blueprint.promises}
    broken: dict[str, list[str]] = {}
    for name in promises:
        broken.setdefault(promise_scope(layout, by_name[name]), []).append(name)
    fewer = {vrf for vrf, count in healthy.borders.items() if vrf in healthy.endpoints and borders.get(vrf, 0) < count}
    effects: list[ScopeEffect] = []
    for scope in sorted({*lost, *external, *cut, *broken, *fewer}):
        pairs, total = healthy.pairs.get(scope, 0), healthy.endpoints.get(scope, 0)
        left = total - sum(cut.get(scope, {}).values())
        attached = min(pairs, total * (total - 1) - left * (left - 1))
        apart = _once(lost.get(scope, ()))
        effects.append(
            ScopeEffect(
                scope=scope,
                tenant=healthy.tenants.get(scope, ""),
                pairs=pairs,
                lost=min(pairs, attached + sum(row.pairs for row in apart)),
                attached=attached,
                hosts_cut=tuple(cut.get(scope, ())),
                external_lost=tuple(dict.fromkeys(row.destination for row in external.get(scope, ()))),
                external_lost_on=tuple(sorted({leaf for row in external.get(scope, ()) for leaf in row.source_leaves})),
                borders=(healthy.borders.get(scope, 0), borders.get(scope, 0)),
                promises=tuple(broken.get(scope, ())),
                example=f"{apart[0].source_host} to {apart[0].destination_host}: {apart[0].reason}" if apart else "",
            )
        )
    return tuple(effects)


def _place(report: FailureReport, layout: Layout) -> Place:
    if report.failures.kind == "group":
        return next(Place(path=r.path) for r in layout.blueprint.risks if f"risk group {r.name}" == report.name)
    for name in sorted(report.failures.devices):
        return device_place(name)
    for key in sorted(report.failures.links):
        return wire_place(layout.wires[key])
    return Place(path=f"sessions/{report.name}")


def _effect_findings(layout: Layout, report: FailureReport) -> tuple[Finding, ...]:
    place = _place(report, layout)
    findings: list[Finding] = []
    # That a server goes with its only cable is what single-homed means; for a leaf it is worth a line.
    if report.hosts_cut and report.element not in ("server cable", "server"):
        tenants = sorted({s.tenant for s in report.scopes if s.hosts_cut})
        findings.append(
            found(
                EFFECT_HOSTS,
                place,
                f"without {report.name}, {count_text(len(report.hosts_cut), 'host')} of {names_text(tenants)} "
                f"{'is' if len(report.hosts_cut) == 1 else 'are'} cut off: {names_text(report.hosts_cut)}",
                related=tuple(Place(path=layout.hosts[host].path) for host in report.hosts_cut),
            )
        )
    for scope in report.scopes:
        related = (Place(path=layout.vrfs[scope.scope].path if scope.scope in layout.vrfs else scope.scope),)
        if scope.lost > scope.attached:
            findings.append(
                found(
                    EFFECT_LOST,
                    place,
                    f"without {report.name}, {scope.lost - scope.attached} of {scope.pairs} pairs of hosts in "
                    f"{scope.scope} lose each other, though connected ({scope.example})",
                    related=related,
                )
            )
        if scope.external_lost:
            findings.append(
                found(
                    EFFECT_EXTERNAL,
                    place,
                    f"without {report.name}, hosts of {scope.scope} on {names_text(scope.external_lost_on)} do not "
                    f"reach {names_text(scope.external_lost)}",
                    related=related,
                )
            )
    return tuple(findings)
