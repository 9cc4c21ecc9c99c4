"""What Neutron has and AWS has not: networks without a subnet, and routers. Documents of the store like any other."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.cloud.kinds.network_interface import AddressPair
from crossconnect.cloud.resource import Body, Patch, Reference, Resource


class NeutronNetwork(Resource, frozen=True, kw_only=True):
    """A network that was made through Neutron. Its subnets are one `Subnet` with the same 17 digits in its id."""

    availability_zone: str = ""
    """Where its subnet is to be; empty: the region's first."""


class NeutronNetworkBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    availability_zone: str = ""


class NeutronNetworkPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one."""


class RouterRoute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An extra route: its next hop is a port's address in one of the router's subnets."""

    destination: str
    nexthop: str


class NeutronRouter(Resource, frozen=True, kw_only=True):
    """A router: the subnets that reach each other, and whether they reach the internet. What it means is in a route
    table and a network ACL that go with it."""

    vpc_id: str
    subnet_ids: tuple[str, ...] = ()
    external: bool = False
    """Whether it has a gateway to the internet."""
    source_nat: bool = True
    """Whether ports without a floating IP reach the internet, from the router's address."""
    elastic_ip_id: str = ""
    """The router's address on the internet."""
    address: str = ""
    """The same, as text."""
    routes: tuple[RouterRoute, ...] = ()
    route_table_id: str
    network_acl_id: str


class NeutronRouterBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    external: bool = False
    source_nat: bool = True
    address: str = ""


class NeutronRouterPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one."""

    external: bool | msgspec.UnsetType = msgspec.UNSET
    source_nat: bool | msgspec.UnsetType = msgspec.UNSET
    address: str | msgspec.UnsetType = msgspec.UNSET
    routes: tuple[RouterRoute, ...] | msgspec.UnsetType = msgspec.UNSET
    add_subnet_id: str = ""
    remove_subnet_id: str = ""


class NeutronSubnetBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create the subnet of a network."""

    digits: str
    """Of the network's id."""
    cidr: str
    domain_name_servers: tuple[str, ...] = ()


class NeutronSubnetPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To add the other IP version to a network's subnet, or to take one away."""

    add_cidr: str = ""
    domain_name_servers: tuple[str, ...] = ()
    """Those that the new IP version adds."""
    remove_version: int = 0


class NeutronGroupBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create a security group of the project."""


class NeutronProjectBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To make the project's VPC with its default group, where it is not there."""


def no_references(resource: Resource) -> Iterator[Reference]:
    """None."""
    yield from ()


def router_references(router: NeutronRouter) -> Iterator[Reference]:
    """Its VPC, subnets, table, ACL and address."""
    yield Reference("vpc_id", router.vpc_id)
    for n, id in enumerate(router.subnet_ids):
        yield Reference(f"subnet_ids/{n}", id)
    yield Reference("route_table_id", router.route_table_id)
    yield Reference("network_acl_id", router.network_acl_id)
    if router.elastic_ip_id:
        yield Reference("elastic_ip_id", router.elastic_ip_id)


class NeutronPortBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create a port."""

    digits: str
    """Of the network's id."""
    versions: tuple[int, ...] = ()
    private_addresses: tuple[str, ...] = ()
    ipv6_addresses: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    mac: str = ""
    allowed_address_pairs: tuple[AddressPair, ...] = ()
    device_id: str = ""
    host: str = ""
