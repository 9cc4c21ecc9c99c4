"""A security group with as many rules as it may have, 10,000, made by HTTP, one request each, down to OVN's rows: one
more costs as few rows as the tenth did.

    HTTP, four clients --> xc serve --> SQLite
                             `--> northbound (a real ovsdb-server) --> what changed, row by row
"""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from cloud_api import API_YAML, Api
from crossconnect.transport.ovsdb import Chosen, Session
from ovsdb_server import DATABASE, Server, alone, needs_ovsdb

pytestmark = needs_ovsdb
MOST = 10_000
CLIENTS = 4
PATIENCE_S = 300


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, Server]]:
    with alone() as server:
        api = Api(tmp_path_factory.mktemp("rules") / "region", API_YAML, ["--northbound", server.remote])
        yield api, server
        api.stop()


def rule(group: str, port: int) -> dict[str, object]:
    return {
        "security_group_id": group,
        "direction": "ingress",
        "protocol": "tcp",
        "from_port": port,
        "to_port": port,
        "peer": "198.51.100.0/24",
    }


def make(api: Api, group: str, ports: range) -> Counter[int]:
    """Make a rule for each port, by several clients at once; how many answers there were of each status."""
    answers: list[int] = []

    def client(own: range) -> None:
        connection = http.client.HTTPConnection(api.url.removeprefix("http://"), timeout=PATIENCE_S)
        headers = {"authorization": f"Bearer {api.keys['acme/admin']}", "content-type": "application/json"}
        for port in own:
            connection.request("POST", "/v1/security-group-rules", json.dumps(rule(group, port)), headers)
            got = connection.getresponse()
            got.read()
            answers.append(got.status)
        connection.close()

    threads = [threading.Thread(target=client, args=(ports[n::CLIENTS],)) for n in range(CLIENTS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return Counter(answers)


def available(api: Api, path: str) -> dict[str, Any]:
    """A resource as soon as it is realised."""
    got = api.call("GET", f"/v1/{path}?wait=available&timeout={PATIENCE_S}")
    assert (got.status_code, got.json()["state"]) == (200, "available"), got.text
    return got.json()


def touched(api: Api, server: Server, group: str, port: int) -> Counter[tuple[str, str]]:
    """The rows that one more rule touches: by table and what became of them."""

    async def main() -> Counter[tuple[str, str]]:
        async with asyncio.timeout(PATIENCE_S), Session(server.remote, DATABASE) as session:
            await session.connected()
            replica = session.replica(lambda schema: {name: Chosen() for name in schema.tables})
            await replica.loaded(PATIENCE_S)
            changes = replica.changes()
            made = await asyncio.to_thread(api.make, "security-group-rules", rule(group, port))
            await asyncio.to_thread(available, api, f"security-group-rules/{made['id']}")
            found: Counter[tuple[str, str]] = Counter()
            while ("ACL", "came") not in found:
                for one in (await anext(changes)).changes:
                    found[one.table, "came" if one.old is None else "went" if one.new is None else "changed"] += 1
            return found

    return asyncio.run(main())


def test_a_group_of_ten_thousand_rules(served: tuple[Api, Server]) -> None:
    api, server = served
    vpc = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"]})
    group = available(api, f"security-groups/{api.make('security-groups', {'vpc_id': vpc['id']})['id']}")["id"]
    before = len(server.rows("ACL", "_uuid"))
    assert make(api, group, range(1, 10)) == {201: 9}
    few = touched(api, server, group, 10)
    assert few == {("ACL", "came"): 1, ("Port_Group", "changed"): 1, ("NB_Global", "changed"): 1}
    # The group came with two rules: everything may leave.
    assert make(api, group, range(11, MOST - 2)) == {201: MOST - 13}
    assert touched(api, server, group, MOST - 2) == few, "as few rows as the tenth"
    refused = api.call("POST", "/v1/security-group-rules", rule(group, MOST))
    assert (refused.status_code, refused.json()["code"]) == (409, "limit.exceeded")
    assert len(server.rows("ACL", "_uuid")) == before + MOST - 2
    groups = [str(row).count("uuid") for row in server.rows("Port_Group", "acls")]
    assert max(groups) == MOST

    listed: list[dict[str, Any]] = []
    page: dict[str, Any] = {"security_group_id": group, "limit": 1000}
    while True:
        got = api.call("GET", "/v1/security-group-rules", params=page).json()
        listed += got["items"]
        if not got["next"]:
            break
        page["marker"] = got["next"]
    assert len({one["id"] for one in listed}) == MOST
    assert {one["from_port"] for one in listed} == {None, *range(1, MOST - 1)}

    gone = api.call("DELETE", f"/v1/security-groups/{group}?wait=deleted&timeout={PATIENCE_S}")
    assert gone.status_code == 204, gone.text
    assert len(server.rows("ACL", "_uuid")) == before - 2
    assert "Traceback" not in api.log()
