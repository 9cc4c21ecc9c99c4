"""From arrival times to verdicts: what a drill may claim, and what it must not."""

from crossconnect.drills import Drill, Flow, HealResult, PredictedFlow
from crossconnect.drills.measurement import Carried, FlowTrace, healed, judge, measure_flow, with_broken_state
from crossconnect.drills.result import BrokenState
from crossconnect.drills.text import drills_text

MS = 1_000_000
EVENT = 10_000 * MS
DRILL = Drill(name="spine", event="device-failure", target="n1-spine1", outage_max_ms=1000)


def predicted(prediction="survive", crosses=True, number=1):
    flow = Flow(
        number=number,
        source="a",
        destination="b",
        source_address="10.0.0.1",
        destination_address="10.0.0.2",
        source_port=20000 + number,
        destination_port=9000,
        scope="red-prod",
    )
    return PredictedFlow(flow=flow, prediction=prediction, crosses=crosses)


def trace(lost_ms=(), before_ms=1000, after_ms=3000, delay_ms=1, duplicated=0):
    """A packet each millisecond around the event; `lost_ms` are sending times from the event that do not arrive."""
    lost = set(lost_ms)
    times = range(-before_ms, after_ms)
    sent = [EVENT + t * MS for t in times]
    arrived = {n: sent[n] + delay_ms * MS for n, t in enumerate(times) if t not in lost}
    return FlowTrace(sent_ns=sent, arrived_ns=arrived, duplicated=duplicated)


def measured(lost_ms=(), prediction="survive", crosses=True, **kind):
    return measure_flow(predicted(prediction, crosses), trace(lost_ms, **kind), EVENT)


def verdict(*flows, **kind):
    return judge(DRILL, flows, 5.0, (-1000.0, 3000.0), **kind)


def test_nothing_lost_is_survival_without_gap():
    flow = measured()
    assert (flow.outcome, flow.lost, flow.longest_gap_ms, flow.converged_ms) == ("survived", 0, 0.0, 0.0)
    assert flow.as_predicted
    assert verdict(flow).verdict == "as-predicted"


def test_a_gap_is_measured_between_the_packets_around_it():
    flow = measured(range(20, 120))
    assert flow.lost == 100
    assert flow.longest_gap_ms == 101
    assert flow.converged_ms == 120
    assert flow.lost_buckets == tuple((b, 10) for b in range(2, 12))


def test_two_gaps_count_once_for_the_longest_and_converge_after_the_last():
    flow = measured([*range(30), *range(200, 210)])
    assert flow.longest_gap_ms == 31
    assert flow.converged_ms == 210


def test_packets_on_the_way_when_it_strikes_are_lost_by_the_event():
    flow = measured(range(-5, 40))
    assert flow.outcome == "survived"
    assert flow.lost_before == 0
    assert flow.lost_buckets[0] == (-1, 5)


def test_a_flow_that_never_returns_is_cut_and_its_gap_lasts_to_the_end():
    flow = measured(range(3000), prediction="cut")
    assert flow.outcome == "cut"
    assert flow.as_predicted
    assert flow.converged_ms is None
    assert flow.longest_gap_ms == 3000


def test_surviving_where_the_simulation_said_cut_differs():
    result = verdict(measured(prediction="cut"))
    assert result.verdict == "differs"
    assert "was to be cut, but it survived" in result.reasons[0]


def test_cut_where_the_simulation_said_survive_differs():
    result = verdict(measured(range(3000)))
    assert result.verdict == "differs"
    assert "was to survive, but it was cut" in result.reasons[0]
    assert result.converged_ms is None


def test_losing_packets_until_the_end_is_neither():
    flow = measured(range(0, 3000, 2))
    assert flow.outcome == "unstable"
    assert verdict(flow).verdict == "differs"
    assert verdict(measured(range(0, 3000, 2), prediction="cut")).verdict == "differs"


def test_an_outage_longer_than_allowed_differs():
    result = verdict(measured(range(1500)))
    assert result.verdict == "differs"
    assert "silent for 1501 ms, over 1000 ms" in result.reasons[0]


