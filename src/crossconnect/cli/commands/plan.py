"""`xc plan`: what a change does."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from crossconnect.cli.checked_size import check_option, is_checked, say_unchecked
from crossconnect.cli.memory_limit import memory_option, refuse_too_large
from crossconnect.cli.numbers_text import numbers_text
from crossconnect.cli.output import coloured, draw, emit, print_findings, say
from crossconnect.cli.plan_output import FORMATS, plan_output_option
from crossconnect.cli.radius_text import radius_text
from crossconnect.cli.region import Ready, load_or_exit, located, option_text, region_option
from crossconnect.cli.state_option import state_option
from crossconnect.rollout.plan import Plan, Side

if TYPE_CHECKING:  # commands need every system's renderer
    from crossconnect.rollout.commands import DeviceCommands

MEMORY_FACTOR = 1.3
"""Peak of a checked plan over the estimate of one state's tables, of which there is one at a time: 348 MiB against 278
at 100 switches."""


@click.command("plan")
@region_option
@plan_output_option
@click.option(
    "--parent",
    default="",
    help="Git revision to compare with, or 'none' for an empty network.  [default: with '-o FILE' what runs by the "
    "state directory, where that knows; else HEAD, or none without Git]",
)
@state_option
@click.option("--diff", "show_diff", is_flag=True, help="Print every device's configuration difference.")
@click.option(
    "--commands",
    "show_commands",
    is_flag=True,
    help="Print every device's own commands for the change, and those that take it back.",
)
@click.option("--numbers", "show_numbers", is_flag=True, help="Print every number that changes.")
@check_option
@click.option(
    "--effects/--no-effects",
    default=True,
    help="Tell the blast radius: whom the change touches, healthy and under every single failure.",
)
@click.option(
    "--allow-break",
    "accepted",
    multiple=True,
    metavar="NAME",
    help="Of a plan that is saved: accept that this network or promise is broken on the way (repeatable).",
)
@click.option(
    "--soak",
    "soak_s",
    type=click.IntRange(0, 86_400),
    default=30,
    show_default=True,
    help="Of a plan that is saved: for how many seconds the gate of each wave must go on holding.",
)
@click.option(
    "--undo-all",
    is_flag=True,
    help="Of a plan that is saved: when a gate fails, undo the waves before as well.",
)
@memory_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when there are changes.")
def command(
    root: Path,
    output: str,
    parent: str,
    state: Path | None,
    show_diff: bool,
    show_commands: bool,
    show_numbers: bool,
    check: bool | None,
    effects: bool,
    accepted: tuple[str, ...],
    soak_s: int,
    undo_all: bool,
    memory_max: int | None,
    detailed_exitcode: bool,
) -> int:
    """Compare the region with its parent: configuration per device, numbers allocated, whom the change touches (healthy
    and under every single failure), findings new and cured.

    With '-o FILE' the change is also cut into waves and saved as a plan that decides everything; otherwise nothing is
    written. The numbers shown are those that 'xc lock' would write.
    """
    output, file = ("table", Path(output)) if output not in FORMATS else (output, None)
    from crossconnect.rollout.blast_radius import blast_radius
    from crossconnect.rollout.plan import plan
    from crossconnect.state.tables import TABLES

    new = load_or_exit(root)
    revision = parent or (_running(root, state) if file is not None else "") or _default_parent(root)
    old = None if revision == "none" else load_or_exit(root, revision)
    checked = is_checked(new.blueprint, check)
    if checked:
        for ready in (new, old) if old else (new,):
            smaller = [("`xc plan --no-check`", (), 1.0)]
            refuse_too_large(ready.blueprint, tuple(TABLES), MEMORY_FACTOR, memory_max, smaller)
    before = side(old, checked) if old else None
    now = side(new, checked, before)
    result = plan(before, now)
    moved = old is not None and old.blueprint.traffic != new.blueprint.traffic
    if effects and (moved or not result.empty):
        radius = blast_radius(old.blueprint if old else None, new.blueprint)
        result = msgspec.structs.replace(result, blast_radius=radius)
    if show_commands:
        result = msgspec.structs.replace(result, commands=_commands(old, new, result))
    emit(result, output, lambda: _text(result, revision, show_diff, show_numbers))
    if output == "table":
        if result.findings_new:
            say(f"\nfindings new: {len(result.findings_new)}")
            print_findings(result.findings_new, limit=20)
        if result.findings_cured:
            say(f"\nfindings cured: {len(result.findings_cured)}")
            print_findings(result.findings_cured, verbose=False, limit=20)
        say_unchecked(new.blueprint, check)
        if not result.empty and new.previous_lock != new.lock:
            say(f"next: xc lock{option_text(root)}, and commit region.lock with the change")
    saved = True
    if file is not None:
        from crossconnect.cli.plan_saving import Options, Pair, save

        options = Options(revision=revision, accepted=accepted, soak_s=soak_s, undo_all=undo_all)
        saved = save(root, file, Pair(old=old, new=new, before=before, now=now), result, options)
    if not saved or any(f.severity.value == "error" for f in result.findings_new):
        return 1
    return 3 if detailed_exitcode and not result.empty else 0


def _commands(old: Ready | None, new: Ready, result: Plan) -> tuple[DeviceCommands, ...]:
    from crossconnect.rollout.commands import change_commands

    if old is None:
        return ()
    return change_commands(old.blueprint, new.blueprint, (change.device for change in result.devices))


def _running(root: Path, directory: Path | None) -> str:
    """The commit that the devices' network runs; empty where nobody keeps that. BadInput while a device is drained,
    Stale while a plan is in the middle of it."""
    from crossconnect.cli.state_option import state_of
    from crossconnect.errors import BadInput

    now = state_of(root, directory).standing()
    if now is None:
        return ""
    if now.drained:
        raise BadInput(
            f"{', '.join(now.drained)} drained: first `xc undrain`, or say with --parent what is to be compared"
        )
    say(f"parent: commit {now.commit[:12]}, which runs {now.why}")
    return now.commit


def _default_parent(root: Path) -> str:
    """HEAD, where it has this region; otherwise an empty network."""
    from crossconnect.intent.git import files_at, is_tracked

    if not is_tracked(root):
        return "none"
    return "HEAD" if "region.yaml" in files_at(root, "HEAD") else "none"


def side(ready: Ready, check: bool, like: Side | None = None) -> Side:
    """Render a region, and simulate and check it when asked. Devices that are as in `like` are not rendered again."""
    from crossconnect.nos.rendering import render_files

    findings = ready.findings
    known = {device.name: device for device in like.blueprint.devices} if like else {}
    if check:
        from crossconnect.checks import run_checks
        from crossconnect.simulate import predict

        state, said = predict(ready.blueprint)
        findings += located((*said, *run_checks(state, ready.blueprint)), ready.region)
    return Side(
        blueprint=ready.blueprint,
        lock=ready.lock,
        files={
            device.name: like.files[device.name] if like and known.get(device.name) == device else render_files(device)
            for device in ready.blueprint.devices
        },
        findings=findings,
    )


def _text(result: Plan, revision: str, show_diff: bool, show_numbers: bool) -> str:
    parts: list[str] = []
    against = "an empty network" if revision == "none" else revision
    if result.empty and result.blast_radius is not None:
        # Nothing to carry out, and yet links that are expected to carry more.
        return f"no changes of devices against {against}\n{radius_text(result.blast_radius)}"
    if result.empty:
        return f"no changes against {against}"
    parts.append(f"changes against {against}: {_count(result.devices, 'device')}, {_count(result.numbers, 'number')}")
    if result.tenants:
        parts.append(f"tenants whose networks change: {', '.join(result.tenants)}")
    if result.blast_radius is not None:
        parts.append(radius_text(result.blast_radius))
    if result.devices:
        rows = [(c.device, c.nos, c.kind, f"+{c.lines_added}", f"-{c.lines_removed}") for c in result.devices]
        parts.append("\n" + draw(("device", "nos", "change", "lines", ""), rows))
    if result.extra:
        rows = [(use.file, use.kind, _few(use.devices)) for use in result.extra]
        parts.append("\nextra configuration, not designed but written by hand:\n")
        parts.append(draw(("file", "change", "on"), rows))
    if result.numbers:
        parts.append("\n" + numbers_text(result.numbers, "" if show_numbers else "xc plan --numbers"))
    if show_diff:
        parts += ["", *(_painted(change.diff) for change in result.devices)]
    if result.commands is not None:
        parts += ["", _commands_text(result)]
    if result.devices and not show_diff and result.commands is None:
        parts.append("\n'xc plan --diff' prints the configuration differences, --commands the devices' own commands")
    return "\n".join(parts)


def _commands_text(result: Plan) -> str:
    told = result.commands or ()
    parts: list[str] = []
    for each in told:
        if each.files:
            parts.append(f"== {each.device} ({each.nos}): {_few(each.files)} put in place whole: see --diff\n")
        for title, commands in (("commands", each.commands), ("rollback", each.rollback)):
            for part in commands:
                parts.append(
                    f"== {each.device} ({each.nos}): {title}, {part.how}, of {part.file}\n{part.text.rstrip()}\n"
                )
    whole = sorted({change.device for change in result.devices} - {each.device for each in told})
    if whole:
        parts.append(
            f"no commands but whole files ('xc render'), since they come, go or change systems: {_few(whole)}\n"
        )
    return "\n".join(parts).rstrip()


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _count(things: Sized, noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def _painted(diff: str) -> str:
    import sys

    if not coloured(sys.stdout):
        return diff
    colours = {"+": "green", "-": "red", "@": "cyan"}
    return "\n".join(
        click.style(line, fg=colours[line[0]]) if line[:1] in colours and line[:3] not in ("+++", "---") else line
        for line in diff.splitlines()
    )
