"""Private link: an endpoint's address in the consumer's VPC leads to the listeners of a load balancer in another one.

    client -- consumer's switch -- consumer's router -- endpoint's router -- switch -- service's router -- service's VPC
              load balancer:                            source translated    private-  load balancer:
              endpoint -> service address               (gateway node)       link      service address -> targets

No route leads from one VPC to the other, so their addresses may be the same. The service's address, and what targets
see as source, are of the transfer prefix of the private-link switch, which no VPC has.

Both routers are on one gateway node: OVN carries nothing from one to the next between gateway ports of a switch that
has no `localnet` port (what arrives at a router's port where that is not resident is dropped).
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.load_balancer import Listener, LoadBalancer, TargetGroup
from crossconnect.cloud.kinds.private_link import EndpointService, ServiceEndpoint
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.hops import Hop
from crossconnect.cloud.ovn.load_balancers import BALANCER, GROUP, balancer_rows, group_name, targets_of
from crossconnect.cloud.ovn.names import link_addresses, transfer_addresses
from crossconnect.cloud.ovn.parts import Fault, Part, adds, row, unit, within
from crossconnect.cloud.ovn.provider import link, plug, route, switch_name
from crossconnect.cloud.ovn.queries import Queries, Unrealisable
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.subnets import SWITCH
from crossconnect.cloud.ovn.vpcs import ROUTER, ROUTER_OPTIONS
from crossconnect.cloud.region import ProviderNetwork
from crossconnect.net import interface_prefix


def private_link(q: Queries) -> ProviderNetwork:
    """The switch between endpoints and services: like a provider network, but without a way out of OVN."""
    prefix = q.region.private_link_prefix
    return ProviderNetwork(
        name="private-link", vrf="", physnet="", transfer_prefix=prefix, next_hop="", mtu=q.region.mtu
    )


def service_of(q: Queries, id: str) -> EndpointService:
    """A service whose VPC and load balancer are there."""
    service = q.need(EndpointService, id)
    q.need(Vpc, service.vpc_id)
    q.need(LoadBalancer, service.load_balancer_id)
    return service


def vpc_port(id: str) -> str:
    """Name of the port of a VPC's router to an endpoint's or a service's."""
    return f"vpc-{id}"


def service_address(q: Queries, id: str) -> str:
    """The address of a service on the private-link switch."""
    address = transfer_addresses(private_link(q), q.ask(service_of, id))[0]
    return address.partition("/")[0]


def listeners_of(q: Queries, id: str) -> tuple[Listener, ...]:
    """What a service answers on."""
    return q.need(LoadBalancer, q.need(EndpointService, id).load_balancer_id).listeners


@unit
def network(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Switch` `provider-private-link`, one for the region."""
    name = switch_name(private_link(q))
    yield row(SWITCH, name, id, name=name, other_config={})


@unit
def service(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router` on the private-link switch with a `Load_Balancer` per listener, linked to the service's VPC."""
    service = q.ask(service_of, id)
    vpc = q.need(Vpc, service.vpc_id)
    between = private_link(q)
    near, far = vpc_port(id), f"inner-{id}"
    address = q.ask(service_address, id)
    yield row(ROUTER, id, id, name=id, options=ROUTER_OPTIONS)
    yield from plug(q, between, (id, f"link-{id}"), service)
    yield from link(q, id, (vpc.id, near), (id, far), id)
    inside = Hop(link_addresses(q.region, id, vpc.id)[0], far)
    for block in vpc.cidr_blocks:
        yield from route(id, f"{id}/{block}", id, block, inside)
    for listener in q.ask(listeners_of, id):
        group = q.get(TargetGroup, listener.target_group_id)
        if group is None:
            yield Fault(f"target group {listener.target_group_id} does not exist")
            continue
        key = f"{id}/{listener.protocol}/{listener.port}"
        vips = {f"{address}:{listener.port}": [*targets_of(q, group)]}
        yield from balancer_rows(id, key, listener, group, vips)
        yield adds(ROUTER, id, "load_balancer", uuid_of(BALANCER, key))


def sources_of(q: Queries, id: str) -> tuple[str, ...]:
    """What the targets of a service see as sources: the private-link switch, or the blocks of endpoints' VPCs."""
    service = q.ask(service_of, id)
    if service.source == "translated":
        return (interface_prefix(q.region.private_link_prefix),)
    endpoints = [q.need(ServiceEndpoint, one) for one in q.referring(ServiceEndpoint, "service_id", id)]
    vpcs = [q.get(Vpc, endpoint.vpc_id) for endpoint in endpoints if endpoint.status == "active"]
    return tuple(sorted({block for vpc in vpcs if vpc for block in vpc.cidr_blocks}))


def private_routes(q: Queries, vpc_id: str) -> dict[str, Hop]:
    """What each route table of a VPC needs for its endpoints and services: the way to the services, and back."""
    found: dict[str, Hop] = {}
    for id in q.referring(ServiceEndpoint, "vpc_id", vpc_id):
        try:
            if q.need(ServiceEndpoint, id).status == "active":
                address = q.ask(service_address, q.need(ServiceEndpoint, id).service_id)
                found[f"{address}/32"] = Hop(link_addresses(q.region, id, id)[0], vpc_port(id))
        except Unrealisable:
            continue
    for id in q.referring(EndpointService, "vpc_id", vpc_id):
        try:
            for prefix in q.ask(sources_of, id):
                found[prefix] = Hop(link_addresses(q.region, id, id)[0], vpc_port(id))
        except Unrealisable:
            continue
    return found


@unit
def endpoint(q: Queries, id: str) -> Iterator[Part]:
    """`Load_Balancer` per listener in the consumer's group, from the endpoint's addresses to the service's; and a
    `Logical_Router` that takes it there, with `NAT` `snat` where sources are translated."""
    endpoint = q.need(ServiceEndpoint, id)
    if endpoint.status != "active":
        return
    vpc = q.need(Vpc, endpoint.vpc_id)
    service = q.ask(service_of, endpoint.service_id)
    address = q.ask(service_address, service.id)
    near, far, outer = vpc_port(id), f"inner-{id}", f"link-{id}"
    yield row(ROUTER, id, id, name=id, options=ROUTER_OPTIONS)
    yield from link(q, id, (vpc.id, near), (id, far), id)
    yield from plug(q, private_link(q), (id, outer), endpoint, beside=service)
    for block in vpc.cidr_blocks:
        yield from route(id, f"{id}/{block}", id, block, Hop(link_addresses(q.region, id, vpc.id)[0], far))
    own = transfer_addresses(private_link(q), endpoint)[0].partition("/")[0]
    if service.source == "translated":
        nat = row(
            "NAT",
            id,
            id,
            type="snat",
            external_ip=own,
            logical_ip="0.0.0.0/0",
            external_mac=None,
            logical_port=None,
            gateway_port=uuid_of("Logical_Router_Port", outer),
        )
        yield from within(ROUTER, id, "nat", nat)
    else:
        for block in vpc.cidr_blocks:
            back = Hop(own, f"link-{service.id}")
            yield from route(service.id, f"{id}/back/{block}", id, block, back)
    for listener in q.ask(listeners_of, service.id):
        key = f"{id}/{listener.protocol}/{listener.port}"
        made = row(
            BALANCER,
            key,
            id,
            name=key.replace("/", "-"),
            protocol=listener.protocol,
            vips={f"{one}:{listener.port}": f"{address}:{listener.port}" for one in endpoint.addresses},
            ip_port_mappings={},
            options={},
        )
        yield made
        yield adds(GROUP, group_name(vpc.id), "load_balancer", uuid_of(BALANCER, key))
