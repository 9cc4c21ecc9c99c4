"""A change as each device's own commands, and the commands that take it back."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.network_os import Commands
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_commands


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


def _other_files(old: DeviceConfiguration, new: DeviceConfiguration) -> tuple[str, ...]:
    made = system(new.nos).files
    if made is None:
        return ()
    before, after = made(old), made(new)
    return tuple(name for name in sorted(before | after) if before.get(name) != after.get(name))
