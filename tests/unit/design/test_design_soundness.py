"""What cannot be designed, or should not be: each with its finding at its place."""

from __future__ import annotations

from msgspec.structs import replace

from crossconnect.design import compile_region
from crossconnect.finding import Finding
from crossconnect.model import policy as model
from crossconnect.model.device import Device, Link, Platform
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.region import AsnPlan, DesignChoices, Region
from crossconnect.model.server import Attachment, Server
from crossconnect.model.tenant import Segment, Tenant, Vrf
from regions import small


def findings(region: Region) -> list[Finding]:
    return list(compile_region(region).findings)


def told(region: Region) -> list[tuple[str, str]]:
    return [(f.code.removeprefix("design."), f.place.path) for f in findings(region)]


def test_a_sound_region_has_no_findings() -> None:
    for underlay in ("numbered", "unnumbered"):
        region = small(pods=2, super_spines=2, leaves=2, dual_homed=True, border=True, l2_only=True, underlay=underlay)
        assert findings(region) == []


def test_a_fabric_without_ipv4() -> None:
    assert ("ipv4-required", "design/address_families") in told(small(families=("ipv6",)))


def test_leaves_of_a_rack_that_share_an_asn() -> None:
    region = replace(small(leaves=2, dual_homed=True), asns=AsnPlan(leaf="per-rack"))
    (finding,) = findings(region)
    assert (finding.code, finding.place.path) == ("design.rack-asn", "asns/leaf")
    assert "a-leaf1 and a-leaf2 share ASN" in finding.message


def test_spines_with_different_asns_and_a_spine_with_a_leafs() -> None:
    devices = (Device(name="a-spine1", asn=65001), Device(name="a-spine2", asn=65002))
    assert told(replace(small(), devices=devices)) == [("asn-split", "devices/a-spine2/asn")]
    shared = (*devices, Device(name="a-leaf1", asn=65002))
    assert ("asn-shared", "devices/a-spine2/asn") in told(replace(small(), devices=shared))


def test_an_external_router_with_an_asn_of_the_fabric() -> None:
    region = replace(small(), devices=(Device(name="a-leaf1", asn=64500),), peers=(Peer(name="t", asn=64500),))
    assert told(region) == [("peer-asn", "peers/t/asn")]


def test_a_switch_without_links_and_uneven_links() -> None:
    region = replace(small(), devices=(Device(name="x", role="leaf", pod="a"),))
    assert told(region) == [("switch-unlinked", "devices/x")]
    extra = (Link(a="a-leaf1", b="a-spine1"), Link(a="a-leaf1", b="a-spine1"))
    region = replace(small(), links=extra)
    assert told(region) == [("uneven-links", "pods/a/racks/0")]


def test_mtus_over_the_platform_and_too_small_for_the_overlay() -> None:
    design = DesignChoices(fabric_mtu=9216, tenant_mtu=9000)
    short = Platform(name="p", ports=("swp[1-8]",), mtu_max=9000)
    region = replace(small(), platforms=(short,), devices=(Device(name="a-leaf1", platform="p"),))
    assert told(region) == [("mtu-over-platform", "design/fabric_mtu")]
    assert told(replace(small(), design=replace(design, tenant_mtu=9167))) == [("mtu-too-small", "design/fabric_mtu")]
    assert told(replace(small(), design=replace(design, tenant_mtu=9166))) == []
    region = replace(small(), links=(Link(a="a-leaf1", b="a-spine1", mtu=9000),))
    (finding,) = findings(region)
    assert (finding.code, finding.place.path) == ("design.mtu-too-small", "links/0/mtu")
    assert "carry tenant packets up to 8950" in finding.message
    assert "9050" in finding.hint


def test_names_that_become_one_on_devices() -> None:
    def tenant(name: str, vrf: str, segment: str, octet: int) -> Tenant:
        own = Segment(name=segment, gateways=(f"10.{octet}.0.1/24",), leaves=("all",))
        return Tenant(name=name, vrfs=(Vrf(name=vrf, segments=(own,)),))

    region = replace(small(servers=0), tenants=(tenant("a-b", "c", "x", 1), tenant("a", "b-c", "y", 2)))
    assert told(region) == [("name-clash", "tenants/a-b/vrfs/c")]
    region = replace(small(servers=0), tenants=(tenant("a", "b", "c-d", 1), tenant("a-b", "c", "d", 2)))
    assert told(region) == [("name-clash", "tenants/a-b/vrfs/c/segments/d")]


