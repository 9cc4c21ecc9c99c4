"""Documents of every kind that refer to each other, in several variants: what may be, for tests of all of it."""

from __future__ import annotations

import msgspec

from cloud_documents import Cloud
from crossconnect.cloud.kinds.dhcp_options import DhcpOptions
from crossconnect.cloud.kinds.dns import DnsRecord, DnsZone
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.flow_log import FlowLog
from crossconnect.cloud.kinds.gateways import EgressOnlyInternetGateway, InternetGateway, NatGateway
from crossconnect.cloud.kinds.load_balancer import HealthCheck, Listener, LoadBalancer, Target, TargetGroup
from crossconnect.cloud.kinds.network_acl import AclEntry
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.prefix_list import PrefixList, PrefixListEntry
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.private_link import Backend, EndpointService, ServiceEndpoint, ServiceListener
from crossconnect.cloud.kinds.service_insertion import Appliance, ServiceInsertion, SteeringRule
from crossconnect.cloud.kinds.traffic_mirror import TrafficMirror
from crossconnect.cloud.kinds.transit import (
    TransitRoute,
    TransitRouter,
    TransitRouterAttachment,
    TransitRouteTable,
)
from crossconnect.cloud.kinds.vpn import CustomerGateway, VpnConnection
from crossconnect.cloud.resource import Resource


