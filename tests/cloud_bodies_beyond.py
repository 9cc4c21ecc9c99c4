"""Random bodies and patches of what joins VPCs, stands before them or watches them, beside `cloud_bodies`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cloud_bodies import Said, attached_to, matched, unattached, zonal

if TYPE_CHECKING:
    from cloud_commands import World

VRFS = ("blue", "nowhere")
"""One that the region's gateways have, and one that they do not: what is in it fails, and says so."""


def _peering(world: World) -> Said:
    mine = world.id("vpc")
    theirs = [one for one in world.every("vpc") if one.id != mine]
    peer = world.chance.choice(theirs) if theirs else None
    if peer is None:
        return {"vpc_id": mine, "peer_vpc_id": mine}
    return {"vpc_id": mine, "peer_vpc_id": peer.id, "peer_project_id": peer.project_id}


def _answer(world: World, _: Any) -> Said:
    return {"status": world.chance.choice(["active", "active", "active", "rejected"])}


def _transit_router(world: World) -> Said:
    return {
        "shared_with": [world.other] if world.maybe(0.7) else [],
        "default_association": world.maybe(0.8),
        "default_propagation": world.maybe(0.8),
    }


def _attachment(world: World) -> Said:
    routers = [r for r in world.every("transit_router") if world.project in (r.project_id, *r.shared_with)]
    router = world.chance.choice(routers).id if routers else world.id("transit_router")
    if world.maybe(0.3):
        gateway = world.id("private_gateway", lambda one: not one.vpc_id)
        return {"transit_router_id": router, "private_gateway_id": gateway}
    subnets = zonal(world)
    vpc_id = subnets[0].vpc_id if subnets else world.id("vpc")
    return {"transit_router_id": router, "vpc_id": vpc_id, "subnet_ids": [one.id for one in subnets]}


def _attachment_patch(world: World, one: Any) -> Said:
    tables = [t for t in world.every("transit_route_table") if t.transit_router_id == one.transit_router_id]
    chosen = [t.id for t in world.chance.sample(tables, min(len(tables), world.chance.randint(0, 2)))]
    return world.chance.choice(
        [
            _answer(world, one),
            {"route_table_id": chosen[0] if chosen else ""},
            {"propagated_route_table_ids": chosen},
            {"subnet_ids": [s.id for s in zonal(world, lambda s: s.vpc_id == one.vpc_id)]},
        ]
    )


def _transit_routes(world: World, router: str) -> list[Said]:
    attached = [a.id for a in world.every("transit_router_attachment") if a.transit_router_id == router]
    numbers = world.chance.sample(range(12), world.chance.randint(0, 3))
    return [{"destination": f"10.{n}.0.0/16", "attachment_id": world.chance.choice([*attached, ""])} for n in numbers]


def _transit_table(world: World) -> Said:
    router = world.id("transit_router")
    return {"transit_router_id": router, "routes": _transit_routes(world, router)}


def _prefixes(world: World) -> list[str]:
    return [f"172.{n}.0.0/16" for n in world.chance.sample(range(16, 32), world.chance.randint(0, 3))]


def _private_gateway(world: World) -> Said:
    return {
        "vrf": world.chance.choice([*VRFS, VRFS[0]]),
        "vpc_id": unattached(world, "private_gateway") if world.maybe() else "",
        "prefixes": _prefixes(world),
    }


def _private_gateway_patch(world: World, one: Any) -> Said:
    if world.maybe():
        return {"prefixes": _prefixes(world)}
    return {"vpc_id": "" if one.vpc_id else unattached(world, "private_gateway")}


def _customer_gateway(world: World) -> Said:
    return {"address": f"198.51.100.{world.chance.randrange(1, 250)}"}


def _vpn_connection(world: World) -> Said:
    return {
        "private_gateway_id": world.id("private_gateway"),
        "customer_gateway_id": world.id("customer_gateway"),
        "prefixes": _sites(world),
    }


def _vpn_connection_patch(world: World, _: Any) -> Said:
    if world.maybe():
        return {"prefixes": _sites(world)}
    return {"customer_gateway_id": world.id("customer_gateway")}


def _sites(world: World) -> list[str]:
    return [f"192.168.{n}.0/24" for n in world.chance.sample(range(20), world.chance.randint(1, 3))]


def _allowed(world: World) -> Said:
    return {
        "allowed_projects": world.chance.choice([[], [world.other], ["*"]]),
        "acceptance_required": world.maybe(),
    }


def _service(world: World) -> Said:
    taken = {one.load_balancer_id for one in world.every("endpoint_service")}
    behind = world.id("load_balancer", lambda one: one.scheme == "internal" and one.id not in taken)
    both = any(one.id == behind and one.ip_address_type == "dualstack" for one in world.every("load_balancer"))
    return {
        "load_balancer_id": behind,
        "source": world.chance.choice(["translated", "kept"]),
        "supported_ip_address_types": ["ipv4", "ipv6"] if both else ["ipv4"],
        **_allowed(world),
    }


def _endpoint(world: World) -> Said:
    services = world.every("endpoint_service")
    service = world.chance.choice(services) if services else None
    subnets = zonal(world)
    both = all(one.ipv6_cidr_block for one in subnets)
    both = both and service is not None and "ipv6" in service.supported_ip_address_types
    return {
        "service_id": service.id if service is not None else world.id("endpoint_service"),
        "subnet_ids": [one.id for one in subnets],
        "ip_address_type": world.chance.choice(["dualstack", "dualstack", "ipv6", "ipv4"]) if both else "ipv4",
    }


