"""Tenants try each other's ids, wherever one can be named: what is another's does not exist, and the attempt is in the
region's audit record."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from cloud_api import Api, shared_api

THEIRS = "globex/admin"


@pytest.fixture(scope="module")
def api() -> Api:
    return shared_api()


class Things:
    """What project globex has, all of it unknown to acme; and acme's own."""

    def __init__(self, api: Api) -> None:
        self.vpc = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"], "name": "secret"}, THEIRS)
        self.subnet = api.make("subnets", {"vpc_id": self.vpc["id"], "cidr_block": "10.0.1.0/24"}, THEIRS)
        self.interface = api.make("network-interfaces", {"subnet_id": self.subnet["id"]}, THEIRS)
        self.prefix_list = api.make("prefix-lists", {}, THEIRS)
        self.elastic_ip = api.make("elastic-ips", {}, THEIRS)
        self.own_vpc = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"]})
        self.own_subnet = api.make("subnets", {"vpc_id": self.own_vpc["id"], "cidr_block": "10.0.1.0/24"})
        self.own_group = self.own_vpc["default_security_group_id"]

    def ids(self) -> list[tuple[str, str]]:
        """(path, id) of all that is globex's."""
        return [
            ("vpcs", self.vpc["id"]),
            ("subnets", self.subnet["id"]),
            ("network-interfaces", self.interface["id"]),
            ("prefix-lists", self.prefix_list["id"]),
            ("elastic-ips", self.elastic_ip["id"]),
            ("security-groups", self.vpc["default_security_group_id"]),
            ("route-tables", self.vpc["main_route_table_id"]),
            ("network-acls", self.vpc["default_network_acl_id"]),
        ]


@pytest.fixture(scope="module")
def things(api: Api) -> Things:
    return Things(api)


def without_ids(problem: dict[str, Any], id: str) -> str:
    """A problem's words, with what is said back of the question taken out."""
    return str({key: value for key, value in problem.items() if key != "request_id"}).replace(id, "ID")


def audited(api: Api, request_id: str) -> dict[str, Any]:
    """The region's record of a request; it is written within a second."""
    end = time.monotonic() + 120
    after = 0
    while time.monotonic() < end:
        got = api.call("GET", "/v1/audit", key="auditor", params={"after": after, "limit": 1000}).json()
        for item in got["items"]:
            if item["request_id"] == request_id:
                return item
        after = got["last"]
        time.sleep(0.1)
    raise AssertionError(f"no record of {request_id}")


def test_in_paths(api: Api, things: Things) -> None:
    for path, id in things.ids():
        nobodys = f"{id.rpartition('-')[0]}-00000000000000000"
        for method, body in (("GET", None), ("PATCH", {"name": "mine"}), ("DELETE", None)):
            refused = api.call(method, f"/v1/{path}/{id}", body)
            absent = api.call(method, f"/v1/{path}/{nobodys}", body)
            assert refused.status_code == 404, (method, path)
            # What another has and what nobody has is the same, to the letter.
            assert without_ids(refused.json(), id) == without_ids(absent.json(), nobodys)
        assert api.call("GET", f"/v1/{path}/{id}/uses").status_code == 404
        assert api.call("GET", f"/v1/{path}/{id}", key=THEIRS).status_code == 200
    record = audited(api, api.call("GET", f"/v1/vpcs/{things.vpc['id']}").headers["request-id"])
    assert record["foreign"] is True
    assert (record["project_id"], record["status"], record["resource_id"]) == ("acme", 404, things.vpc["id"])


Body = Callable[[Things], dict[str, object]]
BODIES: list[tuple[str, str, str, Body]] = [
    ("POST", "subnets", "/vpc_id", lambda t: {"vpc_id": t.vpc["id"], "cidr_block": "10.0.2.0/24"}),
    (
        "POST",
        "subnets",
        "/route_table_id",
        lambda t: {
            "vpc_id": t.own_vpc["id"],
            "cidr_block": "10.0.2.0/24",
            "route_table_id": t.vpc["main_route_table_id"],
        },
    ),
    ("POST", "network-interfaces", "/subnet_id", lambda t: {"subnet_id": t.subnet["id"]}),
    (
        "POST",
        "network-interfaces",
        "/security_group_ids/0",
        lambda t: {"subnet_id": t.own_subnet["id"], "security_group_ids": [t.vpc["default_security_group_id"]]},
    ),
    (
        "POST",
        "security-group-rules",
        "/security_group_id",
        lambda t: {
            "security_group_id": t.vpc["default_security_group_id"],
            "direction": "ingress",
            "peer": "0.0.0.0/0",
        },
    ),
    (
        "POST",
        "security-group-rules",
        "/peer",
        lambda t: {"security_group_id": t.own_group, "direction": "ingress", "peer": t.prefix_list["id"]},
    ),
    ("POST", "elastic-ips", "/network_interface_id", lambda t: {"network_interface_id": t.interface["id"]}),
    ("POST", "internet-gateways", "/vpc_id", lambda t: {"vpc_id": t.vpc["id"]}),
    (
        "POST",
        "nat-gateways",
        "/elastic_ip_id",
        lambda t: {"subnet_id": t.own_subnet["id"], "elastic_ip_id": t.elastic_ip["id"]},
    ),
    (
        "POST",
        "target-groups",
        "/targets/0/network_interface_id",
        lambda t: {
            "vpc_id": t.own_vpc["id"],
            "targets": [{"network_interface_id": t.interface["id"], "port": 80}],
        },
    ),
    ("POST", "load-balancers", "/subnet_ids/0", lambda t: {"subnet_ids": [t.subnet["id"]]}),
    ("POST", "vpc-peerings", "/vpc_id", lambda t: {"vpc_id": t.vpc["id"], "peer_vpc_id": t.own_vpc["id"]}),
]


