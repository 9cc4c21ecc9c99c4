"""Gateways of a VPC to the outside: internet gateway, egress-only internet gateway for IPv6, NAT gateway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource


class InternetGateway(Resource, frozen=True, kw_only=True):
    """The way to and from the internet, for elastic IPs and IPv6. A VPC has at most one."""

    vpc_id: str = ""
    """Empty while it is not attached."""


class InternetGatewayBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    vpc_id: str = ""


class InternetGatewayPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one: attach it, or detach it with an empty `vpc_id`, which is refused while elastic IPs of the VPC are
    in use."""

    vpc_id: str | msgspec.UnsetType = msgspec.UNSET


class EgressOnlyInternetGateway(Resource, frozen=True, kw_only=True):
    """The way to the internet for IPv6 connections that begin inside; nothing that begins outside comes in."""

    vpc_id: str


class EgressOnlyInternetGatewayBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    vpc_id: str


class EgressOnlyInternetGatewayPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one: name, description and tags."""


class NatGateway(Resource, frozen=True, kw_only=True):
    """Source NAT for subnets whose route table leads to it; highly available by itself."""

    vpc_id: str
    subnet_id: str
    """Where it has its private address, and whose route table must lead to an internet gateway."""
    connectivity: Literal["public", "private"] = "public"
    elastic_ip_id: str = ""
    """Of a public one: the address that the outside sees."""
    private_address: str
    """Its address in the subnet."""
    number: int = 0
    """One of the region's own, for addresses on the links between routers; never another resource's."""


class NatGatewayBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    subnet_id: str
    connectivity: Literal["public", "private"] = "public"
    elastic_ip_id: str = ""
    private_address: str = ""
    """None: the subnet's next free one."""


class NatGatewayPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one: name, description and tags."""


def internet_gateway_references(gateway: InternetGateway | EgressOnlyInternetGateway) -> Iterator[Reference]:
    """Its VPC."""
    if gateway.vpc_id:
        yield Reference("vpc_id", gateway.vpc_id)


def nat_gateway_references(gateway: NatGateway) -> Iterator[Reference]:
    """Its VPC, subnet and elastic IP."""
    yield Reference("vpc_id", gateway.vpc_id)
    yield Reference("subnet_id", gateway.subnet_id)
    if gateway.elastic_ip_id:
        yield Reference("elastic_ip_id", gateway.elastic_ip_id)
