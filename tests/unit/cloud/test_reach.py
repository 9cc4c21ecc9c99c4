"""Whether packets arrive, over VPCs, gateway nodes and fabric: answers, and what tenants are told of them."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, View, network, part, public, refused
from cloud_region import TWO_NETWORKS, cloud_region, texts
from crossconnect.cloud.logical.provider import gateway_order
from crossconnect.cloud.provided import cloud_of, without_fabric
from crossconnect.cloud.reach import Analyser, Hop, Reachability, ReachabilityBody, reachability, told
from crossconnect.cloud.reach.fabric import Fabric
from crossconnect.cloud.resource import Refused
from crossconnect.design import compile_region
from crossconnect.design.blueprint import Blueprint
from crossconnect.simulate import Failures

OUTSIDE = "198.51.100.1"
ANYWHERE = "0.0.0.0/0"


def blueprint_of(*changes: tuple[str, str]) -> Blueprint:
    found = compile_region(cloud_region(texts(*changes))).blueprint
    assert found is not None
    return found


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    """One for all: the fabric is settled once."""
    return analyser_of(blueprint_of(*TWO_NETWORKS))


def analyser_of(blueprint: Blueprint, failures: Failures | None = None) -> Analyser:
    region = cloud_of(blueprint)
    assert region is not None
    return Analyser(region=region, fabric=Fabric(blueprint, failures or Failures()))


class Stand:
    """VPC 10.0.0.0/16 with an internet gateway and a machine with an elastic IP, in project alpha."""

    def __init__(self, analyser: Analyser) -> None:
        region = analyser.region
        self.analyser = analyser
        self.cloud = Cloud(
            zones=tuple(zone.name for zone in region.zones),
            public_prefixes=region.public_prefixes,
            public_prefixes6=region.public_prefixes6,
            vrfs=("cloud-priv",),
        )
        self.vpc, self.subnet = network(self.cloud)
        self.gateway = public(self.cloud, self.vpc)
        self.web = self.cloud.create("network_interface", subnet_id=self.subnet.id)
        self.elastic = self.cloud.create("elastic_ip", network_interface_id=self.web.id)

    def ask(self, source: str, destination: str, *, project: str = "", **fields: Any) -> Reachability:
        """As the operator; as a project, where one is given."""
        asked = ReachabilityBody(source=source, destination=destination, **{"destination_port": 443} | fields)
        found = reachability(asked, self.analyser, View(self.cloud, project or "alpha"), whole=not project)
        return told(found, project) if project else found

    def node(self, router: Any) -> str:
        return gateway_order(self.analyser.region, router)[0]

    def let_in(self, vpc: Any, port: int = 443, project: str = "alpha") -> Any:
        return self.cloud.create(
            "security_group_rule",
            project=project,
            security_group_id=vpc.default_security_group_id,
            direction="ingress",
            protocol="tcp",
            from_port=port,
            to_port=port,
            peer=ANYWHERE,
        )


@pytest.fixture
def stand(analyser: Analyser) -> Stand:
    return Stand(analyser)


def places(hops: tuple[Hop, ...]) -> list[tuple[str, str]]:
    """(point, component) without what carries tunnels."""
    return [(hop.point, hop.component) for hop in hops if hop.layer != "underlay"]


def test_to_the_outside_and_back_each_hop_names_what_decides(stand: Stand) -> None:
    found = stand.ask(stand.web.id, OUTSIDE)
    node, vpc = stand.node(stand.vpc), stand.vpc
    assert found.outcome == "reachable"
    assert places(found.there)[:8] == [
        ("source-check", stand.web.id),
        ("security-group", stand.web.id),
        ("network-acl", stand.subnet.id),
        ("route", vpc.main_route_table_id),
        ("gateway", stand.gateway.id),
        ("gateway-node", node),
        ("route", node),
        ("route", "a-leaf1"),
    ]
    fabric = [hop for hop in found.there if hop.layer == "fabric" and hop.point == "route"]
    assert {hop.component for hop in fabric} == {"a-leaf1", "a-leaf2", "a-border1"}
    assert {hop.vrf for hop in fabric} == {"cloud-inet"}
    assert {hop.decided_by for hop in fabric} == {f"{ANYWHERE} in cloud-inet"}
    assert found.there[-1].component == "isp"
    assert found.back[0].component == "isp"
    assert found.back[0].decided_by == "203.0.113.0/24"
    border = next(hop for hop in found.back if hop.component == "a-border1" and hop.point == "route")
    assert border.decided_by == f"{stand.elastic.address}/32 in cloud-inet"
    assert len(border.next) == 2, "both leaves of the gateway node"
    assert ("destination", stand.web.id) in places(found.back)


def test_translations_have_both_packets(stand: Stand) -> None:
    found = stand.ask(stand.web.id, OUTSIDE)
    [out] = [hop for hop in found.there if hop.before is not None]
    [back] = [hop for hop in found.back if hop.before is not None]
    assert out.before is not None
    assert out.after is not None
    assert (out.before.source, out.after.source, out.decided_by) == (
        "10.0.1.4",
        stand.elastic.address,
        stand.elastic.id,
    )
    assert back.after is not None
    assert (back.after.destination, back.after.destination_port) == ("10.0.1.4", 40000)


def test_tunnels_are_carried_by_the_underlay(stand: Stand) -> None:
    found = stand.ask(stand.web.id, OUTSIDE)
    geneve = next(hop for hop in found.there if hop.point == "geneve")
    assert geneve.component == "hv1"
    assert geneve.carried_by is not None
    number, way = geneve.carried_by, []
    while True:
        hop = found.there[number]
        way.append(hop.component)
        if not hop.next:
            break
        number = hop.carried_by or hop.next[0]
    assert way[0] == "hv1"
    assert "a-spine1" in way or way[-1] == stand.node(stand.vpc)


def test_from_outside_by_what_the_group_says(stand: Stand) -> None:
    found = stand.ask(OUTSIDE, stand.elastic.id)
    assert (found.outcome, found.there[-1].point) == ("unreachable", "security-group")
    assert found.back == ()
    rule = stand.let_in(stand.vpc)
    found = stand.ask(OUTSIDE, stand.elastic.id)
    assert found.outcome == "reachable"
    assert rule.id in {hop.decided_by for hop in found.there}
    assert stand.ask(OUTSIDE, stand.web.id).asked.destination == stand.elastic.address


def test_an_answer_is_asked_again_at_network_acls(stand: Stand) -> None:
    stand.let_in(stand.vpc)
    entries = [{"number": 1, "direction": "ingress", "action": "allow", "cidr": ANYWHERE}]
    acl = stand.cloud.create("network_acl", vpc_id=stand.vpc.id, entries=entries)
    stand.cloud.update(stand.subnet.id, network_acl_id=acl.id)
    found = stand.ask(OUTSIDE, stand.elastic.id)
    assert (found.outcome, found.decided_by) == ("unreachable", acl.id)
    assert all(hop.passes for hop in found.there)
    assert found.explanation.startswith("the answer: ")


def test_an_answer_by_another_way_is_no_answer(stand: Stand) -> None:
    """Input: an elastic IP in a subnet whose route table leads to a NAT gateway. Output: its answers come from the NAT
    gateway's address."""
    cloud = stand.cloud
    stand.let_in(stand.vpc)
    nat = cloud.create("nat_gateway", subnet_id=stand.subnet.id, elastic_ip_id=cloud.create("elastic_ip").id)
    inner = cloud.create("subnet", vpc_id=stand.vpc.id, cidr_block=part("10.0.0.0/16", 2))
    table = cloud.create("route_table", vpc_id=stand.vpc.id, routes=[{"destination": ANYWHERE, "target": nat.id}])
    cloud.update(inner.id, route_table_id=table.id)
    db = cloud.create("network_interface", subnet_id=inner.id)
    elastic = cloud.create("elastic_ip", network_interface_id=db.id)
    found = stand.ask(OUTSIDE, elastic.id)
    assert found.outcome == "unreachable"
    assert "not taken for an answer" in found.explanation
    assert stand.ask(db.id, OUTSIDE).outcome == "reachable"


