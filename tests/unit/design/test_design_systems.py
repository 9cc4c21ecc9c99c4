"""What the design does for the network OS that a switch runs: names of interfaces, bonds, ACLs, services."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from crossconnect.checks import run_checks
from crossconnect.design import compile_region
from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.management import Collector
from crossconnect.finding import Severity
from crossconnect.intent.lock import Lock
from crossconnect.model.acl import Acl, AclEntry
from crossconnect.model.device import Device, Link
from crossconnect.model.region import Region
from crossconnect.simulate import predict
from nos_region import ACLS, reference_blueprint, reference_region
from regions import compiled, small

MIXED = {
    "a-spine1": "sonic",
    "a-spine2": "nxos",
    "a-leaf1": "junos",
    "a-leaf2": "eos",
    "a-leaf3": "srlinux",
    "a-border1": "nxos",
}


def running(region: Region, systems: Mapping[str, str]) -> Region:
    return replace(region, devices=tuple(Device(name=name, nos=nos) for name, nos in systems.items()))


def mixed(underlay: str = "numbered") -> Region:
    return running(small(leaves=4, dual_homed=True, border=True, l2_only=True, underlay=underlay), MIXED)


def blueprint_of(region: Region, previous: Lock | None = None) -> Blueprint:
    blueprint = compiled(region, previous).blueprint
    assert blueprint is not None
    return blueprint


def devices(blueprint: Blueprint) -> dict[str, DeviceConfiguration]:
    return {device.name: device for device in blueprint.devices}


def names(device: DeviceConfiguration) -> set[str]:
    return {i.name for i in device.interfaces}


def test_interfaces_are_called_as_the_devices_system_calls_them() -> None:
    found = devices(blueprint_of(mixed()))
    assert {"ae1", "em0", "et-0/0/0", "et-0/0/63", "irb.101", "lo0"} <= names(found["a-leaf1"])
    assert {"Port-Channel1", "Management1", "Ethernet1", "Ethernet64", "Vlan101", "Loopback0"} <= names(
        found["a-leaf2"]
    )
    assert {"lag1", "mgmt0", "ethernet-1/1", "ethernet-1/64", "irb0.101", "system0"} <= names(found["a-leaf3"])
    assert {"Ethernet0", "Ethernet20", "Loopback0", "eth0"} <= names(found["a-spine1"])
    assert {"Ethernet1/1", "Ethernet1/1.2000", "loopback0", "mgmt0"} <= names(found["a-border1"])
    assert {"bond1", "swp1", "vlan101", "lo", "eth0"} <= names(found["a-leaf4"])
    for device in found.values():
        irbs = {i.irb for i in device.network_instances if i.irb}
        assert irbs <= names(device)


def test_a_fabric_of_six_systems_passes_simulation_and_checks() -> None:
    for underlay in ("numbered", "unnumbered"):
        blueprint = blueprint_of(mixed(underlay))
        state, said = predict(blueprint)
        found = [*said, *run_checks(state, blueprint)]
        assert [f.code for f in found if f.severity is not Severity.NOTE] == []


def test_cables_are_written_with_the_systems_own_ports() -> None:
    region = running(small(), {"a-leaf1": "junos", "a-spine1": "sonic"})
    region = replace(region, links=(Link(a="a-leaf1:et-0/0/5", b="a-spine1:Ethernet8"),))
    found = devices(blueprint_of(region))
    assert "et-0/0/5" in names(found["a-leaf1"])
    assert "Ethernet8" in names(found["a-spine1"])
    wrong = replace(region, links=(Link(a="a-leaf1:swp5", b="a-spine1:Ethernet9"),))
    said = [f.message for f in compile_region(wrong).findings if f.code == "intent.port-unknown"]
    assert len(said) == 2


def test_a_switch_that_changes_its_system_keeps_its_cables_where_they_are() -> None:
    region = small()
    before = compiled(region)
    after = compiled(running(region, {"a-leaf1": "sonic", "a-spine1": "junos"}), before.lock)
    for device, rename in (
        ("a-leaf1", lambda n: f"Ethernet{4 * (n - 1)}"),
        ("a-spine1", lambda n: f"et-0/0/{n - 1}"),
    ):
        old, new = (lock.numbers[f"port/{device}"] for lock in (before.lock, after.lock))
        assert new == {key: rename(int(port.removeprefix("swp"))) for key, port in old.items()}
    others = {pool: of for pool, of in after.lock.numbers.items() if pool not in ("port/a-leaf1", "port/a-spine1")}
    assert others.items() <= before.lock.numbers.items()


def test_bonds_have_small_numbers_equal_on_both_leaves() -> None:
    region = running(small(leaves=8, servers=2, dual_homed=True), {"a-leaf7": "srlinux", "a-leaf8": "eos"})
    found = devices(blueprint_of(region))
    bonds = {
        n: sorted(i.name for i in found[n].interfaces if i.kind == "lag") for n in ("a-leaf1", "a-leaf7", "a-leaf8")
    }
    assert bonds["a-leaf7"] == ["lag1", "lag2", "lag3", "lag4"]
    assert bonds["a-leaf8"] == ["Port-Channel1", "Port-Channel2", "Port-Channel3", "Port-Channel4"]
    assert bonds["a-leaf1"] == ["bond1", "bond2", "bond3", "bond4"]
    by_description = [
        {i.description: int("".join(c for c in i.name if c.isdigit())) for i in found[n].interfaces if i.kind == "lag"}
        for n in ("a-leaf7", "a-leaf8")
    ]
    assert by_description[0] == by_description[1]


def test_a_bond_keeps_its_number_when_another_server_goes_and_a_region_of_frr_has_no_such_numbers() -> None:
    region = running(small(leaves=2, servers=2, dual_homed=True), {"a-leaf1": "eos", "a-leaf2": "eos"})
    before = compiled(region)
    assert before.lock.numbers["lag/a-leaf1"]
    fewer = running(small(leaves=2, servers=1, dual_homed=True), {"a-leaf1": "eos", "a-leaf2": "eos"})
    after = compiled(fewer, before.lock)
    assert after.lock.numbers["lag/a-leaf1"].items() < before.lock.numbers["lag/a-leaf1"].items()
    assert not [pool for pool in compiled(small(dual_homed=True)).lock.numbers if pool.startswith("lag")]


# --- ACLs -------------------------------------------------------------------------------------------------------------


def test_an_acl_becomes_a_set_per_version_and_a_device_has_only_those_it_uses() -> None:
    found = devices(reference_blueprint("eos"))
    border = {(a.name, a.version): a for a in found["a-border1"].acls}
    assert set(border) == {(n, v) for n in ("from-outside", "management", "to-outside") for v in (4, 6)}
    assert {a.name for a in found["a-spine1"].acls} == {"management"}
    v4, v6 = border["from-outside", 4], border["from-outside", 6]
    assert [e.description for e in v6.entries][:2] == ["neighbour discovery", "bgp"]
    assert v6.entries[0].icmp_types == (133, 134, 135, 136)
    assert {e.description for e in v4.entries} - {e.description for e in v6.entries} == {"spoofed", "web", "tunnel"}
    assert next(e for e in v4.entries if e.description == "tunnel").protocol == 47
    shared = {e.description: e.sequence for e in v4.entries}
    assert all(shared.get(e.description, e.sequence) == e.sequence for e in v6.entries)
    subinterface = next(i for i in found["a-border1"].interfaces if i.acl_in == "from-outside")
    assert (subinterface.kind, subinterface.acl_out) == ("subinterface", "to-outside")
    assert {i.acl_in for i in found["a-leaf1"].interfaces if i.kind == "irb"} == {"servers", ""}


def test_an_acl_that_drops_its_own_session_is_refused() -> None:
    region = reference_region("frr")
    closed = Acl(
        name="from-outside", entries=(AclEntry(name="web", action="accept", protocol="tcp", destination_ports=("80",)),)
    )
    region = replace(region, acls=tuple(closed if a.name == closed.name else a for a in ACLS))
    found = [f for f in compile_region(region).findings if f.code == "design.acl-stops-session"]
    assert [f.place.path for f in found] == ["peers/transit1/handoffs/0/acl_in"] * 2
    one_way = AclEntry(name="answers", action="accept", protocol="tcp", source_ports=("179",), established=True)
    opened = replace(closed, entries=(*closed.entries, one_way))
    region = replace(region, acls=tuple(opened if a.name == closed.name else a for a in ACLS))
    assert not [f for f in compile_region(region).findings if f.code == "design.acl-stops-session"]


def test_that_acls_are_not_simulated_is_said_where_there_are_any() -> None:
    assert [f.code for f in compile_region(reference_region("frr")).findings] == ["design.acl-not-simulated"]
    assert compile_region(small(border=True)).findings == ()


# --- services ---------------------------------------------------------------------------------------------------------


def test_services_have_their_ports_agents_and_interfaces() -> None:
    system = devices(reference_blueprint("eos"))["a-leaf1"].system
    assert system.aaa is not None
    assert [(s.address, s.port, s.secret) for s in system.aaa.servers] == [
        ("10.253.0.4", 49, "env:TACACS_KEY"),
        ("10.253.0.5", 49, "file:tacacs/key"),
    ]
    assert system.sflow is not None
    assert system.ipfix is not None
    assert system.sflow.collectors == (Collector(address="10.253.0.7", port=6343),)
    assert system.ipfix.collectors == (Collector(address="10.253.0.8", port=4739),)
    assert system.sflow.agent == system.ipfix.exporter
    assert system.sflow.agent.startswith("10.255.")
    assert "Ethernet64" in system.sflow.interfaces
    assert "Management1" not in system.sflow.interfaces


def test_nothing_is_on_unless_it_is_asked_for() -> None:
    for device in blueprint_of(small()).devices:
        system = device.system
        assert (system.aaa, system.snmp, system.gnmi, system.netconf, system.sflow, system.ipfix) == (None,) * 6
        assert (system.acl, system.banner, system.users, device.acls, device.extra) == ("", "", (), (), ())
