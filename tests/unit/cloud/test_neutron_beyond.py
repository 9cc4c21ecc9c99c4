"""The real openstacksdk against a real `xc serve`, beyond networks and ports: quotas, single tags, routes one by one,
conditions on revisions, what there is nothing of, and Keystone's own answers."""

from __future__ import annotations

import concurrent.futures
import functools
from typing import Any

import openstack
import pytest
from openstack import exceptions

from cloud_api import shared_api
from crossconnect.cloud.neutron.external import expect_pool
from crossconnect.cloud.neutron.render import external_subnet_id
from crossconnect.cloud.resource import Refused


@functools.cache
def neutron() -> Any:
    """The network proxy of one project's connection."""
    return connection().network


@functools.cache
def connection() -> Any:
    """For acme."""
    api = shared_api()
    auth = {
        "auth_url": f"{api.url}/identity/v3",
        "username": "whoever",
        "password": api.keys["acme/member"],
        "project_name": "acme",
        "user_domain_id": "default",
        "project_domain_id": "default",
    }
    return openstack.connection.Connection(auth=auth, region_name="RegionOne", identity_api_version="3")


def raw(method: str, path: str, **more: Any) -> Any:
    """A request without the SDK."""
    api = shared_api()
    headers = {"x-auth-token": api.keys["acme/member"], **more.pop("headers", {})}
    return api.http.request(method, path, headers=headers, **more)


def test_quotas_are_listed_and_defaults_are_the_regions() -> None:
    """Input: a project with a quota of its own. Output: its quotas in the list and by name; the defaults without it."""
    (listed,) = raw("GET", "/neutron/v2.0/quotas").json()["quotas"]
    assert listed["project_id"] == "acme"
    shown = raw("GET", "/neutron/v2.0/quotas/acme").json()["quota"]
    assert listed["port"] == shown["port"] == neutron().get_quota("acme").ports
    default = raw("GET", "/neutron/v2.0/quotas/acme/default").json()["quota"]
    assert default.keys() == shown.keys()
    operator = {"key": "operator", "headers": {"content-type": "application/merge-patch+json"}}
    api = shared_api()
    assert api.call("PATCH", "/v1/projects/acme", {"quotas": {"elastic_ip": 49}}, **operator).status_code == 200
    assert raw("GET", "/neutron/v2.0/quotas/acme").json()["quota"]["floatingip"] == 49
    assert raw("GET", "/neutron/v2.0/quotas/acme/default").json()["quota"]["floatingip"] == default["floatingip"]
    assert api.call("PATCH", "/v1/projects/acme", {"quotas": {"elastic_ip": None}}, **operator).status_code == 200
    assert raw("GET", "/neutron/v2.0/quotas/acme").json()["quota"]["floatingip"] == shown["floatingip"]


def test_tags_one_by_one() -> None:
    """Input: tags added one by one, at once, one taken away. Output: none is lost; what is not there is 404."""
    net = neutron().create_network(name="tagged")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        paths = [f"/neutron/v2.0/networks/{net.id}/tags/t{n}" for n in range(4)]
        assert [got.status_code for got in pool.map(lambda path: raw("PUT", path), paths)] == [201] * 4
    neutron().add_tag(net, "env=prod")
    assert sorted(neutron().get_network(net.id).tags) == ["env=prod", "t0", "t1", "t2", "t3"]
    neutron().remove_tag(net, "t2")
    assert raw("GET", f"/neutron/v2.0/networks/{net.id}/tags/t1").status_code == 204
    assert raw("GET", f"/neutron/v2.0/networks/{net.id}/tags/t2").status_code == 404
    assert raw("DELETE", f"/neutron/v2.0/networks/{net.id}/tags/t2").status_code == 404


