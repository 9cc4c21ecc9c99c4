"""What becomes of subnets."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossconnect.cloud.addresses import SUBNET_LENGTHS, cidr, clash
from crossconnect.cloud.decisions.dhcp_options import servers
from crossconnect.cloud.decisions.elastic_ip import unused
from crossconnect.cloud.kinds.gateways import NatGateway
from crossconnect.cloud.kinds.load_balancer import LoadBalancer
from crossconnect.cloud.kinds.network_acl import NetworkAcl
from crossconnect.cloud.kinds.network_interface import NetworkInterface, own_addresses
from crossconnect.cloud.kinds.private_link import ServiceEndpoint
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.subnet import Subnet, SubnetBody, SubnetPatch
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import Change, Effect, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import contains

_FOLLOWED = {
    "route_table_id": "route table",
    "network_acl_id": "network ACL",
    "egress_elastic_ip_id": "elastic IP",
}


def create(body: SubnetBody, view: View, context: Context) -> Change:
    """A subnet inside its VPC's blocks, beside the other subnets."""
    vpc = view.get(Vpc, body.vpc_id)
    if vpc is None:
        raise missing("vpc", body.vpc_id, "/vpc_id")
    if not body.cidr_block and not body.ipv6_cidr_block:
        raise invalid("subnet.no-cidr", "a subnet has an IPv4 or an IPv6 CIDR block", "/cidr_block")
    zone = body.availability_zone or context.zones[0]
    if zone not in context.zones:
        message = f"there is no availability zone {zone}; there are {', '.join(context.zones)}"
        raise invalid("subnet.zone-unknown", message, "/availability_zone")
    neighbours = view.referring(Subnet, vpc.id, "vpc_id")
    if len(neighbours) >= (most := limit(context, "subnets_per_vpc")):
        raise conflict("limit.exceeded", f"VPC {vpc.id} has {len(neighbours)} subnets; at most {most}", "/vpc_id")
    subnet = born(
        Subnet,
        context.new_id("subnet"),
        context,
        body,
        vpc_id=vpc.id,
        cidr_block=_block(body.cidr_block, 4, vpc.cidr_blocks, neighbours),
        ipv6_cidr_block=_block(body.ipv6_cidr_block, 6, vpc.ipv6_cidr_blocks, neighbours),
        availability_zone=zone,
        route_table_id=body.route_table_id,
        network_acl_id=body.network_acl_id,
        egress_elastic_ip_id=body.egress_elastic_ip_id,
        domain_name_servers=servers(body.domain_name_servers, "domain_name_servers"),
    )
    _refuse_foreign(subnet, view)
    _refuse_elastic_ip(subnet, view)
    return Change(put=(subnet,))


def update(subnet: Subnet, patch: SubnetPatch, view: View, context: Context) -> Change:
    """The subnet with another route table or network ACL, elastic IP, DNS servers, or a CIDR block more or less."""
    changed = _other_blocks(subnet, patch, view)
    effects: list[Effect] = []
    busy = None
    for field, what in _FOLLOWED.items():
        value: str | msgspec.UnsetType = getattr(patch, field)
        if value is msgspec.UNSET or value == getattr(subnet, field):
            continue
        changed = msgspec.structs.replace(changed, **{field: value})
        if busy is None:
            busy = view.count_referring(NetworkInterface, subnet.id, "subnet_id") > 0
        if busy:
            message = f"flows of {subnet.id} follow another {what}; those that it does not let through end"
            effects.append(Effect(message, cuts=True, resource_id=subnet.id))
    if patch.domain_name_servers is not msgspec.UNSET:
        told = servers(patch.domain_name_servers, "domain_name_servers")
        changed = msgspec.structs.replace(changed, domain_name_servers=told)
        if told != subnet.domain_name_servers:
            message = f"machines of {subnet.id} are told other DNS servers with their next lease"
            effects.append(Effect(message, resource_id=subnet.id))
    _refuse_foreign(changed, view)
    if changed.egress_elastic_ip_id != subnet.egress_elastic_ip_id:
        _refuse_elastic_ip(changed, view)
    return Change(put=(changed,), effects=tuple(effects))


def delete(subnet: Subnet, view: View, context: Context) -> Change:
    """The subnet, in which nothing is any more."""
    return Change(delete=(subnet.id,))


