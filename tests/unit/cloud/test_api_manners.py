"""HTTP's manners (RFC 9110), against a real process: HEAD, offers of other protocols, coded bodies; and what a state
says of a change."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
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


BODY = json.dumps({"cidr_blocks": ["10.0.0.0/16"], "name": "upgraded"}).encode()
PROBE = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
SMUGGLED = b"DELETE /v1/vpcs/x HTTP/1.1\r\nHost: x\r\n\r\n"


def answers(api: Api, sent: list[bytes], count: int) -> list[tuple[int, bytes]]:
    """Octets on one connection, in parts; the answers to as many requests, each (status, body)."""
    host, _, port = api.url.removeprefix("http://").partition(":")
    found: list[tuple[int, bytes]] = []
    with socket.create_connection((host, int(port)), timeout=120) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in sent:
            connection.sendall(part)
        octets = b""
        while len(found) < count and (part := connection.recv(65_536)):
            octets += part
            while b"\r\n\r\n" in octets:
                head, _, rest = octets.partition(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                if len(rest) < length:
                    break
                found.append((int(head.split()[1]), rest[:length]))
                octets = rest[length:]
    assert octets == b""
    return found


def offering(api: Api, body: bytes, protocol: str = "h2c") -> bytes:
    """The head of a request that offers another protocol, as curl's --http2 and Java's client do."""
    return (
        f"POST /v1/vpcs HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocol}\r\n"
        "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {api.keys['acme/admin']}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()


@pytest.mark.parametrize("protocol", ["h2c", "websocket", "TLS/1.0"])
def test_an_offer_of_another_protocol_is_passed_over(api: Api, protocol: str) -> None:
    """Input: requests with `Upgrade`, their heads and bodies in one part and in several, and another behind them.
    Output: each has its body, and the one behind them its answer."""
    head = offering(api, BODY, protocol)
    for parts in ([head + BODY + head + BODY + PROBE], [head[:50], head[50:], BODY[:9], BODY[9:] + head, BODY + PROBE]):
        got = answers(api, parts, 3)
        assert [status for status, _ in got] == [201, 201, 200]
        assert json.loads(got[0][1])["name"] == "upgraded"


def test_a_body_behind_an_offer_is_no_request(api: Api) -> None:
    """What a proxy in front takes for a body must not be taken for another client's request."""
    got = answers(api, [offering(api, SMUGGLED) + SMUGGLED + PROBE], 2)
    assert [status for status, _ in got] == [400, 200]
    assert json.loads(got[0][1])["code"] == "body.malformed"


def test_coded_bodies_are_refused_as_such(api: Api) -> None:
    got = api.call("POST", "/v1/vpcs", gzip.compress(BODY), headers={"content-encoding": "gzip"})
    assert (got.status_code, got.json()["code"]) == (415, "body.media-type")
    assert got.headers["accept-encoding"] == "identity"
    assert api.call("POST", "/v1/vpcs", BODY, headers={"content-encoding": "Identity"}).status_code == 201


def test_empty_members_of_a_list_of_etags_are_passed_over(api: Api) -> None:
    """RFC 9110, section 5.6.1."""
    made = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"]})
    path, tag = f"/v1/vpcs/{made['id']}", f'"{made["revision"]}"'
    for header, status in (
        (f",{tag}", 200),
        (f"{tag} ,,", 200),
        (f'"x", ,{tag}', 200),
        (f'{tag}"x"', 400),
        (",", 400),
        (", " * 10_000 + ",", 400),
        (f"{tag}{', ' * 10_000}x", 400),
    ):
        got = api.call("PATCH", f"{path}?dry_run=true", {}, headers={"if-match": header})
        assert got.status_code == status, header[:40]
