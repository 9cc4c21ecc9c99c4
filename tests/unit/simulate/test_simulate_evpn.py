"""EVPN routes: what is originated, how it arrives, what is imported."""

from __future__ import annotations

import pytest

from crossconnect.design.blueprint import Blueprint
from crossconnect.simulate import Failures, simulate
from crossconnect.state.tables import EvpnRouteRow, State
from regions import compiled, small


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    return compiled(small(spines=2, leaves=2, l2_only=True)).blueprint


@pytest.fixture(scope="module")
def state(blueprint: Blueprint) -> State:
    return simulate(blueprint)


@pytest.fixture(scope="module")
def dual() -> Blueprint:
    return compiled(small(spines=2, leaves=4, segments=1, dual_homed=True)).blueprint


def at(state: State, device: str, route_type: int) -> list[EvpnRouteRow]:
    return [row for row in state.evpn_routes if row.device == device and row.route_type == route_type]


def rd(blueprint: Blueprint, device: str, instance: str) -> str:
    return next(i.rd for d in blueprint.devices if d.name == device for i in d.network_instances if i.name == instance)


def test_routes_keep_their_next_hop_and_grow_their_path_at_spines(blueprint: Blueprint, state: State) -> None:
    [remote] = [r for r in at(state, "a-leaf1", 3) if r.rd == rd(blueprint, "a-leaf2", "red-v1-s1")]
    leaf2 = next(d for d in blueprint.devices if d.name == "a-leaf2")
    spine = next(d for d in blueprint.devices if d.name == "a-spine1")
    assert remote.next_hop == remote.key == leaf2.vtep
    asns = [d.network_instances[0].bgp.asn for d in (spine, leaf2)]  # type: ignore[union-attr]
    assert remote.as_path == " ".join(map(str, asns))
    assert not remote.local
    assert (remote.labels, remote.router_mac) == ((), "")
    [own] = [r for r in at(state, "a-leaf2", 3) if r.rd == remote.rd]
    assert own.local
    assert own.as_path == ""


def test_a_hosts_routes_carry_what_makes_them_host_routes(blueprint: Blueprint, state: State) -> None:
    host = next(h for h in blueprint.hosts if h.name == "a-rack2-red-v1-s1-1")
    rows = {r.key: r for r in at(state, "a-leaf1", 2) if r.key.startswith(host.mac)}
    assert set(rows) == {host.mac, f"{host.mac}/10.1.17.12", f"{host.mac}/2001:db8:1:11::c"}
    instances = {i.name: i for d in blueprint.devices if d.name == "a-leaf2" for i in d.network_instances}
    segment, vrf = instances["red-v1-s1"], instances["red-v1"]
    assert rows[host.mac].route_targets == segment.export_rts
    assert rows[host.mac].labels == (segment.vni,)
    with_ip = rows[f"{host.mac}/10.1.17.12"]
    assert with_ip.route_targets == tuple(sorted((*segment.export_rts, *vrf.export_rts)))
    assert with_ip.labels == (segment.vni, vrf.vni)
    assert with_ip.router_mac == vrf.router_mac


def test_hosts_of_a_segment_without_gateway_are_mac_addresses_only(blueprint: Blueprint, state: State) -> None:
    host = next(h for h in blueprint.hosts if "wire" in h.name)
    assert [r.key for r in at(state, "a-spine1", 2) if r.key.startswith(host.mac)] == [host.mac]


def test_subnets_are_prefix_routes_of_their_vrf(blueprint: Blueprint, state: State) -> None:
    keys = {(r.rd, r.key) for r in at(state, "a-spine2", 5)}
    for leaf in ("a-leaf1", "a-leaf2"):
        assert {key for r, key in keys if r == rd(blueprint, leaf, "red-v1")} == {
            "10.1.17.0/24",
            "10.1.18.0/24",
            "2001:db8:1:11::/64",
            "2001:db8:1:12::/64",
        }
    assert all(r.labels == (5000,) for r in at(state, "a-spine2", 5))


def test_flood_lists_and_macs_follow_imports(blueprint: Blueprint, state: State) -> None:
    vteps = {d.name: d.vtep for d in blueprint.devices}
    assert {(r.device, r.remote) for r in state.vteps} == {
        ("a-leaf1", vteps["a-leaf2"]),
        ("a-leaf2", vteps["a-leaf1"]),
    }
    assert len(state.vteps) == 2 * 3, "three L2VNIs on both leaves"
    host = next(h for h in blueprint.hosts if h.name == "a-rack1-red-v1-s1-1")
    found = {r.device: (r.kind, r.where) for r in state.macs if r.mac == host.mac}
    assert found == {"a-leaf1": ("local", "swp1"), "a-leaf2": ("remote", vteps["a-leaf1"])}


