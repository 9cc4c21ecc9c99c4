"""Changes of the running lab in the report: every step with its time, who was not touched, and what it proves."""

from __future__ import annotations

import msgspec
from report_samples import full_inputs
from test_report_page import Page

from crossconnect.report import RolloutChange, RolloutRun, write_html
from crossconnect.report.claim import conclude
from crossconnect.report.rollout import RolloutStep, draw_rollout, steps_of
from crossconnect.rollout.progress import Step


def event(step: str, status: str, seconds: float, device: str = "border1", detail: str = "") -> Step:
    return Step(
        seconds=seconds, wave=1, waves=2, device=device, step=step, status=status, detail=detail, left_s=None
    )  # fmt: skip


EVENTS = (
    event("prepare", "begin", 0.0),
    event("prepare", "done", 0.4),
    event("commit", "begin", 0.4),
    event("commit", "done", 1.0),
    event("gate", "begin", 1.0, ""),
    event("gate", "failed", 6.7, "", "border1 has not 0.0.0.0/0 <as predicted>"),
    event("undo", "begin", 6.7),
    event("undo", "done", 7.4),
    event("proof", "begin", 7.4, ""),
)


def bad(outcome: str = "undone") -> RolloutChange:
    return RolloutChange(
        title="a bad policy",
        waves=(("border1",), ("border2",)),
        steps=steps_of(EVENTS),
        outcome=outcome,
        wanted="undone",
        seconds=13.8,
        failure="gate of wave 1: border1 has not 0.0.0.0/0",
        figures=(("packets", "0 of 22000 lost"),),
    )


def run(*changes: RolloutChange) -> RolloutRun:
    return RolloutRun(region="metro", changes=changes)


def test_begins_and_ends_become_steps_and_what_has_not_ended_is_no_step() -> None:
    steps = steps_of(EVENTS)
    assert [step.step for step in steps] == ["prepare", "commit", "gate", "undo"]
    assert steps[2] == RolloutStep(
        wave=1, device="", step="gate", begin_s=1.0, end_s=6.7, done=False, detail=EVENTS[5].detail
    )


def test_steps_of_devices_that_overlap_are_not_mixed_up() -> None:
    both = (
        event("commit", "begin", 0.0, "a"),
        event("commit", "begin", 0.1, "b"),
        event("commit", "done", 2.0, "b"),
        event("commit", "done", 3.0, "a"),
    )
    assert [(s.device, s.begin_s, s.end_s) for s in steps_of(both)] == [("a", 0.0, 3.0), ("b", 0.1, 2.0)]


def test_the_section_says_each_step_and_who_was_not_touched() -> None:
    text = draw_rollout(run(bad()))
    for words in ("a bad policy: undone", "gate ✗", "5.7 s", "not touched", "0 of 22000 lost", "&lt;as predicted&gt;"):
        assert words in text
    assert text.count("not touched") == 1


def test_the_page_has_it_and_is_well_formed() -> None:
    page = write_html(msgspec.structs.replace(full_inputs(), rollout=run(bad())))
    ids = {attributes.get("id") for _, attributes in Page(page).elements}
    assert "rollout" in ids
    assert 'href="#rollout"' in page


def test_a_change_that_ends_otherwise_is_not_proven() -> None:
    good = conclude(msgspec.structs.replace(full_inputs(), rollout=run(bad())))
    assert good.verdict == "proven"
    assert next(c for c in good.claims if c.anchor == "rollout").text.startswith("1 of 1 change as they must end")
    wrong = conclude(msgspec.structs.replace(full_inputs(), rollout=run(bad("done"))))
    assert wrong.verdict == "not-proven"


def test_no_change_proves_nothing() -> None:
    assert conclude(msgspec.structs.replace(full_inputs(), rollout=run())).verdict == "not-proven"
    assert "No change was carried out" in draw_rollout(run())


def test_who_has_agreed_is_in_the_report_where_somebody_had_to() -> None:
    rows = (("not carried out", "rule four-eyes: needs 1 approval, there are 0"), ("approved by bob", "counts"))
    text = str(draw_rollout(run(msgspec.structs.replace(bad(), agreed=rows))))
    assert "Rules of the provider" in text
    assert all(word in text for row in rows for word in row)
    assert "Rules of the provider" not in str(draw_rollout(run(bad())))
