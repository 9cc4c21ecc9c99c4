"""Private gateways: where a VPC, or a transit router, meets a VRF of the region: private connect, VPN."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

PREFIXES_MAX = 100
"""Propagated routes per route table, as in AWS."""


class PrivateGateway(Resource, frozen=True, kw_only=True):
    """A private gateway. The VPC's CIDR blocks are announced into the VRF; what networks of one VRF have does not
    overlap."""

    vrf: str
    """The VRF's name on devices: `acme-wan` is VRF `wan` of tenant `acme`, whose project may name it."""
    vpc_id: str = ""
    """Empty while it is not attached to a VPC. One that is attached to a transit router has none."""
    prefixes: tuple[str, ...] = ()
    """What is reached through it: CIDR blocks, propagated to the route tables that ask for it."""
    number: int = 0
    """One of the region's own, for addresses on the links between routers; never another resource's."""


class PrivateGatewayBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    vrf: str
    vpc_id: str = ""
    prefixes: tuple[str, ...] = ()


class PrivateGatewayPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one: attach it, or detach it with an empty `vpc_id`; `prefixes` replaces all of them."""

    vpc_id: str | msgspec.UnsetType = msgspec.UNSET
    prefixes: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


def references(gateway: PrivateGateway) -> Iterator[Reference]:
    """Its VPC."""
    if gateway.vpc_id:
        yield Reference("vpc_id", gateway.vpc_id)
