"""The cloud's API, from a request to rows in OVN's northbound database, and a real Neutron beside it; prints Markdown.

    python benchmarks/cloud_api.py [ours] [region] [postgresql] [neutron] [--peer DIR] [--rounds 3] [--no-northd]

`ours`: `xc serve` on SQLite with OVN's databases and ovn-northd; interfaces are created at 1,000 and at 10,000 in one
subnet and one group, by one client and by eight, and the answer comes when the rows are committed (`?wait=available`);
lists, pages, rules; readers beside writers; the same through our Neutron endpoint. `region`: 100 VPCs x 10 subnets x 10
interfaces from an empty northbound, a restart, memory. `postgresql`: creation with one process of ours and two, on a
PostgreSQL of its own with its defaults. `neutron`: the same calls of a real Neutron, which the scripts in DIR set up
(../shared/peers/neutron), at 1,000 and at 10,000 ports too: `--peer-made` of them are asked of its API, the others are
copies of one that it made (`neutron_fill.py`).

Each figure has its load average and the processes beside it that took more than a twentieth of a processor.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import os
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cloud_network import SETTINGS, fill
from cloud_rig import (
    HEAD,
    NEUTRON,
    NEUTRON_OVN,
    PROJECT,
    Around,
    Central,
    Client,
    Figure,
    central,
    cpu_s,
    measure,
    neutron,
    pids_of,
    postgresql,
    prepare,
    resident_mib,
    serve,
    until,
)
from crossconnect.cloud.neutron.registry import STORED
from crossconnect.cloud.realise.facts import choose
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.service import Service
from crossconnect.transport.ovsdb import Session
from neutron_fill import fill as fill_neutron

PEERS = Path(__file__).resolve().parents[2] / "shared" / "peers" / "neutron"
SIZES = (1_000, 10_000)
CLIENTS = 8
RULE = {"direction": "ingress", "protocol": "tcp", "peer": "0.0.0.0/0"}


class Tenant:
    """A VPC, a subnet and a group, in which interfaces are made."""

    def __init__(self, url: str, key: str, pids: Sequence[int]) -> None:
        """`pids` are those whose CPU counts as the server's."""
        self.url, self.key, self.pids = url, key, pids
        self.client = self.new()
        self.there = 0
        vpc = self.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"]})["id"]
        self.subnet = self.make("subnets", {"vpc_id": vpc, "cidr_block": "10.0.0.0/16", "availability_zone": "a"})["id"]
        self.group = self.make("security-groups", {"vpc_id": vpc, "name": "bench"})["id"]
        for port in (22, 80, 443):
            self.rule(self.client, port)

    def new(self) -> Client:
        """A connection more."""
        return Client(self.url, {"authorization": f"Bearer {self.key}"})

    def make(self, path: str, body: object) -> Any:
        """Create something."""
        return self.client.json("POST", f"/v1/{path}", body)

    def port(self, client: Client, n: int, query: str = "?wait=available") -> Any:
        """Create an interface."""
        body = {"subnet_id": self.subnet, "security_group_ids": [self.group], "name": f"port{n}"}
        return client.json("POST", f"/v1/network-interfaces{query}", body)

    def rule(self, client: Client, n: int) -> None:
        """Add a rule to the group, until it is in the northbound database."""
        body = {**RULE, "security_group_id": self.group, "from_port": n, "to_port": n}
        client.call("POST", "/v1/security-group-rules?wait=available", body)

    def fill(self, size: int) -> None:
        """So many interfaces."""
        if size > self.there:
            clients = [self.new() for _ in range(CLIENTS)]
            measure(clients, size - self.there, functools.partial(self.port, query=""), self.pids, warm=0)
            self.port(self.client, 0)  # all before it is realised, too
            self.there = size

    def creations(self, label: str, around: Around, rounds: int, calls: int = 200) -> list[Figure]:
        """By one client and by several."""
        found: list[Figure] = []
        for clients in (1, CLIENTS):
            figure = measure([self.new() for _ in range(clients)], calls, self.port, self.pids, rounds)
            print(figure.row(f"create, {clients} client{'s' if clients > 1 else ''}, {label}", around), flush=True)
            found.append(figure)
        return found


