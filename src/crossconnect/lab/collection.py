"""Reading a running lab into a state: every daemon is asked over its own socket, several switches at once."""

from __future__ import annotations

import concurrent.futures
import contextlib
import operator
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.errors import Unreachable
from crossconnect.lab.handle import Lab
from crossconnect.lab.lifecycle import node_processes
from crossconnect.lab.operation import operation
from crossconnect.lab.plan import NodePlan
from crossconnect.lab.rows import (
    DeviceReport,
    Surroundings,
    bgp_route_rows,
    evpn_rows,
    interface_rows,
    lldp_rows,
    mac_rows,
    route_rows,
    session_rows,
    vni_rows,
    vtep_rows,
)
from crossconnect.lab.switch_node import LLDP_SOCKET
from crossconnect.lab.vty import Vty
from crossconnect.nos.frr import collect as frr
from crossconnect.nos.frr import collect_evpn as evpn_of
from crossconnect.nos.reports import EvpnReport, InterfaceReport, PathReport, RibReport, SessionReport
from crossconnect.state.tables import TABLES, DeviceRow, State

Row = TypeVar("Row", bound=msgspec.Struct)
Ask = Callable[[str, str], bytes]

ALL_TABLES = tuple(TABLES)
IP_VERSIONS = (4, 6)

# Which tables need which answers.
_NEEDS: dict[str, frozenset[str]] = {
    "sessions": frozenset({"bgp_sessions"}),
    "rib": frozenset({"routes"}),
    "paths": frozenset({"bgp_routes"}),
    "evpn": frozenset({"evpn_routes", "bgp_routes"}),
    "vnis": frozenset({"vnis", "vteps", "routes"}),
    "macs": frozenset({"macs"}),
    "interfaces": frozenset({"interfaces"}),
    "lldp": frozenset({"lldp"}),
}


class _LldpText(msgspec.Struct, frozen=True):
    value: str = ""
    type: str = ""


class _LldpChassis(msgspec.Struct, frozen=True):
    name: tuple[_LldpText, ...] = ()


class _LldpPort(msgspec.Struct, frozen=True):
    id: tuple[_LldpText, ...] = ()


class _LldpInterface(msgspec.Struct, frozen=True):
    name: str
    chassis: tuple[_LldpChassis, ...] = ()
    port: tuple[_LldpPort, ...] = ()


class _LldpNeighbors(msgspec.Struct, frozen=True):
    interface: tuple[_LldpInterface, ...] = ()


class _LldpAnswer(msgspec.Struct, frozen=True):
    lldp: tuple[_LldpNeighbors, ...] = ()


_LLDP = msgspec.json.Decoder(_LldpAnswer)
"""Made here, once: switches are asked in parallel, and two threads may not be the first to decode a type together."""


@operation
def collect_state(lab: Lab, tables: Collection[str] = ALL_TABLES, devices: Collection[str] | None = None) -> State:
    """The lab's state now. Only `tables`, and of switches only `devices`, where given; the others are empty.

    A switch whose daemons do not answer is down, and has no rows but that. KeyError for an unknown table.
    """
    for name in tables:
        if name not in TABLES:
            raise KeyError(name)
    blueprint = lab.blueprint
    around = Surroundings(blueprint, lab.record.frr)
    wanted = [d.name for d in blueprint.devices if devices is None or d.name in devices]
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1) + 2) as executor:
        answers = executor.map(lambda name: device_report(lab, name, tables), wanted)
        reports = {name: report for name, report in zip(wanted, answers, strict=True) if report is not None}
    rows = device_rows(lab, set(reports), wanted) if "devices" in tables else []
    return state_of(reports, around, rows, tables)


def state_of(
    reports: Mapping[str, DeviceReport],
    around: Surroundings,
    devices: Iterable[DeviceRow],
    tables: Collection[str] = ALL_TABLES,
) -> State:
    """The tables of what all switches reported."""
    return State(
        world="lab",
        devices=_sorted("devices", devices, tables),
        interfaces=_sorted("interfaces", _all(reports, interface_rows, around), tables),
        lldp=_sorted("lldp", _all(reports, lldp_rows, around), tables),
        bgp_sessions=_sorted("bgp_sessions", _all(reports, session_rows, around), tables),
        routes=_sorted("routes", _all(reports, route_rows, around), tables),
        bgp_routes=_sorted("bgp_routes", _all(reports, bgp_route_rows, around), tables),
        evpn_routes=_sorted("evpn_routes", _all(reports, evpn_rows, around), tables),
        vteps=_sorted("vteps", (r for name, report in reports.items() for r in vtep_rows(name, report)), tables),
        vnis=_sorted("vnis", (r for name, report in reports.items() for r in vni_rows(name, report)), tables),
        macs=_sorted("macs", _all(reports, mac_rows, around), tables),
    )


def _all(reports, make, around):  # type: ignore[no-untyped-def]
    for name, report in reports.items():
        yield from make(name, report, around)


def _sorted(name: str, rows: Iterable[Row], tables: Collection[str]) -> tuple[Row, ...]:
    if name not in tables:
        return ()
    return tuple(sorted(rows, key=operator.attrgetter(*TABLES[name].KEY)))  # type: ignore[attr-defined]


