"""A leaf of EOS comes into a pair and out of it, and a pair changes: lines in an order that EOS takes.

NX-OS has a model of its command line for that (test_nxos_applied.py). EOS takes all lines in one session, or none; the
order is that of its own configuration file, and backwards.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.rendering import device_commands
from nos_region import cases, mlag_cases

SINGLE = cases("eos")["leaf-numbered"]
PAIRED = mlag_cases("eos")["leaf-mlag"]


def commands(old: DeviceConfiguration, new: DeviceConfiguration) -> list[str]:
    return device_commands(old, new)[0].text.splitlines()


def in_order(said: list[str], *lines: str) -> None:
    places = [said.index(line) for line in lines]
    assert places == sorted(places)


def test_a_leaf_comes_into_a_pair() -> None:
    in_order(
        commands(SINGLE, PAIRED),
        "   no evpn ethernet-segment",
        "no spanning-tree vlan-id 3966-3967",
        "vlan 3966",
        "   trunk group xc-mlag",
        "   mlag 1",
        "interface Port-Channel1000",
        "   channel-group 1000 mode active",
        "   ip address 169.254.1.1/30",
        "   vxlan source-interface Loopback1",
        "mlag configuration",
        "   peer-link Port-Channel1000",
    )


def test_and_out_of_it() -> None:
    in_order(
        commands(PAIRED, SINGLE),
        "no mlag configuration",
        "   no vxlan virtual-router encapsulation mac-address",
        "no interface Vlan3967",
        "no interface Vlan3966",
        "default interface Ethernet62",
        "no interface Port-Channel1000",
        "   no mlag",
        "spanning-tree vlan-id 3966-3967",
        "   lacp system-id 02e5.0000.0001",
        "   vxlan source-interface Loopback0",
        "no vlan 3967",
        "no vlan 3966",
    )


def test_another_keepalive_is_one_line_and_so_is_its_inverse() -> None:
    assert PAIRED.mlag is not None
    moved = replace(PAIRED, mlag=replace(PAIRED.mlag, keepalive_peer="10.253.0.99"))
    for old, new, address in ((PAIRED, moved, "10.253.0.99"), (moved, PAIRED, "10.253.0.5")):
        assert commands(old, new) == ["mlag configuration", f"   peer-address heartbeat {address} vrf mgmt"]


def test_another_number_of_a_bond_takes_the_first_ones_place() -> None:
    bonds = tuple(replace(i, mlag=40) if i.name == "Port-Channel1" else i for i in PAIRED.interfaces)
    moved = replace(PAIRED, interfaces=bonds)
    assert commands(PAIRED, moved) == ["interface Port-Channel1", "   mlag 40"]
    assert commands(moved, PAIRED) == ["interface Port-Channel1", "   mlag 1"]


@pytest.mark.parametrize("nos", ["eos", "nxos"])
def test_the_vteps_own_address_is_overwritten(nos: str) -> None:
    """No line takes a primary address away, which neither system does while there is a secondary one."""
    leaf = mlag_cases(nos)["leaf-mlag"]
    assert leaf.mlag is not None
    name = leaf.mlag.vtep_loopback
    moved = tuple(
        replace(i, addresses=tuple(a.replace("10.255.0.", "10.255.9.") for a in i.addresses)) if i.name == name else i
        for i in leaf.interfaces
    )
    new = replace(leaf, interfaces=moved, vtep=leaf.vtep.replace("10.255.0.", "10.255.9."))
    said = [line.strip() for line in commands(leaf, new)]
    gone = [line for line in said if line.startswith("no ip address")]
    assert len(gone) == 1
    assert gone[0].endswith(" secondary")
    come = [line for line in said if line.startswith("ip address")]
    assert len(come) == 2
    assert come[1].endswith(" secondary")


@pytest.mark.parametrize("nos", ["eos", "nxos"])
def test_nothing_changes_by_nothing(nos: str) -> None:
    for device in mlag_cases(nos).values():
        assert device_commands(device, device) == ()
