"""Pings that a device sends and errors that its ports count: questions of a gate that fill no table.

    Echo, Echo ... --> one question --> EchoReport for each, by its place          the ports --> ErrorsReport for each

A system that can be asked names the question in its record (`NetworkOs.echoes`, `NetworkOs.errors`). Those here are of
systems that are a Linux with iputils and iproute2: ping(8), ip-link(8). Where a system takes commands alone, each ping
is a question of its own, one after the other, and they are few: `asked_one_by_one`.

Sources of the commands: EOS User Manual, "ping", asked as text as napalm's EOS driver asks it, and ANTA's
`VerifyReachability`, which asks for IPv6 by the same words and shows the answers of both; Nexus 9000 command reference,
"ping" and "ping6", the answers in the tests of Ansible's `nxos_ping`, and napalm #718, where there is no route. No such
device has been met. All end with what ping(8) of some Unix says, which is all that is read. Junos: `junos.ping`.
"""

from __future__ import annotations

import functools
import json
import re
import shlex
from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal, cast

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
ONE_BY_ONE_MAX = 4
"""Pings of one device in one look where each is a command of its own: a lost packet takes a second or two, and a look
is to be over in a few."""
ONE_BY_ONE_COUNT = 2
"""Packets of each, a second apart on systems that do not let anybody say otherwise."""
_SUMMARY = re.compile(r"(\d+) packets transmitted, (\d+) (?:packets )?received")
_TIMES = re.compile(r"= [\d.]+/([\d.]+)/")


def linux_echoes(echoes: Sequence[Echo]) -> tuple[Query, ...]:
    """All of them at once; a VRF is a device of the kernel, or a network namespace of its own."""
    sent = "\n".join(f"{{ {_echo(place, echo)}; }} &" for place, echo in enumerate(echoes))
    return (Query(how="shell", ask=f"{sent}\nwait", parse=functools.partial(read_echoes, len(echoes))),)


def _echo(place: int, echo: Echo) -> str:
    vrf, source, destination = map(shlex.quote, (echo.vrf, echo.source, echo.destination))
    ping = f"ping -n -q -c {COUNT} -i {_INTERVAL_S} -W {_WAIT_S}"
    default = f"said=$({ping} -I {source} {destination} 2>&1)"
    inside = f"said=$(nsenter --net=/run/netns/{vrf} {ping} -I {source} {destination} 2>&1)"
    device = f"said=$({ping} -I {vrf} -I {source} {destination} 2>&1)"
    how = default if echo.vrf == "default" else f"if [ -e /run/netns/{vrf} ]; then {inside}; else {device}; fi"
    return f"{how}; echo {place}: $said"


def read_echo(place: int, answer: bytes) -> tuple[EchoReport, ...]:
    """What one command says. One that could not be sent has no answer either. ValueError where it says nothing."""
    said = answer.decode(errors="replace")
    if not said.strip():
        raise ValueError("a ping says nothing")
    return (_report(place, said, ONE_BY_ONE_COUNT),)


def _report(place: int, said: str, count: int) -> EchoReport:
    counted, times = _SUMMARY.search(said), _TIMES.search(said)
    sent, answered = (int(counted[1]), int(counted[2])) if counted else (count, 0)
    return EchoReport(
        place=place,
        sent=sent,
        answered=min(sent, answered),
        round_trip_ms=float(times[1]) if times else None,
    )


def read_echoes(number: int, answer: bytes) -> tuple[EchoReport, ...]:
    """A line for each, in whatever order they ended. One that could not be sent has no answer either. ValueError where
    they are not all told of."""
    found: dict[int, EchoReport] = {}
    for line in answer.decode(errors="replace").splitlines():
        place, _, said = line.partition(": ")
        if place.isdigit():  # else it is what a log-in shell says
            found[int(place)] = _report(int(place), said, COUNT)
    if sorted(found) != list(range(number)):
        raise ValueError(f"{number} pings were wanted, {len(found)} are told of")
    return tuple(found[place] for place in range(number))


def asked_one_by_one(
    command: Callable[[Echo], str],
    echoes: Sequence[Echo],
    how: Literal["cli", "gnoi"] = "cli",
    read: Callable[[int, bytes], tuple[EchoReport, ...]] = read_echo,
) -> tuple[Query, ...]:
    """Each as a command, whose answer `read` takes together with the echo's place."""
    return tuple(
        Query(how=how, ask=command(echo), parse=functools.partial(read, place)) for place, echo in enumerate(echoes)
    )


def errors_of_all(
    how: Literal["cli", "gnmi"], ask: str, parse: Callable[[bytes], tuple[ErrorsReport, ...]]
) -> Callable[[DeviceConfiguration], Query]:
    """For systems that tell the errors of all their ports in one answer, whatever the device has."""
    query = Query(how=how, ask=ask, parse=parse)
    return lambda _: query


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