async def touched(remote: str, tenant: Tenant, port: int) -> str:
    """Rows that one rule more changes, by table."""
    async with Session(remote, "OVN_Northbound") as session:
        replica = session.replica(choose)
        await replica.loaded()
        changes = replica.changes()
        await asyncio.to_thread(tenant.rule, tenant.client, port)
        counts: dict[str, int] = {}
        try:
            async with asyncio.timeout(1.0):
                async for transaction in changes:
                    for change in transaction.changes:
                        counts[change.table] = counts.get(change.table, 0) + 1
        except TimeoutError:
            pass
        return ", ".join(f"{count} {table}" for table, count in sorted(counts.items()))


def ours(a: argparse.Namespace) -> dict[str, Figure]:
    """`xc serve` on SQLite."""
    found: dict[str, Figure] = {}
    with central(northd=a.northd) as ovn, tempfile.TemporaryDirectory(prefix="xc-bench-") as scratch:
        database = f"{scratch}/cloud.db"
        key = prepare(database)
        with serve(database, ovn.remote) as api:
            print(
                f"\n## Ours: xc serve, SQLite, OVN's databases{' and northd' if a.northd else ', no northd'}\n\n{HEAD}"
            )
            tenant = Tenant(api.url, key, [api.pid])
            for size in a.sizes:
                tenant.fill(size)
                found |= at_size(tenant, ovn, a, size)
            beside_writers(tenant, ovn, a)
            of_neutron(tenant, ovn, a, found)
            print(f"\nMemory of xc serve at the end: {resident_mib(api.pid):.0f} MiB.", flush=True)
    return found


def at_size(tenant: Tenant, ovn: Central, a: argparse.Namespace, size: int) -> dict[str, Figure]:
    """All figures at a number of interfaces."""

    def around() -> Around:
        return Around([*tenant.pids, *ovn.pids.values()])

    found: dict[str, Figure] = {}
    one, several = tenant.creations(f"{size:,} ports", around(), a.rounds)
    found[f"create 1 {size}"], found[f"create {CLIENTS} {size}"] = one, several
    client, at = tenant.new(), around()
    for what, path, calls in (
        ("list of 1,000", "?limit=1000", 20),
        ("page of 100", "?limit=100", 100),
        ("100 of a subnet", f"?limit=100&subnet_id={tenant.subnet}", 50),
    ):
        get = functools.partial(_get, f"/v1/network-interfaces{path}")
        figure = measure([client], calls, get, tenant.pids, a.rounds)
        print(figure.row(f"{what}, {size:,} ports", at), flush=True)
        found[f"{what} {size}"] = figure
    first = 1000 + size
    at = around()
    figure = measure([client], 50, lambda c, n: tenant.rule(c, first + n), tenant.pids, a.rounds)
    rows = asyncio.run(touched(ovn.remote, tenant, first - 1))
    print(figure.row(f"rule in a group of {size:,} ports (rows touched: {rows})", at), flush=True)
    found[f"rule {size}"] = figure
    return found


def _get(path: str, client: Client, _n: int) -> None:
    client.call("GET", path)


def beside_writers(tenant: Tenant, ovn: Central, a: argparse.Namespace) -> None:
    """Readers and the feed while eight clients create."""
    ended = threading.Event()

    def write(client: Client) -> None:
        while not ended.is_set():
            tenant.port(client, 0)

    writers = [threading.Thread(target=write, args=(tenant.new(),)) for _ in range(CLIENTS)]
    for writer in writers:
        writer.start()
    try:
        client, at = tenant.new(), Around([*tenant.pids, *ovn.pids.values()])
        one = tenant.client.json("GET", "/v1/network-interfaces?limit=1")["items"][0]["id"]
        for what, path, calls in (
            ("get", f"/{one}", 200),
            ("page of 100", "?limit=100", 100),
            ("list of 1,000", "?limit=1000", 20),
        ):
            get = functools.partial(_get, f"/v1/network-interfaces{path}")
            figure = measure([client], calls, get, tenant.pids, a.rounds)
            print(figure.row(f"{what} beside {CLIENTS} writers", at), flush=True)
        figure = measure([client], 100, Follower(), tenant.pids, a.rounds, warm=50)
        print(figure.row(f"feed, the next commits, beside {CLIENTS} writers", at), flush=True)
    finally:
        ended.set()
        for writer in writers:
            writer.join()


