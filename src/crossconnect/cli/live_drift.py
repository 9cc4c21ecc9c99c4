"""What devices themselves run, beside what they are to run: each is asked over its own transport, and left as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from crossconnect.cli.access import read_access, target_of
from crossconnect.cli.drift import Deviation, Drift
from crossconnect.cli.secrets import references_of, resolve
from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.errors import CrossconnectError
from crossconnect.nos.rendering import render_files
from crossconnect.nos.secrets import revealed
from crossconnect.transport.change import Change
from crossconnect.transport.drivers.registry import reach
from crossconnect.transport.https.redaction import secrets_of_lines, without
from crossconnect.transport.limits import Limits
from crossconnect.transport.target import Target
from crossconnect.transport.vault import vault_of_environment

DEVICE_S = 120.0
"""For one device, waiting for a turn not included: some compare thousands of lines."""
CONFIGURATION = "configuration"
_NAME = "xc-drift"


def live_drift(access: Path, blueprint: Blueprint, only: Collection[str] = ()) -> Drift:
    """Ask the devices (of them `only` some, where given). One that does not answer is a deviation of its own. BadInput
    for an access file that cannot be used, or says nothing of a device."""
    chosen = [device for device in blueprint.devices if not only or device.name in only]
    ways = read_access(access)
    targets = {device.name: target_of(ways, access.parent, device) for device in chosen}
    secrets = dict(resolve(references_of(blueprint)))
    found = asyncio.run(_all(chosen, targets, secrets))
    return Drift(devices=len(chosen), deviations=tuple(sorted(found)), findings=())


async def _all(
    devices: Sequence[DeviceConfiguration], targets: Mapping[str, Target], secrets: Mapping[str, str]
) -> list[Deviation]:
    limits = Limits()
    each = await asyncio.gather(*(_one(device, targets[device.name], secrets, limits) for device in devices))
    return [deviation for found in each for deviation in found]


async def _one(
    device: DeviceConfiguration, target: Target, secrets: Mapping[str, str], limits: Limits
) -> list[Deviation]:
    texts = {file: revealed(text, secrets) for file, text in render_files(device).items()}
    wanted = Change(name=_NAME, commands=(), undo=(), old=texts, new=texts)
    try:
        async with limits.slot(device.name):
            lines = await reach(target, vault_of_environment(), lambda asked: asked.deviations(wanted), DEVICE_S)
    except CrossconnectError as error:
        said = without(str(error), secrets.values())
        return [Deviation(device=device.name, part="system", kind="silent", detail=said)]
    return [_deviation(device.name, line, secrets) for line in lines]


def _deviation(device: str, line: str, secrets: Mapping[str, str]) -> Deviation:
    """A line with those that lead to it before it, which say what it is about."""
    said = without(line, {*secrets.values(), *secrets_of_lines([line])})
    about, _, detail = said.rpartition(" / ")
    return Deviation(device=device, part=about or CONFIGURATION, kind="other", detail=detail)