def test_routes_one_by_one() -> None:
    """Input: routes added to a router's and taken away, among them one that is there and one that is not. Output: the
    others stay."""
    net = neutron().create_network(name="routed")
    subnet = neutron().create_subnet(network_id=net.id, ip_version=4, cidr="10.195.1.0/24")
    router = neutron().create_router(name="one by one")
    neutron().add_interface_to_router(router, subnet_id=subnet.id)
    port = neutron().create_port(network_id=net.id)
    hop = port.fixed_ips[0]["ip_address"]
    one, two, three = ({"destination": f"192.168.{n}.0/24", "nexthop": hop} for n in range(3))

    def change(word: str, *routes: dict[str, str]) -> list[dict[str, str]]:
        got = raw("PUT", f"/neutron/v2.0/routers/{router.id}/{word}", json={"router": {"routes": list(routes)}})
        assert got.status_code == 200, got.text
        return got.json()["router"]["routes"]

    assert change("add_extraroutes", one, two) == [one, two]
    assert change("add_extraroutes", two, three) == [one, two, three]
    assert change("remove_extraroutes", one, {**one, "destination": "192.168.9.0/24"}) == [two, three]
    nowhere = {"router": {"routes": [{"destination": "192.168.7.0/24", "nexthop": "10.195.9.9"}]}}
    assert raw("PUT", f"/neutron/v2.0/routers/{router.id}/add_extraroutes", json=nowhere).status_code == 400


def test_changes_on_condition_of_a_revision() -> None:
    """Input: changes and a deletion that name an old revision, something else, and the right one. Output: 412, 400 and
    nothing changed; then done."""
    net = neutron().create_network(name="conditional")
    neutron().update_network(net.id, name="changed")
    with pytest.raises(exceptions.HttpException) as stale:
        neutron().update_network(net.id, if_revision=net.revision_number, name="too late")
    assert stale.value.status_code == 412
    path, stale_is = f"/neutron/v2.0/networks/{net.id}", {"if-match": f"revision_number={net.revision_number}"}
    assert raw("DELETE", path, headers=stale_is).status_code == 412
    assert raw("DELETE", path, headers={"if-match": '"7"'}).status_code == 400
    now = neutron().get_network(net.id)
    assert now.name == "changed"
    assert raw("DELETE", path, headers={"if-match": f"revision_number={now.revision_number}"}).status_code == 204


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("trunks", {"trunk": {"port_id": "x"}}, "no trunks"),
        ("rbac-policies", {"rbac_policy": {"object_type": "network"}}, "one project's"),
        ("qos/policies", {"policy": {"name": "q"}}, "no QoS"),
        ("address-groups", {"address_group": {"name": "q"}}, "prefix lists"),
    ],
)
def test_what_there_is_nothing_of_is_not_made(path: str, body: object, reason: str) -> None:
    """Input: things that do not map. Output: an empty list, and 400 with the reason to who wants one."""
    (listed,) = raw("GET", f"/neutron/v2.0/{path}").json().values()
    assert listed == []
    refused = raw("POST", f"/neutron/v2.0/{path}", json=body)
    assert refused.status_code == 400
    assert reason in refused.json()["NeutronError"]["message"]


def test_lists_refuse_orders_and_places_that_are_none() -> None:
    """Input: an unknown direction, the marker of nothing. Output: 400, not another list."""
    assert raw("GET", "/neutron/v2.0/ports?sort_key=name&sort_dir=down").status_code == 400
    assert raw("GET", "/neutron/v2.0/ports?limit=2&marker=nothing").status_code == 400


def test_keystone_knows_the_credentials_project_and_speaks_its_own_errors() -> None:
    """Input: questions about projects, a wrong password. Output: the own project only; errors in Keystone's form, which
    its clients show."""
    assert [project.id for project in connection().identity.projects()] == ["acme"]
    assert connection().identity.find_project("acme").name == "acme"
    assert connection().identity.find_project("globex") is None
    auth = {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "a", "password": "no"}}}}}
    refused = shared_api().http.post("/identity/v3/auth/tokens", json=auth)
    assert refused.json()["error"]["code"] == refused.status_code == 401
    assert "neither an API key" in refused.json()["error"]["message"]
    assert set(raw("GET", "/identity/v3/nothing").json()["error"]) == {"code", "title", "message"}


