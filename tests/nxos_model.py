"""A model of what NX-OS does with checkpoints and its scheduler, behind NX-API. Its time is moved by the test.

Replies as published: napalm #1461 (500 and -32602), the System Management Guide's and others' output of
`show scheduler schedule` and `show checkpoint summary`."""

from __future__ import annotations

import copy
import datetime
import hashlib
import json
import re
from typing import Any

from https_peer import Dropped
from line_device import Lines, Refused, Tree, typed

BEGINNING = datetime.datetime(2026, 11, 27, 10, 0, 25)


class Nxos:
    """A switch. `startup` is what it boots."""

    def __init__(self, startup: str) -> None:
        self.startup: Tree = typed(startup)
        self.now = 0.0
        self.drop: dict[str, str] = {}
        self.ignore_timer = False
        self.replies: dict[str, Any] = {}
        self.failing_rollback = False
        self.checkpoints: dict[str, Tree] = {}
        self._lines: Lines | None = None
        self.reboot()

    def reboot(self) -> None:
        self.running = copy.deepcopy(self.startup)
        self.executed: set[str] = set()

    @property
    def clock(self) -> datetime.datetime:
        return BEGINNING + datetime.timedelta(seconds=self.now)

    def advance(self, seconds: float) -> None:
        self.now += seconds
        for name, at in list(self._schedules()):
            if self.clock >= at and name not in self.executed:
                self.executed.add(name)
                job = self.running.get(f"scheduler job name {name}", {})
                for line in job:
                    self._rollback(line)

    def configuration(self) -> str:
        tree = {k: v for k, v in self.running.items() if not k.startswith(("scheduler", "feature scheduler"))}
        return Lines(tree).text("  ")

    def handle(self, path: str, body: bytes) -> tuple[int, bytes]:
        assert path == "/ins", path
        request = json.loads(body)
        batch = request if isinstance(request, list) else [request]
        drop = next((when for word, when in self.drop.items() if word.encode() in body), "")
        if drop:
            self.drop.clear()
        if drop == "before":
            raise Dropped
        answers: list[dict[str, Any]] = []
        status = 200
        self._lines = None
        for one in batch:
            assert one["method"] in ("cli", "cli_ascii")
            try:
                text = self.run(one["params"]["cmd"])
            except Refused as error:
                failed = {"code": -32602, "message": "Invalid params", "data": {"msg": f"% Invalid command: {error}\n"}}
                answers.append({"jsonrpc": "2.0", "error": failed, "id": one["id"]})
                status = 500
                break
            if isinstance(text, dict):
                answers.append({"jsonrpc": "2.0", "result": {"body": text}, "id": one["id"]})
                continue
            result = {"msg": text} if text or one["method"] == "cli_ascii" else None
            answers.append({"jsonrpc": "2.0", "result": result, "id": one["id"]})
        if drop == "after":
            raise Dropped
        return status, json.dumps(answers if isinstance(request, list) else answers[0]).encode()

    def run(self, line: str) -> Any:
        if line == "configure terminal":
            self._lines = Lines()
            self._lines.tree = self.running
            self._lines.type("end")
            return ""
        if line == "end":
            self._lines = None
            return ""
        if self._lines is not None:
            self._configure(line)
            return ""
        if line.startswith(("rollback ", "checkpoint ", "no checkpoint ")):
            return self._checkpoint(line)
        match line:
            case "show running-config":
                return self._shown()
            case "show clock":
                return f"Time source is NTP\n{self.clock:%H:%M:%S}.123 UTC {self.clock:%a %b %d %Y}\n"
            case "show scheduler schedule" if "feature scheduler" in self.running:
                return self._scheduled()
            case "show scheduler job" if "feature scheduler" in self.running:
                return "\n".join(f"{k}\n  {' '.join(v)}" for k, v in self.running.items() if "scheduler job" in k)
            case "show checkpoint summary":
                return self._summary()
            case "copy running-config startup-config":
                self.startup = copy.deepcopy(self.running)
                return "[########################################] 100%\nCopy complete.\n"
        if line in self.replies:
            return self.replies[line]
        raise Refused(line)

    def _configure(self, line: str) -> None:
        assert self._lines is not None
        if line.startswith("time start") and self.ignore_timer:
            return
        line = re.sub(
            r"password 0 (\S+)", lambda m: f"password 3 {hashlib.sha256(m[1].encode()).hexdigest()[:16]}", line
        )
        self._lines.type(line)

    def _checkpoint(self, line: str) -> str:
        words = line.split()
        if words[0] == "no":
            self.checkpoints.pop(words[2])
            return ""
        if words[0] == "checkpoint":
            if words[1] in self.checkpoints or len(self.checkpoints) >= 10:
                raise Refused(line)
            self.checkpoints[words[1]] = copy.deepcopy(self.running)
            return "Done\n"
        return self._rollback(line)

    def _rollback(self, line: str) -> str:
        match = re.fullmatch(r"rollback running-config checkpoint (\S+) atomic", line)
        if match is None or match[1] not in self.checkpoints:
            raise Refused(line)
        if self.failing_rollback:
            return "Rollback failed, reverting to the original configuration\n"
        self.running = copy.deepcopy(self.checkpoints[match[1]])
        return "Rollback completed successfully.\n"

    def _schedules(self) -> list[tuple[str, datetime.datetime]]:
        found = []
        for header, body in self.running.items():
            times = [line for line in body if line.startswith("time start ")]
            if header.startswith("scheduler schedule name ") and times:
                at = datetime.datetime.strptime(times[0].split()[2], "%Y:%m:%d:%H:%M")
                found.append((header.split()[3], at))
        return found

    def _scheduled(self) -> str:
        out = []
        for name, at in self._schedules():
            done = "Success (0)" if name in self.executed else "-NA-"
            last = f"{at:%a %b %d %H:%M:%S %Y}" if name in self.executed else "Yet to be executed"
            out += [
                f"Schedule Name       : {name}",
                "-" * 26,
                "User Name           : rollout",
                f"Schedule Type       : Run once on {at:%a %b %d %H:%M:%S %Y}",
                f"Last Execution Time : {last}",
                "-" * 47,
                "     Job Name            Last Execution Status",
                "-" * 47,
                f"{name:>20}            {done}",
            ]
        return "\n".join(out) + "\n"

    def _summary(self) -> str:
        out = ["User Checkpoint Summary", "-" * 80]
        for number, name in enumerate(self.checkpoints, 1):
            out += [
                f"{number}) {name}:",
                "Created by rollout",
                "Created at Fri, 10:00:25 27 Nov 2026",
                "Size is 5,824 bytes",
            ]
            out += ["Description: None", ""]
        return "\n".join([*out, "System Checkpoint Summary", "-" * 80, "1) system-fm-vrrp:", "Created by admin"])

    def _shown(self) -> str:
        head = [
            "!Command: show running-config",
            "!Time: Fri Nov 27 10:00:25 2026",
            "",
            "version 10.3(3) Bios:version 07.69",
        ]
        vdc = ["vdc leaf1 id 1", "  limit-resource vlan minimum 16 maximum 4094"]
        tail = ["interface Ethernet1/30", "line console", "line vty", "boot nxos bootflash:/nxos64-cs.10.3.3.F.bin"]
        return "\n".join([*head, *vdc, Lines(self.running).text("  "), *tail]) + "\n"
