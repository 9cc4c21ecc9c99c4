"""What devices themselves run, beside what they are to run: each is asked over its own transport, and left as it is.

every device --what its configuration has otherwise--> lines, each by what it is about
             --the questions of a gate--> tables --> what the checks find, and not in the simulation; interfaces
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from crossconnect.cli.access import read_access, target_of
from crossconnect.cli.drift import Deviation, Drift, deviation
from crossconnect.cli.live_judgement import MISSING, expected_of, judge
from crossconnect.cli.secrets import references_of, resolve
from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.errors import CrossconnectError, Rejected
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import render_files
from crossconnect.nos.secrets import revealed
from crossconnect.rollout.assembly import GATE_CHECKS
from crossconnect.rollout.unseen import unseen
from crossconnect.transport.change import Change, Driver
from crossconnect.transport.drivers.registry import reach
from crossconnect.transport.https.redaction import without
from crossconnect.transport.limits import Limits
from crossconnect.transport.target import Target
from crossconnect.transport.vault import vault_of_environment

DEVICE_S = 120.0
"""For one device, waiting for a turn not included: some compare thousands of lines."""
_NAME = "xc-drift"


def live_drift(access: Path, blueprint: Blueprint, only: Collection[str] = ()) -> Drift:
    """Ask the devices (of them `only` some, where given). One that does not answer is a deviation of its own. BadInput
    for an access file that cannot be used, or says nothing of a device."""
    chosen = [device for device in blueprint.devices if not only or device.name in only]
    ways = read_access(access)
    targets = {device.name: target_of(ways, access.parent, device) for device in chosen}
    secrets = dict(resolve(references_of(blueprint)))
    told = asyncio.run(_all(chosen, targets, secrets))
    judged = judge(
        expected_of(blueprint, GATE_CHECKS),
        {name: one.answers for name, one in told.items() if one.answers},
        GATE_CHECKS,
    )
    found = [each for one in told.values() for each in one.deviations]
    for what, where in judged.seen:
        if what.startswith(f"{MISSING}interface "):
            part = what.removeprefix(MISSING)
            found.append(Deviation(device=where, part=part, kind="other", detail="is not up"))
    return Drift(
        devices=len(chosen),
        deviations=tuple(sorted(found)),
        # Of some devices only nobody can say what the network does.
        findings=() if only else judged.findings,
        unseen=(*unseen(blueprint, (), ()), *(f"{name}: {why}" for name, one in told.items() for why in one.unseen)),
    )


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one device has said."""

    deviations: tuple[Deviation, ...]
    answers: Mapping[int, bytes] = {}
    """To the questions of a gate, by their place."""
    unseen: tuple[str, ...] = ()
    """Why some of them have no answer."""


async def _all(
    devices: Sequence[DeviceConfiguration], targets: Mapping[str, Target], secrets: Mapping[str, str]
) -> dict[str, _Told]:
    limits = Limits()
    each = await asyncio.gather(*(_one(device, targets[device.name], secrets, limits) for device in devices))
    return {device.name: told for device, told in zip(devices, each, strict=True)}


async def _one(device: DeviceConfiguration, target: Target, secrets: Mapping[str, str], limits: Limits) -> _Told:
    answers: dict[int, bytes] = {}
    refused: list[str] = []

    async def ask(asked: Driver) -> tuple[str, ...]:
        lines = await asked.deviations(wanted)
        for place, query in enumerate(system(device.nos).queries(device)):
            try:
                answers[place] = await asked.ask(query)
            except Rejected:
                refused.append(f"refuses {query.ask}")
        return lines

    texts = {file: revealed(text, secrets) for file, text in render_files(device).items()}
    wanted = Change(name=_NAME, commands=(), undo=(), old=texts, new=texts)
    try:
        async with limits.slot(device.name):
            lines = await reach(target, vault_of_environment(), ask, DEVICE_S)
    except CrossconnectError as error:
        said = without(str(error), secrets.values())
        return _Told(deviations=(Deviation(device=device.name, part="system", kind="silent", detail=said),))
    return _Told(
        deviations=tuple(deviation(device.name, line, secrets) for line in lines),
        answers=answers,
        unseen=tuple(refused[:1] + [f"and {len(refused) - 1} questions more"] * (len(refused) > 1)),
    )
