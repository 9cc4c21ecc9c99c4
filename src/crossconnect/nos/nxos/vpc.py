"""vPC, NX-OS's MLAG, with a physical peer link: what makes two leaves one LACP system and one VTEP.

Sources: Cisco Nexus 9000 Series NX-OS Interfaces Configuration Guide 9.3(x), "Configuring vPCs" (domain 1 to 1000,
number 1 to 4096, `role priority`: the lowest is primary, `system-mac`, peer link as a trunk and STP network port, host
ports as STP edge ports, `peer-gateway`, `ip arp synchronize`, `auto-recovery`, `delay restore`, `vpc orphan-port
suspend` on what is no member; peer switch: both leaves have one STP priority and are root of all VLANs); VXLAN
Configuration Guide 10.2(x), "Configuring vPC Multi-Homing" (next hops, see below) and "vPC Considerations for VXLAN
Deployment"; "Configure System NVE Infra-VLANs in VXLAN BGP EVPN on Nexus 9000 Switches" (214624: a VLAN of the peer
link in the default VRF, with an SVI and a routing session, for what leaves without working uplinks send by VXLAN);
guidelines there, that on 9000-EX that VLAN is the native one of the peer link; `show running-config` of published vPC
pairs with VXLAN EVPN for the form and order of lines. Not fabric peering (`virtual peer-link`).

- The VTEP's loopback has the leaf's own address first (PIP), the pair's second (VIP): NVE takes a secondary address for
  the pair's, and announces it.
- Neither `advertise-pip` nor `advertise virtual-rmac`: the guide has them together or not at all. Without, every route
  of the pair has the pair's address as next hop, as in the design. That is right since both leaves have the same VRFs
  and segments, and no handoff; with them, type-5 routes would have each leaf's own address, for what only one leaf can
  reach. The Router's MAC is each leaf's own then: `peer-gateway` has either leaf route what was sent to the other's.
- `layer3 peer-router`: packets with a TTL of 1, as of a server's own BGP session with one of the leaves, go over the
  peer link undiminished.
- The two leaves are one STP bridge and root (`peer-switch`), so that a leaf or peer link that is lost moves no port.
  Ports of servers are edge ports: they forward at once when a leaf comes back.
- When only the peer link is lost, the secondary hears the primary over the management network, and shuts its members,
  SVIs and NVE. A port of its own would stay up, and lead nowhere: it is suspended, so that the server sees it. That is
  what Cisco recommends of single-attached devices at vPC VTEPs.
- After a reload or an outage of the peer link, members and orphan ports wait until routes are back; SVIs before them.
- The number of a domain, and `no vpc domain`, ask for confirmation on a terminal (`terminal dont-ask`).
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.mlag import Mlag
from crossconnect.nos.lines import Block, Entry
from crossconnect.nos.nxos.names import MANAGEMENT

ROLE_PRIORITIES = {True: 1000, False: 2000}
"""Of the primary, and of the secondary. The lower one wins; the default, 32667, loses to both."""
BRIDGE_PRIORITY = 4096
"""Of spanning tree, on both leaves: root of every VLAN, and yet not the very lowest, which an operator may need."""
BRIDGE_VLANS = "1-3967"
"""VLANs that there are; the others are NX-OS's own."""
RESTORE_S = 150
"""How long members and orphan ports of a leaf that comes back stay down: the underlay's and EVPN's routes are there by
then. The default, 30 s, is for a switch that bridges."""
RESTORE_SVI_S = 45
"""The same for SVIs; the guide has it for many of them, the default is 10 s."""


def pair_vlans(device: DeviceConfiguration) -> list[tuple[int, Entry]]:
    """(VLAN, block) of the VLAN on which the pair routes. vPC needs none to talk about itself."""
    mlag = device.mlag
    return [(mlag.routed_vlan, Block(f"vlan {mlag.routed_vlan}", ("name mlag-routed",)))] if mlag is not None else []


def render_bridge(device: DeviceConfiguration) -> list[Entry]:
    """Both leaves are the root of spanning tree, and the routed VLAN may carry VXLAN."""
    mlag = device.mlag
    if mlag is None:
        return []
    return [
        f"spanning-tree vlan {BRIDGE_VLANS} priority {BRIDGE_PRIORITY}",
        f"system nve infra-vlans {mlag.routed_vlan}",
    ]


def render_domain(device: DeviceConfiguration) -> list[Entry]:
    """`vpc domain`, before the interfaces that are in it."""
    return [_domain(device.mlag)] if device.mlag is not None else []


def _domain(mlag: Mlag) -> Entry:
    return Block(
        f"vpc domain {mlag.domain}",
        (
            "peer-switch",
            f"role priority {ROLE_PRIORITIES[mlag.primary]}",
            f"system-mac {mlag.mac}",
            f"peer-keepalive destination {mlag.keepalive_peer} source {mlag.keepalive} vrf {MANAGEMENT}",
            f"delay restore {RESTORE_S}",
            "peer-gateway",
            "layer3 peer-router",
            "auto-recovery",
            f"delay restore interface-vlan {RESTORE_SVI_S}",
            f"delay restore orphan-port {RESTORE_S}",
            "ipv6 nd synchronize",
            "ip arp synchronize",
        ),
    )


def is_peer_link(device: DeviceConfiguration, interface: Interface) -> bool:
    """Whether a bond is the pair's own."""
    return device.mlag is not None and interface.name == device.mlag.peer_link


def is_routed_vlan(device: DeviceConfiguration, interface: Interface) -> bool:
    """Whether an interface is the SVI on which the leaves route, and not a subinterface with a tag."""
    return device.mlag is not None and interface.name == device.mlag.routed


def peer_link_first(device: DeviceConfiguration, lags: list[Interface]) -> list[Interface]:
    """The peer link before the bonds that have a number."""
    return sorted(lags, key=lambda lag: not is_peer_link(device, lag))


def own_first(device: DeviceConfiguration, interface: Interface) -> tuple[str, ...]:
    """Addresses in the order of the device: the pair's is secondary at the VTEP's loopback."""
    mlag = device.mlag
    if mlag is None or interface.name != mlag.vtep_loopback:
        return interface.addresses
    shared = f"{device.vtep}/32"
    return tuple(sorted(interface.addresses, key=lambda address: address == shared))


def peer_link_switching(mlag: Mlag) -> Iterator[str]:
    """Of the peer link and its ports: a trunk without a list, so that every VLAN is on it."""
    yield "switchport mode trunk"
    yield f"switchport trunk native vlan {mlag.routed_vlan}"


def member_lines(device: DeviceConfiguration, interface: Interface) -> Iterator[str]:
    """What a port or bond has of the pair, behind its switching; nothing on other devices, and on ports of a bond."""
    if device.mlag is None or (interface.kind == "ethernet" and interface.parent):
        return
    if is_peer_link(device, interface):
        yield "spanning-tree port type network"
    elif interface.members:
        trunk = any(m.tagged for m in interface.members)
        yield f"spanning-tree port type edge{' trunk' if trunk else ''}"


def vpc_lines(device: DeviceConfiguration, interface: Interface) -> Iterator[str]:
    """A port's or bond's place in the pair."""
    if device.mlag is None or (interface.kind == "ethernet" and interface.parent):
        return
    if is_peer_link(device, interface):
        yield "vpc peer-link"
    elif interface.mlag:
        yield f"vpc {interface.mlag}"
    elif interface.members:
        yield "vpc orphan-port suspend"
