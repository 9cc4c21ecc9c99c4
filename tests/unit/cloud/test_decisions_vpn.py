"""Customer gateways and VPN connections: what is refused, what route tables learn, what a change cuts."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, View, network, public, refused
from cloud_private import ends, joined, said, transit
from crossconnect.cloud import effective
from crossconnect.cloud.resource import Refused

SITE = "192.168.0.0/16"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("here", "address.malformed"),
        ("127.0.0.1", "customer-gateway.address"),
        ("224.0.0.5", "customer-gateway.address"),
        ("100.64.0.9", "customer-gateway.address"),
        ("fe80::1", "customer-gateway.address"),
    ],
)
def test_customer_gateways_that_are_refused(address: str, code: str) -> None:
    with pytest.raises(Refused) as error:
        Cloud().create("customer_gateway", address=address)
    assert refused(error) == (422, code, "/address")


def test_a_customer_gateways_address_is_canonical() -> None:
    assert Cloud().create("customer_gateway", address="2001:DB8:0::9").address == "2001:db8::9"


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"private_gateway_id": "pgw-0"}, 404, "private-gateway.not-found", "/private_gateway_id"),
        ({"customer_gateway_id": "cgw-0"}, 404, "customer-gateway.not-found", "/customer_gateway_id"),
        ({"prefixes": []}, 422, "vpn-connection.no-prefix", "/prefixes"),
        ({"prefixes": ["192.168.0.1/16"]}, 422, "cidr.host-bits", "/prefixes/0"),
        ({"prefixes": [SITE, SITE]}, 422, "private-gateway.prefix-twice", "/prefixes/1"),
        ({"prefixes": ["10.0.0.0/8", "192.168.7.0/24"]}, 409, "vpn-connection.overlap", "/prefixes/1"),
    ],
)
def test_connections_that_are_refused(body: dict[str, Any], status: int, code: str, field: str) -> None:
    cloud = Cloud()
    gateway, customer = ends(cloud)
    joined(cloud, gateway, customer, SITE)
    other = cloud.create("private_gateway", vrf="acme-connect")
    said = {"private_gateway_id": other.id, "customer_gateway_id": customer.id, "prefixes": ["172.16.0.0/12"]}
    with pytest.raises(Refused) as error:
        cloud.create("vpn_connection", **(said | body))
    assert refused(error) == (status, code, field)


def test_gateways_of_other_projects_do_not_exist() -> None:
    cloud = Cloud()
    gateway, customer = ends(cloud)
    own = cloud.create("customer_gateway", project="beta", address="198.51.100.9")
    for ours, theirs in ((gateway, customer), (gateway, own)):
        with pytest.raises(Refused) as error:
            cloud.create(
                "vpn_connection",
                project="beta",
                private_gateway_id=ours.id,
                customer_gateway_id=theirs.id,
                prefixes=[SITE],
            )
        assert refused(error) == (404, "private-gateway.not-found", "/private_gateway_id")


def test_other_vrfs_may_have_the_same_prefixes() -> None:
    cloud = Cloud(vrfs=("acme-connect", "acme-vpn"))
    for vrf in ("acme-connect", "acme-vpn"):
        joined(cloud, *ends(cloud, vrf=vrf), SITE)


def test_a_prefix_may_be_reached_by_private_connect_as_well() -> None:
    """Input: a prefix that the gateway has itself and behind a VPN connection. Output: it is learnt once, and goes with
    the last of them only."""
    cloud = Cloud()
    vpc, _ = network(cloud)
    gateway, customer = ends(cloud, vpc_id=vpc.id, prefixes=[SITE])
    cloud.update(vpc.main_route_table_id, propagating_gateway_ids=[gateway.id])
    joined(cloud, gateway, customer, SITE, "172.16.0.0/12")
    assert learnt(cloud, vpc) == [("172.16.0.0/12", gateway.id), (SITE, gateway.id)]
    assert not cloud.plan_update(gateway.id, prefixes=[]).effects
    cloud.update(gateway.id, prefixes=[])
    assert (SITE, gateway.id) in learnt(cloud, vpc)


def learnt(cloud: Cloud, vpc: Any) -> list[tuple[str, str]]:
    table = cloud.get(vpc.main_route_table_id)
    found = effective.table_routes(table, View(cloud, "alpha"))
    return sorted((route.destination, route.target) for route in found if route.origin == "propagated")


def test_what_is_behind_it_is_learnt_and_a_change_tells_what_it_cuts() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    internet = public(cloud, vpc)
    gateway, customer = ends(cloud, vpc_id=vpc.id)
    assert not cloud.plan("vpn_connection", **said(gateway, customer, SITE)).effects, "nobody learns it"
    table = cloud.update(vpc.main_route_table_id, propagating_gateway_ids=[gateway.id])
    [effect] = cloud.plan("vpn_connection", **said(gateway, customer, SITE)).effects
    assert (effect.cuts, effect.resource_id) == (True, table.id)
    assert effect.message == f"{SITE} led to {internet.id} by a wider route, and will lead to {gateway.id}"
    connection = joined(cloud, gateway, customer, SITE)
    assert learnt(cloud, vpc) == [(SITE, gateway.id)]
    gone, new = cloud.plan_update(connection.id, prefixes=["172.16.0.0/12"]).effects
    assert (SITE in gone.message, gone.cuts, new.resource_id) == (True, True, table.id)
    anew, new = cloud.plan_update(connection.id, prefixes=[SITE, "172.16.0.0/12"]).effects
    assert ("made again" in anew.message, anew.cuts, new.resource_id) == (True, True, table.id)
    assert not cloud.plan_update(connection.id, prefixes=[SITE]).effects
    other = cloud.create("customer_gateway", address="198.51.100.10")
    [effect] = cloud.plan_update(connection.id, customer_gateway_id=other.id).effects
    assert effect.cuts
    assert "198.51.100.10" in effect.message
    [effect] = cloud.plan_delete(connection.id).effects
    assert (effect.cuts, SITE in effect.message) == (True, True)
    for id in (gateway.id, customer.id):
        if id == gateway.id:
            cloud.update(table.id, propagating_gateway_ids=[])
            cloud.update(id, vpc_id="")
        with pytest.raises(Refused) as error:
            cloud.delete(id)
        assert refused(error)[1].endswith(".in-use")
    assert not cloud.plan_delete(connection.id).effects
    for id in (connection.id, gateway.id, customer.id):
        cloud.delete(id)


def test_a_transit_router_learns_it() -> None:
    cloud = Cloud()
    through = transit(cloud)
    gateway, customer = ends(cloud)
    of_it = through.attach(gateway)
    [effect] = cloud.plan("vpn_connection", **said(gateway, customer, SITE)).effects
    assert effect.message == f"{SITE} led to {through.of_vpc.id} by a wider route, and will lead to {of_it.id}"
    connection = joined(cloud, gateway, customer, SITE)
    routes = effective.transit_routes(cloud.get(through.table), View(cloud, "alpha"))
    assert (SITE, of_it.id) in [(route.destination, route.target) for route in routes]
    assert [effect.cuts for effect in cloud.plan_delete(connection.id).effects] == [True]
