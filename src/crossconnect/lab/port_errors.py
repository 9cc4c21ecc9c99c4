"""Error counters of a switch's ports, as its kernel counts them."""

from __future__ import annotations

import json

from crossconnect.errors import Rejected
from crossconnect.lab.handle import Lab
from crossconnect.lab.operation import operation

_COUNTERS = ("errors", "crc_errors", "frame_errors", "fifo_errors", "carrier_errors", "missed_errors")
_SCRIPT = 'ip -s -j link; for name in $(ls /run/netns); do ip -n "$name" -s -j link; done'


@operation
def port_errors(lab: Lab, device: str) -> dict[str, int]:
    """By port of a switch: errors of both directions since it exists. Dropped packets are none: queues drop, and so do
    tunnels to nobody."""
    ports = {
        interface.name
        for configuration in lab.blueprint.devices
        if configuration.name == device
        for interface in configuration.interfaces
        if interface.kind in ("ethernet", "subinterface")
    }
    done = lab.run(device, ["sh", "-c", _SCRIPT], timeout_s=30)
    if done.returncode:
        raise Rejected(f"{device} does not tell its error counters: {done.stderr.strip()[-300:]}")
    found: dict[str, int] = {}
    decoder, text, at = json.JSONDecoder(), done.stdout, 0
    while (at := text.find("[", at)) >= 0:
        links, at = decoder.raw_decode(text, at)
        for link in links:
            if link.get("ifname") in ports:
                sides = (link.get("stats64") or link.get("stats") or {}).values()
                found[link["ifname"]] = sum(side.get(name, 0) for side in sides for name in _COUNTERS)
    return found
