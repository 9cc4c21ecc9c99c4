"""Load balancers of layer 4, their listeners, and the target groups behind them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

Protocol = Literal["tcp", "udp"]
IpAddressType = Literal["ipv4", "dualstack"]
Scheme = Literal["internal", "internet-facing"]


class HealthCheck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How targets are asked whether they live: a TCP connection, or a UDP datagram that nothing refuses."""

    port: int | None = None
    """None: the target's own."""
    interval_s: int = 5
    timeout_s: int = 3
    healthy_threshold: int = 2
    unhealthy_threshold: int = 3


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One target: an interface of the VPC, on a port."""

    network_interface_id: str
    port: int


class TargetGroup(Resource, frozen=True, kw_only=True):
    """Targets that do the same work."""

    vpc_id: str
    protocol: Protocol = "tcp"
    targets: tuple[Target, ...] = ()
    health_check: HealthCheck | None = None
    """None: all are taken for healthy."""
    affinity_s: int = 0
    """How long a client's source address stays with one target; 0: every connection anew. Today a client stays for as
    long as the targets are the same ones; when some come or go, others' clients may move, too."""
    service_insertion_id: str = ""
    """Proxies of layer 7, a WAF: a service insertion (`routed`) through whose appliances everything goes that is routed
    to a target on its port, and the answers, whichever load balancer sends it there, or none. What a target's own
    subnet is sent by a load balancer cannot go there, for the answers are not routed: its `on_failure` says what
    happens to that. Its rules go second."""


class TargetGroupBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    vpc_id: str
    protocol: Protocol = "tcp"
    targets: tuple[Target, ...] = ()
    health_check: HealthCheck | None = None
    affinity_s: int = 0
    service_insertion_id: str = ""


class TargetGroupPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; `targets` replaces all of them."""

    targets: tuple[Target, ...] | msgspec.UnsetType = msgspec.UNSET
    health_check: HealthCheck | msgspec.UnsetType | None = msgspec.UNSET
    affinity_s: int | msgspec.UnsetType = msgspec.UNSET
    service_insertion_id: str | msgspec.UnsetType = msgspec.UNSET


class Listener(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A port that a load balancer answers on, and who answers."""

    protocol: Protocol = "tcp"
    port: int
    target_group_id: str


class LoadBalancer(Resource, frozen=True, kw_only=True):
    """A load balancer. Targets see the client's address. Other VPCs reach it over a peering or a transit router, where
    the client's route table leads to its addresses and to all of a listener's targets; so does a private gateway's VRF,
    directly or over a transit router."""

    vpc_id: str
    subnet_ids: tuple[str, ...]
    """Where it has an address each; of one zone, or of several."""
    scheme: Scheme = "internal"
    """`internet-facing` ones are reached by an elastic IP, too, and from the internet at their IPv6 addresses."""
    elastic_ip_id: str = ""
    ip_address_type: IpAddressType = "ipv4"
    """`dualstack` ones have an IPv6 address in each subnet, too, where clients reach targets by their IPv6 addresses.
    The internet reaches it of `internet-facing` ones only, whose subnets have public IPv6 blocks."""
    addresses: tuple[str, ...]
    """One in each subnet."""
    ipv6_addresses: tuple[str, ...] = ()
    """Of a `dualstack` one: one in each subnet."""
    listeners: tuple[Listener, ...] = ()
    cross_zone: bool = True
    """Whether an address leads to targets of all zones, or only to those of its own."""


class LoadBalancerBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    subnet_ids: tuple[str, ...]
    scheme: Scheme = "internal"
    elastic_ip_id: str = ""
    ip_address_type: IpAddressType = "ipv4"
    listeners: tuple[Listener, ...] = ()
    cross_zone: bool = True


class LoadBalancerPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; `listeners` replaces all of them."""

    ip_address_type: IpAddressType | msgspec.UnsetType = msgspec.UNSET
    """To `dualstack`: with a new IPv6 address in each subnet. To `ipv4`: without those, which are free then."""
    listeners: tuple[Listener, ...] | msgspec.UnsetType = msgspec.UNSET
    cross_zone: bool | msgspec.UnsetType = msgspec.UNSET


def addresses_of(balancer: LoadBalancer, version: int) -> tuple[str, ...]:
    """A load balancer's addresses of an IP version."""
    return balancer.addresses if version == 4 else balancer.ipv6_addresses


def target_group_references(group: TargetGroup) -> Iterator[Reference]:
    """Its VPC, targets, service insertion."""
    yield Reference("vpc_id", group.vpc_id)
    if group.service_insertion_id:
        yield Reference("service_insertion_id", group.service_insertion_id)
    for n, target in enumerate(group.targets):
        yield Reference(f"targets/{n}/network_interface_id", target.network_interface_id)


def references(balancer: LoadBalancer) -> Iterator[Reference]:
    """Its VPC, subnets, target groups, elastic IP."""
    yield Reference("vpc_id", balancer.vpc_id)
    for n, id in enumerate(balancer.subnet_ids):
        yield Reference(f"subnet_ids/{n}", id)
    for n, listener in enumerate(balancer.listeners):
        yield Reference(f"listeners/{n}/target_group_id", listener.target_group_id)
    if balancer.elastic_ip_id:
        yield Reference("elastic_ip_id", balancer.elastic_ip_id)
