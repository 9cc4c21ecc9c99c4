"""Border: handoffs, external sessions and their policies."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from crossconnect.design import compile_region
from crossconnect.design.blueprint import Blueprint
from crossconnect.design.policy import prefix_rule
from crossconnect.device.bgp import Neighbor
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.policy import Policy, PrefixRule
from crossconnect.model import policy as model
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.region import Region
from regions import compiled, small


def blueprint_of(region: Region) -> Blueprint:
    result = compiled(region)
    assert result.blueprint is not None
    return result.blueprint


def border(region: Region, name: str = "a-border1") -> DeviceConfiguration:
    return {d.name: d for d in blueprint_of(region).devices}[name]


def externals(device: DeviceConfiguration) -> list[Neighbor]:
    return [
        n for ni in device.network_instances if ni.bgp is not None for n in ni.bgp.neighbors if n.kind == "external"
    ]


def policies(device: DeviceConfiguration) -> dict[str, Policy]:
    return {p.name: p for p in device.routing_policy.policies}


def with_handoff(handoff: Handoff) -> Region:
    region = small(border=True)
    return replace(region, peers=(replace(region.peers[0], handoffs=(handoff,)),))


def with_statements(*statements: model.Statement) -> Region:
    region = small(border=True)
    own = (model.Policy(name="from-transit", statements=statements), region.policies[1])
    return replace(region, policies=own)


def test_a_handoff_is_a_tagged_subinterface_in_the_vrf_and_a_session_per_family() -> None:
    device = border(small(border=True))
    sub = next(i for i in device.interfaces if i.kind == "subinterface")
    assert (sub.name, sub.parent, sub.vlan, sub.network_instance) == ("swp1.2000", "swp1", 2000, "red-v1")
    assert sub.addresses == ("100.64.0.0/31", "fd00:c0:0:3::2/127")
    port = next(i for i in device.interfaces if i.name == "swp1")
    assert (port.addresses, port.members, port.mtu) == ((), (), 1500)
    sessions = [(n.address, n.local_address, n.remote_asn, n.device, n.families[0].family) for n in externals(device)]
    assert sessions == [
        ("100.64.0.1", "100.64.0.0", 64496, "transit1", "ipv4-unicast"),
        ("fd00:c0:0:3::3", "fd00:c0:0:3::2", 64496, "transit1", "ipv6-unicast"),
    ]
    assert device.vtep, "a border with a VRF is a VTEP"


def test_several_vrfs_share_a_port_with_tags_of_their_own() -> None:
    device = border(small(border=True, tenants=2))
    subs = [(i.name, i.network_instance) for i in device.interfaces if i.kind == "subinterface"]
    assert subs == [("swp1.2000", "blue-v1"), ("swp1.2001", "red-v1")]


def test_the_peer_sees_the_other_side_of_every_session() -> None:
    region = small(border=True)
    blueprint = blueprint_of(region)
    (peer,) = blueprint.peers
    assert (peer.asn, peer.ports, peer.router_id) == (64496, ("eth1", "eth2"), "100.64.0.1")
    seen = {(s.remote_address, s.local_address.partition("/")[0], s.device, s.vrf, s.remote_asn) for s in peer.sessions}
    ours = set()
    for device in blueprint.devices:
        asn = device.network_instances[0].bgp.asn if device.network_instances[0].bgp else 0
        ours |= {(n.local_address, n.address, device.name, "red-v1", asn) for n in externals(device)}
    assert seen == ours
    wires = {(w.a_device, w.a_port, w.b_device, w.b_port) for w in blueprint.wires if w.kind == "peer"}
    assert wires == {("transit1", "eth1", "a-border1", "swp1"), ("transit1", "eth2", "a-border2", "swp1")}


def test_addresses_vlan_port_and_options_by_hand_are_kept() -> None:
    handoff = Handoff(
        border="a-border1:swp9",
        vrf="red/v1",
        vlan=77,
        families=("ipv4",),
        local=("192.0.2.1/30",),
        remote=("192.0.2.2",),
        import_policy="from-transit",
        export_policy="to-transit",
        max_prefixes=5,
        password="env:KEY",
        bfd=True,
    )
    blueprint = blueprint_of(with_handoff(handoff))
    device = {d.name: d for d in blueprint.devices}["a-border1"]
    (session,) = externals(device)
    assert (session.address, session.local_address, session.password, session.bfd) == (
        "192.0.2.2",
        "192.0.2.1",
        "env:KEY",
        True,
    )
    assert session.families[0].max_prefixes == 5
    assert [i.addresses for i in device.interfaces if i.name == "swp9.77"] == [("192.0.2.1/30",)]
    (far,) = blueprint.peers[0].sessions
    assert (far.local_address, far.remote_address, far.interface) == ("192.0.2.2/30", "192.0.2.1", "eth1.77")


def test_every_external_session_has_both_policies_and_unnamed_ones_pass_nothing() -> None:
    device = border(with_handoff(Handoff(border="a-border1", vrf="red/v1")))
    for session in externals(device):
        for family in session.families:
            assert policies(device)[family.import_policy].statements == ()
            assert policies(device)[family.export_policy].statements == ()
    assert {s.families[0].import_policy for s in externals(device)} == {"xc-in-red-v1-none"}


def test_protections_stand_before_the_regions_own_statements() -> None:
    device = border(small(border=True))
    names = {name: [(s.name, s.accept) for s in p.statements] for name, p in policies(device).items()}
    assert names["xc-in-red-v1-from-transit"] == [
        ("xc-infrastructure", False),
        ("xc-martians", False),
        ("xc-own-red-v1", False),
        ("xc-carrier-shutdown", True),
        ("carrier", True),
    ]
    assert names["xc-out-red-v1-to-transit"] == [("xc-infrastructure", False), ("own", True)]
    sets = {(s.name, s.version): s.rules for s in device.routing_policy.prefix_sets}
    assert PrefixRule("10.255.0.0/20", 20, 32) in sets["xc-infrastructure", 4]
    assert PrefixRule("100.64.0.0/20", 20, 32) in sets["xc-infrastructure", 4]
    assert sets["xc-own-red-v1", 4] == (PrefixRule("10.1.17.0/24", 24, 32), PrefixRule("10.1.18.0/24", 24, 32))
    assert all(r.length_min > 0 for r in sets["xc-martians", 4]), "a default route is no martian"


def test_protections_cannot_be_replaced_by_a_set_of_the_same_name() -> None:
    region = small(border=True)
    region = replace(region, prefix_sets=(*region.prefix_sets, model.PrefixSet(name="xc-martians", prefixes=())))
    assert "design.name-reserved" in [f.code for f in compile_region(region).findings]


def test_routes_about_to_be_withdrawn_get_local_pref_0() -> None:
    device = border(small(border=True))
    statement = policies(device)["xc-in-red-v1-from-transit"].statements[3]
    assert (statement.conditions.prefix_set, statement.conditions.community_set) == ("carrier", "xc-graceful-shutdown")
    assert statement.actions.local_pref == 0
    members = {s.name: s.members for s in device.routing_policy.community_sets}
    assert members["xc-graceful-shutdown"] == ("65535:0",)


def test_a_device_has_the_sets_that_it_uses_and_no_others() -> None:
    region = small(border=True)
    extra = model.PrefixSet(name="unused", prefixes=("198.51.100.0/24",))
    blueprint = blueprint_of(replace(region, prefix_sets=(*region.prefix_sets, extra)))
    for device in blueprint.devices:
        names = {s.name for s in device.routing_policy.prefix_sets}
        expected = {"carrier", "own", "xc-infrastructure", "xc-martians", "xc-own-red-v1"}
        assert names == (expected if device.role == "border-leaf" else set())


def test_communities_become_numbers_and_mixed_sets_two_statements() -> None:
    region = with_statements(
        model.Statement(name="no", match=model.Match(community_set="mixed"), action="reject"),
        model.Statement(
            name="yes",
            match=model.Match(family="ipv6"),
            action="accept",
            set=model.Set(communities_add=("no-export", "65000:7"), med=5, prepend=2),
        ),
    )
    mixed = model.CommunitySet(name="mixed", communities=("65000:1:2", "blackhole", "65000:9"))
    device = border(replace(region, community_sets=(mixed,)))
    statements = policies(device)["xc-in-red-v1-from-transit"].statements[3:]
    assert [(s.name, s.conditions.community_set) for s in statements] == [
        ("no", "mixed"),
        ("xc-no-large", "xc-large-mixed"),
        ("xc-yes-shutdown", "xc-graceful-shutdown"),
        ("yes", ""),
    ]
    sets = {s.name: (s.kind, s.members) for s in device.routing_policy.community_sets}
    assert sets["mixed"] == ("standard", ("65000:9", "65535:666"))
    assert sets["xc-large-mixed"] == ("large", ("65000:1:2",))
    assert statements[3].actions.communities_add == ("65535:65281", "65000:7")
    assert (statements[3].conditions.version, statements[3].actions.med, statements[3].actions.prepend) == (6, 5, 2)
    assert statements[3].path == "policies/from-transit/statements/yes"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("10.0.0.0/8", PrefixRule("10.0.0.0/8", 8, 8)),
        ("10.0.0.0/8 le 24", PrefixRule("10.0.0.0/8", 8, 24)),
        ("10.0.0.0/8 ge 16", PrefixRule("10.0.0.0/8", 16, 32)),
        ("2001:db8::/32 ge 40 le 48", PrefixRule("2001:db8::/32", 40, 48)),
        ("2001:db8::/32 le 48 ge 40", PrefixRule("2001:db8::/32", 40, 48)),
    ],
)
def test_prefix_rules(text: str, rule: PrefixRule) -> None:
    assert prefix_rule(text) == rule


def test_an_external_router_without_ipv4_still_has_a_router_id() -> None:
    handoff = Handoff(border="a-border1", vrf="red/v1", families=("ipv6",))
    (peer,) = blueprint_of(with_handoff(handoff)).peers
    assert peer.router_id == "198.18.0.1"
    assert [s.local_address for s in peer.sessions] == ["fd00:c0:0:3::3/127"]


def test_peers_without_handoffs_are_harmless() -> None:
    region = replace(small(), peers=(Peer(name="later", asn=64500),))
    (peer,) = blueprint_of(region).peers
    assert (peer.ports, peer.sessions) == ((), ())
