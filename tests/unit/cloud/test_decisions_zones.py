"""A load balancer whose addresses are to lead to targets of their own zones only."""

from __future__ import annotations

from typing import Any

from cloud_memory import Cloud


def stand(*zones: str) -> tuple[Cloud, Any, Any]:
    """A load balancer in both zones, with a target in each of some zones."""
    cloud = Cloud()
    vpc = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"])
    subnets = {
        zone: cloud.create("subnet", vpc_id=vpc.id, cidr_block=f"10.0.{n}.0/24", availability_zone=zone)
        for n, zone in enumerate(("east", "west"))
    }
    interfaces = [cloud.create("network_interface", subnet_id=subnets[zone].id) for zone in zones]
    targets = [{"network_interface_id": one.id, "port": 8080} for one in interfaces]
    group = cloud.create("target_group", vpc_id=vpc.id, targets=targets)
    listeners = [{"port": 80, "target_group_id": group.id}]
    ids = [subnet.id for subnet in subnets.values()]
    return cloud, cloud.create("load_balancer", subnet_ids=ids, listeners=listeners), group


def test_targets_of_other_zones_are_cut_off() -> None:
    cloud, balancer, _ = stand("east", "west")
    effects = cloud.plan_update(balancer.id, cross_zone=False).effects
    assert [(e.cuts, e.resource_id) for e in effects] == [(True, balancer.id)] * 2
    assert [address in e.message for address, e in zip(balancer.addresses, effects, strict=True)] == [True, True]
    assert "to targets outside east end" in effects[0].message


def test_an_address_without_a_target_in_its_zone_answers_nobody() -> None:
    cloud, balancer, group = stand("east")
    [effect] = cloud.plan_update(balancer.id, cross_zone=False).effects
    assert effect.cuts
    assert f"{balancer.addresses[1]} of {balancer.id} on tcp 80 answers nobody any more" in effect.message
    assert group.id in effect.message


def test_nothing_is_told_where_nothing_changes() -> None:
    cloud, balancer, _ = stand("east", "west")
    off = cloud.update(balancer.id, cross_zone=False)
    assert not cloud.plan_update(off.id, cross_zone=False).effects
    assert not cloud.plan_update(off.id, cross_zone=True).effects
    cloud, balancer, _ = stand()
    assert not cloud.plan_update(balancer.id, cross_zone=False).effects
