"""How much a project may have: quotas by kind, and limits inside one resource. A project may have others.

Where AWS has such a limit, ours is its default or more.
"""

from __future__ import annotations

import msgspec

from crossconnect.cloud.view import Context


class Limit(msgspec.Struct, frozen=True):
    """A limit inside one resource: how many, and of what."""

    most: int
    meaning: str


QUOTAS = {
    "vpc": 100,
    "subnet": 2_000,
    "route_table": 2_000,
    "prefix_list": 100,
    "security_group": 2_500,
    "security_group_rule": 100_000,
    "network_acl": 1_000,
    "network_interface": 50_000,
    "elastic_ip": 50,
    "internet_gateway": 100,
    "egress_only_internet_gateway": 100,
    "nat_gateway": 100,
    "load_balancer": 50,
    "target_group": 3_000,
    "vpc_peering": 500,
    "dhcp_options": 100,
    "transit_router": 5,
    "transit_router_attachment": 500,
    "transit_route_table": 100,
    "private_gateway": 20,
    "customer_gateway": 50,
    "vpn_connection": 50,
    "endpoint_service": 20,
    "service_endpoint": 200,
    "service_insertion": 20,
    "traffic_mirror": 100,
    "dns_zone": 500,
    "dns_record": 10_000,
    "flow_log": 1_000,
}
"""Per project, by kind."""

LIMITS = {
    "cidr_blocks_per_vpc": Limit(5, "CIDR blocks of a VPC, per IP version"),
    "subnets_per_vpc": Limit(200, "subnets of a VPC"),
    "route_tables_per_vpc": Limit(200, "route tables of a VPC, the main one included"),
    "routes_per_route_table": Limit(500, "static routes of a route table; a prefix list counts as its `max_entries`"),
    "rules_per_security_group": Limit(10_000, "rules of a security group, both directions together"),
    "prefixes_per_security_group": Limit(10_000, "`max_entries` of the prefix lists that a group's rules name, in sum"),
    "prefixes_per_service_insertion": Limit(
        10_000, "`max_entries` of the prefix lists that a service insertion's rules name, in sum"
    ),
    "entries_per_network_acl": Limit(40, "entries of a network ACL, per direction"),
    "nat_gateways_per_zone": Limit(5, "NAT gateways of a project in an availability zone"),
    "targets_per_target_group": Limit(500, "targets of a target group"),
    "listeners_per_load_balancer": Limit(50, "listeners of a load balancer"),
    "peerings_per_vpc": Limit(125, "peerings of a VPC, those that are asked for included"),
    "attachments_per_transit_router": Limit(5_000, "attachments of a transit router"),
    "routes_per_transit_route_table": Limit(10_000, "static routes of a transit route table"),
    "records_per_dns_zone": Limit(10_000, "records of a DNS zone"),
}
"""Inside one resource, by name."""


def limit(context: Context, name: str) -> int:
    """A project's limit of a name."""
    return context.quotas.get(name, LIMITS[name].most)