def test_no_request_is_a_dry_run() -> None:
    """Input: writes that say `dry_run`, which is not Neutron's. Output: they are refused, and nothing is done: policies
    that let somebody ask beforehand must not let him do it."""
    made = raw("POST", "/neutron/v2.0/networks", json={"network": {"name": "beforehand"}}).json()["network"]
    path = f"/neutron/v2.0/networks/{made['id']}"
    for method, where, body in (
        ("POST", "/neutron/v2.0/networks", {"network": {"name": "beforehand"}}),
        ("PUT", path, {"network": {"name": "changed"}}),
        ("DELETE", path, None),
        ("GET", path, None),
    ):
        got = raw(method, f"{where}?dry_run=true", json=body)
        assert (got.status_code, got.json()["NeutronError"]["detail"]) == (400, "query.unknown"), method
    assert [one.id for one in neutron().networks(name="beforehand")] == [made["id"]]
    assert raw("DELETE", path).status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("POST", "ports", {"port": {}}, "network_id"),
        ("POST", "ports", {"port": {"network_id": None}}, "network_id"),
        ("POST", "subnets", {"subnet": {"cidr": "10.1.0.0/24", "ip_version": 4}}, "network_id"),
        ("POST", "floatingips", {"floatingip": {}}, "floating_network_id"),
        ("PUT", "routers/{}/add_router_interface", {}, "subnet_id"),
        ("PUT", "routers/{}/remove_router_interface", {"subnet_id": None}, "subnet_id"),
    ],
)
def test_what_has_to_be_said_is_asked_for(method: str, path: str, body: object, name: str) -> None:
    where = path.format(neutron().create_router(name="asked").id) if "{}" in path else path
    got = raw(method, f"/neutron/v2.0/{where}", json=body)
    assert (got.status_code, got.json()["NeutronError"]["type"]) == (400, "InvalidInput")
    assert name in got.json()["NeutronError"]["message"]


def test_a_networks_zone_is_shown_before_it_has_a_subnet() -> None:
    made = neutron().create_network(name="hinted", availability_zone_hints=["zone-b"])
    assert made.availability_zone_hints == ["zone-b"]
    assert neutron().get_network(made.id).availability_zones == []
    neutron().create_subnet(network_id=made.id, ip_version=4, cidr="10.231.7.0/24")
    shown = neutron().get_network(made.id)
    assert (shown.availability_zone_hints, shown.availability_zones) == (["zone-b"], ["zone-b"])
    neutron().delete_network(made.id)


def test_addresses_are_of_the_pool_that_is_asked_for() -> None:
    external = neutron().find_network("internet")
    (pool,) = external.subnet_ids
    made = neutron().create_ip(floating_network_id=external.id, subnet_id=pool)
    for wrong in ({"subnet_id": external.id}, {"subnet_id": pool, "floating_ip_address": "8.8.8.8"}):
        with pytest.raises(exceptions.BadRequestException):
            neutron().create_ip(floating_network_id=external.id, **wrong)
    info = {"network_id": external.id, "external_fixed_ips": [{"subnet_id": external.id}]}
    with pytest.raises(exceptions.BadRequestException, match="no subnet of `internet`"):
        neutron().create_router(name="elsewhere", external_gateway_info=info)
    neutron().delete_ip(made)


def test_of_several_pools_an_address_says_which() -> None:
    pools = ("203.0.113.0/24", "198.51.100.0/24")
    second = external_subnet_id(1)
    expect_pool(pools, "", "", "subnet_id")
    expect_pool(pools, second, "198.51.100.7", "subnet_id")
    expect_pool(pools, second, "seven", "subnet_id")
    for address in ("", "203.0.113.7"):
        with pytest.raises(Refused) as caught:
            expect_pool(pools, second, address, "subnet_id")
        assert caught.value.status == 400
