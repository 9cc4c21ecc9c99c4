"""Racks and leaves keep their numbers, and what is said where they cannot."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from crossconnect.finding import Finding, has_errors
from crossconnect.intent import allocate_codes as codes
from crossconnect.intent.allocate import allocate
from crossconnect.intent.inventory import expand
from crossconnect.intent.lock import Lock
from crossconnect.intent.validate import validate
from crossconnect.model.device import Device
from crossconnect.model.inventory import Inventory
from crossconnect.model.pod import RackGroup
from crossconnect.model.region import DesignChoices, Moved, Region
from crossconnect.model.server import Attachment, Server, ServerGroup
from regions import small

ONE, TWO, THREE = (RackGroup(name=name) for name in ("one", "two", "three"))


def region_of(*racks: RackGroup, moved: Sequence[Moved] = (), resting: int = 10) -> Region:
    base = small(leaves=1, spines=1, tenants=0, servers=0)
    pod = replace(base.pods[0], racks=racks)
    return replace(base, pods=(pod,), moved=tuple(moved), design=DesignChoices(resting_locks=resting))


def step(region: Region, previous: Lock | None = None) -> tuple[Inventory, Lock, tuple[Finding, ...]]:
    inventory, findings = expand(region, previous)
    lock, said = allocate(region, inventory, previous)
    assert not has_errors((*findings, *said))
    return inventory, lock, findings


def leaves(inventory: Inventory) -> dict[str, str]:
    """Rack by leaf."""
    return {s.name: s.rack for s in inventory.switches if s.role == "leaf"}


def said(findings: Sequence[Finding]) -> list[str]:
    return [f.code for f in findings]


def test_a_second_leaf_in_the_first_rack_takes_the_next_free_number() -> None:
    _, lock, _ = step(region_of(ONE, TWO, THREE))
    assert lock.numbers["leaf/a"] == {"one#1": "1", "three#1": "3", "two#1": "2"}
    assert "rack/a" not in lock.numbers, "names need no number"
    inventory, second, findings = step(region_of(replace(ONE, leaves=2), TWO, THREE), lock)
    assert leaves(inventory) == {"a-leaf1": "one", "a-leaf2": "two", "a-leaf3": "three", "a-leaf4": "one"}
    assert findings == ()
    for pool, values in lock.numbers.items():
        assert values.items() <= second.numbers[pool].items(), pool
    assert second.resting == {}


def test_a_freed_number_rests() -> None:
    _, first, _ = step(region_of(ONE, TWO, resting=2))
    inventory, second, _ = step(region_of(THREE, TWO, resting=2), first)
    assert leaves(inventory) == {"a-leaf2": "two", "a-leaf3": "three"}
    assert second.resting["leaf/a"] == {"1": 2}
    _, third, _ = step(region_of(THREE, TWO, RackGroup(name="four"), resting=2), second)
    assert third.numbers["leaf/a"]["four#1"] == "4"
    _, fourth, _ = step(region_of(THREE, TWO, RackGroup(name="four"), RackGroup(name="five"), resting=2), third)
    assert fourth.numbers["leaf/a"]["five#1"] == "1"


def test_a_new_leaf_becomes_no_device_that_is_there() -> None:
    own = Device(name="a-leaf3", role="leaf", pod="a", rack="two")
    _, lock, _ = step(replace(region_of(ONE, TWO), devices=(own,)))
    inventory, _, _ = step(replace(region_of(THREE, ONE, TWO), devices=(own,)), lock)
    assert leaves(inventory) == {"a-leaf1": "one", "a-leaf2": "two", "a-leaf3": "two", "a-leaf4": "three"}


def test_an_entry_in_the_middle_may_grow() -> None:
    inventory, lock, _ = step(region_of(RackGroup(count=2), RackGroup(count=2)))
    assert lock.numbers["rack/a"] == {
        "{pod}-rack{n}#1.1": "1",
        "{pod}-rack{n}#1.2": "2",
        "{pod}-rack{n}#2.1": "3",
        "{pod}-rack{n}#2.2": "4",
    }
    grown, second, findings = step(region_of(RackGroup(count=3), RackGroup(count=2)), lock)
    assert leaves(grown) == {**leaves(inventory), "a-leaf5": "a-rack5"}
    assert second.numbers["rack/a"]["{pod}-rack{n}#1.3"] == "5"
    shrunk, _, more = step(region_of(RackGroup(count=1), RackGroup(count=2)), second)
    assert leaves(shrunk) == {"a-leaf1": "a-rack1", "a-leaf3": "a-rack3", "a-leaf4": "a-rack4"}
    assert (findings, more) == ((), ())


def test_patterns_tell_entries_apart() -> None:
    web, db = RackGroup(count=2, name="web{n}"), RackGroup(count=2, name="db{n:02d}")
    inventory, lock, _ = step(region_of(web, db))
    turned, _, findings = step(region_of(replace(db, count=3), ONE, web), lock)
    assert leaves(inventory).items() <= leaves(turned).items()
    assert {"db03", "web1", "web2", "db04"} < set(leaves(turned).values()) | {"db03"}
    assert findings == ()


@pytest.mark.parametrize(
    ("before", "after", "racks"),
    [
        ([RackGroup(count=2), RackGroup(count=3)], [RackGroup(), RackGroup(count=2), RackGroup(count=3)], "a-rack1"),
        ([RackGroup(), RackGroup(leaves=2), RackGroup()], [RackGroup(), RackGroup()], "a-rack2, a-rack3"),
        ([RackGroup(count=2), RackGroup(count=3)], [RackGroup(count=3), RackGroup(count=2)], "a-rack1"),
    ],
)
def test_racks_without_names_that_become_others_are_named(
    before: list[RackGroup], after: list[RackGroup], racks: str
) -> None:
    _, lock, _ = step(region_of(*before))
    _, _, findings = step(region_of(*after), lock)
    assert said(findings) == [codes.RACKS_RENUMBERED.name]
    assert racks in findings[0].message
    assert "name" in findings[0].hint
    assert said(validate(region_of(*after), lock)) == [codes.RACKS_RENUMBERED.name], "also by xc validate"
    assert step(region_of(*after), step(region_of(*after), lock)[1])[2] == (), "once locked it is as it is"


def test_servers_that_would_be_on_another_leaf_betray_racks_that_became_others() -> None:
    racks = [RackGroup(servers=(ServerGroup(name=f"web{n}"),)) for n in (1, 2, 3)]
    _, lock, _ = step(region_of(*racks))
    _, _, findings = step(region_of(racks[0], racks[2]), lock)
    assert said(findings) == [codes.RACKS_RENUMBERED.name]
    assert "a-rack2 would be other racks; region.lock has web3 on a-leaf3" in findings[0].message
    _, _, findings = step(region_of(*racks[:2]), lock)
    assert findings == (), "taking away the last is no renumbering"
    _, _, findings = step(region_of(RackGroup(), *racks), lock)
    assert said(findings) == [codes.RACKS_RENUMBERED.name]
    assert "region.lock has web1 on a-leaf1" in findings[0].message


def test_a_rack_that_loses_its_second_leaf_is_no_other_rack() -> None:
    rack = RackGroup(leaves=2, servers=(ServerGroup(count=2),))
    _, lock, _ = step(region_of(rack, RackGroup()))
    inventory, _, findings = step(region_of(replace(rack, leaves=1), RackGroup()), lock)
    assert findings == ()
    assert leaves(inventory) == {"a-leaf1": "a-rack1", "a-leaf3": "a-rack2"}
    assert {h.leaves for h in inventory.hosts} == {("a-leaf1",)}


def test_racks_may_get_their_names_written_out_one_by_one() -> None:
    racks = [RackGroup(leaves=2), RackGroup(), RackGroup(leaves=2)]
    inventory, lock, _ = step(region_of(*racks))
    named = [racks[0], replace(racks[1], name="a-rack2"), racks[2]]
    same, second, findings = step(region_of(*named), lock)
    assert (leaves(same), findings) == (leaves(inventory), ())
    every = [replace(rack, name=f"a-rack{n}") for n, rack in enumerate(racks, 1)]
    turned, _, findings = step(region_of(*reversed(every)), second)
    assert (leaves(turned), findings) == (leaves(inventory), ())


def test_a_counted_rack_may_be_moved_to_a_name_of_its_own() -> None:
    inventory, lock, _ = step(region_of(RackGroup(), RackGroup(), RackGroup()))
    moved = [Moved(old="racks/a-rack2", new="racks/db")]
    region = region_of(RackGroup(name="db"), RackGroup(), RackGroup(), moved=moved)
    renamed, second, findings = step(region, lock)
    assert leaves(renamed) == {**leaves(inventory), "a-leaf2": "db"}
    assert findings == ()
    assert validate(region, lock) == ()
    for pool in ("loopback-v4", "link-v4", "asn", "device"):
        assert second.numbers[pool] == lock.numbers[pool]


def test_moving_a_pod_and_its_rack_at_once_takes_all_along() -> None:
    rack = replace(ONE, leaf_name="{rack}-tor{n}", servers=(ServerGroup(),))
    _, lock, _ = step(region_of(replace(rack, leaves=2), TWO))
    _, lock, _ = step(region_of(TWO, rack), lock)
    moved = [Moved(old="racks/one", new="racks/uno"), Moved(old="pods/a", new="pods/z")]
    region = region_of(TWO, replace(rack, name="uno"), moved=moved)
    region = replace(region, pods=(replace(region.pods[0], name="z"),))
    inventory, second, _ = step(region, lock)
    assert leaves(inventory) == {"uno-tor1": "uno", "z-leaf3": "two"}
    assert second.numbers["loopback-v4"]["uno-tor1"] == lock.numbers["loopback-v4"]["one-tor1"]
    assert second.numbers["loopback-v4"]["z-leaf3"] == lock.numbers["loopback-v4"]["a-leaf3"]
    assert second.numbers["host"] == {"uno-server1": lock.numbers["host"]["one-server1"]}


def test_servers_with_one_cable_stay_when_their_rack_gets_a_second_leaf() -> None:
    rack = replace(ONE, servers=(ServerGroup(count=3),))
    before, lock, _ = step(region_of(rack, TWO))
    after, _, _ = step(region_of(replace(rack, leaves=2, servers=(ServerGroup(count=4),)), TWO), lock)
    assert {h.name: h.leaves for h in before.hosts}.items() <= {h.name: h.leaves for h in after.hosts}.items()
    assert [h.leaves for h in after.hosts if h.name == "one-server4"] == [("a-leaf3",)]


def test_names_are_checked_as_the_lock_has_them() -> None:
    """Input: the second of three racks is gone, and a server on a-leaf3 written by hand. Output: it is found."""
    _, lock, _ = step(region_of(ONE, TWO, THREE))
    server = Server(name="x", attachments=(Attachment(port="a-leaf3"),))
    assert validate(replace(region_of(ONE, THREE), servers=(server,)), lock) == ()


def without_racks(lock: Lock) -> Lock:
    """The lock as earlier versions wrote it."""
    return replace(lock, numbers={p: v for p, v in lock.numbers.items() if not p.startswith(("leaf/", "rack/"))})


def test_a_lock_of_before_is_read_without_renumbering_and_completed() -> None:
    region = region_of(THREE, replace(ONE, leaves=2), RackGroup(count=2), TWO)
    inventory, lock, _ = step(region)
    same, completed, findings = step(region, without_racks(lock))
    assert (same.switches, findings) == (inventory.switches, ())
    assert completed.numbers == lock.numbers


def test_a_lock_of_before_and_a_change_at_once_is_told() -> None:
    _, lock, _ = step(region_of(ONE, TWO, THREE))
    for racks, word in (((replace(ONE, leaves=2), TWO, THREE), "a-leaf4"), ((ONE, THREE), "a-leaf3")):
        _, _, findings = step(region_of(*racks), without_racks(lock))
        assert said(findings) == [codes.LEAVES_UNRECORDED.name]
        assert word in findings[0].message


def test_a_lock_edited_by_hand_is_refused() -> None:
    region = region_of(ONE, TWO)
    _, lock, _ = step(region)
    for value, code in (("1", codes.LOCK_CONFLICT), ("x", codes.LOCK_VALUE), ("0", codes.LOCK_VALUE)):
        numbers = {**lock.numbers, "leaf/a": {**lock.numbers["leaf/a"], "two#1": value}}
        _, findings = expand(region, replace(lock, numbers=numbers))
        assert said(findings) == [code.name]


def test_leaf_names_that_no_number_makes_different_end() -> None:
    """Input: leaf names in which the number does not show, or as one digit only, and that the lock has already.
    Output: the names, and a finding where one is taken; not an endless search for another number."""
    edge = RackGroup(name="one", leaf_name="edge")
    _, lock, _ = step(region_of(edge, TWO))
    renamed, _, _ = step(region_of(replace(edge, name="other"), TWO), lock)
    assert leaves(renamed) == {"edge": "other", "a-leaf2": "two"}
    _, findings = expand(region_of(replace(edge, leaves=2), TWO), lock)
    assert said(findings) == [codes.NAME_TAKEN.name]
    digit = RackGroup(name="r{n}", count=9, leaf_name="l{n!s:.1}")
    _, lock, _ = step(region_of(digit))
    _, findings = expand(region_of(replace(digit, count=12)), lock)
    assert codes.NAME_TAKEN.name in said(findings)