class Follower:
    """Who asks the feed for what comes next, again and again."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self, client: Client, _n: int) -> None:
        """One question; where nothing is there yet, the answer waits for it."""
        self._last = client.json("GET", f"/v1/changes?after={self._last}&limit=1000&timeout=30")["last"]


def of_neutron(tenant: Tenant, ovn: Central, a: argparse.Namespace, found: dict[str, Figure]) -> None:
    """The same creation through our Neutron endpoint, in a network of its own with as many ports."""
    around = Around([*tenant.pids, *ovn.pids.values()])
    peer = Neutron(tenant.url + "/neutron", {"x-auth-token": tenant.key}, {})
    for clients in (1, CLIENTS):
        name = f"create by our Neutron endpoint, {clients} client{'s' if clients > 1 else ''}"
        figure = measure([peer.new() for _ in range(clients)], 200, peer.port, tenant.pids, a.rounds)
        print(figure.row(name, around), flush=True)
        found[f"neutron {clients}"] = figure


class Neutron:
    """A network with a subnet and a group, in Neutron's words."""

    def __init__(self, url: str, headers: dict[str, str], own: dict[str, Any]) -> None:
        """`own` is in every body: without Keystone the project is."""
        self.url, self.headers, self.own = url, headers, own
        self.prefix = "/neutron" if url.endswith("/neutron") else ""
        self.client = self.new()
        self.network = self.make("network", {"name": "bench"})
        self.make("subnet", {"network_id": self.network, "ip_version": 4, "cidr": "10.128.0.0/16"})
        self.group = self.make("security_group", {"name": "bench"})
        for port in (22, 80, 443):
            self.rule(self.client, port)

    def new(self) -> Client:
        """A connection more."""
        return Client(self.url, self.headers)

    def make(self, what: str, body: dict[str, Any]) -> str:
        """Create something; its id."""
        path = f"{self.prefix}/v2.0/{what.replace('_', '-')}s"
        return str(self.client.json("POST", path, {what: {**body, **self.own}})[what]["id"])

    def port(self, client: Client, n: int) -> Any:
        """Create a port."""
        body = {"network_id": self.network, "name": f"port{n}", "security_groups": [self.group], **self.own}
        return client.json("POST", f"{self.prefix}/v2.0/ports", {"port": body})["port"]

    def rule(self, client: Client, n: int) -> None:
        """Add a rule to the group."""
        rule: dict[str, Any] = {"security_group_id": self.group, "direction": "ingress", "ethertype": "IPv4"}
        rule |= {"protocol": "tcp", "port_range_min": n, "port_range_max": n, "remote_ip_prefix": "0.0.0.0/0"}
        path = f"{self.prefix}/v2.0/security-group-rules"
        client.call("POST", path, {"security_group_rule": {**rule, **self.own}})

    def ports(self) -> int:
        """How many there are."""
        return len(self.client.json("GET", f"{self.prefix}/v2.0/ports?fields=id")["ports"])

    def bulk(self, client: Client, _n: int) -> None:
        """Twenty-five ports by one request."""
        body = {"network_id": self.network, "security_groups": [self.group], **self.own}
        for left in reversed(range(5)):
            try:
                client.call("POST", f"{self.prefix}/v2.0/ports", {"ports": [body] * 25})
                return
            except SystemExit:  # it has drawn a MAC that it had before
                if not left:
                    raise


