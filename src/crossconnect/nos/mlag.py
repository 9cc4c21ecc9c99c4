"""Mistakes in a leaf's half of an MLAG pair, found before anything is written, on every system that has MLAG.

Both leaves refuse, or worse take, a pair that is wrong: a bond with a number and no pair is an ordinary bond on two
switches, which the server's LACP splits; a peer link that does not carry every VLAN cuts off what is single-homed.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.mlag import Mlag
from crossconnect.finding import Code, Severity
from crossconnect.nos.facts import Facts, VlanRange
from crossconnect.nos.lint import Said

_UNICAST_MAC = re.compile(r"[0-9a-f][02468ace](?::[0-9a-f]{2}){5}")
VLAN_MIN, VLAN_MAX = 2, 4094
"""IEEE 802.1Q 9.6, less VLAN 1, which is everybody's default."""


def pair_codes(system: str) -> dict[str, Code]:
    """The codes of a system, by kind."""

    def error(kind: str, text: str, hint: str) -> Code:
        return Code(f"{system}.{kind}", Severity.ERROR, text, hint)

    codes = (
        error(
            "mlag-missing",
            "A bond has a number in an MLAG pair, and its device is in none.",
            "Leave `mlag` of the bond to the design.",
        ),
        error(
            "mlag-number",
            "A bond's number in the MLAG pair is another bond's too, or stands at what is no bond to servers.",
            "Give each bond to servers a number of its own, the same on both leaves.",
        ),
        error(
            "mlag-segment",
            "A bond is an Ethernet segment and has a number in an MLAG pair: it can be one of both.",
            "Choose one `multihoming` for the rack.",
        ),
        error(
            "mlag-peer-link",
            "The peer link of an MLAG pair is no bond of the device, has no ports, or is used for something else than "
            "all VLANs.",
            "Name a bond with ports for it, and put neither segments nor addresses on it.",
        ),
        error(
            "mlag-routed",
            "The VLAN on which the leaves of an MLAG pair route has no interface, one that is not on the peer link, or "
            "one without addresses.",
            "Leave it to the design.",
        ),
        error(
            "mlag-vlan",
            "A VLAN that an MLAG pair takes for itself is none that the system has free, or both are one VLAN.",
            "Leave them to the design.",
        ),
        error(
            "mlag-keepalive",
            "The leaves of an MLAG pair cannot tell a lost peer link from a lost leaf: a keepalive address is not the "
            "management port's, or both have one.",
            "Give both leaves an address on the management network.",
        ),
        error(
            "mlag-vtep",
            "The VTEP's loopback of a leaf of an MLAG pair has not the pair's address and one of its own.",
            "Leave it to the design.",
        ),
        error(
            "mlag-mac",
            "A MAC address of an MLAG pair is none of one system (IEEE 802: six octets, not multicast).",
            "Leave it to the design.",
        ),
    )
    return {code.name.partition(".")[2]: code for code in codes}


def pair_mistakes(device: DeviceConfiguration, facts: Facts) -> Iterator[Said]:
    """Every mistake; nothing for a device that is in no pair and has no bond with a number."""
    lags = [i for i in device.interfaces if i.kind == "lag"]
    yield from _bonds(device, lags)
    if device.mlag is not None:
        yield from _peer_link(device, device.mlag)
        yield from _routed(device, device.mlag)
        yield from _vlans(device.mlag, facts.vlans_reserved)
        yield from _keepalive(device, device.mlag)
        yield from _vtep(device, device.mlag)
        yield from _macs(device.mlag)


def _bonds(device: DeviceConfiguration, lags: list[Interface]) -> Iterator[Said]:
    numbered = [i for i in device.interfaces if i.mlag]
    for number, count in Counter(i.mlag for i in numbered).items():
        if count > 1:
            yield "mlag-number", "", f"number {number} is on {count} bonds"
    for interface in numbered:
        if interface not in lags:
            yield "mlag-number", "", f"number {interface.mlag} on {interface.name}"
        if device.mlag is None:
            yield "mlag-missing", "", f"{interface.name} has number {interface.mlag}"
        if interface.esi:
            yield "mlag-segment", "", f"{interface.name} has number {interface.mlag} and ESI {interface.esi}"


