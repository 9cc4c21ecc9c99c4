"""Routing policy: prefix lists, community lists, AS-path lists and route maps.

A policy becomes one route map per IP version that a session needs of it, because in FRR an entry with both `match ip
address` and `match ipv6 address` wants both to hold, and no route is of both versions. What cannot match in a version
is left out there. A statement whose community set has standard and large communities becomes two entries, as within
an entry all matches must hold and the set means any.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from crossconnect.device.policy import Actions, CommunitySet, Policy, PrefixRule, PrefixSet, RoutingPolicy, Statement
from crossconnect.net import parse
from crossconnect.nos.frr.communities import community_word, ordered
from crossconnect.nos.frr.facts import ROUTE_MAP_INDEX_GOES_STALE, Version
from crossconnect.nos.frr.names import ALLOW_FABRIC, DENY_ALL, one_line, route_map_name
from crossconnect.nos.frr.tree import Block, Entry

Use = tuple[str, int, int]
"""A policy that something attaches: name, IP version, ASN to prepend."""

_SEQUENCE_LAST = 65535
_BITS = {4: 32, 6: 128}
_LIST_WORD = {"standard": "community-list", "large": "large-community-list"}


def render_policy(
    routing_policy: RoutingPolicy, uses: Iterable[Use], built_in: Collection[str], version: Version
) -> list[Entry]:
    """Everything that the used policies need, sets first; then the built-in route maps that are asked for."""
    entries: list[Entry] = []
    for prefix_set in routing_policy.prefix_sets:
        entries += _prefix_list(prefix_set)
    for as_path_set in routing_policy.as_path_sets:
        entries += [
            f"bgp as-path access-list {as_path_set.name} seq {n} permit {pattern}"
            for n, pattern in enumerate(as_path_set.patterns, 1)
        ]
    for community_set in routing_policy.community_sets:
        word = _LIST_WORD[community_set.kind]
        entries += [
            f"bgp {word} standard {community_set.name} seq {n} permit {community_word(member)}"
            for n, member in enumerate(community_set.members, 1)
        ]
    policies = {p.name: p for p in routing_policy.policies}
    for name, ip_version, asn in sorted(set(uses)):
        policy = policies.get(name) or Policy(name=name, statements=())
        if version in ROUTE_MAP_INDEX_GOES_STALE:
            entries.append(f"no route-map {route_map_name(name, ip_version)} optimization")
        entries += _route_map(policy, ip_version, asn, routing_policy)
    if ALLOW_FABRIC in built_in:
        entries.append(Block(f"route-map {ALLOW_FABRIC} permit 10"))
    if DENY_ALL in built_in:
        entries.append(Block(f"route-map {DENY_ALL} deny {_SEQUENCE_LAST}"))
    return entries


def _prefix_list(prefix_set: PrefixSet) -> list[Entry]:
    word = "ip" if prefix_set.version == 4 else "ipv6"
    return [
        f"{word} prefix-list {prefix_set.name} seq {n} permit {prefix_rule(rule)}"
        for n, rule in enumerate(prefix_set.rules, 1)
    ]


def prefix_rule(rule: PrefixRule) -> str:
    """A prefix with the lengths that it takes, as a prefix list has it: `10.0.0.0/8 ge 16 le 24`."""
    version, _, length = parse(rule.prefix)
    text = rule.prefix
    if rule.length_min > length:
        text += f" ge {rule.length_min}"
    if rule.length_max > length and (rule.length_max < _BITS[version] or rule.length_min <= length):
        text += f" le {rule.length_max}"
    return text


def _route_map(policy: Policy, version: int, asn: int, sets: RoutingPolicy) -> list[Entry]:
    name = route_map_name(policy.name, version)
    entries: list[tuple[Statement, list[str]]] = []
    for statement in policy.statements:
        entries += [(statement, matches) for matches in _alternatives(statement, version, sets)]
    step = 10 if len(entries) * 10 < _SEQUENCE_LAST else 1
    out: list[Entry] = []
    for n, (statement, matches) in enumerate(entries, 1):
        verb = "permit" if statement.accept else "deny"
        body = [f"description {one_line(statement.name)}", *matches]
        if statement.accept:
            body += _set_lines(statement.actions, asn, sets.community_sets)
        out.append(Block(f"route-map {name} {verb} {n * step}", tuple(body)))
    out.append(Block(f"route-map {name} deny {_SEQUENCE_LAST}"))
    return out


def _alternatives(statement: Statement, version: int, sets: RoutingPolicy) -> list[list[str]]:
    """Match lines of each entry that the statement needs in this IP version; none when it cannot match there."""
    conditions = statement.conditions
    if conditions.version not in (0, version):
        return []
    common: list[str] = []
    if conditions.prefix_set:
        if not any(s.name == conditions.prefix_set and s.version == version for s in sets.prefix_sets):
            return []
        common.append(f"match {'ip' if version == 4 else 'ipv6'} address prefix-list {conditions.prefix_set}")
    if conditions.tag:
        common.append(f"match tag {conditions.tag}")
    if conditions.as_path_set:
        common.append(f"match as-path {conditions.as_path_set}")
    if not conditions.community_set:
        return [common]
    kinds = [s.kind for s in sets.community_sets if s.name == conditions.community_set]
    return [
        [*common, f"match {'community' if kind == 'standard' else 'large-community'} {conditions.community_set}"]
        for kind in kinds
    ]


def _set_lines(actions: Actions, asn: int, community_sets: Sequence[CommunitySet]) -> list[str]:
    """Removal before addition: a statement may replace the communities of a set by one of them."""
    out: list[str] = []
    if actions.communities_remove:
        for community_set in community_sets:
            if community_set.name == actions.communities_remove:
                word = "comm-list" if community_set.kind == "standard" else "large-comm-list"
                out.append(f"set {word} {community_set.name} delete")
    large = [c for c in actions.communities_add if c.count(":") == 2]
    standard = [c for c in actions.communities_add if c.count(":") != 2]
    if standard:
        out.append(f"set community {' '.join(ordered(standard))} additive")
    if large:
        out.append(f"set large-community {' '.join(large)} additive")
    if actions.local_pref is not None:
        out.append(f"set local-preference {actions.local_pref}")
    if actions.med is not None:
        out.append(f"set metric {actions.med}")
    if actions.tag:
        out.append(f"set tag {actions.tag}")
    if actions.prepend:
        out.append("set as-path prepend" + f" {asn}" * actions.prepend)
    return out
