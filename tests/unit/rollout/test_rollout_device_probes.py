"""Probes that devices themselves send.

Input: a region of FRR with two borders and an external router, and changes of it. Output: who asks whom from where.
"""

from __future__ import annotations

import msgspec

from changes import both
from crossconnect.model.change import Objective
from crossconnect.rollout.device_probes import OF_DEVICE_MAX, asked_in, device_probes, probe_key
from regions import small

REGION = small(leaves=2, spines=2, border=True, tenants=1)
BLUEPRINT = both(REGION, lambda region: region)[0].blueprint
PROBES = device_probes(BLUEPRINT, BLUEPRINT, (), ())


def test_everybody_asks_from_an_address_that_he_has() -> None:
    addresses = {
        (device.name, address.partition("/")[0])
        for device in BLUEPRINT.devices
        for interface in device.interfaces
        for address in interface.addresses
    }
    assert PROBES
    assert {(probe.source, probe.source_address) for probe in PROBES} <= addresses


def test_the_underlay_is_a_ring_of_vteps() -> None:
    ring = [(p.source, p.destination) for p in PROBES if p.network == "default"]
    vteps = {device.name for device in BLUEPRINT.devices if device.vtep}
    assert {source for source, _ in ring} == {to for _, to in ring} == vteps


def test_a_server_is_asked_by_its_one_leaf_only() -> None:
    """An anycast gateway's address is on every leaf: an answer from another leaf's server would end there."""
    leaves = {host.name: host.leaves for host in BLUEPRINT.hosts}
    asked = [p for p in PROBES if p.destination in leaves]
    assert asked
    assert all(leaves[p.destination] == (p.source,) for p in asked)


def test_external_routers_are_asked_at_their_end_and_behind_it() -> None:
    peer = BLUEPRINT.peers[0]
    asked = {(p.source, p.destination_address) for p in PROBES if p.destination == peer.name}
    ends = {(s.device, s.local_address.partition("/")[0]) for s in peer.sessions}
    assert ends < asked


def test_what_only_one_network_has_is_not_asked() -> None:
    """Input: a change after which a server is gone. Output: nobody asks it."""
    gone = BLUEPRINT.hosts[0]
    fewer = msgspec.structs.replace(BLUEPRINT, hosts=BLUEPRINT.hosts[1:])
    for probes in (device_probes(BLUEPRINT, fewer, (), ()), device_probes(fewer, BLUEPRINT, (), ())):
        assert gone.name not in {probe.destination for probe in probes}


def test_objectives_and_waves_are_those_of_the_plan() -> None:
    """Input: an objective of the tenant; a wave in which the plan misses the VRF; a probe that nobody answered before.
    Output: judged by that objective; not asked after that wave, and not at all."""
    inside = next(p for p in PROBES if p.network != "default")
    planned = msgspec.structs.replace(inside, lost_in=(2,))
    probes = device_probes(BLUEPRINT, BLUEPRINT, [planned], [Objective(name="gold", tenant=inside.tenant)])
    assert {p.objective for p in probes if p.network == inside.network} == {"gold"}
    networks = {p.network for p in asked_in(probes, 2, ())}
    assert inside.network not in networks
    assert "default" in networks
    silent = probe_key(inside)
    assert silent not in {probe_key(p) for p in asked_in(probes, 1, {silent})}
    assert len(asked_in(probes, 1, {silent})) == len(probes) - 1


def test_no_device_sends_too_many() -> None:
    big = small(leaves=2, spines=2, border=True, tenants=2, servers=4)
    blueprint = both(big, lambda region: region)[0].blueprint
    probes = device_probes(blueprint, blueprint, (), ())
    sources = [probe.source for probe in probes]
    assert max(map(sources.count, sources)) <= OF_DEVICE_MAX
    assert {p.source for p in probes if p.network == "default"}, "the way through the underlay stays"
