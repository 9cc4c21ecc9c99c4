"""What applies: routes of a subnet with their states, rules of an interface. Pure, over what a view answers.

The longest prefix decides; among equal ones local, then static, then of a prefix list, then propagated. A local route
hides all propagated ones that overlap with it, longer ones too (AWS VPC User Guide, "Route priority").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, Protocol, TypeVar

import msgspec

from crossconnect.cloud.kinds.gateways import EgressOnlyInternetGateway, InternetGateway, NatGateway
from crossconnect.cloud.kinds.network_acl import AclEntry, NetworkAcl
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.prefix_list import PrefixList
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.route_table import Route, RouteTable
from crossconnect.cloud.kinds.security_group import Direction, SecurityGroupRule
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.transit import TransitRouterAttachment, TransitRouteTable
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.kinds.vpn import VpnConnection
from crossconnect.cloud.resource import Resource
from crossconnect.net import contains, parse, version_of

R = TypeVar("R", bound=Resource)
LOCAL = "local"
Table = RouteTable | TransitRouteTable


class Facts(Protocol):
    """What is looked up; a `View` does it."""

    def shared(self, kind: type[R], id: str) -> R | None:
        """A resource of any project."""
        ...

    def shared_referring(self, kind: type[R], id: str, field: str = "") -> Sequence[R]:
        """Resources of a kind, of any project, that refer to another one."""
        ...


Origin = Literal["local", "static", "prefix-list", "propagated"]
_RANK: dict[Origin, int] = {"local": 0, "static": 1, "prefix-list": 2, "propagated": 3}


class EffectiveRoute(msgspec.Struct, frozen=True, kw_only=True):
    """A route that applies."""

    destination: str
    """A CIDR block."""
    target: str
    """`local`, an id, or empty where what matches is dropped."""
    origin: Origin
    state: Literal["active", "blackhole"] = "active"
    reason: str = ""
    """Why it is a black hole."""
    route_table_id: str
    prefix_list_id: str = ""
    """Of origin `prefix-list`: which one."""


class EffectiveRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of one of an interface's groups, with the CIDR blocks that its peer stands for."""

    rule: SecurityGroupRule
    peers: tuple[str, ...]


def route_table(subnet: Subnet, facts: Facts) -> RouteTable:
    """The table that a subnet uses: its own, or the VPC's main one."""
    table = facts.shared(RouteTable, subnet.route_table_id or vpc_of(subnet.vpc_id, facts).main_route_table_id)
    assert table is not None
    return table


def network_acl(subnet: Subnet, facts: Facts) -> NetworkAcl:
    """The network ACL that a subnet is behind: its own, or the VPC's default one."""
    acl = facts.shared(NetworkAcl, subnet.network_acl_id or vpc_of(subnet.vpc_id, facts).default_network_acl_id)
    assert acl is not None
    return acl


def acl_entries(subnet: Subnet, direction: Direction, facts: Facts) -> tuple[AclEntry, ...]:
    """Entries of a subnet's network ACL in the order in which they are looked at."""
    found = (e for e in network_acl(subnet, facts).entries if e.direction == direction)
    return tuple(sorted(found, key=lambda e: e.number))


def routes(subnet: Subnet, facts: Facts) -> tuple[EffectiveRoute, ...]:
    """All routes that apply to what leaves a subnet's interfaces, by IP version, longest first, and the one that is
    preferred first."""
    return table_routes(route_table(subnet, facts), facts)


def table_routes(table: RouteTable, facts: Facts) -> tuple[EffectiveRoute, ...]:
    """All routes of a table: local, static with prefix lists written out, propagated."""
    found = [*_local(table, facts), *_static(table, facts), *_propagated(table, facts)]
    return tuple(sorted(found, key=_order))


def choose(destination: str, among: Iterable[EffectiveRoute]) -> EffectiveRoute | None:
    """The route for an address."""
    matching = [route for route in among if contains(route.destination, destination)]
    if any(route.origin == "local" for route in matching):
        matching = [route for route in matching if route.origin != "propagated"]
    return min(matching, key=_order, default=None)


def shown(table: RouteTable, facts: Facts) -> RouteTable:
    """A route table as its project is shown it: with local and propagated routes, and with states."""
    local = [Route(destination=r.destination, target=LOCAL, origin="local") for r in _local(table, facts)]
    static = [
        msgspec.structs.replace(route, state="blackhole" if why else "active")
        for route in table.routes
        for _, why in (target_problem(route.target, table.vpc_id, facts),)
    ]
    propagated = [
        Route(destination=r.destination, target=r.target, origin="propagated", state=r.state)
        for r in _propagated(table, facts)
    ]
    return msgspec.structs.replace(table, routes=(*local, *static, *propagated))


