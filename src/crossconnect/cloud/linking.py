"""Private link as a packet meets it: the endpoint's listeners where the client is, the routes that lead to services and
back, the endpoint's router and the service's.

    client -- [endpoint's address -> service's] -- route --> endpoint's router -- service's router -- target
                                                             [source -> its own,  [service's address
                                                              or kept]             -> target's]

Both addresses in between are of the private-link prefix: network ACLs and routes on the client's side are asked about
the service's, everything on the target's side about the endpoint's, or with `kept` about the client's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from crossconnect.cloud.balancing import balanced
from crossconnect.cloud.effective import Facts
from crossconnect.cloud.kinds.load_balancer import LoadBalancer
from crossconnect.cloud.kinds.private_link import (
    EndpointService,
    ServiceEndpoint,
    linked_versions,
    source_of,
    supported_versions,
)
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.numbers import transfer_address
from crossconnect.cloud.logical.queries import Unrealisable
from crossconnect.cloud.region import PRIVATE_LINK_PREFIX, PRIVATE_LINK_PREFIX6, CloudRegion
from crossconnect.cloud.verdict import Packet, Step, Translation
from crossconnect.net import contains, host_prefix, parse, version_of

LINK = "private-link"
"""Name of what is between endpoints and services."""


class Between(NamedTuple):
    """The region's prefixes of what is between endpoints and services."""

    four: str = PRIVATE_LINK_PREFIX
    six: str = PRIVATE_LINK_PREFIX6

    def address(self, resource: EndpointService | ServiceEndpoint, version: int) -> str:
        """A service's or endpoint's address there; empty where there is none left."""
        return link_address(resource, self.four if version == 4 else self.six)


BETWEEN = Between()
"""Those that a region has if it says nothing else."""


def between(region: CloudRegion) -> Between:
    """Those of a region."""
    return Between(region.private_link_prefix, region.private_link_prefix6)


class LinkRoute(NamedTuple):
    """A route that every table of a VPC has for an endpoint or a service in it."""

    destination: str
    target: str
    """The endpoint or service."""


class Crossed(NamedTuple):
    """What became of a packet between two VPCs."""

    steps: tuple[Step, ...]
    end: str
    """The VPC that it comes into, or who dropped it; empty where it leaves into the service's VRF."""
    packet: Packet
    """As it comes into the VPC."""


def link_address(resource: EndpointService | ServiceEndpoint, prefix: str) -> str:
    """A service's or endpoint's address of the private-link prefix; empty where that has none left."""
    try:
        return transfer_address(prefix, LINK, resource).partition("/")[0]
    except Unrealisable:
        return ""


def endpoint_at(vpc_id: str, address: str, facts: Facts) -> ServiceEndpoint | None:
    """The endpoint in a VPC that has an address."""
    found = facts.shared_referring(ServiceEndpoint, vpc_id, "vpc_id")
    return next((endpoint for endpoint in found if address in endpoint.addresses + endpoint.ipv6_addresses), None)


def offered(steps: list[Step], vpc_id: str, packet: Packet, facts: Facts, prefixes: Between) -> tuple[Packet, str]:
    """A packet that leaves an interface as an endpoint's listeners send it on, where it is for one of its VPC; and who
    refused it, or empty."""
    endpoint = endpoint_at(vpc_id, packet.destination, facts)
    if endpoint is None:
        return packet, ""
    service = facts.shared(EndpointService, endpoint.service_id)
    version = version_of(packet.destination)
    address = prefixes.address(service, version) if service is not None else ""
    ports = _ports(service, facts) if service is not None else None
    asked = packet.protocol, packet.destination_port
    by = endpoint.id
    if endpoint.status != "active":
        rejected = endpoint.status == "rejected"
        message = f"{endpoint.service_id} {'has rejected' if rejected else 'has not accepted'} {endpoint.id}"
    elif service is not None and version not in supported_versions(service):
        message = f"{service.id} is not reached by IPv{version}"
    elif ports is None or not address:
        message = f"{endpoint.service_id} is not there, or the region has no address left for it"
    elif asked not in ports:
        message = (
            f"{endpoint.service_id} has no listener for {packet.protocol} {packet.destination_port or ''}".rstrip()
        )
    else:
        after = msgspec.structs.replace(packet, destination=address)
        by = f"{endpoint.id}/{packet.protocol}/{packet.destination_port}"
        message = f"{packet.destination} is translated to {address}, where {endpoint.service_id} is reached"
        steps.append(_at(endpoint, by, message, after=after))
        return after, ""
    steps.append(_at(endpoint, by, message, passes=False))
    return packet, endpoint.id


