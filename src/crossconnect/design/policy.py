"""Route policy on external sessions: the region's policies, and the protections that every fabric owes itself.

Every external session has a policy in each direction (RFC 8212), generated per VRF and named `xc-in-<vrf>-<policy>` or
`xc-out-<vrf>-<policy>`: first come statements of ours that reject, then the region's own, then reject. The region's
statements cannot open what ours close:

    in    infrastructure prefixes, martians (RFC 6890, 1112), the VRF's own subnets and parts of them
    out   infrastructure prefixes

Every accepting statement of an import policy is preceded by itself for routes with GRACEFUL_SHUTDOWN, which get
local_pref 0 (RFC 8326 4.3). A statement that already matches communities cannot be doubled so, since conditions hold
one community set; FRR lowers local_pref by itself for every eBGP route with that community, after policy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from crossconnect.design.context import Context, VrfDesign
from crossconnect.device.policy import (
    Actions,
    AsPathSet,
    CommunitySet,
    Conditions,
    Policy,
    PrefixRule,
    PrefixSet,
    RoutingPolicy,
    Statement,
)
from crossconnect.intent.placement import vrf_path
from crossconnect.model import policy as model
from crossconnect.model.inventory import Switch
from crossconnect.net import parse
from crossconnect.net.address import BITS
from crossconnect.net.order import natural_key

Direction = Literal["in", "out"]

GENERATED = "xc-"
"""How names of everything begin that the region does not name itself."""

INFRASTRUCTURE = "xc-infrastructure"
MARTIANS = "xc-martians"
GRACEFUL_SHUTDOWN = "xc-graceful-shutdown"

MARK_LEAKED = "xc-mark-leaked"
"""Policy of every import from another VRF."""

REFUSE_LEAKED = "xc-refuse-leaked"
"""Policy of what a VRF that imports from others announces into EVPN."""

LEAKED_TAG = 1
"""Mark of routes that a VRF has from another one. Regions cannot name tags, so nothing of theirs can carry it, and no
update takes it to another device."""

WELL_KNOWN = {
    "graceful-shutdown": "65535:0",  # RFC 8326
    "accept-own": "65535:1",  # RFC 7611
    "llgr-stale": "65535:6",  # RFC 9494
    "no-llgr": "65535:7",  # RFC 9494
    "blackhole": "65535:666",  # RFC 7999
    "no-export": "65535:65281",  # RFC 1997
    "no-advertise": "65535:65282",  # RFC 1997
    "local-as": "65535:65283",  # RFC 1997, NO_EXPORT_SUBCONFED
    "no-peer": "65535:65284",  # RFC 3765
}
"""Well-known communities by name; in policies of devices all communities are numbers."""

MARTIAN_PREFIXES = (
    "0.0.0.0/8",  # this host on this network, RFC 791; /0 itself is longer-or-equal of nothing here and passes
    "127.0.0.0/8",  # loopback, RFC 1122
    "169.254.0.0/16",  # link local, RFC 3927
    "192.0.0.0/24",  # protocol assignments, RFC 6890
    "224.0.0.0/4",  # multicast, RFC 5771
    "240.0.0.0/4",  # reserved, RFC 1112
    "::/16",  # unspecified, loopback, IPv4-mapped, RFC 4291; ::/8 would also take 64:ff9b::/96 (RFC 6052)
    "100::/64",  # discard only, RFC 6666
    "fe80::/10",  # link local, RFC 4291
    "fec0::/10",  # site local, RFC 3879
    "ff00::/8",  # multicast, RFC 4291
)
"""Prefixes that no neighbour may announce. Private space (RFC 1918, 4193) is not among them: private peers use it."""


LEAK_POLICIES = (
    Policy(
        name=MARK_LEAKED,
        statements=(Statement(name="leaked", conditions=Conditions(), accept=True, actions=Actions(tag=LEAKED_TAG)),),
    ),
    Policy(
        name=REFUSE_LEAKED,
        statements=(
            Statement(name="leaked", conditions=Conditions(tag=LEAKED_TAG), accept=False),
            Statement(name="own", conditions=Conditions(), accept=True),
        ),
    ),
)
"""A VRF does not announce what it has from another one: on each leaf where it is, the other one is as well
(`intent.placement.vrf_devices`) and is asked there. Announced, it would be a route of the importing VRF elsewhere, and
be imported on from there by VRFs that declared nothing of the kind."""


def policy_name(direction: Direction, vrf: VrfDesign, policy: str) -> str:
    """Name on devices of what a session of a VRF has attached; `none` where the region names no policy."""
    return f"xc-{direction}-{vrf.name}-{policy or 'none'}"


def routing_policy(context: Context, switch: Switch) -> RoutingPolicy:
    """All policies and sets that the sessions of a switch use, and nothing else."""
    uses: dict[str, tuple[Direction, VrfDesign, str]] = {}
    for link in context.handoffs_of.get(switch.name, ()):
        vrf = context.vrfs[vrf_path(link.handoff.vrf)]
        uses[policy_name("in", vrf, link.handoff.import_policy)] = ("in", vrf, link.handoff.import_policy)
        uses[policy_name("out", vrf, link.handoff.export_policy)] = ("out", vrf, link.handoff.export_policy)
    leaking = any(vrf.imports for vrf in context.vrfs_of.get(switch.name, ()))
    if not uses and not leaking:
        return RoutingPolicy()
    policies = [
        Policy(name=name, statements=tuple(_statements(context, *uses[name]))) for name in sorted(uses, key=natural_key)
    ]
    if leaking:
        policies += LEAK_POLICIES
    vrfs = {vrf.name: vrf for direction, vrf, _ in uses.values() if direction == "in"}
    return _with_sets(context, policies, [vrfs[name] for name in sorted(vrfs, key=natural_key)])


def own_prefixes_name(vrf: VrfDesign) -> str:
    """Name of the set of a VRF's own subnets."""
    return f"xc-own-{vrf.name}"


