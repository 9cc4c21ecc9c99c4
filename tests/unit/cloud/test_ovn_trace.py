"""What OVN does with the compiled rows: `ovn-trace` over the flows that a real northd made of them, both versions.

Input: documents and a packet. Output: where it comes out.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from cloud_documents import REGION
from cloud_universe import UNIVERSE
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.flow_log import FlowLog
from crossconnect.cloud.kinds.gateways import EgressOnlyInternetGateway, InternetGateway, NatGateway
from crossconnect.cloud.kinds.load_balancer import HealthCheck, Listener, LoadBalancer, Target, TargetGroup
from crossconnect.cloud.kinds.network_acl import AclEntry
from crossconnect.cloud.kinds.network_interface import AddressPair
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.prefix_list import PrefixList, PrefixListEntry
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.private_link import EndpointService, ServiceEndpoint
from crossconnect.cloud.kinds.security_group import SecurityGroup
from crossconnect.cloud.kinds.service_insertion import Appliance, ServiceInsertion, SteeringRule
from crossconnect.cloud.kinds.traffic_mirror import TrafficMirror
from crossconnect.cloud.kinds.transit import (
    TransitRoute,
    TransitRouter,
    TransitRouterAttachment,
    TransitRouteTable,
)
from crossconnect.cloud.logical.numbers import router_mac
from ovn_central import VERSIONS, Central, central, needs_ovn
from ovn_scene import Scene, outputs

pytestmark = needs_ovn


@pytest.fixture(params=VERSIONS, scope="module")
def box(request: pytest.FixtureRequest) -> Iterator[Central]:
    """A central of each version."""
    with central(request.param) as made:
        made.chassis("hv1", "hv2", "gw1", "gw2", "gw3")
        yield made


@pytest.fixture
def scene(box: Central) -> Iterator[Scene]:
    """An empty region, which is emptied afterwards."""
    yield from _emptied(Scene(box))


@pytest.fixture
def announcing(box: Central) -> Iterator[Scene]:
    """The same, in a region where OVN tells routing daemons what is to be announced."""
    yield from _emptied(Scene(box, msgspec.structs.replace(REGION, dynamic_routing=True)))


def _emptied(made: Scene) -> Iterator[Scene]:
    yield made
    made.clear()


def two_subnets(scene: Scene, name: str = "blue") -> None:
    """A VPC with p1, p2 in one subnet and p3 in another."""
    cloud = scene.cloud
    cloud.vpc(name, "10.0.0.0/16")
    cloud.subnet(f"{name}1", name, "10.0.1.0/24")
    cloud.subnet(f"{name}2", name, "10.0.2.0/24", zone="b")
    cloud.port(f"{name}-p1", f"{name}1", "10.0.1.10")
    cloud.port(f"{name}-p2", f"{name}1", "10.0.1.11")
    cloud.port(f"{name}-p3", f"{name}2", "10.0.2.10", host="hv2")


def test_members_of_the_default_group_reach_each_other_and_nobody_else(scene: Scene) -> None:
    """Input: p1, p2, p3 in the default group, p4 in another one. Output: only members pass, within and over subnets."""
    two_subnets(scene)
    scene.cloud.group("other", "blue")
    scene.cloud.port("p4", "blue2", "10.0.2.11", "other")
    scene.write()
    assert scene.send("blue-p1", "10.0.1.11") == ["eni-blue-p2"]
    assert scene.send("blue-p1", "10.0.2.10") == ["eni-blue-p3"]
    assert scene.send("p4", "10.0.1.10") == []
    assert scene.send("blue-p1", "10.0.2.11") == []


def test_a_rule_names_protocol_ports_and_peer(scene: Scene) -> None:
    """Input: a web group that allows tcp 80-81 from a block, 443 from a group, ping from a prefix list."""
    two_subnets(scene)
    cloud = scene.cloud
    cloud.group("web", "blue")
    cloud.rule("sgr-1", "sg-web", "ingress", "10.0.1.0/28", "tcp", (80, 81))
    cloud.rule("sgr-2", "sg-web", "ingress", "sg-blue", "tcp", (443, 443))
    cloud.make(
        PrefixList,
        "pl-1",
        address_family="ipv4",
        max_entries=10,
        entries=(PrefixListEntry(cidr="10.0.1.11/32"), PrefixListEntry(cidr="10.9.0.0/16")),
    )
    cloud.rule("sgr-3", "sg-web", "ingress", "pl-1", "icmp", (8, 0))
    cloud.port("web", "blue2", "10.0.2.20", "web")
    cloud.group("lonely", "blue")
    cloud.port("lonely", "blue1", "10.0.1.99", "lonely")
    scene.write()
    assert scene.send("blue-p1", "10.0.2.20", "tcp.dst == 81") == ["eni-web"]
    assert scene.send("blue-p1", "10.0.2.20", "tcp.dst == 82") == []
    assert scene.send("blue-p1", "10.0.2.20", "udp.dst == 80") == []
    assert scene.send("lonely", "10.0.2.20", "tcp.dst == 80") == []
    assert scene.send("blue-p1", "10.0.2.20", "tcp.dst == 443") == ["eni-web"]
    assert scene.send("lonely", "10.0.2.20", "tcp.dst == 443") == []
    ping = "icmp4.type == 8 && icmp4.code == 0"
    assert scene.send("blue-p2", "10.0.2.20", ping) == ["eni-web"]
    assert scene.send("blue-p1", "10.0.2.20", ping) == []


def test_replies_pass_whatever_the_rules_say(scene: Scene) -> None:
    """Input: a group without rules. Output: what begins outside is dropped, replies to what it began pass."""
    two_subnets(scene)
    scene.cloud.group("other", "blue")
    scene.cloud.port("p4", "blue1", "10.0.1.40", "other")
    scene.write()
    assert scene.send("blue-p1", "10.0.1.40") == []
    assert scene.send("blue-p1", "10.0.1.40", ct=("est,rpl",) * 4) == ["eni-p4"]


def test_nobody_sends_as_somebody_else(scene: Scene) -> None:
    """Input: an interface, one with an allowed pair, one without the check. Output: only the last two may send so."""
    two_subnets(scene)
    pairs = (AddressPair(cidr="10.0.1.100"),)
    scene.cloud.port("vrrp", "blue1", "10.0.1.20", allowed_address_pairs=pairs)
    scene.cloud.port("router", "blue1", "10.0.1.21", source_dest_check=False)
    scene.write()
    # ovn-controller resolves port security from Port_Binding, which ovn-trace does not: this is what it gets.
    bound = {row["name"]: row["port_security"] for row in scene.box.rows("Logical_Switch_Port").values()}
    assert bound["eni-blue-p1"] == {"02:c0:0a:00:01:0a 10.0.1.10"}
    assert bound["eni-vrrp"] == {"02:c0:0a:00:01:14 10.0.1.20", "02:c0:0a:00:01:14 10.0.1.100"}
    assert bound["eni-router"] == frozenset()


def test_tenants_with_the_same_addresses_do_not_meet(scene: Scene) -> None:
    """Input: two VPCs with the same blocks and addresses. Output: each reaches its own."""
    two_subnets(scene, "blue")
    two_subnets(scene, "red")
    scene.write()
    assert scene.send("blue-p1", "10.0.2.10") == ["eni-blue-p3"]
    assert scene.send("red-p1", "10.0.2.10") == ["eni-red-p3"]


def test_what_no_subnet_has_is_dropped_inside_the_vpc(scene: Scene) -> None:
    """Input: a default route to an internet gateway; an address of the VPC that no subnet has. Output: nothing."""
    two_subnets(scene)
    scene.cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    scene.cloud.table("blue", "blue", ("0.0.0.0/0", "igw-1"))
    scene.write()
    assert scene.send("blue-p1", "10.0.77.7") == []


def test_network_acl_at_the_subnets_border(scene: Scene) -> None:
    """Input: a subnet that lets 80 in from the other one, 81 not, and out only 8080. Output: so it is at its border,
    and inside it nothing is filtered."""
    two_subnets(scene)
    scene.cloud.acl(
        "strict",
        "blue",
        AclEntry(number=90, direction="ingress", action="deny", cidr="10.0.1.11/32"),
        AclEntry(
            number=100,
            direction="ingress",
            action="allow",
            protocol="tcp",
            cidr="10.0.0.0/16",
            from_port=80,
            to_port=80,
        ),
        AclEntry(number=100, direction="egress", action="deny", cidr="10.0.1.11/32"),
        AclEntry(
            number=110,
            direction="egress",
            action="allow",
            protocol="tcp",
            cidr="0.0.0.0/0",
            from_port=8080,
            to_port=8080,
        ),
    )
    scene.cloud.subnet("blue2", "blue", "10.0.2.0/24", network_acl_id="acl-strict")
    scene.cloud.port("p4", "blue2", "10.0.2.11")
    scene.write()
    assert scene.send("blue-p1", "10.0.2.10", "tcp.dst == 80") == ["eni-blue-p3"]
    assert scene.send("blue-p1", "10.0.2.10", "tcp.dst == 81") == []
    assert scene.send("blue-p2", "10.0.2.10", "tcp.dst == 80") == []
    assert scene.send("blue-p3", "10.0.1.10", "tcp.dst == 8080") == ["eni-blue-p1"]
    assert scene.send("blue-p3", "10.0.1.10", "tcp.dst == 80") == []
    assert scene.send("blue-p3", "10.0.1.11", "tcp.dst == 8080") == []
    assert scene.send("blue-p3", "10.0.2.11", "tcp.dst == 99") == ["eni-p4"]
    # Stateless: a reply that leaves has to be allowed, too.
    assert scene.send("blue-p3", "10.0.1.10", "tcp.dst == 50000", ct=("est,rpl",) * 4) == []


def test_a_network_acl_does_not_open_what_a_group_closes(scene: Scene) -> None:
    """Input: a network ACL that lets 80 and all in; a group that allows nothing. Output: dropped at the machine."""
    two_subnets(scene)
    scene.cloud.acl(
        "strict",
        "blue",
        AclEntry(
            number=10, direction="ingress", action="deny", protocol="tcp", cidr="0.0.0.0/0", from_port=22, to_port=22
        ),
        AclEntry(number=100, direction="ingress", action="allow", cidr="0.0.0.0/0"),
        AclEntry(number=100, direction="egress", action="allow", cidr="0.0.0.0/0"),
    )
    scene.cloud.subnet("blue2", "blue", "10.0.2.0/24", network_acl_id="acl-strict")
    scene.cloud.group("other", "blue")
    scene.cloud.port("p4", "blue2", "10.0.2.11", "other")
    scene.write()
    assert scene.send("blue-p1", "10.0.2.11") == []
    assert scene.send("blue-p1", "10.0.2.10") == ["eni-blue-p3"]
    assert scene.send("blue-p1", "10.0.2.10", "tcp.dst == 22") == []


def test_elastic_ip_and_what_goes_without_one(scene: Scene) -> None:
    """Input: p1 with an elastic IP, p2 without. Output: p1 leaves with it, p2 is dropped before the provider's
    network."""
    two_subnets(scene)
    cloud = scene.cloud
    cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    cloud.table("blue", "blue", ("0.0.0.0/0", "igw-1"))
    cloud.make(
        ElasticIp, "eip-1", address="203.0.113.7", network_interface_id="eni-blue-p1", private_address="10.0.1.10"
    )
    scene.write()
    out = scene.trace("blue-p1", "8.8.8.8", "tcp.dst == 80")
    assert outputs(out) == ["localnet-internet"]
    assert "ip4.src=203.0.113.7" in out or "ct_snat(203.0.113.7)" in out
    assert scene.send("blue-p2", "8.8.8.8") == []


def arrive(
    scene: Scene, to: str, what: str = "tcp.dst == 80", mac: str = "", source: str = "8.8.8.8", ct: str = "new"
) -> list[str]:
    """Where a packet from the internet comes out; sent to the router's MAC where none is given."""
    if not mac:
        binding = scene.box.sbctl("--bare", "--columns=mac", "find", "Port_Binding", 'logical_port="internet-vpc-blue"')
        mac = binding.split()[0]
    version = 6 if ":" in to else 4
    flow = (
        f'inport == "localnet-internet" && eth.src == 0a:00:00:00:00:01 && eth.dst == {mac} && ip.ttl == 64'
        f" && ip{version}.src == {source} && ip{version}.dst == {to} && {what}"
    )
    return outputs(scene.box.trace("provider-internet", flow, "--minimal", *(f"--ct={ct}",) * 6))


