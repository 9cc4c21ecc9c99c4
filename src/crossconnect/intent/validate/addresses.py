"""Addresses as spans of integers: overlaps by one sorted sweep, and what addresses are good for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crossconnect.net import parse


class Span(NamedTuple):
    """Integers from `first` to `last` in a space of their own (the IP version, or 0), and whose they are."""

    space: int
    first: int
    last: int
    owner: int


def span_of(prefix: str, owner: int) -> Span:
    """The addresses of a prefix, or of an interface address's subnet."""
    parsed = parse(prefix)
    first = parsed.value & ~parsed.host_mask
    return Span(parsed.version, first, first | parsed.host_mask, owner)


def overlapping(spans: Iterable[Span]) -> Iterator[tuple[Span, Span]]:
    """For each span that overlaps one before it in order, the pair. Sorted, so linear after the sort.

    With `reach` the span that extends furthest so far, whatever begins within it overlaps it.
    """
    reach: Span | None = None
    for span in sorted(spans):
        if reach is not None and span.space == reach.space and span.first <= reach.last:
            yield span, reach
        if reach is None or span.space != reach.space or span.last > reach.last:
            reach = span


def _special(*prefixes: tuple[str, str]) -> tuple[tuple[Span, str], ...]:
    return tuple((span_of(prefix, 0), what) for prefix, what in prefixes)


# RFC 6890 and its registry: no interface of ours, or of a tenant, can be reached by these.
_UNUSABLE = {
    4: _special(
        ("0.0.0.0/8", "in 0.0.0.0/8, this network"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    ),
    6: _special(
        ("::/127", "the unspecified or the loopback address"),
        ("::ffff:0:0/96", "IPv4 written as IPv6 (IPv4-mapped)"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
    ),
}


def unusable(span: Span) -> str:
    """Why no interface can have an address of a span; empty when it can."""
    for special, what in _UNUSABLE[span.space]:
        if special.first <= span.last and span.first <= special.last:
            return what
    return ""


def host_problem(interface_address: str) -> str:
    """Why a host cannot have an address in its subnet; empty when it can.

    RFC 1122 3.2.1.3: all host bits zero or one are the network and its broadcast; RFC 3021: a /31 has neither.
    RFC 4291 2.6.1: all host bits zero are the subnet-router anycast address; RFC 6164: but not of a /127.
    """
    parsed = parse(interface_address)
    mask = parsed.host_mask
    host = parsed.value & mask
    if mask == 0:
        return "alone in its subnet"
    if mask == 1:
        return ""
    if host == 0:
        return "the address of the network itself" if parsed.version == 4 else "the subnet-router anycast address"
    if host == mask and parsed.version == 4:
        return "the broadcast address"
    return ""
