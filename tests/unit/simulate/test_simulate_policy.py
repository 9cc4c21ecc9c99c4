"""Route policy: which statement decides, what it changes."""

from __future__ import annotations

import pytest

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
from crossconnect.simulate.attributes import Attributes
from crossconnect.simulate.policy import Policies, announce, apply, policies

SETS = {
    "prefix_sets": (
        PrefixSet(name="nets", version=4, rules=(PrefixRule("10.0.0.0/8", 16, 24), PrefixRule("0.0.0.0/0", 0, 0))),
        PrefixSet(name="nets", version=6, rules=(PrefixRule("2001:db8::/32", 48, 64),)),
    ),
    "community_sets": (CommunitySet(name="marks", kind="standard", members=("65000:1", "65535:65281")),),
    "as_path_sets": (AsPathSet(name="carrier", patterns=("_64500_", "^65010$")),),
}


def decide(statement: Statement, prefix: str = "10.1.0.0/16", **attributes: object) -> Attributes | None:
    routing_policy = RoutingPolicy(**SETS, policies=(Policy(name="p", statements=(statement,)),))
    given = Attributes(**({"as_path": (64500, 7)} | attributes))  # type: ignore[arg-type]
    return apply(policies(routing_policy), "p", prefix, given, 65099)


NO_ACTIONS = Actions()


def statement(accept: bool = True, actions: Actions = NO_ACTIONS, **conditions: object) -> Statement:
    return Statement(name="s", conditions=Conditions(**conditions), accept=accept, actions=actions)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prefix", "accepted"),
    [
        ("10.1.0.0/16", True),
        ("10.1.2.0/24", True),
        ("10.0.0.0/8", False),
        ("10.1.2.0/25", False),
        ("11.0.0.0/16", False),
        ("0.0.0.0/0", True),
        ("2001:db8:1::/48", True),
        ("2001:db8::/32", False),
    ],
)
def test_prefix_sets_match_by_range_of_lengths(prefix: str, accepted: bool) -> None:
    assert (decide(statement(prefix_set="nets"), prefix) is not None) == accepted


def test_community_sets_match_any_member_and_know_names() -> None:
    assert decide(statement(community_set="marks"), communities=("1:1",)) is None
    assert decide(statement(community_set="marks"), communities=("1:1", "65000:1")) is not None
    assert decide(statement(community_set="marks"), communities=("no-export",)) is not None


@pytest.mark.parametrize(
    ("as_path", "accepted"),
    [((64500, 7), True), ((7, 64500), True), ((7, 164500), False), ((65010,), True), ((65010, 1), False), ((), False)],
)
def test_as_path_underscore_is_a_border(as_path: tuple[int, ...], accepted: bool) -> None:
    assert (decide(statement(as_path_set="carrier"), as_path=as_path) is not None) == accepted


def test_version_condition() -> None:
    assert decide(statement(version=6)) is None
    assert decide(statement(version=6), "2001:db8::/48") is not None


def test_first_match_decides_and_the_end_rejects() -> None:
    statements = (statement(accept=False, prefix_set="nets"), statement())
    here = policies(RoutingPolicy(**SETS, policies=(Policy(name="p", statements=statements),)))
    assert apply(here, "p", "10.1.0.0/16", Attributes(), 1) is None
    assert apply(here, "p", "192.0.2.0/24", Attributes(), 1) is not None
    assert decide(statement(prefix_set="nets"), "192.0.2.0/24") is None
    assert apply(here, "never defined", "10.1.0.0/16", Attributes(), 1) is None


def test_actions_change_what_they_say() -> None:
    actions = Actions(
        local_pref=150, med=7, communities_add=("65000:9", "65535:666"), communities_remove="marks", prepend=2
    )
    changed = decide(statement(actions=actions), communities=("65000:1", "65000:2"))
    assert changed == Attributes(
        as_path=(65099, 65099, 64500, 7),
        local_pref=150,
        med=7,
        communities=("65000:2", "65000:9", "blackhole"),
    )


def test_an_expression_that_is_none_matches_nothing() -> None:
    broken = RoutingPolicy(
        as_path_sets=(AsPathSet(name="x", patterns=("(",)),),
        policies=(Policy(name="p", statements=(statement(as_path_set="x"),)),),
    )
    assert apply(policies(broken), "p", "10.0.0.0/8", Attributes(), 1) is None


def exporting(*statements: Statement) -> Policies:
    return policies(RoutingPolicy(**SETS, policies=(Policy(name="out", statements=statements),)))


@pytest.mark.parametrize("community", ["no-export", "no-advertise", "local-AS"])
def test_what_the_export_policy_confines_is_sent_for_the_neighbour_to_confine(community: str) -> None:
    """RFC 1997: the community is about what its receiver passes on, and the neighbour is the one that receives it."""
    here = exporting(statement(actions=Actions(communities_add=(community,))))
    withheld, sent = announce(here, "out", "10.1.0.0/16", Attributes(as_path=(7,)), 65099)
    assert withheld == ""
    assert sent.communities == (community,)


@pytest.mark.parametrize("community", ["no-export", "no-advertise", "local-AS"])
def test_what_came_confined_stays_in_whatever_the_export_policy_does(community: str) -> None:
    removing = exporting(statement(actions=Actions(communities_remove="marks")))
    confined = Attributes(as_path=(7,), communities=(community,))
    assert announce(removing, "out", "10.1.0.0/16", confined, 65099) == ("confined", confined)


def test_without_a_policy_nothing_is_announced_and_a_rejected_route_is_not() -> None:
    here = exporting(statement(accept=False))
    route = Attributes(as_path=(7,))
    assert announce(here, "", "10.1.0.0/16", route, 65099)[0] == "no-policy"
    assert announce(here, "out", "10.1.0.0/16", route, 65099)[0] == "rejected"
