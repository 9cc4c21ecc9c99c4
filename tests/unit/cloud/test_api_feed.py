"""The feed of changes, as pages and as events: in order, whole, resumed where it ended, one project's only; and how a
process that has streams open ends."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud_api import Api, shared_api
from ovsdb_server import wait_for

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


def all_events(got: httpx.Response) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(name, id, data) of events that have data."""
    name, id, data = "", "", ""
    for line in got.iter_lines():
        if line.startswith("id: "):
            id = line[4:]
        elif line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            data = line[6:]
        elif not line:
            if data:
                yield name, id, json.loads(data)
            name, data = "", ""


def events(got: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """(id, data) of changes."""
    return ((id, data) for name, id, data in all_events(got) if name == "change")


def stream(api: Api, headers: dict[str, str] | None = None, after: int = 0, key: str = "acme/admin") -> Any:
    fields = {"authorization": f"Bearer {api.keys[key]}", "accept": "text/event-stream", **(headers or {})}
    return api.http.stream("GET", "/v1/changes", params={"after": after}, headers=fields, timeout=120)


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


def test_a_key_that_is_revoked_reads_no_more(api: Api) -> None:
    """Input: a stream and a page that is waited for, both with a key that is revoked; then a change. Output: the stream
    ends without it, the page is refused."""
    key = api.call("POST", "/v1/api-keys", {"name": "short", "roles": ["reader"]}).json()
    api.keys["short"] = key["key"]
    before = last(api)
    waited: list[httpx.Response] = []

    def wait() -> None:
        query = {"after": before, "timeout": 60}
        waited.append(api.call("GET", "/v1/changes", key="short", params=query))

    with stream(api, after=before, key="short") as got:
        lines = got.iter_lines()
        assert next(lines).startswith("retry:")
        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(1)  # or it is refused before it waits, which is as good
        assert api.call("DELETE", f"/v1/api-keys/{key['id']}").status_code == 204
        api.make("vpcs", VPC | {"name": "not for everybody"})
        rest = list(lines)
    assert not [line for line in rest if "not for everybody" in line]
    waiting.join()
    assert waited[0].status_code == 401


class Reader:
    """A reader that does what the reference says, and no more."""

    def __init__(self, api: Api, after: int) -> None:
        self.api = api
        self.last = str(after)
        self.revisions: dict[str, int] = {}
        self.failed: dict[str, str] = {}
        self.realised = 0
        self.events: list[tuple[str, dict[str, Any]]] = []

    def take(self, name: str, id: str, data: dict[str, Any]) -> None:
        self.last = id
        self.events.append((name, data))
        if name == "change":
            assert str(data["number"]) == id
            for change in data["changes"]:
                self.failed.pop(change["id"], None)
                self.revisions[change["id"]] = data["number"]
                if change["action"] == "delete":
                    del self.revisions[change["id"]]
            return
        assert name == "state"
        self.realised = data["realised"]
        for one in data["resources"]:
            assert one["project_id"] == "acme"
            assert one["revision"] <= self.realised
            self.failed.pop(one["id"], None)
            if one["state"] == "failed":
                self.failed[one["id"]] = one["state_reason"]

    def state(self, id: str) -> str:
        """Of a resource, as this reader takes it."""
        if id not in self.revisions:
            return "gone"
        return "busy" if self.revisions[id] > self.realised else "failed" if id in self.failed else "available"

    def read_until(self, met: Callable[[], bool]) -> None:
        """Read events, from where it ended the last time, until something is so; then the connection ends."""
        self.failed = {}  # the first event has all of them
        with stream(self.api, {"last-event-id": self.last}) as got:
            for name, id, data in all_events(got):
                self.take(name, id, data)
                if name == "state" and met():
                    return
        raise AssertionError("the stream has ended")


def test_a_reader_sees_what_becomes_available_and_what_fails(api: Api) -> None:
    """Input: two VPCs, one of which cannot be realised, then can. Output: each is told once it is so, after the change,
    with the reason; and nothing of another project's."""
    reader = Reader(api, last(api))
    good, bad = (api.make("vpcs", VPC | {"name": name}) for name in ("good", "bad"))
    theirs = api.make("vpcs", VPC, "globex/admin")
    with stream(api, {"last-event-id": reader.last}) as got:
        incoming = all_events(got)
        while reader.state(bad["id"]) == "gone":
            reader.take(*next(incoming))
        assert {reader.state(one["id"]) for one in (good, bad)} == {"busy"}
        api.realise(failures={bad["id"]: "no room", theirs["id"]: "none of yours"})
        while reader.state(bad["id"]) != "failed" or reader.state(good["id"]) != "available":
            reader.take(*next(incoming))
        api.call("PATCH", f"/v1/vpcs/{bad['id']}", {"name": "mended"})
        api.realise()
        while reader.state(bad["id"]) != "available":
            reader.take(*next(incoming))
    told = [one for name, data in reader.events if name == "state" for one in data["resources"]]
    of_bad = [(one["revision"], one["state"], one["state_reason"]) for one in told if one["id"] == bad["id"]]
    changed = api.call("GET", f"/v1/vpcs/{bad['id']}").json()["revision"]
    assert of_bad == [(bad["revision"], "failed", "no room"), (changed, "available", "")]
    [of_good] = [one for one in told if one["id"] == good["id"]]
    assert (of_good["kind"], of_good["revision"], of_good["state"]) == ("vpc", good["revision"], "available")
    # What came with the VPC is told of, too.
    assert good["main_route_table_id"] in {one["id"] for one in told}


def test_a_reader_that_has_missed_it_knows_it_all_the_same(api: Api) -> None:
    """Input: a reader that goes while things are pending, and comes back by its last event's id when some of them are
    realised, failed, mended, changed again or deleted. Output: it knows each one's state as the API says it."""
    reader = Reader(api, last(api))
    names = ("good", "failed", "mended", "changed", "deleted", "pending")
    made = {name: api.make("vpcs", VPC | {"name": name}) for name in names[:-1]}
    ids = {name: str(vpc["id"]) for name, vpc in made.items()}
    reader.read_until(lambda: ids["deleted"] in reader.revisions)
    api.realise(failures={ids["failed"]: "no room", ids["mended"]: "no room"})
    api.call("PATCH", f"/v1/vpcs/{ids['mended']}", {"name": "m"})
    api.call("DELETE", f"/v1/vpcs/{ids['deleted']}")
    api.realise()
    api.call("PATCH", f"/v1/vpcs/{ids['changed']}", {"name": "c"})
    ids["pending"] = str(api.make("vpcs", VPC | {"name": "pending"})["id"])
    reader.read_until(lambda: ids["pending"] in reader.revisions)
    expected = {"good": "available", "failed": "failed", "mended": "available", "changed": "busy", "deleted": "gone"}
    assert {name: reader.state(id) for name, id in ids.items()} == expected | {"pending": "busy"}
    shown = {name: api.call("GET", f"/v1/vpcs/{id}").json().get("state") for name, id in ids.items()}
    assert shown == {
        "good": "available",
        "failed": "failed",
        "mended": "available",
        "changed": "updating",
        "deleted": None,
        "pending": "pending",
    }
    # And so does one that has never been there, for what it has listed.
    other = Reader(api, int(reader.last))
    other.revisions = dict(reader.revisions)
    other.read_until(lambda: True)
    assert {name: other.state(id) for name, id in ids.items()} == expected | {"pending": "busy"}


def test_a_page_of_changes_says_what_is_realised(api: Api) -> None:
    vpc = api.make("vpcs", VPC)
    asked = {"after": vpc["revision"] - 1, "limit": 1}
    assert api.call("GET", "/v1/changes", params=asked).json()["realised"] < vpc["revision"]
    api.realise()
    assert api.call("GET", "/v1/changes", params=asked).json()["realised"] >= vpc["revision"]


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


def has_read(port: int, client: int) -> bool:
    """Whether the server at a port has read all that came from a client's port: it has taken the connection, and
    nothing is in its queue (proc(5), /proc/net/tcp)."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if [int(end.partition(":")[2], 16) for end in words[1:3]] == [port, client]:
            return words[9] != "0" and int(words[4].partition(":")[2], 16) == 0
    return False


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
    assert opened.wait(120)
    # Somebody waits for what will not come: the answer is owed all the same.
    port = int(api.url.rpartition(":")[2])
    waiting = HTTPConnection("127.0.0.1", port, timeout=120)
    fields = {"authorization": f"Bearer {api.keys['acme/admin']}"}
    waiting.request("GET", f"/v1/vpcs/{vpc['id']}?wait=available&timeout=6", headers=fields)
    wait_for(lambda: has_read(port, waiting.sock.getsockname()[1]))
    assert api.stop(signal.SIGTERM) == 0
    assert "graceful shutdown exceeded" not in api.log(), "it has not ended before it had to"
    assert ended.wait(120)
    assert waiting.getresponse().status == 200
    waiting.close()
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
