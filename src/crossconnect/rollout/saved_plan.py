"""A plan as it is saved: everything decided, so that carrying it out decides nothing.

    {"format": "crossconnect-plan", "version": 1, "sha256": HEX, "plan": {...}}

The hash is over the octets of `plan` as they stand in the file. The same two networks, rules and options give the same
octets: there is no time, host or user in it. Secrets are references.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

import msgspec

from crossconnect.errors import BadInput
from crossconnect.model.change import Objective
from crossconnect.nos.network_os import Commands
from crossconnect.rollout.change_rules import Rules, Size
from crossconnect.rollout.combinations import Cover
from crossconnect.rollout.continuity import Loss
from crossconnect.rollout.disruption import Disruption
from crossconnect.rollout.groups import Group
from crossconnect.rollout.plan import NumberChange
from crossconnect.rollout.probes import Probe

FORMAT = "crossconnect-plan"
VERSION = 1
"""Of the records below: a reader refuses any other."""
SIZE_MAX = 1 << 30
"""Octets of a file: old and new text of 10,000 switches are a third of it."""


class Timers(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that each wave may take; greatest ones, except `soak_s`."""

    apply_s: int = 60
    """For loading all configurations of a wave. FRR reloads in 1 to 3 s, SONiC sorts a patch for half a minute."""
    gate_s: int = 60
    """For the gate to hold: BGP with the greatest timers of the fabric converges in a third of it."""
    soak_s: int = 30
    """For which the gate must go on holding."""
    silence_s: int = 15
    """For which a device may give no answer once the gate has held: a lost packet, a session that was dropped, an SSH
    server that is started anew. What is seen to be wrong fails it when a second look, at once, sees it too."""
    margin_s: int = 60
    """Between the end of the gate and the device's own undoing: for confirming up to 16 devices, one of them slow."""
    stop_s: int = 8
    """When the network has stood still for so long, with all sessions up and yet not as it should be, it is not waited
    for any longer. SONiC's bgpd looks at changed policies 5 s after they are loaded."""

    @property
    def device_s(self) -> int:
        """The timer that each device itself runs: longer than anything that the gate may take."""
        return self.apply_s + self.gate_s + self.soak_s + self.silence_s + self.margin_s

    @property
    def wave_s(self) -> int:
        """The longest that a wave takes when it succeeds."""
        return self.apply_s + self.gate_s + self.soak_s + self.silence_s


class WhileDrained(msgspec.Struct, frozen=True, kw_only=True):
    """What a device that is drained is given, from before the change until after it. Texts by file name, secrets are
    references."""

    drain: tuple[Commands, ...]
    """From the old configuration to the old one, drained."""
    undo_drain: tuple[Commands, ...]
    """Back from there: where the change was not made."""
    old: Mapping[str, str]
    """The old configuration, drained."""
    commands: tuple[Commands, ...]
    """The change itself, of a drained device."""
    rollback: tuple[Commands, ...]
    """What takes it back."""
    new: Mapping[str, str]
    """The new configuration, drained."""
    undrain: tuple[Commands, ...]
    """From there to the new configuration."""
    undo_undrain: tuple[Commands, ...]
    """Back from there, if it is not taken."""
    diff: str
    """Unified difference of the files that draining makes."""


class SavedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device that changes."""

    name: str
    """Its name."""
    nos: str
    """Its network operating system."""
    role: str
    """Its tier."""
    site: str
    """Where it stands."""
    pod: str
    """Empty for super-spines."""
    kind: Literal["added", "removed", "changed"]
    """Whether it comes, goes or stays."""
    wave: int
    """Number of its wave, from 1."""
    behind: int
    """Attachments of servers that have their way through it."""
    disruption: Disruption
    """What is interrupted while it loads its configuration."""
    drain: bool
    """Whether it is taken out of traffic (RFC 8326) before, and put back after."""
    old: Mapping[str, str]
    """Text by file name; empty for a device that comes."""
    new: Mapping[str, str]
    """Empty for one that goes."""
    diff: str
    """Unified difference of the files."""
    commands: tuple[Commands, ...] = ()
    """The change in the system's own words; none for a device that comes, goes, or changes its system."""
    rollback: tuple[Commands, ...] = ()
    """What takes it back; the whole old text is the second way."""
    whole_files: tuple[str, ...] = ()
    """Files that are put in place whole beside the commands."""
    while_drained: WhileDrained | None = None
    """What it is given instead where it is drained for the change."""


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """What must hold after a wave before the next one begins."""

    checks: tuple[str, ...]
    """Names of checks that must find nothing that the plan does not have."""
    state: str
    """Content hash of the network that is to be there then."""
    sessions: int
    """Ends of BGP sessions that are established in it, as simulated."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a wave takes from those who have it before and after the whole change."""

    loading: tuple[Loss, ...] = ()
    """While its devices load their configurations: sessions down, devices out."""
    loading_s: int = 0
    """For how long at most."""
    drained: tuple[Loss, ...] = ()
    """While its devices are drained, before all of them are changed and after."""
    passing: tuple[Loss, ...] = ()
    """While some of its devices are changed and the others not yet; those to be drained are."""
    after: tuple[Loss, ...] = ()
    """After it, until a later wave."""
    states: int = 0
    """States that were simulated for it."""
    simulated: tuple[tuple[str, ...], ...] = ()
    """Which ones: of each, those of its devices that are changed, the others not yet; the last one is its end. None in
    plans of earlier versions. `loading` and `drained` are of three states more."""
    cover: Cover = "end"
    """What they stand for. `all`: any set of its devices that are changed. `three`: each device first, each last, and
    any of what any three of them are, changed or not. `first`: each device first. `end`: its end alone."""


class SavedWave(msgspec.Struct, frozen=True, kw_only=True):
    """What is done at once."""

    number: int
    """From 1."""
    devices: tuple[str, ...]
    """Those that change at once."""
    reason: str
    """Why these, and why now."""
    drain: tuple[str, ...]
    """Those of them that are drained before, and put back after."""
    put_back: tuple[str, ...] = ()
    """Those of them that are drained before the change and not after it: what `xc undrain` changes. None where others
    of the wave are drained for it, nor in plans of earlier versions."""
    gate: Gate
    """What must hold before the next wave."""
    effect: Effect
    """What it takes from whom."""
    undo: tuple[str, ...]
    """Devices that are taken back when its gate fails, in this order: those of the wave, last one first. With
    `on_failure` `all` those of the waves before follow."""


