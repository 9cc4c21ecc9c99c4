"""The answer to "why this route": the decision process at one device, as values.

A candidate is a path in the Adj-RIB-In that the decision process compared; a refusal is one that never got there.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from crossconnect.finding import Place
from crossconnect.simulate.attributes import Attributes, as_path_text
from crossconnect.simulate.decision import ORIGINS

Direction = Literal["import", "export", "redistribution", "EVPN export"]

Reason = Literal[
    "session-down",
    "no-route",
    "confined",
    "as-loop",
    "no-policy",
    "import-policy",
    "export-policy",
    "redistribution-policy",
    "evpn-policy",
    "evpn-not-advertised",
    "next-hop-unresolved",
    "route-target",
    "own-segment",
    "no-host-route",
    "not-connected",
    "not-exported",
    "withdrawn",
]
"""Why a path never became a candidate, or was not announced."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A route policy that a route passed, or was stopped by."""

    device: str
    vrf: str
    direction: Direction
    peer: str
    """Device or external router at the other end of the session; empty without session."""
    policy: str
    statement: str
    """The statement that decided; empty where none matched, which rejects."""
    accepted: bool
    changes: tuple[str, ...]
    """What an accepting statement changed, such as `local_pref 100 -> 120`."""
    place: Place
    """Where the intent has the statement; of what the design generates, the external router or policy it protects."""


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """The first step of the decision process (RFC 4271 9.1.2.2, as FRR orders it) at which a candidate is worse."""

    step: str
    """Name of one of `decision.STEPS`; empty where both are the same path in everything compared."""
    against: int
    """Number of the candidate that won."""
    own: str
    other: str


class Contender(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate, in the order of the Adj-RIB-In."""

    number: int
    """From 1."""
    peer: str
    """As in `BgpRouteRow.peer`; of an EVPN route, the session's key, or `local`."""
    sender: str
    """The device or external router that sent it; the own device for own routes."""
    route: str
    """The EVPN route that it was imported from, `RD type key`; empty for others."""
    origin_device: str
    """Where an imported EVPN route was originated; empty for others."""
    next_hop: str
    as_path: str
    origin: str
    med: int
    local_pref: int
    weight: int
    communities: tuple[str, ...]
    best: bool
    multipath: bool
    lost: Lost | None
    """None for the best path."""
    not_multipath: str
    """What keeps it out of the set used for forwarding; empty for those in it."""
    passed: tuple[Passage, ...]
    """Route policies on its way here, the first one first."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A path that never became a candidate, or, among announcements, one that is not sent or not accepted."""

    sender: str
    peer: str
    reason: Reason
    detail: str
    passage: Passage | None = None
    """The policy that rejected it."""


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """To whom the best path is passed on."""

    to: str
    """Device, external router, `EVPN`, or VRF."""
    peer: str
    """The session's key, or the EVPN route `RD type key`."""
    passage: Passage | None = None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The decision for one destination at one device."""

    device: str
    vrf: str
    route: str
    """A prefix, or an EVPN route as `RD type key`."""
    installed: str
    """What the routing table has for it; empty for nothing."""
    maximum_paths: int
    candidates: tuple[Contender, ...]
    refused: tuple[Refusal, ...]
    announced: tuple[Announcement, ...]
    not_announced: tuple[Refusal, ...]
    imported: tuple[str, ...] = ()
    """Of an EVPN route: MAC-VRFs and IP-VRFs here that import it."""
    route_targets: tuple[str, ...] = ()
    """Of an EVPN route: what it carries."""

    @property
    def best(self) -> Contender | None:
        """The best path."""
        return next((c for c in self.candidates if c.best), None)


def changes(before: Attributes, after: Attributes) -> tuple[str, ...]:
    """What a policy did to attributes."""
    found: list[str] = []
    for name in ("local_pref", "med", "weight"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            found.append(f"{name} {old} -> {new}")
    if before.as_path != after.as_path:
        found.append(f"AS path {as_path_text(before.as_path) or 'empty'} -> {as_path_text(after.as_path)}")
    found += [f"community +{c}" for c in after.communities if c not in before.communities]
    found += [f"community -{c}" for c in before.communities if c not in after.communities]
    return tuple(found)


def origin_text(attributes: Attributes) -> str:
    """ORIGIN as routers print it."""
    return ORIGINS[attributes.origin]
