"""Expansion: compact YAML to switches, cables and servers by name."""

from __future__ import annotations

from msgspec.structs import replace

from crossconnect.finding import Finding
from crossconnect.intent import allocate_codes as codes
from crossconnect.intent.inventory import expand
from crossconnect.model.device import Device, Link, Platform
from crossconnect.model.inventory import Cable, Inventory
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.pod import NodeGroup, Pod, RackGroup, SuperSpineGroup
from crossconnect.model.region import AsnPlan, Region
from crossconnect.model.server import Attachment, SegmentPort, Server, ServerGroup
from regions import small


def inventory(region: Region) -> Inventory:
    """The inventory of a region without mistakes."""
    result, findings = expand(region)
    assert findings == ()
    return result


def keys(region: Region, kind: str) -> list[str]:
    return [c.key for c in inventory(region).cables if c.kind == kind]


def found_codes(findings: tuple[Finding, ...]) -> list[str]:
    return [f.code for f in findings]


def test_a_pod_expands_to_spines_and_leaves_in_natural_order() -> None:
    switches = inventory(small(spines=2, leaves=11)).switches
    assert [s.name for s in switches] == [*(f"a-leaf{n}" for n in range(1, 12)), "a-spine1", "a-spine2"]
    assert {s.role for s in switches} == {"leaf", "spine"}
    assert [s.rack for s in switches[:2]] == ["a-rack1", "a-rack2"]


def test_every_leaf_has_a_cable_to_every_spine_keyed_by_both_names() -> None:
    assert keys(small(spines=2, leaves=2), "fabric") == [
        "a-leaf1--a-spine1",
        "a-leaf1--a-spine2",
        "a-leaf2--a-spine1",
        "a-leaf2--a-spine2",
    ]


def test_parallel_links_are_counted_from_the_second() -> None:
    region = small(spines=1, leaves=1)
    region = replace(region, pods=(replace(region.pods[0], links_per_spine=3),))
    assert keys(region, "fabric") == ["a-leaf1--a-spine1", "a-leaf1--a-spine1#2", "a-leaf1--a-spine1#3"]


def test_spines_link_to_super_spines_of_their_plane_only() -> None:
    region = small(pods=1, spines=2, leaves=1, super_spines=4, planes=2)
    assert [k for k in keys(region, "fabric") if "core" in k] == [
        "a-spine1--core1",
        "a-spine1--core3",
        "a-spine2--core2",
        "a-spine2--core4",
    ]


def test_a_super_spine_group_may_serve_some_pods_only() -> None:
    region = small(pods=2, spines=1, leaves=1, super_spines=1)
    region = replace(region, super_spines=(SuperSpineGroup(name="core", site="north", count=1, pods=("b",)),))
    assert [k for k in keys(region, "fabric") if "core" in k] == ["b-spine1--core1"]


def test_racks_and_leaves_count_on_over_the_groups_of_a_pod() -> None:
    racks = (RackGroup(count=2, leaves=2), RackGroup(name="storage", leaf_name="{rack}-l{n}"))
    pod = Pod(name="x", site="north", spines=NodeGroup(count=1, name="{pod}-s{n}"), racks=racks)
    switches = inventory(replace(small(), pods=(pod,))).switches
    assert {s.name: s.rack for s in switches} == {
        "x-leaf1": "x-rack1",
        "x-leaf2": "x-rack1",
        "x-leaf3": "x-rack2",
        "x-leaf4": "x-rack2",
        "storage-l5": "storage",
        "x-s1": "",
    }


def test_asn_groups_follow_rfc_7938() -> None:
    groups = {s.name: s.asn_group for s in inventory(small(leaves=2, super_spines=1, dual_homed=True)).switches}
    assert groups["a-spine1"] == groups["a-spine2"] == "pods/a/spines"
    assert groups["core1"] == "super-spines"
    assert groups["a-leaf1"] == "devices/a-leaf1"
    region = replace(small(leaves=2, dual_homed=True), asns=AsnPlan(leaf="per-rack"))
    assert {s.asn_group for s in inventory(region).switches if s.role == "leaf"} == {"racks/a-rack1"}


def test_a_device_by_hand_refines_an_expanded_one() -> None:
    region = replace(small(), devices=(Device(name="a-leaf2", asn=65001, drained=True, platform="generic-32"),))
    leaf = {s.name: s for s in inventory(region).switches}["a-leaf2"]
    assert (leaf.asn, leaf.drained, leaf.platform.name, leaf.role) == (65001, True, "generic-32", "leaf")
    assert (leaf.rack, leaf.path) == ("a-rack2", "devices/a-leaf2")
    assert len(keys(region, "fabric")) == 4, "its links stay"


def test_a_device_by_hand_adds_a_new_one_which_needs_role_and_site() -> None:
    new = Device(name="edge1", role="border-leaf", pod="a")
    region = replace(small(), devices=(new,), links=(Link(a="a-spine1", b="edge1"),))
    edge = {s.name: s for s in inventory(region).switches}["edge1"]
    assert (edge.site, edge.role, edge.asn_group, edge.nos) == ("north", "border-leaf", "devices/edge1", "frr")
    _, findings = expand(replace(small(), devices=(Device(name="a-leaf22"),)))
    assert found_codes(findings) == [codes.DEVICE_INCOMPLETE.name]
    assert "no role and no site" in findings[0].message
    assert findings[0].place.path == "devices/a-leaf22"


