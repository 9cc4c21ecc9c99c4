"""What the design makes of the cloud's share: sessions of leaves with gateway nodes, policies, tunnels, MTU."""

from __future__ import annotations

import pytest

from cloud_region import TWO_NETWORKS, cloud_region, texts
from crossconnect.checks.registry import run_checks
from crossconnect.design import Compiled, compile_region
from crossconnect.design.blueprint import Blueprint
from crossconnect.design.geneve import geneve_overhead, region_tenant_mtu, tenant_mtu
from crossconnect.device.bgp import Neighbor
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.errors import BadInput
from crossconnect.finding import Severity
from crossconnect.nos.registry import BUILT_IN
from crossconnect.nos.rendering import device_findings, render_files
from crossconnect.simulate import simulate


def cloudy(*changes: tuple[str, str]) -> Compiled:
    return compile_region(cloud_region(texts(*changes)))


def blueprint_of(*changes: tuple[str, str]) -> Blueprint:
    compiled = cloudy(*changes)
    assert compiled.blueprint is not None, compiled.findings
    return compiled.blueprint


def device(blueprint: Blueprint, name: str) -> DeviceConfiguration:
    return next(d for d in blueprint.devices if d.name == name)


def gateway_sessions(leaf: DeviceConfiguration) -> list[Neighbor]:
    instance = next(i for i in leaf.network_instances if i.name == "cloud-inet")
    assert instance.bgp is not None
    return [n for n in instance.bgp.neighbors if n.device.endswith("-router")]


def test_leaves_have_sessions_with_every_gateway_node_in_the_networks_vrf() -> None:
    blueprint = blueprint_of()
    for leaf in ("a-leaf1", "a-leaf2"):
        sessions = gateway_sessions(device(blueprint, leaf))
        assert [(n.device, n.families[0].family) for n in sessions] == [
            ("gw1-router", "ipv4-unicast"),
            ("gw2-router", "ipv4-unicast"),
            ("gw1-router", "ipv6-unicast"),
            ("gw2-router", "ipv6-unicast"),
        ]
        assert {(n.remote_asn, n.bfd, n.families[0].max_prefixes) for n in sessions} == {(64512, True, 10_000)}


def test_leaves_accept_host_routes_and_aggregates_of_the_network_and_nothing_else() -> None:
    policy = device(blueprint_of(), "a-leaf1").routing_policy
    sets = {(s.name, s.version): [tuple(r) for r in map(_rule, s.rules)] for s in policy.prefix_sets}
    assert sets["xc-public-internet", 4] == [("203.0.113.0/24", 24, 24), ("203.0.113.0/24", 32, 32)]
    assert sets["xc-public-internet", 6] == [("2001:db8:f::/48", 48, 48), ("2001:db8:f::/48", 128, 128)]
    [imported] = [p for p in policy.policies if p.name == "xc-in-cloud-inet-xc-public-internet"]
    accepting = {s.conditions.prefix_set for s in imported.statements if s.accept}
    assert accepting == {"xc-public-internet"}


def test_blocks_of_vpcs_are_accepted_where_there_are_any() -> None:
    blueprint = blueprint_of(("    aggregates: [", "    vpc_block: 56\n    aggregates: ["))
    sets = device(blueprint, "a-leaf1").routing_policy.prefix_sets
    [rules] = [s.rules for s in sets if s.name == "xc-public-internet" and s.version == 6]
    assert [(r.length_min, r.length_max) for r in rules] == [(48, 48), (56, 56), (128, 128)]


def test_on_a_private_network_blocks_of_vpcs_are_accepted_as_they_are() -> None:
    """All of its prefixes' parts: a VPC is announced by the node that has its private gateway, and by no other."""
    sets = device(blueprint_of(*TWO_NETWORKS), "a-leaf1").routing_policy.prefix_sets
    [rules] = [s.rules for s in sets if s.name == "xc-public-private"]
    assert [_rule(r) for r in rules] == [("10.96.0.0/16", 16, 32)]


def _rule(rule: object) -> tuple[object, ...]:
    return tuple(getattr(rule, field) for field in ("prefix", "length_min", "length_max"))


