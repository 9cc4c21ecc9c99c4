"""What is not there while sessions flap: the network without them, as it was before the change.

Sessions of one switch flap together, as its new configuration is loaded; those of another one do so when its turn
comes. Routes learned over a session are withdrawn and learned again, and where they were the only way, packets are lost
in between.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from crossconnect.checks.failure_summary import grouped
from crossconnect.checks.under_failure import Sweep
from crossconnect.design.blueprint import Blueprint
from crossconnect.simulate.failures import Failures, SessionKey

DEVICES_MAX = 200
"""Switches whose sessions are looked at; a change of all switches of a large region has to be cut into waves first."""


class Flap(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """Switches whose own sessions' flapping does the same."""

    effect: str
    devices: tuple[str, ...]
    sessions: int


def flaps(parent: Blueprint, sessions: Iterable[SessionKey]) -> tuple[Flap, ...]:
    """The effect of each switch's sessions being down at once, like effects together, the most switches first."""
    by_device: dict[str, set[SessionKey]] = {}
    for key in sessions:
        by_device.setdefault(key.device, set()).add(key)
    if not by_device:
        return ()
    sweep = Sweep(parent, ())
    found: dict[str, list[str]] = {}
    for device in sorted(by_device)[:DEVICES_MAX]:
        report = sweep.report(Failures(sessions=frozenset(by_device[device]), name=f"sessions of {device}"))
        (group,) = grouped((report,))
        found.setdefault(group.effect, []).append(device)
    made = [
        Flap(effect=effect, devices=tuple(devices), sessions=sum(len(by_device[name]) for name in devices))
        for effect, devices in found.items()
    ]
    return tuple(sorted(made, key=lambda flap: (-len(flap.devices), flap)))
