"""Which network operating systems there are, and one way to render any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos import frr

Renderer = Callable[[DeviceConfiguration], dict[str, str]]
"""A device's configuration files by name, secrets as references."""


def _frr_files(device: DeviceConfiguration) -> dict[str, str]:
    """`frr.conf`, and the Linux side as JSON for whatever applies it."""
    linux = msgspec.json.encode(frr.linux_side(device))
    return {
        "frr.conf": frr.text(frr.render(device)),
        "linux.json": msgspec.json.format(linux, indent=1).decode() + "\n",
    }


RENDERERS: Mapping[str, Renderer] = {"frr": _frr_files}


def render_files(device: DeviceConfiguration) -> dict[str, str]:
    """The device's configuration files by name. KeyError is our bug: an unknown NOS is refused by validation."""
    return RENDERERS[device.nos](device)
