"""Prefix, community and AS-path lists, and route maps: one per policy and IP version.

Source: Cisco Nexus 9000 Series NX-OS Unicast Routing Configuration Guide 10.3(x), "Configuring Route Policy Manager"
(`ip prefix-list`, `ip community-list standard`, `ip as-path access-list`, `route-map` with `match` and `set`); large
communities: Cisco Network as Code, NX-OS data model, "IP Large Community List" (`ip large-community-list standard`,
`match large-community`, `set large-community-list NAME delete`). Lines of one list are alternatives.

A statement whose community set has standard and large communities becomes two entries, as within an entry all matches
must hold.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crossconnect.device.policy import Actions, Policy, RoutingPolicy
from crossconnect.nos.lines import Block, Entry
from crossconnect.nos.nxos.names import CONNECTED, DENY_ALL, UNCHANGED, community, versioned
from crossconnect.nos.nxos.names import route_map as route_map_name
from crossconnect.nos.route_maps import STEP, prefix_rule, route_map


class Use(NamedTuple):
    """A policy that something attaches."""

    name: str
    version: int
    asn: int


def render_policy(policy: RoutingPolicy, uses: Iterable[Use], built_in: set[str]) -> list[Entry]:
    """Everything that the used policies need, sets first; then the built-in route maps that are asked for."""
    by_key = {(use.name, use.version): use for use in uses}
    known = {p.name: p for p in policy.policies}
    maps: list[Entry] = []
    for key in sorted(by_key):
        attached = known.get(key[0]) or Policy(name=key[0], statements=())
        set_lines = functools.partial(_set_lines, use=by_key[key], sets=policy)
        maps += route_map(route_map_name(*key), key[1], attached, policy, set_lines, versioned)
    if CONNECTED in built_in:
        maps.append(f"route-map {CONNECTED} permit 10")
    if UNCHANGED in built_in:
        maps.append(Block(f"route-map {UNCHANGED} permit 10", ("set ip next-hop unchanged",)))
    if DENY_ALL in built_in:
        maps.append(f"route-map {DENY_ALL} deny 10")
    return [*_sets(policy, _referenced(maps)), *maps]


def _referenced(maps: Iterable[Entry]) -> set[tuple[str, str]]:
    """(kind, name) of the sets that route maps refer to: others are not written."""
    found: set[tuple[str, str]] = set()
    for item in maps:
        for line in item.body if isinstance(item, Block) else ():
            words = str(line).split()
            if "prefix-list" in words:
                found.add(("prefix", words[-1]))
            elif words[:2] in (["match", "community"], ["match", "large-community"], ["match", "as-path"]):
                found.add((words[1], words[2]))
            elif words[-1] == "delete":
                found.add(({"comm-list": "community"}.get(words[1], "large-community"), words[2]))
    return found


def _sets(policy: RoutingPolicy, used: set[tuple[str, str]]) -> Iterator[Entry]:
    for prefix_set in policy.prefix_sets:
        name = versioned(prefix_set.name, prefix_set.version)
        if ("prefix", name) in used:
            word = "ip" if prefix_set.version == 4 else "ipv6"
            for n, rule in enumerate(prefix_set.rules, 1):
                yield f"{word} prefix-list {name} seq {n * STEP} permit {prefix_rule(rule, prefix_set.version)}"
    for as_path_set in policy.as_path_sets:
        if ("as-path", as_path_set.name) in used:
            for n, pattern in enumerate(as_path_set.patterns, 1):
                yield f'ip as-path access-list {as_path_set.name} seq {n * STEP} permit "{pattern}"'
    for community_set in policy.community_sets:
        large = community_set.kind == "large"
        if ("large-community" if large else "community", community_set.name) in used:
            for n, member in enumerate(community_set.members, 1):
                word = "large-community-list" if large else "community-list"
                value = member if large else community(member)
                yield f"ip {word} standard {community_set.name} seq {n * STEP} permit {value}"


def _set_lines(actions: Actions, use: Use, sets: RoutingPolicy) -> Iterator[str]:
    """Removal before addition: a statement may replace the communities of a set by one of them."""
    if actions.communities_remove:
        for community_set in sets.community_sets:
            if community_set.name == actions.communities_remove:
                word = "comm-list" if community_set.kind == "standard" else "large-community-list"
                yield f"set {word} {community_set.name} delete"
    large = [c for c in actions.communities_add if c.count(":") == 2]
    standard = [c for c in actions.communities_add if c.count(":") != 2]
    if standard:
        yield f"set community {' '.join(map(community, dict.fromkeys(standard)))} additive"
    if large:
        yield f"set large-community {' '.join(large)} additive"
    if actions.local_pref is not None:
        yield f"set local-preference {actions.local_pref}"
    if actions.med is not None:
        yield f"set metric {actions.med}"
    if actions.tag:
        yield f"set tag {actions.tag}"
    if actions.prepend:
        yield "set as-path prepend" + f" {use.asn}" * actions.prepend
