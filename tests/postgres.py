"""A PostgreSQL cluster of the tests' own: a directory under /tmp, a socket in it, no port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
WAIT_S = "240"


class Cluster:
    """Started on creation; `close` leaves nothing."""

    def __init__(self) -> None:
        self._bin = BINARIES[-1].parent
        self._user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.directory = Path(tempfile.mkdtemp(prefix="xc-postgresql-", dir="/tmp"))
        if os.getuid() == 0:
            shutil.chown(self.directory, self._user)
        data = self.directory / "data"
        self._run("initdb", "-D", str(data), "-U", "xc", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(
                f"listen_addresses = ''\nunix_socket_directories = '{self.directory}'\nmax_connections = 200\n"
                "fsync = off\n"  # processes die in tests, not the machine
            )
        self.start()

    def start(self) -> None:
        self._run(
            "pg_ctl", "-D", str(self.directory / "data"), "-w", "-t", WAIT_S, "-l", str(self.directory / "log"), "start"
        )

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self.directory / "data"), "-w", "-t", WAIT_S, "-m", mode, "stop")

    def database(self) -> str:
        """URL of a new, empty database."""
        name = f"t{uuid.uuid4().hex}"
        self._run("createdb", "-h", str(self.directory), "-U", "xc", name)
        return f"postgresql://xc@/{name}?host={self.directory}"

    def drop(self, url: str) -> None:
        name = url.partition("@/")[2].partition("?")[0]
        self._run("dropdb", "-h", str(self.directory), "-U", "xc", "--force", name)

    def close(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.directory)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            user=self._user if os.getuid() == 0 else None,
            cwd=self.directory,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        assert done.returncode == 0, f"{program}: {done.stderr}"
