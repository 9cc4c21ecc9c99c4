"""`xc simulate`: predict and check, healthy and under failure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
import msgspec

from crossconnect.checks import FailureGroup, Sweep, UnderFailure, grouped
from crossconnect.checks.effects import FailureReport
from crossconnect.checks.grouping import count_text as count_of
from crossconnect.checks.grouping import names_text
from crossconnect.checks.link_load import LinkLoad
from crossconnect.cli.checked_size import check_option, is_checked, say_unchecked
from crossconnect.cli.failure_option import failures_of, failures_options
from crossconnect.cli.memory_limit import memory_option, refuse_too_large
from crossconnect.cli.output import coloured, count_text, draw, emit, output_option, print_findings, say
from crossconnect.cli.region import load_or_exit, located, region_option
from crossconnect.cli.report_page import refuse_unwritable, write_page
from crossconnect.cli.sweep_option import Asked, asked_failures, sweep_options
from crossconnect.cli.sweeping import How, Swept, swept
from crossconnect.cli.traffic_option import NOT_MEASURED, read_traffic, traffic_option
from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding, has_errors
from crossconnect.intent.validate.subject import subject_of
from crossconnect.simulate import Failures

_LINKS_SHOWN = 10
MEMORY_FACTOR = 1.2
"""Peak of simulating and checking over the estimate of the tables: 298 MiB against 279 at 100 switches."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One failure, for JSON and YAML."""

    failure: str
    element: str
    hosts_cut: tuple[str, ...]
    scopes: tuple[object, ...]
    promises: tuple[str, ...]
    harmless: bool


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """What `simulate` found."""

    region: str
    rows: dict[str, int]
    findings: tuple[Finding, ...]
    failures: tuple[Effect, ...] = ()
    loads: tuple[LinkLoad, ...] = ()
    """What links carry of the expected traffic while nothing has failed but --fail-link and --fail-device."""


@click.command("simulate")
@region_option
@output_option
@failures_options
@sweep_options
@traffic_option
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    metavar="FILE",
    help="Write findings and failures as an HTML page with pictures, too.",
)
@check_option
@memory_option
@click.option("--every", is_flag=True, help="One line per failure instead of one per kind of failure.")
def command(
    root: Path,
    output: str,
    fail_links: tuple[str, ...],
    fail_devices: tuple[str, ...],
    asked: Asked,
    how: How,
    traffic: Path | None,
    report: Path | None,
    check: bool | None,
    every: bool,
    memory_max: int | None,
) -> int:
    """Compute the state that the network settles on, and check it: sessions, reachability, isolation, redundancy.

    In a large network, or with --no-check, no tables are made: told is what the failures cost, to whom.

    Exit code 1 when a check finds an error, 2 (with an estimate) when it would take more memory than there is.
    """
    ready = load_or_exit(root)
    injected = failures_of(ready.blueprint, fail_links, fail_devices)
    # What cannot be asked is said before anything is computed.
    failures = asked_failures(ready.blueprint, asked, injected) if asked.kinds else ()
    measured = read_traffic(traffic, subject_of(ready.region, ready.inventory)) if traffic is not None else NOT_MEASURED
    if report is not None:
        refuse_unwritable(report)
    checked = is_checked(ready.blueprint, check)
    rows, findings = _checked(ready.blueprint, injected, memory_max) if checked else ({}, ())
    under: UnderFailure | None = None
    only = None if checked else ()
    demands = measured.demands
    interrupted = ""
    if failures:
        found = swept(ready.blueprint, failures, only, how, demands, injected)
        under = found.under
        interrupted = _interrupted(found, how) if found.interrupted else ""
    elif injected or not checked or demands or ready.blueprint.traffic:
        sweep = Sweep(ready.blueprint, only, demands)
        under = sweep.outcome([sweep.report(injected)], injected)
    if under is not None:
        findings += under.findings
    findings = located(measured.located(findings, len(ready.blueprint.traffic)), ready.region)
    result = Simulation(
        region=ready.region.name,
        rows=rows,
        findings=findings,
        failures=effects(under.reports) if under else (),
        loads=under.loads if under else (),
    )
    emit(result, output, lambda: _text(rows, under, injected, every))
    if report is not None:
        write_page(report, ready, findings, under)
    if output == "table":
        # Effects of failures are in the table above, many to a line.
        listed = [f for f in findings if f.code.startswith("checks.effect-")]
        others = [f for f in findings if not f.code.startswith("checks.effect-")]
        print_findings(others, limit=40)
        say_unchecked(ready.blueprint, check)
        summary = f"; effects of failures, listed above: {count_text(listed)}" if listed else ""
        say(f"{ready.region.name}: {count_text(others)}{summary}")
    if interrupted:
        say(interrupted)
        return 130
    return 1 if has_errors(findings) else 0