def link_route(vpc_id: str, destination: str, facts: Facts, prefixes: Between) -> LinkRoute | None:
    """The longest of a VPC's routes for private link that has an address; of equal ones that of the last service by id,
    as it is written."""
    found: list[LinkRoute] = []
    for endpoint in facts.shared_referring(ServiceEndpoint, vpc_id, "vpc_id"):
        service = facts.shared(EndpointService, endpoint.service_id)
        if endpoint.status == "active" and service is not None:
            addresses = [prefixes.address(service, version) for version in linked_versions(endpoint, service)]
            found += [LinkRoute(host_prefix(address), endpoint.id) for address in addresses if address]
    for service in facts.shared_referring(EndpointService, vpc_id, "vpc_id"):
        for endpoint in _clients(service, facts):
            found += [LinkRoute(block, service.id) for block in _behind(service, endpoint, facts, prefixes)]
    matching = [one for one in found if contains(one.destination, destination)]
    return max(reversed(matching), key=lambda one: parse(one.destination).length, default=None)


def to_service(endpoint: ServiceEndpoint, packet: Packet, facts: Facts, prefixes: Between) -> Crossed:
    """From an endpoint's router to the VPC of its service, or its VRF. Of several targets the first is followed."""
    service = facts.shared(EndpointService, endpoint.service_id)
    assert service is not None
    if service.source == "translated":
        own = prefixes.address(endpoint, version_of(packet.destination))
        after = msgspec.structs.replace(packet, source=own)
        message = f"{packet.source} is translated to {own}: {service.id} translates its clients' addresses"
        steps = [_at(endpoint, endpoint.id, message, after=after)]
        packet = after
    else:
        message = f"{packet.source} stays: {service.id} keeps its clients' addresses"
        steps = [_at(endpoint, endpoint.id, message)]
    if packet.destination != prefixes.address(service, version_of(packet.destination)):
        message = f"{packet.destination} is not {service.id}'s address"
        steps.append(_at(service, service.id, message, passes=False))
        return Crossed(tuple(steps), service.id, packet)
    if service.vrf:
        return _into_vrf(steps, service, packet)
    balancer = facts.shared(LoadBalancer, service.load_balancer_id)
    assert balancer is not None
    packet, refused = balanced(steps, balancer, "", packet, facts)
    return Crossed(tuple(steps), refused or service.vpc_id, packet)


def _into_vrf(steps: list[Step], service: EndpointService, packet: Packet) -> Crossed:
    asked = packet.protocol, packet.destination_port
    listener = next((one for one in service.listeners if (one.protocol, one.port) == asked), None)
    if listener is None:
        message = f"no listener for {packet.protocol} {packet.destination_port}"
        return Crossed((*steps, _at(service, service.id, message, passes=False)), service.id, packet)
    version = version_of(packet.destination)
    backends = [one for one in listener.backends if version_of(one.address) == version]
    by = f"{service.id}/{listener.protocol}/{listener.port}"
    if not backends:
        message = f"no backend has an IPv{version} address"
        return Crossed((*steps, _at(service, by, message, passes=False)), service.id, packet)
    first = backends[0]
    after = msgspec.structs.replace(packet, destination=first.address, destination_port=first.port)
    of = f"port {first.port}, one of {len(backends)} backends in {service.vrf}"
    steps.append(_at(service, by, f"{packet.destination} is translated to {first.address} {of}", after=after))
    out = msgspec.structs.replace(after, source=source_of(service, version))
    message = f"{after.source} is translated to {out.source}, by which {service.vrf} knows all clients"
    steps.append(_at(service, service.id, message, after=out))
    return Crossed(tuple(steps), "", out)


