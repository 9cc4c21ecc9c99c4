"""Transit routers: attachments of several projects, association, propagation, static routes."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, network, refused
from crossconnect.cloud.resource import Refused


def attach(cloud: Cloud, router: Any, vpc: Any, subnet: Any, project: str = "alpha") -> Any:
    return cloud.create(
        "transit_router_attachment",
        project=project,
        transit_router_id=router.id,
        vpc_id=vpc.id,
        subnet_ids=[subnet.id],
    )


def shared() -> tuple[Cloud, Any, Any]:
    """A router of alpha, and what beta has asked to attach to it."""
    cloud = Cloud()
    router = cloud.create("transit_router", shared_with=["beta"])
    vpc, subnet = network(cloud, project="beta")
    return cloud, router, attach(cloud, router, vpc, subnet, "beta")


def test_a_vpc_of_the_own_project_is_attached_at_once_by_the_defaults() -> None:
    cloud = Cloud()
    router = cloud.create("transit_router")
    attachment = attach(cloud, router, *network(cloud))
    default = router.default_route_table_id
    assert (attachment.status, attachment.route_table_id) == ("active", default)
    assert attachment.propagated_route_table_ids == (default,)
    strict = cloud.create("transit_router", default_association=False, default_propagation=False)
    attachment = attach(cloud, strict, *network(cloud, "10.1.0.0/16"))
    assert (attachment.status, attachment.route_table_id, attachment.propagated_route_table_ids) == ("active", "", ())


def test_another_projects_is_accepted_by_the_routers_project() -> None:
    cloud, router, attachment = shared()
    assert attachment.status == "pending-acceptance"
    with pytest.raises(Refused) as error:
        cloud.update(attachment.id, project="beta", status="active")
    assert refused(error) == (403, "transit-router.not-yours", "/status")
    accepted = cloud.update(attachment.id, status="active")
    assert (accepted.status, accepted.route_table_id) == ("active", router.default_route_table_id)
    with pytest.raises(Refused) as error:
        cloud.update(attachment.id, status="rejected")
    assert refused(error) == (409, "transit-router-attachment.answered", "/status")


def test_each_field_is_one_projects_to_set() -> None:
    cloud, router, attachment = shared()
    cloud.update(attachment.id, status="active")
    for patch, project in (
        ({"route_table_id": ""}, "beta"),
        ({"propagated_route_table_ids": []}, "beta"),
        ({"subnet_ids": list(attachment.subnet_ids)}, "alpha"),
    ):
        with pytest.raises(Refused) as error:
            cloud.update(attachment.id, project=project, **patch)
        assert refused(error) == (403, "transit-router.not-yours", f"/{next(iter(patch))}")
    with pytest.raises(Refused) as error:
        cloud.update(router.id, project="beta", shared_with=["beta", "gamma"])
    assert refused(error)[:2] == (403, "transit-router.not-yours")
    with pytest.raises(Refused) as error:
        cloud.delete(router.id, project="beta")
    assert refused(error)[:2] == (403, "transit-router.not-yours")
    with pytest.raises(Refused) as error:
        cloud.create("transit_route_table", project="beta", transit_router_id=router.id)
    assert refused(error)[:2] == (403, "transit-router.not-yours")


def test_a_router_that_is_not_shared_does_not_exist() -> None:
    cloud = Cloud()
    router = cloud.create("transit_router")
    with pytest.raises(Refused) as error:
        attach(cloud, router, *network(cloud, project="beta"), "beta")
    assert refused(error) == (404, "transit-router.not-found", "/transit_router_id")


def test_vpcs_on_one_router_do_not_overlap_whoever_has_them() -> None:
    cloud, router, attachment = shared()
    with pytest.raises(Refused) as error:
        attach(cloud, router, *network(cloud))
    assert refused(error) == (409, "cidr.overlap", "/vpc_id")
    assert attachment.vpc_id not in str(error.value)
    cloud.update(attachment.id, status="rejected")
    vpc, subnet = network(cloud)
    attach(cloud, router, vpc, subnet)
    twin, subnet = network(cloud)
    with pytest.raises(Refused) as error:
        attach(cloud, router, twin, subnet)
    assert refused(error)[1] == "cidr.overlap"


def test_a_block_added_later_is_looked_at_in_the_other_project_too() -> None:
    cloud, router, attachment = shared()
    cloud.update(attachment.id, status="active")
    vpc, subnet = network(cloud, "10.1.0.0/16")
    attach(cloud, router, vpc, subnet)
    with pytest.raises(Refused) as error:
        cloud.update(attachment.vpc_id, project="beta", cidr_blocks=["10.0.0.0/16", "10.1.0.0/20"])
    assert refused(error) == (409, "cidr.overlap", "/cidr_blocks/1")


def test_attachments_that_are_refused() -> None:
    cloud = Cloud()
    router = cloud.create("transit_router")
    vpc, subnet = network(cloud)
    _, other = network(cloud, "10.1.0.0/16")
    gateway = cloud.create("private_gateway", vrf="acme-connect")
    body = {"transit_router_id": router.id}
    for fields, code, field in (
        ({}, "transit-router-attachment.of", "/vpc_id"),
        ({"vpc_id": vpc.id, "private_gateway_id": gateway.id}, "transit-router-attachment.of", "/vpc_id"),
        ({"vpc_id": vpc.id}, "subnets.none", "/subnet_ids"),
        ({"vpc_id": vpc.id, "subnet_ids": [other.id]}, "subnets.other-vpc", "/subnet_ids/0"),
        (
            {"private_gateway_id": gateway.id, "subnet_ids": [subnet.id]},
            "transit-router-attachment.of",
            "/subnet_ids",
        ),
        ({"private_gateway_id": "pgw-0"}, "private-gateway.not-found", "/private_gateway_id"),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("transit_router_attachment", **body, **fields)
        assert refused(error) == (404 if code.endswith(".not-found") else 422, code, field)
    attach(cloud, router, vpc, subnet)
    with pytest.raises(Refused) as error:
        attach(cloud, router, vpc, subnet)
    assert refused(error) == (409, "transit-router-attachment.duplicate", "/transit_router_id")


def test_a_private_gateway_is_attached_once() -> None:
    cloud = Cloud()
    router = cloud.create("transit_router")
    gateway = cloud.create("private_gateway", vrf="acme-connect")
    cloud.create("transit_router_attachment", transit_router_id=router.id, private_gateway_id=gateway.id)
    vpc, _ = network(cloud)
    with pytest.raises(Refused) as error:
        cloud.update(gateway.id, vpc_id=vpc.id)
    assert refused(error) == (409, "private-gateway.attached", "/vpc_id")
    second = cloud.create("transit_router")
    with pytest.raises(Refused) as error:
        cloud.create("transit_router_attachment", transit_router_id=second.id, private_gateway_id=gateway.id)
    assert refused(error) == (409, "private-gateway.attached", "/private_gateway_id")


def test_tables_and_their_routes() -> None:
    cloud = Cloud()
    router, other = (cloud.create("transit_router") for _ in range(2))
    attachment = attach(cloud, router, *network(cloud))
    routes = [{"destination": "0.0.0.0/0", "attachment_id": attachment.id}, {"destination": "10.9.0.0/16"}]
    table = cloud.create("transit_route_table", transit_router_id=router.id, routes=routes)
    for wanted, code, field in (
        ([routes[0], routes[0]], "route.duplicate", "/routes/1/destination"),
        ([{"destination": "10.9.9.9/16"}], "cidr.host-bits", "/routes/0/destination"),
        (
            [{"destination": "10.9.0.0/16", "attachment_id": "tra-0"}],
            "transit-router-attachment.not-found",
            "/routes/0/attachment_id",
        ),
    ):
        with pytest.raises(Refused) as error:
            cloud.update(table.id, routes=wanted)
        assert refused(error) == (404 if code.endswith(".not-found") else 422, code, field)
    with pytest.raises(Refused) as error:
        cloud.create("transit_route_table", transit_router_id=other.id, routes=routes)
    assert refused(error)[1] == "transit-router-attachment.not-found"
    cloud.update(attachment.id, route_table_id=table.id)
    with pytest.raises(Refused) as error:
        cloud.delete(table.id)
    assert [use.id for use in error.value.uses] == [attachment.id]
    change = cloud.plan_update(table.id, routes=routes[:1])
    assert [e.cuts for e in change.effects] == [False]
    assert [e.cuts for e in cloud.plan_update(table.id, routes=routes[1:]).effects] == [True]
    with pytest.raises(Refused) as error:
        cloud.delete(router.default_route_table_id)
    assert refused(error)[:2] == (409, "transit-route-table.default")


def test_association_and_propagation_are_with_the_routers_own_tables() -> None:
    cloud = Cloud()
    router, other = (cloud.create("transit_router") for _ in range(2))
    attachment = attach(cloud, router, *network(cloud))
    for patch, field in (
        ({"route_table_id": other.default_route_table_id}, "/route_table_id"),
        ({"propagated_route_table_ids": [other.default_route_table_id]}, "/propagated_route_table_ids/0"),
    ):
        with pytest.raises(Refused) as error:
            cloud.update(attachment.id, **patch)
        assert refused(error) == (404, "transit-route-table.not-found", field)
    change = cloud.plan_update(attachment.id, route_table_id="", propagated_route_table_ids=[])
    assert [e.cuts for e in change.effects] == [True, True]


def test_what_waits_is_not_routed() -> None:
    cloud, router, attachment = shared()
    with pytest.raises(Refused) as error:
        cloud.update(attachment.id, route_table_id=router.default_route_table_id)
    assert refused(error) == (409, "transit-router-attachment.not-active", "/status")


def test_either_project_ends_it() -> None:
    for project, told in (("alpha", 1), ("beta", 2)):
        cloud, router, attachment = shared()
        cloud.update(attachment.id, status="active")
        vpc = cloud.get(attachment.vpc_id, "beta")
        routes = [{"destination": "10.8.0.0/13", "target": router.id}]
        cloud.update(vpc.main_route_table_id, project="beta", routes=routes)
        with pytest.raises(Refused) as error:
            cloud.delete(router.id)
        assert {use.id for use in error.value.uses} == {attachment.id}
        assert len(cloud.delete(attachment.id, project=project).effects) == told
        cloud.delete(router.id)


def test_projects_that_cannot_be() -> None:
    with pytest.raises(Refused) as error:
        Cloud().create("transit_router", shared_with=["beta", ""])
    assert refused(error) == (422, "project.malformed", "/shared_with/1")


def test_its_subnets_are_of_its_vpc() -> None:
    cloud = Cloud()
    router = cloud.create("transit_router")
    vpc, subnet = network(cloud)
    west = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.2.0/24", availability_zone="west")
    _, foreign = network(cloud, "10.1.0.0/16")
    attachment = attach(cloud, router, vpc, subnet)
    with pytest.raises(Refused) as error:
        cloud.update(attachment.id, subnet_ids=[foreign.id])
    assert refused(error) == (422, "subnets.other-vpc", "/subnet_ids/0")
    assert cloud.update(attachment.id, subnet_ids=[subnet.id, west.id]).subnet_ids == (subnet.id, west.id)
    gateway = cloud.create("private_gateway", vrf="acme-connect")
    of_gateway = cloud.create("transit_router_attachment", transit_router_id=router.id, private_gateway_id=gateway.id)
    with pytest.raises(Refused) as error:
        cloud.update(of_gateway.id, subnet_ids=[subnet.id])
    assert refused(error) == (422, "transit-router-attachment.of", "/subnet_ids")


def test_a_gateway_of_a_vpc_is_not_attached() -> None:
    cloud = Cloud()
    router = cloud.create("transit_router")
    vpc, _ = network(cloud)
    gateway = cloud.create("private_gateway", vrf="acme-connect", vpc_id=vpc.id)
    with pytest.raises(Refused) as error:
        cloud.create("transit_router_attachment", transit_router_id=router.id, private_gateway_id=gateway.id)
    assert refused(error) == (409, "private-gateway.attached", "/private_gateway_id")
    with pytest.raises(Refused) as error:
        cloud.create("transit_route_table", transit_router_id="tr-0")
    assert refused(error) == (404, "transit-router.not-found", "/transit_router_id")


def test_who_is_attached_takes_what_wider_routes_led_elsewhere() -> None:
    """Input: a VPC that is attached to a router whose table has a default route, then learnt by another table. Output:
    that it is reached, and which of its blocks led elsewhere."""
    cloud = Cloud()
    router = cloud.create("transit_router")
    first = attach(cloud, router, *network(cloud))
    table = router.default_route_table_id
    cloud.update(table, routes=[{"destination": "0.0.0.0/0", "attachment_id": first.id}])
    vpc, subnet = network(cloud, "10.1.0.0/16")
    body = {"transit_router_id": router.id, "vpc_id": vpc.id, "subnet_ids": [subnet.id]}
    attached, taken = cloud.plan("transit_router_attachment", **body).effects
    assert (attached.cuts, vpc.id in attached.message) == (False, True)
    assert (taken.cuts, taken.resource_id) == (True, table)
    assert taken.message.startswith(f"10.1.0.0/16 led to {first.id} by a wider route, and will lead to tra-")
    second = attach(cloud, router, vpc, subnet)
    other = cloud.create("transit_route_table", transit_router_id=router.id)
    learning = [table, other.id]
    assert not cloud.plan_update(second.id, propagated_route_table_ids=learning).effects, "nothing is routed by it"
    cloud.update(other.id, routes=[{"destination": "10.0.0.0/8", "attachment_id": first.id}])
    cloud.update(first.id, route_table_id=other.id)
    [effect] = cloud.plan_update(second.id, propagated_route_table_ids=learning).effects
    assert (effect.cuts, effect.resource_id) == (True, other.id)
    assert not cloud.plan_update(second.id, name="x").effects


def test_what_is_accepted_is_told_and_what_only_asks_is_not() -> None:
    cloud, router, attachment = shared()
    vpc, subnet = network(cloud, "10.1.0.0/16", project="beta")
    body = {"transit_router_id": router.id, "vpc_id": vpc.id, "subnet_ids": [subnet.id]}
    assert not cloud.plan("transit_router_attachment", project="beta", **body).effects
    [effect] = cloud.plan_update(attachment.id, status="active").effects
    assert (effect.cuts, effect.resource_id) == (False, attachment.id)
    assert not cloud.plan_update(attachment.id, status="rejected").effects


def test_static_routes_to_an_attachment_that_goes_are_told_to_the_routers_project() -> None:
    for project, told in (("alpha", 2), ("beta", 1)):
        cloud, router, attachment = shared()
        cloud.update(attachment.id, status="active")
        table = router.default_route_table_id
        cloud.update(table, routes=[{"destination": "10.8.0.0/16", "attachment_id": attachment.id}])
        effects = cloud.plan_delete(attachment.id, project=project).effects
        assert len(effects) == told
        assert all(effect.cuts for effect in effects)
        assert [e.resource_id for e in effects[1:]] == ([table] if project == "alpha" else [])
