"""The blast radius of a change: whose network is another one after it, healthy and under every single failure.

    parent, new -> realms that differ (all, where the fabric does) -> impacts of each side, of those realms alone
                                                                   -> differences, grouped, by name

What a change does not touch is not computed. A realm differs when its VRF, segments or hosts do; when the fabric
differs (a switch, a cable, a setting of the default instances), every realm may.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from crossconnect.checks.effects import FailureReport, Healthy, ScopeEffect
from crossconnect.checks.grouping import count_text, names_text
from crossconnect.checks.under_failure import effects_of
from crossconnect.design.blueprint import Blueprint
from crossconnect.device.bgp import Bgp, Neighbor
from crossconnect.rollout.flaps import Flap, flaps
from crossconnect.rollout.link_changes import LinkChange, link_changes
from crossconnect.simulate.failures import Failures, SessionKey, single_failures
from crossconnect.simulate.impact import Impacts

Kind = Literal["added", "removed", "changed"]


class RealmChange(msgspec.Struct, frozen=True, kw_only=True):
    """A VRF, or a layer-2 segment without one, that is not as before. Pairs are (before, after)."""

    scope: str
    tenant: str
    kind: Kind
    endpoints: tuple[int, int]
    """Servers' attachments to its segments."""
    talking: tuple[int, int]
    """Ordered pairs of endpoints that reach each other while nothing has failed."""
    paths: tuple[int, int]
    """Fewest equal-cost paths between two of its leaves; 0 with fewer than two."""
    borders: tuple[int, int]
    """Border devices over which something from outside comes in."""
    devices_added: tuple[str, ...] = ()
    devices_removed: tuple[str, ...] = ()
    prefixes_added: tuple[str, ...] = ()
    prefixes_removed: tuple[str, ...] = ()
    imports_added: tuple[str, ...] = ()
    imports_removed: tuple[str, ...] = ()


class FailureChange(msgspec.Struct, frozen=True, kw_only=True):
    """Failures after which something is not as it was after them before the change."""

    scopes: tuple[str, ...]
    element: str
    """What sort of thing fails: `spine`, `leaf - spine link`."""
    failures: tuple[str, ...]
    before: str
    """What they did to these realms; empty for nothing, or where there was no such realm or failure."""
    after: str


