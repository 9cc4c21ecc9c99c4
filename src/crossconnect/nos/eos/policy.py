"""Prefix, community and AS-path lists, and route maps: one per policy and IP version.

Sources: EOS User Manual, "ACLs and Route Maps" (`route-map`, `match`, `set`, `ip prefix-list` as a block of `seq`
lines) and "BGP" (`ip community-list`, `ip large-community-list`, `ip as-path access-list`, `set community
community-list ... delete`). Lines of one list are alternatives.

A statement whose community set has standard and large communities becomes two entries, as within an entry all matches
must hold. In a drained router every entry that accepts also does what RFC 8326 asks for.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from crossconnect.device.draining import PREPEND
from crossconnect.device.policy import Actions, Policy, PrefixSet, RoutingPolicy
from crossconnect.nos.eos.names import DENY_ALL, DRAINED_IN, DRAINED_OUT, SHUTDOWN, community
from crossconnect.nos.eos.names import route_map as route_map_name
from crossconnect.nos.lines import Block, Entry
from crossconnect.nos.route_maps import STEP, prefix_rule, route_map


class Use:
    """A policy that something attaches."""

    __slots__ = ("asn", "drained", "name", "version")

    def __init__(self, name: str, version: int, asn: int, drained: str = "") -> None:
        self.name, self.version, self.asn, self.drained = name, version, asn, drained

    @property
    def key(self) -> tuple[str, int]:
        """What the route map is called by."""
        return self.name, self.version


def render_policy(policy: RoutingPolicy, uses: Iterable[Use], built_in: set[str], asn: int = 0) -> list[Entry]:
    """Everything that the used policies need, sets first; then the built-in route maps that are asked for. `asn` is put
    in front of what a drained router sends: no source says that EOS does anything with the community by itself."""
    by_key = {use.key: use for use in uses}
    known = {p.name: p for p in policy.policies}
    maps: list[Entry] = []
    for key in sorted(by_key):
        attached = known.get(key[0]) or Policy(name=key[0], statements=())
        set_lines = functools.partial(_set_lines, use=by_key[key], sets=policy)
        maps += route_map(route_map_name(*key), key[1], attached, policy, set_lines)
    if DRAINED_IN in built_in:
        maps.append(Block(f"route-map {DRAINED_IN} permit 10", ("set local-preference 0",)))
    if DRAINED_OUT in built_in:
        mark, longer = f"set community {community(SHUTDOWN)} additive", "set as-path prepend" + f" {asn}" * PREPEND
        maps.append(Block(f"route-map {DRAINED_OUT} permit 10", (mark, longer)))
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
                found.add((words[1], words[-1]))
            elif words[:2] in (["match", "community"], ["match", "large-community"], ["match", "as-path"]):
                found.add((words[1], words[2]))
            elif words[-1] == "delete":
                found.add((words[1], words[3]))
    return found


def _sets(policy: RoutingPolicy, used: set[tuple[str, str]]) -> Iterator[Entry]:
    for prefix_set in policy.prefix_sets:
        if ("ip" if prefix_set.version == 4 else "ipv6", prefix_set.name) in used:
            yield _prefix_list(prefix_set)
    for as_path_set in policy.as_path_sets:
        if ("as-path", as_path_set.name) in used:
            for pattern in as_path_set.patterns:
                yield f"ip as-path access-list {as_path_set.name} permit {pattern} any"
    for community_set in policy.community_sets:
        large = community_set.kind == "large"
        if ("large-community" if large else "community", community_set.name) in used:
            for member in community_set.members:
                word = "large-community-list" if large else "community-list"
                yield f"ip {word} {community_set.name} permit {member if large else community(member)}"


def _prefix_list(prefix_set: PrefixSet) -> Entry:
    word = "ip" if prefix_set.version == 4 else "ipv6"
    lines = [
        f"seq {n * STEP} permit {prefix_rule(rule, prefix_set.version)}" for n, rule in enumerate(prefix_set.rules, 1)
    ]
    return Block(f"{word} prefix-list {prefix_set.name}", tuple(lines))


def _set_lines(actions: Actions, use: Use, sets: RoutingPolicy) -> Iterator[str]:
    """Removal before addition: a statement may replace the communities of a set by one of them."""
    if actions.communities_remove:
        for community_set in sets.community_sets:
            if community_set.name == actions.communities_remove:
                word = "community" if community_set.kind == "standard" else "large-community"
                yield f"set {word} {word}-list {community_set.name} delete"
    large = [c for c in actions.communities_add if c.count(":") == 2]
    standard = [c for c in actions.communities_add if c.count(":") != 2]
    if use.drained == "out":
        standard.append(SHUTDOWN)
    if standard:
        yield f"set community {' '.join(map(community, dict.fromkeys(standard)))} additive"
    if large:
        yield f"set large-community {' '.join(large)} additive"
    local_pref = 0 if use.drained == "in" else actions.local_pref
    if local_pref is not None:
        yield f"set local-preference {local_pref}"
    if actions.med is not None:
        yield f"set metric {actions.med}"
    if actions.tag:
        yield f"set tag {actions.tag}"
    if actions.prepend:
        yield "set as-path prepend" + f" {use.asn}" * actions.prepend
