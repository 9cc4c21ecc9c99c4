"""A real `xc serve` on a loopback port over SQLite, for tests of the API: one for all of a run.

Nothing is realised in it, unless a test says so with `Api.realise`, as the realiser would.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.service import Caller, Key, Service, Settings

API_YAML = """\
zones: [zone-a, zone-b]
public_prefixes: [203.0.113.0/24]
requests_per_second: 100000
burst: 100000
"""
OPERATOR = Caller(principal="tests", project_id="", roles=("operator",), admin=True)
SETTINGS = Settings(zones=("zone-a", "zone-b"), public_prefixes=("203.0.113.0/24",))
PROJECTS = ("acme", "globex")
PLENTY = {"vpc": 900}
"""Quotas of the shared projects: tests leave things behind."""
START_S = 180.0
END_S = 120.0
ANSWER_S = 400.0
"""Longer than any `timeout` that a request asks for."""


class Api:
    """A server process, its database, and keys of projects."""

    def __init__(
        self,
        root: Path,
        yaml: str = API_YAML,
        arguments: Sequence[str] = (),
        *,
        database: str = "",
        beside: Api | None = None,
    ) -> None:
        """Makes the region's directory, projects and keys, and starts the process. `beside`: another process over the
        same database, which has them already."""
        self.root = root
        (root / "cloud").mkdir(parents=True, exist_ok=True)
        (root / "cloud" / "api.yaml").write_text(yaml)
        self.keys: dict[str, str] = {} if beside is None else beside.keys
        self.database = database or str(root / "cloud.sqlite")
        self._arguments = (*arguments, *(("--database", database) if database else ()))
        if beside is None:
            asyncio.run(self._prepare())
        self.start()

    def start(self) -> None:
        """Start the process; its log goes to `serve.log`."""
        path = self.root / "serve.log"
        already = len(path.read_text()) if path.exists() else 0
        with open(path, "a") as log:
            command = [sys.executable, "-m", "crossconnect.cli", "serve", "-C", str(self.root)]
            self.process = subprocess.Popen(
                [*command, "--listen", "127.0.0.1:0", *self._arguments],
                stderr=log,
                env={**os.environ, "XC_OUTPUT": "table"},
            )
        self.url = self._wait(already)
        self.http = httpx.Client(base_url=self.url, timeout=ANSWER_S, verify=False)

    def _wait(self, already: int) -> str:
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            # The last one is not whole yet.
            lines = [line for line in self.log()[already:].split("\n")[:-1] if line.startswith("serving ")]
            if lines:
                return lines[-1].split()[1].rstrip(",")
            assert self.process.poll() is None, self.log()
            time.sleep(0.05)
        raise AssertionError(f"no start within {START_S} s: {self.log()}")

    def log(self) -> str:
        """What the process has said so far."""
        return (self.root / "serve.log").read_text()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the process; its exit code."""
        self.process.send_signal(how)
        return self.process.wait(END_S)

    async def service(self) -> Service:
        """The service over the same database, in this process: what the realiser has."""
        return await Service.open(self.database, KINDS, SETTINGS)

    async def _prepare(self) -> None:
        service = await self.service()
        try:
            for project in PROJECTS:
                await service.create_project(OPERATOR, project, PLENTY)
                for role in ("admin", "member", "reader"):
                    self.keys[f"{project}/{role}"] = await _key(service, project, role)
            for role in ("operator", "auditor"):
                self.keys[role] = await _key(service, "", role)
        finally:
            await service.close()

    def realise(self, number: int | None = None, failures: Mapping[str, str] | None = None) -> None:
        """All changes up to a number, or all there are, are in the northbound database."""

        async def say() -> None:
            service = await self.service()
            try:
                committed, _ = await service.position()
                await service.realised(committed if number is None else number, failures or {})
            finally:
                await service.close()

        asyncio.run(say())

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str = "acme/admin",
        headers: Mapping[str, str] | None = None,
        params: Any = None,
    ) -> httpx.Response:
        """A request with one of the keys; the body's media type is the one that the method takes."""
        fields: dict[str, str] = {}
        if key:
            fields["authorization"] = f"Bearer {self.keys.get(key, key)}"
        if body is not None:
            fields["content-type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
        fields |= headers or {}
        raw = isinstance(body, bytes)
        given = {"content": body} if raw else {"json": body} if body is not None else {}
        return self.http.request(method, path, headers=fields, params=params, **given)

    def make(self, path: str, body: Mapping[str, object], key: str = "acme/admin") -> dict[str, Any]:
        """Create a resource."""
        got = self.call("POST", f"/v1/{path}", body, key=key)
        assert got.status_code == 201, got.text
        return got.json()


async def _key(service: Service, project: str, role: str) -> str:
    wanted = Key(id="", project_id=project, name=role, roles=(role,), admin=role == "operator", created_at="")
    _, text = await service.create_key(OPERATOR, wanted)
    return text


def free_port() -> int:
    """A port that nobody listens on. Below those that the kernel gives to connections, of which one might have it by
    the time that it is listened on."""
    first, last = 20_000, int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.SystemRandom().sample(range(first, last), last - first):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"no free port between {first} and {last}")


@functools.cache
def shared_api(whose: str = "") -> Api:
    """The process that tests share, which end it never; another one for who says so by a name."""
    root = Path(tempfile.mkdtemp(prefix="xc-api-"))
    api = Api(root)

    def end() -> None:
        api.process.kill()
        api.process.wait()
        shutil.rmtree(root, ignore_errors=True)

    atexit.register(end)
    return api
