"""The network after a change, from the one before it, against the same network from nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from changes import another_segment
from crossconnect.design.blueprint import Blueprint
from crossconnect.model.region import Region
from crossconnect.simulate import Failures, single_failures, state_of
from crossconnect.simulate.impact import Impacts
from regions import compiled, small

BASE = small(leaves=3, tenants=3, border=True, l2_only=True)
DUAL = small(leaves=4, tenants=2, dual_homed=True)


def fewer_tenants(region: Region) -> Region:
    """Without the last tenant, its servers and its handoffs."""
    gone = region.tenants[-1].name
    pods = tuple(
        msgspec.structs.replace(
            pod,
            racks=tuple(
                msgspec.structs.replace(
                    rack,
                    servers=tuple(g for g in rack.servers if not g.segments[0].segment.startswith(f"{gone}/")),
                )
                for rack in pod.racks
            ),
        )
        for pod in region.pods
    )
    peers = tuple(
        msgspec.structs.replace(p, handoffs=tuple(h for h in p.handoffs if not h.vrf.startswith(f"{gone}/")))
        for p in region.peers
    )
    return msgspec.structs.replace(region, tenants=region.tenants[:-1], pods=pods, peers=peers)


def leak(region: Region) -> Region:
    """The first tenant's VRF takes routes from the second's, and the other way round."""
    first, second = region.tenants[0], region.tenants[1]
    names = (f"{first.name}/v1", f"{second.name}/v1")
    both = tuple(
        msgspec.structs.replace(tenant, vrfs=(msgspec.structs.replace(tenant.vrfs[0], imports=(other,)),))
        for tenant, other in ((first, names[1]), (second, names[0]))
    )
    return msgspec.structs.replace(region, tenants=(*both, *region.tenants[2:]))


def one_server_less(region: Region) -> Region:
    """The first rack's first group of servers is gone."""
    pod = region.pods[0]
    rack = msgspec.structs.replace(pod.racks[0], servers=pod.racks[0].servers[1:])
    pod = msgspec.structs.replace(pod, racks=(rack, *pod.racks[1:]))
    return msgspec.structs.replace(region, pods=(pod, *region.pods[1:]))


def everywhere(region: Region) -> Region:
    """The first tenant's first segment is on all leaves."""
    tenant = region.tenants[0]
    segment = msgspec.structs.replace(tenant.vrfs[0].segments[0], leaves=("all",))
    vrf = msgspec.structs.replace(tenant.vrfs[0], segments=(segment, *tenant.vrfs[0].segments[1:]))
    tenant = msgspec.structs.replace(tenant, vrfs=(vrf, *tenant.vrfs[1:]))
    return msgspec.structs.replace(region, tenants=(tenant, *region.tenants[1:]))


def another_announcement(region: Region) -> Region:
    """The transit provider announces one prefix less."""
    peer = msgspec.structs.replace(region.peers[0], announces=region.peers[0].announces[1:])
    return msgspec.structs.replace(region, peers=(peer, *region.peers[1:]))


def another_policy(region: Region) -> Region:
    """The import policy gives another local preference."""
    policy = region.policies[0]
    statement = msgspec.structs.replace(
        policy.statements[0], set=msgspec.structs.replace(policy.statements[0].set, local_pref=80)
    )
    policy = msgspec.structs.replace(policy, statements=(statement,))
    return msgspec.structs.replace(region, policies=(policy, *region.policies[1:]))


def one_spine_more(region: Region) -> Region:
    """A change of the fabric."""
    spines = msgspec.structs.replace(region.pods[0].spines, count=3)
    return msgspec.structs.replace(region, pods=(msgspec.structs.replace(region.pods[0], spines=spines),))


CHANGES: list[tuple[str, Region, Callable[[Region], Region], bool]] = [
    ("a tenant less", BASE, fewer_tenants, True),
    ("a leak", BASE, leak, True),
    ("a server less", BASE, one_server_less, True),
    ("a segment on all leaves", BASE, everywhere, True),
    ("an announcement less", BASE, another_announcement, True),
    ("another policy", BASE, another_policy, True),
    ("a tenant less, dual-homed", DUAL, fewer_tenants, True),
    ("a server less, dual-homed", DUAL, one_server_less, True),
    ("a segment more on servers", BASE, another_segment, True),
    ("a segment more on servers, dual-homed", DUAL, another_segment, True),
    ("a spine more", BASE, one_spine_more, False),
]


def same(after: Impacts, blueprint: Blueprint, before: Impacts) -> None:
    """What `after` says is what the blueprint says from nothing, and of realms it leaves out nothing has changed."""
    fresh = Impacts(blueprint, after.realms.keys())
    assert after.realms == fresh.realms
    assert after.pairs() == fresh.pairs()
    assert after.narrowest == fresh.narrowest
    assert after.width == fresh.width
    assert after.cut_off == fresh.cut_off
    for failure in [Failures(), *single_failures(blueprint)][::2]:
        assert after.of(failure) == fresh.of(failure), failure
    whole = Impacts(blueprint)
    for name in whole.realms.keys() - after.realms.keys():
        assert whole.realms[name] == before.realms[name]
        assert whole.pairs()[name] == before.pairs()[name]
        assert whole.narrowest[name] == before.narrowest[name]


@pytest.mark.parametrize(("region", "change", "reused"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_after_a_change_and_back(region: Region, change: Callable[[Region], Region], reused: bool) -> None:
    """Input: a region, a change, and the change taken back. Output: both times the same as from nothing; only what
    the change has to do with is computed."""
    first = compiled(region)
    assert first.blueprint is not None
    second = compiled(change(region), first.lock)
    assert second.blueprint is not None
    start = Impacts(first.blueprint)
    there = start.after(second.blueprint)
    same(there, second.blueprint, start)
    whole = Impacts(second.blueprint)
    back = whole.after(first.blueprint)
    same(back, first.blueprint, whole)
    if reused:
        assert there.healthy.spreads is start.healthy.spreads
        assert there.realms.keys() <= whole.realms.keys()
        once_more = there.after(first.blueprint)
        same(once_more, first.blueprint, whole)


def test_a_segment_more_behind_a_port_is_no_news_to_those_that_are_there() -> None:
    """Input: the first tenant's servers get a port in the last one's segment. Output: only the latter's VRF differs."""
    for region in (BASE, DUAL):
        first = compiled(region)
        second = compiled(another_segment(region), first.lock)
        assert first.blueprint is not None
        assert second.blueprint is not None
        last = region.tenants[-1].name
        assert {realm.tenant for realm in Impacts(first.blueprint).after(second.blueprint).realms.values()} == {last}


@pytest.mark.parametrize(("region", "change"), [c[1:3] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_the_whole_network_after_a_change(region: Region, change: Callable[[Region], Region]) -> None:
    """Input: a region and a change. Output: all of the network after it is the same as from nothing."""
    first = compiled(region)
    second = compiled(change(region), first.lock)
    assert first.blueprint is not None
    assert second.blueprint is not None
    whole, fresh = Impacts(first.blueprint).whole(second.blueprint), Impacts(second.blueprint)
    assert whole.complete
    assert whole.realms == fresh.realms
    assert whole.pairs() == fresh.pairs()
    assert sum(whole.healthy.up) == sum(fresh.healthy.up)
    assert state_of(whole.healthy) == state_of(fresh.healthy)
    for failure in [Failures(), *single_failures(second.blueprint)][::5]:
        assert whole.of(failure) == fresh.of(failure), failure
