"""Plans that were carried out: each a saved plan with a journal beside it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path

import msgspec

from crossconnect.cli.plan_saving import read_approvals, read_plan
from crossconnect.errors import BadInput, CrossconnectError
from crossconnect.rollout.execution import course_of, outcome, state_after
from crossconnect.rollout.journal import Record
from crossconnect.rollout.journal_file import look
from crossconnect.rollout.runner import events_of
from crossconnect.rollout.saved_plan import SavedPlan

SUFFIX = ".journal"
NETWORK = "network"
"""Note in a journal of what the plan is carried out on: a lab's name, or the network itself. Its detail is empty in
journals that do not say."""


class PastPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that was begun."""

    number: int
    """From 1, in the order in which they were begun."""
    begun: str
    """RFC 3339, UTC."""
    seconds: float
    """From the first to the last record, by the clock of whoever wrote them."""
    file: str
    network: str
    """What it was carried out on: a lab's name, or `the network`; empty where the journal does not say."""
    outcome: str
    """`done`, `undone`, `stopped`, `stuck`; `running` when it was begun and has not ended; `unreadable`."""
    waves: int
    devices: int
    operator: str
    """Who carried it out; the last one, where it was taken over."""
    approved_by: tuple[str, ...]
    parent: str
    new: str
    """Content hashes of the networks."""
    parent_commit: str
    new_commit: str
    parent_drained: tuple[str, ...]
    new_drained: tuple[str, ...]
    failure: str
    tip: str
    """Hash of the journal's last record."""


def past_plans(directory: Path) -> tuple[PastPlan, ...]:
    """All of a directory, the oldest first. BadInput when there is no such directory."""
    if not directory.is_dir():
        raise BadInput(f"{directory} is no directory; plans and their journals are where 'xc plan -o FILE' put them")
    found: list[PastPlan] = []
    for journal in directory.glob(f"*{SUFFIX}"):
        file = journal.with_name(journal.name.removesuffix(SUFFIX))
        try:
            plan, records, tip = read_past(file)
        except CrossconnectError as error:
            found.append(_unreadable(file, str(error)))
            continue
        if any(record.kind != "note" for record in records):
            found.append(_past(file, plan, records, tip))
    # Last come those of which nobody knows when they were begun: numbers of the others stay.
    found.sort(key=lambda past: (not past.begun, past.begun, past.file))
    return tuple(msgspec.structs.replace(past, number=number) for number, past in enumerate(found, 1))


def read_past(file: Path) -> tuple[SavedPlan, tuple[Record, ...], str]:
    """A plan, its journal and the hash of the journal's last record. BadInput or Permanent when one cannot be read."""
    plan, digest = read_plan(file)
    read = look(file.parent, file.name, digest)
    if read.problem:
        raise BadInput(f"{file}{SUFFIX}, {read.problem}")
    return plan, read.records, read.tip


def _past(file: Path, plan: SavedPlan, records: tuple[Record, ...], tip: str) -> PastPlan:
    course = course_of(plan)
    state = state_after(course, events_of(records))
    _, digest = read_plan(file)
    moments = [datetime.datetime.fromisoformat(record.at) for record in (records[0], records[-1])]
    return PastPlan(
        number=0,
        begun=records[0].at,
        seconds=round((moments[1] - moments[0]).total_seconds(), 1),
        file=str(file),
        network=network_of(records),
        outcome=outcome(course, state),
        waves=len(plan.waves),
        devices=len(plan.devices),
        operator=next((r.detail for r in reversed(records) if r.kind == "owner"), ""),
        approved_by=tuple(approval.by for approval in read_approvals(file, digest)),
        parent=plan.parent,
        new=plan.new,
        parent_commit=plan.parent_commit,
        new_commit=plan.new_commit,
        parent_drained=plan.parent_drained,
        new_drained=plan.new_drained,
        failure=state.failure,
        tip=tip,
    )


def _unreadable(file: Path, why: str) -> PastPlan:
    return PastPlan(
        number=0,
        begun=_begun(file),
        seconds=0.0,
        file=str(file),
        network="",
        outcome="unreadable",
        waves=0,
        devices=0,
        operator="",
        approved_by=(),
        parent="",
        new="",
        parent_commit="",
        new_commit="",
        parent_drained=(),
        new_drained=(),
        failure=why,
        tip="",
    )


def _begun(file: Path) -> str:
    """When a plan whose journal is damaged was begun, by the records before the damage; empty where there are none."""
    try:
        _, digest = read_plan(file)
        records = look(file.parent, file.name, digest).records
    except CrossconnectError:
        return ""
    return records[0].at if records else ""


def network_of(records: Iterable[Record]) -> str:
    """What a journal's plan is carried out on; empty where it does not say."""
    return next((r.detail for r in records if r.kind == "note" and r.action == NETWORK), "")


def begun_on(file: Path, digest: str) -> str:
    """What the plan in a file was begun on, by the journal beside it; empty where there is none, or it does not say."""
    if not file.with_name(file.name + SUFFIX).exists():
        return ""
    return network_of(look(file.parent, file.name, digest).records)


def numbered(plans: tuple[PastPlan, ...], number: int, directory: Path) -> PastPlan:
    """The plan with a number. BadInput when there is none, or it cannot be read."""
    for past in plans:
        if past.number == number:
            if past.outcome == "unreadable":
                raise BadInput(past.failure)
            return past
    raise BadInput(f"the history in {directory} has no number {number}; 'xc history' lists them")
