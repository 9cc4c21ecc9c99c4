"""Waiting until a lab has settled, and saying what is still missing when it does not.

1. sessions   every switch is asked, over and over, for its BGP summary: all expected families established
2. hosts      speak once, so that leaves know them
3. routes     with an expected state: tables equal, switch by switch; without: nothing has changed for a while
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable

import msgspec

from crossconnect.errors import Unreachable
from crossconnect.lab.collection import collect_state
from crossconnect.lab.handle import Lab
from crossconnect.lab.operation import operation
from crossconnect.lab.pings import announce_hosts
from crossconnect.nos.frr import collect as frr
from crossconnect.state.difference import Difference, difference
from crossconnect.state.tables import TABLES, State

POLL_S = 0.1
POLL_MAX_S = 1.0
"""Questions cost the daemons time that they need to converge: ask less often the longer it takes."""

SETTLE_S = 0.2
"""How long BGP tables must stand still before they are read and compared."""

QUIET_S = 0.6
"""Without an expected state: how long no table may change. Longer than the interval of any pacing timer in use."""

SPEAK_AGAIN_S = 5.0
"""How often hosts speak again while routes are missing: a first packet may have come before its leaf was ready."""

COMPARED_TABLES = tuple(name for name in TABLES if name != "devices")
"""What `wait_converged` compares; LLDP only where lldpd runs."""

Told = Callable[[str, str], None]


class Convergence(msgspec.Struct, frozen=True, kw_only=True):
    """How it went. `differences`: expected rows (a) against the lab's (b), empty when converged."""

    converged: bool
    seconds: float
    sessions_s: float | None
    """When the last session was up; None if one never was."""
    missing_sessions: tuple[tuple[str, str, str, str], ...] = ()
    """(device, VRF, peer, family)"""
    differences: tuple[Difference, ...] = ()


Session = tuple[str, str, str, str]


@operation
def wait_converged(
    lab: Lab,
    expected: State | None = None,
    *,
    tables: Collection[str] | None = None,
    timeout_s: float = 60.0,
    progress: Told | None = None,
) -> Convergence:
    """Wait until the lab has settled: on `expected` in all `tables` (`COMPARED_TABLES`), or, without it, on anything
    stable with every session of the blueprint up."""
    began = time.monotonic()
    if tables is None:
        heard = any(daemon.name == "lldpd" for node in lab.plan.nodes for daemon in node.daemons)
        tables = [name for name in COMPARED_TABLES if heard or name != "lldp"]
    deadline = began + timeout_s
    missing = _wait_sessions(lab, _expected_sessions(lab, expected), deadline, progress)
    sessions_s = None if missing else time.monotonic() - began
    if missing:
        found = _differences(lab, expected, tables, None) if expected else ()
        return Convergence(
            converged=False,
            seconds=time.monotonic() - began,
            sessions_s=None,
            missing_sessions=tuple(sorted(missing)),
            differences=found,
        )
    announce_hosts(lab)
    if expected is None:
        everyone = [device.name for device in lab.blueprint.devices]
        settled, found = _wait_quiet(lab, everyone, QUIET_S, deadline) is not None, ()
    else:
        found = _wait_equal(lab, expected, tables, deadline, progress)
        settled = not found
    return Convergence(converged=settled, seconds=time.monotonic() - began, sessions_s=sessions_s, differences=found)


def _expected_sessions(lab: Lab, expected: State | None) -> dict[str, set[Session]]:
    """By device, those that are to be established."""
    wanted: dict[str, set[Session]] = {}
    if expected is not None:
        for row in expected.bgp_sessions:
            if row.established:
                wanted.setdefault(row.device, set()).add((row.device, row.vrf, row.peer, row.family))
        return wanted
    for device in lab.blueprint.devices:
        for instance in device.network_instances:
            for neighbor in instance.bgp.neighbors if instance.bgp else ():
                for family in neighbor.families:
                    session = (device.name, instance.name, neighbor.key, family.family)
                    wanted.setdefault(device.name, set()).add(session)
    return wanted