def test_elastic_ips_on_two_gateway_nodes_reach_each_other(stand: Stand) -> None:
    others = [network(stand.cloud, f"10.{n}.0.0/16", project="beta") for n in (1, 2)]
    vpc, subnet = next(pair for pair in others if stand.node(pair[0]) != stand.node(stand.vpc))
    public(stand.cloud, vpc, project="beta")
    theirs = stand.cloud.create("network_interface", project="beta", subnet_id=subnet.id)
    elastic = stand.cloud.create("elastic_ip", project="beta", network_interface_id=theirs.id)
    stand.let_in(vpc, project="beta")
    found = stand.ask(stand.web.id, elastic.address)
    assert found.outcome == "reachable"
    nodes = [
        hop.component for hop in found.there if hop.layer == "gateway" and hop.point in ("gateway-node", "deliver")
    ]
    assert nodes[0] == stand.node(stand.vpc)
    assert set(nodes[1:]) == {stand.node(vpc)}
    seen = stand.ask(stand.web.id, elastic.address, project="alpha")
    assert seen.outcome == "reachable"
    assert [hop.layer for hop in seen.there][-3:] == ["vpc", "provider", "other-project"]
    assert theirs.id not in str(seen)
    assert "10.1." not in str(seen)
    assert "10.2." not in str(seen)


