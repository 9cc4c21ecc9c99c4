"""Blueprint -> lab plan: what is built, and where the ends of its links are. Pure, so no daemon is needed."""

from __future__ import annotations

import msgspec

from crossconnect.design.blueprint import Blueprint, Endpoint, HostPlan, PeerPlan, PeerSession
from crossconnect.lab.host_node import host_node
from crossconnect.lab.peer_node import bird_configuration, frr_configuration, served_addresses
from crossconnect.lab.plan import MANAGEMENT_NODE, LabPlan
from crossconnect.lab.planning import Realising, plan_lab
from crossconnect.lab.switch_node import rendered_devices
from regions import compiled, small


def blueprint_of(**region: object) -> Blueprint:
    blueprint = compiled(small(**region)).blueprint  # type: ignore[arg-type]
    assert blueprint is not None
    return blueprint


def planned(blueprint: Blueprint, backend: str = "namespace") -> LabPlan:
    return plan_lab(blueprint, rendered_devices(blueprint, {}), Realising(backend=backend), {})  # type: ignore[arg-type]


def lines_of(plan: LabPlan, node: str) -> list[str]:
    return [line for batch in plan.node(node).setup for line in batch.lines]


def test_every_switch_host_and_peer_is_a_node_and_every_wire_a_link() -> None:
    blueprint = blueprint_of(border=True)
    plan = planned(blueprint)
    names = {n.name for n in plan.nodes}
    assert names == {
        MANAGEMENT_NODE,
        *(d.name for d in blueprint.devices),
        *(h.name for h in blueprint.hosts),
        *(p.name for p in blueprint.peers),
    }
    assert {link.wire for link in plan.links if link.wire} == {wire.key for wire in blueprint.wires}


def test_no_interface_is_made_twice() -> None:
    plan = planned(blueprint_of(border=True, tenants=2, everywhere=True, l2_only=True))
    ends = [end for link in plan.links for end in (link.a, link.b)]
    assert len(ends) == len(set(ends))


def test_interface_names_fit_the_kernel() -> None:
    plan = planned(blueprint_of(border=True, tenants=2))
    assert all(len(end.interface) <= 15 for link in plan.links for end in (link.a, link.b))


def test_bridged_ports_live_in_the_vrf_of_their_segment() -> None:
    blueprint = blueprint_of()
    plan = planned(blueprint)
    server = next(link for link in plan.links if link.a.node == "a-rack1-red-v1-s1-1")
    assert server.b.namespace == "red-v1"
    fabric = next(link for link in plan.links if "spine" in link.wire)
    assert (fabric.a.namespace, fabric.b.namespace) == ("", "")


def test_a_handoff_is_a_link_of_its_own_between_subinterfaces_and_is_told() -> None:
    blueprint = blueprint_of(border=True)
    plan = planned(blueprint)
    session = blueprint.peers[0].sessions[0]
    tags = [link for link in plan.links if link.a.interface == session.interface]
    assert tags
    assert tags[0].b.interface.endswith(f".{session.vlan}")
    assert tags[0].b.namespace == session.vrf
    assert any("802.1Q" in note for note in plan.notes)


def test_the_kernel_backend_makes_tags_on_the_port() -> None:
    blueprint = blueprint_of(border=True)
    plan = planned(blueprint, "kernel-vrf")
    wires = [link.wire for link in plan.links if link.wire]
    assert len(wires) == len(set(wires))
    assert any("type vlan id" in line for line in lines_of(plan, "a-border1"))
    assert any("type vrf table" in line for line in lines_of(plan, "a-leaf1"))
    assert not plan.node("a-leaf1").namespaces
    assert not plan.notes


def test_vxlan_devices_are_made_where_the_underlay_is() -> None:
    plan = planned(blueprint_of())
    own = [line for batch in plan.node("a-leaf1").setup if not batch.namespace for line in batch.lines]
    assert any(line.startswith("link add vni10000 netns red-v1 type vxlan") for line in own)


def test_an_anycast_gateway_has_its_mac_and_both_addresses() -> None:
    lines = lines_of(planned(blueprint_of()), "a-leaf1")
    assert any(line.startswith("link set vlan100 address 02:00:5e") for line in lines)
    assert "addr replace 10.1.17.1/24 dev vlan100" in lines
    assert "addr replace 2001:db8:1:11::1/64 dev vlan100 nodad" in lines


def test_management_ports_meet_on_one_bridge_which_answers_as_the_gateway() -> None:
    plan = planned(blueprint_of())
    ports = [link for link in plan.links if link.b.node == MANAGEMENT_NODE and link.a.interface == "eth0"]
    assert len(ports) == 4
    assert all(link.a.namespace == "mgmt" for link in ports)
    assert any(line.startswith("addr replace 10.253.0.1/") for line in lines_of(plan, MANAGEMENT_NODE))


def test_a_plan_survives_the_journey_into_another_machine() -> None:
    plan = planned(blueprint_of(border=True))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(plan), type=LabPlan) == plan


def test_a_plan_depends_on_nothing_but_its_blueprint() -> None:
    blueprint = blueprint_of(tenants=2)
    assert planned(blueprint) == planned(blueprint)