def _interrupted(found: Swept, how: How) -> str:
    done = f"interrupted: {len(found.under.reports):,} of {found.total:,} failures were simulated"
    if how.results is not None:
        return f"{done}; the same command goes on from {how.results}"
    return f"{done}; with --results FILE the next run would go on from there"


def _checked(
    blueprint: Blueprint, injected: Failures, memory_max: int | None
) -> tuple[dict[str, int], tuple[Finding, ...]]:
    """Rows of each table, and what the simulation and the checks say of them."""
    from crossconnect.checks import Expectation, run_checks
    from crossconnect.simulate import predict
    from crossconnect.state.tables import TABLES

    few = ("devices", "interfaces", "bgp_sessions")
    smaller = [
        ("`xc simulate --no-check`", (), 1.0),
        (f"`xc state --tables {','.join(few)}`", few, 1.8),
    ]
    refuse_too_large(blueprint, tuple(TABLES), MEMORY_FACTOR, memory_max, smaller)
    state, said = predict(blueprint, injected)
    findings = (*said, *run_checks(state, blueprint, expectation=Expectation(injected)))
    return {table: len(getattr(state, table)) for table in TABLES}, findings


def effects(reports: Iterable[FailureReport]) -> tuple[Effect, ...]:
    """Reports as they are printed for programs."""
    return tuple(
        Effect(
            failure=report.name,
            element=report.element,
            hosts_cut=report.hosts_cut,
            scopes=report.scopes,
            promises=tuple(name for name, _ in report.promises),
            harmless=report.harmless,
        )
        for report in reports
    )


def _text(rows: dict[str, int], under: UnderFailure | None, injected: Failures, every: bool) -> str:
    parts = [draw(("table", "rows"), list(rows.items()))] if rows else []
    if under is not None and not rows:
        leaks = any(f.code == "checks.route-leak" for f in under.findings)
        alone = leaks or under.networks < 2
        apart = "" if alone else ", isolated from each other in the region whatever fails, but for declared leaks"
        parts.append(f"{count_of(under.networks, 'network')} of tenants simulated{apart}")
    if under is not None and under.loads:
        parts.append(_loads_text(under.loads, injected))
    if under is not None and any(report.failures for report in under.reports):
        harmless = sum(1 for report in under.reports if report.harmless)
        count = count_of(len(under.reports), "failure")
        parts.append(f"\n{count} simulated: {harmless} {'hurts' if harmless == 1 else 'hurt'} nobody\n")
        if every:
            lines = [(r.name, len(r.hosts_cut), sum(s.lost for s in r.scopes), r.harmless) for r in under.reports]
            parts.append(draw(("failure", "hosts cut", "pairs lost", "harmless"), lines))
        else:
            parts += [group_line(group) for group in grouped(under.reports)]
    return "\n".join(parts)


def _loads_text(rows: tuple[LinkLoad, ...], injected: Failures) -> str:
    """The links that are loaded most."""
    most = sorted(rows, key=lambda row: (-row.utilisation, -row.mbps, row))[:_LINKS_SHOWN]
    lines = [
        (
            row.link,
            row.device,
            f"{row.mbps / 1000:,.2f}" if row.mbps >= 100 else f"{row.mbps / 1000:.2g}",
            f"{row.capacity_mbps / 1000:,.0f}" if row.capacity_mbps else "?",
            f"{100 * row.utilisation:.0f}" if row.capacity_mbps else "?",
            names_text(row.tenants, 3),
        )
        for row in most
    ]
    more = f"\n    ... and {len(rows) - len(most)} more directions of links" if len(rows) > len(most) else ""
    when = f" with {injected} failed" if injected else ""
    return f"\nexpected traffic{when}, the links loaded most:\n" + (
        draw(("link", "from", "Gb/s", "of", "%", "tenants"), lines) + more
    )


def group_line(group: FailureGroup) -> str:
    """One line for failures that do the same, marked by how bad that is."""
    mark = {"error": "!!", "warning": "! ", "note": "  "}[group.severity.value]
    if coloured() and mark.strip():
        mark = click.style(mark, fg="red" if mark == "!!" else "yellow", bold=True)
    return f"{mark} {group.text}"
