"""The table of operations of both APIs: paths, and what answers them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from crossconnect.cloud.api.authorisation import Action
from crossconnect.cloud.api.operation import Answer, Call, Method, Operation, Reply, Shape
from crossconnect.cloud.neutron import facts
from crossconnect.cloud.neutron.bindings import Bindings
from crossconnect.cloud.neutron.collection import Collection, Region
from crossconnect.cloud.neutron.errors import bad
from crossconnect.cloud.neutron.facts import BASE, Pools, Quotas, Scopes
from crossconnect.cloud.neutron.identity import IDENTITY, Identity
from crossconnect.cloud.neutron.networks import Networks, Subnets
from crossconnect.cloud.neutron.ports import Ports
from crossconnect.cloud.neutron.routers import FloatingIps, Routers
from crossconnect.cloud.neutron.security import SecurityGroupRules, SecurityGroups
from crossconnect.cloud.neutron.tags import Tags
from crossconnect.cloud.service import Service

V2 = f"{BASE}/v2.0"
_EMPTY: Mapping[str, tuple[str, str]] = {
    "agents": ("agents", ""),
    "service-providers": ("service_providers", ""),
    "rbac-policies": ("rbac_policies", "a network is one project's; peer VPCs or attach them to a transit router"),
    "network-ip-availabilities": ("network_ip_availabilities", ""),
    "qos/policies": ("policies", "there is no QoS"),
    "trunks": ("trunks", "there are no trunks: networks carry no VLAN tags"),
    "segments": ("segments", "a network is one segment"),
    "address-groups": ("address_groups", "address groups are prefix lists of the VPC API"),
    "flavors": ("flavors", "there are no flavors"),
}
"""Collections of which there is nothing, and which clients look at all the same; and why there is nothing to make,
where Neutron makes some."""
_BODY = Shape(schema={"type": "object"})
_REPLIES = {200: Reply(description="Done.")}


def neutron_operations(
    service: Service, region: Region, name: str, clock: Callable[[], datetime]
) -> tuple[Operation, ...]:
    """All of them. `name` is the region's."""
    collections: list[Collection] = [
        of(service, region)
        for of in (Networks, Subnets, Ports, Routers, FloatingIps, SecurityGroups, SecurityGroupRules, Pools, Scopes)
    ]
    routers = next(c for c in collections if isinstance(c, Routers))
    tags = Tags(service)
    found = [one for collection in collections for one in _crud(collection)]
    for collection in collections:
        at = f"{V2}/{collection.path}/{{id}}/tags"
        found += [
            _operation("GET", at, "get", collection.kind, tags.list),
            _operation("PUT", at, "update", collection.kind, tags.replace),
            _operation("DELETE", at, "update", collection.kind, tags.clear),
            _operation("GET", f"{at}/{{name}}", "get", collection.kind, tags.show),
            _operation("PUT", f"{at}/{{name}}", "update", collection.kind, tags.add),
            _operation("DELETE", f"{at}/{{name}}", "update", collection.kind, tags.remove),
        ]
    ports = next(c for c in collections if isinstance(c, Ports))
    found += _bindings(Bindings(ports), ports.kind)
    at = f"{V2}/routers/{{id}}"
    found += [
        _operation("PUT", f"{at}/add_router_interface", "update", routers.kind, routers.add_interface),
        _operation("PUT", f"{at}/remove_router_interface", "update", routers.kind, routers.remove_interface),
        _operation("PUT", f"{at}/add_extraroutes", "update", routers.kind, routers.add_routes),
        _operation("PUT", f"{at}/remove_extraroutes", "update", routers.kind, routers.remove_routes),
    ]
    return (*found, *_quotas(Quotas(service, region)), *_facts(region), *_identity(name, clock))


def _crud(collection: Collection) -> tuple[Operation, ...]:
    many, one, kind = f"{V2}/{collection.path}", f"{V2}/{collection.path}/{{id}}", collection.kind
    return (
        _operation("GET", many, "list", kind, collection.list),
        _operation("POST", many, "create", kind, collection.create),
        _operation("GET", one, "get", kind, collection.show),
        _operation("PUT", one, "update", kind, collection.update),
        _operation("DELETE", one, "delete", kind, collection.delete),
    )


