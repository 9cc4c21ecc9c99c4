"""The underlay: fabric links, loopbacks, and one eBGP hop per link (RFC 7938).

Numbered: an IPv4 session carries IPv4 and EVPN, an IPv6 session IPv6. Unnumbered: one session over IPv6 link-local
addresses carries all three, IPv4 with IPv6 next hops (RFC 8950).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from crossconnect.design.addressing import loopbacks, router_id
from crossconnect.design.context import Context, FabricEnd
from crossconnect.design.mlag import peer_link_addresses, vtep_networks
from crossconnect.design.mtu import LOOPBACK_MTU
from crossconnect.design.overlay import evpn_family, is_vtep
from crossconnect.device import interface as device_interface
from crossconnect.device.bgp import Bgp, Neighbor, NeighborFamily, Originate
from crossconnect.device.interface import Interface
from crossconnect.model.inventory import Switch
from crossconnect.net import address_of

IPV4 = NeighborFamily(family="ipv4-unicast")
IPV6 = NeighborFamily(family="ipv6-unicast")


def loopback(context: Context, switch: Switch) -> Interface:
    """The loopback: router id, VTEP address, and the one address by which a device is known."""
    return Interface(
        name=switch.names.loopback,
        kind="loopback",
        description="router id and VTEP",
        mtu=LOOPBACK_MTU,
        addresses=loopbacks(context.lock, switch.name),
    )


def fabric_interfaces(context: Context, switch: Switch) -> list[Interface]:
    """Ports towards other switches."""
    design = context.region.design
    unnumbered = design.underlay == "unnumbered"
    interfaces: list[Interface] = []
    for end in context.fabric_of.get(switch.name, ()):
        interfaces.append(
            Interface(
                name=end.port,
                kind="ethernet",
                description=f"{end.remote.name}:{end.remote_port}",
                mtu=end.cable.mtu or design.fabric_mtu,
                addresses=tuple(local for local, _ in end.addresses),
                unnumbered=unnumbered,
                neighbor=device_interface.Neighbor(end.remote.name, end.remote_port),
            )
        )
    return interfaces


def fabric_bgp(context: Context, switch: Switch) -> Bgp:
    """The BGP speaker of the default network instance.

    Every device is originator of nothing but its loopbacks: links are not announced (RFC 7938 5.2.3), so the routing
    table grows with devices and not with cables. Valley paths cannot form: all spines of a pod share an ASN, all
    super-spines share one, and so what went up cannot come down and up again (RFC 7938 5.2.1).
    """
    design = context.region.design
    neighbors: list[Neighbor] = []
    evpn = evpn_family(context, switch)
    for end in context.fabric_of.get(switch.name, ()):
        if design.underlay == "unnumbered":
            neighbors.append(_unnumbered(context, end, evpn))
        else:
            neighbors += _numbered(context, end, end.addresses, evpn)
    neighbors += [
        replace(n, description=f"{n.device}, over the peer link")
        for end in context.peer_links_of.get(switch.name, ())[:1]
        for n in _numbered(context, end, peer_link_addresses(context, switch), evpn)
    ]
    own = (*loopbacks(context.lock, switch.name), *vtep_networks(context, switch))
    originate = [Originate(family="ipv4-unicast", networks=tuple(a for a in own if ":" not in a))]
    if any(":" in a for a in own):
        originate.append(Originate(family="ipv6-unicast", networks=tuple(a for a in own if ":" in a)))
    return Bgp(
        asn=context.asns[switch.name],
        router_id=router_id(context.lock, switch.name),
        neighbors=tuple(neighbors),
        originate=tuple(originate),
        maximum_paths=design.maximum_paths,
        graceful_restart=design.graceful_restart,
        advertise_all_vni=is_vtep(context, switch),
    )


def _numbered(
    context: Context, end: FabricEnd, addresses: tuple[tuple[str, str], ...], evpn: NeighborFamily
) -> Iterator[Neighbor]:
    for local, remote in addresses:
        families = (IPV6,) if ":" in local else (IPV4, evpn)
        yield _session(context, end, address_of(local), address_of(remote), families)


def _unnumbered(context: Context, end: FabricEnd, evpn: NeighborFamily) -> Neighbor:
    families = (IPV4, IPV6) if "ipv6" in context.region.design.address_families else (IPV4,)
    return _session(context, end, "", "", (*families, evpn))


def _session(
    context: Context, end: FabricEnd, local: str, remote: str, families: tuple[NeighborFamily, ...]
) -> Neighbor:
    design = context.region.design
    return Neighbor(
        address=remote,
        interface="" if remote else end.port,
        local_address=local,
        remote_asn=context.asns[end.remote.name],
        kind="fabric",
        device=end.remote.name,
        description=f"{end.remote.name}:{end.remote_port}",
        families=families,
        extended_next_hop=not remote,
        bfd=design.bfd.enabled,
        keepalive_s=design.keepalive_s,
        hold_time_s=design.hold_time_s,
    )