def _endpoint_patch(world: World, one: Any) -> Said:
    if world.maybe(0.7):
        return _answer(world, one)
    return {"ip_address_type": world.chance.choice(["dualstack", "ipv6", "ipv4"])}


def _appliances(world: World, vpc_id: str, inline: bool) -> list[Said]:
    able = world.of("network_interface", lambda one: one.vpc_id == vpc_id and not one.source_dest_check)
    chosen = [one.id for one in world.chance.sample(able, min(len(able), 4 if inline else world.chance.randint(1, 3)))]
    if not inline:
        return [{"network_interface_id": id} for id in chosen]
    pairs = zip(chosen[::2], chosen[1::2], strict=False)
    return [{"network_interface_id": one, "return_network_interface_id": other} for one, other in pairs]


def _steering(world: World) -> list[Said]:
    numbers = world.chance.sample(range(1, 50), world.chance.randint(0, 3))
    blocks = ("10.0.0.0/8", "0.0.0.0/0", "10.1.1.0/24", "198.51.100.0/24")
    return [
        {
            "number": number,
            "action": world.chance.choice(["insert", "insert", "bypass"]),
            "source": world.chance.choice(blocks),
            "destination": world.chance.choice(blocks),
            **matched(world),
        }
        for number in numbers
    ]


def _insertion(world: World) -> Said:
    taken = attached_to(world, "service_insertion")
    able = world.any("network_interface", lambda one: not one.source_dest_check and one.vpc_id not in taken)
    vpc_id = able.vpc_id if able is not None else world.id("vpc")
    inline = world.inline and world.maybe()
    return {
        "vpc_id": vpc_id,
        "appliances": _appliances(world, vpc_id, inline),
        "rules": _steering(world),
        "mode": "inline" if inline else "routed",
        "on_failure": world.chance.choice(["open", "closed"]),
        "health_check": None if inline or world.maybe() else {},
    }


def _insertion_patch(world: World, one: Any) -> Said:
    return world.chance.choice(
        [
            {"appliances": _appliances(world, one.vpc_id, one.mode == "inline")},
            {"rules": _steering(world)},
            {"on_failure": "open" if one.on_failure == "closed" else "closed"},
            {"health_check": None if one.health_check else {}},
            {"next_insertion_id": "" if one.next_insertion_id else world.id("service_insertion")},
        ]
    )


def _mirror(world: World) -> Said:
    source = world.any("network_interface")
    target = world.id("network_interface", lambda one: source and one.vpc_id == source.vpc_id and one.id != source.id)
    direction = world.chance.choice(["ingress", "egress", "both"])
    return {
        "source_network_interface_id": source.id if source is not None else "",
        "target_network_interface_id": target,
        "direction": direction,
    }


def _mirror_patch(world: World, one: Any) -> Said:
    if world.maybe():
        return {"direction": world.chance.choice(["ingress", "egress", "both"])}
    return {"target_network_interface_id": world.id("network_interface", lambda other: other.vpc_id == one.vpc_id)}


def _values(world: World, six: bool) -> list[str]:
    return [
        f"2001:db8::{n}" if six else f"10.0.0.{n}" for n in world.chance.sample(range(9), world.chance.randint(1, 3))
    ]


def _zone(world: World) -> Said:
    return {"domain": f"z{world.chance.randrange(6)}.example", "vpc_ids": world.ids("vpc", 3)}


def _record(world: World) -> Said:
    six = world.maybe()
    record = world.chance.choice(["", "www", "db", "a.b"])
    kind = "AAAA" if six else "A"
    return {"dns_zone_id": world.id("dns_zone"), "record": record, "type": kind, "values": _values(world, six)}


def _flow_log(world: World) -> Said:
    of = world.id(world.chance.choice(["vpc", "subnet", "network_interface"]))
    return {"resource_id": of, "traffic": world.chance.choice(["accept", "reject", "all"])}


BODIES: dict[str, Callable[[World], Said]] = {
    "vpc_peering": _peering,
    "transit_router": _transit_router,
    "transit_router_attachment": _attachment,
    "transit_route_table": _transit_table,
    "private_gateway": _private_gateway,
    "customer_gateway": _customer_gateway,
    "vpn_connection": _vpn_connection,
    "endpoint_service": _service,
    "service_endpoint": _endpoint,
    "service_insertion": _insertion,
    "traffic_mirror": _mirror,
    "dns_zone": _zone,
    "dns_record": _record,
    "flow_log": _flow_log,
}
"""By kind."""
PATCHES: dict[str, Callable[[World, Any], Said]] = {
    "vpc_peering": _answer,
    "transit_router": lambda world, _: _transit_router(world),
    "transit_router_attachment": _attachment_patch,
    "transit_route_table": lambda world, one: {"routes": _transit_routes(world, one.transit_router_id)},
    "private_gateway": _private_gateway_patch,
    "customer_gateway": lambda world, one: {"name": one.address},
    "vpn_connection": _vpn_connection_patch,
    "endpoint_service": lambda world, _: _allowed(world),
    "service_endpoint": _endpoint_patch,
    "service_insertion": _insertion_patch,
    "traffic_mirror": _mirror_patch,
    "dns_zone": lambda world, _: {"vpc_ids": world.ids("vpc", 3)},
    "dns_record": lambda world, one: {"values": _values(world, one.type == "AAAA")},
    "flow_log": lambda world, _: {"traffic": world.chance.choice(["accept", "reject", "all"])},
}
"""By kind, of one resource of it."""
