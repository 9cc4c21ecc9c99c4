"""Which fields of which kinds are indexed: those that refer to other resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from crossconnect.cloud.kinds import (
    dhcp_options,
    dns,
    elastic_ip,
    flow_log,
    gateways,
    load_balancer,
    network_acl,
    network_interface,
    peering,
    prefix_list,
    private_gateway,
    private_link,
    route_table,
    security_group,
    service_insertion,
    subnet,
    traffic_mirror,
    transit,
    vpc,
)
from crossconnect.cloud.resource import Reference, Resource

_OF: dict[type[Resource], Callable[[Any], Iterable[Reference]]] = {
    dhcp_options.DhcpOptions: dhcp_options.references,
    dns.DnsRecord: dns.record_references,
    dns.DnsZone: dns.zone_references,
    elastic_ip.ElasticIp: elastic_ip.references,
    flow_log.FlowLog: flow_log.references,
    gateways.EgressOnlyInternetGateway: gateways.internet_gateway_references,
    gateways.InternetGateway: gateways.internet_gateway_references,
    gateways.NatGateway: gateways.nat_gateway_references,
    load_balancer.LoadBalancer: load_balancer.references,
    load_balancer.TargetGroup: load_balancer.target_group_references,
    network_acl.NetworkAcl: network_acl.references,
    network_interface.NetworkInterface: network_interface.references,
    peering.VpcPeering: peering.references,
    prefix_list.PrefixList: prefix_list.references,
    private_gateway.PrivateGateway: private_gateway.references,
    private_link.EndpointService: private_link.service_references,
    private_link.ServiceEndpoint: private_link.endpoint_references,
    route_table.RouteTable: route_table.references,
    security_group.SecurityGroup: security_group.references,
    security_group.SecurityGroupRule: security_group.rule_references,
    service_insertion.ServiceInsertion: service_insertion.references,
    subnet.Subnet: subnet.references,
    traffic_mirror.TrafficMirror: traffic_mirror.references,
    transit.TransitRouteTable: transit.route_table_references,
    transit.TransitRouter: transit.router_references,
    transit.TransitRouterAttachment: transit.attachment_references,
    vpc.Vpc: vpc.references,
}


def references(resource: Resource) -> Iterable[Reference]:
    """What a resource names, and in which field. Nothing for what no rows depend on: documents of other APIs."""
    named = _OF.get(type(resource))
    return named(resource) if named is not None else ()
