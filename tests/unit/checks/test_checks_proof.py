"""Input: a region and assertions of every kind, true and false, healthy and over failures. Output: the proof, or the
smallest counter-example."""

from __future__ import annotations

import msgspec
import pytest

from crossconnect.checks import Expectation
from crossconnect.checks import proof as proof_module
from crossconnect.checks.assertion_judge import judge
from crossconnect.checks.assertion_text import Misread, parse_assertion
from crossconnect.checks.assertion_world import World
from crossconnect.checks.layout import layout_of
from crossconnect.checks.proof import Proof, TooMuch, elements, prove
from crossconnect.checks.subject import subject_of
from crossconnect.design.blueprint import Blueprint
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.policy import Policy, Statement
from crossconnect.model.promise import Promise
from crossconnect.model.region import Region
from crossconnect.model.tenant import Segment, Tenant, Vrf
from crossconnect.simulate import Failures, reachability, sweep
from regions import compiled, small

SERVER = "a-rack1-red-v1-s1-1"


def made(region: Region) -> Blueprint:
    blueprint = compiled(region).blueprint
    assert blueprint is not None
    return blueprint


def with_quiet_tenants(region: Region) -> Region:
    """Green has a VRF of one segment without servers on leaf 1 and one on leaf 3, and a second VRF that imports it."""
    green = Tenant(
        name="green",
        vrfs=(
            Vrf(
                name="v1",
                segments=(
                    Segment(name="s1", gateways=("10.3.17.1/24", "2001:db8:3:11::1/64"), leaves=("a-leaf1",)),
                    Segment(name="s2", gateways=("10.3.18.1/24",), leaves=("a-leaf3",)),
                ),
            ),
            Vrf(
                name="v2",
                imports=("green/v1",),
                segments=(Segment(name="s3", gateways=("10.3.19.1/24",), leaves=("a-leaf1",)),),
            ),
        ),
        segments=(Segment(name="wire", leaves=("a-leaf1",)),),
    )
    return msgspec.structs.replace(region, tenants=(*region.tenants, green))


@pytest.fixture(scope="module")
def region() -> Blueprint:
    """Two spines, four leaves, dual-homed servers, two borders: red and blue, both customers of transit1; green."""
    return made(with_quiet_tenants(small(leaves=4, tenants=2, dual_homed=True, l2_only=True, border=True)))


def said(blueprint: Blueprint, text: str, already: Failures | None = None) -> Proof:
    promise = parse_assertion(text, "p")
    assert isinstance(promise, Promise), promise
    result = prove(blueprint, [promise], already or Failures())
    assert not isinstance(result, TooMuch), result
    return result[0]


TRUE = [
    "red/v1/s1 can reach red/v1/s2 surviving 1 failure",
    "vrf red/v1 can reach vrf red/v1 surviving 1 device",
    f"server {SERVER} reaches 192.0.2.0/24 surviving 1 link",
    "red/v1 can reach internet surviving 1 failure",
    "internet can reach red/v1 surviving 1 failure",
    "peer transit1 can reach red/v1/s1",
    "green/v1/s1 can reach green/v1/s2 surviving 1 link",
    "tenant red cannot reach tenant green surviving 1 failure",
    "tenant green cannot reach internet surviving 1 failure",
    "internet cannot reach tenant green",
    "red/wire cannot reach red/v1",
    "green/v1 cannot reach 10.1.0.0/16",
    "red/v1/s1 reaches 192.0.2.0/24 via role border-leaf surviving 1 failure",
    "red/v1/s1 reaches internet via peer transit1",
    "red/v1/s1 reaches red/v1/s2 not via role border-leaf surviving 1 failure",
    "role leaf reaches role leaf with width 2",
    "leaf a-leaf1 reaches leaf a-leaf3 with 2 disjoint paths",
    "role leaf reaches role leaf with width 1 surviving 1 failure",
    "role leaf reaches role border-leaf within 2 hops surviving 1 link",
    "leaf a-leaf1 reaches leaf a-leaf3 in exactly 2 hops",
    "device a-leaf1 reaches device a-spine1 in exactly 1 hop",
    "red/v1 never leaks to blue/v1 surviving 1 failure",
    "infrastructure never leaks to tenant red",
    "10.1.0.0/16 never leaks to blue/v1",
    "infrastructure is never announced to internet surviving 1 failure",
    "tenant green is never announced to transit1",
    "blue/v1 never leaks to tenant green",
]

