"""Route tables: which destinations lead to which targets."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, network, public, refused
from crossconnect.cloud.resource import Refused


def route(destination: str, target: str) -> dict[str, str]:
    return {"destination": destination, "target": target}


def stand() -> tuple[Cloud, dict[str, Any]]:
    """A VPC with everything that routes lead to."""
    cloud = Cloud()
    vpc, subnet = network(cloud, ipv6_cidr_blocks=["fd00::/56"])
    other, _ = network(cloud, "10.1.0.0/16", ipv6_cidr_blocks=["fd00:1::/56"])
    gateway = public(cloud, vpc)
    elastic_ip = cloud.create("elastic_ip")
    router = cloud.create("transit_router")
    cloud.create("transit_router_attachment", transit_router_id=router.id, vpc_id=vpc.id, subnet_ids=[subnet.id])
    return cloud, {
        "vpc": vpc,
        "subnet": subnet,
        "igw": gateway,
        "eigw": cloud.create("egress_only_internet_gateway", vpc_id=vpc.id),
        "nat": cloud.create("nat_gateway", subnet_id=subnet.id, elastic_ip_id=elastic_ip.id),
        "eni": cloud.create("network_interface", subnet_id=subnet.id),
        "pcx": cloud.create("vpc_peering", vpc_id=vpc.id, peer_vpc_id=other.id),
        "tr": router,
        "pgw": cloud.create("private_gateway", vrf="acme-connect", vpc_id=vpc.id, prefixes=["192.168.0.0/16"]),
        "other_igw": public(cloud, other),
        "other": other,
    }


def test_all_targets() -> None:
    cloud, of = stand()
    routes = [
        route("0.0.0.0/0", of["igw"].id),
        route("::/0", of["eigw"].id),
        route("198.51.100.0/24", of["nat"].id),
        route("10.9.0.0/16", of["eni"].id),
        route("10.1.0.0/16", of["pcx"].id),
        route("10.2.0.0/15", of["tr"].id),
        route("192.168.0.0/16", of["pgw"].id),
        route("10.0.1.0/24", of["eni"].id),
    ]
    table = cloud.create("route_table", vpc_id=of["vpc"].id, routes=routes)
    assert [(r.destination, r.target) for r in table.routes] == [(r["destination"], r["target"]) for r in routes]


@pytest.mark.parametrize(
    ("destination", "target", "status", "code", "field"),
    [
        ("0.0.0.0/0", "other_igw", 422, "route.target", "target"),
        ("0.0.0.0/0", "igw-00000000000000000", 422, "route.target", "target"),
        ("0.0.0.0/0", "vpc", 422, "route.target-kind", "target"),
        ("0.0.0.0/0", "local", 422, "route.target-kind", "target"),
        ("0.0.0.0/0", "eigw", 422, "route.target-version", "target"),
        ("::/0", "nat", 422, "route.target-version", "target"),
        ("10.0.0.0/16", "eni", 409, "route.local", "destination"),
        ("10.0.1.0/24", "igw", 422, "route.inside-local", "target"),
        ("10.0.1.0/25", "eni", 422, "route.inside-local", "destination"),
        ("169.254.169.254/32", "eni", 422, "route.destination", "destination"),
        ("224.0.0.0/4", "eni", 422, "route.destination", "destination"),
        ("10.9.9.9/16", "eni", 422, "cidr.host-bits", "destination"),
        ("anywhere", "igw", 422, "cidr.malformed", "destination"),
        ("pl-00000000000000000", "igw", 404, "prefix-list.not-found", "destination"),
    ],
)
def test_routes_that_are_refused(destination: str, target: str, status: int, code: str, field: str) -> None:
    cloud, of = stand()
    id = of[target].id if target in of else target
    with pytest.raises(Refused) as error:
        cloud.create("route_table", vpc_id=of["vpc"].id, routes=[route(destination, id)])
    assert refused(error) == (status, code, f"/routes/0/{field}")


def test_a_destination_twice_is_refused() -> None:
    cloud, of = stand()
    routes = [route("0.0.0.0/0", of["igw"].id), route("0.0.0.0/0", of["nat"].id)]
    with pytest.raises(Refused) as error:
        cloud.create("route_table", vpc_id=of["vpc"].id, routes=routes)
    assert refused(error) == (422, "route.duplicate", "/routes/1/destination")


def test_a_peering_that_nobody_has_accepted_is_no_target() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    peer, _ = network(cloud, "10.1.0.0/16", project="beta")
    peering = cloud.create("vpc_peering", vpc_id=vpc.id, peer_vpc_id=peer.id, peer_project_id="beta")
    with pytest.raises(Refused) as error:
        cloud.create("route_table", vpc_id=vpc.id, routes=[route("10.1.0.0/16", peering.id)])
    assert refused(error) == (422, "route.target", "/routes/0/target")
    cloud.update(peering.id, project="beta", status="active")
    cloud.create("route_table", vpc_id=vpc.id, routes=[route("10.1.0.0/16", peering.id)])
    back = [route("10.0.0.0/16", peering.id)]
    cloud.create("route_table", project="beta", vpc_id=peer.id, routes=back)


def test_a_route_whose_target_is_gone_stays_until_it_is_taken_away() -> None:
    cloud, of = stand()
    interface = cloud.create("network_interface", subnet_id=of["subnet"].id)
    kept = route("10.9.0.0/16", interface.id)
    table = cloud.create("route_table", vpc_id=of["vpc"].id, routes=[kept])
    change = cloud.delete(interface.id)
    assert [(e.cuts, e.resource_id) for e in change.effects] == [(True, interface.id), (True, table.id)]
    table = cloud.update(table.id, routes=[kept, route("0.0.0.0/0", of["igw"].id)])
    assert [r.target for r in table.routes] == [interface.id, of["igw"].id]
    with pytest.raises(Refused) as error:
        cloud.update(table.id, routes=[route("10.10.0.0/16", interface.id)])
    assert refused(error)[1] == "route.target"


def test_routes_that_go_or_move_cut_where_a_subnet_uses_the_table() -> None:
    cloud, of = stand()
    routes = [route("0.0.0.0/0", of["igw"].id), route("10.1.0.0/16", of["pcx"].id)]
    table = cloud.create("route_table", vpc_id=of["vpc"].id, routes=routes, propagating_gateway_ids=[of["pgw"].id])
    assert not cloud.plan_update(table.id, routes=[], propagating_gateway_ids=[]).effects
    cloud.update(of["subnet"].id, route_table_id=table.id)
    moved = cloud.plan_update(table.id, routes=[route("0.0.0.0/0", of["nat"].id)], propagating_gateway_ids=[])
    assert [e.cuts for e in moved.effects] == [True, True, True]
    assert not cloud.plan_update(table.id, routes=[*routes, route("2001:db8::/32", of["eni"].id)]).effects


def test_a_longer_route_takes_flows_from_a_wider_one() -> None:
    cloud, of = stand()
    everything, peer = route("0.0.0.0/0", of["igw"].id), route("10.1.0.0/16", of["pcx"].id)
    table = cloud.create("route_table", vpc_id=of["vpc"].id, routes=[everything, peer])
    longer = [everything, peer, route("10.9.0.0/16", of["eni"].id), route("10.1.7.0/24", of["eni"].id)]
    assert not cloud.plan_update(table.id, routes=longer).effects
    cloud.update(of["subnet"].id, route_table_id=table.id)
    igw, pcx, eni = of["igw"].id, of["pcx"].id, of["eni"].id
    assert {(e.cuts, e.message) for e in cloud.plan_update(table.id, routes=longer).effects} == {
        (True, f"10.9.0.0/16 led to {igw} by a wider route, and will lead to {eni}"),
        (True, f"10.1.7.0/24 led to {pcx} by a wider route, and will lead to {eni}"),
    }
    same = [everything, peer, route("10.1.7.0/24", of["pcx"].id)]
    assert not cloud.plan_update(table.id, routes=same).effects


def test_propagation_is_of_the_vpcs_own_gateway() -> None:
    cloud, of = stand()
    for id, code in (("pgw-00000000000000000", "private-gateway.not-found"), (of["pgw"].id, "route.target")):
        with pytest.raises(Refused) as error:
            cloud.create("route_table", vpc_id=of["other"].id, propagating_gateway_ids=[id])
        assert refused(error) == (404 if code.endswith(".not-found") else 422, code, "/propagating_gateway_ids/0")


def test_a_table_that_is_used_or_main_stays() -> None:
    cloud, of = stand()
    table = cloud.create("route_table", vpc_id=of["vpc"].id)
    cloud.update(of["subnet"].id, route_table_id=table.id)
    with pytest.raises(Refused) as error:
        cloud.delete(table.id)
    assert [use.id for use in error.value.uses] == [of["subnet"].id]
    with pytest.raises(Refused) as error:
        cloud.delete(of["vpc"].main_route_table_id)
    assert refused(error)[:2] == (409, "route-table.main")


def test_routes_and_tables_have_limits() -> None:
    cloud = Cloud(quotas={"routes_per_route_table": 1, "route_tables_per_vpc": 2})
    vpc, subnet = network(cloud)
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    with pytest.raises(Refused) as error:
        cloud.create("route_table", vpc_id=vpc.id, routes=[route(f"10.{n}.0.0/16", interface.id) for n in (8, 9)])
    assert refused(error) == (409, "limit.exceeded", "/routes")
    cloud.create("route_table", vpc_id=vpc.id)
    with pytest.raises(Refused) as error:
        cloud.create("route_table", vpc_id=vpc.id)
    assert refused(error) == (409, "limit.exceeded", "/vpc_id")
