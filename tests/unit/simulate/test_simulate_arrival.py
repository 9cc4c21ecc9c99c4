"""Warnings of ties that nothing predictable breaks: where they are given, and where they are not."""

from __future__ import annotations

import msgspec
import pytest

from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding, Severity
from crossconnect.simulate import Failures, predict
from regions import compiled, small

REPLACE = msgspec.structs.replace
CODE = "simulate.order-of-arrival"


def limited(maximum_paths: int, **given: object) -> Blueprint:
    region = small(**given)  # type: ignore[arg-type]
    return compiled(REPLACE(region, design=REPLACE(region.design, maximum_paths=maximum_paths))).blueprint


def ties(blueprint: Blueprint, failures: Failures | None = None) -> list[Finding]:
    return [f for f in predict(blueprint, failures or Failures())[1] if f.code == CODE]


def test_two_borders_and_room_for_one() -> None:
    found = ties(limited(1, border=True, segments=1))
    assert [(f.severity, f.place.path) for f in found] == [(Severity.WARNING, "tenants/red/vrfs/v1")] * 2
    assert found[0].message == (
        "in VRF red-v1, routes to 0.0.0.0/0, 192.0.2.0/24, 2001:db8:ffff::/48, ::/0 by a-border1, a-border2 "
        "tie on a-leaf1, a-leaf2, and maximum_paths is 1: which of them are used cannot be foretold"
    )
    assert "by a-leaf1, a-leaf2 tie on a-border1, a-border2" in found[1].message
    assert "maximum_paths" in found[0].hint


@pytest.mark.parametrize("maximum_paths", [2, 64])
def test_no_alarm_when_all_are_used(maximum_paths: int) -> None:
    assert ties(limited(maximum_paths, border=True, segments=1)) == []


def test_no_alarm_when_one_border_is_left() -> None:
    blueprint = limited(1, border=True, segments=1)
    found = ties(blueprint, Failures(devices=frozenset({"a-border2"})))
    assert not any("a-border2" in f.message for f in found)
    assert not any("0.0.0.0/0" in f.message for f in found)


def test_no_alarm_when_policy_prefers_one() -> None:
    blueprint = limited(1, border=True, segments=1)
    devices = []
    for device in blueprint.devices:
        if device.name == "a-border2":
            policies = tuple(
                REPLACE(
                    p,
                    statements=tuple(
                        REPLACE(s, actions=REPLACE(s.actions, prepend=1)) if s.accept else s for s in p.statements
                    ),
                )
                for p in device.routing_policy.policies
            )
            device = REPLACE(device, routing_policy=REPLACE(device.routing_policy, policies=policies))
        devices.append(device)
    assert not any("0.0.0.0/0" in f.message for f in ties(REPLACE(blueprint, devices=tuple(devices))))


def test_spines_over_one_path_are_told_apart_by_router_id() -> None:
    assert ties(limited(1, spines=3, leaves=2, segments=1)) == []


def test_link_local_next_hops_beyond_maximum_paths() -> None:
    (unnumbered,) = ties(limited(2, spines=3, underlay="unnumbered", segments=1))
    assert "10.255.0." in unnumbered.message
    assert "by a-spine2, a-spine3 tie on a-leaf1, a-leaf2" in unnumbered.message
    (numbered,) = ties(limited(2, spines=3, segments=1))
    assert "10.255.0." not in numbered.message, "addresses of numbered links are in order"
    assert ties(limited(3, spines=3, underlay="unnumbered", segments=1)) == []
