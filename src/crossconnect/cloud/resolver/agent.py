"""The agent of a hypervisor: follows the southbound database, keeps a namespace and a server per VPC that has machines.

    replica of Port_Binding, DNS, Chassis --each change--> places_of --difference--> scripts, servers

Namespaces outlive it: while it is away, OVN answers what it can by itself, and nothing else is answered.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from typing import cast

from crossconnect.cloud.agent_process import command
from crossconnect.cloud.resolver.answering import Known
from crossconnect.cloud.resolver.placement import Binding, Place, Records, ResolverConfiguration, places_of
from crossconnect.cloud.resolver.plumbing import NAMESPACE_PREFIX, namespace_of, setup, teardown
from crossconnect.cloud.resolver.server import Server
from crossconnect.cloud.resolver.sockets import listen
from crossconnect.cloud.southbound import southbound
from crossconnect.errors import Rejected
from crossconnect.net import address_of
from crossconnect.transport.ovsdb import Replica, Row, Uuid

SETTLE_S = 0.02
"""Changes that come together are worked off together."""
AGAIN_S = 2.0
"""After something failed."""
TABLES = {
    "Port_Binding": ("logical_port", "type", "datapath", "chassis", "options", "mac", "external_ids"),
    "DNS": ("datapaths", "records"),
    "Chassis": ("name",),
}


class Agent:
    """One agent, and the servers that it runs."""

    def __init__(self, configuration: ResolverConfiguration) -> None:
        self.configuration = configuration
        self._servers: dict[Place, Server] = {}

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with southbound(self.configuration.southbound, TABLES) as database:
                replica, woken = database.replica, database.woken
                while True:
                    await woken.wait()
                    woken.clear()
                    await asyncio.sleep(SETTLE_S)
                    if replica.current and not await self._apply(places_of(*_rows(self.configuration, replica))):
                        await asyncio.sleep(AGAIN_S)
                        woken.set()
        finally:
            for server in self._servers.values():
                server.close()

    async def _apply(self, wanted: Mapping[Place, Known]) -> bool:
        """Make what runs what should run; whether all of it could be done."""
        done = True
        for place in self._servers.keys() - wanted.keys():
            self._servers.pop(place).close()
        kept = {namespace_of(place) for place in wanted}
        for name in await self._namespaces():
            if name not in kept:
                done &= await self._carried_out(teardown(name, self.configuration.vsctl))
        for place, known in wanted.items():
            if (server := self._servers.get(place)) is not None:
                server.known = known
            else:
                done &= await self._begin(place, known)
        return done

    async def _begin(self, place: Place, known: Known) -> bool:
        if not await self._carried_out(setup(place, self.configuration.vsctl)):
            return False
        try:
            datagrams, streams = listen(namespace_of(place), tuple(map(address_of, place.addresses)))
        except Rejected as error:
            print(error, file=sys.stderr, flush=True)
            return False
        server = self._servers[place] = Server(self.configuration.name_servers, known)
        await server.start(datagrams, streams)
        return True

    async def _namespaces(self) -> list[str]:
        """Namespaces of ours that there are."""
        try:
            listed = json.loads(await command(["ip", "-json", "netns", "list"]) or b"[]")
        except (Rejected, ValueError):
            return []
        return [each["name"] for each in listed if each["name"].startswith(NAMESPACE_PREFIX)]

    async def _carried_out(self, script: str) -> bool:
        try:
            await command(["sh", "-c", script])
        except Rejected as error:
            print(error, file=sys.stderr, flush=True)
            return False
        return True


def _rows(configuration: ResolverConfiguration, replica: Replica) -> tuple[list[Binding], list[Records]]:
    tables = {name: replica.rows(name) for name in TABLES}
    here = {uuid for uuid, row in tables["Chassis"].items() if row["name"] == configuration.chassis}
    return [*_bindings(tables["Port_Binding"], here)], [
        Records(
            datapaths=cast(frozenset[str], row["datapaths"]),
            records=cast(dict[str, str], row["records"]),
        )
        for row in tables["DNS"].values()
    ]


def _bindings(rows: Mapping[Uuid, Row], here: set[Uuid]) -> Iterator[Binding]:
    """Those that matter: machines' ports here, ways between switches and routers, resolvers' ports."""
    for row in rows.values():
        kind, bound = str(row["type"]), row["chassis"] in here
        if (kind == "" and bound) or kind in ("patch", "localport"):
            yield Binding(
                name=str(row["logical_port"]),
                kind=kind,
                datapath=str(row["datapath"]),
                here=bound,
                peer=cast(dict[str, str], row["options"]).get("peer", ""),
                addresses=tuple(sorted(cast(frozenset[str], row["mac"]))),
                external_ids=cast(dict[str, str], row["external_ids"]),
            )


async def run_agent(configuration: ResolverConfiguration) -> None:
    """Run an agent until cancelled. Namespaces stay: a restart finds them."""
    await Agent(configuration).run()
