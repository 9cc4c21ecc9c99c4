"""MLAG pairs: what a rack of two leaves becomes, and what makes it no pair."""

from __future__ import annotations

from msgspec.structs import replace

from crossconnect.design import Compiled, compile_region
from crossconnect.design.mlag import CONTROL_VLAN, ROUTED_VLAN
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.model.device import Device, Link
from crossconnect.model.pod import NodeGroup, Pod
from crossconnect.model.region import AsnPlan, Moved, Region
from crossconnect.model.server import Attachment, SegmentPort, Server
from regions import compiled, small


def pairs(leaves: int = 4, nos: str = "eos", **further: object) -> Region:
    """One pod, racks of two leaves that are MLAG pairs, on one system."""
    region = small(leaves=leaves, dual_homed=True, mlag=True, **further)  # type: ignore[arg-type]
    return replace(region, pods=tuple(with_nos(pod, nos) for pod in region.pods))


def with_nos(pod: Pod, nos: str) -> Pod:
    return replace(pod, racks=tuple(replace(rack, nos=nos) for rack in pod.racks))


def device(result: Compiled, name: str) -> DeviceConfiguration:
    assert result.blueprint is not None
    return next(d for d in result.blueprint.devices if d.name == name)


def codes(region: Region) -> set[str]:
    return {f.code for f in compile_region(region).findings}


def test_both_leaves_are_one_vtep_with_one_router_mac() -> None:
    """Output: one VTEP address and Router's MAC in a pair, others in the next; router ids and RDs of their own."""
    result = compiled(pairs())
    one, two, other = (device(result, name) for name in ("a-leaf1", "a-leaf2", "a-leaf3"))
    assert one.vtep == two.vtep != other.vtep
    macs = [{i.router_mac for i in d.network_instances if i.kind == "l3vrf"} for d in (one, two, other)]
    assert macs[0] == macs[1] != macs[2]
    rds = [{i.rd for i in d.network_instances if i.rd} for d in (one, two)]
    assert rds[0].isdisjoint(rds[1])
    assert one.mlag is not None
    assert two.mlag is not None
    assert (one.mlag.peer, two.mlag.peer) == ("a-leaf2", "a-leaf1")
    assert one.mlag.primary
    assert not two.mlag.primary
    assert one.mlag.keepalive == two.mlag.keepalive_peer
    assert one.mlag.domain == two.mlag.domain


def test_bonds_have_the_same_number_on_both_leaves_and_no_ethernet_segment() -> None:
    result = compiled(pairs())
    bonds = [
        {i.description: i.mlag for i in device(result, name).interfaces if i.kind == "lag" and i.members}
        for name in ("a-leaf1", "a-leaf2")
    ]
    assert bonds[0] == bonds[1]
    assert all(bonds[0].values())
    assert result.blueprint is not None
    assert not any(i.esi for d in result.blueprint.devices for i in d.interfaces)


def test_the_peer_link_is_a_bond_with_a_session_over_it() -> None:
    """Output: two cables by default in fast ports that uplinks leave; one eBGP session per IP version over the VLAN."""
    result = compiled(pairs())
    leaf = device(result, "a-leaf1")
    assert leaf.mlag is not None
    members = [i for i in leaf.interfaces if i.parent == leaf.mlag.peer_link and i.kind == "ethernet"]
    assert [m.neighbor.device for m in members if m.neighbor] == ["a-leaf2", "a-leaf2"]
    bgp = next(i.bgp for i in leaf.network_instances if i.kind == "default")
    assert bgp is not None
    beside = [n for n in bgp.neighbors if n.device == "a-leaf2"]
    routed = next(i for i in leaf.interfaces if i.name == leaf.mlag.routed)
    assert {n.local_address for n in beside} == {a.partition("/")[0] for a in routed.addresses}
    assert len(beside) == 2
    assert {f.family for n in beside for f in n.families} == {"ipv4-unicast", "ipv6-unicast", "l2vpn-evpn"}
    assert (routed.vlan, routed.parent) == (ROUTED_VLAN, leaf.mlag.peer_link)
    assert leaf.mlag.control_vlan == CONTROL_VLAN


def test_unnumbered_fabrics_number_the_peer_link_alone() -> None:
    result = compiled(pairs(underlay="unnumbered"))
    assert result.blueprint is not None
    assert "link-v4" not in result.lock.numbers
    assert set(result.lock.numbers["peer-link-v4"]) == {"racks/a-rack1", "racks/a-rack2"}


def test_segments_of_one_leaf_are_on_both() -> None:
    """Input: a segment with a single-homed server at one leaf. Output: it, and its VRF, are on both."""
    region = pairs(tenants=2)
    port = SegmentPort(segment="blue/v1/s1", addresses=("10.2.17.99/24",))
    pod = replace(region.pods[0], racks=tuple(replace(r, servers=()) for r in region.pods[0].racks))
    lonely = Server(name="lonely", attachments=(Attachment(port="a-leaf2"),), segments=(port,))
    result = compiled(replace(region, pods=(pod,), servers=(lonely,)))
    names = [{i.name for i in device(result, name).network_instances} for name in ("a-leaf1", "a-leaf2", "a-leaf3")]
    assert names[0] == names[1]
    assert "blue-v1-s1" in names[0]
    assert "blue-v1-s1" not in names[2]


