"""Load balancers of layer 4: who answers at which of their addresses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from crossconnect.cloud.addresses import nth
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.load_balancer import Listener, LoadBalancer, TargetGroup, addresses_of
from crossconnect.cloud.kinds.network_interface import own_addresses
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.interfaces import interface_of, port_name
from crossconnect.cloud.logical.internet import has_internet
from crossconnect.cloud.logical.queries import Queries
from crossconnect.net import version_of

CHECKER = 3
"""Health checks come from the subnet's fourth address, which is nobody's."""


class Answering(NamedTuple):
    """A target that is there."""

    address: str
    port: int
    interface: str
    """Its port's name."""
    zone: str
    checker: str
    """Where its health checks come from."""


def targets_of(q: Queries, group: TargetGroup, version: int = 4) -> Iterator[Answering]:
    """The targets of a group that are there, and have an address of an IP version."""
    for target in group.targets:
        interface = interface_of(q, target.network_interface_id)
        addresses = own_addresses(interface, version) if interface is not None else ()
        if interface is None or not addresses:
            continue
        subnet = q.need(Subnet, interface.subnet_id)
        checker = nth(subnet.cidr_block if version == 4 else subnet.ipv6_cidr_block, CHECKER)
        yield Answering(addresses[0], target.port, port_name(interface), subnet.availability_zone, checker)


class Face(NamedTuple):
    """A listener at a load balancer's addresses of one IP version."""

    key: str
    """Which one: load balancer, protocol, port, and IPv6."""
    listener: Listener
    group: TargetGroup
    vips: tuple[tuple[str, tuple[Answering, ...]], ...]
    """Addresses, and who answers there."""

    @property
    def version(self) -> int:
        """The IP version of its addresses."""
        return version_of(self.vips[0][0])


def faces(q: Queries, id: str) -> tuple[Face, ...]:
    """The faces of a load balancer; none for listeners that cannot be."""
    balancer = q.need(LoadBalancer, id)
    q.need(Vpc, balancer.vpc_id)
    zones = [q.need(Subnet, subnet).availability_zone for subnet in balancer.subnet_ids]
    found: list[Face] = []
    for listener in balancer.listeners:
        group = q.get(TargetGroup, listener.target_group_id)
        if group is None or checks_elsewhere(group):
            continue
        for version, ending in ((4, ""), (6, "/ipv6")):
            if not (addresses := addresses_of(balancer, version)):
                continue
            targets = [*targets_of(q, group, version)]
            vips = tuple(
                (address, tuple(t for t in targets if balancer.cross_zone or t.zone == zone))
                for address, zone in zip(addresses, zones, strict=False)
            )
            found.append(Face(f"{id}/{listener.protocol}/{listener.port}{ending}", listener, group, vips))
    return tuple(found)


def checks_elsewhere(group: TargetGroup) -> bool:
    """Whether targets are to be asked on another port than the one that they serve. Nobody can ask there, so a listener
    of such a group is nowhere, and no other VPC is led to it."""
    check = group.health_check
    return check is not None and any(check.port not in (None, target.port) for target in group.targets)


def public_address(q: Queries, balancer: LoadBalancer) -> str | None:
    """The IPv4 address at which the internet reaches a load balancer that has an elastic IP; None where it does not."""
    elastic = q.get(ElasticIp, balancer.elastic_ip_id)
    return elastic.address if elastic is not None and q.ask(has_internet, balancer.vpc_id) else None
