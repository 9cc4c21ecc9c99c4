"""What devices answered, as tables that the checks can be run over. Pure.

    answers of FRR     --> rows as in labs, field by field
    answers of others  --> simulated rows that the device has said, in what all systems word alike, and what it has more
    what is not asked  --> simulated rows: the checks find nothing there, and who uses this says so (`rollout.unseen`)

So that nothing is judged that nobody has looked at, and what is told by one device is judged beside what others tell.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.evaluate.answers import Read, words_of
from crossconnect.evaluate.test_plan import (
    interface_word,
    lldp_word,
    mac_word,
    route_word,
    session_word,
    unnumbered_word,
    vtep_word,
)
from crossconnect.lab.rows import (
    DeviceReport,
    Surroundings,
    bgp_route_rows,
    evpn_rows,
    interface_rows,
    mac_rows,
    route_rows,
    session_rows,
    vni_rows,
    vtep_rows,
)
from crossconnect.net import canonical_prefix
from crossconnect.nos.frr.paths import route_targets
from crossconnect.nos.registry import system
from crossconnect.nos.reports import (
    TOLD,
    EvpnReport,
    InterfaceReport,
    LldpReport,
    MacReport,
    PathReport,
    Report,
    RibReport,
    SessionReport,
    SummaryReport,
    VniReport,
)
from crossconnect.state.tables import TABLES, BgpRouteRow, MacRow, RouteRow, State, VniRow, VtepRow

JUDGED_EVPN_TYPES = frozenset({2, 3, 5})
"""MAC and IP, flooding, prefix. Of the other two systems show too different things."""

Rows = Mapping[str, tuple[Any, ...]]
"""By table."""


_TABLE_OF: Mapping[type, str] = {
    SessionReport: "bgp_sessions",
    SummaryReport: "bgp_sessions",
    RibReport: "routes",
    PathReport: "bgp_routes",
    EvpnReport: "evpn_routes",
    MacReport: "macs",
    InterfaceReport: "interfaces",
    LldpReport: "lldp",
}


def _tables_told(device: DeviceConfiguration, read: Read) -> frozenset[str]:
    """Tables that a device has told. Where an answer is missing or was not read, those of which it told anything."""
    known = system(device.nos).tables
    if known and read.whole:
        return known
    told = {_TABLE_OF.get(type(report), "") for report in read.reports}
    vnis = [report for report in read.reports if isinstance(report, VniReport)]
    told |= ({"vnis"} if vnis else set()) | ({"vteps"} if any(report.remote_vteps for report in vnis) else set())
    return frozenset(told & TOLD)


def live_state(simulated: State, blueprint: Blueprint, told: Mapping[str, Read]) -> State:
    """The network as devices tell it (`told`, by device), over the simulation of the same network."""
    around = Surroundings(blueprint)
    configured = {device.name: device for device in blueprint.devices}
    expected = {name: _by_device(getattr(simulated, name)) for name in TABLES if name != "devices"}
    rows: dict[str, list[Any]] = {name: [] for name in expected}
    for name in {device for table in expected.values() for device in table} | set(told):
        wanted = {table: tuple(of.get(name, ())) for table, of in expected.items()}
        has: Rows = wanted
        if name in told:
            tables = _tables_told(configured[name], told[name])
            make = _exact if system(configured[name].nos).exact else _alike
            made = make(configured[name], wanted, told[name].reports, around)
            has = {table: made.get(table, of) if table in tables else of for table, of in wanted.items()}
        for table, of in has.items():
            rows[table] += of
    tables = {
        name: tuple(sorted(of, key=operator.attrgetter(*TABLES[name].KEY)))  # type: ignore[attr-defined]
        for name, of in rows.items()
    }
    return State(world="live", devices=simulated.devices, **tables)


def _by_device(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.device, []).append(row)
    return found


def _exact(device: DeviceConfiguration, _wanted: Rows, reports: tuple[Report, ...], around: Surroundings) -> Rows:
    """Rows as of a lab's switch."""
    report = DeviceReport(
        sessions=tuple(r for r in reports if isinstance(r, SessionReport)),
        rib=tuple(r for r in reports if isinstance(r, RibReport)),
        paths=tuple(r for r in reports if isinstance(r, PathReport)),
        evpn=tuple(r for r in reports if isinstance(r, EvpnReport)),
        vnis=tuple(r for r in reports if isinstance(r, VniReport)),
        macs=tuple(r for r in reports if isinstance(r, MacReport)),
        interfaces=tuple(r for r in reports if isinstance(r, InterfaceReport)),
    )
    name = device.name
    return {
        "bgp_sessions": tuple(session_rows(name, report, around)),
        "routes": tuple(route_rows(name, report, around)),
        "bgp_routes": tuple(bgp_route_rows(name, report, around)),
        "evpn_routes": tuple(evpn_rows(name, report, around)),
        "vteps": tuple(vtep_rows(name, report)),
        "vnis": tuple(vni_rows(name, report)),
        "macs": tuple(mac_rows(name, report, around)),
        "interfaces": tuple(interface_rows(name, report, around)),
    }


