"""Policies, communities and AS paths; and the policies that Junos needs where others have a command.

Junos "Routing Policies, Firewall Filters, and Traffic Policers User Guide": "Understanding Route Filters" (filters of
one term are matched by the longest prefix first, and a miss there is final: a set with a prefix inside another one
becomes a term a prefix), "Understanding BGP Communities ... as Match Conditions" (members of one community are all
wanted, communities of a list are alternatives: a community a member), "Understanding AS Path Regular Expressions"
(operands are whole AS numbers, both ends are anchored).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from crossconnect.device.policy import Actions, Policy, PrefixRule, PrefixSet, RoutingPolicy, Statement
from crossconnect.net import contains, parse, version_of
from crossconnect.nos.junos.names import bracketed, policy_name
from crossconnect.nos.lines import Entry, entry

GRACEFUL_SHUTDOWN = "65535:0"
_WELL_KNOWN = {"blackhole": "65535:666", "graceful-shutdown": GRACEFUL_SHUTDOWN}
_SIMPLE_PATH = re.compile(r"\^?_?(?:\d+|\.\*|_)*_?\$?")


def junos_as_path(pattern: str) -> str:
    """A regular expression over text as one over AS numbers: `^64496_` is `64496 .*`.

    Raises ValueError for one that has no such form.
    """
    if not _SIMPLE_PATH.fullmatch(pattern) or not pattern:
        raise ValueError(f"AS-path expression {pattern} has no form over whole AS numbers")
    inner = pattern.removeprefix("^").removesuffix("$")
    words = [word for word in re.split(r"_|(\.\*)", inner) if word]
    begins = pattern.startswith("^") or inner.startswith((".*", "_"))
    if not words or not begins or not (pattern.endswith("$") or inner.endswith((".*", "_"))):
        if words or pattern != "^$":
            raise ValueError(f"AS-path expression {pattern} would match parts of AS numbers")
        return "()"
    first = [] if pattern.startswith("^") or words[0] == ".*" else [".*"]
    last = [] if pattern.endswith("$") or words[-1] == ".*" else [".*"]
    return " ".join([*first, *words, *last])


def community_name(member: str) -> str:
    """Name of the community with one member."""
    return "c-" + member.replace(":", "-")


def community_member(member: str) -> str:
    """The member in Junos' words; large ones (RFC 8092) say so."""
    return f"large:{member}" if member.count(":") == 2 else _WELL_KNOWN.get(member, member)


def communities_of(sets: RoutingPolicy, name: str) -> list[str]:
    """Names of the communities that stand for a set."""
    return [community_name(m) for s in sets.community_sets if s.name == name for m in s.members]


def filters(rules: Iterable[PrefixRule]) -> list[list[str]]:
    """Route filters of a set: together, or one each where longest-match would get in the way."""
    each = list(rules)
    lines = [_filter(rule) for rule in each]
    nested = any(
        a != b and contains(a.prefix, b.prefix) and a.length_max >= parse(b.prefix).length for a in each for b in each
    )
    return [[line] for line in lines] if nested else [lines]


def _filter(rule: PrefixRule) -> str:
    length = parse(rule.prefix).length
    line = f"route-filter {rule.prefix}"
    if rule.length_min == rule.length_max == length:
        return f"{line} exact"
    if rule.length_min == length:
        whole = rule.length_max == (32 if version_of(rule.prefix) == 4 else 128)
        return f"{line} orlonger" if whole else f"{line} upto /{rule.length_max}"
    return f"{line} prefix-length-range /{rule.length_min}-/{rule.length_max}"


