"""What becomes of endpoint services and service endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from crossconnect.cloud.decisions import link_types, vrf_service
from crossconnect.cloud.decisions.claimed import numbers
from crossconnect.cloud.decisions.load_balancer import zone_subnets
from crossconnect.cloud.decisions.meeting import at_service, blocks_of, others, refuse_overlap
from crossconnect.cloud.decisions.patching import patched, refuse_naming, the_vpc
from crossconnect.cloud.kinds.load_balancer import LoadBalancer
from crossconnect.cloud.kinds.private_link import (
    EVERYBODY,
    VERSIONS,
    EndpointService,
    EndpointServiceBody,
    EndpointServicePatch,
    ServiceEndpoint,
    ServiceEndpointBody,
    ServiceEndpointPatch,
    supported_versions,
)
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.resource import Change, Claim, Effect, conflict, forbidden, invalid, missing
from crossconnect.cloud.view import Context, View, born

PROJECTS_MAX = 1000
_OWN_FIELDS = ("allowed_projects", "acceptance_required", "listeners", "supported_ip_address_types")
"""Of a service: who only sees it does not change them."""


def create_service(body: EndpointServiceBody, view: View, context: Context) -> Change:
    """A service behind an internal load balancer of the project's, or in a VRF of its own."""
    types = link_types.supported(body.supported_ip_address_types)
    body = msgspec.structs.replace(body, supported_ip_address_types=types)
    if bool(body.load_balancer_id) == bool(body.vrf):
        message = "a service is behind a load balancer, or in a VRF"
        raise invalid("endpoint-service.where", message, "/load_balancer_id")
    if body.vrf:
        return _in_vrf(body, view, context)
    for field in ("listeners", *vrf_service.SOURCES):
        if getattr(body, field):
            message = "the load balancer has the listeners, and the VPC routes"
            raise invalid("endpoint-service.not-in-vrf", message, f"/{field}")
    balancer = view.get(LoadBalancer, body.load_balancer_id)
    if balancer is None:
        raise missing("load-balancer", body.load_balancer_id, "/load_balancer_id")
    if balancer.scheme != "internal":
        message = f"{balancer.id} is {balancer.scheme}; a service stands behind an internal one"
        raise invalid("endpoint-service.load-balancer", message, "/load_balancer_id")
    for other in view.referring(EndpointService, balancer.id, "load_balancer_id"):
        message = f"{other.id} stands behind {balancer.id} already"
        raise conflict("endpoint-service.load-balancer-in-use", message, "/load_balancer_id")
    link_types.refuse_unbalanced(body.supported_ip_address_types, balancer)
    where = {"vpc_id": balancer.vpc_id, "load_balancer_id": balancer.id, "source": body.source}
    service, number = _made(body, view, context, where)
    return Change(put=(service,), claims=(number,))


def _in_vrf(body: EndpointServiceBody, view: View, context: Context) -> Change:
    body = vrf_service.sources(body, context)
    vrf_service.refuse(body, view, context)
    sources = {field: getattr(body, field) for field in vrf_service.SOURCES}
    listeners = vrf_service.listeners(body.listeners, context, link_types.versions(body.supported_ip_address_types))
    service, number = _made(body, view, context, {"vrf": body.vrf, "listeners": listeners, **sources})
    return Change(put=(service,), claims=(number, *vrf_service.source_claims(service, view)))


def _made(
    body: EndpointServiceBody, view: View, context: Context, where: Mapping[str, Any]
) -> tuple[EndpointService, Claim]:
    """A service with the claim of its number. `where`: the fields that say where it is."""
    id = context.new_id("svc")
    (number,) = numbers(view, "transfer", id)
    service = born(
        EndpointService,
        id,
        context,
        body,
        allowed_projects=_projects(body.allowed_projects),
        acceptance_required=body.acceptance_required,
        supported_ip_address_types=body.supported_ip_address_types,
        number=number.value,
        **where,
    )
    return service, number


def update_service(service: EndpointService, patch: EndpointServicePatch, view: View, context: Context) -> Change:
    """The service with others who may make endpoints, of which those that are there stay, or other listeners."""
    refuse_naming(service, patch, context)
    if any(getattr(patch, field) is not msgspec.UNSET for field in _OWN_FIELDS):
        _refuse_guest(service, context, "")
    changed = patched(service, patch, "allowed_projects", "acceptance_required")
    changed = msgspec.structs.replace(changed, allowed_projects=_projects(changed.allowed_projects))
    if patch.listeners is not msgspec.UNSET:
        if not service.vrf:
            message = f"{service.load_balancer_id} has the listeners of {service.id}"
            raise invalid("endpoint-service.not-in-vrf", message, "/listeners")
        listeners = vrf_service.listeners(patch.listeners, context, supported_versions(service))
        changed = msgspec.structs.replace(changed, listeners=listeners)
    if patch.supported_ip_address_types is not msgspec.UNSET:
        types = link_types.resupported(service, patch.supported_ip_address_types, view)
        changed = msgspec.structs.replace(changed, supported_ip_address_types=types)
    return Change(put=(changed,), effects=vrf_service.effects(service, changed))


def delete_service(service: EndpointService, view: View, context: Context) -> Change:
    """The service, of which there are no endpoints any more."""
    _refuse_guest(service, context, "")
    return Change(delete=(service.id,))


