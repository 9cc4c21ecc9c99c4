"""Input: two blueprints. Output: whose network is another one, healthy and under every single failure."""

from __future__ import annotations

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.model.region import Region
from crossconnect.rollout.blast_radius import blast_radius
from regions import compiled, small


def of(region: Region) -> Blueprint:
    blueprint = compiled(region).blueprint
    assert blueprint is not None
    return blueprint


def test_the_same_network_has_no_blast_radius() -> None:
    blueprint = of(small(leaves=3, border=True, tenants=2))
    radius = blast_radius(blueprint, blueprint)
    assert (radius.fabric, radius.realms, radius.failures, radius.sessions) == (False, (), (), ())
    assert radius.evaluated == 0


def test_a_new_tenant_touches_nobody_else() -> None:
    one, two = small(leaves=3, tenants=1), small(leaves=3, tenants=2)
    radius = blast_radius(of(one), of(two))
    assert [(c.scope, c.kind, c.tenant) for c in radius.realms] == [("blue-v1", "added", "blue")]
    assert {scope for change in radius.failures for scope in change.scopes} == {"blue-v1"}
    assert all(not change.before for change in radius.failures)
    assert radius.sessions == ()
    assert radius.bystanders == ("red",)


def test_a_removed_tenant_is_told_of_by_what_it_had() -> None:
    radius = blast_radius(of(small(leaves=3, tenants=2)), of(small(leaves=3, tenants=1)))
    (change,) = radius.realms
    assert (change.scope, change.kind) == ("blue-v1", "removed")
    assert change.endpoints[0] > 0
    assert change.endpoints[1] == 0


def test_a_second_way_out_that_is_gone_is_missed_when_the_first_fails() -> None:
    region = small(leaves=3, border=True)
    peers = tuple(msgspec.structs.replace(p, handoffs=p.handoffs[:1]) for p in region.peers)
    radius = blast_radius(of(region), of(msgspec.structs.replace(region, peers=peers)))
    (change,) = radius.realms
    assert (change.scope, change.borders) == ("red-v1", (2, 1))
    worst = radius.failures[0]
    assert worst.failures == ("border-leaf a-border1",)
    assert "no way to" in worst.after
    assert worst.before == "borders 2 -> 1"
    assert {s.kind for s in radius.sessions} == {"goes"}


def test_paths_between_mlag_pairs_are_counted() -> None:
    """Input: a fabric with sessions over peer links, and a spine less. Output: as many paths as there are spines."""
    two, three = (small(leaves=4, spines=n, dual_homed=True, mlag=True) for n in (2, 3))
    radius = blast_radius(of(three), of(two))
    assert [(c.scope, c.paths) for c in radius.realms] == [("red-v1", (3, 2))]


def test_a_spine_less_is_a_change_of_the_fabric() -> None:
    radius = blast_radius(of(small(leaves=3, spines=2)), of(small(leaves=3, spines=1)))
    assert radius.fabric
    assert [(c.scope, c.paths) for c in radius.realms] == [("red-v1", (2, 1))]
    lost = [c for c in radius.failures if "spine a-spine1" in c.failures and c.after]
    assert any("pairs of connected hosts lose each other" in c.after for c in lost)


def test_another_asn_makes_sessions_flap() -> None:
    blueprint = of(small(leaves=2))
    devices = list(blueprint.devices)
    for number, device in enumerate(devices):
        instances = tuple(
            msgspec.structs.replace(i, bgp=msgspec.structs.replace(i.bgp, asn=64999))
            if device.name == "a-leaf1" and i.kind == "default" and i.bgp is not None
            else i
            for i in device.network_instances
        )
        devices[number] = msgspec.structs.replace(device, network_instances=instances)
    radius = blast_radius(blueprint, msgspec.structs.replace(blueprint, devices=tuple(devices)))
    flapping = [s for s in radius.sessions if s.kind == "flaps"]
    assert {s.device for s in flapping} == {"a-leaf1"}
    assert {s.why for s in flapping} == {"own ASN"}
    assert radius.realms, "leaf 1 no longer has any session, and its hosts nobody to talk to"
    (flap,) = radius.flaps
    assert (flap.devices, flap.sessions) == (("a-leaf1",), len(flapping))
    assert "connected hosts lose each other in red-v1" in flap.effect


def test_sessions_that_flap_one_spine_at_a_time_hurt_nobody() -> None:
    blueprint = of(small(leaves=2, spines=3))
    region = small(leaves=2, spines=3)
    slower = msgspec.structs.replace(region, design=msgspec.structs.replace(region.design, hold_time_s=12))
    radius = blast_radius(blueprint, of(slower))
    spines = next(f for f in radius.flaps if "a-spine1" in f.devices)
    assert spines.devices == ("a-spine1", "a-spine2", "a-spine3")
    assert spines.effect == "nobody loses anything; equal paths 3 -> 2"
