"""Mistakes planted into a leaf of an MLAG pair that is right: both systems find each before anything is written.

They are made in the device, below the intent's own validation, as a bug of the design or an extension would make them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from msgspec.structs import replace

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface, SegmentMember
from crossconnect.device.mlag import Mlag
from crossconnect.nos.mlag import pair_codes
from crossconnect.nos.rendering import device_findings
from nos_region import cases, mlag_cases

PAIRED = ("eos", "nxos")
Change = Callable[[DeviceConfiguration], DeviceConfiguration]


def half(change: Callable[[Mlag], Mlag]) -> Change:
    """Change what the device knows of its pair."""

    def apply(device: DeviceConfiguration) -> DeviceConfiguration:
        assert device.mlag is not None
        return replace(device, mlag=change(device.mlag))

    return apply


def each(change: Callable[[Interface], Interface | None], which: Callable[[Interface, Mlag], bool]) -> Change:
    """Change the interfaces that are chosen; None takes one away."""

    def apply(device: DeviceConfiguration) -> DeviceConfiguration:
        mlag = device.mlag
        assert mlag is not None
        found = [change(i) if which(i, mlag) else i for i in device.interfaces]
        return replace(device, interfaces=tuple(i for i in found if i is not None))

    return apply


def is_peer_link(interface: Interface, mlag: Mlag) -> bool:
    return interface.name == mlag.peer_link


def is_port(interface: Interface, mlag: Mlag) -> bool:
    return interface.kind == "ethernet" and interface.parent == mlag.peer_link


def is_bond(interface: Interface, mlag: Mlag) -> bool:
    return interface.mlag > 0


def is_routed(interface: Interface, mlag: Mlag) -> bool:
    return interface.name == mlag.routed


def is_loopback(interface: Interface, mlag: Mlag) -> bool:
    return interface.name == mlag.vtep_loopback


def is_single(interface: Interface, mlag: Mlag) -> bool:
    return interface.kind == "ethernet" and bool(interface.members)


ESI = "03:02:e5:00:00:00:01:00:00:01"
PLANTED: Mapping[str, tuple[Change, str]] = {
    "a number and no pair": (lambda d: replace(d, mlag=None), "mlag-missing"),
    "one number twice": (each(lambda i: replace(i, mlag=1), is_bond), "mlag-number"),
    "a number on a port": (each(lambda i: replace(i, mlag=7), is_single), "mlag-number"),
    "a number on the peer link": (each(lambda i: replace(i, mlag=9), is_peer_link), "mlag-number"),
    "a segment and a number": (each(lambda i: replace(i, esi=ESI), is_bond), "mlag-segment"),
    "no peer link": (half(lambda m: replace(m, peer_link="nothing")), "mlag-peer-link"),
    "a port as peer link": (half(lambda m: replace(m, peer_link="Ethernet1")), "mlag-peer-link"),
    "a peer link without ports": (each(lambda i: None, is_port), "mlag-peer-link"),
    "a peer link that is no trunk": (
        each(lambda i: replace(i, members=(SegmentMember(100, False),)), is_peer_link),
        "mlag-peer-link",
    ),
    "a peer link that is routed": (
        each(lambda i: replace(i, addresses=("192.0.2.0/31",)), is_peer_link),
        "mlag-peer-link",
    ),
    "no routed VLAN": (each(lambda i: None, is_routed), "mlag-routed"),
    "another routed VLAN": (half(lambda m: replace(m, routed_vlan=3900)), "mlag-routed"),
    "routed elsewhere": (each(lambda i: replace(i, parent=""), is_routed), "mlag-routed"),
    "routed without address": (each(lambda i: replace(i, addresses=()), is_routed), "mlag-routed"),
    "one VLAN for both": (half(lambda m: replace(m, control_vlan=m.routed_vlan)), "mlag-vlan"),
    "a VLAN of the system": (half(lambda m: replace(m, control_vlan=4001)), "mlag-vlan"),
    "a keepalive from nowhere": (half(lambda m: replace(m, keepalive="192.0.2.1")), "mlag-keepalive"),
    "a keepalive to itself": (half(lambda m: replace(m, keepalive_peer=m.keepalive)), "mlag-keepalive"),
    "no keepalive": (half(lambda m: replace(m, keepalive="", keepalive_peer="")), "mlag-keepalive"),
    "a keepalive in no VRF": (
        lambda d: replace(d, system=replace(d.system, management_vrf="nowhere")),
        "mlag-keepalive",
    ),
    "no loopback of the VTEP": (half(lambda m: replace(m, vtep_loopback="")), "mlag-vtep"),
    "no address of its own": (each(lambda i: replace(i, addresses=i.addresses[:1]), is_loopback), "mlag-vtep"),
    "a multicast MAC": (half(lambda m: replace(m, mac="03:e6:00:00:00:01")), "mlag-mac"),
    "no MAC": (half(lambda m: replace(m, router_mac="")), "mlag-mac"),
}


def codes(device: DeviceConfiguration) -> set[str]:
    return {f.code for f in device_findings(device)}


@pytest.mark.parametrize("nos", PAIRED)
@pytest.mark.parametrize("mistake", sorted(PLANTED))
def test_a_planted_mistake_is_found(mistake: str, nos: str) -> None:
    leaf = mlag_cases(nos)["leaf-mlag"]
    change, code = PLANTED[mistake]
    assert f"{nos}.{code}" in codes(change(leaf)) - codes(leaf)


@pytest.mark.parametrize("nos", PAIRED)
def test_every_kind_of_mistake_is_planted(nos: str) -> None:
    assert {code for _, code in PLANTED.values()} == set(pair_codes(nos))


EOS_ALONE: Mapping[str, tuple[Change, str]] = {
    "no control address": (half(lambda m: replace(m, control_address="")), "eos.mlag-vlan"),
    "control addresses apart": (half(lambda m: replace(m, control_peer="169.254.9.2")), "eos.mlag-vlan"),
    "one control address": (half(lambda m: replace(m, control_peer="169.254.1.1")), "eos.mlag-vlan"),
    "a domain of two words": (half(lambda m: replace(m, name="rack 1")), "eos.name"),
    "a number that is too high": (each(lambda i: replace(i, mlag=i.mlag + 2000), is_bond), "nos.limit-exceeded"),
}


@pytest.mark.parametrize("mistake", sorted(EOS_ALONE))
def test_a_mistake_of_eos_alone_is_found(mistake: str) -> None:
    leaf = mlag_cases("eos")["leaf-mlag"]
    change, code = EOS_ALONE[mistake]
    assert code in codes(change(leaf)) - codes(leaf)


NXOS_ALONE: Mapping[str, tuple[Change, str]] = {
    "a domain that is too high": (half(lambda m: replace(m, domain=1001)), "nos.limit-exceeded"),
    "a number that is too high": (each(lambda i: replace(i, mlag=i.mlag + 4096), is_bond), "nos.limit-exceeded"),
    "a VLAN of an L3VNI": (half(lambda m: replace(m, control_vlan=3500)), "nxos.mlag-vlan"),
}


@pytest.mark.parametrize("mistake", sorted(NXOS_ALONE))
def test_a_mistake_of_nxos_alone_is_found(mistake: str) -> None:
    leaf = mlag_cases("nxos")["leaf-mlag"]
    change, code = NXOS_ALONE[mistake]
    assert code in codes(change(leaf)) - codes(leaf)


@pytest.mark.parametrize("nos", PAIRED)
@pytest.mark.parametrize("vlan", [3966, 3967])
def test_a_segment_on_the_pairs_own_vlan_is_found_on_its_leaves_alone(vlan: int, nos: str) -> None:
    def taken(device: DeviceConfiguration) -> list[str]:
        first = next(i for i in device.network_instances if i.kind == "mac-vrf")
        moved = tuple(replace(i, vlan=vlan) if i is first else i for i in device.network_instances)
        said = device_findings(replace(device, network_instances=moved))
        return [f.message for f in said if f.code == "nos.vlan-reserved"]

    (message,) = taken(mlag_cases(nos)["leaf-mlag"])
    assert f"VLAN {vlan} " in message
    assert "MLAG pair" in message
    assert taken(cases(nos)["leaf-numbered"]) == []