def test_no_packet_sent_proves_nothing():
    empty = measure_flow(predicted(), FlowTrace(sent_ns=[], arrived_ns={}), EVENT)
    assert empty.outcome == "no-traffic"
    assert verdict(empty).verdict == "proves-nothing"
    assert verdict().verdict == "proves-nothing"


def test_zero_lost_of_one_broken_flow_beside_a_good_one_still_proves_nothing():
    silent = measured(range(-1000, 3000))
    result = verdict(measured(), silent)
    assert result.verdict == "proves-nothing"
    assert "did not run cleanly before the event" in result.reasons[0]


def test_a_single_packet_lost_before_the_event_is_no_clean_run():
    flow = measured([-500])
    assert flow.lost_before == 1
    assert verdict(flow).verdict == "proves-nothing"


def test_flows_that_pass_by_the_target_prove_nothing():
    assert verdict(measured(crosses=False)).verdict == "proves-nothing"


def test_a_target_that_carried_only_keepalives_proves_nothing():
    assert verdict(measured(), carried=Carried(before=40)).verdict == "proves-nothing"
    assert verdict(measured(), carried=Carried(before=1200)).verdict == "as-predicted"


def test_an_event_that_came_when_the_flows_were_almost_over_proves_nothing():
    result = judge(DRILL, (measured(after_ms=180),), 5.0, (-5300.0, 180.0))
    assert result.verdict == "proves-nothing"
    assert "only 180 ms of the flows came after it" in result.reasons[0]


def test_tables_that_are_not_as_simulated_while_broken_fail_the_drill():
    good = verdict(measured())
    assert with_broken_state(good, BrokenState(rows=900, as_simulated=True)).verdict == "as-predicted"
    bad = with_broken_state(good, BrokenState(rows=900, as_simulated=False, differences=("routes -x",)))
    assert bad.verdict == "differs"
    assert bad.reasons == ("while broken, the tables are not as simulated",)


def test_a_drained_device_that_goes_on_carrying_traffic_was_not_drained():
    assert verdict(measured(), carried=Carried(before=1200, late=30)).verdict == "as-predicted"
    result = verdict(measured(), carried=Carried(before=1200, late=2000))
    assert result.verdict == "differs"
    assert "n1-spine1 still carries traffic" in result.reasons[0]


def test_a_network_that_does_not_come_back_as_it_was_fails_the_drill():
    good = verdict(measured())
    assert healed(good, HealResult(state_restored=True, seconds=3)).verdict == "as-predicted"
    bad = healed(good, HealResult(state_restored=False, seconds=60, differences=("routes a 10.0.0.0/8",)))
    assert bad.verdict == "differs"
    assert bad.reasons == ("after healing the state is not as before",)


def test_loss_of_flows_that_were_to_be_cut_is_not_held_against_survivors():
    survivor, cut = measured(range(7)), measured(range(3000), prediction="cut")
    result = verdict(survivor, cut)
    assert result.verdict == "as-predicted"
    assert (result.lost, result.survivors_lost) == (3007, 7)
    assert result.longest_gap_ms == 8
    assert result.converged_ms == 7


def test_duplicates_are_counted_and_are_no_losses():
    flow = measured(duplicated=12)
    assert (flow.duplicated, flow.lost) == (12, 0)


def test_the_terminal_table_has_a_line_per_drill_and_the_reasons():
    text = drills_text([verdict(measured(range(87))), verdict(measured(prediction="cut"))])
    lines = text.splitlines()
    assert lines[0].split()[:4] == ["EVENT", "FLOWS", "SENT", "LOST"]
    assert lines[1].startswith("n1-spine1 powered off")
    assert lines[1].endswith("as predicted")
    assert "88 ms" in lines[1]
    assert "1 survive" in lines[1]
    assert "DIFFERS" in lines[2]
    assert lines[3].startswith("! n1-spine1 powered off: a:20001 > b was to be cut")
