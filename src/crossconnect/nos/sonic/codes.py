"""What SONiC's YANG models or the switch would refuse, and what it does differently, as findings about a device."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from msgspec.structs import replace

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Code, Finding, Place, Severity, found
from crossconnect.nos.frr.bgp import policy_uses
from crossconnect.nos.frr.codes import findings as routing_findings
from crossconnect.nos.lint import Rules, codes_of, mistakes
from crossconnect.nos.sonic.bgp import in_sonic_names
from crossconnect.nos.sonic.framework_lint import FRAMEWORK_CODES, framework_findings
from crossconnect.nos.sonic.names import transit_vlan
from crossconnect.nos.sonic.services import SERVICE_CODES, service_findings
from crossconnect.nos.sonic.system import uses_frrcfgd

RULES = Rules(
    name=re.compile(r"[A-Za-z0-9_-]{1,100}"),
    name_words="letters, digits, `_` and `-`",
    port=re.compile(
        r"Ethernet\d+|PortChannel\d{1,4}|(?=.{1,15}$)(?:Ethernet|PortChannel)\d+\.\d+|Vlan\d+|Loopback\d+|eth\d{1,4}"
    ),
    port_words="Ports are Ethernet0, Ethernet4, ..., bonds PortChannel1, ...; names have at most 15 characters.",
    mtu_min=68,
    mtu_max=9216,
)
_BY_KIND = codes_of("sonic", "SONiC", RULES)

GATEWAY_MISSING = Code(
    "sonic.gateway-missing",
    Severity.ERROR,
    "A segment names a gateway interface that the device does not have.",
    "define it, or take the reference away",
)
BRIDGED_AND_ROUTED = Code(
    "sonic.bridged-and-routed",
    Severity.ERROR,
    "A port is member of a VLAN or bond and has addresses as well.",
    "use one port for each",
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
    *_BY_KIND.values(),
    GATEWAY_MISSING,
    BRIDGED_AND_ROUTED,
    GATEWAY_MAC,
    ROUTER_MAC,
    TRANSIT_VLAN,
    SEGMENT,
    SUBINTERFACE_MTU,
    HOST_ROUTES,
    OUT_OF_RANGE,
    *SERVICE_CODES,
    *FRAMEWORK_CODES,
)

_OF_ROUTING = frozenset(
    {
        "frr.external-without-policy",
        "frr.evpn-policy",
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
    attached = {name for name, _, _ in policy_uses(device)[0]}
    return (
        *(
            found(_BY_KIND[kind], Place(path=path or device.path), f"{device.name}: {words}")
            for kind, path, words in mistakes(device, RULES, attached)
        ),
        *_interfaces(device),
        *_instances(device),
        *_overlay(device),
        *_segments(device),
        *service_findings(device),
        *framework_findings(device),
        *(f for f in routing_findings(replace(in_sonic_names(device), bfd=None), "10") if f.code in _OF_ROUTING),
    )


def _place(device: DeviceConfiguration, *parts: str) -> Place:
    return Place(path="/".join(("devices", device.name, *parts)))


def _interfaces(device: DeviceConfiguration) -> Iterator[Finding]:
    names = {i.name: i for i in device.interfaces}
    for interface in device.interfaces:
        here = _place(device, "interfaces", interface.name)
        who = f"{device.name}: {interface.name}"
        bonded = interface.kind == "ethernet" and bool(interface.parent)
        routed = bool(interface.addresses) or interface.unnumbered
        if (routed and (interface.members or bonded)) or (interface.members and bonded):
            yield found(BRIDGED_AND_ROUTED, here, f"{who} routes, bridges or is in a bond, and only one is possible")
        parent = names.get(interface.parent)
        if interface.kind == "subinterface" and parent is not None and parent.mtu != interface.mtu:
            words = f"{who} has an MTU of {interface.mtu} octets, and {parent.name} of {parent.mtu}"
            yield found(SUBINTERFACE_MTU, here, words)


def _instances(device: DeviceConfiguration) -> Iterator[Finding]:
    gateways = {i.name for i in device.interfaces if i.kind == "irb"}
    for instance in device.network_instances:
        here = Place(path=instance.path) if instance.path else _place(device, "network-instances", instance.name)
        who = f"{device.name}: {instance.name}"
        if instance.irb and instance.irb not in gateways:
            yield found(GATEWAY_MISSING, here, f"{who} has the gateway {instance.irb}, which is not there")
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