def test_a_link_by_hand_refines_the_one_between_the_same_devices() -> None:
    region = replace(small(spines=1, leaves=1), links=(Link(a="a-spine1:swp7", b="a-leaf1:swp5", mtu=9000),))
    (cable,) = [c for c in inventory(region).cables if c.kind == "fabric"]
    assert (cable.key, cable.mtu, cable.path) == ("a-leaf1--a-spine1", 9000, "links/0")
    assert (cable.a.device, cable.a.name, cable.b.device, cable.b.name) == ("a-leaf1", "swp5", "a-spine1", "swp7")


def test_further_links_by_hand_add_cables_whatever_their_order() -> None:
    links = (Link(a="a-leaf1:swp9", b="a-spine1"), Link(a="a-spine1", b="a-leaf1:swp8"))
    one, other = (replace(small(spines=1, leaves=1), links=order) for order in (links, links[::-1]))
    ends = {c.key: c.a.name for c in inventory(one).cables if c.kind == "fabric"}
    assert ends == {"a-leaf1--a-spine1": "swp8", "a-leaf1--a-spine1#2": "swp9"}
    assert ends == {c.key: c.a.name for c in inventory(other).cables if c.kind == "fabric"}


def test_a_link_between_two_leaves_is_refused() -> None:
    _, findings = expand(replace(small(), links=(Link(a="a-leaf1", b="a-leaf2"),)))
    assert found_codes(findings) == [codes.LINK_TIER.name]
    assert findings[0].place.path == "links/0"


def test_dual_homed_servers_have_a_cable_to_each_leaf_of_the_rack() -> None:
    region = small(leaves=2, dual_homed=True, segments=1)
    host = inventory(region).hosts[0]
    assert host.leaves == ("a-leaf1", "a-leaf2")
    cables = {c.key: c for c in inventory(region).cables if c.kind == "server"}
    assert list(cables) == [f"server:{host.name}#1", f"server:{host.name}#2"]
    ends = [(c.a.name, c.b.device) for c in cables.values()]
    assert ends == [("eth0", "a-leaf1"), ("eth1", "a-leaf2")]


def test_single_homed_servers_take_the_leaves_in_turn_and_count_addresses_up() -> None:
    port = SegmentPort(segment="red/v1/s1", addresses=("10.1.17.254/23", "2001:db8::ff/64"))
    group = ServerGroup(count=3, name="web{n}", segments=(port,))
    pod = Pod(name="a", site="north", spines=NodeGroup(count=1), racks=(RackGroup(leaves=2, servers=(group,)),))
    hosts = inventory(replace(small(), pods=(pod,))).hosts
    assert [(h.name, h.leaves) for h in hosts] == [
        ("web1", ("a-leaf1",)),
        ("web2", ("a-leaf2",)),
        ("web3", ("a-leaf1",)),
    ]
    assert hosts[2].segments[0].addresses == ("10.1.18.0/23", "2001:db8::101/64")


def test_explicit_servers_are_where_they_are_plugged_in() -> None:
    server = Server(name="db1", attachments=(Attachment(port="a-leaf2:swp9"), Attachment(port="a-leaf1")))
    region = replace(small(), servers=(server,))
    host = {h.name: h for h in inventory(region).hosts}["db1"]
    assert host.leaves == ("a-leaf2", "a-leaf1")
    cable: Cable = {c.key: c for c in inventory(region).cables}["server:db1#1"]
    assert (cable.b.device, cable.b.name) == ("a-leaf2", "swp9")


def test_handoffs_of_one_peer_on_one_device_share_a_cable_unless_ports_differ() -> None:
    handoffs = (
        Handoff(border="a-leaf1", vrf="red/v1"),
        Handoff(border="a-leaf1", vrf="red/v2"),
        Handoff(border="a-leaf1:swp7", vrf="red/v1"),
        Handoff(border="a-leaf2", vrf="red/v1"),
    )
    region = replace(small(vrfs=2), peers=(Peer(name="t", asn=64500, handoffs=handoffs),))
    assert keys(region, "peer") == ["peer:t--a-leaf1#1", "peer:t--a-leaf1#2", "peer:t--a-leaf2#1"]


def test_names_are_taken_once() -> None:
    region = small()
    server = Server(name="a-leaf1", attachments=(Attachment(port="a-leaf2"),))
    _, findings = expand(replace(region, servers=(server,)))
    assert found_codes(findings) == [codes.NAME_TAKEN.name]
    assert findings[0].place.path == "servers/a-leaf1"
    twin = replace(region.pods[0], racks=(RackGroup(count=2, name="same"),))
    _, findings = expand(replace(region, pods=(twin,)))
    assert [f.message for f in findings] == ["rack same has a name already in use"]
    _, findings = expand(replace(region, pods=(replace(twin, racks=(RackGroup(name="all"),)),)))
    assert found_codes(findings) == [codes.NAME_TAKEN.name], "`all` means all leaves in a segment"


def test_cables_whose_keys_would_be_one_are_found() -> None:
    leaves = (RackGroup(leaf_name="x"), RackGroup(leaf_name="x--y"))
    pod = Pod(name="a", site="north", spines=NodeGroup(count=1, name="y--z"), racks=leaves)
    other = replace(pod, name="b", spines=NodeGroup(count=1, name="z"), racks=())
    region = replace(small(), pods=(pod, other), links=(Link(a="x--y", b="z"),), tenants=())
    _, findings = expand(region)
    assert found_codes(findings) == [codes.NAME_TAKEN.name]
    assert "x--y--z" in findings[0].message


def test_a_platform_with_ports_that_cannot_be_read_is_found_and_expansion_goes_on() -> None:
    wrong = (Platform(name="p1", ports=("swp[9-3]",)), Platform(name="p2", ports=("swp1",), uplinks=("swp2",)))
    result, findings = expand(replace(small(), platforms=wrong))
    assert found_codes(findings) == [codes.PLATFORM_PORTS.name] * 2
    assert len(result.switches) == 4
