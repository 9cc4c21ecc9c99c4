"""Breaking chassis, gracefully and not.

kill, start            one daemon of a chassis, and back
stop                   ovn-controller says good-bye: its gateways move, its ports are released
drain, undrain         its gateway priorities go to 0 in the northbound database, and back
power_off, power_on    all processes die and all ports go dark at once
cut, mend              one cable: carrier goes
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from crossconnect.errors import BadInput, Rejected, Unreachable
from crossconnect.intent.gateway_nodes import router_name
from crossconnect.lab.failure import Failure, Injection, apply_failure, heal
from crossconnect.lab.handle import Lab
from crossconnect.lab.ovn import processes
from crossconnect.lab.ovn.central import Central
from crossconnect.lab.ovn.chassis import PROCESSES, ChassisPlan
from crossconnect.lab.ovn.gateway_node import start_agent, wait_established
from crossconnect.lab.plan import End

STOP_S = 60.0

GATEWAY_TABLES = ("Gateway_Chassis", "HA_Chassis")
"""Northbound tables in which a chassis has a priority (ovn-nb(5))."""


class Drained(msgspec.Struct, frozen=True, kw_only=True):
    """A priority that was taken from a chassis."""

    table: str
    row: str
    priority: int


def kill(lab: Lab, chassis: ChassisPlan, *names: str) -> None:
    """Kill daemons (SIGKILL): out of `chassis.PROCESSES`."""
    processes.kill(lab, chassis.name, *_known(names))


def start(lab: Lab, chassis: ChassisPlan, *names: str) -> None:
    """Start daemons that do not run."""
    for name in _known(names):
        processes.start(lab, chassis.software, chassis.name, name)


def stop(lab: Lab, chassis: ChassisPlan, restart: bool = False) -> None:
    """Let ovn-controller end in order; with `restart` it leaves its chassis in the southbound database, as for an
    upgrade. Raises Unreachable when it does not end."""
    processes.appctl(lab, chassis.software, chassis.name, "ovn-controller", "exit", *(["--restart"] if restart else []))
    deadline = time.monotonic() + STOP_S
    while processes.running(lab, chassis.name, "ovn-controller"):
        if time.monotonic() > deadline:
            raise Unreachable(f"ovn-controller of {chassis.name} does not end")
        time.sleep(0.05)


def drain(central: Central, chassis: str) -> tuple[Drained, ...]:
    """Move gateways away from a chassis while it works; what was changed is returned, for `undrain`."""
    changed: list[Drained] = []
    for table in GATEWAY_TABLES:
        text = central.nbctl(
            "--format=csv", "--no-headings", "--columns=_uuid,priority", "find", table, f"chassis_name={chassis}"
        )
        for line in text.splitlines():
            row, _, priority = line.partition(",")
            changed.append(Drained(table=table, row=row, priority=int(priority)))
    _set_priorities(central, [(each.table, each.row, 0) for each in changed])
    return tuple(changed)


def undrain(central: Central, drained: Sequence[Drained]) -> None:
    """Give the priorities back."""
    _set_priorities(central, [(each.table, each.row, each.priority) for each in drained])


def power_off(lab: Lab, chassis: str) -> Injection:
    """All its processes die, machines' included, and its ports go dark; with it the routing half of a gateway node."""
    for node in _nodes(lab, chassis)[1:]:
        apply_failure(lab, Failure(kind="device-failure", target=node))
    return apply_failure(lab, Failure(kind="device-failure", target=chassis))


def power_on(lab: Lab, chassis: str) -> Injection:
    """It boots; machines' interfaces are there again, what ran in them is not.

    A gateway node's chassis starts when its router has its sessions again, as far as they come up at all: OVN gives the
    gateways back to it at once, and would give them to a node that no leaf knows a way to.
    """
    for node in _nodes(lab, chassis)[1:]:
        heal(lab, Failure(kind="device-failure", target=node))
        start_agent(lab, node)
        sessions = next(len(peer.sessions) for peer in lab.blueprint.peers if peer.name == node)
        wait_established(lab, node, sessions)
    return heal(lab, Failure(kind="device-failure", target=chassis))


def _nodes(lab: Lab, chassis: str) -> list[str]:
    router = router_name(chassis)
    return [chassis, router] if router in lab.node_plans else [chassis]


def cut(lab: Lab, chassis: str, interface: str) -> None:
    """Take a cable's carrier away: `phy` of a flat underlay, `oob`, a provider network's, a server's `eth0`."""
    _set_other_ends(lab, chassis, interface, "down")


def mend(lab: Lab, chassis: str, interface: str) -> None:
    """Undo `cut`."""
    _set_other_ends(lab, chassis, interface, "up")


def _set_other_ends(lab: Lab, chassis: str, interface: str, state: str) -> None:
    ends = [
        other
        for link in lab.plan.links
        for mine, other in ((link.a, link.b), (link.b, link.a))
        if mine.node == chassis and mine.interface == interface
    ]
    if not ends:
        raise BadInput(f"{chassis} has no port {interface!r}")
    for end in ends:
        _set(lab, end, state)


def _set(lab: Lab, end: End, state: str) -> None:
    done = lab.run(end.node, ["ip", "link", "set", end.interface, state], namespace=end.namespace)
    if done.returncode:
        raise Rejected(f"{end.node}: {end.interface} could not be set {state}: {done.stderr.strip()}")


def _set_priorities(central: Central, rows: Sequence[tuple[str, str, int]]) -> None:
    words = [word for table, row, priority in rows for word in ("--", "set", table, row, f"priority={priority}")]
    if words:
        central.nbctl(*words)


def _known(names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if name not in PROCESSES:
            raise BadInput(f"a chassis has no process {name!r}: {', '.join(PROCESSES)}")
    return tuple(names)
