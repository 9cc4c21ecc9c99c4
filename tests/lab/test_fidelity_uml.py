"""What needs a kernel of its own: Ethernet segments, VRF leaking. simulated == real, inside user-mode-linux."""

from __future__ import annotations

import msgspec
import pytest
from fidelity import Proved, device_down, filled, link_cut, proof
from patience import unanswered

from crossconnect import lab as labs
from crossconnect.checks import run_checks
from crossconnect.lab.uml import machine
from crossconnect.model.policy import PrefixSet
from crossconnect.model.region import Region
from crossconnect.state.tables import State
from regions import compiled, small

pytestmark = [
    pytest.mark.uml,
    pytest.mark.skipif(machine.unavailable() != "", reason=machine.unavailable() or "-"),
]


def test_dual_homed_servers() -> None:
    """Ethernet segments of all-active servers: a leg cut, a leaf dead, seen by a third leaf as well."""
    blueprint = compiled(small(leaves=4, dual_homed=True, segments=1)).blueprint
    with proof("ethernet-segments", blueprint) as proved:
        state = proved.agrees()
        filled(state, "lldp")
        assert {row.route_type for row in state.evpn_routes} == {1, 2, 3, 4, 5}
        assert any(row.where.startswith("esi:") for row in state.macs)
        leg = next(w for w in blueprint.wires if w.kind == "server" and w.b_device == "a-leaf1")
        proved.survives(link_cut(leg))
        proved.breaks(device_down("a-leaf1"))


def leaking(region: Region) -> Region:
    """A chain: blue's VRF is a shared service. Red and green import it, and it imports both."""

    def imports(tenant: str) -> tuple[str, ...]:
        return ("red/v1", "green/v1") if tenant == "blue" else ("blue/v1",)

    tenants = tuple(
        msgspec.structs.replace(
            tenant, vrfs=tuple(msgspec.structs.replace(vrf, imports=imports(tenant.name)) for vrf in tenant.vrfs)
        )
        for tenant in region.tenants
    )
    return msgspec.structs.replace(region, tenants=tenants)


COLOURS = ("red", "blue", "green")


def prefixes(state: State, device: str, vrf: str) -> set[str]:
    return {row.prefix for row in state.routes if (row.device, row.vrf) == (device, vrf)}


SUBNETS = {"red-v1": "10.1.17.0/24", "blue-v1": "10.2.17.0/24", "green-v1": "10.3.17.0/24"}
ENDS = {("red", "green"), ("green", "red")}


def leaks_are_not_transitive(state: State, devices: tuple[str, ...]) -> None:
    """Red and green have blue's routes, blue has theirs, and neither has the other's."""
    for device in devices:
        for vrf, missing in {"red-v1": {"green-v1"}, "blue-v1": set[str](), "green-v1": {"red-v1"}}.items():
            here = prefixes(state, device, vrf)
            assert {other for other, subnet in SUBNETS.items() if subnet not in here} == missing, (device, vrf)


