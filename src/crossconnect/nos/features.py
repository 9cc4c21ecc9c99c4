"""What a device may be asked to do, as one list, and which of it a configuration uses, and where that was asked for.

From these and a system's support table (`support`) come the findings at validate time and the support matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.finding import Severity


class Feature(msgspec.Struct, frozen=True):
    """Something that a network OS can or cannot do. `severity` is that of the finding where it cannot."""

    key: str
    title: str
    standard: str = ""
    severity: Severity = Severity.ERROR


_SERVICE = Severity.WARNING
"""Services beside forwarding: a fabric works without, so that a mixed one stays usable."""

FEATURES: tuple[Feature, ...] = (
    # The underlay.
    Feature("underlay-numbered", "numbered underlay", "RFC 3021, 6164"),
    Feature("underlay-unnumbered", "unnumbered underlay", "RFC 8950"),
    Feature("underlay-ipv6", "IPv6 beside IPv4 in the underlay"),
    Feature("mtu", "MTU per interface"),
    Feature("bfd", "BFD", "RFC 5880, 5881"),
    Feature("graceful-restart", "BGP graceful restart", "RFC 4724", _SERVICE),
    Feature("graceful-shutdown", "draining by graceful shutdown", "RFC 8326"),
    # The overlay.
    Feature("evpn", "eBGP EVPN overlay", "RFC 7432, 8365"),
    Feature("l2vni", "L2VNI", "RFC 8365"),
    Feature("l3vni", "L3VNI", "RFC 9135"),
    Feature("type-5", "type-5 routes", "RFC 9136"),
    Feature("symmetric-irb", "symmetric IRB", "RFC 9135"),
    Feature("anycast-gateway", "anycast gateway", "RFC 9135 4.1"),
    Feature("no-host-routes", "VRFs that keep no host routes"),
    Feature("vlan-trunk", "tagged segments on a port", "IEEE 802.1Q"),
    Feature("lacp", "LACP", "IEEE 802.1AX"),
    Feature("ethernet-segment", "Ethernet segments, all-active", "RFC 7432 8"),
    Feature("mlag", "MLAG pairs (vPC): one VTEP of two leaves"),
    # VRFs and the edge.
    Feature("vrf-lite", "VRF-lite handoff", "RFC 4364 10 a"),
    Feature("route-leak", "routes imported from another VRF"),
    Feature("route-limit", "limit of routes per VRF", "", _SERVICE),
    Feature("route-policy", "route policy", "RFC 8212"),
    Feature("max-prefix", "maximum of prefixes per session"),
    Feature("tcp-md5", "TCP MD5 signatures", "RFC 2385"),
    Feature("acl", "ACLs on interfaces"),
    # Management.
    Feature("management-vrf", "management VRF"),
    Feature("management-acl", "ACL on the management port"),
    Feature("lldp", "LLDP", "IEEE 802.1AB", _SERVICE),
    Feature("ntp", "NTP", "RFC 5905", _SERVICE),
    Feature("syslog", "syslog", "RFC 5424", _SERVICE),
    Feature("snmpv3", "SNMPv3", "RFC 3414", _SERVICE),
    Feature("gnmi", "gNMI", "", _SERVICE),
    Feature("netconf", "NETCONF", "RFC 6241, 6242", _SERVICE),
    Feature("aaa", "AAA by TACACS+ or RADIUS", "RFC 8907, 2865", _SERVICE),
    Feature("users", "local users", "", _SERVICE),
    Feature("banner", "login banner", "", _SERVICE),
    Feature("sflow", "sFlow export", "", _SERVICE),
    Feature("ipfix", "IPFIX export", "RFC 7011", _SERVICE),
    Feature("extra", "extra configuration in the system's own words"),
)
BY_KEY: Mapping[str, Feature] = {feature.key: feature for feature in FEATURES}


def used_features(device: DeviceConfiguration) -> dict[str, tuple[str, ...]]:
    """Keys of the features that a configuration uses, each with the places in the intent that ask for it."""
    places: dict[str, dict[str, None]] = {}
    for key, path in (*_system(device), *_interfaces(device), *_instances(device)):
        places.setdefault(key, {})[path] = None
    return {key: tuple(places[key]) for key in BY_KEY if key in places}


def _system(device: DeviceConfiguration) -> Iterator[tuple[str, str]]:
    system = device.system
    asked = {
        "management-vrf": (system.management_vrf, "vrf"),
        "management-acl": (system.acl, "acl"),
        "lldp": (system.lldp, "lldp"),
        "ntp": (system.ntp, "ntp"),
        "syslog": (system.syslog, "syslog"),
        "snmpv3": (system.snmp, "snmp"),
        "gnmi": (system.gnmi, "gnmi"),
        "netconf": (system.netconf, "netconf"),
        "aaa": (system.aaa, "aaa"),
        "users": (system.users, "users"),
        "banner": (system.banner, "banner"),
        "sflow": (system.sflow, "sflow"),
        "ipfix": (system.ipfix, "ipfix"),
    }
    yield from ((key, f"management/{field}") for key, (value, field) in asked.items() if value)
    yield from (("extra", extra.file) for extra in device.extra)


def _interfaces(device: DeviceConfiguration) -> Iterator[tuple[str, str]]:
    yield "mtu", "design/fabric_mtu"
    segments = {i.irb: i.path for i in device.network_instances if i.irb}
    if device.mlag is not None:
        yield "mlag", device.path
    for interface in device.interfaces:
        if interface.kind == "ethernet" and interface.network_instance == "default":
            if interface.unnumbered:
                yield "underlay-unnumbered", "design/underlay"
            elif interface.addresses:
                yield "underlay-numbered", "design/underlay"
        if interface.kind == "irb" and interface.mac:
            yield "anycast-gateway", segments.get(interface.name, device.path)
        if interface.kind == "lag":
            yield "lacp", device.path
        if interface.esi:
            yield "ethernet-segment", device.path
        if any(member.tagged for member in interface.members):
            yield "vlan-trunk", device.path
        for name in (interface.acl_in, interface.acl_out):
            if name:
                yield "acl", f"acls/{name}"


def _instances(device: DeviceConfiguration) -> Iterator[tuple[str, str]]:
    l3vnis = {i.name for i in device.network_instances if i.kind == "l3vrf" and i.vni}
    for instance in device.network_instances:
        here = instance.path
        if instance.kind == "mac-vrf" and instance.vni:
            yield "l2vni", here
            if instance.irb and instance.l3vrf in l3vnis:
                yield "symmetric-irb", here
        if instance.kind == "l3vrf":
            if instance.vni:
                yield "l3vni", here
            if not instance.host_routes:
                yield "no-host-routes", "design/host_routes"
            if instance.route_limit:
                yield "route-limit", f"{here}/route_limit"
            if instance.imports:
                yield "route-leak", f"{here}/imports"
        yield from _bgp(device, instance)


def _bgp(device: DeviceConfiguration, instance: NetworkInstance) -> Iterator[tuple[str, str]]:
    bgp = instance.bgp
    if bgp is None:
        return
    if bgp.evpn_advertise:
        yield "type-5", instance.path
    if bgp.graceful_shutdown:
        yield "graceful-shutdown", f"devices/{device.name}/drained"
    if bgp.graceful_restart and bgp.neighbors:
        yield "graceful-restart", "design/graceful_restart"
    for neighbor in bgp.neighbors:
        fabric = neighbor.kind == "fabric"
        here = f"peers/{neighbor.device}"
        if not fabric:
            yield "vrf-lite", here
        if neighbor.bfd:
            yield "bfd", "design/bfd" if fabric else here
        if neighbor.password:
            yield "tcp-md5", here
        for family in neighbor.families:
            if family.family == "l2vpn-evpn":
                yield "evpn", "design"
            elif fabric and family.family == "ipv6-unicast":
                yield "underlay-ipv6", "design/address_families"
            if family.max_prefixes:
                yield "max-prefix", here
            if family.import_policy or family.export_policy:
                yield "route-policy", here
