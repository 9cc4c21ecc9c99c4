"""Network interfaces: addresses, MACs, groups, further sources."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cloud_memory import Cloud, network, public, refused
from crossconnect.cloud.resource import Refused


def test_addresses_begin_at_the_fourth_and_are_used_again() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    first, second = (cloud.create("network_interface", subnet_id=subnet.id) for _ in range(2))
    assert first.private_addresses == ("10.0.1.4",)
    assert second.private_addresses == ("10.0.1.5",)
    assert first.security_group_ids == (vpc.default_security_group_id,)
    cloud.delete(first.id)
    assert cloud.create("network_interface", subnet_id=subnet.id).private_addresses == ("10.0.1.4",)


def test_a_subnet_of_28_has_eleven_addresses() -> None:
    cloud = Cloud()
    vpc = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"])
    subnet = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/28")
    got = [cloud.create("network_interface", subnet_id=subnet.id).private_addresses[0] for _ in range(11)]
    assert got == [f"10.0.0.{n}" for n in range(4, 15)]
    with pytest.raises(Refused) as error:
        cloud.create("network_interface", subnet_id=subnet.id)
    assert refused(error)[:2] == (409, "address.exhausted")


def test_both_ip_versions() -> None:
    cloud = Cloud()
    vpc = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["fd00::/56"])
    both = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24", ipv6_cidr_block="fd00::/64")
    only6 = cloud.create("subnet", vpc_id=vpc.id, ipv6_cidr_block="fd00:0:0:1::/64")
    one = cloud.create("network_interface", subnet_id=both.id)
    assert (one.private_addresses, one.ipv6_addresses) == (("10.0.0.4",), ("fd00::4",))
    two = cloud.create("network_interface", subnet_id=only6.id)
    assert (two.private_addresses, two.ipv6_addresses) == ((), ("fd00:0:0:1::4",))
    with pytest.raises(Refused) as error:
        cloud.update(two.id, ipv6_addresses=[])
    assert refused(error)[1] == "network-interface.no-address"


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"private_addresses": ["10.0.1.0"]}, 422, "address.reserved", "/private_addresses/0"),
        ({"private_addresses": ["10.0.1.3"]}, 422, "address.reserved", "/private_addresses/0"),
        ({"private_addresses": ["10.0.1.255"]}, 422, "address.reserved", "/private_addresses/0"),
        ({"private_addresses": ["10.0.2.4"]}, 422, "address.outside", "/private_addresses/0"),
        ({"private_addresses": ["10.0.1.9", "10.0.1.9"]}, 422, "address.duplicate", "/private_addresses/1"),
        ({"private_addresses": ["10.0.1.4"]}, 409, "address.in-use", "/private_addresses/0"),
        ({"private_addresses": ["10.0.1.9/24"]}, 422, "address.malformed", "/private_addresses/0"),
        ({"private_addresses": ["fd00::9"]}, 422, "address.malformed", "/private_addresses/0"),
        ({"ipv6_addresses": ["fd00::9"]}, 422, "address.no-block", "/ipv6_addresses/0"),
        (
            {"private_addresses": [f"10.0.1.{n}" for n in range(10, 61)]},
            422,
            "network-interface.addresses-too-many",
            "/private_addresses",
        ),
        ({"mac": "02:00:00:00:00"}, 422, "mac.malformed", "/mac"),
        ({"mac": "-1:00:00:00:00:01"}, 422, "mac.malformed", "/mac"),
        ({"mac": "01:00:5e:00:00:01"}, 422, "mac.not-unicast", "/mac"),
        ({"mac": "00:00:00:00:00:00"}, 422, "mac.not-unicast", "/mac"),
        ({"security_group_ids": ["sg-0"]}, 404, "security-group.not-found", "/security_group_ids/0"),
        ({"security_group_ids": ["sg-0"] * 17}, 422, "network-interface.groups-too-many", "/security_group_ids"),
        (
            {"allowed_address_pairs": [{"cidr": "0.0.0.0/0"}]},
            422,
            "network-interface.pair-everything",
            "/allowed_address_pairs/0/cidr",
        ),
        (
            {"allowed_address_pairs": [{"cidr": "10.0.1.0/28"}]},
            422,
            "network-interface.pair-router",
            "/allowed_address_pairs/0/cidr",
        ),
        (
            {"allowed_address_pairs": [{"cidr": "10.9.9.1", "mac": "ff:ff:ff:ff:ff:ff"}]},
            422,
            "mac.not-unicast",
            "/allowed_address_pairs/0/mac",
        ),
        (
            {"allowed_address_pairs": [{"cidr": f"10.9.{n}.0/24"} for n in range(11)]},
            422,
            "network-interface.pairs-too-many",
            "/allowed_address_pairs",
        ),
        ({"device_id": "x" * 256}, 422, "text.malformed", "/device_id"),
        ({"host": "a\nb"}, 422, "text.malformed", "/host"),
    ],
)
def test_interfaces_that_are_refused(body: dict[str, Any], status: int, code: str, field: str) -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    cloud.create("network_interface", subnet_id=subnet.id)
    with pytest.raises(Refused) as error:
        cloud.create("network_interface", subnet_id=subnet.id, **body)
    assert refused(error) == (status, code, field)


def test_a_mac_is_one_interfaces_in_its_vpc() -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    _, elsewhere = network(cloud, project="beta")
    interface = cloud.create("network_interface", subnet_id=subnet.id, mac="02:00:00:00:00:AA")
    assert interface.mac == "02:00:00:00:00:aa"
    with pytest.raises(Refused) as error:
        cloud.create("network_interface", subnet_id=subnet.id, mac="02:00:00:00:00:aa")
    assert refused(error) == (409, "network-interface.mac-in-use", "/mac")
    cloud.create("network_interface", project="beta", subnet_id=elsewhere.id, mac="02:00:00:00:00:aa")


def test_a_mac_that_another_one_took_is_not_given_again() -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    first = cloud.create("network_interface", subnet_id=subnet.id)
    following = f"{first.mac[:-2]}{int(first.mac[-2:], 16) + 2:02x}"
    cloud.create("network_interface", subnet_id=subnet.id, mac=following)
    third = cloud.create("network_interface", subnet_id=subnet.id)
    assert len({first.mac, following, third.mac}) == 3


def test_the_primary_address_stays_and_secondary_ones_come_and_go() -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    cloud.update(interface.id, private_addresses=["10.0.1.4", "10.0.1.20"])
    with pytest.raises(Refused) as error:
        cloud.create("network_interface", subnet_id=subnet.id, private_addresses=["10.0.1.20"])
    assert refused(error)[1] == "address.in-use"
    change = cloud.plan_update(interface.id, private_addresses=["10.0.1.4"])
    assert [e.cuts for e in change.effects] == [True]
    cloud.apply(change)
    cloud.create("network_interface", subnet_id=subnet.id, private_addresses=["10.0.1.20"])
    for wanted in (["10.0.1.20", "10.0.1.4"], []):
        with pytest.raises(Refused) as error:
            cloud.update(interface.id, private_addresses=wanted)
        assert refused(error) == (422, "network-interface.primary", "/private_addresses/0")


def test_groups_are_of_the_same_vpc() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    other, _ = network(cloud)
    with pytest.raises(Refused) as error:
        cloud.create("network_interface", subnet_id=subnet.id, security_group_ids=[other.default_security_group_id])
    assert refused(error) == (422, "network-interface.other-vpc", "/security_group_ids/0")
    group = cloud.create("security_group", vpc_id=vpc.id)
    interface = cloud.create("network_interface", subnet_id=subnet.id, security_group_ids=[group.id, group.id])
    assert interface.security_group_ids == (group.id,)
    change = cloud.plan_update(interface.id, security_group_ids=[])
    assert change.put[0].security_group_ids == (vpc.default_security_group_id,)
    assert [e.cuts for e in change.effects] == [True]


def test_elastic_ips_survive_the_interface() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    public(cloud, vpc)
    interface = cloud.create(
        "network_interface", subnet_id=subnet.id, private_addresses=["10.0.1.4", "10.0.1.5", "10.0.1.6"]
    )
    ips = [
        cloud.create("elastic_ip", network_interface_id=interface.id, private_address=address)
        for address in interface.private_addresses
    ]
    change = cloud.plan_update(interface.id, private_addresses=["10.0.1.4", "10.0.1.5"])
    assert [e.resource_id for e in change.effects if e.cuts] == [interface.id, ips[2].id]
    cloud.apply(change)
    assert not cloud.get(ips[2].id).network_interface_id
    cloud.delete(interface.id)
    assert [(cloud.get(e.id).network_interface_id, cloud.get(e.id).vpc_id) for e in ips] == [("", "")] * 3


def test_turning_the_source_check_on_cuts() -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    interface = cloud.create(
        "network_interface",
        subnet_id=subnet.id,
        source_dest_check=False,
        allowed_address_pairs=[{"cidr": "10.9.9.9"}],
    )
    assert interface.allowed_address_pairs[0].cidr == "10.9.9.9/32"
    change = cloud.plan_update(interface.id, source_dest_check=True, allowed_address_pairs=[])
    assert [e.cuts for e in change.effects] == [True, True]


def test_what_another_resource_made_changes_and_goes_with_it() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    cloud.documents[interface.id] = msgspec.structs.replace(interface, owner=vpc.id)
    for command in (lambda: cloud.delete(interface.id), lambda: cloud.update(interface.id, host="h1")):
        with pytest.raises(Refused) as error:
            command()
        assert refused(error)[:2] == (409, "network-interface.owned")


def test_an_interface_of_ipv6_alone_gets_a_first_ipv4_address_later() -> None:
    cloud = Cloud()
    vpc = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["fd00::/56"])
    subnet = cloud.create("subnet", vpc_id=vpc.id, ipv6_cidr_block="fd00::/64")
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    cloud.update(subnet.id, cidr_block="10.0.1.0/24")
    assert cloud.update(interface.id, private_addresses=["10.0.1.7"]).private_addresses == ("10.0.1.7",)
    with pytest.raises(Refused) as error:
        cloud.update(interface.id, private_addresses=["10.0.1.8"])
    assert refused(error)[1] == "network-interface.primary"


def test_a_machine_moves_from_host_to_host() -> None:
    cloud = Cloud()
    _, subnet = network(cloud)
    moving = cloud.create("network_interface", subnet_id=subnet.id, host="hv1")
    with pytest.raises(Refused) as error:
        cloud.update(moving.id, standby_host="hv1")
    assert refused(error) == (422, "network-interface.standby", "/standby_host")
    cloud.update(moving.id, standby_host="hv2")
    there = cloud.update(moving.id, host="hv2")
    assert (there.host, there.standby_host) == ("hv2", "")
    cloud.update(moving.id, standby_host="hv3")
    nowhere = cloud.update(moving.id, host="")
    assert (nowhere.host, nowhere.standby_host) == ("", "")
    with pytest.raises(Refused) as error:
        cloud.update(moving.id, standby_host="hv2")
    assert refused(error) == (422, "network-interface.standby", "/standby_host")
    with pytest.raises(Refused) as error:
        cloud.update(moving.id, host="hv1,hv2")
    assert refused(error) == (422, "network-interface.host", "/host")
