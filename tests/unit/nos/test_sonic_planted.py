"""Errors planted in a device: each is found before anything is written, by lint, facts or support; those of CONFIG_DB
itself (extra configuration) by SONiC's YANG models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sonic_yang
from msgspec.structs import replace
from planted import BORDER, LEAF

from crossconnect.device.bgp import Neighbor
from crossconnect.device.configuration import BfdProfile, DeviceConfiguration
from crossconnect.device.interface import SegmentMember
from crossconnect.device.management import AaaServer, Collector, SnmpUser
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.device.policy import AsPathSet
from crossconnect.finding import Severity
from crossconnect.nos.rendering import device_findings, render_files
from nos_region import cases

CASES = cases("sonic")
Change = Callable[[DeviceConfiguration], DeviceConfiguration]


def interface(which: str, **changed: object) -> Change:
    return lambda device: replace(
        device, interfaces=tuple(replace(i, **changed) if i.name == which else i for i in device.interfaces)
    )


def instance(which: str, **changed: object) -> Change:
    return lambda device: replace(
        device,
        network_instances=tuple(replace(i, **changed) if i.name == which else i for i in device.network_instances),
    )


def system(**changed: object) -> Change:
    return lambda device: replace(device, system=replace(device.system, **changed))


def without_interface(name: str) -> Change:
    return lambda device: replace(device, interfaces=tuple(i for i in device.interfaces if i.name != name))


def session(**changed: object) -> Change:
    """The first external session changed."""

    def change(device: DeviceConfiguration) -> DeviceConfiguration:
        out: list[NetworkInstance] = []
        for of in device.network_instances:
            if of.bgp is not None and any(n.kind == "external" for n in of.bgp.neighbors):
                neighbors: list[Neighbor] = [replace(of.bgp.neighbors[0], **changed), *of.bgp.neighbors[1:]]
                of = replace(of, bgp=replace(of.bgp, neighbors=tuple(neighbors)))
            out.append(of)
        return replace(device, network_instances=tuple(out))

    return change


def routing_policy(**changed: object) -> Change:
    return lambda device: replace(device, routing_policy=replace(device.routing_policy, **changed))


def service(which: str, **changed: object) -> Change:
    return lambda device: replace(
        device, system=replace(device.system, **{which: replace(getattr(device.system, which), **changed)})
    )


SERVER = AaaServer(protocol="tacacs", address="10.0.0.1", port=49, secret="env:KEY", timeout_s=5)
USER = SnmpUser(
    name="poller", authentication="sha-256", authentication_secret="env:A", privacy="aes-256", privacy_secret="env:B"
)


def same_address(device: DeviceConfiguration) -> DeviceConfiguration:
    addresses = next(i.addresses for i in device.interfaces if i.name == "Ethernet252")
    return interface("Ethernet248", addresses=addresses)(device)


PLANTED: dict[str, tuple[str, Change, str]] = {
    # what is wrong -> (the device, how, the code that says it)
    "VRF with a dot in its name": ("leaf-numbered", instance("red-prod", name="red.prod"), "sonic.name"),
    "VRF with a long name": ("leaf-numbered", instance("blue-prod", name="thirteenchars"), "nos.limit-exceeded"),
    "port of another system": ("spine-numbered", interface("Ethernet0", name="swp1"), "sonic.interface-name"),
    "bond with five digits": (
        "leaf-numbered",
        interface("PortChannel1", name="PortChannel10000"),
        "sonic.interface-name",
    ),
    "subinterface with a long name": (
        "border-numbered",
        interface("Ethernet0.2000", name="Ethernet1024.2000"),
        "sonic.interface-name",
    ),
    "member of a bond that is not there": (
        "leaf-numbered",
        without_interface("PortChannel2"),
        "sonic.parent-missing",
    ),
    "subinterface of a port that is not there": (
        "border-numbered",
        without_interface("Ethernet0"),
        "sonic.parent-missing",
    ),
    "interface in a VRF that is not there": (
        "leaf-numbered",
        interface("Vlan104", network_instance="green"),
        "sonic.vrf-missing",
    ),
    "port in a VLAN that is not there": (
        "leaf-numbered",
        interface("Ethernet8", members=(SegmentMember(vlan=999, tagged=True),)),
        "sonic.vlan-missing",
    ),
    "gateway that is not there": ("leaf-numbered", without_interface("Vlan103"), "sonic.gateway-missing"),
    "ACL that is not there": (
        "border-numbered",
        interface("Ethernet0.2001", acl_in="nobody"),
        "sonic.acl-missing",
    ),
    "leak from a VRF that is not there": (
        "leaf-numbered",
        instance("blue-prod", imports=("green",)),
        "sonic.vrf-missing",
    ),
    "port that routes and bridges": (
        "leaf-numbered",
        interface("Ethernet252", members=(SegmentMember(vlan=100, tagged=True),)),
        "sonic.bridged-and-routed",
    ),
    "port untagged in two VLANs": (
        "leaf-numbered",
        interface("Ethernet8", members=(SegmentMember(100, False), SegmentMember(104, False))),
        "sonic.native-vlan-twice",
    ),
    "two anycast MACs": ("leaf-numbered", interface("Vlan103", mac="02:00:5e:00:01:02"), "sonic.gateway-mac"),
    "two router MACs": ("leaf-numbered", instance("red-prod", router_mac="02:fe:00:00:00:99"), "sonic.router-mac"),
    "segment in the VLAN of an L3VNI": ("leaf-numbered", instance("red-wire", vlan=4094), "sonic.l3vni-vlan"),
    "two L3VNIs with one VLAN": ("leaf-numbered", instance("red-prod", vni=6000), "sonic.l3vni-vlan"),
    "segment in VLAN 1": ("leaf-numbered", instance("red-wire", vlan=1), "nos.vlan-reserved"),
    "two segments with one VNI": ("leaf-numbered", instance("red-wire", vni=10000), "sonic.vlan-twice"),
    "two ports with one address": ("leaf-numbered", same_address, "sonic.address-twice"),
    "VTEP without loopback": ("leaf-numbered", lambda d: replace(d, vtep="192.0.2.99"), "sonic.vtep-missing"),
    "sets that are not there": ("border-numbered", routing_policy(prefix_sets=()), "sonic.set-missing"),
    "VNI of 25 bits": ("leaf-numbered", instance("red-wire", vni=1 << 24), "sonic.out-of-range"),
    "ESI of type 0": (
        "leaf-numbered",
        interface("PortChannel1", esi="00:01:02:03:04:05:06:07:08:09"),
        "sonic.ethernet-segment",
    ),
    "MTU over the greatest": ("spine-numbered", interface("Ethernet0", mtu=9217), "sonic.mtu-range"),
    "subinterface with an MTU of its own": (
        "border-numbered",
        interface("Ethernet0.2000", mtu=9000),
        "sonic.subinterface-mtu",
    ),
    "VRF without host routes beside BFD": (
        "leaf-numbered",
        instance("red-prod", host_routes=False),
        "sonic.host-routes",
    ),
    "ACL at a gateway": ("leaf-numbered", interface("Vlan103", acl_in="servers"), "sonic.acl-on-vlan-interface"),
    "management VRF with a name": ("leaf-numbered", system(management_vrf="oob"), "sonic.management-vrf-name"),
    "two gateways of one version": (
        "leaf-numbered",
        system(management_gateways=("10.253.0.1", "10.253.0.2")),
        "sonic.management-gateways",
    ),
    "eleven NTP servers": (
        "leaf-numbered",
        system(ntp=tuple(f"10.0.0.{n}" for n in range(11))),
        "sonic.too-many-servers",
    ),
    "nine TACACS+ servers": ("leaf-numbered", service("aaa", servers=(SERVER,) * 9), "sonic.too-many-servers"),
    "three sFlow collectors": (
        "leaf-numbered",
        service("sflow", collectors=tuple(Collector(address=f"10.0.0.{n}", port=6343) for n in range(3))),
        "sonic.too-many-servers",
    ),
    "every packet sampled": ("leaf-numbered", service("sflow", sample_rate=1), "sonic.sflow"),
    "agent with an address of nobody": ("leaf-numbered", service("sflow", agent="192.0.2.1"), "sonic.sflow"),
    "SNMP with AES-256": ("leaf-numbered", service("snmp", users=(USER,)), "sonic.snmp-user"),
    "certificate in another directory": ("leaf-numbered", service("gnmi", tls_profile="../x"), "sonic.tls-profile"),
    "accounting by RADIUS": (
        "leaf-numbered",
        service("aaa", servers=(replace(SERVER, protocol="radius"),)),
        "sonic.accounting",
    ),
    "BFD of 5 ms": (
        "leaf-numbered",
        lambda d: replace(d, bfd=BfdProfile(interval_ms=5, multiplier=3)),
        "nos.bfd-too-fast",
    ),
    "session with an hour of connect retries": ("border-numbered", session(connect_retry_s=70000), "frr.out-of-range"),
    "AS path that FRR refuses": (
        "border-numbered",
        routing_policy(as_path_sets=(AsPathSet(name="carrier-own", patterns=("^64496\\s",)),)),
        "frr.as-path-pattern",
    ),
    "policy that is not there": ("border-numbered", routing_policy(policies=()), "sonic.policy-missing"),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_error_is_found(what: str) -> None:
    case, change, code = PLANTED[what]
    device = CASES[case]
    before = {(f.code, f.message) for f in device_findings(device)}
    new = [f for f in device_findings(change(device)) if (f.code, f.message) not in before]
    assert code in {f.code for f in new}
    assert all(f.message.startswith("a-") for f in new)
    assert all(f.place.path for f in new)


@pytest.mark.parametrize(
    ("case", "what"), [*(("leaf-numbered", w) for w in LEAF), *(("border-numbered", w) for w in BORDER)]
)
def test_what_is_planted_into_every_system_is_found(case: str, what: str) -> None:
    device = CASES[case]
    before = {(f.code, f.message) for f in device_findings(device)}
    changed = (LEAF if case == "leaf-numbered" else BORDER)[what](device)
    assert [f for f in device_findings(changed) if (f.code, f.message) not in before]


def test_designed_devices_have_no_errors_but_where_sonic_lacks_a_feature() -> None:
    for case, device in CASES.items():
        errors = {f.code for f in device_findings(device) if f.severity is Severity.ERROR}
        assert errors <= {"sonic.acl-on-vlan-interface"}, case


@pytest.mark.parametrize(
    ("table", "key", "fields"),
    [
        ("PORT", "Ethernet8", {"mtu": "9217"}),
        ("PORT", "Ethernet8", {"admin_status": "enabled"}),
        ("PORTCHANNEL", "PortChannel1", {"admin_status": "up", "min_links": "0"}),
        ("VLAN", "Vlan300", {"vlanid": "301"}),
        ("VLAN_MEMBER", "Vlan104|Ethernet0", {"tagging_mode": "tagged"}),
        ("VLAN_MEMBER", "Vlan104|Ethernet8", {"tagging_mode": "untagged"}),
        ("VLAN_INTERFACE", "Vlan101", {"vrf_name": "Vrfnobody"}),
        ("VRF", "red", {"vni": "1"}),
        ("VXLAN_TUNNEL_MAP", "other|map_1_Vlan100", {"vlan": "Vlan100", "vni": "1"}),
        ("EVPN_ETHERNET_SEGMENT", "PortChannel1", {"esi": "AUTO", "type": "TYPE_0_OPERATOR_CONFIGURED"}),
        ("ACL_TABLE", "x", {"type": "L4", "ports": ["Ethernet8"]}),
        ("SNMP_USER", "abc", {"SNMP_USER_TYPE": "Priv"}),
        ("SFLOW_SESSION", "Ethernet8", {"sample_rate": "1"}),
        ("AAA", "authentication", {"login": "kerberos"}),
        ("DEVICE_METADATA", "localhost", {"docker_routing_config_mode": "both"}),
    ],
)
def test_sonics_models_find_what_extra_configuration_brings(table: str, key: str, fields: dict[str, Any]) -> None:
    config = sonic_yang.on_hardware(render_files(CASES["leaf-numbered"])["config_db.json"])
    assert sonic_yang.errors(config) == []
    entry = config[table].setdefault(key, {})
    entry.update(fields)
    assert sonic_yang.errors(config)
