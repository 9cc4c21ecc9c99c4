"""Answers of Junos, as published, read as records."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable

import pytest

from crossconnect.nos.joined import joined
from crossconnect.nos.junos import collect, collect_evpn
from crossconnect.nos.registry import system
from crossconnect.nos.reports import EvpnReport, InterfaceReport, MacReport, Report, VniReport
from nos_region import cases

Parse = Callable[[bytes], tuple[Report, ...]]
VNIS = {10: 10010, 30: 10030}


def element(**fields: object) -> dict[str, object]:
    """An element as `display json` writes it: `a_b="x"` is `"a-b": [{"data": "x"}]`; lists stay."""
    return {k.replace("_", "-"): v if isinstance(v, list) else [{"data": v}] for k, v in fields.items()}


def answer(root: str, *children: dict[str, object]) -> bytes:
    return json.dumps({root: list(children)}).encode()


def tables(**routes: list[dict[str, object]]) -> bytes:
    """Routing tables by name, where `__` stands for a dot."""
    listed = [element(table_name=name.replace("__", "."), rt=of) for name, of in routes.items()]
    return answer("route-information", {"route-table": listed})


def path_of(words: str) -> list[dict[str, object]]:
    effective = element(aspath_effective_string="AS path: ", attr_value=words)
    return [{"attr-as-path-effective": [effective]}]


ACTIVE = {"active-tag": [{"data": "*"}], "current-active": [{"data": [None]}], "last-active": [{"data": [None]}]}
INACTIVE: dict[str, object] = {"active-tag": [{}]}

# batfish/lab-validation, snapshots/junos_evpn_type5/show/node1-1 (Junos 25.4), `show route protocol bgp detail`: what
# is read of a route with two paths, and of one in a VRF (router1).
TO_LOOPBACK = element(
    rt_destination="172.16.0.2",
    rt_prefix_length="32",
    rt_entry=[
        ACTIVE
        | element(
            protocol_name="BGP",
            gateway="172.16.254.1",
            nh=[element(to="172.16.254.1", via="ge-0/0/1.0"), element(to="172.16.254.3", via="ge-0/0/2.0")],
            bgp_path_attributes=path_of("65011 65002 I"),
            bgp_rt_flag="Accepted Multipath",
            local_preference="100",
        ),
        INACTIVE
        | element(
            protocol_name="BGP",
            gateway="172.16.254.3",
            nh=[element(to="172.16.254.3", via="ge-0/0/2.0")],
            inactive_reason="Active preferred",
            bgp_path_attributes=path_of("65012 65002 I"),
            bgp_rt_flag="Accepted MultipathContrib",
            local_preference="100",
        ),
    ],
)
IN_A_VRF = element(
    rt_destination="192.168.99.0",
    rt_prefix_length="24",
    rt_entry=[
        ACTIVE
        | element(
            gateway="10.99.0.1",
            nh=[element(to="10.99.0.1", via="ge-0/0/3.0")],
            bgp_path_attributes=path_of("65200 I"),
            # junos_cross_term_match/show/dut
            communities=[{"community": [{"data": "65002:1001"}, {"data": "65002:1"}]}],
            bgp_rt_flag="Accepted",
            local_preference="100",
        )
    ],
)


def evpn_route(destination: str, *entries: dict[str, object]) -> dict[str, object]:
    return element(rt_destination=destination, rt_entry=list(entries))


# The same answer's bgp.evpn.0.
HOST = evpn_route(
    "2:172.16.0.2:1::10100::2c:6b:f5:af:4e:f0::172.16.100.2",
    ACTIVE
    | element(
        protocol_name="BGP",
        gateway="172.16.0.11",
        protocol_nh=[element(to="172.16.0.2", indirect_nh="0x2 no-forward INH Session ID: 0")],
        as_path="AS path: I (Originator)\nCluster list:  172.16.0.255\nOriginator ID: 172.16.0.2",
        bgp_path_attributes=path_of("I"),
        communities=[
            {
                "extended-community": [
                    {"data": "target:65000:9999"},
                    {"data": "target:65000:10000"},
                    {"data": "encapsulation:vxlan(0x8)"},
                    {"data": "mac-mobility:0x1:sticky (sequence 0)"},
                    {"data": "router-mac:2c:6b:f5:af:4e:f0"},
                ]
            }
        ],
        route_label=[{"data": "10100"}, {"data": "50000"}],
        mac_route_esi="00:00:00:00:00:00:00:00:00:00",
        local_preference="100",
    ),
)
OTHERS = [
    evpn_route(
        "2:172.16.0.2:1::10100::00:00:5e:00:01:01",
        ACTIVE | element(protocol_name="BGP", mac_route_esi="05:00:00:fd:ea:00:00:27:74:00"),
    ),
    evpn_route("3:172.16.0.2:1::10100::172.16.0.2", INACTIVE | element(protocol_name="BGP", route_label="10100")),
    evpn_route("1:172.16.0.2:0::050000fdea0000277400::FFFF:FFFF", ACTIVE | element(protocol_name="BGP")),
    # `show route`, which has the routes that the switch itself makes
    evpn_route("5:172.16.0.1:10000::0::172.16.100.0::24", ACTIVE | element(protocol_name="EVPN", nh_type="Fictitious")),
]

# netenglabs/suzieq, tests/integration/sqcmds/junos-input/macs.output, leaf01 (vQFX 19.4), cut.
MACS = answer(
    "l2ng-l2ald-rtb-macdb",
    {
        "l2ng-l2ald-mac-entry-vlan": [
            element(
                l2ng_l2_mac_address="28:b7:ad:3c:81:d0",
                l2ng_l2_mac_routing_instance="default-switch",
                l2ng_l2_vlan_id="10",
                l2ng_l2_mac_vlan_name="Vlan10",
                l2ng_l2_mac_logical_interface="xe-0/0/2.0",
                l2ng_l2_mac_entry_flags="in_hash,in_ifd,in_ifl,in_vlan,in_rtt,kernel,in_ifbd,advt_to_remote",
            ),
            element(
                l2ng_l2_mac_address="28:b7:ad:88:ae:71",
                l2ng_l2_mac_routing_instance="default-switch",
                l2ng_l2_vlan_id="30",
                l2ng_l2_mac_vlan_name="Vlan30",
                l2ng_l2_mac_logical_interface="vtep.32769",
                l2ng_l2_active_source="10.0.0.12",
                l2ng_l2_mac_entry_flags="in_hash,in_ifd,in_ifl,in_vlan,in_rtt,kernel,in_ifbd,ctrl_dyn,rcvd_from_remote",
            ),
        ]
    },
)

# The same, evpnVni.output, leaf01: `show ethernet-switching vxlan-tunnel-end-point remote` and `show evpn l3-context
# extensive`, cut.
FLOOD_LISTS = answer(
    "vxlan-source-vtep-information",
    {
        "svtep-format": [
            element(
                source_vtep_address="10.0.0.11",
                source_vtep_interface="lo0.0",
                vxlan_remote_vtep_information=[
                    element(
                        remote_vtep_address="10.0.0.12",
                        vtep_routing_instance_name="default-switch",
                        remote_vtep_mode="RNVE",
                        vxlan_dynamic_information=[
                            {"vxlan-format": [element(vn_id="30", multicast_address="0.0.0.0")]},
                        ],
                    )
                ],
            )
        ]
    },
)
L3_CONTEXTS = answer(
    "evpn-l3-context-information",
    {
        "evpn-l3-context": [
            element(
                context_name="evpn-vrf", context_type="configured", context_vni="999", context_encapsulation="VXLAN"
            )
        ]
    },
)


def test_paths_that_share_a_route() -> None:
    """The best one's next hops are those of all; each path's own is that of its session."""
    best, other = collect.bgp_paths(tables(inet__0=[TO_LOOPBACK]))
    assert (best.vrf, best.prefix, best.peer, best.next_hop) == (
        "default",
        "172.16.0.2/32",
        "172.16.254.1",
        "172.16.254.1",
    )
    assert (best.as_path, best.local_pref, best.best, best.multipath) == ("65011 65002", 100, True, True)
    assert (other.peer, other.next_hop, other.best, other.multipath) == ("172.16.254.3", "172.16.254.3", False, True)


def test_paths_of_a_vrf_with_communities() -> None:
    (found,) = collect.bgp_paths(tables(**{"TENANT-A__inet__0": [IN_A_VRF], "bgp__evpn__0": [HOST]}))
    assert (found.vrf, found.prefix, found.as_path, found.multipath) == ("TENANT-A", "192.168.99.0/24", "65200", False)
    assert found.communities == ("65002:1", "65002:1001")


def test_a_host_route_with_its_attributes() -> None:
    assert collect_evpn.evpn_paths(tables(bgp__evpn__0=[HOST])) == (
        EvpnReport(
            rd="172.16.0.2:1",
            route_type=2,
            ethernet_tag=10100,
            esi="",
            mac="2c:6b:f5:af:4e:f0",
            ip="172.16.100.2",
            next_hop="172.16.0.2",
            as_path="",
            extended=(
                "ET:8",
                "RT:65000:10000",
                "RT:65000:9999",
                "Rmac:2c:6b:f5:af:4e:f0",
                "mac-mobility:0x1:sticky (sequence 0)",
            ),
            labels=(10100, 50000),
            local=False,
            best=True,
        ),
    )


def test_evpn_routes_of_every_kind() -> None:
    """Copies in the tables of instances are not counted again."""
    found = collect_evpn.evpn_paths(tables(bgp__evpn__0=OTHERS, **{"default-switch__evpn__0": OTHERS}))
    assert [(r.route_type, r.ethernet_tag, r.esi, r.mac, r.ip, r.local, r.best) for r in found] == [
        (2, 10100, "05:00:00:fd:ea:00:00:27:74:00", "00:00:5e:00:01:01", "", False, True),
        (3, 10100, "", "", "172.16.0.2", False, False),
        (1, 0xFFFFFFFF, "05:00:00:fd:ea:00:00:27:74:00", "", "", False, True),
        (5, 0, "", "", "172.16.100.0/24", True, True),
    ]


@pytest.mark.parametrize(
    ("destination", "key"),
    # As `show route` writes them, where no JSON is published. Leading zeros of a segment's number are left out.
    [
        ("5:11.11.11.11:5000::0::2001:470:6a7f:100::::64/248", (5, "", "2001:470:6a7f:100::/64")),
        ("5:11.11.11.11:5000::0::2001:470:6a7f:100::1::128/248", (5, "", "2001:470:6a7f:100::1/128")),
        ("4:10.0.255.1:0::010101010101010101:10.0.255.1/296 ES", (4, "00:01:01:01:01:01:01:01:01:01", "10.0.255.1")),
        ("4:192.168.1.5:0::11:192.168.1.5/296 ES", (4, "00:00:00:00:00:00:00:00:00:11", "192.168.1.5")),
    ],
)
def test_destinations(destination: str, key: tuple[int, str, str]) -> None:
    (found,) = collect_evpn.evpn_paths(tables(bgp__evpn__0=[evpn_route(destination, ACTIVE)]))
    assert (found.route_type, found.esi, found.ip) == key


def test_macs_of_ports_and_of_vteps() -> None:
    assert collect_evpn.macs(VNIS, MACS) == (
        MacReport(vni=10010, mac="28:b7:ad:3c:81:d0", local=True, interface="xe-0/0/2", vtep="", esi=""),
        MacReport(vni=10030, mac="28:b7:ad:88:ae:71", local=False, interface="", vtep="10.0.0.12", esi=""),
    )
    assert collect_evpn.macs({}, MACS) == ()


def test_a_mac_behind_an_ethernet_segment() -> None:
    """`show ethernet-switching table` writes the segment where it has the VTEP's address of others: `esi.1742`,
    `00:01:01:01:01:01:01:01:01:02`."""
    row = element(
        l2ng_l2_mac_address="aa:bb:cc:00:02:10",
        l2ng_l2_vlan_id="10",
        l2ng_l2_mac_logical_interface="esi.1742",
        l2ng_l2_active_source="00:01:01:01:01:01:01:01:01:02",
    )
    (found,) = collect_evpn.macs(VNIS, answer("l2ng-l2ald-rtb-macdb", {"l2ng-l2ald-mac-entry-vlan": [row]}))
    assert (found.local, found.vtep, found.esi) == (False, "", "00:01:01:01:01:01:01:01:01:02")


def test_flood_lists_and_the_vnis_of_vrfs() -> None:
    assert collect_evpn.flood_lists(FLOOD_LISTS) == (
        VniReport(vni=30, kind="l2", vrf="", bridge="", remote_vteps=("10.0.0.12",)),
    )
    assert collect_evpn.l3_contexts(L3_CONTEXTS) == (
        VniReport(vni=999, kind="l3", vrf="evpn-vrf", bridge="", remote_vteps=()),
    )


def test_a_bridge_domain_has_its_irb_interface_its_vrf_and_its_flood_list() -> None:
    """netenglabs/suzieq, tests/integration/sqcmds/junos-input/evpnVni.output, leaf01 (vQFX 19.4), `show evpn instance
    extensive | display json`: what is read of it. VLANs and VNIs are the same numbers there."""
    irbs = [
        element(irb_interface_name=f"irb.{vni}", irb_interface_vni_id=vni, irb_interface_l3_context="evpn-vrf")
        for vni in ("10", "30")
    ]
    domains = [element(vlan_id=vni, domain_id=vni, irb_interface=f"irb.{vni}", mode="Extended") for vni in ("10", "30")]
    instance = element(
        evpn_instance_name="default-switch",
        irb_interface_status_table=[{"irb-interface": irbs}],
        bridge_domain_status_table=[{"bridge-domain": domains}],
    )
    empty = element(evpn_instance_name="__default_evpn__", bridge_domain_status_table=[{}])
    said = answer("evpn-instance-information", {"evpn-instance": [empty, instance]})
    assert joined([*collect_evpn.bridge_domains(said), *collect_evpn.flood_lists(FLOOD_LISTS)]) == (
        VniReport(vni=10, kind="l2", vrf="evpn-vrf", bridge="irb.10", remote_vteps=()),
        VniReport(vni=30, kind="l2", vrf="evpn-vrf", bridge="irb.30", remote_vteps=("10.0.0.12",)),
    )


def test_vrfs_of_interfaces_where_the_default_one_lists_none() -> None:
    """Netests/netests, tests/features/src/outputs/vrf/juniper/ssh/juniper_show_route_instance_detail.json (18.1R2):
    what is read of its instances, and a virtual switch as napalm's test_get_network_instances has one configured."""
    units = {"__juniper_private1__": ["lo0.16385", "em1.0"], "CUSTOMER_001": ["lo0.1"], "master": [], "mgmt_junos": []}
    instances = [
        element(
            instance_name=name,
            instance_type="vrf" if name == "CUSTOMER_001" else "forwarding",
            instance_interface=[element(interface_name=unit) for unit in of],
        )
        for name, of in units.items()
    ]
    bridged = element(
        instance_name="vswitch1",
        instance_type="virtual-switch",
        instance_interface=[element(interface_name="ge-0/0/4.0")],
    )
    said = collect.vrf_interfaces(answer("instance-information", {"instance-core": [*instances, bridged]}))
    ports = [
        element(name=port, oper_status="up", logical_interface=[element(name=unit)])
        for port, unit in (("lo0", "lo0.0"), ("lo0", "lo0.1"), ("em1", "em1.0"), ("ge-0/0/4", "ge-0/0/4.0"))
    ]
    found = joined([*collect.interfaces(answer("interface-information", {"physical-interface": ports})), *said])
    assert {r.name: r.vrf for r in found if isinstance(r, InterfaceReport)} == {
        "lo0": "default",
        "lo0.1": "CUSTOMER_001",
        "em1": "__juniper_private1__",
        "ge-0/0/4": "default",
    }