def create_endpoint(body: ServiceEndpointBody, view: View, context: Context) -> Change:
    """An endpoint with an address in each of its subnets; active at once where nobody needs to accept it."""
    service = view.shared(EndpointService, body.service_id)
    if service is None or not _may_use(service, context.project_id):
        raise missing("endpoint-service", body.service_id, "/service_id")
    subnets = zone_subnets(body.subnet_ids, view)
    vpc = the_vpc(subnets[0].vpc_id, view)
    for other in view.referring(ServiceEndpoint, vpc.id, "vpc_id"):
        if other.service_id == service.id and other.status != "rejected":
            message = f"{vpc.id} has {other.id} for {service.id}"
            raise conflict("service-endpoint.duplicate", message, "/service_id")
        _refuse_two_ways(other, service, view)
    if service.source == "kept" and vpc.id == service.vpc_id:
        message = f"{service.id} keeps sources: its own VPC reaches the load balancer itself"
        raise invalid("service-endpoint.own-vpc", message, "/subnet_ids/0")
    refuse_overlap(blocks_of(vpc), at_service(service, view), "/service_id")
    id = context.new_id("vpce")
    (number,) = numbers(view, "transfer", id)
    link_types.refuse_unsupported(body.ip_address_type, service)
    found = {version: link_types.addresses(version, subnets, id, view) for version in VERSIONS[body.ip_address_type]}
    own = service.project_id == context.project_id
    endpoint = born(
        ServiceEndpoint,
        id,
        context,
        body,
        vpc_id=vpc.id,
        subnet_ids=body.subnet_ids,
        ip_address_type=body.ip_address_type,
        addresses=tuple(text for text, _ in found.get(4, ())),
        ipv6_addresses=tuple(text for text, _ in found.get(6, ())),
        service_id=service.id,
        service_project_id=service.project_id,
        status="active" if own or not service.acceptance_required else "pending-acceptance",
        number=number.value,
    )
    claims = (claim for each in found.values() for _, claim in each)
    return Change(put=(endpoint,), claims=(number, *claims))


def update_endpoint(endpoint: ServiceEndpoint, patch: ServiceEndpointPatch, view: View, context: Context) -> Change:
    """The endpoint, accepted or rejected by the service's project, which may reject one that is active, too; of another
    `ip_address_type` by its own project (AWS's ModifyVpcEndpoint)."""
    refuse_naming(endpoint, patch, context)
    typed, change = link_types.retyped(endpoint, patch, view, context)
    if patch.status is msgspec.UNSET or patch.status == endpoint.status:
        return msgspec.structs.replace(change, put=(typed,))
    if context.project_id != endpoint.service_project_id:
        message = f"{endpoint.id} is for project {endpoint.service_project_id} to answer"
        raise forbidden("service-endpoint.not-yours", message, "/status")
    if endpoint.status == "rejected":
        message = f"{endpoint.id} is rejected, and waits for no answer"
        raise conflict("service-endpoint.answered", message, "/status")
    effects = change.effects
    if patch.status == "active":
        service, vpc = view.get(EndpointService, endpoint.service_id), view.shared(Vpc, endpoint.vpc_id)
        assert service is not None
        assert vpc is not None
        refuse_overlap(blocks_of(vpc), others(at_service(service, view), vpc.id), "/status")
    elif endpoint.status == "active":
        message = f"connections from {endpoint.id} to {endpoint.service_id} end"
        effects = (*effects, Effect(message, cuts=True, resource_id=endpoint.id))
    return msgspec.structs.replace(change, put=(msgspec.structs.replace(typed, status=patch.status),), effects=effects)


def delete_endpoint(endpoint: ServiceEndpoint, view: View, context: Context) -> Change:
    """The endpoint, by the project whose VPC it is in."""
    if context.project_id != endpoint.project_id:
        message = f"{endpoint.id} is project {endpoint.project_id}'s: reject it"
        raise forbidden("service-endpoint.not-yours", message)
    at = ", ".join(endpoint.addresses + endpoint.ipv6_addresses)
    message = f"{endpoint.service_id} is not reached at {at} any more"
    return Change(
        delete=(endpoint.id,),
        effects=(Effect(message, cuts=endpoint.status == "active", resource_id=endpoint.id),),
    )


def _refuse_two_ways(other: ServiceEndpoint, service: EndpointService, view: View) -> None:
    """Where two services of one VPC keep sources, it has one route back to a client's VPC: answers of both would go by
    one of them, which knows nothing of the other's connections."""
    another = view.shared(EndpointService, other.service_id)
    if another is None or other.status == "rejected" or service.vrf or another.vpc_id != service.vpc_id:
        return
    if another.source == service.source == "kept":
        message = f"{other.vpc_id} has {other.id}: {another.id} keeps sources, too, and is in the VPC of {service.id}"
        raise conflict("service-endpoint.two-ways", message, "/service_id")


def _may_use(service: EndpointService, project_id: str) -> bool:
    return project_id == service.project_id or bool({project_id, EVERYBODY} & set(service.allowed_projects))


def _refuse_guest(service: EndpointService, context: Context, field: str) -> None:
    if context.project_id != service.project_id:
        message = f"{service.id} is project {service.project_id}'s"
        raise forbidden("endpoint-service.not-yours", message, field)


def _projects(ids: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(ids))
    if len(found) > PROJECTS_MAX:
        message = f"{len(found)} projects; at most {PROJECTS_MAX}"
        raise invalid("endpoint-service.projects-too-many", message, "/allowed_projects")
    for n, id in enumerate(found):
        if not id or len(id) > 63 or not id.isprintable():
            raise invalid("project.malformed", f"{id!r} is no project", f"/allowed_projects/{n}")
    return found