def _universe() -> dict[str, list[Resource]]:
    """Every document that may be, in its variants, by id."""
    cloud = Cloud()
    for n, name in enumerate(("blue", "red")):
        cloud.vpc(name, f"10.{n}.0.0/16", six=(f"2001:db8:{n}::/56",))
        cloud.subnet(f"{name}1", name, f"10.{n}.1.0/24", f"2001:db8:{n}:1::/64")
        cloud.subnet(f"{name}2", name, f"10.{n}.2.0/24", zone="b", network_acl_id=f"acl-{name}2")
        cloud.acl(f"{name}2", name, AclEntry(number=5, direction="egress", action="deny", cidr="10.0.0.0/8"))
        cloud.group(f"{name}-web", name)
        cloud.rule(f"sgr-{name}-web", f"sg-{name}-web", "ingress", f"sg-{name}", "tcp", (80, 81))
        cloud.rule(f"sgr-{name}-pl", f"sg-{name}-web", "ingress", "pl-1", "icmp")
        cloud.port(f"{name}-p1", f"{name}1", f"10.{n}.1.10", name, f"{name}-web", six=f"2001:db8:{n}:1::10")
        cloud.port(f"{name}-p2", f"{name}2", f"10.{n}.2.10")
        cloud.port(f"{name}-fw", f"{name}2", f"10.{n}.2.66", source_dest_check=False)
        cloud.make(InternetGateway, f"igw-{name}", vpc_id=f"vpc-{name}")
        cloud.make(EgressOnlyInternetGateway, f"eigw-{name}", vpc_id=f"vpc-{name}")
        cloud.make(ElasticIp, f"eip-{name}", address=f"203.0.113.{n}", network_interface_id=f"eni-{name}-p1")
        cloud.make(ElasticIp, f"eip-{name}-nat", address=f"203.0.113.1{n}")
        cloud.make(
            NatGateway, f"nat-{name}", vpc_id=f"vpc-{name}", subnet_id=f"subnet-{name}1", number=cloud.number(),
            elastic_ip_id=f"eip-{name}-nat", private_address=f"10.{n}.1.99",
        )  # fmt: skip
        cloud.table(
            f"{name}2", name, ("0.0.0.0/0", f"nat-{name}"), ("10.0.0.0/8", "pcx-1"), ("pl-1", f"eni-{name}-fw"),
            ("172.16.0.0/12", "tgw-1"), ("::/0", f"eigw-{name}"), propagating_gateway_ids=("pgw-1",),
        )  # fmt: skip
    web = Target(network_interface_id="eni-blue-p1", port=80), Target(network_interface_id="eni-blue-p2", port=80)
    cloud.make(TargetGroup, "tg-1", vpc_id="vpc-blue", targets=web, health_check=HealthCheck())
    cloud.make(
        LoadBalancer, "nlb-1", vpc_id="vpc-blue", subnet_ids=("subnet-blue1",), addresses=("10.0.1.50",),
        listeners=(Listener(port=80, target_group_id="tg-1"),), elastic_ip_id="eip-blue-nat",
    )  # fmt: skip
    cloud.make(PrefixList, "pl-1", address_family="ipv4", max_entries=9, entries=(PrefixListEntry(cidr="9.0.0.0/8"),))
    cloud.make(
        VpcPeering, "pcx-1", vpc_id="vpc-blue", peer_vpc_id="vpc-red", peer_project_id="red", status="active"
    )  # fmt: skip
    cloud.make(DhcpOptions, "dopt-1", domain_name="blue.example", domain_name_servers=("10.0.1.10",))
    cloud.make(DnsZone, "zone-1", domain="db.internal", vpc_ids=("vpc-blue", "vpc-red"))
    cloud.make(DnsRecord, "rec-1", dns_zone_id="zone-1", record="one", values=("10.0.1.10",))
    cloud.make(DnsRecord, "rec-2", dns_zone_id="zone-1", record="one", type="AAAA", values=("2001:db8::1",))
    cloud.make(FlowLog, "fl-1", resource_id="vpc-blue")
    cloud.make(FlowLog, "fl-2", resource_id="subnet-red1", traffic="reject")
    cloud.make(PrivateGateway, "pgw-1", vrf="blue", vpc_id="vpc-blue", prefixes=("172.20.0.0/16",), number=60)
    cloud.make(PrivateGateway, "pgw-2", vrf="nowhere", prefixes=("172.21.0.0/16",), number=61)
    cloud.make(CustomerGateway, "cgw-1", address="198.51.100.9")
    for n in (1, 2):
        cloud.make(
            VpnConnection, f"vpn-{n}", private_gateway_id=f"pgw-{n}", customer_gateway_id="cgw-1",
            prefixes=(f"172.2{n + 1}.0.0/16", "192.168.0.0/24"),
        )  # fmt: skip
    cloud.make(EndpointService, "vpces-1", vpc_id="vpc-red", load_balancer_id="nlb-1", number=62)
    cloud.make(
        ServiceEndpoint, "vpce-1", vpc_id="vpc-blue", subnet_ids=("subnet-blue1",), addresses=("10.0.1.60",),
        service_id="vpces-1", service_project_id="red", status="active", number=63,
    )  # fmt: skip
    backends = tuple(Backend(address=f"172.20.0.{n}", port=8080) for n in (8, 9))
    cloud.make(
        EndpointService, "vpces-2", vrf="blue", source_address="172.20.0.200", number=64,
        listeners=(ServiceListener(port=80, backends=backends),),
    )  # fmt: skip
    cloud.make(
        ServiceEndpoint, "vpce-2", vpc_id="vpc-red", subnet_ids=("subnet-red1",), addresses=("10.1.1.61",),
        service_id="vpces-2", service_project_id="blue", status="active", number=65,
    )  # fmt: skip
    cloud.make(
        ServiceInsertion, "ins-1", vpc_id="vpc-blue", number=1, appliance_numbers=(1,),
        appliances=(Appliance(network_interface_id="eni-blue-fw"),),
        rules=(SteeringRule(number=1, source="10.0.1.0/24", destination="0.0.0.0/0"),),
    )  # fmt: skip
    cloud.port("red-out", "red2", "10.1.2.67", source_dest_check=False)
    cloud.make(
        ServiceInsertion, "ins-2", vpc_id="vpc-red", number=2, appliance_numbers=(2,), mode="inline",
        appliances=(Appliance(network_interface_id="eni-red-fw", return_network_interface_id="eni-red-out"),),
        rules=(SteeringRule(number=1, source="0.0.0.0/0", destination="10.1.2.0/24"),),
    )  # fmt: skip
    cloud.port("red-fw3", "red1", "10.1.1.68", source_dest_check=False)
    cloud.port("red-out3", "red1", "10.1.1.69", source_dest_check=False)
    cloud.make(
        ServiceInsertion, "ins-3", vpc_id="vpc-red", number=3, appliance_numbers=(3,), mode="inline",
        appliances=(Appliance(network_interface_id="eni-red-fw3", return_network_interface_id="eni-red-out3"),),
        rules=(SteeringRule(number=3, source="10.1.1.0/24", destination="0.0.0.0/0"),),
    )  # fmt: skip
    cloud.make(
        TrafficMirror, "tm-1", vpc_id="vpc-blue", source_network_interface_id="eni-blue-p1",
        target_network_interface_id="eni-blue-p2",
    )  # fmt: skip
    cloud.make(TransitRouter, "tgw-1", default_route_table_id="tgw-rtb-1", number=70)
    routes = (TransitRoute(destination="0.0.0.0/0", attachment_id="att-blue"), TransitRoute(destination="9.0.0.0/8"))
    cloud.make(TransitRouteTable, "tgw-rtb-1", transit_router_id="tgw-1", routes=routes)
    for name, fields in {
        "blue": {"vpc_id": "vpc-blue"},
        "red": {"vpc_id": "vpc-red"},
        "pgw": {"private_gateway_id": "pgw-2"},
    }.items():
        cloud.make(
            TransitRouterAttachment, f"att-{name}", transit_router_id="tgw-1", transit_router_project_id="blue",
            status="active", route_table_id="tgw-rtb-1", propagated_route_table_ids=("tgw-rtb-1",), **fields,
        )  # fmt: skip
    variants: dict[str, list[Resource]] = {id: [document] for id, document in cloud.documents.items()}
    _vary(variants)
    return variants