class Break(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """Something that is missing on the way, and was accepted by name."""

    name: str
    """The network, promise or finding; what is accepted by `--allow-break`."""
    kind: str
    """`network`, `promise`, `protocol`."""
    what: str
    """In one line, at its worst."""
    first: int
    """Wave with which it begins."""
    last: int
    """Wave with which it ends."""
    seconds_max: int
    """By the plan's timers."""


class SavedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A change and how it is made."""

    region: str
    """The region's name."""
    parent: str
    """Content hash of the network that must be running; `none` for an empty one."""
    new: str
    """Content hash of the network that it leads to."""
    parent_commit: str
    """Git commit of the region's files; empty where there is none."""
    new_commit: str
    """Empty where the files are not committed as they are: such a plan is for trying, and no `xc apply` takes it."""
    parent_drained: tuple[str, ...] = ()
    """Devices that are drained in the parent, though the files of its commit do not say so."""
    new_drained: tuple[str, ...] = ()
    """The same of the new network: what `xc drain` and `xc undrain` change."""
    size: Size
    """What rules look at."""
    numbers: tuple[NumberChange, ...]
    """Numbers given out, taken back or moved."""
    findings_new: tuple[str, ...]
    """Of the new network, not of the parent: `code: message`."""
    timers: Timers
    """How long each step may take."""
    probes: tuple[Probe, ...] = ()
    """Who is asked by gates whether he reaches whom: servers, in labs."""
    device_probes: tuple[Probe, ...] = ()
    """The same on devices themselves: which device pings whom, where its system can be told to."""
    unseen: tuple[str, ...] = ()
    """What gates on devices do not look at, by system: what its collectors do not tell."""
    objectives: tuple[Objective, ...] = ()
    """What of it may be lost, and how long it may take."""
    moving: tuple[str, ...] = ()
    """Servers that both networks have and that get another cable, address or gateway: nobody knows when that is done,
    so what they miss meanwhile is not judged."""
    on_failure: Literal["wave", "all"]
    """What is undone when a gate fails."""
    orders_tried: int
    """Orders of the roles of which the states were simulated."""
    exhaustive: bool
    """Whether every order of the devices was looked at for one in which nothing is missing."""
    alone: bool
    """Whether states inside waves were simulated too, since devices change in any order; not where
    the fabric of more than 64 switches is another one in them."""
    rules: Rules
    """What the region's rules demand of it."""
    breaks: tuple[Break, ...]
    """What is missing on the way, each accepted by name."""
    groups: tuple[Group, ...]
    """Those that have devices that change."""
    waves: tuple[SavedWave, ...]
    """In the order in which they are carried out."""
    devices: tuple[SavedDevice, ...]
    """All that change, by name."""
    made_by: str
    """Version of this program."""


class _Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    version: int
    sha256: str
    plan: msgspec.Raw


def encoded(plan: SavedPlan) -> bytes:
    """The file's octets, one line."""
    octets = msgspec.json.encode(plan, order="deterministic")
    head = f'{{"format":"{FORMAT}","version":{VERSION},"sha256":"{hashlib.sha256(octets).hexdigest()}","plan":'
    return head.encode() + octets + b"}\n"


def decoded(octets: bytes, name: str) -> tuple[SavedPlan, str]:
    """The plan in a file, and its hash. BadInput where it is no plan, another version's, or not as it was written."""
    try:
        envelope = msgspec.json.decode(octets, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{name} is no plan of `xc plan -o FILE`, or it is cut off: {error}") from error
    if envelope.format != FORMAT:
        raise BadInput(f"{name} is no plan: its format is '{envelope.format}'")
    if envelope.version != VERSION:
        raise BadInput(f"{name} has version {envelope.version} of the format, this program reads {VERSION}")
    digest = hashlib.sha256(bytes(envelope.plan)).hexdigest()
    if digest != envelope.sha256:
        raise BadInput(f"{name} is not as it was written: its hash is {digest[:12]}, written is {envelope.sha256[:12]}")
    try:
        plan = msgspec.json.decode(envelope.plan, type=SavedPlan)
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        raise BadInput(f"{name} cannot be read: {error}") from error
    if wrong := _not_holding_together(plan):
        raise BadInput(f"{name} was changed by hand: {wrong}")
    return plan, digest


def _not_holding_together(plan: SavedPlan) -> str:
    """What no plan that was written by this program says; empty where there is nothing of it."""
    told = {device.name: device.wave for device in plan.devices}
    there = [(name, wave.number) for wave in plan.waves for name in wave.devices]
    if [wave.number for wave in plan.waves] != [*range(1, len(plan.waves) + 1)]:
        return "its waves are not numbered from 1 on"
    if len(there) != len(plan.devices) or dict(there) != told:
        return "its devices and its waves do not name the same"
    for wave in plan.waves:
        if others := sorted({*wave.drain, *wave.put_back, *wave.undo}.difference(wave.devices)):
            return f"{', '.join(others)} is not in wave {wave.number}, which would drain it or take it back"
    return "a timer is negative" if min(msgspec.structs.astuple(plan.timers)) < 0 else ""
