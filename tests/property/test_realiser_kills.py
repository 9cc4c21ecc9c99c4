"""Random changes with random kills of the database's server and of our own process: the northbound database ends up as
one that was written from nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crossconnect.transport.ovsdb import parse_schema
from crossconnect.transport.ovsdb.types import Value
from northbound_units import at, expected, history
from ovsdb_server import Server, alone, needs_ovsdb, resume, stop

HERE = Path(__file__).resolve().parent.parent
CHANGES = 150
TABLES = {
    "Logical_Switch": ("name", "ports", "other_config", "external_ids"),
    "Logical_Switch_Port": ("name", "addresses", "external_ids"),
    "Port_Group": ("name", "ports", "acls", "external_ids"),
    "ACL": ("priority", "direction", "action", "match", "external_ids"),
}


class Client:
    """Our process: it begins where the one before it was told to be."""

    def __init__(self, server: Server, seed: int) -> None:
        self.words = [sys.executable, str(HERE / "realiser_process.py"), server.remote, str(seed), str(CHANGES)]
        self.said: list[str] = []
        self.start()

    def start(self) -> None:
        first = next((word for word in reversed(self.said) if word.isdigit()), "0")
        self.process = subprocess.Popen([*self.words, first, "0.004"], stdout=subprocess.PIPE, text=True, cwd=HERE)

    def kill(self) -> None:
        self.process.kill()
        self.read()

    def read(self) -> None:
        told, _ = self.process.communicate(timeout=60)
        self.said += told.split()


def dump(server: Server) -> dict[str, dict[str, dict[str, Value]]]:
    """The database by `ovsdb-client`, which is not ours."""
    schema = parse_schema(subprocess.check_output(["ovsdb-client", "get-schema", server.remote, "OVN_Northbound"]))
    tables: dict[str, dict[str, dict[str, Value]]] = {}
    for name, columns in TABLES.items():
        command = ["ovsdb-client", "-f", "json", "dump", server.remote, "OVN_Northbound", name, "_uuid", *columns]
        told = json.loads(subprocess.check_output(command))
        for values in told["data"]:
            row = dict(zip(told["headings"], values, strict=True))
            uuid = row.pop("_uuid")[1]
            found = {c: schema.table(name).column(c).decode(v) for c, v in row.items()}
            tables.setdefault(name, {})[uuid] = {c: v for c, v in found.items() if v not in ("", frozenset(), {})}
    return tables


Kill = tuple[str, float]
kills = st.lists(st.tuples(st.sampled_from(["server", "client", "both", "silence"]), st.floats(0.0, 0.5)), max_size=5)


@needs_ovsdb
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a history is not made shorter by what fails
)
@given(seed=st.integers(0, 1 << 16), kills=kills)
def test_the_end_is_what_was_written_from_nothing(seed: int, kills: list[Kill]) -> None:
    batches = history(seed, CHANGES)
    with alone() as server:
        client = Client(server, seed)
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
        assert dump(server) == expected(at(batches, CHANGES - 1))