@pytest.mark.parametrize(("method", "path", "field", "body"), BODIES, ids=[f"{b[1]}{b[2]}" for b in BODIES])
def test_in_bodies(api: Api, things: Things, method: str, path: str, field: str, body: Body) -> None:
    sent = body(things)
    refused = api.call(method, f"/v1/{path}", sent)
    assert refused.status_code == 404, refused.text
    assert refused.json()["errors"][0]["field"] == field
    planned = api.call(method, f"/v1/{path}?dry_run=true", sent)
    assert planned.status_code == 404
    record = audited(api, refused.headers["request-id"])
    assert (record["foreign"], record["action"], record["status"]) == (True, "create", 404)


def test_in_patches(api: Api, things: Things) -> None:
    for path, id, body in (
        ("vpcs", things.own_vpc["id"], {"dhcp_options_id": things.vpc["id"]}),
        ("subnets", things.own_subnet["id"], {"route_table_id": things.vpc["main_route_table_id"]}),
        ("subnets", things.own_subnet["id"], {"network_acl_id": things.vpc["default_network_acl_id"]}),
        (
            "route-tables",
            things.own_vpc["main_route_table_id"],
            {"routes": [{"destination": things.prefix_list["id"], "target": things.interface["id"]}]},
        ),
    ):
        assert api.call("PATCH", f"/v1/{path}/{id}", body).status_code == 404, body


def test_in_filters_and_markers(api: Api, things: Things) -> None:
    for path, id in things.ids():
        for params in ({"id": id}, {"marker": id}):
            listed = api.call("GET", f"/v1/{path}", params=params)
            assert listed.status_code == 200
            assert all(item["project_id"] == "acme" for item in listed.json()["items"])
        assert api.call("GET", f"/v1/{path}", params={"id": id}).json()["items"] == []
    assert api.call("GET", "/v1/subnets", params={"vpc_id": things.vpc["id"]}).json()["items"] == []
    assert api.call("GET", "/v1/vpcs", params={"name": "secret"}).json()["items"] == []
    got = api.call("GET", "/v1/vpcs", params={"id": things.vpc["id"]})
    assert audited(api, got.headers["request-id"])["foreign"] is True


def test_in_the_header_that_names_a_project(api: Api, things: Things) -> None:
    refused = api.call("GET", f"/v1/vpcs/{things.vpc['id']}", headers={"project-id": "globex"})
    assert refused.status_code == 403
    absent = api.call("GET", f"/v1/vpcs/{things.vpc['id']}", headers={"project-id": "no-such-project"})
    assert absent.status_code == 403
    assert api.call("POST", "/v1/vpcs", {"cidr_blocks": ["10.0.0.0/16"]}, headers={"project-id": "globex"}).is_error
    record = audited(api, refused.headers["request-id"])
    assert (record["project_id"], record["decision"]) == ("acme", "deny")


def test_the_audit_record_has_the_answers_status(api: Api) -> None:
    """Input: a VPC tried, made, changed, deleted. Output: the statuses of these answers in the record."""
    wish = {"cidr_blocks": ["10.0.0.0/16"]}
    calls = [api.call("POST", "/v1/vpcs?dry_run=true", wish), api.call("POST", "/v1/vpcs", wish)]
    path = f"/v1/vpcs/{calls[1].json()['id']}"
    calls += [api.call("PATCH", path, {"name": "x"}), api.call("DELETE", path)]
    assert [call.status_code for call in calls] == [200, 201, 200, 204]
    for call in calls:
        assert audited(api, call.headers["request-id"])["status"] == call.status_code


def test_in_feed_audit_record_keys_and_projects(api: Api, things: Things) -> None:
    feed = api.call("GET", "/v1/changes", params={"limit": 1000}).json()
    owners = {change["project_id"] for commit in feed["items"] for change in commit["changes"]}
    assert owners == {"acme"}
    audit = api.call("GET", "/v1/audit", params={"limit": 1000}).json()["items"]
    assert {item["project_id"] for item in audit} == {"acme"}
    assert all("foreign" not in item for item in audit)
    assert api.call("GET", "/v1/projects").status_code == 403
    assert api.call("GET", "/v1/projects/globex").status_code == 403
    assert api.call("PATCH", "/v1/projects/acme", {"quotas": {"vpc": 1000}}).status_code == 403
    theirs = api.call("GET", "/v1/api-keys", key=THEIRS).json()["items"]
    assert theirs
    mine = {item["id"] for item in api.call("GET", "/v1/api-keys").json()["items"]}
    assert not mine & {item["id"] for item in theirs}
    assert api.call("DELETE", f"/v1/api-keys/{theirs[0]['id']}").status_code == 404
    assert api.call("GET", "/v1/caller", key=THEIRS).status_code == 200


def test_overlapping_addresses_of_two_projects_do_not_meet(api: Api, things: Things) -> None:
    one = api.make("network-interfaces", {"subnet_id": things.own_subnet["id"], "private_addresses": ["10.0.1.99"]})
    two = api.make("network-interfaces", {"subnet_id": things.subnet["id"], "private_addresses": ["10.0.1.99"]}, THEIRS)
    assert one["private_addresses"] == two["private_addresses"]
