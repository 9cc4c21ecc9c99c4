"""A tenant's commands while the process that carries them out and the northbound's server are killed: what the store
says at the end is what is in the northbound, and no resource has failed or is pending."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cloud_documents import REGION
from cloud_process import SETTINGS
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.features import features_of
from crossconnect.cloud.realise import Unit
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.service import Service
from northbound_dump import dump, northbound, wanted
from ovsdb_server import alone, needs_ovsdb

HERE = Path(__file__).resolve().parent.parent
kills = st.lists(st.tuples(st.sampled_from(["server", "process", "both"]), st.floats(0.3, 1.5)), max_size=4)


async def at_the_end(store: str) -> tuple[Mapping[str, Unit], set[str]]:
    """What a compiler that begins from nothing makes of the store, and the states of all resources."""
    service = await Service.open(store, KINDS, SETTINGS)
    _, documents = await service.snapshot()
    compiler = Compiler(REGION, features_of(northbound().has))
    delta = compiler.apply([(one.id, one.resource(KINDS[one.kind].resource)) for one in documents])
    await service.close()
    return {key: unit for key, unit in delta.units.items() if unit is not None}, {one.state for one in documents}


@needs_ovsdb
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # what is random here is time
)
@given(seed=st.integers(0, 1 << 16), kills=kills)
def test_the_store_and_the_northbound_agree(
    tmp_path_factory: pytest.TempPathFactory, seed: int, kills: list[tuple[str, float]]
) -> None:
    store = str(tmp_path_factory.mktemp("store") / "cloud.db")
    with alone() as server:

        def start(commands: int) -> subprocess.Popen[str]:
            words = [sys.executable, str(HERE / "cloud_process.py"), store, server.remote, str(seed), str(commands)]
            return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)

        process = start(10_000)
        try:
            for number, (kind, pause_s) in enumerate([*kills, ("process", 1.0)]):
                time.sleep(pause_s)
                if kind in ("process", "both"):
                    process.kill()
                    process.communicate()
                if kind in ("server", "both"):
                    server.kill()
                    server.start()
                if kind in ("process", "both"):
                    seed += number + 1
                    process = start(10_000 if number < len(kills) else 0)
            told, _ = process.communicate(timeout=120)
        finally:
            process.kill()
        assert told.strip() == "done"
        units, states = asyncio.run(at_the_end(store))
        assert dump(server) == wanted(units)
        assert states <= {"available"}
