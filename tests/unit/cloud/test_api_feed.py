"""The feed of changes, as pages and as events: in order, whole, resumed where it ended, one project's only; and how a
process that has streams open ends."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud_api import Api, shared_api

VPC = {"cidr_blocks": ["10.0.0.0/16"]}


@pytest.fixture(scope="module")
def api() -> Api:
    return shared_api()


def last(api: Api, key: str = "acme/admin") -> int:
    got = api.call("GET", "/v1/changes", key=key, params={"after": 10**17}).json()
    after = 0
    while True:
        page = api.call("GET", "/v1/changes", key=key, params={"after": after, "limit": 1000}).json()
        after = page["last"]
        if not page["items"]:
            assert got["items"] == []
            return after


def events(got: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """(id, data) of events that have data."""
    id, data = "", ""
    for line in got.iter_lines():
        if line.startswith("id: "):
            id = line[4:]
        elif line.startswith("data: "):
            data = line[6:]
        elif not line and data:
            yield id, json.loads(data)
            data = ""


def stream(api: Api, headers: dict[str, str] | None = None, after: int = 0, key: str = "acme/admin") -> Any:
    fields = {"authorization": f"Bearer {api.keys[key]}", "accept": "text/event-stream", **(headers or {})}
    return api.http.stream("GET", "/v1/changes", params={"after": after}, headers=fields, timeout=30)


def test_pages_of_changes(api: Api) -> None:
    before = last(api)
    vpc = api.make("vpcs", VPC | {"name": "fed"})
    api.call("PATCH", f"/v1/vpcs/{vpc['id']}", {"name": "fed2"})
    api.call("DELETE", f"/v1/vpcs/{vpc['id']}")
    seen: list[dict[str, Any]] = []
    after = before
    while True:
        page = api.call("GET", "/v1/changes", params={"after": after, "limit": 1}).json()
        if not page["items"]:
            break
        seen += page["items"]
        after = page["last"]
    of_vpc = [(c["action"], c["resource"]["name"]) for s in seen for c in s["changes"] if c["id"] == vpc["id"]]
    assert of_vpc == [("create", "fed"), ("update", "fed2"), ("delete", "fed2")]
    assert [s["number"] for s in seen] == sorted({s["number"] for s in seen})
    # What a command does is there at once: the VPC with all that came with it.
    kinds = {change["kind"] for change in seen[0]["changes"]}
    assert kinds >= {"vpc", "route_table", "security_group", "network_acl"}
    assert vpc["revision"] == seen[0]["number"]


def test_waiting_for_a_change(api: Api) -> None:
    before = last(api)
    timer = threading.Timer(0.5, api.make, ("vpcs", VPC))
    timer.start()
    page = api.call("GET", "/v1/changes", params={"after": before, "timeout": 30}).json()
    timer.join()
    assert page["items"]
    assert api.call("GET", "/v1/changes", params={"after": last(api), "timeout": 1}).json()["items"] == []


def test_events_as_they_come_and_from_where_they_ended(api: Api) -> None:
    before = last(api)
    made: list[str] = []

    def make() -> None:
        for n in range(4):
            made.append(api.make("vpcs", VPC | {"name": f"e{n}"})["id"])
            api.make("vpcs", VPC | {"name": "not yours"}, "globex/admin")

    worker = threading.Thread(target=make)
    seen: list[str] = []
    resume = ""
    with stream(api, after=before) as got:
        assert got.headers["content-type"].startswith("text/event-stream")
        worker.start()
        for id, event in events(got):
            assert str(event["number"]) == id
            assert {change["project_id"] for change in event["changes"]} == {"acme"}
            seen.append(event["changes"][0]["id"])
            resume = id
            if len(seen) == 2:
                break
    worker.join()
    with stream(api, {"last-event-id": resume}) as got:
        for _, event in events(got):
            seen.append(event["changes"][0]["id"])
            if len(seen) == 4:
                break
    assert seen == made


def test_numbers_that_are_none(api: Api) -> None:
    for after in ("-1", "x", "9" * 30):
        assert api.call("GET", f"/v1/changes?after={after}").status_code == 400
    headers = {"accept": "text/event-stream", "last-event-id": "x"}
    assert api.call("GET", "/v1/changes", headers=headers).status_code == 400


def test_an_operator_follows_all_projects(api: Api) -> None:
    after = api.call("GET", "/v1/changes", key="operator", params={"after": last(api)}).json()["last"]
    one, two = api.make("vpcs", VPC), api.make("vpcs", VPC, "globex/admin")
    page = api.call("GET", "/v1/changes", key="operator", params={"after": after}).json()
    ids = {change["id"] for commit in page["items"] for change in commit["changes"]}
    assert {one["id"], two["id"]} <= ids


def test_an_orderly_end(tmp_path: Path) -> None:
    api = Api(tmp_path / "region")
    vpc = api.make("vpcs", VPC)
    ended = threading.Event()
    opened = threading.Event()

    def follow() -> None:
        with stream(api) as got:
            for _ in events(got):
                opened.set()
        ended.set()

    follower = threading.Thread(target=follow)
    follower.start()
    assert opened.wait(20)
    begun = time.monotonic()
    # Somebody waits for what will not come: the answer is owed all the same.
    answers: list[int] = []
    waiting = threading.Thread(
        target=lambda: answers.append(
            httpx.get(
                f"{api.url}/v1/vpcs/{vpc['id']}?wait=available&timeout=3",
                headers={"authorization": f"Bearer {api.keys['acme/admin']}"},
                timeout=30,
            ).status_code
        )
    )
    waiting.start()
    time.sleep(1)
    assert api.stop(signal.SIGTERM) == 0
    assert time.monotonic() - begun < 19
    assert ended.wait(10)
    waiting.join()
    assert answers == [200]
    api.start()
    assert api.call("GET", f"/v1/vpcs/{vpc['id']}").status_code == 200
    assert api.stop(signal.SIGKILL) == -signal.SIGKILL
    api.start()
    assert api.call("GET", f"/v1/vpcs/{vpc['id']}").status_code == 200
    api.stop()


def test_health(api: Api) -> None:
    for path in ("/health", "/ready"):
        got = api.call("GET", path, key="")
        assert (got.status_code, got.json()) == (200, {"status": "ok"})
    text = api.call("GET", "/metrics", key="auditor").text
    assert 'xc_cloud_requests_total{operation="create_vpc",status="201"}' in text
    assert "xc_cloud_committed " in text
