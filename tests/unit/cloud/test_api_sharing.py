"""What one project shares with another: the other sees that it is there and what it needs of it, and no more; wherever
it looks."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_api import Api, shared_api

OWNER, GUEST = "globex/admin", "acme/admin"
SECRETS = {"tags": {"customer": "initech"}, "description": "for initech"}


@pytest.fixture(scope="module")
def api() -> Api:
    return shared_api()


@pytest.fixture(scope="module")
def router(api: Api) -> dict[str, Any]:
    return api.make("transit-routers", {"name": "core", "shared_with": ["acme", "initech"], **SECRETS}, OWNER)


def feed(api: Api, key: str, after: int) -> list[dict[str, Any]]:
    """Changes after a number."""
    found = api.call("GET", "/v1/changes", key=key, params={"after": after, "limit": 1000}).json()["items"]
    return [change for commit in found for change in commit["changes"]]


def test_a_shared_router_is_seen_without_what_is_its_owners(api: Api, router: dict[str, Any]) -> None:
    path = f"/v1/transit-routers/{router['id']}"
    assert api.call("GET", path, key=OWNER).json()["shared_with"] == ["acme", "initech"]
    listed = api.call("GET", "/v1/transit-routers", params={"id": router["id"]}).json()["items"]
    told = [change["resource"] for change in feed(api, GUEST, router["revision"] - 1) if change["id"] == router["id"]]
    for seen in (api.call("GET", path).json(), *listed, *told):
        assert (seen["name"], seen["default_association"]) == ("core", True)
        assert (seen["shared_with"], seen["default_route_table_id"]) == ([], "")
        assert (seen["tags"], seen["description"]) == ({}, "")
    assert len(listed) == len(told) == 1


def test_filters_do_not_tell_it_either(api: Api, router: dict[str, Any]) -> None:
    for params in ({"tag": "customer=initech"}, {"tag": "customer"}):
        assert api.call("GET", "/v1/transit-routers", params=params).json()["items"] == []
        assert len(api.call("GET", "/v1/transit-routers", key=OWNER, params=params).json()["items"]) == 1


def test_an_endpoint_service_does_not_tell_where_it_is(api: Api) -> None:
    vpc = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"]}, OWNER)
    subnet = api.make("subnets", {"vpc_id": vpc["id"], "cidr_block": "10.0.1.0/24"}, OWNER)
    balancer = api.make("load-balancers", {"subnet_ids": [subnet["id"]], "scheme": "internal"}, OWNER)
    asked = {"load_balancer_id": balancer["id"], "allowed_projects": ["*"], "name": "db", **SECRETS}
    service = api.make("endpoint-services", asked, OWNER)
    seen = api.call("GET", f"/v1/endpoint-services/{service['id']}").json()
    assert seen["name"] == "db"
    assert {seen[name] for name in ("vpc_id", "load_balancer_id", "description")} == {""}
    assert (seen["allowed_projects"], seen["tags"]) == ([], {})
    for params in ({"vpc_id": vpc["id"]}, {"load_balancer_id": balancer["id"]}):
        assert api.call("GET", "/v1/endpoint-services", params=params).json()["items"] == []
    # Whoever makes an endpoint is seen by the service's project, without its own notes.
    mine = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"]})
    place = api.make("subnets", {"vpc_id": mine["id"], "cidr_block": "10.0.1.0/24"})
    endpoint = api.make("service-endpoints", {"service_id": service["id"], "subnet_ids": [place["id"]], **SECRETS})
    assert endpoint["tags"] == SECRETS["tags"]
    other = api.call("GET", f"/v1/service-endpoints/{endpoint['id']}", key=OWNER).json()
    assert (other["status"], other["tags"], other["description"]) == ("pending-acceptance", {}, "")
    # An answer by the other project neither shows nor loses them.
    answered = api.call("PATCH", f"/v1/service-endpoints/{endpoint['id']}", {"status": "active"}, key=OWNER).json()
    assert (answered["status"], answered["tags"]) == ("active", {})
    again = api.call("GET", f"/v1/service-endpoints/{endpoint['id']}").json()
    assert (again["status"], again["tags"]) == ("active", SECRETS["tags"])


def test_the_end_of_sharing_is_an_end_in_the_feed(api: Api) -> None:
    made = api.make("transit-routers", {"shared_with": ["acme"]}, OWNER)
    path = f"/v1/transit-routers/{made['id']}"
    changed = api.call("PATCH", path, {"shared_with": ["initech"], "name": "theirs"}, key=OWNER).json()
    assert api.call("GET", path).status_code == 404
    mine = [c["action"] for c in feed(api, GUEST, made["revision"] - 1) if c["id"] == made["id"]]
    assert mine == ["create", "delete"]
    theirs = [c["action"] for c in feed(api, OWNER, made["revision"] - 1) if c["id"] == made["id"]]
    assert theirs == ["create", "update"]
    assert changed["shared_with"] == ["initech"]
