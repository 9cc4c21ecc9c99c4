"""Subnets: a part of a VPC's addresses in one availability zone."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource


class Subnet(Resource, frozen=True, kw_only=True):
    """A subnet. The first four addresses and the last one are reserved: network, router, DNS, future use, broadcast."""

    vpc_id: str
    cidr_block: str
    """IPv4, /16 to /28, inside one of the VPC's; empty where there is only IPv6."""
    ipv6_cidr_block: str = ""
    """IPv6, /44 to /64, inside one of the VPC's."""
    availability_zone: str
    route_table_id: str = ""
    """None: the VPC's main one."""
    network_acl_id: str = ""
    """None: the VPC's default one."""


class SubnetBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    vpc_id: str
    cidr_block: str = ""
    ipv6_cidr_block: str = ""
    availability_zone: str = ""
    """None: the region's first."""
    route_table_id: str = ""
    network_acl_id: str = ""


class SubnetPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; its addresses and zone stay."""

    route_table_id: str | msgspec.UnsetType = msgspec.UNSET
    network_acl_id: str | msgspec.UnsetType = msgspec.UNSET


def references(subnet: Subnet) -> Iterator[Reference]:
    """Its VPC, its route table and network ACL."""
    yield Reference("vpc_id", subnet.vpc_id)
    for field, id in (("route_table_id", subnet.route_table_id), ("network_acl_id", subnet.network_acl_id)):
        if id:
            yield Reference(field, id)
