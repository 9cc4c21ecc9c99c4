"""Private link: a project offers a service; others reach it at an address of their own VPC. The service is behind a
load balancer of the project's, or in a VRF of the region that the provider has given to the project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.kinds.load_balancer import Protocol
from crossconnect.cloud.resource import Body, Patch, Reference, Resource

EVERYBODY = "*"


class Backend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A machine in a VRF that answers."""

    address: str
    """IPv4."""
    port: int


class ServiceListener(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A port on which a service in a VRF is reached, and who answers. Nobody asks backends whether they live."""

    protocol: Protocol = "tcp"
    port: int
    backends: tuple[Backend, ...]


class EndpointService(Resource, frozen=True, kw_only=True):
    """A service that other projects may reach. No routes lead from their VPCs to it: only its listeners are reached,
    those of the load balancer, or its own."""

    vpc_id: str = ""
    """Of the load balancer; empty where the service is in a VRF."""
    load_balancer_id: str = ""
    """An internal one."""
    vrf: str = ""
    """Where the service is, if not behind a load balancer: a VRF of the tenant that the project is, by its name on
    devices, `tenant-vrf`."""
    listeners: tuple[ServiceListener, ...] = ()
    """In a VRF."""
    source_address: str = ""
    """In a VRF: what backends see of all clients, IPv4. Gateway nodes announce it there, so it is of the prefixes that
    the repository gives to the VRF's network, and nobody else's."""
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
    """To create one: with `load_balancer_id`, or with `vrf`, `listeners` and `source_address`."""

    load_balancer_id: str = ""
    vrf: str = ""
    listeners: tuple[ServiceListener, ...] = ()
    source_address: str = ""
    allowed_projects: tuple[str, ...] = ()
    acceptance_required: bool = True
    source: Literal["translated", "kept"] = "translated"


class EndpointServicePatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one. Endpoints that are there stay when their project is no longer allowed. `listeners` of a service
    in a VRF replaces all of them."""

    listeners: tuple[ServiceListener, ...] | msgspec.UnsetType = msgspec.UNSET

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
    """Its VPC and load balancer, where it is behind one."""
    if not service.vrf:
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
