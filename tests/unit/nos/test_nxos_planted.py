"""Mistakes of NX-OS alone, planted into devices that are right: each is found before anything is written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from planted import Change, interfaces

from crossconnect.device.bgp import Neighbor
from crossconnect.device.configuration import BfdProfile, DeviceConfiguration, System
from crossconnect.device.management import Aaa, AaaServer, Collector, Gnmi, Netconf
from crossconnect.device.policy import AsPathSet
from crossconnect.nos.rendering import device_findings, render_files
from nos_region import cases

BORDER = cases("nxos")["border-numbered"]


def _system(change: Callable[[System], System]) -> Change:
    return lambda device: replace(device, system=change(device.system))


def _neighbors(change: Callable[[Neighbor], Neighbor]) -> Change:
    def apply(device: DeviceConfiguration) -> DeviceConfiguration:
        found = tuple(
            replace(i, bgp=replace(i.bgp, neighbors=tuple(change(n) for n in i.bgp.neighbors))) if i.bgp else i
            for i in device.network_instances
        )
        return replace(device, network_instances=found)

    return apply


def _as_path(pattern: str) -> Change:
    def apply(device: DeviceConfiguration) -> DeviceConfiguration:
        sets = (AsPathSet(name="carrier-own", patterns=(pattern,)),)
        return replace(device, routing_policy=replace(device.routing_policy, as_path_sets=sets))

    return apply


def _two_keys(system: System) -> System:
    return replace(system, users=tuple(replace(user, ssh_keys=("ssh-rsa A a", "ssh-rsa B b")) for user in system.users))


def _two_collectors(system: System) -> System:
    assert system.sflow is not None
    collectors = (*system.sflow.collectors, Collector(address="10.253.0.9", port=6343))
    return replace(system, sflow=replace(system.sflow, collectors=collectors))


def _sampling(rate: int) -> Change:
    def apply(system: System) -> System:
        assert system.sflow is not None
        return replace(system, sflow=replace(system.sflow, sample_rate=rate))

    return _system(apply)


PLANTED: dict[str, tuple[Change, str]] = {
    "netconf on another port": (_system(lambda s: replace(s, netconf=Netconf(port=22))), "nxos.netconf-port"),
    "gnmi on a low port": (
        _system(lambda s: replace(s, gnmi=Gnmi(port=443, tls_profile="gnmi"))),
        "nxos.out-of-range",
    ),
    "two keys of a user": (_system(_two_keys), "nxos.ssh-keys"),
    "two collectors": (_system(_two_collectors), "nxos.sflow-collectors"),
    "sampling too often": (_sampling(100), "nxos.out-of-range"),
    "bfd too slow": (lambda d: replace(d, bfd=BfdProfile(interval_ms=3000, multiplier=3)), "nxos.out-of-range"),
    "bfd multiplier": (lambda d: replace(d, bfd=BfdProfile(interval_ms=300, multiplier=60)), "nxos.out-of-range"),
    "connect retry": (_neighbors(lambda n: replace(n, connect_retry_s=120)), "nxos.out-of-range"),
    "hold time": (_neighbors(lambda n: replace(n, hold_time_s=4000)), "nxos.out-of-range"),
    "long as-path": (_as_path("_64499" * 12), "nxos.as-path-pattern"),
    "quoted as-path": (_as_path('^64499"$'), "nxos.as-path-pattern"),
}


@pytest.mark.parametrize("mistake", sorted(PLANTED))
def test_a_planted_mistake_is_found(mistake: str) -> None:
    change, code = PLANTED[mistake]
    before = {f.code for f in device_findings(BORDER)}
    assert code in {f.code for f in device_findings(change(BORDER))} - before


def test_more_links_than_a_bond_can_wait_for_are_found() -> None:
    leaf = cases("nxos")["leaf-numbered"]
    planted = interfaces(lambda i: replace(i, min_links=33), "lag")(leaf)
    assert "nxos.out-of-range" in {f.code for f in device_findings(planted)}


def test_servers_of_two_protocols_are_two_groups_in_their_order() -> None:
    """Input: RADIUS, then TACACS+. Output: a group each, asked in that order."""
    servers = (
        AaaServer(protocol="radius", address="10.253.0.4", port=1812, secret="env:A", timeout_s=5),
        AaaServer(protocol="tacacs", address="10.253.0.5", port=49, secret="env:B", timeout_s=5),
    )
    device = _system(lambda s: replace(s, aaa=Aaa(servers=servers)))(BORDER)
    text = render_files(device)["running-config.nxos"]
    assert "feature tacacs+\n" in text
    assert "radius-server host 10.253.0.4 key 0 xc-secret-env:A auth-port 1812 timeout 5\n" in text
    assert "aaa group server radius xc-radius\n  server 10.253.0.4\n" in text
    assert "aaa group server tacacs+ xc-tacacs\n  server 10.253.0.5\n" in text
    assert "aaa authentication login default group xc-radius xc-tacacs\n" in text


def test_no_route_target_leaves_the_fabric() -> None:
    """Input: a border. Output: extended communities go to EVPN neighbours only."""
    text = render_files(BORDER)["running-config.nxos"]
    families = text.split("address-family ")
    assert all(part.startswith("l2vpn evpn") for part in families if "send-community extended" in part)
