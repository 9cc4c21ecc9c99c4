"""Endpoint services in a VRF of the region: what they say of themselves, and what of the VRF they must fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from crossconnect.cloud.decisions.meeting import blocks_of, in_vrf
from crossconnect.cloud.decisions.patching import no_vrf, refuse_more
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.private_link import (
    Backend,
    EndpointService,
    EndpointServiceBody,
    ServiceListener,
    source_of,
    supported_versions,
)
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import Claim, Effect, conflict, invalid
from crossconnect.cloud.view import Context, View
from crossconnect.net import canonical_address, contains, parse, unroutable, version_of

SOURCES: Mapping[str, int] = {"source_address": 4, "ipv6_source_address": 6}
"""Fields, and the IP version of each."""


def refuse(body: EndpointServiceBody, view: View, context: Context) -> None:
    """Refused where a VRF is not the project's, sources would be kept, or the address of clients is another's."""
    if body.vrf not in context.vrfs:
        # The same for a VRF that does not exist: the region's VRFs are nothing that a project looks up.
        raise invalid("endpoint-service.vrf", no_vrf(body.vrf, context), "/vrf")
    if body.source != "translated":
        message = "clients' addresses mean nothing in a VRF: sources are translated there"
        raise invalid("endpoint-service.vrf-kept", message, "/source")
    for field, version in SOURCES.items():
        source = getattr(body, field)
        if f"ipv{version}" not in body.supported_ip_address_types:
            if source:
                message = f"the service does not support ipv{version}"
                raise invalid("endpoint-service.address-type", message, f"/{field}")
            continue
        if not source:
            message = "backends in a VRF see all clients by one address of each IP version, which must be said"
            raise invalid("endpoint-service.no-source-address", message, f"/{field}")
        refuse_source_in(body.vrf, source, view, f"/{field}")


def refuse_source_in(vrf: str, source: str, view: View, field: str) -> None:
    """Refused where an address is of a VPC that is announced into the VRF."""
    for gateway_id, vpc in in_vrf(vrf, view):
        if any(contains(block, source) for block in blocks_of(vpc)):
            message = f"{source} is in a CIDR block of {vpc.id}, which {gateway_id} announces into {vrf}"
            raise conflict("cidr.overlap", message, field)


def refuse_sources_of(vrf: str, blocks: Iterable[str], view: View, field: str) -> None:
    """Refused where a VPC that is to be announced into a VRF has the address by which a service there sees clients."""
    blocks = tuple(blocks)
    for service in view.all_of(EndpointService):
        if service.vrf != vrf:
            continue
        for source in (source_of(service, version) for version in supported_versions(service)):
            if any(contains(block, source) for block in blocks):
                message = f"{source} is what clients of {service.id} have in {vrf}"
                raise conflict("cidr.overlap", message, field)


def refuse_announcing(block: str, vpc_id: str, view: View, field: str) -> None:
    """Refused where a new block of a VPC would be announced into a VRF beside a service's source address in it."""
    for gateway in view.referring(PrivateGateway, vpc_id, "vpc_id"):
        refuse_sources_of(gateway.vrf, (block,), view, field)


def sources(body: EndpointServiceBody, context: Context) -> EndpointServiceBody:
    """A body with its source addresses in canonical form."""
    given = {field: getattr(body, field) for field in SOURCES}
    found = {field: address(text, f"/{field}", context, (SOURCES[field],)) for field, text in given.items() if text}
    return msgspec.structs.replace(body, **found)


def address(text: str, field: str, context: Context, versions: Collection[int]) -> str:
    """An address of some IP versions that routers forward to, in canonical form, and none of those between the cloud's
    routers."""
    try:
        found = canonical_address(text)
    except ValueError:
        raise invalid("address.malformed", f"{text[:80]!r} is no IP address", field) from None
    why = f"of IPv{version_of(found)}" if version_of(found) not in versions else unroutable(found)
    if any(contains(prefix, found) for prefix in context.reserved_prefixes):
        why = "between the region's routers"
    if why:
        raise invalid("endpoint-service.address", f"{found} is {why}: not what this service has in a VRF", field)
    return found


def listeners(
    given: tuple[ServiceListener, ...], context: Context, versions: Collection[int]
) -> tuple[ServiceListener, ...]:
    """Listeners in canonical form, at least one, each with backends of each of some IP versions, and of no other."""
    if not given:
        raise invalid("endpoint-service.no-listener", "a service in a VRF has at least one listener", "/listeners")
    refuse_more(len(given), limit(context, "listeners_per_load_balancer"), "listeners", "/listeners")
    most = limit(context, "targets_per_target_group")
    found: dict[tuple[str, int], ServiceListener] = {}
    for n, listener in enumerate(given):
        at = f"/listeners/{n}"
        _refuse_port(listener.port, f"{at}/port")
        key = listener.protocol, listener.port
        if key in found:
            message = f"{listener.protocol} {listener.port} is there twice"
            raise invalid("endpoint-service.listener-twice", message, f"{at}/port")
        if not listener.backends:
            raise invalid("endpoint-service.no-backend", "nobody would answer", f"{at}/backends")
        refuse_more(len(listener.backends), most, "backends", f"{at}/backends")
        backends = tuple(
            _backend(one, f"{at}/backends/{m}", context, versions) for m, one in enumerate(listener.backends)
        )
        for version in versions:
            if not any(version_of(one.address) == version for one in backends):
                message = f"nobody would answer by IPv{version}"
                raise invalid("endpoint-service.no-backend", message, f"{at}/backends")
        found[key] = ServiceListener(
            protocol=listener.protocol, port=listener.port, backends=tuple(dict.fromkeys(backends))
        )
    return tuple(found.values())


def source_claims(service: EndpointService, view: View) -> tuple[Claim, ...]:
    """What says that addresses in a VRF are one service's. VRFs are one project's each."""
    found: list[Claim] = []
    for field, version in SOURCES.items():
        source = source_of(service, version)
        if not source:
            continue
        scope = f"vrf-source/{service.vrf}{'/6' if version == 6 else ''}"
        claim = Claim(scope, parse(source).value, service.id)
        if not view.is_free(claim.scope, claim.value):
            message = f"another service has {source} in {service.vrf}"
            raise conflict("endpoint-service.source-address-in-use", message, f"/{field}")
        found.append(claim)
    return tuple(found)


def effects(before: EndpointService, after: EndpointService) -> tuple[Effect, ...]:
    """What other listeners do to connections."""
    now = {(one.protocol, one.port): one.backends for one in after.listeners}
    found: list[str] = []
    for old in before.listeners:
        backends = now.get((old.protocol, old.port))
        if backends is None:
            found.append(f"{before.id} does not answer on {old.protocol} {old.port} any more")
        elif gone := set(old.backends) - set(backends):
            names = ", ".join(sorted(f"{one.address} port {one.port}" for one in gone))
            found.append(f"connections to {old.protocol} {old.port} that {names} answers end")
    return tuple(Effect(message, cuts=True, resource_id=before.id) for message in found)


def _backend(backend: Backend, at: str, context: Context, versions: Collection[int]) -> Backend:
    _refuse_port(backend.port, f"{at}/port")
    return Backend(address=address(backend.address, f"{at}/address", context, versions), port=backend.port)


def _refuse_port(port: int, field: str) -> None:
    if not 1 <= port <= 65535:
        raise invalid("port.range", f"{port} is no port: 1 to 65535 are", field)
