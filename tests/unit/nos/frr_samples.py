"""Devices built by hand: a small fabric in which every feature of `DeviceConfiguration` occurs."""

from __future__ import annotations

from msgspec.structs import replace

from crossconnect.device.bgp import Bgp, Family, Neighbor, NeighborFamily, Originate
from crossconnect.device.configuration import BfdProfile, DeviceConfiguration, System
from crossconnect.device.interface import Interface, SegmentMember
from crossconnect.device.interface import Neighbor as Cable
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.device.policy import (
    Actions,
    AsPathSet,
    CommunitySet,
    Conditions,
    Policy,
    PrefixRule,
    PrefixSet,
    RoutingPolicy,
    Statement,
)

SPINE_ASN = 4200000000
SYSTEM = System(
    management_vrf="mgmt",
    management_gateways=("192.0.2.1", "2001:db8:ff::1"),
    ntp=("192.0.2.10",),
    syslog=("192.0.2.20",),
)
BFD = BfdProfile(interval_ms=300, multiplier=3)
GATEWAY_MAC = "02:00:5e:00:01:01"


def leaf_asn(n: int) -> int:
    return SPINE_ASN + n


def leaf_id(n: int) -> str:
    return f"10.0.0.{10 + n}"


def spine_id(n: int) -> str:
    return f"10.0.0.{n}"


def link(spine: int, leaf: int, version: int) -> tuple[str, str]:
    """Addresses (leaf's, spine's) of a numbered link."""
    base = 2 * (spine * 16 + leaf)
    if version == 4:
        return f"10.1.0.{base}", f"10.1.0.{base + 1}"
    return f"2001:db8:1::{base:x}", f"2001:db8:1::{base + 1:x}"


def _families(names: tuple[Family, ...], spine: bool) -> tuple[NeighborFamily, ...]:
    return tuple(NeighborFamily(family=f, next_hop_unchanged=spine and f == "l2vpn-evpn") for f in names)


def fabric_sessions(
    device: str, port: str, remote: str, remote_asn: int, addresses: dict[int, tuple[str, str]] | None, spine: bool
) -> list[Neighbor]:
    description = f"{remote} {port}"
    if addresses is None:
        families: tuple[Family, ...] = ("ipv4-unicast", "ipv6-unicast", "l2vpn-evpn")
        return [
            Neighbor(
                interface=port,
                remote_asn=remote_asn,
                kind="fabric",
                device=remote,
                description=description,
                families=_families(families, spine),
                extended_next_hop=True,
                bfd=True,
            )
        ]
    per_version: dict[int, tuple[Family, ...]] = {4: ("ipv4-unicast", "l2vpn-evpn"), 6: ("ipv6-unicast",)}
    return [
        Neighbor(
            address=addresses[v][1],
            local_address=addresses[v][0],
            remote_asn=remote_asn,
            kind="fabric",
            device=remote,
            description=description,
            families=_families(per_version[v], spine),
            bfd=True,
        )
        for v in (4, 6)
    ]


def _management(n: int) -> tuple[Interface, NetworkInstance]:
    port = Interface(
        name="eth0",
        kind="management",
        network_instance="mgmt",
        addresses=(f"192.0.2.{100 + n}/24", f"2001:db8:ff::{100 + n}/64"),
    )
    return port, NetworkInstance(name="mgmt", kind="management")


def _default_bgp(asn: int, router_id: str, sessions: list[Neighbor], vtep: bool, drained: bool = False) -> Bgp:
    return Bgp(
        asn=asn,
        router_id=router_id,
        neighbors=tuple(sessions),
        originate=(
            Originate(family="ipv4-unicast", networks=(f"{router_id}/32",)),
            Originate(family="ipv6-unicast", networks=(f"2001:db8::{router_id.rpartition('.')[2]}/128",)),
        ),
        maximum_paths=64,
        graceful_shutdown=drained,
        advertise_all_vni=vtep,
    )


def _port(name: str, remote: str, remote_port: str, addresses: tuple[str, ...]) -> Interface:
    return Interface(
        name=name,
        kind="ethernet",
        description=f"{remote} {remote_port}",
        mtu=9216,
        addresses=addresses,
        unnumbered=not addresses,
        neighbor=Cable(remote, remote_port),
    )