def to_client(
    service: EndpointService, packet: Packet, facts: Facts, prefixes: Between, undo: Sequence[Translation]
) -> Crossed:
    """From a service's router to the VPC of one of its clients. `undo` is how the first packet of a reply's connection
    was translated; without it a target begins a connection."""
    steps: list[Step] = []
    address = prefixes.address(service, version_of(packet.destination))
    if service.vrf:
        packet = _out_of_vrf(steps, service, packet, undo)
    for before, after in reversed(undo):
        here = before.destination == address
        if here and (after.destination, after.destination_port) == (packet.source, packet.source_port):
            back = msgspec.structs.replace(packet, source=address, source_port=before.destination_port)
            message = f"{packet.source} is translated back to {address}, for it is a reply"
            steps.append(_at(service, service.id, message, after=back))
            packet = back
            break
    endpoint = _client_at(service, packet.destination, facts, prefixes)
    if endpoint is None:
        message = f"no endpoint of {service.id} is for {packet.destination}"
        steps.append(_at(service, service.id, message, passes=False))
        return Crossed(tuple(steps), service.id, packet)
    if service.source == "kept":
        passes = packet.source == address or _too_large(packet)
        message = f"comes in by {endpoint.id}"
        if not passes:
            message = f"{packet.source} is not {service.id}'s address: only answers go on from {endpoint.id}"
        steps.append(_at(endpoint, endpoint.id, message, passes=passes))
        return Crossed(tuple(steps), endpoint.vpc_id if passes else endpoint.id, packet)
    for before, after in reversed(undo):
        if before.source != after.source and packet.destination == after.source:
            back = msgspec.structs.replace(packet, destination=before.source, destination_port=before.source_port)
            message = f"{packet.destination} is translated back to {before.source}, for it is a reply"
            steps.append(_at(endpoint, endpoint.id, message, after=back))
            return Crossed(tuple(steps), endpoint.vpc_id, back)
    message = f"{packet.destination} is {endpoint.id}'s own address: only answers go on from there"
    steps.append(_at(endpoint, endpoint.id, message, passes=False))
    return Crossed(tuple(steps), endpoint.id, packet)


def _out_of_vrf(steps: list[Step], service: EndpointService, packet: Packet, undo: Sequence[Translation]) -> Packet:
    for before, after in reversed(undo):
        if after.source == packet.destination == source_of(service, version_of(packet.destination)):
            back = msgspec.structs.replace(packet, destination=before.source, destination_port=before.source_port)
            message = f"{packet.destination} is translated back to {before.source}, for it is a reply"
            steps.append(_at(service, service.id, message, after=back))
            return back
    return packet


def _ports(service: EndpointService, facts: Facts) -> set[tuple[str, int | None]] | None:
    """Protocols and ports that a service answers on; None where its load balancer is not there."""
    balancer = None if service.vrf else facts.shared(LoadBalancer, service.load_balancer_id)
    if not service.vrf and balancer is None:
        return None
    found = balancer.listeners if balancer is not None else service.listeners
    return {(listener.protocol, listener.port) for listener in found}


def _too_large(packet: Packet) -> bool:
    """Whether it says that another packet was (RFC 1191, RFC 8201)."""
    if packet.protocol == "icmpv6":
        return packet.icmp_type == 2
    return packet.protocol == "icmp" and (packet.icmp_type, packet.icmp_code) == (3, 4)


def _client_at(service: EndpointService, address: str, facts: Facts, prefixes: Between) -> ServiceEndpoint | None:
    """The endpoint by which a service reaches an address."""
    for endpoint in _clients(service, facts):
        if any(contains(block, address) for block in _behind(service, endpoint, facts, prefixes)):
            return endpoint
    return None


def _clients(service: EndpointService, facts: Facts) -> list[ServiceEndpoint]:
    endpoints = facts.shared_referring(ServiceEndpoint, service.id, "service_id")
    return [endpoint for endpoint in endpoints if endpoint.status == "active"]


def _behind(service: EndpointService, endpoint: ServiceEndpoint, facts: Facts, prefixes: Between) -> tuple[str, ...]:
    """What a service's targets see as sources of an endpoint's clients, as prefixes."""
    versions = linked_versions(endpoint, service)
    if service.source == "translated":
        addresses = [prefixes.address(endpoint, version) for version in versions]
        return tuple(host_prefix(address) for address in addresses if address)
    vpc = facts.shared(Vpc, endpoint.vpc_id)
    blocks = () if vpc is None else vpc.cidr_blocks + vpc.ipv6_cidr_blocks
    return tuple(block for block in blocks if version_of(block) in versions)


def _at(
    of: EndpointService | ServiceEndpoint, by: str, message: str, *, passes: bool = True, after: Packet | None = None
) -> Step:
    return Step(
        point="service-endpoint" if isinstance(of, ServiceEndpoint) else "endpoint-service",
        passes=passes,
        resource_id=of.id,
        decided_by=by,
        message=message,
        project_id=of.project_id,
        after=after,
    )
