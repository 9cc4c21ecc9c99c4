"""What callers and a guest say to each other about the machine itself and about bringing its lab up."""

from __future__ import annotations

import msgspec

from crossconnect.lab.options import LabOptions
from crossconnect.lab.plan import LabPlan

EXEC = "machine.exec"
"""Command -> CommandResult."""
STATUS = "machine.status"
"""Nothing -> MachineStatus."""
HALT = "machine.halt"
"""Powers the machine off; the one operation without a reply."""
UP = "lab.up"
"""UpRequest -> LabRecord (`crossconnect.lab.handle`), as the guest has it."""

TERMINAL = "lab.terminal"
"""TerminalRequest -> return code (msgpack). Each line of progress is a piece of output in base64."""
TERMINAL_INPUT = "lab.terminal-input"
"""TerminalInput -> nothing."""


class UpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A lab to be brought up inside. `blueprint` is encoded (msgpack), as lab directories keep it."""

    plan: LabPlan
    options: LabOptions
    blueprint: bytes


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command to run in the guest, outside every node."""

    argv: tuple[str, ...]
    stdin: bytes = b""
    timeout_s: float = 60.0


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a command ended and what it said."""

    returncode: int
    stdout: bytes
    stderr: bytes


class MachineStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The guest as a machine. `memory_used_mib` does not count caches."""

    kernel: str
    uptime_s: float
    memory_mib: int
    memory_used_mib: int
    processes: int


class TerminalRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A command in a node, on a terminal of its own. `session` is any text that no other terminal has."""

    session: str
    node: str
    vrf: str
    argv: tuple[str, ...]
    rows: int
    columns: int
    kind: str
    """TERM of its environment."""


class TerminalInput(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed into a session; `hang_up` ends it."""

    session: str
    data: bytes = b""
    hang_up: bool = False
