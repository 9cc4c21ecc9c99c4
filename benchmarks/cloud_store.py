"""The service and its store, without HTTP and OVN: network interfaces of one subnet, through the real decisions.

    python benchmarks/cloud_store.py [--ports 1000 10000] [--postgresql URL]

Prints Markdown. Rates are of wall-clock time, so they are of this machine as loaded as it is; CPU is this process's.
Without `--postgresql` the store is an SQLite file in a temporary directory, on the disk that is there.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from crossconnect.cloud.kinds.network_interface import NetworkInterfaceBody
from crossconnect.cloud.kinds.security_group import SecurityGroupRuleBody
from crossconnect.cloud.kinds.subnet import SubnetBody
from crossconnect.cloud.kinds.vpc import VpcBody
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.service import Caller, Query, Service, Settings

ROOT = Caller(principal="root", project_id="", admin=True)
RED = Caller(principal="bench", project_id="bench")
PORT = KINDS["network_interface"]
CLIENTS = 8


class Figures:
    """Latencies of one kind of call."""

    def __init__(self) -> None:
        self.wall_ms: list[float] = []
        self.elapsed_s = 0.0
        self.cpu_s = 0.0

    def row(self, what: str, ports: int) -> str:
        """A line of the table."""
        n, ordered = len(self.wall_ms), sorted(self.wall_ms)
        return (
            f"| {ports:,} | {what} | {n / self.elapsed_s:,.0f} | {statistics.median(ordered):.1f} |"
            f" {ordered[int(n * 0.99)]:.1f} | {1000 * self.cpu_s / n:.2f} |"
        )


async def measure(clients: int, calls: int, call: Callable[[], Awaitable[object]]) -> Figures:
    """So many clients, each with the next call when the last one is answered."""
    figures = Figures()

    async def client(count: int) -> None:
        for _ in range(count):
            start = time.perf_counter()
            await call()
            figures.wall_ms.append(1000 * (time.perf_counter() - start))

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(client(calls // clients) for _ in range(clients)))
    figures.elapsed_s, figures.cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    return figures


async def run(url: str, sizes: list[int]) -> None:
    """All figures, at growing sizes of one subnet."""
    service = await Service.open(url, KINDS, Settings(zones=("a",)))
    await service.create_project(ROOT, RED.project_id, {"network_interface": 100_000})
    vpc = (await service.create(KINDS["vpc"], RED, VpcBody(cidr_blocks=("10.0.0.0/16",)))).document.id
    group = (await service.list(KINDS["security_group"], RED, Query())).documents[0].id
    subnet_body = SubnetBody(vpc_id=vpc, cidr_block="10.0.0.0/16")
    subnet = (await service.create(KINDS["subnet"], RED, subnet_body)).document.id
    print("| ports | call | per second | median ms | p99 ms | CPU ms |\n|---|---|---|---|---|---|")
    port = 1

    def create() -> Awaitable[object]:
        return service.create(PORT, RED, NetworkInterfaceBody(subnet_id=subnet))

    def rule() -> Awaitable[object]:
        nonlocal port
        port += 1
        body = SecurityGroupRuleBody(
            security_group_id=group,
            direction="ingress",
            protocol="tcp",
            from_port=port,
            to_port=port,
            peer="0.0.0.0/0",
        )
        return service.create(KINDS["security_group_rule"], RED, body)

    there = 0
    for size in sizes:
        await measure(CLIENTS, max(0, size - 400 - there), create)
        print((await measure(1, 200, create)).row("create, one client", size))
        print((await measure(CLIENTS, 400, create)).row(f"create, {CLIENTS} clients", size))
        there = size + 200
        one = (await service.list(PORT, RED, Query(limit=1))).documents[0].id
        print((await measure(1, 200, lambda id=one: service.get(PORT, RED, id))).row("get", size))
        page = Query(limit=100, marker=one)
        print((await measure(1, 100, lambda page=page: service.list(PORT, RED, page))).row("page of 100", size))
        print((await measure(1, 20, lambda: service.list(PORT, RED, Query(limit=1000)))).row("list of 1,000", size))
        of = Query(filters={"subnet_id": [subnet]}, limit=100)
        print((await measure(1, 20, lambda of=of: service.list(PORT, RED, of))).row("100 of a subnet", size))
        print((await measure(1, 50, rule)).row("rule in a group", size))
    await service.close()


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ports", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--postgresql", help="URL of an empty database")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(run(arguments.postgresql or str(Path(directory) / "cloud.db"), sorted(arguments.ports)))


if __name__ == "__main__":
    main()
