"""What is sent by mistake or in bad faith is refused with one clear 4xx; the process goes on."""

from __future__ import annotations

import contextlib
import socket

import pytest

from cloud_api import Api, shared_api


@pytest.fixture(scope="module")
def api() -> Api:
    return shared_api()


@pytest.fixture(scope="module")
def path(api: Api) -> str:
    made = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"]})
    return f"/v1/vpcs/{made['id']}"


DEEP = b'{"tags":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}"
BODIES = [
    (b"", 400),
    (b"{", 400),
    (b"not json", 400),
    (b'{"cidr_blocks":["10.0.0.0/16"]}x', 400),
    (b'{"name":"\xff"}', 400),
    (b"\xef\xbb\xbf{}", 400),
    (b'{"name":"\\ud800"}', 400),
    (b"[" * 100_000, 422),
    (b"null", 422),
    (b"[]", 422),
    (b'"text"', 422),
    (b"1e999", 422),
    (b'{"name":1e999}', 422),
    (b'{"name":NaN}', 400),
    (b'{"cidr_blocks":' + b"[" * 50_000, 422),
    (DEEP, 422),
    (b'{"cidr_blocks":["10.0.0.0/16"],"name":"a\\u0000b"}', 422),
    (b'{"cidr_blocks":["10.0.0.0/16"],"name":["' + b"x" * 500_000 + b'"]}', 422),
    (b'{"cidr_blocks":[' + b'"10.0.0.0/16",' * 20_000 + b'"10.0.0.0/16"]}', 422),
    (b'{"name":"' + b"x" * (1 << 20) + b'"}', 413),
]


@pytest.mark.parametrize(("body", "status"), BODIES, ids=[repr(body[:24]) for body, _ in BODIES])
def test_bodies(api: Api, path: str, body: bytes, status: int) -> None:
    made = api.call("POST", "/v1/vpcs", body)
    assert made.status_code == status
    assert made.headers["content-type"] == "application/problem+json"
    assert len(made.content) < 3000
    changed = api.call("PATCH", path, body)
    assert 400 <= changed.status_code < 500
    assert changed.headers["content-type"] == "application/problem+json"


def test_a_body_without_length_is_limited_too(api: Api) -> None:
    def parts() -> object:
        for _ in range(40):
            yield b" " * 65_536

    headers = {"authorization": f"Bearer {api.keys['acme/admin']}", "content-type": "application/json"}
    got = api.http.post("/v1/vpcs", content=parts(), headers=headers)  # type: ignore[arg-type]
    assert got.status_code == 413
    assert got.json()["code"] == "body.too-large"


def test_media_types(api: Api, path: str) -> None:
    body = b'{"cidr_blocks":["10.0.0.0/16"]}'
    for given in ("text/plain", "application/xml", "application/merge-patch+json", "", "a" * 1000):
        got = api.call("POST", "/v1/vpcs", body, headers={"content-type": given})
        assert got.status_code == 415, given
        assert got.json()["code"] == "body.media-type"
    assert api.call("POST", "/v1/vpcs", body, headers={"content-type": "Application/JSON; charset=utf-8"}).is_success
    assert api.call("PATCH", path, b"{}", headers={"content-type": "application/json"}).status_code == 415


def test_methods_and_paths(api: Api, path: str) -> None:
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "PURGE"):
        got = api.call(method, "/v1/vpcs")
        assert got.status_code == 405, method
        assert set(got.headers["allow"].split(", ")) >= {"GET", "POST"}
        assert got.json()["code"] == "path.method"
    for unknown in ("/", "/v1", "/v2/vpcs", "/v1/vpcz", f"{path}/x", "/v1/vpcs/a/b/c", "/openapi.yaml", "/admin"):
        got = api.call("GET", unknown)
        assert got.status_code == 404, unknown
        assert got.headers["content-type"] == "application/problem+json"


IDS = [
    "x",
    "vpc-",
    "vpc-0",
    "VPC-00000000000000000",
    "vpc-0000000000000000g",
    "subnet-00000000000000000",
    "vpc-000000000000000000",
    "%00",
    "vpc-00000000000000000%00",
    "%ff%fe",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "' or 1=1 --",
    "%F0%9F%9B%92",
    "٣",
    "a" * 4000,
    "vpc-00000000000000000;id=1",
    "%0d%0aSet-Cookie:%20a=b",
    "{{7*7}}",
]


@pytest.mark.parametrize("id", IDS, ids=[repr(id[:20]) for id in IDS])
def test_ids_of_any_shape(api: Api, id: str) -> None:
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        got = api.call(method, f"/v1/vpcs/{id}", body)
        assert got.status_code in (404, 405), (method, got.text)
        assert got.headers["content-type"] == "application/problem+json"
        assert "set-cookie" not in got.headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("if-match", '"'),
        ("if-match", "x" * 10_000),
        ("if-match", ", ".join(['"1"'] * 100)),
        ("if-match", '"' + "9" * 5000 + '"'),
        ("project-id", "../etc"),
        ("project-id", ""),
        ("project-id", "A" * 100),
        ("idempotency-key", "x" * 10_000),
        ("idempotency-key", "a b"),
    ],
)
def test_headers(api: Api, path: str, name: str, value: str) -> None:
    method, at, body = ("POST", "/v1/vpcs", {"cidr_blocks": ["10.0.0.0/16"]})
    if name == "if-match":
        method, at, body = "PATCH", path, {"name": "x"}
    got = api.call(method, at, body, headers={name: value})
    assert 400 <= got.status_code < 500
    assert got.headers["content-type"] == "application/problem+json"


