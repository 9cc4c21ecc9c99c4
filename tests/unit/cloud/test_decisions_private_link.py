"""Private link: who may make endpoints, who accepts them, who ends them."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, network, public, refused
from crossconnect.cloud.resource import Refused


def offered(**fields: Any) -> tuple[Cloud, Any, Any]:
    """A service of alpha, and a subnet of beta."""
    cloud = Cloud()
    _, subnet = network(cloud)
    balancer = cloud.create("load_balancer", subnet_ids=[subnet.id])
    service = cloud.create("endpoint_service", load_balancer_id=balancer.id, **fields)
    _, client = network(cloud, "10.1.0.0/16", project="beta")
    return cloud, service, client


def endpoint(cloud: Cloud, service: Any, subnet: Any, project: str = "beta") -> Any:
    return cloud.create("service_endpoint", project=project, service_id=service.id, subnet_ids=[subnet.id])


def test_a_service_stands_behind_an_internal_load_balancer_of_its_own() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    public(cloud, vpc)
    facing = cloud.create(
        "load_balancer",
        subnet_ids=[subnet.id],
        scheme="internet-facing",
        elastic_ip_id=cloud.create("elastic_ip").id,
    )
    balancer = cloud.create("load_balancer", subnet_ids=[subnet.id])
    cloud.create("endpoint_service", load_balancer_id=balancer.id)
    for id, status, code in (
        ("lb-0", 404, "load-balancer.not-found"),
        (facing.id, 422, "endpoint-service.load-balancer"),
        (balancer.id, 409, "endpoint-service.load-balancer-in-use"),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("endpoint_service", load_balancer_id=id)
        assert refused(error) == (status, code, "/load_balancer_id")


def test_who_is_not_allowed_finds_nothing() -> None:
    cloud, service, client = offered(allowed_projects=["gamma"])
    with pytest.raises(Refused) as error:
        endpoint(cloud, service, client)
    assert refused(error) == (404, "endpoint-service.not-found", "/service_id")
    cloud.update(service.id, allowed_projects=["*"])
    assert endpoint(cloud, service, client).addresses == ("10.1.1.4",)


def test_it_waits_until_it_is_accepted() -> None:
    cloud, service, client = offered(allowed_projects=["beta"])
    made = endpoint(cloud, service, client)
    assert made.status == "pending-acceptance"
    with pytest.raises(Refused) as error:
        cloud.update(made.id, project="beta", status="active")
    assert refused(error) == (403, "service-endpoint.not-yours", "/status")
    cloud.update(made.id, status="active")
    change = cloud.plan_update(made.id, status="rejected")
    assert [e.cuts for e in change.effects] == [True]
    cloud.apply(change)
    with pytest.raises(Refused) as error:
        cloud.update(made.id, status="active")
    assert refused(error) == (409, "service-endpoint.answered", "/status")
    cloud.delete(service.id)


def test_without_acceptance_and_within_the_project_it_is_active_at_once() -> None:
    cloud, service, client = offered(allowed_projects=["beta"], acceptance_required=False)
    assert endpoint(cloud, service, client).status == "active"
    cloud, service, _ = offered()
    _, own = network(cloud, "10.2.0.0/16")
    assert endpoint(cloud, service, own, "alpha").status == "active"


def test_a_vpc_has_one_endpoint_of_a_service() -> None:
    cloud, service, client = offered(allowed_projects=["beta"])
    endpoint(cloud, service, client)
    with pytest.raises(Refused) as error:
        endpoint(cloud, service, client)
    assert refused(error) == (409, "service-endpoint.duplicate", "/service_id")


def test_translated_sources_may_overlap_kept_ones_may_not() -> None:
    cloud, service, _ = offered(allowed_projects=["*"])
    _, same = network(cloud, project="beta")
    endpoint(cloud, service, same)
    cloud, service, client = offered(allowed_projects=["*"], source="kept")
    vpc, same = network(cloud, project="gamma")
    with pytest.raises(Refused) as error:
        endpoint(cloud, service, same, "gamma")
    assert refused(error) == (409, "cidr.overlap", "/service_id")
    endpoint(cloud, service, client)
    vpc, twin = network(cloud, "10.1.0.0/16", project="gamma")
    with pytest.raises(Refused) as error:
        endpoint(cloud, service, twin, "gamma")
    assert refused(error) == (409, "cidr.overlap", "/service_id")
    other, free = network(cloud, "10.2.0.0/16", project="gamma")
    endpoint(cloud, service, free, "gamma")
    with pytest.raises(Refused) as error:
        cloud.update(other.id, project="gamma", cidr_blocks=["10.2.0.0/16", "10.0.0.0/20"])
    assert refused(error) == (409, "cidr.overlap", "/cidr_blocks/1")
    assert vpc.cidr_blocks == ("10.1.0.0/16",)


def test_clients_of_two_services_that_keep_sources_in_one_vpc_are_told_apart() -> None:
    """Input: a second service in the VPC of one that keeps sources. Output: neither the same client's VPC nor one with
    its addresses may reach both, unless one of them translates."""
    cloud, service, client = offered(allowed_projects=["*"], source="kept")
    endpoint(cloud, service, client)
    beside = cloud.get(service.load_balancer_id).subnet_ids

    def another(source: str) -> Any:
        balancer = cloud.create("load_balancer", subnet_ids=beside)
        return cloud.create("endpoint_service", load_balancer_id=balancer.id, allowed_projects=["*"], source=source)

    second = another("kept")
    with pytest.raises(Refused) as error:
        endpoint(cloud, second, client)
    assert refused(error) == (409, "service-endpoint.two-ways", "/service_id")
    _, twin = network(cloud, "10.1.0.0/16", project="gamma")
    with pytest.raises(Refused) as error:
        endpoint(cloud, second, twin, "gamma")
    assert refused(error) == (409, "cidr.overlap", "/service_id")
    assert service.id not in error.value.problems[0].message, "who else is there stays untold"
    free, subnet = network(cloud, "10.2.0.0/16", project="gamma")
    endpoint(cloud, second, subnet, "gamma")
    with pytest.raises(Refused) as error:
        cloud.update(free.id, project="gamma", cidr_blocks=["10.2.0.0/16", "10.1.0.0/20"])
    assert refused(error) == (409, "cidr.overlap", "/cidr_blocks/1")
    endpoint(cloud, another("translated"), client)
    endpoint(cloud, another("translated"), twin, "gamma")


def test_the_services_own_vpc_needs_no_endpoint_where_sources_are_kept() -> None:
    cloud, service, _ = offered(source="kept")
    subnet = next(s for s in cloud.of("subnet") if s.vpc_id == service.vpc_id)
    with pytest.raises(Refused) as error:
        endpoint(cloud, service, subnet, "alpha")
    assert refused(error) == (422, "service-endpoint.own-vpc", "/subnet_ids/0")


def test_who_ends_what() -> None:
    cloud, service, client = offered(allowed_projects=["beta"])
    made = endpoint(cloud, service, client)
    with pytest.raises(Refused) as error:
        cloud.delete(service.id)
    assert [use.id for use in error.value.uses] == [made.id]
    with pytest.raises(Refused) as error:
        cloud.delete(made.id, project="alpha")
    assert refused(error)[:2] == (403, "service-endpoint.not-yours")
    with pytest.raises(Refused) as error:
        cloud.delete(service.id, project="beta")
    assert refused(error)[:2] == (403, "endpoint-service.not-yours")
    with pytest.raises(Refused) as error:
        cloud.update(service.id, project="beta", allowed_projects=["*"])
    assert refused(error)[:2] == (403, "endpoint-service.not-yours")
    cloud.delete(made.id, project="beta")
    cloud.delete(service.id)


def test_projects_that_cannot_be() -> None:
    cloud, service, _ = offered()
    for projects, code, field in (
        (["a", ""], "project.malformed", "/allowed_projects/1"),
        ([f"p{n}" for n in range(1001)], "endpoint-service.projects-too-many", "/allowed_projects"),
    ):
        with pytest.raises(Refused) as error:
            cloud.update(service.id, allowed_projects=projects)
        assert refused(error) == (422, code, field)


IN_VRF: dict[str, Any] = {
    "vrf": "acme-connect",
    "source_address": "172.20.0.200",
    "listeners": [{"port": 80, "backends": [{"address": "172.20.0.9", "port": 8080}]}],
}


def test_a_service_in_a_vrf_has_listeners_and_a_source_address_of_its_own() -> None:
    """Output: others make endpoints of it as of any; what else it does not answer any more is told; its address is its
    own, and goes with it."""
    cloud, _, client = offered()
    service = cloud.create("endpoint_service", **IN_VRF, allowed_projects=["beta"])
    assert (service.vpc_id, service.load_balancer_id, service.source) == ("", "", "translated")
    made = endpoint(cloud, service, client)
    assert (made.status, made.addresses) == ("pending-acceptance", ("10.1.1.4",))
    with pytest.raises(Refused) as error:
        cloud.create("endpoint_service", **IN_VRF)
    assert refused(error) == (409, "endpoint-service.source-address-in-use", "/source_address")
    backend = {"address": "172.20.0.10", "port": 8080}
    for listeners, message in (
        ([{"port": 443, "backends": [backend]}], "does not answer on tcp 80 any more"),
        ([{"port": 80, "backends": [backend]}], "that 172.20.0.9 port 8080 answers end"),
    ):
        [effect] = cloud.plan_update(service.id, listeners=listeners).effects
        assert (effect.cuts, effect.resource_id) == (True, service.id)
        assert message in effect.message
    more = [{"port": 80, "backends": [*IN_VRF["listeners"][0]["backends"], backend]}]
    assert not cloud.plan_update(service.id, listeners=more).effects
    with pytest.raises(Refused) as error:
        cloud.update(service.id, project="beta", listeners=more)
    assert refused(error)[:2] == (403, "endpoint-service.not-yours")
    cloud.delete(made.id, project="beta")
    cloud.delete(service.id)
    cloud.create("endpoint_service", **IN_VRF)


def test_services_in_a_vrf_that_are_refused() -> None:
    cloud, other, _ = offered()
    vpc, _ = network(cloud, "172.21.0.0/16")
    cloud.create("private_gateway", vrf="acme-connect", vpc_id=vpc.id)
    listener = IN_VRF["listeners"][0]
    for fields, status, code, field in (
        ({"vrf": ""}, 422, "endpoint-service.where", "/load_balancer_id"),
        ({"load_balancer_id": other.load_balancer_id}, 422, "endpoint-service.where", "/load_balancer_id"),
        ({"vrf": "globex"}, 422, "endpoint-service.vrf", "/vrf"),
        ({"source": "kept"}, 422, "endpoint-service.vrf-kept", "/source"),
        ({"source_address": ""}, 422, "endpoint-service.no-source-address", "/source_address"),
        ({"source_address": "one"}, 422, "address.malformed", "/source_address"),
        ({"source_address": "2001:db8::1"}, 422, "endpoint-service.address", "/source_address"),
        ({"source_address": "224.0.0.5"}, 422, "endpoint-service.address", "/source_address"),
        ({"source_address": "100.64.0.1"}, 422, "endpoint-service.address", "/source_address"),
        ({"source_address": "172.21.9.9"}, 409, "cidr.overlap", "/source_address"),
        ({"listeners": []}, 422, "endpoint-service.no-listener", "/listeners"),
        ({"listeners": [listener, listener]}, 422, "endpoint-service.listener-twice", "/listeners/1/port"),
        ({"listeners": [{"port": 1, "backends": []}]}, 422, "endpoint-service.no-backend", "/listeners/0/backends"),
        ({"listeners": [listener | {"port": 0}]}, 422, "port.range", "/listeners/0/port"),
        (
            {"listeners": [{"port": 1, "backends": [{"address": "172.20.0.9", "port": 0}]}]},
            422,
            "port.range",
            "/listeners/0/backends/0/port",
        ),
        (
            {"listeners": [{"port": 1, "backends": [{"address": "127.0.0.1", "port": 1}]}]},
            422,
            "endpoint-service.address",
            "/listeners/0/backends/0/address",
        ),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("endpoint_service", **IN_VRF | fields)
        assert refused(error) == (status, code, field)
    behind = {"load_balancer_id": other.load_balancer_id}
    with pytest.raises(Refused) as error:
        cloud.create("endpoint_service", **behind, listeners=IN_VRF["listeners"])
    assert refused(error) == (422, "endpoint-service.not-in-vrf", "/listeners")
    with pytest.raises(Refused) as error:
        cloud.update(other.id, listeners=IN_VRF["listeners"])
    assert refused(error) == (422, "endpoint-service.not-in-vrf", "/listeners")


def test_a_vpc_with_the_address_of_a_services_clients_is_not_announced_beside_it() -> None:
    cloud = Cloud()
    cloud.create("endpoint_service", **IN_VRF)
    vpc, _ = network(cloud, "172.20.0.0/16")
    with pytest.raises(Refused) as error:
        cloud.create("private_gateway", vrf="acme-connect", vpc_id=vpc.id)
    assert refused(error) == (409, "cidr.overlap", "/vpc_id")


def test_a_block_that_comes_later_does_not_have_the_address_of_a_services_clients() -> None:
    """Input: further blocks of a VPC that is announced into the VRF of a service, and of one that is not. Output: what
    has the service's source address in it is refused, and only there."""
    cloud = Cloud(vrfs=("acme-connect", "acme-other"))
    service = cloud.create("endpoint_service", **IN_VRF)
    vpc, _ = network(cloud)
    gateway = cloud.create("private_gateway", vrf="acme-connect", vpc_id=vpc.id)
    blocks = ["10.0.0.0/16", "10.9.0.0/16", "172.20.0.0/24"]
    with pytest.raises(Refused) as error:
        cloud.update(vpc.id, cidr_blocks=blocks)
    assert refused(error) == (409, "cidr.overlap", "/cidr_blocks/2")
    assert service.id in str(error.value)
    cloud.update(vpc.id, cidr_blocks=["10.0.0.0/16", "172.20.1.0/24"])
    cloud.update(gateway.id, vpc_id="")
    cloud.update(vpc.id, cidr_blocks=blocks)
    with pytest.raises(Refused) as error:
        cloud.update(gateway.id, vpc_id=vpc.id)
    assert refused(error) == (409, "cidr.overlap", "/vpc_id")
    cloud.create("private_gateway", vrf="acme-other", vpc_id=vpc.id)