def test_an_elastic_ip_is_reached_as_far_as_the_group_allows(scene: Scene) -> None:
    """Input: p1 with an elastic IP and port 80 open to all. Output: 80 arrives, 81 does not; private and transfer
    addresses are not reached from outside."""
    two_subnets(scene)
    cloud = scene.cloud
    cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    cloud.table("blue", "blue", ("0.0.0.0/0", "igw-1"))
    cloud.rule("sgr-80", "sg-blue", "ingress", "0.0.0.0/0", "tcp", (80, 80))
    cloud.make(ElasticIp, "eip-1", address="203.0.113.7", network_interface_id="eni-blue-p1")
    scene.write()
    mac = "02:c0:0a:00:01:0a"
    assert arrive(scene, "203.0.113.7", mac=mac) == ["eni-blue-p1"]
    assert arrive(scene, "203.0.113.7", "tcp.dst == 81", mac=mac) == []
    assert arrive(scene, "10.0.1.10") == []
    assert arrive(scene, "192.0.2.16") == []


def test_without_an_internet_gateway_an_elastic_ip_fails_alone(scene: Scene) -> None:
    """Input: an elastic IP in a VPC without a gateway. Output: it says why; the rest is there. With a gateway it
    heals."""
    two_subnets(scene)
    scene.cloud.make(ElasticIp, "eip-1", address="203.0.113.7", network_interface_id="eni-blue-p1")
    scene.write()
    assert scene.failed() == {"eip-1": "VPC vpc-blue has no internet gateway"}
    assert scene.send("blue-p1", "10.0.1.11") == ["eni-blue-p2"]
    scene.cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    scene.write()
    assert scene.failed() == {}