def _wait_sessions(lab: Lab, wanted: dict[str, set[Session]], deadline: float, progress: Told | None) -> set[Session]:
    """Those still missing at the deadline."""
    pending = dict(wanted)
    pause = POLL_S
    while pending:
        for device in list(pending):
            pending[device] = pending[device] - _established(lab, device)
            if not pending[device]:
                del pending[device]
                if progress:
                    progress(device, "sessions up")
        if not pending or time.monotonic() > deadline:
            break
        time.sleep(pause)
        pause = min(pause * 1.2, POLL_MAX_S)
    return {session for sessions in pending.values() for session in sessions}


def _established(lab: Lab, device: str) -> set[Session]:
    try:
        with lab.vty(device, "bgpd") as bgpd:
            reports = frr.summary(bgpd.ask(frr.SUMMARY))
    except Unreachable:
        return set()
    return {(device, r.vrf, r.peer, r.family) for r in reports if r.established}


Versions = dict[str, object]
"""By device: versions and sizes of its BGP tables, None when bgpd does not answer. Equal while nothing changes."""


def _versions(lab: Lab, devices: Iterable[str]) -> Versions:
    found: Versions = {}
    for device in devices:
        try:
            with lab.vty(device, "bgpd") as bgpd:
                found[device] = frr.versions(bgpd.ask(frr.SUMMARY))
        except Unreachable:
            found[device] = None
    return found


def _wait_quiet(lab: Lab, devices: Collection[str], quiet_s: float, deadline: float) -> Versions | None:
    """The versions of all BGP tables once none has changed for a while; None when the deadline came first."""
    asked = time.monotonic()
    last = _versions(lab, devices)
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < quiet_s:
        if time.monotonic() > deadline:
            return None
        # At most half of the time is spent on asking: a hundred daemons have better things to do.
        time.sleep(max(POLL_S, time.monotonic() - asked))
        asked = time.monotonic()
        now = _versions(lab, devices)
        if now != last:
            last, quiet_since = now, time.monotonic()
    return last


def _wait_equal(
    lab: Lab, expected: State, tables: Collection[str], deadline: float, progress: Told | None
) -> tuple[Difference, ...]:
    """What differs at the deadline. Whole tables are dear: they are read when the cheap versions have stood still, and
    of switches that were equal only again when their versions have moved since."""
    everyone = [device.name for device in lab.blueprint.devices]
    pending: Collection[str] = everyone
    seen: Versions = {}
    pause = POLL_S
    speak_at = time.monotonic() + SPEAK_AGAIN_S
    while True:
        versions = _wait_quiet(lab, everyone, SETTLE_S, deadline) or _versions(lab, everyone)
        moved = {device for device in everyone if device not in pending and versions[device] != seen[device]}
        asked = moved.union(pending)
        found = _differences(lab, expected, tables, asked)
        different = {_device(row) for d in found for row in _rows(d)}
        seen.update((device, versions[device]) for device in asked)
        if progress:
            for device in sorted(asked - different):
                progress(device, "as expected")
        if not different and _versions(lab, everyone) == seen:
            return ()
        if time.monotonic() > deadline:
            return _differences(lab, expected, tables, None)
        pending = different
        time.sleep(pause)
        pause = min(pause * 1.5, POLL_MAX_S)
        if time.monotonic() > speak_at:
            announce_hosts(lab)
            speak_at = time.monotonic() + SPEAK_AGAIN_S


def _differences(
    lab: Lab, expected: State, tables: Collection[str], devices: Collection[str] | None
) -> tuple[Difference, ...]:
    actual = collect_state(lab, tables, devices)
    wanted = expected if devices is None else _of_devices(expected, tables, devices)
    return difference(wanted, actual, tables)


def _of_devices(state: State, tables: Collection[str], devices: Collection[str]) -> State:
    parts = {name: tuple(row for row in getattr(state, name) if _device(row) in devices) for name in tables}
    return msgspec.structs.replace(state, **parts)


def _rows(found: Difference) -> list[msgspec.Struct]:
    return [*found.only_a, *found.only_b, *(change.a for change in found.changed)]


def _device(row: msgspec.Struct) -> str:
    return str(getattr(row, "device"))  # noqa: B009 - every table has the column, the base class does not
