"""Route policy as FRR's route maps carry it out: statements in order, the first that matches decides, then reject."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Literal

import msgspec

from crossconnect.device.policy import (
    Actions,
    AsPathSet,
    CommunitySet,
    Conditions,
    Policy,
    PrefixRule,
    RoutingPolicy,
    Statement,
    takes,
)
from crossconnect.net import version_of
from crossconnect.net.as_path import as_path_expression
from crossconnect.simulate.attributes import Attributes, as_path_text, canonical_community, is_confined


class Policies(msgspec.Struct, frozen=True):
    """A device's policies and sets by name."""

    policies: Mapping[str, Policy]
    prefix_sets: Mapping[tuple[str, int], tuple[PrefixRule, ...]]
    """By name and IP version."""
    community_sets: Mapping[str, frozenset[str]]
    as_path_sets: Mapping[str, AsPathSet]


def policies(routing_policy: RoutingPolicy) -> Policies:
    """Index a device's routing policy."""
    communities: dict[str, frozenset[str]] = {}
    for community_set in routing_policy.community_sets:
        # Standard and large members of one model set are two sets of one name here.
        communities[community_set.name] = communities.get(community_set.name, frozenset()) | _members(community_set)
    return Policies(
        policies={policy.name: policy for policy in routing_policy.policies},
        prefix_sets={(s.name, s.version): s.rules for s in routing_policy.prefix_sets},
        community_sets=communities,
        as_path_sets={s.name: s for s in routing_policy.as_path_sets},
    )


def _members(community_set: CommunitySet) -> frozenset[str]:
    return frozenset(map(canonical_community, community_set.members))


def apply(here: Policies, name: str, prefix: str, attributes: Attributes, own_asn: int) -> Attributes | None:
    """The attributes after policy `name`, None when it rejects. A policy that does not exist rejects everything, as
    FRR has it for a route map that is attached but not defined."""
    statement = deciding_statement(here, name, prefix, attributes)
    if statement is None or not statement.accept:
        return None
    return _changed(here, statement.actions, attributes, own_asn)


Withheld = Literal["", "confined", "no-policy", "rejected"]
"""Why a best path is not announced to an external router; empty when it is."""


def announce(
    here: Policies, policy: str, prefix: str, attributes: Attributes, own_asn: int
) -> tuple[Withheld, Attributes]:
    """Whether a best path goes out to an external router through export policy `policy` (empty: there is none, and
    nothing goes, RFC 8212), and with which attributes. A community that confines a route (RFC 1997) does so where the
    route has it before the policy."""
    if is_confined(attributes):
        return "confined", attributes
    if not policy:
        return "no-policy", attributes
    changed = apply(here, policy, prefix, attributes, own_asn)
    if changed is None:
        return "rejected", attributes
    # What the policy itself confines is sent, for the neighbour to confine.
    return "", changed


def deciding_statement(here: Policies, name: str, prefix: str, attributes: Attributes) -> Statement | None:
    """The first statement of policy `name` that matches; None where none does, or there is no such policy."""
    policy = here.policies.get(name)
    if policy is None:
        return None
    for statement in policy.statements:
        if _matches(here, statement.conditions, prefix, attributes):
            return statement
    return None


def _matches(here: Policies, conditions: Conditions, prefix: str, attributes: Attributes) -> bool:
    version = version_of(prefix)
    if conditions.version and conditions.version != version:
        return False
    if conditions.prefix_set and not takes(here.prefix_sets.get((conditions.prefix_set, version), ()), prefix):
        return False
    if conditions.tag and conditions.tag != attributes.tag:
        return False
    if conditions.community_set and here.community_sets.get(conditions.community_set, frozenset()).isdisjoint(
        attributes.communities
    ):
        return False
    if conditions.as_path_set:
        as_path_set = here.as_path_sets.get(conditions.as_path_set)
        text = as_path_text(attributes.as_path)
        if as_path_set is None or not any(_as_path_matches(pattern, text) for pattern in as_path_set.patterns):
            return False
    return True


@functools.lru_cache(maxsize=4096)
def _as_path_matches(pattern: str, text: str) -> bool:
    """Whether an expression matches a path. One that is no expression matches nothing."""
    try:
        return as_path_expression(pattern).matches(text)
    except ValueError:
        return False


def _changed(here: Policies, actions: Actions, attributes: Attributes, own_asn: int) -> Attributes:
    communities = attributes.communities
    if actions.communities_remove:
        removed = here.community_sets.get(actions.communities_remove, frozenset())
        communities = tuple(c for c in communities if c not in removed)
    if actions.communities_add:
        communities = tuple(sorted({*communities, *map(canonical_community, actions.communities_add)}))
    return msgspec.structs.replace(
        attributes,
        communities=communities,
        local_pref=attributes.local_pref if actions.local_pref is None else actions.local_pref,
        med=attributes.med if actions.med is None else actions.med,
        as_path=(own_asn,) * actions.prepend + attributes.as_path,
        tag=actions.tag or attributes.tag,
    )
