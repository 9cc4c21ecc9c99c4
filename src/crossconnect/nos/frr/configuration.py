"""All files of a device, as they are reviewed and compared."""

from __future__ import annotations

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.frr.facts import Version
from crossconnect.nos.frr.linux_side import linux_side
from crossconnect.nos.frr.render import render
from crossconnect.nos.frr.text import text


def configuration_files(device: DeviceConfiguration, version: Version = "8.4") -> dict[str, str]:
    """Files by name: `frr.conf`, `linux.json` (the Linux side as data), and the services' files.

    Those are named by their path with `_` for `/` (`etc_frr_daemons`): a directory each would cost more than
    everything else where a thousand devices are written. Secrets are references.
    """
    linux = linux_side(device)
    data = msgspec.json.encode(msgspec.structs.replace(linux, files=()))
    files = {"frr.conf": text(render(device, version)), "linux.json": msgspec.json.format(data).decode() + "\n"}
    files.update((path.lstrip("/").replace("/", "_"), content) for path, content in linux.files)
    return files