class SessionChange(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A BGP session that comes, goes, or is torn down and built up again while the change is carried out."""

    device: str
    vrf: str
    peer: str
    kind: Literal["comes", "goes", "flaps"]
    why: str


class BlastRadius(msgspec.Struct, frozen=True, kw_only=True):
    """What a change does to whom. Empty where nobody notices."""

    fabric: bool
    """Whether the fabric itself differs, so that every realm was looked at."""
    realms: tuple[RealmChange, ...]
    failures: tuple[FailureChange, ...]
    evaluated: int
    """Failures simulated, on each side that has them."""
    sessions: tuple[SessionChange, ...]
    bystanders: tuple[str, ...]
    """Tenants whose own networks do not change, on devices whose configuration does."""
    flaps: tuple[Flap, ...] = ()
    """What is lost while the sessions of one switch flap."""
    links: tuple[LinkChange, ...] = ()
    """Links that expected traffic fills, and did not before."""


def blast_radius(parent: Blueprint | None, new: Blueprint) -> BlastRadius:
    """Compare two networks; `None` stands for the empty one."""
    fabric = parent is None or _fabric(parent) != _fabric(new)
    old_realms, new_realms = _realms(parent) if parent else {}, _realms(new)
    names = {n for n in {*old_realms, *new_realms} if fabric or old_realms.get(n) != new_realms.get(n)}
    # A side on which nothing is looked at is as good as none.
    old = _Side(parent, names & old_realms.keys()) if parent is not None and names & old_realms.keys() else None
    now = _Side(new, names & new_realms.keys()) if names & new_realms.keys() else None
    sessions = tuple(sorted(session_changes(parent, new)))
    flapping = [SessionKey(s.device, s.vrf, s.peer) for s in sessions if s.kind == "flaps"]
    changes = [change for name in sorted(names) if (change := _realm_change(name, old, now)) is not None]
    return BlastRadius(
        fabric=fabric,
        realms=tuple(changes),
        failures=_failure_changes(old, now),
        evaluated=len({failure for side in (old, now) if side is not None for failure in side.reports}),
        sessions=sessions,
        bystanders=_bystanders(parent, new, {change.tenant for change in changes}),
        flaps=flaps(parent, flapping) if parent is not None else (),
        links=link_changes(parent, new),
    )


class _Side:
    """One of the two networks, as far as it is looked at."""

    def __init__(self, blueprint: Blueprint, names: set[str]) -> None:
        self.blueprint = blueprint
        self.impacts = Impacts(blueprint, names)
        healthy, reports = effects_of(self.impacts, single_failures(blueprint))
        self.healthy: Healthy = healthy
        self.reports: dict[Failures, FailureReport] = {report.failures: report for report in reports}
        self.vrfs = {vrf.name: vrf for vrf in blueprint.vrfs}
        self.prefixes = {vrf.name: set(vrf.prefixes) for vrf in blueprint.vrfs}


def _fabric(blueprint: Blueprint) -> str:
    """A fingerprint of everything that the ways between VTEPs depend on."""
    digest = hashlib.sha256()
    for device in blueprint.devices:
        inside = [i for i in device.interfaces if i.network_instance == "default" and not i.members and not i.parent]
        routed = [i for i in inside if i.addresses or i.unnumbered]
        instance = next((n for n in device.network_instances if n.kind == "default"), None)
        digest.update(msgspec.msgpack.encode((device.name, device.role, device.vtep, routed, instance)))
        digest.update(msgspec.msgpack.encode(device.routing_policy.policies if _fabric_policies(instance) else ()))
    digest.update(msgspec.msgpack.encode([wire for wire in blueprint.wires if wire.kind == "fabric"]))
    return digest.hexdigest()


def _fabric_policies(instance: object) -> bool:
    bgp: Bgp | None = getattr(instance, "bgp", None)
    return any(f.import_policy or f.export_policy for n in (bgp.neighbors if bgp else ()) for f in n.families)


def _realms(blueprint: Blueprint) -> dict[str, str]:
    """A fingerprint of each realm: its VRF, segments, hosts' attachments, instances, external sessions, and whatever
    it imports."""
    parts: dict[str, list[object]] = {vrf.name: [vrf] for vrf in blueprint.vrfs}
    for segment in blueprint.segments:
        parts.setdefault(segment.vrf or segment.path, []).append(segment)
    for host in blueprint.hosts:
        for endpoint in host.endpoints:
            parts.setdefault(endpoint.vrf or endpoint.segment, []).append((host.ports, host.leaves, host.mtu, endpoint))
    for peer in blueprint.peers:
        for session in peer.sessions:
            parts.setdefault(session.vrf, []).append((peer.asn, peer.announces, session))
    named = {segment.mac_vrf: segment.vrf or segment.path for segment in blueprint.segments}
    for device in blueprint.devices:
        for instance in device.network_instances:
            realm = named.get(instance.name, instance.name)
            if realm in parts:
                policies = device.routing_policy if instance.bgp is not None and instance.bgp.neighbors else None
                parts[realm].append((device.name, instance, policies))
        for interface in device.interfaces:
            if interface.network_instance in parts:
                parts[interface.network_instance].append((device.name, interface))
    prints = {name: hashlib.sha256(msgspec.msgpack.encode(part)).hexdigest() for name, part in parts.items()}
    imports = {vrf.name: vrf.imports for vrf in blueprint.vrfs}
    return {name: "".join(prints.get(n, "") for n in (name, *imports.get(name, ()))) for name in prints}


def _realm_change(name: str, old: _Side | None, now: _Side | None) -> RealmChange | None:
    before = old.impacts.realms.get(name) if old is not None else None
    after = now.impacts.realms.get(name) if now is not None else None
    either = after or before
    if either is None:
        return None
    was, will = set(before.devices if before else ()), set(after.devices if after else ())
    had = old.prefixes.get(name, set[str]()) if old is not None else set[str]()
    has = now.prefixes.get(name, set[str]()) if now is not None else set[str]()
    took = set(old.vrfs[name].imports) if old is not None and name in old.vrfs else set[str]()
    takes = set(now.vrfs[name].imports) if now is not None and name in now.vrfs else set[str]()

    def both(of: str) -> tuple[int, int]:
        found: list[int] = []
        for side in (old, now):
            values: Mapping[str, int] = getattr(side.healthy, of) if side is not None else {}
            found.append(values.get(name, 0))
        return found[0], found[1]

    change = RealmChange(
        scope=name,
        tenant=either.tenant,
        kind="added" if before is None else "removed" if after is None else "changed",
        endpoints=both("endpoints"),
        talking=both("pairs"),
        paths=(_least_paths(old, name), _least_paths(now, name)),
        borders=both("borders"),
        devices_added=tuple(sorted(will - was)),
        devices_removed=tuple(sorted(was - will)),
        prefixes_added=tuple(sorted(has - had)),
        prefixes_removed=tuple(sorted(had - has)),
        imports_added=tuple(sorted(takes - took)),
        imports_removed=tuple(sorted(took - takes)),
    )
    return None if change.kind == "changed" and _same(change) else change


def _least_paths(side: _Side | None, name: str) -> int:
    realm = side.impacts.realms.get(name) if side is not None else None
    return side.impacts.least_paths(realm.devices) if side is not None and realm is not None else 0


def _same(change: RealmChange) -> bool:
    counts = (change.endpoints, change.talking, change.paths, change.borders)
    lists = (change.devices_added, change.devices_removed, change.prefixes_added, change.prefixes_removed)
    return not any(lists) and not (change.imports_added or change.imports_removed) and all(a == b for a, b in counts)


def _failure_changes(old: _Side | None, now: _Side | None) -> tuple[FailureChange, ...]:
    groups: dict[tuple[str, str, str], tuple[dict[str, None], dict[str, None]]] = {}
    before = old.reports if old is not None else {}
    after = now.reports if now is not None else {}
    for failure in dict.fromkeys((*before, *after)):
        report = after.get(failure) or before[failure]
        was, will = _texts(before.get(failure)), _texts(after.get(failure))
        for scope in sorted({*was, *will}):
            a, b = was.get(scope, ""), will.get(scope, "")
            if a != b:
                scopes, failures = groups.setdefault((report.element, a, b), ({}, {}))
                scopes[scope] = None
                failures[report.name] = None
    return tuple(
        FailureChange(scopes=tuple(scopes), element=element, failures=tuple(failures), before=a, after=b)
        for (element, a, b), (scopes, failures) in sorted(groups.items(), key=lambda group: _gravity(*group[0]))
    )


def _gravity(element: str, before: str, after: str) -> tuple[bool, bool, str, str, str]:
    """What loses somebody something first, then what only narrows, then what is no longer so."""
    return (not after, after.startswith("equal paths"), element, before, after)


def _texts(report: FailureReport | None) -> dict[str, str]:
    """By realm, what a failure does to it."""
    if report is None:
        return {}
    texts = {scope.scope: _scope_text(scope) for scope in report.scopes}
    for name, wide, narrow in report.narrower:
        # That a path is missing goes without saying where more has been lost.
        if not texts.get(name):
            texts[name] = f"equal paths {wide} -> {narrow}"
    return {name: text for name, text in texts.items() if text}


def _scope_text(scope: ScopeEffect) -> str:
    parts: list[str] = []
    if scope.hosts_cut:
        parts.append(f"{count_text(len(scope.hosts_cut), 'host')} cut off")
    if scope.lost > scope.attached:
        parts.append(f"{scope.lost - scope.attached} pairs of connected hosts lose each other")
    if scope.external_lost:
        parts.append(f"no way to {names_text(scope.external_lost)}")
    if scope.borders[1] < scope.borders[0]:
        parts.append(f"borders {scope.borders[0]} -> {scope.borders[1]}")
    return ", ".join(parts)


def _sessions(blueprint: Blueprint | None) -> dict[tuple[str, str, str], tuple[Bgp, Neighbor]]:
    return {
        (device.name, instance.name, neighbor.key): (instance.bgp, neighbor)
        for device in (blueprint.devices if blueprint is not None else ())
        for instance in device.network_instances
        if instance.bgp is not None
        for neighbor in instance.bgp.neighbors
    }


def session_changes(parent: Blueprint | None, new: Blueprint) -> Iterable[SessionChange]:
    """Sessions that come, go, or are torn down and built up again between two networks."""
    before, after = _sessions(parent), _sessions(new)
    for key in before.keys() | after.keys():
        device, vrf, peer = key
        if key not in before or key not in after:
            kind: Literal["comes", "goes"] = "comes" if key in after else "goes"
            other = (after.get(key) or before[key])[1].device
            yield SessionChange(device=device, vrf=vrf, peer=peer, kind=kind, why=f"with {other}")
        elif why := _reset(before[key], after[key]):
            yield SessionChange(device=device, vrf=vrf, peer=peer, kind="flaps", why=why)


def _reset(before: tuple[Bgp, Neighbor], after: tuple[Bgp, Neighbor]) -> str:
    """Why a session is torn down by the change, empty where it stays up: what is part of its OPEN messages (RFC 4271
    4.2, RFC 5492) or of its TCP connection. Policies and limits are applied to it as it stands (RFC 2918)."""
    (old_bgp, old), (new_bgp, new) = before, after
    facts = (
        ("own ASN", old_bgp.asn, new_bgp.asn),
        ("router id", old_bgp.router_id, new_bgp.router_id),
        ("peer's ASN", old.remote_asn, new.remote_asn),
        ("own address", old.local_address, new.local_address),
        ("address families", tuple(f.family for f in old.families), tuple(f.family for f in new.families)),
        ("extended next hop", old.extended_next_hop, new.extended_next_hop),
        ("password", old.password, new.password),
        ("hold time", old.hold_time_s, new.hold_time_s),
        ("graceful restart", old_bgp.graceful_restart, new_bgp.graceful_restart),
    )
    return ", ".join(name for name, a, b in facts if a != b)


def _bystanders(parent: Blueprint | None, new: Blueprint, changed: set[str]) -> tuple[str, ...]:
    old = {device.name: device for device in parent.devices} if parent is not None else {}
    touched = {d.name for d in new.devices if old.get(d.name) != d} | (old.keys() - {d.name for d in new.devices})
    if parent is None:
        return ()
    there = {vrf.tenant for vrf in new.vrfs if not touched.isdisjoint(vrf.devices)}
    there |= {segment.tenant for segment in new.segments if not touched.isdisjoint(segment.devices)}
    return tuple(sorted(there - changed))
