"""`xc serve --northbound` with a real OVN northbound database: what is made becomes available there; the database may
be away for a while, and so may the process."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from cloud_api import API_YAML, Api
from crossconnect.cloud.api.northbound import complain
from ovsdb_server import Server, alone, needs_ovsdb, run, wait_for

pytestmark = needs_ovsdb
PATIENCE_S = (2, 10, 60)
"""How long an answer is waited for that cannot come, one after the other, until what can has come: all of it is waited
for each time."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, Server]]:
    with alone() as server:
        root = tmp_path_factory.mktemp("served") / "region"
        api = Api(root, API_YAML, ["--northbound", server.remote])
        yield api, server
        api.stop()


def ports(server: Server) -> int:
    """How many ports the northbound database has."""
    return len(server.rows("Logical_Switch_Port", "_uuid"))


def test_what_is_made_is_in_the_northbound_database(served: tuple[Api, Server]) -> None:
    api, server = served
    first = api.call("POST", "/v1/vpcs?wait=available&timeout=120", {"cidr_blocks": ["10.9.0.0/16"]}).json()
    before = ports(server)
    made = api.call("POST", "/v1/vpcs?wait=available&timeout=120", {"cidr_blocks": ["10.0.0.0/16"]})
    assert (made.status_code, made.json()["state"]) == (201, "available")
    subnet = api.make("subnets", {"vpc_id": made.json()["id"], "cidr_block": "10.0.1.0/24"})
    path = "/v1/network-interfaces?wait=available&timeout=120"
    interfaces = [api.call("POST", path, {"subnet_id": subnet["id"]}).json() for _ in range(3)]
    assert {one["state"] for one in interfaces} == {"available"}
    assert ports(server) >= before + 3
    for one in interfaces:
        assert api.call("DELETE", f"/v1/network-interfaces/{one['id']}?wait=deleted&timeout=120").status_code == 204
    assert api.call("DELETE", f"/v1/subnets/{subnet['id']}").status_code == 204
    assert api.call("DELETE", f"/v1/vpcs/{made.json()['id']}?wait=deleted&timeout=120").status_code == 204
    assert ports(server) == before
    assert api.call("DELETE", f"/v1/vpcs/{first['id']}").status_code == 204
    assert api.call("GET", "/ready", key="").json() == {"status": "ok", "northbound": "ok"}
    assert "xc_cloud_realising 1.0" in api.call("GET", "/metrics", key="auditor").text


def test_where_nobody_installs_it_the_answer_says_so(served: tuple[Api, Server]) -> None:
    api, _ = served  # a database without northd
    for seconds in PATIENCE_S:
        path = f"/v1/vpcs?wait=hypervisors&timeout={seconds}"
        made = api.call("POST", path, {"cidr_blocks": ["10.7.0.0/16"]})
        if made.json()["state"] == "available":
            break
    assert (made.status_code, made.json()["state"], made.headers["not-installed"]) == (201, "available", "unknown")
    assert "not-installed-at" not in made.headers  # names are the provider's
    one = f"/v1/vpcs/{made.json()['id']}?wait=hypervisors&timeout=1"
    asked = api.call("GET", one, key="operator", headers={"project-id": "acme"})
    assert (asked.headers["not-installed"], asked.headers["not-installed-at"]) == ("unknown", "*")
    assert "not-installed" not in api.call("GET", one.replace("hypervisors", "available")).headers
    for seconds in PATIENCE_S:
        made = api.call("POST", "/v1/vpcs", {"cidr_blocks": ["10.7.0.0/16"]})
        gone = api.call("DELETE", f"/v1/vpcs/{made.json()['id']}?wait=hypervisors&timeout={seconds}")
        if gone.status_code == 204:
            break
    assert (gone.status_code, gone.headers["not-installed"]) == (204, "unknown")


def test_while_the_database_is_away_changes_are_taken_and_wait(served: tuple[Api, Server]) -> None:
    api, server = served
    going = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"]})
    server.kill()
    gone = api.call("DELETE", f"/v1/vpcs/{going['id']}?wait=deleted&timeout=1")
    assert (gone.status_code, gone.json()["state"]) == (202, "deleting")
    made = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"], "name": "meanwhile"})
    assert made["state"] == "pending"
    end = time.monotonic() + 120
    while api.call("GET", "/ready", key="").json()["northbound"] == "ok":
        assert time.monotonic() < end
        time.sleep(0.1)
    server.start()
    got = api.call("GET", f"/v1/vpcs/{made['id']}?wait=available&timeout=120").json()
    assert got["state"] == "available"


def test_by_a_signal_everything_is_compared_and_put_right(served: tuple[Api, Server]) -> None:
    api, server = served
    made = api.call("POST", "/v1/vpcs?wait=available&timeout=120", {"cidr_blocks": ["10.0.0.0/16"]}).json()

    def names() -> set[object]:
        return {name for (name,) in server.rows("Logical_Switch", "name")}

    services = f"services-{made['id']}"
    assert services in names()
    remove = json.dumps(
        ["OVN_Northbound", {"op": "delete", "table": "Logical_Switch", "where": [["name", "==", services]]}]
    )
    run("ovsdb-client", "transact", server.remote, remove)
    assert services not in names()
    api.process.send_signal(signal.SIGHUP)
    wait_for(lambda: services in names())
    wait_for(lambda: "compared everything, on demand: " in api.log())


def test_a_process_that_is_killed_goes_on_where_it_was(served: tuple[Api, Server]) -> None:
    api, _ = served
    api.process.kill()
    api.process.wait()
    api.start()
    made = api.call("POST", "/v1/vpcs?wait=available&timeout=120", {"cidr_blocks": ["10.0.0.0/16"]})
    assert made.json()["state"] == "available"


def test_a_remote_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "cloud").mkdir()
    (tmp_path / "cloud" / "api.yaml").write_text(API_YAML)
    command = ["serve", "-C", str(tmp_path), "--northbound", "nowhere", "--listen", "127.0.0.1:0"]
    done = subprocess.run(
        [sys.executable, "-m", "crossconnect.cli", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def complaints(caplog: pytest.LogCaptureFixture, reasons: Sequence[str]) -> list[str]:
    """What is logged when one look after another finds these reasons."""

    async def look() -> None:
        looks = iter(reasons)
        over = asyncio.Event()

        def reason() -> str:
            found = next(looks, None)
            if found is None:
                over.set()
            return found or ""

        task = asyncio.create_task(complain(reason, every_s=0.001))
        await asyncio.wait_for(over.wait(), 120)
        task.cancel()

    caplog.clear()
    with caplog.at_level(logging.WARNING):
        asyncio.run(look())
    return [record.getMessage() for record in caplog.records]


def test_the_log_says_once_why_nothing_is_realised_and_when_that_is_over(caplog: pytest.LogCaptureFixture) -> None:
    refused = "OVN_Northbound: no connection within 10 s"
    told = complaints(caplog, ["it has not begun", refused, refused, refused, "", ""])
    assert told == [f"nothing is realised: {refused}", "what is made is realised again"]
    assert complaints(caplog, ["it has not begun", "", "busy", "", ""]) == [], "over at the second look"
    assert complaints(caplog, ["a", "a", "b", ""]) == [
        "nothing is realised: a", "nothing is realised: b", "what is made is realised again"
    ]  # fmt: skip
