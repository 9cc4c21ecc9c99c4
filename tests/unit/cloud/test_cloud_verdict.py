"""What becomes of one packet, and which rule says so."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cloud_memory import Cloud, View, network, public
from crossconnect.cloud import path as way
from crossconnect.cloud import verdict
from crossconnect.cloud.linking import link_address
from crossconnect.cloud.path import Path
from crossconnect.cloud.region import PRIVATE_LINK_PREFIX
from crossconnect.cloud.verdict import Packet


class Stand:
    """A VPC with subnets 10.0.1.0/24 and 10.0.2.0/24, two interfaces in the first, one in the second."""

    def __init__(self) -> None:
        self.cloud = Cloud()
        self.view = View(self.cloud, "alpha")
        self.vpc, self.one = network(self.cloud)
        self.two = self.cloud.create("subnet", vpc_id=self.vpc.id, cidr_block="10.0.2.0/24")
        self.a, self.b = (self.cloud.create("network_interface", subnet_id=self.one.id) for _ in range(2))
        self.c = self.cloud.create("network_interface", subnet_id=self.two.id)

    def path(self, source: Any, packet: Packet) -> Path:
        return way.path(self.cloud.get(source.id), packet, self.view)


def tcp(source: str, destination: str, port: int = 80) -> Packet:
    return Packet(source=source, destination=destination, source_port=40_000, destination_port=port)


def points(path: Path) -> list[str]:
    return [step.point for step in path.steps]


def test_inside_a_subnet_no_acl_and_no_route_is_asked() -> None:
    stand = Stand()
    path = stand.path(stand.a, tcp("10.0.1.4", "10.0.1.5"))
    assert points(path) == ["source-check", "security-group", "security-group", "destination"]
    assert (path.passes, path.end) == (True, stand.b.id)


def test_between_subnets_both_are_asked_and_each_step_names_its_rule() -> None:
    stand = Stand()
    path = stand.path(stand.a, tcp("10.0.1.4", "10.0.2.4"))
    assert points(path) == [
        "source-check",
        "security-group",
        "network-acl",
        "route",
        "network-acl",
        "security-group",
        "destination",
    ]
    acl = stand.vpc.default_network_acl_id
    rules = {r.direction: r.id for r in stand.cloud.of("security_group_rule") if ":" not in r.peer}
    assert [step.decided_by for step in path.steps] == [
        stand.a.id,
        rules["egress"],
        f"{acl}/egress/100",
        f"{stand.vpc.main_route_table_id}/10.0.0.0/16",
        f"{acl}/ingress/100",
        rules["ingress"],
        stand.c.id,
    ]


def test_foreign_sources_are_dropped_unless_they_are_allowed() -> None:
    stand = Stand()
    forged = tcp("10.0.1.77", "10.0.1.5")
    assert points(stand.path(stand.a, forged)) == ["source-check"]
    stand.cloud.update(stand.a.id, allowed_address_pairs=[{"cidr": "10.0.1.64/26"}])
    step = stand.path(stand.a, forged).steps[0]
    assert (step.passes, step.decided_by) == (True, f"{stand.a.id}/allowed_address_pairs/0")
    stand.cloud.update(stand.a.id, allowed_address_pairs=[], source_dest_check=False)
    assert stand.path(stand.a, forged).steps[0].passes


@pytest.mark.parametrize(
    ("rule", "passes"),
    [
        ({"protocol": "tcp", "from_port": 80, "peer": "10.0.1.0/24"}, True),
        ({"protocol": "tcp", "from_port": 79, "to_port": 81, "peer": "10.0.1.4/32"}, True),
        ({"protocol": "tcp", "from_port": 81, "peer": "10.0.1.0/24"}, False),
        ({"protocol": "udp", "from_port": 80, "peer": "10.0.1.0/24"}, False),
        ({"protocol": "tcp", "peer": "10.0.2.0/24"}, False),
        ({"protocol": "all", "peer": "default"}, True),
        ({"protocol": "all", "peer": "default", "ip_version": 6}, False),
    ],
)
def test_a_security_group_lets_through_what_a_rule_says(rule: dict[str, Any], passes: bool) -> None:
    stand = Stand()
    group = stand.cloud.create("security_group", vpc_id=stand.vpc.id)
    peer = stand.vpc.default_security_group_id if rule["peer"] == "default" else rule["peer"]
    made = stand.cloud.create(
        "security_group_rule", **(rule | {"peer": peer}), security_group_id=group.id, direction="ingress"
    )
    stand.cloud.update(stand.c.id, security_group_ids=[group.id])
    path = stand.path(stand.a, tcp("10.0.1.4", "10.0.2.4"))
    assert path.passes is passes
    decisive = next(step for step in path.steps if step.resource_id == stand.c.id)
    assert decisive.decided_by == (made.id if passes else group.id)


def test_icmp_has_types_and_codes() -> None:
    ping = Packet(source="10.0.0.1", destination="10.0.0.2", protocol="icmp", icmp_type=8, icmp_code=0)
    assert verdict.matches("icmp", (8, None), ping)
    assert verdict.matches("icmp", (8, 0), ping)
    assert verdict.matches("icmp", (None, None), ping)
    assert not verdict.matches("icmp", (0, None), ping)
    assert not verdict.matches("icmp", (8, 1), ping)
    assert verdict.reply(ping).icmp_type == 0


def test_the_first_entry_that_matches_decides() -> None:
    stand = Stand()
    everything = {"direction": "egress", "action": "allow", "cidr": "0.0.0.0/0"}
    acl = stand.cloud.create(
        "network_acl",
        vpc_id=stand.vpc.id,
        entries=[
            {"number": 20, "direction": "ingress", "action": "allow", "cidr": "0.0.0.0/0"},
            {"number": 10, "direction": "ingress", "action": "deny", "cidr": "10.0.1.0/24", "protocol": "tcp"},
            everything | {"number": 10},
        ],
    )
    stand.cloud.update(stand.two.id, network_acl_id=acl.id)
    path = stand.path(stand.a, tcp("10.0.1.4", "10.0.2.4"))
    assert (path.passes, path.end, path.steps[-1].decided_by) == (False, stand.two.id, f"{acl.id}/ingress/10")
    udp = msgspec.structs.replace(tcp("10.0.1.4", "10.0.2.4"), protocol="udp")
    assert stand.path(stand.a, udp).passes
    stand.cloud.update(acl.id, entries=[])
    path = stand.path(stand.a, tcp("10.0.1.4", "10.0.2.4"))
    assert (path.passes, path.steps[-1].decided_by) == (False, acl.id)


def test_acls_have_no_memory_so_the_reply_is_asked_again() -> None:
    stand = Stand()
    acl = stand.cloud.create(
        "network_acl",
        vpc_id=stand.vpc.id,
        entries=[
            {"number": 1, "direction": "ingress", "action": "allow", "cidr": "0.0.0.0/0"},
            {
                "number": 1,
                "direction": "egress",
                "action": "allow",
                "cidr": "0.0.0.0/0",
                "protocol": "tcp",
                "to_port": 1023,
                "from_port": 1,
            },
        ],
    )
    stand.cloud.update(stand.two.id, network_acl_id=acl.id)
    there, back = way.connection(stand.a, tcp("10.0.1.4", "10.0.2.4"), stand.view)
    assert there.passes
    assert back is not None
    assert (back.passes, back.end) == (False, stand.two.id)
    assert back.steps[-1].decided_by == acl.id


def test_replies_pass_security_groups() -> None:
    stand = Stand()
    closed = stand.cloud.create("security_group", vpc_id=stand.vpc.id)
    stand.cloud.update(stand.a.id, security_group_ids=[closed.id])
    stand.cloud.create(
        "security_group_rule",
        security_group_id=stand.vpc.default_security_group_id,
        direction="ingress",
        peer=closed.id,
    )
    there, back = way.connection(stand.cloud.get(stand.a.id), tcp("10.0.1.4", "10.0.2.4"), stand.view)
    assert there.passes
    assert back is not None
    assert (back.passes, back.end) == (True, stand.a.id)
    assert "security-group" not in points(back)
    assert not stand.path(stand.c, tcp("10.0.2.4", "10.0.1.4")).passes


def test_to_the_internet_by_an_elastic_ip_or_the_subnets() -> None:
    stand = Stand()
    public(stand.cloud, stand.vpc)
    out = tcp("10.0.1.4", "198.51.100.9", 443)
    path = stand.path(stand.a, out)
    assert (path.passes, path.steps[-1].point) == (False, "gateway")
    common = stand.cloud.create("elastic_ip")
    stand.cloud.update(stand.one.id, egress_elastic_ip_id=common.id)
    assert stand.path(stand.a, out).packet.source == common.address
    own = stand.cloud.create("elastic_ip", network_interface_id=stand.a.id)
    path = stand.path(stand.a, out)
    assert (path.passes, path.packet.source, path.steps[-1].decided_by) == (True, own.address, own.id)
    back = way.arrival(own, tcp("198.51.100.9", own.address), stand.view)
    assert (back.passes, back.steps[-1].point) == (False, "security-group")
    stand.cloud.create(
        "security_group_rule",
        security_group_id=stand.vpc.default_security_group_id,
        direction="ingress",
        peer="198.51.100.0/24",
    )
    back = way.arrival(own, tcp("198.51.100.9", own.address), stand.view)
    assert (back.passes, back.end, back.packet.destination) == (True, stand.a.id, "10.0.1.4")
    stand.cloud.update(own.id, network_interface_id="")
    assert not way.arrival(stand.cloud.get(own.id), tcp("198.51.100.9", own.address), stand.view).passes


def test_through_a_nat_gateway() -> None:
    stand = Stand()
    public(stand.cloud, stand.vpc)
    ip = stand.cloud.create("elastic_ip")
    nat = stand.cloud.create("nat_gateway", subnet_id=stand.one.id, elastic_ip_id=ip.id)
    table = stand.cloud.create(
        "route_table", vpc_id=stand.vpc.id, routes=[{"destination": "0.0.0.0/0", "target": nat.id}]
    )
    stand.cloud.update(stand.two.id, route_table_id=table.id)
    path = stand.path(stand.c, tcp("10.0.2.4", "198.51.100.9"))
    assert (path.passes, path.end, path.packet.source) == (True, nat.id, ip.address)
    stand.cloud.delete(nat.id)
    path = stand.path(stand.c, tcp("10.0.2.4", "198.51.100.9"))
    assert (path.passes, path.steps[-1].decided_by) == (False, f"{table.id}/0.0.0.0/0")


def test_ipv6_leaves_from_public_blocks_only() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud, ipv6_cidr_blocks=["public"])
    gateway = cloud.create("internet_gateway", vpc_id=vpc.id)
    cloud.update(vpc.main_route_table_id, routes=[{"destination": "::/0", "target": gateway.id}])
    cloud.update(subnet.id, ipv6_cidr_block="2001:db8:100::/64")
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    packet = tcp(interface.ipv6_addresses[0], "2001:db8:ffff::1")
    pools = ("2001:db8:100::/48",)
    assert way.path(interface, packet, View(cloud, "alpha"), public_prefixes6=pools).passes
    assert not way.path(interface, packet, View(cloud, "alpha")).passes


def test_across_a_peering_of_two_projects() -> None:
    stand = Stand()
    peer, subnet = network(stand.cloud, "10.1.0.0/16", project="beta")
    there = stand.cloud.create("network_interface", project="beta", subnet_id=subnet.id)
    peering = stand.cloud.create("vpc_peering", vpc_id=stand.vpc.id, peer_vpc_id=peer.id, peer_project_id="beta")
    stand.cloud.update(peering.id, project="beta", status="active")
    stand.cloud.update(stand.vpc.main_route_table_id, routes=[{"destination": "10.1.0.0/16", "target": peering.id}])
    stand.cloud.create(
        "security_group_rule",
        project="beta",
        security_group_id=peer.default_security_group_id,
        direction="ingress",
        peer="10.0.0.0/16",
    )
    there_path, back = way.connection(stand.a, tcp("10.0.1.4", "10.1.1.4"), stand.view)
    assert (there_path.passes, there_path.end) == (True, there.id)
    assert [step.project_id for step in there_path.steps][-2:] == ["beta", "beta"]
    assert back is not None
    assert (back.passes, back.steps[-1].point) == (False, "route")
    stand.cloud.update(
        peer.main_route_table_id, project="beta", routes=[{"destination": "10.0.0.0/16", "target": peering.id}]
    )
    _, back = way.connection(stand.a, tcp("10.0.1.4", "10.1.1.4"), stand.view)
    assert back is not None
    assert back.end == stand.a.id


def test_through_a_transit_router() -> None:
    stand = Stand()
    router = stand.cloud.create("transit_router", default_association=False)
    other, subnet = network(stand.cloud, "10.1.0.0/16")
    far = stand.cloud.create("network_interface", subnet_id=subnet.id)
    own, _ = (
        stand.cloud.create("transit_router_attachment", transit_router_id=router.id, vpc_id=vpc.id, subnet_ids=[s.id])
        for vpc, s in ((stand.vpc, stand.one), (other, subnet))
    )
    stand.cloud.update(stand.vpc.main_route_table_id, routes=[{"destination": "10.0.0.0/8", "target": router.id}])
    stand.cloud.create(
        "security_group_rule",
        security_group_id=other.default_security_group_id,
        direction="ingress",
        peer="10.0.0.0/16",
    )
    packet = tcp("10.0.1.4", "10.1.1.4")
    assert stand.path(stand.a, packet).steps[-1].point == "gateway"
    table = router.default_route_table_id
    stand.cloud.update(own.id, route_table_id=table)
    path = stand.path(stand.a, packet)
    assert (path.passes, path.end) == (True, far.id)
    assert next(s.decided_by for s in path.steps if s.point == "transit-route") == f"{table}/10.1.0.0/16"
    stand.cloud.update(table, routes=[{"destination": "10.1.1.0/24"}])
    path = stand.path(stand.a, packet)
    assert (path.passes, path.end) == (False, table)


def test_nobody_there() -> None:
    stand = Stand()
    for destination, end in (("10.0.1.99", stand.one.id), ("10.0.2.99", stand.two.id), ("10.0.77.1", stand.vpc.id)):
        path = stand.path(stand.a, tcp("10.0.1.4", destination))
        assert (path.passes, path.end, path.steps[-1].point) == (False, end, "destination")
    path = stand.path(stand.a, tcp("10.0.1.4", "192.0.2.1"))
    assert (path.passes, path.end, path.steps[-1].point) == (False, stand.vpc.main_route_table_id, "route")


def test_an_appliance_gets_what_a_route_leads_to_it() -> None:
    stand = Stand()
    appliance = stand.cloud.create("network_interface", subnet_id=stand.two.id)
    stand.cloud.update(stand.vpc.main_route_table_id, routes=[{"destination": "172.16.0.0/12", "target": appliance.id}])
    packet = tcp("10.0.1.4", "172.16.0.1")
    path = stand.path(stand.a, packet)
    assert (path.passes, path.steps[-1].point) == (False, "destination")
    stand.cloud.update(appliance.id, source_dest_check=False)
    path = stand.path(stand.a, packet)
    assert (path.passes, path.end) == (True, appliance.id)


def test_a_load_balancer_sends_to_its_first_target_in_reach() -> None:
    stand = Stand()
    west = stand.cloud.create("subnet", vpc_id=stand.vpc.id, cidr_block="10.0.3.0/24", availability_zone="west")
    far = stand.cloud.create("network_interface", subnet_id=west.id)
    targets = [{"network_interface_id": i.id, "port": 8080} for i in (stand.c, far)]
    group = stand.cloud.create("target_group", vpc_id=stand.vpc.id, targets=targets)
    balancer = stand.cloud.create(
        "load_balancer",
        subnet_ids=[stand.one.id, west.id],
        listeners=[{"port": 80, "target_group_id": group.id}],
    )
    near, other = balancer.addresses
    path = stand.path(stand.a, tcp("10.0.1.4", near))
    assert points(path)[:4] == ["source-check", "security-group", "load-balancer", "network-acl"]
    assert (path.passes, path.end, path.packet.destination_port) == (True, stand.c.id, 8080)
    assert path.steps[2].decided_by == f"{balancer.id}/tcp/80"
    stand.cloud.update(balancer.id, cross_zone=False)
    assert stand.path(stand.a, tcp("10.0.1.4", near)).end == stand.c.id
    assert stand.path(stand.a, tcp("10.0.1.4", other)).end == far.id
    assert stand.path(stand.a, tcp("10.0.1.4", near, 81)).end == balancer.id
    stand.cloud.update(group.id, targets=targets[:1])
    path = stand.path(stand.a, tcp("10.0.1.4", other))
    assert (path.passes, path.end) == (False, balancer.id)


def test_a_service_endpoint_is_where_a_packet_leaves_once_it_is_accepted() -> None:
    stand = Stand()
    _, subnet = network(stand.cloud, "10.1.0.0/16", project="beta")
    vpc_id = subnet.vpc_id
    group = stand.cloud.create("target_group", project="beta", vpc_id=vpc_id)
    listeners = [{"port": 80, "target_group_id": group.id}]
    balancer = stand.cloud.create("load_balancer", project="beta", subnet_ids=[subnet.id], listeners=listeners)
    service = stand.cloud.create(
        "endpoint_service", project="beta", load_balancer_id=balancer.id, allowed_projects=["alpha"]
    )
    endpoint = stand.cloud.create("service_endpoint", service_id=service.id, subnet_ids=[stand.two.id])
    packet = tcp("10.0.1.4", endpoint.addresses[0])
    path = stand.path(stand.a, packet)
    assert (path.passes, path.end) == (False, endpoint.id)
    stand.cloud.update(endpoint.id, project="beta", status="active")
    path = stand.path(stand.a, packet)
    assert (path.passes, path.end) == (True, endpoint.id)
    address = link_address(service, PRIVATE_LINK_PREFIX)
    assert path.packet.destination == address
    assert points(path)[2:] == ["service-endpoint", "network-acl", "route"]
    assert path.steps[-1].decided_by == f"{stand.vpc.main_route_table_id}/{address}/32"
    assert stand.path(stand.a, tcp("10.0.1.4", endpoint.addresses[0], 81)).end == endpoint.id
    answers = {"number": 1, "direction": "ingress", "action": "deny", "cidr": f"{address}/32"}
    acl = stand.cloud.get(stand.vpc.default_network_acl_id)
    entries = [answers, *({**msgspec.to_builtins(entry), "number": entry.number + 1} for entry in acl.entries)]
    stand.cloud.update(acl.id, entries=entries)
    _, back = way.connection(stand.a, packet, stand.view)
    assert back is not None
    assert (back.passes, back.steps[0].decided_by) == (False, f"{acl.id}/ingress/1"), "asked as it comes from between"


def test_by_other_gateways_a_packet_leaves_as_it_is() -> None:
    stand = Stand()
    private = stand.cloud.create(
        "private_gateway", vrf="acme-connect", vpc_id=stand.vpc.id, prefixes=["192.168.0.0/16"]
    )
    stand.cloud.update(stand.vpc.main_route_table_id, propagating_gateway_ids=[private.id])
    packet = tcp("10.0.1.4", "192.168.1.1")
    path = stand.path(stand.a, packet)
    assert (path.passes, path.end, path.packet) == (True, private.id, packet)


def test_a_reply_from_outside_is_asked_for_at_the_subnet() -> None:
    stand = Stand()
    public(stand.cloud, stand.vpc)
    stand.cloud.create("elastic_ip", network_interface_id=stand.a.id)
    there, back = way.connection(stand.a, tcp("10.0.1.4", "198.51.100.9", 443), stand.view)
    assert there.passes
    assert back is not None
    assert (back.passes, back.end) == (True, stand.a.id)
    outgoing = [{"number": 1, "direction": "egress", "action": "allow", "cidr": "0.0.0.0/0"}]
    stand.cloud.update(stand.vpc.default_network_acl_id, entries=outgoing)
    there, back = way.connection(stand.a, tcp("10.0.1.4", "198.51.100.9", 443), stand.view)
    assert there.passes
    assert back is not None
    assert (back.passes, back.end) == (False, stand.one.id)


def test_what_does_not_come_through_has_no_reply() -> None:
    stand = Stand()
    assert way.connection(stand.a, tcp("10.0.1.4", "192.0.2.1"), stand.view)[1] is None


def test_a_private_nat_gateway_has_nothing_to_translate_to() -> None:
    stand = Stand()
    nat = stand.cloud.create("nat_gateway", subnet_id=stand.one.id, connectivity="private")
    stand.cloud.update(stand.vpc.main_route_table_id, routes=[{"destination": "172.16.0.0/12", "target": nat.id}])
    path = stand.path(stand.c, tcp("10.0.2.4", "172.16.0.1"))
    assert (path.passes, path.end) == (False, nat.id)


def test_a_transit_router_leads_to_a_private_gateway() -> None:
    stand = Stand()
    router = stand.cloud.create("transit_router")
    gateway = stand.cloud.create("private_gateway", vrf="acme-connect", prefixes=["192.168.0.0/16"])
    for of in ({"vpc_id": stand.vpc.id, "subnet_ids": [stand.one.id]}, {"private_gateway_id": gateway.id}):
        stand.cloud.create("transit_router_attachment", transit_router_id=router.id, **of)
    stand.cloud.update(stand.vpc.main_route_table_id, routes=[{"destination": "192.168.0.0/16", "target": router.id}])
    path = stand.path(stand.a, tcp("10.0.1.4", "192.168.1.1"))
    assert (path.passes, path.end) == (True, gateway.id)


def test_a_load_balancer_is_reached_from_a_peer_and_at_its_elastic_ip() -> None:
    """Balanced where the client is: its routes have to lead to the targets, too."""
    stand = Stand()
    public(stand.cloud, stand.vpc)
    ip = stand.cloud.create("elastic_ip")
    targets = [{"network_interface_id": stand.c.id, "port": 8080}]
    group = stand.cloud.create("target_group", vpc_id=stand.vpc.id, targets=targets)
    balancer = stand.cloud.create(
        "load_balancer",
        subnet_ids=[stand.one.id],
        scheme="internet-facing",
        elastic_ip_id=ip.id,
        listeners=[{"port": 80, "target_group_id": group.id}],
    )
    peer, subnet = network(stand.cloud, "10.1.0.0/16")
    far = stand.cloud.create("network_interface", subnet_id=subnet.id)
    peering = stand.cloud.create("vpc_peering", vpc_id=stand.vpc.id, peer_vpc_id=peer.id)
    stand.cloud.update(peer.main_route_table_id, routes=[{"destination": "10.0.0.0/16", "target": peering.id}])
    everyone = {"direction": "ingress", "peer": "0.0.0.0/0"}
    stand.cloud.create("security_group_rule", security_group_id=stand.vpc.default_security_group_id, **everyone)
    path = stand.path(far, tcp("10.1.1.4", balancer.addresses[0]))
    assert points(path)[:3] == ["source-check", "security-group", "load-balancer"]
    assert (path.passes, path.end, path.packet.destination_port) == (True, stand.c.id, 8080)
    routes = [{"destination": f"{balancer.addresses[0]}/32", "target": peering.id}]
    stand.cloud.update(peer.main_route_table_id, routes=routes)
    path = stand.path(far, tcp("10.1.1.4", balancer.addresses[0]))
    assert (path.passes, path.end, path.steps[-1].point) == (False, stand.one.id, "destination")
    [note] = [step for step in path.steps if step.point == "load-balancer"]
    assert f"{peer.main_route_table_id} does not lead to all of its load balancer's" in note.message
    path = way.arrival(ip, tcp("198.51.100.9", ip.address), stand.view)
    assert (path.passes, path.end, path.packet.destination_port) == (True, stand.c.id, 8080)
    path = way.arrival(ip, tcp("198.51.100.9", ip.address, 81), stand.view)
    assert (path.passes, path.end) == (False, balancer.id)


def test_what_a_service_insertion_chooses_goes_to_its_appliance_both_ways() -> None:
    stand = Stand()
    inner = stand.cloud.create("subnet", vpc_id=stand.vpc.id, cidr_block="10.0.9.0/24")
    firewall = stand.cloud.create("network_interface", subnet_id=inner.id, source_dest_check=False)
    rules = [
        {"number": 10, "action": "bypass", "source": "10.0.0.0/16", "destination": "10.0.2.0/24", "protocol": "udp"},
        {"number": 20, "source": "10.0.1.0/24", "destination": "10.0.2.0/24"},
    ]
    made = stand.cloud.create(
        "service_insertion", vpc_id=stand.vpc.id, appliances=[{"network_interface_id": firewall.id}], rules=rules
    )
    path = stand.path(stand.a, tcp("10.0.1.4", "10.0.2.4"))
    assert (path.passes, path.end) == (True, firewall.id)
    assert next(s.decided_by for s in path.steps if s.point == "service-insertion") == f"{made.id}/20"
    assert stand.path(stand.c, tcp("10.0.2.4", "10.0.1.4")).end == firewall.id
    udp = msgspec.structs.replace(tcp("10.0.1.4", "10.0.2.4"), protocol="udp")
    assert stand.path(stand.a, udp).end == stand.c.id
    assert stand.path(stand.a, tcp("10.0.1.4", "10.0.1.5")).end == stand.b.id
    forwarded = stand.path(firewall, tcp("10.0.1.4", "10.0.2.4"))
    assert (forwarded.passes, forwarded.end) == (True, stand.c.id)


def test_an_inline_appliance_is_between_two_interfaces_of_one_subnet_and_nobodys_end() -> None:
    """Each connection once: where its client is, if that is in the VPC; replies by their connection; what begins at the
    other end is not chosen."""
    stand = Stand()
    inner = stand.cloud.create("subnet", vpc_id=stand.vpc.id, cidr_block="10.0.9.0/24")
    left, right = (
        stand.cloud.create("network_interface", subnet_id=inner.id, source_dest_check=False) for _ in range(2)
    )
    web = {"source": "0.0.0.0/0", "protocol": "tcp", "from_port": 80, "to_port": 80}
    rules = [
        {"number": 10, "action": "bypass", "source": "0.0.0.0/0", "destination": "10.0.2.4/32"},
        {"number": 20, "destination": "10.0.0.0/16", **web},
    ]
    appliance = {"network_interface_id": left.id, "return_network_interface_id": right.id}
    made = stand.cloud.create(
        "service_insertion", vpc_id=stand.vpc.id, mode="inline", appliances=[appliance], rules=rules
    )

    def said(path: Path) -> list[tuple[str, str]]:
        return [(s.decided_by, s.message) for s in path.steps if s.point == "service-insertion"]

    there = stand.path(stand.a, tcp("10.0.1.4", "10.0.1.5"))
    assert (there.passes, there.end) == (True, stand.b.id)
    assert said(there) == [(f"{made.id}/20", f"rule 20: goes through {left.id} and {right.id}")]
    assert points(there)[:3] == ["source-check", "security-group", "service-insertion"]
    back = way.path(stand.cloud.get(stand.b.id), verdict.reply(there.packet), stand.view, established=True)
    assert (back.passes, back.end) == (True, stand.a.id)
    assert said(back) == [(f"{made.id}/20", f"rule 20: goes through {right.id} and {left.id}")]
    assert points(back)[-2:] == ["service-insertion", "destination"]
    assert said(stand.path(stand.b, verdict.reply(tcp("10.0.1.4", "10.0.1.5")))) == [], "the other end begins"
    assert said(stand.path(stand.a, tcp("10.0.1.4", "10.0.2.4"))) == [(f"{made.id}/10", "rule 10: passes by")]
    assert said(stand.path(stand.a, tcp("10.0.1.4", "10.0.1.5", 81))) == []

    everyone = {"direction": "ingress", "peer": "0.0.0.0/0"}
    stand.cloud.create("security_group_rule", security_group_id=stand.vpc.default_security_group_id, **everyone)
    outside = tcp("192.0.2.1", "10.0.1.4")
    came = way.entry(stand.vpc.id, outside, stand.view)
    assert (came.passes, came.end, len(said(came))) == (True, stand.a.id, 1)
    assert points(came)[-2:] == ["service-insertion", "destination"]
    answer = way.path(stand.cloud.get(stand.a.id), verdict.reply(outside), stand.view, established=True)
    assert len(said(answer)) == 1