def test_a_load_balancers_answer_comes_from_its_address(stand: Stand) -> None:
    cloud = stand.cloud
    targets = cloud.create(
        "target_group", vpc_id=stand.vpc.id, targets=[{"network_interface_id": stand.web.id, "port": 8443}]
    )
    listeners = [{"port": 443, "target_group_id": targets.id}]
    balancer = cloud.create("load_balancer", subnet_ids=[stand.subnet.id], listeners=listeners)
    client = cloud.create("network_interface", subnet_id=stand.subnet.id)
    stand.let_in(stand.vpc, 8443)
    found = stand.ask(client.id, balancer.id)
    assert found.outcome == "reachable"
    assert found.back[-1].after is not None
    assert (found.back[-1].after.source, found.back[-1].after.source_port) == (balancer.addresses[0], 443)
    public_one = cloud.create(
        "load_balancer",
        subnet_ids=[stand.subnet.id],
        listeners=listeners,
        scheme="internet-facing",
        elastic_ip_id=cloud.create("elastic_ip").id,
    )
    assert stand.ask(OUTSIDE, public_one.id).outcome == "reachable"


def test_a_client_with_ipv6_only_reaches_a_dual_stack_load_balancer_by_it(stand: Stand) -> None:
    cloud = stand.cloud
    vpc = cloud.create("vpc", cidr_blocks=["10.3.0.0/16"], ipv6_cidr_blocks=["fd00:3::/56"])
    both = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.3.1.0/24", ipv6_cidr_block="fd00:3:0:1::/64")
    six = cloud.create("subnet", vpc_id=vpc.id, ipv6_cidr_block="fd00:3:0:2::/64")
    web, client = (cloud.create("network_interface", subnet_id=subnet.id) for subnet in (both, six))
    group = cloud.create("target_group", vpc_id=vpc.id, targets=[{"network_interface_id": web.id, "port": 8443}])
    balancer = cloud.create(
        "load_balancer",
        subnet_ids=[both.id],
        ip_address_type="dualstack",
        listeners=[{"port": 443, "target_group_id": group.id}],
    )
    cloud.update(web.id, ipv6_addresses=[])
    found = stand.ask(client.id, balancer.id)
    assert (found.outcome, found.decided_by) == ("unreachable", f"{balancer.id}/tcp/443")
    assert "no target with an IPv6 address" in found.explanation
    cloud.update(web.id, ipv6_addresses=["fd00:3:0:1::9"])
    found = stand.ask(client.id, balancer.id)
    assert found.outcome == "reachable"
    assert found.back[-1].after is not None
    assert found.back[-1].after.source == balancer.ipv6_addresses[0]


