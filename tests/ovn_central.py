"""A northbound and a southbound database with a real ovn-northd between them, without any chassis: what `ovn-trace`
needs.

`Central.write` brings units into the northbound database by plain JSON-RPC (RFC 7047), so that the compiler is tested
without our own writer.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crossconnect.cloud.ovn.features import Features, features_of
from crossconnect.cloud.ovn.rows import Row, is_own
from crossconnect.cloud.realise.unit import Units
from crossconnect.transport.ovsdb.operations import by_uuid, delete, insert, mutate, update
from crossconnect.transport.ovsdb.schema import Schema, parse_schema
from ovn_contents import Contents, Operations

LATER = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "crossconnect/ovn26"
"""Where `tools/ovn26-root` puts a later OVN."""
_LOADER = LATER / "lib64/ld-linux-x86-64.so.2"
_LIBRARIES = f"{LATER}/usr/lib/x86_64-linux-gnu:{LATER}/lib/x86_64-linux-gnu"
needs_ovn = pytest.mark.skipif(
    not all(shutil.which(program) for program in ("ovn-northd", "ovn-trace", "ovsdb-server", "ovsdb-tool"))
    or not Path("/usr/share/ovn/ovn-sb.ovsschema").exists(),
    reason="no OVN on this machine: install ovn-central",
)
later_ovn = pytest.param(
    True,
    marks=pytest.mark.skipif(not (LATER / ".complete").exists(), reason="no later OVN: run tools/ovn26-root"),
    id="later",
)
VERSIONS = [pytest.param(False, id="installed"), later_ovn]
"""For a fixture's `params`: whether the later OVN is meant."""
OF_THE_MACHINE = {"timeval", "poll_loop", "reconnect", "jsonrpc", "daemon_unix", "memory", "util"}
"""Parts of northd that complain when it had no processor for a second, when a database had none, or of its own end."""
TOOL_S = 120.0
"""A northd that has died is started again after up to 10 s, and looks for a database that was killed every 8 s."""


