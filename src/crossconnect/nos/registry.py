"""Which network operating systems there are, and one way to speak to any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Finding
from crossconnect.nos import frr


class NetworkOs(msgspec.Struct, frozen=True):
    """One network operating system: its renderer, and what it cannot do of a configuration."""

    files: Callable[[DeviceConfiguration, frr.Version], dict[str, str]]
    """A device's configuration files by name, secrets as references; in the dialect of a version, where it is FRR."""
    findings: Callable[[DeviceConfiguration], tuple[Finding, ...]]


SYSTEMS: Mapping[str, NetworkOs] = {"frr": NetworkOs(frr.configuration_files, frr.findings)}


def render_files(device: DeviceConfiguration, frr_version: frr.Version = "8.4") -> dict[str, str]:
    """The device's configuration files by name. KeyError is our bug: an unknown NOS is refused by validation."""
    return SYSTEMS[device.nos].files(device, frr_version)


def device_findings(device: DeviceConfiguration) -> tuple[Finding, ...]:
    """What the device's network OS cannot do of its configuration. KeyError as in `render_files`."""
    return SYSTEMS[device.nos].findings(device)