def _lo(router_id: str) -> Interface:
    last = router_id.rpartition(".")[2]
    return Interface(name="lo", kind="loopback", mtu=65536, addresses=(f"{router_id}/32", f"2001:db8::{last}/128"))


def spine(n: int, leaves: int = 2, *, numbered: bool = True, drained: bool = False) -> DeviceConfiguration:
    ports: list[Interface] = []
    sessions: list[Neighbor] = []
    for leaf_number in range(1, leaves + 1):
        name = f"swp{leaf_number}"
        both = {v: link(n, leaf_number, v)[::-1] for v in (4, 6)} if numbered else None
        own = (f"{both[4][0]}/31", f"{both[6][0]}/127") if both else ()
        ports.append(_port(name, f"leaf{leaf_number}", f"swp{n}", own))
        sessions += fabric_sessions(f"spine{n}", name, f"leaf{leaf_number}", leaf_asn(leaf_number), both, True)
    management, management_vrf = _management(n)
    return DeviceConfiguration(
        name=f"spine{n}",
        role="spine",
        nos="frr",
        platform="generic-64",
        site="a",
        pod="p1",
        rack="",
        system=SYSTEM,
        interfaces=(management, _lo(spine_id(n)), *ports),
        network_instances=(
            NetworkInstance(
                name="default", kind="default", bgp=_default_bgp(SPINE_ASN, spine_id(n), sessions, False, drained)
            ),
            management_vrf,
        ),
        bfd=BFD,
    )


def mac_vrf(n: int, index: int, vrf: str, vlan: int, vni: int, irb: bool = True) -> NetworkInstance:
    target = (f"65000:{vni}",)
    return NetworkInstance(
        name=f"{vrf}-s{vlan}",
        kind="mac-vrf",
        vni=vni,
        vlan=vlan,
        rd=f"{leaf_id(n)}:{index}",
        import_rts=target,
        export_rts=target,
        irb=f"vlan{vlan}" if irb else "",
        l3vrf=vrf if irb else "",
        mtu=9000,
    )


def ip_vrf(
    n: int, index: int, name: str, vni: int, sessions: tuple[Neighbor, ...] = (), **extra: object
) -> NetworkInstance:
    target = (f"65000:{vni}",)
    bgp = Bgp(
        asn=leaf_asn(n),
        router_id=leaf_id(n),
        neighbors=sessions,
        originate=(
            Originate(family="ipv4-unicast", connected=True),
            Originate(family="ipv6-unicast", connected=True),
        ),
        maximum_paths=64,
        evpn_advertise=("ipv4-unicast", "ipv6-unicast"),
    )
    return NetworkInstance(
        name=name,
        kind="l3vrf",
        vni=vni,
        rd=f"{leaf_id(n)}:{index}",
        import_rts=target,
        export_rts=target,
        router_mac=f"02:fe:00:00:00:{n:02x}",
        mtu=9000,
        bgp=bgp,
        **extra,  # type: ignore[arg-type]
    )


def irb(vlan: int, vrf: str, addresses: tuple[str, ...]) -> Interface:
    return Interface(
        name=f"vlan{vlan}",
        kind="irb",
        network_instance=vrf,
        vlan=vlan,
        mtu=9000,
        addresses=addresses,
        mac=GATEWAY_MAC,
    )


def leaf(
    n: int,
    spines: int = 2,
    *,
    numbered: bool = True,
    segments: tuple[Interface, ...] = (),
    ports: tuple[Interface, ...] = (),
    instances: tuple[NetworkInstance, ...] = (),
    policy: RoutingPolicy = RoutingPolicy(),  # noqa: B008  an immutable value
) -> DeviceConfiguration:
    """A leaf with uplinks; what it does for tenants is given."""
    uplinks: list[Interface] = []
    sessions: list[Neighbor] = []
    for spine_number in range(1, spines + 1):
        name = f"swp{spine_number}"
        both = {v: link(spine_number, n, v) for v in (4, 6)} if numbered else None
        own = (f"{both[4][0]}/31", f"{both[6][0]}/127") if both else ()
        uplinks.append(_port(name, f"spine{spine_number}", f"swp{n}", own))
        sessions += fabric_sessions(f"leaf{n}", name, f"spine{spine_number}", SPINE_ASN, both, False)
    management, management_vrf = _management(10 + n)
    return DeviceConfiguration(
        name=f"leaf{n}",
        role="leaf",
        nos="frr",
        platform="generic-64",
        site="a",
        pod="p1",
        rack=f"r{n}",
        system=SYSTEM,
        interfaces=(management, _lo(leaf_id(n)), *uplinks, *ports, *segments),
        network_instances=(
            NetworkInstance(name="default", kind="default", bgp=_default_bgp(leaf_asn(n), leaf_id(n), sessions, True)),
            management_vrf,
            *instances,
        ),
        routing_policy=policy,
        bfd=BFD,
        vtep=leaf_id(n),
    )


