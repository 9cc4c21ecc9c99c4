"""Private link: a project offers a service behind a load balancer; others reach it at an address of their own VPC."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

EVERYBODY = "*"


class EndpointService(Resource, frozen=True, kw_only=True):
    """A service that other projects may reach. No routes lead from their VPCs to this one: only the load balancer's
    listeners are reached."""

    vpc_id: str
    load_balancer_id: str
    """An internal one."""
    allowed_projects: tuple[str, ...] = ()
    """Who may make endpoints, beside the own project; `*` for everybody."""
    acceptance_required: bool = True
    """Whether each endpoint of another project waits until it is accepted."""
    source: Literal["translated", "kept"] = "translated"
    """What targets see: an address of the region's, the same for all clients at an endpoint, or the client's own. With
    `kept`, clients' VPCs must not overlap with the service's or with each other."""
    number: int = 0
    """One of the region's own, for addresses on the links between routers; never another resource's."""


class EndpointServiceBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    load_balancer_id: str
    allowed_projects: tuple[str, ...] = ()
    acceptance_required: bool = True
    source: Literal["translated", "kept"] = "translated"


class EndpointServicePatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one. Endpoints that are there stay when their project is no longer allowed."""

    allowed_projects: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    acceptance_required: bool | msgspec.UnsetType = msgspec.UNSET


class ServiceEndpoint(Resource, frozen=True, kw_only=True):
    """An address in each of some subnets at which a service is reached."""

    vpc_id: str
    subnet_ids: tuple[str, ...]
    """Of different zones."""
    addresses: tuple[str, ...]
    """One in each subnet."""
    service_id: str
    service_project_id: str
    """Whose the service is: it sees the endpoint, and may accept or reject it."""
    status: Literal["pending-acceptance", "active", "rejected"] = "pending-acceptance"
    number: int = 0
    """One of the region's own, for addresses on the links between routers; never another resource's."""


class ServiceEndpointBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    service_id: str
    subnet_ids: tuple[str, ...]


class ServiceEndpointPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To answer, as the service's project."""

    status: Literal["active", "rejected"] | msgspec.UnsetType = msgspec.UNSET


def service_references(service: EndpointService) -> Iterator[Reference]:
    """Its VPC and load balancer."""
    yield Reference("vpc_id", service.vpc_id)
    yield Reference("load_balancer_id", service.load_balancer_id)


def service_seen_by(service: EndpointService) -> tuple[str, ...]:
    """Who may make endpoints; `*` is everybody."""
    return service.allowed_projects


def endpoint_references(endpoint: ServiceEndpoint) -> Iterator[Reference]:
    """Its VPC, subnets, and as long as it is not rejected the service."""
    yield Reference("vpc_id", endpoint.vpc_id)
    for n, id in enumerate(endpoint.subnet_ids):
        yield Reference(f"subnet_ids/{n}", id)
    if endpoint.status != "rejected":
        yield Reference("service_id", endpoint.service_id)


def endpoint_seen_by(endpoint: ServiceEndpoint) -> tuple[str, ...]:
    """The service's project."""
    return (endpoint.service_project_id,)
