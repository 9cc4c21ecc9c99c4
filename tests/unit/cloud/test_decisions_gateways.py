"""Internet gateways, egress-only ones, NAT gateways."""

from __future__ import annotations

import pytest

from cloud_memory import Cloud, network, public, refused
from crossconnect.cloud.resource import Refused


def test_a_vpc_has_one_internet_gateway() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    gateway = cloud.create("internet_gateway", vpc_id=vpc.id)
    with pytest.raises(Refused) as error:
        cloud.create("internet_gateway", vpc_id=vpc.id)
    assert refused(error) == (409, "internet-gateway.second", "/vpc_id")
    spare = cloud.create("internet_gateway")
    with pytest.raises(Refused) as error:
        cloud.update(spare.id, vpc_id=vpc.id)
    assert refused(error) == (409, "internet-gateway.second", "/vpc_id")
    cloud.update(gateway.id, vpc_id="")
    assert cloud.update(spare.id, vpc_id=vpc.id).vpc_id == vpc.id


def test_it_is_detached_before_it_moves_or_goes() -> None:
    cloud = Cloud()
    one, _ = network(cloud)
    two, _ = network(cloud)
    gateway = cloud.create("internet_gateway", vpc_id=one.id)
    with pytest.raises(Refused) as error:
        cloud.update(gateway.id, vpc_id=two.id)
    assert refused(error) == (409, "internet-gateway.attached", "/vpc_id")
    with pytest.raises(Refused) as error:
        cloud.delete(gateway.id)
    assert refused(error)[:2] == (409, "internet-gateway.attached")
    cloud.update(gateway.id, vpc_id="")
    cloud.delete(gateway.id)


def test_it_is_not_detached_while_public_addresses_are_in_use() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    gateway = public(cloud, vpc)
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    ip = cloud.create("elastic_ip", network_interface_id=interface.id)
    nat = cloud.create("nat_gateway", subnet_id=subnet.id, elastic_ip_id=cloud.create("elastic_ip").id)
    balancer = cloud.create(
        "load_balancer",
        subnet_ids=[subnet.id],
        scheme="internet-facing",
        elastic_ip_id=cloud.create("elastic_ip").id,
    )
    with pytest.raises(Refused) as error:
        cloud.update(gateway.id, vpc_id="")
    assert refused(error) == (409, "internet-gateway.addresses-in-use", "/vpc_id")
    assert [use.id for use in error.value.uses] == [ip.id, nat.id, balancer.id]
    for id in (nat.id, balancer.id):
        cloud.delete(id)
    cloud.update(ip.id, network_interface_id="")
    change = cloud.plan_update(gateway.id, vpc_id="")
    assert [(e.cuts, e.resource_id) for e in change.effects] == [(True, vpc.main_route_table_id)]


def test_an_egress_only_gateway_is_for_ipv6() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    with pytest.raises(Refused) as error:
        cloud.create("egress_only_internet_gateway", vpc_id=vpc.id)
    assert refused(error) == (409, "egress-only-internet-gateway.no-ipv6", "/vpc_id")
    cloud.update(vpc.id, ipv6_cidr_blocks=["public"])
    gateway = cloud.create("egress_only_internet_gateway", vpc_id=vpc.id)
    cloud.update(vpc.main_route_table_id, routes=[{"destination": "::/0", "target": gateway.id}])
    assert [e.resource_id for e in cloud.delete(gateway.id).effects] == [vpc.main_route_table_id]


def test_a_nat_gateway_needs_an_elastic_ip_and_a_way_to_the_internet() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    ip = cloud.create("elastic_ip")
    body = {"subnet_id": subnet.id, "elastic_ip_id": ip.id}

    def code(**changed: str) -> tuple[int, str, str]:
        with pytest.raises(Refused) as error:
            cloud.create("nat_gateway", **(body | changed))
        return refused(error)

    assert code(elastic_ip_id="") == (422, "nat-gateway.no-elastic-ip", "/elastic_ip_id")
    assert code(elastic_ip_id="eip-0") == (404, "elastic-ip.not-found", "/elastic_ip_id")
    assert code(subnet_id="subnet-0") == (404, "subnet.not-found", "/subnet_id")
    assert code(connectivity="private") == (422, "nat-gateway.private", "/elastic_ip_id")
    assert code() == (409, "internet-gateway.none", "/subnet_id")
    gateway = cloud.create("internet_gateway", vpc_id=vpc.id)
    assert code() == (409, "nat-gateway.subnet-not-public", "/subnet_id")
    cloud.update(vpc.main_route_table_id, routes=[{"destination": "0.0.0.0/0", "target": gateway.id}])
    nat = cloud.create("nat_gateway", **body)
    assert (nat.private_address, nat.vpc_id) == ("10.0.1.4", vpc.id)
    assert code() == (409, "elastic-ip.in-use", "/elastic_ip_id")
    assert code(elastic_ip_id=cloud.create("elastic_ip").id, private_address="10.0.1.4") == (
        409,
        "address.in-use",
        "/private_address",
    )


def test_a_private_nat_gateway_needs_neither() -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    nat = cloud.create("nat_gateway", subnet_id=subnet.id, connectivity="private", private_address="10.0.1.9")
    assert (nat.private_address, nat.elastic_ip_id) == ("10.0.1.9", "")


def test_nat_gateways_have_a_limit_per_zone() -> None:
    cloud = Cloud(quotas={"nat_gateways_per_zone": 1})
    vpc, subnet = network(cloud)
    west = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.2.0/24", availability_zone="west")
    cloud.create("nat_gateway", subnet_id=subnet.id, connectivity="private")
    cloud.create("nat_gateway", subnet_id=west.id, connectivity="private")
    with pytest.raises(Refused) as error:
        cloud.create("nat_gateway", subnet_id=subnet.id, connectivity="private")
    assert refused(error) == (409, "limit.exceeded", "/subnet_id")


def test_routes_to_a_nat_gateway_that_goes_become_black_holes() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    nat = cloud.create("nat_gateway", subnet_id=subnet.id, connectivity="private")
    table = cloud.create("route_table", vpc_id=vpc.id, routes=[{"destination": "10.8.0.0/13", "target": nat.id}])
    change = cloud.delete(nat.id)
    assert [(e.cuts, e.resource_id) for e in change.effects] == [(True, table.id)]
    assert cloud.create("network_interface", subnet_id=subnet.id).private_addresses == (nat.private_address,)
