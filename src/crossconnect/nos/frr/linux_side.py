"""Device configuration to the Linux side: ports, VRFs, bridge domains, kernel settings, further files."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.frr.files import system_files
from crossconnect.nos.frr.linux import Bond, BridgeDomain, BridgePort, LinuxDevice, Port, Subinterface, VrfDevice
from crossconnect.nos.frr.names import l3_bridge_name, svi_name, vxlan_name
from crossconnect.nos.frr.segment import ethernet_segment

SYSCTLS: tuple[tuple[str, str], ...] = (
    ("net.ipv4.ip_forward", "1"),
    ("net.ipv6.conf.all.forwarding", "1"),
    # ECMP in a fabric is asymmetric by nature; strict reverse paths would drop good packets.
    ("net.ipv4.conf.all.rp_filter", "0"),
    ("net.ipv4.conf.default.rp_filter", "0"),
    # ECMP by ports too, not by addresses alone; VXLAN hides each flow in its source port.
    ("net.ipv4.fib_multipath_hash_policy", "1"),
    ("net.ipv6.fib_multipath_hash_policy", "1"),
    # A port answers ARP only for its own addresses, and asks with an address of the subnet asked for: the same
    # gateway address is on many devices, and loopbacks must not leak into ARP.
    ("net.ipv4.conf.all.arp_ignore", "1"),
    ("net.ipv4.conf.default.arp_ignore", "1"),
    ("net.ipv4.conf.all.arp_announce", "2"),
    ("net.ipv4.conf.default.arp_announce", "2"),
    # An anycast gateway is a duplicate address on purpose, and link-local addresses come from unique MACs.
    ("net.ipv6.conf.all.accept_dad", "0"),
    ("net.ipv6.conf.default.accept_dad", "0"),
    # Routers do not configure themselves from what others announce.
    ("net.ipv6.conf.all.accept_ra", "0"),
    ("net.ipv6.conf.default.accept_ra", "0"),
    # Linux drops IPv6 addresses of a port that goes down; a router's must still be there when it comes back.
    ("net.ipv6.conf.all.keep_addr_on_down", "1"),
    ("net.ipv6.conf.default.keep_addr_on_down", "1"),
    # A dead next hop leaves its ECMP group at once.
    ("net.ipv4.conf.all.ignore_routes_with_linkdown", "1"),
    ("net.ipv4.conf.default.ignore_routes_with_linkdown", "1"),
    ("net.ipv6.conf.all.ignore_routes_with_linkdown", "1"),
    ("net.ipv6.conf.default.ignore_routes_with_linkdown", "1"),
    # Neighbour tables for a leaf's worth of hosts and their host routes; the kernel's 1,024 is for one host.
    ("net.ipv4.neigh.default.gc_thresh1", "8192"),
    ("net.ipv4.neigh.default.gc_thresh2", "32768"),
    ("net.ipv4.neigh.default.gc_thresh3", "65536"),
    ("net.ipv6.neigh.default.gc_thresh1", "8192"),
    ("net.ipv6.neigh.default.gc_thresh2", "32768"),
    ("net.ipv6.neigh.default.gc_thresh3", "65536"),
    # No socket bound outside a VRF hears what arrives in one: bgpd has a listener of its own per VRF.
    ("net.ipv4.tcp_l3mdev_accept", "0"),
    ("net.ipv4.udp_l3mdev_accept", "0"),
)

_TABLE_OFFSET = 1 << 24
_TABLE_SMALL = 1000
MANAGEMENT_TABLE = _TABLE_SMALL


def linux_side(device: DeviceConfiguration) -> LinuxDevice:
    """Everything below FRR: what is made, with which addresses, in which VRF."""
    ports: list[Port] = []
    subinterfaces: list[Subinterface] = []
    bond_members: dict[str, list[str]] = {}
    lo_addresses: tuple[str, ...] = ()
    irbs: dict[str, Interface] = {}
    bridged: dict[int, list[BridgePort]] = {}
    for interface in device.interfaces:
        for member in interface.members:
            bridged.setdefault(member.vlan, []).append(BridgePort(interface.name, member.tagged))
        match interface.kind:
            case "ethernet" | "management":
                ports.append(_port(interface))
                if interface.parent:
                    bond_members.setdefault(interface.parent, []).append(interface.name)
            case "subinterface":
                subinterfaces.append(_subinterface(interface))
            case "loopback":
                if interface.network_instance == "default":
                    lo_addresses += interface.addresses
            case "irb":
                irbs[interface.name] = interface
            case "lag":
                pass
    return LinuxDevice(
        name=device.name,
        vtep=device.vtep,
        sysctls=SYSCTLS,
        lo_addresses=lo_addresses,
        vrfs=_vrfs(device, irbs),
        ports=tuple(ports),
        subinterfaces=tuple(subinterfaces),
        bonds=tuple(_bond(i, bond_members.get(i.name, [])) for i in device.interfaces if i.kind == "lag"),
        bridge_domains=_bridge_domains(device, irbs, bridged),
        files=system_files(device),
    )


def _port(interface: Interface) -> Port:
    return Port(
        name=interface.name,
        vrf=interface.network_instance,
        mtu=interface.mtu,
        enabled=interface.enabled,
        addresses=interface.addresses,
        link_local=interface.unnumbered,
        bond=interface.parent,
        description=interface.description,
    )


def _subinterface(interface: Interface) -> Subinterface:
    assert interface.vlan is not None, interface.name
    return Subinterface(
        name=interface.name,
        parent=interface.parent,
        vlan=interface.vlan,
        vrf=interface.network_instance,
        mtu=interface.mtu,
        addresses=interface.addresses,
        enabled=interface.enabled,
    )


def _bond(interface: Interface, members: list[str]) -> Bond:
    discriminator = ethernet_segment(interface.esi)[0] if interface.esi else 0
    return Bond(
        name=interface.name,
        members=tuple(members),
        mtu=interface.mtu,
        system_mac=interface.lacp_system_mac,
        es_id=discriminator,
        lacp_rate=interface.lacp_rate,
    )


def _vrfs(device: DeviceConfiguration, irbs: dict[str, Interface]) -> tuple[VrfDevice, ...]:
    mtu_by_vrf: dict[str, int] = {}
    for irb in irbs.values():
        mtu_by_vrf[irb.network_instance] = max(irb.mtu, mtu_by_vrf.get(irb.network_instance, 0))
    vrfs: list[VrfDevice] = []
    without_vni = 1
    for instance in device.network_instances:
        if instance.kind == "management":
            vrfs.append(VrfDevice(name=instance.name, table=MANAGEMENT_TABLE))
        elif instance.kind == "l3vrf" and not instance.vni:
            vrfs.append(VrfDevice(name=instance.name, table=without_vni))
            without_vni += 1
        elif instance.kind == "l3vrf":
            vrfs.append(_vrf(instance, instance.vni or 0, mtu_by_vrf.get(instance.name, 0)))
    return tuple(vrfs)


def _vrf(instance: NetworkInstance, vni: int, irb_mtu: int) -> VrfDevice:
    return VrfDevice(
        name=instance.name,
        table=routing_table(vni),
        vni=vni,
        vxlan=vxlan_name(vni),
        bridge=l3_bridge_name(vni),
        router_mac=instance.router_mac,
        mtu=instance.mtu or irb_mtu or 1500,
    )


def routing_table(vni: int) -> int:
    """Kernel routing table of an IP-VRF: its L3VNI, so that it never moves and reads well; small ones are moved out
    of the way of the kernel's own tables (253 to 255), of the management VRF and of VRFs without L3VNI."""
    return vni if vni > _TABLE_SMALL else _TABLE_OFFSET + vni


def _bridge_domains(
    device: DeviceConfiguration, irbs: dict[str, Interface], bridged: dict[int, list[BridgePort]]
) -> tuple[BridgeDomain, ...]:
    domains: list[BridgeDomain] = []
    for instance in device.network_instances:
        if instance.kind != "mac-vrf" or instance.vlan is None:
            continue
        irb = irbs.get(instance.irb)
        domains.append(
            BridgeDomain(
                vlan=instance.vlan,
                vni=instance.vni or 0,
                vxlan=vxlan_name(instance.vni) if instance.vni else "",
                svi=instance.irb or svi_name(instance.vlan),
                vrf=(instance.l3vrf or "default") if irb else "default",
                mtu=instance.mtu or (irb.mtu if irb else 1500),
                svi_mac=irb.mac if irb else "",
                svi_addresses=irb.addresses if irb else (),
                ports=tuple(sorted(bridged.get(instance.vlan, ()))),
            )
        )
    return tuple(sorted(domains, key=lambda d: d.vlan))
