"""Random route policies on external sessions, as many as one lab can be given one after another.

A world is what a lab is booted from: borders, spines, external routers with what they announce. A draw is what may
change while it runs: sets, policies, prefix limits, a drained switch. All draws of a world render the same sessions.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from crossconnect.model.device import Device
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.pod import NodeGroup
from crossconnect.model.policy import AsPathSet, CommunitySet, Match, Policy, PrefixSet, Set, Statement
from crossconnect.model.region import Region
from regions import small

Item = TypeVar("Item")

VRF = "red/v1"
ANNOUNCED = (
    "0.0.0.0/0",
    "192.0.2.0/24",
    "192.0.2.128/25",
    "198.51.100.0/24",
    "198.51.100.64/26",
    "203.0.113.0/24",
    "203.0.113.0/28",
    "::/0",
    "2001:db8:ffff::/48",
    "2001:db8:ffff:8000::/49",
    "2001:db8:eeee::/48",
    "2001:db8:eeee:1::/64",
)
RANGES = (
    "0.0.0.0/0",
    "0.0.0.0/0 le 32",
    "0.0.0.0/0 ge 25",
    "192.0.2.0/24",
    "192.0.2.0/24 le 25",
    "192.0.2.0/24 ge 25 le 25",
    "198.51.100.0/24 ge 25",
    "198.51.100.0/22 le 24",
    "203.0.113.0/24 ge 24 le 27",
    "203.0.113.0/24 le 28",
    "10.0.0.0/8 le 24",
    "10.1.16.0/20 ge 22",
    "::/0",
    "::/0 le 128",
    "::/0 ge 49",
    "2001:db8::/32 le 48",
    "2001:db8:ffff::/48 ge 49 le 64",
    "2001:db8:eeee::/48 le 64",
    "2001:db8:1::/48 le 64",
)
STANDARD, LARGE = ("65000:100", "65000:200", "65000:300", "no-export"), ("65000:1:2", "65000:1:3")
PATTERNS = ("^64496$", "_64496_", "^64511_", "_64511$", "_64496_64496_", "^$", "^(64496|64511)$", "^6449[0-9]")
PREFIX_SETS, COMMUNITY_SETS, AS_PATH_SETS = ("p1", "p2", "p3", "p4"), ("c1", "c2", "large", "mixed"), ("a1", "a2")
KINDS = {"large": LARGE, "mixed": STANDARD[:2] + LARGE}
REMOVABLE = COMMUNITY_SETS[:3]
"""Routers remove communities of one kind at a time (design.communities-mixed)."""


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What a lab is booted from."""

    region: Region
    sessions: tuple[tuple[str, str], ...]
    """(external router, border)."""
    recipe: str


def world(dice: random.Random) -> World:
    """One to three borders behind one or two spines; one or two external routers, of one AS or of two."""
    borders, spines = dice.randint(1, 3), dice.randint(1, 2)
    underlay = dice.choice(("numbered", "unnumbered"))
    region = small(spines=spines, leaves=1, segments=1, underlay=underlay, border=True)
    routers = [("transit1", 64496, dice.choice(("bird", "frr")))]
    if dice.random() < 0.8:
        routers.append(("transit2", dice.choice((64496, 64511)), dice.choice(("bird", "frr"))))
    names = [f"a-border{n}" for n in range(1, borders + 1)]
    at = {name: names if n == 0 else some(dice, names) for n, (name, _, _) in enumerate(routers)}
    peers = tuple(
        Peer(
            name=name,
            asn=asn,
            daemon=daemon,  # type: ignore[arg-type]
            announces=tuple(some(dice, ANNOUNCED, 4)),
            handoffs=tuple(
                Handoff(border=b, vrf=VRF, import_policy=f"in-{name}-{b}", export_policy=f"out-{name}-{b}")
                for b in at[name]
            ),
        )
        for name, asn, daemon in routers
    )
    pods = tuple(msgspec.structs.replace(pod, border_leaves=NodeGroup(count=borders)) for pod in region.pods)
    words = [f"{underlay} {spines} spines {borders} borders"]
    words += [f"{p.name} ({p.daemon}, AS {p.asn}) at {', '.join(at[p.name])}: {' '.join(p.announces)}" for p in peers]
    return World(
        region=msgspec.structs.replace(region, pods=pods, peers=peers),
        sessions=tuple((name, border) for name in at for border in at[name]),
        recipe="; ".join(words),
    )


