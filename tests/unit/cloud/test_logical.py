"""The logical network, asked without any OVN: documents in, our words out."""

from __future__ import annotations

from cloud_documents import REGION, Cloud
from crossconnect.cloud.kinds.dhcp_options import DhcpOptions
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.gateways import InternetGateway
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.transit import TransitRoute, TransitRouter, TransitRouterAttachment, TransitRouteTable
from crossconnect.cloud.logical.hops import BLACKHOLE, Hop
from crossconnect.cloud.logical.insertions import chosen_at
from crossconnect.cloud.logical.internet import one_to_one, outside_port
from crossconnect.cloud.logical.numbers import link_addresses
from crossconnect.cloud.logical.peerings import peering_port
from crossconnect.cloud.logical.private_gateways import private_ports, sides_of, vrf_port
from crossconnect.cloud.logical.queries import Queries
from crossconnect.cloud.logical.routes import hop, routes_of
from crossconnect.cloud.logical.sides import Side
from crossconnect.cloud.logical.subnets import Lease, leases
from crossconnect.cloud.logical.transit import transit_ports, transit_routes
from crossconnect.cloud.logical.world import World


def _asked(cloud: Cloud) -> Queries:
    world = World()
    world.apply(cloud.take())
    return Queries(world, REGION)


def _two_vpcs() -> Cloud:
    cloud = Cloud()
    for n, name in enumerate(("blue", "red")):
        cloud.vpc(name, f"10.{n}.0.0/16", six=(f"2001:db8:{n + 1}::/56",))
        cloud.subnet(f"{name}1", name, f"10.{n}.1.0/24")
        cloud.port(f"{name}-p1", f"{name}1", f"10.{n}.1.10")
    return cloud


def test_a_route_leads_to_a_hop() -> None:
    """Input: routes to an internet gateway, a peering, and what is not there. Output: the next hop behind the router's
    port, the other VPC's end of the link, nowhere; of the VPC's own block, which no subnet has as a whole, nowhere."""
    cloud = _two_vpcs()
    cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    peering = cloud.make(
        VpcPeering, "pcx-1", vpc_id="vpc-blue", peer_vpc_id="vpc-red", peer_project_id="blue", status="active", number=9
    )
    table = cloud.table("blue1", "blue", ("0.0.0.0/0", "igw-1"), ("10.1.0.0/16", "pcx-1"), ("10.9.0.0/16", "eni-gone"))
    q = _asked(cloud)
    routes = routes_of(q, q.need(RouteTable, table.id))
    assert routes.given == {"10.0.0.0/16": BLACKHOLE, "2001:db8:1::/56": BLACKHOLE}
    hops = {prefix: hop(q, "vpc-blue", target, 4) for prefix, target in routes.wanted.items()}
    assert hops == {
        "0.0.0.0/0": Hop(REGION.internet.next_hop, outside_port("vpc-blue")),
        "10.1.0.0/16": Hop(link_addresses(REGION, peering, "vpc-red")[0], peering_port("pcx-1", "vpc-blue")),
        "10.9.0.0/16": BLACKHOLE,
    }


def test_a_transit_routers_table_leads_to_attachments() -> None:
    """Input: a propagated block, a static route that drops, one to an attachment that is not there. Output: the hop to
    the VPC's router, and nowhere twice."""
    cloud = _two_vpcs()
    cloud.make(TransitRouter, "tr-1", default_route_table_id="trt-1", number=7)
    routes = TransitRoute(destination="9.0.0.0/8"), TransitRoute(destination="8.0.0.0/8", attachment_id="att-gone")
    cloud.make(TransitRouteTable, "trt-1", transit_router_id="tr-1", routes=routes)
    attachment = cloud.make(
        TransitRouterAttachment, "att-1", transit_router_id="tr-1", vpc_id="vpc-red", status="active", number=8,
        route_table_id="trt-1", propagated_route_table_ids=("trt-1",), transit_router_project_id="blue",
    )  # fmt: skip
    found = transit_routes(_asked(cloud), "trt-1")
    four, six = link_addresses(REGION, attachment, "vpc-red")
    port = transit_ports("att-1")[1]
    assert found == {
        "10.1.0.0/16": Hop(four, port),
        "2001:db8:2::/56": Hop(six, port),
        "9.0.0.0/8": BLACKHOLE,
        "8.0.0.0/8": BLACKHOLE,
    }


def test_a_private_gateway_has_two_sides() -> None:
    """Input: a gateway with a prefix of each kind that cannot be. Output: the routes of both sides, what is announced,
    and why the two are not reached."""
    cloud = _two_vpcs()
    prefixes = "172.20.0.0/16", "10.0.0.0/16", "2001:db8:77::/48"
    gateway = cloud.make(PrivateGateway, "pgw-1", vrf="blue", vpc_id="vpc-blue", prefixes=prefixes, number=5)
    sides = sides_of(_asked(cloud), "pgw-1")
    network = REGION.networks[0]
    assert sides.outside == {"172.20.0.0/16": Hop(network.next_hop, vrf_port(network, "pgw-1"))}
    four, six = link_addresses(REGION, gateway, "vpc-blue")
    far = private_ports("pgw-1")[1]
    assert sides.inside == {"10.0.0.0/16": Hop(four, far), "2001:db8:1::/56": Hop(six, far)}
    assert sides.announced == sides.inside.keys()
    assert len(sides.faults) == 2


def test_machines_are_told_of_their_network() -> None:
    """Input: a subnet without servers of its own, DHCP options with IPv4 ones. Output: those."""
    cloud = _two_vpcs()
    cloud.make(DhcpOptions, "dopt-1", domain_name="x.example", domain_name_servers=("9.9.9.9",), ntp_servers=("::1",))
    cloud.change(cloud.documents["vpc-blue"], dhcp_options_id="dopt-1")
    q = _asked(cloud)
    assert leases(q, "subnet-blue1") == (Lease(4, "10.0.1.0/24", "x.example", ("9.9.9.9",), ()),)
    assert leases(q, "subnet-red1") == (Lease(4, "10.1.1.0/24", REGION.domain, ("10.1.1.2",), REGION.ntp_servers),)


def test_an_elastic_ip_is_an_interfaces() -> None:
    """Input: one that an interface has, one that none has. Output: the pair of addresses; nothing."""
    cloud = _two_vpcs()
    cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    cloud.make(ElasticIp, "eip-1", address="203.0.113.7", network_interface_id="eni-blue-p1")
    cloud.make(ElasticIp, "eip-2", address="203.0.113.8")
    q = _asked(cloud)
    found = one_to_one(q, "eip-1")
    assert found is not None
    assert (found.public, found.private, found.near) == ("203.0.113.7", "10.0.1.10", True)
    assert one_to_one(q, "eip-2") is None


def test_a_connection_is_chosen_once() -> None:
    """Input: where a rule's source and destination are. Output: at the client where it is in the VPC, else at the
    server; where the source is both, the server's end is for strangers."""
    inside, outside, both = Side(4, where="in"), Side(4, where="out"), Side(4, where="both")
    assert chosen_at(inside, inside)[:2] == (True, False)
    assert chosen_at(outside, inside)[:2] == (False, True)
    assert chosen_at(outside, outside)[:2] == (False, False)
    assert chosen_at(both, inside) == (True, True, True)
