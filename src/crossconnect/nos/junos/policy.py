"""`policy-options`: policies with prefixes written into their terms, a definition per community and AS path.

Source: Junos OS "Routing Policies, Firewall Filters, and Traffic Policers User Guide" (`policy-statement`,
`route-filter`, `community` with `add` and `delete`, `as-path`, `as-path-prepend`).

In one term all kinds of conditions must hold, and of each kind one: names of communities are alternatives. A statement
about prefixes of both versions becomes a term for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.draining import PREPEND
from crossconnect.device.policy import Actions, Conditions, Policy, PrefixRule, RoutingPolicy, Statement
from crossconnect.net import parse
from crossconnect.nos.junos.names import (
    DENY_ALL,
    ECMP,
    FABRIC_IN,
    FABRIC_OUT,
    SHUTDOWN,
    as_path,
    community_member,
    community_name,
    quoted,
)
from crossconnect.nos.lines import Block, Entry, entry

_FAMILY = {4: "inet", 6: "inet6"}
_REJECT = Block("term rest", ("then reject",))
_ANY = Conditions()


class Needed:
    """Communities and AS paths that terms refer to."""

    def __init__(self) -> None:
        self.communities: dict[str, None] = {}
        self.as_paths: dict[str, str] = {}

    def community(self, community: str) -> str:
        """Its definition's name."""
        self.communities[community] = None
        return community_name(community)


def attached(device: DeviceConfiguration) -> dict[str, tuple[int, bool, str]]:
    """Policies that the device attaches: the ASN to prepend, whether it is drained, and the direction."""
    found: dict[str, tuple[int, bool, str]] = {}
    for instance in device.network_instances:
        bgp = instance.bgp
        if bgp is None:
            continue
        for neighbor in bgp.neighbors:
            for family in neighbor.families:
                for name, way in ((family.import_policy, "in"), (family.export_policy, "out")):
                    if name:
                        found[name] = (bgp.asn, bgp.graceful_shutdown, way)
        for originate in bgp.originate:
            if originate.connected and originate.connected_policy:
                found[originate.connected_policy] = (bgp.asn, False, "out")
    return found


def render_policy(device: DeviceConfiguration) -> list[Entry]:
    """The statement `policy-options`."""
    policy = device.routing_policy
    needed = Needed()
    known = {p.name: p for p in policy.policies}
    body: list[Entry] = []
    for name, (asn, drained, way) in sorted(attached(device).items()):
        of = known.get(name) or Policy(name=name, statements=())
        first = (_refused("own-addresses", "protocol local"),) if way == "out" else ()
        terms = [*first, *_terms(of.statements, policy, needed, asn, way if drained else ""), _REJECT]
        body.append(Block(f"policy-statement {name}", tuple(terms)))
    body += _built_in(device, known, needed)
    body += [
        Block(f"community {community_name(c)}", (f"members {community_member(c)}",)) for c in sorted(needed.communities)
    ]
    body += [f"as-path {name} {quoted(expression)}" for name, expression in sorted(needed.as_paths.items())]
    return [Block("policy-options", tuple(body))] if body else []


def _built_in(device: DeviceConfiguration, known: dict[str, Policy], needed: Needed) -> Iterator[Entry]:
    default = next((i.bgp for i in device.network_instances if i.kind == "default" and i.bgp), None)
    if default is not None:
        yield from _fabric(device, needed)
    if any(
        n.kind == "external" and not (f.import_policy and f.export_policy)
        for i in device.network_instances
        if i.bgp
        for n in i.bgp.neighbors
        for f in n.families
    ):
        yield Block(f"policy-statement {DENY_ALL}", (_REJECT,))
    yield Block(f"policy-statement {ECMP}", (Block("term all", ("then load-balance per-packet",)),))
    for instance in device.network_instances:
        if instance.kind != "l3vrf":
            continue
        if instance.bgp and instance.bgp.evpn_advertise:
            yield _type_5(instance.name, known.get(instance.bgp.evpn_advertise_policy), device, needed)
        if instance.imports:
            yield _leak(instance.name, instance.imports, known.get(instance.imports_policy), device, needed)


def type_5_name(vrf: str) -> str:
    """The policy of what a VRF announces as type-5 routes."""
    return f"xc-type5-{vrf}"


def leak_name(vrf: str) -> str:
    """The policy of what a VRF takes from others."""
    return f"xc-leak-{vrf}"


def _type_5(vrf: str, policy: Policy | None, device: DeviceConfiguration, needed: Needed) -> Entry:
    statements = policy.statements if policy else (Statement(name="all", conditions=_ANY, accept=True),)
    first = (_refused("own-addresses", "protocol local"), _refused("from-evpn", "protocol evpn"))
    terms = [*first, *_terms(statements, device.routing_policy, needed, 0, ""), _REJECT]
    return Block(f"policy-statement {type_5_name(vrf)}", tuple(terms))


def _refused(name: str, condition: str) -> Entry:
    """What is no route of others: Junos has a /32 or /128 per own address (`local`), and what EVPN itself put there."""
    return Block(f"term {name}", (Block("from", (condition,)), Block("then", ("reject",))))


def _leak(
    vrf: str, sources: tuple[str, ...], policy: Policy | None, device: DeviceConfiguration, needed: Needed
) -> Entry:
    statements = policy.statements if policy else (Statement(name="all", conditions=_ANY, accept=True),)
    terms: list[Entry] = []
    for source in sources:
        for term in _terms(statements, device.routing_policy, needed, 0, "", (f"instance {source}",)):
            assert isinstance(term, Block)
            terms.append(Block(f"{term.header}-{source}", term.body))
    return Block(f"policy-statement {leak_name(vrf)}", (*terms, _REJECT))


