"""VPCs: a tenant's own network, with addresses that may be anybody else's, too."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

CIDR_BLOCKS_MAX = 5
"""Per IP version, as in AWS by default."""


class Vpc(Resource, frozen=True, kw_only=True):
    """A VPC with its default group, network ACL and main route table, which come and go with it."""

    cidr_blocks: tuple[str, ...]
    """IPv4, /16 to /28 each, none inside another."""
    ipv6_cidr_blocks: tuple[str, ...] = ()
    """IPv6, /44 to /60 each."""
    dhcp_options_id: str = ""
    """None: the region's."""
    dns_support: bool = True
    """Whether the resolver at the third address of each subnet answers."""
    main_route_table_id: str
    default_security_group_id: str
    default_network_acl_id: str
    number: int = 0
    """One of the region's own, for addresses on the links between routers; never another resource's."""


class VpcBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    cidr_blocks: tuple[str, ...]
    ipv6_cidr_blocks: tuple[str, ...] = ()
    """`public` stands for the region's next free one (a /56, if it says nothing else); any other block stays inside."""
    dhcp_options_id: str = ""
    dns_support: bool = True


class VpcPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one. CIDR blocks may be added, and taken away where no subnet is in them."""

    cidr_blocks: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    ipv6_cidr_blocks: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    dhcp_options_id: str | msgspec.UnsetType = msgspec.UNSET
    dns_support: bool | msgspec.UnsetType = msgspec.UNSET
    main_route_table_id: str | msgspec.UnsetType = msgspec.UNSET
    """Another table of the VPC: subnets without one of their own use it from then on."""


def references(vpc: Vpc) -> Iterator[Reference]:
    """Its DHCP options."""
    if vpc.dhcp_options_id:
        yield Reference("dhcp_options_id", vpc.dhcp_options_id)
