"""Routing policy: prefix, community, AS-path and tag sets; the design's policies; the fabric's own.

A set of both IP versions is one prefix set here, one of standard and large communities one community set that matches
with any of its members. Marks on routes are internal tags: the device never sends them. AS-path expressions are in
character mode; `_` (a border between ASNs, elsewhere) is written out.

Sources: Nokia SR Linux 25.3 Routing Protocols Guide, "Routing policies" (sets, match conditions, actions, default
action), "Route leaking between network instances"; VPN Services Guide 24.10, "Route internal tags" (in the FIB and on
EVPN routes, never sent, two at most); srl_nokia-routing-policy of the release (`regex-mode`, `match-set-options`,
`mask-length-range`, `tag-set`). RFC 8326 3 for what a drained router and its neighbours do.
"""

from __future__ import annotations

from collections.abc import Iterable

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.draining import PREPEND
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.device.policy import Actions, Conditions, Policy, RoutingPolicy, Statement
from crossconnect.net import parse
from crossconnect.nos.document import Value
from crossconnect.nos.srlinux.evpn import (
    advertised_versions,
    connected_versions,
    evpn_in,
    evpn_out,
    leak_from,
    leak_into,
    needs_in,
    needs_out,
    target,
    target_set,
)
from crossconnect.nos.srlinux.names import (
    FABRIC_IN,
    FABRIC_OUT,
    GRACEFUL_SHUTDOWN,
    LOOPBACKS,
    SHUTDOWN,
    added_set,
    every_set,
    tag_set,
)

_FAMILY = {4: "srl_nokia-common:ipv4-unicast", 6: "srl_nokia-common:ipv6-unicast"}
_EVPN = "srl_nokia-common:evpn"
_ACCEPT: Value = {"policy-result": "accept"}
_REJECT: Value = {"policy-result": "reject"}


class _Sets:
    """What the rendered statements refer to, in the order in which they do."""

    def __init__(self) -> None:
        self.communities: dict[str, list[str]] = {}
        self.tags: set[int] = set()


def render_policy(device: DeviceConfiguration) -> dict[str, Value]:
    """`routing-policy`: the sets that are used, then the policies."""
    given = device.routing_policy
    sets = _Sets()
    imports, exports = session_policies(device)
    drained = any(i.bgp is not None and i.bgp.graceful_shutdown for i in device.network_instances)
    policies: list[Value] = []
    for policy in given.policies:
        if policy.name in imports | exports:
            actions = Actions(
                local_pref=0 if drained and policy.name in imports else None,
                communities_add=(GRACEFUL_SHUTDOWN,) if drained and policy.name in exports else (),
            )
            policies.append(_policy(policy.name, [_statement(n, s, sets, actions) for n, s in _named(policy)]))
    policies += _instances(device, sets)
    policies += _fabric(device, sets, drained)
    out: dict[str, Value] = {}
    as_paths: list[Value] = [
        {
            "name": s.name,
            "regex-mode": "character",
            "as-path-set-member": [as_path_expression(p) for p in s.patterns],
        }
        for s in given.as_path_sets
    ]
    communities = _community_sets(given, sets)
    prefixes = _prefix_sets(device)
    tags: list[Value] = [{"name": tag_set(t), "tag-value": [t]} for t in sorted(sets.tags)]
    for name, value in (
        ("as-path-set", as_paths),
        ("community-set", communities),
        ("prefix-set", prefixes),
        ("tag-set", tags),
        ("policy", policies),
    ):
        if value:
            out[name] = value
    return out


def session_policies(device: DeviceConfiguration) -> tuple[set[str], set[str]]:
    """Names of the policies that sessions have, for import and for export."""
    imports: set[str] = set()
    exports: set[str] = set()
    for instance in device.network_instances:
        for neighbor in instance.bgp.neighbors if instance.bgp else ():
            for family in neighbor.families:
                imports.add(family.import_policy)
                exports.add(family.export_policy)
    return imports - {""}, exports - {""}


def as_path_expression(pattern: str) -> str:
    """An expression of the design in SR Linux' character mode."""
    return pattern.replace("_", "(^| |$)")


def _named(policy: Policy) -> list[tuple[str, Statement]]:
    """Statements with names: those that have none, or one that was there before, get their number."""
    out: dict[str, Statement] = {}
    for n, statement in enumerate(policy.statements, 1):
        name = statement.name or f"{n * 10}"
        out[name if name not in out else f"{name}-{n * 10}"] = statement
    return list(out.items())


