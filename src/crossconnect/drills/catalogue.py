"""Drills that make sense for a region, and what each event takes away from the network."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.bgp import Neighbor
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.drills.definition import Drill, Event
from crossconnect.errors import BadInput
from crossconnect.simulate.failures import NO_FAILURES, Failures, SessionKey
from crossconnect.simulate.maintenance import drained
from crossconnect.simulate.simulation import simulate
from crossconnect.state.tables import State

CONVERGENCE_MS = 1000
"""Allowed on top of detection: twice what a fabric of twenty routers needed on two busy cores."""
SILENT_FACTOR = 1.5
"""Detection may begin right after a packet was heard and end on a busy CPU."""


def drill_of(blueprint: Blueprint, event: Event, target: str) -> Drill:
    """A drill with the outage that its event may cause in this region. BadInput for a target that does not exist."""
    failures_of(blueprint, event, target)
    return Drill(name=f"{event} {target}", event=event, target=target, outage_max_ms=outage_max_ms(blueprint, event))


def standard_drills(blueprint: Blueprint) -> tuple[Drill, ...]:
    """A spine dies, then a link of the fabric is cut: what the simulation must have foreseen at the very least.

    The link is one of a leaf with servers and does not end at that spine. Empty for a region without spines.
    """
    spine = next((d.name for d in blueprint.devices if d.role == "spine"), "")
    if not spine:
        return ()
    drills = [drill_of(blueprint, "device-failure", spine)]
    busy = {leaf for host in blueprint.hosts for leaf in host.leaves}
    fabric = [w for w in blueprint.wires if w.kind == "fabric" and w.a_device in busy]
    link = next((w.key for w in fabric if w.b_device != spine), "") or next((w.key for w in fabric), "")
    if link:
        drills.append(drill_of(blueprint, "link-cut", link))
    return tuple(drills)


def outage_max_ms(blueprint: Blueprint, event: Event) -> int:
    """The longest silence that a flow which survives may show.

    Where a carrier is lost or a session shut, what remains is convergence. What goes silent must first be noticed: by
    BFD (RFC 5880 6.8.4: interval times multiplier), else by the hold timer.
    """
    if event == "drain":
        return 100  # RFC 8326: make before break; a lost packet or two is reordering at a changing next hop
    if event != "device-silent":
        return CONVERGENCE_MS
    detection = max((_detection_ms(d) for d in blueprint.devices), default=0.0)
    return int(detection * SILENT_FACTOR) + CONVERGENCE_MS


def failures_of(blueprint: Blueprint, event: Event, target: str) -> Failures:
    """What the simulation has to leave out under an event. BadInput for a target that does not exist.

    Nothing after a drain, which only moves traffic. All sessions when bgpd dies: graceful restart would have the
    neighbours keep its routes (RFC 4724 4.2), but FRR does not offer it for EVPN, so that tunnels end with bgpd
    (measured on 8.4: a leaf is cut off until bgpd is back).
    """
    if event == "link-cut":
        if not any(w.key == target for w in blueprint.wires):
            raise BadInput(f"the region has no cable '{target}'")
        return Failures(links=frozenset({target}))
    name, _, peer = target.partition(" ")
    device = next((d for d in blueprint.devices if d.name == name), None)
    if device is None:
        raise BadInput(f"the region has no switch '{name}'")
    if event == "session-shut":
        vrf = next((vrf for vrf, neighbor in _neighbors(device) if neighbor.key == peer), "")
        if not vrf:
            raise BadInput(f"{name} has no BGP session '{peer}'")
        return Failures(sessions=frozenset({SessionKey(name, vrf, peer)}))
    if event == "drain":
        return NO_FAILURES
    if event == "daemon-kill":
        return Failures(sessions=frozenset(SessionKey(name, vrf, n.key) for vrf, n in _neighbors(device)))
    return Failures(devices=frozenset({name}))


def simulated_state(blueprint: Blueprint, drill: Drill, tables: Collection[str]) -> State | None:
    """What the tables are to be while broken.

    None where a switch whose bgpd is dead says nothing, and for a silent device, whose neighbours keep their ports and
    connected routes up: the simulation knows dead devices and dead sessions, but not ports that lie.
    """
    if drill.event in ("daemon-kill", "device-silent"):
        return None
    if drill.event == "drain":
        return simulate(drained(blueprint, {drill.target}), tables=tables)
    return simulate(blueprint, failures_of(blueprint, drill.event, drill.target), tables)


def touched(blueprint: Blueprint, event: Event, target: str) -> frozenset[str]:
    """Devices and wires of which a path must use one so that the event can matter to it."""
    if event == "link-cut":
        return frozenset({target})
    name, _, peer = target.partition(" ")
    if event != "session-shut":
        return frozenset({name})
    device = next(d for d in blueprint.devices if d.name == name)
    port = next((_port(device, n) for _, n in _neighbors(device) if n.key == peer), "")
    port = port.partition(".")[0]
    return frozenset(w.key for w in blueprint.wires if (name, port) in ((w.a_device, w.a_port), (w.b_device, w.b_port)))


def _neighbors(device: DeviceConfiguration) -> Iterator[tuple[str, Neighbor]]:
    for instance in device.network_instances:
        if instance.bgp is not None:
            for neighbor in instance.bgp.neighbors:
                yield instance.name, neighbor


def _port(device: DeviceConfiguration, neighbor: Neighbor) -> str:
    """The interface over which a session runs."""
    if neighbor.interface:
        return neighbor.interface
    return next(
        (i.name for i in device.interfaces if any(a.startswith(f"{neighbor.local_address}/") for a in i.addresses)), ""
    )


def _detection_ms(device: DeviceConfiguration) -> float:
    """How long it takes to notice that a neighbour of this device has gone silent."""
    hold_ms = [1000.0 * n.hold_time_s for _, n in _neighbors(device) if n.kind == "fabric" and not n.bfd]
    if device.bfd is not None:
        hold_ms.append(float(device.bfd.interval_ms * device.bfd.multiplier))
    return max(hold_ms, default=0.0)
