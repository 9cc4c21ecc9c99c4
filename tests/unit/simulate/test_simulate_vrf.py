"""IP-VRFs: external routers, policy, leaks, drained switches, and what others then see."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from crossconnect.checks import run_checks
from crossconnect.design.blueprint import Blueprint
from crossconnect.device.bgp import Bgp
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.device.policy import Actions, Conditions, Policy, RoutingPolicy, Statement
from crossconnect.simulate import Failures, Network, simulate, state_of
from crossconnect.state.tables import BgpRouteRow, RouteRow, State
from regions import compiled, small

REPLACE = msgspec.structs.replace
VRF = "red-v1"


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    return compiled(small(border=True)).blueprint


def vtep(blueprint: Blueprint, device: str) -> str:
    return next(d.vtep for d in blueprint.devices if d.name == device)


def with_instance(
    blueprint: Blueprint, device: str, change: Callable[[NetworkInstance], NetworkInstance], name: str = VRF
) -> Blueprint:
    devices = tuple(
        REPLACE(d, network_instances=tuple(change(i) if i.name == name else i for i in d.network_instances))
        if d.name == device
        else d
        for d in blueprint.devices
    )
    return REPLACE(blueprint, devices=devices)


def with_bgp(blueprint: Blueprint, device: str, change: Callable[[Bgp], Bgp], name: str = VRF) -> Blueprint:
    return with_instance(blueprint, device, lambda i: REPLACE(i, bgp=change(i.bgp)) if i.bgp else i, name)


def with_import_policy(blueprint: Blueprint, device: str, *statements: Statement) -> Blueprint:
    """The border's import policy of all external sessions replaced."""
    devices = tuple(
        REPLACE(
            d,
            routing_policy=RoutingPolicy(
                policies=(Policy(name="in", statements=statements), Policy(name="out", statements=()))
            ),
        )
        if d.name == device
        else d
        for d in blueprint.devices
    )

    def attach(bgp: Bgp) -> Bgp:
        neighbors = tuple(
            REPLACE(n, families=tuple(REPLACE(f, import_policy="in", export_policy="out") for f in n.families))
            for n in bgp.neighbors
        )
        return REPLACE(bgp, neighbors=neighbors)

    return with_bgp(REPLACE(blueprint, devices=devices), device, attach)


def accept(**actions: object) -> Statement:
    return Statement(name="all", conditions=Conditions(), accept=True, actions=Actions(**actions))  # type: ignore[arg-type]


def paths(state: State, device: str, prefix: str, vrf: str = VRF) -> list[BgpRouteRow]:
    return [r for r in state.bgp_routes if (r.device, r.vrf, r.prefix) == (device, vrf, prefix)]


def route(state: State, device: str, prefix: str, vrf: str = VRF) -> RouteRow | None:
    return next((r for r in state.routes if (r.device, r.vrf, r.prefix) == (device, vrf, prefix)), None)


def test_leaves_share_traffic_to_the_outside_over_both_borders(blueprint: Blueprint) -> None:
    state = simulate(blueprint)
    found = route(state, "a-leaf1", "192.0.2.0/24")
    assert found is not None
    borders = [vtep(blueprint, f"a-border{n}") for n in (1, 2)]
    assert found.next_hops == tuple(sorted(f"{b}%5000" for b in borders))
    rows = paths(state, "a-leaf1", "192.0.2.0/24")
    assert {(r.next_hop, r.multipath, r.local_pref) for r in rows} == {(b, True, 100) for b in borders}
    assert [r.best for r in rows].count(True) == 1
    own = paths(state, "a-border1", "192.0.2.0/24")
    assert [(r.local_pref, r.as_path, r.best) for r in own if not r.peer.startswith("evpn:")] == [(120, "64496", True)]


def test_ipv6_next_hops_are_link_local_and_named_by_the_neighbour(blueprint: Blueprint) -> None:
    state = simulate(blueprint)
    found = route(state, "a-border1", "::/0")
    assert found is not None
    assert found.next_hops[0].startswith("transit1%swp")
    fabric = [r for r in state.routes if r.device == "a-leaf1" and r.vrf == "default" and r.protocol == "bgp"]
    assert {hop.partition("%")[0] for r in fabric if ":" in r.prefix for hop in r.next_hops} == {"a-spine1", "a-spine2"}


