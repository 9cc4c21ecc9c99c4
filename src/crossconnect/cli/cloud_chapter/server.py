"""`xc serve` as a child process of the demo, and the keys that its tenants have."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from crossconnect.cloud.client.client import Client
from crossconnect.cloud.client.transport import Transport
from crossconnect.errors import Rejected

START_S = 60.0
JSON = {"content-type": "application/json"}


class Server:
    """A region's API in a directory of its own; use it as a context."""

    def __init__(self, region: Path, directory: Path, northbound: str, southbound: str) -> None:
        """`region` is the region's directory, `directory` where database and log go."""
        self._region, self._directory = region, directory
        self._arguments = ["--database", str(directory / "cloud.sqlite")]
        self._arguments += ["--northbound", northbound, "--southbound", southbound]
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoint = ""
        self._operator = ""

    def __enter__(self) -> Server:
        database = ["--database", str(self._directory / "cloud.sqlite")]
        self._operator = self._xc("cloud", "keys", "first", "-C", str(self._region), *database).strip()
        log = self._directory / "serve.log"
        with log.open("wb") as errors:
            command = ["serve", "-C", str(self._region), "--listen", "127.0.0.1:0", *self._arguments]
            self._process = subprocess.Popen([sys.executable, "-m", "crossconnect.cli", *command], stderr=errors)
        deadline = time.monotonic() + START_S
        while not self.endpoint:
            said = [line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("serving ")]
            if said:
                self.endpoint = said[0].split()[1].rstrip(",")
            elif self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise Rejected(f"xc serve did not start: {log.read_text(encoding='utf-8')[-1000:]}")
            else:
                time.sleep(0.05)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def tenant(self, project: str) -> Client:
        """A new project, and a client with a key of its own."""
        operator = Transport(self.endpoint, self._operator)
        try:
            operator.send("POST", "/v1/projects", body=f'{{"id": "{project}"}}'.encode(), headers=JSON)
        finally:
            operator.close()
        admin = Transport(self.endpoint, self._operator, project)
        try:
            wish = b'{"name": "demo", "roles": ["admin"]}'
            key = admin.send("POST", "/v1/api-keys", body=wish, headers=JSON).json()["key"]
        finally:
            admin.close()
        return Client(self.endpoint, key)

    @staticmethod
    def _xc(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "crossconnect.cli", *words], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Rejected(f"xc {words[0]} failed: {done.stderr.strip()[-1000:]}")
        return done.stdout
