"""What the figures of the cloud's API are measured with: OVN's databases and northd, `xc serve`, PostgreSQL, Neutron,
clients, and an eye on what else the machine does."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import itertools
import json
import os
import pwd
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crossconnect.cloud.neutron.registry import STORED
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.service import Caller, Key, Service, Settings

SCHEMAS = Path("/usr/share/ovn")
TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Caller(principal="root", project_id="", admin=True)
PROJECT = "bench"
QUOTAS = {"vpc": 10_000, "subnet": 100_000, "network_interface": 1_000_000, "security_group": 100_000}
API_YAML = """\
zones: [a, b]
public_prefixes: [203.0.113.0/24]
requests_per_second: 1000000
burst: 1000000
"""
NEUTRON = os.environ.get("NEUTRON_DIR", "/tmp/peer-neutron")
"""Where the scripts keep Neutron's data, and its virtual environment."""
NEUTRON_OVN = os.environ.get("OVNBOX_BASE", "/tmp/ovnbox") + "/n/central"
"""Where they keep Neutron's OVN."""
BUSY = 0.05
"""Processes of others that used less than this part of a processor are not worth a word."""


# Processes.


@contextlib.contextmanager
def process(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the context."""
    made: Any = subprocess.Popen(command, **options)
    try:
        yield made
    finally:
        made.terminate()
        try:
            made.wait(30)
        except subprocess.TimeoutExpired:
            made.kill()
            made.wait()


class Central:
    """OVN's northbound and southbound databases, and northd."""

    def __init__(self, remote: str, pids: Mapping[str, int]) -> None:
        self.remote = remote
        self.pids = pids


@contextlib.contextmanager
def central(*, northd: bool = True) -> Iterator[Central]:
    """In a directory of their own; `northd`: whether somebody translates."""
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="xc-bench-ovn-"))
        pids: dict[str, int] = {}
        for name in ("nb", "sb"):
            schema = SCHEMAS / f"ovn-{name}.ovsschema"
            subprocess.run(["ovsdb-tool", "create", f"{scratch}/{name}.db", str(schema)], check=True)
            words = [f"--remote=punix:{scratch}/{name}.sock", f"--unixctl={scratch}/{name}.ctl", "-vconsole:off"]
            server = stack.enter_context(process(["ovsdb-server", *words, f"{scratch}/{name}.db"]))
            pids[f"ovsdb-server {name}"] = server.pid
            until(Path(f"{scratch}/{name}.sock").exists, 30)
        if northd:
            words = [f"--ovn{name}-db=unix:{scratch}/{name}.sock" for name in ("nb", "sb")]
            words += [f"--unixctl={scratch}/northd.ctl", "-vconsole:off", f"--log-file={scratch}/northd.log"]
            environment = {**os.environ, "OVN_RUNDIR": scratch, "OVS_RUNDIR": scratch}
            pids["ovn-northd"] = stack.enter_context(process(["ovn-northd", *words], env=environment)).pid
        yield Central(f"unix:{scratch}/nb.sock", pids)


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """URL of an empty database of a PostgreSQL of our own, with its defaults: `fsync` is on."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))[-1].parent
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    directory = Path(tempfile.mkdtemp(prefix="xc-bench-pg-", dir="/tmp"))
    as_user: dict[str, Any] = {"cwd": directory, "stdout": subprocess.DEVNULL, "check": True}
    if os.getuid() == 0:
        shutil.chown(directory, user)
        as_user["user"] = user
    data, socket = str(directory / "data"), ["-h", str(directory), "-U", "xc"]
    try:
        subprocess.run([binaries / "initdb", "-D", data, "-U", "xc", "-A", "trust", "-E", "UTF8"], **as_user)
        options = f"-c listen_addresses='' -c unix_socket_directories='{directory}'"
        words = ["-D", data, "-w", "-l", str(directory / "log"), "-o", options]
        subprocess.run([binaries / "pg_ctl", *words, "start"], **as_user)
        subprocess.run([binaries / "createdb", *socket, "cloud"], **as_user)
        try:
            yield f"postgresql://xc@/cloud?host={directory}"
        finally:
            subprocess.run([binaries / "pg_ctl", "-D", data, "-w", "-m", "fast", "stop"], **as_user)
    finally:
        shutil.rmtree(directory)


def prepare(database: str) -> str:
    """The project and its key in a new store."""

    async def made() -> str:
        service = await Service.open(database, {**KINDS, **STORED}, Settings(zones=("a", "b")))
        try:
            await service.create_project(ROOT, PROJECT, QUOTAS)
            wanted = Key(id="", project_id=PROJECT, name="bench", roles=("admin",), created_at="")
            return (await service.create_key(ROOT, wanted))[1]
        finally:
            await service.close()

    return asyncio.run(made())


class Api:
    """A running `xc serve`."""

    def __init__(self, url: str, pid: int) -> None:
        self.url = url
        self.pid = pid


@contextlib.contextmanager
def serve(database: str, northbound: str) -> Iterator[Api]:
    """`xc serve` until the context ends; `northbound` empty: nothing is realised."""
    with tempfile.TemporaryDirectory(prefix="xc-bench-") as scratch:
        (Path(scratch) / "cloud").mkdir()
        (Path(scratch) / "cloud" / "api.yaml").write_text(API_YAML)
        log = Path(scratch) / "log"
        command = [sys.executable, "-m", "crossconnect.cli", "serve", "-C", scratch, "--listen", "127.0.0.1:0"]
        more = ["--northbound", northbound] if northbound else []
        with log.open("wb") as errors, process([*command, "--database", database, *more], stderr=errors) as made:

            def said() -> str:
                if made.poll() is not None:
                    raise SystemExit(f"xc serve ended: {log.read_text()}")
                lines = [line for line in log.read_text().splitlines() if line.startswith("serving ")]
                return lines[0].split()[1].rstrip(",") if lines else ""

            yield Api(until(said, 60), made.pid)


@contextlib.contextmanager
def neutron(directory: Path) -> Iterator[str]:
    """A real Neutron by the scripts in a directory (`neu.sh`); where it answers. Its data are wiped at the end."""
    script = ["bash", str(directory / "neu.sh")]
    with tempfile.TemporaryFile() as out:
        try:
            subprocess.run([*script, "up"], check=True, stdout=out, stderr=out, timeout=600)
            yield "http://127.0.0.1:19696"
        finally:
            servers = pids_of([f"{NEUTRON}/venv/bin/uwsgi"])
            subprocess.run([*script, "down", "wipe"], check=False, stdout=out, stderr=out)
            for pid in servers:  # told to end, they do not always
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def until(found: Callable[[], Any], timeout_s: float) -> Any:
    """Wait for something true."""
    end = time.monotonic() + timeout_s
    while not (value := found()):
        if time.monotonic() > end:
            raise SystemExit("it did not come")
        time.sleep(0.02)
    return value


# What they cost.


def cpu_s(pids: Sequence[int]) -> float:
    """CPU seconds of running processes so far."""
    return sum(_cpu(Path(f"/proc/{pid}/stat"))[0] for pid in pids)


def resident_mib(pid: int) -> float:
    """Memory that a process has now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def pids_of(words: Sequence[str]) -> list[int]:
    """Processes whose command line has one of some words."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if any(word in line for word in words) and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
    return found


def _cpu(path: Path) -> tuple[float, str]:
    try:
        head, _, tail = path.read_text().rpartition(")")
    except OSError:
        return 0.0, ""
    fields = tail.split()
    return (int(fields[11]) + int(fields[12])) / TICKS, head.partition("(")[2]


class Around:
    """What the machine does in a stretch of time: load average, and who else was busy."""

    def __init__(self, known: Sequence[int]) -> None:
        """`known`: processes that belong to the measurement, beside this one."""
        self._known = {*known, os.getpid()}
        self._began = time.monotonic()
        self._before = self._all()

    def told(self) -> str:
        """`load 1.3; beside: pytest 95 %`."""
        seconds = max(time.monotonic() - self._began, 0.01)
        busy: dict[str, float] = {}
        for pid, (used, name) in self._all().items():
            part = (used - self._before.get(pid, (0.0, ""))[0]) / seconds
            if pid not in self._known and part > BUSY:
                busy[name] = busy.get(name, 0.0) + part
        others = ", ".join(f"{name} {part * 100:.0f} %" for name, part in sorted(busy.items(), key=lambda x: -x[1]))
        return f"load {os.getloadavg()[0]:.1f}" + (f"; {others}" if others else "")

    @staticmethod
    def _all() -> dict[int, tuple[float, str]]:
        return {int(path.parent.name): _cpu(path) for path in Path("/proc").glob("[0-9]*/stat")}


# Clients.


class Client:
    """One connection, kept open."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=300)
        self._headers = {"content-type": "application/json", **headers}

    def call(self, method: str, path: str, body: object = None) -> bytes:
        """The answer's body; SystemExit where it is no success."""
        content = None if body is None else json.dumps(body)
        for again in (True, False):
            try:
                self._connection.request(method, path, content, self._headers)
                answer = self._connection.getresponse()
                octets = answer.read()
            except (http.client.HTTPException, OSError):
                self._connection.close()  # Neutron's server may have closed it
                if not again:
                    raise
                continue
            if answer.status >= 300:
                raise SystemExit(f"{method} {path}: {answer.status} {octets[:300]!r}")
            return octets
        raise AssertionError("one of the two returns or raises")

    def json(self, method: str, path: str, body: object = None) -> Any:
        """The answer as JSON."""
        return json.loads(self.call(method, path, body))