def test_a_peers_load_balancer_is_reached_and_its_targets_are_not_told(stand: Stand) -> None:
    cloud = stand.cloud
    peer, subnet = network(cloud, "10.1.0.0/16", project="beta")
    web = cloud.create("network_interface", project="beta", subnet_id=subnet.id)
    group = cloud.create(
        "target_group", project="beta", vpc_id=peer.id, targets=[{"network_interface_id": web.id, "port": 8443}]
    )
    balancer = cloud.create(
        "load_balancer",
        project="beta",
        subnet_ids=[subnet.id],
        listeners=[{"port": 443, "target_group_id": group.id}],
    )
    peering = cloud.create("vpc_peering", vpc_id=stand.vpc.id, peer_vpc_id=peer.id, peer_project_id="beta")
    cloud.update(peering.id, project="beta", status="active")
    cloud.update(stand.vpc.main_route_table_id, routes=[{"destination": "10.1.0.0/16", "target": peering.id}])
    stand.let_in(peer, 8443, project="beta")
    address = balancer.addresses[0]
    found = stand.ask(stand.web.id, address)
    assert (found.outcome, found.back[-1].point) == ("unreachable", "route"), "no way back yet"
    routes = [{"destination": "10.0.0.0/16", "target": peering.id}]
    cloud.update(peer.main_route_table_id, project="beta", routes=routes)
    found = stand.ask(stand.web.id, address)
    assert found.outcome == "reachable"
    assert found.back[-1].after is not None
    assert (found.back[-1].after.source, found.back[-1].after.source_port) == (address, 443)
    seen = stand.ask(stand.web.id, address, project="alpha")
    assert seen.outcome == "reachable"
    assert web.id not in str(seen)
    assert web.private_addresses[0] not in str(seen)


def test_an_appliance_is_taken_to_send_on(stand: Stand) -> None:
    cloud = stand.cloud
    inner = cloud.create("subnet", vpc_id=stand.vpc.id, cidr_block=part("10.0.0.0/16", 9))
    appliance = cloud.create("network_interface", subnet_id=inner.id, source_dest_check=False)
    table = cloud.create(
        "route_table", vpc_id=stand.vpc.id, routes=[{"destination": "192.0.2.0/24", "target": appliance.id}]
    )
    cloud.update(stand.subnet.id, route_table_id=table.id)
    found = stand.ask(stand.web.id, "192.0.2.7")
    assert ("appliance", appliance.id) in places(found.there)
    assert found.outcome == "unreachable", "it leaves from there with a source that has no elastic IP there"


def test_private_connect_leads_to_its_own_vrf(stand: Stand) -> None:
    gateway = stand.cloud.create("private_gateway", vrf="cloud-priv", vpc_id=stand.vpc.id, prefixes=["172.16.0.0/24"])
    stand.cloud.update(stand.vpc.main_route_table_id, routes=[{"destination": "172.16.0.0/24", "target": gateway.id}])
    found = stand.ask(stand.web.id, "172.16.0.9")
    last = found.there[-1]
    assert (found.outcome, last.layer, last.vrf) == ("unreachable", "gateway", "cloud-priv")
    assert "no route to 172.16.0.9" in last.message


SITE = """\
peers:
  - name: site
    asn: 64499
    announces: [172.16.0.0/24]
    handoffs:
      - {border: a-border1, vrf: cloud/priv, import_policy: any, export_policy: any}
"""
ANY = "policies:\n  - name: any\n    statements: [{name: all, action: accept}]\n"


