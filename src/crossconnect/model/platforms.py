"""Platforms that need no definition, and how port ranges are written."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping

import msgspec

from crossconnect.model.device import Platform
from crossconnect.model.interface_names import LINUX, NAMES, InterfaceNames

_RANGE = re.compile(r"([^\[\]]*)\[(\d{1,5})-(\d{1,5})(?::(\d{1,3}))?\]([^\[\]]*)", re.ASCII)

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
    before, first, last, step, behind = match[1], int(match[2]), int(match[3]), int(match[4] or 1), match[5]
    if not step:
        raise ValueError(f"{pattern!r} does not count on")
    if not first <= last:
        raise ValueError(f"{pattern!r} counts down")
    if last - first >= PORTS_MAX:
        raise ValueError(f"{pattern!r} has over {PORTS_MAX} ports")
    return (f"{before}{n}{behind}" for n in range(first, last + 1, step))


@functools.lru_cache(maxsize=4096)
def platform_of_system(platform: Platform, names: InterfaceNames) -> Platform:
    """The platform as a network OS names its ports: a built-in one has any, one of the region's own keeps its own."""
    if BUILT_IN.get(platform.name) != platform or names == LINUX:
        return platform
    count = len(expand_ports(platform.ports))
    ports = names.ports(count)
    if "{n}" in names.port:
        last = names.port_first + (count - 1) * names.port_step
        step = f":{names.port_step}" if names.port_step > 1 else ""
        ports = (names.port.format(n=f"[{names.port_first}-{last}{step}]"),)
    return msgspec.structs.replace(platform, ports=ports)


@functools.lru_cache(maxsize=4096)
def same_port(platform: Platform, port: str) -> str:
    """The port of a platform that is in the place of `port` of a switch of the same size under another network OS;
    empty where there is none. So a switch that changes its system keeps its cables where they are plugged in."""
    ports = expand_ports(platform.ports)
    for names in NAMES.values():
        others = names.ports(len(ports))
        if port in others:
            return ports[others.index(port)]
    return ""


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