FALSE = [
    ("red/v1/s1 can reach green/v1", "does not reach gateway of green/v1/s1"),
    ("red/v1/s1 can reach red/wire", "does not reach"),
    ("tenant green can reach internet", "nothing of internet is announced and let into"),
    ("internet can reach green/v1", "no external router"),
    ("red/v1/s1 cannot reach red/v1/s2", "reaches a-rack"),
    ("red/v1 cannot reach blue/v1", "through transit1"),
    ("red/v1 cannot reach internet", "reaches"),
    ("internet cannot reach red/v1", "is reached from transit1 at a-border1"),
    ("red/v1/s1 cannot reach 10.1.18.0/24", "reaches"),
    ("red/v1/s1 reaches red/v1/s2 via device a-spine1", "without passing device a-spine1"),
    ("red/v1/s1 reaches 192.0.2.0/24 via leaf a-border1", "without passing leaf a-border1"),
    ("red/v1/s1 reaches red/v1/s2 not via role spine", "through a-spine"),
    ("role leaf reaches role leaf with width 3", "2 equal-cost paths, 3 promised"),
    ("leaf a-leaf1 reaches leaf a-leaf3 within 1 hop", "2 hops, at most 1 promised"),
    ("leaf a-leaf1 reaches leaf a-leaf3 in exactly 3 hops", "2 hops, exactly 3 promised"),
    ("green/v1 never leaks to green/v2", "VRF green-v2 on a-leaf1 has 10.3.17.0/24 of VRF green-v1"),
    ("tenant red is never announced to transit1", "statement own of policy to-transit lets it out"),
    ("10.1.0.0/16 is never announced to internet", "announces 10.1.17.0/24"),
]


@pytest.mark.parametrize("text", TRUE)
def test_true_assertions_are_proven(region: Blueprint, text: str) -> None:
    result = said(region, text)
    assert (result.status, result.counter_example) == ("proven", None), result.reason
    assert result.pairs > 0
    assert result.situations == (1 if "surviving" not in text else 1 + len(failing(region, text)))


def failing(blueprint: Blueprint, text: str) -> tuple[Failures, ...]:
    promise = parse_assertion(text, "p")
    assert isinstance(promise, Promise)
    return elements(blueprint, promise.of)


@pytest.mark.parametrize(("text", "words"), FALSE)
def test_false_assertions_have_a_counter_example(region: Blueprint, text: str, words: str) -> None:
    result = said(region, text)
    assert (result.status, result.failures) == ("false", ())
    assert words in result.reason
    assert result.counter_example is not None
    assert result.counter_example.reason == result.reason


@pytest.mark.parametrize(
    ("text", "failures"),
    [
        ("leaf a-leaf1 reaches leaf a-leaf3 with width 2 surviving 1 device", ("device a-spine1",)),
        ("red/v1/s1 can reach red/v1/s2 surviving 2 devices", ("device a-spine1", "device a-spine2")),
        ("red/v1 can reach internet surviving 2 devices", ("device a-border1", "device a-border2")),
        (f"server {SERVER} can reach red/v1/s2 surviving 1 rack", None),
        ("red/v1/s1 can reach red/v1/s2 surviving 1 site", None),
    ],
)
def test_the_counter_example_has_the_fewest_failures(
    region: Blueprint, text: str, failures: tuple[str, ...] | None
) -> None:
    result = said(region, text)
    assert result.status == "false"
    assert result.failures
    if failures is not None:
        assert result.failures == failures
    else:
        assert "no host of" in result.reason


def test_pairs_include_what_one_failure_breaks_already() -> None:
    result = said(made(small(spines=1, leaves=2)), "red/v1/s1 can reach red/v1/s2 surviving 2 devices")
    assert (result.status, result.failures) == ("false", ("device a-spine1",))
    assert "does not reach" in result.reason


def test_a_counter_example_of_traffic_has_the_way_and_that_of_an_announcement_its_policy(region: Blueprint) -> None:
    crossing = said(region, "red/v1 cannot reach blue/v1").counter_example
    assert crossing is not None
    assert crossing.trace is not None
    assert crossing.trace.verdict.recipients == {"transit1"}
    assert crossing.back is not None
    assert crossing.back.verdict.recipients == {crossing.destination}
    assert crossing.policy == "policies/to-transit/statements/own"
    assert crossing.rows[0][0] == "bgp_routes"


def test_what_cannot_be_tried_is_not_proven(region: Blueprint) -> None:
    for text, words in [
        ("green/wire can reach green/wire", "green/wire has no hosts"),
        ("internet can reach 192.0.2.0/24", "both ends are outside"),
        ("red/v1 reaches tenant green via role spine", "nothing arrives"),
        ("leaf a-leaf1 reaches leaf a-leaf1 with width 1", "no two different switches"),
        ("tenant nobody can reach red/v1", "the region has no tenant nobody"),
    ]:
        result = said(region, text)
        assert result.status == "not testable", (text, result)
        assert words in result.reason


def test_a_server_alone_reaches_the_gateway_of_its_segment() -> None:
    result = said(made(small(leaves=1, segments=1)), "red/v1/s1 can reach red/v1/s1")
    assert result.status == "proven"
    assert result.packets


def test_a_server_alone_in_a_segment_without_gateway_has_nobody_to_reach() -> None:
    plain = small(leaves=1, l2_only=True)
    result = said(made(plain), "red/wire can reach red/wire")
    assert result.status == "not testable"
    assert "no two different servers" in result.reason or "has no hosts" in result.reason


@pytest.mark.parametrize("address", ["224.0.0.1", "255.255.255.255", "0.0.0.0", "ff02::1", "fe80::1", "::"])
def test_what_routers_do_not_forward_is_nothing_to_prove(address: str) -> None:
    misread = parse_assertion(f"red/v1/s1 can reach {address}", "p")
    assert isinstance(misread, Misread)
    assert "routers do not forward" in misread.expected[0]


