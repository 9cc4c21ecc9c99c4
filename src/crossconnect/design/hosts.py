"""Servers: ports on leaves, bonds as Ethernet segments (RFC 7432 8), and what a server looks like from its own side."""

from __future__ import annotations

from collections.abc import Iterable

from crossconnect.design.addressing import host_mac
from crossconnect.design.blueprint import Endpoint, HostPlan
from crossconnect.design.context import ES_SYSTEM_MAC, Context, SegmentDesign, ServerEnd, segment_scope
from crossconnect.design.names import bond_name
from crossconnect.device.interface import Interface, Neighbor, SegmentMember
from crossconnect.intent.placement import segment_path
from crossconnect.model.inventory import Host, Switch
from crossconnect.model.server import SegmentPort
from crossconnect.net import address_of, contains, esi_type3, interface_prefix


def server_interfaces(context: Context, switch: Switch) -> list[Interface]:
    """Ports towards servers. A server with several cables is on a bond, which is an Ethernet segment when its cables
    end on two leaves; LACP shows both leaves as one system (IEEE 802.1AX 5.3.2), all-active (RFC 7432 14.1.2)."""
    interfaces: list[Interface] = []
    bonds: dict[str, Interface] = {}
    for end in context.servers_of.get(switch.name, ()):
        host = end.host
        members, mtu = _membership(context, switch, host)
        neighbor = Neighbor(host.name, end.cable.a.name)
        if len(context.server_ends[host.name]) == 1:
            interfaces.append(
                Interface(
                    name=end.port,
                    kind="ethernet",
                    description=f"{host.name}:{end.cable.a.name}",
                    mtu=mtu,
                    members=members,
                    neighbor=neighbor,
                )
            )
            continue
        number = int(context.lock.get("esi", host.name))
        bond = bond_name(number)
        interfaces.append(
            Interface(
                name=end.port,
                kind="ethernet",
                description=f"{host.name}:{end.cable.a.name}",
                mtu=mtu,
                parent=bond,
                neighbor=neighbor,
            )
        )
        bonds[bond] = Interface(
            name=bond,
            kind="lag",
            description=host.name,
            mtu=mtu,
            members=members,
            esi=esi_type3(ES_SYSTEM_MAC, number) if len(host.leaves) > 1 else "",
            lacp_system_mac=ES_SYSTEM_MAC,
        )
    return [*interfaces, *bonds.values()]


def _membership(context: Context, switch: Switch, host: Host) -> tuple[tuple[SegmentMember, ...], int]:
    """VLANs on a server's port, and the MTU that holds the largest of them."""
    scope = segment_scope(context.region, switch)
    members: set[SegmentMember] = set()
    mtu = 0
    for port in host.segments:
        segment = context.segments.get((segment_path(port.segment), scope))
        if segment is not None:
            members.add(SegmentMember(segment.vlan, port.tagged))
            mtu = max(mtu, segment.mtu)
    return tuple(sorted(members)), mtu or context.region.design.tenant_mtu


def host_plans(context: Context) -> tuple[HostPlan, ...]:
    """Every server as it must be set up itself."""
    return tuple(_host_plan(context, host) for host in context.inventory.hosts)


def _host_plan(context: Context, host: Host) -> HostPlan:
    cables: tuple[ServerEnd, ...] = context.server_ends.get(host.name, ())
    trunk = "bond0" if len(cables) > 1 else "eth0"
    scopes = {segment_scope(context.region, context.switches[leaf]) for leaf in host.leaves}
    pairs = list(_segments(context, host, scopes))
    endpoints = tuple(_endpoint(host, trunk, port, segment) for port, segment in pairs)
    return HostPlan(
        name=host.name,
        mac=host.mac or host_mac(context.lock, host.name),
        ports=tuple(end.cable.a.name for end in cables),
        leaves=host.leaves,
        # The smallest of its segments: a server sends no packet that one of its gateways would have to drop.
        mtu=min((segment.mtu for _, segment in pairs), default=context.region.design.tenant_mtu),
        endpoints=tuple(sorted(endpoints, key=lambda e: (e.tagged, e.vlan))),
        path=host.path,
    )


def _segments(context: Context, host: Host, scopes: set[str]) -> Iterable[tuple[SegmentPort, SegmentDesign]]:
    for port in host.segments:
        path = segment_path(port.segment)
        for scope in sorted(scopes)[:1]:
            if (segment := context.segments.get((path, scope))) is not None:
                yield port, segment


def _endpoint(host: Host, trunk: str, port: SegmentPort, segment: SegmentDesign) -> Endpoint:
    return Endpoint(
        host=host.name,
        interface=f"{trunk}.{segment.vlan}" if port.tagged else trunk,
        tenant=segment.tenant,
        vrf=segment.vrf,
        segment=segment.path,
        mac_vrf=segment.name,
        vlan=segment.vlan,
        tagged=port.tagged,
        addresses=tuple(sorted(port.addresses, key=lambda a: ":" in a)),
        gateways=_gateways(segment, port.addresses) if segment.vrf else (),
    )


def _gateways(segment: SegmentDesign, addresses: tuple[str, ...]) -> tuple[str, ...]:
    """One gateway per IP version: the one in whose subnet the server has an address, else the first."""
    assert segment.irb is not None
    chosen: list[str] = []
    for colon in (False, True):
        own = [a for a in addresses if (":" in a) == colon]
        gateways = [g for g in segment.irb.addresses if (":" in g) == colon]
        near = [g for g in gateways if any(contains(interface_prefix(g), address_of(a)) for a in own)]
        chosen += [address_of(g) for g in (near or gateways)[:1]]
    return tuple(chosen)
