"""What cannot be designed, or should not be: each with its finding at its place."""

from __future__ import annotations

from msgspec.structs import replace

from crossconnect.design import codes, compile_region, further_findings
from crossconnect.finding import Finding, Place, found
from crossconnect.intent import allocate_codes
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
    region = small(leaves=2, dual_homed=True, servers=0, everywhere=True)
    (finding,) = findings(replace(region, asns=AsnPlan(leaf="per-rack")))
    assert (finding.code, finding.place.path) == ("design.rack-asn", "asns/leaf")
    assert "a-leaf1 and a-leaf2 share an ASN" in finding.message


def test_an_external_router_with_an_asn_of_the_fabric() -> None:
    region = small()
    lock = compile_region(region).lock
    region = replace(region, peers=(Peer(name="t", asn=int(lock.numbers["asn"]["devices/a-leaf1"])),))
    (finding,) = compile_region(region, lock).findings
    assert (finding.code, finding.place.path) == ("design.peer-asn", "peers/t/asn")
    assert findings(region) == [], "a new region keeps clear of it"


def test_a_switch_without_links_and_uneven_links() -> None:
    region = replace(small(), devices=(Device(name="x", role="leaf", pod="a"),))
    assert told(region) == [("switch-unlinked", "devices/x")]
    extra = (Link(a="a-leaf1", b="a-spine1"), Link(a="a-leaf1", b="a-spine1"))
    region = replace(small(), links=extra)
    assert told(region) == [("uneven-links", "pods/a/racks/0")]


def test_mtus_over_the_platform() -> None:
    design = DesignChoices(fabric_mtu=9216, tenant_mtu=9000)
    short = Platform(name="p", ports=("swp[1-8]",), mtu_max=9000)
    region = replace(small(), platforms=(short,), devices=(Device(name="a-leaf1", platform="p"),))
    assert told(region) == [("mtu-over-platform", "design/fabric_mtu")]
    design = replace(design, tenant_mtu=9100)
    assert ("mtu-over-platform", "design/tenant_mtu") in told(replace(region, design=design))


def test_names_that_become_one_on_devices() -> None:
    def tenant(name: str, vrf: str, segment: str, octet: int) -> Tenant:
        own = Segment(name=segment, gateways=(f"10.{octet}.0.1/24",), leaves=("all",))
        return Tenant(name=name, vrfs=(Vrf(name=vrf, segments=(own,)),))

    region = replace(small(servers=0), tenants=(tenant("a-b", "c", "x", 1), tenant("a", "b-c", "y", 2)))
    assert told(region) == [("name-clash", "tenants/a-b/vrfs/c")]
    region = replace(small(servers=0), tenants=(tenant("a", "b", "c-d", 1), tenant("a-b", "c", "d", 2)))
    assert told(region) == [("name-clash", "tenants/a/vrfs/b/segments/c-d")]


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


def test_handoffs_that_overlap_or_get_names_too_long() -> None:
    def one(**fields: object) -> list[tuple[str, str]]:
        region = small(border=True)
        handoff = Handoff(**{"border": "a-border1", "vrf": "red/v1", **fields})  # type: ignore[arg-type]
        return told(replace(region, peers=(replace(region.peers[0], handoffs=(handoff,)),)))

    path = "peers/transit1/handoffs/0"
    assert one() == []
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


def test_what_validation_has_said_is_not_said_again() -> None:
    place = Place(file="a.yaml", line=1, path="x")
    taken, unknown = (
        found(allocate_codes.PORT_TAKEN, place, "two cables"),
        found(allocate_codes.PORT_UNKNOWN, place, "no port"),
    )
    nowhere = found(codes.VRF_NOWHERE, place, "nowhere")
    assert further_findings([], [taken, nowhere]) == (taken, nowhere)
    assert further_findings([nowhere], [taken, nowhere]) == (taken,)
    assert further_findings([taken], [taken, unknown, nowhere]) == (unknown,), "warnings may follow from the error"
