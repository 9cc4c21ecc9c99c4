"""The overlay: MP-BGP EVPN (RFC 7432, 8365) with VTEPs on leaves only; instances and what identifies them."""

from __future__ import annotations

from crossconnect.design.addressing import router_id
from crossconnect.design.context import Context, SegmentDesign, VrfDesign, irb_of
from crossconnect.design.mlag import vtep_router_mac
from crossconnect.design.mtu import overlay_mtu
from crossconnect.design.policy import MARK_LEAKED, REFUSE_LEAKED
from crossconnect.device.bgp import Bgp, Neighbor, NeighborFamily, Originate
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.model.interface_names import LINUX, InterfaceNames
from crossconnect.model.inventory import Switch

EVPN = NeighborFamily(family="l2vpn-evpn")
EVPN_TRANSIT = NeighborFamily(family="l2vpn-evpn", next_hop_unchanged=True)

ORIGINATE_CONNECTED = (
    Originate(family="ipv4-unicast", connected=True),
    Originate(family="ipv6-unicast", connected=True),
)


def is_vtep(context: Context, switch: Switch) -> bool:
    """Whether tunnels end here: on every leaf that has a VNI."""
    return switch.name in context.segments_of or switch.name in context.vrfs_of


def evpn_family(context: Context, switch: Switch) -> NeighborFamily:
    """EVPN on a fabric session. Spines pass routes on with the next hop they came with, since tunnels end at leaves
    (RFC 4271 5.1.3 third-party next hop, RFC 7938 has plain IP only); so do leaves of an MLAG pair, to each other and
    for each other."""
    return EVPN_TRANSIT if switch.role in ("spine", "super-spine") or switch.name in context.pairs else EVPN


def mac_vrf(segment: SegmentDesign, rd_prefix: str, names: InterfaceNames = LINUX) -> NetworkInstance:
    """The MAC-VRF of a segment on a device: one broadcast domain per instance (RFC 7432 6.1), RD of type 1 with the
    device's router id (RFC 7432 7.9), so that no two devices' routes are taken for each other's."""
    irb = irb_of(segment, names)
    return NetworkInstance(
        name=segment.name,
        kind="mac-vrf",
        tenant=segment.tenant,
        path=segment.path,
        vni=segment.vni,
        vlan=segment.vlan,
        rd=f"{rd_prefix}:{segment.evi}",
        import_rts=segment.route_targets,
        export_rts=segment.route_targets,
        irb=irb.name if irb is not None else "",
        l3vrf=segment.vrf,
        mtu=segment.mtu,
    )


def ip_vrf(context: Context, switch: Switch, vrf: VrfDesign, neighbors: tuple[Neighbor, ...] = ()) -> NetworkInstance:
    """The IP-VRF of a tenant on a device: symmetric IRB over its L3VNI (RFC 9135 5), subnets as type-5 routes
    (RFC 9136 4.4.1, interface-less), so that a leaf needs no segment it has no server in."""
    design = context.region.design
    own = router_id(context.lock, switch.name)
    return NetworkInstance(
        name=vrf.name,
        kind="l3vrf",
        tenant=vrf.tenant,
        path=vrf.path,
        vni=vrf.vni,
        rd=f"{own}:{vrf.evi}",
        import_rts=vrf.route_targets,
        export_rts=vrf.route_targets,
        router_mac=vtep_router_mac(context, switch),
        mtu=overlay_mtu(design.fabric_mtu),
        route_limit=vrf.model.route_limit,
        host_routes=design.host_routes,
        imports=vrf.imports,
        imports_policy=MARK_LEAKED if vrf.imports else "",
        bgp=Bgp(
            asn=context.asns[switch.name],
            router_id=own,
            neighbors=neighbors,
            originate=ORIGINATE_CONNECTED,
            maximum_paths=design.maximum_paths,
            graceful_restart=design.graceful_restart,
            evpn_advertise=("ipv4-unicast", "ipv6-unicast"),
            evpn_advertise_policy=REFUSE_LEAKED if vrf.imports else "",
        ),
    )
