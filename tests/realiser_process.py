"""A process that realises a random history, to be killed: `realiser_process.py KIND REMOTE SEED CHANGES FIRST PAUSE_S`.

KIND is `made` (northbound_units) or `compiled` (cloud_history).

It begins with all units as of the change FIRST, and says each change before it hands it on, and `done` at the end.
"""

from __future__ import annotations

import asyncio
import os
import sys

from cloud_history import CompiledHistory
from crossconnect.cloud.realise import Options, Realiser
from crossconnect.transport.ovsdb import Backoff, Session
from crossconnect.transport.ovsdb import Options as SessionOptions
from northbound_units import at, history


async def main(kind: str, remote: str, seed: int, changes: int, first: int, pause_s: float) -> None:
    if kind == "compiled":
        compiled = CompiledHistory(seed, changes)
        batches, units = compiled.batches, compiled.at(first)
    else:
        batches = history(seed, changes)
        units = at(batches, first)
    quick = Backoff(0.02, 0.1)
    async with (
        Session(remote, "OVN_Northbound", SessionOptions(backoff=quick)) as session,
        Realiser(session, f"{os.getpid()}", Options(backoff=quick)) as realiser,
    ):
        realiser.replace(units, first)
        for batch in batches[first + 1 :]:
            print(batch.number, flush=True)
            realiser.submit(batch)
            await asyncio.sleep(pause_s)
        await realiser.wait(changes - 1, timeout_s=300)
        print(*realiser.failures.items(), sep="\n", file=sys.stderr)
        print("failed" if realiser.failures else "done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3], *map(int, sys.argv[3:6]), float(sys.argv[6])))
