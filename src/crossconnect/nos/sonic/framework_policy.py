"""Route policies in the tables of the FRR management framework.

Sources: sonic-routing-policy-sets.yang (`PREFIX_SET`, `PREFIX`, `COMMUNITY_SET`, `AS_PATH_SET`), sonic-route-map.yang
(`ROUTE_MAP_SET`, `ROUTE_MAP`); frrcfgd.py and `bgpd.conf.db.*.j2` of sonic-frr-mgmt-framework, which say what becomes
of each field. Facts from these that decided something here:

- a prefix set has one IP version, and `match_ipv6_prefix_set` of the model is read by nobody: sets are per version, and
  `match_prefix_set` names either
- there are no large communities, no removal of communities, and no field that sets a tag is read
- what is in lists is joined by commas, so an AS path expression can have none
- `set_asn` with `set_repeat_asn` breaks the template at start (it compares text with a number), `set_asn_list` does not
- the members of `set_community_inline` are the words of FRR's line, so `additive` is the last of them

A policy with a statement that cannot be said becomes a route map that denies everything, never one without it.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.bgp import Neighbor
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.policy import Actions, Policy, RoutingPolicy, Statement
from crossconnect.net import parse
from crossconnect.nos.document import Value
from crossconnect.nos.frr.names import ALLOW_FABRIC, DENY_ALL, FAMILY_VERSION, route_map_name
from crossconnect.nos.frr.policy import Use
from crossconnect.nos.sonic.tables import Fields, Table, Tables, fields

SEQUENCE_LAST = 65535
_MODES = {4: "IPv4", 6: "IPv6"}
_NUMBERS = {
    "blackhole": "65535:666",
    "graceful-shutdown": "65535:0",
    "no-export": "65535:65281",
    "no-advertise": "65535:65282",
    "no-peer": "65535:65284",
}


def policy_tables(device: DeviceConfiguration) -> Tables:
    """Sets, and a route map per policy and IP version that something attaches."""
    policy = device.routing_policy
    maps: Table = {}
    entries: Table = {}
    built_in = _attached(device)
    if ALLOW_FABRIC in built_in:
        maps[ALLOW_FABRIC] = {}
        entries[f"{ALLOW_FABRIC}|10"] = fields(route_operation="permit")
    if DENY_ALL in built_in:
        maps[DENY_ALL] = {}
        entries[f"{DENY_ALL}|{SEQUENCE_LAST}"] = fields(route_operation="deny")
    policies = {p.name: p for p in policy.policies}
    for name, version, asn in sorted(uses(device)):
        map_name = route_map_name(name, version)
        maps[map_name] = {}
        known = policies.get(name) or Policy(name=name, statements=())
        entries |= {f"{map_name}|{n}": entry for n, entry in _entries(known, version, asn, policy)}
    return {**_set_tables(policy), "ROUTE_MAP_SET": maps, "ROUTE_MAP": entries}


def attached_map(neighbor: Neighbor, policy: str, version: int) -> str:
    """The route map of a session's family in one direction; there is always one."""
    if policy and version:
        return route_map_name(policy, version)
    return DENY_ALL if neighbor.kind == "external" or policy else ALLOW_FABRIC


def _attached(device: DeviceConfiguration) -> set[str]:
    return {
        attached_map(neighbor, policy, FAMILY_VERSION[family.family])
        for instance in device.network_instances
        if instance.bgp is not None
        for neighbor in instance.bgp.neighbors
        for family in neighbor.families
        for policy in (family.import_policy, family.export_policy)
    }


def uses(device: DeviceConfiguration) -> set[Use]:
    """Which policies the device attaches where the tables have a place for one."""
    out: set[Use] = set()
    for instance in device.network_instances:
        bgp = instance.bgp
        if bgp is None:
            continue
        for originate in bgp.originate:
            if originate.connected and originate.connected_policy:
                out.add((originate.connected_policy, FAMILY_VERSION[originate.family], bgp.asn))
        if instance.imports and instance.imports_policy:
            out |= {(instance.imports_policy, version, bgp.asn) for version in (4, 6)}
        for neighbor in bgp.neighbors:
            for family in neighbor.families:
                version = FAMILY_VERSION[family.family]
                out |= {(p, version, bgp.asn) for p in (family.import_policy, family.export_policy) if p and version}
    return out


