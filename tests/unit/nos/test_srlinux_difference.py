"""A change of an SR Linux switch: one gNMI Set, in which nothing is named that is not there, and the way back."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos import document
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_commands
from crossconnect.nos.srlinux.tree import MAIN, SHAPE, plain
from nos_region import cases

CASES = cases("srlinux")


def without_blue(device: DeviceConfiguration) -> DeviceConfiguration:
    """The leaf without the tenant blue."""
    gone = {"blue-prod", "blue-prod-app"}
    return replace(
        device,
        network_instances=tuple(i for i in device.network_instances if i.name not in gone),
        interfaces=tuple(
            replace(i, members=tuple(m for m in i.members if m.vlan != 100))
            for i in device.interfaces
            if i.name != "irb0.100"
        ),
    )


def drained(instance: NetworkInstance) -> NetworkInstance:
    return replace(instance, bgp=replace(instance.bgp, graceful_shutdown=True)) if instance.bgp else instance


def request(old: DeviceConfiguration, new: DeviceConfiguration) -> dict[str, Any]:
    (command,) = device_commands(old, new)
    assert (command.how, command.file) == ("gnmi", MAIN)
    return msgspec.json.decode(command.text)


def tree(device: DeviceConfiguration) -> document.Value:
    found = system("srlinux").trees(device)[MAIN]
    assert isinstance(found, dict)
    return found


_STEP = re.compile(r"/([\w-]+)((?:\[[^=]+=[^]]*\])*)")


def at(value: Any, path: str) -> list[Any]:
    """What a gNMI path names in a tree; `*` is any key."""
    here = [value]
    for name, keys in _STEP.findall(path):
        here = [v[name] for v in here if isinstance(v, dict) and name in v]
        if keys:
            here = [entry for v in here for entry in v]
        for leaf, wanted in re.findall(r"\[([^=]+)=([^]]*)\]", keys):
            here = [entry for entry in here if wanted in ("*", str(entry[leaf]))]
    return here


def test_nothing_is_done_where_nothing_changed() -> None:
    for device in CASES.values():
        assert device_commands(device, device) == ()


@pytest.mark.parametrize("other", ["leaf-unnumbered", "leaf-second-numbered", "leaf-ipv4", "without-blue"])
def test_a_change_and_its_inverse_lead_there_and_back(other: str) -> None:
    device = CASES["leaf-numbered"]
    here = tree(device)
    there = tree(without_blue(device) if other == "without-blue" else CASES[other])
    operations = document.difference(here, there, SHAPE)
    moved = document.applied(here, operations, SHAPE)
    assert document.difference(moved, there, SHAPE) == ()
    again = document.applied(moved, document.inverse(operations), SHAPE)
    assert document.difference(again, here, SHAPE) == ()


@pytest.mark.parametrize("other", ["leaf-unnumbered", "leaf-second-numbered", "without-blue"])
def test_every_path_that_is_deleted_or_replaced_is_there(other: str) -> None:
    device = CASES["leaf-numbered"]
    new = without_blue(device) if other == "without-blue" else CASES[other]
    for before, after in ((device, new), (new, device)):
        sent = request(before, after)
        for path in [*sent["delete"], *(entry["path"] for entry in sent["replace"])]:
            assert at(tree(before), path), path
        for entry in sent["update"]:
            assert at(tree(after), entry["path"]), entry["path"]


def test_a_tenant_goes_with_all_that_is_its_own_and_nothing_else() -> None:
    device = CASES["leaf-numbered"]
    sent = request(device, without_blue(device))
    assert sent["update"] == []
    wanted = {
        "/interface[name=irb0]/subinterface[index=100]",
        "/interface[name=lag3]/subinterface[index=100]",
        "/network-instance[name=blue-prod]",
        "/network-instance[name=blue-prod-app]",
        "/tunnel-interface[name=vxlan1]/vxlan-interface[index=10000]",
        "/tunnel-interface[name=vxlan1]/vxlan-interface[index=5000]",
    }
    assert wanted <= set(sent["delete"])
    assert not [path for path in sent["delete"] if "red" in path and "policy" not in path and "policies" not in path]


def test_a_tenant_comes_whole() -> None:
    device = CASES["leaf-numbered"]
    sent = request(without_blue(device), device)
    assert sent["delete"] == []
    came = {entry["path"]: plain(entry["val"]) for entry in sent["update"]}
    vrf = came["/network-instance[name=blue-prod]"]
    assert isinstance(vrf, dict)
    assert vrf["vxlan-interface"] == [{"name": "vxlan1.5000"}]
    assert "/tunnel-interface[name=vxlan1]/vxlan-interface[index=5000]" in came


def test_values_have_the_modules_that_json_ietf_wants() -> None:
    device = CASES["leaf-numbered"]
    sent = request(without_blue(device), device)
    (vrf,) = [e["val"] for e in sent["update"] if e["path"] == "/network-instance[name=blue-prod]"]
    assert "srl_nokia-bgp-vpn:bgp-vpn" in vrf["protocols"]
    assert "srl_nokia-bgp-evpn:bgp-instance" in vrf["protocols"]["bgp-evpn"]


def test_draining_touches_policies_only() -> None:
    device = CASES["spine-numbered"]
    new = replace(device, network_instances=tuple(drained(i) for i in device.network_instances))
    for before, after in ((device, new), (new, device)):
        sent = request(before, after)
        paths = [*sent["delete"], *(e["path"] for e in sent["replace"]), *(e["path"] for e in sent["update"])]
        assert paths
        assert all(path.startswith("/routing-policy/policy[name=xc-fabric-") for path in paths), paths
        assert any("xc-fabric-in" in path for path in paths)
        assert any("xc-fabric-out" in path for path in paths)


def test_draining_a_border_changes_what_its_peers_outside_get_and_give() -> None:
    device = CASES["border-numbered"]
    new = replace(device, network_instances=tuple(drained(i) for i in device.network_instances))
    text = msgspec.json.encode(request(device, new)).decode()
    for name in ("xc-in-red-prod-from-transit", "xc-out-red-prod-to-transit", "xc-fabric-in", "xc-fabric-out"):
        assert f"/routing-policy/policy[name={name}]" in text


@pytest.mark.parametrize("case", CASES)
def test_no_secret_is_in_a_command(case: str) -> None:
    device = CASES[case]
    empty = replace(device, system=replace(device.system, snmp=None, aaa=None))
    (command,) = device_commands(empty, device)
    assert "xc-secret-env:SNMP_AUTH" in command.text
    assert "xc-secret-env:TACACS_KEY" in command.text