def test_what_cannot_be_resolved_is_not_passed_on(blueprint: Blueprint) -> None:
    links = frozenset(w.key for w in blueprint.wires if w.kind == "fabric" and "a-leaf2" in (w.a_device, w.b_device))
    state = simulate(blueprint, Failures(links=links))
    here = next(d.vtep for d in blueprint.devices if d.name == "a-leaf2")
    assert not [r for r in state.evpn_routes if r.next_hop == here and r.device != "a-leaf2"]
    assert [r for r in state.evpn_routes if r.next_hop == here and r.device == "a-leaf2"]
    assert not state.vteps


def test_a_dead_server_cable_withdraws_its_host_only(blueprint: Blueprint) -> None:
    host = next(h for h in blueprint.hosts if h.name == "a-rack2-red-v1-s1-1")
    wire = next(w for w in blueprint.wires if w.a_device == host.name)
    state = simulate(blueprint, Failures(links=frozenset({wire.key})))
    assert not [r for r in state.evpn_routes if r.key.startswith(host.mac)]
    assert not [r for r in state.macs if r.mac == host.mac]
    assert [r for r in state.routes if r.device == "a-leaf2" and r.prefix == "10.1.17.0/24"], "the IRB stays up"


def test_both_leaves_of_an_ethernet_segment_announce_its_host(dual: Blueprint) -> None:
    state = simulate(dual)
    host = dual.hosts[0]
    vteps = {d.name: d.vtep for d in dual.devices}
    rows = [r for r in at(state, "a-leaf3", 2) if r.key == f"{host.mac}/10.1.17.11"]
    assert {r.next_hop for r in rows} == {vteps["a-leaf1"], vteps["a-leaf2"]}
    assert len({r.esi for r in rows}) == 1
    esi = rows[0].esi
    assert {r.next_hop for r in at(state, "a-leaf3", 4) if r.esi == esi} == {vteps["a-leaf1"], vteps["a-leaf2"]}
    assert {r.key for r in at(state, "a-leaf3", 1) if r.esi == esi} == {f"{esi}/0", f"{esi}/4294967295"}
    where = {r.device: (r.kind, r.where) for r in state.macs if r.mac == host.mac}
    assert where == {
        "a-leaf1": ("local", f"esi:{esi}"),
        "a-leaf2": ("local", f"esi:{esi}"),
        "a-leaf3": ("remote", f"esi:{esi}"),
        "a-leaf4": ("remote", f"esi:{esi}"),
    }
    [route] = [r for r in state.routes if r.device == "a-leaf3" and r.prefix == "10.1.17.11/32"]
    assert route.next_hops == tuple(sorted(f"{vteps[leaf]}%5000" for leaf in ("a-leaf1", "a-leaf2")))
    own = [r for r in state.bgp_routes if r.device == "a-leaf1" and r.prefix == "10.1.17.11/32"]
    assert not own, "a leaf does not route to its own segment's host over another leaf"


def test_a_leaf_whose_leg_is_cut_keeps_announcing_the_mac_but_no_host_route(dual: Blueprint) -> None:
    host = dual.hosts[0]
    wire = next(w for w in dual.wires if w.a_device == host.name and w.b_device == "a-leaf1")
    state = simulate(dual, Failures(links=frozenset({wire.key})))
    vteps = {d.name: d.vtep for d in dual.devices}
    rows = {r.next_hop: r for r in at(state, "a-leaf3", 2) if r.key == f"{host.mac}/10.1.17.11"}
    assert len(rows[vteps["a-leaf2"]].route_targets) == 2
    cut = rows[vteps["a-leaf1"]]
    assert (len(cut.route_targets), cut.router_mac, cut.labels) == (1, "", (10000, 5000))
    esi = cut.esi
    assert [r.next_hop for r in at(state, "a-leaf3", 4) if r.esi == esi] == [vteps["a-leaf2"]]
    per_evi = [r for r in at(state, "a-leaf3", 1) if r.key == f"{esi}/0"]
    assert {r.next_hop for r in per_evi} == {vteps["a-leaf1"], vteps["a-leaf2"]}
    [route] = [r for r in state.routes if r.device == "a-leaf3" and r.prefix == "10.1.17.11/32"]
    assert route.next_hops == (f"{vteps['a-leaf2']}%5000",)


def test_a_host_with_both_legs_cut_is_gone(dual: Blueprint) -> None:
    host = dual.hosts[0]
    state = simulate(dual, Failures(links=frozenset(w.key for w in dual.wires if w.a_device == host.name)))
    assert not [r for r in state.evpn_routes if host.mac in r.key]
    assert not [r for r in state.macs if r.mac == host.mac]
