"""Input: policies towards the outside, and designs that hang on one thing. Output: what leaks out, what is single."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from crossconnect.checks import Expectation, run_checks
from crossconnect.checks.announcements import is_public
from crossconnect.design import compile_region
from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding, Severity
from crossconnect.model.device import Device
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.policy import Policy, Set, Statement
from crossconnect.model.region import Region
from crossconnect.simulate import Failures, Network, simulate, single_failures, state_of
from regions import compiled, small

ANYTHING = Policy(name="anything", statements=(Statement(name="all", action="accept"),))


def blueprint_of(region: Region) -> Blueprint:
    blueprint = compiled(region).blueprint
    assert blueprint is not None
    return blueprint


def checked(region: Region, *only: str) -> list[Finding]:
    blueprint = blueprint_of(region)
    return list(run_checks(simulate(blueprint), blueprint, only=only or None))


def serious(findings: list[Finding]) -> list[Finding]:
    return [f for f in findings if f.severity is not Severity.NOTE]


def with_peers(region: Region, *peers: Peer, policies: tuple[Policy, ...] = (ANYTHING,)) -> Region:
    return msgspec.structs.replace(region, peers=peers, policies=(*region.policies, *policies))


def peer(
    name: str,
    asn: int,
    export: str,
    border: str = "a-border1",
    announces: tuple[str, ...] = (),
    imports: str = "anything",
) -> Peer:
    handoff = Handoff(border=border, vrf="red/v1", import_policy=imports, export_policy=export)
    return Peer(name=name, asn=asn, handoffs=(handoff,), announces=announces)


# What leaves the region.


def test_private_prefixes_to_a_public_as_are_an_error_and_to_a_private_one_are_not() -> None:
    region = small(border=True)
    to_the_internet = checked(with_peers(region, peer("carrier", 3000, "to-transit")), "announcements")
    assert [f.code for f in to_the_internet] == ["checks.private-announced"]
    assert "10.1.17.0/24, 10.1.18.0/24" in to_the_internet[0].message
    assert "2001:db8" not in to_the_internet[0].message
    assert to_the_internet[0].place.path == "peers/carrier"
    assert checked(with_peers(region, peer("customer", 65010, "to-transit")), "announcements") == []


def test_routes_of_one_provider_are_not_announced_to_another() -> None:
    one = peer("one", 3000, "anything", "a-border1", ("198.18.0.0/15",))
    two = peer("two", 3001, "anything", "a-border2", ("198.51.100.0/24",))
    findings = checked(with_peers(small(border=True), one, two), "announcements")
    leaks = [f for f in findings if f.code == "checks.transit-leak"]
    assert {f.place.path for f in leaks} == {"peers/one", "peers/two"}
    (towards_one,) = [f for f in leaks if f.place.path == "peers/one"]
    assert "198.51.100.0/24 of VRF red-v1, learned from two," in towards_one.message
    customers = [msgspec.structs.replace(one, asn=65010), msgspec.structs.replace(two, asn=65011)]
    assert checked(with_peers(small(border=True), *customers), "announcements") == []


def test_a_community_that_the_export_policy_adds_does_not_keep_it_in() -> None:
    """`no-export` set on the way out is for the neighbour: the neighbour has the route, and it is told."""
    marked = Policy(
        name="marked", statements=(Statement(name="all", action="accept", set=Set(communities_add=("no-export",))),)
    )
    region = with_peers(small(border=True), peer("carrier", 3000, "marked"), policies=(ANYTHING, marked))
    plain = with_peers(small(border=True), peer("carrier", 3000, "anything"))
    codes = [f.code for f in checked(region, "announcements")]
    assert codes == ["checks.private-announced"]
    assert codes == [f.code for f in checked(plain, "announcements")]


def test_a_community_that_the_import_policy_adds_keeps_it_in() -> None:
    """What one provider's routes are marked with when they come in confines them: no leak to the other."""
    marked = Policy(
        name="marked", statements=(Statement(name="all", action="accept", set=Set(communities_add=("no-export",))),)
    )

    def leaks(name: str) -> list[str]:
        one = peer("one", 3000, "anything", "a-border1", ("198.18.0.0/15",), name)
        two = peer("two", 3001, "anything", "a-border2", ("198.51.100.0/24",), name)
        region = with_peers(small(border=True), one, two, policies=(ANYTHING, marked))
        return [f.code for f in checked(region, "announcements") if f.code == "checks.transit-leak"]

    assert leaks("anything") == ["checks.transit-leak"] * 2
    assert leaks("marked") == []


