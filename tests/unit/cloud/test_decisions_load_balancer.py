"""Load balancers, listeners, target groups, health checks."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, network, public, refused
from crossconnect.cloud.resource import Refused


def stand() -> tuple[Cloud, Any, Any, Any]:
    """A VPC with a subnet in each zone, and an interface in the first."""
    cloud = Cloud()
    vpc, east = network(cloud)
    west = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.2.0/24", availability_zone="west")
    return cloud, vpc, (east, west), cloud.create("network_interface", subnet_id=east.id)


def test_it_has_an_address_in_each_subnet() -> None:
    cloud, vpc, (east, west), interface = stand()
    group = cloud.create("target_group", vpc_id=vpc.id, targets=[{"network_interface_id": interface.id, "port": 80}])
    balancer = cloud.create(
        "load_balancer", subnet_ids=[east.id, west.id], listeners=[{"port": 80, "target_group_id": group.id}]
    )
    assert balancer.addresses == ("10.0.1.5", "10.0.2.4")
    for id, user in ((interface.id, group.id), (group.id, balancer.id), (west.id, balancer.id)):
        with pytest.raises(Refused) as error:
            cloud.delete(id)
        assert user in [use.id for use in error.value.uses]
    assert [e.cuts for e in cloud.delete(balancer.id).effects] == [True]
    assert cloud.create("network_interface", subnet_id=west.id).private_addresses == ("10.0.2.4",)


def test_a_dual_stack_one_has_an_ipv6_address_in_each_subnet_too() -> None:
    cloud = Cloud()
    vpc = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["fd00:a::/56"])
    east, west = (
        cloud.create("subnet", vpc_id=vpc.id, cidr_block=f"10.0.{n}.0/24", ipv6_cidr_block=six, availability_zone=zone)
        for n, six, zone in ((1, "fd00:a:0:1::/64", "east"), (2, "", "west"))
    )
    with pytest.raises(Refused) as error:
        cloud.create("load_balancer", subnet_ids=[east.id, west.id], ip_address_type="dualstack")
    assert refused(error) == (422, "address.no-block", "/subnet_ids/1")
    cloud.update(west.id, ipv6_cidr_block="fd00:a:0:2::/64")
    made = cloud.create("load_balancer", subnet_ids=[east.id, west.id], ip_address_type="dualstack")
    assert made.addresses == ("10.0.1.4", "10.0.2.4")
    assert made.ipv6_addresses == ("fd00:a:0:1::4", "fd00:a:0:2::4")
    with pytest.raises(Refused):
        cloud.update(west.id, ipv6_cidr_block="")
    cloud.delete(made.id)
    assert cloud.update(west.id, ipv6_cidr_block="").ipv6_cidr_block == ""


def test_an_internet_facing_dual_stack_one_is_in_public_ipv6_blocks() -> None:
    cloud = Cloud(public_prefixes6=("2001:db8::/40",))
    vpc = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["public", "fd00:a::/56"])
    known, private, none = (
        cloud.create("subnet", vpc_id=vpc.id, cidr_block=f"10.0.{n}.0/24", ipv6_cidr_block=six)
        for n, six in ((1, vpc.ipv6_cidr_blocks[0].replace("/56", "/64")), (2, "fd00:a:0:2::/64"), (3, ""))
    )
    public(cloud, vpc)
    body = {"scheme": "internet-facing", "elastic_ip_id": cloud.create("elastic_ip").id, "ip_address_type": "dualstack"}
    for subnet, code in ((private, "load-balancer.dualstack"), (none, "address.no-block")):
        with pytest.raises(Refused) as error:
            cloud.create("load_balancer", subnet_ids=[subnet.id], **body)
        assert refused(error) == (422, code, "/subnet_ids/0")
    made = cloud.create("load_balancer", subnet_ids=[known.id], **body)
    assert (made.addresses, made.ipv6_addresses) == (("10.0.1.4",), ("2001:db8::4",))
    with pytest.raises(Refused):
        cloud.update(known.id, ipv6_cidr_block="")


def test_its_address_type_is_changed_as_it_stands() -> None:
    """Input: an IPv4 one is made dual-stack, and IPv4 again. Output: refused while a subnet has no IPv6 block; then
    with new IPv6 addresses, and without them, which are free; its IPv4 addresses stay. What is cut is told before."""
    cloud = Cloud()
    vpc = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["fd00:a::/56"])
    subnet = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24")
    made = cloud.create("load_balancer", subnet_ids=[subnet.id])
    with pytest.raises(Refused) as error:
        cloud.update(made.id, ip_address_type="dualstack")
    assert refused(error) == (422, "address.no-block", "/ip_address_type")
    cloud.update(subnet.id, ipv6_cidr_block="fd00:a:0:1::/64")
    for _ in range(2):
        plan = cloud.plan_update(made.id, ip_address_type="dualstack")
        assert [(e.message, e.cuts) for e in plan.effects] == [(f"{made.id} answers at fd00:a:0:1::4, too", False)]
        both = cloud.update(made.id, ip_address_type="dualstack")
        assert (both.addresses, both.ipv6_addresses) == (made.addresses, ("fd00:a:0:1::4",))
        assert not cloud.plan_update(made.id, ip_address_type="dualstack").effects
        plan = cloud.plan_update(made.id, ip_address_type="ipv4")
        assert [(e.message, e.cuts) for e in plan.effects] == [("fd00:a:0:1::4 answers nobody any more", True)]
        again = cloud.update(made.id, ip_address_type="ipv4")
        assert (again.addresses, again.ipv6_addresses) == (made.addresses, ())
    assert cloud.update(subnet.id, ipv6_cidr_block="").ipv6_cidr_block == ""


def test_an_internet_facing_one_becomes_dual_stack_in_public_ipv6_blocks_only() -> None:
    cloud = Cloud()
    vpc = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["fd00:a::/56"])
    subnet = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24", ipv6_cidr_block="fd00:a:0:1::/64")
    public(cloud, vpc)
    facing = {"scheme": "internet-facing", "elastic_ip_id": cloud.create("elastic_ip").id}
    made = cloud.create("load_balancer", subnet_ids=[subnet.id], **facing)
    with pytest.raises(Refused) as error:
        cloud.update(made.id, ip_address_type="dualstack")
    assert refused(error) == (422, "load-balancer.dualstack", "/ip_address_type")


def test_subnets_that_are_refused() -> None:
    cloud, vpc, (east, west), _ = stand()
    _, other = network(cloud)
    second = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.3.0/24")
    for ids, code, field in (
        ([], "subnets.none", "/subnet_ids"),
        (["subnet-0"], "subnet.not-found", "/subnet_ids/0"),
        ([east.id, second.id], "subnets.same-zone", "/subnet_ids/1"),
        ([west.id, other.id], "subnets.other-vpc", "/subnet_ids/1"),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("load_balancer", subnet_ids=ids)
        assert refused(error) == (404 if code.endswith(".not-found") else 422, code, field)


def test_the_elastic_ip_goes_with_the_scheme() -> None:
    cloud, vpc, (east, _), _ = stand()
    ip = cloud.create("elastic_ip")
    facing = {"subnet_ids": [east.id], "scheme": "internet-facing"}
    for body, status, code, field in (
        ({"subnet_ids": [east.id], "elastic_ip_id": ip.id}, 422, "load-balancer.internal", "/elastic_ip_id"),
        (facing, 422, "load-balancer.no-elastic-ip", "/elastic_ip_id"),
        (facing | {"elastic_ip_id": ip.id}, 409, "internet-gateway.none", "/subnet_ids/0"),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("load_balancer", **body)
        assert refused(error) == (status, code, field)
    public(cloud, vpc)
    cloud.create("load_balancer", **facing, elastic_ip_id=ip.id)
    with pytest.raises(Refused) as error:
        cloud.create("load_balancer", **facing, elastic_ip_id=ip.id)
    assert refused(error) == (409, "elastic-ip.in-use", "/elastic_ip_id")


def test_listeners_that_are_refused() -> None:
    cloud, vpc, (east, _), _ = stand()
    group = cloud.create("target_group", vpc_id=vpc.id)
    foreign = cloud.create("target_group", vpc_id=network(cloud)[0].id)
    good = {"port": 80, "target_group_id": group.id}
    for listeners, code, field in (
        ([good | {"port": 0}], "port.range", "/listeners/0/port"),
        ([good, good], "load-balancer.listener-twice", "/listeners/1/port"),
        ([good | {"target_group_id": "tg-0"}], "target-group.not-found", "/listeners/0/target_group_id"),
        ([good | {"target_group_id": foreign.id}], "load-balancer.other-vpc", "/listeners/0/target_group_id"),
        ([good | {"protocol": "udp"}], "load-balancer.protocol", "/listeners/0/protocol"),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("load_balancer", subnet_ids=[east.id], listeners=listeners)
        assert refused(error) == (404 if code.endswith(".not-found") else 422, code, field)


def test_listeners_that_go_or_lead_elsewhere_cut() -> None:
    cloud, vpc, (east, _), _ = stand()
    one, two = (cloud.create("target_group", vpc_id=vpc.id) for _ in range(2))
    listeners = [{"port": port, "target_group_id": one.id} for port in (80, 81)]
    balancer = cloud.create("load_balancer", subnet_ids=[east.id], listeners=listeners)
    moved = [{"port": 80, "target_group_id": two.id}]
    assert [e.cuts for e in cloud.plan_update(balancer.id, listeners=moved).effects] == [True, True]
    more = [*listeners, {"port": 82, "target_group_id": two.id}]
    assert not cloud.plan_update(balancer.id, listeners=more, cross_zone=False).effects


@pytest.mark.parametrize(
    ("check", "code", "field"),
    [
        ({"interval_s": 4}, "health-check.range", "/health_check/interval_s"),
        ({"timeout_s": 121}, "health-check.range", "/health_check/timeout_s"),
        ({"healthy_threshold": 1}, "health-check.range", "/health_check/healthy_threshold"),
        ({"unhealthy_threshold": 11}, "health-check.range", "/health_check/unhealthy_threshold"),
        ({"interval_s": 5, "timeout_s": 5}, "health-check.timeout", "/health_check/timeout_s"),
        ({"port": 65536}, "port.range", "/health_check/port"),
    ],
)
def test_health_checks_that_are_refused(check: dict[str, int], code: str, field: str) -> None:
    cloud, vpc, _, _ = stand()
    with pytest.raises(Refused) as error:
        cloud.create("target_group", vpc_id=vpc.id, health_check=check)
    assert refused(error) == (404 if code.endswith(".not-found") else 422, code, field)
    group = cloud.create("target_group", vpc_id=vpc.id, health_check={})
    with pytest.raises(Refused) as error:
        cloud.update(group.id, health_check=check)
    assert refused(error) == (404 if code.endswith(".not-found") else 422, code, field)
    assert cloud.update(group.id, health_check=None).health_check is None


def test_targets_that_are_refused() -> None:
    cloud, vpc, _, interface = stand()
    _, elsewhere = network(cloud)
    foreign = cloud.create("network_interface", subnet_id=elsewhere.id)
    good = {"network_interface_id": interface.id, "port": 80}
    for targets, code, field in (
        ([good | {"port": 65536}], "port.range", "/targets/0/port"),
        ([good, good], "target-group.target-twice", "/targets/1"),
        ([good | {"network_interface_id": "eni-0"}], "network-interface.not-found", "/targets/0/network_interface_id"),
        ([good | {"network_interface_id": foreign.id}], "target-group.other-vpc", "/targets/0/network_interface_id"),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("target_group", vpc_id=vpc.id, targets=targets)
        assert refused(error) == (404 if code.endswith(".not-found") else 422, code, field)
    with pytest.raises(Refused) as error:
        cloud.create("target_group", vpc_id=vpc.id, affinity_s=65536)
    assert refused(error) == (422, "target-group.affinity", "/affinity_s")


def test_a_target_that_goes_cuts() -> None:
    cloud, vpc, _, interface = stand()
    targets = [{"network_interface_id": interface.id, "port": port} for port in (80, 81)]
    group = cloud.create("target_group", vpc_id=vpc.id, targets=targets)
    assert [e.cuts for e in cloud.plan_update(group.id, targets=targets[:1]).effects] == [True]


def inspected() -> tuple[Cloud, Any, Any, Any, Any]:
    """A VPC with a target and a routed insertion, whose appliance is on a subnet of its own."""
    cloud, vpc, (_, west), interface = stand()
    appliance = cloud.create("network_interface", subnet_id=west.id, source_dest_check=False)
    insertion = cloud.create("service_insertion", vpc_id=vpc.id, appliances=[{"network_interface_id": appliance.id}])
    return cloud, vpc, west, {"network_interface_id": interface.id, "port": 8080}, insertion


def test_a_target_group_is_behind_the_appliances_of_a_service_insertion() -> None:
    """Output: whoever plans is told what takes another way; the insertion stays as long as the group names it."""
    cloud, vpc, _, target, insertion = inspected()
    group = cloud.create("target_group", vpc_id=vpc.id, targets=[target])
    [effect] = cloud.plan_update(group.id, service_insertion_id=insertion.id).effects
    assert (effect.cuts, effect.resource_id) == (True, group.id)
    assert f"goes through {insertion.id}" in effect.message
    assert cloud.update(group.id, service_insertion_id=insertion.id).service_insertion_id == insertion.id
    with pytest.raises(Refused) as error:
        cloud.delete(insertion.id)
    assert refused(error)[:2] == (409, "service-insertion.in-use")
    assert [(use.id, use.field) for use in error.value.uses] == [(group.id, "service_insertion_id")]
    [effect] = cloud.plan_update(group.id, service_insertion_id="").effects
    assert f"goes past {insertion.id}" in effect.message
    assert not cloud.plan_update(group.id, affinity_s=5).effects
    assert [e.cuts for e in cloud.plan("target_group", vpc_id=vpc.id, targets=[target],
                                       service_insertion_id=insertion.id).effects] == [True]  # fmt: skip
    cloud.delete(group.id)
    cloud.delete(insertion.id)


def test_insertions_that_a_target_group_cannot_name() -> None:
    cloud, vpc, west, target, insertion = inspected()
    other, theirs = network(cloud, "10.9.0.0/16")
    left, right = (cloud.create("network_interface", subnet_id=theirs.id, source_dest_check=False) for _ in range(2))
    wire = {"network_interface_id": left.id, "return_network_interface_id": right.id}
    inline = cloud.create("service_insertion", vpc_id=other.id, mode="inline", appliances=[wire])
    beside = cloud.create("network_interface", subnet_id=west.id)
    at = "/service_insertion_id"
    for vpc_id, targets, id, refusal in (
        (vpc.id, [target], "ins-00000000000000000", (404, "service-insertion.not-found", at)),
        (vpc.id, [target], inline.id, (422, "target-group.insertion-other-vpc", at)),
        (other.id, [], inline.id, (409, "target-group.insertion-inline", at)),
        (
            vpc.id,
            [target, {"network_interface_id": beside.id, "port": 80}],
            insertion.id,
            (409, "target-group.beside-appliance", "/targets/1/network_interface_id"),
        ),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("target_group", vpc_id=vpc_id, targets=targets, service_insertion_id=id)
        assert refused(error) == refusal
    group = cloud.create("target_group", vpc_id=vpc.id, targets=[target], service_insertion_id=insertion.id)
    with pytest.raises(Refused) as error:
        cloud.update(group.id, targets=[{"network_interface_id": beside.id, "port": 80}])
    assert refused(error)[1] == "target-group.beside-appliance"
    appliance = cloud.create("network_interface", subnet_id=west.id, source_dest_check=False)
    second = cloud.create("service_insertion", vpc_id=vpc.id, appliances=[{"network_interface_id": appliance.id}])
    with pytest.raises(Refused) as error:
        cloud.create("target_group", vpc_id=vpc.id, targets=[target], service_insertion_id=second.id)
    assert refused(error) == (409, "target-group.two-insertions", at)
    near = cloud.create(
        "network_interface",
        subnet_id=cloud.get(target["network_interface_id"]).subnet_id,
        source_dest_check=False,
    )
    with pytest.raises(Refused) as error:
        cloud.update(insertion.id, appliances=[{"network_interface_id": near.id}])
    assert refused(error) == (409, "target-group.beside-appliance", "/appliances/0/network_interface_id")