@pytest.mark.parametrize("aggregates", ["", ", aggregates: [10.96.0.0/16]"])
def test_a_vpc_is_reached_from_a_vrf_at_the_node_that_has_its_private_gateway(aggregates: str) -> None:
    """Input: a customer's router at a border, and a VPC whose block is a part of the network's prefixes. Output: it is
    found by its block, and only where it is; whether the nodes announce all of it as well makes no difference."""
    network_ = "prefixes: [10.96.0.0/16]"
    changes = (*TWO_NETWORKS, (network_, network_ + aggregates), ("peers:\n", SITE), ("policies:\n", ANY))
    stand = Stand(analyser_of(blueprint_of(*changes)))
    create = stand.cloud.create
    for n in range(4):  # on either node
        vpc = create("vpc", cidr_blocks=[f"10.96.{n * 16}.0/20"])
        subnet = create("subnet", vpc_id=vpc.id, cidr_block=f"10.96.{n * 16}.0/24")
        web = create("network_interface", subnet_id=subnet.id)
        gateway = create("private_gateway", vrf="cloud-priv", vpc_id=vpc.id, prefixes=["172.16.0.0/24"])
        routes = [{"destination": "172.16.0.0/24", "target": gateway.id}]
        stand.cloud.update(vpc.main_route_table_id, routes=routes)
        stand.let_in(vpc)
        found = stand.ask("172.16.0.9", web.id, network="private")
        assert found.outcome == "reachable", found.there[-1]
        ends = {hop.component for hop in found.there if hop.layer == "gateway" and hop.point in ("deliver", "drop")}
        assert ends == {stand.node(gateway)}
        assert any(hop.decided_by == f"10.96.{n * 16}.0/20 in cloud-priv" for hop in found.there)


def test_a_load_balancer_is_reached_from_a_private_gateways_vrf(stand: Stand) -> None:
    """Input: the gateway at the VPC, then at a transit router, whose table then drops a part. Output: the answer is the
    load balancer's again at the gateway; without a way to its targets it is not balanced there, and the packet lost."""
    bare, cloud = Stand(Analyser(region=stand.analyser.region)), stand.cloud
    bare.cloud, site = cloud, {"network": "private"}
    far = cloud.create("subnet", vpc_id=stand.vpc.id, cidr_block=part("10.0.0.0/16", 3))
    web = cloud.create("network_interface", subnet_id=far.id)
    group = cloud.create("target_group", vpc_id=stand.vpc.id, targets=[{"network_interface_id": web.id, "port": 8443}])
    listeners = [{"port": 443, "target_group_id": group.id}]
    balancer = cloud.create("load_balancer", subnet_ids=[stand.subnet.id], listeners=listeners)
    stand.let_in(stand.vpc, 8443)
    with pytest.raises(Refused) as error:
        bare.ask("172.16.0.9", balancer.id, project="alpha", **site)
    assert refused(error) == (422, "reachability.network", "/network")
    gateway = cloud.create("private_gateway", vrf="cloud-priv", vpc_id=stand.vpc.id, prefixes=["172.16.0.0/24"])
    cloud.update(stand.vpc.main_route_table_id, routes=[{"destination": "172.16.0.0/24", "target": gateway.id}])
    found = bare.ask("172.16.0.9", balancer.id, **site)
    assert found.outcome == "reachable"
    [there], [back] = ([hop for hop in hops if hop.after is not None] for hops in (found.there, found.back))
    assert (there.point, back.component) == ("load-balancer", gateway.id)
    assert back.after is not None
    assert (back.after.source, back.after.source_port) == (balancer.addresses[0], 443)
    assert bare.ask("172.16.0.9", balancer.id, project="alpha", **site).outcome == "reachable"

    cloud.update(stand.vpc.main_route_table_id, routes=[])
    cloud.update(gateway.id, vpc_id="")
    router = cloud.create("transit_router")
    for one in ({"vpc_id": stand.vpc.id, "subnet_ids": [far.id]}, {"private_gateway_id": gateway.id}):
        cloud.create("transit_router_attachment", transit_router_id=router.id, **one)
    cloud.update(stand.vpc.main_route_table_id, routes=[{"destination": "172.16.0.0/24", "target": router.id}])
    assert bare.ask("172.16.0.9", balancer.id, **site).outcome == "reachable"
    cloud.update(router.default_route_table_id, routes=[{"destination": far.cidr_block}])
    found = bare.ask("172.16.0.9", balancer.id, **site)
    assert found.outcome == "unreachable"
    [passed_over] = [hop for hop in found.there if hop.point == "load-balancer"]
    assert (passed_over.passes, passed_over.decided_by) == (True, router.default_route_table_id)


