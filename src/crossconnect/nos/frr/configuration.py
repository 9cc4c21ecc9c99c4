"""A device as the files of its configuration."""

from __future__ import annotations

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.frr.linux_side import linux_side
from crossconnect.nos.frr.render import render
from crossconnect.nos.frr.text import text


def further_files(device: DeviceConfiguration) -> dict[str, str]:
    """Files beside `frr.conf` by name: `linux.json` (the Linux side as data), and the services' files.

    Those are named by their path with `_` for `/` (`etc_frr_daemons`): a directory each would cost more than
    everything else where a thousand devices are written. Secrets are references.
    """
    linux = linux_side(device)
    data = msgspec.json.encode(msgspec.structs.replace(linux, files=()))
    files = {"linux.json": msgspec.json.format(data).decode() + "\n"}
    files.update((path.lstrip("/").replace("/", "_"), content) for path, content in linux.files)
    return files


def configuration_files(device: DeviceConfiguration) -> dict[str, str]:
    """All files by name, `frr.conf` first; without extra configuration."""
    return {"frr.conf": text(render(device)), **further_files(device)}
