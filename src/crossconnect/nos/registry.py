"""Which network operating systems there are, and one way to render any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.frr import configuration_files as frr_files

Renderer = Callable[[DeviceConfiguration], dict[str, str]]
"""A device's configuration files by name, secrets as references."""

RENDERERS: Mapping[str, Renderer] = {"frr": frr_files}


def render_files(device: DeviceConfiguration) -> dict[str, str]:
    """The device's configuration files by name. KeyError is our bug: an unknown NOS is refused by validation."""
    return RENDERERS[device.nos](device)
