"""MLAG: what makes two leaves one bridge, one LACP system and one VTEP.

Sources: EOS User Manual 4.30, "Multi-Chassis Link Aggregation" (`mlag configuration`, `mlag N` of 1 to 2000, control
VLAN in a trunk group, without spanning tree and `no autostate`; dual-primary detection since 4.20); Arista, "EVPN
Deployment Guide", "MLAG VTEP" (one address on both for `vxlan source-interface`, a routed VLAN over the peer link,
`vxlan virtual-router encapsulation mac-address mlag-system-id`); Arista AVD 6.4, design of an l3leaf with MLAG, which
tests/data/eos/pyavd/mlag.cfg has and the tests compare, line by line.

- A VLAN of a trunk group is on trunks of that group only: no server's trunk carries the VLANs of the pair. The peer
  link has no list of VLANs, and so all of the others.
- Without spanning tree on the pair's own VLANs, nothing that a server sends can block them. Of the others, both leaves
  are one bridge, whose settings EOS takes from the primary.
- `no autostate` on the control VLAN only: the routed one is to go down with the peer link, and BGP with it.
- The Router's MAC (RFC 9135 8.1) is the MLAG system id, so that either leaf takes what was sent to the other. Neither
  it nor the primary can be chosen: EOS makes the id from the primary's own, and has no documented command for which
  leaf that is (`primary-priority` is hidden, and Arista discourages it: aristanetworks/avd issue 1727).
- When only the peer link is lost, the secondary hears the primary over the management network, and disables all of its
  ports: servers with a bond go on by the primary, those with one port on the secondary are cut off.
- `reload-delay` is left at the platform's own, which fits how long its hardware takes to program (AVD has 300 and 330 s
  for fixed switches, 900 s and more for others); ports and uplinks come at one time, and the peer link before them.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.mlag import Mlag
from crossconnect.nos.lines import Block, Entry

TRUNK_GROUP = "xc-mlag"
DETECTION_DELAY_S = 5
"""How long the secondary waits for a peer link that flaps, before it disables its ports; as AVD has it."""


def pair_vlans(device: DeviceConfiguration) -> list[tuple[int, Entry]]:
    """(VLAN, block) of the VLANs that the pair takes for itself."""
    mlag = device.mlag
    if mlag is None:
        return []
    named = ((mlag.routed_vlan, "mlag-routed"), (mlag.control_vlan, "mlag-control"))
    return [(vlan, Block(f"vlan {vlan}", (f"name {name}", f"trunk group {TRUNK_GROUP}"))) for vlan, name in named]


def without_spanning_tree(device: DeviceConfiguration) -> list[Entry]:
    """VLANs of the pair have no spanning tree."""
    mlag = device.mlag
    if mlag is None:
        return []
    first, second = sorted((mlag.routed_vlan, mlag.control_vlan))
    return [f"no spanning-tree vlan-id {first}{'-' if second == first + 1 else ','}{second}"]


def is_peer_link(device: DeviceConfiguration, interface: Interface) -> bool:
    """Whether a bond is the pair's own."""
    return device.mlag is not None and interface.name == device.mlag.peer_link


def is_routed_vlan(device: DeviceConfiguration, interface: Interface) -> bool:
    """Whether an interface is that of the VLAN on which the leaves route, and not a subinterface with a tag."""
    return device.mlag is not None and interface.name == device.mlag.routed


def peer_link_lines() -> Iterator[str]:
    """The peer link's switching: every VLAN, those of the trunk group included."""
    yield "switchport mode trunk"
    yield f"switchport trunk group {TRUNK_GROUP}"


def vtep_lines(device: DeviceConfiguration) -> Iterator[str]:
    """What the VXLAN interface has for a pair."""
    if device.mlag is not None:
        yield "vxlan virtual-router encapsulation mac-address mlag-system-id"


def control_interface(device: DeviceConfiguration) -> list[Entry]:
    """Where the leaves talk about MLAG."""
    mlag = device.mlag
    if mlag is None:
        return []
    lines = (f"description MLAG control to {mlag.peer}", "no autostate", f"ip address {mlag.control_address}")
    return [Block(f"interface Vlan{mlag.control_vlan}", lines)]


def render_mlag(device: DeviceConfiguration) -> list[Entry]:
    """`mlag configuration`, behind the interfaces that it names, as EOS shows it."""
    return [_configuration(device.mlag, device.system.management_vrf)] if device.mlag is not None else []


def _configuration(mlag: Mlag, vrf: str) -> Entry:
    return Block(
        "mlag configuration",
        (
            f"domain-id {mlag.name}",
            f"local-interface Vlan{mlag.control_vlan}",
            f"peer-address {mlag.control_peer}",
            f"peer-address heartbeat {mlag.keepalive_peer} vrf {vrf}",
            f"peer-link {mlag.peer_link}",
            f"dual-primary detection delay {DETECTION_DELAY_S} action errdisable all-interfaces",
        ),
    )