def alternatives(statement: Statement, version: int, sets: RoutingPolicy) -> list[list[str]]:
    """`from` lines of each term that a statement needs for an IP version; none where it cannot match."""
    conditions = statement.conditions
    if conditions.version not in (0, version):
        return []
    common: list[str] = []
    if conditions.tag:
        common.append(f"tag {conditions.tag}")
    if conditions.as_path_set:
        common.append(f"as-path-group {conditions.as_path_set}")
    if conditions.community_set:
        names = communities_of(sets, conditions.community_set)
        if not names:
            return []
        common.append(bracketed("community", names))
    if not conditions.prefix_set:
        return [common]
    found: list[PrefixSet] = [s for s in sets.prefix_sets if s.name == conditions.prefix_set and s.version == version]
    return [[*common, *group] for s in found for group in filters(s.rules) if group]


def terms(
    policy: Policy, version: int, sets: RoutingPolicy, asn: int, drained: bool = False, where: str = ""
) -> Iterator[Entry]:
    """Terms of a policy for one IP version. `where` is a further condition of each; no last reject."""
    for n, statement in enumerate(policy.statements, 1):
        for part, lines in enumerate(alternatives(statement, version, sets), 1):
            name = f"{n}-{statement.name}" + (f"-{part}" if part > 1 else "")
            if where:
                name = f"{where.rpartition(' ')[2]}-{name}"
            yield _term(name, [where, *lines] if where else lines, _then(statement, sets, asn, drained))


def _term(name: str, conditions: list[str], then: list[str]) -> Entry:
    body: list[Entry] = [entry("from", conditions)] if conditions else []
    return entry(f"term {name}", [*body, entry("then", then)])


def _then(statement: Statement, sets: RoutingPolicy, asn: int, drained: bool) -> list[str]:
    if not statement.accept:
        return ["reject"]
    actions: Actions = statement.actions
    out: list[str] = []
    preference = 0 if drained else actions.local_pref
    if actions.med is not None:
        out.append(f"metric {actions.med}")
    if preference is not None:
        out.append(f"local-preference {preference}")
    added = [community_name(member) for member in actions.communities_add]
    out += [
        f"community delete {name}" for name in communities_of(sets, actions.communities_remove) if name not in added
    ]
    out += [f"community add {name}" for name in added]
    if actions.tag:
        out.append(f"tag {actions.tag}")
    if actions.prepend:
        out.append(f'as-path-prepend "{" ".join([str(asn)] * actions.prepend)}"')
    return [*out, "accept"]


REFUSE: Entry = entry("term last", [entry("then", ["reject"])])


def statement_block(
    policy: Policy, version: int, sets: RoutingPolicy, asn: int, drained: bool, first: Iterable[Entry] = ()
) -> Entry:
    """A whole policy of a session, for one IP version."""
    body = [*first, *terms(policy, version, sets, asn, drained), REFUSE]
    return entry(f"policy-statement {policy_name(policy.name, version)}", body)


def used_members(blocks: Iterable[Entry]) -> set[str]:
    """Names of the communities that policies mention, and of AS-path groups with `as-path-group ` before them."""
    found: set[str] = set()
    for block in blocks:
        if not isinstance(block, str):
            found |= used_members(block.body)
            continue
        if block.startswith("community "):
            found.update(word for word in block.split() if word.startswith("c-"))
        if block.startswith("as-path-group "):
            found.add(block)
    return found


def lists(sets: RoutingPolicy, blocks: list[Entry]) -> list[Entry]:
    """Communities and AS-path groups that the policies use."""
    used = used_members(blocks)
    members = {m for s in sets.community_sets for m in s.members} | {GRACEFUL_SHUTDOWN}
    members |= {m for p in sets.policies for s in p.statements for m in s.actions.communities_add}
    out: list[Entry] = []
    for group in sets.as_path_sets:
        if f"as-path-group {group.name}" in used:
            paths: list[Entry] = []
            for n, pattern in enumerate(group.patterns, 1):
                try:
                    paths.append(f'as-path {group.name}-{n} "{junos_as_path(pattern)}"')
                except ValueError:
                    continue  # Said by the lint: `junos.as-path`.
            out.append(entry(f"as-path-group {group.name}", paths))
    for member in sorted(members):
        if community_name(member) in used:
            out.append(entry(f"community {community_name(member)}", [f"members {community_member(member)}"]))
    return out