def _vary(variants: dict[str, list[Resource]]) -> None:
    """Further variants of some documents."""
    change = msgspec.structs.replace

    def also(id: str, **fields: object) -> None:
        variants[id].append(change(variants[id][0], **fields))

    for name in ("blue", "red"):
        also(f"vpc-{name}", dns_support=False, cidr_blocks=("10.0.0.0/16", "10.9.0.0/16"))
        also(f"vpc-{name}", dhcp_options_id="dopt-1", main_route_table_id=f"rtb-{name}2")
        also(f"subnet-{name}1", route_table_id=f"rtb-{name}2", network_acl_id=f"acl-{name}2")
        also(f"subnet-{name}2", availability_zone="nowhere")
        also(f"subnet-{name}2", egress_elastic_ip_id=f"eip-{name}-nat")
        also(f"acl-{name}", entries=())
        also(f"eni-{name}-p1", security_group_ids=(f"sg-{name}",), private_addresses=("10.0.1.10", "10.0.1.11"))
        also(f"eni-{name}-p2", iface_id=f"4f-{name}", host="hv1")
        also(f"igw-{name}", vpc_id="")
        also(f"eip-{name}", network_interface_id=f"eni-{name}-p2")
        also(f"sgr-{name}-web", peer="10.0.0.0/8", protocol="udp")
    also("pl-1", entries=())
    also("pcx-1", status="rejected")
    also("nlb-1", listeners=())
    also("nlb-1", ip_address_type="dualstack", ipv6_addresses=("2001:db8:0:1::50",))
    also("tg-1", health_check=None, affinity_s=5)
    also("tg-1", service_insertion_id="ins-1")
    also("tg-1", service_insertion_id="ins-2")
    also("pgw-2", vrf="blue")
    also("cgw-1", address="2001:db8:ffff::9")
    also("vpn-1", private_gateway_id="pgw-2", prefixes=("10.9.0.0/16",))
    also("vpn-2", private_gateway_id="pgw-1", prefixes=("172.20.0.0/16", "fd00:2::/48"))
    also("vpces-1", source="kept")
    also("vpces-1", supported_ip_address_types=("ipv4", "ipv6"))
    also("vpces-1", supported_ip_address_types=("ipv6",), source="kept")
    also("vpces-2", supported_ip_address_types=("ipv4", "ipv6"), ipv6_source_address="fd00:20::200")
    also("vpce-1", ip_address_type="dualstack", ipv6_addresses=("2001:db8:0:1::60",))
    also("vpce-1", ip_address_type="ipv6", addresses=(), ipv6_addresses=("2001:db8:0:1::60",))
    also("vpces-2", vrf="nowhere")
    also("vpces-2", listeners=(ServiceListener(port=81, backends=(Backend(address="172.20.0.8", port=1),)),))
    also("vpce-1", status="rejected")
    also("att-red", status="pending-acceptance", route_table_id="")
    also("ins-1", on_failure="open")
    also("ins-1", health_check=HealthCheck(port=80))
    also("ins-2", mode="routed")
    sides = {"source": "sg-blue", "destination": "pl-1"}
    also("ins-1", rules=(SteeringRule(number=2, **sides), SteeringRule(number=4, source="pl-1", destination="sg-red")))
    also("ins-2", rules=(SteeringRule(number=5, source="sg-blue", destination="sg-red"),))
    also("ins-3", mode="routed")
    also("ins-3", mode="routed", rules=(), on_failure="open")
    also("ins-2", mode="routed", next_insertion_id="ins-3")
    also("ins-2", rules=(SteeringRule(number=7, action="bypass", source="10.1.1.0/24", destination="10.1.0.0/16"),))
    also("fl-1", traffic="reject")
    also("tm-1", direction="ingress")
    also("rec-2", record="two")


UNIVERSE = _universe()
"""By id; the first variants fit together."""
