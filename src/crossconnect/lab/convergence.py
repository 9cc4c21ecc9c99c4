"""Waiting until a lab has settled, and saying what is still missing when it does not.

    1. sessions   every switch is asked, over and over, for its BGP summary: all expected families established
    2. hosts      speak once, so that leaves know them
    3. routes     with an expected state: tables equal, switch by switch; without: nothing has changed for a while
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

import msgspec

from crossconnect.errors import Unreachable
from crossconnect.lab.collection import collect_state, device_report
from crossconnect.lab.handle import Lab
from crossconnect.lab.pings import announce_hosts
from crossconnect.nos.frr import collect as frr
from crossconnect.state.difference import Difference, difference
from crossconnect.state.tables import State

POLL_S = 0.1
POLL_MAX_S = 1.0
"""Questions cost the daemons time that they need to converge: ask less often the longer it takes."""

QUIET_S = 0.6
"""Without an expected state: how long no table may change. Longer than the interval of any pacing timer in use."""

SPEAK_AGAIN_S = 5.0
"""How often hosts speak again while routes are missing: a first packet may have come before its leaf was ready."""

COMPARED_TABLES = ("bgp_sessions", "routes", "bgp_routes", "evpn_routes", "vteps", "vnis", "macs")
"""What `wait_converged` compares; interfaces follow at once, LLDP at its own pace."""

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


def wait_converged(
    lab: Lab,
    expected: State | None = None,
    *,
    tables: Collection[str] = COMPARED_TABLES,
    timeout_s: float = 60.0,
    progress: Told | None = None,
) -> Convergence:
    """Wait until the lab has settled: on `expected` in all `tables`, or, without it, on anything stable with every
    session of the blueprint up."""
    began = time.monotonic()
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
        settled, found = _wait_quiet(lab, deadline), ()
    else:
        found = _wait_equal(lab, expected, tables, deadline, progress)
        settled = not found
    return Convergence(
        converged=settled, seconds=time.monotonic() - began, sessions_s=sessions_s, differences=found
    )


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


def _wait_sessions(
    lab: Lab, wanted: dict[str, set[Session]], deadline: float, progress: Told | None
) -> set[Session]:
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


def _wait_quiet(lab: Lab, deadline: float) -> bool:
    """Whether no BGP table of any switch changed for `QUIET_S` before the deadline."""
    last: dict[str, object] = {}
    quiet_since = time.monotonic()
    while time.monotonic() <= deadline:
        now: dict[str, object] = {}
        for device in lab.blueprint.devices:
            try:
                with lab.vty(device.name, "bgpd") as bgpd:
                    now[device.name] = frr.versions(bgpd.ask(frr.SUMMARY))
            except Unreachable:
                now[device.name] = None
        if now != last:
            last, quiet_since = now, time.monotonic()
        elif time.monotonic() - quiet_since >= QUIET_S:
            return True
        time.sleep(POLL_S)
    return False


def _wait_equal(
    lab: Lab, expected: State, tables: Collection[str], deadline: float, progress: Told | None
) -> tuple[Difference, ...]:
    """What differs at the deadline. Switches that are equal are not asked again until all are."""
    pending: Sequence[str] = [device.name for device in lab.blueprint.devices]
    pause = POLL_S
    speak_at = time.monotonic() + SPEAK_AGAIN_S
    while True:
        found = _differences(lab, expected, tables, pending)
        different = {_device(row) for d in found for row in _rows(d)}
        for device in pending:
            if device not in different and progress:
                progress(device, "as expected")
        pending = [device for device in pending if device in different]
        if not pending:
            # What was equal early may have moved since.
            found = _differences(lab, expected, tables, None)
            if not found or time.monotonic() > deadline:
                return found
            pending = sorted({_device(row) for d in found for row in _rows(d)})
        if time.monotonic() > deadline:
            return _differences(lab, expected, tables, None)
        time.sleep(pause)
        pause = min(pause * 1.3, POLL_MAX_S)
        if time.monotonic() > speak_at:
            announce_hosts(lab)
            speak_at = time.monotonic() + SPEAK_AGAIN_S


def _differences(
    lab: Lab, expected: State, tables: Collection[str], devices: Sequence[str] | None
) -> tuple[Difference, ...]:
    chosen = None if devices is None else set(devices)
    actual = collect_state(lab, tables, chosen)
    wanted = expected if chosen is None else _of_devices(expected, tables, chosen)
    return difference(wanted, actual, tables)


def _of_devices(state: State, tables: Collection[str], devices: Collection[str]) -> State:
    parts = {name: tuple(row for row in getattr(state, name) if _device(row) in devices) for name in tables}
    return msgspec.structs.replace(state, **parts)


def _rows(found: Difference) -> list[msgspec.Struct]:
    return [*found.only_a, *found.only_b, *(change.a for change in found.changed)]


def _device(row: msgspec.Struct) -> str:
    return str(getattr(row, "device"))  # noqa: B009 - every table has the column, the base class does not


__all__ = ["COMPARED_TABLES", "Convergence", "device_report", "wait_converged"]
