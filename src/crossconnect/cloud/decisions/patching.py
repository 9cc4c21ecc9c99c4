"""What a patch says, and what of the project or the region it must fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from crossconnect.cloud.effective import EffectiveRoute
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.resource import Change, Effect, Patch, Resource, conflict, forbidden, missing
from crossconnect.cloud.view import Context, View
from crossconnect.net import contains

R = TypeVar("R", bound=Resource)


def patched(resource: R, patch: Patch, *fields: str) -> R:
    """A resource with those of some fields that a patch sets."""
    values: dict[str, Any] = {field: getattr(patch, field) for field in fields}
    return msgspec.structs.replace(resource, **{k: v for k, v in values.items() if v is not msgspec.UNSET})


def refuse_naming(resource: Resource, patch: Patch, context: Context) -> None:
    """Refused where another project, which sees a resource, would name or tag it."""
    said = any(getattr(patch, field) is not msgspec.UNSET for field in ("name", "description", "tags"))
    if said and context.project_id != resource.project_id:
        raise forbidden("resource.not-yours", f"{resource.id} is project {resource.project_id}'s to name")


def renamed(resource: Resource, patch: Patch, view: View, context: Context) -> Change:
    """The update of a kind of which nothing changes but its name, description and tags."""
    return Change(put=(resource,))


def gone(resource: Resource, view: View, context: Context) -> Change:
    """The deletion of a kind with which nothing else goes, and that cuts nothing."""
    return Change(delete=(resource.id,))


def the_vpc(id: str, view: View, field: str = "/vpc_id") -> Vpc:
    """A VPC that a body names."""
    vpc = view.get(Vpc, id)
    if vpc is None:
        raise missing("vpc", id, field)
    return vpc


def refuse_more(count: int, most: int, what: str, field: str = "") -> None:
    """Refused where a limit would be exceeded: `count` with what is asked for."""
    if count > most:
        raise conflict("limit.exceeded", f"{count} {what}; at most {most}", field)


def diverted(before: Sequence[EffectiveRoute], after: Sequence[EffectiveRoute], id: str) -> tuple[Effect, ...]:
    """What new routes of a table take away from wider ones, by which it leads somewhere else until now. Both are in the
    order of `effective.table_routes`: the longest first."""
    known = {route.destination for route in before}
    found: dict[tuple[str, str], list[str]] = {}
    for route in after:
        if route.destination in known:
            continue
        wider = next((r for r in before if contains(r.destination, route.destination)), None)
        if wider is None or wider.state != "active" or wider.target == route.target:
            continue
        if not (wider.origin == "local" and route.origin == "propagated"):  # local goes first, however wide
            found.setdefault((wider.target, route.target), []).append(route.destination)
    return tuple(
        Effect(f"{_some(blocks)} led to {old} by a wider route, and will lead to {new}", cuts=True, resource_id=id)
        for (old, new), blocks in found.items()
    )


def is_used(table: RouteTable, view: View) -> bool:
    """Whether a subnet is routed by a table."""
    if view.count_referring(Subnet, table.id, "route_table_id"):
        return True
    return table.main and any(not s.route_table_id for s in view.referring(Subnet, table.vpc_id, "vpc_id"))


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - 3} others" if len(texts) > 3 else ""
    return ", ".join(texts[:3]) + more


def black_holes(vpc_ids: Iterable[str], target: str, view: View) -> tuple[Effect, ...]:
    """What becomes of the routes of some VPCs whose target goes."""
    return tuple(
        Effect(f"route {route.destination} of {table.id} becomes a black hole", cuts=True, resource_id=table.id)
        for vpc_id in vpc_ids
        for table in view.referring(RouteTable, vpc_id, "vpc_id")
        for route in table.routes
        if route.target == target
    )


def no_vrf(name: str, context: Context) -> str:
    """What a project is told that names a VRF which it has not: those it has, by their names on devices."""
    own = f"; it has {', '.join(context.vrfs)}" if context.vrfs else ""
    return f"the project has no VRF {name!r}{own}"