def test_a_border_whose_external_router_is_gone_sends_traffic_to_the_other(blueprint: Blueprint) -> None:
    wire = next(w for w in blueprint.wires if w.kind == "peer" and "a-border1" in (w.a_device, w.b_device))
    state = simulate(blueprint, Failures(links=frozenset({wire.key})))
    other = vtep(blueprint, "a-border2")
    for device in ("a-border1", "a-leaf1"):
        found = route(state, device, "192.0.2.0/24")
        assert found is not None
        assert found.next_hops == (f"{other}%5000",)


def test_what_the_import_policy_does_not_accept_stays_outside(blueprint: Blueprint) -> None:
    state = simulate(with_import_policy(blueprint, "a-border1"))
    assert all(r.peer.startswith("evpn:") for r in paths(state, "a-border1", "192.0.2.0/24"))
    found = route(state, "a-leaf1", "192.0.2.0/24")
    assert found is not None
    assert found.next_hops == (f"{vtep(blueprint, 'a-border2')}%5000",)


def test_a_session_without_policy_lets_nothing_in(blueprint: Blueprint) -> None:
    def bare(bgp: Bgp) -> Bgp:
        neighbors = tuple(
            REPLACE(n, families=tuple(REPLACE(f, import_policy="") for f in n.families)) for n in bgp.neighbors
        )
        return REPLACE(bgp, neighbors=neighbors)

    state = simulate(with_bgp(blueprint, "a-border1", bare))
    assert all(r.peer.startswith("evpn:") for r in paths(state, "a-border1", "0.0.0.0/0"))


def test_a_border_prefers_the_other_ones_path_when_its_own_is_made_longer(blueprint: Blueprint) -> None:
    # Own path: three times the own ASN and the carrier's; over the fabric: spine, other border, carrier.
    longer = with_import_policy(blueprint, "a-border1", accept(prepend=3))
    state = simulate(longer)
    assert [r.peer[:5] for r in paths(state, "a-border1", "192.0.2.0/24") if r.best] == ["evpn:"]
    found = route(state, "a-leaf1", "192.0.2.0/24")
    assert found is not None
    assert found.next_hops == (f"{vtep(blueprint, 'a-border2')}%5000",), "it no longer announces what it does not use"
    key = next(w.key for w in blueprint.wires if w.kind == "peer" and "a-border2" in (w.a_device, w.b_device))
    state = simulate(longer, Failures(links=frozenset({key})))
    found = route(state, "a-leaf1", "192.0.2.0/24")
    assert found is not None
    assert found.next_hops == (f"{vtep(blueprint, 'a-border1')}%5000",), "and comes back when the other is gone"


def test_borders_that_each_prefer_the_other_settle_on_either_and_it_is_said(blueprint: Blueprint) -> None:
    # Each prefers the other's route (local_pref 100 over the fabric) to its own with local_pref 0. Whoever is first to
    # see the other's gives up its own, and the other then has nothing to prefer.
    lazy = accept(local_pref=0)
    network = Network(with_import_policy(with_import_policy(blueprint, "a-border1", lazy), "a-border2", lazy))
    settled = network.settle()
    [finding] = settled.findings
    assert finding.code == "simulate.ambiguous"
    assert "a-border1 (red-v1), a-border2 (red-v1)" in finding.message
    found = route(state_of(settled), "a-leaf1", "192.0.2.0/24")
    assert found is not None
    assert len(found.next_hops) == 1


def test_no_export_keeps_a_route_on_its_border(blueprint: Blueprint) -> None:
    marked = with_import_policy(blueprint, "a-border1", accept(communities_add=("65535:65281",)))
    state = simulate(marked)
    assert [r.communities for r in paths(state, "a-border1", "192.0.2.0/24") if r.best] == [("no-export",)]
    assert not [
        r
        for r in state.evpn_routes
        if r.device == "a-spine1" and r.key == "192.0.2.0/24" and r.next_hop == vtep(blueprint, "a-border1")
    ]


