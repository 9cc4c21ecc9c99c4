"""Servers: ports on leaves, bonds as Ethernet segments (RFC 7432 8), and what a server looks like from its own side."""

from __future__ import annotations

from crossconnect.design.addressing import host_mac
from crossconnect.design.blueprint import Endpoint, HostPlan
from crossconnect.design.context import ES_SYSTEM_MAC, Context, SegmentDesign
from crossconnect.device.interface import Interface, Neighbor
from crossconnect.model.inventory import Host, Switch
from crossconnect.net import address_of, contains, esi_type3, interface_prefix, version_of


def server_interfaces(context: Context, switch: Switch) -> list[Interface]:
    """Ports towards servers. A server with several cables is on a bond. When its cables end on two leaves, that is an
    Ethernet segment, or a bond of the MLAG pair that they are; LACP shows both leaves as one system (IEEE 802.1AX
    5.3.2), all-active (RFC 7432 14.1.2)."""
    paired = switch.name in context.pairs
    interfaces: list[Interface] = []
    bonds: dict[str, Interface] = {}
    for end in context.servers_of.get(switch.name, ()):
        host = end.host
        kind = context.host_kinds[host.name]
        far_port = end.cable.a.name
        if len(context.server_ends[host.name]) == 1:
            interfaces.append(
                Interface(
                    name=end.port,
                    kind="ethernet",
                    description=f"{host.name}:{far_port}",
                    mtu=kind.port_mtu,
                    members=kind.members,
                    neighbor=Neighbor(host.name, far_port),
                )
            )
            continue
        number = int(context.lock.get("esi", host.name))
        count = context.lock.get(context.bond_pools.get(host.name, "esi"), host.name)
        bond = switch.names.lag.format(n=count)
        interfaces.append(
            Interface(
                name=end.port,
                kind="ethernet",
                description=f"{host.name}:{far_port}",
                mtu=kind.port_mtu,
                parent=bond,
                neighbor=Neighbor(host.name, far_port),
            )
        )
        bonds[bond] = Interface(
            name=bond,
            kind="lag",
            description=host.name,
            mtu=kind.port_mtu,
            members=kind.members,
            esi=esi_type3(ES_SYSTEM_MAC, number) if len(host.leaves) > 1 and not paired else "",
            mlag=int(count) if paired else 0,
            lacp_system_mac="" if paired else ES_SYSTEM_MAC,
            lacp_rate=context.region.design.lacp_rate,
        )
    return [*interfaces, *bonds.values()]


def host_plans(context: Context) -> tuple[HostPlan, ...]:
    """Every server as it must be set up itself."""
    return tuple(_host_plan(context, host) for host in context.inventory.hosts)


def _host_plan(context: Context, host: Host) -> HostPlan:
    cables = context.server_ends.get(host.name, ())
    trunk = "bond0" if len(cables) > 1 else "eth0"
    kind = context.host_kinds[host.name]
    return HostPlan(
        name=host.name,
        mac=host.mac or host_mac(context.lock, host.name),
        ports=tuple(end.cable.a.name for end in cables),
        leaves=host.leaves,
        mtu=kind.host_mtu,
        endpoints=tuple(_endpoint(host, trunk, index, segment) for index, segment in kind.segments),
        path=host.path,
    )


def _endpoint(host: Host, trunk: str, index: int, segment: SegmentDesign) -> Endpoint:
    port = host.segments[index]
    return Endpoint(
        host=host.name,
        interface=f"{trunk}.{segment.vlan}" if port.tagged else trunk,
        tenant=segment.tenant,
        vrf=segment.vrf,
        segment=segment.path,
        mac_vrf=segment.name,
        vlan=segment.vlan,
        tagged=port.tagged,
        addresses=tuple(sorted(port.addresses, key=version_of)) if len(port.addresses) > 1 else port.addresses,
        gateways=segment.gateways if segment.one_per_version else _gateways(segment, port.addresses),
    )


def _gateways(segment: SegmentDesign, addresses: tuple[str, ...]) -> tuple[str, ...]:
    """One gateway per IP version: the one in whose subnet the server has an address, else the first."""
    assert segment.irb is not None
    chosen: list[str] = []
    for version in (4, 6):
        own = [a for a in addresses if version_of(a) == version]
        gateways = [g for g in segment.irb.addresses if version_of(g) == version]
        near = [g for g in gateways if any(contains(interface_prefix(g), address_of(a)) for a in own)]
        chosen += [address_of(g) for g in (near or gateways)[:1]]
    return tuple(chosen)
