"""A change judged, and what is written of it: the work of `xc ci`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from crossconnect.cli.commands.plan import side
from crossconnect.cli.output import FORMAT_VERSION
from crossconnect.cli.plan_saving import Options, Pair, context_of
from crossconnect.cli.region import Loaded, Ready, load_or_exit, located
from crossconnect.cli.replacing import replace_file
from crossconnect.cli.sweeping import How, swept
from crossconnect.errors import BadInput
from crossconnect.finding import Finding, Place, found, has_errors
from crossconnect.intent.files import LOCK_FILE, select
from crossconnect.intent.git import commit_of, edited_files, is_ancestor, is_tracked, path_in_repository
from crossconnect.report.sarif import Baseline, all_codes, sarif
from crossconnect.rollout.assembly import assemble
from crossconnect.rollout.blast_radius import blast_radius
from crossconnect.rollout.codes import BEHIND, LOCK_STALE, UNCOMMITTED
from crossconnect.rollout.plan import Plan, Side, plan
from crossconnect.rollout.saved_plan import SavedPlan, decoded, encoded
from crossconnect.rollout.verdict import Verdict, judged
from crossconnect.simulate.failures import single_failures

PLAN, REPORT, SARIF, VERDICT = "change.plan", "report.md", "report.sarif", "verdict.json"
"""What is written."""


class Asked(NamedTuple):
    """What the user says of a judgement."""

    parent: str
    checked: bool
    """Whether tables are made and all checks run over them."""
    counted: Sequence[str]
    accepted: tuple[str, ...]
    soak_s: int
    undo_all: bool


def invalid(root: Path, loaded: Loaded, parent: str) -> Verdict:
    """The verdict on files that cannot be used."""
    return Verdict(
        region="",
        parent=parent,
        parent_commit="",
        commit=_commit(root),
        passed=False,
        conditions=(),
        findings=loaded.findings,
        known=(),
        cured=(),
    )


def judge(root: Path, new: Ready, asked: Asked) -> tuple[Verdict, SavedPlan | None]:
    """Compare with the parent, simulate both, fail everything once, cut the change into waves."""
    old = load_or_exit(root, asked.parent) if asked.parent != "none" else None
    before = _side(old, asked.checked, None) if old is not None else None
    now = _side(new, asked.checked, before)
    change = plan(before, now)
    moved = old is not None and old.blueprint.traffic != new.blueprint.traffic
    if moved or not change.empty:
        radius = blast_radius(old.blueprint if old else None, new.blueprint)
        change = msgspec.structs.replace(change, blast_radius=radius)
    saved, on_the_way = _cut(root, Pair(old=old, new=new, before=before, now=now), change, asked)
    brought = frozenset(change.findings_new)
    own = (*located(on_the_way, new.region), *_about_git(root, new, asked.parent))
    conditions = judged(change, saved, (*own, *change.findings_new), (*own, *now.findings), asked.counted)
    verdict = Verdict(
        region=new.region.name,
        parent=asked.parent,
        parent_commit=commit_of(root, asked.parent) if old is not None else "",
        commit=_commit(root),
        passed=all(each.holds or not each.counts for each in conditions),
        conditions=conditions,
        findings=(*own, *change.findings_new),
        known=tuple(finding for finding in now.findings if finding not in brought),
        cured=change.findings_cured,
        plan=change,
        sha256=decoded(encoded(saved), PLAN)[1] if saved is not None else "",
        failures=len(single_failures(new.blueprint)),
    )
    return verdict, saved


def _side(ready: Ready, checked: bool, like: Side | None) -> Side:
    """A network healthy and under every single failure."""
    healthy = side(ready, checked, like)
    failures = single_failures(ready.blueprint)
    under = swept(ready.blueprint, failures, None if checked else (), How()).under
    return msgspec.structs.replace(healthy, findings=(*healthy.findings, *located(under.findings, ready.region)))


def _cut(root: Path, pair: Pair, change: Plan, asked: Asked) -> tuple[SavedPlan | None, tuple[Finding, ...]]:
    if change.empty:
        return None, ()
    options = Options(revision=asked.parent, accepted=asked.accepted, soak_s=asked.soak_s, undo_all=asked.undo_all)
    saved, findings = assemble(pair.before, pair.now, change, context_of(root, pair, options))
    return (None if has_errors(findings) else saved), findings


def _about_git(root: Path, new: Ready, parent: str) -> list[Finding]:
    findings: list[Finding] = []
    if new.previous_lock != new.lock:
        words = "region.lock is not up to date" if new.previous_lock is not None else "there is no region.lock"
        findings.append(found(LOCK_STALE, Place(file=LOCK_FILE), words))
    if not is_tracked(root):
        findings.append(found(UNCOMMITTED, Place(), "the region is in no Git repository with a commit"))
        return findings
    edited = edited_files(root)
    chosen = sorted({*select(edited)[0], *({LOCK_FILE} & set(edited))})
    if chosen:
        words = f"not as committed: {', '.join(chosen[:5])}{' and more' if len(chosen) > 5 else ''}"
        findings.append(found(UNCOMMITTED, Place(file=chosen[0]), words))
    if parent != "none" and not is_ancestor(root, parent, "HEAD"):
        findings.append(found(BEHIND, Place(), f"the branch does not have every commit of {parent}"))
    return findings


def _commit(root: Path) -> str:
    return commit_of(root, "HEAD") if is_tracked(root) else ""


def write(root: Path, out: Path, verdict: Verdict, saved: SavedPlan | None, markdown: str) -> None:
    """Write all files, each in one step. A plan of an earlier run does not stay: somebody would carry it out."""
    # What is cured is left out: GitHub would show it.
    states: dict[Baseline, Sequence[Finding]] = {"new": verdict.findings, "unchanged": verdict.known}
    directory = path_in_repository(root) if is_tracked(root) else ""
    document = {"format_version": FORMAT_VERSION, **msgspec.to_builtins(verdict)}
    try:
        out.mkdir(parents=True, exist_ok=True)
        if saved is None:
            (out / PLAN).unlink(missing_ok=True)
        else:
            replace_file(out / PLAN, encoded(saved))
        replace_file(out / REPORT, markdown.encode("utf-8", "backslashreplace"))
        replace_file(out / SARIF, sarif(states, all_codes(), directory, verdict.commit))
        replace_file(out / VERDICT, msgspec.json.format(msgspec.json.encode(document), indent=2))
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}") from error