def test_a_policy_that_rejects_keeps_it_in() -> None:
    nothing = Policy(name="nothing", statements=())
    region = with_peers(small(border=True), peer("carrier", 3000, "nothing"), policies=(ANYTHING, nothing))
    assert checked(region, "announcements") == []


def test_infrastructure_that_got_into_a_vrf_and_out_again(healthy: Any, blueprint: Blueprint) -> None:
    def opened(device: Any) -> Any:
        policy = device.routing_policy
        accept_all = tuple(
            msgspec.structs.replace(p, statements=p.statements[-1:]) if "-out-" in p.name else p
            for p in policy.policies
        )
        return msgspec.structs.replace(device, routing_policy=msgspec.structs.replace(policy, policies=accept_all))

    devices = tuple(opened(d) for d in blueprint.devices)
    path = next(r for r in healthy.bgp_routes if (r.device, r.vrf, r.best) == ("a-border1", "red-v1", True))
    infra = msgspec.structs.replace(path, prefix="10.254.0.0/24", peer="local", as_path="", communities=())
    state = msgspec.structs.replace(healthy, bgp_routes=(*healthy.bgp_routes, infra))
    bad = msgspec.structs.replace(blueprint, devices=devices)
    codes = [f.code for f in run_checks(state, bad, only=["announcements"])]
    assert set(codes) == {"checks.infrastructure-announced"}


def test_a_leaked_route_that_is_announced_is_told_twice_once_for_each_cure(healthy: Any, blueprint: Blueprint) -> None:
    blue = next(n for d in blueprint.devices if d.name == "a-leaf3" for n in d.network_instances if n.name == "blue-v1")
    path = next(r for r in healthy.bgp_routes if (r.device, r.vrf, r.best) == ("a-border1", "red-v1", True))
    leaked = msgspec.structs.replace(path, prefix="10.2.17.0/24", peer=f"evpn:{blue.rd}", as_path="1 2", communities=())
    state = msgspec.structs.replace(healthy, bgp_routes=(*healthy.bgp_routes, leaked))
    codes = {f.code for f in run_checks(state, blueprint, only=["announcements", "leaks"])}
    assert codes == {"checks.foreign-announced", "checks.route-leak"}


@pytest.mark.parametrize(("asn", "public"), [(3000, True), (64496, False), (65001, False), (4200000000, False)])
def test_which_asns_are_the_internets(asn: int, public: bool) -> None:
    assert is_public(asn) is public


def test_infrastructure_announced_by_a_peer_stays_out() -> None:
    # The design's own import policy rejects it, whatever the region's policy accepts.
    intruder = peer("customer", 65010, "anything", announces=("10.255.0.0/24", "203.0.113.0/24"))
    assert serious(checked(with_peers(small(border=True), intruder))) == []


def test_a_declared_import_is_no_leak_and_its_prefixes_are_wanted() -> None:
    region = small(tenants=2, segments=1, leaves=3)
    red, blue = region.tenants
    importing = msgspec.structs.replace(
        red, vrfs=tuple(msgspec.structs.replace(v, imports=("blue/v1",)) for v in red.vrfs)
    )
    region = msgspec.structs.replace(region, tenants=(importing, blue))
    blueprint = blueprint_of(region)
    state = simulate(blueprint)
    assert serious(list(run_checks(state, blueprint))) == []
    lost = tuple(r for r in state.routes if (r.device, r.vrf, r.prefix) != ("a-leaf1", "red-v1", "10.2.17.0/24"))
    findings = run_checks(msgspec.structs.replace(state, routes=lost), blueprint)
    assert [(f.code, f.message) for f in serious(list(findings))] == [
        ("checks.prefix-missing", "VRF red-v1 lacks 10.2.17.0/24 on a-leaf1")
    ]