def unsaid(statement: Statement, sets: RoutingPolicy) -> Iterator[str]:
    """What of a statement the tables have no place for, in words."""
    conditions, actions = statement.conditions, statement.actions
    if conditions.community_set and "large" in _kinds(conditions.community_set, sets):
        yield f"it matches large communities ({conditions.community_set})"
    if any("," in p for s in sets.as_path_sets if s.name == conditions.as_path_set for p in s.patterns):
        yield f"an AS path expression of {conditions.as_path_set} has a comma"
    if not statement.accept:
        return
    if actions.communities_remove:
        yield f"it removes communities ({actions.communities_remove})"
    if large := [c for c in actions.communities_add if c.count(":") == 2]:
        yield f"it adds large communities ({', '.join(large)})"
    if actions.tag:
        yield "it marks routes for other policies of the device"


def _kinds(name: str, sets: RoutingPolicy) -> set[str]:
    return {s.kind for s in sets.community_sets if s.name == name}


def _set_tables(sets: RoutingPolicy) -> Tables:
    tables: Tables = {"PREFIX_SET": {}, "PREFIX": {}, "COMMUNITY_SET": {}, "AS_PATH_SET": {}}
    for prefix_set in sets.prefix_sets:
        name = route_map_name(prefix_set.name, prefix_set.version)
        tables["PREFIX_SET"][name] = fields(mode=_MODES[prefix_set.version])
        for n, rule in enumerate(prefix_set.rules, 1):
            exact = rule.length_min == rule.length_max == parse(rule.prefix).length
            lengths = "exact" if exact else f"{rule.length_min}..{rule.length_max}"
            tables["PREFIX"][f"{name}|{n}|{rule.prefix}|{lengths}"] = fields(action="permit")
    for community_set in sets.community_sets:
        if community_set.kind == "standard":
            members: list[Value] = [_NUMBERS.get(m, m) for m in community_set.members]
            tables["COMMUNITY_SET"][community_set.name] = {
                **fields(set_type="STANDARD", match_action="ANY", action="permit"),
                "community_member": members,
            }
    for as_path_set in sets.as_path_sets:
        if not any("," in pattern for pattern in as_path_set.patterns):
            patterns: list[Value] = [*as_path_set.patterns]
            tables["AS_PATH_SET"][as_path_set.name] = {**fields(action="permit"), "as_path_set_member": patterns}
    return tables


def _entries(policy: Policy, version: int, asn: int, sets: RoutingPolicy) -> Iterator[tuple[int, Fields]]:
    """The numbered entries of a route map; only the last one, which denies, where a statement cannot be said."""
    said = [s for s in policy.statements if _matches_in(s, version, sets)]
    if not any(list(unsaid(statement, sets)) for statement in policy.statements):
        step = 10 if len(said) * 10 < SEQUENCE_LAST else 1
        for n, statement in enumerate(said, 1):
            entry = {**fields(route_operation="permit" if statement.accept else "deny"), **_match(statement, version)}
            yield n * step, {**entry, **(_set(statement.actions, asn) if statement.accept else {})}
    yield SEQUENCE_LAST, fields(route_operation="deny")


def _matches_in(statement: Statement, version: int, sets: RoutingPolicy) -> bool:
    conditions = statement.conditions
    if conditions.version not in (0, version):
        return False
    names = {s.name for s in sets.prefix_sets if s.version == version}
    if conditions.prefix_set and conditions.prefix_set not in names:
        return False
    return not conditions.community_set or bool(_kinds(conditions.community_set, sets))


def _match(statement: Statement, version: int) -> Fields:
    conditions = statement.conditions
    out = fields(
        match_prefix_set=route_map_name(conditions.prefix_set, version) if conditions.prefix_set else None,
        match_community=conditions.community_set,
        match_as_path=conditions.as_path_set,
    )
    return {**out, "match_tag": [str(conditions.tag)]} if conditions.tag else out


def _set(actions: Actions, asn: int) -> Fields:
    out = fields(
        set_local_pref=actions.local_pref,
        set_med=actions.med,
        set_asn_list=",".join([str(asn)] * actions.prepend),
    )
    if actions.communities_add:
        numbers = sorted({_NUMBERS.get(c, c) for c in actions.communities_add}, key=_by_value)
        words: list[Value] = [*numbers, "additive"]
        out["set_community_inline"] = words
    return out


def _by_value(community: str) -> tuple[int, ...]:
    return tuple(int(part) for part in community.split(":") if part.isdigit())