RAW = [
    b"GET /v1/vpcs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
    b"GET /v1/vpcs/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/vpcs?name=\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://other/v1/vpcs HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET //v1//vpcs HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/vpcs HTTP/1.1\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    b"GET /v1/vpcs HTTP/9.9\r\nHost: x\r\n\r\n",
    b"\x00\x01\x02\x03\r\n\r\n",
    b"GET /v1/vpcs HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/vpcs HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/vpcs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"GET /v1/vpcs HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 5000 + b"\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
]


@pytest.mark.parametrize("octets", RAW, ids=[repr(octets[:40]) for octets in RAW])
def test_octets_that_are_hardly_http(api: Api, octets: bytes) -> None:
    host, _, port = api.url.removeprefix("http://").partition(":")
    answer = b""
    with (
        contextlib.suppress(ConnectionError),
        socket.create_connection((host, int(port)), timeout=120) as connection,
    ):
        connection.sendall(octets)
        with contextlib.suppress(OSError):  # it may have been reset already
            connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(65_536):
            answer += part
    # 4xx, or the connection ends without a word.
    assert answer == b"" or answer.split(b" ")[1][:1] == b"4", answer[:200]
    assert api.call("GET", "/health", key="").status_code == 200


def test_a_head_without_end_ends_the_connection(api: Api) -> None:
    host, _, port = api.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=120) as connection:
        sent = 0
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"GET /health HTTP/1.1\r\nX-Long: ")
            while sent < 50_000_000:
                sent += connection.send(b"x" * 65_536)
    assert sent < 20_000_000


@pytest.mark.parametrize("length", [0, 8, 15, 29, 31, 32])
def test_blocks_that_are_too_large_or_too_small(api: Api, path: str, length: int) -> None:
    """A VPC's block, and a subnet's, has /16 to /28: no /8, no /31."""
    block = f"10.0.0.0/{length}" if length else "0.0.0.0/0"
    subnet = {"vpc_id": path.rpartition("/")[2], "cidr_block": block}
    vpc = {"cidr_blocks": [block]}
    for where, body, field in (("vpcs", vpc, "/cidr_blocks/0"), ("subnets", subnet, "/cidr_block")):
        refused = api.call("POST", f"/v1/{where}", body)
        assert refused.status_code == 422, (where, refused.text)
        [problem] = refused.json()["errors"]
        assert (problem["code"], problem["field"]) == ("cidr.length", field)
    changed = api.call("PATCH", path, {"cidr_blocks": ["10.0.0.0/16", block]})
    assert (changed.status_code, changed.json()["code"]) == (422, "cidr.length")


NAMES = [
    "網絡 ネットワーク 네트워크",
    "شبكة الإنتاج",
    "רשת \u200fייצור",
    "сеть — продакшн",
    "नेटवर्क ශ්‍රී ကွန်ရက်",
    "δίκτυο ß ﬁ İı",
    "e\u0301 é \u1e9e\u0323\u0307",
    "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁳󠁣󠁴󠁿 𐐀𝔘 𓀀",
    "Z\u0351\u036b\u0343a\u0364\u0368l\u034eg\u0321o",
]


@pytest.mark.parametrize("name", NAMES, ids=[ascii(name[:6]) for name in NAMES])
def test_names_in_any_script(api: Api, name: str) -> None:
    """A name is kept to the letter, found by it, changed, and told in changes; a tag's key and value likewise."""
    body = {"cidr_blocks": ["10.0.0.0/16"], "name": name, "description": name, "tags": {name[:60]: name}}
    made = api.make("vpcs", body)
    assert (made["name"], made["description"], made["tags"]) == (name, name, {name[:60]: name})
    got = api.call("GET", f"/v1/vpcs/{made['id']}").json()
    assert (got["name"], got["tags"]) == (name, {name[:60]: name})
    for params in ({"name": name}, {"tag": f"{name[:60]}={name}"}):
        found = api.call("GET", "/v1/vpcs", params=params).json()["items"]
        assert made["id"] in {one["id"] for one in found}, params
        assert {one["name"] for one in found} == {name}
    changed = api.call("PATCH", f"/v1/vpcs/{made['id']}", {"name": name[::-1], "tags": {name[:60]: None}}).json()
    assert (changed["name"], changed["tags"]) == (name[::-1], {})
    after = {"after": changed["revision"] - 1, "limit": 1}
    [told] = api.call("GET", "/v1/changes", params=after).json()["items"]
    assert told["changes"][0]["resource"]["name"] == name[::-1]
    assert api.call("DELETE", f"/v1/vpcs/{made['id']}").status_code == 204


def test_nothing_of_all_this_was_a_mistake_of_ours(api: Api) -> None:
    assert "Traceback" not in api.log()
    assert api.process.poll() is None
