"""A process that works on a database until it is killed, and says into a pipe what it was told.

Each message is (`asked`, token) before a creation, (`told`, token, id, revision) after it, (`gone`, id, revision),
(`refused`, status, code), or (`done`,).
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
from multiprocessing.connection import Connection
from pathlib import Path

from cloud_kinds import KINDS, NETWORK, PORT, NetworkBody, PortBody, PortPatch
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.service import Caller, Service, Settings, engine
from crossconnect.cloud.store import writer

RED = Caller(principal="worker", project_id="red")
PATIENCE_S = 120.0
"""A worker is refused nothing because the machine does much else."""


async def client(service: Service, network: str, name: str, count: int, pipe: Connection) -> None:
    draw = random.Random(name)
    ports: list[str] = []
    for n in range(count):
        token = f"{name}-{n}"
        try:
            if ports and draw.random() < 0.3:
                id = ports.pop(draw.randrange(len(ports)))
                gone = await service.delete(PORT, RED, id)
                pipe.send(("gone", id, gone.revision))
            elif ports and draw.random() < 0.3:
                await service.update(PORT, RED, draw.choice(ports), PortPatch(name=token, tags={"n": token}))
            else:
                pipe.send(("asked", token))
                made = await service.create(PORT, RED, PortBody(network_id=network, tags={"t": token}), token=token)
                pipe.send(("told", token, made.document.id, made.revision))
                ports.append(made.document.id)
        except Refused as refused:
            pipe.send(("refused", refused.status, refused.problems[0].code))
            await asyncio.sleep(0.05)


async def work(url: str, seed: str, clients: int, count: int, pipe: Connection) -> None:
    writer.PATIENCE_S = engine.PATIENCE_S = PATIENCE_S
    service = await Service.open(url, KINDS, Settings(zones=("a",)))
    network = (await service.create(NETWORK, RED, NetworkBody(size=1 << 16), token="network")).document.id
    pipe.send(("ready",))
    await asyncio.gather(*(client(service, network, f"{seed}-{n}", count, pipe) for n in range(clients)))
    await service.close()
    pipe.send(("done",))


def main(url: str, seed: str, clients: int, count: int, pipe: Connection) -> None:
    asyncio.run(work(url, seed, clients, count, pipe))


def start(url: str, seed: str, clients: int, count: int) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    """A process, and the pipe that it says things into. Forked from one that has imported everything already."""
    path, before = "PYTHONPATH", os.environ.get("PYTHONPATH", "")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cloud_worker"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=main, args=(url, seed, clients, count, theirs), daemon=True)
    os.environ[path] = os.pathsep.join(filter(None, (str(Path(__file__).parent), before)))
    try:
        process.start()
    finally:  # what other tests start is to find no modules of tests
        os.environ[path] = before
    theirs.close()
    return process, ours