def test_nat_gateway_for_subnets_whose_table_leads_to_it(scene: Scene) -> None:
    """Input: subnet 2's table leads to a NAT gateway, p3 has an elastic IP as well. Output: p3 leaves with the
    gateway's address, as in AWS."""
    two_subnets(scene)
    cloud = scene.cloud
    cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    cloud.table("blue", "blue", ("0.0.0.0/0", "igw-1"))
    cloud.table("private", "blue", ("0.0.0.0/0", "nat-1"))
    cloud.subnet("blue2", "blue", "10.0.2.0/24", route_table_id="rtb-private")
    cloud.make(ElasticIp, "eip-nat", address="203.0.113.9")
    cloud.make(ElasticIp, "eip-3", address="203.0.113.8", network_interface_id="eni-blue-p3")
    cloud.make(
        NatGateway, "nat-1", vpc_id="vpc-blue", subnet_id="subnet-blue1", elastic_ip_id="eip-nat",
        private_address="10.0.1.200", number=cloud.number(),
    )  # fmt: skip
    scene.write()
    assert scene.failed() == {}
    out = scene.trace("blue-p3", "8.8.8.8", "tcp.dst == 80")
    assert outputs(out) == ["localnet-internet"]
    assert "203.0.113.9" in out
    assert "203.0.113.8" not in out


def test_routes_are_the_subnets_own(scene: Scene) -> None:
    """Input: only subnet 1's table has a route to an appliance's interface. Output: only its machines go there; with
    the appliance gone the route is a black hole."""
    two_subnets(scene)
    cloud = scene.cloud
    cloud.port("fw", "blue2", "10.0.2.66", source_dest_check=False)
    cloud.rule("sgr-any", "sg-blue", "ingress", "0.0.0.0/0")
    cloud.table("steered", "blue", ("172.16.0.0/12", "eni-fw"))
    cloud.subnet("blue1", "blue", "10.0.1.0/24", route_table_id="rtb-steered")
    scene.write()
    assert scene.send("blue-p1", "172.16.0.1") == ["eni-fw"]
    assert scene.send("blue-p3", "172.16.0.1") == []
    cloud.drop("eni-fw")
    scene.write()
    assert scene.send("blue-p1", "172.16.0.1") == []


def test_peering_joins_two_vpcs_and_leads_no_further(scene: Scene) -> None:
    """Input: blue - green - red, peered pairwise, routes in both directions, red's block routed into blue's peering.
    Output: blue reaches green, not red."""
    cloud = scene.cloud
    for n, name in enumerate(("blue", "green", "red")):
        cloud.vpc(name, f"10.{n}.0.0/16")
        cloud.subnet(name, name, f"10.{n}.1.0/24")
        cloud.port(name, name, f"10.{n}.1.10")
        cloud.rule(f"sgr-{name}", f"sg-{name}", "ingress", "10.0.0.0/8")
    for left, right in (("blue", "green"), ("green", "red")):
        cloud.make(
            VpcPeering, f"pcx-{left}", vpc_id=f"vpc-{left}", peer_vpc_id=f"vpc-{right}", peer_project_id="x",
            status="active",
        )  # fmt: skip
    cloud.table("blue", "blue", ("10.1.0.0/16", "pcx-blue"), ("10.2.0.0/16", "pcx-blue"))
    cloud.table("green", "green", ("10.0.0.0/16", "pcx-blue"), ("10.2.0.0/16", "pcx-green"))
    cloud.table("red", "red", ("10.1.0.0/16", "pcx-green"), ("10.0.0.0/16", "pcx-green"))
    scene.write()
    assert scene.send("blue", "10.1.1.10") == ["eni-green"]
    assert scene.send("green", "10.2.1.10") == ["eni-red"]
    assert scene.send("green", "10.0.1.10") == ["eni-blue"]
    assert scene.send("blue", "10.2.1.10") == []


def balanced(scene: Scene) -> None:
    """A VPC with a load balancer at 10.0.1.50 and 10.0.2.50, port 80, whose targets are p2 and p3 on 8080."""
    two_subnets(scene)
    cloud = scene.cloud
    cloud.rule("sgr-8080", "sg-blue", "ingress", "0.0.0.0/0", "tcp", (8080, 8080))
    cloud.make(
        TargetGroup,
        "tg-1",
        vpc_id="vpc-blue",
        targets=(
            Target(network_interface_id="eni-blue-p2", port=8080),
            Target(network_interface_id="eni-blue-p3", port=8080),
        ),
        health_check=HealthCheck(),
    )
    cloud.make(
        LoadBalancer,
        "nlb-1",
        vpc_id="vpc-blue",
        subnet_ids=("subnet-blue1", "subnet-blue2"),
        addresses=("10.0.1.50", "10.0.2.50"),
        listeners=(Listener(protocol="tcp", port=80, target_group_id="tg-1"),),
        cross_zone=False,
    )