def test_without_lldp_no_lldpd() -> None:
    blueprint = blueprint_of()
    plan = plan_lab(blueprint, rendered_devices(blueprint, {}), Realising(backend="namespace", lldp=False), {})
    assert not [d for node in plan.nodes for d in node.daemons if d.name == "lldpd"]


# --- hosts ------------------------------------------------------------------------------------------------------------


def endpoint(interface: str, vlan: int, tagged: bool, subnet: int) -> Endpoint:
    return Endpoint(
        host="h1",
        interface=interface,
        tenant="red",
        vrf=f"red-{subnet}",
        segment=f"red/{subnet}",
        mac_vrf=f"red-{subnet}-web",
        vlan=vlan,
        tagged=tagged,
        addresses=(f"10.{subnet}.0.10/24", f"2001:db8:{subnet}::10/64"),
        gateways=(f"10.{subnet}.0.1", f"2001:db8:{subnet}::1"),
    )


def test_a_host_says_nothing_that_would_differ_between_runs() -> None:
    host = HostPlan(
        name="h1",
        mac="02:0a:00:00:00:01",
        ports=("eth0",),
        leaves=("leaf1",),
        mtu=9000,
        endpoints=(endpoint("eth0", 100, False, 1),),
        path="",
    )
    [batch] = host_node(host, kernel=False).node.setup
    assert "link set eth0 address 02:0a:00:00:00:01 addrgenmode none mtu 9000" in batch.lines
    assert "route replace 0.0.0.0/0 via 10.1.0.1 dev eth0" in batch.lines
    assert "route replace ::/0 via 2001:db8:1::1 dev eth0" in batch.lines
    assert not any("rule" in line or "table" in line for line in batch.lines)


def test_a_host_in_two_vrfs_answers_where_it_was_asked() -> None:
    host = HostPlan(
        name="h1",
        mac="02:0a:00:00:00:01",
        ports=("eth0",),
        leaves=("leaf1",),
        mtu=9000,
        endpoints=(endpoint("eth0", 100, False, 1), endpoint("eth0.200", 200, True, 2)),
        path="",
    )
    found = host_node(host, kernel=False)
    lines = [line for batch in found.node.setup for line in batch.lines]
    assert found.tags == {("eth0", 200): ("eth0.200", "")}
    assert lines.count("route replace 0.0.0.0/0 via 10.1.0.1 dev eth0") == 1
    assert "route replace 0.0.0.0/0 via 10.2.0.1 dev eth0.200 table 101" in lines
    assert "route replace 10.2.0.0/24 dev eth0.200 table 101" in lines
    assert "rule add from 10.2.0.10 lookup 101" in lines


def test_a_dual_homed_host_bonds_its_ports() -> None:
    host = HostPlan(
        name="h1",
        mac="02:0a:00:00:00:01",
        ports=("eth0", "eth1"),
        leaves=("leaf1", "leaf2"),
        mtu=9000,
        endpoints=(endpoint("bond0.100", 100, True, 1),),
        path="",
    )
    [batch, *_] = host_node(host, kernel=True).node.setup
    assert any(line.startswith("link add bond0 type bond mode 802.3ad") for line in batch.lines)
    assert "link set eth1 master bond0" in batch.lines
    assert "link add link bond0 name bond0.100 type vlan id 100" in batch.lines


# --- external routers -------------------------------------------------------------------------------------------------


def peer(daemon: str = "bird", password: str = "") -> PeerPlan:
    session = PeerSession(
        interface="eth1.101",
        port="eth1",
        vlan=101,
        device="border1",
        vrf="red-prod",
        local_address="100.64.0.1/31",
        remote_address="100.64.0.0",
        remote_asn=4200000001,
        password=password,
        bfd=False,
    )
    return PeerPlan(
        name="transit1",
        asn=64496,
        router_id="100.64.0.1",
        daemon=daemon,  # type: ignore[arg-type]
        ports=("eth1",),
        announces=("0.0.0.0/0", "192.0.2.0/24", "2001:db8:ffff::/48"),
        sessions=(session,),
        path="",
    )


def test_bird_announces_what_it_is_told_and_passes_nothing_on() -> None:
    text = bird_configuration(peer(password="env:KEY"), {"env:KEY": "s3cret"})
    assert "route 192.0.2.0/24 blackhole;" in text
    assert "export where source = RTS_STATIC" in text
    assert "neighbor 100.64.0.0 as 4200000001;" in text
    assert 'password "s3cret";' in text


def test_frr_as_a_peer_announces_what_it_is_told_and_passes_nothing_on() -> None:
    text = frr_configuration(peer("frr"), {})
    assert "  network 192.0.2.0/24" in text
    assert "neighbor 100.64.0.0 route-map announced-v4 out" in text
    assert "ip prefix-list announced-v4 seq 65535 deny any" in text


def test_what_a_peer_announces_can_be_pinged_default_routes_aside() -> None:
    assert served_addresses(peer()) == ("192.0.2.1/32", "2001:db8:ffff::1/128")