def tenant_leaf(n: int, *, numbered: bool = True) -> DeviceConfiguration:
    """A leaf with one VRF, a segment in it that all leaves have, one of its own, and a layer-2 segment."""
    own = 200 + n
    return leaf(
        n,
        numbered=numbered,
        ports=(
            Interface(
                name="swp10",
                kind="ethernet",
                mtu=9000,
                members=(SegmentMember(100, False), SegmentMember(own, True)),
                neighbor=Cable(f"server{n}", "eth0"),
            ),
            Interface(name="swp11", kind="ethernet", mtu=9000, members=(SegmentMember(300, False),)),
            Interface(name="swp12", kind="ethernet", enabled=False),
        ),
        segments=(
            irb(100, "red-prod", ("10.10.0.1/24", "2001:db8:10::1/64")),
            irb(own, "red-prod", (f"10.20.{n}.1/24", f"2001:db8:20:{n}::1/64")),
        ),
        instances=(
            ip_vrf(n, 1, "red-prod", 5001),
            mac_vrf(n, 2, "red-prod", 100, 10100),
            mac_vrf(n, 2 + n, "red-prod", own, 10000 + own),
            mac_vrf(n, 9, "blue", 300, 10300, irb=False),
        ),
    )


POLICY = RoutingPolicy(
    prefix_sets=(
        PrefixSet(
            name="customer",
            version=4,
            rules=(
                PrefixRule("198.51.100.0/24", 24, 24),
                PrefixRule("203.0.113.0/24", 24, 32),
                PrefixRule("10.64.0.0/10", 16, 24),
                PrefixRule("10.128.0.0/9", 32, 32),
                PrefixRule("0.0.0.0/0", 0, 0),
            ),
        ),
        PrefixSet(name="customer", version=6, rules=(PrefixRule("2001:db8:aa::/48", 48, 64),)),
        PrefixSet(name="ours", version=4, rules=(PrefixRule("10.10.0.0/16", 16, 24),)),
    ),
    community_sets=(
        CommunitySet(name="blocked", kind="standard", members=("65000:666", "no-export")),
        CommunitySet(name="blocked", kind="large", members=("65000:666:0",)),
        CommunitySet(name="internal", kind="standard", members=("65000:1", "65000:2")),
    ),
    as_path_sets=(AsPathSet(name="direct", patterns=("^64512$", "^64512_[0-9]+$")),),
    policies=(
        Policy(
            name="transit-in",
            statements=(
                Statement(name="blocked", conditions=Conditions(community_set="blocked"), accept=False),
                Statement(
                    name="customer",
                    conditions=Conditions(prefix_set="customer", as_path_set="direct"),
                    accept=True,
                    actions=Actions(
                        local_pref=200,
                        med=50,
                        communities_add=("65000:1", "65000:7:1", "no-advertise"),
                        communities_remove="internal",
                        prepend=2,
                    ),
                ),
                Statement(name="six", conditions=Conditions(version=6), accept=True),
            ),
        ),
        Policy(
            name="transit-out",
            statements=(
                Statement(
                    name="ours",
                    conditions=Conditions(prefix_set="ours"),
                    accept=True,
                    actions=Actions(communities_remove="blocked"),
                ),
            ),
        ),
    ),
)