def test_load_balancer_leads_to_the_targets_of_its_zone(scene: Scene) -> None:
    """Input: an address in each zone, cross-zone off. Output: each address leads to its own zone's target; the address
    in the client's own subnet is answered for by the router."""
    balanced(scene)
    scene.write()
    assert scene.failed() == {}
    assert scene.send("blue-p1", "10.0.2.50") == ["eni-blue-p3"]
    assert scene.send("blue-p1", "10.0.1.50") == ["eni-blue-p2"]
    asked = (
        'inport == "eni-blue-p1" && eth.src == 02:c0:0a:00:01:0a && eth.dst == ff:ff:ff:ff:ff:ff && arp.op == 1'
        " && arp.spa == 10.0.1.10 && arp.tpa == 10.0.1.50 && arp.sha == 02:c0:0a:00:01:0a"
    )
    answer = scene.box.trace("subnet-blue1", asked, "--minimal")
    assert f"arp.sha = {router_mac(REGION, 'subnet-blue1')}" in answer
    assert outputs(answer) == ["eni-blue-p1"]
    monitors = scene.box.sbctl("--bare", "--columns=ip", "list", "Service_Monitor").split()
    assert sorted(monitors) == ["10.0.1.11", "10.0.2.10"]


def test_load_balancer_with_an_elastic_ip_is_reached_from_outside(scene: Scene) -> None:
    """Input: an internet-facing load balancer. Output: a packet to its elastic IP reaches a target."""
    balanced(scene)
    cloud = scene.cloud
    cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    cloud.table("blue", "blue", ("0.0.0.0/0", "igw-1"))
    cloud.make(ElasticIp, "eip-lb", address="203.0.113.50")
    cloud.make(
        LoadBalancer,
        "nlb-1",
        vpc_id="vpc-blue",
        subnet_ids=("subnet-blue1",),
        addresses=("10.0.1.50",),
        scheme="internet-facing",
        elastic_ip_id="eip-lb",
        listeners=(Listener(protocol="tcp", port=80, target_group_id="tg-1"),),
    )
    scene.write()
    assert scene.failed() == {}
    assert arrive(scene, "203.0.113.50") in (["eni-blue-p2"], ["eni-blue-p3"])


def dual_stack(scene: Scene, **fields: object) -> tuple[str, ...]:
    """The same, with IPv6; the load balancer's IPv6 addresses, which have the same zones."""
    balanced(scene)
    cloud = scene.cloud
    cloud.vpc("blue", "10.0.0.0/16", six=("2001:db8:1::/56",))
    cloud.rule("sgr-8080-6", "sg-blue", "ingress", "::/0", "tcp", (8080, 8080))
    cloud.table("blue", "blue", ("::/0", "igw-1"))
    for n, zone in ((1, "a"), (2, "b")):
        cloud.subnet(f"blue{n}", "blue", f"10.0.{n}.0/24", f"2001:db8:1:{n}::/64", zone=zone)
    for port, n, host in (("p1", 1, 10), ("p2", 1, 11), ("p3", 2, 10)):
        cloud.port(f"blue-{port}", f"blue{n}", f"10.0.{n}.{host}", six=f"2001:db8:1:{n}::{host}")
    six = ("2001:db8:1:1::50", "2001:db8:1:2::50")
    fields = {"ip_address_type": "dualstack", "ipv6_addresses": six, **fields}
    cloud.put(msgspec.structs.replace(cloud.documents["nlb-1"], **fields))
    return six


def test_a_dual_stack_load_balancer_answers_in_both_versions(scene: Scene) -> None:
    """Input: IPv6 addresses, too, and targets with both versions. Output: an
    IPv6 client reaches the targets' IPv6 addresses; the router answers who asks for the address, targets are asked in
    both versions, nobody outside is let in; without a target of IPv6 it says so."""
    six = dual_stack(scene)
    cloud = scene.cloud
    cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    scene.write()
    assert scene.failed() == {}
    assert scene.send("blue-p1", six[0]) == ["eni-blue-p2"]
    assert scene.send("blue-p1", six[1]) == ["eni-blue-p3"]
    assert scene.send("blue-p1", "10.0.2.50") == ["eni-blue-p3"]
    mac = router_mac(REGION, "subnet-blue1")
    asked = (
        'inport == "eni-blue-p1" && eth.src == 02:c0:0a:00:01:0a && eth.dst == 33:33:ff:00:00:50 && ip.ttl == 255'
        " && ip6.src == 2001:db8:1:1::10 && ip6.dst == ff02::1:ff00:50 && icmp6.type == 135 && icmp6.code == 0"
        f" && nd.target == {six[0]} && nd.sll == 02:c0:0a:00:01:0a"
    )
    answer = scene.box.trace("subnet-blue1", asked, "--minimal")
    assert f"nd.tll = 0x{int(mac.replace(':', ''), 16):x};" in answer
    assert 'output("eni-blue-p1")' in answer
    assert arrive(scene, six[0], source="2600::1") == []
    monitors = scene.box.sbctl("--bare", "--columns=ip", "list", "Service_Monitor").split()
    assert sorted(monitors) == ["10.0.1.11", "10.0.2.10", "2001:db8:1:1::11", "2001:db8:1:2::10"]
    for port, n, host in (("p2", 1, 11), ("p3", 2, 10)):
        cloud.port(f"blue-{port}", f"blue{n}", f"10.0.{n}.{host}")
    scene.write()
    assert "tg-1: no target has an IPv6 address" in scene.failed()["nlb-1"]
    assert scene.send("blue-p1", "10.0.2.50") == ["eni-blue-p3"]


