"""What becomes of networks, their subnets, and groups of the project."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.decisions import security_group
from crossconnect.cloud.decisions import subnet as subnets
from crossconnect.cloud.kinds.security_group import SecurityGroupBody
from crossconnect.cloud.kinds.subnet import Subnet, SubnetBody, SubnetPatch
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.neutron.decisions.overlay import joined
from crossconnect.cloud.neutron.decisions.project import in_front, project_vpc, refuse, step, with_block, with_id
from crossconnect.cloud.neutron.decisions.router import routers_of, routers_with_gateway
from crossconnect.cloud.neutron.kinds import (
    NeutronGroupBody,
    NeutronNetwork,
    NeutronNetworkBody,
    NeutronNetworkPatch,
    NeutronProjectBody,
    NeutronSubnetBody,
    NeutronSubnetPatch,
)
from crossconnect.cloud.resource import Change, conflict, missing
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import parse


def create(body: NeutronNetworkBody, view: View, context: Context) -> Change:
    """A network without subnets."""
    zone = body.availability_zone
    if zone and zone not in context.zones:
        message = f"there is no availability zone {zone}; there are {', '.join(context.zones)}"
        raise refuse("zone-unknown", message, "/availability_zone_hints")
    return Change(put=(born(NeutronNetwork, context.new_id("nnet"), context, body, availability_zone=zone),))


def update(network: NeutronNetwork, patch: NeutronNetworkPatch, view: View, context: Context) -> Change:
    """The network, whose words the service changes."""
    return Change(put=(network,))


def delete(network: NeutronNetwork, view: View, context: Context) -> Change:
    """The network with its subnets; refused while ports or a router use them."""
    subnet = view.get(Subnet, f"subnet-{network.id[-17:]}")
    gone = Change(delete=(network.id,))
    return gone if subnet is None else joined(gone, delete_subnet(subnet, view, context))


def delete_subnet(subnet: Subnet, view: View, context: Context) -> Change:
    """Both IP versions of a network's subnet."""
    if uses := view.uses(subnet.id):
        raise conflict("subnet.in-use", f"{subnet.id} is still used", uses=tuple(uses))
    return subnets.delete(subnet, view, context)


def create_subnet(body: NeutronSubnetBody, view: View, context: Context) -> Change:
    """A network's first subnet; the VPC gets a block around it where it has none."""
    id = f"subnet-{body.digits}"
    network = view.get(NeutronNetwork, f"nnet-{body.digits}")
    if network is None:
        raise missing("network", f"nnet-{body.digits}", "/network_id")
    if view.get(Subnet, id) is not None:
        raise conflict("neutron.subnet-race", "the network has just got a subnet; ask again", "/network_id")
    vpc, change = project_vpc(view, context)
    change = step(view, change, lambda on: _room(vpc.id, body.cidr, on, context))
    version = parse(body.cidr).version
    wish = SubnetBody(
        name=body.name,
        description=body.description,
        tags=body.tags,
        vpc_id=vpc.id,
        cidr_block=body.cidr if version == 4 else "",
        ipv6_cidr_block=body.cidr if version == 6 else "",
        availability_zone=network.availability_zone,
        domain_name_servers=body.domain_name_servers,
    )
    with_given = with_id(context, "subnet", id)
    limits = context.quotas | {"subnets_per_vpc": context.quotas["subnet"]}
    with_given = msgspec.structs.replace(with_given, quotas=limits)
    change = step(view, change, lambda on: subnets.create(wish, on, with_given))
    return in_front(change, id)


def update_subnet(subnet: Subnet, patch: NeutronSubnetPatch, view: View, context: Context) -> Change:
    """The subnet with one IP version more, or less."""
    change = Change(put=(subnet,))
    if patch.remove_version:
        change = _less(subnet, patch.remove_version, view, context)
    elif patch.add_cidr:
        change = _more(subnet, patch, view, context)
    change = step(view, change, lambda on: joined(*routers_of(subnet.id, on)))
    return in_front(change, subnet.id)


def _more(subnet: Subnet, patch: NeutronSubnetPatch, view: View, context: Context) -> Change:
    version = parse(patch.add_cidr).version
    had = subnet.cidr_block if version == 4 else subnet.ipv6_cidr_block
    if had:
        message = f"the network has the IPv{version} subnet {had}; a network has one of each IP version"
        raise refuse("subnet-second", message, "/cidr")
    change = _room(subnet.vpc_id, patch.add_cidr, view, context)
    told = (*subnet.domain_name_servers, *patch.domain_name_servers)
    block = SubnetPatch(cidr_block=patch.add_cidr) if version == 4 else SubnetPatch(ipv6_cidr_block=patch.add_cidr)
    wish = msgspec.structs.replace(block, domain_name_servers=told)
    return step(view, change, lambda on: subnets.update(subnet, wish, on, context))


def _less(subnet: Subnet, version: int, view: View, context: Context) -> Change:
    if not (subnet.ipv6_cidr_block if version == 4 else subnet.cidr_block):
        raise conflict("subnet.in-use", "a network's last subnet goes as a whole")
    told = tuple(one for one in subnet.domain_name_servers if parse(one).version != version)
    block = SubnetPatch(cidr_block="") if version == 4 else SubnetPatch(ipv6_cidr_block="")
    wish = msgspec.structs.replace(block, domain_name_servers=told)
    return subnets.update(subnet, wish, view, context)


def _room(vpc_id: str, cidr: str, view: View, context: Context) -> Change:
    """The VPC with a block around the new subnet; routers with a gateway then keep that block from each other's
    subnets."""
    change = with_block(_vpc(view, vpc_id), cidr, view, context)
    if change.put:
        change = step(view, change, lambda on: joined(*routers_with_gateway(vpc_id, on)))
    return change


def create_group(body: NeutronGroupBody, view: View, context: Context) -> Change:
    """A security group of the project's VPC."""
    vpc, change = project_vpc(view, context)
    wish = SecurityGroupBody(name=body.name, description=body.description, tags=body.tags, vpc_id=vpc.id)
    made: list[str] = []

    def decide(on: View) -> Change:
        found = security_group.create(wish, on, context)
        made.append(found.put[0].id)
        return found

    change = step(view, change, decide)
    return in_front(change, made[0])


def create_project(body: NeutronProjectBody, view: View, context: Context) -> Change:
    """The project's VPC; nothing where it is there."""
    vpc, change = project_vpc(view, context)
    return change if change.put else Change(put=(vpc,))


def _vpc(view: View, id: str) -> Vpc:
    found = view.get(Vpc, id)
    assert found is not None
    return found