class Central:
    """Both databases and northd, as children."""

    def __init__(self, directory: Path, later: bool) -> None:
        self.directory, self.later = directory, later
        self._prefix = [str(_LOADER), "--library-path", _LIBRARIES] if later else []
        self._root = LATER if later else Path("/")
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.schema: Schema = parse_schema((self._root / "usr/share/ovn/ovn-nb.ovsschema").read_bytes())
        self._sockets: dict[str, socket.socket] = {}
        self._contents = Contents()

    def features(self) -> Features:
        """What this OVN can."""
        return features_of(self.schema.has)

    def _program(self, name: str) -> list[str]:
        found = next(p for p in ("usr/bin", "usr/sbin") if (self._root / p / name).exists())
        return [*self._prefix, str(self._root / found / name)]

    def remote(self, name: str) -> str:
        """Where the database `nb` or `sb` is reached."""
        return f"unix:{self.directory}/{name}.sock"

    def run(self, program: str, *words: str) -> str:
        """A tool of this OVN; its output."""
        done = subprocess.run([*self._program(program), *words], capture_output=True, text=True, timeout=TOOL_S + 30)
        assert done.returncode == 0, f"{program} {words}: {done.stderr}{done.stdout}{self._state()}"
        return done.stdout

    def _state(self) -> str:
        """How the children are, for a failure's message."""
        log = self.directory / "northd.log"
        last = "\n".join(log.read_text().splitlines()[-20:]) if log.exists() else ""
        ended = {name: child.poll() for name, child in self._children.items()}
        return f"\nchildren ended with {ended}; northd said\n{last}"

    def start(self) -> None:
        """Start all; wait until northd has seen the databases."""
        for name in ("nb", "sb"):
            self._create(name)
        for name in ("nb", "sb"):
            self.begin(name)
        self.nbctl("init")
        self.begin("northd")
        self.nbctl("--wait=sb", "sync")

    def _create(self, name: str) -> None:
        database = str(self.directory / f"{name}.db")
        self.run("ovsdb-tool", "create", database, str(self._root / f"usr/share/ovn/ovn-{name}.ovsschema"))

    def begin(self, name: str) -> None:
        """Start one of `nb`, `sb`, `northd`; a database answers then."""
        if name == "northd":
            self._spawn(
                name,
                "ovn-northd",
                # As every installation has it: 26.03.1's dies where it sees one switch go and another come at once.
                "--monitor",
                f"--ovnnb-db={self.remote('nb')}",
                f"--ovnsb-db={self.remote('sb')}",
                f"--unixctl={self.directory}/northd.ctl",
                f"--log-file={self.directory}/northd.log",
                "-vconsole:off",
            )
            return
        self._spawn(
            name,
            "ovsdb-server",
            f"--remote=p{self.remote(name)}",
            f"--unixctl={self.directory}/{name}.ctl",
            "-vconsole:off",
            str(self.directory / f"{name}.db"),
        )
        _wait(lambda: _answers(self.directory / f"{name}.sock"))

    def kill(self, name: str) -> None:
        """End one as a power cut would; nothing where it does not run."""
        child = self._children.pop(name, None)
        if child is not None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        database = "Northbound" if name == "nb" else "Southbound"
        if name != "northd" and database in self._sockets:
            self._sockets.pop(database).close()
        for ending in ("sock", "ctl"):  # it removes them when it ends by itself only
            (self.directory / f"{name}.{ending}").unlink(missing_ok=True)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send one a signal."""
        os.killpg(self._children[name].pid, number)

    def wipe(self) -> None:
        """Kill the southbound database's server, and start it with nothing in its database."""
        self.kill("sb")
        (self.directory / "sb.db").unlink()
        self._create("sb")
        self.begin("sb")

    def _spawn(self, name: str, program: str, *words: str) -> None:
        environment = os.environ | {"OVS_RUNDIR": str(self.directory), "OVN_RUNDIR": str(self.directory)}
        command = [*self._program(program), *words]
        self._children[name] = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # a monitor and whom it watches are signalled together
        )

    def stop(self) -> None:
        """End what was started."""
        for one in self._sockets.values():
            one.close()
        for child in reversed(self._children.values()):
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def nbctl(self, *words: str) -> str:
        """`ovn-nbctl`."""
        return self.run("ovn-nbctl", f"--db={self.remote('nb')}", f"--timeout={TOOL_S:.0f}", *words)

    def sbctl(self, *words: str) -> str:
        """`ovn-sbctl`."""
        return self.run("ovn-sbctl", f"--db={self.remote('sb')}", f"--timeout={TOOL_S:.0f}", *words)

    def trace(self, switch: str, flow: str, *options: str) -> str:
        """`ovn-trace`."""
        return self.run("ovn-trace", f"--db={self.remote('sb')}", *options, switch, flow)

    def northd_log(self) -> str:
        """What northd complained about, of what it was given to do."""
        lines = (self.directory / "northd.log").read_text().splitlines()
        said = [line.split("|", 4) for line in lines if "|WARN|" in line or "|ERR|" in line]
        return "\n".join("|".join(words) for words in said if words[2] not in OF_THE_MACHINE)

    def write(self, units: Units) -> None:
        """Bring a change into the northbound database in one transaction, and wait for northd."""
        self.transact([*self._operations(self._contents.apply(units))])
        self.nbctl("--wait=sb", "sync")

    def _operations(self, delta: Operations) -> Iterator[dict[str, Any]]:
        table = self.schema.table
        for one in delta.delete:
            yield delete(table(one.table), by_uuid(one.uuid))
        for one in delta.insert:
            yield insert(table(one.table), one.columns, uuid=one.uuid)  # pyright: ignore
        for one in delta.update:
            yield update(table(one.table), by_uuid(one.uuid), one.columns)  # pyright: ignore
        for one in delta.mutate:
            changes = [(one.column, "delete", one.remove)] if one.remove else []
            changes += [(one.column, "insert", one.add)] if one.add else []
            yield mutate(table(one.table), by_uuid(one.uuid), changes)

    def transact(self, operations: list[dict[str, Any]], database: str = "Northbound") -> list[Any]:
        """One transaction; what each operation answered."""
        if database not in self._sockets:
            made = self._sockets[database] = socket.socket(socket.AF_UNIX)
            made.connect(f"{self.directory}/{'nb' if database == 'Northbound' else 'sb'}.sock")
        asked = self._sockets[database]
        asked.sendall(json.dumps({"method": "transact", "params": [f"OVN_{database}", *operations], "id": 1}).encode())
        text = b""
        while True:
            part = asked.recv(1 << 20)
            assert part, f"the server of OVN_{database} ended"
            text += part
            with contextlib.suppress(json.JSONDecodeError):
                answer = json.loads(text)
                assert answer["error"] is None, answer["error"]
                bad = [one for one in answer["result"] if one and "error" in one]
                assert not bad, bad
                return answer["result"]

    def _select(self, table: str, *columns: str) -> list[dict[str, Any]]:
        """Southbound rows, as JSON."""
        asked = [{"op": "select", "table": table, "where": [], "columns": [*columns]}]
        return self.transact(asked, "Southbound")[0]["rows"]

    def same(self, units: Units) -> None:
        """The northbound rows of ours are those of the units, column by column."""
        wanted = Contents()
        wanted.apply(units)
        tables: dict[str, dict[str, Row]] = {}
        for row in wanted.full():
            tables.setdefault(row.table, {})[row.uuid] = row
        for table in self.schema.tables:
            if table in ("NB_Global", "Connection", "SSL"):
                continue
            found = {uuid: row for uuid, row in self.rows(table).items() if is_own(uuid)}
            assert found.keys() == tables.get(table, {}).keys(), table
            for uuid, row in tables.get(table, {}).items():
                there = {column: found[uuid][column] for column in row.columns}
                assert there == row.columns, f"{table} {row.key}"

    def rows(self, table: str) -> dict[str, dict[str, object]]:
        """The rows of a northbound table by UUID, with the columns as Python values."""
        answer = self.transact([{"op": "select", "table": table, "where": []}])[0]
        found: dict[str, dict[str, object]] = {}
        for row in answer["rows"]:  # pyright: ignore
            columns = self.schema.table(table).columns
            decoded = {name: columns[name].decode(value) for name, value in row.items()}
            found[str(decoded["_uuid"])] = decoded
        return found

    def chassis(self, *names: str) -> None:
        """Hypervisors and gateway nodes, as if they had joined."""
        for n, name in enumerate(names, 1):
            self.sbctl("chassis-add", name, "geneve", f"198.51.100.{n}")

    def ports(self) -> list[str]:
        """All ports that the southbound database knows."""
        return [row["logical_port"] for row in self._select("Port_Binding", "logical_port")]

    def neighbour(self, port: str, address: str, mac: str) -> None:
        """What ovn-controller would have learned of a router port's neighbour."""
        known = self._select("MAC_Binding", "logical_port", "ip")
        if {"logical_port": port, "ip": address} in known:
            return
        bound = self._select("Port_Binding", "logical_port", "datapath")
        where = next(row["datapath"] for row in bound if row["logical_port"] == port)
        row = {"logical_port": port, "ip": address, "mac": mac, "datapath": where}
        self.transact([{"op": "insert", "table": "MAC_Binding", "row": row}], "Southbound")

    def pluggable(self) -> list[str]:
        """Ports of machines that the southbound database knows."""
        return [row["logical_port"] for row in self._select("Port_Binding", "logical_port", "type") if not row["type"]]

    def bind(self, chassis: Mapping[str, str], up: bool = True) -> None:
        """Say that ports are up on chassis, or down there, as ovn-controller would; northd has seen it then."""
        self.say_bound(chassis, up)
        self.nbctl("--wait=sb", "sync")

    def say_bound(self, chassis: Mapping[str, str], up: bool = True) -> None:
        """As `bind`; northd sees it in its time."""
        uuids = {row["name"]: row["_uuid"] for row in self._select("Chassis", "name", "_uuid")}
        operations = [
            {
                "op": "update",
                "table": "Port_Binding",
                "where": [["logical_port", "==", port]],
                "row": {"chassis": uuids[name], "up": up},
            }
            for port, name in chassis.items()
        ]
        self.transact(operations, "Southbound")


def _answers(path: Path) -> bool:
    """Whether somebody listens there."""
    with socket.socket(socket.AF_UNIX) as asked:
        return asked.connect_ex(str(path)) == 0


def _wait(condition, timeout_s: float = TOOL_S) -> None:
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.02)


@contextlib.contextmanager
def central(later: bool = False) -> Iterator[Central]:
    """One, in a directory with a name short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="xc-ovn-", ignore_cleanup_errors=True) as name:
        made = Central(Path(name), later)
        try:
            made.start()
            yield made
        finally:
            made.stop()
