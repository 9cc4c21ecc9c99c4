"""Input: the state of a healthy region with one fault planted. Output: exactly the finding for that fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest

from crossconnect.checks import CHECKS, Expectation, run_checks
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput
from crossconnect.finding import Finding, Severity
from crossconnect.model.pod import Pod
from crossconnect.simulate import simulate
from crossconnect.simulate.failures import Failures, SessionKey
from crossconnect.state.tables import (
    BgpRouteRow,
    BgpSessionRow,
    LldpRow,
    MacRow,
    RouteRow,
    State,
    VniRow,
    VtepRow,
)
from regions import compiled, small

Row = Any


def serious(findings: Iterable[Finding]) -> list[Finding]:
    return [f for f in findings if f.severity is not Severity.NOTE]


EFFECTS = ("checks.host-unreachable", "checks.host-not-isolated", "checks.external-unreachable")
"""What tenants feel of a fault, beside the finding for the fault itself."""


def only_finding(
    state: State, blueprint: Blueprint, expectation: Expectation | None = None, effects: Iterable[str] = ()
) -> Finding:
    """The one finding there is, beside exactly these effects on tenants."""
    findings = serious(run_checks(state, blueprint, expectation=expectation or Expectation()))
    causes = [f for f in findings if f.code not in EFFECTS]
    text = "\n".join(f"{f.severity.value} {f.code} {f.place.path}: {f.message}" for f in findings)
    assert len(causes) == 1, text
    assert {f.code for f in findings if f.code in EFFECTS} == set(effects), text
    return causes[0]


def without(state: State, table: str, condition: Callable[[Row], bool]) -> State:
    rows = tuple(row for row in getattr(state, table) if not condition(row))
    assert len(rows) < len(getattr(state, table)), "nothing was taken away"
    return msgspec.structs.replace(state, **{table: rows})


def changed(state: State, table: str, condition: Callable[[Row], bool], **values: object) -> State:
    rows = getattr(state, table)
    assert any(map(condition, rows)), "nothing was changed"
    new = tuple(msgspec.structs.replace(row, **values) if condition(row) else row for row in rows)
    return msgspec.structs.replace(state, **{table: new})


def added(state: State, table: str, *rows: Row) -> State:
    return msgspec.structs.replace(state, **{table: (*getattr(state, table), *rows)})


def wire_of(blueprint: Blueprint, a: str, b: str) -> Any:
    return next(w for w in blueprint.wires if (w.a_device, w.b_device) == (a, b))


def reconfigured(blueprint: Blueprint, device: str, change: Callable[[Any], Any]) -> Blueprint:
    devices = tuple(change(d) if d.name == device else d for d in blueprint.devices)
    return msgspec.structs.replace(blueprint, devices=devices)


# Healthy regions.


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"underlay": "unnumbered", "spines": 3, "leaves": 4, "tenants": 2, "vrfs": 2},
        {"families": ("ipv4",)},
        {"pods": 2, "spines": 4, "leaves": 2, "super_spines": 4, "planes": 2, "everywhere": True},
        {"underlay": "unnumbered", "pods": 2, "super_spines": 2, "border": True, "l2_only": True, "dual_homed": True},
        {"leaves": 4, "dual_homed": True, "border": True, "tenants": 3, "servers": 2},
    ],
)
def test_a_healthy_region_has_no_errors_and_no_warnings(shape: dict[str, Any]) -> None:
    blueprint = compiled(small(**shape)).blueprint
    assert blueprint is not None
    assert serious(run_checks(simulate(blueprint), blueprint)) == []


def test_the_fixture_is_healthy_and_only_named_checks_run(healthy: State, blueprint: Blueprint) -> None:
    assert serious(run_checks(healthy, blueprint)) == []
    empty = State(world="live")
    assert {f.code for f in run_checks(empty, blueprint, only=["devices"])} == {"checks.device-down"}
    with pytest.raises(BadInput, match="there is no check 'session'"):
        run_checks(empty, blueprint, only=["session"])
    assert all(check.description for check in CHECKS.values())


def test_order_of_rows_and_of_the_blueprint_changes_nothing(healthy: State, blueprint: Blueprint) -> None:
    broken = without(healthy, "routes", lambda r: r.device == "a-leaf1" and r.vrf == "default")
    backwards = msgspec.structs.replace(broken, routes=broken.routes[::-1], bgp_sessions=broken.bgp_sessions[::-1])
    assert run_checks(broken, blueprint) == run_checks(backwards, blueprint)


# Devices and links.


def test_a_silent_device_is_one_finding(healthy: State, blueprint: Blueprint) -> None:
    failed = simulate(blueprint, Failures(devices=frozenset({"a-spine1"})))
    finding = only_finding(failed, blueprint)
    assert (finding.code, finding.place.path) == ("checks.device-down", "devices/a-spine1")
    reports_nothing = without(failed, "devices", lambda r: r.device == "a-spine1")
    assert "reports nothing" in only_finding(reports_nothing, blueprint).message
    assert (
        serious(run_checks(failed, blueprint, expectation=Expectation(Failures(devices=frozenset({"a-spine1"}))))) == []
    )


def test_a_cut_link_is_one_finding_and_none_when_declared(healthy: State, blueprint: Blueprint) -> None:
    wire = wire_of(blueprint, "a-leaf1", "a-spine1")
    cut = Failures(links=frozenset({wire.key}))
    failed = simulate(blueprint, cut)
    finding = only_finding(failed, blueprint)
    assert finding.code == "checks.link-down"
    assert f"a-leaf1:{wire.a_port} - a-spine1:{wire.b_port}" in finding.message
    assert {table for table, _ in finding.evidence} == {"interfaces"}
    assert serious(run_checks(failed, blueprint, expectation=Expectation(cut))) == []


def test_a_servers_cut_cable_is_a_warning(healthy: State, blueprint: Blueprint) -> None:
    host = blueprint.hosts[0]
    key = next(w.key for w in blueprint.wires if w.a_device == host.name)
    finding = only_finding(simulate(blueprint, Failures(links=frozenset({key}))), blueprint)
    assert (finding.code, finding.severity) == ("checks.link-down", Severity.WARNING)


# Sessions.


def test_a_session_that_is_down_names_link_and_families(healthy: State, blueprint: Blueprint) -> None:
    wire = wire_of(blueprint, "a-leaf1", "a-spine1")
    key = next(
        SessionKey(r.device, r.vrf, r.peer)
        for r in healthy.bgp_sessions
        if (r.device, r.remote_device, r.family) == ("a-leaf1", "a-spine1", "ipv4-unicast")
    )
    failed = simulate(blueprint, Failures(sessions=frozenset({key})))
    findings = serious(run_checks(failed, blueprint, only=["devices", "sessions"]))
    assert [f.code for f in findings] == ["checks.session-down"]
    assert "ipv4-unicast, l2vpn-evpn" in findings[0].message
    assert f"a-leaf1:{wire.a_port} - a-spine1:{wire.b_port}" in findings[0].hint
    assert len(findings[0].evidence) == 4  # both families at both ends
    assert serious(run_checks(failed, blueprint, expectation=Expectation(Failures(sessions=frozenset({key}))))) == []


def test_one_end_that_says_otherwise_is_told(healthy: State, blueprint: Blueprint) -> None:
    def end(row: BgpSessionRow) -> bool:
        return (row.device, row.remote_device, row.family) == ("a-leaf2", "a-spine2", "ipv6-unicast")

    finding = only_finding(changed(healthy, "bgp_sessions", end, established=False), blueprint)
    assert finding.code == "checks.session-down"
    assert "ipv6-unicast at a-leaf2, while a-spine2 has it established" in finding.message


def test_an_external_session_that_is_down(healthy: State, blueprint: Blueprint) -> None:
    def end(row: BgpSessionRow) -> bool:
        return (row.device, row.vrf, row.remote_device) == ("a-border1", "red-v1", "transit1")

    finding = only_finding(changed(healthy, "bgp_sessions", end, established=False), blueprint)
    assert (finding.code, finding.place.path) == ("checks.session-down", "peers/transit1")
    assert "in VRF red-v1" in finding.message


def test_a_session_with_the_wrong_asn(healthy: State, blueprint: Blueprint) -> None:
    def end(row: BgpSessionRow) -> bool:
        return (row.device, row.remote_device, row.family) == ("a-leaf1", "a-spine1", "l2vpn-evpn")

    finding = only_finding(changed(healthy, "bgp_sessions", end, remote_asn=65001), blueprint)
    assert finding.code == "checks.session-wrong-asn"
    assert "AS65001" in finding.message


def test_a_session_that_nobody_designed(healthy: State, blueprint: Blueprint) -> None:
    stranger = BgpSessionRow("a-leaf1", "default", "192.0.2.9", "ipv4-unicast", 65009, "", True)
    finding = only_finding(added(healthy, "bgp_sessions", stranger), blueprint)
    assert (finding.code, finding.severity) == ("checks.session-unexpected", Severity.WARNING)


def test_a_session_that_lives_on_over_a_failed_link(healthy: State, blueprint: Blueprint) -> None:
    wire = wire_of(blueprint, "a-leaf1", "a-spine1")
    cut = Expectation(Failures(links=frozenset({wire.key})))
    findings = serious(run_checks(healthy, blueprint, only=["sessions"], expectation=cut))
    assert {f.code for f in findings} == {"checks.session-unexpected"}
    assert "although" in findings[0].message


def test_an_external_session_without_policy(healthy: State, blueprint: Blueprint) -> None:
    def open_up(device: Any) -> Any:
        def opened(instance: Any) -> Any:
            if instance.name != "red-v1":
                return instance
            neighbors = tuple(
                msgspec.structs.replace(
                    n, families=tuple(msgspec.structs.replace(f, import_policy="") for f in n.families)
                )
                for n in instance.bgp.neighbors
            )
            return msgspec.structs.replace(instance, bgp=msgspec.structs.replace(instance.bgp, neighbors=neighbors))

        return msgspec.structs.replace(device, network_instances=tuple(map(opened, device.network_instances)))

    findings = serious(run_checks(healthy, reconfigured(blueprint, "a-border1", open_up), only=["sessions"]))
    assert {f.code for f in findings} == {"checks.session-without-policy"}
    assert "no import policy" in findings[0].message


# Cabling.


def test_two_exchanged_cables_are_one_finding(healthy: State, blueprint: Blueprint) -> None:
    one, two = wire_of(blueprint, "a-leaf1", "a-spine1"), wire_of(blueprint, "a-leaf1", "a-spine2")
    state = without(
        healthy,
        "lldp",
        lambda r: (
            (r.device, r.port)
            in {(w.a_device, w.a_port) for w in (one, two)} | {(w.b_device, w.b_port) for w in (one, two)}
        ),
    )
    state = added(
        state,
        "lldp",
        LldpRow("a-leaf1", one.a_port, "a-spine2", two.b_port),
        LldpRow("a-spine2", two.b_port, "a-leaf1", one.a_port),
        LldpRow("a-leaf1", two.a_port, "a-spine1", one.b_port),
        LldpRow("a-spine1", one.b_port, "a-leaf1", two.a_port),
    )
    finding = only_finding(state, blueprint)
    assert finding.code == "checks.cable-swapped"
    assert len(finding.evidence) == 4


def test_a_cable_in_a_wrong_port(healthy: State, blueprint: Blueprint) -> None:
    wire = wire_of(blueprint, "a-leaf1", "a-spine1")
    state = without(healthy, "lldp", lambda r: (r.device, r.port) == ("a-spine1", wire.b_port))
    state = changed(state, "lldp", lambda r: (r.device, r.port) == ("a-leaf1", wire.a_port), neighbor_port="swp60")
    finding = only_finding(state, blueprint)
    assert finding.code == "checks.cable-wrong"
    assert (
        finding.message
        == f"a-leaf1:{wire.a_port} should be cabled to a-spine1:{wire.b_port} and is cabled to a-spine1:swp60"
    )


def test_a_port_that_hears_nobody(healthy: State, blueprint: Blueprint) -> None:
    wire = wire_of(blueprint, "a-leaf1", "a-spine1")
    state = without(healthy, "lldp", lambda r: (r.device, r.port) == ("a-leaf1", wire.a_port))
    finding = only_finding(state, blueprint)
    assert (finding.code, finding.severity) == ("checks.cable-silent", Severity.WARNING)
    assert finding.message == f"LLDP hears nobody at a-leaf1:{wire.a_port}, cabled to a-spine1"


def test_a_switch_that_does_not_speak_lldp_is_one_finding(healthy: State, blueprint: Blueprint) -> None:
    finding = only_finding(without(healthy, "lldp", lambda r: r.neighbor == "a-spine1"), blueprint)
    assert (finding.code, finding.place.path) == ("checks.cable-silent", "devices/a-spine1")
    without_lldp = msgspec.structs.replace(healthy, lldp=())
    assert 0 < len(serious(run_checks(without_lldp, blueprint))) <= len(blueprint.devices)


# Overlay.


def test_a_vtep_without_route_on_one_leaf(healthy: State, blueprint: Blueprint) -> None:
    vtep = next(d.vtep for d in blueprint.devices if d.name == "a-leaf3")
    state = without(healthy, "routes", lambda r: (r.device, r.prefix) == ("a-leaf1", f"{vtep}/32"))
    finding = only_finding(state, blueprint, effects=["checks.host-unreachable"])
    assert (finding.code, finding.message) == (
        "checks.vtep-unreachable",
        "a-leaf1 has no route to 1 VTEP: a-leaf3",
    )


def test_a_vtep_without_route_anywhere_is_one_finding(healthy: State, blueprint: Blueprint) -> None:
    vtep = next(d.vtep for d in blueprint.devices if d.name == "a-leaf3")
    leaves = {d.name for d in blueprint.devices if d.vtep}
    state = without(healthy, "routes", lambda r: r.device in leaves and r.prefix == f"{vtep}/32")
    finding = only_finding(state, blueprint, effects=["checks.host-unreachable"])
    assert finding.code == "checks.vtep-unreachable"
    assert finding.message.startswith(f"VTEP a-leaf3 ({vtep}) has no route on a-border1, a-border2, a-leaf1")


def test_a_hole_in_a_flood_list(healthy: State, blueprint: Blueprint) -> None:
    row = next(r for r in healthy.vteps if r.device == "a-leaf1")
    finding = only_finding(without(healthy, "vteps", lambda r: r == row), blueprint)
    assert finding.code == "checks.flood-list-incomplete"
    assert str(row.vni) in finding.message


def test_flooding_to_a_stranger(healthy: State, blueprint: Blueprint) -> None:
    row = next(r for r in healthy.vteps if r.device == "a-leaf1")
    finding = only_finding(added(healthy, "vteps", VtepRow("a-leaf1", row.vni, "192.0.2.7")), blueprint)
    assert finding.code == "checks.flood-list-unexpected"
    assert "no VTEP of the blueprint" in finding.message


def test_vnis_missing_wrong_and_unknown(healthy: State, blueprint: Blueprint) -> None:
    row = next(r for r in healthy.vnis if r.device == "a-leaf1" and r.kind == "l3")
    same = lambda r: r == row  # noqa: E731
    effects = ["checks.host-unreachable"]
    assert only_finding(without(healthy, "vnis", same), blueprint, effects=effects).code == "checks.vni-missing"
    wrong = changed(healthy, "vnis", same, vrf="default")
    assert only_finding(wrong, blueprint, effects=effects).code == "checks.vni-wrong"
    stranger = added(healthy, "vnis", VniRow("a-leaf1", 777, "l2", "default"))
    assert only_finding(stranger, blueprint).code == "checks.vni-unexpected"


def test_a_leaf_that_does_not_announce_its_ethernet_segment(healthy: State, blueprint: Blueprint) -> None:
    row = next(r for r in healthy.evpn_routes if r.route_type == 1 and r.local and r.key.endswith("/4294967295"))
    state = without(healthy, "evpn_routes", lambda r: (r.route_type, r.key, r.rd) == (1, row.key, row.rd))
    finding = only_finding(state, blueprint)
    assert finding.code == "checks.ethernet-segment-incomplete"
    assert f"is not known to be on {row.device} at" in finding.message


# Tenants.


def test_a_prefix_missing_in_a_vrf(healthy: State, blueprint: Blueprint) -> None:
    state = without(healthy, "routes", lambda r: (r.device, r.vrf, r.prefix) == ("a-border1", "red-v1", "10.1.17.0/24"))
    finding = only_finding(state, blueprint)
    assert finding.code == "checks.prefix-missing"
    assert finding.message == "VRF red-v1 lacks 10.1.17.0/24 on a-border1"
    assert finding.place.path == "tenants/red/vrfs/v1"


def test_a_mac_that_is_not_known_everywhere(healthy: State, blueprint: Blueprint) -> None:
    host = next(h for h in blueprint.hosts if h.name == "a-rack1-red-v1-s1-1")
    state = without(healthy, "macs", lambda r: (r.device, r.mac) == ("a-leaf3", host.mac))
    finding = only_finding(state, blueprint)
    assert (finding.code, finding.place.path) == ("checks.mac-missing", host.path)
    assert "a-leaf3" in finding.message


def test_a_mac_behind_another_leaf(healthy: State, blueprint: Blueprint) -> None:
    host = next(h for h in blueprint.hosts if h.name == "a-rack1-red-v1-s1-1")

    def row(r: MacRow) -> bool:
        return (r.device, r.mac) == ("a-leaf3", host.mac)

    finding = only_finding(changed(healthy, "macs", row, kind="local", where="swp1"), blueprint)
    assert finding.code == "checks.mac-misplaced"


def test_gateways(healthy: State, blueprint: Blueprint) -> None:
    segment = next(s for s in blueprint.segments if s.gateways)
    irb = next(r for r in healthy.interfaces if r.kind == "irb" and r.device == "a-leaf2" and r.vrf == segment.vrf)
    same = lambda r: r == irb  # noqa: E731
    finding = only_finding(changed(healthy, "interfaces", same, mac="02:00:00:00:00:99"), blueprint)
    assert finding.code == "checks.gateway-different"
    assert "a-leaf2 has MAC 02:00:00:00:00:99 while the others have" in finding.message
    effects = ["checks.host-unreachable", "checks.external-unreachable"]
    one_address = changed(healthy, "interfaces", same, addresses=irb.addresses[:1])
    assert only_finding(one_address, blueprint, effects=effects).code == "checks.gateway-different"
    down = changed(healthy, "interfaces", same, up=False)
    assert only_finding(down, blueprint, effects=effects).code == "checks.gateway-missing"
    gone = without(healthy, "interfaces", same)
    assert only_finding(gone, blueprint, effects=effects).code == "checks.gateway-missing"
    finding = only_finding(changed(healthy, "interfaces", same, mtu=1500), blueprint)
    assert finding.code == "checks.mtu-mismatch"


# Paths.


def test_a_route_with_too_few_next_hops(healthy: State, blueprint: Blueprint) -> None:
    vtep = next(d.vtep for d in blueprint.devices if d.name == "a-leaf3")
    row = next(r for r in healthy.routes if (r.device, r.prefix) == ("a-leaf1", f"{vtep}/32"))
    assert len(row.next_hops) == 2
    state = changed(healthy, "routes", lambda r: r == row, next_hops=row.next_hops[:1])
    finding = only_finding(state, blueprint)
    lost = row.next_hops[1].rpartition("%")[2]
    assert finding.code == "checks.ecmp-width"
    assert finding.message == f"the underlay on a-leaf1 lacks {lost} of 2 equal paths to a-leaf3"


def test_a_type_5_route_that_uses_one_of_two_leaves(healthy: State, blueprint: Blueprint) -> None:
    row = next(r for r in healthy.routes if (r.device, r.vrf, r.prefix) == ("a-border1", "red-v1", "10.1.17.0/24"))
    assert len(row.next_hops) == 4
    state = changed(healthy, "routes", lambda r: r == row, next_hops=row.next_hops[:3])
    finding = only_finding(state, blueprint)
    assert finding.code == "checks.ecmp-width"
    assert "VRF red-v1 on a-border1 does not use" in finding.message


def test_a_prefix_that_points_at_a_stranger(healthy: State, blueprint: Blueprint) -> None:
    border = next(d.vtep for d in blueprint.devices if d.name == "a-border2")
    row = next(r for r in healthy.routes if (r.device, r.vrf, r.prefix) == ("a-border1", "red-v1", "10.1.17.0/24"))
    vni = row.next_hops[0].rpartition("%")[2]
    state = changed(healthy, "routes", lambda r: r == row, next_hops=(*row.next_hops, f"{border}%{vni}"))
    finding = only_finding(state, blueprint)
    assert finding.code == "checks.next-hop-unexpected"


def test_mtu_of_a_link(healthy: State, blueprint: Blueprint) -> None:
    wire = wire_of(blueprint, "a-leaf1", "a-spine1")
    end = lambda r: (r.device, r.interface) == ("a-leaf1", wire.a_port)  # noqa: E731
    assert only_finding(changed(healthy, "interfaces", end, mtu=9200), blueprint).code == "checks.mtu-mismatch"

    def both(row: Any) -> bool:
        return (row.device, row.interface) in {("a-leaf1", wire.a_port), ("a-spine1", wire.b_port)}

    finding = only_finding(changed(healthy, "interfaces", both, mtu=9049), blueprint)
    assert finding.code == "checks.mtu-too-small"
    assert "9000 + 50" in finding.message
    assert serious(run_checks(changed(healthy, "interfaces", both, mtu=9050), blueprint)) == []


def test_vxlan_over_ipv6_takes_seventy_octets(healthy: State, blueprint: Blueprint) -> None:
    over_ipv6 = msgspec.structs.replace(
        blueprint,
        devices=tuple(msgspec.structs.replace(d, vtep="fd00::1" if d.vtep else "") for d in blueprint.devices),
    )
    fabric = {(w.a_device, w.a_port) for w in blueprint.wires} | {(w.b_device, w.b_port) for w in blueprint.wires}
    uplinks = lambda r: (r.device, r.interface) in fabric and r.mtu == 9216  # noqa: E731
    enough, short = (changed(healthy, "interfaces", uplinks, mtu=mtu) for mtu in (9070, 9069))
    assert run_checks(enough, over_ipv6, only=["mtu"]) == ()
    assert {f.code for f in run_checks(short, over_ipv6, only=["mtu"])} == {"checks.mtu-too-small"}


def test_mtu_of_a_servers_port(healthy: State, blueprint: Blueprint) -> None:
    wire = next(w for w in blueprint.wires if w.kind == "server")
    end = lambda r: (r.device, r.interface) == (wire.b_device, wire.b_port)  # noqa: E731
    finding = only_finding(changed(healthy, "interfaces", end, mtu=1500), blueprint)
    assert finding.code == "checks.mtu-too-small"
    assert wire.a_device in finding.message


# Limits, leaks, duplicates.


def test_route_limits(healthy: State, blueprint: Blueprint) -> None:
    counts = [sum(r.vrf == "red-v1" and r.device == d for r in healthy.routes) for d in blueprint.vrfs[0].devices]

    def limited(limit: int) -> Blueprint:
        vrfs = tuple(msgspec.structs.replace(v, route_limit=limit if v.name == "red-v1" else 0) for v in blueprint.vrfs)
        return msgspec.structs.replace(blueprint, vrfs=vrfs)

    assert serious(run_checks(healthy, limited(max(counts) * 2))) == []
    assert only_finding(healthy, limited(max(counts))).code == "checks.route-limit-near"
    codes = {f.code for f in serious(run_checks(healthy, limited(max(counts) - 1)))}
    assert "checks.route-limit-exceeded" in codes


def test_a_route_of_another_vrf(healthy: State, blueprint: Blueprint) -> None:
    blue = next(n for d in blueprint.devices if d.name == "a-leaf3" for n in d.network_instances if n.name == "blue-v1")
    path = BgpRouteRow(
        "a-leaf1", "red-v1", "10.2.17.0/24", f"evpn:{blue.rd}", "10.255.0.3", "1 2", 100, 0, (), True, False
    )
    finding = only_finding(added(healthy, "bgp_routes", path), blueprint)
    assert finding.code == "checks.route-leak"
    assert finding.message == "VRF red-v1 has 10.2.17.0/24 of VRF blue-v1, which it does not import, on a-leaf1"


def test_a_leak_that_only_the_routing_table_shows(healthy: State, blueprint: Blueprint) -> None:
    leaked = RouteRow("a-leaf1", "red-v1", "10.2.17.0/24", "bgp", ("10.255.0.3%5000",))
    finding = only_finding(added(healthy, "routes", leaked), blueprint, effects=["checks.host-not-isolated"])
    assert finding.code == "checks.route-leak"
    assert "blue-v1" in finding.message


def test_equal_prefixes_of_two_tenants_are_no_leak() -> None:
    region = small(tenants=2, segments=1)
    red, blue = region.tenants
    same = tuple(
        msgspec.structs.replace(
            v, segments=tuple(msgspec.structs.replace(s, gateways=red.vrfs[0].segments[0].gateways) for s in v.segments)
        )
        for v in blue.vrfs
    )
    pods = msgspec.json.decode(
        msgspec.json.encode(region.pods)
        .replace(b"10.2.17.", b"10.1.17.")
        .replace(b"2001:db8:2:11:", b"2001:db8:1:11:"),
        type=tuple[Pod, ...],
    )
    region = msgspec.structs.replace(region, tenants=(red, msgspec.structs.replace(blue, vrfs=same)), pods=pods)
    blueprint = compiled(region).blueprint
    assert blueprint is not None
    assert len({v.prefixes for v in blueprint.vrfs}) == 1
    assert serious(run_checks(simulate(blueprint), blueprint)) == []


def test_infrastructure_and_tenants_stay_apart(healthy: State, blueprint: Blueprint) -> None:
    inside = RouteRow("a-border1", "red-v1", "10.255.0.0/24", "bgp", ("100.64.0.1%swp1.2000",))
    assert only_finding(added(healthy, "routes", inside), blueprint).code == "checks.infrastructure-in-vrf"
    outside = RouteRow("a-leaf1", "default", "10.1.17.0/24", "bgp", ("10.254.0.1%swp63",))
    finding = only_finding(added(healthy, "routes", outside), blueprint)
    assert (finding.code, finding.place.path) == ("checks.tenant-in-underlay", "tenants/red/vrfs/v1")
    foreign = RouteRow("a-leaf1", "default", "198.51.100.0/24", "bgp", ("10.254.0.1%swp63",))
    assert only_finding(added(healthy, "routes", foreign), blueprint).code == "checks.underlay-foreign"


def test_duplicates(healthy: State, blueprint: Blueprint) -> None:
    wire = wire_of(blueprint, "a-leaf1", "a-spine1")
    other = wire_of(blueprint, "a-leaf2", "a-spine1")
    taken = next(r.addresses for r in healthy.interfaces if (r.device, r.interface) == ("a-leaf2", other.a_port))
    end = lambda r: (r.device, r.interface) == ("a-leaf1", wire.a_port)  # noqa: E731
    findings = serious(run_checks(changed(healthy, "interfaces", end, addresses=taken), blueprint, only=["duplicates"]))
    assert {f.code for f in findings} == {"checks.duplicate-address"}
    assert len(findings) == len(taken)

    def same_vtep(device: Any) -> Any:
        first = next(d for d in blueprint.devices if d.name == "a-leaf1")
        return msgspec.structs.replace(device, vtep=first.vtep)

    findings = serious(run_checks(healthy, reconfigured(blueprint, "a-leaf2", same_vtep), only=["duplicates"]))
    assert [f.code for f in findings] == ["checks.duplicate-vtep"]

    def same_numbers(device: Any) -> Any:
        first = next(d for d in blueprint.devices if d.name == "a-leaf1")
        return msgspec.structs.replace(device, network_instances=first.network_instances)

    codes = {f.code for f in run_checks(healthy, reconfigured(blueprint, "a-leaf2", same_numbers), only=["duplicates"])}
    assert codes == {"checks.duplicate-router-id", "checks.duplicate-rd"}


def test_tenants_that_meet_in_a_shared_vrf_by_its_default_route() -> None:
    """Red and green import blue, which has a way out: no route of the one is in the other, and packets get through."""
    wanted = {"red": ("blue/v1",), "blue": ("red/v1", "green/v1"), "green": ("blue/v1",)}
    region = small(tenants=3, segments=1, border=True)
    tenants = tuple(
        msgspec.structs.replace(t, vrfs=tuple(msgspec.structs.replace(v, imports=wanted[t.name]) for v in t.vrfs))
        for t in region.tenants
    )
    peers = tuple(
        msgspec.structs.replace(p, handoffs=tuple(h for h in p.handoffs if h.vrf == "blue/v1")) for p in region.peers
    )
    blueprint = compiled(msgspec.structs.replace(region, tenants=tenants, peers=peers)).blueprint
    found = [f for f in run_checks(simulate(blueprint), blueprint) if f.code == "checks.host-not-isolated"]
    assert {f.place.path for f in found} == {"tenants/red/vrfs/v1", "tenants/green/vrfs/v1"}
