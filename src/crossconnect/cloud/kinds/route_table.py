"""Route tables: of a subnet, or the main one of a VPC, which subnets without a table of their own use.

The longest prefix decides; among equal ones local before static, static before one of a prefix list, that before
propagated ones. A propagated route never takes a part of a local one, however long its prefix (AWS VPC User Guide,
"Route priority").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

Origin = Literal["local", "static", "propagated"]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A route. `state` is not stored: `effective.shown` says `blackhole` where the target is gone, or cannot carry what
    is sent to it."""

    destination: str
    """A CIDR block, or the id of a prefix list."""
    target: str
    """Id of a gateway, network interface, peering, transit router, private gateway or endpoint; `local`."""
    origin: Origin = "static"
    state: Literal["active", "blackhole"] = "active"


class RouteEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A route as a request says it."""

    destination: str
    target: str


class RouteTable(Resource, frozen=True, kw_only=True):
    """A route table. Local routes for all of the VPC's CIDR blocks are in every one, and are not stored."""

    vpc_id: str
    main: bool = False
    """Whether subnets without a table of their own use it. The main table goes with its VPC."""
    routes: tuple[Route, ...] = ()
    """Static routes."""
    propagating_gateway_ids: tuple[str, ...] = ()
    """Private gateways whose prefixes are routes of this table."""


class RouteTableBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    vpc_id: str
    routes: tuple[RouteEntry, ...] = ()
    propagating_gateway_ids: tuple[str, ...] = ()


class RouteTablePatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; `routes` replaces all static routes."""

    routes: tuple[RouteEntry, ...] | msgspec.UnsetType = msgspec.UNSET
    propagating_gateway_ids: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


def references(table: RouteTable) -> Iterator[Reference]:
    """Its VPC, the prefix lists of its routes, the gateways it learns from. Targets of static routes may go: their
    routes are black holes then."""
    yield Reference("vpc_id", table.vpc_id, owned=table.main)
    for n, route in enumerate(table.routes):
        if route.destination.startswith("pl-"):
            yield Reference(f"routes/{n}/destination", route.destination)
    for n, id in enumerate(table.propagating_gateway_ids):
        yield Reference(f"propagating_gateway_ids/{n}", id)
