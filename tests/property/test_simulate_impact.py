"""Impacts of failures, most of them told from the fabric alone, against following every packet under every failure."""

from __future__ import annotations

from typing import Any

import pytest

from crossconnect.design.blueprint import Blueprint
from crossconnect.simulate import Failures, SessionKey, single_failures, sweep
from crossconnect.simulate.impact import Impacts
from regions import compiled, small

SHAPES: dict[str, dict[str, Any]] = {
    "single-homed": {"leaves": 4, "tenants": 2, "l2_only": True},
    "one spine": {"spines": 1, "leaves": 3},
    "unnumbered": {"leaves": 3, "underlay": "unnumbered"},
    "border": {"leaves": 3, "border": True, "tenants": 2},
    "dual-homed": {"leaves": 4, "dual_homed": True, "border": True},
    "mlag": {"leaves": 4, "dual_homed": True, "mlag": True, "border": True, "tenants": 2},
    "five stages": {"pods": 2, "leaves": 2, "super_spines": 2, "planes": 2},
    "everywhere": {"leaves": 3, "border": True, "everywhere": True},
}


def blueprint_of(shape: str) -> Blueprint:
    blueprint = compiled(small(**SHAPES[shape])).blueprint
    assert blueprint is not None
    return blueprint


def failures_of(blueprint: Blueprint) -> list[Failures]:
    """Every single failure, some sessions, and pairs of neighbours in that list."""
    singles = list(single_failures(blueprint))
    keys: list[SessionKey] = []
    for device in blueprint.devices:
        for instance in device.network_instances:
            keys += [
                SessionKey(device.name, instance.name, n.key) for n in (instance.bgp.neighbors if instance.bgp else ())
            ]
    sessions = [Failures(sessions=frozenset({key})) for key in keys[::3]]
    pairs = [
        Failures(links=a.links | b.links, devices=a.devices | b.devices)
        for a, b in zip(singles[::2], singles[3::3], strict=False)
    ]
    return singles + sessions + pairs


@pytest.mark.parametrize("shape", SHAPES)
def test_impacts_are_what_following_every_packet_finds(shape: str) -> None:
    """Input: every single failure, sessions, pairs. Output: the same rows lost, hosts cut off and narrowest path."""
    blueprint = blueprint_of(shape)
    impacts = Impacts(blueprint)
    spared = 0
    for failure, outcome in sweep(blueprint, failures_of(blueprint)):
        impact = impacts.of(failure)
        assert impact.lost == outcome.lost, failure
        assert impact.cut_off == outcome.cut_off, failure
        assert impact.width == (outcome.ecmp_minimum.width if outcome.ecmp_minimum else 0), failure
        spared += len(impacts.realms) - len(impact.followed)
    if shape not in ("dual-homed", "mlag"):
        assert spared, "nothing was told from the fabric alone"


@pytest.mark.parametrize("shape", ["border", "single-homed"])
def test_some_realms_alone_give_what_they_give_among_all(shape: str) -> None:
    """Input: one realm after the other. Output: the same rows lost and the same narrower paths of that realm."""
    blueprint = blueprint_of(shape)
    everything = Impacts(blueprint)
    for name in everything.realms:
        alone = Impacts(blueprint, {name})
        for failure in failures_of(blueprint)[::4]:
            whole, part = everything.of(failure), alone.of(failure)
            assert part.lost == tuple(r for r in whole.lost if (r.source_vrf or r.source_segment) == name), failure
            assert part.narrower == tuple(n for n in whole.narrower if n[0] == name), failure
            assert part.touched == whole.touched & {name}, failure
