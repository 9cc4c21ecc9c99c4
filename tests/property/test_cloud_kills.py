"""Tenants' commands on resources of every kind while our process, the databases' servers and northd are killed: what
the store says at the end is what is in the northbound, and what was answered is in the store.

    seed --> commands (cloud_commands) in a process of ours --> store --> northbound <--> northd <--> southbound
         `-> kills of each of these, a southbound that is wiped, ports that come up, at moments of chance

Input: a seed, drawn anew in each run and told; XC_CLOUD_KILLS_SEED repeats it as far as moments can be repeated, and
XC_CLOUD_KILLS asks for more than the few histories of an ordinary run. Output: the northbound has the rows that a
compile of the store from nothing gives, no row more or less; what failed is what that compile says; no answered command
is lost, and nothing is kept for a resource that is gone.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cloud_documents import REGION
from cloud_process import SETTINGS
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.features import features_of
from crossconnect.cloud.realise import Unit
from crossconnect.cloud.realise.facts import ABSENT
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Resource
from crossconnect.cloud.service import Service
from crossconnect.cloud.store import tables
from crossconnect.cloud.store.database import Database
from northbound_dump import dump_of, wanted
from ovn_central import VERSIONS, Central, central, needs_ovn
from ovsdb_server import wait_for

HERE = Path(__file__).resolve().parent.parent
HISTORIES = int(os.environ.get("XC_CLOUD_KILLS", "2"))
SEED = int(os.environ.get("XC_CLOUD_KILLS_SEED") or secrets.randbelow(1 << 32))
EVENTS = {"process": 4, "nb": 2, "all": 1, "northd": 1, "sb": 1, "wipe": 1, "silence": 1, "plug": 2}
"""What happens, and how often beside the others."""
PATIENCE_S = 240.0


class History:
    """One store, one central, and process after process of ours between them."""

    def __init__(self, directory: Path, box: Central, seed: int) -> None:
        self.store, self.journal = str(directory / "cloud.db"), directory / "journal"
        self.box, self.chance = box, random.Random(seed)
        self.process: subprocess.Popen[str] | None = None
        self._told: list[str] = []

    def start(self, commands: int = 100_000) -> None:
        """The next process, with commands of its own."""
        seed = str(self.chance.randrange(1 << 32))
        words = [self.store, self.box.remote("nb"), self.box.remote("sb"), seed, str(commands), str(self.journal)]
        process = subprocess.Popen(
            [sys.executable, str(HERE / "cloud_process.py"), *words], stdout=subprocess.PIPE, text=True
        )
        self.process, self._told = process, []
        threading.Thread(target=_read, args=(process, self._told), daemon=True).start()

    def says(self, word: str) -> None:
        """Wait until the process has said a word."""
        process = self.process
        assert process is not None
        until = time.monotonic() + PATIENCE_S
        while word not in self._told:
            assert process.poll() is None, f"ended with {process.returncode}"
            assert time.monotonic() < until, f"not {word} after {PATIENCE_S} s"
            time.sleep(0.01)

    def grows(self, lines: int) -> None:
        """Wait until the journal has so many."""
        wait_for(lambda: self.journal.exists() and len(self.journal.read_bytes().splitlines()) >= lines, PATIENCE_S)

    def kill(self) -> None:
        """End the process as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def happens(self, event: str) -> None:
        """Let something happen, after which everybody runs again."""
        box = self.box
        names = {"nb": ["nb"], "sb": ["sb"], "northd": ["northd"], "all": ["nb", "sb", "northd"]}.get(event, [])
        if event in ("process", "all"):
            self.kill()
        for name in names:
            box.kill(name)
        if names:
            time.sleep(self.chance.uniform(0, 0.3))
        for name in names:
            box.begin(name)
        match event:
            case "wipe":
                box.wipe()
                box.chassis("hv1")
            case "silence":
                box.signal("nb", signal.SIGSTOP)
                time.sleep(self.chance.uniform(0, 0.3))
                box.signal("nb", signal.SIGCONT)
            case "plug":
                ports = sorted(box.pluggable())
                chosen = self.chance.sample(ports, self.chance.randint(0, len(ports)))
                box.say_bound(dict.fromkeys(chosen, "hv1"), up=self.chance.random() < 0.7)
            case _:
                pass
        if event in ("process", "all"):
            self.start()
            if self.chance.random() < 0.8:  # else it may be killed again before it has begun
                self.says("begun")

    def at_the_end(self) -> tuple[dict[str, Resource], dict[str, str]]:
        """The resources by id; the reason of each that is not available."""

        async def read() -> list[Resource]:
            service = await Service.open(self.store, KINDS, SETTINGS)
            _, documents = await service.snapshot()
            await service.close()
            return [one.resource(KINDS[one.kind].resource) for one in documents]

        found = {one.id: one for one in asyncio.run(read())}
        return found, {id: one.state_reason or one.state for id, one in found.items() if one.state != "available"}

    def from_nothing(self, resources: Mapping[str, Resource]) -> tuple[dict[str, Unit], dict[str, str]]:
        """What a compiler that begins from nothing makes of the store, where the same ports are down; what fails."""
        has = self.box.schema.has
        down = {ABSENT[t](row) for t in ABSENT if has(t) for row in self.box.rows(t).values()} - {""}
        compiler = Compiler(REGION, features_of(has, southbound=True))
        compiler.observe(down)
        delta = compiler.apply([*resources.items()])
        return {key: unit for key, unit in delta.units.items() if unit is not None}, dict(compiler.failed())

    def converges(self) -> dict[str, Resource]:
        """Wait until northbound and states are what they should be; the resources."""
        until = time.monotonic() + PATIENCE_S
        while True:
            # What northd says of ports is said then. It looks for a database that was killed every 8 s at last.
            self.box.nbctl("--wait=sb", "sync")
            resources, states = self.at_the_end()
            units, failed = self.from_nothing(resources)
            agreed = dump_of(self.box) == wanted(units, self.box.schema) and states == failed
            if agreed or time.monotonic() > until:
                assert dump_of(self.box) == wanted(units, self.box.schema)
                assert states == failed
                return resources
            time.sleep(0.1)

    def lines(self) -> list[dict[str, Any]]:
        """What the processes wrote down."""
        return [json.loads(line) for line in self.journal.read_text().splitlines()]

    def check_answers(self, resources: Mapping[str, Resource]) -> None:
        """What was answered is so: what was made is there unless somebody asked for its end, what is gone is gone."""
        lines = self.lines()
        commands = [line["asked"] for line in lines if "asked" in line]
        asked = {id for _, verb, _, id, _ in commands if verb == "delete"}
        asked |= {said["main_route_table_id"] for *_, said in commands if "main_route_table_id" in said}  # with its VPC
        made = {line["id"]: line["kind"] for line in lines if line.get("done") == "create"}
        gone = {line["id"] for line in lines if line.get("done") == "delete"}
        lost = {id: kind for id, kind in made.items() if id not in asked and id not in resources}
        assert not {id for id, kind in lost.items() if kind != "security_group_rule"}, "rules go with their groups"
        assert not gone & resources.keys()

    def check_nothing_is_kept(self, resources: Mapping[str, Resource]) -> None:
        """No number, address or reference is of a resource that is gone."""
        database = Database(self.store)
        with database.reading() as connection:
            owners = set(connection.execute(select(tables.claims.c.owner)).scalars())
            sources = set(connection.execute(select(tables.document_references.c.source_id)).scalars())
            targets = set(connection.execute(select(tables.document_references.c.target_id)).scalars())
        database.close()
        assert owners | sources | targets <= resources.keys()


