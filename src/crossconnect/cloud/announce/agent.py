"""The agent of a gateway node: follows the southbound database, keeps the kernel's routes.

    replica of Port_Binding, Chassis --each change--> routes_of --difference--> ip -batch
                                 |    `--every RECONCILE_S: what does the kernel have? (an interface that went down took
                                 |       its routes along)
                                 `--where FRR announces out of OVN's tables--> tables_of --difference--> vtysh

While the database cannot be reached, everything stays: whoever cannot hear does not know better, and whether this node
is alive at all is for BFD and for leaves' hold timers to find out.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from crossconnect.cloud.agent_process import command
from crossconnect.cloud.announce.decision import AgentConfiguration, PortBinding, Route, routes_of, tables_of
from crossconnect.cloud.announce.participation import action_of, observe
from crossconnect.cloud.announce.routes import (
    batch_words,
    changes,
    kernel_routes,
    learned_words,
    network_queries,
    show_words,
)
from crossconnect.cloud.announce.speaker import Source, configuration_words, sources_configured, speaker_words
from crossconnect.cloud.southbound import southbound
from crossconnect.errors import Rejected
from crossconnect.net import version_of
from crossconnect.transport.ovsdb import Replica, Row, Uuid

RECONCILE_S = 2.0
SETTLE_S = 0.002
"""Changes that come together are worked off together: a router that moves changes several rows in a row."""
LOOK_S = 0.5
"""Between looks at the sessions."""
SESSIONS = ("-c", "show bgp vrf all summary json")
SPEAKER_LOOK_S = 10.0
"""Between looks at FRR's configuration, for one that was started again: each costs vtysh some 20 ms."""

TABLES = {
    "Port_Binding": (
        "logical_port",
        "type",
        "datapath",
        "chassis",
        "options",
        "mac",
        "nat_addresses",
        "external_ids",
    ),
    "Chassis": ("name",),
    "Datapath_Binding": ("tunnel_key", "external_ids"),
    "Advertised_Route": ("logical_port", "ip_prefix"),
}
"""Tables with the columns that matter here; the last one is later OVN's."""


class Agent:
    """One agent. `routes` are those that it has last made sure of."""

    def __init__(self, configuration: AgentConfiguration) -> None:
        self.configuration = configuration
        self.routes: frozenset[Route] = frozenset()
        self._sources: frozenset[Source] | None = None
        """The tables that FRR announces from; None: it is to be asked."""
        self._asked_s = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        async with southbound(self.configuration.southbound, TABLES) as database, asyncio.TaskGroup() as tasks:
            if self.configuration.leave and self.configuration.join:
                tasks.create_task(self._take_part())
            async for is_look in database.occasions(RECONCILE_S, SETTLE_S):
                if is_look:
                    await self._reconcile(database.replica)
                else:
                    await self._apply(database.replica, self.routes)

    async def _take_part(self) -> None:
        """Leave OVN while no leaf hears this node; see `participation`."""
        now, state = asyncio.get_running_loop().time, None
        while True:
            state = observe(state, await self._alone(), now())
            if action := action_of(state, now()):
                print(f"{action}: {'no' if state.alone else 'some'} BGP session is up", file=sys.stderr, flush=True)
                try:
                    await command(list(self.configuration.leave if action == "leave" else self.configuration.join))
                    state = msgspec.structs.replace(state, done=action)
                except Rejected as error:
                    print(error, file=sys.stderr, flush=True)
                    state = msgspec.structs.replace(state, since_s=now())  # and once more after a while
            await asyncio.sleep(LOOK_S)

    async def _alone(self) -> bool:
        """Whether there is no BGP session. A route that came over one is answer enough, and cheap to look for."""
        for network, version in network_queries(self.configuration):
            with contextlib.suppress(Rejected):
                if (await command(learned_words(network, version))).strip() not in (b"", b"[]", b"[ ]"):
                    return False
        with contextlib.suppress(Rejected):
            speaker = self.configuration.tables
            return b'"Established"' not in await command([*(speaker.vtysh if speaker else ("vtysh",)), *SESSIONS])
        return True

    async def _reconcile(self, replica: Replica) -> None:
        """Look at what the kernel has, instead of trusting what was done."""
        have: set[Route] = set()
        for network, version in network_queries(self.configuration):
            try:
                have |= kernel_routes(network, version, await command(show_words(network, version)))
            except Rejected:
                continue  # the interface is not there, and no route over it either
        await self._apply(replica, frozenset(have))

    async def _apply(self, replica: Replica, have: frozenset[Route]) -> None:
        if not replica.current:
            return
        tables = {name: replica.rows(name) for name in TABLES if replica.schema and name in replica.schema.tables}
        ports = bindings(tables)
        want = routes_of(ports, self.configuration)
        await self._tell_speaker(ports)  # before routes go that FRR takes out of a table from now on
        for namespace, lines in changes(self.configuration, have, want).items():
            try:
                await command(batch_words(namespace), "\n".join(lines) + "\n")
            except Rejected as error:
                # The next look at the kernel will tell what is missing, and try again.
                print(error, file=sys.stderr, flush=True)
        self.routes = want

    async def _tell_speaker(self, ports: Sequence[PortBinding]) -> None:
        """Let FRR announce from the tables of the network's routers, and no others."""
        speaker = self.configuration.tables
        if speaker is None:
            return
        network = next((n for n in self.configuration.networks if n.name == speaker.network), None)
        versions = {version_of(prefix) for prefix in network.transfer} if network is not None else set[int]()
        want = frozenset((version, table) for table in tables_of(ports, self.configuration) for version in versions)
        now_s = asyncio.get_running_loop().time()
        try:
            if self._sources is None or now_s - self._asked_s >= SPEAKER_LOOK_S:
                said = await command(configuration_words(speaker))
                self._sources, self._asked_s = sources_configured(said.decode(errors="replace")), now_s
            for words in speaker_words(speaker, self._sources, want):
                await command(words)
            self._sources = want
        except Rejected as error:
            self._sources = None
            print(error, file=sys.stderr, flush=True)


