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
    egress_elastic_ip_id: str = ""
    """The source, towards an internet gateway, of interfaces that have no elastic IP of their own; none: they do not
    get out by it, as in AWS."""
    domain_name_servers: tuple[str, ...] = ()
    """What machines of this subnet are told; none of an IP version: what its VPC's DHCP options say."""


class SubnetBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    vpc_id: str
    cidr_block: str = ""
    ipv6_cidr_block: str = ""
    availability_zone: str = ""
    """None: the region's first."""
    route_table_id: str = ""
    network_acl_id: str = ""
    egress_elastic_ip_id: str = ""
    domain_name_servers: tuple[str, ...] = ()


class SubnetPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; its zone stays. A CIDR block may be set where there is none, and taken away where nothing has an
    address of it."""

    cidr_block: str | msgspec.UnsetType = msgspec.UNSET
    ipv6_cidr_block: str | msgspec.UnsetType = msgspec.UNSET
    route_table_id: str | msgspec.UnsetType = msgspec.UNSET
    network_acl_id: str | msgspec.UnsetType = msgspec.UNSET
    egress_elastic_ip_id: str | msgspec.UnsetType = msgspec.UNSET
    domain_name_servers: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


def references(subnet: Subnet) -> Iterator[Reference]:
    """Its VPC, its route table and network ACL, its elastic IP."""
    yield Reference("vpc_id", subnet.vpc_id)
    for field in ("route_table_id", "network_acl_id", "egress_elastic_ip_id"):
        id: str = getattr(subnet, field)
        if id:
            yield Reference(field, id)
