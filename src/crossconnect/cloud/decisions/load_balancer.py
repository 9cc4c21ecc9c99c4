"""What becomes of load balancers and target groups."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.decisions import address, inspection
from crossconnect.cloud.decisions.elastic_ip import refuse_without_internet_gateway, unused
from crossconnect.cloud.decisions.patching import patched, refuse_more, the_vpc
from crossconnect.cloud.decisions.zones import zonal
from crossconnect.cloud.kinds.load_balancer import (
    HealthCheck,
    Listener,
    LoadBalancer,
    LoadBalancerBody,
    LoadBalancerPatch,
    Protocol,
    Scheme,
    Target,
    TargetGroup,
    TargetGroupBody,
    TargetGroupPatch,
)
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.private_link import EndpointService, supported_versions
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import Change, Claim, Effect, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import contains

AFFINITY_MAX_S = 65535
"""OVN's `affinity_timeout`."""
_BOUNDS = {
    "interval_s": (5, 300),
    "timeout_s": (2, 120),
    "healthy_threshold": (2, 10),
    "unhealthy_threshold": (2, 10),
}
"""As for AWS's Network Load Balancers."""


def create(body: LoadBalancerBody, view: View, context: Context) -> Change:
    """A load balancer with an address in each of its subnets."""
    id = context.new_id("lb")
    subnets = zone_subnets(body.subnet_ids, view)
    vpc_id = subnets[0].vpc_id
    _refuse_elastic_ip(body, vpc_id, view)
    addresses = [address.given(view, subnet, "", id, f"/subnet_ids/{n}") for n, subnet in enumerate(subnets)]
    six = body.ip_address_type == "dualstack"
    addresses6 = _ipv6_addresses(body.scheme, subnets, id, view, context) if six else []
    balancer = born(
        LoadBalancer,
        id,
        context,
        body,
        vpc_id=vpc_id,
        subnet_ids=body.subnet_ids,
        scheme=body.scheme,
        elastic_ip_id=body.elastic_ip_id,
        ip_address_type=body.ip_address_type,
        addresses=tuple(text for text, _ in addresses),
        ipv6_addresses=tuple(text for text, _ in addresses6),
        listeners=_listeners(body.listeners, vpc_id, view, context),
        cross_zone=body.cross_zone,
    )
    return Change(put=(balancer,), claims=tuple(claim for _, claim in (*addresses, *addresses6)))


def update(balancer: LoadBalancer, patch: LoadBalancerPatch, view: View, context: Context) -> Change:
    """The load balancer with other listeners, or of another `ip_address_type` (AWS's SetIpAddressType)."""
    typed, change = _of_type(balancer, patch, view, context)
    changed = patched(typed, patch, "cross_zone")
    if patch.listeners is not msgspec.UNSET:
        listeners = _listeners(patch.listeners, balancer.vpc_id, view, context)
        changed = msgspec.structs.replace(changed, listeners=listeners)
    effects = [*change.effects]
    effects += [
        Effect(f"{balancer.id} does not answer on {old.protocol} {old.port} any more", True, balancer.id)
        for old in balancer.listeners
        if (old.protocol, old.port) not in {(new.protocol, new.port) for new in changed.listeners}
    ]
    effects += [
        Effect(f"connections to {old.protocol} {old.port} go to {new.target_group_id}", True, balancer.id)
        for old in balancer.listeners
        for new in changed.listeners
        if (old.protocol, old.port) == (new.protocol, new.port) and old.target_group_id != new.target_group_id
    ]
    if balancer.cross_zone and not changed.cross_zone:
        effects += zonal(balancer, [old for old in balancer.listeners if old in changed.listeners], view)
    return msgspec.structs.replace(change, put=(changed,), effects=tuple(effects))


def delete(balancer: LoadBalancer, view: View, context: Context) -> Change:
    """The load balancer. Its elastic IP stays the project's."""
    message = f"{', '.join(balancer.addresses + balancer.ipv6_addresses)} answers nobody any more"
    return Change(delete=(balancer.id,), effects=(Effect(message, cuts=True, resource_id=balancer.id),))


def create_group(body: TargetGroupBody, view: View, context: Context) -> Change:
    """A target group."""
    vpc = the_vpc(body.vpc_id, view)
    _refuse_affinity(body.affinity_s)
    group = born(
        TargetGroup,
        context.new_id("tg"),
        context,
        body,
        vpc_id=vpc.id,
        protocol=body.protocol,
        targets=_targets(body.targets, vpc.id, view, context),
        health_check=checked(body.health_check),
        affinity_s=body.affinity_s,
        service_insertion_id=body.service_insertion_id,
    )
    inspection.refuse_insertion(group, view)
    return Change(put=(group,), effects=tuple(inspection.effects(None, group)))


