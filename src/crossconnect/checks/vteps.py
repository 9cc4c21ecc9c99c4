"""VTEPs: each has an underlay route to every VTEP with which it shares a VNI, and the flood lists are complete."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.checks.codes import FLOOD_LIST_INCOMPLETE, FLOOD_LIST_UNEXPECTED, VTEP_UNREACHABLE
from crossconnect.checks.grouping import by_common_end, count_text, names_text
from crossconnect.checks.subject import Subject, device_place, evidence_of
from crossconnect.finding import Finding, found
from crossconnect.state.tables import VtepRow


def vtep_neighbors(subject: Subject) -> dict[str, set[str]]:
    """Device -> devices with which it shares an L2VNI or L3VNI, of those that are up and connected."""
    number = {name: n for n, name in enumerate(sorted(subject.layout.vteps)) if subject.up(name)}
    names = {n: name for name, n in number.items()}
    # One bit per VTEP: the union over thousands of VNIs is then a few machine words each.
    shared = dict.fromkeys(number, 0)
    groups = [s.devices for s in subject.blueprint.segments] + [v.devices for v in subject.blueprint.vrfs]
    for devices in set(groups):
        present = [name for name in devices if name in number]
        bits = 0
        for name in present:
            bits |= 1 << number[name]
        for name in present:
            shared[name] |= bits
    members: dict[int, frozenset[str]] = {}
    for bits in set(shared.values()):
        members[bits] = frozenset(name for n, name in names.items() if bits >> n & 1)
    return {
        name: {
            other
            for other in members[bits]
            if other not in (name, subject.layout.pairs.get(name)) and subject.connected(name, other)
        }
        for name, bits in shared.items()
    }


def check_vteps(subject: Subject) -> Iterator[Finding]:
    """Routes between VTEPs that share a VNI, and flood lists of every L2VNI, in both directions."""
    lost = _without_route(subject)
    for group in by_common_end(lost):
        address = subject.layout.vteps[group.end]
        others = names_text(group.others)
        if group.of_source:
            message = f"{group.end} has no route to {count_text(len(group.others), 'VTEP')}: {others}"
        else:
            message = f"VTEP {group.end} ({address}) has no route on {others}"
        yield found(
            VTEP_UNREACHABLE,
            device_place(group.end),
            message,
            related=tuple(device_place(name) for name in group.others),
        )
    yield from _flood_lists(subject, lost)


def _without_route(subject: Subject) -> set[tuple[str, str]]:
    vteps = subject.layout.vteps
    suffix = {name: "/128" if ":" in address else "/32" for name, address in vteps.items()}
    lost: set[tuple[str, str]] = set()
    for name, others in vtep_neighbors(subject).items():
        routes = subject.routes.get((name, "default"), {})
        lost.update((name, other) for other in others if vteps[other] + suffix[other] not in routes)
    return lost


def _flood_lists(subject: Subject, lost: set[tuple[str, str]]) -> Iterator[Finding]:
    """`lost` pairs have no route, from which a missing entry follows."""
    vteps = subject.layout.vteps
    lists: dict[tuple[str, int], set[str]] = {}
    for row in subject.state.vteps:
        lists.setdefault((row.device, row.vni), set()).add(row.remote)
    configured = {(row.device, row.vni) for row in subject.state.vnis}
    missing: dict[tuple[str, str], list[int]] = {}
    extra: list[VtepRow] = []
    members: dict[int, set[str]] = {}
    for segment in subject.blueprint.segments:
        members[segment.vni] = present = {name for name in segment.devices if name in vteps and subject.up(name)}
        # Where the VNI itself is missing, that is the finding.
        present = {name for name in present if (name, segment.vni) in configured}
        addresses = {vteps[name]: name for name in present}
        for name in present:
            flooded = lists.get((name, segment.vni), set())
            for address in addresses.keys() - flooded:
                other = addresses[address]
                if address != vteps[name] and (name, other) not in lost and subject.connected(name, other):
                    missing.setdefault((name, other), []).append(segment.vni)
    for row in subject.state.vteps:
        owners = subject.layout.vtep_devices.get(row.remote, ())
        here = members.get(row.vni, set())
        if row.device not in here or here.isdisjoint(owners) or row.device in owners:
            extra.append(row)
    yield from _incomplete(missing)
    yield from _unexpected(subject, extra)


def _incomplete(missing: dict[tuple[str, str], list[int]]) -> Iterator[Finding]:
    for group in by_common_end(missing):
        pairs = [(group.end, o) if group.of_source else (o, group.end) for o in group.others]
        vnis = sorted({vni for pair in pairs for vni in missing[pair]})
        who, whom = ([group.end], group.others) if group.of_source else (group.others, [group.end])
        yield found(
            FLOOD_LIST_INCOMPLETE,
            device_place(group.end),
            f"flood list of VNI {names_text(vnis)} on {names_text(who)} misses {names_text(whom)}",
            related=tuple(device_place(name) for name in group.others),
        )


def _unexpected(subject: Subject, extra: list[VtepRow]) -> Iterator[Finding]:
    by_remote: dict[str, list[VtepRow]] = {}
    for row in extra:
        if subject.up(row.device):
            by_remote.setdefault(row.remote, []).append(row)
    for remote, rows in sorted(by_remote.items()):
        owners = subject.layout.vtep_devices.get(remote, ())
        owner = next(iter(owners), "")
        who = f"{remote} ({names_text(owners)})" if owners else f"{remote}, which is no VTEP of the blueprint,"
        why = ", which is down," if owners and not any(map(subject.up, owners)) else ""
        yield found(
            FLOOD_LIST_UNEXPECTED,
            device_place(owner or rows[0].device),
            f"VNI {names_text(sorted({row.vni for row in rows}))} is flooded to {who}{why} "
            f"by {names_text(sorted({row.device for row in rows}))}",
            related=tuple(device_place(name) for name in sorted({row.device for row in rows})),
            evidence=evidence_of("vteps", rows),
        )
