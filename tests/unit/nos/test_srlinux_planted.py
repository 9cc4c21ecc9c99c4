"""Errors planted in a device: each is found before anything is written, by lint, facts or support; those of extra
configuration by Nokia's YANG models."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import srlinux_yang
from msgspec.structs import replace

from crossconnect.device.bgp import Neighbor
from crossconnect.device.configuration import BfdProfile, DeviceConfiguration
from crossconnect.device.interface import SegmentMember
from crossconnect.device.management import AaaServer, Collector, SnmpUser, User
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.device.policy import AsPathSet
from crossconnect.finding import Severity
from crossconnect.nos.rendering import device_findings, render_files
from nos_region import cases

CASES = cases("srlinux")
Change = Callable[[DeviceConfiguration], DeviceConfiguration]


def interface(which: str, **changed: object) -> Change:
    return lambda device: replace(
        device, interfaces=tuple(replace(i, **changed) if i.name == which else i for i in device.interfaces)
    )


def without_interface(name: str) -> Change:
    return lambda device: replace(device, interfaces=tuple(i for i in device.interfaces if i.name != name))


def instance(which: str, **changed: object) -> Change:
    return lambda device: replace(
        device,
        network_instances=tuple(replace(i, **changed) if i.name == which else i for i in device.network_instances),
    )


def system(**changed: object) -> Change:
    return lambda device: replace(device, system=replace(device.system, **changed))


def service(which: str, **changed: object) -> Change:
    return lambda device: replace(
        device, system=replace(device.system, **{which: replace(getattr(device.system, which), **changed)})
    )


def routing_policy(**changed: object) -> Change:
    return lambda device: replace(device, routing_policy=replace(device.routing_policy, **changed))


def session(kind: str, **changed: object) -> Change:
    """The first session of a kind changed."""

    def change(device: DeviceConfiguration) -> DeviceConfiguration:
        out: list[NetworkInstance] = []
        for of in device.network_instances:
            if of.bgp is not None and any(n.kind == kind for n in of.bgp.neighbors):
                neighbors: list[Neighbor] = [replace(of.bgp.neighbors[0], **changed), *of.bgp.neighbors[1:]]
                of = replace(of, bgp=replace(of.bgp, neighbors=tuple(neighbors)))
            out.append(of)
        return replace(device, network_instances=tuple(out))

    return change


def without_policies_of_sessions(device: DeviceConfiguration) -> DeviceConfiguration:
    out = device
    for of in device.network_instances:
        for neighbor in of.bgp.neighbors if of.bgp and of.kind == "l3vrf" else ():
            bare = tuple(replace(f, import_policy="") for f in neighbor.families)
            out = session(neighbor.kind, families=bare)(out)
    return out


SERVER = AaaServer(protocol="tacacs", address="10.0.0.1", port=49, secret="env:KEY", timeout_s=5)
USER = SnmpUser(
    name="poller", authentication="sha-1", authentication_secret="env:A", privacy="aes-256", privacy_secret="env:B"
)

PLANTED: dict[str, tuple[str, Change, str]] = {
    # what is wrong -> (the device, how, the code that says it)
    "bond that is not there": ("leaf-numbered", without_interface("lag1"), "srlinux.interface-missing"),
    "gateway that is not there": ("leaf-numbered", without_interface("irb0.103"), "srlinux.interface-missing"),
    "port of a subinterface that is not there": (
        "border-numbered",
        without_interface("ethernet-1/1"),
        "srlinux.interface-missing",
    ),
    "port of a session that is not there": (
        "leaf-unnumbered",
        session("fabric", interface="ethernet-1/9"),
        "srlinux.interface-missing",
    ),
    "port bridged outside every MAC-VRF": (
        "leaf-numbered",
        interface("ethernet-1/3", members=(SegmentMember(vlan=999, tagged=True),)),
        "srlinux.bridged-outside-mac-vrf",
    ),
    "two untagged segments on a port": (
        "leaf-numbered",
        interface("lag3", members=(SegmentMember(100, False), SegmentMember(101, False))),
        "srlinux.vlan-without-tagging",
    ),
    "tag on the loopback": (
        "border-numbered",
        interface("ethernet-1/1.2000", parent="system0"),
        "srlinux.vlan-without-tagging",
    ),
    "tag of 13 bits": ("border-numbered", interface("ethernet-1/1.2000", vlan=5000), "srlinux.out-of-range"),
    "port of another system": ("spine-numbered", interface("ethernet-1/1", name="Ethernet1"), "srlinux.interface-name"),
    "bond 129": ("leaf-numbered", interface("lag1", name="lag129"), "srlinux.interface-name"),
    "bond that needs no link": ("leaf-numbered", interface("lag1", min_links=0), "srlinux.out-of-range"),
    "interface in a VRF that is not there": (
        "leaf-numbered",
        interface("irb0.104", network_instance="green"),
        "srlinux.instance-missing",
    ),
    "leak from a VRF that is not there": (
        "leaf-numbered",
        instance("blue-prod", imports=("green",)),
        "srlinux.instance-missing",
    ),
    "management VRF that is not there": (
        "leaf-numbered",
        system(management_vrf="oob"),
        "srlinux.instance-missing",
    ),
    "ACL that is not there": ("border-numbered", interface("ethernet-1/63", acl_in="nobody"), "srlinux.acl-missing"),
    "ACL of the management port that is not there": ("leaf-numbered", system(acl="nobody"), "srlinux.acl-missing"),
    "policies that are not there": ("border-numbered", routing_policy(policies=()), "srlinux.policy-missing"),
    "leak policy that is not there": ("leaf-numbered", routing_policy(policies=()), "srlinux.policy-missing"),
    "prefix sets that are not there": ("border-numbered", routing_policy(prefix_sets=()), "srlinux.set-missing"),
    "community sets that are not there": ("border-numbered", routing_policy(community_sets=()), "srlinux.set-missing"),
    "external session without a policy": (
        "border-numbered",
        without_policies_of_sessions,
        "srlinux.external-without-policy",
    ),
    "hold time of 2 s": ("border-numbered", session("external", hold_time_s=2), "srlinux.out-of-range"),
    "session with a day of connect retries": (
        "border-numbered",
        session("external", connect_retry_s=86400),
        "srlinux.out-of-range",
    ),
    "two VNIs with one EVI": ("leaf-numbered", instance("red-wire", vni=10000 + 65535 - 1), "srlinux.evi-collision"),
    "VNI of 25 bits": ("leaf-numbered", instance("red-wire", vni=1 << 24), "srlinux.out-of-range"),
    "route target of 8 octets": (
        "leaf-numbered",
        instance("red-wire", import_rts=("4200000000:10000000",)),
        "srlinux.route-target",
    ),
    "route distinguisher that is none": (
        "leaf-numbered",
        instance("red-wire", rd="red"),
        "srlinux.route-distinguisher",
    ),
    "VTEP that no loopback has": (
        "leaf-numbered",
        lambda d: replace(d, vtep="192.0.2.99"),
        "srlinux.vtep-address",
    ),
    "segment with a quote in its name": ("leaf-numbered", instance("red-wire", name='red"wire'), "srlinux.name"),
    "AS path with a class": (
        "border-numbered",
        routing_policy(as_path_sets=(AsPathSet(name="carrier-own", patterns=("^64496[[:digit:]]",)),)),
        "srlinux.as-path-pattern",
    ),
    "user called admin": (
        "leaf-numbered",
        system(users=(User(name="admin", role="operator"),)),
        "srlinux.reserved-user",
    ),
    "SNMP key too short for AES-256": ("leaf-numbered", service("snmp", users=(USER,)), "srlinux.snmp-key"),
    "nine sFlow collectors": (
        "leaf-numbered",
        service("sflow", collectors=tuple(Collector(address=f"10.0.0.{n}", port=6343) for n in range(9))),
        "srlinux.out-of-range",
    ),
    "sFlow collector over IPv6": (
        "leaf-numbered",
        service("sflow", collectors=(Collector(address="2001:db8::1", port=6343),)),
        "srlinux.sflow-collector",
    ),
    "one packet in three million": (
        "leaf-numbered",
        service("sflow", sample_rate=3_000_000),
        "srlinux.out-of-range",
    ),
    "servers with different timeouts": (
        "leaf-ipv4",
        service("aaa", servers=(SERVER, replace(SERVER, address="10.0.0.9", timeout_s=9))),
        "srlinux.aaa-timeout",
    ),
    "BFD without timers": ("leaf-numbered", lambda d: replace(d, bfd=None), "srlinux.bfd-without-timers"),
    "BFD of 5 ms": (
        "leaf-numbered",
        lambda d: replace(d, bfd=BfdProfile(interval_ms=5, multiplier=3)),
        "nos.bfd-too-fast",
    ),
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


def test_designed_devices_have_no_errors_and_the_lack_of_ipfix_is_told() -> None:
    for case, device in CASES.items():
        found = device_findings(device)
        assert not [f for f in found if f.severity is Severity.ERROR], case
        assert {f.code for f in found} == {"nos.unsupported", "srlinux.aaa-timeout"}, case
        assert [f for f in found if f.code == "nos.unsupported" and "IPFIX is on 7730 SXR only" in f.message], case


BORDER = render_files(CASES["border-numbered"])["config.json"]
LEAF = render_files(CASES["leaf-numbered"])["config.json"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"mtu": 9230', '"mtu": 99999'),
        ('"admin-state": "enable"', '"admin-state": "enabled"'),
        ('"desired-minimum-transmit-interval": 300000', '"desired-minimum-transmit-interval": 9999'),
        ('"detection-multiplier": 3', '"detection-multiplier": 2'),
        ('"prefix-set": "carrier"', '"prefix-set": "nothing"'),
        ('"as-path-set": "carrier-own"', '"as-path-set": "nothing"'),
        ('"peer-group": "external-ipv4"', '"peer-group": "nothing"'),
        ('"max-received-routes": 1000', '"max-received-routes": 0'),
        ('"vlan-id": 2000', '"vlan-id": 4095'),
        ('"ip-prefix": "100.64.0.2/31"', '"ip-prefix": "100.64.0.256/31"'),
        ('"policy-result": "reject"', '"policy-result": "drop"'),
        ('"sample-rate": 10000', '"sample-rate": 2000001'),
    ],
)
def test_nokias_models_find_what_extra_configuration_brings_to_a_border(old: str, new: str) -> None:
    text = srlinux_yang.with_secrets(BORDER)
    assert srlinux_yang.errors(text) == []
    assert old in text
    assert srlinux_yang.errors(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"esi": "03:02:E5:00:00:00:01:00:00:01"', '"esi": "03:02:E5"'),
        ('"lacp-mode": "ACTIVE"', '"lacp-mode": "ON"'),
        ('"evi": 10000', '"evi": 65536'),
        ('"vni": 10000', '"vni": 16777216'),
        ('"anycast-gw-mac": "', '"anycast-gw-mac": "0'),
        ('"encapsulation-type": "vxlan"', '"encapsulation-type": "nvgre"'),
        ('"multi-homing-mode": "all-active"', '"multi-homing-mode": "active"'),
    ],
)
def test_nokias_models_find_what_extra_configuration_brings_to_a_leaf(old: str, new: str) -> None:
    text = srlinux_yang.with_secrets(LEAF)
    assert srlinux_yang.errors(text) == []
    assert old in text
    assert srlinux_yang.errors(text.replace(old, new))