def test_a_dual_stack_load_balancer_becomes_an_ipv4_one_again(scene: Scene) -> None:
    """Input: its `ip_address_type` is changed, and back. Output: the northbound database has its IPv6 addresses only
    while it has them, and clients of IPv4 are served all the time."""
    six = dual_stack(scene)
    scene.write()
    both = scene.cloud.documents["nlb-1"]
    for kept in ((), six):
        scene.cloud.put(msgspec.structs.replace(both, ip_address_type="ipv4" if not kept else "dualstack",
                                                ipv6_addresses=kept))  # fmt: skip
        scene.write()
        assert scene.failed() == {}
        assert (six[0] in scene.box.nbctl("lb-list")) is bool(kept)
        assert scene.send("blue-p1", six[0]) == (["eni-blue-p2"] if kept else [])
        assert scene.send("blue-p1", "10.0.2.50") == ["eni-blue-p3"]


def test_an_internet_facing_dual_stack_load_balancer_is_reached_from_outside(scene: Scene) -> None:
    """Input: one with an elastic IP and IPv6 addresses. Output: packets to those reach the targets of their zones, on
    listeners' ports only, and answers leave; clients inside are balanced where they are; gateway nodes are told of the
    VPC's block, and of the addresses. Without the internet gateway nobody comes in, and it says so."""
    six = dual_stack(scene, scheme="internet-facing", elastic_ip_id="eip-lb")
    cloud, outside = scene.cloud, "2600::1"
    cloud.make(ElasticIp, "eip-lb", address="203.0.113.50")
    cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    scene.write()
    scene.box.neighbour("internet-vpc-blue", REGION.internet.next_hop6, "0a:00:00:00:00:01")
    assert scene.failed() == {}
    assert arrive(scene, "203.0.113.50") in (["eni-blue-p2"], ["eni-blue-p3"])
    assert arrive(scene, six[0], source=outside) == ["eni-blue-p2"]
    assert arrive(scene, six[1], source=outside) == ["eni-blue-p3"]
    assert arrive(scene, six[0], "tcp.dst == 8080", source=outside) == []
    assert arrive(scene, six[0], "icmp6.type == 128 && icmp6.code == 0", source=outside) == []
    assert arrive(scene, "2001:db8:1:1::11", "tcp.dst == 8080", source=outside) == ["eni-blue-p2"]
    answer = scene.trace("blue-p3", outside, "tcp.src == 8080 && tcp.dst == 40000", ct=("est,rpl",) * 8)
    assert outputs(answer) == ["localnet-internet"]
    assert scene.send("blue-p1", six[1]) == ["eni-blue-p3"]
    told = scene.box.sbctl("--bare", "--columns=nat_addresses,external_ids", "find", "Port_Binding",
                           'logical_port="lsp-internet-vpc-blue"')  # fmt: skip
    assert {*six, "203.0.113.50", "crossconnect:announce=2001:db8:1::/56"} <= {*told.replace('"', "").split()}
    cloud.drop("igw-1")
    cloud.make(EgressOnlyInternetGateway, "eigw-1", vpc_id="vpc-blue")
    scene.write()
    assert "no internet gateway" in scene.failed()["nlb-1"]
    assert arrive(scene, six[0], source=outside) == []


def balanced_from(scene: Scene, *routes: tuple[str, str]) -> None:
    """The same, and a client `red` in another VPC, which is peered (`pcx-1`), and a `far` one behind a transit router
    (`tgw-1`), which is attached to all three."""
    balanced(scene)
    cloud = scene.cloud
    for n, name in ((1, "red"), (2, "far")):
        cloud.vpc(name, f"10.{n}.0.0/16")
        cloud.subnet(name, name, f"10.{n}.1.0/24")
        cloud.port(name, name, f"10.{n}.1.10", host="hv2")
        cloud.table(name, name, *(routes or (("10.0.0.0/16", "pcx-1" if name == "red" else "tgw-1"),)))
    cloud.table("blue", "blue", ("10.1.0.0/16", "pcx-1"), ("10.2.0.0/16", "tgw-1"))
    cloud.make(
        VpcPeering, "pcx-1", vpc_id="vpc-blue", peer_vpc_id="vpc-red", peer_project_id="x", status="active"
    )  # fmt: skip
    cloud.make(TransitRouter, "tgw-1", default_route_table_id="tgw-rtb-1", number=cloud.number())
    cloud.make(TransitRouteTable, "tgw-rtb-1", transit_router_id="tgw-1")
    for name in ("blue", "far"):
        cloud.make(
            TransitRouterAttachment, f"att-{name}", transit_router_id="tgw-1", transit_router_project_id="blue",
            status="active", route_table_id="tgw-rtb-1", propagated_route_table_ids=("tgw-rtb-1",),
            vpc_id=f"vpc-{name}",
        )  # fmt: skip


def test_a_load_balancer_is_reached_over_a_peering_and_a_transit_router(scene: Scene) -> None:
    """Input: a client in a peer, one behind a transit router. Output: each address leads both to its zone's target, by
    the client's own address; only listeners are reached; the answer's way back is the first packet's."""
    balanced_from(scene)
    scene.write()
    assert scene.failed() == {}
    for client in ("red", "far"):
        assert scene.send(client, "10.0.1.50") == ["eni-blue-p2"]
        assert scene.send(client, "10.0.2.50") == ["eni-blue-p3"]
        assert scene.send(client, "10.0.2.50", "tcp.dst == 81") == []
        own = scene.cloud.documents[f"eni-{client}"].private_addresses[0]  # pyright: ignore
        back = scene.trace("blue-p3", own, "tcp.src == 8080 && tcp.dst == 40000", ct=("est,rpl",) * 8)
        assert outputs(back) == [f"eni-{client}"]


