"""Explanations never tell another story than the decision: random candidates, and whole regions under failures."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Place
from crossconnect.simulate import Failures, Network, fib, forward, single_failures, state_of
from crossconnect.simulate.attributes import Attributes
from crossconnect.simulate.decision import STEPS, Candidate, left_out, losses, select, unequal, worth
from crossconnect.simulate.explain_fabric import explain_evpn, explain_underlay
from crossconnect.simulate.explain_vrf import explain_vrf
from crossconnect.simulate.explanation import Explanation
from crossconnect.simulate.history import Question, question
from crossconnect.simulate.reasons import reasons
from crossconnect.simulate.sessions import down_because
from crossconnect.simulate.topology import DEFAULT
from regions import compiled, small

few = st.integers(0, 2)
attributes = st.builds(
    Attributes,
    as_path=st.lists(st.sampled_from([65001, 65002, 65003]), max_size=3).map(tuple),
    origin=few,
    med=few,
    local_pref=st.sampled_from([100, 120]),
    weight=st.sampled_from([0, 0, 32768]),
)
candidate = st.builds(
    Candidate,
    attributes=attributes,
    next_hop=st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.10", "spine"]),
    rank=st.tuples(few, few),
    local=st.booleans(),
    internal=st.booleans(),
    labels=st.sampled_from([(), (5000,), (5001,), (5002,), (10000, 5000)]),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(candidate, max_size=7), st.integers(1, 4), st.booleans())
def test_every_loser_is_told_a_step_at_which_the_winner_is_really_better(
    candidates: list[Candidate], maximum_paths: int, relax: bool
) -> None:
    chosen = select(candidates, maximum_paths, relax)
    lost = losses(candidates)
    assert set(range(len(candidates))) - lost.keys() == ({chosen.best} if candidates else set())
    for index, loss in lost.items():
        loser, winner = candidates[index], candidates[loss.against]
        same_neighbor = bool(loser.attributes.as_path) and loser.attributes.as_path[:1] == winner.attributes.as_path[:1]
        assert loss.against == chosen.best or (same_neighbor and loss.step == "MED"), "only MED takes a path out before"
        # Of different neighbouring ASes MED is not compared, unless the path is the own AS's.
        own, other = (same_neighbor or not c.attributes.as_path for c in (loser, winner))
        for step, mine, theirs in zip(STEPS, worth(loser, own), worth(winner, other), strict=True):
            if step.name == loss.step:
                assert theirs < mine
                assert (loss.own, loss.other) == (step.shown(loser), step.shown(winner))
                break
            assert mine == theirs, f"{step.name} decides before {loss.step}"
        else:
            assert not loss.step


@settings(max_examples=300, deadline=None)
@given(st.lists(candidate, min_size=1, max_size=7), st.integers(1, 4), st.booleans())
def test_what_is_not_multipath_is_told_why(candidates: list[Candidate], maximum_paths: int, relax: bool) -> None:
    chosen = select(candidates, maximum_paths, relax)
    outside = left_out(candidates, chosen.best, chosen.multipath, maximum_paths, relax)
    assert outside.keys() == set(range(len(candidates))) - set(chosen.multipath)
    for index, why in outside.items():
        differs = unequal(candidates[index], candidates[chosen.best], relax)
        assert why == differs if differs else why.startswith(("same next hop", "maximum-paths"))


REGIONS = {
    "border": small(border=True, tenants=2, segments=1),
    "pods": small(pods=2, super_spines=2, border=True, segments=1, underlay="unnumbered"),
    "dual-homed": small(leaves=2, dual_homed=True, segments=1, border=True),
}
BLUEPRINTS: dict[str, Blueprint] = {name: compiled(region).blueprint for name, region in REGIONS.items()}
NETWORKS = {name: Network(blueprint) for name, blueprint in BLUEPRINTS.items()}


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(REGIONS)), st.data())
def test_explanations_agree_with_the_tables(name: str, data: st.DataObject) -> None:
    """Every row of the BGP tables is a candidate, every route's next hops are those that are told, and a session is
    down exactly when there is a reason."""
    failures = data.draw(st.sampled_from([Failures(), *single_failures(BLUEPRINTS[name])]))
    network = NETWORKS[name]
    settled = network.settle(failures)
    asked = question(settled, lambda path: Place(path=path))
    state = state_of(settled, ("bgp_routes", "routes"))
    told: dict[tuple[str, str, str], Explanation] = {}
    for row in state.bgp_routes:
        key = (row.device, row.vrf, row.prefix)
        explanation = told.get(key) or told.setdefault(key, decision(asked, *key))
        mine = [c for c in explanation.candidates if c.peer == row.peer]
        assert any(c.as_path == row.as_path and c.communities == row.communities for c in mine), row
        assert row.best == any(c.best for c in mine if c.next_hop == row.next_hop or not row.next_hop), row
    for route in state.routes:
        explanation = told.get((route.device, route.vrf, route.prefix))
        if explanation is not None:
            assert explanation.installed == (
                f"connected, {route.next_hops[0]}"
                if route.protocol == "connected"
                else f"bgp, via {', '.join(route.next_hops)}"
            )
    wires = {key: settled.live.wire_up(wire) for key, wire in network.topology.wires.items()}
    for session in network.sessions:
        ends = [session, *([network.sessions[session.twin]] if session.twin >= 0 else [])]
        assert settled.up[session.index] == (not any(down_because(end, wires, settled.live) for end in ends))


def decision(asked: Question, device: str, vrf: str, prefix: str) -> Explanation:
    topology = asked.settled.network.topology
    speaker = topology.speakers[topology.speaker_at[(device, vrf)]]
    return (explain_underlay if vrf == DEFAULT else explain_vrf)(asked, speaker, prefix)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(sorted(REGIONS)), st.data())
def test_every_evpn_route_is_explained_everywhere(name: str, data: st.DataObject) -> None:
    """A switch that has a route has candidates; one that has not is told what kept it out, by every session."""
    settled = NETWORKS[name].settle(data.draw(st.sampled_from([Failures(), *single_failures(BLUEPRINTS[name])])))
    asked = question(settled, lambda path: Place(path=path))
    visibility = settled.overlay.visibility
    for route in settled.overlay.routes():
        for speaker in settled.network.topology.speakers:
            if speaker.vrf != DEFAULT or not settled.live.device_up(speaker.device):
                continue
            explanation = explain_evpn(asked, speaker, route, ())
            assert bool(explanation.candidates) == (visibility.best(route, speaker.index) >= 0)
            sessions = len(settled.graphs["l2vpn-evpn"].sessions[speaker.index])
            learned = sum(c.peer != "local" for c in explanation.candidates)
            assert learned + len(explanation.refused) == sessions


TRACED = {**BLUEPRINTS, "bridged": compiled(small(everywhere=True, l2_only=True, dual_homed=True)).blueprint}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(TRACED)), st.data())
def test_every_step_of_every_trace_has_its_reason(name: str, data: st.DataObject) -> None:
    """Routed steps have their route, tunnels their encapsulation, known MACs who told them, drops what is missing."""
    blueprint = TRACED[name]
    asked = question(
        Network(blueprint).settle(data.draw(st.sampled_from([Failures(), *single_failures(blueprint)]))),
        lambda path: Place(path=path),
    )
    tables = fib(blueprint, state_of(asked.settled))
    endpoints = [endpoint for host in blueprint.hosts for endpoint in host.endpoints]
    source, target = data.draw(st.sampled_from(endpoints)), data.draw(st.sampled_from(endpoints))
    outside = ["192.0.2.1", "203.0.113.1"] if source.gateways else []
    address = data.draw(st.sampled_from([*outside, *(a.partition("/")[0] for a in target.addresses[:1])]))
    for reasoned in reasons(asked, tables, forward(tables, source, address)):
        step, why = reasoned.step, reasoned.why
        if step.action in ("route", "forward"):
            assert why.route is not None
            assert (why.route.best is not None) == (why.route.protocol == "bgp")
        elif step.action == "tunnel":
            assert why.encapsulation is not None
        elif step.action == "drop" and step.detail.startswith(("no route", "MAC")) and "behind" not in step.detail:
            assert why.missing or why.mac is not None, step
