"""Random bodies and patches of what is inside VPCs, mostly valid ones, for `cloud_commands`; the rest is in
`cloud_bodies_beyond`."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloud_commands import World

Said = dict[str, Any]
PROTOCOLS = ("tcp", "udp", "icmp", "all", "47")
CHECKS = (None, {"interval_s": 5, "timeout_s": 2}, {"port": 80, "interval_s": 10})


def _vpc(world: World) -> Said:
    chance = world.chance
    return {
        "cidr_blocks": [f"10.{chance.randrange(12)}.0.0/16"],
        "ipv6_cidr_blocks": ["public"] if world.maybe() else [],
        "dhcp_options_id": world.id("dhcp_options") if world.maybe(0.3) else "",
        "dns_support": world.maybe(0.8),
    }


def _vpc_patch(world: World, vpc: Any) -> Said:
    more = f"10.{world.chance.randrange(100, 112)}.0.0/16"
    return world.chance.choice(
        [
            {"cidr_blocks": [*vpc.cidr_blocks[:1], more]},
            {"cidr_blocks": [*vpc.cidr_blocks[:1]]},
            {"ipv6_cidr_blocks": [*vpc.ipv6_cidr_blocks[:1]] or ["public"]},
            {"ipv6_cidr_blocks": []},
            {"dhcp_options_id": world.id("dhcp_options")},
            {"dhcp_options_id": ""},
            {"dns_support": not vpc.dns_support},
            {"main_route_table_id": world.id("route_table", lambda one: one.vpc_id == vpc.id)},
        ]
    )


def _part6(world: World, vpc: Any) -> str:
    """A /64 of a VPC's IPv6 block; empty where it has none."""
    if not vpc.ipv6_cidr_blocks:
        return ""
    block = ipaddress.IPv6Network(vpc.ipv6_cidr_blocks[0])
    return f"{block.network_address + (world.chance.randrange(16) << 64)}/64"


def _within(world: World, vpc_id: str) -> Said:
    """What a subnet may name of its VPC."""
    return {
        "route_table_id": world.id("route_table", lambda one: one.vpc_id == vpc_id) if world.maybe() else "",
        "network_acl_id": world.id("network_acl", lambda one: one.vpc_id == vpc_id) if world.maybe() else "",
        "egress_elastic_ip_id": _spare(world) if world.maybe(0.2) else "",
    }


def _spare(world: World) -> str:
    """An elastic IP that nobody uses."""
    used = {one.elastic_ip_id for name in ("nat_gateway", "load_balancer") for one in world.every(name)}
    used |= {one.egress_elastic_ip_id for one in world.every("subnet")}
    return world.id("elastic_ip", lambda one: not one.network_interface_id and one.id not in used)


def _subnet(world: World) -> Said:
    vpc = world.any("vpc")
    if vpc is None:
        return {"vpc_id": world.id("vpc"), "cidr_block": "10.0.0.0/24"}
    a, b, *_ = world.chance.choice(vpc.cidr_blocks).split(".")
    block = f"{a}.{b}.{world.chance.randrange(16)}.{world.chance.choice(['0/24', '0/24', '16/28'])}"
    six = _part6(world, vpc) if world.maybe(0.8) else ""
    return {
        "vpc_id": vpc.id,
        "cidr_block": "" if six and world.maybe(0.1) else block,
        "ipv6_cidr_block": six,
        "availability_zone": world.chance.choice(world.zones),
        **_within(world, vpc.id),
    }


def _subnet_patch(world: World, subnet: Any) -> Said:
    if world.maybe(0.3) and (vpc := world.all.get(subnet.vpc_id)) is not None:
        return {"ipv6_cidr_block": "" if subnet.ipv6_cidr_block else _part6(world, vpc)}
    field, value = world.chance.choice([*_within(world, subnet.vpc_id).items()])
    return {field: value}


