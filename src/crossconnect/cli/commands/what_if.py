"""`xc what-if`: who notices that devices are taken out of service, and what a further failure would cost meanwhile."""

from __future__ import annotations

import difflib
from pathlib import Path

import click
import msgspec

from crossconnect.checks import grouped
from crossconnect.checks.effects import FailureReport
from crossconnect.checks.grouping import count_text, names_text
from crossconnect.cli.checked_size import SWITCHES_MAX
from crossconnect.cli.commands.simulate import Effect, effects, group_line
from crossconnect.cli.failure_option import failures_of, failures_options
from crossconnect.cli.output import draw, emit, output_option, say
from crossconnect.cli.region import load_or_exit, region_option
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput
from crossconnect.rollout.maintenance import Drained, Maintenance, SessionDown, maintenance
from crossconnect.simulate.failures import Failures, failures_of_kinds, union

_ROWS_MAX = 20
_GROUPS = ("rack", "site", "group")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What `what-if` found."""

    region: str
    devices: tuple[str, ...]
    failed_already: tuple[str, ...]
    """Devices and links; everything else here is what comes on top of that."""
    drained: tuple[Drained, ...] | None
    """Networks that are not as before while the devices are drained; null where that was not simulated."""
    off: Effect
    sessions: tuple[SessionDown, ...]
    further: tuple[Effect, ...]
    """What each single further failure costs those that are left."""


@click.command("what-if")
@region_option
@output_option
@click.option(
    "--drain",
    "names",
    multiple=True,
    required=True,
    metavar="NAME",
    help="Take this switch out of service, or 'rack NAME', 'site NAME', 'group NAME' (repeatable).",
)
@failures_options
@click.option("--further/--no-further", default=True, help="Ask what each single further failure costs meanwhile.")
@click.option("--every", is_flag=True, help="One line per further failure instead of one per kind of failure.")
def command(
    root: Path,
    output: str,
    names: tuple[str, ...],
    fail_links: tuple[str, ...],
    fail_devices: tuple[str, ...],
    further: bool,
    every: bool,
) -> int:
    """Ask who notices when switches are drained and then switched off, before anybody touches them.

    While drained (graceful shutdown) a switch forwards what has no other way; while it is off, that is lost. Besides,
    what a further failure costs in the meantime, of what is left.

    Exit code 0 when no tenant notices, 1 when one does or a promise is broken meanwhile, 2 for a name that the region
    does not have.
    """
    ready = load_or_exit(root)
    blueprint = ready.blueprint
    out, broken = named(blueprint, names), failures_of(blueprint, fail_links, fail_devices)
    both = sorted(out.devices & broken.devices)
    if both:
        raise BadInput(f"--drain and --fail-device: {names_text(both)} cannot be drained when it has failed already")
    exact = len(blueprint.devices) <= SWITCHES_MAX
    found = maintenance(blueprint, out, exact, broken)
    reports: tuple[FailureReport, ...] = ()
    if further:
        single = failures_of_kinds(found.further.blueprint, ("device", "link"))
        reports = tuple(map(found.further.report, single))
    answer = Answer(
        region=ready.region.name,
        devices=found.devices,
        failed_already=(*sorted(broken.devices), *sorted(broken.links)),
        drained=found.drained,
        off=effects((found.off,))[0],
        sessions=found.sessions,
        further=effects(reports),
    )
    emit(answer, output, lambda: _text(found, broken, reports, every))
    if output == "table":
        say(f"{ready.region.name}: {_verdict(found, reports)}")
    return 1 if found.noticed or found.off.promises else 0


def named(blueprint: Blueprint, names: tuple[str, ...]) -> Failures:
    """The switches that are meant. BadInput for a name that the region does not have."""
    switches = {device.name for device in blueprint.devices}
    groups = {f.name: f for f in failures_of_kinds(blueprint, _GROUPS)}
    groups |= {name.removeprefix("risk "): f for name, f in groups.items()}
    chosen: list[Failures] = []
    for name in names:
        if name in switches:
            chosen.append(Failures(devices=frozenset({name})))
        elif name in groups:
            chosen.append(groups[name])
        else:
            near = difflib.get_close_matches(name, [*switches, *groups], 1)
            hint = f"did you mean '{near[0]}'?" if near else "'xc show devices' lists them"
            raise BadInput(f"the region has no switch, rack, site or risk group '{name}'; {hint}")
    return union(chosen)


def _text(found: Maintenance, broken: Failures, reports: tuple[FailureReport, ...], every: bool) -> str:
    parts = [f"failed already: {broken}; told is what comes on top of that\n"] if broken else []
    parts += [_drained_text(found), f"\nswitched off: {_off_text(found.off)}"]
    if found.sessions:
        ends = sorted({session.device for session in found.sessions})
        parts.append(f"    {len(found.sessions)} BGP sessions are down, at {names_text(ends)}")
    if reports:
        harmless = sum(1 for report in reports if report.harmless)
        parts.append(f"\nif something else fails meanwhile: {len(reports)} single failures, {harmless} hurt nobody\n")
        if every:
            rows = [(r.name, len(r.hosts_cut), sum(s.lost for s in r.scopes), r.harmless) for r in reports]
            parts.append(draw(("failure", "hosts cut", "pairs lost", "harmless"), rows))
        else:
            parts += [group_line(group) for group in grouped(reports)]
    return "\n".join(parts)


def _drained_text(found: Maintenance) -> str:
    who = names_text(found.devices)
    if found.drained is None:
        return f"drained: {who} still forward what has no other way: no more is lost than while they are off"
    if not found.drained:
        verb = "is" if len(found.devices) == 1 else "are"
        return f"drained: {who} {verb} out of the way, nobody's network changes"
    rows = [
        (s.scope, s.tenant, *(_pair(pair) for pair in (s.pairs, s.paths, s.borders))) for s in found.drained[:_ROWS_MAX]
    ]
    more = f"\n    ... and {len(found.drained) - _ROWS_MAX} more" if len(found.drained) > _ROWS_MAX else ""
    lost = any(s.pairs[1] < s.pairs[0] for s in found.drained)
    head = "whose hosts lose each other" if lost else "no hosts lose each other; what changes"
    return f"drained: {who}, {head}:\n" + draw(("network", "tenant", "pairs", "paths", "borders"), rows) + more


def _pair(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]} -> {pair[1]}"


def _off_text(report: FailureReport) -> str:
    (group,) = grouped((report,))
    return group.effect


def _verdict(found: Maintenance, reports: tuple[FailureReport, ...]) -> str:
    said = ["a tenant notices" if found.noticed else "no tenant notices"]
    if found.off.promises:
        said.append(f"{count_text(len(found.off.promises), 'promise')} broken meanwhile")
    if reports:
        hurting = sum(1 for report in reports if not report.harmless)
        said.append(f"{hurting} of {len(reports)} further failures would hurt somebody")
    return "; ".join(said)
