"""Device to `frr.conf`: golden files, and what an operator would look for in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from frr_samples import POLICY, border, leaf, multihomed_leaf, samples, spine, tenant_leaf
from msgspec.structs import replace

from crossconnect.device.bgp import Neighbor, NeighborFamily
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.errors import BadInput
from crossconnect.nos.frr import VERSIONS, Version, configuration_files, parse, render, secret_references, text
from crossconnect.nos.frr.tree import Block

GOLDEN = Path(__file__).parents[2] / "golden" / "frr"
SAMPLES = samples()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_golden(name: str, version: Version) -> None:
    path = GOLDEN / name / f"frr-{version}.conf"
    rendered = text(render(SAMPLES[name], version))
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rendered, encoding="utf-8")
    assert rendered == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_golden_linux_side_and_services(name: str) -> None:
    files = configuration_files(SAMPLES[name])
    assert files.pop("frr.conf") == text(render(SAMPLES[name]))
    path = GOLDEN / name / "files.txt"
    rendered = "".join(f"==== {name}\n{content}" for name, content in sorted(files.items()))
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(rendered, encoding="utf-8")
    assert rendered == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_text_reads_back_as_the_same_tree(name: str) -> None:
    tree = render(SAMPLES[name])
    assert parse(text(tree)) == tree


def block(device: DeviceConfiguration, header: str, version: Version = "8.4") -> list[str]:
    """Lines of a block, inner ones flattened."""

    def flat(found: Block) -> list[str]:
        out: list[str] = []
        for entry in found.body:
            out += [entry] if isinstance(entry, str) else [entry.header, *flat(entry)]
        return out

    return [
        line
        for entry in render(device, version)
        if isinstance(entry, Block) and entry.header == header
        for line in flat(entry)
    ]


def external(device: DeviceConfiguration, **family: str) -> DeviceConfiguration:
    """The device with its external sessions' policies replaced."""
    instances = tuple(
        replace(
            i,
            bgp=replace(
                i.bgp,
                neighbors=tuple(
                    replace(n, families=tuple(replace(f, **family) for f in n.families)) for n in i.bgp.neighbors
                ),
            ),
        )
        if i.kind == "l3vrf" and i.bgp is not None
        else i
        for i in device.network_instances
    )
    return replace(device, network_instances=instances)


def test_external_session_without_policy_lets_nothing_through() -> None:
    device = external(border(), import_policy="", export_policy="")
    lines = block(device, "router bgp 4200000002 vrf red-prod")
    assert "bgp ebgp-requires-policy" in lines
    for address in ("10.2.0.1", "2001:db8:2::1"):
        assert f"neighbor {address} route-map xc-deny-all in" in lines
        assert f"neighbor {address} route-map xc-deny-all out" in lines
    assert Block("route-map xc-deny-all deny 65535") in render(device)


def test_unknown_policy_denies_everything() -> None:
    tree = render(external(border(), import_policy="nobody-wrote-it"))
    assert [e for e in tree if isinstance(e, Block) and "nobody-wrote-it-v4" in e.header] == [
        Block("route-map nobody-wrote-it-v4 deny 65535")
    ]


def test_external_session_in_the_fabric_instance_keeps_rfc_8212_on() -> None:
    device = spine(1)
    session = Neighbor(
        address="192.0.2.9",
        remote_asn=64512,
        kind="external",
        device="transit1",
        families=(NeighborFamily(family="ipv4-unicast"),),
    )
    default, *others = device.network_instances
    assert default.bgp is not None
    mixed = replace(default, bgp=replace(default.bgp, neighbors=(*default.bgp.neighbors, session)))
    assert "no bgp ebgp-requires-policy" in block(device, "router bgp 4200000000")
    lines = block(replace(device, network_instances=(mixed, *others)), "router bgp 4200000000")
    assert "bgp ebgp-requires-policy" in lines
    assert "neighbor 192.0.2.9 route-map xc-deny-all in" in lines
    assert "neighbor 10.1.0.34 route-map xc-allow-fabric in" in lines
    assert "neighbor 10.1.0.34 route-map xc-allow-fabric out" in lines


