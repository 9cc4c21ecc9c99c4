"""Prefix lists: entries of one IP version, up to 1,000, counted where they are named."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, network, public, refused
from crossconnect.cloud.resource import Refused


def entries(*cidrs: str) -> list[dict[str, str]]:
    return [{"cidr": cidr} for cidr in cidrs]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"max_entries": 0}, "prefix-list.max-entries", "/max_entries"),
        ({"max_entries": 1001}, "prefix-list.max-entries", "/max_entries"),
        (
            {"entries": entries(*(f"10.{n >> 8}.{n & 255}.0/24" for n in range(1001)))},
            "prefix-list.max-entries",
            "/max_entries",
        ),
        (
            {"max_entries": 1, "entries": entries("10.0.0.0/8", "11.0.0.0/8")},
            "prefix-list.entries-too-many",
            "/entries",
        ),
        ({"entries": entries("10.0.0.0/8", "10.0.0.0/8")}, "prefix-list.duplicate", "/entries/1/cidr"),
        ({"entries": entries("2001:db8::/32")}, "cidr.malformed", "/entries/0/cidr"),
        ({"entries": entries("10.0.0.1/8")}, "cidr.host-bits", "/entries/0/cidr"),
        (
            {"entries": [{"cidr": "10.0.0.0/8", "description": "x" * 256}]},
            "description.too-long",
            "/entries/0/description",
        ),
    ],
)
def test_lists_that_are_refused(body: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Refused) as error:
        Cloud().create("prefix_list", **body)
    assert refused(error) == (422, code, field)


def test_entries_are_in_the_order_of_their_blocks() -> None:
    prefixes = Cloud().create("prefix_list", entries=entries("192.0.2.0/24", "10.2.0.0/16", "10.0.0.0/8"))
    assert [e.cidr for e in prefixes.entries] == ["10.0.0.0/8", "10.2.0.0/16", "192.0.2.0/24"]
    assert prefixes.max_entries == 10


def test_a_list_counts_as_its_room_in_route_tables() -> None:
    cloud = Cloud(quotas={"routes_per_route_table": 20})
    vpc, _ = network(cloud)
    gateway = public(cloud, vpc)
    prefixes = cloud.create("prefix_list", max_entries=19)
    table = cloud.create(
        "route_table",
        vpc_id=vpc.id,
        routes=[
            {"destination": "0.0.0.0/0", "target": gateway.id},
            {"destination": prefixes.id, "target": gateway.id},
        ],
    )
    with pytest.raises(Refused) as error:
        cloud.update(prefixes.id, max_entries=20)
    assert refused(error) == (409, "limit.exceeded", "/max_entries")
    with pytest.raises(Refused) as error:
        cloud.delete(prefixes.id)
    assert [use.id for use in error.value.uses] == [table.id]


def test_a_block_that_goes_cuts_where_the_list_is_named() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    prefixes = cloud.create("prefix_list", entries=entries("10.0.0.0/8", "11.0.0.0/8"))
    assert not cloud.plan_update(prefixes.id, entries=entries("10.0.0.0/8")).effects
    cloud.create(
        "security_group_rule",
        security_group_id=vpc.default_security_group_id,
        direction="ingress",
        peer=prefixes.id,
    )
    change = cloud.plan_update(prefixes.id, entries=entries("10.0.0.0/8"))
    assert [e.cuts for e in change.effects] == [True]
    assert vpc.default_security_group_id in change.effects[0].message
    assert not cloud.plan_update(prefixes.id, entries=entries("10.0.0.0/8", "11.0.0.0/8", "12.0.0.0/8")).effects


def test_room_is_not_taken_away_from_entries() -> None:
    cloud = Cloud()
    prefixes = cloud.create("prefix_list", entries=entries("10.0.0.0/8", "11.0.0.0/8"))
    with pytest.raises(Refused) as error:
        cloud.update(prefixes.id, max_entries=1)
    assert refused(error)[1] == "prefix-list.entries-too-many"
    assert cloud.update(prefixes.id, max_entries=1, entries=entries("10.0.0.0/8")).max_entries == 1


def test_entries_more_take_flows_from_wider_routes() -> None:
    """Not only entries less cut: a route table leads what is added to the list's target from then on."""
    cloud = Cloud()
    vpc, subnet = network(cloud)
    gateway = public(cloud, vpc)
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    prefixes = cloud.create("prefix_list", entries=entries("192.0.2.0/24"))
    routes = [{"destination": "0.0.0.0/0", "target": gateway.id}, {"destination": prefixes.id, "target": interface.id}]
    table = cloud.create("route_table", vpc_id=vpc.id, routes=routes)
    more = entries("192.0.2.0/24", *(f"198.51.{n}.0/24" for n in range(100, 106)))
    assert not cloud.plan_update(prefixes.id, entries=more).effects
    cloud.update(subnet.id, route_table_id=table.id)
    [effect] = cloud.plan_update(prefixes.id, entries=more).effects
    assert (effect.cuts, effect.resource_id) == (True, table.id)
    assert effect.message == (
        "198.51.100.0/24, 198.51.101.0/24, 198.51.102.0/24 and 3 others "
        f"led to {gateway.id} by a wider route, and will lead to {interface.id}"
    )
