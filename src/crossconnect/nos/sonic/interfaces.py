"""Ports, bonds, loopbacks, VLANs with their members and interfaces, subinterfaces.

Sources: SONiC Configuration database manual ("Port", "Port Channel", "Interface", "Loopback Interface", "VLAN", "VLAN
Member", "VLAN Interface", "VLAN sub-interface"); sonic-port.yang, sonic-portchannel.yang (`fast_rate`, `min_links`,
`system_mac`), sonic-interface.yang (`ipv6_use_link_local_only` for RFC 8950 sessions), sonic-vlan.yang
(`static_anycast_gateway`), sonic-static-anycast-gateway.yang (`SAG|GLOBAL`), sonic-vlan-sub-interface.yang.

A port's `mtu` is the MTU of its Linux device, so an IP MTU; orchagent gives the switch 22 octets more (portsorch.cpp:
Ethernet header, FCS and one VLAN tag). What belongs to the hardware SKU (`lanes`, `speed`, `index`, `fec`) is not the
design's: the switch has it from `port_config.ini`, and `config load` and patches of single fields keep it.
"""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.nos.frr.names import one_line
from crossconnect.nos.sonic.names import vlan_name, vrf_name
from crossconnect.nos.sonic.tables import Fields, Table, Tables, fields, switched

DESCRIPTION_LENGTH_MAX = 255


def interface_tables(device: DeviceConfiguration) -> Tables:
    """All tables about interfaces but the management port's."""
    tables: Tables = {
        name: {}
        for name in (
            "PORT",
            "LOOPBACK_INTERFACE",
            "PORTCHANNEL",
            "PORTCHANNEL_MEMBER",
            "VLAN",
            "VLAN_MEMBER",
            "INTERFACE",
            "PORTCHANNEL_INTERFACE",
            "SAG",
            "VLAN_INTERFACE",
            "VLAN_SUB_INTERFACE",
        )
    }
    for interface in device.interfaces:
        match interface.kind:
            case "ethernet":
                tables["PORT"][interface.name] = _port(interface)
                if interface.parent:
                    tables["PORTCHANNEL_MEMBER"][f"{interface.parent}|{interface.name}"] = {}
                _routed(tables["INTERFACE"], interface)
            case "lag":
                tables["PORTCHANNEL"][interface.name] = _bond(interface)
                _routed(tables["PORTCHANNEL_INTERFACE"], interface)
            case "loopback":
                _routed(tables["LOOPBACK_INTERFACE"], interface)
            case "irb":
                _routed(tables["VLAN_INTERFACE"], interface)
            case "subinterface":
                _routed(tables["VLAN_SUB_INTERFACE"], interface)
            case "management":
                continue
        for member in interface.members:
            key = f"{vlan_name(member.vlan)}|{interface.name}"
            tables["VLAN_MEMBER"][key] = {"tagging_mode": "tagged" if member.tagged else "untagged"}
    tables["VLAN"] |= _vlans(device)
    gateways = sorted({i.mac for i in device.interfaces if i.kind == "irb" and i.mac})
    if gateways:
        tables["SAG"]["GLOBAL"] = {"gateway_mac": gateways[0]}
    return tables


def _port(interface: Interface) -> Fields:
    return fields(
        admin_status=switched(interface.enabled),
        description=_description(interface),
        mtu=interface.mtu,
    )


def _bond(interface: Interface) -> Fields:
    return fields(
        admin_status=switched(interface.enabled),
        description=_description(interface),
        mtu=interface.mtu,
        min_links=interface.min_links,
        fast_rate="true" if interface.lacp_rate == "fast" else "false",
        # The number of the bond, by which LACP's key is made, is the same on both leaves.
        lacp_key="auto",
        system_mac=interface.lacp_system_mac,
    )


def _vlans(device: DeviceConfiguration) -> Table:
    gateways = {i.name: i for i in device.interfaces if i.kind == "irb"}
    out: Table = {}
    for instance in device.network_instances:
        if instance.kind != "mac-vrf" or instance.vlan is None:
            continue
        gateway = gateways.get(instance.irb)
        out[vlan_name(instance.vlan)] = fields(
            vlanid=instance.vlan,
            description=instance.name[:DESCRIPTION_LENGTH_MAX],
            admin_status="up" if gateway is None else switched(gateway.enabled),
            mtu=instance.mtu if gateway is None else gateway.mtu,
        )
    return out


def _routed(table: Table, interface: Interface) -> None:
    """The interface, when it routes, and its addresses: an entry each, `NAME` before `NAME|ADDRESS`."""
    if not (interface.addresses or interface.unnumbered):
        return
    own = fields(vrf_name="" if interface.network_instance == "default" else vrf_name(interface.network_instance))
    if interface.kind == "subinterface":
        own |= fields(admin_status=switched(interface.enabled), vlan=interface.vlan)
    if interface.unnumbered:
        own["ipv6_use_link_local_only"] = "enable"
    if interface.kind == "irb" and interface.mac:
        own["static_anycast_gateway"] = "true"
    table[interface.name] = own
    table.update({f"{interface.name}|{address}": {} for address in interface.addresses})


def _description(interface: Interface) -> str:
    return one_line(interface.description)[:DESCRIPTION_LENGTH_MAX]
