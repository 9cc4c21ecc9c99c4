"""The whole below the API in one process, to be killed:
`cloud_process.py STORE NORTHBOUND SOUTHBOUND SEED COMMANDS JOURNAL`.

Random commands of two projects go through the service to an SQLite file and on to the northbound. It says `begun`, and
`done` when all commands are realised; then it goes on to follow until it is killed. Into the journal it writes each
command before it gives it, and what became of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import secrets
import sys
from pathlib import Path

import msgspec

from cloud_commands import PROJECTS, Command, World, draw
from cloud_documents import REGION
from crossconnect.cloud.ovn.features import features_of
from crossconnect.cloud.realise import Options
from crossconnect.cloud.realise.following import Following, compilers
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.service import Caller, Outcome, Service, Settings
from crossconnect.transport.ovsdb import Backoff, Session
from crossconnect.transport.ovsdb import Options as SessionOptions

ROOT = Caller(principal="root", project_id="", admin=True)
SETTINGS = Settings(
    zones=("a", "b"),
    public_prefixes=REGION.public_prefixes,
    public_prefixes6=REGION.public_prefixes6,
    vrfs=dict.fromkeys(PROJECTS, ("blue", "nowhere")),
)
QUICK = Backoff(0.02, 0.1)


async def given(service: Service, command: Command) -> Outcome:
    """Give a command to the service."""
    kind, caller = KINDS[command.kind], Caller(principal=f"of {command.project}", project_id=command.project)
    match command.verb:
        case "create":
            return await service.create(kind, caller, msgspec.convert(command.said, kind.body))
        case "update":
            return await service.update(kind, caller, command.id, msgspec.convert(command.said, kind.patch))
        case _:
            return await service.delete(kind, caller, command.id)


async def work(service: Service, chance: random.Random, inline: bool, journal: Path) -> None:
    """One command, which may be refused."""
    _, documents = await service.snapshot()
    command = draw(World(chance, (one.resource(KINDS[one.kind].resource) for one in documents), inline))
    with journal.open("a") as lines:
        print(json.dumps({"asked": command}), file=lines, flush=True)
        try:
            outcome = await given(service, command)
            told = {"done": command.verb, "kind": command.kind, "id": outcome.document.id}
        except Refused as refused:
            told = {"refused": refused.problems[0].code, "verb": command.verb, "kind": command.kind}
        print(json.dumps(told), file=lines, flush=True)


async def main(store: str, northbound: str, southbound: str, seed: int, commands: int, journal: Path) -> None:
    chance, ids = random.Random(seed), random.Random(f"ids {seed}")
    service = await Service.open(store, KINDS, SETTINGS, new_id=lambda prefix: f"{prefix}-{ids.getrandbits(68):017x}")
    for project in PROJECTS:
        with contextlib.suppress(Refused):  # it is there already
            await service.create_project(ROOT, project)
    options = SessionOptions(backoff=QUICK)
    async with (
        Session(northbound, "OVN_Northbound", options) as session,
        Session(southbound, "OVN_Southbound", msgspec.structs.replace(options, leader=False)) as checks,
        Following(
            service,
            KINDS,
            session,
            compilers(REGION, southbound=True),
            secrets.token_hex(8),
            Options(backoff=QUICK),
            southbound=checks,
        ) as following,
    ):
        inline = features_of((await session.connected(240)).has).network_function
        print("begun", flush=True)
        for _ in range(commands):
            await work(service, chance, inline, journal)
        while True:
            number, realised = await service.position()
            if number == realised and following.realiser.number == number:
                break
            await asyncio.sleep(0.01)
        print("done", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], *map(int, sys.argv[4:6]), Path(sys.argv[6])))
