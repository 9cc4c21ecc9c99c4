"""What `xc demo` does, step by step, with what each step found kept for the report.

validate -> plan -> simulate -> every failure -> boot -> compare -> ping -> drills -> changes -> report
                                                 '--------------- with a lab ---------------'
                                                 and a second lab: tenants on OVN
"""

from __future__ import annotations

import datetime
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from crossconnect import __version__
from crossconnect.checks import UnderFailure, check_under_failure, grouped, run_checks
from crossconnect.cli.cloud_chapter.chapter import CloudChapter
from crossconnect.cli.commands.plan import side
from crossconnect.cli.output import count_text, draw, print_findings, say
from crossconnect.cli.outside_pings import ping_outside
from crossconnect.cli.progress import Counter
from crossconnect.cli.region import Ready, load_or_exit, located
from crossconnect.cli.rollout_chapter.chapter import RolloutChapter
from crossconnect.cli.secrets import references_of, resolve
from crossconnect.cli.system_samples import system_samples
from crossconnect.drills import DrillResult
from crossconnect.drills.catalogue import standard_drills
from crossconnect.drills.ping import plan_pings, run_pings
from crossconnect.drills.run import run_drill
from crossconnect.drills.text import drills_text
from crossconnect.errors import CrossconnectError, Unsupported
from crossconnect.finding import has_errors
from crossconnect.intent.git import commit_of, is_tracked
from crossconnect.lab import (
    Lab,
    LabOptions,
    collect_state,
    down,
    up,
    wait_converged,
)
from crossconnect.report import Comparison, ReportInputs, RunFacts, Systems, compare, write_html
from crossconnect.rollout.plan import plan
from crossconnect.simulate import NO_FAILURES, Failures, predict, simulate
from crossconnect.state.difference import difference, difference_text

CONVERGENCE_TIMEOUT_S = 90.0
LAB_NAME = "demo"


