"""`xc rollback`: the way back to the network before a plan of the history."""

from __future__ import annotations

from pathlib import Path

import click

from crossconnect.cli.commands.history import past_directory_option, plans_of
from crossconnect.cli.output import say
from crossconnect.cli.plan_options import accept_option, soak_option
from crossconnect.cli.region import region_option
from crossconnect.cli.state_option import state_of, state_option
from crossconnect.errors import BadInput


@click.command("rollback")
@click.argument("number", type=click.IntRange(min=1))
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(path_type=Path),
    default=None,
    help="Where the plan is saved.  [default: rollback-of-NUMBER.plan in --plans, or in plans]",
)
@region_option
@past_directory_option
@state_option
@accept_option
@soak_option
def command(
    number: int,
    file: Path | None,
    root: Path,
    directory: Path | None,
    state: Path | None,
    accepted: tuple[str, ...],
    soak_s: int,
) -> int:
    """Plan the way from the network as it is to the one before plan NUMBER of 'xc history': with waves, gates, rules
    and approvals like any other. What came after NUMBER is taken back with it.

    Nothing is carried out: that is for 'xc apply'. The region's files stay as they are; revert them as well, or the
    next plan brings the change again.
    """
    from crossconnect.cli.commands.plan import side
    from crossconnect.cli.past_plans import numbered
    from crossconnect.cli.plan_saving import Options, Pair, save
    from crossconnect.cli.region import load_or_exit
    from crossconnect.cli.region_states import as_drained
    from crossconnect.intent.git import commit_of
    from crossconnect.rollout.plan import plan

    plans, where = plans_of(root, directory, state)
    past = numbered(plans, number, where)
    if any(p.outcome == "running" for p in plans):
        unfinished = next(p for p in plans if p.outcome == "running")
        raise BadInput(f"{unfinished.file} was begun and has not ended: first `xc apply` it with --resume or --abort")
    now = next((p for p in reversed(plans) if p.outcome == "done"), None)
    if now is None or past.outcome == "undone":
        raise BadInput(f"nothing is to be taken back: plan {number} is {past.outcome}")
    if any(p.outcome in ("stopped", "stuck") for p in plans if p.number > now.number):
        raise BadInput("the last plan ended half-way: `xc apply FILE --abort` takes it back")
    kept = state_of(root, state)
    if where == kept.directory and (runs := kept.standing()) is not None and runs.content_hash != now.new:
        raise BadInput(
            f"the network has become another one since plan {now.number}: {runs.why}; revert the files, and plan"
        )
    target = file or (directory or Path("plans")) / f"rollback-of-{number}.plan"
    if not past.parent_commit:
        raise BadInput(f"plan {number} began with an empty network: there is nothing to go back to")
    old = as_drained(load_or_exit(root, now.new_commit), now.new_drained)
    new = as_drained(load_or_exit(root, past.parent_commit), past.parent_drained)
    before = side(old, check=True)
    after = side(new, True, before)
    options = Options(
        revision=now.new_commit,
        new_revision=past.parent_commit,
        parent_drained=now.new_drained,
        new_drained=past.parent_drained,
        accepted=accepted,
        soak_s=soak_s,
        undo_all=False,
    )
    say(f"from {now.new[:16]} (plan {now.number}) back to {past.parent[:16]} (before plan {number})")
    change = plan(before, after)
    saved = save(root, target, Pair(old=old, new=new, before=before, now=after), change, options)
    if saved and not change.empty and commit_of(root, "HEAD") != past.parent_commit:
        say("where the region's files are still ahead, `git revert` them as well")
    return 0 if saved else 1
