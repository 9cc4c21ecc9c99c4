"""Which devices change together, and in which order, as far as it follows from the topology alone.

site by site:  pod of the canary, its roles in order | the site's other pods, one by one | its core
a wave:        one role and system, no two of a redundancy group, at most `limit`; the limit doubles wave by wave
               the first two pods of a site begin with one device, the later ones with as many as that has led to
a canary:      the first device of each role and system, alone
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from crossconnect.checks.grouping import count_text
from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.net.order import NaturalKey, natural_key
from crossconnect.rollout.groups import TIERS, Group

WAVE_DEVICES_MAX = 16
"""Devices of a wave. What is lost when a wave goes wrong in a way that no gate sees must stay countable; AVD's users
fear 300 at once."""

PODS_ANEW = 2
"""Pods of a site that begin with one device: the canary's, and one that shows that it was not that pod's own luck. A
region of a hundred pods would never be done if each of them did."""

ROLES = ("leaf", "border-leaf", "spine", "super-spine")
"""The order of roles that is tried first: from those that carry one rack to those that carry everybody."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A device that changes, as far as its place in the order depends on it."""

    name: str
    role: str
    nos: str
    site: str
    pod: str
    kinds: frozenset[str]
    """What of its configuration changes: `vrf`, `segment`, `sessions`, `policy`, ..."""
    behind: int
    """Servers' attachments that have their way through it."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A wave before anything is said of its effect."""

    devices: tuple[str, ...]
    reason: str


def candidates(old: Blueprint, new: Blueprint, changed: Iterable[str]) -> dict[str, Candidate]:
    """The devices that change, by name."""
    before, after = ({d.name: d for d in side.devices} for side in (old, new))
    behind = attachments_behind(old if old.devices else new)
    more = attachments_behind(new)
    found: dict[str, Candidate] = {}
    for name in sorted(changed, key=natural_key):
        was, will = before.get(name), after.get(name)
        device = will or was
        assert device is not None, name
        found[name] = Candidate(
            name=name,
            role=device.role,
            nos=device.nos,
            site=device.site,
            pod=device.pod,
            kinds=frozenset(_kinds(was, will)),
            behind=max(behind.get(name, 0), more.get(name, 0)),
        )
    return found


def _kinds(was: DeviceConfiguration | None, will: DeviceConfiguration | None) -> Iterator[str]:
    if was is None or will is None:
        yield "device added" if was is None else "device removed"
        return
    for field, word in (
        ("system", "system"),
        ("routing_policy", "policy"),
        ("acls", "acl"),
        ("bfd", "bfd"),
        ("vtep", "vtep"),
        ("mlag", "mlag"),
        ("extra", "extra configuration"),
        ("nos", "system software"),
        ("platform", "platform"),
    ):
        if getattr(was, field) != getattr(will, field):
            yield word
    ports = [{i.name: i for i in side.interfaces} for side in (was, will)]
    if ports[0] != ports[1]:
        yield "interfaces"
    words = {"default": "fabric", "management": "management", "l3vrf": "vrf", "mac-vrf": "segment"}
    before, after = ({i.name: i for i in side.network_instances} for side in (was, will))
    for name in before.keys() | after.keys():
        a, b = before.get(name), after.get(name)
        if a == b:
            continue
        kind = words[(b or a).kind]  # pyright: ignore[reportOptionalMemberAccess] - one of them is there
        if a is None or b is None:
            yield f"{kind} added" if a is None else f"{kind} removed"
        else:
            yield f"{kind} changed"
            if (a.bgp.neighbors if a.bgp else ()) != (b.bgp.neighbors if b.bgp else ()):
                yield "sessions"


def attachments_behind(blueprint: Blueprint) -> dict[str, int]:
    """By switch: attachments of servers on it, or on switches below it; of a border, all attachments of the networks
    that it leads out of."""
    roles = {d.name: d.role for d in blueprint.devices}
    own: dict[str, int] = dict.fromkeys(roles, 0)
    realms: dict[str, int] = {}
    for host in blueprint.hosts:
        for leaf in host.leaves:
            own[leaf] = own.get(leaf, 0) + len(host.endpoints)
        for endpoint in host.endpoints:
            realms[endpoint.vrf] = realms.get(endpoint.vrf, 0) + 1
    for device, vrf in {(s.device, s.vrf) for peer in blueprint.peers for s in peer.sessions}:
        own[device] = own.get(device, 0) + realms.get(vrf, 0)
    below: dict[str, set[str]] = {}
    for wire in blueprint.wires:
        for lower, upper in ((wire.a_device, wire.b_device), (wire.b_device, wire.a_device)):
            if lower in roles and upper in roles and TIERS.get(roles[upper], 0) > TIERS.get(roles[lower], 0):
                below.setdefault(upper, set()).add(lower)
    found: dict[str, int] = {}
    for name in sorted(roles, key=lambda n: TIERS.get(roles[n], 0)):
        leaves, open_ = set[str](), set(below.get(name, ()))
        while open_:
            lower = open_.pop()
            if TIERS.get(roles[lower], 0) == 0:
                leaves.add(lower)
            open_ |= below.get(lower, set()) - leaves
        found[name] = own[name] + sum(own[leaf] for leaf in leaves)
    return found


