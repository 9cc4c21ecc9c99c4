"""Promises: what this provider additionally wants to hold, beyond what the design implies."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["reachable", "isolated", "via", "not-via", "width", "length", "no-leak", "not-announced"]
Element = Literal["link", "device", "rack", "site"]

INTERNET = "internet"
"""An end: every external router together."""
INFRASTRUCTURE = "infrastructure"
"""An end of `no-leak` and `not-announced`: every prefix of the pools that the fabric itself is numbered from."""

END_WORDS = ("tenant", "vrf", "segment", "server", "peer", "device", "leaf", "rack", "pod", "role", "site", "prefix")
"""What may stand before a name to say what it names: `tenant red`, `leaf a-leaf1`."""


class Promise(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An assertion over two ends, evaluated when nothing has failed and over the failures that it is to survive.

    An end is a tenant (`red`), a VRF (`tenant/vrf`), a segment (`tenant/vrf/segment`), a server, an external router, a
    prefix, or `internet`; of `width` and `length` a switch, a rack, a pod, a role or a site. A word in front says which
    (`tenant red`, `leaf a-leaf1`); it is needed only where a name could be two things.
    """

    name: str
    """Unique among promises."""
    source: str
    """Where traffic comes from; of `no-leak` and `not-announced`, whose routes it is about: also `infrastructure`."""
    destination: str
    """Where it goes; of `no-leak`, where the routes must not be; of `not-announced`, an external router or
    `internet`."""
    kind: Kind
    """`reachable`: all of it arrives. `isolated`: nothing does. `via`, `not-via`: what arrives has passed, or has not
    passed, `through`. `width`: at least `paths` equal-cost paths. `length`: at most (or exactly) `hops` cables between
    switches. `no-leak`: no route of the source in the destination. `not-announced`: none sent there."""
    survives: int = 0
    """How many simultaneous failures it must survive."""
    of: tuple[Element, ...] = ()
    """What fails: cables, devices, all switches of a rack or of a site at once; none given: any cable or device."""
    through: str = ""
    """Of `via` and `not-via`: a device, external router, rack, pod, role or site."""
    paths: int = 0
    """Of `width`: how many next hops the source switch must have towards the destination switch."""
    disjoint: bool = False
    """Of `width`: whether as many paths must share no cable from end to end."""
    hops: int = 0
    """Of `length`: how many cables."""
    exactly: bool = False
    """Of `length`: whether every path has exactly `hops`."""


ROUTE_KINDS = ("no-leak", "not-announced")
"""Those about routes, which are looked up in tables."""

PATH_KINDS = ("via", "not-via", "width", "length")
"""Those about the paths that packets take, and not only about whether they arrive."""


def end_parts(text: str) -> tuple[str, str]:
    """(word, name) of an end: `tenant red` is ("tenant", "red"), `red/prod` is ("", "red/prod")."""
    word, space, name = text.partition(" ")
    return (word, name) if space else ("", text)


TRAFFIC_ENDS = ("server", "tenant", "vrf", "segment", "peer", "prefix")
SWITCH_ENDS = ("device", "leaf", "rack", "pod", "role", "site")
_ROUTE_SOURCES = ("tenant", "vrf", "prefix", INFRASTRUCTURE)

ENDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "reachable": ((*TRAFFIC_ENDS, INTERNET), (*TRAFFIC_ENDS, INTERNET)),
    "isolated": ((*TRAFFIC_ENDS, INTERNET), (*TRAFFIC_ENDS, INTERNET)),
    "via": ((*TRAFFIC_ENDS, INTERNET), (*TRAFFIC_ENDS, INTERNET)),
    "not-via": ((*TRAFFIC_ENDS, INTERNET), (*TRAFFIC_ENDS, INTERNET)),
    "width": (SWITCH_ENDS, SWITCH_ENDS),
    "length": (SWITCH_ENDS, SWITCH_ENDS),
    "no-leak": (_ROUTE_SOURCES, ("tenant", "vrf", INTERNET)),
    "not-announced": (_ROUTE_SOURCES, ("peer", INTERNET)),
}
"""What the source and the destination of each kind of promise may be."""

THROUGH_ENDS = ("peer", *SWITCH_ENDS)
"""What `through` may be."""


def possible_words(name: str) -> tuple[str, ...]:
    """What a name may be by its shape alone: `red/prod` a VRF or a segment without one, `10.0.0.0/8` a prefix."""
    if "." in name or ":" in name:
        return ("prefix",)
    if name in (INTERNET, INFRASTRUCTURE):
        return (name,)
    slashes = name.count("/")
    if slashes == 2:
        return ("segment",)
    if slashes == 1:
        return ("vrf", "segment")
    return ("server", "tenant", "peer", "device", "leaf", "rack", "pod", "role", "site")
