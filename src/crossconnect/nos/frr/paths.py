"""Pieces that FRR's BGP answers have in common: paths with their attributes."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from crossconnect.net import parse

Answer = TypeVar("Answer")


class Text(msgspec.Struct, frozen=True):
    string: str = ""


class PathNextHop(msgspec.Struct, frozen=True):
    ip: str = ""
    used: bool = False


class BestPath(msgspec.Struct, frozen=True):
    overall: bool = False


class Sender(msgspec.Struct, frozen=True, rename="camel"):
    peer_id: str = ""
    interface: str = ""


class Path(msgspec.Struct, frozen=True, rename="camel"):
    """An element of a prefix's list; the first one is about the prefix itself, and has no `peer`."""

    peer: Sender | None = None
    aspath: Text = Text()
    metric: int = 0
    loc_prf: int = msgspec.field(default=100, name="locPrf")
    local: bool = False
    sourced: bool = False
    bestpath: BestPath = BestPath()
    multipath: bool = False
    nexthops: tuple[PathNextHop, ...] = ()
    community: Text = Text()
    large_community: Text = Text()
    extended_community: Text = Text()
    nh_vrf_name: str = msgspec.field(default="", name="nhVrfName")
    vni: str = ""
    esi: str = ""


def as_path_of(path: Path) -> str:
    return "" if path.aspath.string == "Local" else path.aspath.string


def extended_of(path: Path) -> tuple[str, ...]:
    return tuple(sorted(path.extended_community.string.split()))


def plain_address(address: str) -> str:
    """An IPv4 address that FRR writes as IPv4-mapped IPv6 (next hops of IPv6 routes over VXLAN) as IPv4 again."""
    if not address.startswith("::ffff:"):
        return address
    value = parse(address).value & 0xFFFFFFFF
    return ".".join(str(octet) for octet in value.to_bytes(4, "big"))


def route_targets(extended: tuple[str, ...]) -> tuple[str, ...]:
    """Route targets among extended communities; of type 4 routes the ES-import one as `es-import:mac`."""
    return tuple(sorted(_targets(extended)))


def _targets(extended: tuple[str, ...]) -> Iterator[str]:
    for community in extended:
        if community.startswith("RT:"):
            yield community[3:]
        elif community.startswith("ES-Import-Rt:"):
            yield "es-import:" + community[13:]


def router_mac(extended: tuple[str, ...]) -> str:
    """Router's MAC (RFC 9135 8.1) among extended communities, empty without one."""
    return next((community[5:] for community in extended if community.startswith("Rmac:")), "")


_BUILDING = threading.Lock()
"""Switches are asked in parallel, and msgspec 0.22 crashes the interpreter when two threads are the first to decode one
type: it completes what it knows of a type at its first use."""


_EMPTY_LENGTH_MAX = 16
"""An empty answer, with line breaks in it, is shorter."""


def decoded(answer: bytes, kind: type[Answer], empty: Answer) -> Answer:
    """Decode, with `empty` for an empty answer. ValueError says that FRR's answer is not what we know."""
    if len(answer) < _EMPTY_LENGTH_MAX and b"".join(answer.split()) in (b"", b"{}"):
        # Where there is nothing, 10.x writes an empty object also in place of a list.
        return empty
    with _BUILDING:
        decoder = _decoder(kind)
    return decoder.decode(answer)


@functools.cache
def _decoder(kind: type[Answer]) -> msgspec.json.Decoder[Answer]:
    return msgspec.json.Decoder(kind)
