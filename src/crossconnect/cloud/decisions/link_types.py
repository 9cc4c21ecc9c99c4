"""Which addresses endpoints of private link have, and which ones services support."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossconnect.cloud.decisions import address
from crossconnect.cloud.decisions.load_balancer import zone_subnets
from crossconnect.cloud.kinds.load_balancer import LoadBalancer
from crossconnect.cloud.kinds.private_link import (
    VERSIONS,
    EndpointService,
    EndpointType,
    ServiceEndpoint,
    ServiceEndpointPatch,
    SupportedType,
    endpoint_addresses,
    supported_versions,
)
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.resource import Change, Claim, Effect, conflict, forbidden, invalid
from crossconnect.cloud.view import Context, View

FIELD = "/ip_address_type"
SUPPORTED = "/supported_ip_address_types"


def supported(types: Sequence[SupportedType]) -> tuple[SupportedType, ...]:
    """Types that a service supports, each once; at least one."""
    if not types:
        raise invalid("endpoint-service.no-address-type", "nobody could make an endpoint", SUPPORTED)
    return tuple(dict.fromkeys(types))


def versions(types: Sequence[SupportedType]) -> tuple[int, ...]:
    """The IP versions of types that a service supports."""
    return tuple(version for kind in types for version in VERSIONS[kind])


def refuse_unbalanced(types: Sequence[SupportedType], balancer: LoadBalancer) -> None:
    """Refused where a service would support IPv6 and its load balancer does not (as in AWS)."""
    if "ipv6" in types and balancer.ip_address_type != "dualstack":
        message = f"{balancer.id} is {balancer.ip_address_type}: make it dualstack first"
        raise invalid("endpoint-service.address-type", message, SUPPORTED)


def resupported(service: EndpointService, types: tuple[SupportedType, ...], view: View) -> tuple[SupportedType, ...]:
    """Other types of a service; refused where an endpoint has addresses of one that goes, and in a VRF, where each type
    has a source address and backends of its own."""
    found = supported(types)
    if set(found) == set(service.supported_ip_address_types):
        return service.supported_ip_address_types
    if service.vrf:
        message = f"{service.id} is in a VRF, and keeps its types: make another service"
        raise invalid("endpoint-service.address-type", message, SUPPORTED)
    balancer = view.get(LoadBalancer, service.load_balancer_id)
    assert balancer is not None
    refuse_unbalanced(found, balancer)
    gone = set(supported_versions(service)) - set(versions(found))
    for endpoint in view.shared_referring(ServiceEndpoint, service.id, "service_id"):
        for version in gone:
            if endpoint_addresses(endpoint, version):
                message = f"{endpoint.id} has IPv{version} addresses"
                raise conflict("endpoint-service.address-type-in-use", message, SUPPORTED)
    return found


def refuse_unsupported(kind: EndpointType, service: EndpointService | None) -> None:
    """Refused where an endpoint would have addresses that its service does not support."""
    types = service.supported_ip_address_types if service is not None else ()
    for version in VERSIONS[kind]:
        if f"ipv{version}" not in types:
            message = f"the service supports {', '.join(types) or 'nothing any more'}, not ipv{version}"
            raise invalid("service-endpoint.address-type", message, FIELD)


def addresses(version: int, subnets: Sequence[Subnet], id: str, view: View, field: str = "") -> list[tuple[str, Claim]]:
    """A free address of an IP version in each subnet. `field`: of the body, where that does not name the subnets."""
    for n, subnet in enumerate(subnets):
        if not address.block(subnet, version):
            message = f"subnet {subnet.id} has no IPv{version} CIDR block"
            raise invalid("address.no-block", message, field or f"/subnet_ids/{n}")
    return [address.next_free(view, subnet, version, id) for subnet in subnets]


def retyped(
    endpoint: ServiceEndpoint, patch: ServiceEndpointPatch, view: View, context: Context
) -> tuple[ServiceEndpoint, Change]:
    """The endpoint with the addresses that a patch wants it to have, and what changes beside it."""
    wanted = patch.ip_address_type
    if wanted is msgspec.UNSET or wanted == endpoint.ip_address_type:
        return endpoint, Change()
    if context.project_id != endpoint.project_id:
        raise forbidden("service-endpoint.not-yours", f"{endpoint.id} is project {endpoint.project_id}'s", FIELD)
    refuse_unsupported(wanted, view.shared(EndpointService, endpoint.service_id))
    subnets = zone_subnets(endpoint.subnet_ids, view)
    claims: list[Claim] = []
    releases: list[Claim] = []
    effects: list[Effect] = []
    fields: dict[str, tuple[str, ...]] = {}
    for version, field in ((4, "addresses"), (6, "ipv6_addresses")):
        had = endpoint_addresses(endpoint, version)
        if bool(had) == (version in VERSIONS[wanted]):
            continue
        if had:
            releases += [address.claim_of(s.id, text, endpoint.id) for s, text in zip(subnets, had, strict=True)]
            message = f"{endpoint.service_id} is not reached at {', '.join(had)} any more"
            effects.append(Effect(message, cuts=endpoint.status == "active", resource_id=endpoint.id))
            fields[field] = ()
            continue
        found = addresses(version, subnets, endpoint.id, view, FIELD)
        claims += [claim for _, claim in found]
        fields[field] = tuple(text for text, _ in found)
        message = f"{endpoint.service_id} is reached at {', '.join(fields[field])}, too"
        effects.append(Effect(message, resource_id=endpoint.id))
    changed = msgspec.structs.replace(endpoint, ip_address_type=wanted, **fields)
    return changed, Change(claims=tuple(claims), releases=tuple(releases), effects=tuple(effects))