def _block(text: str, version: int, outer: tuple[str, ...], neighbours: Sequence[Subnet]) -> str:
    field = "/cidr_block" if version == 4 else "/ipv6_cidr_block"
    if not text:
        return ""
    found = cidr(text, version, field, SUBNET_LENGTHS)
    if not any(contains(block, found) for block in outer):
        has = ", ".join(outer) or f"no IPv{version} block"
        raise invalid("subnet.outside-vpc", f"{found} is in none of the VPC's CIDR blocks ({has})", field)
    for other in neighbours:
        own = other.cidr_block if version == 4 else other.ipv6_cidr_block
        if own and clash(found, (own,)):
            raise conflict("subnet.overlap", f"{found} overlaps subnet {other.id} ({own})", field)
    return found


def _other_blocks(subnet: Subnet, patch: SubnetPatch, view: View) -> Subnet:
    """The subnet with a CIDR block set where it had none, or without one of which nothing has an address (AWS's
    AssociateSubnetCidrBlock)."""
    changed = subnet
    for field, version in (("cidr_block", 4), ("ipv6_cidr_block", 6)):
        wanted: str | msgspec.UnsetType = getattr(patch, field)
        had: str = getattr(subnet, field)
        if wanted is msgspec.UNSET or wanted == had:
            continue
        if wanted and had:
            raise conflict("subnet.cidr-stays", f"{had} is not replaced: take it away first", f"/{field}")
        if not wanted:
            _refuse_in_use(subnet, version, view, f"/{field}")
        vpc = view.get(Vpc, subnet.vpc_id)
        assert vpc is not None
        outer = vpc.cidr_blocks if version == 4 else vpc.ipv6_cidr_blocks
        neighbours = [other for other in view.referring(Subnet, vpc.id, "vpc_id") if other.id != subnet.id]
        changed = msgspec.structs.replace(changed, **{field: _block(wanted, version, outer, neighbours)})
    if not changed.cidr_block and not changed.ipv6_cidr_block:
        raise invalid("subnet.no-cidr", "a subnet has an IPv4 or an IPv6 CIDR block", "/cidr_block")
    return changed


def _refuse_in_use(subnet: Subnet, version: int, view: View, field: str) -> None:
    users = [
        interface.id
        for interface in view.referring(NetworkInterface, subnet.id, "subnet_id")
        if own_addresses(interface, version)
    ]
    if version == 6:
        users += [b.id for b in view.referring(LoadBalancer, subnet.id, "subnet_ids") if b.ipv6_addresses]
        users += [e.id for e in view.referring(ServiceEndpoint, subnet.id, "subnet_ids") if e.ipv6_addresses]
    if version == 4:
        users += [gateway.id for gateway in view.referring(NatGateway, subnet.id, "subnet_id")]
        users += [balancer.id for balancer in view.referring(LoadBalancer, subnet.id, "subnet_ids")]
        users += [e.id for e in view.referring(ServiceEndpoint, subnet.id, "subnet_ids") if e.addresses]
    if users:
        others = f" and {len(users) - 3} others" if len(users) > 3 else ""
        message = f"{', '.join(users[:3])}{others} have addresses of the block"
        raise conflict("subnet.cidr-in-use", message, field)


def _refuse_elastic_ip(subnet: Subnet, view: View) -> None:
    if not subnet.egress_elastic_ip_id:
        return
    unused(subnet.egress_elastic_ip_id, view, "/egress_elastic_ip_id")
    if not subnet.cidr_block:
        raise invalid("address.no-block", f"subnet {subnet.id} has no IPv4 CIDR block", "/egress_elastic_ip_id")


def _refuse_foreign(subnet: Subnet, view: View) -> None:
    """A route table and a network ACL of another VPC."""
    table = view.get(RouteTable, subnet.route_table_id) if subnet.route_table_id else None
    if subnet.route_table_id and table is None:
        raise missing("route-table", subnet.route_table_id, "/route_table_id")
    if table is not None and table.vpc_id != subnet.vpc_id:
        raise invalid("subnet.other-vpc", f"route table {table.id} is of VPC {table.vpc_id}", "/route_table_id")
    acl = view.get(NetworkAcl, subnet.network_acl_id) if subnet.network_acl_id else None
    if subnet.network_acl_id and acl is None:
        raise missing("network-acl", subnet.network_acl_id, "/network_acl_id")
    if acl is not None and acl.vpc_id != subnet.vpc_id:
        raise invalid("subnet.other-vpc", f"network ACL {acl.id} is of VPC {acl.vpc_id}", "/network_acl_id")