def test_another_vpcs_load_balancer_is_balanced_only_where_routes_lead_to_all_of_it(scene: Scene) -> None:
    """Input: routes to the load balancer's addresses, not to its targets; then to all but a part that leads elsewhere;
    then a transit router's table that drops it. Output: nobody is reached, and no other VPC's switch has the row."""
    balanced_from(scene, ("10.0.1.50/32", "pcx-1"), ("10.0.2.50/32", "pcx-1"))
    cloud = scene.cloud

    def carrying() -> set[str]:
        rows = scene.box.rows("Logical_Switch").values()
        return {str(row["name"]) for row in rows if row["load_balancer"]}

    scene.write()
    assert scene.send("red", "10.0.1.50") == []
    assert carrying() == set()
    cloud.table("red", "red", ("10.0.0.0/16", "pcx-1"), ("10.0.2.10/32", "tgw-1"))
    cloud.table("far", "far", ("10.0.0.0/16", "tgw-1"))
    scene.write()
    assert scene.send("red", "10.0.1.50") == []
    assert carrying() == {"subnet-far"}
    dropped = (TransitRoute(destination="10.0.2.0/24"),)
    cloud.make(TransitRouteTable, "tgw-rtb-1", transit_router_id="tgw-1", routes=dropped)
    scene.write()
    assert scene.send("far", "10.0.1.50") == []
    assert carrying() == set()
    cloud.table("red", "red", ("10.0.0.0/16", "pcx-1"))
    scene.write()
    assert scene.send("red", "10.0.1.50") == ["eni-blue-p2"]
    cloud.put(msgspec.structs.replace(cloud.documents["pcx-1"], status="rejected"))
    scene.write()
    assert scene.send("red", "10.0.1.50") == []


def test_a_check_on_another_port_fails_the_load_balancer(scene: Scene) -> None:
    """Input: a health check on a port that targets do not serve. Output: the reason, since OVN has no such thing."""
    balanced(scene)
    cloud = scene.cloud
    cloud.make(
        TargetGroup, "tg-1", vpc_id="vpc-blue", health_check=HealthCheck(port=9),
        targets=(Target(network_interface_id="eni-blue-p2", port=8080),),
    )  # fmt: skip
    scene.write()
    assert "OVN checks targets on the port that they serve" in scene.failed()["nlb-1"]


def test_the_resolver_is_reached_behind_any_group_and_opens_nothing(scene: Scene) -> None:
    """Input: a machine whose group allows nothing, and a sender from port 53. Output: the third address is reached, and
    its answers come back; from UDP port 53 nothing passes that no rule allows."""
    two_subnets(scene)
    scene.cloud.make(SecurityGroup, "sg-locked", vpc_id="vpc-blue")
    scene.cloud.acl("blue", "blue", default=True)
    scene.cloud.port("locked", "blue1", "10.0.1.77", "locked")
    scene.write()
    assert scene.send("locked", "10.0.1.2", "udp.dst == 53") == ["resolver-vpc-blue"]
    assert scene.send("locked", "169.254.169.253", "udp.dst == 53") == ["resolver-vpc-blue"]
    assert scene.send("locked", "10.0.1.2", "udp.dst == 54") == []
    own, router = (router_mac(REGION, f"{port}-vpc-blue") for port in ("resolver", "services"))
    answer = (
        f'inport == "resolver-vpc-blue" && eth.src == {own} && eth.dst == {router} && ip.ttl == 64'
        " && ip4.src == 10.0.1.2 && ip4.dst == 10.0.1.77 && udp.src == 53 && udp.dst == 4444"
    )
    back = scene.box.trace("services-vpc-blue", answer, "--minimal", *("--ct=est,rpl",) * 4)
    assert outputs(back) == ["eni-locked"]
    assert outputs(scene.box.trace("services-vpc-blue", answer, "--minimal", *("--ct=new",) * 4)) == []
    assert scene.send("blue-p1", "10.0.1.77", "udp.src == 53 && udp.dst == 4444") == []
    names = {tuple(sorted(row["records"].items())) for row in scene.box.rows("DNS").values()}  # pyright: ignore
    assert ("ip-10-0-1-77.internal", "10.0.1.77") in {pair for one in names for pair in one}


def test_egress_only_gateway(scene: Scene) -> None:
    """Input: a subnet with IPv6 behind an egress-only gateway, its group open to all. Output: connections begin inside
    only; what the table leads elsewhere may begin outside."""
    cloud = scene.cloud
    cloud.vpc("blue", "10.0.0.0/16", six=("2001:db8:1::/56",))
    cloud.subnet("six", "blue", "10.0.6.0/24", "2001:db8:1:6::/64")
    cloud.subnet("open", "blue", "10.0.7.0/24", "2001:db8:1:7::/64", route_table_id="rtb-open")
    cloud.make(EgressOnlyInternetGateway, "eigw-1", vpc_id="vpc-blue")
    cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    cloud.table("blue", "blue", ("::/0", "eigw-1"))
    cloud.table("open", "blue", ("::/0", "igw-1"))
    cloud.rule("sgr-any", "sg-blue", "ingress", "::/0")
    cloud.port("six", "six", "10.0.6.10", six="2001:db8:1:6::10")
    cloud.port("open", "open", "10.0.7.10", six="2001:db8:1:7::10")
    scene.write()
    scene.box.neighbour("internet-vpc-blue", REGION.internet.next_hop6, "0a:00:00:00:00:01")
    outside = "2600::1"
    assert scene.send("six", outside) == ["localnet-internet"]
    assert arrive(scene, "2001:db8:1:6::10", source=outside) == []
    assert arrive(scene, "2001:db8:1:6::10", source=outside, ct="est,rpl") == ["eni-six"]
    assert arrive(scene, "2001:db8:1:7::10", source=outside) == ["eni-open"]
    assert scene.send("open", "2001:db8:1:6::10") == ["eni-six"]


def three_vpcs(scene: Scene) -> None:
    """Three VPCs with different addresses, an interface in each; everything may enter their groups."""
    for n, name in enumerate(("blue", "green", "red")):
        scene.cloud.vpc(name, f"10.{n}.0.0/16")
        scene.cloud.subnet(name, name, f"10.{n}.1.0/24")
        scene.cloud.port(name, name, f"10.{n}.1.10")
        scene.cloud.rule(f"sgr-{name}", f"sg-{name}", "ingress", "0.0.0.0/0")
        scene.cloud.table(name, name, ("10.0.0.0/8", "tgw-1"), ("172.20.0.0/16", "tgw-1"))