def test_what_is_not_announced_outside_has_no_way_in() -> None:
    """Input: a border that exports nothing. Output: the carrier has no route, and the policy that withholds it is
    named."""
    blueprint = blueprint_of(("export_policy: public", "export_policy: nothing"), ("policies:\n", _NOTHING))
    stand = Stand(analyser_of(blueprint))
    found = stand.ask(OUTSIDE, stand.elastic.id)
    assert (found.outcome, found.there[0].component, found.there[0].point) == ("unreachable", "isp", "drop")
    assert "is told no route" in found.explanation
    assert "nothing" in found.explanation
    back = stand.ask(stand.web.id, OUTSIDE)
    assert back.outcome == "unreachable"
    assert back.explanation.startswith("the answer: ")


_NOTHING = "policies:\n  - name: nothing\n    statements: [{name: none, action: reject}]\n"


def test_what_the_carrier_does_not_announce_has_no_way_out() -> None:
    stand = Stand(analyser_of(blueprint_of(('announces: [0.0.0.0/0, "::/0", ', "announces: ["))))
    found = stand.ask(stand.web.id, "192.0.2.1")
    assert (found.outcome, found.there[-1].layer, found.there[-1].component) == (
        "unreachable",
        "gateway",
        stand.node(stand.vpc),
    )


def test_failures_move_addresses_and_cut_ways() -> None:
    blueprint = blueprint_of()
    first = Stand(analyser_of(blueprint)).node(Stand(analyser_of(blueprint)).vpc)
    stand = Stand(analyser_of(blueprint, Failures(devices=frozenset((first,)))))
    found = stand.ask(stand.web.id, OUTSIDE)
    [node] = {hop.component for hop in found.there if hop.point == "gateway-node"}
    assert (found.outcome, node != first) == ("reachable", True)
    cut = Stand(analyser_of(blueprint, Failures(devices=frozenset(("a-border1",)))))
    assert cut.ask(cut.web.id, OUTSIDE).outcome == "unreachable"
    dead = Stand(analyser_of(blueprint, Failures(devices=frozenset(("gw1", "gw2")))))
    lost = dead.ask(dead.web.id, OUTSIDE)
    assert "none of" in lost.explanation


@pytest.mark.parametrize(("block_length", "reaches"), [("    vpc_block: 56\n", True), ("", False)])
def test_ipv6_comes_by_the_vpcs_block_where_leaves_accept_it(block_length: str, reaches: bool) -> None:
    """Input: a VPC with a public block. Output: its gateway node announces the block; where leaves refuse blocks, what
    comes in follows the aggregate to every gateway node, and some of it to one that has no way on."""
    prefixes = '    prefixes: [203.0.113.0/24, "2001:db8:f::/48"]\n'
    stand = Stand(analyser_of(blueprint_of((prefixes, prefixes + block_length))))
    vpc = stand.cloud.create("vpc", cidr_blocks=["10.5.0.0/16"], ipv6_cidr_blocks=["public"])
    block = vpc.ipv6_cidr_blocks[0].partition("::")[0]
    subnet = stand.cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.5.1.0/24", ipv6_cidr_block=f"{block}::/64")
    gateway = stand.cloud.create("internet_gateway", vpc_id=vpc.id)
    stand.cloud.update(vpc.main_route_table_id, routes=[{"destination": "::/0", "target": gateway.id}])
    web = stand.cloud.create("network_interface", subnet_id=subnet.id)
    found = stand.ask(web.id, "2001:db8:ffff::1")
    assert all(hop.passes for hop in found.there)
    inwards = stand.ask("2001:db8:ffff::1", web.ipv6_addresses[0])
    ends = {hop.component for hop in inwards.there if hop.layer == "gateway" and hop.point in ("deliver", "drop")}
    if reaches:
        assert found.outcome == "reachable"
        assert (inwards.there[-1].point, ends) == ("security-group", {stand.node(vpc)})
        assert any(hop.decided_by == f"{vpc.ipv6_cidr_blocks[0]} in cloud-inet" for hop in inwards.there)
    else:
        assert ends == {"gw1", "gw2"}
        assert found.outcome == "partly"


