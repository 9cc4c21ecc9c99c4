"""The driver of each network operating system."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crossconnect.errors import Unsupported
from crossconnect.transport.change import Driver
from crossconnect.transport.credentials import Vault
from crossconnect.transport.drivers.frr import FrrDriver
from crossconnect.transport.drivers.junos import JunosDriver
from crossconnect.transport.drivers.sonic import SonicDriver
from crossconnect.transport.target import Target

DRIVERS: Mapping[str, Callable[[Target, Vault | None], Driver]] = {
    "frr": FrrDriver,
    "junos": JunosDriver,
    "sonic": SonicDriver,
}
"""By the name of the system."""


def driver(target: Target, vault: Vault | None = None) -> Driver:
    """The driver of a device; it connects when it is entered. Unsupported where there is none for its system."""
    made = DRIVERS.get(target.nos)
    if made is None:
        raise Unsupported(f"{target.device}: no driver for {target.nos}; there are {', '.join(sorted(DRIVERS))}")
    return made(target, vault)
