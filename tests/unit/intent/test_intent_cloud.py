"""The cloud's share of a region as it is written: what is derived of it, and what is said of mistakes."""

from __future__ import annotations

import pytest

from cloud_region import cloud_region, texts
from crossconnect.intent.gateway_nodes import with_gateway_nodes
from crossconnect.intent.tree import read_region_from_texts
from crossconnect.intent.validate import validate
from crossconnect.model.cloud import GatewayRouter
from regions import small


def said(*changes: tuple[str, str]) -> list[tuple[str, str, str]]:
    """(code, place, message) of all findings."""
    region, findings = read_region_from_texts(texts(*changes))
    if region is not None:
        findings = validate(region)
    return [(f.code, f"{f.place.file}:{f.place.line}", f.message) for f in findings]


def test_a_gateway_node_is_an_external_router_with_a_handoff_per_uplink_and_network() -> None:
    region = cloud_region()
    routers = [peer for peer in region.peers if isinstance(peer, GatewayRouter)]
    assert [(r.name, r.node, r.asn) for r in routers] == [("gw1-router", "gw1", 64512), ("gw2-router", "gw2", 64512)]
    assert [(h.border, h.vrf, h.families) for h in routers[0].handoffs] == [
        ("a-leaf1", "cloud/inet", ("ipv4", "ipv6")),
        ("a-leaf2", "cloud/inet", ("ipv4", "ipv6")),
    ]
    assert routers[0].announces == ("203.0.113.0/24", "2001:db8:f::/48")
    assert said() == []


def test_what_is_derived_is_placed_where_it_comes_from() -> None:
    region = cloud_region()
    uplinks = region.place("servers/gw1/uplinks/1")
    derived = region.place("peers/gw1-router/handoffs/1/border")
    assert (derived.file, derived.line, derived.column) == (uplinks.file, uplinks.line, uplinks.column)
    assert region.place("peers/gw1-router").line == region.place("servers/gw1").line
    assert region.place("peers/isp").line > 0
    assert len(region.places) == len(list(region.places))


def test_a_region_without_gateway_nodes_is_left_as_it_is() -> None:
    region = small()
    assert with_gateway_nodes(region) is region


@pytest.mark.parametrize(
    ("change", "code", "place", "words"),
    [
        (("  cloud: {tunnels: cloud/core/tunnels}\n", ""), "intent.cloud-missing", "fabric/pod.yaml:14", "gw1"),
        (("tunnels: cloud/core/tunnels", "tunnels: cloud/core/x"), "intent.segment-unknown", "region.yaml:19", "x"),
        ((", addresses: [10.64.0.22/24]", ""), "intent.chassis-tunnels", "fabric/pod.yaml:19", "gw2"),
        (("chassis: gateway", "chassis: none"), "intent.gateway-uplinks", "fabric/pod.yaml:17", "no gateway node"),
        (
            ("    uplinks: [{port: a-leaf1}, {port: a-leaf2}]\n", ""),
            "intent.gateway-uplinks",
            "fabric/pod.yaml:14",
            "no uplink",
        ),
        (
            ("uplinks: [{port: a-leaf1}, {port: a-leaf2}]", "uplinks: [{port: a-leaf1}, {port: a-leaf1}]"),
            "intent.gateway-uplinks",
            "fabric/pod.yaml:17",
            "two uplinks to a-leaf1",
        ),
        (
            ("uplinks: [{port: a-leaf1}", "uplinks: [{port: a-spine1}"),
            "intent.gateway-uplinks",
            ":17",
            "goes to leaves",
        ),
        (("uplinks: [{port: a-leaf1}", "uplinks: [{port: a-leaf9}"), "intent.device-unknown", "pod.yaml:17", "leaf9"),
        (("vrf: cloud/inet\n", "vrf: cloud/none\n"), "intent.vrf-unknown", "edge/internet.yaml:3", "cloud/none"),
        (("- name: internet", "- name: internet-of-all"), "intent.provider-name", "edge/internet.yaml:2", "15"),
        (('"fd00:c0:0:9::/64"', "100.127.0.0/24"), "intent.provider-network", "internet.yaml:4", "one per IP version"),
        (("100.126.0.0/24", "100.126.0.0/28"), "intent.provider-network", "internet.yaml:4", "no room"),
        ((', "fd00:c0:0:9::/64"', ""), "intent.provider-network", "internet.yaml:5", "needs a transfer prefix of IPv6"),
        (("prefixes: [203.0.113.0/24, ", "prefixes: [100.126.0.0/23, "), "intent.provider-network", ":5", "overlaps"),
        (
            ("aggregates: [203.0.113.0/24, ", "aggregates: [203.0.112.0/23, "),
            "intent.provider-network",
            "internet.yaml:6",
            "203.0.112.0/23 is in none",
        ),
        (
            ("prefixes: [203.0.113.0/24, ", "prefixes: [224.0.0.0/8, "),
            "intent.provider-network",
            "internet.yaml:5",
            "multicast",
        ),
        (
            ("    aggregates:", "    vpc_block: 40\n    aggregates:"),
            "intent.provider-network",
            "internet.yaml:6",
            "/40",
        ),
        (
            ("    aggregates:", "    vpn_concentrators: [{name: vpn1, address: 224.0.0.9}]\n    aggregates:"),
            "intent.provider-network",
            "internet.yaml:6",
            "multicast",
        ),
        (
            (
                "    aggregates:",
                '    vpn_concentrators: [{name: v1, address: "2001:db8::1"}, {name: v2, address: "2001:DB8::1"}]\n'
                "    aggregates:",
            ),
            "intent.provider-network",
            "internet.yaml:6",
            "2001:db8::1",
        ),
        (("range: 4200000000-4200000999", "range: 64000-65000"), "intent.asn-in-plan", "region.yaml:4", "64512"),
        (("- name: hv1", "- name: gw1-router"), "intent.name-taken", "fabric/pod.yaml:14", "gw1-router"),
    ],
)
def test_mistakes_are_said_where_they_are(change: tuple[str, str], code: str, place: str, words: str) -> None:
    findings = said(change)
    assert any(c == code and p.endswith(place) and words in m for c, p, m in findings), findings


def test_provider_networks_without_a_gateway_node() -> None:
    uplinks = "    uplinks: [{port: a-leaf1}, {port: a-leaf2}]\n"
    findings = said(("chassis: gateway", "chassis: hypervisor"), (uplinks, ""))
    assert [code for code, _, _ in findings] == ["intent.no-gateway"]


def test_prefixes_of_one_vrf_are_one_networks() -> None:
    second = """\
provider_networks:
  - {name: second, vrf: cloud/inet, transfer: [100.125.0.0/24], prefixes: [203.0.113.128/25]}
  - name: internet"""
    findings = said(("provider_networks:\n  - name: internet", second))
    assert [(c, m) for c, _, m in findings] == [
        (
            "intent.provider-network",
            "provider network internet: 203.0.113.0/24 overlaps 203.0.113.128/25 of second, which is in the same VRF",
        )
    ]