@pytest.mark.parametrize("block_length", ["    vpc_block: 56\n", ""])
def test_an_internet_facing_load_balancer_is_reached_at_its_own_ipv6_address(block_length: str) -> None:
    """Input: one with an elastic IP and an IPv6 address, from outside and from a VPC that only the internet joins to
    it. Output: it is found by an announcement of its own, whether blocks are or not; where the targets' subnet is for
    what begins inside it is closed."""
    prefixes = '    prefixes: [203.0.113.0/24, "2001:db8:f::/48"]\n'
    stand, carrier = Stand(analyser_of(blueprint_of((prefixes, prefixes + block_length)))), "2001:db8:ffff::1"
    cloud = stand.cloud
    made: list[Any] = []
    for n in (5, 6):
        vpc = cloud.create("vpc", cidr_blocks=[f"10.{n}.0.0/16"], ipv6_cidr_blocks=["public"])
        six = vpc.ipv6_cidr_blocks[0].replace("/56", "/64")
        subnet = cloud.create("subnet", vpc_id=vpc.id, cidr_block=f"10.{n}.1.0/24", ipv6_cidr_block=six)
        gateway = cloud.create("internet_gateway", vpc_id=vpc.id)
        cloud.update(vpc.main_route_table_id, routes=[{"destination": "::/0", "target": gateway.id}])
        made.append((vpc, subnet, gateway, cloud.create("network_interface", subnet_id=subnet.id)))
    (vpc, subnet, gateway, web), (_, _, _, client) = made
    cloud.create("security_group_rule", security_group_id=vpc.default_security_group_id, direction="ingress",
                 protocol="tcp", from_port=8443, to_port=8443, peer="::/0")  # fmt: skip
    group = cloud.create("target_group", vpc_id=vpc.id, targets=[{"network_interface_id": web.id, "port": 8443}])
    body = {"subnet_ids": [subnet.id], "ip_address_type": "dualstack", "elastic_ip_id": cloud.create("elastic_ip").id}
    listeners = [{"port": 443, "target_group_id": group.id}]
    balancer = cloud.create("load_balancer", scheme="internet-facing", listeners=listeners, **body)
    [address] = balancer.ipv6_addresses
    found = stand.ask(carrier, balancer.id)
    assert f"{address}/128 in cloud-inet" in {hop.decided_by for hop in found.there}
    ends = {hop.component for hop in found.there if hop.layer == "gateway" and hop.point in ("deliver", "drop")}
    assert ends == {stand.node(vpc)}
    assert [hop.passes for hop in found.there] == [True] * len(found.there)
    [there] = [hop.after for hop in found.there if hop.after is not None]
    assert (there.destination, there.destination_port) == (web.ipv6_addresses[0], 8443)
    [back] = [hop.after for hop in found.back if hop.after is not None]
    assert (back.source, back.source_port) == (address, 443)
    assert found.outcome == "reachable"
    assert stand.ask(carrier, address).outcome == "reachable"
    assert stand.ask(carrier, address, destination_port=8443).decided_by == balancer.id
    inside = stand.ask(client.id, address)
    assert [hop.component for hop in inside.there if hop.point == "load-balancer"] == [balancer.id]
    assert all(hop.passes for hop in inside.there)
    inward = cloud.create("egress_only_internet_gateway", vpc_id=vpc.id)
    cloud.update(vpc.main_route_table_id, routes=[{"destination": "::/0", "target": inward.id}])
    refused = stand.ask(carrier, address)
    assert (refused.outcome, refused.decided_by) == ("unreachable", f"{vpc.main_route_table_id}/::/0")