def test_a_transit_router_routes_by_the_table_of_where_it_enters(scene: Scene) -> None:
    """Input: blue and green in a table that knows both, red in one that knows green only, and a private gateway that
    the first table leads to. Output: each reaches what its table knows."""
    three_vpcs(scene)
    cloud = scene.cloud
    cloud.make(TransitRouter, "tgw-1", default_route_table_id="tgw-rtb-1", number=cloud.number())
    cloud.make(TransitRouteTable, "tgw-rtb-1", transit_router_id="tgw-1")
    static = (TransitRoute(destination="10.1.0.0/16", attachment_id="att-green"),)
    cloud.make(TransitRouteTable, "tgw-rtb-2", transit_router_id="tgw-1", routes=static)
    cloud.make(PrivateGateway, "pgw-1", vrf="blue", prefixes=("172.20.0.0/16",), number=cloud.number())

    def attach(name: str, table: str, into: tuple[str, ...], **fields: str) -> None:
        cloud.make(
            TransitRouterAttachment, f"att-{name}", transit_router_id="tgw-1", transit_router_project_id="blue",
            status="active", route_table_id=table, propagated_route_table_ids=into, **fields,
        )  # fmt: skip

    attach("blue", "tgw-rtb-1", ("tgw-rtb-1",), vpc_id="vpc-blue")
    attach("green", "tgw-rtb-1", ("tgw-rtb-1",), vpc_id="vpc-green")
    attach("red", "tgw-rtb-2", (), vpc_id="vpc-red")
    attach("pgw", "tgw-rtb-1", ("tgw-rtb-1",), private_gateway_id="pgw-1")
    scene.write()
    scene.box.neighbour("connect-blue-pgw-1", "198.18.0.1", "0a:00:00:00:00:02")
    assert scene.failed() == {}
    assert scene.send("blue", "10.1.1.10") == ["eni-green"]
    assert scene.send("green", "10.0.1.10") == ["eni-blue"]
    assert scene.send("red", "10.1.1.10") == ["eni-green"]
    assert scene.send("red", "10.0.1.10") == []
    assert scene.send("blue", "10.2.1.10") == []
    assert scene.send("blue", "172.20.0.1") == ["localnet-connect-blue"]
    assert scene.send("red", "172.20.0.1") == []


def test_a_private_gateway_joins_a_vpc_and_a_vrf(scene: Scene) -> None:
    """Input: a private gateway at a VPC, propagated into the main table. Output: its prefix leaves into the VRF, and
    packets come in from there, to machines and to a load balancer; nothing but the block is to be announced."""
    balanced(scene)
    cloud = scene.cloud
    cloud.rule("sgr-any", "sg-blue", "ingress", "172.20.0.0/16")
    cloud.make(
        PrivateGateway, "pgw-1", vrf="blue", vpc_id="vpc-blue", prefixes=("172.20.0.0/16",), number=cloud.number()
    )
    cloud.table("blue", "blue", propagating_gateway_ids=("pgw-1",))
    scene.write()
    scene.box.neighbour("connect-blue-pgw-1", "198.18.0.1", "0a:00:00:00:00:02")
    assert scene.send("blue-p1", "172.20.0.1") == ["localnet-connect-blue"]
    binding = scene.box.sbctl("--bare", "--columns=mac", "find", "Port_Binding", 'logical_port="connect-blue-pgw-1"')
    flow = (
        f'inport == "localnet-connect-blue" && eth.src == 0a:00:00:00:00:02 && eth.dst == {binding.split()[0]}'
        " && ip.ttl == 64 && ip4.src == 172.20.0.1 && ip4.dst == 10.0.2.10 && tcp.dst == 80"
    )
    arrived = scene.box.trace("provider-connect-blue", flow, "--minimal", *("--ct=new",) * 6)
    assert outputs(arrived) == ["eni-blue-p3"]
    arrived = scene.box.trace(
        "provider-connect-blue", flow.replace("10.0.2.10", "10.0.2.50"), "--minimal", *("--ct=new",) * 6
    )
    assert outputs(arrived) == ["eni-blue-p3"]
    told = scene.box.sbctl(
        "--bare", "--columns=nat_addresses,external_ids", "find", "Port_Binding",
        'logical_port="lsp-connect-blue-pgw-1"',
    )  # fmt: skip
    assert "10.0.2.50" not in told
    assert "crossconnect:announce=10.0.0.0/16" in told.replace('"', "")


@pytest.mark.parametrize("source", ["translated", "kept"])
def test_an_endpoint_leads_to_the_listeners_of_a_service_and_nowhere_else(scene: Scene, source: str) -> None:
    """Input: a service behind red's load balancer, an endpoint in blue. Output: its address and port lead to a target
    in red; with translation both VPCs have the same addresses."""
    blocks = {"blue": 0, "red": 0 if source == "translated" else 1}
    cloud = scene.cloud
    for name, n in blocks.items():
        cloud.vpc(name, f"10.{n}.0.0/16")
        cloud.subnet(name, name, f"10.{n}.1.0/24")
        cloud.port(name, name, f"10.{n}.1.10")
        cloud.rule(f"sgr-{name}", f"sg-{name}", "ingress", "0.0.0.0/0", "tcp", (8080, 8080))
    target = Target(network_interface_id="eni-red", port=8080)
    cloud.make(TargetGroup, "tg-1", vpc_id="vpc-red", targets=(target,))
    cloud.make(
        LoadBalancer, "nlb-1", vpc_id="vpc-red", subnet_ids=("subnet-red",), addresses=(f"10.{blocks['red']}.1.50",),
        listeners=(Listener(port=80, target_group_id="tg-1"),),
    )  # fmt: skip
    cloud.make(
        EndpointService, "vpces-1", vpc_id="vpc-red", load_balancer_id="nlb-1", source=source, number=cloud.number()
    )  # fmt: skip
    cloud.make(
        ServiceEndpoint, "vpce-1", vpc_id="vpc-blue", subnet_ids=("subnet-blue",), addresses=("10.0.1.60",),
        service_id="vpces-1", service_project_id="red", status="active", number=cloud.number(),
    )  # fmt: skip
    scene.write()
    service = scene.box.sbctl("--bare", "--columns=mac", "find", "Port_Binding", 'logical_port="link-vpces-1"').split()
    scene.box.neighbour("link-vpce-1", service[1].partition("/")[0], service[0])
    assert scene.failed() == {}
    assert scene.send("blue", "10.0.1.60") == ["eni-red"]
    assert "eni-red" not in scene.send("blue", "10.0.1.60", "tcp.dst == 81")
    assert scene.send("blue", "10.1.1.10", "tcp.dst == 8080") == []