def _read(process: subprocess.Popen[str], told: list[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        told.append(line.strip())


@needs_ovn
@pytest.mark.parametrize("later", VERSIONS)
@pytest.mark.parametrize("number", range(HISTORIES))
def test_the_store_and_the_northbound_agree(tmp_path: Path, later: bool, number: int) -> None:
    print(f"XC_CLOUD_KILLS_SEED={SEED} repeats this history, number {number}")
    with central(later) as box:
        box.chassis("hv1")
        history = History(tmp_path, box, SEED + 2 * number + later)
        try:
            history.start()
            history.grows(history.chance.randrange(300))
            for event in history.chance.choices([*EVENTS], [*EVENTS.values()], k=5):
                time.sleep(history.chance.uniform(0, 1.5))
                print(f"{time.monotonic():.2f} {event}")
                history.happens(event)
            time.sleep(history.chance.uniform(0, 1.5))
            history.kill()
            history.start(commands=0)
            for word in ("begun", "done"):
                history.says(word)
            resources = history.converges()
        finally:
            history.kill()
    history.check_answers(resources)
    history.check_nothing_is_kept(resources)
    told = Counter(next(word for word in ("asked", "refused", "done") if word in line) for line in history.lines())
    print(dict(told), Counter(type(one).__name__ for one in resources.values()))