def _bindings(bindings: Bindings, kind: str) -> tuple[Operation, ...]:
    many, one = f"{V2}/ports/{{id}}/bindings", f"{V2}/ports/{{id}}/bindings/{{name}}"
    return (
        _operation("GET", many, "get", kind, bindings.list),
        _operation("POST", many, "update", kind, bindings.create),
        _operation("GET", one, "get", kind, bindings.show),
        _operation("PUT", one, "update", kind, bindings.update),
        _operation("DELETE", one, "update", kind, bindings.delete),
        _operation("PUT", f"{one}/activate", "update", kind, bindings.activate),
    )


def _quotas(quotas: Quotas) -> tuple[Operation, ...]:
    at = f"{V2}/quotas"
    return (
        _operation("GET", at, "get", "caller", quotas.list),
        _operation("GET", f"{at}/{{id}}", "get", "caller", quotas.show),
        _operation("GET", f"{at}/{{id}}/default", "get", "caller", quotas.default),
        _operation("GET", f"{at}/{{id}}/details", "get", "caller", quotas.details),
        _operation("GET", f"{at}/{{id}}/details.json", "get", "caller", quotas.details),
        _operation("PUT", f"{at}/{{id}}", "update", "network_interface", quotas.update),
        _operation("DELETE", f"{at}/{{id}}", "delete", "network_interface", quotas.delete),
    )


def _facts(region: Region) -> tuple[Operation, ...]:
    async def zones(call: Call) -> Answer:
        shown = [
            {"name": zone, "resource": resource, "state": "available"}
            for zone in region.zones
            for resource in ("network", "router")
        ]
        return facts.answer({"availability_zones": shown})

    found = [
        _operation("GET", BASE, "get", "caller", facts.versions, public=True),
        _operation("GET", V2, "get", "caller", facts.resources, public=True),
        _operation("GET", f"{V2}/extensions", "get", "caller", facts.extensions),
        _operation("GET", f"{V2}/extensions/{{id}}", "get", "caller", facts.extension),
        _operation("GET", f"{V2}/availability_zones", "get", "caller", zones),
    ]
    return (*found, *(one for path, (name, why) in _EMPTY.items() for one in _empty(path, name, why)))


def _empty(path: str, name: str, why: str) -> tuple[Operation, ...]:
    async def nothing(call: Call) -> Answer:
        return facts.answer({name: []})

    async def refusal(call: Call) -> Answer:
        raise bad(why)

    listed = _operation("GET", f"{V2}/{path}", "get", "caller", nothing)
    # Nothing is made, whoever asks: what may be read may be asked.
    return (listed, _operation("POST", f"{V2}/{path}", "get", "caller", refusal)) if why else (listed,)


def _identity(name: str, clock: Callable[[], datetime]) -> tuple[Operation, ...]:
    identity = Identity(name, clock)
    tokens = f"{IDENTITY}/v3/auth/tokens"
    return (
        _operation("GET", IDENTITY, "get", "caller", identity.versions, public=True),
        _operation("GET", f"{IDENTITY}/v3", "get", "caller", identity.version, public=True),
        _operation("POST", tokens, "get", "caller", identity.create_token),
        _operation("GET", tokens, "get", "caller", identity.show_token),
        _operation("GET", f"{IDENTITY}/v3/projects", "get", "caller", identity.projects),
        _operation("GET", f"{IDENTITY}/v3/auth/projects", "get", "caller", identity.projects),
        _operation("GET", f"{IDENTITY}/v3/projects/{{id}}", "get", "caller", identity.project),
    )


def _operation(
    method: Method,
    path: str,
    action: Action,
    kind: str,
    handler: Callable[[Call], Awaitable[Answer]],
    public: bool = False,
) -> Operation:
    words = [
        word
        for word in path.replace("{id}", "one")
        .replace("{name}", "named")
        .replace("-", "_")
        .replace(".", "_")
        .split("/")
        if word
    ]
    return Operation(
        name="_".join((method.lower(), *words)),
        method=method,
        path=path,
        summary="",
        tag="neutron",
        action=action,
        kind=kind,
        handler=handler,
        body=_BODY if method in ("POST", "PUT") else None,
        replies=_REPLIES,
        of_region=kind == "caller",
        public=public,
        quiet=public,
    )