def _policy(name: str, statements: list[Value], result: Value = _REJECT) -> Value:
    out: dict[str, Value] = {"name": name, "default-action": result}
    if statements:
        out["statement"] = statements
    return out


def _statement(name: str, statement: Statement, sets: _Sets, further: Actions, source: str = "") -> Value:
    out: dict[str, Value] = {"name": name}
    match = _match(statement.conditions, sets)
    if source:
        match["origin-network-instance"] = source
    if match:
        out["match"] = match
    out["action"] = _action(statement, sets, further) if statement.accept else _REJECT
    return out


def _match(conditions: Conditions, sets: _Sets) -> dict[str, Value]:
    out: dict[str, Value] = {}
    if conditions.prefix_set:
        out["prefix"] = {"prefix-set": conditions.prefix_set}
    if conditions.version:
        out["family"] = [_FAMILY[conditions.version]]
    if conditions.tag:
        sets.tags.add(conditions.tag)
        out["internal-tags"] = {"tag-set": [tag_set(conditions.tag)], "match-set-options": "any"}
    bgp: dict[str, Value] = {}
    if conditions.as_path_set:
        bgp["as-path"] = {"as-path-set": conditions.as_path_set, "match-set-options": "any"}
    if conditions.community_set:
        bgp["community-set"] = conditions.community_set
    if bgp:
        out["bgp"] = bgp
    return out


def _action(statement: Statement, sets: _Sets, further: Actions) -> Value:
    actions = statement.actions
    bgp: dict[str, Value] = {}
    if actions.prepend:
        bgp["as-path"] = {"prepend": {"as-number": "auto", "repeat-n": actions.prepend}}
    communities: dict[str, Value] = {}
    if added := tuple(dict.fromkeys((*actions.communities_add, *further.communities_add))):
        name = added_set(added)
        sets.communities[name] = list(added)
        communities["add"] = name
    if actions.communities_remove:
        communities["remove"] = actions.communities_remove
    if communities:
        bgp["communities"] = communities
    local_pref = further.local_pref if further.local_pref is not None else actions.local_pref
    if local_pref is not None:
        bgp["local-preference"] = {"set": local_pref}
    if actions.med is not None:
        bgp["med"] = {"operation": "set", "value": actions.med}
    out: dict[str, Value] = {"policy-result": "accept"}
    if bgp:
        out["bgp"] = bgp
    if actions.tag:
        sets.tags.add(actions.tag)
        out["internal-tags"] = {"set-tag-set": [tag_set(actions.tag)]}
    return out


def _instances(device: DeviceConfiguration, sets: _Sets) -> list[Value]:
    """Policies of VRFs: what they leak, and what of them becomes EVPN routes."""
    known = {p.name: p for p in device.routing_policy.policies}
    sources = {name for i in device.network_instances for name in i.imports}
    out: list[Value] = []
    for instance in device.network_instances:
        if instance.name in sources and instance.kind == "l3vrf":
            out.append(_policy(leak_from(instance), [], _ACCEPT))
        if instance.imports:
            policy = known.get(instance.imports_policy) or Policy(name="", statements=(_EVERYTHING,))
            statements = [
                _statement(f"{source}-{name}", statement, sets, Actions(), source)
                for source in instance.imports
                for name, statement in _named(policy)
            ]
            out.append(_policy(leak_into(instance), statements))
        if needs_out(instance):
            bgp = instance.bgp
            policy = known.get(bgp.evpn_advertise_policy if bgp else "") or Policy(name="", statements=(_EVERYTHING,))
            targets = Actions(communities_add=tuple(target(t) for t in instance.export_rts))
            statements = [_statement(n, s, sets, targets) for n, s in _named(policy)]
            out.append(_policy(evpn_out(instance), [*_kept_back(instance), *statements]))
        if needs_in(instance):
            sets.communities[target_set(instance)] = [target(t) for t in instance.import_rts]
            match: Value = {"bgp": {"community-set": target_set(instance)}}
            out.append(_policy(evpn_in(instance), [{"name": "targets", "match": match, "action": _ACCEPT}]))
    return out


