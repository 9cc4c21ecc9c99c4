"""Which routes and rules apply: priority, prefix lists, propagation, black holes."""

from __future__ import annotations

from typing import Any

from cloud_memory import Cloud, View, network, public
from crossconnect.cloud import effective


def stand() -> tuple[Cloud, View, Any, Any]:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    return cloud, View(cloud, "alpha"), vpc, subnet


def chosen(view: View, subnet: Any, destination: str) -> tuple[str, str, str] | None:
    route = effective.choose(destination, effective.routes(subnet, view))
    return None if route is None else (route.target, route.origin, route.state)


def routes(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"destination": destination, "target": target} for destination, target in pairs]


def test_every_table_has_the_local_routes() -> None:
    cloud, view, vpc, subnet = stand()
    cloud.update(vpc.id, cidr_blocks=["10.0.0.0/16", "10.1.0.0/16"], ipv6_cidr_blocks=["fd00::/56"])
    for address in ("10.0.9.9", "10.1.0.1", "fd00::9"):
        assert chosen(view, subnet, address) == ("local", "local", "active")
    assert chosen(view, subnet, "192.0.2.1") is None


def test_the_longest_prefix_decides_then_the_kind() -> None:
    cloud, view, vpc, subnet = stand()
    gateway = public(cloud, vpc)
    one, two = (cloud.create("network_interface", subnet_id=subnet.id) for _ in range(2))
    entries = [{"cidr": "198.51.100.0/24"}, {"cidr": "192.168.0.0/24"}, {"cidr": "172.16.0.0/16"}]
    prefixes = cloud.create("prefix_list", entries=entries)
    private = cloud.create(
        "private_gateway",
        vrf="acme-connect",
        vpc_id=vpc.id,
        prefixes=["198.51.100.0/24", "198.51.100.128/25", "172.16.0.0/16", "10.0.0.0/8", "10.0.1.0/24"],
    )
    cloud.update(
        vpc.main_route_table_id,
        routes=routes(
            ("0.0.0.0/0", gateway.id), ("198.51.100.0/24", one.id), ("192.168.0.0/16", one.id), (prefixes.id, two.id)
        ),
        propagating_gateway_ids=[private.id],
    )
    assert chosen(view, subnet, "203.0.113.1") == (gateway.id, "static", "active")
    assert chosen(view, subnet, "198.51.100.1") == (one.id, "static", "active")
    assert chosen(view, subnet, "198.51.100.200") == (private.id, "propagated", "active")
    assert chosen(view, subnet, "192.168.0.1") == (two.id, "prefix-list", "active")
    assert chosen(view, subnet, "192.168.1.1") == (one.id, "static", "active")
    assert chosen(view, subnet, "172.16.0.1") == (two.id, "prefix-list", "active")
    assert chosen(view, subnet, "10.9.0.1") == (private.id, "propagated", "active")
    assert chosen(view, subnet, "10.0.1.9") == ("local", "local", "active")


def test_a_static_route_takes_a_subnet_from_the_local_one() -> None:
    cloud, view, vpc, subnet = stand()
    cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.2.0/24")
    appliance = cloud.create("network_interface", subnet_id=subnet.id, source_dest_check=False)
    cloud.update(vpc.main_route_table_id, routes=routes(("10.0.2.0/24", appliance.id)))
    assert chosen(view, subnet, "10.0.2.9") == (appliance.id, "static", "active")
    assert chosen(view, subnet, "10.0.1.9") == ("local", "local", "active")


def test_targets_that_are_gone_are_black_holes_and_take_the_packets_nevertheless() -> None:
    cloud, view, vpc, subnet = stand()
    gateway = public(cloud, vpc)
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    table = cloud.create(
        "route_table",
        vpc_id=vpc.id,
        routes=routes(("0.0.0.0/0", gateway.id), ("198.51.100.0/24", interface.id)),
    )
    subnet = cloud.update(subnet.id, route_table_id=table.id)
    cloud.delete(interface.id)
    assert chosen(view, subnet, "198.51.100.1") == (interface.id, "static", "blackhole")
    cloud.update(gateway.id, vpc_id="")
    assert chosen(view, subnet, "203.0.113.1") == (gateway.id, "static", "blackhole")
    cloud.update(gateway.id, vpc_id=vpc.id)
    assert chosen(view, subnet, "203.0.113.1") == (gateway.id, "static", "active")