def test_a_situation_is_declared_and_further_failures_come_on_top(region: Blueprint) -> None:
    spine = Failures(devices=frozenset({"a-spine1"}))
    assert said(region, "role leaf reaches role leaf with width 1", spine).status == "proven"
    assert said(region, "role leaf reaches role leaf with width 2", spine).status == "false"
    result = said(region, "red/v1/s1 can reach red/v1/s2 surviving 1 device", spine)
    assert (result.status, result.failures) == ("false", ("device a-spine1", "device a-spine2"))
    assert said(region, "red/v1/s1 can reach red/v1/s2 surviving 1 device").status == "proven"


def test_an_announcement_to_the_provider_is_needed_for_what_comes_from_it() -> None:
    plain = small(leaves=2, border=True)
    silent = msgspec.structs.replace(
        plain,
        prefix_sets=tuple(
            msgspec.structs.replace(s, prefixes=("10.9.0.0/16",)) if s.name == "own" else s for s in plain.prefix_sets
        ),
    )
    assert said(made(plain), "internet can reach red/v1").status == "proven"
    result = said(made(silent), "internet can reach red/v1")
    assert result.status == "false"
    assert "announces nothing with 10.1.17." in result.reason


def test_a_policy_that_lets_a_prefix_through_breaks_isolation() -> None:
    """Blue's customer announces a host of red's into blue: its packets leave for the customer, not for red."""
    plain = small(leaves=2, tenants=2, border=True)
    peer = plain.peers[0]
    only_red = msgspec.structs.replace(peer, handoffs=tuple(h for h in peer.handoffs if h.vrf == "red/v1"))
    other = Peer(
        name="customer",
        asn=64500,
        announces=("10.1.17.0/24",),
        handoffs=(Handoff(border="a-border1", vrf="blue/v1", import_policy="any", export_policy="to-transit"),),
    )
    policy = Policy(name="any", statements=(Statement(name="all", action="accept"),))
    region = msgspec.structs.replace(plain, peers=(only_red, other), policies=(*plain.policies, policy))
    assert said(made(region), "tenant blue cannot reach tenant red").status == "proven"
    assert said(made(region), "tenant blue cannot reach 10.1.0.0/16").status == "false"


def test_every_class_is_tried_and_a_limit_is_said(region: Blueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = said(region, "tenant red cannot reach tenant green")
    assert whole.status == "proven"
    monkeypatch.setattr(proof_module, "PAIRS_MAX", 3)
    part = said(region, "tenant red cannot reach tenant green")
    assert part.status == "holds where tried"
    assert f"of {whole.pairs} pairs tried" in part.reason


def test_too_many_situations_are_refused_with_a_smaller_question(
    region: Blueprint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof_module, "SITUATIONS_MAX", 100)
    promise = Promise(name="p", source="red/v1", destination="red/v1", kind="reachable", survives=2)
    result = prove(region, [promise])
    assert isinstance(result, TooMuch)
    single = len(elements(region, ()))
    assert f"{1 + single + single * (single - 1) // 2:,} situations" in result.estimate
    assert f"--survives 1 ({single + 1} situations)" in result.smaller
    assert "--of devices (37 situations)" in result.smaller


def test_several_assertions_share_their_situations(region: Blueprint) -> None:
    seen: list[tuple[int, int]] = []
    promises = [
        Promise(name="a", source="red/v1", destination="red/v1", kind="reachable", survives=1, of=("device",)),
        Promise(name="b", source="red/v1", destination="tenant green", kind="isolated", survives=1, of=("device",)),
        Promise(name="c", source="red/v1", destination="blue/v1", kind="no-leak"),
    ]
    result = prove(region, promises, report=lambda done, total: seen.append((done, total)))
    assert not isinstance(result, TooMuch)
    assert [(p.name, p.situations) for p in result] == [("a", 9), ("b", 9), ("c", 1)]
    assert seen[-1] == (9, 9)


def test_reachable_is_what_the_table_of_reachability_says_under_every_failure() -> None:
    """Two evaluations of one network that share only the forwarding."""
    blueprint = made(small(spines=1, leaves=4, dual_homed=True, tenants=2, border=True))
    layout = layout_of(blueprint)
    promise = Promise(name="p", source="red/v1", destination="red/v1", kind="reachable")
    outcomes: set[bool] = set()
    for failures, outcome in sweep(blueprint, [Failures(), *elements(blueprint, ())]):
        world = World(subject_of(outcome.state, layout, Expectation(failures), outcome.tables))
        rows = [
            row
            for row in reachability(outcome.tables)
            if row.source_vrf == "red-v1"
            and row.destination_host
            and not {row.source_host, row.destination_host} & set(outcome.cut_off)
        ]
        whole = all(row.outcome == "delivered" for row in rows)
        assert (judge(world, promise).counter_example is None) == whole, failures
        outcomes.add(whole)
    assert outcomes == {True, False}
