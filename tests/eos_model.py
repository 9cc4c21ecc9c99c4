"""A model of what EOS does with configuration sessions, behind eAPI. Its time is moved by the test.

From Arista's documentation and from napalm #2166 and cnaas-nms #395: replies of `show configuration sessions detail`
before and from 4.32, error 1002 with the results of the commands before the one that failed."""

from __future__ import annotations

import copy
import difflib
import json
import re
from typing import Any

from https_peer import Dropped
from line_device import Lines, Refused, Tree, typed

BOOT = 1739831000.5


class Eos:
    """A switch. `startup` is what it boots."""

    def __init__(self, startup: str, *, old_form: bool = False, saves: bool = False) -> None:
        self.startup: Tree = typed(startup)
        self.old_form, self.saves = old_form, saves
        self.now = 1000.0
        self.drop: dict[str, str] = {}
        """A word in a command, and whether the connection ends `before` or `after` the call with it was carried out."""
        self.ignore_timer = False
        self.timer_s = 0
        """A timer that the device takes instead of the one it is given."""
        self.replies: dict[str, Any] = {}
        self.reboot()

    def reboot(self) -> None:
        self.running = copy.deepcopy(self.startup)
        self.sessions: dict[str, Tree] = {}
        self.timer: tuple[str, float, Tree] | None = None
        self.done: dict[str, str] = {}

    def advance(self, seconds: float) -> None:
        self.now += seconds
        if self.timer is not None and self.now >= self.timer[1]:
            self.running = self.timer[2]
            self.timer = None

    def configuration(self) -> str:
        return Lines(self.running).text("   ")

    def handle(self, path: str, body: bytes) -> tuple[int, bytes]:
        assert path == "/command-api", path
        request = json.loads(body)
        params = request["params"]
        assert (request["method"], params["version"]) == ("runCmds", 1)
        drop = next((when for word, when in self.drop.items() if word.encode() in body), "")
        if drop:
            self.drop.clear()
        if drop == "before":
            raise Dropped
        answer = self._run(params["cmds"], params["format"] == "text")
        if drop == "after":
            raise Dropped
        return 200, json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer}).encode()

    def _run(self, commands: list[Any], text: bool) -> dict[str, Any]:
        results: list[dict[str, Any]] = []
        self._mode: tuple[str, Lines] | None = None
        for number, command in enumerate(commands, 1):
            line = command if isinstance(command, str) else command["cmd"]
            try:
                found = self._command(line)
            except Refused:
                message = f"CLI command {number} of {len(commands)} '{line}' failed: invalid command"
                failed = {"errors": [f"Invalid input (at token 0: '{line}')"]}
                return {"error": {"code": 1002, "message": message, "data": [*results, failed]}}
            results.append({"output": found} if text and isinstance(found, str) else found if found != "" else {})
            if text and isinstance(results[-1], dict) and "output" not in results[-1]:
                results[-1] = {"output": ""}
        return {"result": results}

    def _command(self, line: str) -> Any:
        if match := re.fullmatch(r"configure session (\S+)( (commit|abort))?", line):
            return self._session(match[1], match[3] or "")
        if self._mode is not None:
            return self._in_session(line)
        match line:
            case "enable":
                return ""
            case "show configuration sessions detail":
                return self._detail()
            case "show version":
                return {"modelName": "vEOS-lab", "uptime": self.now, "bootupTimestamp": BOOT}
            case "copy running-config startup-config":
                self.startup = copy.deepcopy(self.running)
                return ""
        if line in self.replies:
            return self.replies[line]
        raise Refused(line)

    def _session(self, name: str, what: str) -> str:
        if what == "":
            if name not in self.sessions and len(self.sessions) >= 5:
                raise Refused("maximum number of pending sessions has been reached")
            self.sessions.setdefault(name, copy.deepcopy(self.running))
            lines = Lines()
            lines.tree = self.sessions[name]
            lines.type("end")
            self._mode = (name, lines)
        elif self.timer is not None and self.timer[0] == name:
            if what == "abort":
                self.running = self.timer[2]
            self.timer = None
        elif what == "abort":
            self.sessions.pop(name, None)
        elif name in self.sessions:
            self._commit(name)
        return ""

    def _in_session(self, line: str) -> str:
        assert self._mode is not None
        name, lines = self._mode
        if line == "abort":
            self.sessions.pop(name)
            self._mode = None
        elif line == "rollback clean-config":
            lines.tree.clear()
        elif line == "show session-config diffs":
            running, session = (Lines(tree).text("   ").splitlines() for tree in (self.running, lines.tree))
            shown = difflib.unified_diff(
                running, session, "system:/running-config", f"session:/{name}-session-config", lineterm=""
            )
            return "\n".join(shown)
        elif match := re.fullmatch(r"commit( timer (\d\d):(\d\d):(\d\d))?", line):
            before = self.running
            self._commit(name)
            if match[1] and not self.ignore_timer:
                seconds = int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4])
                self.timer = (name, self.now + (self.timer_s or seconds), before)
            self._mode = None
        else:
            lines.type(line)
        return ""

    def _commit(self, name: str) -> None:
        if self.timer is not None:
            raise Refused("a commit timer is running")
        self.running = self.sessions.pop(name)
        self.done[name] = "committed"

    def _detail(self) -> dict[str, Any]:
        blank = {"commitUser": "", "description": "", "instances": {}}
        sessions: dict[str, Any] = {name: {"state": "pending", **blank} for name in self.sessions}
        for name in self.done:
            sessions[name] = {"state": "committed", "completedTime": 1739832020.18, **blank}
        found: dict[str, Any] = {
            "sessions": sessions,
            "maxSavedSessions": 1,
            "maxOpenSessions": 5,
            "mergeOnCommit": False,
            "saveToStartupConfigOnCommit": self.saves,
        }
        if self.timer is not None:
            name, ends, _ = self.timer
            if self.old_form:
                sessions[name] = {"state": "pendingCommitTimer", "commitBy": BOOT + ends, **blank}
            else:
                found |= {"commitTimerSessionName": name, "commitTimerExpireTime": ends}
        return found