def draft_waves(
    changing: Mapping[str, Candidate],
    groups: Iterable[Group],
    roles: Sequence[str] = ROLES,
    devices_max: int = WAVE_DEVICES_MAX,
) -> tuple[Draft, ...]:
    """Waves with every device once. Deterministic; the same for shuffled input."""
    apart: dict[str, list[Group]] = {}
    for group in sorted(groups):
        for name in group.devices:
            apart.setdefault(name, []).append(group)
    rank = {role: n for n, role in enumerate(roles)}
    proven: set[tuple[str, str]] = set()
    waves: list[Draft] = []
    limit = 1
    for unit, devices, anew in _units(changing, rank):
        limit = 1 if anew else limit
        for cut in _cuts(devices, rank):
            kind = (cut[0].role, cut[0].nos)
            left = list(cut)
            while left:
                canary = kind not in proven
                wave = _packed(left, apart, 1 if canary else limit)
                waves.append(
                    Draft(devices=tuple(c.name for c in wave), reason=_reason(wave, left, unit, canary, apart))
                )
                proven.add(kind)
                left = [c for c in left if c not in wave]
                limit = 2 if canary else min(2 * limit, devices_max)
    return tuple(waves)


def _units(changing: Mapping[str, Candidate], rank: Mapping[str, int]) -> Iterator[tuple[str, list[Candidate], bool]]:
    """Parts of the region, one after the other, and whether they begin with one device."""
    sites: dict[str, list[Candidate]] = {}
    for candidate in changing.values():
        sites.setdefault(candidate.site, []).append(candidate)
    first_site = min(sites, key=lambda site: (_least(sites[site], rank), natural_key(site)), default="")
    for site in sorted(sites, key=lambda site: (site != first_site, natural_key(site))):
        inside = sites[site]
        pods: dict[str, list[Candidate]] = {}
        for candidate in inside:
            if candidate.pod:
                pods.setdefault(candidate.pod, []).append(candidate)
        first = min(pods, key=lambda pod: (_least(pods[pod], rank), natural_key(pod)), default="")
        for number, pod in enumerate(sorted(pods, key=lambda pod: (pod != first, natural_key(pod)))):
            told = f"pod {pod}" if pod == first else f"pod {pod} of site {site}"
            yield told, pods[pod], number < PODS_ANEW
        core = [candidate for candidate in inside if not candidate.pod]
        if core:
            yield f"core of site {site}", core, True


def _least(these: Iterable[Candidate], rank: Mapping[str, int]) -> tuple[object, ...]:
    return min(_order(candidate, rank) for candidate in these)


def _order(candidate: Candidate, rank: Mapping[str, int]) -> tuple[int, str, int, int, NaturalKey]:
    """Who comes first: by role and system; then who shows most kinds of change, to the fewest servers."""
    return (
        rank.get(candidate.role, len(rank)),
        candidate.nos,
        -len(candidate.kinds),
        candidate.behind,
        natural_key(candidate.name),
    )


def _cuts(devices: Iterable[Candidate], rank: Mapping[str, int]) -> Iterator[list[Candidate]]:
    """Devices of one role and system each, in order."""
    kinds: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in sorted(devices, key=lambda c: _order(c, rank)):
        kinds.setdefault((candidate.role, candidate.nos), []).append(candidate)
    yield from kinds.values()


def _packed(left: Sequence[Candidate], apart: Mapping[str, list[Group]], limit: int) -> list[Candidate]:
    """As many of those left as may change at once, the first ones first."""
    chosen: list[Candidate] = []
    taken: set[tuple[str, ...]] = set()
    for candidate in left:
        mine = {group.devices for group in apart.get(candidate.name, ())}
        if len(chosen) < limit and mine.isdisjoint(taken):
            chosen.append(candidate)
            taken |= mine
    return chosen


def _reason(
    wave: Sequence[Candidate],
    left: Sequence[Candidate],
    unit: str,
    canary: bool,
    apart: Mapping[str, list[Group]],
) -> str:
    first = wave[0]
    what = f"{first.role} on {first.nos}"
    if canary:
        kinds = ", ".join(sorted(first.kinds)) or "text only"
        behind = count_text(first.behind, "attachment")
        return f"canary of {what}: {kinds}; {behind} behind it, the least of those that show as much"
    waiting = sorted(
        {
            f"{candidate.name} ({group.kind} with {chosen.name})"
            for candidate in left
            if candidate not in wave
            for chosen in wave
            for group in apart.get(candidate.name, ())
            if chosen.name in group.devices
        }
    )
    reason = f"{what}, {unit}"
    if waiting:
        more = f" and {len(waiting) - 2} more" if len(waiting) > 2 else ""
        reason += f"; not together with {', '.join(waiting[:2])}{more}"
    return reason