def _statements(context: Context, direction: Direction, vrf: VrfDesign, name: str) -> Iterable[Statement]:
    policy = context.policies.policies.get(name)
    if policy is None:
        return
    if _infrastructure_prefixes(context):
        yield _reject(INFRASTRUCTURE)
    if direction == "in":
        yield _reject(MARTIANS)
        if vrf.prefixes:
            yield _reject(own_prefixes_name(vrf))
    for statement in policy.statements:
        for resolved in _resolved(context, name, statement):
            if direction == "in" and resolved.accept and not resolved.conditions.community_set:
                yield _heeding_shutdown(resolved)
            yield resolved


def _reject(prefix_set: str) -> Statement:
    return Statement(name=prefix_set, conditions=Conditions(prefix_set=prefix_set), accept=False)


def _heeding_shutdown(statement: Statement) -> Statement:
    """The same statement for routes that their sender is about to withdraw."""
    return msgspec.structs.replace(
        statement,
        name=f"xc-{statement.name}-shutdown",
        conditions=msgspec.structs.replace(statement.conditions, community_set=GRACEFUL_SHUTDOWN),
        actions=msgspec.structs.replace(statement.actions, local_pref=0),
    )


def _resolved(context: Context, policy: str, statement: model.Statement) -> Iterable[Statement]:
    """A statement of the model as a device has it: two where its community set has both kinds, since a device's set
    has one kind and either is to match."""
    match, change = statement.match, statement.set
    version: Literal[0, 4, 6] = 4 if match.family == "ipv4" else 6 if match.family == "ipv6" else 0
    actions = Actions(
        local_pref=change.local_pref,
        med=change.med,
        communities_add=tuple(WELL_KNOWN.get(c, c) for c in change.communities_add),
        communities_remove=change.communities_remove,
        prepend=change.prepend,
    )
    for index, community_set in enumerate(_sets_of(context, match.community_set)):
        yield Statement(
            name=statement.name if index == 0 else f"xc-{statement.name}-large",
            conditions=Conditions(
                prefix_set=match.prefix_set,
                community_set=community_set,
                as_path_set=match.as_path_set,
                version=version,
            ),
            accept=statement.action == "accept",
            actions=actions if statement.action == "accept" else Actions(),
            path=f"policies/{policy}/statements/{statement.name}",
        )


def _sets_of(context: Context, name: str) -> tuple[str, ...]:
    known = context.policies.community_sets.get(name)
    if known is None:
        return (name,)
    return tuple(s.name for s in community_sets(known)) or (name,)


