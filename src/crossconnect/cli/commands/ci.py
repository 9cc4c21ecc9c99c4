"""`xc ci`: judge a change before it is merged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crossconnect.cli.checked_size import check_option, is_checked, say_unchecked
from crossconnect.cli.memory_limit import memory_option, refuse_too_large
from crossconnect.cli.output import count_text, emit, output_option, print_findings, say
from crossconnect.cli.plan_options import accept_option, soak_option
from crossconnect.cli.region import load, ready, region_option
from crossconnect.errors import BadInput
from crossconnect.rollout.verdict import CONDITIONS, COUNTED

if TYPE_CHECKING:  # nothing is computed where files cannot be used
    from crossconnect.rollout.saved_plan import SavedPlan
    from crossconnect.rollout.verdict import Verdict


@click.command("ci")
@region_option
@output_option
@click.option("--parent", default="", metavar="REVISION", help="What the change is compared with: 'origin/main'.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    metavar="DIR",
    help="Write report.md, report.sarif, verdict.json and, where it can be carried out, change.plan to DIR.",
)
@click.option(
    "--fail-on",
    "counted",
    multiple=True,
    type=click.Choice([*CONDITIONS, "nothing"]),
    help=f"A condition that counts (repeatable).  [default: {', '.join(COUNTED)}]",
)
@accept_option
@soak_option
@click.option("--undo-all", is_flag=True, help="When a gate fails, undo the waves before as well.")
@click.option(
    "--reviewed",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    metavar="FILE",
    help="After the merge: only check that what is here is compiled to the network that the plan in FILE leads to.",
)
@check_option
@memory_option
def command(
    root: Path,
    output: str,
    parent: str,
    out: Path | None,
    counted: tuple[str, ...],
    accepted: tuple[str, ...],
    soak_s: int,
    undo_all: bool,
    reviewed: Path | None,
    check: bool | None,
    memory_max: int | None,
) -> int:
    """Judge a change before it is merged: validate, compile, simulate, fail everything once, cut it into waves; say
    what it does and to whom. The report is printed as Markdown.

    Exit code 0 when all conditions that count hold, 1 when one does not, 2 when the region's files cannot be used.
    """
    if reviewed is not None:
        return _as_reviewed(root, reviewed)
    if not parent:
        raise BadInput("what is the change compared with? say it with --parent REVISION, for example origin/main")
    from crossconnect.cli.judging import Asked, invalid, judge, write

    loaded = load(root)
    new = ready(loaded)
    saved: SavedPlan | None = None
    found: Verdict
    if new is None:
        found = invalid(root, loaded, parent)
    else:
        checked = is_checked(new.blueprint, check)
        if checked:
            from crossconnect.cli.commands.plan import MEMORY_FACTOR
            from crossconnect.state.tables import TABLES

            refuse_too_large(new.blueprint, tuple(TABLES), MEMORY_FACTOR, memory_max, [("`xc ci --no-check`", (), 1.0)])
        wanted = tuple(counted) or COUNTED
        asked = Asked(parent, checked, wanted, accepted, soak_s, undo_all)
        found, saved = judge(root, new, asked)
    from crossconnect.report.change_markdown import change_markdown

    text = change_markdown(found, saved)
    if out is not None:
        write(root, out, found, saved, text)
    emit(found, output, lambda: text.rstrip())
    if output == "table":
        print_findings(found.findings, limit=40)
        if new is not None:
            say_unchecked(new.blueprint, check)
        failed = [each.name for each in found.conditions if each.counts and not each.holds]
        say(f"{'passed' if found.passed else 'failed'}: {', '.join(failed) or count_text(found.findings)}")
    if found.plan is None:
        return 2
    return 0 if found.passed else 1


def _as_reviewed(root: Path, file: Path) -> int:
    from crossconnect.cli.plan_saving import read_plan
    from crossconnect.cli.region import load_or_exit
    from crossconnect.finding import Place, found
    from crossconnect.rollout.codes import NOT_AS_REVIEWED

    plan, digest = read_plan(file)
    new = load_or_exit(root).blueprint.content_hash()
    if new == plan.new:
        say(f"as reviewed: what is here is compiled to what {file} leads to ({new[:12]}); its sha256 is {digest}")
        return 0
    words = f"{file} leads to network {plan.new[:12]}, what is here is compiled to {new[:12]}"
    print_findings([found(NOT_AS_REVIEWED, Place(file=str(file)), words)])
    return 1
