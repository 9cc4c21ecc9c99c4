"""What loading another ASN does to a leaf with tenants, system by system.

Input: two racks of one leaf each, of which one leaf gets another ASN. Output: where BGP makes its VRFs anew, the leaf
is taken to be out, its servers' loss is named with the time that it may last, and has to be accepted; a spine is not.
"""

from __future__ import annotations

import msgspec
import pytest

from changes import both
from crossconnect.design.blueprint import Blueprint
from crossconnect.model.device import Device
from crossconnect.rollout.assembly import Context, assemble
from crossconnect.rollout.disruption import DEVICE_S, disruptions
from crossconnect.rollout.plan import Side, plan
from regions import small

REGION = small(leaves=2, spines=2, tenants=1)


def sides(name: str) -> tuple[Side, Side]:
    return both(REGION, lambda r: msgspec.structs.replace(r, devices=(Device(name=name, asn=4_200_099_999),)))


def running(network: Blueprint, nos: str) -> Blueprint:
    devices = tuple(msgspec.structs.replace(device, nos=nos) for device in network.devices)
    return msgspec.structs.replace(network, devices=devices)


@pytest.mark.parametrize(("name", "level"), [("a-leaf1", "device"), ("a-spine1", "sessions")])
def test_a_leaf_whose_vrfs_are_made_anew_is_out(name: str, level: str) -> None:
    old, new = sides(name)
    found = disruptions(old.blueprint, new.blueprint, {name})[name]
    assert found.level == level
    assert (found.seconds_max >= DEVICE_S) is (level == "device")
    saved, findings = assemble(old, new, plan(old, new), Context())
    changed = next(d for d in saved.devices if d.name == name)
    assert changed.drain, "whoever has another way takes it before"
    broken = {b.name: b.seconds_max for b in saved.breaks}
    assert {f.code for f in findings} == ({"rollout.break"} if broken else set())
    if level == "device":
        assert broken["red-v1"] >= DEVICE_S
        assert any("servers cut off" in finding.message for finding in findings)
    else:
        assert "red-v1" not in broken or not any("cut off" in b.what for b in saved.breaks)


@pytest.mark.parametrize(("nos", "level"), [("frr", "device"), ("sonic", "device"), ("eos", "sessions")])
def test_it_is_so_where_the_daemon_is_the_same(nos: str, level: str) -> None:
    old, new = (running(side.blueprint, nos) for side in sides("a-leaf1"))
    assert disruptions(old, new, {"a-leaf1"})["a-leaf1"].level == level