def test_too_many_prefixes_take_the_session_down(blueprint: Blueprint) -> None:
    def limited(bgp: Bgp) -> Bgp:
        neighbors = tuple(
            REPLACE(n, families=tuple(REPLACE(f, max_prefixes=1) for f in n.families)) for n in bgp.neighbors
        )
        return REPLACE(bgp, neighbors=neighbors)

    network = Network(with_bgp(blueprint, "a-border1", limited))
    settled = network.settle()
    assert {f.code for f in settled.findings} == {"simulate.max-prefixes", "simulate.prefix-limit-late"}
    state = simulate(with_bgp(blueprint, "a-border1", limited), tables=["bgp_sessions"])
    down = {(r.device, r.remote_device) for r in state.bgp_sessions if not r.established}
    assert down == {("a-border1", "transit1")}


def test_one_prefix_too_many_may_go_unnoticed_where_the_system_checks_before_it_counts(blueprint: Blueprint) -> None:
    more = tuple(f"192.0.{i}.0/24" for i in range(10, 15))
    many = REPLACE(blueprint, peers=tuple(REPLACE(p, announces=more) for p in blueprint.peers))
    accepting = with_import_policy(many, "a-border1", accept())

    def limited_to(count: int) -> set[str]:
        def limited(bgp: Bgp) -> Bgp:
            neighbors = tuple(
                REPLACE(n, families=tuple(REPLACE(f, max_prefixes=count) for f in n.families)) for n in bgp.neighbors
            )
            return REPLACE(bgp, neighbors=neighbors)

        return {f.code for f in Network(with_bgp(accepting, "a-border1", limited)).settle().findings}

    assert limited_to(5) == set()
    assert limited_to(3) == {"simulate.max-prefixes"}
    assert limited_to(4) == {"simulate.max-prefixes", "simulate.prefix-limit-late"}


def test_a_drained_border_is_used_only_when_nothing_else_is_left(blueprint: Blueprint) -> None:
    drained = blueprint
    for name in ("default", VRF):
        drained = with_bgp(drained, "a-border1", lambda b: REPLACE(b, graceful_shutdown=True), name)
    state = simulate(drained)
    found = route(state, "a-leaf1", "192.0.2.0/24")
    assert found is not None
    assert found.next_hops == (f"{vtep(blueprint, 'a-border2')}%5000",)
    mine = [r for r in paths(state, "a-leaf1", "192.0.2.0/24") if r.next_hop == vtep(blueprint, "a-border1")]
    assert [(r.local_pref, r.communities) for r in mine] == [(0, ("graceful-shutdown",))]
    state = simulate(drained, Failures(devices=frozenset({"a-border2"})))
    found = route(state, "a-leaf1", "192.0.2.0/24")
    assert found is not None
    assert found.next_hops == (f"{vtep(blueprint, 'a-border1')}%5000",)


def test_a_drained_spine_carries_nothing_while_there_is_another(blueprint: Blueprint) -> None:
    drained = with_bgp(blueprint, "a-spine1", lambda b: REPLACE(b, graceful_shutdown=True), "default")
    state = simulate(drained, tables=["routes"])
    via = {
        hop.partition("%")[2]
        for r in state.routes
        if r.device == "a-leaf1" and r.prefix == f"{vtep(blueprint, 'a-leaf2')}/32"
        for hop in r.next_hops
    }
    wire = next(w for w in blueprint.wires if {w.a_device, w.b_device} == {"a-leaf1", "a-spine2"})
    assert via == {wire.a_port if wire.a_device == "a-leaf1" else wire.b_port}


def test_host_routes_can_be_left_out(blueprint: Blueprint) -> None:
    quiet = blueprint
    for leaf in ("a-leaf1", "a-leaf2"):
        quiet = with_instance(quiet, leaf, lambda i: REPLACE(i, host_routes=False))
    state = simulate(quiet)
    assert route(simulate(blueprint), "a-border1", "10.1.17.11/32") is not None
    assert route(state, "a-border1", "10.1.17.11/32") is None
    assert {r.labels for r in state.evpn_routes if r.route_type == 2} == {(10000,), (10001,)}


