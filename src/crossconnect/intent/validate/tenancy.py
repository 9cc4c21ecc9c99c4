"""Tenants' VRFs and segments: gateways that work, subnets that do not collide."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import codes
from crossconnect.intent.validate.addresses import Span, host_problem, overlapping, span_of, unusable
from crossconnect.intent.validate.pools import ADDRESS_PURPOSES
from crossconnect.intent.validate.subject import Subject, reference_of
from crossconnect.model.tenant import Segment
from crossconnect.net import interface_prefix


def tenancy_findings(subject: Subject) -> Iterator[Finding]:
    """What is wrong with segments and VRFs."""
    infrastructure = _infrastructure(subject)
    for path, segment in subject.segments.items():
        if segment.gateways:
            spans = [span_of(gateway, index) for index, gateway in enumerate(segment.gateways)]
            yield from _gateways(subject, path, segment, spans)
            yield from _infrastructure_overlaps(subject, path, segment, spans, infrastructure)
    for tenant in subject.region.tenants:
        for vrf in tenant.vrfs:
            path = f"tenants/{tenant.name}/vrfs/{vrf.name}"
            yield from _subnet_overlaps(subject, path, vrf.segments)
            yield from _imports(subject, path, vrf.imports)
        names = {vrf.name for vrf in tenant.vrfs}
        for segment in tenant.segments:
            if segment.name in names:
                yield _ambiguous(subject, tenant.name, segment.name)


def _ambiguous(subject: Subject, tenant: str, name: str) -> Finding:
    """`tenant/name` could be either in a promise, and both get one name on devices."""
    place = subject.place(f"tenants/{tenant}/segments/{name}/name", f"tenants/{tenant}/segments/{name}")
    other = subject.place(f"tenants/{tenant}/vrfs/{name}/name", f"tenants/{tenant}/vrfs/{name}")
    words = f"segment `{name}` of tenant {tenant} has the name of the tenant's VRF at {other}"
    return found(codes.NAME_DUPLICATE, place, words, related=(other,))


def _gateways(subject: Subject, path: str, segment: Segment, spans: list[Span]) -> Iterator[Finding]:
    versions: set[int] = set()
    for index, (gateway, span) in enumerate(zip(segment.gateways, spans, strict=True)):
        if why := unusable(span):
            words = f"gateway {gateway} of segment {reference_of(path)} is {why}"
            yield found(codes.ADDRESS_UNUSABLE, subject.place(f"{path}/gateways/{index}"), words)
        elif why := host_problem(gateway):
            words = f"gateway {gateway} of segment {reference_of(path)} is {why}"
            yield found(codes.GATEWAY_ADDRESS, subject.place(f"{path}/gateways/{index}"), words)
        if span.space in versions:
            words = f"segment {reference_of(path)} has a second IPv{span.space} gateway, {gateway}"
            yield found(codes.GATEWAY_TWICE, subject.place(f"{path}/gateways/{index}"), words)
        versions.add(span.space)
    if path.count("/") == 3:
        words = f"segment {reference_of(path)} belongs to no VRF but has gateway {segment.gateways[0]}"
        yield found(codes.GATEWAY_WITHOUT_VRF, subject.place(f"{path}/gateways"), words)


def _infrastructure(subject: Subject) -> list[Span]:
    """Pools of addresses, sorted; they are disjoint, or that is reported."""
    pools = subject.region.pools
    return sorted(
        span_of(pool.prefix, index)
        for index, pool in enumerate(pools)
        if pool.prefix and pool.purpose in ADDRESS_PURPOSES
    )


def _infrastructure_overlaps(
    subject: Subject, path: str, segment: Segment, spans: list[Span], infrastructure: list[Span]
) -> Iterator[Finding]:
    for span in spans:
        at = bisect_right(infrastructure, (span.space, span.last, 1 << 129, 0)) - 1
        if at < 0 or infrastructure[at].space != span.space or infrastructure[at].last < span.first:
            continue
        owner, gateway = infrastructure[at].owner, segment.gateways[span.owner]
        pool = subject.region.pools[owner]
        related = subject.place(f"pools/#{owner}/prefix", f"pools/{pool.name}/prefix")
        words = (
            f"subnet {interface_prefix(gateway)} of segment {reference_of(path)} overlaps pool {pool.name} "
            f"({pool.prefix}, {pool.purpose})"
        )
        place = subject.place(f"{path}/gateways/{span.owner}")
        yield found(codes.PREFIX_INFRASTRUCTURE, place, words, related=(related,))


def _subnet_overlaps(subject: Subject, path: str, segments: tuple[Segment, ...]) -> Iterator[Finding]:
    owners: list[tuple[int, int]] = []
    spans: list[Span] = []
    for s, segment in enumerate(segments):
        for g, gateway in enumerate(segment.gateways):
            spans.append(span_of(gateway, len(owners)))
            owners.append((s, g))
    for span, other in overlapping(spans):
        (late_s, late_g), (s, g) = owners[max(span.owner, other.owner)], owners[min(span.owner, other.owner)]
        if late_s == s:
            continue  # two of one version in one segment, which is said of the segment
        late, early = segments[late_s], segments[s]
        here, there = (
            subject.place(f"{path}/segments/#{i}/gateways/{j}", f"{path}/segments/{segments[i].name}/gateways/{j}")
            for i, j in ((late_s, late_g), (s, g))
        )
        words = (
            f"segments {late.name} and {early.name} of VRF {reference_of(path)} overlap: "
            f"{interface_prefix(late.gateways[late_g])} and {interface_prefix(early.gateways[g])} at {there}"
        )
        yield found(codes.PREFIX_OVERLAP, here, words, related=(there,))


def _imports(subject: Subject, path: str, imports: tuple[str, ...]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, name in enumerate(imports):
        if name == reference_of(path) or name in seen:
            what = "its own routes" if name not in seen else f"the routes of {name} twice"
            words = f"VRF {reference_of(path)} imports {what}"
            yield found(codes.IMPORT_ITSELF, subject.place(f"{path}/imports/{index}"), words)
        seen.add(name)