def test_a_peering_that_ends_is_a_black_hole_on_both_sides() -> None:
    cloud, view, vpc, subnet = stand()
    peer, peer_subnet = network(cloud, "10.1.0.0/16", project="beta")
    peering = cloud.create("vpc_peering", vpc_id=vpc.id, peer_vpc_id=peer.id, peer_project_id="beta")
    cloud.update(peering.id, project="beta", status="active")
    cloud.update(vpc.main_route_table_id, routes=routes(("10.1.0.0/16", peering.id)))
    cloud.update(peer.main_route_table_id, project="beta", routes=routes(("10.0.0.0/16", peering.id)))
    assert chosen(view, subnet, "10.1.0.1") == (peering.id, "static", "active")
    cloud.delete(peering.id)
    assert chosen(view, subnet, "10.1.0.1") == (peering.id, "static", "blackhole")
    assert chosen(View(cloud, "beta"), peer_subnet, "10.0.0.1") == (peering.id, "static", "blackhole")


def test_a_table_is_shown_with_all_that_is_in_it() -> None:
    cloud, view, vpc, subnet = stand()
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    private = cloud.create("private_gateway", vrf="acme-connect", vpc_id=vpc.id, prefixes=["192.168.0.0/16"])
    table = cloud.create(
        "route_table",
        vpc_id=vpc.id,
        routes=routes(("172.16.0.0/12", interface.id)),
        propagating_gateway_ids=[private.id],
    )
    cloud.delete(interface.id)
    assert [(r.destination, r.target, r.origin, r.state) for r in effective.shown(table, view).routes] == [
        ("10.0.0.0/16", "local", "local", "active"),
        ("172.16.0.0/12", interface.id, "static", "blackhole"),
        ("192.168.0.0/16", private.id, "propagated", "active"),
    ]


def test_transit_tables_learn_and_have_static_routes() -> None:
    cloud, view, vpc, subnet = stand()
    router = cloud.create("transit_router")
    own = cloud.create("transit_router_attachment", transit_router_id=router.id, vpc_id=vpc.id, subnet_ids=[subnet.id])
    gateway = cloud.create("private_gateway", vrf="acme-connect", prefixes=["192.168.0.0/16"])
    outside = cloud.create("transit_router_attachment", transit_router_id=router.id, private_gateway_id=gateway.id)
    table = cloud.update(
        router.default_route_table_id,
        routes=[
            {"destination": "192.168.7.0/24"},
            {"destination": "0.0.0.0/0", "attachment_id": outside.id},
            {"destination": "10.0.0.0/16", "attachment_id": outside.id},
        ],
    )

    def to(destination: str) -> tuple[str, str, str] | None:
        route = effective.choose(destination, effective.transit_routes(table, view))
        return None if route is None else (route.target, route.origin, route.state)

    assert to("192.168.1.1") == (outside.id, "propagated", "active")
    assert to("192.168.7.1") == ("", "static", "blackhole")
    assert to("10.0.1.1") == (outside.id, "static", "active")
    table = cloud.update(table.id, routes=[{"destination": "0.0.0.0/0", "attachment_id": outside.id}])
    assert to("10.0.1.1") == (own.id, "propagated", "active")
    cloud.delete(outside.id)
    assert to("203.0.113.1") == (outside.id, "static", "blackhole")


def test_the_rules_of_an_interface_with_what_their_peers_stand_for() -> None:
    cloud, view, vpc, subnet = stand()
    group = cloud.create("security_group", vpc_id=vpc.id)
    prefixes = cloud.create("prefix_list", entries=[{"cidr": "198.51.100.0/24"}])
    made = [
        cloud.create("security_group_rule", security_group_id=group.id, direction="ingress", peer=peer)
        for peer in (vpc.default_security_group_id, prefixes.id, "192.0.2.0/24")
    ]
    member = cloud.create("network_interface", subnet_id=subnet.id)
    interface = cloud.create("network_interface", subnet_id=subnet.id, security_group_ids=[group.id])
    assert [(r.rule.id, r.peers) for r in effective.rules(interface, "ingress", view)] == [
        (made[0].id, (f"{member.private_addresses[0]}/32",)),
        (made[1].id, ("198.51.100.0/24",)),
        (made[2].id, ("192.0.2.0/24",)),
    ]
