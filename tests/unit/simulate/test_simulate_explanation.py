"""Why a route is as it is: where it lost, what kept it out, who announces it, and by which statement of the intent."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from test_simulate_vrf import VRF, accept, vtep, with_bgp, with_import_policy, with_instance

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.bgp import Bgp
from crossconnect.device.policy import Conditions, Statement
from crossconnect.finding import Place
from crossconnect.simulate import Failures, Network, fib, forward, state_of
from crossconnect.simulate.explain import Wanted, explain, grouped, wanted
from crossconnect.simulate.explanation import Explanation, Refusal
from crossconnect.simulate.history import Question, question
from crossconnect.simulate.reasons import ReasonedStep, reasons
from regions import compiled, small

REPLACE = msgspec.structs.replace
OUTSIDE = "192.0.2.0/24"


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    return compiled(small(border=True)).blueprint


def ask(blueprint: Blueprint, failures: Failures | None = None) -> Question:
    return question(Network(blueprint).settle(failures or Failures()), lambda path: Place("edge.yaml", 7, 1, path))


def one(blueprint: Blueprint, device: str, text: str, vrf: str = VRF, failures: Failures | None = None) -> Explanation:
    what = wanted(text)
    assert what is not None
    [found] = explain(ask(blueprint, failures), what, device, "" if what.key else vrf)
    return found


def refused(explanation: Explanation, reason: str) -> list[Refusal]:
    return [r for r in explanation.refused if r.reason == reason]


def rejecting(name: str) -> Statement:
    return Statement(name=name, conditions=Conditions(), accept=False, path="policies/p/statements/no")


def test_the_carriers_path_wins_over_the_other_borders_by_local_pref(blueprint: Blueprint) -> None:
    found = one(blueprint, "a-border1", OUTSIDE)
    best = found.best
    assert best is not None
    assert (best.sender, best.local_pref, best.number) == ("transit1", 120, 1)
    [passed] = best.passed
    assert (passed.direction, passed.device, passed.accepted) == ("import", "a-border1", True)
    assert "local_pref 100 -> 120" in passed.changes
    assert str(passed.place) == "edge.yaml:7:1"
    assert passed.place.path.startswith("policies/from-transit/statements/")
    others = [c for c in found.candidates if not c.best]
    assert {(c.lost.step, c.lost.own, c.lost.other, c.lost.against) for c in others if c.lost} == {
        ("local_pref", "100", "120", 1)
    }
    assert {c.origin_device for c in others} == {"a-border2"}
    assert all(c.passed[0].device == "a-border2" for c in others), "what it passed where it came from"
    assert [(a.to, a.peer.split()[1:]) for a in found.announced] == [("EVPN", ["5", OUTSIDE])]


def test_a_prefix_that_a_policy_rejects_is_told_with_the_statement(blueprint: Blueprint) -> None:
    shut = blueprint
    for border in ("a-border1", "a-border2"):
        shut = with_import_policy(shut, border, rejecting("no"))
    found = explain(ask(shut), Wanted(prefix=OUTSIDE))
    assert not any(e.candidates for e in found)
    at_border = next(e for e in found if e.device == "a-border1")
    assert {
        (r.sender, r.passage.device, r.passage.statement) for r in refused(at_border, "import-policy") if r.passage
    } == {
        ("transit1", "a-border1", "no"),
        ("transit1", "a-border2", "no"),
    }
    leaf = one(shut, "a-leaf1", OUTSIDE)
    [told] = {r.passage.place.path for r in refused(leaf, "import-policy") if r.passage}
    assert told == "policies/p/statements/no"


def test_where_no_statement_matches_the_end_of_the_policy_rejects(blueprint: Blueprint) -> None:
    found = one(with_import_policy(blueprint, "a-border1"), "a-border1", OUTSIDE)
    [refusal] = refused(found, "import-policy")
    assert refusal.passage is not None
    assert (refusal.passage.statement, refusal.passage.accepted) == ("", False)


def test_a_session_that_is_down_is_told_with_its_reason(blueprint: Blueprint) -> None:
    wire = next(w for w in blueprint.wires if w.kind == "peer" and "a-border1" in (w.a_device, w.b_device))
    found = one(blueprint, "a-border1", OUTSIDE, failures=Failures(links=frozenset({wire.key})))
    [refusal] = refused(found, "session-down")
    assert refusal.sender == "transit1"
    assert wire.key in refusal.detail
    assert found.best is not None
    assert found.best.origin_device == "a-border2"


def limited(bgp: Bgp) -> Bgp:
    neighbors = tuple(REPLACE(n, families=tuple(REPLACE(f, max_prefixes=1) for f in n.families)) for n in bgp.neighbors)
    return REPLACE(bgp, neighbors=neighbors)


def bare(bgp: Bgp) -> Bgp:
    neighbors = tuple(
        REPLACE(n, families=tuple(REPLACE(f, import_policy="") for f in n.families)) for n in bgp.neighbors
    )
    return REPLACE(bgp, neighbors=neighbors)


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [(limited, "session-down", "2 prefixes accepted where max_prefixes is 1"), (bare, "no-policy", "RFC 8212")],
)
def test_other_reasons_at_a_border(
    blueprint: Blueprint, change: Callable[[Bgp], Bgp], reason: str, detail: str
) -> None:
    found = one(with_bgp(blueprint, "a-border1", change), "a-border1", OUTSIDE)
    [refusal] = refused(found, reason)
    assert detail in refusal.detail


def test_no_export_is_told_where_the_route_stays_and_where_it_is_missed(blueprint: Blueprint) -> None:
    marked = with_import_policy(blueprint, "a-border1", accept(communities_add=("65535:65281",)))
    what = wanted(f"5 {OUTSIDE}")
    assert what is not None
    mine = [e for e in explain(ask(marked), what, "a-border1") if e.route.startswith("10.255.0.1:")]
    [found] = mine
    assert not found.announced
    assert {(r.sender, r.reason) for r in found.not_announced} == {("a-spine1", "confined"), ("a-spine2", "confined")}
    assert "no-export" in found.not_announced[0].detail


def test_a_route_target_that_is_not_imported_is_told(blueprint: Blueprint) -> None:
    foreign = with_instance(blueprint, "a-leaf1", lambda i: REPLACE(i, import_rts=("65000:9",)))
    found = one(foreign, "a-leaf1", OUTSIDE)
    assert not found.candidates
    assert {r.sender for r in refused(found, "route-target")} == {"a-border1", "a-border2"}
    assert "imports 65000:9" in refused(found, "route-target")[0].detail


def test_a_vrf_that_keeps_its_routes_out_of_evpn_is_told(blueprint: Blueprint) -> None:
    silent = with_bgp(blueprint, "a-border1", lambda b: REPLACE(b, evpn_advertise=()))
    found = one(silent, "a-leaf1", OUTSIDE)
    [refusal] = refused(found, "evpn-not-advertised")
    assert refusal.sender == "a-border1"


def test_a_leaked_route_has_the_vrf_that_it_came_from(blueprint: Blueprint) -> None:
    two = compiled(small(vrfs=2)).blueprint
    leaking = with_instance(two, "a-leaf1", lambda i: REPLACE(i, imports=("red-v2",)))
    found = one(leaking, "a-leaf1", "10.1.33.0/24")
    assert found.best is not None
    assert (found.best.peer, found.best.sender) == ("vrf:red-v2", "a-leaf1")
    assert "VRF red-v1" in {a.to for a in one(leaking, "a-leaf1", "10.1.33.0/24", "red-v2").announced}


def test_an_as_loop_is_told_with_the_path(blueprint: Blueprint) -> None:
    loopback = f"{vtep(blueprint, 'a-border1')}/32"
    found = one(blueprint, "a-spine1", loopback, "default")
    assert found.best is not None
    loops = refused(found, "as-loop")
    assert {r.sender for r in loops} == {"a-leaf1", "a-leaf2", "a-border2"} - {found.best.sender}
    assert all("own AS" in r.detail for r in loops)
    assert "a-leaf1" in {a.to for a in found.announced}


def test_a_mac_is_explained_with_who_imports_it(blueprint: Blueprint) -> None:
    host = next(h for h in blueprint.hosts if "a-leaf2" in h.leaves)
    found = explain(ask(blueprint), Wanted(route_type=2, key=host.mac), "a-leaf1")
    assert [e.route.split()[2].count("/") for e in found] == [0, 1, 1]
    assert any(name.startswith("MAC-VRF") for name in found[0].imported)
    assert any(name.startswith("VRF red-v1 as") for name in found[1].imported)
    assert found[0].route_targets


def test_an_address_means_the_longest_prefix_of_each_table(blueprint: Blueprint) -> None:
    found = one(blueprint, "a-leaf1", "10.1.17.12")
    assert found.route == "10.1.17.12/32"
    assert one(blueprint, "a-leaf1", "10.1.17.99").installed.startswith("connected, ")


def test_devices_with_the_same_outcome_are_told_together(blueprint: Blueprint) -> None:
    groups = grouped(explain(ask(blueprint), Wanted(prefix=OUTSIDE), vrf=VRF))
    assert [g.devices for g in groups] == [("a-border1",), ("a-border2",), ("a-leaf1", "a-leaf2")]


@pytest.mark.parametrize(
    "text", ["", "bogus", "10.0.0.300", "10.0.0.1/33", "6 10.0.0.0/8", "a b c d", "02:00:00:00:00"]
)
def test_what_is_no_route_is_none(text: str) -> None:
    assert wanted(text) is None


# Traces


def traced(
    blueprint: Blueprint, source: str, address: str, failures: Failures | None = None
) -> tuple[ReasonedStep, ...]:
    asked = ask(blueprint, failures)
    tables = fib(blueprint, state_of(asked.settled))
    endpoint = next(e for h in blueprint.hosts if h.name == source for e in h.endpoints)
    return reasons(asked, tables, forward(tables, endpoint, address))


def test_a_trace_tells_route_policy_paths_and_encapsulation(blueprint: Blueprint) -> None:
    steps = traced(blueprint, "a-rack1-red-v1-s1-1", "192.0.2.10")
    first = next(s.why.route for s in steps if s.step.action == "route")
    assert first is not None
    assert (first.protocol, first.prefix, first.vrf, len(first.next_hops)) == ("bgp", OUTSIDE, VRF, 2)
    assert first.best is not None
    assert first.best.origin_device in ("a-border1", "a-border2")
    assert [p.policy for p in first.passed] == ["xc-in-red-v1-from-transit"]
    tunnel = next(s.why.encapsulation for s in steps if s.step.action == "tunnel")
    assert tunnel is not None
    assert (tunnel.kind, tunnel.vni, tunnel.overhead) == ("L3VNI", 5000, 50)
    assert (tunnel.outer_source, tunnel.inner_mtu) == (vtep(blueprint, "a-leaf1"), tunnel.underlay_mtu - 50)
    assert tunnel.router_mac
    border = next(s.why.route for s in steps if s.step.device == "a-border1" and s.step.action == "route")
    assert border is not None
    assert border.best is not None
    assert border.best.decided_by == ("local_pref 120 over 100",)


def test_a_bridged_trace_tells_the_mac_route(blueprint: Blueprint) -> None:
    wide = compiled(small(everywhere=True)).blueprint
    target = next(h for h in wide.hosts if h.name == "a-rack2-red-v1-s1-1")
    address = target.endpoints[0].addresses[0].partition("/")[0]
    steps = traced(wide, "a-rack1-red-v1-s1-1", address)
    macs = [s.why.mac for s in steps if s.why.mac is not None]
    assert [(m.kind, m.mac) for m in macs] == [("remote", target.mac), ("local", target.mac)]
    assert macs[0].route.endswith(f" 2 {target.mac}")
    tunnel = next(s.why.encapsulation for s in steps if s.step.action == "tunnel")
    assert tunnel is not None
    assert tunnel.kind == "L2VNI"


def drop(steps: tuple[ReasonedStep, ...]) -> ReasonedStep:
    return next(s for s in steps if s.step.action == "drop")


def test_a_drop_tells_which_statement_kept_the_route_out(blueprint: Blueprint) -> None:
    shut = with_import_policy(with_import_policy(blueprint, "a-border1", rejecting("no")), "a-border2", rejecting("no"))
    why = drop(traced(shut, "a-rack1-red-v1-s1-1", "192.0.2.10")).why
    assert {(r.reason, r.passage.statement) for r in why.refused if r.passage} == {("import-policy", "no")}
    assert any(OUTSIDE in r.detail for r in why.refused)


def test_a_drop_tells_that_nobody_announces_it(blueprint: Blueprint) -> None:
    plain = compiled(small()).blueprint
    why = drop(traced(plain, "a-rack1-red-v1-s1-1", "192.0.2.10")).why
    assert why.missing == "nobody announces a prefix that covers 192.0.2.10 in red-v1"
    assert not why.refused


def test_a_drop_tells_who_is_gone(blueprint: Blueprint) -> None:
    plain = compiled(small()).blueprint
    failures = Failures(devices=frozenset({"a-leaf2"}))
    target = next(h for h in plain.hosts if "a-leaf2" in h.leaves and h.endpoints[0].segment.endswith("s2"))
    address = target.endpoints[0].addresses[0].partition("/")[0]
    found = drop(traced(plain, "a-rack1-red-v1-s1-1", address, failures))
    told = " ".join([found.why.missing, *(r.detail for r in found.why.refused)])
    assert "a-leaf2" in told
    assert "down" in told
