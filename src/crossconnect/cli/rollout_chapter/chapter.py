"""The chapter: a change that is good, and one that is planned well and rendered badly, on the lab that runs.

region, edited --> plan --> saved, approved --> carried out wave by wave --> what the daemons say, pings
                    '-- spoilt, approved --> stopped by the canary's gate, undone --> the same as before
"""

from __future__ import annotations

import contextlib
import datetime
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from crossconnect.cli.carrying_out import now_text, step_text
from crossconnect.cli.commands.plan import side
from crossconnect.cli.lab_hands import LabNetwork
from crossconnect.cli.output import say
from crossconnect.cli.outside_pings import ping_outside
from crossconnect.cli.plan_saving import read_plan
from crossconnect.cli.region import Ready
from crossconnect.cli.rollout_chapter.agreement import AUTHOR, agree, agreement_rows, say_agreement
from crossconnect.cli.rollout_chapter.changes import as_paced, spoilt, with_preference, with_tenant
from crossconnect.design import compile_region
from crossconnect.design.blueprint import Blueprint
from crossconnect.drills.ping import plan_pings, run_pings
from crossconnect.lab import Lab, collect_state, wait_converged
from crossconnect.lab.flows import FlowSpec, FlowSummary, finish_flows, start_flows, summarise
from crossconnect.model.region import Region
from crossconnect.report import RolloutChange, RolloutRun
from crossconnect.report.rollout import RolloutStep, steps_of
from crossconnect.rollout.assembly import Context, assemble
from crossconnect.rollout.change_rules import Rules
from crossconnect.rollout.execution import Happened, State, after, course_of, state_after
from crossconnect.rollout.journal_file import Journal
from crossconnect.rollout.plan import Side, plan
from crossconnect.rollout.progress import Progress, Step
from crossconnect.rollout.runner import carry_out
from crossconnect.rollout.saved_plan import SavedPlan, Timers, encoded
from crossconnect.simulate import simulate
from crossconnect.state.difference import difference, difference_text

TIMERS = Timers(apply_s=20, gate_s=30, soak_s=2, margin_s=20, stop_s=6)
"""Shorter than those of a network that people depend on: a gate soaks for half a minute there."""
CONVERGENCE_TIMEOUT_S = 60.0
FLOW_S = 22.0
"""The bad change takes 14 s on two processors that have little else to do."""
BEYOND = "203.0.113.1"
"""RFC 5737: an address that nobody announces, so that only a default leads to it."""


