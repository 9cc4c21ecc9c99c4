"""Private gateways: a VRF that the project has, one VPC at a time."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, network, public, refused
from cloud_private import transit
from crossconnect.cloud.resource import Refused


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"vrf": "internet"}, "private-gateway.vrf", "/vrf"),
        ({"vpc_id": "vpc-0"}, "vpc.not-found", "/vpc_id"),
        ({"prefixes": ["192.168.0.1/16"]}, "cidr.host-bits", "/prefixes/0"),
        ({"prefixes": ["192.168.0.0/16", "192.168.0.0/16"]}, "private-gateway.prefix-twice", "/prefixes/1"),
        ({"prefixes": [f"10.{n}.0.0/16" for n in range(101)]}, "private-gateway.prefixes-too-many", "/prefixes"),
    ],
)
def test_gateways_that_are_refused(body: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Refused) as error:
        Cloud().create("private_gateway", **({"vrf": "acme-connect"} | body))
    assert refused(error) == (404 if code.endswith(".not-found") else 422, code, field)


def test_a_vpc_has_one_and_what_a_vrf_reaches_does_not_overlap() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    same, _ = network(cloud)
    other, _ = network(cloud, "10.1.0.0/16")
    cloud.create("private_gateway", vrf="acme-connect", vpc_id=vpc.id)
    for id, code in ((vpc.id, "private-gateway.second"), (same.id, "cidr.overlap")):
        with pytest.raises(Refused) as error:
            cloud.create("private_gateway", vrf="acme-connect", vpc_id=id)
        assert refused(error) == (409, code, "/vpc_id")
    cloud.create("private_gateway", vrf="acme-connect", vpc_id=other.id)
    with pytest.raises(Refused) as error:
        cloud.update(other.id, cidr_blocks=["10.1.0.0/16", "10.0.0.0/20"])
    assert refused(error) == (409, "cidr.overlap", "/cidr_blocks/1")


def test_other_vrfs_may_have_the_same_blocks() -> None:
    cloud = Cloud(vrfs=("acme-connect", "acme-vpn"))
    for vrf in ("acme-connect", "acme-vpn"):
        cloud.create("private_gateway", vrf=vrf, vpc_id=network(cloud)[0].id)


def test_it_is_detached_first_and_nothing_learns_from_it_then() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    gateway = cloud.create("private_gateway", vrf="acme-connect", vpc_id=vpc.id, prefixes=["192.168.0.0/16"])
    table = cloud.update(vpc.main_route_table_id, propagating_gateway_ids=[gateway.id])
    other, _ = network(cloud, "10.1.0.0/16")
    for patch, code in (({"vpc_id": other.id}, "attached"), ({"vpc_id": ""}, "propagating")):
        with pytest.raises(Refused) as error:
            cloud.update(gateway.id, **patch)
        assert refused(error) == (409, f"private-gateway.{code}", "/vpc_id")
    with pytest.raises(Refused) as error:
        cloud.delete(gateway.id)
    assert refused(error)[:2] == (409, "private-gateway.attached")
    assert [e.cuts for e in cloud.plan_update(gateway.id, prefixes=[]).effects] == [True]
    static = [{"destination": "192.168.0.0/16", "target": gateway.id}]
    cloud.update(table.id, propagating_gateway_ids=[], routes=static)
    change = cloud.plan_update(gateway.id, vpc_id="")
    assert [e.resource_id for e in change.effects] == [table.id, gateway.id]
    cloud.apply(change)
    cloud.update(gateway.id, vpc_id=other.id)
    cloud.update(gateway.id, vpc_id="")
    cloud.delete(gateway.id)


def test_prefixes_that_come_and_go_are_told_where_they_are_learnt() -> None:
    """Input: other prefixes behind a gateway, learnt by a VPC's table, by a transit router's, or by none. Output: what
    is not reached any more, and what a wider route led elsewhere."""
    cloud = Cloud()
    vpc, _ = network(cloud)
    internet = public(cloud, vpc)
    gateway = cloud.create("private_gateway", vrf="acme-connect", vpc_id=vpc.id, prefixes=["192.168.0.0/16"])
    more = ["192.168.0.0/16", "172.16.0.0/12"]
    assert not cloud.plan_update(gateway.id, prefixes=[]).effects, "nothing learns them"
    assert not cloud.plan_update(gateway.id, prefixes=more).effects
    table = cloud.update(vpc.main_route_table_id, propagating_gateway_ids=[gateway.id])
    [effect] = cloud.plan_update(gateway.id, prefixes=more).effects
    assert (effect.cuts, effect.resource_id) == (True, table.id)
    assert effect.message == f"172.16.0.0/12 led to {internet.id} by a wider route, and will lead to {gateway.id}"
    gone, new = cloud.plan_update(gateway.id, prefixes=["172.16.0.0/12"]).effects
    assert ("192.168.0.0/16" in gone.message, gone.cuts, new.resource_id) == (True, True, table.id)
    assert not cloud.plan_update(gateway.id, prefixes=["192.168.0.0/16"]).effects
    assert not cloud.plan_update(gateway.id, name="x").effects


def test_prefixes_on_a_transit_router() -> None:
    cloud = Cloud()
    through = transit(cloud)
    gateway = cloud.create("private_gateway", vrf="acme-connect")
    of_it = through.attach(gateway)
    [effect] = cloud.plan_update(gateway.id, prefixes=["172.16.0.0/12"]).effects
    assert (effect.cuts, effect.resource_id) == (True, through.table)
    assert effect.message == f"172.16.0.0/12 led to {through.of_vpc.id} by a wider route, and will lead to {of_it.id}"
    cloud.update(gateway.id, prefixes=["172.16.0.0/12"])
    assert [e.cuts for e in cloud.plan_update(gateway.id, prefixes=[]).effects] == [True]
    cloud.update(of_it.id, propagated_route_table_ids=[])
    assert not cloud.plan_update(gateway.id, prefixes=[]).effects


def test_who_names_a_vrf_as_the_files_do_is_told_its_own() -> None:
    """Input: the VRF's name within its tenant, which is not the one on devices. Output: the names that would do."""
    with pytest.raises(Refused) as error:
        Cloud(vrfs=("acme-connect", "acme-vpn")).create("private_gateway", vrf="connect")
    assert error.value.problems[0].message == "the project has no VRF 'connect'; it has acme-connect, acme-vpn"
    with pytest.raises(Refused) as error:
        Cloud(vrfs=()).create("private_gateway", vrf="connect")
    assert error.value.problems[0].message == "the project has no VRF 'connect'"