def test_filters_stand_before_activation() -> None:
    lines = block(border(), "router bgp 4200000002 vrf red-prod")
    activate = lines.index("neighbor 10.2.0.1 activate")
    for line in ("route-map transit-in-v4 in", "route-map transit-out-v4 out", "maximum-prefix 1000"):
        assert lines.index(f"neighbor 10.2.0.1 {line}") < activate


def test_policy_per_ip_version_leaves_out_what_cannot_match() -> None:
    tree = render(border())
    headers = [e.header for e in tree if isinstance(e, Block) and e.header.startswith("route-map transit-out")]
    assert headers == [
        "route-map transit-out-v4 permit 10",
        "route-map transit-out-v4 deny 65535",
        "route-map transit-out-v6 deny 65535",
    ]
    assert "match ip address prefix-list customer" in block(border(), "route-map transit-in-v4 permit 30")
    assert "match ipv6 address prefix-list customer" in block(border(), "route-map transit-in-v6 permit 30")


def test_set_of_standard_and_large_communities_means_any() -> None:
    assert block(border(), "route-map transit-in-v4 deny 10") == ["description blocked", "match community blocked"]
    assert block(border(), "route-map transit-in-v4 deny 20") == [
        "description blocked",
        "match large-community blocked",
    ]


def test_prefix_rules_keep_their_bounds() -> None:
    lists = [e for e in render(border()) if isinstance(e, str) and e.startswith("ip prefix-list customer")]
    assert [line.partition(" permit ")[2] for line in lists] == [
        "198.51.100.0/24",
        "203.0.113.0/24 le 32",
        "10.64.0.0/10 ge 16 le 24",
        "10.128.0.0/9 ge 32",
        "0.0.0.0/0",
    ]


def test_only_vteps_announce_vnis_and_only_spines_are_told_to_keep_next_hops() -> None:
    assert "advertise-all-vni" in block(tenant_leaf(1), "router bgp 4200000001")
    on_spine = block(spine(1), "router bgp 4200000000")
    assert "advertise-all-vni" not in on_spine
    assert "neighbor 10.1.0.34 attribute-unchanged next-hop" in on_spine


def test_sessions_carry_only_their_families() -> None:
    def activated(lines: list[str], family: str) -> list[str]:
        start = lines.index(f"address-family {family}")
        rest = lines[start + 1 :]
        ends = [n for n, line in enumerate(rest) if line.startswith("address-family")]
        return [line.split()[1] for line in rest[: ends[0] if ends else None] if line.endswith(" activate")]

    lines = block(spine(1), "router bgp 4200000000")
    assert "no bgp default ipv4-unicast" in lines
    assert activated(lines, "ipv4 unicast") == ["10.1.0.34", "10.1.0.36"]
    assert activated(lines, "ipv6 unicast") == ["2001:db8:1::22", "2001:db8:1::24"]
    assert activated(lines, "l2vpn evpn") == ["10.1.0.34", "10.1.0.36"]
    lines = block(spine(1, numbered=False), "router bgp 4200000000")
    for family in ("ipv4 unicast", "ipv6 unicast", "l2vpn evpn"):
        assert activated(lines, family) == ["swp1", "swp2"]


def test_only_unnumbered_links_send_router_advertisements() -> None:
    assert "no ipv6 nd suppress-ra" in block(spine(1, numbered=False), "interface swp1")
    assert "no ipv6 nd suppress-ra" not in text(render(tenant_leaf(1)))


def test_best_path_does_not_depend_on_history() -> None:
    for header in ("router bgp 4200000002", "router bgp 4200000002 vrf red-prod"):
        assert "bgp bestpath compare-routerid" in block(border(), header)


