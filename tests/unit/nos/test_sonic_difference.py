"""A change of a SONiC switch: what it is given, in which order, and the way back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos import document
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_commands
from crossconnect.nos.sonic.difference import operations_between
from crossconnect.nos.sonic.grammar import SHAPE
from nos_region import cases

CASES = cases("sonic")


def without_blue(device: DeviceConfiguration) -> DeviceConfiguration:
    """The leaf without the tenant blue."""
    gone = {"blue-prod", "blue-prod-app"}
    return replace(
        device,
        network_instances=tuple(i for i in device.network_instances if i.name not in gone),
        interfaces=tuple(
            replace(i, members=tuple(m for m in i.members if m.vlan != 100))
            for i in device.interfaces
            if i.name != "Vlan100"
        ),
    )


def patches(old: DeviceConfiguration, new: DeviceConfiguration) -> list[list[dict[str, Any]]]:
    return [msgspec.json.decode(c.text) for c in device_commands(old, new) if c.how == "json-patch"]


def test_a_vrf_comes_before_bgp_speaks_in_it_and_goes_after() -> None:
    device = CASES["leaf-numbered"]
    coming = device_commands(without_blue(device), device)
    assert [c.how for c in coming] == ["json-patch", "cli"]
    assert '"/VRF/Vrfblue-prod"' in coming[0].text
    assert "router bgp 4200000002 vrf Vrfblue-prod" in coming[1].text
    going = device_commands(device, without_blue(device))
    assert [(c.how, c.file) for c in going] == [
        ("json-patch", "config_db.json"),
        ("cli", "frr.conf"),
        ("json-patch", "config_db.json"),
    ]
    assert "no router bgp 4200000002 vrf Vrfblue-prod" in going[1].text
    assert msgspec.json.decode(going[2].text) == [{"op": "remove", "path": "/VRF/Vrfblue-prod"}]


def test_what_refers_goes_before_what_it_refers_to_and_comes_after_it() -> None:
    device = CASES["leaf-numbered"]
    going = [o["path"] for o in patches(device, without_blue(device))[0]]
    member, interface = going.index("/VLAN_MEMBER/Vlan100|Ethernet8"), going.index("/VLAN_INTERFACE/Vlan100")
    address, vlan = going.index("/VLAN_INTERFACE/Vlan100|10.2.17.1~124"), going.index("/VLAN/Vlan100")
    tunnel = going.index("/VXLAN_TUNNEL_MAP/vtep|map_10000_Vlan100")
    assert tunnel < address < interface < vlan
    assert member < vlan
    coming = [o["path"] for o in patches(without_blue(device), device)[0]]
    wanted = ("/VRF/Vrfblue-prod", "/VLAN/Vlan100", "/VLAN_MEMBER/Vlan100|Ethernet8", "/VLAN_INTERFACE/Vlan100")
    assert [coming.index(path) for path in wanted] == sorted(coming.index(path) for path in wanted)


def test_ports_are_changed_field_by_field_and_never_taken_away() -> None:
    """`lanes` and `speed` are the hardware's: an entry that is exchanged or removed would lose them."""
    device = CASES["spine-numbered"]
    fewer = replace(device, interfaces=tuple(i for i in device.interfaces if i.name != "Ethernet0"))
    for old, new in ((device, fewer), (fewer, device)):
        operations = [o for patch in patches(old, new) for o in patch if o["path"].startswith("/PORT")]
        assert operations
        assert all(o["path"].count("/") == 3 for o in operations), operations
    states = [o for o in patches(device, fewer)[0] if o["path"] == "/PORT/Ethernet0/admin_status"]
    assert states == [{"op": "replace", "path": "/PORT/Ethernet0/admin_status", "value": "down"}]


def test_a_change_and_its_inverse_lead_there_and_back() -> None:
    sonic = system("sonic")
    device = CASES["leaf-numbered"]
    for other in (without_blue(device), CASES["leaf-unnumbered"], CASES["leaf-second-numbered"], CASES["leaf-ipv4"]):
        here, there = (sonic.trees(d)["config_db.json"] for d in (device, other))
        assert not isinstance(here, tuple)
        assert not isinstance(there, tuple)
        operations = operations_between(here, there)
        back = operations_between(there, here)
        moved = document.applied(here, operations, SHAPE)
        assert operations_between(moved, there) == ()
        again = document.applied(moved, back, SHAPE)
        assert operations_between(again, here) == ()


def test_draining_changes_one_line_of_bgp() -> None:
    device = CASES["spine-numbered"]
    drained = replace(
        device,
        network_instances=tuple(
            replace(i, bgp=replace(i.bgp, graceful_shutdown=True)) if i.bgp is not None else i
            for i in device.network_instances
        ),
    )
    (command,) = device_commands(device, drained)
    assert command.text.splitlines() == [
        f"router bgp {device.network_instances[0].bgp.asn if device.network_instances[0].bgp else 0}",
        " bgp graceful-shutdown",
        "exit",
    ]
    (inverse,) = device_commands(drained, device)
    assert " no bgp graceful-shutdown" in inverse.text.splitlines()


def test_an_entry_of_a_list_that_goes_is_named_as_it_is_written() -> None:
    device = CASES["border-numbered"]
    policy = device.routing_policy
    sets = tuple(replace(s, members=s.members[:1]) if s.name == "internal" else s for s in policy.community_sets)
    fewer = replace(device, routing_policy=replace(policy, community_sets=sets))
    (command,) = device_commands(device, fewer)
    assert command.text.splitlines() == ["no bgp community-list standard internal permit 65000:200"]
    (inverse,) = device_commands(fewer, device)
    assert inverse.text.splitlines() == ["bgp community-list standard internal permit 65000:200"]


@pytest.mark.parametrize("case", CASES)
def test_no_secret_is_in_a_command(case: str) -> None:
    device = CASES[case]
    empty = replace(device, system=replace(device.system, snmp=None, aaa=None), interfaces=())
    text = "".join(c.text for c in device_commands(empty, device))
    assert "xc-secret-env:SNMP_AUTH" in text
    assert "xc-secret-env:TACACS_KEY" in text
