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
