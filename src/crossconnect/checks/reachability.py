"""Hosts reach whom they should and nobody else, by following packets through the state's tables.

Cause and effect are told apart: the other checks find the wrong row, this one tells which tenants feel it, one finding
per VRF or layer-2 segment. Hosts that are cut off by themselves are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from crossconnect.checks.codes import EXTERNAL_UNREACHABLE, HOST_NOT_ISOLATED, HOST_UNREACHABLE
from crossconnect.checks.delivery import arrives, chosen_pairs, reason_text
from crossconnect.checks.grouping import by_common_end, names_text
from crossconnect.checks.outside import accepted_prefixes
from crossconnect.checks.prefix_index import PrefixIndex
from crossconnect.checks.subject import Subject, device_place
from crossconnect.design.blueprint import Endpoint
from crossconnect.finding import Finding, Place, found
from crossconnect.simulate.forwarding import Verdict
from crossconnect.simulate.reachability import EndpointClass, example_address

PAIRS_MAX = 20_000
"""Pairs of host classes tried in the region: all of them in a small one; in a large one each VRF gets its share, and
every class takes part, as sender and as receiver."""

OUTSIDE_MAX = 8
"""External prefixes tried per VRF; they share the few paths to the borders."""


class _Lost(NamedTuple):
    source: EndpointClass
    destination: str
    address: str
    verdict: Verdict


def check_reachability(subject: Subject) -> Iterator[Finding]:
    """Within each VRF and layer-2 segment all hosts reach each other, and what external routers announce; between
    VRFs only as imported by declaration."""
    unknown = _unknown_macs(subject)
    realms: dict[str, list[EndpointClass]] = {}
    for group in subject.delivery.classes:
        if not group.cut_off and all(subject.up(leaf) for leaf in _legs(group)):
            realms.setdefault(group.vrf or group.segment, []).append(group)
    count = sum(map(len, realms.values()))
    for realm, groups in sorted(realms.items()):
        yield from _inside(subject, realm, groups, unknown, PAIRS_MAX * len(groups) // count)
        yield from _outward(subject, realm, groups)
    yield from _isolation(subject, realms)


def _legs(group: EndpointClass) -> list[str]:
    return [leaf for leaf, up in zip(group.leaves, group.cables, strict=True) if up]


def _connected(subject: Subject, source: EndpointClass, destination: EndpointClass) -> bool:
    """Whether every leg of one has a path to every leg of the other: flows are spread over all of them."""
    return all(a == b or subject.connected(a, b) for a in _legs(source) for b in _legs(destination))


def _unknown_macs(subject: Subject) -> dict[str, set[str]]:
    """Host -> VTEPs of its segments that do not know its MAC."""
    known = {(row.device, row.vni, row.mac) for row in subject.state.macs}
    unknown: dict[str, set[str]] = {}
    for host in subject.blueprint.hosts:
        for endpoint in host.endpoints:
            segment = subject.layout.segments[endpoint.segment]
            for device in segment.devices:
                if subject.up(device) and (device, segment.vni, host.mac) not in known:
                    unknown.setdefault(host.name, set()).add(device)
    return unknown


def _may_be_flooded(subject: Subject, source: EndpointClass, destination: EndpointClass, unknown: set[str]) -> bool:
    """Whether only a MAC is missing: that is a finding of its own, and flooding finds a silent host all the same."""
    if not unknown.isdisjoint(_legs(destination)):
        return True
    vteps = [subject.layout.vteps.get(leaf, "") for leaf in _legs(destination)]
    suffix = "/128" if any(":" in vtep for vtep in vteps) else "/32"
    return any(
        leaf in unknown and all(vtep + suffix in subject.routes.get((leaf, "default"), {}) for vtep in vteps)
        for leaf in _legs(source)
    )


def _pair(
    source: EndpointClass, destination: EndpointClass, unknown: Mapping[str, set[str]]
) -> tuple[Endpoint, Endpoint] | None:
    """A host of each class, not the same one, the receiver rather one whose MAC is known everywhere."""
    for sender in source.endpoints[:2]:
        others = [receiver for receiver in destination.endpoints if receiver.host != sender.host]
        if others:
            return sender, next((receiver for receiver in others if receiver.host not in unknown), others[0])
    return None


def _inside(
    subject: Subject, realm: str, groups: list[EndpointClass], unknown: Mapping[str, set[str]], pairs_max: int
) -> Iterator[Finding]:
    lost: list[_Lost] = []
    for source, destination in chosen_pairs(groups, groups, pairs_max):
        pair = _pair(source, destination, unknown)
        if pair is None or not _connected(subject, source, destination):
            continue
        lacking = unknown.get(pair[1].host)
        if lacking and _may_be_flooded(subject, source, destination, lacking):
            continue
        for address, verdict in subject.delivery.between(*pair):
            if not arrives(verdict, pair[1].host):
                lost.append(_Lost(source, _label(destination), address, verdict))
    if lost:
        yield found(
            HOST_UNREACHABLE,
            _realm_place(subject, realm),
            f"in {_realm_text(subject, realm)} {_lost_text(lost)}",
            related=_dropping(subject, lost),
        )


def _outward(subject: Subject, realm: str, groups: list[EndpointClass]) -> Iterator[Finding]:
    outside = accepted_prefixes(subject).get(realm, {})
    lost: list[_Lost] = []
    for prefix, borders in list(outside.items())[:OUTSIDE_MAX]:
        for source in groups:
            sender = source.endpoints[0]
            legs = _legs(source)
            if not any((":" in a) == (":" in prefix) for a in sender.addresses) or not all(
                any(leg == border or subject.connected(leg, border) for border in borders) for leg in legs
            ):
                continue
            address = example_address(prefix)
            verdict = subject.delivery.forwarder.send(sender, address)
            if verdict.outcome != "delivered":
                lost.append(_Lost(source, prefix, address, verdict))
    if lost:
        yield found(
            EXTERNAL_UNREACHABLE,
            _realm_place(subject, realm),
            f"in {_realm_text(subject, realm)} {_lost_text(lost)}",
            related=_dropping(subject, lost),
        )


def _label(group: EndpointClass) -> str:
    return f"{group.segment.rpartition('/')[2]} on {'+'.join(group.leaves)}"


def _lost_text(lost: list[_Lost]) -> str:
    """`hosts of web on leaf1 do not reach db on leaf2, db on leaf3 (leaf1: no route to ...)`, the first few groups."""
    groups = by_common_end((_label(item.source), item.destination) for item in lost)
    first = groups[0]
    ends = (first.end, names_text(first.others)) if first.of_source else (names_text(first.others), first.end)
    more = f", and {len(groups) - 1} more such groups" if len(groups) > 1 else ""
    example = lost[0]
    reason = f"{example.address} from {example.source.endpoints[0].host}: {reason_text(example.verdict)}"
    partly = " for some flows" if all(item.verdict.outcome == "partial" for item in lost) else ""
    return f"hosts of {ends[0]} do not reach {ends[1]}{partly}{more} ({reason})"


def _dropping(subject: Subject, lost: list[_Lost]) -> tuple[Place, ...]:
    devices = {drop.device for item in lost for drop in item.verdict.drops}
    return tuple(device_place(name) for name in sorted(devices & subject.layout.devices.keys()))


def _realm_place(subject: Subject, realm: str) -> Place:
    vrf = subject.layout.vrfs.get(realm)
    return Place(path=vrf.path if vrf is not None else realm)


def _realm_text(subject: Subject, realm: str) -> str:
    return f"VRF {realm}" if realm in subject.layout.vrfs else f"segment {realm}"


def _isolation(subject: Subject, realms: dict[str, list[EndpointClass]]) -> Iterator[Finding]:
    """Try to cross where a VRF's routing table leads into the prefixes of another at all."""
    for source_vrf, other_vrf in sorted(_suspicious(subject)):
        crossed: list[_Lost] = []
        for source, destination in chosen_pairs(realms.get(source_vrf, []), realms.get(other_vrf, []), PAIRS_MAX):
            sender, receiver = source.endpoints[0], destination.endpoints[0]
            for address, verdict in subject.delivery.between(sender, receiver):
                if receiver.host in verdict.recipients and receiver.host != sender.host:
                    crossed.append(_Lost(source, _label(destination), address, verdict))
        if crossed:
            first = crossed[0]
            yield found(
                HOST_NOT_ISOLATED,
                _realm_place(subject, source_vrf),
                f"hosts of VRF {source_vrf} reach hosts of VRF {other_vrf}, which it does not import: "
                f"{first.source.endpoints[0].host} reaches {first.address} ({first.destination})",
                related=(_realm_place(subject, other_vrf),),
            )


def _suspicious(subject: Subject) -> set[tuple[str, str]]:
    """(VRF, other VRF) where a route of the one lies in a prefix of the other that it does not import, or where a VRF
    between them knows both: a leaked default route leads into that one's table on another leaf, and on from there."""
    prefixes = PrefixIndex((prefix, vrf.name) for vrf in subject.blueprint.vrfs for prefix in vrf.prefixes)
    imports = {vrf.name: {vrf.name, *vrf.imports} for vrf in subject.blueprint.vrfs}
    pairs: set[tuple[str, str]] = set()
    for vrf in subject.blueprint.vrfs:
        for middle in vrf.imports:
            pairs.update((vrf.name, other) for other in imports.get(middle, ()) if other not in imports[vrf.name])
    for (_, vrf), routes in subject.routes.items():
        if vrf in imports:
            for prefix in routes:
                pairs.update((vrf, owner) for owner in prefixes.covering(prefix) if owner not in imports[vrf])
    return pairs
