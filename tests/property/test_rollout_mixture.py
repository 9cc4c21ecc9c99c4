"""States in the middle of a change: what is predicted of them, against simulating each from nothing.

Input: a region, an edit, and which of the switches are still to be changed. Oracle: three whole simulations (before, in
the middle, after), in which a packet is sent from every server to every other server of its network, none of it shared,
skipped or put into classes.
"""

from __future__ import annotations

import functools
import itertools

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from changes import BASE, DUAL, EDITS, PODS, both, changed_devices
from crossconnect.checks.under_failure import promises_broken
from crossconnect.design.blueprint import Blueprint
from crossconnect.model.promise import Promise
from crossconnect.net import address_of, version_of
from crossconnect.rollout.continuity import Continuity, kept_endpoints
from crossconnect.rollout.mixture import mixed
from crossconnect.rollout.plan import Side
from crossconnect.simulate.impact import Impacts

PROMISES = tuple(
    Promise(name=name, kind=kind, source=source, destination=destination, **more)
    for name, kind, source, destination, more in (
        ("talk", "reachable", "red/v1", "red/v1", {}),
        ("others talk", "reachable", "blue/v1", "blue/v1", {}),
        ("apart", "isolated", "red", "blue", {}),
        ("out", "reachable", "red/v1", "internet", {}),
        ("in", "reachable", "internet", "blue/v1", {}),
        ("over a spine", "via", "red/v1/s1", "red/v1/s2", {"through": "a-spine1"}),
        ("others not over it", "not-via", "blue/v1/s1", "blue/v1/s2", {"through": "a-spine1"}),
        ("wide", "width", "leaf a-leaf1", "leaf a-leaf2", {"paths": 2}),
        ("no leak", "no-leak", "red/v1", "blue/v1", {}),
        ("no leak back", "no-leak", "blue/v1", "red/v1", {}),
        ("kept inside", "not-announced", "infrastructure", "internet", {}),
        ("not told", "not-announced", "blue/v1", "internet", {}),
    )
)

REGIONS = {"base": BASE, "dual": DUAL, "pods": PODS}
WITHOUT_BORDER = {"one handoff", "other transit ASN"}
CASES = [
    (region, edit, backwards)
    for region, edit, backwards in itertools.product(REGIONS, EDITS, (False, True))
    if not (region == "dual" and edit in WITHOUT_BORDER)
]


@functools.cache
def prepared(region: str, edit: str, backwards: bool) -> tuple[Side, Side, Continuity, dict[str, int]]:
    promised = msgspec.structs.replace(REGIONS[region], promises=PROMISES)
    old, new = both(promised, EDITS[edit], backwards)
    return old, new, Continuity(old.blueprint, new.blueprint), {}


def talking(blueprint: Blueprint, pairs: list[tuple[object, object]]) -> dict[int, int]:
    """Pair -> greatest packet that arrives for every IP version that both have, 0 for none."""
    forwarder = Impacts(blueprint).before
    found: dict[int, int] = {}
    for index, (sender, receiver) in enumerate(pairs):
        sizes = []
        for address in {version_of(a): a for a in receiver.addresses}.values():
            if version_of(address) in {version_of(a) for a in sender.addresses}:
                verdict = forwarder.send(sender, address_of(address))
                arrives = not verdict.drops and verdict.recipients == frozenset((receiver.host,))
                sizes.append(verdict.mtu if arrives else 0)
        found[index] = min(sizes, default=0)
    return found


def lost_pairs(old: Blueprint, middle: Blueprint, new: Blueprint) -> dict[str, int]:
    lost: dict[str, int] = {}
    for realm, endpoints in kept_endpoints(old, new).items():
        pairs = [(a, b) for a in endpoints.values() for b in endpoints.values() if a.host != b.host]
        before, here, after = (talking(side, pairs) for side in (old, middle, new))
        count = sum(1 for i in range(len(pairs)) if here[i] < min(before[i], after[i]))
        if count:
            lost[realm] = count
    return lost


def on_the_way(old: Side, new: Side, data: st.DataObject) -> tuple[Blueprint, frozenset[str]]:
    """A network between the two, and the switches in it that are as in the old one."""
    changed = changed_devices(old, new)
    pending = frozenset(data.draw(st.sets(st.sampled_from(sorted(changed))))) if changed else frozenset()
    return mixed(old.blueprint, new.blueprint, changed, pending), pending


@settings(max_examples=60, deadline=None)
@given(case=st.sampled_from(CASES), data=st.data())
def test_what_is_lost_on_the_way_is_what_three_whole_simulations_say(
    case: tuple[str, str, bool], data: st.DataObject
) -> None:
    old, new, continuity, _ = prepared(*case)
    middle, pending = on_the_way(old, new, data)
    losses = continuity.losses(middle, pending)
    predicted = {loss.name: loss.pairs for loss in losses if loss.kind == "network" and loss.pairs}
    assert predicted == lost_pairs(old.blueprint, middle, new.blueprint)
    # What is kept from states that were asked about before is what would be found anew.
    assert losses == continuity.losses(middle)
    assert losses == Continuity(old.blueprint, new.blueprint).losses(middle, pending)


@settings(max_examples=30, deadline=None)
@given(case=st.sampled_from(CASES), data=st.data())
def test_each_switch_of_a_mixture_is_as_before_or_as_after(case: tuple[str, str, bool], data: st.DataObject) -> None:
    old, new, _, _ = prepared(*case)
    middle, pending = on_the_way(old, new, data)
    before, after = ({d.name: d for d in side.blueprint.devices} for side in (old, new))
    here = {d.name: d for d in middle.devices}
    for name in before.keys() | after.keys():
        assert here.get(name) == (before.get(name) if name in pending else after.get(name))
    ports = [end for w in middle.wires for end in ((w.a_device, w.a_port), (w.b_device, w.b_port))]
    assert len(ports) == len(set(ports)), "two cables in a port"
    names = {*here, *(h.name for h in middle.hosts), *(p.name for p in middle.peers)}
    assert all({w.a_device, w.b_device} <= names for w in middle.wires)


def test_the_ends_of_the_way_are_both_networks() -> None:
    for case in CASES:
        old, new, _, _ = prepared(*case)
        changed = changed_devices(old, new)
        for pending, side in ((changed, old), (frozenset[str](), new)):
            end = mixed(old.blueprint, new.blueprint, changed, pending)
            assert end.devices == side.blueprint.devices, case
            assert set(end.wires) == set(side.blueprint.wires), case
            assert {h.name for h in end.hosts} == {h.name for h in side.blueprint.hosts}, case
            assert end.peers == side.blueprint.peers, case


def broken(blueprint: Blueprint) -> set[str]:
    return set(promises_broken(Impacts(blueprint), [promise.name for promise in PROMISES]))


@settings(max_examples=60, deadline=None)
@given(case=st.sampled_from(CASES), data=st.data())
def test_promises_broken_on_the_way_are_those_that_three_whole_networks_say(
    case: tuple[str, str, bool], data: st.DataObject
) -> None:
    old, new, continuity, _ = prepared(*case)
    middle, pending = on_the_way(old, new, data)
    predicted = {loss.name for loss in continuity.losses(middle, pending) if loss.kind == "promise"}
    assert predicted == broken(middle) - broken(old.blueprint) - broken(new.blueprint)
    assert continuity.sessions_up(middle) == sum(Impacts(middle).healthy.up)