def _peer_link(device: DeviceConfiguration, mlag: Mlag) -> Iterator[Said]:
    bond = next((i for i in device.interfaces if i.name == mlag.peer_link and i.kind == "lag"), None)
    if bond is None:
        yield "mlag-peer-link", "", f"peer link {mlag.peer_link} is no bond of the device"
        return
    if not any(i.parent == bond.name and i.kind == "ethernet" for i in device.interfaces):
        yield "mlag-peer-link", "", f"peer link {bond.name} has no ports"
    if bond.members or bond.addresses or bond.unnumbered:
        yield "mlag-peer-link", "", f"peer link {bond.name} is no trunk of all VLANs: it has VLANs or addresses itself"
    if bond.mlag:
        yield "mlag-number", "", f"number {bond.mlag} on the peer link {bond.name}"


def _routed(device: DeviceConfiguration, mlag: Mlag) -> Iterator[Said]:
    routed = next((i for i in device.interfaces if i.name == mlag.routed), None)
    if routed is None or routed.vlan != mlag.routed_vlan:
        yield "mlag-routed", "", f"no interface {mlag.routed} of VLAN {mlag.routed_vlan}"
        return
    if routed.parent != mlag.peer_link:
        yield "mlag-routed", "", f"{routed.name} is on {routed.parent or 'no port'}, the peer link is {mlag.peer_link}"
    if not (routed.addresses or routed.unnumbered):
        yield "mlag-routed", "", f"{routed.name} has no address"


def _vlans(mlag: Mlag, reserved: tuple[VlanRange, ...]) -> Iterator[Said]:
    if mlag.routed_vlan == mlag.control_vlan:
        yield "mlag-vlan", "", f"VLAN {mlag.routed_vlan} is for routing and for control"
    for vlan in (mlag.routed_vlan, mlag.control_vlan):
        if not VLAN_MIN <= vlan <= VLAN_MAX or any(r.first <= vlan <= r.last for r in reserved):
            yield "mlag-vlan", "", f"VLAN {vlan} of the pair is not free"


def _keepalive(device: DeviceConfiguration, mlag: Mlag) -> Iterator[Said]:
    ports = [i for i in device.interfaces if i.kind == "management"]
    own = {a.partition("/")[0] for i in ports for a in i.addresses}
    if mlag.keepalive not in own:
        yield "mlag-keepalive", "", f"the management port has not {mlag.keepalive or 'an address'}"
    if mlag.keepalive == mlag.keepalive_peer or not mlag.keepalive_peer:
        yield "mlag-keepalive", "", f"{mlag.peer} has {mlag.keepalive_peer or 'no address'}"
    known = {i.name for i in device.network_instances if i.kind == "management"}
    if device.system.management_vrf not in known:
        yield "mlag-keepalive", "", f"VRF {device.system.management_vrf} of the keepalive is not on the device"


def _vtep(device: DeviceConfiguration, mlag: Mlag) -> Iterator[Said]:
    loopback = next((i for i in device.interfaces if i.name == mlag.vtep_loopback and i.kind == "loopback"), None)
    addresses = [a for a in loopback.addresses if ":" not in a] if loopback is not None else []
    shared = f"{device.vtep}/32"
    if shared not in addresses or not any(a != shared for a in addresses):
        yield "mlag-vtep", "", f"{mlag.vtep_loopback or 'no loopback'} has {', '.join(addresses) or 'no address'}"


def _macs(mlag: Mlag) -> Iterator[Said]:
    for mac in (mlag.mac, mlag.router_mac):
        if not _UNICAST_MAC.fullmatch(mac):
            yield "mlag-mac", "", f"MAC address {mac or 'missing'}"


def control_mistakes(mlag: Mlag) -> Iterator[Said]:
    """Of systems that talk about MLAG in a VLAN: both ends are in one subnet, and two."""
    try:
        own = ipaddress.ip_interface(mlag.control_address)
        peer = ipaddress.ip_address(mlag.control_peer)
    except ValueError:
        yield "mlag-vlan", "", f"control addresses {mlag.control_address or 'none'} and {mlag.control_peer or 'none'}"
        return
    if own.ip == peer or peer not in own.network:
        yield "mlag-vlan", "", f"control address {own} does not reach {peer}"