def _kept_back(instance: NetworkInstance) -> list[Value]:
    """Statements that keep out of EVPN the IP versions and connected routes that the design does not announce."""
    advertised, connected = advertised_versions(instance), connected_versions(instance)
    out: list[Value] = []
    for version in (4, 6):
        every: dict[str, Value] = {"prefix": {"prefix-set": every_set(version)}}
        if version not in advertised:
            out.append({"name": f"no-ipv{version}", "match": every, "action": _REJECT})
        elif version not in connected:
            match: Value = {**every, "protocol": "srl_nokia-common:local"}
            out.append({"name": f"no-connected-ipv{version}", "match": match, "action": _REJECT})
    return out


_EVERYTHING = Statement(name="all", conditions=Conditions(), accept=True)


def _fabric(device: DeviceConfiguration, sets: _Sets, drained: bool) -> list[Value]:
    """What fabric sessions take and give: everything of BGP and EVPN, and the own loopback addresses.

    SR Linux does nothing by itself with GRACEFUL_SHUTDOWN: what a neighbour that is drained marks with it becomes the
    last choice here (RFC 8326 3.1).
    """
    default = next((i.bgp for i in device.network_instances if i.kind == "default"), None)
    if default is None or not any(n.kind == "fabric" for n in default.neighbors):
        return []
    sets.communities[SHUTDOWN] = [GRACEFUL_SHUTDOWN]
    last: Value = {"policy-result": "accept", "bgp": {"local-preference": {"set": 0}}}
    marked: Value = {"name": "shutdown", "match": {"bgp": {"community-set": SHUTDOWN}}, "action": last}
    taken = _policy(FABRIC_IN, [], last) if drained else _policy(FABRIC_IN, [marked], _ACCEPT)
    given: Value = {"policy-result": "accept"}
    if drained:
        longer: Value = {"prepend": {"as-number": "auto", "repeat-n": PREPEND}}
        given = {"policy-result": "accept", "bgp": {"as-path": longer, "communities": {"add": SHUTDOWN}}}
    statements: list[Value] = []
    if _originated(device):
        own: Value = {"prefix": {"prefix-set": LOOPBACKS}, "protocol": "srl_nokia-common:local"}
        statements.append({"name": "own", "match": own, "action": given})
    statements.append({"name": "learned", "match": {"protocol": "srl_nokia-common:bgp"}, "action": given})
    families = {f.family for n in default.neighbors for f in n.families}
    if "l2vpn-evpn" in families:
        statements.append({"name": "evpn", "match": {"family": [_EVPN]}, "action": given})
    return [taken, _policy(FABRIC_OUT, statements)]


def _originated(device: DeviceConfiguration) -> list[str]:
    bgp = next((i.bgp for i in device.network_instances if i.kind == "default"), None)
    return [network for o in (bgp.originate if bgp else ()) for network in o.networks]


def _prefix_sets(device: DeviceConfiguration) -> list[Value]:
    rules: dict[str, list[Value]] = {}
    for prefix_set in device.routing_policy.prefix_sets:
        for rule in prefix_set.rules:
            length = parse(rule.prefix).length
            exact = rule.length_min == length == rule.length_max
            lengths = "exact" if exact else f"{rule.length_min}..{rule.length_max}"
            rules.setdefault(prefix_set.name, []).append({"ip-prefix": rule.prefix, "mask-length-range": lengths})
    exported = [i for i in device.network_instances if i.kind == "l3vrf" and i.vni]
    for version, prefix, lengths in ((4, "0.0.0.0/0", "0..32"), (6, "::/0", "0..128")):
        if any(version not in advertised_versions(i) & connected_versions(i) for i in exported):
            rules[every_set(version)] = [{"ip-prefix": prefix, "mask-length-range": lengths}]
    if networks := _originated(device):
        rules[LOOPBACKS] = [{"ip-prefix": n, "mask-length-range": "exact"} for n in networks]
    return [{"name": name, "prefix": prefixes} for name, prefixes in rules.items()]


def _community_sets(given: RoutingPolicy, sets: _Sets) -> list[Value]:
    members: dict[str, list[str]] = {}
    for community_set in given.community_sets:
        members.setdefault(community_set.name, []).extend(community_set.members)
    out = [_community_set(name, of) for name, of in members.items()]
    return out + [_community_set(name, of) for name, of in sets.communities.items()]


def _community_set(name: str, members: Iterable[str]) -> Value:
    return {"name": name, "member": list(members), "match-set-options": "any"}
