"""Load balancers of layer 4."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.load_balancer import Listener, LoadBalancer, TargetGroup
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.internet import has_internet
from crossconnect.cloud.logical.load_balancers import Answering, checks_elsewhere, faces, public_address, targets_of
from crossconnect.cloud.logical.subnets import switch_of
from crossconnect.cloud.ovn.parts import Fault, Part, adds, bare, row, unit, within
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.subnets import SWITCH
from crossconnect.cloud.ovn.vpcs import ROUTER
from crossconnect.transport.ovsdb.types import Atom

BALANCER = "Load_Balancer"
GROUP = "Load_Balancer_Group"


def group_name(vpc_id: str) -> str:
    """The group of a VPC's load balancers."""
    return f"balancers-{vpc_id}"


@unit
def group(q: Queries, id: str) -> Iterator[Part]:
    """`Load_Balancer_Group` of the VPC, at the switches of all of its subnets: connections are balanced where the
    client is."""
    q.need(Vpc, id)
    yield bare(GROUP, group_name(id), name=group_name(id))


@unit
def subnet_balancing(q: Queries, id: str) -> Iterator[Part]:
    """The VPC's group at the subnet's switch."""
    subnet = q.ask(switch_of, id)
    yield adds(SWITCH, id, "load_balancer_group", uuid_of(GROUP, group_name(subnet.vpc_id)))


def bracketed(address: str) -> str:
    """An address before a port, or as a key of OVN's: IPv6 in brackets."""
    return f"[{address}]" if ":" in address else address


@unit
def balancer(q: Queries, id: str) -> Iterator[Part]:
    """`Load_Balancer` per listener and IP version in the VPC's group, with an address in each subnet;
    `selection_fields` keeps a client with its target; with an elastic IP, a further row on the VPC's router for what
    comes from outside, and the IPv6 one there, too; with IPv6 addresses, one there without targets, so that the router
    answers who asks for them."""
    balancer = q.need(LoadBalancer, id)
    if balancer.ipv6_addresses:
        yield from neighbours(balancer.id, balancer.vpc_id, balancer.ipv6_addresses)
    for face in q.ask(faces, id):
        vips = {f"{bracketed(address)}:{face.listener.port}": [*targets] for address, targets in face.vips}
        if face.group.targets and face.version == 6 and not any(targets for _, targets in face.vips):
            yield Fault(f"{face.group.id}: no target has an IPv6 address: refused at {', '.join(vips)}")
        yield from balancer_rows(id, face.key, face.listener, face.group, vips)
        yield adds(GROUP, group_name(balancer.vpc_id), "load_balancer", uuid_of(BALANCER, face.key))
        if face.version == 6 and balancer.elastic_ip_id and q.ask(has_internet, balancer.vpc_id):
            yield adds(ROUTER, balancer.vpc_id, "load_balancer", uuid_of(BALANCER, face.key))
    for listener in balancer.listeners:
        group = q.get(TargetGroup, listener.target_group_id)
        if group is None:
            yield Fault(f"target group {listener.target_group_id} does not exist")
        elif checks_elsewhere(group):
            yield Fault(f"{group.id}: OVN checks targets on the port that they serve only")
        elif balancer.elastic_ip_id:
            yield from _outside(q, balancer, listener, group, [*targets_of(q, group)])


def neighbours(id: str, vpc_id: str, addresses: tuple[str, ...]) -> Iterator[Part]:
    """`arp_proxy` of 23.03 is for IPv4 only; a router answers neighbour solicitations for addresses of its load
    balancers. What reaches the router at one of them, and at no port that is balanced there, is dropped there. `id`:
    the load balancer or endpoint that has the addresses."""
    key = f"{id}/neighbours"
    vips: dict[Atom, Atom] = dict.fromkeys(addresses, "")
    yield row(BALANCER, key, id, name=key.replace("/", "-"), vips=vips)
    yield adds(ROUTER, vpc_id, "load_balancer", uuid_of(BALANCER, key))


def listener_key(id: str, protocol: str, port: int, version: int) -> str:
    """Key of the row for a listener at addresses of an IP version."""
    return f"{id}/{protocol}/{port}{'/ipv6' if version == 6 else ''}"


def _outside(
    q: Queries, balancer: LoadBalancer, listener: Listener, group: TargetGroup, targets: list[Answering]
) -> Iterator[Part]:
    address = public_address(q, balancer)
    if address is None:
        yield Fault(f"VPC {balancer.vpc_id} has no internet gateway")
        return
    key = f"{balancer.id}/{listener.protocol}/{listener.port}/outside"
    yield from balancer_rows(balancer.id, key, listener, group, {f"{address}:{listener.port}": targets})
    yield adds(ROUTER, balancer.vpc_id, "load_balancer", uuid_of(BALANCER, key))


def balancer_rows(
    id: str, key: str, listener: Listener, group: TargetGroup, vips: dict[str, list[Answering]]
) -> Iterator[Part]:
    """`Load_Balancer` of a listener with its `Load_Balancer_Health_Check`s; `vips` are addresses with ports, and who
    answers there."""
    options: dict[Atom, Atom] = {"reject": "true"}
    check = group.health_check
    mappings: dict[Atom, Atom] = {}
    if check is not None:
        mappings = {
            bracketed(t.address): f"{t.interface}:{bracketed(t.checker)}" for found in vips.values() for t in found
        }
    yield row(
        BALANCER,
        key,
        id,
        name=key.replace("/", "-"),
        protocol=listener.protocol,
        vips={vip: ",".join(sorted(f"{bracketed(t.address)}:{t.port}" for t in found)) for vip, found in vips.items()},
        ip_port_mappings=mappings,
        # Not `affinity_timeout`, which loses each client's first connection (docs/design/0011-ovn-rows.md).
        selection_fields=frozenset(("ip_src",) if group.affinity_s else ()),
        options=options,
    )
    if check is None:
        return
    numbers: dict[Atom, Atom] = {
        "interval": str(check.interval_s),
        "timeout": str(check.timeout_s),
        "success_count": str(check.healthy_threshold),
        "failure_count": str(check.unhealthy_threshold),
    }
    for vip in vips:
        made = row("Load_Balancer_Health_Check", f"{key}/{vip}", id, vip=vip, options=numbers)
        yield from within(BALANCER, key, "health_check", made)