def transit_routes(table: TransitRouteTable, facts: Facts) -> tuple[EffectiveRoute, ...]:
    """All routes of a transit router's table: static ones, and what attachments propagate into it. Targets are
    attachments."""
    attached = facts.shared_referring(TransitRouterAttachment, table.transit_router_id, "transit_router_id")
    active = {a.id: a for a in attached if a.status == "active"}
    found = [
        _route(
            route.destination, route.attachment_id, "static", _transit_problem(route.attachment_id, active), table.id
        )
        for route in table.routes
    ]
    for attachment in active.values():
        if table.id in attachment.propagated_route_table_ids:
            found += [_route(block, attachment.id, "propagated", "", table.id) for block in _behind(attachment, facts)]
    return tuple(sorted(found, key=_order))


def other_vpc(subnet: Subnet, destination: str, facts: Facts) -> str:
    """The VPC that a subnet's routes lead an address to, over a peering or a transit router; empty for the subnet's
    own, and where they lead to no VPC."""
    chosen = choose(destination, routes(subnet, facts))
    if chosen is None or chosen.state != "active":
        return ""
    peering = facts.shared(VpcPeering, chosen.target)
    if peering is not None:
        return peering.peer_vpc_id if peering.vpc_id == subnet.vpc_id else peering.vpc_id
    for attachment in facts.shared_referring(TransitRouterAttachment, subnet.vpc_id, "vpc_id"):
        if attachment.transit_router_id == chosen.target and attachment.status == "active":
            found = vpc_behind(attachment, destination, facts)
            return found if found != subnet.vpc_id else ""
    return ""


def active_attachment(private_gateway_id: str, facts: Facts) -> TransitRouterAttachment | None:
    """The attachment by which a private gateway is at a transit router."""
    attached = facts.shared_referring(TransitRouterAttachment, private_gateway_id, "private_gateway_id")
    return next((attachment for attachment in attached if attachment.status == "active"), None)


def behind_gateway(private_gateway_id: str, facts: Facts) -> tuple[str, ...]:
    """What is reached through a private gateway: its own prefixes, and those of its VPN connections."""
    gateway = facts.shared(PrivateGateway, private_gateway_id)
    if gateway is None:
        return ()
    connections = facts.shared_referring(VpnConnection, private_gateway_id, "private_gateway_id")
    by_vpn = (prefix for connection in connections for prefix in connection.prefixes)
    return tuple(dict.fromkeys((*gateway.prefixes, *by_vpn)))


def vpc_behind(attachment: TransitRouterAttachment, destination: str, facts: Facts) -> str:
    """The VPC that an attachment's table leads an address to; empty for none."""
    table = facts.shared(TransitRouteTable, attachment.route_table_id)
    chosen = choose(destination, transit_routes(table, facts)) if table is not None else None
    if chosen is None or chosen.state != "active":
        return ""
    leaving = facts.shared(TransitRouterAttachment, chosen.target)
    return leaving.vpc_id if leaving is not None else ""


def rules(interface: NetworkInterface, direction: Direction, facts: Facts) -> tuple[EffectiveRule, ...]:
    """Rules of one direction of all groups that an interface is in. What one of them lets through passes."""
    found: list[EffectiveRule] = []
    for group in interface.security_group_ids:
        for rule in facts.shared_referring(SecurityGroupRule, group, "security_group_id"):
            if rule.direction == direction:
                found.append(EffectiveRule(rule=rule, peers=peers(rule, facts)))
    return tuple(found)


def peers(rule: SecurityGroupRule, facts: Facts) -> tuple[str, ...]:
    """The CIDR blocks that a rule's peer stands for, of a group those of the rule's IP version."""
    found = blocks(rule.peer, facts)
    if rule.peer.startswith("sg-") and rule.ip_version is not None:
        return tuple(block for block in found if version_of(block) == rule.ip_version)
    return found


def blocks(text: str, facts: Facts) -> tuple[str, ...]:
    """The CIDR blocks that one, a security group or a prefix list stands for: of a group, its members' addresses."""
    if text.startswith("sg-"):
        members = facts.shared_referring(NetworkInterface, text, "security_group_ids")
        return tuple(
            f"{address}/{32 if version_of(address) == 4 else 128}"
            for member in members
            for address in member.private_addresses + member.ipv6_addresses
        )
    if text.startswith("pl-"):
        prefixes = facts.shared(PrefixList, text)
        return () if prefixes is None else tuple(entry.cidr for entry in prefixes.entries)
    return (text,)


def vpc_of(id: str, facts: Facts) -> Vpc:
    """The VPC that a resource is in."""
    vpc = facts.shared(Vpc, id)
    assert vpc is not None
    return vpc


def target_problem(target: str, vpc_id: str, facts: Facts) -> tuple[int, str]:
    """The only IP version that a target of a VPC's routes carries (0: both), and why it carries nothing (empty: it
    does). (-1, ...) for what is no target at all."""
    find = _TARGETS.get(target.partition("-")[0])
    if find is None:
        return -1, f"{target!r} is no target of routes: gateways, network interfaces, peerings, transit routers are"
    return find(target, vpc_id, facts)


