"""What gates on devices do not look at, since a system's collectors do not tell it. A plan says it, and each gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from crossconnect.checks.grouping import count_text
from crossconnect.design.blueprint import Blueprint
from crossconnect.nos.registry import system
from crossconnect.nos.reports import TOLD
from crossconnect.rollout.probes import Probe


def unseen(network: Blueprint, changed: Collection[str], probes: Iterable[Probe]) -> tuple[str, ...]:
    """In words, by system. `changed` are the devices of the plan, `probes` those that devices would send."""
    systems = {device.name: device.nos for device in network.devices}
    asking = {probe.source for probe in probes}
    said = [
        *_of_tables(systems.values()),
        *_told("sends no probes", (nos for name, nos in systems.items() if name in asking and not _pings(nos))),
        *_told(
            "error counters are not read",
            (nos for name, nos in systems.items() if name in changed and system(nos).errors is None),
        ),
    ]
    return tuple(said)


def _pings(nos: str) -> bool:
    return system(nos).echoes is not None


def _told(what: str, systems: Iterable[str]) -> list[str]:
    counted = Counter(systems)
    return [f"{nos}: {what} ({count_text(number, 'device')})" for nos, number in sorted(counted.items())]


def _of_tables(systems: Iterable[str]) -> Iterator[str]:
    for nos, number in sorted(Counter(systems).items()):
        known, of = system(nos), count_text(number, "device")
        if not known.tables:
            yield f"{nos}: it is not known which tables it tells, and only what it tells is judged ({of})"
            continue
        if missing := sorted(TOLD - known.tables):
            yield f"{nos}: not looked at: {', '.join(missing)} ({of})"
        if not known.exact:
            yield f"{nos}: attributes of routes, addresses and MTUs are not compared, only what is there ({of})"