def _alike(device: DeviceConfiguration, wanted: Rows, reports: tuple[Report, ...], around: Surroundings) -> Rows:
    """The simulated rows that the device has said as well, and those that it has beside them."""
    said = words_of(reports, device)
    return {
        "bgp_sessions": tuple(_sessions(wanted["bgp_sessions"], said)),
        "routes": tuple(_routes(device.name, wanted["routes"], said, reports)),
        "bgp_routes": tuple(_paths(device.name, wanted["bgp_routes"], reports)),
        "evpn_routes": tuple(_evpn(wanted["evpn_routes"], reports)),
        "vteps": tuple(_vteps(device.name, wanted["vteps"], said, reports)),
        "vnis": tuple(_vnis(device.name, wanted["vnis"], reports)),
        "macs": tuple(_macs(device, wanted["macs"], said, reports, around)),
        "interfaces": tuple(
            msgspec.structs.replace(row, up=row.up and interface_word(row.interface) in said)
            for row in wanted["interfaces"]
        ),
        "lldp": tuple(_heard(wanted["lldp"], said, reports)),
    }


def _sessions(wanted: Iterable[Any], said: set[str]) -> Iterator[Any]:
    """Of unnumbered ones only their number is known, so that they are down when all of a kind are: which of several is
    missing, the words say that are compared beside."""
    none_up = {
        (row.vrf, row.remote_asn, row.family)
        for row in wanted
        if _unnumbered(row.peer) and not any(word.startswith(_kind_word(row)) for word in said)
    }
    for row in wanted:
        if _unnumbered(row.peer):
            up = (row.vrf, row.remote_asn, row.family) not in none_up
        else:
            up = session_word(row.vrf, row.peer, row.family) in said
        yield msgspec.structs.replace(row, established=row.established and up)


def _unnumbered(peer: str) -> bool:
    return ":" not in peer and "." not in peer


def _kind_word(row: Any) -> str:
    return unnumbered_word(row.vrf, row.remote_asn, row.family, 0).removesuffix("0")


def _routes(device: str, wanted: Iterable[Any], said: set[str], reports: Iterable[Report]) -> Iterator[RouteRow]:
    """Connected and static routes stand as simulated: systems show their own addresses in different ways."""
    real = {(r.vrf, canonical_prefix(r.prefix)): r for r in reports if isinstance(r, RibReport) and r.protocol == "bgp"}
    known: set[tuple[str, str]] = set()
    for row in wanted:
        known.add((row.vrf, row.prefix))
        if row.protocol != "bgp" or route_word(row.vrf, row.prefix, len(row.next_hops)) in said:
            yield row
        elif (report := real.get((row.vrf, row.prefix))) is not None:
            yield _route(device, report)
    for key, report in real.items():
        if key not in known:
            yield _route(device, report)


def _route(device: str, report: RibReport) -> RouteRow:
    hops = tuple(sorted({f"{hop.address}%{hop.interface}" for hop in report.next_hops}))
    return RouteRow(device, report.vrf, canonical_prefix(report.prefix), report.protocol, hops)


def _paths(device: str, wanted: Iterable[Any], reports: Iterable[Report]) -> Iterator[BgpRouteRow]:
    real = {(r.vrf, canonical_prefix(r.prefix)): r for r in reports if isinstance(r, PathReport) and r.best}
    known = {(row.vrf, row.prefix) for row in wanted}
    yield from (row for row in wanted if (row.vrf, row.prefix) in real)
    for (vrf, prefix), path in real.items():
        if (vrf, prefix) not in known:
            yield BgpRouteRow(
                device=device,
                vrf=vrf,
                prefix=prefix,
                peer=f"vrf:{path.leaked_from}" if path.leaked_from else path.peer or "local",
                next_hop=path.next_hop,
                as_path=path.as_path,
                local_pref=path.local_pref,
                med=path.med,
                communities=path.communities,
                best=True,
                multipath=False,
            )


def _evpn(wanted: Iterable[Any], reports: Iterable[Report]) -> Iterator[Any]:
    """Of types that are not judged the rows stand as simulated."""
    real = set(evpn_words(reports))
    for row in wanted:
        if row.route_type not in JUDGED_EVPN_TYPES or evpn_word(row) in real:
            yield row


def _vteps(device: str, wanted: Iterable[Any], said: set[str], reports: Iterable[Report]) -> Iterator[VtepRow]:
    known = {(row.vni, row.remote) for row in wanted}
    yield from (row for row in wanted if vtep_word(row.vni, row.remote) in said)
    told = (r for r in reports if isinstance(r, VniReport) and r.kind == "l2")
    real = {(report.vni, remote) for report in told for remote in report.remote_vteps}
    yield from (VtepRow(device, vni, remote) for vni, remote in sorted(real - known))


