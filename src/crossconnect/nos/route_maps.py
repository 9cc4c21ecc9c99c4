"""What route maps and prefix lists of EOS and NX-OS have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from crossconnect.device.policy import Actions, Policy, PrefixRule, RoutingPolicy, Statement
from crossconnect.net import parse
from crossconnect.nos.lines import Entry, entry

STEP = 10
"""Between the numbers of entries."""
_BITS = {4: 32, 6: 128}
_COMMUNITY = {"standard": "community", "large": "large-community"}


def prefix_rule(rule: PrefixRule, version: int) -> str:
    """A prefix with the lengths that it takes, as a prefix list has it: `10.0.0.0/8 ge 16 le 24`."""
    length = parse(rule.prefix).length
    if rule.length_min == rule.length_max == length:
        return rule.prefix
    if rule.length_min == rule.length_max:
        return f"{rule.prefix} eq {rule.length_min}"
    text = rule.prefix
    if rule.length_min > length:
        text += f" ge {rule.length_min}"
    if rule.length_max < _BITS[version] or rule.length_min <= length:
        text += f" le {rule.length_max}"
    return text


def header_key(header: str) -> str:
    """A route map's entry is known by name and number: another verb takes its place."""
    words = header.split()
    return " ".join((words[0], words[1], words[3])) if words[0] == "route-map" and len(words) > 3 else header


def route_map(
    name: str,
    version: int,
    policy: Policy,
    sets: RoutingPolicy,
    set_lines: Callable[[Actions], Iterable[str]],
    list_name: Callable[[str, int], str] = lambda name, _: name,
) -> Iterator[Entry]:
    """A policy's entries for an IP version, or for both (0). `list_name` calls a prefix list by its set and version."""
    number = 0
    for statement in policy.statements:
        for one in (version,) if version else (4, 6):
            for matches in _alternatives(statement, one, sets, list_name, both=not version):
                number += STEP
                verb = "permit" if statement.accept else "deny"
                body = [f"description {' '.join(statement.name.split())}"] if statement.name else []
                body += matches
                if statement.accept:
                    body += set_lines(statement.actions)
                yield entry(f"route-map {name} {verb} {number}", tuple(body))
            if not version and not statement.conditions.prefix_set:
                break  # without a prefix list the entry is for both versions
    yield f"route-map {name} deny {number + STEP}"


def _alternatives(
    statement: Statement, version: int, sets: RoutingPolicy, list_name: Callable[[str, int], str], *, both: bool
) -> list[list[str]]:
    """Match lines of each entry that the statement needs in this IP version; none when it cannot match there."""
    conditions = statement.conditions
    if conditions.version not in (0, version) and not both:
        return []
    common: list[str] = []
    if conditions.prefix_set:
        if not any(s.name == conditions.prefix_set and s.version == version for s in sets.prefix_sets):
            return []
        word = "ip" if version == 4 else "ipv6"
        common.append(f"match {word} address prefix-list {list_name(conditions.prefix_set, version)}")
    if conditions.as_path_set:
        common.append(f"match as-path {conditions.as_path_set}")
    if conditions.tag:
        common.append(f"match tag {conditions.tag}")
    if not conditions.community_set:
        return [common]
    kinds = [s.kind for s in sets.community_sets if s.name == conditions.community_set]
    return [[*common, f"match {_COMMUNITY[kind]} {conditions.community_set}"] for kind in kinds]
