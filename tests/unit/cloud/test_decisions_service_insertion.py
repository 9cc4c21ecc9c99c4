"""Service insertion: appliances that forward, rules in order, numbers of the region."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, network, refused
from crossconnect.cloud.resource import Refused


def stand() -> tuple[Cloud, Any, list[Any]]:
    """A VPC with three appliances' interfaces."""
    cloud = Cloud()
    vpc, subnet = network(cloud)
    return (
        cloud,
        vpc,
        [cloud.create("network_interface", subnet_id=subnet.id, source_dest_check=False) for _ in range(3)],
    )


def rule(number: int = 10, **fields: Any) -> dict[str, Any]:
    return {"number": number, "source": "10.0.0.0/16", "destination": "0.0.0.0/0"} | fields


def test_appliances_have_numbers_that_stay_theirs() -> None:
    cloud, vpc, interfaces = stand()
    one, two, three = ({"network_interface_id": i.id} for i in interfaces)
    made = cloud.create("service_insertion", vpc_id=vpc.id, appliances=[one, two], rules=[rule(20), rule(10)])
    assert (made.number, made.appliance_numbers) == (1, (1, 2))
    assert [r.number for r in made.rules] == [10, 20]
    changed = cloud.update(made.id, appliances=[three, two])
    assert changed.appliance_numbers == (3, 2)
    other = cloud.create("vpc", cidr_blocks=["10.1.0.0/16"])
    subnet = cloud.create("subnet", vpc_id=other.id, cidr_block="10.1.0.0/24")
    elsewhere = cloud.create("network_interface", subnet_id=subnet.id, source_dest_check=False)
    second = cloud.create("service_insertion", vpc_id=other.id, appliances=[{"network_interface_id": elsewhere.id}])
    assert (second.number, second.appliance_numbers) == (2, (1,))
    with pytest.raises(Refused) as error:
        cloud.delete(elsewhere.id)
    assert [use.id for use in error.value.uses] == [second.id]


def test_a_vpc_has_one_chain() -> None:
    cloud, vpc, interfaces = stand()
    appliances = [{"network_interface_id": interfaces[0].id}]
    cloud.create("service_insertion", vpc_id=vpc.id, appliances=appliances)
    with pytest.raises(Refused) as error:
        cloud.create("service_insertion", vpc_id=vpc.id, appliances=appliances)
    assert refused(error) == (409, "service-insertion.second", "/vpc_id")


def test_appliances_that_are_refused() -> None:
    cloud, vpc, interfaces = stand()
    strict = cloud.create("network_interface", subnet_id=interfaces[0].subnet_id)
    _, elsewhere = network(cloud)
    foreign = cloud.create("network_interface", subnet_id=elsewhere.id, source_dest_check=False)
    good = {"network_interface_id": interfaces[0].id}
    for appliances, status, code, field in (
        ([], 422, "service-insertion.appliances", ""),
        ([good] * 9, 422, "service-insertion.appliances", ""),
        ([good, good], 422, "service-insertion.interface-twice", "/1/network_interface_id"),
        (
            [good | {"return_network_interface_id": interfaces[0].id}],
            422,
            "service-insertion.interface-twice",
            "/0/return_network_interface_id",
        ),
        ([{"network_interface_id": ""}], 404, "network-interface.not-found", "/0/network_interface_id"),
        ([{"network_interface_id": foreign.id}], 422, "service-insertion.other-vpc", "/0/network_interface_id"),
        (
            [{"network_interface_id": strict.id}],
            409,
            "service-insertion.source-dest-check",
            "/0/network_interface_id",
        ),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("service_insertion", vpc_id=vpc.id, appliances=appliances)
        assert refused(error) == (status, code, f"/appliances{field}")


@pytest.mark.parametrize(
    ("rules", "code", "field"),
    [
        ([rule(0)], "service-insertion.number", "/rules/0/number"),
        ([rule(1), rule(1)], "service-insertion.number-twice", "/rules/1/number"),
        ([rule(destination="::/0")], "service-insertion.versions", "/rules/0/destination"),
        ([rule(protocol="icmpv6")], "protocol.version", "/rules/0/source"),
        ([rule(from_port=80)], "port.without-protocol", "/rules/0/from_port"),
        ([rule(n) for n in range(1, 102)], "service-insertion.rules-too-many", "/rules"),
    ],
)
def test_rules_that_are_refused(rules: list[dict[str, Any]], code: str, field: str) -> None:
    cloud, vpc, interfaces = stand()
    with pytest.raises(Refused) as error:
        cloud.create(
            "service_insertion",
            vpc_id=vpc.id,
            appliances=[{"network_interface_id": interfaces[0].id}],
            rules=rules,
        )
    assert refused(error) == (422, code, field)


def test_what_takes_another_way_is_told() -> None:
    cloud, vpc, interfaces = stand()
    one, two, _ = ({"network_interface_id": i.id} for i in interfaces)
    made = cloud.create("service_insertion", vpc_id=vpc.id, appliances=[one], on_failure="open")
    assert [e.cuts for e in cloud.plan_update(made.id, appliances=[two]).effects] == [True]
    assert [e.cuts for e in cloud.plan_update(made.id, rules=[rule()]).effects] == [True]
    assert [e.cuts for e in cloud.plan_update(made.id, on_failure="closed").effects] == [True]
    assert not cloud.plan_update(made.id, health_check={}).effects


def test_the_regions_numbers_run_out() -> None:
    cloud, vpc, interfaces = stand()
    cloud.claims["network-function-group"] = dict.fromkeys(range(1, 256), "others")
    with pytest.raises(Refused) as error:
        cloud.create("service_insertion", vpc_id=vpc.id, appliances=[{"network_interface_id": interfaces[0].id}])
    assert refused(error)[:2] == (409, "region.numbers-exhausted")


def test_what_cannot_be_inline() -> None:
    cloud, vpc, interfaces = stand()
    subnet = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.77.0/24")
    elsewhere = cloud.create("network_interface", subnet_id=subnet.id, source_dest_check=False)
    one = {"network_interface_id": interfaces[0].id}
    two = one | {"return_network_interface_id": interfaces[1].id}
    apart = one | {"return_network_interface_id": elsewhere.id}
    other_end = "/appliances/0/return_network_interface_id"
    for appliance, check, code, field in (
        (one, None, "service-insertion.one-interface", other_end),
        (two, {"port": 80}, "service-insertion.inline-port", "/health_check/port"),
        (apart, {}, "service-insertion.two-subnets", other_end),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("service_insertion", vpc_id=vpc.id, mode="inline", appliances=[appliance], health_check=check)
        assert refused(error) == (422, code, field)
    made = cloud.create("service_insertion", vpc_id=vpc.id, mode="inline", appliances=[two], health_check={})
    assert made.mode == "inline"
    with pytest.raises(Refused) as error:
        cloud.update(made.id, appliances=[apart])
    assert refused(error) == (422, "service-insertion.two-subnets", other_end)
