"""VPC peerings: asking, answering, expiring."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, network, refused
from crossconnect.cloud.decisions.peering import expire
from crossconnect.cloud.resource import Refused


def stand() -> tuple[Cloud, Any, Any]:
    """VPCs of two projects."""
    cloud = Cloud()
    one, _ = network(cloud)
    two, _ = network(cloud, "10.1.0.0/16", project="beta")
    return cloud, one, two


def ask(cloud: Cloud, one: Any, two: Any) -> Any:
    return cloud.create("vpc_peering", vpc_id=one.id, peer_vpc_id=two.id, peer_project_id=two.project_id)


def test_the_other_project_accepts() -> None:
    cloud, one, two = stand()
    peering = ask(cloud, one, two)
    assert (peering.status, peering.expires_at) == ("pending-acceptance", "2026-03-08T12:00:00Z")
    with pytest.raises(Refused) as error:
        cloud.update(peering.id, status="active")
    assert refused(error) == (403, "vpc-peering.not-yours", "/status")
    with pytest.raises(Refused) as error:
        cloud.update(peering.id, project="gamma", status="active")
    assert refused(error)[0] == 404
    assert cloud.update(peering.id, project="beta", status="active").status == "active"
    with pytest.raises(Refused) as error:
        cloud.update(peering.id, project="beta", status="rejected")
    assert refused(error) == (409, "vpc-peering.answered", "/status")


def test_within_a_project_it_is_active_at_once() -> None:
    cloud = Cloud()
    one, _ = network(cloud)
    two, _ = network(cloud, "10.1.0.0/16")
    assert cloud.create("vpc_peering", vpc_id=one.id, peer_vpc_id=two.id).status == "active"


def test_after_seven_days_it_is_void() -> None:
    cloud, one, two = stand()
    peering = ask(cloud, one, two)
    assert expire(peering, "2026-03-08T11:59:59Z") is None
    cloud.now = "2026-03-08T12:00:00Z"
    with pytest.raises(Refused) as error:
        cloud.update(peering.id, project="beta", status="active")
    assert refused(error) == (409, "vpc-peering.answered", "/status")
    expired = expire(peering, cloud.now)
    assert expired is not None
    assert expired.status == "expired"
    ask(cloud, one, two)


def test_refused_requests() -> None:
    cloud, one, two = stand()
    overlapping, _ = network(cloud, project="beta")
    for body, status, code in (
        ({"peer_vpc_id": one.id}, 422, "vpc-peering.itself"),
        ({"peer_vpc_id": two.id}, 404, "vpc.not-found"),
        ({"peer_vpc_id": two.id, "peer_project_id": "gamma"}, 404, "vpc.not-found"),
        ({"peer_vpc_id": overlapping.id, "peer_project_id": "beta"}, 409, "cidr.overlap"),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("vpc_peering", vpc_id=one.id, **body)
        assert refused(error) == (status, code, "/peer_vpc_id")
    ask(cloud, one, two)
    with pytest.raises(Refused) as error:
        ask(cloud, one, two)
    assert refused(error) == (409, "vpc-peering.duplicate", "/peer_vpc_id")


def test_ipv6_blocks_must_not_overlap_either() -> None:
    cloud = Cloud()
    one, _ = network(cloud, ipv6_cidr_blocks=["fd00::/56"])
    two, _ = network(cloud, "10.1.0.0/16", ipv6_cidr_blocks=["fd00::/48"])
    with pytest.raises(Refused) as error:
        cloud.create("vpc_peering", vpc_id=one.id, peer_vpc_id=two.id)
    assert refused(error)[1] == "cidr.overlap"


def test_blocks_that_were_added_meanwhile_are_looked_at_when_it_is_accepted() -> None:
    cloud, one, two = stand()
    peering = ask(cloud, one, two)
    cloud.update(two.id, project="beta", cidr_blocks=["10.1.0.0/16", "10.0.0.0/20"])
    with pytest.raises(Refused) as error:
        cloud.update(peering.id, project="beta", status="active")
    assert refused(error) == (409, "cidr.overlap", "/status")
    assert "10.0.0.0/16" not in str(error.value)


def test_nobody_keeps_anothers_vpc_by_asking_for_it() -> None:
    cloud, one, two = stand()
    peering = ask(cloud, one, two)
    for subnet in [s for s in cloud.of("subnet") if s.vpc_id == two.id]:
        cloud.delete(subnet.id, project="beta")
    cloud.delete(two.id, project="beta")
    with pytest.raises(Refused) as error:
        cloud.update(peering.id, project="beta", status="active")
    assert refused(error) == (409, "vpc-peering.vpc-gone", "/status")


def test_either_project_ends_it_and_is_told_of_its_own_routes() -> None:
    cloud, one, two = stand()
    peering = ask(cloud, one, two)
    cloud.update(peering.id, project="beta", status="active")
    for vpc, project, to in ((one, "alpha", "10.1.0.0/16"), (two, "beta", "10.0.0.0/16")):
        routes = [{"destination": to, "target": peering.id}]
        cloud.update(vpc.main_route_table_id, project=project, routes=routes)
    with pytest.raises(Refused) as error:
        cloud.delete(one.id)
    assert peering.id in [use.id for use in error.value.uses]
    mine = cloud.plan_delete(peering.id)
    theirs = cloud.delete(peering.id, project="beta")
    assert [e.resource_id for e in mine.effects] == [one.main_route_table_id]
    assert [e.resource_id for e in theirs.effects] == [two.main_route_table_id]


def test_a_vpc_has_so_many_peerings() -> None:
    cloud = Cloud(quotas={"peerings_per_vpc": 1})
    one, _ = network(cloud)
    two, _ = network(cloud, "10.1.0.0/16")
    three, _ = network(cloud, "10.2.0.0/16")
    cloud.create("vpc_peering", vpc_id=one.id, peer_vpc_id=two.id)
    with pytest.raises(Refused) as error:
        cloud.create("vpc_peering", vpc_id=one.id, peer_vpc_id=three.id)
    assert refused(error) == (409, "limit.exceeded", "/vpc_id")


def test_the_other_project_does_not_name_it() -> None:
    cloud, one, two = stand()
    peering = ask(cloud, one, two)
    with pytest.raises(Refused) as error:
        cloud.update(peering.id, project="beta", name="mine")
    assert refused(error)[:2] == (403, "resource.not-yours")
    cloud.update(peering.id, name="ours")