def test_two_leaves_that_share_an_asn_do_not_hear_each_other() -> None:
    region = small(leaves=4, dual_homed=True, segments=1)
    racks = tuple(
        msgspec.structs.replace(
            r, servers=tuple(msgspec.structs.replace(g, homing="single", count=2) for g in r.servers)
        )
        for r in region.pods[0].racks
    )
    pods = (msgspec.structs.replace(region.pods[0], racks=racks),)
    shared = msgspec.structs.replace(region, pods=pods, asns=msgspec.structs.replace(region.asns, leaf="per-rack"))
    blueprint = compile_region(shared).blueprint  # the design says no, and says what it would have been
    assert blueprint is not None
    findings = serious(list(run_checks(simulate(blueprint), blueprint)))
    assert {f.code for f in findings} >= {"checks.vtep-unreachable", "checks.host-unreachable"}
    assert "ASN of their own" in next(f.hint for f in findings if f.code == "checks.vtep-unreachable")


# What is single.


def test_one_spine_is_a_single_point_and_two_are_not() -> None:
    notes = {(f.code, f.place.path): f for f in checked(small(spines=1, leaves=3), "single-points")}
    spine = notes["checks.single-device", "devices/a-spine1"]
    assert spine.severity is Severity.NOTE
    assert spine.message == "without spine a-spine1, 2 leaves are cut off: a-leaf2, a-leaf3"
    assert sum(code == "checks.single-link" for code, _ in notes) == 3
    codes = {f.code for f in checked(small(spines=2, leaves=4, dual_homed=True), "single-points")}
    assert codes == set()


def test_single_homed_servers_are_told_by_leaf() -> None:
    notes = checked(small(spines=2, leaves=2, servers=3), "single-points")
    assert [f.code for f in notes] == ["checks.single-homed"] * 2
    assert notes[0].message.startswith("6 servers on a-leaf1 alone: ")


def test_one_border_or_one_router_outside_is_a_single_handoff() -> None:
    region = small(border=True)
    (note,) = [f for f in checked(region, "single-points") if f.code == "checks.single-handoff"]
    assert note.message == "VRF red-v1 reaches the outside only over transit1"
    two = [peer("one", 65010, "to-transit", "a-border1"), peer("two", 65011, "to-transit", "a-border2")]
    codes = {f.code for f in checked(with_peers(region, *two), "single-points")}
    assert "checks.single-handoff" not in codes


# Failures and drains.


@pytest.mark.parametrize(
    "shape",
    [
        {"spines": 3, "leaves": 3, "vrfs": 2},
        {"underlay": "unnumbered", "pods": 2, "super_spines": 2, "border": True, "l2_only": True, "dual_homed": True},
    ],
)
@pytest.mark.parametrize("drained", ["", "a-spine1", "a-leaf1"])
def test_whatever_single_thing_fails_the_rest_is_as_designed(shape: dict[str, Any], drained: str) -> None:
    region = small(**shape)
    if drained:
        region = msgspec.structs.replace(region, devices=(Device(name=drained, drained=True),))
    blueprint = blueprint_of(region)
    network = Network(blueprint)
    for failures in (Failures(), *single_failures(blueprint)):
        findings = run_checks(state_of(network.settle(failures)), blueprint, expectation=Expectation(failures))
        assert serious(list(findings)) == [], str(failures)


def test_a_second_fault_under_a_declared_failure_is_found() -> None:
    blueprint = blueprint_of(small(spines=3, leaves=3))
    failures = Failures(devices=frozenset({"a-spine1"}))
    state = simulate(blueprint, failures)
    vtep = next(d.vtep for d in blueprint.devices if d.name == "a-leaf3")
    routes = tuple(
        msgspec.structs.replace(r, next_hops=r.next_hops[:1])
        if (r.device, r.prefix) == ("a-leaf1", f"{vtep}/32")
        else r
        for r in state.routes
    )
    broken = msgspec.structs.replace(state, routes=routes)
    (finding,) = serious(list(run_checks(broken, blueprint, expectation=Expectation(failures))))
    assert finding.code == "checks.ecmp-width"
    assert "of 2 equal paths" in finding.message