def _routes(world: World, vpc_id: str) -> list[Said]:
    """Routes of a VPC, each to another destination."""

    def here(one: Any) -> bool:
        return one.vpc_id == vpc_id

    peering = world.any("vpc_peering", lambda one: vpc_id in (one.vpc_id, one.peer_vpc_id))
    ways = [
        ("0.0.0.0/0", world.id("internet_gateway", here)),
        ("::/0", world.id("internet_gateway", here)),
        ("::/0", world.id("egress_only_internet_gateway", here)),
        ("0.0.0.0/0", world.id("nat_gateway", here)),
        ("203.0.113.0/24", world.id("nat_gateway", here)),
        ("172.16.0.0/12", world.id("network_interface", lambda one: here(one) and not one.source_dest_check)),
        ("192.168.0.0/16", world.id("private_gateway", here)),
        (f"10.{world.chance.randrange(12)}.0.0/16", world.id("transit_router")),
        (f"10.{world.chance.randrange(12)}.0.0/16", peering.id if peering is not None else ""),
        (world.id("prefix_list", lambda one: one.address_family == "ipv4"), world.id("internet_gateway", here)),
    ]
    there = [(to, target) for to, target in ways if target in world.all and ("/" in to or to in world.all)]
    chosen = world.chance.sample(there, world.chance.randint(0, len(there)))
    return [{"destination": to, "target": target} for to, target in dict(chosen).items()]


def _learns(world: World, vpc_id: str) -> list[str]:
    return world.ids("private_gateway", 2, lambda one: one.vpc_id == vpc_id)


def _route_table(world: World) -> Said:
    vpc_id = world.id("vpc")
    return {"vpc_id": vpc_id, "routes": _routes(world, vpc_id), "propagating_gateway_ids": _learns(world, vpc_id)}


def _route_table_patch(world: World, table: Any) -> Said:
    if world.maybe(0.2):
        return {"propagating_gateway_ids": _learns(world, table.vpc_id)}
    return {"routes": _routes(world, table.vpc_id)}


def _entries(world: World, six: bool) -> list[Said]:
    found = world.chance.sample(range(20), world.chance.randint(0, 4))
    return [{"cidr": f"2001:db8:9:{n:x}::/64" if six else f"198.18.{n}.0/24"} for n in found]


def _prefix_list(world: World) -> Said:
    family = world.chance.choice(["ipv4", "ipv4", "ipv6"])
    return {"address_family": family, "entries": _entries(world, family == "ipv6")}


def _prefix_list_patch(world: World, one: Any) -> Said:
    return {"entries": _entries(world, one.address_family == "ipv6")}


def matched(world: World) -> Said:
    """Protocol and ports."""
    protocol = world.chance.choice(PROTOCOLS)
    if protocol in ("tcp", "udp") and world.maybe(0.8):
        low = world.chance.randrange(1, 60_000)
        return {"protocol": protocol, "from_port": low, "to_port": low + world.chance.randrange(3)}
    return {"protocol": protocol}


def _rule(world: World) -> Said:
    group = world.any("security_group")
    vpc_id = group.vpc_id if group is not None else ""
    peers = ["0.0.0.0/0", f"10.{world.chance.randrange(12)}.0.0/16", world.id("prefix_list")]
    peers += [world.id("security_group", lambda one: one.vpc_id == vpc_id)] * 2
    return {
        "security_group_id": group.id if group is not None else world.id("security_group"),
        "direction": world.chance.choice(["ingress", "egress"]),
        "peer": world.chance.choice(peers),
        **matched(world),
    }


def _acl_entries(world: World) -> list[Said]:
    numbers = world.chance.sample(range(1, 200), world.chance.randint(0, 6))
    return [
        {
            "number": number,
            "direction": world.chance.choice(["ingress", "egress"]),
            "action": world.chance.choice(["allow", "deny"]),
            "cidr": world.chance.choice(["0.0.0.0/0", "10.0.0.0/8", "198.51.100.0/24"]),
            **matched(world),
        }
        for number in numbers
    ]