@pytest.mark.parametrize("version", VERSIONS)
def test_external_routes_that_another_vrf_imports_are_kept_and_never_asked_for_again(version: Version) -> None:
    header, line = "router bgp 4200000002 vrf red-prod", "neighbor 10.2.0.1 soft-reconfiguration inbound"
    device = border()
    assert line not in block(device, header, version)
    own = next(i for i in device.network_instances if i.name == "red-prod")
    importing = (*device.network_instances, replace(own, name="blue-prod", imports=("red-prod",), bgp=None))
    lines = block(replace(device, network_instances=importing), header, version)
    assert lines.index(line) < lines.index("neighbor 10.2.0.1 activate")


def test_8_4_works_around_its_next_hop_bugs_and_10_does_not() -> None:
    old, new = (text(render(tenant_leaf(1), v)) for v in VERSIONS)
    for line in ("no zebra nexthop kernel enable", "zebra work-queue 0", "zebra zapi-packets 1", "zebra dplane limit"):
        assert line in old
        assert line not in new
    assert "zebra work-queue" not in text(render(spine(1)))
    assert "no zebra nexthop kernel enable" not in text(render(multihomed_leaf(1)))


def test_no_host_routes_means_no_l3vni_in_mac_ip_routes() -> None:
    assert block(multihomed_leaf(1), "vrf red-prod") == ["vni 5001 prefix-routes-only"]
    assert block(tenant_leaf(1), "vrf red-prod") == ["vni 5001"]


def test_secrets_appear_only_when_handed_in() -> None:
    tree = render(border())
    assert secret_references(tree) == {"env:TRANSIT1_KEY"}
    assert "neighbor 10.2.0.1 password xc-secret-env:TRANSIT1_KEY\n" in text(tree)
    with_secret = text(tree, {"env:TRANSIT1_KEY": "p|ss$1"})
    assert "neighbor 10.2.0.1 password p|ss$1\n" in with_secret
    assert "xc-secret" not in with_secret


@pytest.mark.parametrize("secret", ["", "two words", "line\nbreak", "x" * 81, "umlaut-ä"])
def test_secret_that_cannot_be_a_password_is_refused_without_showing_it(secret: str) -> None:
    with pytest.raises(BadInput) as refused:
        text(render(border()), {"env:TRANSIT1_KEY": secret})
    assert "env:TRANSIT1_KEY" in str(refused.value)
    assert not secret or secret not in str(refused.value)


def test_missing_secret_is_refused() -> None:
    with pytest.raises(BadInput, match="env:TRANSIT1_KEY"):
        text(render(border()), {})


def test_secret_reference_with_odd_characters_is_found_again() -> None:
    reference = "file:/run/my keys/ä%20b"
    device = external(border())
    vrf = next(i for i in device.network_instances if i.kind == "l3vrf")
    assert vrf.bgp is not None
    changed = replace(vrf, bgp=replace(vrf.bgp, neighbors=(replace(vrf.bgp.neighbors[0], password=reference),)))
    tree = render(replace(device, network_instances=(changed,)))
    assert secret_references(tree) == {reference}
    assert "password s3cret\n" in text(tree, {reference: "s3cret"})


@pytest.mark.parametrize(
    ("written", "rendered"),
    [
        ("a\nrouter bgp 1", "a router bgp 1"),
        ("  two\t spaces\r ", "two spaces"),
        ("a | include b", "a / include b"),
        ("ünï", "ünï"),
    ],
)
def test_description_stays_one_harmless_line(written: str, rendered: str) -> None:
    device = leaf(1)
    port = next(i for i in device.interfaces if i.name == "swp1")
    interfaces = tuple(replace(i, description=written) if i is port else i for i in device.interfaces)
    assert block(replace(device, interfaces=interfaces), "interface swp1") == [f"description {rendered}"]


def test_line_break_inside_a_line_is_never_written() -> None:
    with pytest.raises(ValueError, match="control character"):
        text(("hostname a\nrouter bgp 1",))


def test_sets_render_without_policies_attached() -> None:
    """Sets that are on the device are rendered even where nothing uses them: nothing is dropped silently."""
    tree = render(leaf(1, policy=POLICY))
    assert "ip prefix-list ours seq 1 permit 10.10.0.0/16 le 24" in tree
