"""The northbound writer's figures; prints Markdown.

    python benchmarks/realise.py [--ports 10000] [--runs 3]

A real ovsdb-server with OVN's northbound schema: 100 routers, 1,000 switches, 100 port groups of a rule each, and ports
that are each in one switch and in two groups. Units are made before the clock starts, as the compiler gives them. CPU
seconds are this process's.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import resource
import statistics
import time

from crossconnect.cloud.ovn.rows import KEY, Contribution, Row
from crossconnect.cloud.realise import Batch, Realiser, Unit
from crossconnect.transport.ovsdb import Session, Value
from ovsdb import cpu_of, server

SWITCHES, GROUPS = 1000, 100


def row(table: str, key: str, **columns: Value) -> Row:
    """A row of ours."""
    return Row(table, key, {"external_ids": {KEY: key}, **columns})


def port(n: int, address: str = "") -> Unit:
    """A port of a switch and of two groups."""
    address = address or f"0a:00:00:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x} 10.0.{n >> 8 & 255}.{n & 255}"
    made = row("Logical_Switch_Port", f"port{n}", name=f"port{n}", addresses=frozenset((address,)))
    groups = [f"group{n % GROUPS}", f"group{(n + 1) % GROUPS}"]
    members = [Contribution("Logical_Switch", f"switch{n % SWITCHES}", "ports", made.uuid)]
    members += [Contribution("Port_Group", group, "ports", made.uuid) for group in groups]
    return Unit((made,), frozenset(members))


def world(ports: int) -> dict[str, Unit]:
    """All units."""
    units: dict[str, Unit] = {}
    for n in range(100):
        units[f"router{n}"] = Unit((row("Logical_Router", f"router{n}", name=f"router{n}"),))
    for n in range(SWITCHES):
        units[f"switch{n}"] = Unit((row("Logical_Switch", f"switch{n}", name=f"switch{n}"),))
    for n in range(GROUPS):
        match = f"outport == @group{n} && ip4"
        acl = row("ACL", f"group{n}", priority=1000, direction="to-lport", action="allow-related", match=match)
        group = row("Port_Group", f"group{n}", name=f"group{n}", acls=frozenset((acl.uuid,)))
        units[f"group{n}"] = Unit((group, acl))
    for n in range(ports):
        units[f"port{n}"] = port(n)
    return units


class Figures:
    """Wall and CPU seconds by step."""

    def __init__(self) -> None:
        self.steps: dict[str, list[tuple[float, float, float]]] = {}

    def add(self, step: str, began: tuple[float, float, float], pid: int) -> None:
        """A step has ended that began then."""
        now = (time.monotonic(), time.process_time(), cpu_of(pid))
        wall, ours, theirs = (after - before for after, before in zip(now, began, strict=True))
        self.steps.setdefault(step, []).append((wall, ours, theirs))


def now(pid: int) -> tuple[float, float, float]:
    """Wall, our CPU, the server's."""
    return time.monotonic(), time.process_time(), cpu_of(pid)


async def once(remote: str, pid: int, units: dict[str, Unit], figures: Figures) -> list[float]:
    """One run: from empty, changes one by one, many at once, restart. The latencies of single changes, in ms."""
    ports = sum(key.startswith("port") for key in units)
    async with Session(remote, "OVN_Northbound") as session, Realiser(session, "first") as realiser:
        await realiser.replica.loaded()
        began = now(pid)
        realiser.replace(units, 0)
        await realiser.wait(0, timeout_s=600)
        figures.add("from empty", began, pid)
        latencies: list[float] = []
        began = now(pid)
        for n in range(1000):
            at = time.monotonic()
            realiser.submit(Batch(n + 1, {f"new{n}": port(ports + n)}))
            await realiser.wait(n + 1)
            latencies.append((time.monotonic() - at) * 1000)
        figures.add("1,000 ports more, one after the other", began, pid)
        began = now(pid)
        realiser.submit(Batch(1001, {f"new{n}": port(ports + n, "unknown") for n in range(1000)}))
        await realiser.wait(1001)
        figures.add("1,000 ports changed at once", began, pid)
        began = now(pid)
        realiser.submit(Batch(1002, {f"new{n}": None for n in range(1000)}))
        await realiser.wait(1002)
        figures.add("1,000 ports deleted at once", began, pid)
        began = now(pid)
        comparison = await realiser.compare()
        figures.add("comparison on demand", began, pid)
        assert (comparison.inserted, comparison.updated, comparison.deleted) == (0, 0, 0)
    began = now(pid)
    async with Session(remote, "OVN_Northbound") as session, Realiser(session, "second") as realiser:
        realiser.replace(units, 1003)
        await realiser.wait(1003, timeout_s=600)
    figures.add("restart with comparison of everything", began, pid)
    return latencies


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--ports", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    a = parser.parse_args()
    units = world(a.ports)
    gc.freeze()
    figures = Figures()
    latencies: list[float] = []
    for _ in range(a.runs):
        with server() as (remote, pid):
            latencies += asyncio.run(once(remote, pid, units, figures))
    print(f"## Realiser: {a.ports:,} ports, {SWITCHES:,} switches, {GROUPS} groups; load {os.getloadavg()[0]:.1f}\n")
    print("| step | wall s | our CPU s | the server's CPU s |\n|---|---|---|---|")
    for step, costs in figures.steps.items():
        wall, ours, theirs = (statistics.median(figure) for figure in zip(*costs, strict=True))
        print(f"| {step} | {wall:.2f} | {ours:.2f} | {theirs:.2f} |")
    latencies.sort()
    middle, late = statistics.median(latencies), latencies[int(len(latencies) * 0.99)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nOne port, told to committed: median {middle:.2f} ms, p99 {late:.2f} ms. Peak memory {memory:.0f} MiB.")


if __name__ == "__main__":
    main()
