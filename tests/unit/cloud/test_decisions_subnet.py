"""Subnets: inside their VPC, beside each other, in a zone."""

from __future__ import annotations

import pytest

from cloud_memory import Cloud, network, refused
from crossconnect.cloud.resource import Refused


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 422, "subnet.no-cidr", "/cidr_block"),
        ({"cidr_block": "10.0.0.0/8"}, 422, "cidr.length", "/cidr_block"),
        ({"cidr_block": "10.0.0.0/31"}, 422, "cidr.length", "/cidr_block"),
        ({"cidr_block": "10.1.0.0/24"}, 422, "subnet.outside-vpc", "/cidr_block"),
        ({"cidr_block": "10.0.1.128/25"}, 409, "subnet.overlap", "/cidr_block"),
        ({"cidr_block": "10.0.0.0/20"}, 409, "subnet.overlap", "/cidr_block"),
        ({"ipv6_cidr_block": "fd00::/64"}, 422, "subnet.outside-vpc", "/ipv6_cidr_block"),
        ({"ipv6_cidr_block": "fd00::/80"}, 422, "cidr.length", "/ipv6_cidr_block"),
        ({"cidr_block": "10.0.2.0/24", "availability_zone": "north"}, 422, "subnet.zone-unknown", "/availability_zone"),
        ({"cidr_block": "10.0.2.0/24", "route_table_id": "rtb-0"}, 422, "route-table.not-found", "/route_table_id"),
        ({"cidr_block": "10.0.2.0/24", "network_acl_id": "acl-0"}, 422, "network-acl.not-found", "/network_acl_id"),
    ],
)
def test_subnets_that_are_refused(body: dict[str, str], status: int, code: str, field: str) -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    with pytest.raises(Refused) as error:
        cloud.create("subnet", vpc_id=vpc.id, **body)
    assert refused(error) == (status, code, field)


def test_a_vpc_of_another_project_does_not_exist() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    with pytest.raises(Refused) as error:
        cloud.create("subnet", project="beta", vpc_id=vpc.id, cidr_block="10.0.2.0/24")
    assert refused(error) == (422, "vpc.not-found", "/vpc_id")


def test_the_first_zone_is_the_default() -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    assert subnet.availability_zone == "east"


def test_tables_and_acls_are_of_the_same_vpc() -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    other, _ = network(cloud)
    for field, id in (("route_table_id", other.main_route_table_id), ("network_acl_id", other.default_network_acl_id)):
        with pytest.raises(Refused) as error:
            cloud.update(subnet.id, **{field: id})
        assert refused(error) == (422, "subnet.other-vpc", f"/{field}")


def test_another_table_or_acl_cuts_flows_of_a_subnet_with_interfaces_only() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    table = cloud.create("route_table", vpc_id=vpc.id)
    acl = cloud.create("network_acl", vpc_id=vpc.id)
    assert not cloud.plan_update(subnet.id, route_table_id=table.id, network_acl_id=acl.id).effects
    cloud.create("network_interface", subnet_id=subnet.id)
    change = cloud.plan_update(subnet.id, route_table_id=table.id, network_acl_id=acl.id)
    assert [effect.cuts for effect in change.effects] == [True, True]
    assert not cloud.plan_update(subnet.id, route_table_id="").effects


def test_the_number_of_subnets_has_a_limit() -> None:
    cloud = Cloud(quotas={"subnets_per_vpc": 1})
    vpc, _ = network(cloud)
    with pytest.raises(Refused) as error:
        cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.2.0/24")
    assert refused(error) == (409, "limit.exceeded", "/vpc_id")


def test_an_interface_keeps_its_subnet() -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    with pytest.raises(Refused) as error:
        cloud.delete(subnet.id)
    assert [use.id for use in error.value.uses] == [interface.id]
