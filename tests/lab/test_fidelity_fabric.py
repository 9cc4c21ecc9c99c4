"""Underlay and overlay as designed, each with a link cut, healed, and a device dead: simulated == real."""

from __future__ import annotations

import msgspec
import pytest
from fidelity import device_down, filled, link_cut, proof, wire_between

from crossconnect.model.device import Device
from regions import compiled, small


def test_numbered_three_stage() -> None:
    blueprint = compiled(small(spines=2, leaves=2)).blueprint
    with proof("numbered", blueprint, lldp=True) as proved:
        filled(proved.agrees())
        proved.survives(link_cut(wire_between(blueprint, "a-leaf1", "a-spine1")))
        proved.survives(device_down("a-spine2"))


def test_unnumbered_three_stage() -> None:
    blueprint = compiled(small(underlay="unnumbered", spines=2, leaves=3)).blueprint
    with proof("unnumbered", blueprint) as proved:
        filled(proved.agrees(), "lldp")
        proved.survives(link_cut(wire_between(blueprint, "a-leaf2", "a-spine2")))
        proved.breaks(device_down("a-leaf1"))


def test_numbered_five_stage_with_planes() -> None:
    region = small(pods=2, spines=2, leaves=1, super_spines=2, planes=2, everywhere=True)
    blueprint = compiled(region).blueprint
    with proof("five-stage-numbered", blueprint) as proved:
        filled(proved.agrees(), "lldp")
        proved.survives(link_cut(wire_between(blueprint, "a-spine1", "core1")))
        # The plane of spine 1 is gone between pods: everything goes through the other one.
        proved.breaks(device_down("core2"))


def test_unnumbered_five_stage_with_layer_2_segments() -> None:
    region = small(underlay="unnumbered", pods=2, spines=2, leaves=2, super_spines=2, l2_only=True, segments=1)
    blueprint = compiled(region).blueprint
    with proof("five-stage-unnumbered", blueprint) as proved:
        filled(proved.agrees(), "lldp")
        proved.survives(link_cut(wire_between(blueprint, "b-leaf1", "b-spine1")))
        proved.breaks(device_down("b-spine2"))


def test_segments_without_routing() -> None:
    """No VRF at all: MAC-VRFs alone."""
    region = small(leaves=3, l2_only=True, vrfs=0, segments=0, servers=2)
    blueprint = compiled(region).blueprint
    with proof("layer-2", blueprint) as proved:
        state = proved.agrees()
        filled(state, "lldp")
        assert {row.vrf for row in state.vnis} == {"default"}
        proved.survives(link_cut(wire_between(blueprint, "a-leaf3", "a-spine1")))
        server = next(w for w in blueprint.wires if w.kind == "server" and w.b_device == "a-leaf2")
        proved.survives(link_cut(server))
        proved.breaks(device_down("a-leaf2"))


def test_two_tenants() -> None:
    """Routes of two tenants with two VRFs each stay apart."""
    blueprint = compiled(small(leaves=3, tenants=2, vrfs=2, segments=1)).blueprint
    with proof("tenants", blueprint) as proved:
        state = proved.agrees()
        filled(state, "lldp")
        assert {row.vrf for row in state.routes} >= {"red-v1", "red-v2", "blue-v1", "blue-v2"}
        proved.survives(link_cut(wire_between(blueprint, "a-leaf1", "a-spine2")))
        proved.breaks(device_down("a-leaf3"))


def test_ipv4_underlay_alone() -> None:
    """Tenants stay dual-stack over an underlay without IPv6."""
    blueprint = compiled(small(families=("ipv4",), leaves=2)).blueprint
    with proof("ipv4-only", blueprint) as proved:
        state = proved.agrees()
        filled(state, "lldp")
        assert {row.family for row in state.bgp_sessions} == {"ipv4-unicast", "l2vpn-evpn"}
        assert any(":" in row.prefix for row in state.routes)
        proved.survives(link_cut(wire_between(blueprint, "a-leaf2", "a-spine1")))
        proved.breaks(device_down("a-spine1"))


@pytest.mark.parametrize("underlay", ["numbered", "unnumbered"])
def test_drained_spine(underlay: str) -> None:
    """Graceful shutdown (RFC 8326): its routes are there, and used last."""
    region = small(underlay=underlay, spines=2, leaves=2, segments=1)
    drained = msgspec.structs.replace(region, devices=(Device(name="a-spine1", drained=True),))
    blueprint = compiled(drained).blueprint
    with proof(f"drained-{underlay}", blueprint) as proved:
        state = proved.agrees()
        filled(state, "lldp")
        last = [row for row in state.bgp_routes if "graceful-shutdown" in row.communities]
        assert last
        better = {(r.device, r.vrf, r.prefix) for r in state.bgp_routes if "graceful-shutdown" not in r.communities}
        assert not [r for r in last if (r.best or r.multipath) and (r.device, r.vrf, r.prefix) in better]
        # Nothing else is left then: a drained way is still a way.
        proved.survives(link_cut(wire_between(blueprint, "a-leaf1", "a-spine2")))
        proved.breaks(device_down("a-spine2"))


@pytest.mark.parametrize("underlay", ["numbered", "unnumbered"])
def test_parallel_links(underlay: str) -> None:
    """Two cables between each pair: the neighbour's port decides which of two equal paths is best."""
    region = small(underlay=underlay, spines=1, leaves=2, segments=1)
    pods = tuple(msgspec.structs.replace(pod, links_per_spine=2) for pod in region.pods)
    blueprint = compiled(msgspec.structs.replace(region, pods=pods)).blueprint
    with proof(f"parallel-{underlay}", blueprint) as proved:
        filled(proved.agrees(), "lldp")
        proved.survives(link_cut(wire_between(blueprint, "a-leaf1", "a-spine1")))
        proved.breaks(device_down("a-leaf2"))
