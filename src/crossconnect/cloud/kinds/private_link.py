"""Private link: a project offers a service; others reach it at an address of their own VPC. The service is behind a
load balancer of the project's, or in a VRF of the region that the provider has given to the project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from crossconnect.cloud.kinds.load_balancer import Protocol
from crossconnect.cloud.resource import Body, Patch, Reference, Resource

EVERYBODY = "*"
SupportedType = Literal["ipv4", "ipv6"]
EndpointType = Literal["ipv4", "ipv6", "dualstack"]
VERSIONS: Mapping[str, tuple[int, ...]] = {"ipv4": (4,), "ipv6": (6,), "dualstack": (4, 6)}
"""The IP versions of each type."""


class Backend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A machine in a VRF that answers."""

    address: str
    """Of an IP version that the service supports."""
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
    ipv6_source_address: str = ""
    """The same of IPv6, where the service supports it."""
    supported_ip_address_types: tuple[SupportedType, ...] = ("ipv4",)
    """What endpoints may have. `ipv6`: clients are led to targets or backends by their IPv6 addresses; nothing
    translates from one version to the other. A load balancer is `dualstack` then."""
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
    ipv6_source_address: str = ""
    supported_ip_address_types: tuple[SupportedType, ...] = ("ipv4",)
    allowed_projects: tuple[str, ...] = ()
    acceptance_required: bool = True
    source: Literal["translated", "kept"] = "translated"


class EndpointServicePatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one. Endpoints that are there stay when their project is no longer allowed. `listeners` of a service
    in a VRF replaces all of them."""

    listeners: tuple[ServiceListener, ...] | msgspec.UnsetType = msgspec.UNSET
    supported_ip_address_types: tuple[SupportedType, ...] | msgspec.UnsetType = msgspec.UNSET
    """Of a service behind a load balancer. What endpoints have is not taken away."""
    allowed_projects: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    acceptance_required: bool | msgspec.UnsetType = msgspec.UNSET


class ServiceEndpoint(Resource, frozen=True, kw_only=True):
    """An address in each of some subnets at which a service is reached."""

    vpc_id: str
    subnet_ids: tuple[str, ...]
    """Of different zones."""
    ip_address_type: EndpointType = "ipv4"
    """Which addresses it has; the service supports them."""
    addresses: tuple[str, ...]
    """Of IPv4: one in each subnet."""
    ipv6_addresses: tuple[str, ...] = ()
    """Of IPv6: one in each subnet."""
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
    ip_address_type: EndpointType = "ipv4"


class ServiceEndpointPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To answer, as the service's project; to have other addresses, as its own."""

    ip_address_type: EndpointType | msgspec.UnsetType = msgspec.UNSET
    """With new addresses of the version that it had not, without those of one that it is not to have."""
    status: Literal["active", "rejected"] | msgspec.UnsetType = msgspec.UNSET


def supported_versions(service: EndpointService) -> tuple[int, ...]:
    """The IP versions that a service is reached by."""
    return tuple(version for version in (4, 6) if f"ipv{version}" in service.supported_ip_address_types)


def source_of(service: EndpointService, version: int) -> str:
    """In a VRF: what backends see of all clients of an IP version."""
    return service.source_address if version == 4 else service.ipv6_source_address


def endpoint_addresses(endpoint: ServiceEndpoint, version: int) -> tuple[str, ...]:
    """An endpoint's addresses of an IP version."""
    return endpoint.addresses if version == 4 else endpoint.ipv6_addresses


def linked_versions(endpoint: ServiceEndpoint, service: EndpointService) -> tuple[int, ...]:
    """The IP versions by which a service is reached at an endpoint."""
    return tuple(version for version in supported_versions(service) if endpoint_addresses(endpoint, version))


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
