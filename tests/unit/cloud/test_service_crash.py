"""Processes that are killed in the middle of writes, and a database that goes away: what was answered is there, what
was not is there as a whole or not at all, and the feed has no holes."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from cloud_kinds import NETWORK, PORT, NetworkBody, PortBody
from cloud_service import RED, check_consistent, served, serving
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.service import Query, Service
from postgres import Cluster

WORKER = Path(__file__).resolve().parents[2] / "cloud_worker.py"
KILLS = 12
CLIENTS = 4


def worker(url: str, seed: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WORKER), url, seed, str(CLIENTS), str(count)],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


def reader(process: subprocess.Popen[str], lines: list[list[str]]) -> threading.Thread:
    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.split())

    thread = threading.Thread(target=read)
    thread.start()
    return thread


def until(lines: list[list[str]], word: str, count: int, timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while sum(line[0] == word for line in lines) < count:
        assert time.monotonic() < end, lines[-5:]
        time.sleep(0.002)


def test_killed_at_any_moment_of_a_write_nothing_is_lost_and_nothing_half_done(url: str) -> None:
    draw = random.Random(5)
    told: dict[str, str] = {}
    asked: set[str] = set()
    gone: set[str] = set()

    async def nothing(service: Service) -> None: ...

    served(url, nothing)
    for round_ in range(KILLS):
        lines: list[list[str]] = []
        process = worker(url, f"r{round_}", 10_000)
        thread = reader(process, lines)
        until(lines, "ready", 1)
        until(lines, "told", draw.randrange(1, 60))
        time.sleep(draw.random() * 0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        thread.join()
        asked |= {line[1] for line in lines if line[0] == "asked"}
        told |= {line[1]: line[2] for line in lines if line[0] == "told"}
        gone |= {line[1] for line in lines if line[0] == "gone"}
        assert not any(line[0] == "refused" for line in lines)
        check_consistent(url)
    assert len(told) > 100

    async def story(service: Service) -> None:
        network = (await service.list(NETWORK, RED, Query())).documents[0].id
        there = {document.id for document in (await service.snapshot())[1]}
        unanswered = asked - told.keys()
        kept = set(told.values()) - gone
        # Up to one deletion of each killed client was carried out and not answered.
        assert len(kept - there) <= KILLS * CLIENTS
        assert not gone & there
        feed, after = {}, 0
        while True:
            found = await service.changes(RED, after, limit=1000)
            feed |= {change.id: change for commit in found.commits for change in commit.changes}
            if found.last == after or not found.commits:
                break
            after = found.last
        assert set(told.values()) <= feed.keys()
        for id in kept - there:
            assert feed[id].action == "delete"
        for token in [*told, *unanswered]:  # asked again, each is answered as the first time, or done now
            again = await service.create(PORT, RED, PortBody(network_id=network, tags={"t": token}), token=token)
            if token in told:
                assert (again.replayed, again.document.id) == (True, told[token])
            else:
                assert again.replayed is (again.document.id in feed)

    served(url, story)


def test_a_restart_of_postgresql_in_mid_transaction_is_survived(cluster: Cluster) -> None:
    url = cluster.database()

    async def nothing(service: Service) -> None: ...

    served(url, nothing)
    lines: list[list[str]] = []
    process = worker(url, "p", 250)
    thread = reader(process, lines)
    until(lines, "ready", 1)
    for count, mode in ((20, "immediate"), (80, "fast"), (160, "immediate")):
        until(lines, "told", count)
        cluster.stop(mode)
        cluster.start()
    process.wait()
    thread.join()
    assert lines[-1] == ["done"]
    told = {line[1]: line[2] for line in lines if line[0] == "told"}
    # A command waits for the database to come back. Only a confirmation that got lost may be refused, if at all.
    assert all(
        line[1:] in (["503", "store.unknown"], ["503", "store.unavailable"]) for line in lines if line[0] == "refused"
    )
    check_consistent(url)

    async def story(service: Service) -> None:
        network = (await service.list(NETWORK, RED, Query())).documents[0].id
        for token, id in told.items():
            again = await service.create(PORT, RED, PortBody(network_id=network, tags={"t": token}), token=token)
            assert (again.replayed, again.document.id) == (True, id)

    served(url, story)


def test_a_database_that_stays_away_is_one_clear_answer(cluster: Cluster, monkeypatch) -> None:
    monkeypatch.setattr("crossconnect.cloud.store.writer.PATIENCE_S", 0.5)
    monkeypatch.setattr("crossconnect.cloud.service.engine.PATIENCE_S", 0.5)
    url = cluster.database()

    async def run() -> None:
        async with serving(url) as service:
            id = (await service.create(NETWORK, RED, NetworkBody())).document.id
            cluster.stop()
            try:
                calls = (
                    service.create(NETWORK, RED, NetworkBody()),
                    service.delete(NETWORK, RED, id),
                    service.get(NETWORK, RED, id),
                    service.list(NETWORK, RED, Query()),
                    service.changes(RED, 0),
                    service.authenticate("xck_ak-00000000000000000_" + "A" * 43),
                )
                for result in await asyncio.gather(*calls, return_exceptions=True):
                    assert isinstance(result, Refused)
                    assert (result.status, result.problems[0].code) == (503, "store.unavailable")
            finally:
                cluster.start()
            await service.create(NETWORK, RED, NetworkBody())
            assert len((await service.list(NETWORK, RED, Query())).documents) == 2
            assert (await service.position())[0] == 2

    asyncio.run(run())
    check_consistent(url)


def test_eight_processes_claim_addresses_of_one_subnet(cluster: Cluster) -> None:
    url = cluster.database()

    async def nothing(service: Service) -> None: ...

    served(url, nothing)
    processes = [worker(url, f"w{n}", 12) for n in range(8)]
    lines: list[list[str]] = []
    threads = [reader(process, lines) for process in processes]
    for process, thread in zip(processes, threads, strict=True):
        process.wait()
        thread.join()
    assert [line for line in lines if line[0] == "refused"] == []
    assert sum(line[0] == "done" for line in lines) == 8
    check_consistent(url)
    told = {line[2] for line in lines if line[0] == "told"}
    gone = {line[1] for line in lines if line[0] == "gone"}

    async def story(service: Service) -> None:
        documents = (await service.snapshot())[1]
        assert {document.id for document in documents if document.kind == "port"} == told - gone

    served(url, story)


def test_a_process_that_stops_with_the_lock_does_not_stop_the_others(cluster: Cluster) -> None:
    """Input: one process is stopped (SIGSTOP) at some moment, perhaps in a transaction. Output: another one's command
    is refused (503) or done, and is done when the first one goes on."""
    url = cluster.database()

    async def nothing(service: Service) -> None: ...

    served(url, nothing)
    lines: list[list[str]] = []
    process = worker(url, "s", 10_000)
    thread = reader(process, lines)
    until(lines, "told", 5)
    process.send_signal(signal.SIGSTOP)
    try:

        async def story(service: Service) -> None:
            (result,) = await asyncio.gather(service.create(NETWORK, RED, NetworkBody()), return_exceptions=True)
            assert getattr(result, "status", 503) == 503
            process.send_signal(signal.SIGCONT)
            await service.create(NETWORK, RED, NetworkBody())

        async def run() -> None:
            async with serving(url) as service:
                await story(service)

        asyncio.run(run())
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()
        thread.join()
    check_consistent(url)
