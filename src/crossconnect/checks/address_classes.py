"""Addresses that routing tables can tell apart: one for every way in which longest-prefix match can come out.

    prefix asked for   |-------------------------------|
    routes               |------|        |-----------|
                           |--|
    one address of each  ^ ^  ^         ^

Between two borders of prefixes all addresses are treated alike by every table, so one stands for all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from crossconnect.net import address_text, contains, parse
from crossconnect.simulate.reachability import example_address

_NOBODYS = ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/8", "fe80::/10", "ff00::/8")
"""Addresses that no host has in a routed network: this network, loopback, multicast and reserved, link-local."""


def address_classes(prefix: str, routes: Iterable[str]) -> tuple[str, ...]:
    """An address of each class within `prefix`, where `routes` are all prefixes of all tables; in numeric order.

    The last but one address of a run of equals is taken, which is rather unused than a gateway's or a host's.
    """
    asked = parse(prefix)
    first, last = asked.value, asked.value | asked.host_mask
    borders = {first, last + 1}
    for route in (*routes, *_NOBODYS):
        parsed = parse(route)
        if parsed.version == asked.version:
            for border in (parsed.value, (parsed.value | parsed.host_mask) + 1):
                if first < border <= last:
                    borders.add(border)
    ordered = sorted(borders)
    addresses = [address_text(asked.version, max(low, high - 2)) for low, high in itertools.pairwise(ordered)]
    return tuple(address for address in addresses if not any(contains(nobodys, address) for nobodys in _NOBODYS))


def uncovered(prefix: str, routes: Iterable[str]) -> str:
    """An address of `prefix` that no more specific of `routes` has; empty where they have all of it. One that is set
    aside for examples, where it is free: counter-examples name it."""
    asked = parse(prefix)
    inner = sorted(
        (parsed.value, parsed.value | parsed.host_mask)
        for parsed in map(parse, (*routes, *_NOBODYS))
        if parsed.version == asked.version
        and parsed.length > asked.length
        and (parsed.value & ~asked.host_mask) == asked.value
    )
    example = example_address(prefix)
    value = parse(example).value
    if not any(low <= value <= high for low, high in inner):
        return example
    gaps: list[tuple[int, int]] = []
    at = asked.value
    for low, high in inner:
        if low > at:
            gaps.append((at, low - 1))
        at = max(at, high + 1)
    if at <= asked.value | asked.host_mask:
        gaps.append((at, asked.value | asked.host_mask))
    if not gaps:
        return ""
    low, high = max(gaps, key=lambda gap: gap[1] - gap[0])
    # Somewhere inside: the very ends are network, broadcast, or the unspecified address.
    return address_text(asked.version, low + (high - low) * 3 // 4)
