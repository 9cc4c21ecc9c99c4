"""Taking a switch out of traffic and putting it back: plans of one wave, saved and carried out."""

from __future__ import annotations

from pathlib import Path

import msgspec

from crossconnect.cli.carrying_out import RunningNetwork, carry_out_plan
from crossconnect.cli.commands.plan import side
from crossconnect.cli.lab_hands import LabNetwork
from crossconnect.cli.live_hands import LiveNetwork
from crossconnect.cli.output import say
from crossconnect.cli.plan_saving import Options, Pair, save
from crossconnect.cli.region import load_or_exit, option_text
from crossconnect.cli.region_states import Running, as_drained, running_in_lab, running_on_devices
from crossconnect.cli.state_option import state_of
from crossconnect.errors import BadInput
from crossconnect.lab import open_lab
from crossconnect.rollout.plan import plan


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the user says."""

    device: str
    out: bool
    """Whether it goes out of traffic, or comes back."""
    root: Path
    lab: str
    access: Path | None
    """The access file of the devices themselves; None: on the lab."""
    state: Path | None
    """Where it is kept what the devices' network is, if not in the usual place."""
    revision: str
    """Of the region that runs; empty where nobody says."""
    directory: Path
    """Where plans are kept."""
    accepted: tuple[str, ...]
    soak_s: int
    only_plan: bool
    output: str


def move(request: Request) -> int:
    """Plan it, and carry it out unless only the plan is asked for. Returns the exit code."""
    network, running = _network(request)
    old, drained = running.ready, running.drained
    here = request.device in old.blueprint.drained
    if request.out is here:
        say(f"{request.device} is {'drained already' if here else 'not drained'}: nothing to do")
        return 0
    if not request.out and request.device not in drained:
        raise BadInput(f"{request.device} is drained by the region's files: take `drained: true` away there, and plan")
    after = tuple(sorted({*drained, request.device} if request.out else set(drained) - {request.device}))
    new = as_drained(load_or_exit(request.root, running.revision), after)
    before = side(old, check=False)
    now = side(new, False, before)
    options = Options(
        revision=running.revision,
        new_revision=running.revision,
        parent_drained=drained,
        new_drained=after,
        accepted=request.accepted,
        soak_s=request.soak_s,
        undo_all=False,
    )
    file = _free_name(request.directory, f"{'drain' if request.out else 'undrain'}-{request.device}")
    pair = Pair(old=old, new=new, before=before, now=now)
    if not save(request.root, file, pair, plan(before, now), options):
        return 1
    if request.only_plan:
        say(f"then: xc apply {file}{option_text(request.root)}{network.option}")
        return 0
    return carry_out_plan(file, request.root, network, "begin", request.output)


def _network(request: Request) -> tuple[RunningNetwork, Running]:
    if request.access is None:
        lab = open_lab(request.lab)
        running = running_in_lab(request.root, lab.name, lab.blueprint, request.revision or "HEAD")
        return LabNetwork(lab), running
    state = state_of(request.root, request.state)
    return LiveNetwork(request.access, state), running_on_devices(request.root, state, request.revision)


def _free_name(directory: Path, stem: str) -> Path:
    """A file that is not there yet: a plan's journal is its own."""
    number = 1
    while (file := directory / f"{stem}-{number}.plan").exists():
        number += 1
    return file
