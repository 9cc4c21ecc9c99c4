"""Real `ovsdb-server` processes for tests: alone or three in a cluster, in a directory of their own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

NORTHBOUND = Path("/usr/share/ovn/ovn-nb.ovsschema")
DATABASE = "OVN_Northbound"
missing = [program for program in ("ovsdb-server", "ovsdb-tool", "ovsdb-client") if shutil.which(program) is None]
needs_ovsdb = pytest.mark.skipif(
    bool(missing) or not NORTHBOUND.exists(),
    reason=f"no OVSDB server on this machine: install openvswitch-switch and ovn-central ({', '.join(missing)})",
)
START_S = 90.0
ELECTION_MS = 2000
"""At most twice what it was before."""


def run(*command: str) -> str:
    """A tool's output."""
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=180).stdout


class Server:
    """One process. `socket` is where clients reach it; more remotes may be named."""

    def __init__(self, directory: Path, name: str, *more: str) -> None:
        self.socket = directory / f"{name}.sock"
        self.remote = f"unix:{self.socket}"
        self.database = directory / f"{name}.db"
        self.control = directory / f"{name}.ctl"
        self.log = directory / f"{name}.log"
        self._more = more
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(
            [
                "ovsdb-server",
                f"--remote=punix:{self.socket}",
                f"--unixctl={self.control}",
                f"--log-file={self.log}",
                "-vconsole:off",
                "-vfile:info",
                *self._more,
                str(self.database),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: self.socket.exists() and self.control.exists())

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        # It removes its sockets when it ends by itself only.
        self.socket.unlink(missing_ok=True)
        self.control.unlink(missing_ok=True)

    def control_command(self, *words: str) -> str:
        """What `ovs-appctl` says."""
        return run("ovs-appctl", "-t", str(self.control), *words)

    def is_leader(self) -> bool:
        """Whether it leads its cluster."""
        try:
            return "Role: leader" in self.control_command("cluster/status", DATABASE)
        except subprocess.CalledProcessError:
            return False

    def rows(self, table: str, *columns: str) -> list[list[object]]:
        """A table's rows by `ovsdb-client`, which is not ours: the reference."""
        command = ["ovsdb-client", "-f", "json", "--no-leader-only", "dump", self.remote, DATABASE, table, *columns]
        return json.loads(run(*command))["data"]


def wait_for(condition, timeout_s: float = START_S) -> None:
    """Wait for another process."""
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.02)


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A directory with a name short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="xc-ovsdb-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextlib.contextmanager
def alone(schema: Path = NORTHBOUND, *more: str, directory: Path | None = None) -> Iterator[Server]:
    """A server by itself with an empty database."""
    with contextlib.ExitStack() as stack:
        where = directory or stack.enter_context(scratch())
        server = Server(where, "db", *more)
        run("ovsdb-tool", "create", str(server.database), str(schema))
        try:
            server.start()
            yield server
        finally:
            server.kill()


class Cluster:
    """Three servers that replicate one database by RAFT."""

    def __init__(self, directory: Path) -> None:
        self.members = [Server(directory, name) for name in ("a", "b", "c")]
        addresses = [f"unix:{directory}/{name}.raft" for name in ("a", "b", "c")]
        first, *others = self.members
        run("ovsdb-tool", "create-cluster", str(first.database), str(NORTHBOUND), addresses[0])
        for member, address in zip(others, addresses[1:], strict=True):
            run("ovsdb-tool", "join-cluster", str(member.database), DATABASE, address, addresses[0])

    @property
    def remotes(self) -> str:
        """All members."""
        return ",".join(member.remote for member in self.members)

    def start(self) -> None:
        """Start all, and wait until they are one cluster."""
        for member in self.members:
            member.start()
        for member in self.members:
            run("ovsdb-client", "-t", "90", "wait", member.remote, DATABASE, "connected")
        wait_for(self._is_patient)

    def _is_patient(self) -> bool:
        """Have members bear a longer silence, where that can be asked now: by its own 1 s a leader is deposed that had
        no processor for as long."""
        try:
            self.leader().control_command("cluster/change-election-timer", DATABASE, str(ELECTION_MS))
        except subprocess.CalledProcessError:
            return False
        return True

    def leader(self) -> Server:
        """The member that leads."""
        found: list[Server] = []

        def look() -> bool:
            found[:] = [member for member in self.members if member.control.exists() and member.is_leader()]
            return len(found) == 1

        wait_for(look)
        return found[0]


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster of three."""
    with scratch() as directory:
        made = Cluster(directory)
        try:
            made.start()
            yield made
        finally:
            for member in made.members:
                member.kill()


def stop(server: Server) -> None:
    """Make it silent without ending it."""
    server.signal(signal.SIGSTOP)


def resume(server: Server) -> None:
    """Let it go on."""
    server.signal(signal.SIGCONT)


def certificates(directory: Path, authority: str) -> tuple[Path, Path, Path]:
    """A private authority and a certificate of it: authority, certificate, key."""
    ca, ca_key = directory / f"{authority}.pem", directory / f"{authority}.key"
    certificate, key, request = (directory / f"{authority}-leaf.{kind}" for kind in ("pem", "key", "csr"))
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj"]
    run(*new, f"/CN={authority}", "-x509", "-days", "2", "-keyout", str(ca_key), "-out", str(ca))
    run(*new, f"/CN={authority} leaf", "-keyout", str(key), "-out", str(request))
    sign = ["openssl", "x509", "-req", "-in", str(request), "-CA", str(ca), "-CAkey", str(ca_key), "-days", "2"]
    run(*sign, "-CAcreateserial", "-out", str(certificate))
    os.chmod(key, 0o600)
    return ca, certificate, key
