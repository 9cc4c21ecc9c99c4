"""`xc drift`: what runs, beside what is to run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crossconnect.cli.commands.lab import lab_name, name_option
from crossconnect.cli.output import count_text, draw, emit, output_option, print_findings, say
from crossconnect.cli.plan_options import at_option
from crossconnect.cli.region import region_option
from crossconnect.cli.state_option import state_option

if TYPE_CHECKING:
    from crossconnect.cli.drift import Drift
    from crossconnect.cli.network_state import NetworkState
    from crossconnect.design.blueprint import Blueprint


@click.command("drift")
@click.argument("devices", nargs=-1)
@region_option
@name_option
@click.option(
    "--access",
    type=click.Path(path_type=Path),
    help="Ask the devices themselves, reached as this file says (access.yaml), instead of a lab's switches.",
)
@state_option
@at_option
@click.option(
    "--adopt",
    is_flag=True,
    help="With '--access', all devices, and no drift: keep in the state directory that the network is this one.",
)
@output_option
def command(
    devices: tuple[str, ...],
    root: Path,
    name: str,
    access: Path | None,
    state: Path | None,
    revision: str,
    adopt: bool,
    output: str,
) -> int:
    """Compare what the switches of a running lab (DEVICES, where given) run with what the lab is to be by the last plan
    that was carried out on it: configuration and interfaces, each deviation by what it is about, and what the checks
    find in the network because of it.

    With '--access' the devices themselves are compared with what the last plan has made of them, or with the region at
    '--at': each says what its configuration has otherwise, and what it tells of its tables is judged by the checks, as
    gates do. Nothing is changed on them. Where they became so without a plan, '--adopt' keeps it, and the next plan may
    start from there.

    Exit code 0 without drift, 1 with, or when a switch does not answer. 'xc apply' touches no switch that has drifted.
    """
    kept = _state(root, state, access, devices) if adopt else None
    blueprint, found = (
        _of_devices(access, root, state, revision, devices, adopt)
        if access is not None
        else _of_lab(name, root, devices)
    )
    rows = [(d.device, d.part, d.kind, d.detail) for d in found.deviations]
    emit(found, output, lambda: draw(("device", "about", "is", "what"), rows))
    if output == "table":
        if found.findings:
            say(f"\nand so the network has: {count_text(found.findings)}")
            print_findings(found.findings, verbose=False, limit=20)
        drifted = len({d.device for d in found.deviations})
        say(f"{drifted} of {found.devices} switches have drifted from {blueprint.content_hash()[:16]}")
        for note in found.unseen:
            say(f"note: {note}")
        for device in blueprint.drained:
            say(f"{device} is drained")
    if kept is not None and not found.deviations:
        _adopt(kept, root, revision or "HEAD", blueprint)
    return 1 if found.deviations or found.findings else 0


def _state(root: Path, state: Path | None, access: Path | None, devices: Sequence[str]) -> NetworkState:
    from crossconnect.cli.state_option import state_of
    from crossconnect.errors import BadInput

    if access is None or devices:
        raise BadInput("--adopt is about all devices of a network: with --access, without names")
    return state_of(root, state)


def _adopt(state: NetworkState, root: Path, revision: str, blueprint: Blueprint) -> None:
    from crossconnect.cli.carrying_out import now_text
    from crossconnect.intent.git import commit_of

    commit = commit_of(root, revision)
    state.adopt(blueprint.content_hash(), commit, now_text())
    say(f"kept in {state.directory}: the network runs commit {commit[:12]}")


def _of_lab(name: str, root: Path, devices: Sequence[str]) -> tuple[Blueprint, Drift]:
    from crossconnect.cli.drift import drift
    from crossconnect.cli.secrets import references_of, resolve
    from crossconnect.lab import open_lab

    lab = open_lab(lab_name(name, root))
    _see_that_they_are_there(devices, lab.blueprint, f"lab {lab.name}")
    return lab.blueprint, drift(lab, lab.blueprint, dict(resolve(references_of(lab.blueprint))), devices)


def _of_devices(
    access: Path, root: Path, directory: Path | None, revision: str, devices: Sequence[str], adopt: bool
) -> tuple[Blueprint, Drift]:
    from crossconnect.cli.live_drift import live_drift
    from crossconnect.cli.region import load_or_exit
    from crossconnect.cli.region_states import running_on_devices
    from crossconnect.cli.state_option import state_of
    from crossconnect.errors import Stale

    at, blueprint = revision or "HEAD", None
    if not revision and not adopt:
        try:
            running = running_on_devices(root, state_of(root, directory), "")
            at, blueprint = running.revision, running.ready.blueprint
        except Stale as error:  # what is there then is what somebody wants to see
            say(f"compared with {at}, since nobody knows what is to run: {error}")
    blueprint = blueprint or load_or_exit(root, at).blueprint
    _see_that_they_are_there(devices, blueprint, f"the region at {at}")
    return blueprint, live_drift(access, blueprint, devices)


def _see_that_they_are_there(devices: Sequence[str], blueprint: Blueprint, what: str) -> None:
    from crossconnect.errors import BadInput

    if missing := sorted(set(devices) - {device.name for device in blueprint.devices}):
        raise BadInput(f"{what} has no switch {', '.join(missing)}")
