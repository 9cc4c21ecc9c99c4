"""A process that works on a database until it is killed, and says what it was told: `python cloud_worker.py url seed`.

Each line is `asked <token>` before a creation, `told <token> <id> <revision>` after it, or `gone <id> <revision>`.
"""

from __future__ import annotations

import asyncio
import random
import sys

from cloud_kinds import KINDS, NETWORK, PORT, NetworkBody, PortBody, PortPatch
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.service import Caller, Service, Settings

RED = Caller(principal="worker", project_id="red")


def say(*words: object) -> None:
    print(*words, flush=True)


async def client(service: Service, network: str, draw: random.Random, name: str, count: int) -> None:
    ports: list[str] = []
    for n in range(count):
        token = f"{name}-{n}"
        try:
            if ports and draw.random() < 0.3:
                id = ports.pop(draw.randrange(len(ports)))
                gone = await service.delete(PORT, RED, id)
                say("gone", id, gone.revision)
            elif ports and draw.random() < 0.3:
                await service.update(PORT, RED, draw.choice(ports), PortPatch(name=token, tags={"n": token}))
            else:
                say("asked", token)
                made = await service.create(PORT, RED, PortBody(network_id=network, tags={"t": token}), token=token)
                say("told", token, made.document.id, made.revision)
                ports.append(made.document.id)
        except Refused as refused:
            say("refused", refused.status, refused.problems[0].code)
            await asyncio.sleep(0.05)


async def main(url: str, seed: str, clients: int, count: int) -> None:
    service = await Service.open(url, KINDS, Settings(zones=("a",)))
    network = await service.create(NETWORK, RED, NetworkBody(size=1 << 16), token="network")
    say("ready")
    draws = [random.Random(f"{seed}-{n}") for n in range(clients)]
    await asyncio.gather(
        *(client(service, network.document.id, draw, f"{seed}-{n}", count) for n, draw in enumerate(draws))
    )
    await service.close()
    say("done")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