def border(n: int = 2, *, numbered: bool = True) -> DeviceConfiguration:
    """A border leaf: a tagged handoff of one VRF with policies, password and limits, over IPv4 and IPv6."""
    sessions = tuple(
        Neighbor(
            address=address,
            local_address=local,
            remote_asn=64512,
            kind="external",
            device="transit1",
            description="transit1, second\tline",
            families=(
                NeighborFamily(
                    family=family, import_policy="transit-in", export_policy="transit-out", max_prefixes=1000
                ),
            ),
            bfd=True,
            password="env:TRANSIT1_KEY",
        )
        for address, local, family in (
            ("10.2.0.1", "10.2.0.0", "ipv4-unicast"),
            ("2001:db8:2::1", "2001:db8:2::", "ipv6-unicast"),
        )
    )
    return leaf(
        n,
        numbered=numbered,
        ports=(
            Interface(name="swp20", kind="ethernet", mtu=9216, description="transit1 eth1"),
            Interface(
                name="swp20.101",
                kind="subinterface",
                parent="swp20",
                vlan=101,
                network_instance="red-prod",
                mtu=1500,
                description="transit1 red-prod",
                addresses=("10.2.0.0/31", "2001:db8:2::/127"),
            ),
        ),
        segments=(irb(100, "red-prod", ("10.10.0.1/24", "2001:db8:10::1/64")),),
        instances=(
            ip_vrf(n, 1, "red-prod", 5001, sessions, route_limit=5000),
            mac_vrf(n, 2, "red-prod", 100, 10100),
        ),
        policy=POLICY,
    )


def multihomed_leaf(n: int) -> DeviceConfiguration:
    """A leaf with a bond on an Ethernet segment."""
    return leaf(
        n,
        numbered=False,
        ports=(
            Interface(name="swp10", kind="ethernet", mtu=9000, parent="bond7"),
            Interface(
                name="bond7",
                kind="lag",
                mtu=9000,
                members=(SegmentMember(100, False),),
                esi="03:02:e5:00:00:00:01:00:00:07",
                lacp_system_mac="02:e5:00:00:00:01",
            ),
        ),
        segments=(irb(100, "red-prod", ("10.10.0.1/24",)),),
        instances=(ip_vrf(n, 1, "red-prod", 5001, host_routes=False), mac_vrf(n, 2, "red-prod", 100, 10100)),
    )


LEAK_POLICIES = (
    Policy(
        name="mark-leaked",
        statements=(Statement(name="leaked", conditions=Conditions(), accept=True, actions=Actions(tag=1)),),
    ),
    Policy(
        name="refuse-leaked",
        statements=(
            Statement(name="leaked", conditions=Conditions(tag=1), accept=False),
            Statement(name="own", conditions=Conditions(), accept=True),
        ),
    ),
)


def leaking_leaf(n: int) -> DeviceConfiguration:
    """A leaf on which one VRF imports another's routes, and announces none of them."""
    device = leaf(
        n,
        segments=(irb(100, "red-prod", ("10.10.0.1/24",)), irb(400, "shared", ("10.40.0.1/24",))),
        instances=(
            _refusing(ip_vrf(n, 1, "red-prod", 5001, imports=("shared",), imports_policy="mark-leaked")),
            _refusing(ip_vrf(n, 3, "shared", 5002, imports=("red-prod",), imports_policy="mark-leaked")),
            mac_vrf(n, 2, "red-prod", 100, 10100),
            mac_vrf(n, 4, "shared", 400, 10400),
        ),
    )
    return replace(device, routing_policy=RoutingPolicy(policies=LEAK_POLICIES))


def _refusing(instance: NetworkInstance) -> NetworkInstance:
    assert instance.bgp is not None
    return replace(instance, bgp=replace(instance.bgp, evpn_advertise_policy="refuse-leaked"))


def samples() -> dict[str, DeviceConfiguration]:
    """Every sample by the name of its golden file."""
    return {
        "spine-numbered": spine(1),
        "spine-unnumbered": spine(1, numbered=False),
        "spine-drained": spine(1, drained=True),
        "leaf-numbered": tenant_leaf(1),
        "leaf-unnumbered": tenant_leaf(1, numbered=False),
        "border-numbered": border(),
        "border-unnumbered": border(numbered=False),
        "leaf-multihomed": multihomed_leaf(1),
        "leaf-leaking": leaking_leaf(1),
    }
