"""`xc history`: the plans that were carried out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crossconnect.cli.output import draw, emit, output_option, say
from crossconnect.cli.region import region_option
from crossconnect.cli.state_option import state_option
from crossconnect.errors import BadInput

if TYPE_CHECKING:
    from crossconnect.cli.past_plans import PastPlan

_PLANS = Path("plans")
"""Where plans and their journals are, where nobody says otherwise: in the directory that one works in."""

directory_option = click.option(
    "--plans",
    "directory",
    type=click.Path(path_type=Path),
    default=Path("plans"),
    show_default=True,
    envvar="XC_PLANS",
    help="Directory of the saved plans and their journals.",
)

past_directory_option = click.option(
    "--plans",
    "directory",
    type=click.Path(path_type=Path),
    default=None,
    envvar="XC_PLANS",
    help="Directory of saved plans with their journals beside them.  [default: the region's state directory where it "
    "has one, else plans]",
)


def plans_of(root: Path, directory: Path | None, state: Path | None) -> tuple[tuple[PastPlan, ...], Path]:
    """The plans that the options are about, and where they are."""
    from crossconnect.cli.past_plans import past_plans
    from crossconnect.cli.state_option import state_of

    kept = state_of(root, state)
    if directory is None and (state is not None or kept.begun):
        return kept.past(), kept.directory
    if directory is None and not _PLANS.exists():
        return (), _PLANS  # as on the first day
    return past_plans(directory or _PLANS), directory or _PLANS


@click.command("history")
@click.argument("number", type=click.IntRange(min=1), required=False)
@region_option
@past_directory_option
@state_option
@output_option
def command(number: int | None, root: Path, directory: Path | None, state: Path | None, output: str) -> int:
    """List the plans that were carried out, the oldest first: when, by whom, with which end. With NUMBER, one of them,
    step by step as its journal has it; with '-o json' as a record for others: who, what, by which commits, under which
    rules, with whose approvals, with which findings, and every step.

    Those of the devices themselves, where the region has a state directory; with '--plans', those whose journals are
    in that directory, as labs' are.

    Exit code 1 when one was begun and has not ended, is stuck, or cannot be read.
    """
    from crossconnect.cli.past_plans import numbered

    plans, where = plans_of(root, directory, state)
    if number is not None:
        return _one(numbered(plans, number, where).file, output)
    rows = [
        (p.number, p.begun[:19].replace("T", " "), p.outcome, p.waves, p.devices, _whole(p.seconds), p.operator, p.file)
        for p in plans
    ]
    headers = ("number", "begun (UTC)", "end", "waves", "devices", "seconds", "by", "plan")
    emit(plans, output, lambda: draw(headers, rows))
    for past in plans:
        if past.failure and output == "table":
            say(f"{past.number}: {past.failure}")
    if not plans:
        say(f"no plan of {where} has been carried out{'' if where.exists() else ': there is no such directory here'}")
    return 1 if any(past.outcome in ("running", "stuck", "unreadable") for past in plans) else 0


def _one(file: str, output: str) -> int:
    from crossconnect.cli.past_plans import read_past
    from crossconnect.cli.plan_saving import read_approvals, read_plan

    plan, records, tip = read_past(Path(file))
    approvals = read_approvals(Path(file), read_plan(Path(file))[1])
    rows = [
        (
            r.at[11:23],
            r.wave or "",
            r.device,
            r.action or r.kind,
            "" if r.action == r.kind else r.kind,
            _short(r.detail),
        )
        for r in records
        if r.kind != "note"
    ]
    document = {
        "file": file,
        "region": plan.region,
        "parent": plan.parent,
        "new": plan.new,
        "parent_commit": plan.parent_commit,
        "new_commit": plan.new_commit,
        "authors": plan.size.authors,
        "rules": plan.rules,
        "approvals": approvals,
        "findings_new": plan.findings_new,
        "breaks": plan.breaks,
        "records": records,
        "tip": tip,
    }
    emit(document, output, lambda: draw(("time (UTC)", "wave", "device", "step", "", "detail"), rows))
    if not records:
        raise BadInput(f"{file}.journal is empty")
    say(f"{len(records)} records, one chain, which ends with {tip}")
    return 0


def _whole(seconds: float) -> str:
    return f"{seconds:.0f}"


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:97]}..."
