"""Which fields of which kinds are indexed: those that refer to other resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from crossconnect.cloud.kinds import (
    dhcp_options,
    elastic_ip,
    gateways,
    load_balancer,
    network_acl,
    network_interface,
    peering,
    prefix_list,
    route_table,
    security_group,
    subnet,
    vpc,
)
from crossconnect.cloud.resource import Reference, Resource

_OF: dict[type[Resource], Callable[[Any], Iterable[Reference]]] = {
    dhcp_options.DhcpOptions: dhcp_options.references,
    elastic_ip.ElasticIp: elastic_ip.references,
    gateways.EgressOnlyInternetGateway: gateways.internet_gateway_references,
    gateways.InternetGateway: gateways.internet_gateway_references,
    gateways.NatGateway: gateways.nat_gateway_references,
    load_balancer.LoadBalancer: load_balancer.references,
    load_balancer.TargetGroup: load_balancer.target_group_references,
    network_acl.NetworkAcl: network_acl.references,
    network_interface.NetworkInterface: network_interface.references,
    peering.VpcPeering: peering.references,
    prefix_list.PrefixList: prefix_list.references,
    route_table.RouteTable: route_table.references,
    security_group.SecurityGroup: security_group.references,
    security_group.SecurityGroupRule: security_group.rule_references,
    subnet.Subnet: subnet.references,
    vpc.Vpc: vpc.references,
}


def references(resource: Resource) -> Iterable[Reference]:
    """What a resource names, and in which field."""
    return _OF[type(resource)](resource)
