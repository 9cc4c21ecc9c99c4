"""Where VPCs meet (a peering, a transit router, a VRF, an endpoint service that keeps sources), their CIDR blocks must
not overlap; anywhere else they may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crossconnect.cloud.addresses import clash
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.private_link import EndpointService, ServiceEndpoint
from crossconnect.cloud.kinds.transit import TransitRouterAttachment
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.resource import conflict
from crossconnect.cloud.view import View


def blocks_of(vpc: Vpc) -> tuple[str, ...]:
    """CIDR blocks of both IP versions."""
    return vpc.cidr_blocks + vpc.ipv6_cidr_blocks


def refuse_overlap(blocks: Iterable[str], met: Iterable[tuple[str, Vpc]], field: str) -> None:
    """Refused where one of some blocks overlaps with one of a VPC that would be met. What another project's block is
    stays untold."""
    blocks = tuple(blocks)
    for through, other in met:
        theirs = blocks_of(other)
        for block in blocks:
            if clash(block, theirs):
                raise conflict(
                    "cidr.overlap", f"{block} overlaps a CIDR block of what it meets through {through}", field
                )


def met_by(vpc: Vpc, view: View) -> Iterator[tuple[str, Vpc]]:
    """Other VPCs that a VPC meets, each with the id of what they meet through."""
    for peering in (*view.referring(VpcPeering, vpc.id, "vpc_id"), *view.referring(VpcPeering, vpc.id, "peer_vpc_id")):
        other = view.shared(Vpc, peering.peer_vpc_id if peering.vpc_id == vpc.id else peering.vpc_id)
        if other is not None and other.id != vpc.id:
            yield peering.id, other
    for attachment in view.referring(TransitRouterAttachment, vpc.id, "vpc_id"):
        yield from others(on_router(attachment.transit_router_id, view), vpc.id)
    for gateway in view.referring(PrivateGateway, vpc.id, "vpc_id"):
        yield from others(in_vrf(gateway.vrf, view), vpc.id)
    for service in view.referring(EndpointService, vpc.id, "vpc_id"):
        yield from others(at_service(service, view), vpc.id)
    for endpoint in view.referring(ServiceEndpoint, vpc.id, "vpc_id"):
        service = view.shared(EndpointService, endpoint.service_id)
        if service is not None and endpoint.status != "rejected":
            yield from others(at_service(service, view), vpc.id)


def on_router(router_id: str, view: View) -> Iterator[tuple[str, Vpc]]:
    """VPCs that are, or ask to be, attached to a transit router, whoever has them."""
    for attachment in view.shared_referring(TransitRouterAttachment, router_id, "transit_router_id"):
        vpc = view.shared(Vpc, attachment.vpc_id) if attachment.vpc_id else None
        if vpc is not None:
            yield router_id, vpc


def in_vrf(vrf: str, view: View) -> Iterator[tuple[str, Vpc]]:
    """VPCs whose blocks are announced into a VRF: attached gateways. The VRF is of one project."""
    for gateway in view.all_of(PrivateGateway):
        vpc = view.get(Vpc, gateway.vpc_id) if gateway.vrf == vrf and gateway.vpc_id else None
        if vpc is not None:
            yield gateway.id, vpc


def at_service(service: EndpointService, view: View) -> Iterator[tuple[str, Vpc]]:
    """VPCs that meet at an endpoint service: where it keeps sources, its own and all clients' ones, those of other
    services in its VPC too. That has one route to an address, whichever of them is asked from there."""
    if service.source != "kept":
        return
    own = view.shared(Vpc, service.vpc_id)
    if own is not None:
        yield service.id, own
    for beside in view.shared_referring(EndpointService, service.vpc_id, "vpc_id"):
        if beside.source != "kept":
            continue
        for endpoint in view.shared_referring(ServiceEndpoint, beside.id, "service_id"):
            vpc = view.shared(Vpc, endpoint.vpc_id)
            if vpc is not None:
                yield service.id, vpc


def others(met: Iterable[tuple[str, Vpc]], vpc_id: str) -> Iterator[tuple[str, Vpc]]:
    """Without one VPC."""
    return ((through, vpc) for through, vpc in met if vpc.id != vpc_id)
