"""Carrying a saved plan out: what `xc apply`, `xc drain` and `xc undrain` have in common, on whatever network."""

from __future__ import annotations

import datetime
import getpass
import socket
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from crossconnect.cli.output import FORMAT_VERSION, print_findings, say
from crossconnect.cli.past_plans import NETWORK, begun_on, network_of
from crossconnect.cli.plan_rules import refuse_other_rules
from crossconnect.cli.plan_saving import read_approvals, read_plan
from crossconnect.cli.region import load_or_exit, option_text
from crossconnect.cli.rules_now import Declared, declared_now, obstacles_now, resume_obstacles
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput, Stale
from crossconnect.model.region import Region
from crossconnect.rollout.execution import (
    NEW,
    OLD,
    Action,
    Course,
    Happened,
    Outcome,
    State,
    after,
    course_of,
    goes_on,
    outcome,
    state_after,
)
from crossconnect.rollout.journal_file import Journal
from crossconnect.rollout.progress import Begun, Ended, Progress, Step
from crossconnect.rollout.runner import Hands, carry_out, events_of
from crossconnect.rollout.saved_plan import SavedPlan
from crossconnect.simulate.maintenance import marked_drained

BEFORE = "findings before"
"""Note in the journal of what was found in the network before anything was done."""

DESPITE = "despite freezes"
"""Note in the journal of freezes in spite of which the plan was gone on with, and who said so."""

Mode = Literal["begin", "resume", "abort"]


class PlanHands(Hands, Protocol):
    """Who does a plan's actions and looks at its network."""

    def look_before(self) -> frozenset[tuple[str, str]]:
        """See what is not well in the network as it is now, each by a code and a path: no gate fails by it."""
        ...

    def recall(self, known: frozenset[tuple[str, str]]) -> None:
        """That was what `look_before` saw before the plan was begun."""
        ...

    def expected(self, wave: int) -> Blueprint:
        """The network as it is to be after a wave."""
        ...


class RunningNetwork(Protocol):
    """A network that plans are carried out on."""

    @property
    def name(self) -> str:
        """Its name, as commands know it."""
        ...

    @property
    def option(self) -> str:
        """What names it in a command, with a space before it."""
        ...

    def held(self, file: Path, digest: str, anew: bool) -> AbstractContextManager[Path]:
        """Have it for one plan, which is begun `anew` or gone on with: the path beside which that plan's journal is.
        Busy where somebody else has it."""
        ...

    def refusal(self, plan: SavedPlan, new: Blueprint) -> str:
        """Why a plan cannot begin: it starts from another network. Empty where it can, as far as anybody knows: devices
        are compared with the plan when they are prepared."""
        ...

    def overtaken(self, kept: Path) -> str:
        """Why a plan that was begun cannot be gone on with: what came after it. Empty where it can."""
        ...

    def record(self, blueprint: Blueprint) -> None:
        """Write down that it is another network now."""
        ...

    def hands(self, plan: SavedPlan, old: Blueprint, new: Blueprint) -> PlanHands:
        """Who carries a plan out on it. BadInput or Unsupported where the plan asks for what it cannot become."""
        ...