def draw(dice: random.Random, world: World, prepends: Sequence[int] = (0, 0, 1, 2)) -> Region:
    """The region of a world with other policies, limits, and perhaps a drained switch."""
    policies = [
        Policy(name=f"{way}-{peer}-{border}", statements=statements(dice, prepends))
        for peer, border in world.sessions
        for way in ("in", "out")
    ]
    peers = tuple(
        msgspec.structs.replace(
            peer,
            handoffs=tuple(
                msgspec.structs.replace(handoff, max_prefixes=dice.choice((1, 3, 1000, 1000, 1000)))
                for handoff in peer.handoffs
            ),
        )
        for peer in world.region.peers
    )
    drained = dice.choice(["", "", "a-spine1", *(border for _, border in world.sessions)])
    return msgspec.structs.replace(
        world.region,
        peers=peers,
        policies=tuple(policies),
        prefix_sets=tuple(PrefixSet(name=name, prefixes=tuple(some(dice, RANGES, 3))) for name in PREFIX_SETS),
        community_sets=tuple(
            CommunitySet(name=n, communities=tuple(some(dice, KINDS.get(n, STANDARD)))) for n in COMMUNITY_SETS
        ),
        as_path_sets=tuple(AsPathSet(name=name, patterns=tuple(some(dice, PATTERNS))) for name in AS_PATH_SETS),
        devices=(Device(name=drained, drained=True),) if drained else (),
    )


def statements(dice: random.Random, prepends: Sequence[int]) -> tuple[Statement, ...]:
    """One to four; the last one often takes what is left, else little would come through."""
    found = [_statement(dice, f"s{n}", prepends) for n in range(1, dice.randint(1, 3) + 1)]
    if dice.random() < 0.7:
        found.append(Statement(name="rest", action="accept", set=_change(dice, prepends)))
    return tuple(found)


def _statement(dice: random.Random, name: str, prepends: Sequence[int]) -> Statement:
    match = Match(
        prefix_set=_maybe(dice, 0.6, PREFIX_SETS),
        community_set=_maybe(dice, 0.25, COMMUNITY_SETS),
        as_path_set=_maybe(dice, 0.25, AS_PATH_SETS),
        family=dice.choice(("", "", "", "ipv4", "ipv6")),  # type: ignore[arg-type]
    )
    if dice.random() < 0.3:
        return Statement(name=name, match=match, action="reject")
    return Statement(name=name, match=match, action="accept", set=_change(dice, prepends))


def _change(dice: random.Random, prepends: Sequence[int]) -> Set:
    numbers: Callable[[Sequence[int | None]], int | None] = dice.choice
    return Set(
        local_pref=numbers((None, None, 80, 100, 150)),
        med=numbers((None, None, 0, 10, 20)),
        communities_add=tuple(some(dice, STANDARD + LARGE)) if dice.random() < 0.4 else (),
        communities_remove=_maybe(dice, 0.25, REMOVABLE),
        prepend=dice.choice(prepends),
    )


def some(dice: random.Random, items: Sequence[Item], least: int = 1) -> list[Item]:
    """Some of them, in their order."""
    chosen = dice.sample(range(len(items)), dice.randint(min(least, len(items)), len(items)))
    return [items[index] for index in sorted(chosen)]


def _maybe(dice: random.Random, chance: float, items: Sequence[str]) -> str:
    return dice.choice(items) if dice.random() < chance else ""