class RolloutChapter:
    """One run on a lab that has settled. `claim` prints a verdict and keeps it."""

    def __init__(self, lab: Lab, ready: Ready, claim: Callable[[bool, str], None]) -> None:
        self._lab, self._ready, self._claim = lab, ready, claim
        self._changes: list[RolloutChange] = []
        self.left_out: list[str] = []
        """What was not done, and why."""

    def run(self) -> RolloutRun:
        """Both changes. The lab is left as the good one has it."""
        now = self._side(self._ready)
        with tempfile.TemporaryDirectory(prefix="xc-demo-") as directory:
            now = self._good(Path(directory, "tenant.plan"), now)
            self._bad(Path(directory, "policy.plan"), now)
        return RolloutRun(region=self._ready.region.name, changes=tuple(self._changes))

    # --- the changes --------------------------------------------------------------------------------------------------

    def _good(self, file: Path, now: Side) -> Side:
        """A tenant more. Returns what the network then is."""
        edited = with_tenant(self._ready.region)
        if edited is None:
            self._leave_out("a tenant more: no two servers of this region take a tag more")
            return now
        ready = self._compiled(edited)
        later = self._side(ready)
        saved = self._saved(file, now, later)
        say(f"     a tenant more, on {_count(len(saved.devices), 'leaf', 'leaves')}: {_waves_text(saved)}")
        agreed = self._agreed(file)
        change, state = self._carry_out(file, "a new tenant", now, later, wanted="done")
        change = msgspec.structs.replace(change, agreed=agreed)
        self._claim(change.outcome == "done", f"the good change is done after {change.seconds:.1f} s: {_end(state)}")
        if change.outcome != "done":
            self._changes.append(change)
            return now
        LabNetwork(self._lab).record(later.blueprint)
        figures = (self._as_simulated(later.blueprint), self._pings(later.blueprint))
        self._changes.append(msgspec.structs.replace(change, figures=figures))
        self._ready = ready
        return later

    def _bad(self, file: Path, now: Side) -> None:
        """Another preference for what comes from outside, whose text drops the default as well."""
        planned = self._badly_planned(file, now)
        if planned is None:
            self._leave_out("a bad policy: nothing gives this region a default route by a policy")
            return
        made, later, vrf = planned
        canary = made.waves[0].devices[0]
        say(
            f"     a policy whose text on {canary} drops the default, unseen by planner and parser: {_waves_text(made)}"
        )
        agreed = self._agreed(file)
        flow = _beyond(self._lab.blueprint, vrf)
        with _counted(self._lab, flow) as lost:
            change, state = self._carry_out(file, "a policy that drops the default", now, later, wanted="undone")
        touched = sorted({s.device for s in change.steps if s.step in ("drain", "commit") and s.device})
        waves = max((s.wave for s in change.steps), default=0)
        say(f"     {state.failure}")
        right = change.outcome == "undone" and touched == [canary]
        self._claim(
            right,
            f"the bad change is {change.outcome}, in wave {waves} of {len(made.waves)}; {_touched(touched, made)}",
        )
        figures = [("reached", f"wave {waves} of {len(made.waves)}: {', '.join(touched)}")]
        if (back := seconds_until_back(change.steps)) is not None:
            say(f"     {back:.1f} s from the first command on {canary} until the network was seen to be as before")
            figures.append(("from the first command until the network is as before", f"{back:.1f} s"))
        if lost and flow is not None:
            told = _loss_text(lost[0], change.seconds)
            say(f"     {flow.source} > {BEYOND}, by the default, meanwhile: {told}")
            figures.append((f"{flow.source} > {BEYOND}, by the default, meanwhile", told))
        figures.append(self._as_simulated(now.blueprint))
        self._changes.append(msgspec.structs.replace(change, figures=tuple(figures), agreed=agreed))

    def _agreed(self, file: Path) -> tuple[tuple[str, str], ...]:
        """Everybody agrees whom the region's rules demand; rows for the report."""
        agreement = agree(file, lambda: datetime.datetime.now(datetime.UTC))
        say_agreement(agreement)
        if agreement.refused:
            self._claim(
                bool(agreement.by) and not agreement.with_author,
                f"refused while only its author had agreed, not after {', '.join(agreement.by)}",
            )
        return agreement_rows(agreement)

    def _badly_planned(self, file: Path, now: Side) -> tuple[SavedPlan, Side, str] | None:
        """The saved plan, spoilt; what it was to lead to; the VRF that it hurts."""
        edited = with_preference(self._ready.region)
        if edited is None:
            return None
        later = self._side(self._compiled(edited))
        bad = spoilt(self._saved(file, now, later))
        if bad is None:
            return None
        file.write_bytes(encoded(bad[0]))
        return bad[0], later, bad[1]

    def _carry_out(self, file: Path, title: str, old: Side, new: Side, *, wanted: str) -> tuple[RolloutChange, State]:
        """The plan in a file, to its end, a line for each step."""
        made, digest = read_plan(file)
        course = course_of(made)
        hands = LabNetwork(self._lab).hands(made, old.blueprint, new.blueprint)
        hands.look_before()
        progress, started = Progress(course, TIMERS.soak_s), time.monotonic()
        steps: list[Step] = []
        with Journal(file.parent, file.name, digest, now_text) as journal:
            state = state_after(course, ())

            def report(event: Happened) -> None:
                nonlocal state
                state = after(course, state, event)
                step = progress.step(event, state, time.monotonic() - started)
                steps.append(step)
                if event.kind != "begin":
                    say(step_text(msgspec.structs.replace(step, left_s=None)))

            how, state = carry_out(course, journal, hands, who="xc demo", report=report)
        change = RolloutChange(
            title=title,
            waves=tuple(wave.devices for wave in made.waves),
            steps=steps_of(steps),
            outcome=how,
            wanted=wanted,
            seconds=time.monotonic() - started,
            failure=state.failure,
        )
        return change, state

    # --- what is compared and saved -----------------------------------------------------------------------------------

    def _compiled(self, region: Region) -> Ready:
        compiled = compile_region(region, self._ready.lock)
        assert compiled.blueprint is not None, [f.message for f in compiled.findings]
        return msgspec.structs.replace(
            self._ready, region=region, inventory=compiled.inventory, lock=compiled.lock, blueprint=compiled.blueprint
        )

    def _side(self, ready: Ready) -> Side:
        return side(
            msgspec.structs.replace(ready, blueprint=as_paced(ready.blueprint, self._lab.blueprint)), check=False
        )

    def _saved(self, file: Path, old: Side, new: Side) -> SavedPlan:
        region = self._ready.region
        rules = Rules(rules=region.change_rules, windows=region.change_windows, freezes=region.freezes)
        context = Context(timers=TIMERS, authors=(AUTHOR,), rules=(rules,))
        made, findings = assemble(old, new, plan(old, new), context)
        self._claim(not findings, f"planned in {_count(len(made.waves), 'wave')}, nobody misses anything on the way")
        file.write_bytes(encoded(made))
        return made

    def _leave_out(self, what: str) -> None:
        say(f"NOT DONE: {what}")
        self.left_out.append(f"not done: {what}")

    # --- verdicts -----------------------------------------------------------------------------------------------------

    def _as_simulated(self, blueprint: Blueprint) -> tuple[str, str]:
        """The daemons' tables beside the simulation's."""
        simulated = simulate(blueprint)
        settled = wait_converged(self._lab, simulated, timeout_s=CONVERGENCE_TIMEOUT_S)
        real = collect_state(self._lab)
        differences = difference(simulated, real)
        same = not differences
        self._claim(settled.converged and same, "the network is as planned, row by row of every table")
        if not same:
            say(difference_text(differences, "simulated", "real", rows_max=10))
        return "tables of the daemons afterwards", "as simulated" if same else "not as simulated"

    def _pings(self, blueprint: Blueprint) -> tuple[str, str]:
        """Everybody to everybody, the new tenant too."""
        pings = run_pings(self._lab, plan_pings(blueprint)) + ping_outside(self._lab, blueprint)
        right = sum(p.expected == p.seen for p in pings)
        answers = sum(p.expected for p in pings)
        text = f"{right} of {len(pings)} as they must be, {answers} of them to be answered"
        self._claim(right == len(pings) > 0, f"pings, those of the new tenant among them: {text}")
        for p in [p for p in pings if p.expected is not p.seen][:10]:
            say(f"     IPv{p.version} {p.source} ({p.source_scope}) -> {p.destination} ({p.destination_scope})")
        return "pings afterwards", text


