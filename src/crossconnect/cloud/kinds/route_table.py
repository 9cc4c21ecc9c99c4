"""Route tables: of a subnet, or the main one of a VPC, which subnets without a table of their own use.

The longest prefix decides (AWS VPC User Guide, "Route priority"); among equal ones local before static before
propagated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

Origin = Literal["local", "static", "propagated"]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A route. `state` is computed: `blackhole` when the target is gone, or cannot carry what is sent to it."""

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


class RouteTableBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    vpc_id: str
    routes: tuple[RouteEntry, ...] = ()


class RouteTablePatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; `routes` replaces all static routes."""

    routes: tuple[RouteEntry, ...] | msgspec.UnsetType = msgspec.UNSET


def references(table: RouteTable) -> Iterator[Reference]:
    """Its VPC; the prefix lists of its routes. Targets may go: their routes are black holes then."""
    yield Reference("vpc_id", table.vpc_id, owned=table.main)
    for n, route in enumerate(table.routes):
        if route.destination.startswith("pl-"):
            yield Reference(f"routes/{n}/destination", route.destination)
