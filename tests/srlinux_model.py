"""A model of what SR Linux does behind JSON-RPC: a candidate for each call, one confirmed commit at a time. Its
time is moved by the test.

Replies as in learn.srlinux.dev's "JSON-RPC basics"; the state of commits as in the models of 25.3."""

from __future__ import annotations

import copy
import difflib
import hashlib
import json
from types import SimpleNamespace
from typing import Any

from crossconnect.transport.gnmi.path import parse_path
from gnmi_peer import put, remove
from https_peer import USER, Dropped


class SrLinux:
    """A switch. `startup` is what it boots."""

    def __init__(self, startup: str) -> None:
        self.startup = _stored(json.loads(startup))
        self.now = 1000.0
        self.drop: dict[str, str] = {}
        self.ignore_timer = False
        self.replies: dict[str, Any] = {}
        self.commits: list[dict[str, Any]] = []
        self.reboot()

    def reboot(self) -> None:
        self.running = copy.deepcopy(self.startup)
        self.timer: tuple[float, dict[str, Any]] | None = None
        self.commits = []

    def advance(self, seconds: float) -> None:
        self.now += seconds
        if self.timer is not None and self.now >= self.timer[0]:
            self._reject()

    def configuration(self) -> str:
        return json.dumps(self.running, sort_keys=True)

    def handle(self, path: str, body: bytes) -> tuple[int, bytes]:
        assert path == "/jsonrpc", path
        request = json.loads(body)
        drop = next((when for word, when in self.drop.items() if word.encode() in body), "")
        if drop:
            self.drop.clear()
        if drop == "before":
            raise Dropped
        try:
            answer: dict[str, Any] = {"result": self._call(request["method"], request["params"])}
        except ValueError as error:
            answer = {"error": {"code": -1, "message": str(error)}}
        if drop == "after":
            raise Dropped
        return 200, json.dumps({**answer, "id": request["id"], "jsonrpc": "2.0"}).encode()

    def _call(self, method: str, params: dict[str, Any]) -> list[Any]:
        commands = params["commands"]
        if method == "cli":
            assert commands == ["save startup"], commands
            self.startup = copy.deepcopy(self.running)
            return [{"text": "/system:\n    Saved current running configuration as initial (startup) configuration\n"}]
        if method == "get" and commands[0]["path"] in self.replies:
            assert commands[0]["datastore"] == "state", commands
            return [self.replies[commands[0]["path"]]]
        if method == "get":
            assert commands == [{"path": "/system/configuration/commit[id=*]", "datastore": "state"}], commands
            return [{"commit": copy.deepcopy(self.commits)} if self.commits else {}]
        if params["datastore"] == "tools":
            return self._tool(commands[0]["path"])
        candidate = copy.deepcopy(self.running)
        for command in commands:
            _change(candidate, command)
        candidate = _stored(candidate)
        match method:
            case "diff":
                return _diff(self.running, candidate)
            case "validate":
                return [{}]
            case "set":
                self._commit(candidate, params.get("confirm-timeout", 0))
                return [{}]
        raise ValueError(f"method {method} is not supported")

    def _commit(self, candidate: dict[str, Any], seconds: int) -> None:
        if self.timer is not None:
            raise ValueError("another commit is in progress: it is not confirmed")
        guarded = bool(seconds) and not self.ignore_timer
        commit = {"id": len(self.commits) + 1, "type": "private", "username": USER}
        self.commits.append({**commit, "status": "unconfirmed" if guarded else "complete"})
        if guarded:
            self.timer = (self.now + seconds, self.running)
        self.running = candidate

    def _tool(self, path: str) -> list[Any]:
        if self.timer is None:
            raise ValueError("no commit is waiting for confirmation")
        if path == "/system/configuration/confirmed-accept":
            self.timer = None
            self.commits[-1]["status"] = "complete"
        elif path == "/system/configuration/confirmed-reject":
            self._reject()
        else:
            raise ValueError(f"Path not valid - {path}")
        return [{}]

    def _reject(self) -> None:
        assert self.timer is not None
        self.running, self.timer = self.timer[1], None
        self.commits[-1]["status"] = "failed"


def _change(tree: dict[str, Any], command: dict[str, Any]) -> None:
    path = SimpleNamespace(
        elem=[SimpleNamespace(name=e.name, key=dict(e.keys)) for e in parse_path(command["path"]).elements]
    )
    if command["action"] == "delete":
        remove(tree, path)
        return
    value = _plain(command["value"])
    if "refused" in json.dumps(value):
        raise ValueError(f"Failed to parse value {json.dumps(value)} (node 'interface')")
    put(tree, path, value, replace=command["action"] == "replace")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.rpartition(":")[2]: _plain(child) for name, child in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _stored(value: Any) -> Any:
    """With secrets as they are kept."""
    if isinstance(value, list):
        return [_stored(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: f"$aes1${hashlib.sha256(child.encode()).hexdigest()[:20]}"
        if name == "password" and not child.startswith("$")
        else _stored(child)
        for name, child in _plain(value).items()
    }


def _diff(running: Any, candidate: Any) -> list[str]:
    before, after = (json.dumps(tree, indent=2, sort_keys=True).splitlines() for tree in (running, candidate))
    if before == after:
        return []
    return ["\n".join(line for line in difflib.ndiff(before, after) if not line.startswith("?")) + "\n"]
