"""MLAG pairs (vPC): a peer link between two leaves, one VTEP address for both, and routing between them.

Practice, since there is no standard: the vendors' guides for VXLAN EVPN with vPC and with MLAG. Both leaves announce
one VTEP address, so a remote leaf knows one tunnel end and the underlay's ECMP chooses. Each of the two has every
segment and VRF of the other, learns the other's hosts over the peer link, and announces them as its own; what comes in
at one and belongs to the other crosses the peer link. A routed VLAN there carries a leaf whose uplinks have all failed.
"""

from __future__ import annotations

from crossconnect.design.addressing import ends, management_addresses, router_mac
from crossconnect.design.context import Context
from crossconnect.design.mtu import LOOPBACK_MTU
from crossconnect.device import interface as device_interface
from crossconnect.device.interface import Interface
from crossconnect.device.mlag import Mlag
from crossconnect.model.inventory import MlagPair, Switch
from crossconnect.net import address_of, mac_text

PEER_LINK = 1000
"""Number of the peer link's bond, above every server's."""
ROUTED_VLAN = 3966
CONTROL_VLAN = 3967
"""The last two that NX-OS leaves free (3968 to 4095 are its own); not a segment's on leaves of a pair."""
CONTROL = ("169.254.1.1/30", "169.254.1.2/30")
"""Of the primary and the secondary; the same in all pairs, since nobody else is on that wire (RFC 3927)."""
SYSTEM_MAC_BLOCK = 0x02E6_0000_0000
"""Locally administered; the pair's number is in the last two octets."""
ROUTER_MAC_BLOCK = 0x02FE_0001_0000
"""Beside that of single devices, whose numbers end below."""


def pair_of(context: Context, switch: Switch) -> MlagPair | None:
    """The pair that a switch is one of."""
    return context.pairs.get(switch.name)


def vtep_address(context: Context, switch: Switch) -> str:
    """Source of a leaf's tunnels: its own loopback, or the address that it shares."""
    pair = pair_of(context, switch)
    if pair is None:
        return context.lock.get("loopback-v4", switch.name)
    return context.lock.get("vtep-v4", f"racks/{pair.rack}")


def vtep_router_mac(context: Context, switch: Switch) -> str:
    """Router's MAC of a leaf, or of both leaves of a pair."""
    pair = pair_of(context, switch)
    return (
        router_mac(context.lock, switch.name) if pair is None else mac_text(ROUTER_MAC_BLOCK + _domain(context, pair))
    )


def mlag_of(context: Context, switch: Switch) -> Mlag | None:
    """The half of a pair that a switch is."""
    pair = pair_of(context, switch)
    if pair is None:
        return None
    primary = switch.name == pair.primary
    peer = pair.other(switch.name)
    own, other = CONTROL if primary else CONTROL[::-1]
    names = switch.names
    return Mlag(
        name=pair.rack,
        domain=_domain(context, pair),
        peer=peer,
        primary=primary,
        peer_link=names.lag.format(n=PEER_LINK),
        routed=names.irb.format(n=ROUTED_VLAN),
        routed_vlan=ROUTED_VLAN,
        control_vlan=CONTROL_VLAN,
        control_address=own,
        control_peer=address_of(other),
        keepalive=_managed(context, switch.name),
        keepalive_peer=_managed(context, peer),
        vtep_loopback=names.vtep_loopback,
        router_mac=vtep_router_mac(context, switch),
        mac=mac_text(SYSTEM_MAC_BLOCK + _domain(context, pair)),
    )


def _domain(context: Context, pair: MlagPair) -> int:
    return int(context.lock.get("mlag", f"racks/{pair.rack}"))


def _managed(context: Context, device: str) -> str:
    """The address by which a leaf hears that the other one lives; empty where devices have none (a finding)."""
    return next((address_of(a) for a in management_addresses(context.lock, device)), "")


def vtep_networks(context: Context, switch: Switch) -> tuple[str, ...]:
    """Addresses with length of the shared loopback: the pair's, then the leaf's own; none where there is no pair."""
    pair = pair_of(context, switch)
    if pair is None:
        return ()
    shared, own = (context.lock.get("vtep-v4", key) for key in (f"racks/{pair.rack}", f"devices/{switch.name}"))
    return f"{shared}/32", f"{own}/32"


def peer_link_addresses(context: Context, switch: Switch) -> tuple[tuple[str, str], ...]:
    """(own, other) address with length on the routed VLAN, for each IP version."""
    pair = pair_of(context, switch)
    if pair is None:
        return ()
    pools = ("peer-link-v4", "peer-link-v6")
    values = [context.lock.numbers.get(pool, {}).get(f"racks/{pair.rack}") for pool in pools]
    found = [ends(value) for value in values if value is not None]
    return tuple(found if switch.name == pair.primary else [(b, a) for a, b in found])


def mlag_interfaces(context: Context, switch: Switch) -> list[Interface]:
    """The peer link with its ports, the routed VLAN on it, the shared loopback."""
    pair = pair_of(context, switch)
    if pair is None:
        return []
    names, mtu, peer = switch.names, context.region.design.fabric_mtu, pair.other(switch.name)
    bond = names.lag.format(n=PEER_LINK)
    ports = [
        Interface(
            name=end.port,
            kind="ethernet",
            description=f"{end.remote.name}:{end.remote_port}",
            mtu=mtu,
            parent=bond,
            neighbor=device_interface.Neighbor(end.remote.name, end.remote_port),
        )
        for end in context.peer_links_of.get(switch.name, ())
    ]
    return [
        *ports,
        Interface(name=bond, kind="lag", description=f"peer link to {peer}", mtu=mtu),
        Interface(
            name=names.irb.format(n=ROUTED_VLAN),
            kind="subinterface",
            description=f"routing with {peer}",
            mtu=mtu,
            parent=bond,
            vlan=ROUTED_VLAN,
            addresses=tuple(local for local, _ in peer_link_addresses(context, switch)),
        ),
        Interface(
            name=names.vtep_loopback,
            kind="loopback",
            description=f"VTEP of {pair.primary} and {pair.secondary}",
            mtu=LOOPBACK_MTU,
            addresses=vtep_networks(context, switch),
        ),
    ]
