"""Two `xc serve` on one PostgreSQL and one northbound database over TLS: one of them writes to OVN. It is killed, and
stopped for as long as it takes to be deposed; PostgreSQL is restarted; clients go on by the other one, and at the end
the northbound is what a compiler that begins from nothing makes of the store."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from cloud_api import API_YAML, SETTINGS, Api, free_port
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.features import features_of
from crossconnect.cloud.provided import without_fabric
from crossconnect.cloud.realise import Unit
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.service import Service
from northbound_dump import dump, northbound, wanted
from ovsdb_server import NORTHBOUND, Server, alone, certificates, needs_ovsdb, scratch, wait_for
from postgres import Cluster

pytestmark = needs_ovsdb
PATIENCE_S = 240.0


class Stand:
    """The processes, and the databases below them."""

    def __init__(self, apis: list[Api], server: Server, cluster: Cluster, url: str) -> None:
        self.apis = apis
        self.server = server
        self.cluster = cluster
        self.url = url

    def writer(self) -> Api:
        """The one that writes to the northbound."""
        found: list[Api] = []

        def look() -> bool:
            found[:] = [api for api in self.apis if northbound_of(api) == "ok"]
            return len(found) == 1

        wait_for(look, PATIENCE_S)
        return found[0]

    def agreed(self) -> Api:
        """The one that writes, when the other one knows that it does not. Which one it is may change at any time on a
        machine that does much else: the database's server gives the lock to who answers it."""
        found: list[Api] = []

        def look() -> bool:
            said = {api: northbound_of(api) for api in self.apis}
            found[:] = [api for api, word in said.items() if word == "ok"]
            return len(found) == 1 and sum("another realiser writes" in word for word in said.values()) == 1

        wait_for(look, PATIENCE_S)
        return found[0]

    def other(self, one: Api) -> Api:
        """The one that is not."""
        return next(api for api in self.apis if api is not one)


def northbound_of(api: Api) -> str:
    """What a process says of the northbound; empty where it does not answer."""
    try:
        return api.http.get("/ready", timeout=5.0).json().get("northbound", "")
    except (httpx.HTTPError, ValueError):
        return ""