def test_more_vrfs_or_vnis_than_a_platform_holds() -> None:
    tight = Platform(name="p", ports=("swp[1-64]",), vrfs_max=1, vnis_max=5)
    region = replace(small(vrfs=2, segments=2), platforms=(tight,), devices=(Device(name="a-leaf1", platform="p"),))
    path = "devices/a-leaf1"
    assert told(region) == [("vnis-over-platform", path), ("vrfs-over-platform", path)]


def test_vrfs_and_segments_that_are_nowhere_are_warnings() -> None:
    path = "tenants/red/vrfs/v1"
    assert told(small(servers=0, segments=1)) == [("vrf-nowhere", path), ("segment-nowhere", f"{path}/segments/s1")]


def test_an_import_from_a_vrf_with_the_same_addresses() -> None:
    gateways = ("10.1.1.1/24",)
    vrfs = tuple(Vrf(name=n, segments=(Segment(name="s", gateways=gateways, leaves=("all",)),)) for n in ("v1", "v2"))
    region = replace(small(servers=0), tenants=(Tenant(name="red", vrfs=vrfs),))
    assert told(region) == []
    leaking = (replace(vrfs[0], imports=("red/v2",)), vrfs[1])
    assert told(replace(region, tenants=(Tenant(name="red", vrfs=leaking),))) == [
        ("leak-overlap", "tenants/red/vrfs/v1/imports/0")
    ]


def test_a_server_on_two_pods_with_vlans_per_pod() -> None:
    server = Server(name="x", attachments=(Attachment(port="a-leaf1"), Attachment(port="b-leaf1")))
    region = replace(small(pods=2, leaves=1, super_spines=1), servers=(server,), design=DesignChoices(vlan_scope="pod"))
    assert told(region) == [("server-split", "servers/x")]


def test_handoffs_in_the_wrong_place_or_with_the_wrong_addresses() -> None:
    def one(**fields: object) -> list[tuple[str, str]]:
        region = small(border=True)
        handoff = Handoff(**{"border": "a-border1", "vrf": "red/v1", **fields})  # type: ignore[arg-type]
        return told(replace(region, peers=(replace(region.peers[0], handoffs=(handoff,)),)))

    path = "peers/transit1/handoffs/0"
    assert one() == []
    assert one(border="a-spine1") == [("handoff-place", f"{path}/border")]
    for local, remote in (
        (("192.0.2.1/30",), ("192.0.2.1",)),
        (("192.0.2.1/30",), ("192.0.2.5",)),
        (("192.0.2.1/30",), ()),
        (("192.0.2.1/30", "192.0.2.9/30"), ("192.0.2.2",)),
    ):
        assert one(local=local, remote=remote) == [("handoff-addresses", f"{path}/local")]
    assert one(local=("10.1.17.128/31",), remote=("10.1.17.129",)) == [("handoff-overlap", path)]
    platform = Platform(name="p", ports=("Ethernet[100-120]",))
    region = replace(small(border=True), platforms=(platform,), devices=(Device(name="a-border1", platform="p"),))
    assert told(region) == [("port-name", f"{path}/border")]


def test_removing_communities_of_both_kinds_at_once() -> None:
    region = small(border=True)
    statement = model.Statement(name="x", action="accept", set=model.Set(communities_remove="mixed"))
    own = (model.Policy(name="from-transit", statements=(statement,)), region.policies[1])
    mixed = (model.CommunitySet(name="mixed", communities=("65000:1", "65000:1:1")),)
    region = replace(region, policies=own, community_sets=mixed)
    assert told(region) == [("communities-mixed", "policies/from-transit/statements/x")]


def test_references_that_lead_nowhere_do_not_stop_the_rest() -> None:
    """Input: a region that validation refuses. Output: no exception, so that all mistakes are told in one run."""
    region = small(border=True)
    handoffs = (*region.peers[0].handoffs, Handoff(border="gone", vrf="red/v1"), Handoff(border="a-leaf1", vrf="no/no"))
    server = Server(name="x", attachments=(Attachment(port="gone"), Attachment(port="a-leaf1")))
    vrf = replace(region.tenants[0].vrfs[0], imports=("no/no", "red/v1"))
    region = replace(
        region,
        peers=(replace(region.peers[0], handoffs=handoffs),),
        servers=(server,),
        links=(Link(a="gone", b="a-spine1"),),
        tenants=(replace(region.tenants[0], vrfs=(vrf,)),),
        devices=(Device(name="a-leaf2", platform="gone"),),
    )
    assert compile_region(region).blueprint is not None
