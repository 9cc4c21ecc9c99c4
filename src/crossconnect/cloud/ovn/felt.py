"""Where a change of a resource is felt: at the datapaths of whatever it names, and of what that names.

Routers and switches are called like the resources they are made for (VPC, subnet, NAT gateway, transit router, ...), so
that the ids are enough. A rule names its group, the group its VPC; a peering names both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crossconnect.cloud.kinds.dhcp_options import DhcpOptions
from crossconnect.cloud.kinds.dns import DnsRecord, DnsZone
from crossconnect.cloud.kinds.flow_log import FlowLog
from crossconnect.cloud.kinds.gateways import NatGateway
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
from crossconnect.cloud.kinds.transit import TransitRouter
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.references import references
from crossconnect.cloud.realise.placement import Reach
from crossconnect.cloud.resource import Resource

INSIDE: frozenset[type[Resource]] = frozenset(
    {
        DhcpOptions,
        DnsRecord,
        DnsZone,
        FlowLog,
        NetworkAcl,
        NetworkInterface,
        RouteTable,
        SecurityGroup,
        SecurityGroupRule,
        ServiceInsertion,
        TrafficMirror,
        VpcPeering,
    }
)
"""Kinds by which no router answers for other addresses on the provider's networks. Who is not here may."""
DATAPATHS: frozenset[type[Resource]] = frozenset(
    {EndpointService, NatGateway, PrivateGateway, ServiceEndpoint, Subnet, TransitRouter, Vpc}
)
"""Kinds that are routers or switches."""
EVERYWHERE: frozenset[type[Resource]] = frozenset({PrefixList})
"""Kinds that name nobody, and are read wherever somebody names them."""


def reach_of(documents: Mapping[str, Resource], ids: Iterable[str]) -> Reach:
    """Where a change of resources is felt. What does not exist is felt nowhere: it has been, while it did."""
    waiting = [*ids]
    kinds = {type(documents[id]) for id in waiting if id in documents}
    seen: set[str] = set(waiting)
    names: set[str] = set()
    while waiting:
        document = documents.get(id := waiting.pop())
        if document is None:
            continue
        if type(document) in DATAPATHS:
            names.add(id)
        named = {reference.id for reference in references(document)} - seen
        seen |= named
        waiting += named
    return Reach(frozenset(names), bool(kinds - INSIDE), bool(kinds & EVERYWHERE))