def carry_out_plan(
    file: Path, root: Path, network: RunningNetwork, mode: Mode, output: str, despite: Sequence[str] = ()
) -> int:
    """Carry the plan in a file out, and return the exit code: see `xc apply`. `despite` names freezes that do not keep
    it from being gone on with."""
    plan, digest = read_plan(file)
    old, new = _networks(root, plan)
    rules = declared_now(root, plan) if mode != "abort" else ()
    course = course_of(plan)
    with (
        network.held(file, digest, mode == "begin") as kept,
        Journal(kept.parent, kept.name, digest, now_text) as journal,
    ):
        if journal.found.torn:
            say(f"the last {journal.found.torn} octets of the journal were torn by a crash, and are cut off")
        events = events_of(journal.records)
        state = state_after(course, events)
        begun = any(record.kind != "note" for record in journal.records)
        if begun and mode == "begin":
            how = outcome(course, state)
            what = "was begun and not ended: --resume or --abort?" if how == "running" else f"has ended: {how}"
            raise BadInput(f"by {kept}.journal the plan {what}")
        elsewhere = network_of(journal.records) if begun else begun_on(file, digest) if mode != "begin" else ""
        if elsewhere not in ("", network.name):
            raise BadInput(f"by {file}.journal the plan was begun on {elsewhere}, not on {network.name}")
        if not begun and mode != "begin":
            what = "go on with" if mode == "resume" else "undo"
            where = f"nothing of the plan was begun on {network.name}"
            raise BadInput(f"{where}: there is nothing to {what}; without --{mode} it begins")
        if begun and (later := network.overtaken(kept)):
            raise Stale(later)
        judged = not begun or (mode == "resume" and goes_on(course, state))
        if judged and _stopped(file, plan, digest, rules, begun, despite):
            return 1
        if not begun and (refusal := network.refusal(plan, new)):
            raise Stale(refusal)
        hands = network.hands(plan, old, new)
        ended = begun and outcome(course, state) not in ("running", "stuck")
        if ended:
            refuse_overtaken(course, state, hands)
        _look_before(hands, journal)
        if not begun:
            journal.append(kind="note", action=NETWORK, detail=network.name)
        if despite:
            journal.append(kind="note", action=DESPITE, detail=f"{', '.join(despite)}, by {_who()}")
        teller = _Teller(course, plan, state, output)
        teller.begin(file, digest, network.name)
        try:
            if mode == "resume" and ended:
                how = outcome(course, state)  # nothing is due; the journal stays as it ended
            else:
                how, state = carry_out(course, journal, hands, who=_who(), abort=mode == "abort", report=teller.event)
        except KeyboardInterrupt:
            say(f"interrupted; switches take back what is not confirmed within {plan.timers.device_s} s")
            say(f"next: xc apply {file}{option_text(root)}{network.option} --resume, or --abort")
            raise
        if how in ("done", "stopped"):
            network.record(new if how == "done" else hands.expected(state.undo_from - 1))
        elif how == "undone":
            network.record(old)
        teller.end(how, state, journal.tip)
    return 0 if how == "done" or (mode == "abort" and how == "undone") else 1


def _stopped(
    file: Path, plan: SavedPlan, digest: str, rules: Sequence[Declared], begun: bool, despite: Sequence[str]
) -> bool:
    """Whether rules keep a plan from being begun, or gone on with; says which, and what can be done."""
    now = datetime.datetime.now(datetime.UTC)
    against = obstacles_now(plan, read_approvals(file, digest), now, rules)
    if begun:
        against = resume_obstacles(against, despite)
    print_findings(against)
    if against and begun:
        say("something stands in the way; nothing was done. Switches take back by themselves what is not confirmed.")
        say("--abort takes all of the plan back, at any time; --despite-freeze NAME goes on during a freeze")
    elif against:
        say("something stands in the way; nothing was done")
    return bool(against)


def refuse_overtaken(course: Course, state: State, hands: Hands) -> None:
    """Ask the devices of a plan that has ended what they run. Stale where one of them is not as the plan left it: what
    came since is not to be undone with the plan, and the network is not as the plan says."""
    for name, device in state.devices.items():
        wanted = NEW if device.touched else OLD
        found = hands.perform(Action(verb="inspect", wave=course.wave_of(name), device=name), device)
        if found != wanted:
            now = {OLD: "is as before the plan", NEW: "is as the plan would have it"}.get(found, "runs something else")
            how = outcome(course, state)
            raise Stale(
                f"the plan has ended: {how}; {name} {now}: it was changed since. Nothing was done; see `xc history`"
            )


def _look_before(hands: PlanHands, journal: Journal) -> None:
    before = next((r.detail for r in journal.records if r.kind == "note" and r.action == BEFORE), "")
    if before:
        hands.recall(frozenset(msgspec.json.decode(before, type=list[tuple[str, str]])))
    elif not journal.records:
        known = sorted(hands.look_before())
        if known:
            more = f", and {len(known) - 1} more" if known[1:] else ""
            say(f"already so, and no gate fails by it: {known[0][1]}: {known[0][0]}{more}")
        journal.append(kind="note", action=BEFORE, detail=msgspec.json.encode(known).decode())


