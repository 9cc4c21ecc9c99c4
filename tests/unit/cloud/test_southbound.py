"""What wakes an agent on a node: a real southbound database, and time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from crossconnect.cloud.southbound import southbound
from ovsdb_server import alone, needs_ovsdb, run, scratch

pytestmark = needs_ovsdb

SCHEMA = Path("/usr/share/ovn/ovn-sb.ovsschema")
FOREVER_S = 600.0
PATIENCE_S = 60.0


async def until(occasions: AsyncIterator[bool], *, is_look: bool) -> None:
    """Take occasions until one is of a kind."""
    async with asyncio.timeout(PATIENCE_S):
        while await anext(occasions) != is_look:
            pass


def test_an_agent_works_at_once_and_after_each_change() -> None:
    """Input: an empty database, in which a chassis is entered. Output: a look, then a change, after which the chassis
    is there in the columns that were asked for; a table that the schema has not is left out."""
    encapsulation = {"op": "insert", "table": "Encap", "uuid-name": "e", "row": {"type": "geneve", "ip": "192.0.2.1"}}
    chassis = {"op": "insert", "table": "Chassis", "row": {"name": "hv1", "encaps": ["named-uuid", "e"]}}
    found: list[Any] = []

    async def follow(remote: str) -> None:
        async with southbound(remote, {"Chassis": ("name",), "Of_Tomorrow": ("name",)}) as database:
            occasions = database.occasions(FOREVER_S)
            assert await anext(occasions)
            entered = json.dumps(["OVN_Southbound", encapsulation, chassis])
            await asyncio.to_thread(run, "ovsdb-client", "transact", remote, entered)
            while not (rows := database.replica.rows("Chassis")):
                await until(occasions, is_look=False)
            assert database.replica.current
            found.extend(dict(row) for row in rows.values())

    with alone(SCHEMA) as server:
        asyncio.run(follow(server.remote))
    assert found == [{"name": "hv1"}]


def test_an_agent_works_from_time_to_time_where_nothing_changes_and_nobody_answers() -> None:
    """Input: a database that does not run. Output: looks all the same, and a replica that is not current."""

    async def follow(remote: str) -> None:
        async with southbound(remote, {"Chassis": ("name",)}) as database:
            occasions = database.occasions(0.01)
            for _ in range(3):
                await until(occasions, is_look=True)
            assert not database.replica.current

    with scratch() as directory:
        asyncio.run(follow(f"unix:{directory}/nobody.sock"))
