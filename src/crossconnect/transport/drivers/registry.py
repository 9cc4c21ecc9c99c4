"""The driver of each network operating system."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TypeVar

from crossconnect.errors import Unreachable, Unsupported
from crossconnect.transport.change import Driver
from crossconnect.transport.credentials import Vault
from crossconnect.transport.drivers.eos import EosDriver
from crossconnect.transport.drivers.frr import FrrDriver
from crossconnect.transport.drivers.junos import JunosDriver
from crossconnect.transport.drivers.nxos import NxosDriver
from crossconnect.transport.drivers.sonic import SonicDriver
from crossconnect.transport.drivers.srlinux import SrLinuxDriver
from crossconnect.transport.drivers.srlinux_gnmi import SrLinuxGnmiDriver
from crossconnect.transport.target import Target

T = TypeVar("T")

DRIVERS: Mapping[str, Callable[[Target, Vault | None], Driver]] = {
    "eos": EosDriver,
    "frr": FrrDriver,
    "junos": JunosDriver,
    "nxos": NxosDriver,
    "sonic": SonicDriver,
    "srlinux": SrLinuxDriver,
}
"""By the name of the system."""
OVER_GNMI: Mapping[str, Callable[[Target, Vault | None], Driver]] = {"srlinux": SrLinuxGnmiDriver}
"""Where a target asks for gNMI: systems that have its commit-confirmed extension."""


def driver(target: Target, vault: Vault | None = None) -> Driver:
    """The driver of a device; it connects when it is entered. Unsupported where there is none for its system."""
    known = OVER_GNMI if target.over == "gnmi" else DRIVERS
    made = known.get(target.nos)
    if made is None:
        over = " over gNMI" if target.over else ""
        raise Unsupported(f"{target.device}: no driver for {target.nos}{over}; there are {', '.join(sorted(known))}")
    return made(target, vault)


async def reach(
    target: Target,
    vault: Vault | None,
    work: Callable[[Driver], Awaitable[T]],
    seconds: float,
    turn: AbstractAsyncContextManager[None] | None = None,
) -> T:
    """Do something with a device, connecting included, and waiting for its `turn` where one is given. Unreachable when
    it is not done in time."""
    try:
        async with asyncio.timeout(seconds), turn or nullcontext(), driver(target, vault) as device:
            return await work(device)
    except TimeoutError as error:
        raise Unreachable(f"{target.device}: not done within {seconds:g} s") from error
