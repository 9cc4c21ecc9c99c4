"""Input: a blueprint, nothing failed. Output: who does not reach whom, without making any table."""

from __future__ import annotations

import msgspec

from crossconnect.checks import check_under_failure
from crossconnect.design.blueprint import Blueprint
from crossconnect.simulate import NO_FAILURES
from regions import compiled, small


def codes(blueprint: Blueprint) -> list[tuple[str, str]]:
    return [(f.code, f.place.path) for f in check_under_failure(blueprint, [NO_FAILURES], only=()).findings]


def of(**shape: object) -> Blueprint:
    blueprint = compiled(small(**shape)).blueprint  # pyright: ignore[reportArgumentType]
    assert blueprint is not None
    return blueprint


def test_a_sound_region_has_no_findings() -> None:
    assert codes(of(leaves=4, tenants=2, border=True, l2_only=True)) == []
    assert codes(of(leaves=4, dual_homed=True, border=True)) == []


def test_a_leaf_that_imports_nothing_is_told_of_by_network() -> None:
    blueprint = of(leaves=3)
    devices = list(blueprint.devices)
    index = next(n for n, d in enumerate(devices) if d.name == "a-leaf2")
    deaf = tuple(
        msgspec.structs.replace(i, import_rts=("65000:1",)) if i.kind in ("mac-vrf", "l3vrf") else i
        for i in devices[index].network_instances
    )
    devices[index] = msgspec.structs.replace(devices[index], network_instances=deaf)
    broken = msgspec.structs.replace(blueprint, devices=tuple(devices))
    assert codes(broken) == [("checks.host-unreachable", "tenants/red/vrfs/v1")]


def test_a_fabric_in_two_parts_is_told_of_in_regular_networks_too() -> None:
    blueprint = of(leaves=3, spines=1)
    gone = tuple(w for w in blueprint.wires if not (w.kind == "fabric" and "a-leaf3" in (w.a_device, w.b_device)))
    found = codes(msgspec.structs.replace(blueprint, wires=gone))
    assert ("checks.host-unreachable", "tenants/red/vrfs/v1") in found


def test_what_policies_accept_and_nobody_reaches_is_told_of() -> None:
    blueprint = of(leaves=3, border=True)
    devices = [
        msgspec.structs.replace(
            d,
            network_instances=tuple(
                msgspec.structs.replace(i, bgp=msgspec.structs.replace(i.bgp, evpn_advertise=()))
                if i.kind == "l3vrf" and i.bgp is not None
                else i
                for i in d.network_instances
            ),
        )
        if d.role == "border-leaf"
        else d
        for d in blueprint.devices
    ]
    found = codes(msgspec.structs.replace(blueprint, devices=tuple(devices)))
    assert ("checks.external-unreachable", "tenants/red/vrfs/v1") in found
