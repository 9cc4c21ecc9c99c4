"""Which units are made of which kind: the whole of the mapping, from which docs/reference/cloud-ovn.md is made."""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.cloud.kinds.dhcp_options import DhcpOptions
from crossconnect.cloud.kinds.dns import DnsRecord, DnsZone
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.flow_log import FlowLog
from crossconnect.cloud.kinds.gateways import EgressOnlyInternetGateway, InternetGateway, NatGateway
from crossconnect.cloud.kinds.load_balancer import LoadBalancer, TargetGroup
from crossconnect.cloud.kinds.network_acl import NetworkAcl
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.prefix_list import PrefixList
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.private_link import EndpointService, ServiceEndpoint
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.security_group import SecurityGroup, SecurityGroupRule
from crossconnect.cloud.kinds.service_insertion import ServiceInsertion
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.traffic_mirror import TrafficMirror
from crossconnect.cloud.kinds.transit import TransitRouter, TransitRouterAttachment, TransitRouteTable
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.kinds.vpn import CustomerGateway, VpnConnection
from crossconnect.cloud.ovn import (
    egress_only,
    elsewhere,
    flow_logs,
    inline,
    insertions,
    inspection,
    interfaces,
    internet,
    load_balancers,
    network_acls,
    peerings,
    prefix_lists,
    private_gateways,
    private_link,
    provider,
    resolving,
    routes,
    security_groups,
    subnets,
    traffic_mirrors,
    transit,
    vpcs,
    vpn_connections,
)
from crossconnect.cloud.ovn.parts import UnitFunction
from crossconnect.cloud.resource import Resource

UNITS: Mapping[type[Resource], tuple[UnitFunction, ...]] = {
    Vpc: (
        vpcs.router,
        resolving.services,
        internet.gateway_port,
        load_balancers.group,
        flow_logs.rejects,
        inline.chain,
    ),
    PrefixList: (prefix_lists.address_set,),
    NetworkAcl: (network_acls.ingress, network_acls.egress),
    SecurityGroup: (security_groups.group,),
    Subnet: (
        subnets.switch,
        subnets.router_side,
        subnets.switch_side,
        subnets.dhcp,
        resolving.subnet_resolver,
        resolving.subnet_names,
        network_acls.border,
        load_balancers.subnet_balancing,
        elsewhere.subnet_reach,
        egress_only.subnet_inside,
        internet.subnet_source,
        inline.children,
    ),
    NetworkInterface: (interfaces.port, resolving.interface_names, flow_logs.interface_rejects, inline.member),
    SecurityGroupRule: (security_groups.rule,),
    RouteTable: (routes.table, egress_only.sources),
    DhcpOptions: (),
    InternetGateway: (),
    EgressOnlyInternetGateway: (),
    ElasticIp: (internet.elastic_ip,),
    NatGateway: (internet.nat_gateway,),
    TargetGroup: (inspection.inspected,),
    LoadBalancer: (load_balancers.balancer,),
    VpcPeering: (peerings.peering,),
    DnsZone: (resolving.zone,),
    DnsRecord: (resolving.record,),
    FlowLog: (flow_logs.flow_log,),
    PrivateGateway: (private_gateways.gateway, elsewhere.gateway_reach),
    CustomerGateway: (),
    VpnConnection: (vpn_connections.connection,),
    EndpointService: (private_link.service,),
    ServiceEndpoint: (private_link.endpoint, resolving.endpoint_names),
    ServiceInsertion: (insertions.steering,),
    TrafficMirror: (traffic_mirrors.mirror,),
    TransitRouter: (transit.router,),
    TransitRouterAttachment: (transit.attachment,),
    TransitRouteTable: (transit.table,),
}
"""The functions of each kind, in the order in which rows refer to each other."""

ELSEWHERE: Mapping[type[Resource], str] = {
    DhcpOptions: "Read by the `DHCP_Options` of the subnets of VPCs that name them, and by the names of interfaces.",
    CustomerGateway: "Where the tunnels of the VPN connections that name it end.",
    InternetGateway: "While it is attached: its VPC's port to the internet, the routes that lead to it, elastic IPs.",
    EgressOnlyInternetGateway: "Its VPC's port to the internet, the routes that lead to it, and the drops of subnets.",
}
"""Kinds without functions of their own: where they are read."""

UNITS_OF_REGION: tuple[UnitFunction, ...] = (
    security_groups.everybody,
    provider.gateway_nodes,
    provider.networks,
    provider.border,
    private_link.network,
    flow_logs.collector,
)
"""Made once, with the first rows of all."""