def _interface(world: World) -> Said:
    subnet = world.any("subnet")
    vpc_id = subnet.vpc_id if subnet is not None else ""
    return {
        "subnet_id": subnet.id if subnet is not None else world.id("subnet"),
        "security_group_ids": world.ids("security_group", 3, lambda one: one.vpc_id == vpc_id),
        "source_dest_check": world.maybe(0.6),
        "allowed_address_pairs": [{"cidr": "172.31.0.9/32"}] if world.maybe(0.1) else [],
        "host": world.chance.choice(["", "hv1"]),
    }


def _interface_patch(world: World, one: Any) -> Said:
    subnet = world.all.get(one.subnet_id)
    more = [*one.private_addresses]
    if subnet is not None and subnet.cidr_block:
        block = ipaddress.IPv4Network(subnet.cidr_block)
        more.append(str(block[world.chance.randrange(4, block.num_addresses - 1)]))
    return world.chance.choice(
        [
            {"private_addresses": more},
            {"private_addresses": [*one.private_addresses[:1]]},
            {"security_group_ids": world.ids("security_group", 3, lambda group: group.vpc_id == one.vpc_id)},
            {"source_dest_check": not one.source_dest_check},
            {"allowed_address_pairs": [{"cidr": f"172.31.0.{world.chance.randrange(1, 9)}/32"}]},
            {"allowed_address_pairs": []},
            {"host": world.chance.choice(["", "hv1", "hv2"]), "device_id": f"i-{world.chance.randrange(9)}"},
        ]
    )


def attached_to(world: World, kind: str) -> set[str]:
    """VPCs that a gateway of a kind is attached to."""
    return {one.vpc_id for one in world.every(kind)}


def _reachable(world: World) -> str:
    """An interface of a VPC with an internet gateway."""
    attached = attached_to(world, "internet_gateway")
    return world.id("network_interface", lambda one: one.vpc_id in attached and one.private_addresses)


def _elastic_ip(world: World) -> Said:
    return {"network_interface_id": _reachable(world) if world.maybe(0.3) else ""}


def _elastic_ip_patch(world: World, one: Any) -> Said:
    return {"network_interface_id": "" if one.network_interface_id and world.maybe() else _reachable(world)}


def unattached(world: World, kind: str) -> str:
    attached = attached_to(world, kind)
    return world.id("vpc", lambda one: one.id not in attached)


def _internet_gateway(world: World) -> Said:
    return {"vpc_id": unattached(world, "internet_gateway") if world.maybe(0.8) else ""}


def _internet_gateway_patch(world: World, one: Any) -> Said:
    return {"vpc_id": "" if one.vpc_id else unattached(world, "internet_gateway")}


def _nat_gateway(world: World) -> Said:
    if world.maybe(0.4):
        return {"subnet_id": world.id("subnet"), "connectivity": "private"}
    attached = attached_to(world, "internet_gateway")
    return {"subnet_id": world.id("subnet", lambda one: one.vpc_id in attached), "elastic_ip_id": _spare(world)}


def _targets(world: World, vpc_id: str) -> list[Said]:
    found = world.ids("network_interface", 4, lambda one: one.vpc_id == vpc_id)
    return [{"network_interface_id": id, "port": world.chance.choice([80, 8080])} for id in found]


def _target_group(world: World) -> Said:
    vpc_id = world.id("vpc")
    return {
        "vpc_id": vpc_id,
        "protocol": world.chance.choice(["tcp", "tcp", "udp"]),
        "targets": _targets(world, vpc_id),
        "health_check": world.chance.choice(CHECKS),
        "affinity_s": world.chance.choice([0, 60]),
    }


def _target_group_patch(world: World, group: Any) -> Said:
    return world.chance.choice(
        [
            {"targets": _targets(world, group.vpc_id)},
            {"targets": []},
            {"health_check": world.chance.choice(CHECKS)},
            {"affinity_s": world.chance.choice([0, 5, 60])},
        ]
    )


def _listeners(world: World, vpc_id: str) -> list[Said]:
    groups = world.of("target_group", lambda one: one.vpc_id == vpc_id)
    chosen = world.chance.sample(groups, min(len(groups), world.chance.randint(0, 3)))
    return [{"protocol": g.protocol, "port": 8000 + n, "target_group_id": g.id} for n, g in enumerate(chosen)]


