"""Tables made of what devices told, and what the checks find in them.

Input: a small region on EOS (told in coarse words), the reports that its devices would give of its simulation, and
those with something left out or added. Output: the simulated tables again; findings and words for what was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from changes import both
from crossconnect.checks import run_checks
from crossconnect.evaluate.answers import Read
from crossconnect.evaluate.live_state import evpn_expected, evpn_found, live_state
from crossconnect.lab.rows import Surroundings
from crossconnect.nos.reports import (
    EvpnReport,
    InterfaceReport,
    LldpReport,
    MacReport,
    NextHop,
    PathReport,
    Report,
    RibReport,
    SummaryReport,
    VniReport,
)
from crossconnect.rollout.assembly import GATE_CHECKS
from crossconnect.simulate import simulate
from regions import small

REGION = small(leaves=2, spines=2, border=True, tenants=2)
MADE = both(REGION, lambda region: region)[0].blueprint
BLUEPRINT = msgspec.structs.replace(
    MADE, devices=tuple(msgspec.structs.replace(device, nos="eos") for device in MADE.devices)
)
SIMULATED = simulate(BLUEPRINT)
DEVICES = {device.name: device for device in BLUEPRINT.devices}
LEAF = next(d.name for d in BLUEPRINT.devices if d.role == "leaf")


def reports_of(device: str) -> Iterable[Report]:
    """What the device would tell of itself, were it as simulated."""
    s = SIMULATED
    for r in s.bgp_sessions:
        if r.device == device:
            yield SummaryReport(vrf=r.vrf, peer=r.peer, family=r.family, established=r.established)
    for r in s.routes:
        if r.device == device:
            hops = tuple(NextHop(address=f"192.0.2.{n}", interface="Ethernet1") for n, _ in enumerate(r.next_hops))
            yield RibReport(vrf=r.vrf, prefix=r.prefix, protocol=r.protocol, next_hops=hops)
    for r in s.bgp_routes:
        if r.device == device and r.best:
            yield PathReport(
                vrf=r.vrf,
                prefix=r.prefix,
                peer=r.peer,
                next_hop=r.next_hop,
                as_path=r.as_path,
                local_pref=r.local_pref,
                med=r.med,
                communities=r.communities,
                extended=(),
                best=True,
                multipath=False,
                leaked_from="",
            )
    for r in s.evpn_routes:
        if r.device == device:
            mac, _, ip = r.key.partition("/") if r.route_type == 2 else ("", "", r.key)
            yield EvpnReport(
                rd=r.rd,
                route_type=r.route_type,
                ethernet_tag=0,
                esi=r.esi,
                mac=mac,
                ip=ip,
                next_hop=r.next_hop,
                as_path=r.as_path,
                extended=tuple(f"RT:{target}" for target in r.route_targets),
                labels=r.labels,
                local=r.local,
                best=True,
            )
    for r in s.vnis:
        if r.device == device:
            vteps = tuple(v.remote for v in s.vteps if v.device == device and v.vni == r.vni)
            kind = "l3" if r.kind == "l3" else "l2"
            yield VniReport(vni=r.vni, kind=kind, vrf=r.vrf if kind == "l3" else "", bridge="", remote_vteps=vteps)
    for r in s.macs:
        if r.device == device:
            local = r.kind == "local"
            yield MacReport(
                vni=r.vni,
                mac=r.mac,
                local=local,
                interface=r.where if local else "",
                vtep="" if local else r.where,
                esi="",
            )
    for r in s.interfaces:
        if r.device == device:
            yield InterfaceReport(name=r.interface, vrf="", up=r.up, mtu=0, mac="", addresses=())
    for r in s.lldp:
        if r.device == device:
            yield LldpReport(interface=r.port, device=r.neighbor, port=r.neighbor_port)


TOLD = {name: Read(reports=tuple(reports_of(name))) for name in DEVICES}


def codes(change: Callable[[Report], bool], added: tuple[Report, ...] = (), device: str = LEAF) -> set[str]:
    """Findings that are new when a device tells only those reports for which `change` holds, and some more."""
    kept = Read(reports=(*(r for r in TOLD[device].reports if change(r)), *added))
    real = live_state(SIMULATED, BLUEPRINT, {**TOLD, device: kept})
    known = {(f.code, f.place.path) for f in run_checks(SIMULATED, BLUEPRINT, GATE_CHECKS)}
    return {f.code for f in run_checks(real, BLUEPRINT, GATE_CHECKS) if (f.code, f.place.path) not in known}


def everything(_report: Report) -> bool:
    return True


def test_what_is_told_as_simulated_is_the_simulation() -> None:
    made = live_state(SIMULATED, BLUEPRINT, TOLD)
    assert msgspec.structs.replace(made, world="sim") == SIMULATED
    assert codes(everything) == set()


def test_who_tells_nothing_is_taken_as_simulated() -> None:
    """A device that was not asked, or whose answers nobody could read, is not judged: that is said elsewhere."""
    assert msgspec.structs.replace(live_state(SIMULATED, BLUEPRINT, {}), world="sim") == SIMULATED
    unread = {LEAF: Read(reports=(), unreadable=("show everything: no JSON",))}
    assert msgspec.structs.replace(live_state(SIMULATED, BLUEPRINT, unread), world="sim") == SIMULATED


def test_whoever_says_that_there_is_nothing_is_judged() -> None:
    """Every question answered, and nothing there: not the same as not asked."""
    real = live_state(SIMULATED, BLUEPRINT, {**TOLD, LEAF: Read(reports=())})
    assert not [row for row in real.bgp_sessions if row.device == LEAF and row.established]
    assert not [row for row in real.routes if row.device == LEAF and row.protocol == "bgp"]
    assert not [row for row in real.macs if row.device == LEAF]


def test_each_table_has_its_finding() -> None:
    session = next(r for r in TOLD[LEAF].reports if isinstance(r, SummaryReport))
    assert "checks.session-down" in codes(lambda r: r != session)
    assert "checks.mac-missing" in codes(lambda r: not isinstance(r, MacReport))
    assert "checks.vni-missing" in codes(lambda r: not isinstance(r, VniReport))
    flood = [r for r in TOLD[LEAF].reports if isinstance(r, VniReport) and r.remote_vteps]
    empty = tuple(msgspec.structs.replace(r, remote_vteps=()) for r in flood)
    assert codes(lambda r: r not in flood, empty) == {"checks.flood-list-incomplete"}
    assert {"checks.ecmp-width", "checks.external-unreachable"} <= codes(lambda r: not isinstance(r, RibReport))
    heard = next(r for r in TOLD[LEAF].reports if isinstance(r, LldpReport))
    assert codes(lambda r: r != heard) == {"checks.cable-silent"}
    assert codes(lambda r: r != heard, (msgspec.structs.replace(heard, device="somebody"),)) == {"checks.cable-wrong"}
    port = next(r for r in TOLD[LEAF].reports if isinstance(r, InterfaceReport) and r.name == heard.interface)
    assert "checks.link-down" in codes(lambda r: r != port)


def test_a_route_that_leaks_is_found() -> None:
    """A route of another tenant's prefix, which the simulation does not have, in a VRF."""
    first, second = BLUEPRINT.vrfs[:2]
    prefix = next(p for p in second.prefixes if p not in first.prefixes)
    hop = NextHop(address="192.0.2.1", interface="x")
    route = RibReport(vrf=first.name, prefix=prefix, protocol="bgp", next_hops=(hop,))
    assert "checks.route-leak" in codes(everything, (route,))


def test_evpn_routes_in_words() -> None:
    device, around = DEVICES[LEAF], Surroundings(BLUEPRINT)
    wanted = evpn_expected(SIMULATED, device)
    assert {word.split()[2] for word in wanted} == {"2", "3", "5"}
    assert wanted <= evpn_found(device, TOLD[LEAF].reports, around)
    gone = next(r for r in TOLD[LEAF].reports if isinstance(r, EvpnReport) and r.route_type == 5 and not r.local)
    left = [r for r in TOLD[LEAF].reports if r != gone]
    target = gone.extended[0].removeprefix("RT:")
    assert wanted - evpn_found(device, left, around) == {f"EVPN type 5 {gone.ip} of {gone.next_hop} RT {target}"}
    moved = msgspec.structs.replace(gone, next_hop="192.0.2.9")
    found = evpn_found(device, [*left, moved], around)
    assert f"EVPN type 5 {gone.ip} of 192.0.2.9 RT {target}" in found - wanted
