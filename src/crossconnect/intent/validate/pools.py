"""Pools have the form of their purpose, and do not overlap."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import codes
from crossconnect.intent.texts import number_range
from crossconnect.intent.validate.addresses import Span, overlapping, span_of, unusable
from crossconnect.intent.validate.subject import Subject
from crossconnect.model.pool import Pool
from crossconnect.net import contains
from crossconnect.net.names import ASN_MAX, VLAN_MAX, VNI_MAX

ADDRESS_PURPOSES = frozenset({"loopback", "link", "management", "handoff"})
NUMBER_LIMITS = {"l2vni": VNI_MAX, "l3vni": VNI_MAX, "vlan": VLAN_MAX, "handoff-vlan": VLAN_MAX}
SPACES = {"l2vni": "vni", "l3vni": "vni"}
"""Purposes whose numbers must differ from each other's: L2VNIs and L3VNIs stand in one field of one header."""


def pool_findings(subject: Subject) -> Iterator[Finding]:
    """What is wrong with the region's pools."""
    for index, pool in enumerate(subject.region.pools):
        at, path = f"pools/#{index}", f"pools/{pool.name}"
        if pool.purpose in ADDRESS_PURPOSES:
            yield from _addresses(subject, pool, at, path)
        else:
            yield from _numbers(subject, pool, at, path)
    yield from _address_overlaps(subject)
    yield from _number_overlaps(subject)
    yield from _asn_plan(subject)


def _addresses(subject: Subject, pool: Pool, at: str, path: str) -> Iterator[Finding]:
    if pool.range:
        words = f"pool {pool.name} for {pool.purpose} has a range of numbers; it takes a prefix"
        yield found(codes.POOL_FORM, subject.place(f"{at}/range", f"{path}/range"), words)
    if not pool.prefix:
        if not subject.unread(at, "prefix"):
            words = f"pool {pool.name} for {pool.purpose} has no prefix"
            yield found(codes.POOL_FORM, subject.place(at, path), words)
        return
    if why := unusable(span_of(pool.prefix, 0)):
        words = f"pool {pool.name}: {pool.prefix} is {why}"
        yield found(codes.ADDRESS_UNUSABLE, subject.place(f"{at}/prefix", f"{path}/prefix"), words)
    for index, part in enumerate(pool.reserved):
        if not (("." in part or ":" in part) and contains(pool.prefix, part)):
            words = f"pool {pool.name}: reserved {part} does not lie in {pool.prefix}"
            yield found(codes.POOL_RESERVED, subject.place(f"{at}/reserved/{index}", f"{path}/reserved/{index}"), words)


def _numbers(subject: Subject, pool: Pool, at: str, path: str) -> Iterator[Finding]:
    if pool.prefix:
        words = f"pool {pool.name} for {pool.purpose} has a prefix; it takes a range of numbers"
        yield found(codes.POOL_FORM, subject.place(f"{at}/prefix", f"{path}/prefix"), words)
    if not pool.range:
        if not subject.unread(at, "range"):
            words = f"pool {pool.name} for {pool.purpose} has no range"
            yield found(codes.POOL_FORM, subject.place(at, path), words)
        return
    first, last = number_range(pool.range)
    limit = NUMBER_LIMITS[pool.purpose]
    if first < 1 or last > limit:
        words = f"pool {pool.name} for {pool.purpose}: {pool.range} is not within 1-{limit}"
        yield found(codes.POOL_FORM, subject.place(f"{at}/range", f"{path}/range"), words)
    for index, part in enumerate(pool.reserved):
        numbers = (0, -1) if "." in part or ":" in part else number_range(part if "-" in part else f"{part}-{part}")
        if not first <= numbers[0] <= numbers[1] <= last:
            words = f"pool {pool.name}: reserved {part} does not lie in {pool.range}"
            yield found(codes.POOL_RESERVED, subject.place(f"{at}/reserved/{index}", f"{path}/reserved/{index}"), words)


def _address_overlaps(subject: Subject) -> Iterator[Finding]:
    """Whatever their purposes: an address means one thing in the underlay."""
    pools = subject.region.pools
    spans = [
        span_of(pool.prefix, index)
        for index, pool in enumerate(pools)
        if pool.prefix and pool.purpose in ADDRESS_PURPOSES
    ]
    for span, other in overlapping(spans):
        yield _overlap(subject, span, other, "prefix")


def _number_overlaps(subject: Subject) -> Iterator[Finding]:
    spaces: dict[str, list[Span]] = {}
    for index, pool in enumerate(subject.region.pools):
        if pool.range and pool.purpose in NUMBER_LIMITS:
            space = SPACES.get(pool.purpose, pool.purpose)
            spaces.setdefault(space, []).append(Span(0, *number_range(pool.range), index))
    for spans in spaces.values():
        for span, other in overlapping(spans):
            yield _overlap(subject, span, other, "range")


def _overlap(subject: Subject, span: Span, other: Span, field: str) -> Finding:
    """Said at the pool that comes later in the file."""
    here, there = max(span.owner, other.owner), min(span.owner, other.owner)
    pool, earlier = subject.region.pools[here], subject.region.pools[there]
    related = subject.place(f"pools/#{there}/{field}", f"pools/{earlier.name}/{field}")
    words = (
        f"pool {pool.name} ({pool.prefix or pool.range}, {pool.purpose}) overlaps pool {earlier.name} "
        f"({earlier.prefix or earlier.range}, {earlier.purpose})"
    )
    place = subject.place(f"pools/#{here}/{field}", f"pools/{pool.name}/{field}")
    return found(codes.POOL_OVERLAP, place, words, related=(related,))


def _asn_plan(subject: Subject) -> Iterator[Finding]:
    first, last = number_range(subject.region.asns.range)
    if first < 1 or last > ASN_MAX:
        words = f"the range of fabric ASNs, {first}-{last}, is not within 1-{ASN_MAX}"
        yield found(codes.ASN_RANGE, subject.place("asns/range"), words)
