"""Random changes with random kills of the database's server and of our own process: the northbound database ends up as
one that was written from nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cloud_history import CompiledHistory
from northbound_dump import dump, wanted
from northbound_units import at, history
from ovsdb_server import Server, alone, needs_ovsdb, resume, stop

HERE = Path(__file__).resolve().parent.parent
CHANGES = 150


class Client:
    """Our process: it begins where the one before it was told to be."""

    def __init__(self, kind: str, server: Server, seed: int) -> None:
        program = str(HERE / "realiser_process.py")
        self.words = [sys.executable, program, kind, server.remote, str(seed), str(CHANGES)]
        self.said: list[str] = []
        self.start()

    def start(self) -> None:
        first = next((word for word in reversed(self.said) if word.isdigit()), "0")
        self.process = subprocess.Popen([*self.words, first, "0.004"], stdout=subprocess.PIPE, text=True, cwd=HERE)

    def kill(self) -> None:
        self.process.kill()
        self.read()

    def read(self) -> None:
        told, _ = self.process.communicate(timeout=400)
        self.said += told.split()


Kill = tuple[str, float]
kills = st.lists(st.tuples(st.sampled_from(["server", "client", "both", "silence"]), st.floats(0.0, 0.5)), max_size=5)


@needs_ovsdb
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a history is not made shorter by what fails
)
@given(kind=st.sampled_from(["made", "compiled"]), seed=st.integers(0, 1 << 16), kills=kills)
def test_the_end_is_what_was_written_from_nothing(kind: str, seed: int, kills: list[Kill]) -> None:
    compiled = kind == "compiled"
    units = CompiledHistory(seed, CHANGES).at(CHANGES - 1) if compiled else at(history(seed, CHANGES), CHANGES - 1)
    with alone() as server:
        client = Client(kind, server, seed)
        try:
            for kind, pause_s in kills:
                time.sleep(pause_s)
                if kind in ("client", "both"):
                    client.kill()
                if kind in ("server", "both"):
                    server.kill()
                    server.start()
                if kind in ("client", "both"):
                    client.start()
                if kind == "silence":
                    stop(server)
                    time.sleep(pause_s / 2)
                    resume(server)
            client.read()
        finally:
            client.process.kill()
        assert client.said[-1] == "done"
        assert dump(server) == wanted(units)
