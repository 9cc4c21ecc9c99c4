"""`xc apply`: carry a saved plan out."""

from __future__ import annotations

import datetime
import getpass
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from crossconnect.cli.commands.lab import lab_name, name_option
from crossconnect.cli.output import print_findings, say
from crossconnect.cli.region import load_or_exit, region_option
from crossconnect.errors import BadInput, Stale

if TYPE_CHECKING:  # simulation and lab are needed when there is something to do
    from crossconnect.design.blueprint import Blueprint
    from crossconnect.rollout.execution import Happened, State
    from crossconnect.rollout.saved_plan import SavedPlan

BEFORE = "findings before"
"""Note in the journal of what was found in the network before anything was done."""


@click.command("apply")
@click.argument("file", type=click.Path(path_type=Path))
@region_option
@name_option
@click.option("--resume", is_flag=True, help="Go on with what a killed or interrupted run has begun.")
@click.option("--abort", is_flag=True, help="Undo everything that was done of the plan, also what was confirmed.")
def command(file: Path, root: Path, name: str, resume: bool, abort: bool) -> int:
    """Carry the plan in FILE out on a running lab of the region: wave by wave, each confirmed only when the network is
    as it was predicted to be, else taken back.

    Every step is written to FILE.journal before and after it is done. Switches take back by themselves what is not
    confirmed in time, whether this program lives or not; '--resume' and '--abort' go on from the journal.

    Exit code 0 when the plan is carried out (with '--abort': undone), 1 when it was undone or stopped, or when
    something stands in its way.
    """
    from crossconnect.cli.lab_hands import LabHands
    from crossconnect.cli.plan_saving import in_the_way, read_approvals, read_plan
    from crossconnect.cli.secrets import references_of, resolve
    from crossconnect.lab import open_lab
    from crossconnect.rollout.execution import course_of, outcome, state_after
    from crossconnect.rollout.journal_file import Journal
    from crossconnect.rollout.runner import carry_out, events_of

    plan, digest = read_plan(file)
    old, new = _networks(root, plan)
    lab = open_lab(lab_name(name, root))
    with Journal(file.parent, file.name, digest, _now) as journal:
        if journal.found.torn:
            say(f"the last {journal.found.torn} octets of the journal were torn by a crash, and are cut off")
        events = events_of(journal.records)
        begun = any(record.kind != "note" for record in journal.records)
        before_us = outcome(course_of(plan), state_after(course_of(plan), events))
        if begun and not (resume or abort):
            what = (
                "was begun and not ended: --resume or --abort?" if before_us == "running" else f"has ended: {before_us}"
            )
            raise BadInput(f"by {file}.journal the plan {what}")
        if not begun:
            obstacles = in_the_way(plan, read_approvals(file, digest), datetime.datetime.now(datetime.UTC))
            if obstacles:
                print_findings(obstacles)
                say("something stands in the way; nothing was done")
                return 1
            if lab.blueprint.content_hash() != plan.parent:
                raise Stale(f"lab {lab.name} is not the network that the plan starts from: make it anew")
        hands = LabHands(lab, plan, old, new, resolve(references_of(old) | references_of(new)))
        before = next((r.detail for r in journal.records if r.kind == "note" and r.action == BEFORE), "")
        if before:
            hands.already = frozenset(msgspec.json.decode(before, type=list[tuple[str, str]]))
        elif not journal.records:
            hands.look_before()
            journal.append(kind="note", action=BEFORE, detail=msgspec.json.encode(sorted(hands.already)).decode())
        who = f"{getpass.getuser()}@{socket.gethostname()}"
        started = time.monotonic()
        how, state = carry_out(
            course_of(plan), journal, hands, who=who, abort=abort, report=lambda event: _tell(event, started)
        )
        if how in ("done", "stopped"):
            lab.keep_blueprint(new if how == "done" else hands.expected(state.undo_from - 1))
        elif how == "undone":
            lab.keep_blueprint(old)
        _sum_up(how, state, plan, journal.tip)
    return 0 if how == "done" or (abort and how == "undone") else 1


def _networks(root: Path, plan: SavedPlan) -> tuple[Blueprint, Blueprint]:
    """Both networks, compiled anew from the commits that the plan names."""
    if not plan.new_commit or not plan.parent_commit:
        raise BadInput("the plan is of files that are not committed: it is for looking at")
    found: list[Blueprint] = []
    for commit, wanted in ((plan.parent_commit, plan.parent), (plan.new_commit, plan.new)):
        blueprint = load_or_exit(root, commit).blueprint
        if blueprint.content_hash() != wanted:
            raise Stale(f"commit {commit[:12]} is compiled to another network than in the plan: plan it anew")
        found.append(blueprint)
    return found[0], found[1]


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def _tell(event: Happened, started: float) -> None:
    """One line per step that has ended, or that takes its time."""
    if event.kind == "begin" and event.verb not in ("gate", "proof"):
        return
    word = {"begin": "...", "done": "", "failed": "FAILED"}[event.kind]
    parts = (f"{time.monotonic() - started:7.1f} s  wave {event.wave}", event.device, event.verb, word, event.detail)
    say("  ".join(part for part in parts if part))


def _sum_up(how: str, state: State, plan: SavedPlan, tip: str) -> None:
    if state.failure:
        say(f"failed: {state.failure}")
    words = {
        "done": "the network is as planned",
        "undone": "all is undone: the network is as before the plan",
        "stopped": f"wave {state.undo_from} is undone: the network is as after the wave before it",
        "stuck": "somebody must look at: "
        + ", ".join(sorted(name for name, device in state.devices.items() if device.stage == "stuck")),
        "running": "not at its end",
    }
    say(f"{how}: {words[how]} ({plan.region}); journal ends with {tip[:16]}")