def update_group(group: TargetGroup, patch: TargetGroupPatch, view: View, context: Context) -> Change:
    """The target group with other targets."""
    changed = patched(group, patch, "health_check", "affinity_s", "service_insertion_id")
    _refuse_affinity(changed.affinity_s)
    checked(changed.health_check)
    effects: list[Effect] = []
    if patch.targets is not msgspec.UNSET:
        targets = _targets(patch.targets, group.vpc_id, view, context)
        changed = msgspec.structs.replace(changed, targets=targets)
        gone = [t for t in group.targets if t not in targets]
        effects += [
            Effect(f"connections to {t.network_interface_id} port {t.port} through {group.id} end", True, group.id)
            for t in gone
        ]
    inspection.refuse_insertion(changed, view)
    effects += inspection.effects(group, changed)
    return Change(put=(changed,), effects=tuple(effects))


def zone_subnets(ids: tuple[str, ...], view: View, field: str = "/subnet_ids") -> tuple[Subnet, ...]:
    """Subnets of one VPC, at least one, each of another zone."""
    if not ids:
        raise invalid("subnets.none", "at least one subnet", field)
    found: list[Subnet] = []
    for n, id in enumerate(ids):
        subnet = view.get(Subnet, id)
        if subnet is None:
            raise missing("subnet", id, f"{field}/{n}")
        for other in found:
            if other.vpc_id != subnet.vpc_id:
                raise invalid(
                    "subnets.other-vpc", f"{id} is of VPC {subnet.vpc_id}, not {other.vpc_id}", f"{field}/{n}"
                )
            if other.availability_zone == subnet.availability_zone:
                message = f"{id} is of zone {subnet.availability_zone}, as {other.id} is: one subnet of each zone"
                raise invalid("subnets.same-zone", message, f"{field}/{n}")
        found.append(subnet)
    return tuple(found)


def checked(check: HealthCheck | None) -> HealthCheck | None:
    """A health check; refused where its numbers are out of range."""
    if check is None:
        return None
    for name, (low, high) in _BOUNDS.items():
        value: int = getattr(check, name)
        if not low <= value <= high:
            raise invalid("health-check.range", f"{value} is not in {low} to {high}", f"/health_check/{name}")
    if check.timeout_s >= check.interval_s:
        message = f"a timeout of {check.timeout_s} s is not over before the next check after {check.interval_s} s"
        raise invalid("health-check.timeout", message, "/health_check/timeout_s")
    if check.port is not None:
        _refuse_port(check.port, "/health_check/port")
    return check


def _refuse_elastic_ip(body: LoadBalancerBody, vpc_id: str, view: View) -> None:
    if body.scheme == "internal":
        if body.elastic_ip_id:
            raise invalid("load-balancer.internal", "an internal one has no elastic IP", "/elastic_ip_id")
        return
    if not body.elastic_ip_id:
        raise invalid("load-balancer.no-elastic-ip", "an internet-facing one has an elastic IP", "/elastic_ip_id")
    unused(body.elastic_ip_id, view, "/elastic_ip_id")
    refuse_without_internet_gateway(vpc_id, view, "/subnet_ids/0")


def _of_type(
    balancer: LoadBalancer, patch: LoadBalancerPatch, view: View, context: Context
) -> tuple[LoadBalancer, Change]:
    """The load balancer with its IPv6 addresses or without them, as a patch wants it, and what changes beside it."""
    wanted = patch.ip_address_type
    if wanted is msgspec.UNSET or wanted == balancer.ip_address_type:
        return balancer, Change()
    subnets = zone_subnets(balancer.subnet_ids, view)
    found: list[tuple[str, Claim]] = []
    released: list[Claim] = []
    if wanted == "dualstack":
        found = _ipv6_addresses(balancer.scheme, subnets, balancer.id, view, context, "/ip_address_type")
        message = f"{balancer.id} answers at {', '.join(text for text, _ in found)}, too"
    else:
        _refuse_serving(balancer, view)
        released = [
            address.claim_of(subnet.id, text, balancer.id)
            for subnet, text in zip(subnets, balancer.ipv6_addresses, strict=True)
        ]
        message = f"{', '.join(balancer.ipv6_addresses)} answers nobody any more"
    addresses = tuple(text for text, _ in found)
    changed = msgspec.structs.replace(balancer, ip_address_type=wanted, ipv6_addresses=addresses)
    effect = Effect(message, cuts=bool(released), resource_id=balancer.id)
    claims = tuple(claim for _, claim in found)
    return changed, Change(claims=claims, releases=tuple(released), effects=(effect,))