def test_a_declared_leak_brings_the_other_vrfs_routes() -> None:
    two = compiled(small(vrfs=2)).blueprint
    leaking = with_instance(two, "a-leaf1", lambda i: REPLACE(i, imports=("red-v2",)))
    state = simulate(leaking)
    found = route(state, "a-leaf1", "10.1.33.0/24")
    assert found is not None
    segment = next(
        i.irb for d in two.devices if d.name == "a-leaf1" for i in d.network_instances if i.name == "red-v2-s1"
    )
    assert (found.protocol, found.next_hops) == ("bgp", (segment,))
    leaked = [r for r in paths(state, "a-leaf1", "10.1.33.0/24") if r.best]
    assert [(r.peer, r.as_path) for r in leaked] == [("vrf:red-v2", "")]
    assert route(state, "a-leaf1", "10.1.17.0/24", "red-v2") is None, "one way only"
    assert route(state, "a-leaf2", "10.1.33.0/24") is not None, "it is announced on as type 5 of the importing VRF"


def test_an_external_path_with_an_asn_of_the_fabric_is_a_loop_there(blueprint: Blueprint) -> None:
    asn = next(d.network_instances[0].bgp.asn for d in blueprint.devices if d.name == "a-spine1")  # type: ignore[union-attr]
    # A path that already contains the spines' ASN is refused by them as a loop, so it reaches no leaf.
    faked = REPLACE(blueprint, peers=tuple(REPLACE(p, asn=asn) for p in blueprint.peers))
    for border in ("a-border1", "a-border2"):
        faked = with_bgp(
            faked,
            border,
            lambda b: REPLACE(b, neighbors=tuple(REPLACE(n, remote_asn=asn) for n in b.neighbors)),
        )
    state = simulate(faked)
    assert route(state, "a-border1", "192.0.2.0/24") is not None
    assert route(state, "a-leaf1", "192.0.2.0/24") is None


def chain(**given: object) -> Blueprint:
    """Red and green import blue, and blue imports both."""
    wanted = {"red": ("blue/v1",), "blue": ("red/v1", "green/v1"), "green": ("blue/v1",)}
    region = small(tenants=3, segments=1, **given)  # type: ignore[arg-type]
    tenants = tuple(REPLACE(t, vrfs=tuple(REPLACE(v, imports=wanted[t.name]) for v in t.vrfs)) for t in region.tenants)
    return compiled(REPLACE(region, tenants=tenants)).blueprint


def test_a_leak_is_not_transitive() -> None:
    blueprint = chain()
    state = simulate(blueprint)
    for leaf in ("a-leaf1", "a-leaf2"):
        for vrf, subnets in {
            "red-v1": {"10.1.17.0/24", "10.2.17.0/24"},
            "blue-v1": {"10.1.17.0/24", "10.2.17.0/24", "10.3.17.0/24"},
            "green-v1": {"10.2.17.0/24", "10.3.17.0/24"},
        }.items():
            have = {r.prefix for r in state.routes if (r.device, r.vrf) == (leaf, vrf) and r.prefix.endswith(".0/24")}
            assert have == subnets, (leaf, vrf)
    codes = {f.code for f in run_checks(state, blueprint)}
    assert codes <= {"checks.single-homed"}


def test_a_vrf_announces_its_own_routes_only() -> None:
    blueprint = chain(border=True)
    state = simulate(blueprint)
    owner = {i.rd: i.name for d in blueprint.devices for i in d.network_instances if i.kind == "l3vrf"}
    announced = {(owner[r.rd], r.key) for r in state.evpn_routes if r.route_type == 5 and r.key.endswith(".0/24")}
    assert {("red-v1", "10.1.17.0/24"), ("blue-v1", "10.2.17.0/24")} <= announced
    assert not {("red-v1", "10.2.17.0/24"), ("blue-v1", "10.1.17.0/24"), ("blue-v1", "10.3.17.0/24")} & announced


def test_a_region_without_leaks_has_no_policy_for_them() -> None:
    names = {p.name for d in compiled(small()).blueprint.devices for p in d.routing_policy.policies}
    assert names == set()
