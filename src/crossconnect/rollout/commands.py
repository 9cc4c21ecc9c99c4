"""A change as each device's own commands, and the commands that take it back."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.draining import drained_device
from crossconnect.nos.network_os import Commands
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_commands, render_files
from crossconnect.rollout.saved_plan import WhileDrained


class DeviceCommands(msgspec.Struct, frozen=True, kw_only=True):
    """What a device that stays, on the system it runs, is given. A device that comes is given its files instead."""

    device: str
    nos: str
    commands: tuple[Commands, ...]
    """In the order in which the device takes them. Secrets are references."""
    rollback: tuple[Commands, ...]
    """From the new configuration to the one before."""
    files: tuple[str, ...] = ()
    """Further files that change, which are put in place whole: FRR's Linux side, for example."""


def change_commands(old: Blueprint, new: Blueprint, only: Iterable[str]) -> tuple[DeviceCommands, ...]:
    """For the devices of `only` that both networks have with one system; nothing else can be told in commands."""
    before, after = ({d.name: d for d in blueprint.devices} for blueprint in (old, new))
    return tuple(
        DeviceCommands(
            device=name,
            nos=after[name].nos,
            commands=device_commands(before[name], after[name]),
            rollback=device_commands(after[name], before[name]),
            files=_other_files(before[name], after[name]),
        )
        for name in sorted(only)
        if name in before and name in after and before[name].nos == after[name].nos
    )


def while_drained(old: DeviceConfiguration, new: DeviceConfiguration) -> WhileDrained:
    """What a device is given that is drained for its change."""
    out_of_traffic, changed = drained_device(old), drained_device(new)
    files, drained_files = render_files(old), render_files(out_of_traffic)
    return WhileDrained(
        drain=device_commands(old, out_of_traffic),
        undo_drain=device_commands(out_of_traffic, old),
        old=drained_files,
        commands=device_commands(out_of_traffic, changed),
        rollback=device_commands(changed, out_of_traffic),
        new=render_files(changed),
        undrain=device_commands(changed, new),
        undo_undrain=device_commands(new, changed),
        diff="".join(
            line
            for name in sorted(files | drained_files)
            for line in difflib.unified_diff(
                files.get(name, "").splitlines(keepends=True),
                drained_files.get(name, "").splitlines(keepends=True),
                f"{name} in traffic",
                f"{name} drained",
            )
        ),
    )


def while_drained_in(old: Blueprint, new: Blueprint, name: str) -> WhileDrained:
    """The same of a device that both networks have."""
    was, will = (next(d for d in network.devices if d.name == name) for network in (old, new))
    return while_drained(was, will)


def _other_files(old: DeviceConfiguration, new: DeviceConfiguration) -> tuple[str, ...]:
    made = system(new.nos).files
    if made is None:
        return ()
    before, after = made(old), made(new)
    return tuple(name for name in sorted(before | after) if before.get(name) != after.get(name))