def community_sets(of: model.CommunitySet) -> tuple[CommunitySet, ...]:
    """A set of the model as sets of one kind each; where there are both, the large one is called `xc-large-<name>`."""
    members = sorted({WELL_KNOWN.get(c, c) for c in of.communities}, key=natural_key)
    standard = tuple(c for c in members if c.count(":") == 1)
    large = tuple(c for c in members if c.count(":") == 2)
    sets: list[CommunitySet] = []
    if standard:
        sets.append(CommunitySet(name=of.name, kind="standard", members=standard))
    if large:
        sets.append(CommunitySet(name=f"xc-large-{of.name}" if standard else of.name, kind="large", members=large))
    return tuple(sets)


def prefix_rule(text: str) -> PrefixRule:
    """`10.0.0.0/8`, or with bounds `ge 16`, `le 24`. Raises ValueError for anything else."""
    words = text.split()
    version, _, length = parse(words[0])
    bounds = {"ge": length, "le": length}
    if len(words) > 1:
        given = dict(zip(words[1::2], (int(w) for w in words[2::2]), strict=True))
        bounds = {"ge": given.get("ge", length), "le": given.get("le", BITS[version])}
    return PrefixRule(words[0], bounds["ge"], bounds["le"])


def _prefix_sets(name: str, rules: Iterable[PrefixRule]) -> list[PrefixSet]:
    """One set per IP version, in the order of prefixes."""
    unique = sorted(set(rules), key=lambda r: (natural_key(r.prefix), r.length_min, r.length_max))
    sets: list[PrefixSet] = []
    for version in (4, 6):
        of_version = tuple(r for r in unique if (":" in r.prefix) == (version == 6))
        if of_version:
            sets.append(PrefixSet(name=name, version=4 if version == 4 else 6, rules=of_version))
    return sets


def _and_longer(prefix: str) -> PrefixRule:
    version, _, length = parse(prefix)
    return PrefixRule(prefix, length, BITS[version])


def _infrastructure_prefixes(context: Context) -> tuple[str, ...]:
    """What neither comes in from nor goes out to external routers: the pools for loopbacks, links, management, and
    links to external routers."""
    handoff = {p.prefix for p in context.region.pools if p.purpose == "handoff" and p.prefix}
    return (*context.infrastructure, *sorted(handoff))


def _with_sets(context: Context, policies: list[Policy], importing: list[VrfDesign]) -> RoutingPolicy:
    """The policies together with the sets that they name."""
    conditions = [s.conditions for p in policies for s in p.statements]
    prefixes = {c.prefix_set for c in conditions if c.prefix_set}
    communities = {c.community_set for c in conditions if c.community_set}
    communities |= {s.actions.communities_remove for p in policies for s in p.statements} - {""}
    as_paths = {c.as_path_set for c in conditions if c.as_path_set}
    generated = {
        INFRASTRUCTURE: [_and_longer(p) for p in _infrastructure_prefixes(context)],
        MARTIANS: [_and_longer(p) for p in MARTIAN_PREFIXES],
        **{own_prefixes_name(vrf): [_and_longer(p) for p in vrf.prefixes] for vrf in importing},
    }
    prefix_sets: list[PrefixSet] = []
    for name in sorted(prefixes, key=natural_key):
        known = context.policies.prefix_sets.get(name)
        rules = generated.get(name) or [prefix_rule(text) for text in (known.prefixes if known is not None else ())]
        prefix_sets += _prefix_sets(name, rules)
    resolved = {s.name: s for of in context.policies.community_sets.values() for s in community_sets(of)}
    shutdown = CommunitySet(name=GRACEFUL_SHUTDOWN, kind="standard", members=(WELL_KNOWN["graceful-shutdown"],))
    resolved[GRACEFUL_SHUTDOWN] = shutdown
    as_path_sets = context.policies.as_path_sets
    return RoutingPolicy(
        prefix_sets=tuple(prefix_sets),
        community_sets=tuple(resolved[name] for name in sorted(communities, key=natural_key) if name in resolved),
        as_path_sets=tuple(
            AsPathSet(name=name, patterns=as_path_sets[name].patterns)
            for name in sorted(as_paths, key=natural_key)
            if name in as_path_sets
        ),
        policies=tuple(policies),
    )
