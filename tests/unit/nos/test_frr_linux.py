"""The Linux side of a device."""

from __future__ import annotations

from frr_samples import border, leaf, leaking_leaf, multihomed_leaf, spine, tenant_leaf
from msgspec.structs import replace

from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.frr import FEATURES, daemons, linux_side, required_features, version_of
from crossconnect.nos.frr.linux import Bond, BridgeDomain, BridgePort, Subinterface, VrfDevice
from crossconnect.nos.frr.linux_side import MANAGEMENT_TABLE, routing_table


def test_vrf_has_its_l3vni_as_table_and_carries_it() -> None:
    assert linux_side(tenant_leaf(1)).vrfs == (
        VrfDevice(name="mgmt", table=1000),
        VrfDevice(
            name="red-prod",
            table=5001,
            vni=5001,
            vxlan="vni5001",
            bridge="l3vni5001",
            router_mac="02:fe:00:00:00:01",
            mtu=9000,
        ),
    )


def test_tables_never_meet() -> None:
    """Kernel's own tables, the management VRF, VRFs without L3VNI, and every possible L3VNI."""
    small = [routing_table(vni) for vni in (1, 253, 254, 255, 1000)]
    assert all(table > 2**24 for table in small)
    assert routing_table(1001) == 1001
    without = NetworkInstance(name="local", kind="l3vrf")
    device = leaf(1, instances=(without, replace(without, name="local2")))
    tables = [v.table for v in linux_side(device).vrfs]
    assert tables == [MANAGEMENT_TABLE, 1, 2]


def test_bridge_domains_have_their_ports_and_gateways() -> None:
    shared, own, layer2 = linux_side(tenant_leaf(1)).bridge_domains
    assert shared == BridgeDomain(
        vlan=100,
        vni=10100,
        vxlan="vni10100",
        svi="vlan100",
        vrf="red-prod",
        mtu=9000,
        svi_mac="02:00:5e:00:01:01",
        svi_addresses=("10.10.0.1/24", "2001:db8:10::1/64"),
        ports=(BridgePort("swp10", False),),
    )
    assert own.ports == (BridgePort("swp10", True),)
    assert (layer2.vrf, layer2.svi, layer2.svi_addresses) == ("default", "vlan300", ())


def test_ports_keep_addresses_vrf_and_state() -> None:
    ports = {p.name: p for p in linux_side(tenant_leaf(1)).ports}
    assert ports["swp1"].addresses == ("10.1.0.34/31", "2001:db8:1::22/127")
    assert not ports["swp1"].link_local
    assert ports["eth0"].vrf == "mgmt"
    assert not ports["swp12"].enabled
    assert all(p.link_local for p in linux_side(spine(1, numbered=False)).ports if p.name != "eth0")


def test_subinterfaces_and_bonds() -> None:
    assert linux_side(border()).subinterfaces == (
        Subinterface(
            name="swp20.101",
            parent="swp20",
            vlan=101,
            vrf="red-prod",
            mtu=1500,
            addresses=("10.2.0.0/31", "2001:db8:2::/127"),
        ),
    )
    multihomed = linux_side(multihomed_leaf(1))
    assert multihomed.bonds == (
        Bond(name="bond7", members=("swp10",), mtu=9000, system_mac="02:e5:00:00:00:01", es_id=7),
    )
    assert multihomed.bridge_domains[0].ports == (BridgePort("bond7", False),)


def test_a_router_forwards_and_never_configures_itself() -> None:
    settings = dict(linux_side(spine(1)).sysctls)
    assert settings["net.ipv4.ip_forward"] == settings["net.ipv6.conf.all.forwarding"] == "1"
    assert settings["net.ipv6.conf.all.accept_ra"] == "0"
    assert settings["net.ipv4.conf.all.rp_filter"] == "0"


def test_service_files_use_the_management_vrf() -> None:
    files = dict(linux_side(spine(1)).files)
    assert "server 192.0.2.10 iburst\nbindacqdevice mgmt\n" in files["/etc/chrony/chrony.conf"]
    assert 'target="192.0.2.20"' in files["/etc/rsyslog.d/50-crossconnect.conf"]
    assert 'device="mgmt"' in files["/etc/rsyslog.d/50-crossconnect.conf"]
    assert "configure system hostname spine1\n" in files["/etc/lldpd.d/crossconnect.conf"]
    assert files["/etc/hostname"] == "spine1\n"


def test_services_that_are_not_wanted_have_no_file() -> None:
    device = spine(1)
    quiet = replace(device, system=replace(device.system, ntp=(), syslog=(), lldp=False))
    paths = [path for path, _ in linux_side(quiet).files]
    assert paths == ["/etc/frr/daemons", "/etc/frr/vtysh.conf", "/etc/hostname"]


def test_only_needed_daemons_run() -> None:
    assert daemons(spine(1)) == ("zebra", "staticd", "bfdd", "bgpd")
    device = spine(1)
    bare = replace(
        device,
        system=replace(device.system, management_gateways=()),
        network_instances=tuple(replace(i, bgp=None) for i in device.network_instances),
    )
    assert daemons(bare) == ("zebra",)


def test_features_that_a_lab_must_have() -> None:
    assert required_features(spine(1)) == {"bfd", "vrf"}
    assert required_features(tenant_leaf(1)) == {"bfd", "vrf", "vxlan", "tagged-port"}
    assert required_features(border()) == {"bfd", "vrf", "vxlan", "vlan-subinterface", "tcp-md5"}
    assert required_features(multihomed_leaf(1)) >= {"bond", "ethernet-segment", "vlan-aware-bridge"}
    assert "vrf-leak" in required_features(leaking_leaf(1))
    for device in (spine(1), tenant_leaf(1), border(), multihomed_leaf(1), leaking_leaf(1)):
        assert required_features(device) <= set(FEATURES)


def test_version_of_a_daemon_s_banner() -> None:
    assert version_of("bgpd version 8.4.4\nCopyright 1996-2005 Kunihiro Ishiguro, et al.\n") == "8.4"
    assert version_of("bgpd version 10.3\n") == "10"
    assert version_of("bgpd version 9.1\n") is None
    assert version_of("") is None