def device_report(lab: Lab, device: str, tables: Collection[str] = ALL_TABLES) -> DeviceReport | None:
    """What a switch's daemons say, as far as `tables` need it; None when zebra does not answer: the switch is down."""
    configuration = next(d for d in lab.blueprint.devices if d.name == device)
    with contextlib.ExitStack() as stack:
        connections: dict[str, Vty] = {}

        def ask(daemon: str, command: str) -> bytes:
            if daemon not in connections:
                connections[daemon] = stack.enter_context(lab.vty(device, daemon))
            return connections[daemon].ask(command)

        report = read_device(ask, configuration, tables)
    if report is None or "lldp" not in tables:
        return report
    return msgspec.structs.replace(report, lldp=_lldp(lab, device))


def read_device(ask: Ask, configuration: DeviceConfiguration, tables: Collection[str]) -> DeviceReport | None:
    """Ask FRR for what `tables` need. `ask(daemon, command)` raises Unreachable where a daemon does not answer."""
    chosen = set(tables)
    need = {name for name, for_tables in _NEEDS.items() if chosen & for_tables}
    vrfs = [i.name for i in configuration.network_instances if i.kind != "mac-vrf"]
    speaking = [i.name for i in configuration.network_instances if i.bgp is not None]
    rib: list[RibReport] = []
    interfaces: list[InterfaceReport] = []
    try:
        if "rib" in need:
            rib = [r for vrf in vrfs for v in IP_VERSIONS for r in frr.rib(ask("zebra", frr.rib_command(vrf, v)))]
        if "interfaces" in need:
            interfaces = [i for vrf in vrfs for i in frr.interfaces(ask("zebra", frr.interface_command(vrf)))]
        # Always one question, so that a switch that is down is seen to be.
        vnis = evpn_of.vnis(ask("zebra", evpn_of.VNIS))
        macs = evpn_of.macs(ask("zebra", evpn_of.MACS)) if "macs" in need else ()
    except Unreachable:
        return None
    sessions: tuple[SessionReport, ...] = ()
    paths: list[PathReport] = []
    evpn: tuple[EvpnReport, ...] = ()
    try:
        if "sessions" in need:
            sessions = frr.sessions(ask("bgpd", frr.SESSIONS))
        if "paths" in need:
            commands = [frr.bgp_command(vrf, v) for vrf in speaking for v in IP_VERSIONS]
            paths = [p for command in commands for p in frr.bgp_paths(ask("bgpd", command))]
        if "evpn" in need:
            evpn = evpn_of.evpn_paths(ask("bgpd", evpn_of.EVPN_ROUTES))
    except Unreachable:
        pass  # bgpd is dead, the switch is not: it has interfaces and connected routes, and no sessions
    return DeviceReport(
        sessions=sessions,
        rib=tuple(rib),
        paths=tuple(paths),
        evpn=evpn,
        vnis=vnis,
        macs=macs,
        interfaces=tuple(interfaces),
    )


def device_rows(lab: Lab, answering: Collection[str], switches: Collection[str]) -> list[DeviceRow]:
    """Switches that answer are up; external routers whose daemons run; hosts unless their power was cut."""
    blueprint = lab.blueprint
    rows = [
        DeviceRow(d.name, d.role, d.site, d.pod, d.nos, d.name in answering)
        for d in blueprint.devices
        if d.name in switches
    ]
    processes = node_processes(lab)
    plans = lab.node_plans
    off = powered_off(lab)
    rows += [
        DeviceRow(p.name, "peer", "", "", p.daemon, _runs(plans[p.name], processes.get(p.name, {})))
        for p in blueprint.peers
    ]
    rows += [DeviceRow(h.name, "host", "", "", "", h.name not in off) for h in blueprint.hosts]
    return rows


def powered_off(lab: Lab) -> frozenset[str]:
    """Nodes whose power was cut: each has a mark in its directory."""
    return frozenset(name for name in lab.record.nodes if (lab.node_directory(name) / "off").exists())


def _runs(plan: NodePlan, processes: dict[str, list[int]]) -> bool:
    return all(processes.get(daemon.name) for daemon in plan.daemons)


def _lldp(lab: Lab, device: str) -> tuple[tuple[str, str, str], ...]:
    if not any(d.name == "lldpd" for d in lab.node_plans[device].daemons):
        return ()
    done = lab.run(device, ["lldpcli", "-u", LLDP_SOCKET, "-f", "json0", "show", "neighbors"])
    if done.returncode or not done.stdout.strip():
        return ()
    return lldp_neighbors(done.stdout)


def lldp_neighbors(answer: str) -> tuple[tuple[str, str, str], ...]:
    """(port, neighbour's system name, its port) of `lldpcli -f json0 show neighbors`."""
    return tuple(
        (
            interface.name,
            next((name.value for chassis in interface.chassis for name in chassis.name), ""),
            next((port_id.value for port in interface.port for port_id in port.id), ""),
        )
        for neighbors in _LLDP.decode(answer).lldp
        for interface in neighbors.interface
    )
