"""Warnings of ties that nothing predictable breaks: where they are given, and where they are not."""

from __future__ import annotations

import msgspec
import pytest

from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding, Severity
from crossconnect.simulate import NO_FAILURES, Failures, Network, predict
from crossconnect.simulate.arrival import Doubt, doubts
from crossconnect.simulate.route_rows import vrf_hops
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


def importing(imports: dict[str, tuple[str, ...]]) -> Blueprint:
    """One leaf, two borders, and a transit provider in the VRFs of blue (VNI 5000), green (5001) and red (5002)."""
    region = small(spines=1, leaves=1, segments=1, tenants=3, border=True)
    tenants = tuple(
        REPLACE(t, vrfs=tuple(REPLACE(v, imports=imports.get(t.name, ())) for v in t.vrfs)) for t in region.tenants
    )
    blueprint = compiled(REPLACE(region, tenants=tenants)).blueprint
    assert blueprint is not None
    return blueprint


def on_leaf(blueprint: Blueprint, vrf: str, failures: Failures = NO_FAILURES) -> dict[str, Doubt]:
    found = doubts(Network(blueprint).settle(failures))
    return {d.prefix: d for d in found if (d.speaker.device, d.speaker.vrf) == ("a-leaf1", vrf)}


def uses(doubt: Doubt) -> set[tuple[str, ...]]:
    return {vrf_hops(entry) for entry in doubt.entries}


BLUE, RED = (("10.255.0.1%5000", "10.255.0.2%5000"), ("10.255.0.1%5002", "10.255.0.2%5002"))


def test_one_of_two_leaked_routes_whose_vnis_frr_does_not_use_together() -> None:
    """FRR takes bit 1 of a VNI for the mark of a valid label: 5000 and 5002 are never multipath together."""
    blueprint = importing({"green": ("blue/v1", "red/v1")})
    (found,) = [f for f in predict(blueprint)[1] if f.code.startswith("simulate.")]
    assert (found.code, found.severity, found.place.path) == (
        "simulate.leaks-tie",
        Severity.WARNING,
        "tenants/green/vrfs/v1",
    )
    assert found.message == (
        "in VRF green-v1, routes to 0.0.0.0/0, 192.0.2.0/24, 2001:db8:ffff::/48, ::/0 of blue-v1 (VNI 5000), red-v1 "
        "(VNI 5002) tie on a-leaf1, and FRR does not use them all together: which of them are used cannot be foretold"
    )
    open_ = on_leaf(blueprint, "green-v1")
    assert open_.keys() == {"0.0.0.0/0", "192.0.2.0/24", "2001:db8:ffff::/48", "::/0"}
    assert uses(open_["0.0.0.0/0"]) == {BLUE, RED}
    routes = [r for r in predict(blueprint)[0].routes if (r.vrf, r.prefix) == ("green-v1", "0.0.0.0/0")]
    assert next(r.next_hops for r in routes if r.device == "a-leaf1") == BLUE


def test_one_border_is_left_and_the_vrfs_still_tie() -> None:
    blueprint = importing({"green": ("blue/v1", "red/v1")})
    dead = Failures(devices=frozenset({"a-border2"}))
    assert uses(on_leaf(blueprint, "green-v1", dead)["0.0.0.0/0"]) == {("10.255.0.1%5000",), ("10.255.0.1%5002",)}
    assert any(f.code == "simulate.leaks-tie" for f in predict(blueprint, dead)[1])


def test_leaked_routes_that_are_used_together_are_no_alarm() -> None:
    """5000 and 5001 agree in bit 1: all are used, and which of them FRR calls best says nothing of packets."""
    blueprint = importing({"red": ("blue/v1", "green/v1")})
    assert not [f for f in predict(blueprint)[1] if f.code.startswith("simulate.")]
    both = ("10.255.0.1%5000", "10.255.0.1%5001", "10.255.0.2%5000", "10.255.0.2%5001")
    assert uses(on_leaf(blueprint, "red-v1")["0.0.0.0/0"]) == {both}


def test_a_leak_of_one_vrf_leaves_nothing_open() -> None:
    blueprint = importing({"green": ("blue/v1",)})
    assert on_leaf(blueprint, "green-v1") == {}
    assert not [f for f in predict(blueprint)[1] if f.code.startswith("simulate.")]