class Figure:
    """Latencies of one kind of call, from one or several rounds."""

    def __init__(self) -> None:
        self.wall_ms: list[float] = []
        self.rates: list[float] = []
        self.cpu_ms: list[float] = []

    @property
    def rate(self) -> float:
        """Calls per second, the median of the rounds."""
        return statistics.median(self.rates)

    @property
    def p50(self) -> float:
        """Median of the latencies, in ms."""
        return statistics.median(self.wall_ms)

    @property
    def p99(self) -> float:
        """In ms."""
        return sorted(self.wall_ms)[int(len(self.wall_ms) * 0.99)]

    def row(self, what: str, around: Around) -> str:
        """A line of the table."""
        n = len(self.wall_ms)
        late = f"{self.p99:,.1f}" if n >= 100 else f"max {max(self.wall_ms):,.1f}"
        cpu = statistics.median(self.cpu_ms)
        return f"| {what} | {n} | {self.rate:,.1f} | {self.p50:,.1f} | {late} | {cpu:,.1f} | {around.told()} |"


HEAD = (
    "| call | n | per second | p50 ms | p99 ms | server's CPU ms each | load; who else |\n|---|---|---|---|---|---|---|"
)


def measure(
    clients: Sequence[Client],
    calls: int,
    call: Callable[[Client, int], object],
    pids: Sequence[int],
    rounds: int = 1,
    warm: int = 5,
) -> Figure:
    """`calls` calls in each round, shared out among the clients: each makes the next when its last one is answered.
    `call` is given its client and a number of its own. `warm` calls come before that are not counted."""
    numbers = itertools.count(1)
    lock = threading.Lock()
    failed: list[BaseException] = []
    figure = Figure()

    def work(client: Client, left: Iterator[int]) -> None:
        try:
            while True:
                with lock:
                    if failed or next(left, None) is None:
                        return
                    n = next(numbers)
                start = time.perf_counter()
                call(client, n)
                figure.wall_ms.append((time.perf_counter() - start) * 1e3)
        except BaseException as error:
            failed.append(error)

    for _ in range(warm):
        call(clients[0], next(numbers))
    for _ in range(rounds):
        cpu, wall, left = cpu_s(pids), time.perf_counter(), iter(range(calls))
        threads = [threading.Thread(target=work, args=(client, left)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]
        figure.rates.append(calls / (time.perf_counter() - wall))
        figure.cpu_ms.append((cpu_s(pids) - cpu) / calls * 1e3)
    return figure
