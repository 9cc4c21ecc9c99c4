"""The agent of a VPN concentrator: follows the southbound database, keeps strongSwan's configuration.

    replica of Port_Binding --each change, and every LOOK_S--> tunnels, keys --> text --swanctl --load-all--> strongSwan
                                               file, by which it is known what changed --swanctl --terminate-->

A tunnel that has changed is ended, and the customer's router makes it again with what is so now. The file is put in its
place at the end: an agent that was killed on the way does all of it again. While the database cannot be reached,
everything stays.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from crossconnect.cloud.agent_process import command
from crossconnect.cloud.concentrator.decision import ConcentratorConfiguration, PortOfNetwork, tunnels_of
from crossconnect.cloud.concentrator.swanctl import parts, rendered
from crossconnect.cloud.southbound import southbound
from crossconnect.errors import Rejected
from crossconnect.transport.ovsdb import Replica

TABLES = {"Port_Binding": ("type", "datapath", "options", "external_ids")}
LOOK_S = 10.0
"""Between looks: keys come when they come, and a strongSwan that was started again knows nothing."""

TERMINATE_S = "5"
"""A customer gateway that does not answer is not waited for longer."""


class Agent:
    """One agent."""

    def __init__(self, configuration: ConcentratorConfiguration) -> None:
        self.configuration = configuration
        self._lacking: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        async with southbound(self.configuration.southbound, TABLES) as database:
            async for is_look in database.occasions(LOOK_S):
                await self._apply(database.replica, always=is_look)

    async def _apply(self, replica: Replica, *, always: bool) -> None:
        """Have strongSwan know what it is to know; unless `always`, only where that is something else than before."""
        if not replica.current:
            return
        tunnels = tunnels_of(_ports(replica), self.configuration.network)
        keys = self._keys(tunnels)
        text, file = rendered(self.configuration.address, tunnels, keys), Path(self.configuration.file)
        before = read(file)
        if text == before and not always:
            return
        had, want = parts(before), parts(text)
        fresh = file.with_name(f"{file.name}.new")
        write(fresh, text)
        try:
            await self._swanctl("--load-all", "--clear", "--file", str(fresh))
        except Rejected as error:
            print(error, file=sys.stderr, flush=True)
            return  # and once more after a while
        for id, said in had.items():
            if want.get(id) != said:
                # It fails where the tunnel was not up, and there is nothing to end.
                with contextlib.suppress(Rejected):
                    await self._swanctl("--terminate", "--ike", id, "--force", "--timeout", TERMINATE_S)
        fresh.replace(file)

    async def _swanctl(self, *words: str) -> None:
        where = ("--uri", self.configuration.socket) if self.configuration.socket else ()
        await command([*self.configuration.swanctl, *words, *where])

    def _keys(self, tunnels: Iterable[str]) -> dict[str, bytes]:
        """The pre-shared keys that are there, by connection; what is missing is said once."""
        found: dict[str, bytes] = {}
        for id in tunnels:
            try:
                found[id] = (Path(self.configuration.keys) / id).read_bytes()
                self._lacking.discard(id)
            except OSError as error:
                if id not in self._lacking:
                    print(f"{id} has no tunnel: its key: {error.strerror}", file=sys.stderr, flush=True)
                self._lacking.add(id)
        return {id: key for id, key in found.items() if key}


def read(path: Path) -> str:
    """A file's text; empty where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def write(path: Path, text: str) -> None:
    """A new file with keys in it, for its owner only."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _ports(replica: Replica) -> list[PortOfNetwork]:
    return [
        PortOfNetwork(
            kind=str(row["type"]),
            datapath=str(row["datapath"]),
            options=cast(dict[str, str], row["options"]),
            external_ids=cast(dict[str, str], row["external_ids"]),
        )
        for row in replica.rows("Port_Binding").values()
        if row["type"] in ("patch", "l3gateway", "localnet")
    ]


async def run_agent(configuration: ConcentratorConfiguration) -> None:
    """Run an agent until cancelled. Tunnels stay: a restart takes nothing away."""
    await Agent(configuration).run()