def _fabric(device: DeviceConfiguration, needed: Needed) -> Iterator[Entry]:
    """What fabric sessions give and take beside the default, which is every route of BGP."""
    bgp = next(i.bgp for i in device.network_instances if i.kind == "default" and i.bgp)
    own = [network for originate in bgp.originate for network in originate.networks]
    unchanged = any(f.next_hop_unchanged for n in bgp.neighbors for f in n.families)
    terms: list[Entry] = []
    if bgp.graceful_shutdown:
        name = needed.community(SHUTDOWN)
        longer = f"as-path-prepend {quoted(' '.join([str(bgp.asn)] * PREPEND))}"
        terms.append(Block("term drained", (Block("then", (longer, f"community add {name}", "next term")),)))
        yield Block(
            f"policy-statement {FABRIC_IN}",
            (Block("term drained", (Block("then", ("local-preference 0", "accept")),)),),
        )
    for version in (4, 6):
        networks = [n for n in own if (":" in n) == (version == 6)]
        if networks:
            conditions = ("protocol direct", *(f"route-filter {n} exact" for n in networks))
            terms.append(Block(f"term own-v{version}", (Block("from", conditions), "then accept")))
        if unchanged:
            conditions = (f"family {_FAMILY[version]}", "protocol bgp")
            then = Block("then", ("next-hop self", "accept"))
            terms.append(Block(f"term learned-v{version}", (Block("from", conditions), then)))
    terms.append(Block("term bgp", (Block("from", ("protocol bgp",)), "then accept")))
    yield Block(f"policy-statement {FABRIC_OUT}", tuple(terms))


def _terms(
    statements: Iterable[Statement],
    sets: RoutingPolicy,
    needed: Needed,
    asn: int,
    drained: str,
    further: tuple[str, ...] = (),
) -> Iterator[Entry]:
    used: set[str] = set()
    for number, statement in enumerate(statements, 1):
        for version in (4, 6) if statement.conditions.prefix_set else (statement.conditions.version,):
            conditions = _from(statement, version, sets, needed)
            if conditions is None:
                continue
            name = statement.name.replace(" ", "-") or f"t{number}"
            name = f"{name}-v{version}" if version else name
            name = f"{name}-{number}" if name in used else name
            used.add(name)
            lines = (*further, *conditions)
            body: list[Entry] = [Block("from", lines)] if lines else []
            body.append(_then(statement, sets, needed, asn, drained))
            yield Block(f"term {name}", tuple(body))


def _from(statement: Statement, version: int, sets: RoutingPolicy, needed: Needed) -> list[str] | None:
    """Conditions of a term in an IP version, 0 for both; None where it cannot match."""
    conditions = statement.conditions
    if conditions.version not in (0, version):
        return None
    out: list[str] = []
    if version:
        out.append(f"family {_FAMILY[version]}")
    if conditions.as_path_set:
        names: list[str] = []
        for of in sets.as_path_sets:
            if of.name == conditions.as_path_set:
                for n, pattern in enumerate(of.patterns, 1):
                    name = of.name if len(of.patterns) == 1 else f"{of.name}-{n}"
                    needed.as_paths[name] = as_path(pattern) or "()"
                    names.append(name)
        out.append(_several("as-path", names))
    if conditions.community_set:
        members = [m for s in sets.community_sets if s.name == conditions.community_set for m in s.members]
        out.append(_several("community", [needed.community(member) for member in members]))
    if conditions.tag:
        out.append(f"tag {conditions.tag}")
    if conditions.prefix_set:
        rules = [
            rule
            for s in sets.prefix_sets
            if s.name == conditions.prefix_set and s.version == version
            for rule in s.rules
        ]
        if not rules:
            return None
        out += [f"route-filter {_rule(rule)}" for rule in rules]
    return out


def _several(word: str, names: list[str]) -> str:
    return f"{word} {names[0]}" if len(names) == 1 else f"{word} [ {' '.join(names)} ]"


def _rule(rule: PrefixRule) -> str:
    length = parse(rule.prefix).length
    bits = 128 if ":" in rule.prefix else 32
    if rule.length_min == rule.length_max == length:
        return f"{rule.prefix} exact"
    if rule.length_min == length and rule.length_max == bits:
        return f"{rule.prefix} orlonger"
    if rule.length_min == length:
        return f"{rule.prefix} upto /{rule.length_max}"
    return f"{rule.prefix} prefix-length-range /{rule.length_min}-/{rule.length_max}"


def _then(statement: Statement, sets: RoutingPolicy, needed: Needed, asn: int, drained: str) -> Entry:
    if not statement.accept:
        return "then reject"
    actions: Actions = statement.actions
    out: list[str] = []
    local_pref = 0 if drained == "in" else actions.local_pref
    if actions.med is not None:
        out.append(f"metric {actions.med}")
    if local_pref is not None:
        out.append(f"local-preference {local_pref}")
    if actions.tag:
        out.append(f"tag {actions.tag}")
    if actions.prepend:
        out.append(f"as-path-prepend {quoted(' '.join([str(asn)] * actions.prepend))}")
    added = [*actions.communities_add, *((SHUTDOWN,) if drained == "out" else ())]
    for of in sets.community_sets:
        if actions.communities_remove and of.name == actions.communities_remove:
            gone = [member for member in of.members if member not in added]
            out += [f"community delete {needed.community(member)}" for member in gone]
    out += [f"community add {needed.community(member)}" for member in dict.fromkeys(added)]
    return entry("then", (*out, "accept")) if out else "then accept"