def test_without_aggregates_only_host_routes() -> None:
    blueprint = blueprint_of(('    aggregates: [203.0.113.0/24, "2001:db8:f::/48"]\n', ""))
    sets = device(blueprint, "a-leaf1").routing_policy.prefix_sets
    lengths = {r.length_min for s in sets if s.name == "xc-public-internet" for r in s.rules}
    assert lengths == {32, 128}


@pytest.mark.parametrize("nos", sorted(BUILT_IN))
def test_every_network_os_has_what_those_sessions_need(nos: str) -> None:
    blueprint = blueprint_of(("{name: rack1}", f"{{name: rack1, nos: {nos}, platform: generic-64}}"))
    leaf = device(blueprint, "a-leaf1")
    assert [f for f in device_findings(leaf) if f.severity is Severity.ERROR] == []
    text = "\n".join(render_files(leaf).values())
    for session in gateway_sessions(leaf):
        assert session.address in text


def test_the_blueprint_says_where_tunnels_end_and_what_gateways_lead_to() -> None:
    cloud = blueprint_of().cloud
    assert cloud is not None
    assert [(c.name, c.role, c.zone, c.tunnel_address, c.router) for c in cloud.chassis] == [
        ("gw1", "gateway", "north", "10.64.0.21", "gw1-router"),
        ("gw2", "gateway", "north", "10.64.0.22", "gw2-router"),
        ("hv1", "hypervisor", "north", "10.64.0.11", ""),
    ]
    [network] = cloud.networks
    assert (network.name, network.vrf, network.mtu) == ("internet", "cloud-inet", 1500)
    assert network.next_hops == ("100.126.0.1", "fd00:c0:0:9::1")


def test_a_zone_is_a_site_or_a_pod() -> None:
    cloud = blueprint_of(("tunnels: cloud/core/tunnels}", "tunnels: cloud/core/tunnels, zone: pod}")).cloud
    assert cloud is not None
    assert {chassis.zone for chassis in cloud.chassis} == {"a"}


def test_what_tenants_are_promised_must_fit_into_the_tunnels() -> None:
    assert [f.code for f in cloudy(("tenant_mtu: 9000", "tenant_mtu: 1558")).findings] == []
    [finding] = cloudy(("tenant_mtu: 9000", "tenant_mtu: 1557")).findings
    assert (finding.code, finding.place.path) == ("design.cloud-mtu", "design/tenant_mtu")
    assert "gateway node gw1 has one of 1557: less Geneve's 58 octets over IPv4, 1499 are left" in finding.message
    assert "Raise it to 1558" in finding.hint


def test_a_segments_own_mtu_is_the_cause_where_it_has_one() -> None:
    [finding] = cloudy(("{name: tunnels, ", "{name: tunnels, mtu: 1500, ")).findings
    assert finding.place.path == "tenants/cloud/vrfs/core/segments/tunnels/mtu"
    assert (finding.place.file, finding.place.line) == ("tenancy/cloud.yaml", 5)


def test_tunnels_over_ipv6_cost_twenty_octets_more() -> None:
    changes = [("10.64.0.1/24", "fd64::1/64"), ("tenant_mtu: 9000", "tenant_mtu: 1577")]
    changes += [(f"10.64.0.{n}/24", f"fd64::{n}/64") for n in (11, 21, 22)]
    [finding] = cloudy(*changes).findings
    assert "less Geneve's 78 octets over IPv6, 1499 are left" in finding.message
    assert (geneve_overhead(4), geneve_overhead(6), tenant_mtu(1600)) == (58, 78, 1542)


def test_what_a_region_leaves() -> None:
    blueprint = blueprint_of()
    assert region_tenant_mtu(blueprint, "cloud/core/tunnels") == 9000 - 58
    with pytest.raises(BadInput, match="no server of region cloudy"):
        region_tenant_mtu(blueprint, "cloud/core/nothing")


def test_the_region_is_sound_in_simulation() -> None:
    blueprint = blueprint_of()
    findings = run_checks(simulate(blueprint), blueprint)
    assert [f for f in findings if f.severity is not Severity.NOTE] == []


def test_a_policy_of_a_generated_name_is_refused() -> None:
    compiled = cloudy(
        ("  - name: public\n", "  - name: xc-gateways\n"), ("export_policy: public", "export_policy: xc-gateways")
    )
    assert [f.code for f in compiled.findings] == ["design.name-reserved"]