def pinged(proved: Proved, silent: set[tuple[str, str]]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Pairs of colours of which some host answered another, and of which some did not. All but those of `silent` are
    asked again until they answer."""
    labs.announce_hosts(proved.lab)
    pings = labs.host_pairs(proved.blueprint)
    late = unanswered(proved.lab, [ping for ping in pings if colours(ping) not in silent])
    apart = [ping for ping in pings if colours(ping) in silent]
    results = labs.ping_matrix(proved.lab, apart) if apart else ()
    answered = {colours(r.ping) for r in results if r.answered}
    answered |= {colours(ping) for ping in pings if colours(ping) not in silent and ping not in late}
    return answered, {colours(r.ping) for r in results if not r.answered} | {colours(ping) for ping in late}


def colours(ping: labs.Ping) -> tuple[str, str]:
    source, target = ping.name.split(" > ")
    return source.split("-")[2], target.split("-")[2]


def test_leaking_between_vrfs() -> None:
    blueprint = compiled(leaking(small(leaves=2, tenants=3, segments=1))).blueprint
    with proof("leak", blueprint) as proved:
        state = proved.agrees()
        filled(state, "lldp")
        leaks_are_not_transitive(state, ("a-leaf1", "a-leaf2"))
        assert pinged(proved, ENDS) == ({(a, b) for a in COLOURS for b in COLOURS} - ENDS, ENDS)
        proved.survives(link_cut(next(w for w in blueprint.wires if w.kind == "server" and w.b_device == "a-leaf1")))
        proved.breaks(device_down("a-leaf2"))


def test_what_a_vrf_has_from_its_external_router_is_its_own_and_is_leaked() -> None:
    """A transit provider in blue, the middle of the chain, at both borders: red and green get its default route."""
    region = leaking(small(leaves=2, tenants=3, segments=1, border=True))
    (peer,) = region.peers
    handoffs = tuple(handoff for handoff in peer.handoffs if handoff.vrf == "blue/v1")
    # Only blue's subnets are announced, else the provider would carry packets of red back in for green.
    own = PrefixSet(name="own", prefixes=("10.2.0.0/16 le 24", "2001:db8:2::/48 le 64"))
    region = msgspec.structs.replace(
        region,
        peers=(msgspec.structs.replace(peer, handoffs=handoffs),),
        prefix_sets=tuple(own if s.name == "own" else s for s in region.prefix_sets),
    )
    blueprint = compiled(region).blueprint
    with proof("leak-edge", blueprint) as proved:
        state = proved.agrees()
        filled(state, "lldp")
        for device in ("a-leaf1", "a-leaf2", "a-border1", "a-border2"):
            for vrf in ("red-v1", "green-v1"):
                assert {"0.0.0.0/0", "::/0", "192.0.2.0/24"} <= prefixes(state, device, vrf), (device, vrf)
        leaks_are_not_transitive(state, ("a-leaf1", "a-leaf2", "a-border1", "a-border2"))
        # Packets of red for green follow the default route to a border, which looks them up in blue: no route is leaked
        # there, and the check says of the network what pings say of the lab.
        answered, silent = pinged(proved, set())
        assert (answered >= ENDS, silent) == (True, set())
        found = [f for f in run_checks(state, blueprint) if f.code == "checks.host-not-isolated"]
        assert len(found) == len(ENDS)
        proved.breaks(device_down("a-border1"))


def test_two_vrfs_that_import_each_other_have_the_same_external_route() -> None:
    """Both prefer the same one of the two default routes, and only the VRF whose own it is announces it."""
    blueprint = compiled(leaking(small(leaves=1, tenants=2, segments=1, border=True))).blueprint
    with proof("leak-twice", blueprint) as proved:
        state = proved.agrees()
        owner = {i.rd: i.name for d in blueprint.devices for i in d.network_instances if i.kind == "l3vrf"}
        assert len({owner[r.rd] for r in state.evpn_routes if r.key == "0.0.0.0/0"}) == 1
        for vrf in ("red-v1", "blue-v1"):
            assert {"0.0.0.0/0", "::/0"} <= prefixes(state, "a-leaf1", vrf)


def test_of_routes_leaked_from_two_vrfs_frr_uses_one_vrfs_only() -> None:
    """Green imports blue (VNI 5000) and red (5002), which have the same default routes from two borders. That FRR does
    not use these VNIs together is known, and which of them it uses is not: both are right, and nothing between."""
    region = small(spines=1, leaves=1, tenants=3, segments=1, border=True)
    (peer,) = region.peers
    handoffs = tuple(handoff for handoff in peer.handoffs if handoff.vrf != "green/v1")
    tenants = tuple(
        msgspec.structs.replace(
            tenant,
            vrfs=tuple(
                msgspec.structs.replace(vrf, imports=("blue/v1", "red/v1") if tenant.name == "green" else ())
                for vrf in tenant.vrfs
            ),
        )
        for tenant in region.tenants
    )
    region = msgspec.structs.replace(region, tenants=tenants, peers=(msgspec.structs.replace(peer, handoffs=handoffs),))
    blueprint = compiled(region).blueprint
    with proof("leak-tie", blueprint) as proved:
        for state, borders in ((proved.agrees(), 2), (proved.breaks(device_down("a-border2")), 1)):
            for prefix in ("0.0.0.0/0", "::/0"):
                (route,) = (r for r in state.routes if (r.device, r.vrf, r.prefix) == ("a-leaf1", "green-v1", prefix))
                vnis = {hop.partition("%")[2] for hop in route.next_hops}
                assert len(route.next_hops) == borders
                assert vnis in ({"5000"}, {"5002"})
