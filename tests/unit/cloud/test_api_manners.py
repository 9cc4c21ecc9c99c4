"""HTTP's manners (RFC 9110), against a real process: HEAD, and what a state says of a change."""

from __future__ import annotations

import http.client
from typing import Any

import pytest

from cloud_api import Api, shared_api

PASSING = {"date", "request-id", "ratelimit", "x-openstack-request-id"}
"""Headers that differ between any two answers."""


@pytest.fixture(scope="module")
def api() -> Api:
    return shared_api()


@pytest.fixture(scope="module")
def vpc(api: Api) -> dict[str, Any]:
    return api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"], "name": "manners"})


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/vpcs/{}", 200),
        ("/v1/vpcs/{}/uses", 200),
        ("/v1/vpcs?id={}", 200),
        ("/v1/vpcs?colour=red", 400),
        ("/v1/vpcs/vpc-00000000000000000", 404),
        ("/v1/nothing", 404),
        ("/v1/caller", 200),
        ("/metrics", 403),
        ("/health", 200),
        ("/openapi.json", 200),
        ("/neutron/v2.0/networks", 200),
        ("/neutron/v2.0/networks/nothing", 404),
    ],
)
def test_head_is_answered_as_get_without_the_body(api: Api, vpc: dict[str, Any], path: str, status: int) -> None:
    asked = path.format(vpc["id"])
    head, get = api.call("HEAD", asked), api.call("GET", asked)
    assert (head.status_code, get.status_code) == (status, status)
    assert head.content == b""
    assert int(head.headers["content-length"]) == len(get.content) > 0
    heads, gets = ({k: v for k, v in got.headers.items() if k not in PASSING} for got in (head, get))
    assert heads | {"content-length": ""} == gets | {"content-length": ""}


def test_head_on_condition(api: Api, vpc: dict[str, Any]) -> None:
    path = f"/v1/vpcs/{vpc['id']}"
    tag = api.call("HEAD", path).headers["etag"]
    assert api.call("HEAD", path, headers={"if-none-match": tag}).status_code == 304
    assert api.call("HEAD", path, key="globex/admin").status_code == 404
    assert api.call("HEAD", path, key="").status_code == 401
    assert api.call("HEAD", "/v1/reachability").status_code == 405


def test_head_of_a_stream_ends_and_leaves_the_connection(api: Api) -> None:
    """Input: HEAD of the feed as events. Output: headers alone, and the connection goes on to be used."""
    host, _, port = api.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=120)
    headers = {"Authorization": f"Bearer {api.keys['acme/admin']}", "Accept": "text/event-stream"}
    for _ in range(2):
        connection.request("HEAD", "/v1/changes", headers=headers)
        got = connection.getresponse()
        assert (got.status, got.read(), got.getheader("content-length")) == (200, b"", None)
        assert got.getheader("content-type", "").startswith("text/event-stream")
    connection.request("GET", "/health")
    assert connection.getresponse().read() == b'{"status":"ok"}'
    connection.close()


def test_what_was_never_realised_is_pending_however_often_it_is_changed(api: Api) -> None:
    made = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"]})
    path = f"/v1/vpcs/{made['id']}"
    for name in ("one", "two"):
        planned = api.call("PATCH", f"{path}?dry_run=true", {"name": name}).json()
        changed = api.call("PATCH", path, {"name": name})
        assert planned["resource"]["state"] == changed.json()["state"] == "pending"
        assert changed.headers["etag"] == f'"{changed.json()["revision"]}.pending"'
        assert api.call("GET", path).json() == changed.json()
    api.realise()
    changed = api.call("PATCH", path, {"name": "three"})
    assert changed.json()["state"] == api.call("GET", path).json()["state"] == "updating"
