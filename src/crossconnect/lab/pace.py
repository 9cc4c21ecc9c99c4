"""BFD at a pace that one machine keeps up with.

A switch sends BFD in hardware or on a processor of its own. Here a hundred switches share a few: at 300 ms the packets
alone keep two processors busy, sessions fail for want of time, and their routes are withdrawn, which takes more time
still; such a lab never settles. Larger intervals in larger labs keep the number of packets in bounds. Nothing but the
time in which silence is noticed changes (RFC 5880 6.8.4), and that is told.
"""

from __future__ import annotations

import math

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration

PACKETS_PER_S_AND_PROCESSOR = 500
"""What leaves enough of a processor to the rest of a lab that boots; measured with `benchmarks/lab_boot.py`."""

STEP_MS = 100
INTERVAL_MAX_MS = 60_000


def relaxed(blueprint: Blueprint, processors: int) -> tuple[Blueprint, tuple[str, ...]]:
    """The blueprint with BFD intervals that `processors` can keep up with, and what to tell of it; both unchanged
    and empty where the configured ones are slow enough."""
    rate = packets_per_s(blueprint)
    bound = PACKETS_PER_S_AND_PROCESSOR * max(processors, 1)
    if rate <= bound:
        return blueprint, ()
    devices = tuple(_slower(device, rate / bound) for device in blueprint.devices)
    was = _intervals(blueprint.devices)
    now = _intervals(devices)
    note = (
        f"BFD sends every {now} ms, not every {was} ms as configured: {rate:,.0f} packets a second are more than "
        f"{_processors(processors)} can keep up with; silence is noticed later ('--bfd as-configured' keeps intervals)"
    )
    return msgspec.structs.replace(blueprint, devices=devices), (note,)


def packets_per_s(blueprint: Blueprint) -> float:
    """BFD packets per second that all switches send once every session is up."""
    return sum(1000.0 / d.bfd.interval_ms * _sessions(d) for d in blueprint.devices if d.bfd is not None)


def _sessions(device: DeviceConfiguration) -> int:
    return sum(n.bfd for i in device.network_instances if i.bgp is not None for n in i.bgp.neighbors)


def _slower(device: DeviceConfiguration, factor: float) -> DeviceConfiguration:
    if device.bfd is None:
        return device
    wanted = STEP_MS * math.ceil(device.bfd.interval_ms * factor / STEP_MS)
    bfd = msgspec.structs.replace(device.bfd, interval_ms=min(wanted, INTERVAL_MAX_MS))
    return msgspec.structs.replace(device, bfd=bfd)


def _processors(count: int) -> str:
    return "1 processor" if count == 1 else f"{count} processors"


def _intervals(devices: tuple[DeviceConfiguration, ...]) -> str:
    return " or ".join(map(str, sorted({device.bfd.interval_ms for device in devices if device.bfd is not None})))