def test_a_rack_decides_for_itself() -> None:
    """Input: a region of Ethernet segments, one rack `mlag`. Output: one pair, and Ethernet segments beside it."""
    region = small(leaves=4, dual_homed=True)
    pod = with_nos(region.pods[0], "eos")
    racks = (replace(pod.racks[0], multihoming="mlag", peer_links=3), pod.racks[1])
    result = compiled(replace(region, pods=(replace(pod, racks=racks),)))
    assert [p.rack for p in result.inventory.pairs] == ["a-rack1"]
    assert sum(1 for c in result.inventory.cables if c.kind == "peer-link") == 3
    assert any(i.esi for i in device(result, "a-leaf3").interfaces)
    assert device(result, "a-leaf3").mlag is None


def test_a_link_written_between_the_leaves_is_a_cable_of_the_peer_link() -> None:
    """Input: links between the leaves with their ports. Output: those ports; no link between leaves of two racks."""
    written = (
        Link(a="a-leaf2:Ethernet50", b="a-leaf1:Ethernet49"),
        Link(a="a-leaf1:Ethernet51", b="a-leaf2:Ethernet52"),
    )
    result = compiled(replace(pairs(), links=written))
    members = {
        (i.name, i.neighbor.port)
        for i in device(result, "a-leaf1").interfaces
        if i.neighbor is not None and i.neighbor.device == "a-leaf2"
    }
    assert members == {("Ethernet49", "Ethernet50"), ("Ethernet51", "Ethernet52")}
    assert "intent.link-tier" in codes(replace(pairs(), links=(Link(a="a-leaf1", b="a-leaf3"),)))


def test_numbers_stay_when_a_pair_is_added_or_renamed() -> None:
    """Input: a rack more, a rack with another name. Output: the pair that was there keeps all its numbers."""
    before = compiled(pairs(leaves=2))
    after = compiled(pairs(leaves=4), before.lock)
    for pool in ("mlag", "vtep-v4", "peer-link-v4", "loopback-v4"):
        assert before.lock.numbers[pool].items() <= after.lock.numbers[pool].items()
    region = pairs(leaves=2)
    pod = replace(region.pods[0], racks=(replace(region.pods[0].racks[0], name="cage"),))
    renamed = replace(region, pods=(pod,), moved=(Moved(old="racks/a-rack1", new="racks/cage"),))
    lock = compiled(renamed, before.lock).lock
    assert lock.numbers["mlag"] == {"racks/cage": before.lock.numbers["mlag"]["racks/a-rack1"]}
    assert lock.numbers["vtep-v4"]["racks/cage"] == before.lock.numbers["vtep-v4"]["racks/a-rack1"]


def test_what_makes_no_pair_is_an_error() -> None:
    """Input: leaves of two systems; one ASN; no management; a handoff at a pair; a server across two racks."""
    region = pairs()
    assert "design.mlag-unlike" in codes(replace(region, devices=(Device(name="a-leaf2", nos="nxos"),)))
    alone = replace(region, pods=tuple(replace(p, racks=tuple(_single(r) for r in p.racks)) for p in region.pods))
    assert "design.mlag-asn" in codes(replace(alone, asns=AsnPlan(leaf="per-rack")))
    unmanaged = tuple(p for p in region.pools if p.purpose != "management")
    assert "design.mlag-keepalive" in codes(replace(region, pools=unmanaged))
    port = SegmentPort(segment="red/v1/s1", addresses=("10.1.17.99/24",))
    across = Server(name="x", attachments=(Attachment(port="a-leaf2"), Attachment(port="a-leaf3")), segments=(port,))
    assert "design.mlag-server" in codes(replace(region, servers=(across,)))
    edge = pairs(border=True)
    peer = edge.peers[0]
    moved = replace(peer, handoffs=(replace(peer.handoffs[0], border="a-leaf1"), *peer.handoffs[1:]))
    assert "design.mlag-handoff" in codes(replace(edge, peers=(moved,)))
    thin = replace(region.pods[0], racks=tuple(replace(r, peer_links=1) for r in region.pods[0].racks))
    assert "design.mlag-one-link" in codes(replace(region, pods=(thin,)))
    assert not {c for c in codes(region) if "mlag" in c}


def _single(rack):  # type: ignore[no-untyped-def]
    return replace(rack, servers=tuple(replace(s, homing="single") for s in rack.servers))


def test_spines_are_of_any_system() -> None:
    """Input: pairs under spines of FRR. Output: a blueprint; the spines know nothing of pairs."""
    region = pairs()
    pod = replace(region.pods[0], spines=NodeGroup(count=2, nos="frr"))
    result = compiled(replace(region, pods=(pod,)))
    assert device(result, "a-spine1").mlag is None
