"""Every single failure: what is lost, and that reuse changes nothing."""

from __future__ import annotations

import msgspec
import pytest

from crossconnect.design.blueprint import Blueprint
from crossconnect.simulate import Failures, Network, predict, simulate, single_failures, state_of, sweep
from crossconnect.state.difference import difference, difference_text
from regions import compiled, small


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    return compiled(small(spines=2, leaves=2, border=True, dual_homed=True, l2_only=True)).blueprint


def test_single_failures_are_all_switches_peers_and_cables(blueprint: Blueprint) -> None:
    found = single_failures(blueprint)
    assert len(found) == len(blueprint.devices) + len(blueprint.peers) + len(blueprint.wires)
    assert all(len(f.links) + len(f.devices) == 1 for f in found)


@pytest.mark.parametrize("region", ["numbered", "unnumbered"])
def test_incremental_states_equal_those_computed_from_nothing(region: str) -> None:
    blueprint = compiled(small(underlay=region, spines=2, leaves=2, border=True, dual_homed=True)).blueprint
    network = Network(blueprint)
    for failures in single_failures(blueprint):
        fresh, reused = simulate(blueprint, failures), state_of(network.settle(failures))
        changes = difference(fresh, reused)
        assert not changes, f"{failures}\n{difference_text(changes, 'fresh', 'reused', rows_max=5)}"


def test_a_redundant_region_survives_everything_but_its_only_transit(blueprint: Blueprint) -> None:
    lost = {str(f): o.lost for f, o in sweep(blueprint, single_failures(blueprint)) if o.lost}
    assert set(lost) == {"device transit1"}
    assert all(row.destination_leaves == () for row in lost["device transit1"]), "only what is outside"


def test_hosts_whose_own_leaf_dies_are_cut_off_and_not_counted_as_lost() -> None:
    single = compiled(small(spines=2, leaves=2)).blueprint
    [(_, outcome)] = sweep(single, [Failures(devices=frozenset({"a-leaf2"}))])
    assert outcome.cut_off == tuple(sorted(h.name for h in single.hosts if h.leaves == ("a-leaf2",)))
    assert outcome.lost == ()


def test_two_failures_at_once_lose_what_hung_on_both() -> None:
    single = compiled(small(spines=2, leaves=3)).blueprint
    both = Failures(devices=frozenset({"a-spine1", "a-spine2"}))
    one = Failures(devices=frozenset({"a-spine1"}))
    outcomes = dict(sweep(single, [one, both]))
    assert not outcomes[one].lost
    minimum = outcomes[one].ecmp_minimum
    assert minimum is not None
    assert minimum.width == 1
    assert outcomes[both].ecmp_minimum is None
    pairs = {(row.source_leaves, row.destination_leaves) for row in outcomes[both].lost}
    assert (("a-leaf1",), ("a-leaf3",)) in pairs
    assert (("a-leaf1",), ("a-leaf1",)) not in pairs, "within a leaf nothing is lost"


def test_what_has_to_be_said_comes_with_the_state() -> None:
    sound = compiled(small()).blueprint
    assert predict(sound, tables=["vnis"]) == (simulate(sound, tables=["vnis"]), ())
    instances = sound.devices[0].network_instances
    odd = tuple(
        msgspec.structs.replace(i, bgp=msgspec.structs.replace(i.bgp, asn=65099)) if i.bgp else i for i in instances
    )
    devices = (msgspec.structs.replace(sound.devices[0], network_instances=odd), *sound.devices[1:])
    _, findings = predict(msgspec.structs.replace(sound, devices=devices))
    assert {f.code for f in findings} == {"simulate.session-fault", "simulate.partition"}, "and it is cut off"
    assert all(f.hint and f.place.path for f in findings)


def test_only_the_tables_asked_for_are_made(blueprint: Blueprint) -> None:
    state = simulate(blueprint, tables=["vnis"])
    assert state.vnis
    assert not state.routes
    with pytest.raises(KeyError):
        simulate(blueprint, tables=["nothing"])