def seconds_until_back(steps: tuple[RolloutStep, ...]) -> float | None:
    """From the first command to a switch until the network was seen to be as before."""
    begun = [s.begin_s for s in steps if s.step in ("drain", "commit")]
    back = [s.end_s for s in steps if s.step == "proof" and s.done]
    return max(back) - min(begun) if begun and back else None


def _touched(touched: list[str], made: SavedPlan) -> str:
    others = len(made.devices) - len(touched)
    return f"touched was {', '.join(touched) or 'nobody'}, not the {_count(others, 'other')} of the plan"


def _waves_text(made: SavedPlan) -> str:
    return "; then ".join(", ".join(wave.devices) for wave in made.waves)


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _end(state: State) -> str:
    if state.failure:
        return state.failure
    return f"{', '.join(name for name, device in state.devices.items() if device.stage == 'confirmed')} confirmed"


def _loss_text(seen: FlowSummary, seconds: float) -> str:
    if seen.failed:
        return "not measured: no packet arrived"
    only = f" (the first {FLOW_S:.0f} s of it)" if seconds > FLOW_S else ""
    return f"{seen.lost} of {seen.sent} packets lost, longest gap {seen.longest_gap_ms:.0f} ms{only}"


def _beyond(blueprint: Blueprint, vrf: str) -> FlowSpec | None:
    """A flow from a server of a VRF to an address behind the external router that nobody announces."""
    peer = next((p for p in blueprint.peers if any(s.vrf == vrf for s in p.sessions)), None)
    ends = [(host, e) for host in blueprint.hosts for e in host.endpoints if e.vrf == vrf and "." in e.addresses[0]]
    if peer is None or not ends:
        return None
    host, endpoint = ends[0]
    return FlowSpec(
        number=1,
        source=host.name,
        destination=peer.name,
        source_address=endpoint.addresses[0].partition("/")[0],
        destination_address=BEYOND,
        source_port=40_001,
        destination_port=40_001,
        source_interface=endpoint.interface,
    )


@contextlib.contextmanager
def _counted(lab: Lab, flow: FlowSpec | None) -> Iterator[list[FlowSummary]]:
    """Packets of a flow while something is done; afterwards what was lost of it is in the list."""
    found: list[FlowSummary] = []
    if flow is None:
        yield found
        return
    address = [f"{BEYOND}/32", "dev", "lo"]
    lab.run(flow.destination, ["ip", "address", "replace", *address])
    run = start_flows(lab, [flow], FLOW_S)
    try:
        yield found
        found += map(summarise, finish_flows(run))
    finally:
        run.abort()
        lab.run(flow.destination, ["ip", "address", "del", *address])
