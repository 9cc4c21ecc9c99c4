"""Leaves keep their names, and all that hangs on them, through random changes of a pod's racks.

Regions are drawn as racks with names (and counted entries of racks without); edits put racks in anywhere, take some
out, give some one leaf or two, and put all in another order.
"""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from crossconnect.finding import has_errors
from crossconnect.intent.allocate import allocate
from crossconnect.intent.inventory import expand
from crossconnect.intent.lock import Lock
from crossconnect.model.inventory import Inventory
from crossconnect.model.pod import Pod, RackGroup
from crossconnect.model.region import DesignChoices, Moved, Region
from crossconnect.model.server import ServerGroup
from regions import small

BOUND = settings(max_examples=80, deadline=None)
NAMES = st.lists(st.sampled_from([f"r{n}" for n in range(1, 10)]), min_size=1, max_size=7, unique=True)


@st.composite
def racks(draw: st.DrawFn) -> tuple[RackGroup, ...]:
    """Racks with names, in any order."""
    return tuple(
        RackGroup(
            name=name,
            leaves=draw(st.sampled_from([1, 2])),
            leaf_name=draw(st.sampled_from(["", "{pod}-tor{n}"])) if name in ("r1", "r2") else "",
            servers=(ServerGroup(count=draw(st.integers(1, 3))),),
        )
        for name in draw(NAMES)
    )


def region_of(groups: tuple[RackGroup, ...], moved: tuple[Moved, ...] = (), pods: int = 1) -> Region:
    base = small(pods=pods, spines=2, leaves=1, super_spines=1, tenants=0, servers=0)
    first: Pod = replace(base.pods[0], racks=groups)
    return replace(base, pods=(first, *base.pods[1:]), moved=moved, design=DesignChoices(underlay="numbered"))


def step(region: Region, previous: Lock | None) -> tuple[Inventory, Lock]:
    inventory, findings = expand(region, previous)
    assert not has_errors(findings), [f.message for f in findings]
    lock, said = allocate(region, inventory, previous)
    assert not has_errors(said), [f.message for f in said]
    return inventory, lock


def leaves_of(inventory: Inventory) -> dict[tuple[str, int], str]:
    """Leaf by rack and place in it."""
    groups: dict[str, list[str]] = {}
    numbers = {f"{key}": n for pool, of in inventory.numbers.items() if pool == "leaf/a" for key, n in of.items()}
    for switch in inventory.switches:
        if switch.role == "leaf" and switch.pod == "a":
            groups.setdefault(switch.rack, []).append(switch.name)
    result: dict[tuple[str, int], str] = {}
    for rack, names in groups.items():
        for place in range(1, len(names) + 1):
            number = numbers[f"{rack}#{place}"]
            (result[rack, place],) = [n for n in names if n.removeprefix("a-leaf").removeprefix("a-tor") == str(number)]
    return result


def belongings(lock: Lock, leaf: str) -> dict[tuple[str, str], str]:
    """What the lock holds for a leaf: loopbacks, management, ASN, device number, links and uplinks."""
    return {
        (pool, key): value
        for pool, values in lock.numbers.items()
        for key, value in values.items()
        if key in (leaf, f"devices/{leaf}") or key.startswith(f"{leaf}--")
    }


@given(racks(), racks())
@BOUND
def test_a_leaf_keeps_its_name_and_numbers(before: tuple[RackGroup, ...], after: tuple[RackGroup, ...]) -> None:
    """Racks are put in, taken out, reordered, and get a second leaf or lose it."""
    same = {g.name: g.leaf_name for g in before}
    after = tuple(replace(g, leaf_name=same.get(g.name, g.leaf_name)) for g in after)
    inventory, lock = step(region_of(before), None)
    changed, second = step(region_of(after), lock)
    old, new = leaves_of(inventory), leaves_of(changed)
    for place, leaf in old.items():
        if place in new:
            assert new[place] == leaf, place
            assert belongings(second, leaf) == belongings(lock, leaf)
        else:
            assert leaf not in new.values(), f"{leaf} of {place} was taken over"
    hosts = {h.name: h for h in inventory.hosts}
    for host in changed.hosts:
        if host.name in hosts and set(hosts[host.name].leaves) <= set(new.values()):
            assert host.leaves == hosts[host.name].leaves
    again, third = step(region_of(after), second)
    assert (again.switches, third) == (changed.switches, second)


@given(racks(), st.integers(), st.data())
@BOUND
def test_moved_racks_carry_their_leaves_along(before: tuple[RackGroup, ...], seed: int, data: st.DataObject) -> None:
    inventory, lock = step(region_of(before), None)
    renamed = data.draw(st.sets(st.sampled_from([g.name for g in before]), min_size=1))
    after = [replace(g, name=f"new-{g.name}") if g.name in renamed else g for g in before]
    random.Random(seed).shuffle(after)
    moved = tuple(Moved(old=f"racks/{name}", new=f"racks/new-{name}") for name in sorted(renamed))
    changed, second = step(region_of(tuple(after), moved), lock)
    old, new = leaves_of(inventory), leaves_of(changed)
    assert new == {(f"new-{rack}" if rack in renamed else rack, place): leaf for (rack, place), leaf in old.items()}
    for leaf in old.values():
        assert belongings(second, leaf) == belongings(lock, leaf)
    servers = {h.name.replace("new-", ""): h.leaves for h in changed.hosts}
    assert servers == {h.name: h.leaves for h in inventory.hosts}
    assert {k.replace("new-", ""): v for k, v in second.numbers["host"].items()} == lock.numbers["host"]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2)), min_size=1, max_size=4), st.sampled_from([1, 2]))
@BOUND
def test_counted_racks_keep_theirs_when_any_entry_grows(counts: list[tuple[int, int]], leaves: int) -> None:
    """Input: entries without names, of which any grow. Output: every rack and leaf before is there after."""
    before = tuple(RackGroup(count=n, leaves=leaves) for n, _ in counts)  # type: ignore[arg-type]
    after = tuple(replace(g, count=g.count + more) for g, (_, more) in zip(before, counts, strict=True))
    inventory, lock = step(region_of(before), None)
    changed, second = step(region_of(after), lock)
    assert leaves_of(inventory).items() <= leaves_of(changed).items()
    for pool, values in lock.numbers.items():
        if pool != "rack/a":
            assert values.items() <= second.numbers[pool].items(), pool