def _vnis(device: str, wanted: Iterable[Any], reports: Iterable[Report]) -> Iterator[VniRow]:
    """A bridge domain's VRF is what the design says: not every system tells it."""
    real = {report.vni: report for report in reports if isinstance(report, VniReport)}
    known = {row.vni for row in wanted}
    for row in wanted:
        if (report := real.get(row.vni)) is not None and report.kind == row.kind:
            other = report.vrf if report.kind == "l3" and report.vrf else row.vrf
            yield msgspec.structs.replace(row, vrf=other)
    for vni, report in sorted(real.items()):
        if vni not in known:
            yield VniRow(device, vni, report.kind, report.vrf)


def _macs(
    device: DeviceConfiguration, wanted: Iterable[Any], said: set[str], reports: Iterable[Report], around: Surroundings
) -> Iterator[MacRow]:
    known = {(row.vni, row.mac) for row in wanted}
    real = {(r.vni, r.mac): r for r in reports if isinstance(r, MacReport) and r.mac in around.host_macs}
    for row in wanted:
        if mac_word(row.vni, row.mac, row.kind == "local") in said:
            yield row
        elif (report := real.get((row.vni, row.mac))) is not None:
            yield _mac(device.name, report)
    yield from (_mac(device.name, report) for key, report in sorted(real.items()) if key not in known)


def _mac(device: str, report: MacReport) -> MacRow:
    where = f"esi:{report.esi}" if report.esi else report.interface if report.local else report.vtep
    return MacRow(device, report.vni, report.mac, "local" if report.local else "remote", where)


def _heard(wanted: Iterable[Any], said: set[str], reports: Iterable[Report]) -> Iterator[Any]:
    """Who hears somebody else than the designed neighbour says so."""
    other = {report.interface: report for report in reports if isinstance(report, LldpReport)}
    for row in wanted:
        if lldp_word(row.port, row.neighbor) in said:
            yield row
        elif (report := other.get(row.port)) is not None:
            yield msgspec.structs.replace(row, neighbor=report.device, neighbor_port=report.port)


# EVPN routes, in words


def evpn_expected(simulated: State, device: DeviceConfiguration) -> frozenset[str]:
    """EVPN routes that a device is to know, of the types that are judged. VTEPs of other systems than FRR keep only
    what they import, so only that is expected of them."""
    imported = {target for i in device.network_instances for target in i.import_rts}
    exact = system(device.nos).exact
    every = exact or not device.vtep
    return frozenset(
        evpn_word(row, exact)
        for row in simulated.evpn_routes
        if row.device == device.name
        and row.route_type in JUDGED_EVPN_TYPES
        and (every or row.local or not imported.isdisjoint(row.route_targets))
    )


def evpn_found(device: DeviceConfiguration, reports: Iterable[Report], around: Surroundings) -> frozenset[str]:
    """EVPN routes that a device knows: best ones of the types that are judged, of servers' MACs only."""
    report = DeviceReport(evpn=tuple(r for r in reports if isinstance(r, EvpnReport)))
    rows = evpn_rows(device.name, report, around)
    exact = system(device.nos).exact
    return frozenset(evpn_word(row, exact) for row in rows if row.route_type in JUDGED_EVPN_TYPES)


def evpn_words(reports: Iterable[Report]) -> frozenset[str]:
    """The same of all that is reported, for whoever looks rows up in it."""
    found: set[str] = set()
    for report in reports:
        if isinstance(report, EvpnReport) and report.best:
            key = report.ip
            if report.route_type == 2:
                key = f"{report.mac}/{report.ip}" if report.ip else report.mac
            targets = route_targets(report.extended)
            found.add(_evpn_word(report.route_type, key, report.next_hop, targets, report.local))
    return frozenset(found)


def evpn_word(row: Any, exact: bool = False) -> str:
    """An EVPN route: type, what it is about, whose it is, and who takes it; `exact` also what else FRR tells of it.
    Route distinguishers are in some systems those of the VRF that a route was imported to. Over which of equal spines
    it came (its AS path) is nobody's choice."""
    word = _evpn_word(row.route_type, row.key, row.next_hop, row.route_targets, row.local)
    if not exact:
        return word
    labels = " ".join(map(str, row.labels))
    parts = (("RD", row.rd), ("VNI", labels), ("router", row.router_mac), ("ESI", row.esi))
    return " ".join((word, *(f"{name} {value}" for name, value in parts if value)))


def _evpn_word(route_type: int, key: str, next_hop: str, targets: tuple[str, ...], local: bool) -> str:
    return f"EVPN type {route_type} {key} {'of its own' if local else f'of {next_hop}'} RT {' '.join(targets)}"
