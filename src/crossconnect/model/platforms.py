"""Platforms that need no definition, and how port ranges are written."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping

from crossconnect.model.device import Platform

_RANGE = re.compile(r"([^\[\]]*)\[(\d{1,5})-(\d{1,5})\]([^\[\]]*)", re.ASCII)

PORTS_MAX = 4096
"""More ports than any switch has: keeps a slip of the pen (`swp[1-10000000]`) from filling the memory."""

BUILT_IN: Mapping[str, Platform] = {
    name: Platform(name=name, ports=(f"swp[1-{count}]",), description=f"any switch with {count} ports")
    for name, count in (("generic-32", 32), ("generic-64", 64), ("generic-128", 128))
}


@functools.lru_cache(maxsize=4096)
def expand_ports(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Port names in order, ranges written out; a name that occurs twice counts once.

    Raises ValueError when a range is malformed, falling, or the platform would have over `PORTS_MAX` ports.
    """
    names: dict[str, None] = {}
    for pattern in patterns:
        for name in _expand(pattern):
            names[name] = None
        if len(names) > PORTS_MAX:
            raise ValueError(f"over {PORTS_MAX} ports")
    return tuple(names)


def _expand(pattern: str) -> Iterable[str]:
    if "[" not in pattern and "]" not in pattern:
        return (pattern,)
    match = _RANGE.fullmatch(pattern)
    if match is None:
        raise ValueError(f"{pattern!r} is not a port or a range such as swp[1-32]")
    before, first, last, behind = match[1], int(match[2]), int(match[3]), match[4]
    if not first <= last:
        raise ValueError(f"{pattern!r} counts down")
    if last - first >= PORTS_MAX:
        raise ValueError(f"{pattern!r} has over {PORTS_MAX} ports")
    return (f"{before}{n}{behind}" for n in range(first, last + 1))


def platforms_by_name(own: Iterable[Platform]) -> dict[str, Platform]:
    """The built-in platforms and a region's own; an own one wins over a built-in one of the same name."""
    return {**BUILT_IN, **{platform.name: platform for platform in own}}


@functools.lru_cache(maxsize=4096)
def port_set(platform: Platform) -> frozenset[str]:
    """Names of all ports of a platform. Raises ValueError as `expand_ports` does."""
    return frozenset(expand_ports(platform.ports))


@functools.lru_cache(maxsize=4096)
def uplink_ports(platform: Platform) -> tuple[str, ...]:
    """Ports towards the tier above, in order of use: those the platform names, else the last ports first."""
    if platform.uplinks:
        return expand_ports(platform.uplinks)
    return tuple(reversed(expand_ports(platform.ports)))


@functools.lru_cache(maxsize=4096)
def access_ports(platform: Platform) -> tuple[str, ...]:
    """Ports for servers and external routers, in order of use: all but those that the platform names as uplinks."""
    uplinks = frozenset(expand_ports(platform.uplinks))
    return tuple(port for port in expand_ports(platform.ports) if port not in uplinks)


@functools.lru_cache(maxsize=4096)
def downlink_ports(platform: Platform) -> tuple[str, ...]:
    """Ports towards the tier below, in order of use: access ports first, then named uplinks from the last."""
    return access_ports(platform) + tuple(reversed(expand_ports(platform.uplinks)))
