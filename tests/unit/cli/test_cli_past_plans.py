"""Plans that were carried out, in a directory: their order and numbers.

Input: plans there and back, carried out by hands that only answer; then a journal, or a plan, is damaged. Output: each
keeps its number as long as anybody can tell when it was begun.
"""

from __future__ import annotations

from pathlib import Path

from changes import EDITS, both
from crossconnect.cli.past_plans import past_plans
from crossconnect.cli.plan_saving import read_plan
from crossconnect.rollout.assembly import Context, assemble
from crossconnect.rollout.execution import Action, DeviceState, course_of
from crossconnect.rollout.journal_file import Journal
from crossconnect.rollout.plan import plan
from crossconnect.rollout.runner import carry_out
from crossconnect.rollout.saved_plan import encoded
from regions import small

OLD, NEW = both(small(leaves=2, spines=2, tenants=2), EDITS["fewer tenants"])


class Hands:
    """They say that all is well."""

    def perform(self, action: Action, device: DeviceState | None) -> str:
        del action, device
        return ""

    def seconds_max(self, action: Action) -> float:
        del action
        return 10.0


def listed(directory: Path) -> list[tuple[int, str, str]]:
    return [(past.number, Path(past.file).name, past.outcome) for past in past_plans(directory)]


def test_a_damaged_journal_keeps_the_number_of_its_plan(tmp_path: Path) -> None:
    for hour, (name, (old, new)) in enumerate({"there": (OLD, NEW), "back": (NEW, OLD), "again": (OLD, NEW)}.items()):
        made, _ = assemble(old, new, plan(old, new), Context())
        (tmp_path / name).write_bytes(encoded(made))
        _, digest = read_plan(tmp_path / name)
        at = f"2026-11-28T1{hour}:00:00+00:00"
        with Journal(tmp_path, name, digest, lambda at=at: at) as journal:
            carry_out(course_of(made), journal, Hands(), who="ann")
    assert listed(tmp_path) == [(1, "there", "done"), (2, "back", "done"), (3, "again", "done")]
    damaged = tmp_path / "back.journal"
    lines = damaged.read_bytes().splitlines(keepends=True)
    damaged.write_bytes(
        b"".join((*lines[:3], lines[3].replace(b"done", b"DONE").replace(b"begin", b"BEGIN"), *lines[4:]))
    )
    assert listed(tmp_path) == [(1, "there", "done"), (2, "back", "unreadable"), (3, "again", "done")]
    (tmp_path / "back").write_bytes(b"")
    assert listed(tmp_path) == [(1, "there", "done"), (2, "again", "done"), (3, "back", "unreadable")]
