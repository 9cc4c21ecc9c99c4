"""What a recorded flow is summed up to: zero received is a failure, not a quiet success."""

from __future__ import annotations

from crossconnect.lab.flows import FlowTrace, summarise

MS = 1_000_000


def trace(sent: int, lost: set[int]) -> FlowTrace:
    times = [n * MS for n in range(sent)]
    arrived = {n: times[n] + MS // 10 for n in range(sent) if n not in lost}
    return FlowTrace(number=1, sent_ns=times, arrived=arrived, duplicated=0, send_errors=0)


def test_a_clean_flow() -> None:
    summary = summarise(trace(1000, set()))
    assert (summary.sent, summary.received, summary.lost, summary.failed) == (1000, 1000, 0, False)
    assert summary.longest_gap_ms == 1.0
    assert summary.lost_by_100_ms == {}


def test_a_gap_is_measured_between_the_packets_around_it() -> None:
    summary = summarise(trace(1000, set(range(250, 330))))
    assert summary.lost == 80
    assert summary.longest_gap_ms == 81.0
    assert summary.lost_by_100_ms == {2: 50, 3: 30}


def test_a_flow_that_ends_in_silence_has_a_gap_to_its_end() -> None:
    assert summarise(trace(1000, set(range(900, 1000)))).longest_gap_ms == 100.0


def test_nothing_received_is_a_failure() -> None:
    assert summarise(trace(1000, set(range(1000)))).failed


def test_nothing_sent_is_a_failure() -> None:
    assert summarise(trace(0, set())).failed