def _refuse_serving(balancer: LoadBalancer, view: View) -> None:
    """Refused where a service behind a load balancer that is to lose its IPv6 addresses supports IPv6."""
    for service in view.referring(EndpointService, balancer.id, "load_balancer_id"):
        if 6 in supported_versions(service):
            message = f"{service.id} stands behind {balancer.id}, and supports ipv6"
            raise conflict("load-balancer.service-ipv6", message, "/ip_address_type")


def _ipv6_addresses(
    scheme: Scheme, subnets: tuple[Subnet, ...], id: str, view: View, context: Context, field: str = ""
) -> list[tuple[str, Claim]]:
    """Of a dual-stack one, an IPv6 address in each subnet: a public one where the internet is to reach it. `field`: of
    the body, where that does not name the subnets."""
    for n, subnet in enumerate(subnets):
        block = subnet.ipv6_cidr_block
        at = field or f"/subnet_ids/{n}"
        if not block:
            raise invalid("address.no-block", f"subnet {subnet.id} has no IPv6 CIDR block", at)
        if scheme == "internet-facing" and not any(contains(pool, block) for pool in context.public_prefixes6):
            message = f"{block} of subnet {subnet.id} is private: the internet does not reach it"
            raise invalid("load-balancer.dualstack", message, at)
    return [address.next_free(view, subnet, 6, id) for subnet in subnets]


def _listeners(listeners: tuple[Listener, ...], vpc_id: str, view: View, context: Context) -> tuple[Listener, ...]:
    refuse_more(len(listeners), limit(context, "listeners_per_load_balancer"), "listeners", "/listeners")
    seen: set[tuple[Protocol, int]] = set()
    for n, listener in enumerate(listeners):
        at = f"/listeners/{n}"
        _refuse_port(listener.port, f"{at}/port")
        if (listener.protocol, listener.port) in seen:
            message = f"{listener.protocol} {listener.port} is there twice"
            raise invalid("load-balancer.listener-twice", message, f"{at}/port")
        seen.add((listener.protocol, listener.port))
        group = view.get(TargetGroup, listener.target_group_id)
        if group is None:
            raise missing("target-group", listener.target_group_id, f"{at}/target_group_id")
        if group.vpc_id != vpc_id:
            message = f"target group {group.id} is of VPC {group.vpc_id}, not {vpc_id}"
            raise invalid("load-balancer.other-vpc", message, f"{at}/target_group_id")
        if group.protocol != listener.protocol:
            message = f"target group {group.id} is for {group.protocol}, the listener for {listener.protocol}"
            raise invalid("load-balancer.protocol", message, f"{at}/protocol")
    return listeners


def _targets(targets: tuple[Target, ...], vpc_id: str, view: View, context: Context) -> tuple[Target, ...]:
    refuse_more(len(targets), limit(context, "targets_per_target_group"), "targets", "/targets")
    seen: set[Target] = set()
    for n, target in enumerate(targets):
        at = f"/targets/{n}"
        _refuse_port(target.port, f"{at}/port")
        if target in seen:
            message = f"{target.network_interface_id} port {target.port} is there twice"
            raise invalid("target-group.target-twice", message, at)
        seen.add(target)
        interface = view.get(NetworkInterface, target.network_interface_id)
        if interface is None:
            raise missing("network-interface", target.network_interface_id, f"{at}/network_interface_id")
        if interface.vpc_id != vpc_id:
            message = f"network interface {interface.id} is of VPC {interface.vpc_id}, not {vpc_id}"
            raise invalid("target-group.other-vpc", message, f"{at}/network_interface_id")
    return targets


def _refuse_port(port: int, field: str) -> None:
    if not 1 <= port <= 65535:
        raise invalid("port.range", f"{port} is no port: 1 to 65535 are", field)


def _refuse_affinity(affinity_s: int) -> None:
    if not 0 <= affinity_s <= AFFINITY_MAX_S:
        raise invalid("target-group.affinity", f"{affinity_s} is not in 0 to {AFFINITY_MAX_S}", "/affinity_s")
