"""The allocator's promises over random regions and random changes of them.

Regions are drawn as (switches, servers, tenants) by small numbers; a change removes and adds things. Seeds are printed
by hypothesis when an example fails.
"""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from crossconnect.finding import has_errors
from crossconnect.intent.allocate import allocate
from crossconnect.intent.inventory import expand
from crossconnect.intent.lock import Lock
from crossconnect.intent.number_space import scope_of
from crossconnect.model.device import Device, Link
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.region import DesignChoices, Region
from crossconnect.model.server import Attachment, SegmentPort, Server
from crossconnect.model.tenant import Segment, Tenant, Vrf
from regions import small

NAMES = st.sampled_from([f"n{n}" for n in range(1, 13)])
SEGMENTS = st.lists(st.tuples(NAMES, st.none() | st.integers(10000, 10008)), max_size=6, unique_by=lambda s: s[0])
BOUND = settings(max_examples=60, deadline=None)


@st.composite
def regions(draw: st.DrawFn) -> Region:
    """A region whose parts come and go; numbers by hand do not collide."""
    base = small(
        pods=draw(st.integers(1, 2)),
        spines=draw(st.integers(1, 2)),
        leaves=draw(st.integers(1, 4)),
        super_spines=draw(st.integers(0, 2)),
        underlay=draw(st.sampled_from(["numbered", "unnumbered"])),
        tenants=0,
        servers=0,
    )
    tenants: list[Tenant] = []
    used: set[int] = set()
    for name in draw(st.sets(st.sampled_from(["red", "blue", "green"]))):
        segments: list[Segment] = []
        for segment, vni in draw(SEGMENTS):
            fixed = vni if vni not in used else None
            used |= {fixed} if fixed is not None else set()
            segments.append(Segment(name=segment, vni=fixed, leaves=("all",)))
        tenants.append(Tenant(name=name, vrfs=(Vrf(name="v1", segments=tuple(segments)),)))
    servers = [
        Server(
            name=f"server-{name}",
            attachments=tuple(Attachment(port=f"a-leaf{n}") for n in draw(st.sampled_from([(1,), (2,), (1, 2)]))),
            segments=(SegmentPort(segment="red/v1/n1"),),
        )
        for name in draw(st.sets(NAMES, max_size=5))
    ]
    handoffs = tuple(
        Handoff(border="a-leaf1" + draw(st.sampled_from(["", ":swp40", ":swp41"])), vrf=f"{t.name}/v1") for t in tenants
    )
    return replace(
        base,
        tenants=tuple(sorted(tenants, key=lambda t: t.name)),
        servers=tuple(sorted(servers, key=lambda s: s.name)),
        peers=(Peer(name="transit", asn=64496, handoffs=handoffs),) if handoffs else (),
        devices=tuple(Device(name=f"a-leaf{n}", asn=64600 + n) for n in draw(st.sets(st.integers(1, 4))) if n == 1),
        links=tuple(Link(a="a-leaf1:swp50", b="a-spine1") for _ in range(draw(st.integers(0, 1)))),
        design=replace(base.design, resting_locks=draw(st.integers(1, 3))),
    )


def next_lock(region: Region, previous: Lock | None) -> Lock:
    inventory, findings = expand(region, previous)
    assert not has_errors(findings)
    lock, findings = allocate(region, inventory, previous)
    assert not has_errors(findings), [f.message for f in findings]
    return lock


def shuffled(region: Region, seed: int) -> Region:
    """The same region with every list whose order means nothing in another order."""
    order = random.Random(seed)

    def mix(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(order.sample(items, len(items)))

    tenants = tuple(
        replace(t, vrfs=mix(tuple(replace(v, segments=mix(v.segments)) for v in t.vrfs))) for t in region.tenants
    )
    return replace(
        region,
        pools=mix(region.pools),
        pods=mix(region.pods),
        tenants=mix(tenants),
        servers=mix(region.servers),
        devices=mix(region.devices),
        links=mix(region.links),
        peers=mix(tuple(replace(p, handoffs=mix(p.handoffs)) for p in region.peers)),
    )


@given(regions(), st.integers())
@BOUND
def test_order_means_nothing(region: Region, seed: int) -> None:
    one, other = next_lock(region, None), next_lock(shuffled(region, seed), None)
    assert one == other
    assert [list(values) for values in one.numbers.values()] == [list(values) for values in other.numbers.values()]


@given(regions(), regions())
@BOUND
def test_doing_it_again_changes_nothing(region: Region, before: Region) -> None:
    lock = next_lock(region, next_lock(before, None))
    assert next_lock(region, lock) is lock


@given(regions(), regions())
@BOUND
def test_what_stays_keeps_its_numbers(before: Region, after: Region) -> None:
    """Only a number written by hand for another object may move one; ports follow the use of their cables, and a
    handoff that is put on another port may find its VLAN id used there."""
    first = next_lock(before, None)
    second = next_lock(after, first)
    by_hand = {str(s.vni) for r in (before, after) for t in r.tenants for v in t.vrfs for s in v.segments if s.vni}
    for pool, values in first.numbers.items():
        if pool in ("asn", "handoff-vlan") or pool.startswith("port/"):
            continue
        for key, value in values.items():
            now = second.numbers.get(pool, {}).get(key, value)
            assert now == value or {now, value} & by_hand, (pool, key)


@given(regions(), regions())
@BOUND
def test_numbers_are_unique_and_freed_ones_are_not_taken_over(before: Region, after: Region) -> None:
    first = next_lock(before, None)
    second = next_lock(after, first)
    by_hand = {str(s.vni) for t in after.tenants for v in t.vrfs for s in v.segments if s.vni}
    for pool, values in second.numbers.items():
        if pool == "handoff-vlan":
            continue
        held = [(scope_of(pool, key), value) for key, value in values.items()]
        assert len(held) == len(set(held)), pool
        if pool.startswith("port/"):
            continue
        owners = {(scope_of(pool, key), value): key for key, value in first.numbers.get(pool, {}).items()}
        for key, value in values.items():
            owner = owners.get((scope_of(pool, key), value), key)
            assert owner == key or value in by_hand, (pool, key, value)


@given(st.lists(st.sets(NAMES), min_size=2, max_size=8), st.integers(1, 4))
@BOUND
def test_a_number_rests_before_another_key_gets_it(generations: list[set[str]], rest: int) -> None:
    """Input: segments come and go over several locks. Output: a VNI changes hands only after `rest` locks."""
    base = replace(small(tenants=0, servers=0), design=DesignChoices(resting_locks=rest))
    lock: Lock | None = None
    owner: dict[str, str] = {}
    freed: dict[str, int] = {}
    for names in generations:
        segments = tuple(Segment(name=name, leaves=("all",)) for name in sorted(names))
        lock = next_lock(replace(base, tenants=(Tenant(name="red", vrfs=(Vrf(name="v", segments=segments),)),)), lock)
        now = {value: key for key, value in lock.numbers.get("l2vni", {}).items()}
        for value, key in now.items():
            if value in freed:
                assert lock.serial - freed.pop(value) >= rest
            else:
                assert owner.get(value, key) == key
        freed |= {value: lock.serial for value in owner if value not in now and value not in freed}
        owner = now