def test_without_a_fabric_it_ends_at_the_gateway(stand: Stand) -> None:
    region = without_fabric("x", ("north",), ("203.0.113.0/24",))
    bare = Stand(Analyser(region=region))
    found = bare.ask(bare.web.id, OUTSIDE)
    assert "no gateway node" in found.explanation
    other = bare.cloud.create("network_interface", subnet_id=bare.subnet.id)
    assert bare.ask(bare.web.id, other.id).outcome == "reachable"


def test_a_tenant_sees_its_own_and_that_there_is_a_provider(stand: Stand) -> None:
    stand.let_in(stand.vpc)
    found = stand.ask(OUTSIDE, stand.elastic.id, project="alpha")
    assert [hop.layer for hop in found.there] == ["provider", *["vpc"] * 4]
    text = str(found)
    for word in ("a-leaf1", "a-border1", "isp", "gw1", "gw2", "hv1", "cloud-inet", "10.64."):
        assert word not in text, word
    assert [hop.number for hop in found.there] == [*range(len(found.there))]
    assert [hop.next for hop in found.there][-1] == ()


def test_a_provider_that_does_not_carry_is_said_without_why() -> None:
    stand = Stand(analyser_of(blueprint_of(), Failures(devices=frozenset(("a-border1",)))))
    found = stand.ask(stand.web.id, OUTSIDE, project="alpha")
    assert (found.outcome, found.explanation) == ("unreachable", "the provider's network does not let it through")
    assert "border" not in str(found)


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"source": "eni-00000000000000000"}, "network-interface.not-found", "/source"),
    ({"destination": "lb-00000000000000000"}, "load-balancer.not-found", "/destination"),
    ({"destination": "vpc-00000000000000001"}, "reachability.end", "/destination"),
    ({"destination": "127.0.0.1"}, "reachability.end", "/destination"),
    ({"destination": "\x1b[2J"}, "reachability.end", "/destination"),
    ({"destination": "2001:db8::1"}, "reachability.version", "/destination"),
    ({"destination_port": None}, "reachability.port", "/destination_port"),
    ({"destination_port": 0}, "reachability.port", "/destination_port"),
    ({"source_port": 65536}, "reachability.port", "/source_port"),
    ({"protocol": "icmp", "icmp_type": 256}, "reachability.icmp", "/icmp_type"),
    ({"protocol": "tcpp"}, "reachability.protocol", "/protocol"),
    ({"network": "moon"}, "reachability.network", "/network"),
    ({"network": "private"}, "reachability.network", "/network"),
]


@pytest.mark.parametrize(("fields", "code", "field"), BAD)
def test_questions_that_cannot_be_meant(stand: Stand, fields: dict[str, Any], code: str, field: str) -> None:
    given = {"source": stand.web.id, "destination": OUTSIDE, "project": "alpha"} | fields
    with pytest.raises(Refused) as error:
        stand.ask(**given)
    assert refused(error) == (404 if code.endswith(".not-found") else 422, code, field)


def test_ends_without_an_address(stand: Stand) -> None:
    idle = stand.cloud.create("elastic_ip")
    with pytest.raises(Refused) as error:
        stand.ask(idle.id, OUTSIDE)
    assert refused(error)[1] == "reachability.not-associated"
    balancer = stand.cloud.create(
        "load_balancer",
        subnet_ids=[stand.subnet.id],
        listeners=[
            {"port": 80, "target_group_id": stand.cloud.create("target_group", vpc_id=stand.vpc.id).id},
        ],
    )
    with pytest.raises(Refused) as error:
        stand.ask(OUTSIDE, balancer.id)
    assert refused(error)[1] == "reachability.no-address"
    found = stand.ask(OUTSIDE, idle.id)
    assert found.outcome == "unreachable"


def test_anothers_interface_is_not_there(stand: Stand) -> None:
    with pytest.raises(Refused) as error:
        stand.ask(stand.web.id, OUTSIDE, project="beta")
    assert refused(error) == (404, "network-interface.not-found", "/source")