def test_chosen_traffic_goes_through_the_appliance_both_ways(scene: Scene) -> None:
    """Input: tcp 80 from subnet 1 to subnet 2 through a firewall in a subnet of its own. Output: there, back the same
    way; other ports directly; what comes from the firewall goes on. With the firewall down: closed, or past it."""
    two_subnets(scene)
    cloud = scene.cloud
    cloud.subnet("fw", "blue", "10.0.3.0/24")
    cloud.port("fw", "fw", "10.0.3.10", source_dest_check=False)
    cloud.rule("sgr-any", "sg-blue", "ingress", "0.0.0.0/0")
    rule = {"source": "10.0.1.0/24", "destination": "10.0.2.0/24", "protocol": "tcp", "from_port": 80, "to_port": 80}
    cloud.make(
        ServiceInsertion, "ins-1", vpc_id="vpc-blue", appliances=(Appliance(network_interface_id="eni-fw"),),
        rules=(
            SteeringRule(number=5, action="bypass", **(rule | {"source": "10.0.1.11/32"})),  # pyright: ignore
            SteeringRule(number=10, **rule),  # pyright: ignore
        ),
    )  # fmt: skip
    scene.write()
    assert scene.failed() == {}
    assert scene.send("blue-p1", "10.0.2.10", "tcp.dst == 80") == ["eni-fw"]
    assert scene.send("blue-p2", "10.0.2.10", "tcp.dst == 80") == ["eni-blue-p3"]
    assert scene.send("blue-p1", "10.0.2.10", "tcp.dst == 81") == ["eni-blue-p3"]
    assert scene.send("fw", "10.0.2.10", "tcp.dst == 80", origin="10.0.1.10") == ["eni-blue-p3"]
    reply = "tcp.src == 80 && tcp.dst == 40000"
    assert scene.send("blue-p3", "10.0.1.10", reply, ct=("est,rpl",) * 6) == ["eni-fw"]
    scene.cloud.acl(
        "blue", "blue", AclEntry(number=1, direction="egress", action="deny", cidr="9.0.0.0/8"), default=True
    )
    scene.write()
    assert "both need policies" in scene.failed()["ins-1"]


def test_a_subnets_own_source_address(scene: Scene) -> None:
    """Input: a subnet with an egress elastic IP, an interface in it with its own. Output: each leaves with its own."""
    two_subnets(scene)
    cloud = scene.cloud
    cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    cloud.table("blue", "blue", ("0.0.0.0/0", "igw-1"))
    cloud.make(ElasticIp, "eip-all", address="203.0.113.20")
    cloud.make(ElasticIp, "eip-1", address="203.0.113.7", network_interface_id="eni-blue-p1")
    cloud.subnet("blue1", "blue", "10.0.1.0/24", egress_elastic_ip_id="eip-all")
    scene.write()
    own, shared = (scene.trace(port, "8.8.8.8", "tcp.dst == 80") for port in ("blue-p1", "blue-p2"))
    assert outputs(own) == outputs(shared) == ["localnet-internet"]
    assert "203.0.113.7" in own
    assert "203.0.113.20" not in own
    assert "203.0.113.20" in shared


def test_flow_logs_and_mirrors_are_what_this_ovn_can(scene: Scene) -> None:
    """Input: a flow log of all, and a mirror. Output: samples with the rule's number and a mirror to a port where there
    are such; else logged drops behind a meter, and the reasons."""
    two_subnets(scene)
    cloud = scene.cloud
    cloud.make(FlowLog, "fl-1", resource_id="subnet-blue1")
    cloud.make(
        TrafficMirror, "tm-1", vpc_id="vpc-blue", source_network_interface_id="eni-blue-p1",
        target_network_interface_id="eni-blue-p2",
    )  # fmt: skip
    scene.write()
    acls = scene.box.rows("ACL").values()
    drops = [acl for acl in acls if "@xc_rejects_vpc_blue" in str(acl["match"])]
    assert len(drops) == 2
    members = next(g for g in scene.box.rows("Port_Group").values() if g["name"] == "xc_rejects_vpc_blue")
    assert len(members["ports"]) == 2  # pyright: ignore
    if scene.box.features().acl_sample:
        samples = {sample["metadata"] for sample in scene.box.rows("Sample").values()}
        rule = cloud.documents["sgr-blue-in"]
        assert rule.number in samples  # pyright: ignore
        assert scene.box.sbctl("--bare", "--columns=logical_port", "find", "Port_Binding", "mirror_rules!=[]").split()
        assert scene.failed() == {}
    else:
        assert all(acl["log"] and acl["meter"] == "xc_drops" for acl in drops)
        assert set(scene.failed()) == {"fl-1", "tm-1"}


def test_what_is_to_be_announced(announcing: Scene) -> None:
    """Input: an elastic IP, a NAT gateway's address and a load balancer's, where OVN can and is to announce. Output:
    they are told to the gateway nodes, and no private address is."""
    balanced(announcing)
    cloud = announcing.cloud
    cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    cloud.make(ElasticIp, "eip-1", address="203.0.113.7", network_interface_id="eni-blue-p1")
    cloud.make(ElasticIp, "eip-nat", address="203.0.113.9")
    cloud.make(ElasticIp, "eip-lb", address="203.0.113.50")
    cloud.make(
        NatGateway, "nat-1", vpc_id="vpc-blue", subnet_id="subnet-blue1", elastic_ip_id="eip-nat",
        private_address="10.0.1.200", number=cloud.number(),
    )  # fmt: skip
    cloud.put(msgspec.structs.replace(cloud.documents["nlb-1"], elastic_ip_id="eip-lb"))
    announcing.write()
    if announcing.box.features().dynamic_routing:
        told = set(announcing.box.sbctl("--bare", "--columns=ip_prefix", "list", "Advertised_Route").split())
        assert told == {"203.0.113.7", "203.0.113.9", "203.0.113.50"}


def test_all_kinds_at_once_are_what_the_database_and_northd_take(scene: Scene) -> None:
    """Input: documents of every kind in all variants, one after the other. Output: no transaction is refused, and
    northd has nothing to complain about."""
    for n in range(4):
        for variants in UNIVERSE.values():
            scene.cloud.put(variants[min(n, len(variants) - 1)])
        scene.box.write(scene.compiler.apply(scene.cloud.take()).units)
        scene.box.same(scene.compiler.units())
    assert scene.box.northd_log() == ""
