"""One region that asks for every feature there is (`crossconnect.nos.features`), for any network OS.

from nos_region import cases
for name, device in cases("eos").items(): ...

Variants: `numbered` (dual stack), `unnumbered` (dual stack), `ipv4` (numbered, IPv4 only in the underlay, no host
routes), `mlag` (numbered, racks are MLAG pairs). Every variant has two pods under super-spines, racks of two leaves
with dual- and single-homed servers, tagged and untagged segments, a segment without VRF, a leak, two border leaves with
handoffs to two external routers, ACLs, and all services of the management plane. All secrets are references.
"""

from __future__ import annotations

import functools
from typing import Literal

from msgspec.structs import replace

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.model.acl import Acl, AclEntry
from crossconnect.model.device import Device, ExtraFile
from crossconnect.model.management import (
    Aaa,
    AaaServer,
    Collector,
    Gnmi,
    Ipfix,
    Netconf,
    Sflow,
    Snmp,
    SnmpReceiver,
    SnmpUser,
    User,
)
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.pod import NodeGroup, Pod, RackGroup, SuperSpineGroup
from crossconnect.model.policy import AsPathSet, CommunitySet, Match, Policy, PrefixSet, Set, Statement
from crossconnect.model.region import Bfd, DesignChoices, Management, Region
from crossconnect.model.server import SegmentPort, ServerGroup
from crossconnect.model.tenant import Segment, Tenant, Vrf
from regions import compiled, small

Variant = Literal["numbered", "unnumbered", "ipv4", "mlag"]
VARIANTS: tuple[Variant, ...] = ("numbered", "unnumbered", "ipv4")
"""Those that every system has; `mlag` is for those that have MLAG or vPC (`mlag_cases`)."""

GOLDEN_CASES = (
    "leaf-numbered",
    "leaf-unnumbered",
    "leaf-ipv4",
    "border-numbered",
    "border-unnumbered",
    "border-second-numbered",
    "spine-numbered",
    "spine-drained-unnumbered",
    "super-spine-numbered",
)
"""Of `cases`, those whose files are kept in tests/golden/<nos>/reference/<case>/: one design in every system."""

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO8mQ0m0rjJ2mJbq3m3Y4j8F1xq8b1Vn0q2l0mJxk8aQ ops"

MANAGEMENT = Management(
    gateway=("10.253.0.1",),
    ntp=("10.253.0.1", "10.253.0.2"),
    syslog=("10.253.0.3",),
    acl="management",
    banner="Authorised access only",
    users=(
        User(name="emergency", role="administrator", password="env:EMERGENCY_HASH", ssh_keys=(KEY,)),
        User(name="watch", role="operator", ssh_keys=(KEY,)),
    ),
    aaa=Aaa(
        servers=(
            AaaServer(address="10.253.0.4", secret="env:TACACS_KEY"),
            AaaServer(address="10.253.0.5", secret="file:tacacs/key", timeout_s=3),
        ),
        accounting=True,
    ),
    snmp=Snmp(
        users=(SnmpUser(name="poller", authentication_secret="env:SNMP_AUTH", privacy_secret="env:SNMP_PRIV"),),
        receivers=(SnmpReceiver(address="10.253.0.6", user="poller"),),
        location="north, row 1",
        contact="noc",
    ),
    gnmi=Gnmi(),
    netconf=Netconf(),
    sflow=Sflow(collectors=(Collector(address="10.253.0.7"),)),
    ipfix=Ipfix(collectors=(Collector(address="10.253.0.8"),)),
)

ACLS = (
    Acl(
        name="management",
        entries=(
            AclEntry(name="ssh", action="accept", protocol="tcp", source="10.253.0.0/20", destination_ports=("22",)),
            AclEntry(name="answers", action="accept", protocol="tcp", established=True),
            AclEntry(name="udp", action="accept", protocol="udp", source="10.253.0.0/20"),
            AclEntry(name="ping", action="accept", protocol="icmp", icmp_types=("echo-request", "echo-reply")),
        ),
    ),
    Acl(
        name="from-outside",
        entries=(
            AclEntry(name="bgp", action="accept", protocol="tcp", destination_ports=("179",)),
            AclEntry(name="bgp-answers", action="accept", protocol="tcp", source_ports=("179",), established=True),
            AclEntry(name="bfd", action="accept", protocol="udp", destination_ports=("3784-3785",)),
            AclEntry(name="icmp", action="accept", protocol="icmp"),
            AclEntry(name="spoofed", action="drop", source="10.0.0.0/8", log=True),
            AclEntry(name="spoofed-v6", action="drop", source="2001:db8::/32", log=True),
            AclEntry(
                name="web",
                action="accept",
                protocol="tcp",
                destination="10.1.17.0/24",
                destination_ports=("80", "443", "8000-8100"),
            ),
            AclEntry(name="tunnel", action="accept", protocol="gre", family="ipv4"),
            AclEntry(name="ipsec", action="accept", protocol="esp"),
        ),
    ),
    Acl(name="to-outside", entries=(AclEntry(name="all", action="accept"),)),
    Acl(
        name="servers",
        entries=(
            AclEntry(name="no-smtp", action="drop", protocol="tcp", destination_ports=("25",), log=True),
            AclEntry(name="rest", action="accept"),
        ),
    ),
)

