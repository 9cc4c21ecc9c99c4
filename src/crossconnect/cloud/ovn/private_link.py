"""Private link: an endpoint's address in the consumer's VPC leads to the listeners of a load balancer in another one,
or to those of a service in a VRF of the region (`vrf_services`).

    client -- consumer's switch -- consumer's router -- endpoint's router -- switch -- service's router -- service's VPC
              load balancer:                            source translated    private-  load balancer:
              endpoint -> service address               (gateway node)       link      service address -> targets

No route leads from one VPC to the other, so their addresses may be the same. The service's address, and what targets
see as source, are of the transfer prefix of the private-link switch, which no VPC has.

IPv6 is the same with addresses of its own, where endpoint and service have them. Nothing proxies for an endpoint's IPv6
addresses: the VPC's router answers, as for those of load balancers.

Both routers are on one gateway node: OVN carries nothing from one to the next between gateway ports of a switch that
has no `localnet` port (what arrives at a router's port where that is not resident is dropped).
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.load_balancer import TargetGroup
from crossconnect.cloud.kinds.private_link import (
    EndpointService,
    ServiceEndpoint,
    endpoint_addresses,
    linked_versions,
)
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.load_balancers import targets_of
from crossconnect.cloud.logical.private_link import (
    inner_port,
    kept_routes,
    link_port,
    listeners_of,
    own_address,
    ports_of,
    private_link,
    service_addresses,
    service_of,
    sources_of,
    vpc_port,
    vpc_routes,
)
from crossconnect.cloud.ovn.load_balancers import (
    BALANCER,
    GROUP,
    balancer_rows,
    bracketed,
    group_name,
    listener_key,
    neighbours,
)
from crossconnect.cloud.ovn.parts import Fault, Part, adds, row, unit, within
from crossconnect.cloud.ovn.provider import link, plug, route, source_translated, switch_name
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.subnets import SWITCH
from crossconnect.cloud.ovn.vpcs import ROUTER, ROUTER_OPTIONS
from crossconnect.cloud.ovn.vrf_services import in_vrf
from crossconnect.net import version_of


@unit
def network(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Switch` `provider-private-link`, one for the region."""
    name = switch_name(private_link(q.region))
    yield row(SWITCH, name, id, name=name, other_config={})


@unit
def service(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router` on the private-link switch with a `Load_Balancer` per listener and IP version, linked to the
    service's VPC; or to one more `Logical_Router`, `outer-...`, on the provider network of the service's VRF, with
    `NAT` `snat` of all clients to one address of each version."""
    service = q.ask(service_of, id)
    near, far = vpc_port(id), inner_port(id)
    addresses = q.ask(service_addresses, id)
    yield row(ROUTER, id, id, name=id, options=ROUTER_OPTIONS)
    yield from plug(q, private_link(q.region, addresses), (id, link_port(id)), service)
    if service.vrf:
        yield from in_vrf(q, service, addresses, q.ask(sources_of, id))
        return
    vpc = q.need(Vpc, service.vpc_id)
    yield from link(q, service, (vpc.id, near), (id, far))
    for block, inside in vpc_routes(q, service, vpc, addresses).items():
        yield from route(id, f"{id}/{block}", id, block, inside)
    for listener in q.ask(listeners_of, id):
        group = q.get(TargetGroup, listener.target_group_id)
        if group is None:
            yield Fault(f"target group {listener.target_group_id} does not exist")
            continue
        for version, address in addresses.items():
            key = listener_key(id, listener.protocol, listener.port, version)
            targets = [*targets_of(q, group, version)]
            if version == 6 and group.targets and not targets:
                yield Fault(f"{group.id}: no target has an IPv6 address: refused at IPv6 endpoints")
            vips = {f"{bracketed(address)}:{listener.port}": targets}
            yield from balancer_rows(id, key, listener, group, vips)
            yield adds(ROUTER, id, "load_balancer", uuid_of(BALANCER, key))


@unit
def endpoint(q: Queries, id: str) -> Iterator[Part]:
    """`Load_Balancer` per listener and IP version in the consumer's group, from the endpoint's addresses to the
    service's; and a `Logical_Router` that takes it there, with `NAT` `snat` where sources are translated, per version;
    where they are kept, with `Logical_Router_Policy`s that drop what is no answer. With IPv6 addresses one more
    `Load_Balancer` without targets, on the VPC's router, which answers who asks for them."""
    endpoint = q.need(ServiceEndpoint, id)
    if endpoint.status != "active":
        return
    vpc = q.need(Vpc, endpoint.vpc_id)
    service = q.ask(service_of, endpoint.service_id)
    versions = linked_versions(endpoint, service)
    near, far, outer = vpc_port(id), inner_port(id), link_port(id)
    yield row(ROUTER, id, id, name=id, options=ROUTER_OPTIONS)
    yield from link(q, endpoint, (vpc.id, near), (id, far))
    yield from plug(q, private_link(q.region, versions), (id, outer), endpoint, beside=service)
    for block, inside in vpc_routes(q, endpoint, vpc, versions).items():
        yield from route(id, f"{id}/{block}", id, block, inside)
    if endpoint.ipv6_addresses:
        yield from neighbours(endpoint.id, vpc.id, endpoint.ipv6_addresses)
    if service.source == "kept":
        for block, back in kept_routes(q, endpoint, vpc, versions).items():
            yield from route(service.id, f"{id}/back/{block}", id, block, back)
    addresses = q.ask(service_addresses, service.id)
    for version in versions:
        if service.source == "translated":
            yield from source_translated(id, id, own_address(q, endpoint, version), outer)
        else:
            yield from _answers_only(id, outer, addresses[version])
        yield from _offered(q, endpoint, service, version, addresses[version])


def _offered(
    q: Queries, endpoint: ServiceEndpoint, service: EndpointService, version: int, address: str
) -> Iterator[Part]:
    """What the endpoint's addresses of an IP version lead to, where the clients are."""
    for protocol, port in q.ask(ports_of, service.id):
        key = listener_key(endpoint.id, protocol, port, version)
        to = f"{bracketed(address)}:{port}"
        made = row(
            BALANCER,
            key,
            endpoint.id,
            name=key.replace("/", "-"),
            protocol=protocol,
            vips={f"{bracketed(one)}:{port}": to for one in endpoint_addresses(endpoint, version)},
            ip_port_mappings={},
            options={},
        )
        yield made
        yield adds(GROUP, group_name(endpoint.vpc_id), "load_balancer", uuid_of(BALANCER, key))


def _answers_only(id: str, port: str, address: str) -> Iterator[Part]:
    """What the service's VPC begins goes no further than the endpoint's router: answers come from the service's
    address, translated back by its router. Beside them only that a packet is too large (RFC 1191, RFC 8201), which a
    router on the way may have to say."""
    here = f'inport == "{port}"'
    too_large, source, ending = "icmp4.type == 3 && icmp4.code == 4", "ip4.src", ""
    if version_of(address) == 6:
        too_large, source, ending = "icmp6.type == 2", "ip6.src", "/ipv6"
    for name, priority, match, action in (
        (f"too-large{ending}", 2, f"{here} && {too_large}", "allow"),
        (f"begun{ending}", 1, f"{here} && {source} != {address}", "drop"),
    ):
        made = row(
            "Logical_Router_Policy",
            f"{id}/{name}",
            id,
            priority=priority,
            match=match,
            action=action,
            nexthops=frozenset(()),
        )
        yield from within(ROUTER, id, "policies", made)