class Demonstration:
    """One run of the demo. `run` says whether everything was as claimed; `close` removes the lab in any case."""

    def __init__(self, root: Path, *, with_lab: bool, keep: bool) -> None:
        self.root, self.with_lab, self.keep = root, with_lab, keep
        self.started = datetime.datetime.now(datetime.UTC)
        self.begin = time.monotonic()
        self.proven = True
        self.steps: list[tuple[str, float]] = []
        self.notes: list[str] = []
        self.versions: list[tuple[str, str]] = [("Crossconnect", __version__), ("Python", platform.python_version())]
        self.backend = ""
        self.lab: Lab | None = None
        self.inputs = ReportInputs(region=str(root))

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step and keep how long it took."""
        say(f"\n== {title}")
        begin = time.monotonic()
        yield
        self.steps.append((title, time.monotonic() - begin))

    def claim(self, holds: bool, text: str) -> None:
        """Print a claim with its verdict; one that fails fails the demo."""
        say(f"{'ok  ' if holds else 'FAIL'} {text}")
        self.proven = self.proven and holds

    def keep_for_report(self, **parts: object) -> None:
        """Add parts to what the report shows."""
        self.inputs = msgspec.structs.replace(self.inputs, **parts)

    def run(self) -> bool:
        """All steps. The lab's are left out, with the reason, where this machine cannot run them."""
        ready = self.validate()
        self.plan(ready)
        self.predict(ready)
        self.systems()
        if not self.with_lab:
            self.leave_out("the lab was not asked for (--no-lab)")
            return self.proven
        try:
            lab = self.boot(ready)
        except Unsupported as refusal:
            self.leave_out(str(refusal))
            return self.proven
        if lab is not None:
            self.compare(lab, ready, "no failure", NO_FAILURES)
            self.ping(lab, ready)
            self.drill(lab, ready)
            self.rollout(lab, ready)
            self.lab_down()
        self.cloud()
        return self.proven

    def cloud(self) -> None:
        """The region beside it that carries a cloud: two tenants on OVN over its fabric."""
        root = self.root.parent / "cloud"
        if not (root / "region.yaml").is_file():
            return
        with self.step(f"two tenants on OVN over the fabric, through the API: {root}"):
            try:
                run = CloudChapter(root, load_or_exit(root), self.claim).run()
                self.claim(run.right == len(run.flows) > 0, f"{run.right} of {len(run.flows)} flows as they must be")
                right, names = run.right_names, len(run.names)
                self.claim(right == names > 0, f"{right} of {names} names answered as they must be")
                self.keep_for_report(cloud=run)
            except Unsupported as refusal:
                say(f"NOT DONE: {refusal}")
                self.notes.append(f"not done: tenants on OVN: {refusal}")

    def leave_out(self, reason: str) -> None:
        """Say plainly that the part with real daemons was not done."""
        say(f"\nNOT DONE: boot, comparison with real daemons, pings, drills: {reason}")
        self.notes.append(f"not done: everything that needs the lab: {reason}")

    def validate(self) -> Ready:
        """Read, check, number, design."""
        with self.step(f"validate {self.root}"):
            ready = load_or_exit(self.root)
            i = ready.inventory
            tenants = ready.region.tenants
            say(f"{ready.region.name}: {len(i.switches)} switches, {len(i.cables)} cables, {len(i.hosts)} servers,")
            say(f"{len(tenants)} tenants with {sum(len(t.vrfs) for t in tenants)} VRFs")
            self.claim(True, f"intent is valid: {count_text(ready.findings)}")
            self.keep_for_report(region=ready.region.name, blueprint=ready.blueprint)
        return ready

    def plan(self, ready: Ready) -> None:
        """Against an empty network."""
        with self.step("plan against an empty network"):
            result = plan(None, side(ready, check=False))
            lines = sum(c.lines_added for c in result.devices)
            say(f"{len(result.devices)} devices, {lines} lines of configuration, {len(result.numbers)} numbers")
            self.keep_for_report(plan=result)

    def systems(self) -> None:
        """The region beside it whose switches run six network operating systems, rendered for each."""
        root = self.root.parent / "mixed"
        if not (root / "region.yaml").is_file():
            return
        with self.step(f"one design on several network operating systems: {root}"):
            ready = load_or_exit(root)
            samples = system_samples(ready.blueprint)
            for sample in samples:
                say(f"     {sample.title}: {', '.join(sample.devices)}, {sample.lines} lines")
            errors = has_errors(ready.findings)
            self.claim(not errors, f"{len(samples)} systems take it: {count_text(ready.findings)}")
            self.keep_for_report(systems=Systems(region=ready.region.name, samples=samples))

    def predict(self, ready: Ready) -> None:
        """Simulate healthy and under every single failure."""
        with self.step("simulate, healthy and under every single link and device failure"):
            state, said = predict(ready.blueprint)
            findings = located((*said, *run_checks(state, ready.blueprint)), ready.region)
            under = check_under_failure(ready.blueprint)
            self.claim(not has_errors(findings), f"healthy: {count_text(findings)}")
            self._say_failures(under)
            everything = (*findings, *located(under.findings, ready.region))
            print_findings([f for f in everything if f.severity.value == "error"], limit=10)
            self.keep_for_report(findings=everything, simulated=state, under_failure=under)

    def _say_failures(self, under: UnderFailure) -> None:
        harmless = sum(1 for report in under.reports if report.harmless)
        errors = has_errors(under.findings)
        self.claim(
            not errors, f"{len(under.reports)} failures: {harmless} hurt nobody, the others as the design has it"
        )
        for group in grouped(under.reports):
            say(f"     {group.text}")

    def boot(self, ready: Ready) -> Lab | None:
        """Boot the region as real daemons and wait for the predicted state."""
        with self.step("boot the region: real FRR, BIRD and hosts in network namespaces"):
            down(LAB_NAME)
            blueprint = ready.blueprint
            nodes = len(blueprint.devices) + len(blueprint.hosts) + len(blueprint.peers)
            begin = time.monotonic()
            with Counter("boot", nodes) as counter:
                secrets = resolve(references_of(blueprint))
                self.lab = up(blueprint, LabOptions(name=LAB_NAME), secrets=secrets, progress=counter.report)
            say(f"{nodes} nodes up after {time.monotonic() - begin:.1f} s, backend {self.lab.record.backend}")
            for note in self.lab.record.notes:
                say(f"note: {note}")
            result = wait_converged(self.lab, simulate(blueprint), timeout_s=CONVERGENCE_TIMEOUT_S)
            self.claim(result.converged, f"converged {time.monotonic() - begin:.1f} s after the start")
            for session in result.missing_sessions[:10]:
                say(f"     session not up: {' '.join(session)}")
            self.backend = self.lab.record.backend
            self.notes += self.lab.record.notes
            self.versions += installed_versions()
        return self.lab

    def compare(self, lab: Lab, ready: Ready, case: str, failures: Failures) -> None:
        """Every table of the lab against the simulation's."""
        with self.step(f"compare real daemons with the simulation ({case})"):
            simulated, real = simulate(ready.blueprint, failures), collect_state(lab)
            comparison = compare(case, simulated, real)
            rows = [(t.table, t.rows_simulated, t.rows_lab, t.rows_different) for t in comparison.tables]
            say(draw(("table", "simulated", "real", "different"), rows))
            different = sum(t.rows_different for t in comparison.tables)
            total = sum(t.rows_lab for t in comparison.tables)
            self.claim(different == 0 and total > 0, f"{total} rows compared, {different} differences")
            if different:
                say(difference_text(difference(simulated, real), "simulated", "real", rows_max=10))
            earlier: tuple[Comparison, ...] = self.inputs.comparisons or ()
            self.keep_for_report(comparisons=(*earlier, comparison), lab=real)

    def ping(self, lab: Lab, ready: Ready) -> None:
        """Every host to every host: must answer inside a VRF, must not answer across."""
        with self.step("ping every host from every host, IPv4 and IPv6"):
            pings = run_pings(lab, plan_pings(ready.blueprint)) + ping_outside(lab, ready.blueprint)
            for wanted, what in ((True, "answered, as they must"), (False, "stayed without answer, as they must")):
                chosen = [p for p in pings if p.expected is wanted]
                right = sum(1 for p in chosen if p.seen is wanted)
                self.claim(right == len(chosen) > 0, f"{right} of {len(chosen)} pings {what}")
            for p in [p for p in pings if p.expected is not p.seen][:10]:
                say(f"     IPv{p.version} {p.source} ({p.source_scope}) -> {p.destination} ({p.destination_scope})")
            self.keep_for_report(pings=pings)

    def drill(self, lab: Lab, ready: Ready) -> None:
        """Break it under traffic, beside what the simulation said."""
        with self.step("drills: 1,000 packets per second on every flow, then something breaks"):
            results: list[DrillResult] = []
            for each in standard_drills(ready.blueprint):
                results.append(run_drill(lab, ready.blueprint, each, progress=say))
            say(drills_text(results).rstrip())
            right = sum(1 for r in results if r.verdict == "as-predicted")
            self.claim(right == len(results) > 0, f"{right} of {len(results)} drills ended as predicted")
            self.keep_for_report(drills=tuple(results))

    def rollout(self, lab: Lab, ready: Ready) -> None:
        """A good change of the lab as it runs, and a bad one that is caught."""
        with self.step("two changes of the running lab, in waves with gates: a good one, and one that must be undone"):
            if lab.record.backend != "namespace":
                say(f"NOT DONE: a lab of backend {lab.record.backend} is not changed while it runs")
                self.notes.append(f"not done: changes of a running lab: backend {lab.record.backend}")
                return
            chapter = RolloutChapter(lab, ready, self.claim)
            run = chapter.run()
            self.claim(run.right == len(run.changes), f"{run.right} of {len(run.changes)} changes ended as they must")
            self.notes += chapter.left_out
            self.keep_for_report(rollout=run)

    def lab_down(self) -> None:
        """Remove the lab before the next one, unless it is to stay."""
        if not self.keep:
            down(LAB_NAME)
            self.lab = None

    def close(self) -> None:
        """Remove the lab, however the run ended."""
        if self.lab is None:
            return
        if self.keep:
            say(f"\nlab '{LAB_NAME}' is left running: xc lab status --name {LAB_NAME}")
            if self.inputs.rollout is not None:
                say("it has what the good change has brought, which is not in the region's files")
            return
        try:
            down(LAB_NAME)
            say("\nlab removed")
        except CrossconnectError as error:
            say(f"\nlab not removed: {error}; run 'xc lab down --name {LAB_NAME}'")

    def write_report(self, path: Path) -> None:
        """The page, from what the steps kept."""
        revision = commit_of(self.root, "HEAD") if is_tracked(self.root) else ""
        facts = RunFacts(
            command=" ".join(["xc", *sys.argv[1:]]),
            started=self.started.strftime("%Y-%m-%d %H:%M:%S UTC"),
            duration_s=time.monotonic() - self.begin,
            revision=revision,
            host=platform.node(),
            kernel=platform.release(),
            backend=self.backend,
            versions=tuple(self.versions),
            steps=tuple(self.steps),
            notes=tuple(self.notes),
        )
        draft = path.with_name(path.name + ".part")
        draft.write_text(write_html(msgspec.structs.replace(self.inputs, facts=facts)), encoding="utf-8")
        draft.replace(path)


def installed_versions() -> list[tuple[str, str]]:
    """Versions of the daemons that the lab runs, by Debian's package database."""
    versions: list[tuple[str, str]] = []
    for package, name in (("frr", "FRR"), ("bird2", "BIRD"), ("lldpd", "lldpd")):
        done = subprocess.run(
            ["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            versions.append((name, done.stdout))
    return versions
