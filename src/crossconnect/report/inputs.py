"""What a report is made from. Every part is optional: what was not done is shown as not done, never as passed."""

from __future__ import annotations

import msgspec

from crossconnect.checks.under_failure import UnderFailure
from crossconnect.design.blueprint import Blueprint
from crossconnect.drills.result import DrillResult, Ping
from crossconnect.finding import Finding
from crossconnect.report.cloud import CloudRun
from crossconnect.report.rollout import RolloutRun
from crossconnect.report.systems import Systems
from crossconnect.rollout.plan import Plan
from crossconnect.state.tables import State


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """When, where and with what it ran. All text arrives ready: a report has no clock."""

    command: str = ""
    started: str = ""
    """`2026-11-23 21:30:10 UTC`."""
    duration_s: float = 0.0
    revision: str = ""
    """Git commit of the region's tree."""
    host: str = ""
    kernel: str = ""
    backend: str = ""
    """Of the lab: `namespaces`, `kernel-vrf`, `uml`; empty without one."""
    backend_reason: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    """(software, version): Crossconnect, FRR, BIRD, Python."""
    steps: tuple[tuple[str, float], ...] = ()
    """(what, seconds of wall time), in order."""
    notes: tuple[str, ...] = ()
    """What the lab realises differently from hardware, and what was left out, with the reason."""


class RowDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A row that two states do not share; the text of the side that lacks it is empty."""

    key: str
    simulated: str
    lab: str


class TableComparison(msgspec.Struct, frozen=True, kw_only=True):
    """One table, simulated against the lab's."""

    table: str
    rows_simulated: int
    rows_lab: int
    rows_different: int = 0
    differences: tuple[RowDifference, ...] = ()
    """Only the first ones."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Simulated state against a lab's in one case: `no failure`, `n1-spine1 down`."""

    case: str
    tables: tuple[TableComparison, ...]


class ReportInputs(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a report may show. None means: was not done."""

    region: str
    facts: RunFacts = RunFacts()
    blueprint: Blueprint | None = None
    failed: tuple[str, ...] = ()
    """Devices (by name) and wires (by key) to be marked as failed in the picture."""
    findings: tuple[Finding, ...] | None = None
    plan: Plan | None = None
    under_failure: UnderFailure | None = None
    """Every single failure, simulated and checked."""
    comparisons: tuple[Comparison, ...] | None = None
    pings: tuple[Ping, ...] | None = None
    drills: tuple[DrillResult, ...] | None = None
    rollout: RolloutRun | None = None
    """Changes of the lab while it ran."""
    simulated: State | None = None
    lab: State | None = None
    systems: Systems | None = None
    """Another region, of several network operating systems."""
    cloud: CloudRun | None = None
    """Another region, which carries a cloud."""
