"""What SONiC's YANG models or the switch would refuse, and what it does differently, as findings about a device."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from msgspec.structs import replace

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Code, Finding, Place, Severity, found
from crossconnect.nos.frr.codes import findings as routing_findings
from crossconnect.nos.sonic.bgp import in_sonic_names
from crossconnect.nos.sonic.names import transit_vlan, vrf_name
from crossconnect.nos.sonic.services import SERVICE_CODES, service_findings
from crossconnect.nos.sonic.system import uses_frrcfgd

NAME = Code(
    "sonic.name",
    Severity.ERROR,
    "A VRF, port, bond or subinterface has a name that SONiC's YANG models refuse.",
    "VRFs: letters, digits, `_` and `-`; ports: Ethernet and a number; bonds: PortChannel and up to four digits; "
    "subinterfaces: up to 15 characters",
)
REFERENCE = Code(
    "sonic.reference-missing",
    Severity.ERROR,
    "Something refers to a port, bond, VLAN, VRF or ACL that the device does not have; SONiC refuses the whole file.",
    "define it, or take the reference away",
)
BRIDGED_AND_ROUTED = Code(
    "sonic.bridged-and-routed",
    Severity.ERROR,
    "A port is member of a VLAN or bond and has addresses as well.",
    "use one port for each",
)
UNTAGGED_TWICE = Code(
    "sonic.untagged-twice",
    Severity.ERROR,
    "A port is an untagged member of several VLANs.",
    "let all but one be tagged",
)
GATEWAY_MAC = Code(
    "sonic.gateway-mac",
    Severity.ERROR,
    "Gateways of one switch have different anycast MAC addresses; SONiC has one for all, `SAG|GLOBAL`.",
    "use one anycast MAC in the region",
)
ROUTER_MAC = Code(
    "sonic.router-mac",
    Severity.ERROR,
    "IP-VRFs of one switch have different Router's MAC addresses; SONiC announces its own for all.",
    "use one router MAC a device",
)
TRANSIT_VLAN = Code(
    "sonic.l3vni-vlan",
    Severity.ERROR,
    "The VLAN that stands for an L3VNI is taken by a segment, or by another L3VNI.",
    "keep VLANs from 3095 out of the `vlan` pools, and L3VNIs within a range of 1000",
)
SEGMENT = Code(
    "sonic.ethernet-segment",
    Severity.ERROR,
    "An Ethernet segment's ESI is not of type 3 made of the bond's system MAC; SONiC makes it so.",
    "leave `esi` to the design",
)
SUBINTERFACE_MTU = Code(
    "sonic.subinterface-mtu",
    Severity.WARNING,
    "A subinterface is to have another MTU than its port; on SONiC it has its port's.",
    "give all handoffs of a port one MTU",
)
HOST_ROUTES = Code(
    "sonic.host-routes",
    Severity.WARNING,
    "A VRF is to keep no host routes, and frrcfgd runs on the device (for BFD or Ethernet segments): it enters the "
    "VRF's `vni` again, without `prefix-routes-only`, and host routes come.",
    "do without BFD on the device, let host routes be, or count them in its limits",
)
OUT_OF_RANGE = Code(
    "sonic.out-of-range",
    Severity.ERROR,
    "A number is outside the range of SONiC's YANG models.",
    "choose a number within the range",
)

CODES: tuple[Code, ...] = (
    NAME,
    REFERENCE,
    BRIDGED_AND_ROUTED,
    UNTAGGED_TWICE,
    GATEWAY_MAC,
    ROUTER_MAC,
    TRANSIT_VLAN,
    SEGMENT,
    SUBINTERFACE_MTU,
    HOST_ROUTES,
    OUT_OF_RANGE,
    *SERVICE_CODES,
)

_NAMES = {
    "ethernet": re.compile(r"Ethernet[0-9]+"),
    "lag": re.compile(r"PortChannel[0-9]{1,4}"),
    "irb": re.compile(r"Vlan[0-9]+"),
    "loopback": re.compile(r"Loopback[0-9]+"),
    "management": re.compile(r"eth[0-9]{1,4}"),
    "subinterface": re.compile(r"(?=.{1,15}$)(Ethernet|PortChannel)[0-9]+\.[0-9]+"),
}
_VRF = re.compile(r"Vrf[a-zA-Z0-9_-]+")
MTU = (68, 9216)

_OF_ROUTING = frozenset(
    {
        "frr.external-without-policy",
        "frr.evpn-policy",
        "frr.policy-missing",
        "frr.prepend-asn",
        "frr.as-path-pattern",
        "frr.set-name",
        "frr.secret-name-too-long",
        "frr.out-of-range",
        "frr.route-limit-not-enforced",
        "frr.multipath-slots",
        "frr.med-not-deterministic",
    }
)
"""Findings about FRR 10 that hold on SONiC too: it is the same daemon."""


def findings(device: DeviceConfiguration) -> tuple[Finding, ...]:
    """Everything that SONiC would refuse, ignore or do differently for this device."""
    return (
        *_interfaces(device),
        *_members(device),
        *_instances(device),
        *_overlay(device),
        *_segments(device),
        *service_findings(device),
        *(f for f in routing_findings(replace(in_sonic_names(device), bfd=None), "10") if f.code in _OF_ROUTING),
    )


def _place(device: DeviceConfiguration, *parts: str) -> Place:
    return Place(path="/".join(("devices", device.name, *parts)))


def _interfaces(device: DeviceConfiguration) -> Iterator[Finding]:
    names = {i.name: i for i in device.interfaces}
    vrfs = {i.name for i in device.network_instances}
    acls = {acl.name for acl in device.acls}
    for interface in device.interfaces:
        here = _place(device, "interfaces", interface.name)
        who = f"{device.name}: {interface.name}"
        if not _NAMES[interface.kind].fullmatch(interface.name):
            yield found(NAME, here, f"{who} is no name of a port, bond or subinterface on SONiC")
        if interface.parent and interface.parent not in names:
            yield found(REFERENCE, here, f"{who} belongs to {interface.parent}, which is not there")
        if interface.network_instance not in vrfs:
            yield found(REFERENCE, here, f"{who} is in the VRF {interface.network_instance}, which is not there")
        for acl in (interface.acl_in, interface.acl_out):
            if acl and acl not in acls:
                yield found(REFERENCE, here, f"{who} has the ACL {acl}, which is not there")
        if interface.kind != "loopback" and not MTU[0] <= interface.mtu <= MTU[1]:
            yield found(OUT_OF_RANGE, here, f"{who}: MTU is {interface.mtu}", expected=f"{MTU[0]} to {MTU[1]}")
        parent = names.get(interface.parent)
        if interface.kind == "subinterface" and parent is not None and parent.mtu != interface.mtu:
            words = f"{who} has an MTU of {interface.mtu} octets, and {parent.name} of {parent.mtu}"
            yield found(SUBINTERFACE_MTU, here, words)


def _members(device: DeviceConfiguration) -> Iterator[Finding]:
    vlans = {i.vlan for i in device.network_instances if i.kind == "mac-vrf"}
    for interface in device.interfaces:
        here = _place(device, "interfaces", interface.name)
        who = f"{device.name}: {interface.name}"
        bonded = interface.kind == "ethernet" and bool(interface.parent)
        routed = bool(interface.addresses) or interface.unnumbered
        if (routed and (interface.members or bonded)) or (interface.members and bonded):
            yield found(BRIDGED_AND_ROUTED, here, f"{who} routes, bridges or is in a bond, and only one is possible")
        for member in interface.members:
            if member.vlan not in vlans:
                yield found(REFERENCE, here, f"{who} is in VLAN {member.vlan}, which is not there")
        untagged = [member.vlan for member in interface.members if not member.tagged]
        if len(untagged) > 1:
            yield found(UNTAGGED_TWICE, here, f"{who} is untagged in VLANs {', '.join(map(str, untagged))}")


def _instances(device: DeviceConfiguration) -> Iterator[Finding]:
    vrfs = {i.name for i in device.network_instances if i.kind == "l3vrf"}
    gateways = {i.name for i in device.interfaces if i.kind == "irb"}
    for instance in device.network_instances:
        here = Place(path=instance.path) if instance.path else _place(device, "network-instances", instance.name)
        who = f"{device.name}: {instance.name}"
        if instance.kind == "l3vrf" and not _VRF.fullmatch(vrf_name(instance.name)):
            yield found(NAME, here, f"{device.name}: {vrf_name(instance.name)!r} is no name of a VRF on SONiC")
        for name in instance.imports:
            if name not in vrfs:
                yield found(REFERENCE, here, f"{who} imports from {name}, which is not there")
        if instance.irb and instance.irb not in gateways:
            yield found(REFERENCE, here, f"{who} has the gateway {instance.irb}, which is not there")
        if instance.vlan is not None and not 2 <= instance.vlan <= 4094:
            yield found(OUT_OF_RANGE, here, f"{who}: VLAN is {instance.vlan}", expected="2 to 4094")
        if instance.vni is not None and not 1 <= instance.vni <= 16777215:
            yield found(OUT_OF_RANGE, here, f"{who}: VNI is {instance.vni}", expected="1 to 16777215")


def _overlay(device: DeviceConfiguration) -> Iterator[Finding]:
    here = Place(path=device.path)
    macs = sorted({i.mac for i in device.interfaces if i.kind == "irb" and i.mac})
    if len(macs) > 1:
        yield found(GATEWAY_MAC, here, f"{device.name}: gateways have the MAC addresses {', '.join(macs)}")
    macs = sorted({i.router_mac for i in device.network_instances if i.router_mac})
    if len(macs) > 1:
        yield found(ROUTER_MAC, here, f"{device.name}: VRFs have the router MAC addresses {', '.join(macs)}")
    if not device.vtep:
        return
    for instance in device.network_instances:
        if instance.kind == "l3vrf" and instance.vni and not instance.host_routes and uses_frrcfgd(device):
            yield found(
                HOST_ROUTES,
                Place(path=instance.path or device.path),
                f"{device.name}: host routes come to {instance.name}",
            )
    segments = {i.vlan: i.name for i in device.network_instances if i.kind == "mac-vrf"}
    transit = [(transit_vlan(i), i) for i in device.network_instances if i.kind == "l3vrf" and i.vni]
    counts = Counter(vlan for vlan, _ in transit)
    for vlan, instance in transit:
        taken = segments.get(vlan) or ("another L3VNI" if counts[vlan] > 1 else "")
        if taken:
            words = f"{device.name}: VLAN {vlan} of the L3VNI of {instance.name} is taken by {taken}"
            yield found(TRANSIT_VLAN, Place(path=instance.path or device.path), words)


def _segments(device: DeviceConfiguration) -> Iterator[Finding]:
    for interface in device.interfaces:
        if interface.esi and not interface.esi.startswith(f"03:{interface.lacp_system_mac}:"):
            here = _place(device, "interfaces", interface.name)
            words = f"{device.name}: {interface.name} has the ESI {interface.esi}"
            yield found(SEGMENT, here, words, expected=f"03:{interface.lacp_system_mac}:...")