SETS = {
    "prefix_sets": (
        PrefixSet(name="carrier", prefixes=("0.0.0.0/0", "192.0.2.0/24", "::/0", "2001:db8:ffff::/48")),
        PrefixSet(name="own", prefixes=("10.0.0.0/8 ge 16 le 24", "2001:db8::/32 le 64")),
        PrefixSet(name="default-v4", prefixes=("0.0.0.0/0",)),
    ),
    "community_sets": (
        CommunitySet(name="blackholed", communities=("blackhole", "64496:666")),
        CommunitySet(name="from-carrier", communities=("64496:1:1", "64496:1:2")),
        CommunitySet(name="internal", communities=("65000:100", "65000:200")),
    ),
    "as_path_sets": (AsPathSet(name="carrier-own", patterns=("^64496$", "_64499_")),),
    "policies": (
        Policy(
            name="from-transit",
            statements=(
                Statement(name="no-blackholes", match=Match(community_set="blackholed"), action="reject"),
                Statement(
                    name="near",
                    match=Match(prefix_set="carrier", as_path_set="carrier-own"),
                    action="accept",
                    set=Set(local_pref=150, communities_remove="internal", communities_add=("65000:100",)),
                ),
                Statement(name="marked", match=Match(community_set="from-carrier"), action="accept", set=Set(med=50)),
                Statement(
                    name="carrier",
                    match=Match(prefix_set="carrier"),
                    action="accept",
                    set=Set(local_pref=120, communities_add=("65000:200", "65000:1:2", "no-export")),
                ),
            ),
        ),
        Policy(
            name="to-transit",
            statements=(
                Statement(name="no-default", match=Match(prefix_set="default-v4"), action="reject"),
                Statement(name="own", match=Match(prefix_set="own"), action="accept", set=Set(prepend=2, med=10)),
            ),
        ),
        Policy(name="everything", statements=(Statement(name="all", action="accept"),)),
    ),
}


def _peers() -> tuple[Peer, ...]:
    def handoff(border: str, vrf: str, **further: object) -> Handoff:
        policies = {"import_policy": "from-transit", "export_policy": "to-transit"}
        return Handoff(border=border, vrf=vrf, **{**policies, **further})  # type: ignore[arg-type]

    return (
        Peer(
            name="transit1",
            asn=64496,
            handoffs=(
                handoff(
                    "a-border1",
                    "red/prod",
                    password="env:TRANSIT1_MD5",
                    bfd=True,
                    max_prefixes=500,
                    acl_in="from-outside",
                    acl_out="to-outside",
                ),
                handoff("a-border1", "blue/prod"),
                handoff("a-border2", "red/prod", password="env:TRANSIT1_MD5"),
            ),
            announces=("0.0.0.0/0", "192.0.2.0/24", "::/0", "2001:db8:ffff::/48"),
        ),
        Peer(
            name="firewall",
            asn=64512,
            handoffs=(
                handoff(
                    "a-border2", "blue/prod", import_policy="everything", export_policy="everything", families=("ipv4",)
                ),
            ),
            announces=("198.51.100.0/24",),
        ),
    )


def _tenants() -> tuple[Tenant, ...]:
    def segment(name: str, v4: str, v6: str, **further: object) -> Segment:
        return Segment(name=name, gateways=(v4, v6), **further)  # type: ignore[arg-type]

    return (
        Tenant(
            name="red",
            vrfs=(
                Vrf(
                    name="prod",
                    route_limit=1000,
                    segments=(
                        segment("web", "10.1.17.1/24", "2001:db8:1:11::1/64", acl_in="servers"),
                        segment("db", "10.1.18.1/24", "2001:db8:1:12::1/64", mtu=1500),
                        segment("all", "10.1.19.1/24", "2001:db8:1:13::1/64", leaves=("all",)),
                    ),
                ),
            ),
            segments=(Segment(name="wire"),),
        ),
        Tenant(
            name="blue",
            vrfs=(
                Vrf(
                    name="prod",
                    imports=("red/prod",),
                    segments=(segment("app", "10.2.17.1/24", "2001:db8:2:11::1/64"),),
                ),
            ),
        ),
    )


