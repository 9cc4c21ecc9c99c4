"""Subnets: inside their VPC, beside each other, in a zone."""

from __future__ import annotations

from typing import Any

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
        (
            {"cidr_block": "10.0.2.0/24", "domain_name_servers": ["dns"]},
            422,
            "address.malformed",
            "/domain_name_servers/0",
        ),
        ({"cidr_block": "10.0.2.0/24", "route_table_id": "rtb-0"}, 404, "route-table.not-found", "/route_table_id"),
        ({"cidr_block": "10.0.2.0/24", "network_acl_id": "acl-0"}, 404, "network-acl.not-found", "/network_acl_id"),
    ],
)
def test_subnets_that_are_refused(body: dict[str, Any], status: int, code: str, field: str) -> None:
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
    assert refused(error) == (404, "vpc.not-found", "/vpc_id")


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


def test_other_name_servers_of_a_subnet_cut_nothing_and_are_told() -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    change = cloud.plan_update(subnet.id, domain_name_servers=["192.0.2.53", "2001:db8:0::53"])
    assert change.put[0].domain_name_servers == ("192.0.2.53", "2001:db8::53")
    [effect] = change.effects
    assert (effect.cuts, effect.resource_id) == (False, subnet.id)
    assert "next lease" in effect.message
    assert not cloud.plan_update(subnet.id, domain_name_servers=[]).effects


def test_an_interface_keeps_its_subnet() -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    with pytest.raises(Refused) as error:
        cloud.delete(subnet.id)
    assert [use.id for use in error.value.uses] == [interface.id]


def test_a_block_is_set_or_taken_away_where_nothing_has_an_address_of_it() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud, ipv6_cidr_blocks=["fd00::/56"])
    cloud.update(subnet.id, ipv6_cidr_block="fd00::/64")
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    for patch, code in (
        ({"ipv6_cidr_block": "fd00:0:0:1::/64"}, "subnet.cidr-stays"),
        ({"ipv6_cidr_block": ""}, "subnet.cidr-in-use"),
        ({"cidr_block": ""}, "subnet.cidr-in-use"),
    ):
        with pytest.raises(Refused) as error:
            cloud.update(subnet.id, **patch)
        assert refused(error) == (409, code, f"/{next(iter(patch))}")
    cloud.update(interface.id, ipv6_addresses=[])
    assert cloud.update(subnet.id, ipv6_cidr_block="").ipv6_cidr_block == ""
    cloud.delete(interface.id)
    with pytest.raises(Refused) as error:
        cloud.update(subnet.id, cidr_block="")
    assert refused(error)[1] == "subnet.no-cidr"
    other = cloud.create("subnet", vpc_id=vpc.id, ipv6_cidr_block="fd00::/64")
    with pytest.raises(Refused) as error:
        cloud.update(other.id, cidr_block="10.0.1.0/28")
    assert refused(error) == (409, "subnet.overlap", "/cidr_block")


def test_the_source_of_a_subnet_is_in_use() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    ip = cloud.create("elastic_ip")
    cloud.update(subnet.id, egress_elastic_ip_id=ip.id)
    second = {"vpc_id": vpc.id, "cidr_block": "10.0.2.0/24"}
    with pytest.raises(Refused) as error:
        cloud.create("subnet", **second, egress_elastic_ip_id=ip.id)
    assert refused(error) == (409, "elastic-ip.in-use", "/egress_elastic_ip_id")
    with pytest.raises(Refused) as error:
        cloud.delete(ip.id)
    assert [use.id for use in error.value.uses] == [subnet.id]
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    cloud.create("internet_gateway", vpc_id=vpc.id)
    with pytest.raises(Refused) as error:
        cloud.update(ip.id, network_interface_id=interface.id)
    assert refused(error)[1] == "elastic-ip.in-use"
    assert [e.cuts for e in cloud.plan_update(subnet.id, egress_elastic_ip_id="").effects] == [True]
    cloud.update(subnet.id, egress_elastic_ip_id="")
    cloud.delete(ip.id)
