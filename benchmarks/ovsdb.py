"""The OVSDB client's figures: ports written, and read into a replica; prints Markdown.

    python benchmarks/ovsdb.py [--ports 10000] [--replica 22000] [--runs 3] [--peer PYTHON]

A real ovsdb-server with OVN's northbound schema, on a socket of its own. `--peer PYTHON` names an interpreter that has
ovsdbapp, OpenStack's library on Open vSwitch's Python IDL; it then does the same against the same server. CPU seconds
are those of the client's whole process, start and imports included, beside the server's for the same work.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from run import Cost, run

SCHEMA = Path("/usr/share/ovn/ovn-nb.ovsschema")
OURS = """
import asyncio, json, sys, time
from crossconnect.transport.ovsdb import Chosen, Session, by_uuid, insert, mutate, named

remote, what, count, at_once = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

def port(schema, switch, n):
    name, address = named("port", n), f"0a:00:00:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x} 10.0.{n >> 8}.{n & 255}"
    return [insert(schema.table("Logical_Switch_Port"), {"name": f"port{n}", "addresses": [address],
                "port_security": [address], "external_ids": {"owner": f"id{n}", "project": "p1", "subnet": "s1"}},
                name=name),
            mutate(schema.table("Logical_Switch"), by_uuid(switch), [("ports", "insert", [name])])]

async def main():
    async with Session(remote, "OVN_Northbound") as session:
        schema = await session.connected()
        began = time.monotonic()
        if what == "replica":
            replica = session.replica(lambda schema: {name: Chosen() for name in schema.tables})
            await replica.loaded(600)
            assert len(replica.rows("Logical_Switch_Port")) == count
        else:
            [made] = await session.transact([insert(schema.table("Logical_Switch"), {"name": "s"})])
            for first in range(0, count, at_once * 1000):
                if what == "batches":
                    for n in range(first, min(first + at_once * 1000, count), at_once):
                        together = [op for k in range(n, n + at_once) for op in port(schema, made.inserted, k)]
                        await session.transact(together)
                else:
                    group = range(first, min(first + at_once * 1000, count))
                    for n in range(group.start, group.stop, at_once):
                        await asyncio.gather(*(session.transact(port(schema, made.inserted, k))
                                               for k in range(n, min(n + at_once, count))))
        print(json.dumps({"wall_s": time.monotonic() - began}))

asyncio.run(main())
"""
PEER = """
import json, sys, time
from ovsdbapp.backend.ovs_idl import connection
from ovsdbapp.schema.ovn_northbound import impl_idl

remote, what, count, at_once = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
began = time.monotonic()
idl = connection.OvsdbIdl.from_server(remote, "OVN_Northbound")
api = impl_idl.OvnNbApiIdlImpl(connection.Connection(idl, timeout=600))
if what == "replica":
    assert len(idl.tables["Logical_Switch_Port"].rows) == count
else:
    api.ls_add("s").execute(check_error=True)
    began = time.monotonic()
    for first in range(0, count, at_once):
        with api.transaction(check_error=True) as transaction:
            for n in range(first, first + at_once):
                address = f"0a:00:00:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x} 10.0.{n >> 8}.{n & 255}"
                transaction.add(api.lsp_add("s", f"port{n}", addresses=[address], port_security=[address],
                    external_ids={"owner": f"id{n}", "project": "p1", "subnet": "s1"}))
print(json.dumps({"wall_s": time.monotonic() - began}))
"""


@contextlib.contextmanager
def server() -> Iterator[tuple[str, int]]:
    """A server with an empty northbound database: its remote and process id."""
    with tempfile.TemporaryDirectory(prefix="xc-bench-") as scratch:
        database, socket = Path(scratch) / "nb.db", Path(scratch) / "nb.sock"
        subprocess.run(["ovsdb-tool", "create", str(database), str(SCHEMA)], check=True)
        command = ["ovsdb-server", f"--remote=punix:{socket}", f"--unixctl={scratch}/ctl", "-vconsole:off"]
        process = subprocess.Popen([*command, str(database)])
        try:
            while not socket.exists():
                time.sleep(0.01)
            yield f"unix:{socket}", process.pid
        finally:
            process.kill()
            process.wait()


def cpu_of(pid: int) -> float:
    """User and system seconds of a running process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(command: list[str], remote: str, pid: int, words: tuple[str, int, int]) -> tuple[Cost, float, float]:
    """One client: its cost, the time of the work itself, the server's CPU."""
    before = cpu_of(pid)
    cost = run([*command, remote, *map(str, words)])
    return cost, json.loads(cost.output.strip().splitlines()[-1])["wall_s"], cpu_of(pid) - before


def row(name: str, results: list[tuple[Cost, float, float]], count: int) -> None:
    """One line of the table."""
    cpu, memory = (statistics.median(figure) for figure in zip(*(r[0][:2] for r in results), strict=True))
    wall, theirs = (statistics.median(figure) for figure in zip(*(r[1:] for r in results), strict=True))
    print(f"| {name} | {count / wall:,.0f} | {wall:.2f} | {cpu:.2f} | {memory:.0f} | {theirs:.2f} |", flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--ports", type=int, default=10_000)
    parser.add_argument("--replica", type=int, default=22_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer", default="", help="python with ovsdbapp installed")
    a = parser.parse_args()
    ours, peer = [sys.executable, "-c", OURS], [a.peer, "-c", PEER]
    writes = [
        (ours, "one port a transaction, one outstanding", ("single", a.ports, 1)),
        (ours, "one port a transaction, 64 outstanding", ("single", a.ports, 64)),
        (ours, "100 ports a transaction", ("batches", a.ports, 100)),
    ]
    if a.peer:
        writes += [
            (peer, "ovsdbapp, one port a transaction", ("batches", a.ports, 1)),
            (peer, "ovsdbapp, 100 ports a transaction", ("batches", a.ports, 100)),
        ]
    print(f"## OVSDB: {a.ports:,} ports to an empty northbound, {a.replica:,} read; load {os.getloadavg()[0]:.1f}\n")
    print("| work | ports/s | wall s | CPU s | peak MiB | server's CPU s |\n|---|---|---|---|---|---|")
    for command, name, words in writes:
        results: list[tuple[Cost, float, float]] = []
        for _ in range(a.runs):
            with server() as (remote, pid):
                results.append(measure(command, remote, pid, words))
        row(name, results, a.ports)
    with server() as (remote, pid):
        run([*ours, remote, "batches", str(a.replica), "100"])
        for command, name in [(ours, "replica"), *([(peer, "ovsdbapp, replica")] if a.peer else [])]:
            words = ("replica", a.replica, 1)
            row(name, [measure(command, remote, pid, words) for _ in range(a.runs)], a.replica)


if __name__ == "__main__":
    main()