def _racks(pod: int) -> tuple[RackGroup, ...]:
    def port(segment: str, host: int, net: str, v6: str, tagged: bool = False) -> SegmentPort:
        return SegmentPort(segment=segment, tagged=tagged, addresses=(f"{net}.{host}/24", f"{v6}::{host:x}/64"))

    host = 11 + 20 * pod
    return (
        RackGroup(
            leaves=2,
            servers=(
                ServerGroup(
                    count=2,
                    name="{rack}-dual{n}",
                    homing="dual",
                    segments=(port("red/prod/web", host, "10.1.17", "2001:db8:1:11"),),
                ),
                ServerGroup(
                    name="{rack}-trunk{n}",
                    homing="dual",
                    segments=(
                        port("red/prod/db", host, "10.1.18", "2001:db8:1:12", tagged=True),
                        port("blue/prod/app", host, "10.2.17", "2001:db8:2:11", tagged=True),
                        SegmentPort(segment="red/wire"),
                    ),
                ),
                ServerGroup(
                    count=2,
                    name="{rack}-single{n}",
                    segments=(port("blue/prod/app", host + 5, "10.2.17", "2001:db8:2:11"),),
                ),
            ),
        ),
    )


def reference_region(nos: str, variant: Variant = "numbered", extra: str = "") -> Region:
    """The region, all switches of it on one network OS. `extra` is configuration for a-leaf1 in the system's words."""
    return replace(
        small(),
        name=f"{nos}-{variant}",
        design=DesignChoices(
            underlay="unnumbered" if variant == "unnumbered" else "numbered",
            address_families=("ipv4",) if variant == "ipv4" else ("ipv4", "ipv6"),
            host_routes=variant != "ipv4",
            multihoming="mlag" if variant == "mlag" else "ethernet-segments",
            lacp_rate="slow" if variant == "unnumbered" else "fast",
            maximum_paths=16,
            bfd=Bfd(interval_ms=300, multiplier=3),
        ),
        management=MANAGEMENT,
        pods=tuple(
            Pod(
                name=name,
                site="north",
                spines=NodeGroup(count=2, nos=nos),
                racks=tuple(replace(rack, nos=nos) for rack in _racks(index)),
                border_leaves=NodeGroup(count=2, nos=nos) if name == "a" else None,
            )
            for index, name in enumerate("ab")
        ),
        super_spines=(SuperSpineGroup(name="core", site="north", count=2, nos=nos),),
        devices=(Device(name="a-spine2", drained=True),),
        tenants=_tenants(),
        peers=_peers(),
        acls=ACLS,
        extras=(ExtraFile(file=f"fabric/extra/a-leaf1.{nos}", name="a-leaf1", nos=nos, text=extra),) if extra else (),
        **SETS,
    )


@functools.cache
def reference_blueprint(nos: str, variant: Variant = "numbered") -> Blueprint:
    """The region designed; it has no errors of design."""
    blueprint = compiled(reference_region(nos, variant)).blueprint
    assert blueprint is not None
    return blueprint


def cases(nos: str) -> dict[str, DeviceConfiguration]:
    """Devices that between them have everything, by names for goldens: `leaf-numbered`, `border-unnumbered`, ..."""
    roles = {
        "leaf": "a-leaf1",
        "leaf-second": "a-leaf2",
        "border": "a-border1",
        "border-second": "a-border2",
        "spine": "a-spine1",
        "spine-drained": "a-spine2",
        "super-spine": "core1",
    }
    found: dict[str, DeviceConfiguration] = {}
    for variant in VARIANTS:
        devices = {d.name: d for d in reference_blueprint(nos, variant).devices}
        found |= {f"{case}-{variant}": devices[name] for case, name in roles.items()}
    return found


def mlag_cases(nos: str) -> dict[str, DeviceConfiguration]:
    """Both leaves of an MLAG pair, and a spine beside them, by names for goldens."""
    devices = {d.name: d for d in reference_blueprint(nos, "mlag").devices}
    return {"leaf-mlag": devices["a-leaf1"], "leaf-second-mlag": devices["a-leaf2"], "spine-mlag": devices["a-spine1"]}