def _local(table: RouteTable, facts: Facts) -> Iterator[EffectiveRoute]:
    vpc = vpc_of(table.vpc_id, facts)
    for block in vpc.cidr_blocks + vpc.ipv6_cidr_blocks:
        yield _route(block, LOCAL, "local", "", table.id)


def _static(table: RouteTable, facts: Facts) -> Iterator[EffectiveRoute]:
    for route in table.routes:
        version, why = target_problem(route.target, table.vpc_id, facts)
        if not route.destination.startswith("pl-"):
            yield _route(route.destination, route.target, "static", why, table.id)
            continue
        prefixes = facts.shared(PrefixList, route.destination)
        for entry in () if prefixes is None else prefixes.entries:
            if version in (0, version_of(entry.cidr)):
                found = _route(entry.cidr, route.target, "prefix-list", why, table.id)
                yield msgspec.structs.replace(found, prefix_list_id=route.destination)


def _propagated(table: RouteTable, facts: Facts) -> Iterator[EffectiveRoute]:
    for id in table.propagating_gateway_ids:
        gateway = facts.shared(PrivateGateway, id)
        if gateway is not None and gateway.vpc_id == table.vpc_id:
            for prefix in behind_gateway(id, facts):
                yield _route(prefix, id, "propagated", "", table.id)


def _route(destination: str, target: str, origin: Origin, why: str, table_id: str) -> EffectiveRoute:
    return EffectiveRoute(
        destination=destination,
        target=target,
        origin=origin,
        state="blackhole" if why else "active",
        reason=why,
        route_table_id=table_id,
    )


def _order(route: EffectiveRoute) -> tuple[int, int, int, int, str, str]:
    parsed = parse(route.destination)
    return parsed.version, -parsed.length, parsed.value, _RANK[route.origin], route.prefix_list_id, route.target


def _behind(attachment: TransitRouterAttachment, facts: Facts) -> tuple[str, ...]:
    """What is reached at an attachment."""
    if attachment.vpc_id:
        vpc = facts.shared(Vpc, attachment.vpc_id)
        return () if vpc is None else vpc.cidr_blocks + vpc.ipv6_cidr_blocks
    return behind_gateway(attachment.private_gateway_id, facts)


def _transit_problem(attachment_id: str, active: dict[str, TransitRouterAttachment]) -> str:
    if not attachment_id:
        return "what matches is dropped, as declared"
    return "" if attachment_id in active else f"there is no attachment {attachment_id}"


_Found = tuple[int, str]


def _internet_gateway(id: str, vpc_id: str, facts: Facts) -> _Found:
    gateway = facts.shared(InternetGateway, id)
    attached = gateway is not None and gateway.vpc_id == vpc_id
    return 0, "" if attached else f"no internet gateway {id} is attached to {vpc_id}"


def _egress_only(id: str, vpc_id: str, facts: Facts) -> _Found:
    gateway = facts.shared(EgressOnlyInternetGateway, id)
    there = gateway is not None and gateway.vpc_id == vpc_id
    return 6, "" if there else f"{vpc_id} has no egress-only internet gateway {id}"


def _nat(id: str, vpc_id: str, facts: Facts) -> _Found:
    gateway = facts.shared(NatGateway, id)
    there = gateway is not None and gateway.vpc_id == vpc_id
    return 4, "" if there else f"{vpc_id} has no NAT gateway {id}"


def _interface(id: str, vpc_id: str, facts: Facts) -> _Found:
    interface = facts.shared(NetworkInterface, id)
    there = interface is not None and interface.vpc_id == vpc_id
    return 0, "" if there else f"{vpc_id} has no network interface {id}"


def _peering(id: str, vpc_id: str, facts: Facts) -> _Found:
    peering = facts.shared(VpcPeering, id)
    if peering is None or vpc_id not in (peering.vpc_id, peering.peer_vpc_id):
        return 0, f"{vpc_id} has no VPC peering {id}"
    return 0, "" if peering.status == "active" else f"{id} is not active but {peering.status}"


def _transit(id: str, vpc_id: str, facts: Facts) -> _Found:
    attached = any(
        a.transit_router_id == id and a.status == "active"
        for a in facts.shared_referring(TransitRouterAttachment, vpc_id, "vpc_id")
    )
    return 0, "" if attached else f"{vpc_id} is not attached to a transit router {id}"


def _private_gateway(id: str, vpc_id: str, facts: Facts) -> _Found:
    gateway = facts.shared(PrivateGateway, id)
    attached = gateway is not None and gateway.vpc_id == vpc_id
    return 0, "" if attached else f"no private gateway {id} is attached to {vpc_id}"


_TARGETS: dict[str, Callable[[str, str, Facts], _Found]] = {
    "igw": _internet_gateway,
    "eigw": _egress_only,
    "nat": _nat,
    "eni": _interface,
    "pcx": _peering,
    "tr": _transit,
    "pgw": _private_gateway,
}
"""By id prefix."""
