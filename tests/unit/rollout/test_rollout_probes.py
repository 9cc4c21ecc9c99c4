"""Probes against objectives, and errors of ports. Input: what was sent and answered, counters before and after. Output:
what a gate says of it, and that it fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossconnect.cli.holding import weigh
from crossconnect.errors import Rejected
from crossconnect.model.change import Objective
from crossconnect.rollout.probes import Probe, Tally, shortfalls

GOLD = Objective(name="gold", loss_percent_max=1.0, round_trip_ms_max=10.0)
LEAD = Objective(name="lead", loss_percent_max=50.0, round_trip_ms_max=500.0)
OBJECTIVES = {one.name: one for one in (GOLD, LEAD)}


def _probe(destination: str, objective: str = "gold") -> Probe:
    return Probe(
        source="web1",
        interface="eth0",
        source_address="10.0.0.2",
        destination=destination,
        destination_address="10.0.0.1",
        tenant="acme",
        network="acme-prod",
        objective=objective,
    )


def _tally(sent: int, answered: int, ms: float = 1.0) -> Tally:
    return Tally(sent=sent, answered=answered, round_trips_ms=(ms,) * answered)


def test_loss_is_held_against_all_probes_of_an_objective_together() -> None:
    probes = [_probe("web2"), _probe("web3")]
    assert shortfalls(probes, [_tally(100, 98), _tally(100, 100)], OBJECTIVES) == ()
    found = shortfalls(probes, [_tally(100, 97), _tally(100, 100)], OBJECTIVES)
    assert found == ("objective gold: 3 of 200 probes lost, 1.0 % may be",)


def test_half_of_the_answers_may_take_so_long() -> None:
    probes = [_probe("web2"), _probe("web3")]
    assert shortfalls(probes, [_tally(49, 49, 80.0), _tally(51, 51, 2.0)], OBJECTIVES) == ()
    found = shortfalls(probes, [_tally(51, 51, 80.0), _tally(49, 49, 2.0)], OBJECTIVES)
    assert found == ("objective gold: 80.0 ms there and back, 10.0 ms may be",)


def test_who_is_never_reached_is_named_whatever_the_objective_bears() -> None:
    probes = [_probe("web2", "lead"), _probe("web3", "lead"), _probe("web4", "lead")]
    found = shortfalls(probes, [_tally(10, 0), _tally(10, 10), _tally(10, 10)], OBJECTIVES)
    assert found == ("web1 does not reach web2 (10.0.0.1)",)


@given(st.lists(st.tuples(st.sampled_from(["gold", "lead"]), st.integers(1, 400), st.integers(0, 400)), min_size=1))
def test_a_gate_fails_exactly_where_an_objective_is_missed(drawn: list[tuple[str, int, int]]) -> None:
    probes = [_probe(f"web{n}", objective) for n, (objective, _, _) in enumerate(drawn)]
    tallies = [_tally(sent, max(0, sent - lost)) for _, sent, lost in drawn]
    missed = any(not tally.answered for tally in tallies)
    for objective in OBJECTIVES.values():
        of_it = [t for p, t in zip(probes, tallies, strict=True) if p.objective == objective.name]
        sent, answered = sum(t.sent for t in of_it), sum(t.answered for t in of_it)
        missed |= bool(sent) and 100 * (sent - answered) > objective.loss_percent_max * sent
    found = shortfalls(probes, tallies, OBJECTIVES)
    assert bool(found) == missed
    if missed:
        with pytest.raises(Rejected):
            weigh(found, {}, {})
    else:
        weigh(found, {}, {})


def test_a_port_that_counts_more_errors_fails_the_gate() -> None:
    before = {"leaf1 eth1": 7, "leaf1 eth2": 0}
    weigh((), before, {"leaf1 eth1": 7, "leaf1 eth2": 0})
    weigh((), before, {"leaf1 eth3": 9})  # it was not counted before: nobody knows whether they are new
    with pytest.raises(Rejected, match="leaf1 eth2 counts 3 new errors"):
        weigh((), before, {"leaf1 eth1": 7, "leaf1 eth2": 3})
