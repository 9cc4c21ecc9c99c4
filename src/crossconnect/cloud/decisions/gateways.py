"""What becomes of gateways to the outside: internet gateways, egress-only ones, NAT gateways."""

from __future__ import annotations

import msgspec

from crossconnect.cloud import effective
from crossconnect.cloud.decisions import address
from crossconnect.cloud.decisions.claimed import numbers
from crossconnect.cloud.decisions.elastic_ip import refuse_without_internet_gateway, unused
from crossconnect.cloud.decisions.patching import black_holes, refuse_more, renamed, the_vpc
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.gateways import (
    EgressOnlyInternetGateway,
    EgressOnlyInternetGatewayBody,
    InternetGateway,
    InternetGatewayBody,
    InternetGatewayPatch,
    NatGateway,
    NatGatewayBody,
)
from crossconnect.cloud.kinds.load_balancer import LoadBalancer
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import Change, Use, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born

update_egress_only = renamed
update_nat = renamed

_ANYWHERE = "0.0.0.0/0"


def create_internet(body: InternetGatewayBody, view: View, context: Context) -> Change:
    """An internet gateway, attached at once where a VPC is named."""
    if body.vpc_id:
        _refuse_second(body.vpc_id, view)
    gateway = born(InternetGateway, context.new_id("igw"), context, body, vpc_id=body.vpc_id)
    return Change(put=(gateway,))


def update_internet(gateway: InternetGateway, patch: InternetGatewayPatch, view: View, context: Context) -> Change:
    """The gateway attached to a VPC, or to none."""
    if patch.vpc_id is msgspec.UNSET or patch.vpc_id == gateway.vpc_id:
        return Change(put=(gateway,))
    if patch.vpc_id and gateway.vpc_id:
        message = f"{gateway.id} is attached to {gateway.vpc_id}: detach it first"
        raise conflict("internet-gateway.attached", message, "/vpc_id")
    changed = msgspec.structs.replace(gateway, vpc_id=patch.vpc_id)
    if patch.vpc_id:
        _refuse_second(patch.vpc_id, view)
        return Change(put=(changed,))
    uses = _public_uses(gateway.vpc_id, view)
    if uses:
        message = f"{gateway.vpc_id} has public addresses: {', '.join(use.id for use in uses)}"
        raise conflict("internet-gateway.addresses-in-use", message, "/vpc_id", uses)
    return Change(put=(changed,), effects=black_holes((gateway.vpc_id,), gateway.id, view))


def delete_internet(gateway: InternetGateway, view: View, context: Context) -> Change:
    """The gateway, which is not attached any more."""
    if gateway.vpc_id:
        message = f"{gateway.id} is attached to {gateway.vpc_id}: detach it first"
        raise conflict("internet-gateway.attached", message)
    return Change(delete=(gateway.id,))


def create_egress_only(body: EgressOnlyInternetGatewayBody, view: View, context: Context) -> Change:
    """An egress-only internet gateway."""
    vpc = the_vpc(body.vpc_id, view)
    if not vpc.ipv6_cidr_blocks:
        raise conflict("egress-only-internet-gateway.no-ipv6", f"VPC {vpc.id} has no IPv6 CIDR block", "/vpc_id")
    gateway = born(EgressOnlyInternetGateway, context.new_id("eigw"), context, body, vpc_id=vpc.id)
    return Change(put=(gateway,))


def delete_egress_only(gateway: EgressOnlyInternetGateway, view: View, context: Context) -> Change:
    """The gateway; routes to it become black holes."""
    return Change(delete=(gateway.id,), effects=black_holes((gateway.vpc_id,), gateway.id, view))


def create_nat(body: NatGatewayBody, view: View, context: Context) -> Change:
    """A NAT gateway with its address; a public one with an elastic IP, in a subnet that reaches the internet."""
    subnet = view.get(Subnet, body.subnet_id)
    if subnet is None:
        raise missing("subnet", body.subnet_id, "/subnet_id")
    zone = subnet.availability_zone
    subnets = [view.get(Subnet, other.subnet_id) for other in view.all_of(NatGateway)]
    count = sum(other is not None and other.availability_zone == zone for other in subnets) + 1
    refuse_more(count, limit(context, "nat_gateways_per_zone"), f"NAT gateways in zone {zone}", "/subnet_id")
    if body.connectivity == "private":
        if body.elastic_ip_id:
            raise invalid("nat-gateway.private", "a private NAT gateway has no elastic IP", "/elastic_ip_id")
    else:
        _refuse_not_public(body, subnet, view)
    id = context.new_id("nat")
    (number,) = numbers(view, "transfer", id)
    private, claim = address.given(view, subnet, body.private_address, id, "/private_address")
    gateway = born(
        NatGateway,
        id,
        context,
        body,
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        connectivity=body.connectivity,
        elastic_ip_id=body.elastic_ip_id,
        private_address=private,
        number=number.value,
    )
    return Change(put=(gateway,), claims=(claim, number))


def delete_nat(gateway: NatGateway, view: View, context: Context) -> Change:
    """The gateway; routes to it become black holes. Its elastic IP stays the project's."""
    return Change(delete=(gateway.id,), effects=black_holes((gateway.vpc_id,), gateway.id, view))


def _refuse_second(vpc_id: str, view: View) -> None:
    the_vpc(vpc_id, view)
    for other in view.referring(InternetGateway, vpc_id, "vpc_id"):
        raise conflict("internet-gateway.second", f"VPC {vpc_id} has {other.id} attached", "/vpc_id")


def _refuse_not_public(body: NatGatewayBody, subnet: Subnet, view: View) -> None:
    if not body.elastic_ip_id:
        raise invalid("nat-gateway.no-elastic-ip", "a public NAT gateway has an elastic IP", "/elastic_ip_id")
    unused(body.elastic_ip_id, view, "/elastic_ip_id")
    refuse_without_internet_gateway(subnet.vpc_id, view, "/subnet_id")
    way = next((r for r in effective.routes(subnet, view) if r.destination == _ANYWHERE), None)
    if way is None or way.state != "active" or not way.target.startswith("igw-"):
        message = f"subnet {subnet.id} has no route for {_ANYWHERE} to an internet gateway"
        raise conflict("nat-gateway.subnet-not-public", message, "/subnet_id")


def _public_uses(vpc_id: str, view: View) -> tuple[Use, ...]:
    """What of a VPC has a public address."""
    return (
        *(Use("elastic_ip", e.id, "vpc_id") for e in view.referring(ElasticIp, vpc_id, "vpc_id")),
        *(
            Use("nat_gateway", n.id, "elastic_ip_id")
            for n in view.referring(NatGateway, vpc_id, "vpc_id")
            if n.elastic_ip_id
        ),
        *(
            Use("load_balancer", b.id, "elastic_ip_id")
            for b in view.referring(LoadBalancer, vpc_id, "vpc_id")
            if b.elastic_ip_id
        ),
    )