def bindings(tables: Mapping[str, Mapping[Uuid, Row]]) -> list[PortBinding]:
    """Rows of `Port_Binding` as records; ports of machines, which say nothing here, are left out."""
    chassis, datapaths = tables["Chassis"], tables.get("Datapath_Binding", {})
    advertised: dict[str, list[str]] = {}
    for row in tables.get("Advertised_Route", {}).values():
        advertised.setdefault(str(row["logical_port"]), []).append(str(row["ip_prefix"]))
    found: list[PortBinding] = []
    for uuid, row in tables["Port_Binding"].items():
        if row["type"] in ("patch", "l3gateway", "localnet", "chassisredirect"):
            there = chassis.get(cast(Uuid, row["chassis"]))
            options = cast(dict[str, str], row["options"])
            tells_kernel = options.get("dynamic-routing") == "true"
            found.append(
                PortBinding(
                    name=str(row["logical_port"]),
                    kind=str(row["type"]),
                    datapath=str(row["datapath"]),
                    chassis=str(there["name"]) if there is not None else "",
                    options=options,
                    addresses=tuple(sorted(cast(frozenset[str], row["mac"]))),
                    nat_addresses=tuple(sorted(cast(frozenset[str], row["nat_addresses"]))),
                    external_ids=cast(dict[str, str], row["external_ids"]),
                    advertised=tuple(sorted(advertised.get(uuid, ()))),
                    table=_table(datapaths.get(cast(Uuid, row["datapath"]))) if tells_kernel else 0,
                )
            )
    return found


def _table(datapath: Row | None) -> int:
    """The routing table of a router: the one that it asks for, or else the number of its datapath (ovn-nb(5),
    `dynamic-routing-vrf-id`)."""
    if datapath is None:
        return 0
    asked = cast(dict[str, str], datapath["external_ids"]).get("dynamic-routing-vrf-id", "")
    return int(asked) if asked.isdecimal() and int(asked) else cast(int, datapath["tunnel_key"])


async def run_agent(configuration: AgentConfiguration) -> None:
    """Run an agent until cancelled. Its routes stay: a restart takes nothing away."""
    await Agent(configuration).run()