def test_addresses_of_interfaces() -> None:
    """netenglabs/suzieq, junos-input/interfaces.output, leaf01: an unnumbered port shows lo0's address, which is not
    its own. batfish/lab-validation, junos_community_delete: em1 has an address of no IP version."""
    lent = element(address_family_name="inet", mtu="9200", interface_address=[element(ifa_local="10.0.0.11")])
    lent["address-family-unnumbered"] = [element(unnumbered_family_donor_interface_name="lo0.0")]
    inet = element(
        address_family_name="inet",
        mtu="1500",
        interface_address=[element(ifa_destination="172.16.1/24", ifa_local="172.16.1.254")],
    )
    tnp = element(address_family_name="tnp", mtu="1500", interface_address=[element(ifa_local="0x4")])
    inet6 = element(address_family_name="inet6", interface_address=[element(ifa_local="fe80::205:860f:fc71:ad00")])
    ports = [
        element(name=port, oper_status="up", logical_interface=[element(name=unit, address_family=families)])
        for port, unit, families in (
            ("xe-0/0/0", "xe-0/0/0.0", [lent]),
            ("irb", "irb.10", [inet]),
            ("em1", "em1.0", [tnp]),
            ("lo0", "lo0.0", [inet6]),
        )
    ]
    found = collect.interfaces(answer("interface-information", {"physical-interface": ports}))
    assert [(r.name, r.mtu, r.addresses) for r in found] == [
        ("xe-0/0/0", 9200, ()),
        ("irb.10", 1500, ("172.16.1.254/24",)),
        ("em1", 1500, ()),
        ("lo0", 0, ()),
    ]


