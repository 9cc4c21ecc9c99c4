"""Saving a plan, reading it again, and the approvals beside it."""

from __future__ import annotations

import datetime
import errno
import os
from collections.abc import Sized
from pathlib import Path

import msgspec

from crossconnect.cli.output import count_text, print_findings, say
from crossconnect.cli.region import Ready, located, time_zone
from crossconnect.cli.replacing import replace_file
from crossconnect.cli.saved_plan_text import waves_text
from crossconnect.errors import BadInput
from crossconnect.finding import Finding
from crossconnect.intent.files import LOCK_FILE, select
from crossconnect.intent.git import authors_between, commit_of, edited_files, is_tracked, own_address
from crossconnect.model.change import Objective
from crossconnect.rollout.assembly import Context, assemble
from crossconnect.rollout.change_rules import Approval, Rules, obstacles
from crossconnect.rollout.plan import Plan, Side
from crossconnect.rollout.saved_plan import SIZE_MAX, SavedPlan, Timers, decoded, encoded

APPROVALS_SIZE_MAX = 1 << 20
"""Octets: some thousand approvals."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the user says about a plan that is saved."""

    revision: str
    """Of the parent; `none` for an empty network."""
    accepted: tuple[str, ...]
    soak_s: int
    undo_all: bool
    new_revision: str = ""
    """Of the new network; empty: the files as they are."""
    parent_drained: tuple[str, ...] = ()
    new_drained: tuple[str, ...] = ()
    """Devices that are drained beside what the files say."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Both networks, as read and as rendered."""

    old: Ready | None
    new: Ready
    before: Side | None
    now: Side


def save(root: Path, file: Path, pair: Pair, result: Plan, options: Options) -> bool:
    """Cut the change into waves and save it; False, with nothing written, when something breaks on the way."""
    if result.empty:
        say(f"nothing changes; {file} is not written")
        return True
    plan, findings = assemble(pair.before, pair.now, result, context_of(root, pair, options))
    print("\n" + waves_text(plan))
    if findings:
        say("")
        print_findings(located(findings, pair.new.region), limit=20)
        say(f"{file} is not written: {count_text(findings)}")
        return False
    octets = encoded(plan)
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_file(file, octets)
    _, digest = decoded(octets, str(file))
    say(f"saved {file}: {_count(plan.devices, 'device')} in {_count(plan.waves, 'wave')}, sha256 {digest}")
    if not plan.new_commit:
        say("the region's files are not committed as they are: this plan is for looking at; commit them first")
    say(f"next: xc show plan {file}")
    return True


def _count(things: Sized, noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def context_of(root: Path, pair: Pair, options: Options) -> Context:
    """What Git and the region's rules say about a change that is cut into waves."""
    parent_commit = new_commit = ""
    authors: tuple[str, ...] = ()
    if options.new_revision:
        parent_commit, new_commit = (commit_of(root, r) for r in (options.revision, options.new_revision))
        # Who takes something back decides as much as who has made it.
        own = own_address(root).casefold()
        authors = tuple(sorted({*authors_between(root, new_commit, parent_commit), *((own,) if own else ())}))
    elif is_tracked(root):
        head = commit_of(root, "HEAD")
        parent_commit = commit_of(root, options.revision) if options.revision != "none" else ""
        edited = edited_files(root)
        new_commit = "" if LOCK_FILE in edited or select(edited)[0] else head
        authors = authors_between(root, parent_commit, head)
        if not new_commit and (own := own_address(root)):
            authors = tuple(sorted({*authors, own.casefold()}))
    return Context(
        parent_commit=parent_commit,
        new_commit=new_commit,
        authors=authors,
        rules=tuple(
            Rules(rules=side.region.change_rules, windows=side.region.change_windows, freezes=side.region.freezes)
            for side in (pair.old, pair.new)
            if side is not None
        ),
        parent_drained=options.parent_drained,
        new_drained=options.new_drained,
        objectives=_objectives(pair),
        accepted=options.accepted,
        timers=Timers(soak_s=options.soak_s),
        undo_all=options.undo_all,
    )


def _objectives(pair: Pair) -> tuple[Objective, ...]:
    """Those of the new network, and of the parent for whom the new one has none: no change loosens its own."""
    sides = [side.region.objectives for side in (pair.old, pair.new) if side is not None]
    found: dict[str, Objective] = {}
    for objective in (o for side in sides for o in side):
        known = found.get(objective.tenant, objective)
        found[objective.tenant] = msgspec.structs.replace(
            objective,
            loss_percent_max=min(known.loss_percent_max, objective.loss_percent_max),
            round_trip_ms_max=min(known.round_trip_ms_max, objective.round_trip_ms_max),
            routes_percent_max=min(known.routes_percent_max, objective.routes_percent_max),
        )
    return tuple(found.values())


def read_plan(file: Path) -> tuple[SavedPlan, str]:
    """A saved plan and its hash. BadInput when it cannot be used."""
    return decoded(_octets(file, SIZE_MAX), str(file))


def _octets(file: Path, size_max: int) -> bytes:
    try:
        if not file.is_file():
            raise BadInput(f"{file} is no file")
        if file.stat().st_size > size_max:
            raise BadInput(f"{file} has more than {size_max} octets")
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}") from error


def approvals_file(file: Path) -> Path:
    """Where the approvals of a saved plan are: one JSON object a line."""
    return file.with_name(file.name + ".approvals")


def read_approvals(file: Path, digest: str) -> tuple[Approval, ...]:
    """Approvals of exactly this plan. BadInput where the file cannot be read."""
    path = approvals_file(file)
    if not path.exists():
        return ()
    found: list[Approval] = []
    for number, line in enumerate(_octets(path, APPROVALS_SIZE_MAX).splitlines(), 1):
        try:
            found.append(msgspec.json.decode(line, type=Approval))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadInput(f"{path}, line {number}, is no approval: {error}") from error
    return tuple(approval for approval in found if approval.plan == digest)


def add_approval(file: Path, approval: Approval) -> None:
    """Write an approval beside a plan, durably. Where the disk is full, nothing is left of it: half a line would stand
    in the way of all others."""
    line = msgspec.json.encode(approval) + b"\n"
    descriptor = os.open(approvals_file(file), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        before = os.fstat(descriptor).st_size
        try:
            if os.write(descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(approvals_file(file)))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)


def in_the_way(plan: SavedPlan, approvals: tuple[Approval, ...], moment: datetime.datetime) -> tuple[Finding, ...]:
    """What the rules in a plan say against carrying it out at a moment."""
    try:
        return obstacles(plan.rules, plan.size, approvals, moment, time_zone)
    except KeyError as error:
        # zoneinfo's own message: "No time zone found with key ...".
        raise BadInput(f"this machine cannot read the plan's rules: {error.args[0]}") from error
    except ValueError as error:
        raise BadInput(f"the plan was changed by hand: its rules cannot be read: {error}") from error