@pytest.fixture(scope="module")
def stand(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with ExitStack() as stack:
        directory = stack.enter_context(scratch())
        ca, certificate, key = (str(path) for path in certificates(directory, "region"))
        files = [f"--private-key={key}", f"--certificate={certificate}", f"--ca-cert={ca}"]
        port = free_port()
        server = stack.enter_context(alone(NORTHBOUND, f"--remote=pssl:{port}:127.0.0.1", *files, directory=directory))
        url = cluster.database()
        arguments = ["--northbound", f"ssl:127.0.0.1:{port}", "--northbound-tls", certificate, key, ca]
        apis: list[Api] = []
        for n in range(2):
            root = tmp_path_factory.mktemp(f"served{n}")
            beside = apis[0] if apis else None
            apis.append(Api(root, API_YAML, arguments, database=url, beside=beside))
            stack.callback(apis[-1].stop, signal.SIGKILL)
        yield Stand(apis, server, cluster, url)


def vpc_with_subnet(api: Api) -> str:
    """Id of a new subnet."""
    vpc = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"]})
    return api.make("subnets", {"vpc_id": vpc["id"], "cidr_block": "10.0.0.0/20"})["id"]


class Client(threading.Thread):
    """Makes interfaces one after the other, each under a key of its own until it is answered, wherever that may be."""

    def __init__(self, stand: Stand, subnet: str, name: str) -> None:
        super().__init__()
        self.stand = stand
        self.subnet = subnet
        self.prefix = name
        self.made: dict[str, str] = {}
        self.strange: list[str] = []
        self.enough = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.enough.is_set():
            number += 1
            token = f"{self.prefix}-{number}"
            attempt = number
            while token not in self.made:
                attempt += 1
                self._try(self.stand.apis[attempt % 2], token)
        assert number

    def _try(self, api: Api, token: str) -> None:
        body = {"subnet_id": self.subnet, "tags": {"token": token}}
        fields = {"authorization": f"Bearer {api.keys['acme/admin']}", "idempotency-key": token}
        try:
            got = httpx.post(f"{api.url}/v1/network-interfaces", json=body, headers=fields, timeout=15.0)
        except httpx.HTTPError:
            time.sleep(0.02)
            return
        if got.status_code == 201:
            self.made[token] = got.json()["id"]
        elif got.status_code != 503:
            self.strange.append(got.text)
        else:
            time.sleep(0.05)


def under_load(stand: Stand, happening: Callable[[], None]) -> None:
    """Four clients at work while something happens; everything that was answered is there once, and available."""
    subnet = vpc_with_subnet(stand.writer())
    clients = [Client(stand, subnet, f"{time.monotonic_ns()}-{n}") for n in range(4)]
    for client in clients:
        client.start()
    try:
        wait_for(lambda: all(len(client.made) > 5 for client in clients), PATIENCE_S)
        happening()
        already = {client: len(client.made) for client in clients}
        wait_for(lambda: all(len(client.made) > already[client] + 5 for client in clients), PATIENCE_S)
    finally:
        for client in clients:
            client.enough.set()
        for client in clients:
            client.join()
    assert [client.strange for client in clients] == [[]] * 4
    made = {id: token for client in clients for token, id in client.made.items()}
    assert len(made) == sum(len(client.made) for client in clients)
    agree(stand, subnet, made)


def agree(stand: Stand, subnet: str, made: Mapping[str, str]) -> None:
    """The store has what clients were told, the northbound what the store has; nothing pends or has failed."""
    api = stand.writer()
    there: dict[str, dict[str, Any]] = {}

    def all_available() -> bool:
        there.clear()
        page = {"subnet_id": subnet, "limit": 1000}
        while True:
            answer = api.call("GET", "/v1/network-interfaces", params=page)
            if answer.status_code == 503:  # PostgreSQL was restarted just now
                return False
            got = answer.json()
            there.update({item["id"]: item for item in got["items"]})
            if not got["next"]:
                break
            page = {**page, "marker": got["next"]}
        return all(item["state"] == "available" for item in there.values())

    wait_for(all_available, PATIENCE_S)
    assert {id: item["tags"]["token"] for id, item in there.items()} == made
    assert dump(stand.server) == wanted(asyncio.run(from_nothing(stand.url)))


async def from_nothing(url: str) -> Mapping[str, Unit]:
    """What a compiler that begins from nothing makes of the store."""
    service = await Service.open(url, KINDS, SETTINGS)
    try:
        _, documents = await service.snapshot()
    finally:
        await service.close()
    region = without_fabric("", SETTINGS.zones, SETTINGS.public_prefixes)
    compiler = Compiler(region, features_of(northbound().has))
    delta = compiler.apply([(one.id, one.resource(KINDS[one.kind].resource)) for one in documents])
    return {key: unit for key, unit in delta.units.items() if unit is not None}


def test_what_one_takes_the_other_realises(stand: Stand) -> None:
    writer = stand.agreed()
    for api in (writer, stand.other(writer)):
        made = api.call("POST", "/v1/vpcs?wait=available&timeout=240", {"cidr_blocks": ["10.0.0.0/16"]})
        assert (made.status_code, made.json()["state"]) == (201, "available")
        seen = stand.other(api).call("GET", f"/v1/vpcs/{made.json()['id']}")
        assert (seen.status_code, seen.headers["etag"]) == (200, made.headers["etag"])


def test_the_one_that_writes_is_killed(stand: Stand) -> None:
    def kill() -> None:
        writer = stand.writer()
        writer.process.kill()
        writer.process.wait()
        wait_for(lambda: northbound_of(stand.other(writer)) == "ok", PATIENCE_S)
        writer.start()

    under_load(stand, kill)


def test_the_one_that_writes_is_stopped_and_goes_on_deposed(stand: Stand) -> None:
    """Input: the writer is stopped, as a machine that swaps is; OVSDB's server misses it and gives its lock to the
    other one; then it goes on with what it had in hand. Output: the fence lets nothing of it through."""

    def stop() -> None:
        writer = stand.writer()
        writer.process.send_signal(signal.SIGSTOP)
        try:
            wait_for(lambda: northbound_of(stand.other(writer)) == "ok", PATIENCE_S)
        finally:
            writer.process.send_signal(signal.SIGCONT)
        stand.agreed()

    under_load(stand, stop)


def test_the_northbound_server_is_killed_and_restarted(stand: Stand) -> None:
    def kill() -> None:
        stand.server.kill()
        stand.server.start()

    under_load(stand, kill)


def test_postgresql_is_restarted_in_mid_transaction(stand: Stand) -> None:
    def restart() -> None:
        for mode in ("immediate", "fast", "immediate"):
            stand.cluster.stop(mode)
            stand.cluster.start()
            time.sleep(0.3)

    under_load(stand, restart)