NOTHING = {"attributes": {"xmlns": "http://xml.juniper.net/junos/19.4R0/junos-routing"}}
ROOTS: list[tuple[Parse, str]] = [
    (collect.bgp_paths, "route-information"),
    (collect_evpn.evpn_paths, "route-information"),
    (collect_evpn.flood_lists, "vxlan-source-vtep-information"),
    (collect_evpn.l3_contexts, "evpn-l3-context-information"),
    (functools.partial(collect_evpn.macs, VNIS), "l2ng-l2ald-rtb-macdb"),
    (collect.vrf_interfaces, "instance-information"),
    (collect_evpn.bridge_domains, "evpn-instance-information"),
]


@pytest.mark.parametrize(("parse", "root"), ROOTS)
def test_nothing_there_is_no_row(parse: Parse, root: str) -> None:
    """As a spine answers (suzieq, junos-input, spine01)."""
    assert parse(json.dumps({root: [NOTHING]}).encode()) == ()


@pytest.mark.parametrize(("parse", "root"), ROOTS)
def test_another_answer_is_refused(parse: Parse, root: str) -> None:
    for other in (b"[]", b"{}", b"", b'{"output": [{"data": "BGP is not running\\n"}]}', f'{{"{root}": 1}}'.encode()):
        with pytest.raises(ValueError):
            parse(other)


@pytest.mark.parametrize(
    "destination", ["nonsense", "2:172.16.0.2:1", "3:172.16.0.2:1::x::172.16.0.2", "5:1.1.1.1:5::0::10"]
)
def test_an_evpn_route_that_is_not_understood_is_refused(destination: str) -> None:
    with pytest.raises(ValueError):
        collect_evpn.evpn_paths(tables(bgp__evpn__0=[evpn_route(destination)]))


def test_the_overlay_is_asked_of_vteps_only() -> None:
    asked = {name: {q.ask for q in system("junos").queries(device)} for name, device in cases("junos").items()}
    overlay = {collect_evpn.BRIDGE_DOMAINS, collect_evpn.FLOOD_LISTS, collect_evpn.L3_CONTEXTS, collect_evpn.MACS}
    assert overlay <= asked["leaf-numbered"]
    assert not overlay & asked["spine-drained-ipv4"]
    assert {collect.PATHS, collect_evpn.EVPN_ROUTES} <= asked["spine-drained-ipv4"]
