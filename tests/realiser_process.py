"""A process that realises a random history, to be killed: `realiser_process.py REMOTE SEED CHANGES FIRST PAUSE_S`.

It begins with all units as of the change FIRST, and says each change before it hands it on, and `done` at the end.
"""

from __future__ import annotations

import asyncio
import os
import sys

from crossconnect.cloud.realise import Options, Realiser
from crossconnect.transport.ovsdb import Backoff, Session
from crossconnect.transport.ovsdb import Options as SessionOptions
from northbound_units import at, history


async def main(remote: str, seed: int, changes: int, first: int, pause_s: float) -> None:
    batches = history(seed, changes)
    quick = Backoff(0.02, 0.1)
    async with (
        Session(remote, "OVN_Northbound", SessionOptions(backoff=quick)) as session,
        Realiser(session, f"{os.getpid()}", Options(backoff=quick)) as realiser,
    ):
        realiser.replace(at(batches, first), first)
        for batch in batches[first + 1 :]:
            print(batch.number, flush=True)
            realiser.submit(batch)
            await asyncio.sleep(pause_s)
        await realiser.wait(changes - 1)
        print("failed" if realiser.failures else "done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:5]), float(sys.argv[5])))
