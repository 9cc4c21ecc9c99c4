"""Elastic IPs: allocation, association, moving, release."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, network, public, refused
from crossconnect.cloud.resource import Refused


def stand(**context: Any) -> tuple[Cloud, Any, Any]:
    cloud = Cloud(**context)
    vpc, subnet = network(cloud)
    public(cloud, vpc)
    first, second = (cloud.create("network_interface", subnet_id=subnet.id) for _ in range(2))
    return cloud, first, second


def test_addresses_come_from_the_pools_in_turn() -> None:
    cloud = Cloud(public_prefixes=("203.0.113.0/30", "198.51.100.7/32"))
    got = [cloud.create("elastic_ip", project=p).address for p in ("alpha", "beta", "alpha")]
    assert got == ["203.0.113.1", "203.0.113.2", "198.51.100.7"]
    with pytest.raises(Refused) as error:
        cloud.create("elastic_ip")
    assert refused(error) == (409, "elastic-ip.exhausted", "/address")


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("203.0.113.0", 422, "elastic-ip.no-pool"),
        ("203.0.113.255", 422, "elastic-ip.no-pool"),
        ("192.0.2.1", 422, "elastic-ip.no-pool"),
        ("203.0.113.9/32", 422, "elastic-ip.no-pool"),
        ("2001:db8::1", 422, "elastic-ip.no-pool"),
        ("here", 422, "address.malformed"),
        ("203.0.113.7", 409, "address.in-use"),
    ],
)
def test_addresses_that_are_refused(address: str, status: int, code: str) -> None:
    cloud = Cloud()
    cloud.create("elastic_ip", project="beta", address="203.0.113.7")
    with pytest.raises(Refused) as error:
        cloud.create("elastic_ip", address=address)
    assert refused(error) == (status, code, "/address")


def test_it_moves_from_interface_to_interface() -> None:
    cloud, first, second = stand()
    ip = cloud.create("elastic_ip", network_interface_id=first.id)
    assert (ip.private_address, ip.vpc_id) == ("10.0.1.4", first.vpc_id)
    change = cloud.plan_update(ip.id, network_interface_id=second.id)
    assert [(e.cuts, e.resource_id) for e in change.effects] == [(True, first.id)]
    assert (change.put[0].network_interface_id, change.put[0].private_address) == (second.id, "10.0.1.5")
    assert not cloud.plan_update(ip.id, network_interface_id=first.id).effects


def test_what_stood_for_the_address_before_leads_nowhere_then() -> None:
    cloud, first, _ = stand()
    old = cloud.create("elastic_ip", network_interface_id=first.id)
    new = cloud.create("elastic_ip")
    change = cloud.plan_update(new.id, network_interface_id=first.id)
    assert [(e.cuts, e.resource_id) for e in change.effects] == [(True, old.id)]
    cloud.apply(change)
    assert not cloud.get(old.id).network_interface_id
    assert cloud.get(new.id).network_interface_id == first.id


def test_refused_associations() -> None:
    cloud, first, _ = stand()
    lonely_vpc, lonely = network(cloud)
    inside = cloud.create("network_interface", subnet_id=lonely.id)
    ip = cloud.create("elastic_ip")
    cases: list[tuple[dict[str, str], int, str, str]] = [
        ({"network_interface_id": "eni-0"}, 404, "network-interface.not-found", "/network_interface_id"),
        ({"network_interface_id": inside.id}, 409, "internet-gateway.none", "/network_interface_id"),
        (
            {"network_interface_id": first.id, "private_address": "10.0.1.99"},
            422,
            "elastic-ip.private-address",
            "/private_address",
        ),
        ({"private_address": "10.0.1.4"}, 422, "elastic-ip.private-address", "/private_address"),
    ]
    for patch, status, code, field in cases:
        with pytest.raises(Refused) as error:
            cloud.update(ip.id, **patch)
        assert refused(error) == (status, code, field)
    assert lonely_vpc.id == inside.vpc_id


def test_one_that_is_associated_is_not_released() -> None:
    cloud, first, _ = stand()
    ip = cloud.create("elastic_ip", network_interface_id=first.id)
    with pytest.raises(Refused) as error:
        cloud.delete(ip.id)
    assert refused(error)[:2] == (409, "elastic-ip.associated")
    cloud.update(ip.id, network_interface_id="")
    cloud.delete(ip.id)
    assert cloud.create("elastic_ip").address == ip.address


def test_a_nat_gateways_is_not_an_interfaces() -> None:
    cloud, first, _ = stand()
    ip = cloud.create("elastic_ip")
    nat = cloud.create("nat_gateway", subnet_id=first.subnet_id, elastic_ip_id=ip.id)
    with pytest.raises(Refused) as error:
        cloud.update(ip.id, network_interface_id=first.id)
    assert refused(error) == (409, "elastic-ip.in-use", "/network_interface_id")
    with pytest.raises(Refused) as error:
        cloud.delete(ip.id)
    assert [use.id for use in error.value.uses] == [nat.id]


def test_an_interface_without_ipv4_has_none() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud, ipv6_cidr_blocks=["fd00::/56"])
    public(cloud, vpc)
    subnet = cloud.create("subnet", vpc_id=vpc.id, ipv6_cidr_block="fd00::/64")
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    with pytest.raises(Refused) as error:
        cloud.create("elastic_ip", network_interface_id=interface.id)
    assert refused(error) == (422, "elastic-ip.no-ipv4", "/network_interface_id")


def test_an_interfaces_is_not_a_nat_gateways() -> None:
    cloud, first, _ = stand()
    ip = cloud.create("elastic_ip", network_interface_id=first.id)
    with pytest.raises(Refused) as error:
        cloud.create("nat_gateway", subnet_id=first.subnet_id, elastic_ip_id=ip.id)
    assert refused(error) == (409, "elastic-ip.in-use", "/elastic_ip_id")
    vpc, _ = network(cloud, ipv6_cidr_blocks=["fd00::/56"])
    free = cloud.create("elastic_ip")
    with pytest.raises(Refused) as error:
        cloud.create("subnet", vpc_id=vpc.id, ipv6_cidr_block="fd00::/64", egress_elastic_ip_id=free.id)
    assert refused(error) == (422, "address.no-block", "/egress_elastic_ip_id")
