"""Pings that a device sends and errors that its ports count: questions of a gate that fill no table.

    Echo, Echo ... --> one question --> EchoReport for each, by its place          the ports --> ErrorsReport for each

A system that can be asked names the question in its record (`NetworkOs.echoes`, `NetworkOs.errors`). Those here are of
systems that are a Linux with iputils and iproute2: ping(8), ip-link(8).
"""

from __future__ import annotations

import functools
import json
import re
import shlex
from collections.abc import Collection, Sequence
from typing import Any, cast

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.network_os import Echo, Query
from crossconnect.nos.reports import EchoReport, ErrorsReport

COUNT = 3
"""Packets of one echo in one look. One may be lost: that is what objectives are about."""
_INTERVAL_S = 0.2
"""The least that ping(8) takes from anybody but root."""
_WAIT_S = 1
ERROR_COUNTERS = ("errors", "crc_errors", "frame_errors", "fifo_errors", "carrier_errors", "missed_errors")
"""Of `ip -s -j link`, each direction. Dropped packets are none: queues drop, and so do tunnels to nobody."""
LINKS = 'ip -s -j link; for name in $(ls /run/netns 2> /dev/null); do ip -n "$name" -s -j link; done'
_SUMMARY = re.compile(r"(\d+) packets transmitted, (\d+) (?:packets )?received")
_TIMES = re.compile(r"= [\d.]+/([\d.]+)/")


def linux_echoes(echoes: Sequence[Echo]) -> Query:
    """All of them at once; a VRF is a device of the kernel, or a network namespace of its own."""
    sent = "\n".join(f"{{ {_echo(place, echo)}; }} &" for place, echo in enumerate(echoes))
    return Query(how="shell", ask=f"{sent}\nwait", parse=functools.partial(read_echoes, len(echoes)))


def _echo(place: int, echo: Echo) -> str:
    vrf, source, destination = map(shlex.quote, (echo.vrf, echo.source, echo.destination))
    ping = f"ping -n -q -c {COUNT} -i {_INTERVAL_S} -W {_WAIT_S}"
    default = f"said=$({ping} -I {source} {destination} 2>&1)"
    inside = f"said=$(nsenter --net=/run/netns/{vrf} {ping} -I {source} {destination} 2>&1)"
    device = f"said=$({ping} -I {vrf} -I {source} {destination} 2>&1)"
    how = default if echo.vrf == "default" else f"if [ -e /run/netns/{vrf} ]; then {inside}; else {device}; fi"
    return f"{how}; echo {place}: $said"


def read_echoes(number: int, answer: bytes) -> tuple[EchoReport, ...]:
    """A line for each, in whatever order they ended. One that could not be sent has no answer either. ValueError where
    they are not all told of."""
    found: dict[int, EchoReport] = {}
    for line in answer.decode(errors="replace").splitlines():
        place, _, said = line.partition(": ")
        counted = _SUMMARY.search(said)
        if not place.isdigit():
            continue  # what a log-in shell says
        sent, answered = (int(counted[1]), int(counted[2])) if counted else (COUNT, 0)
        times = _TIMES.search(said)
        found[int(place)] = EchoReport(
            place=int(place),
            sent=sent,
            answered=min(sent, answered),
            round_trip_ms=float(times[1]) if times else None,
        )
    if sorted(found) != list(range(number)):
        raise ValueError(f"{number} pings were wanted, {len(found)} are told of")
    return tuple(found[place] for place in range(number))


def ports_of(device: DeviceConfiguration) -> frozenset[str]:
    """Ports whose errors are of interest, as the design names them."""
    return frozenset(i.name for i in device.interfaces if i.kind in ("ethernet", "subinterface"))


def linux_errors(device: DeviceConfiguration) -> Query:
    """Of the ports of a device, in whatever network namespace they are."""
    return Query(how="shell", ask=LINKS, parse=functools.partial(read_links, ports_of(device)))


def read_links(ports: Collection[str], answer: bytes) -> tuple[ErrorsReport, ...]:
    """What `LINKS` says of some ports. ValueError (that of JSON is one)."""
    found: dict[str, int] = {}
    decoder, text, at = json.JSONDecoder(), answer.decode(errors="replace"), 0
    while (at := text.find("[", at)) >= 0:
        links, at = decoder.raw_decode(text, at)
        for link in cast("list[dict[str, Any]]", links):
            if link.get("ifname") in ports:
                sides: dict[str, dict[str, int]] = link.get("stats64") or link.get("stats") or {}
                found[link["ifname"]] = sum(side.get(name, 0) for side in sides.values() for name in ERROR_COUNTERS)
    return tuple(ErrorsReport(interface=name, errors=errors) for name, errors in sorted(found.items()))