def peer(a: argparse.Namespace, found: dict[str, Figure]) -> None:
    """A real Neutron, and what it is by ours."""
    if not (a.peer / "neu.sh").exists():
        print(f"\nNo Neutron beside it: there is no neu.sh in {a.peer}.")
        return
    print(f"\n## A real Neutron with OVN, MariaDB, uWSGI (its scripts in {a.peer.name}/)\n\n{HEAD}")
    with neutron(a.peer) as url:
        pids, everyone = pids_of([NEUTRON]), pids_of([NEUTRON, NEUTRON_OVN])
        around = Around(everyone)
        headers = {"x-auth-token": "noauth", "x-project-id": "p1", "x-user-id": "u1", "x-roles": "admin,member,reader"}
        theirs = Neutron(url, headers, {"tenant_id": "p1"})
        filled: list[str] = []
        for size in (0, *a.peer_ports):
            label = f"{size:,} ports" if size else "few ports"
            asked = min(size, a.peer_made) - theirs.ports()
            if asked >= 25:
                figure = measure([theirs.new() for _ in range(4)], asked // 25, theirs.bulk, pids, warm=0)
                print(figure.row("25 ports by one request, 4 clients", around), flush=True)
            if size > max(a.peer_made, theirs.ports() + 2):
                how = fill_neutron(theirs.client, functools.partial(theirs.port, theirs.client, 0), size, everyone)
                filled.append(f"Neutron's {size:,} ports: {how}.")
            for clients, calls in ((1, a.peer_calls), (CLIENTS, 4 * a.peer_calls)):
                figure = measure([theirs.new() for _ in range(clients)], calls, theirs.port, pids)
                print(figure.row(f"create, {clients} client{'s' if clients > 1 else ''}, {label}", around), flush=True)
                found[f"peer {clients} {size}"] = figure
        get = functools.partial(_get, "/v2.0/ports?limit=1000")
        print(measure([theirs.client], 3, get, pids, warm=1).row("list of 1,000", around), flush=True)
        get = functools.partial(_get, "/v2.0/ports?limit=100&sort_key=id&sort_dir=asc")
        print(measure([theirs.client], 10, get, pids, warm=1).row("page of 100", around), flush=True)
        figure = measure([theirs.client], 20, lambda c, n: theirs.rule(c, 1000 + n), pids, warm=2)
        print(figure.row("rule in the group of them", around), flush=True)
        if filled:
            print("\n" + "\n".join(filled), flush=True)


def compared(found: dict[str, Figure], a: argparse.Namespace) -> None:
    """Ours by theirs, at as many ports where `--peer-ports` has that size, else at fewer: it gets slower with more."""
    rows: list[str] = []
    for size in a.sizes:
        theirs_at = max((n for n in a.peer_ports if n <= size and f"peer 1 {n}" in found), default=None)
        if theirs_at is None or f"create 1 {size}" not in found:
            continue
        for clients in (1, CLIENTS):
            ours, theirs = found[f"create {clients} {size}"].rate, found[f"peer {clients} {theirs_at}"].rate
            rows.append(f"| {clients} | {size:,} | {ours:.1f} | {theirs_at:,} | {theirs:.2f} | {ours / theirs:.0f} |")
    if rows:
        print(
            "\n## Ours by Neutron's\n\n| clients | ours at | /s | Neutron at | /s | times |\n|---|---|---|---|---|---|"
        )
        print("\n".join(rows))


def region(a: argparse.Namespace) -> None:
    """100 VPCs x 10 subnets x 10 interfaces."""
    print("\n## 100 VPCs x 10 subnets x 10 interfaces, three rules in each VPC's group\n")
    print("| step | wall s | our CPU s | load; who else |\n|---|---|---|---|")
    with central(northd=a.northd) as ovn, tempfile.TemporaryDirectory(prefix="xc-bench-") as scratch:
        database = f"{scratch}/cloud.db"
        key = prepare(database)
        around, wall, cpu = Around([]), time.monotonic(), time.process_time()
        asyncio.run(_commands(database))
        row = f"| {time.monotonic() - wall:.1f} | {time.process_time() - cpu:.1f} | {around.told()} |"
        print(f"| commands to the store, no HTTP, no OVN {row}", flush=True)
        for step in ("start with an empty northbound, until all is realised", "restart: comparison of everything"):
            around, wall = Around(list(ovn.pids.values())), time.monotonic()
            with serve(database, ovn.remote) as api:
                client = Client(api.url, {"authorization": f"Bearer {key}"})
                until(functools.partial(_compared, client), 600)
                row = f"| {time.monotonic() - wall:.1f} | {cpu_s([api.pid]):.1f} | {around.told()} |"
                print(f"| {step} {row}", flush=True)
                time.sleep(10)
                memory = resident_mib(api.pid)
        print(f"\nMemory of the restarted process after ten seconds: {memory:.0f} MiB.", flush=True)


async def _commands(database: str) -> None:
    service = await Service.open(database, {**KINDS, **STORED}, SETTINGS)
    try:
        await fill(service, 100, 10, 10)
    finally:
        await service.close()


def _compared(client: Client) -> bool:
    """Whether a change made now is realised: it is written after the comparison of everything."""
    made = client.json("POST", "/v1/vpcs?wait=available&timeout=300", {"cidr_blocks": ["10.0.0.0/16"]})
    return made["state"] == "available"


def on_postgresql(a: argparse.Namespace) -> None:
    """Creation with PostgreSQL, by one process and by two."""
    print(f"\n## xc serve on PostgreSQL, fsync on\n\n{HEAD}")
    with central(northd=a.northd) as ovn, postgresql() as database:
        key = prepare(database)
        servers = functools.partial(pids_of, ["xc-bench-pg-", "postgres: xc"])
        with serve(database, ovn.remote) as api:
            tenant = Tenant(api.url, key, [api.pid])
            around = Around([api.pid, *ovn.pids.values(), *servers()])
            for size in a.sizes:
                tenant.fill(size)
                around = Around([api.pid, *ovn.pids.values(), *servers()])
                tenant.creations(f"{size:,} ports", around, a.rounds)
            get = functools.partial(_get, "/v1/network-interfaces?limit=1000")
            print(measure([tenant.new()], 20, get, [api.pid], a.rounds).row("list of 1,000", around), flush=True)
            with serve(database, ovn.remote) as second:
                pids = [api.pid, second.pid]
                around = Around([*pids, *ovn.pids.values(), *servers()])
                other = Client(second.url, {"authorization": f"Bearer {key}"})
                figure = measure([other], 200, tenant.port, pids, a.rounds)
                print(figure.row("create by the second process, which does not realise, 1 client", around), flush=True)
                figure = measure(_of_both(api.url, second.url, key), 200, tenant.port, pids, a.rounds)
                print(figure.row(f"create by two processes, {CLIENTS} clients", around), flush=True)


def _of_both(first: str, second: str, key: str) -> list[Client]:
    """Clients, half of them of each process."""
    return [Client(url, {"authorization": f"Bearer {key}"}) for url in (first, second) for _ in range(CLIENTS // 2)]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("what", nargs="*", default=["ours", "region", "postgresql", "neutron"])
    parser.add_argument("--peer", type=Path, default=PEERS, help="directory with neu.sh")
    parser.add_argument("--peer-calls", type=int, default=20, help="creations asked of Neutron by one client")
    parser.add_argument("--peer-ports", type=int, nargs="+", default=SIZES, help="ports of Neutron's network, in turn")
    parser.add_argument("--peer-made", type=int, default=200, help="ports asked of Neutron's API; more are copies")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--no-northd", dest="northd", action="store_false")
    a = parser.parse_args()
    print(f"# Cloud API, project {PROJECT}; {time.strftime('%F %T')}; {os.cpu_count()} processors; {Around([]).told()}")
    found: dict[str, Figure] = {}
    if "ours" in a.what:
        found |= ours(a)
    if "region" in a.what:
        region(a)
    if "postgresql" in a.what:
        on_postgresql(a)
    if "neutron" in a.what:
        peer(a, found)
    compared(found, a)


if __name__ == "__main__":
    main()