def zonal(world: World, where: Callable[[Any], object] = bool) -> list[Any]:
    """Subnets of one VPC, of different zones."""
    first = world.any("subnet", lambda one: one.cidr_block and where(one))
    if first is None:
        return []
    others = world.of(
        "subnet",
        lambda one: one.vpc_id == first.vpc_id and one.cidr_block and one.availability_zone != first.availability_zone,
    )
    return [first, *world.chance.sample(others, min(len(others), world.chance.randint(0, 1)))]


def _load_balancer(world: World) -> Said:
    facing = world.maybe(0.3)
    attached = attached_to(world, "internet_gateway")
    subnets = zonal(world, lambda one: not facing or one.vpc_id in attached)
    six = bool(subnets) and all(one.ipv6_cidr_block for one in subnets) and world.maybe()
    return {
        "subnet_ids": [one.id for one in subnets],
        "scheme": "internet-facing" if facing else "internal",
        "elastic_ip_id": _spare(world) if facing else "",
        "ip_address_type": "dualstack" if six else "ipv4",
        "listeners": _listeners(world, subnets[0].vpc_id if subnets else ""),
        "cross_zone": world.maybe(0.7),
    }


def _load_balancer_patch(world: World, one: Any) -> Said:
    if world.maybe(0.3):
        return {"cross_zone": not one.cross_zone}
    if world.maybe(0.3):
        subnets = world.of("subnet", lambda subnet: subnet.id in one.subnet_ids)
        six = one.ip_address_type == "ipv4" and all(subnet.ipv6_cidr_block for subnet in subnets)
        return {"ip_address_type": "dualstack" if six else "ipv4"}
    return {"listeners": _listeners(world, one.vpc_id)}


def _dhcp_options(world: World) -> Said:
    chance = world.chance
    return {
        "domain_name": chance.choice(["", "corp.example", "lab.example"]),
        "domain_name_servers": chance.choice([[], ["10.0.0.53"], ["10.0.0.53", "2001:db8::53"]]),
        "ntp_servers": chance.choice([[], ["10.0.0.123"]]),
    }


def _named(world: World, _: Any) -> Said:
    """Of kinds of which nothing else can be changed."""
    return {"tags": {"env": world.chance.choice(["prod", "test"])}, "description": "x"}


BODIES: dict[str, Callable[[World], Said]] = {
    "vpc": _vpc,
    "subnet": _subnet,
    "route_table": _route_table,
    "prefix_list": _prefix_list,
    "security_group": lambda world: {"vpc_id": world.id("vpc")},
    "security_group_rule": _rule,
    "network_acl": lambda world: {"vpc_id": world.id("vpc"), "entries": _acl_entries(world)},
    "network_interface": _interface,
    "elastic_ip": _elastic_ip,
    "internet_gateway": _internet_gateway,
    "egress_only_internet_gateway": lambda world: {"vpc_id": world.id("vpc", lambda one: one.ipv6_cidr_blocks)},
    "nat_gateway": _nat_gateway,
    "load_balancer": _load_balancer,
    "target_group": _target_group,
    "dhcp_options": _dhcp_options,
}
"""By kind."""
PATCHES: dict[str, Callable[[World, Any], Said]] = {
    "vpc": _vpc_patch,
    "subnet": _subnet_patch,
    "route_table": _route_table_patch,
    "prefix_list": _prefix_list_patch,
    "security_group": _named,
    "security_group_rule": _named,
    "network_acl": lambda world, _: {"entries": _acl_entries(world)},
    "network_interface": _interface_patch,
    "elastic_ip": _elastic_ip_patch,
    "internet_gateway": _internet_gateway_patch,
    "egress_only_internet_gateway": _named,
    "nat_gateway": _named,
    "load_balancer": _load_balancer_patch,
    "target_group": _target_group_patch,
    "dhcp_options": lambda world, _: _dhcp_options(world),
}
"""By kind, of one resource of it."""