def _networks(root: Path, plan: SavedPlan) -> tuple[Blueprint, Blueprint]:
    """Both networks, compiled anew from the commits that the plan names."""
    if not plan.new_commit or not plan.parent_commit:
        raise BadInput("the plan is of files that are not committed: it is for looking at")
    found: list[Blueprint] = []
    regions: list[Region] = []
    for commit, drained, wanted in (
        (plan.parent_commit, plan.parent_drained, plan.parent),
        (plan.new_commit, plan.new_drained, plan.new),
    ):
        ready = load_or_exit(root, commit)
        blueprint = marked_drained(ready.blueprint, drained)
        if blueprint.content_hash() != wanted:
            raise Stale(f"commit {commit[:12]} is compiled to another network than in the plan: plan it anew")
        found.append(blueprint)
        regions.append(ready.region)
    refuse_other_rules(root, plan, regions)
    known = {device.name for blueprint in found for device in blueprint.devices}
    if ghosts := sorted({probe.source for probe in plan.device_probes} - known):
        raise BadInput(f"the plan was changed by hand: {ghosts[0]}, which is to send probes, is no device")
    return found[0], found[1]


def now_text() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def _who() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"


class _Teller:
    """Says how it goes: lines for people on stderr, or JSON lines on stdout."""

    def __init__(self, course: Course, plan: SavedPlan, state: State, output: str) -> None:
        self._course, self._plan, self._state = course, plan, state
        self._lines = output == "jsonl"
        self._progress = Progress(course, plan.timers.soak_s)
        self._started = time.monotonic()

    def begin(self, file: Path, digest: str, network: str) -> None:
        """Before the first step."""
        begun = Begun(
            file=str(file),
            sha256=digest,
            region=self._plan.region,
            network=network,
            waves=tuple(wave.devices for wave in self._plan.waves),
            unseen=self._plan.unseen,
        )
        self._line("plan", begun)

    def event(self, event: Happened) -> None:
        """A step has begun or ended."""
        self._state = after(self._course, self._state, event)
        step = self._progress.step(event, self._state, time.monotonic() - self._started)
        if self._lines:
            self._line("step", step)
        elif event.kind != "begin" or not event.device:
            say(step_text(step))

    def end(self, how: Outcome, state: State, tip: str) -> None:
        """Nothing is due any more."""
        stuck = sorted(name for name, device in state.devices.items() if device.stage == "stuck")
        seconds = round(time.monotonic() - self._started, 1)
        ended = Ended(outcome=how, seconds=seconds, failure=state.failure, stuck=tuple(stuck), journal=tip)
        self._line("end", ended)
        if state.failure:
            say(f"failed: {state.failure}")
        say(f"{how} after {seconds:.1f} s: {_end_text(how, state, stuck)} ({self._plan.region})")
        say(f"journal ends with {tip[:16]}")

    def _line(self, event: str, record: Begun | Step | Ended) -> None:
        if self._lines:
            document = {"format_version": FORMAT_VERSION, "event": event, **msgspec.to_builtins(record)}
            print(msgspec.json.encode(document).decode(), flush=True)


def step_text(step: Step) -> str:
    """A step as one line."""
    word = {"begin": "...", "done": "", "failed": "FAILED"}[step.status]
    left = f"(about {step.left_s} s left)" if step.left_s else ""
    parts = (f"{step.seconds:7.1f} s  wave {step.wave}/{step.waves}", step.device, step.step, word, step.detail, left)
    return "  ".join(part for part in parts if part)


def _end_text(how: Outcome, state: State, stuck: list[str]) -> str:
    match how:
        case "done":
            return "the network is as planned"
        case "undone" if not any(device.stage == "undone" for device in state.devices.values()):
            return "nothing was changed"
        case "undone":
            return "all is undone, and seen to be so: the network is as before the plan"
        case "stopped":
            return f"wave {state.undo_from} is undone: the network is as after the wave before it"
        case "stuck" if stuck:
            return f"somebody must look at {', '.join(stuck)}"
        case "stuck":
            return "all is undone, but the network is not as before: see `xc drift`"
        case _:
            return "not at its end"
