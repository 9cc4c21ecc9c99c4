"""The server inside the guest: one thread per request, so that a flow can run while a link is cut.

Operations of the machine itself are here; those of a lab are the lab's own (`crossconnect.lab.operations`).
"""

from __future__ import annotations

import os
import subprocess
import termios
import threading
import time
import traceback
import tty
from collections.abc import Callable
from pathlib import Path

import msgspec

from crossconnect.errors import BadInput
from crossconnect.lab.announce import start_announcer
from crossconnect.lab.capture import exec_command
from crossconnect.lab.handle import Lab, open_lab, read_record
from crossconnect.lab.lifecycle import write_plan
from crossconnect.lab.operation import serve_operation
from crossconnect.lab.runtime import run_lab
from crossconnect.lab.uml import exchange, terminal
from crossconnect.lab.uml.exchange import Progress
from crossconnect.lab.uml.messages import (
    EXEC,
    HALT,
    STATUS,
    TERMINAL,
    TERMINAL_INPUT,
    UP,
    Command,
    CommandResult,
    MachineStatus,
    TerminalInput,
    TerminalRequest,
    UpRequest,
)

RUN_ROOT = "/crossconnect"
"""Where the guest keeps its lab: in its own memory, and not under a directory that nodes have of their own."""

Operation = Callable[[bytes, Progress], bytes]


# Decoders are made here, while there is one thread: msgspec 0.22 crashes the interpreter when two threads are the first
# to decode one type.
_COMMAND = msgspec.msgpack.Decoder(Command)
_UP = msgspec.msgpack.Decoder(UpRequest)
_TERMINAL = msgspec.msgpack.Decoder(TerminalRequest)
_INPUT = msgspec.msgpack.Decoder(TerminalInput)
_opening = threading.Lock()
_labs: list[Lab] = []


def execute(payload: bytes, progress: Progress) -> bytes:
    """`EXEC`. A command that runs too long is killed and has return code 124."""
    command = _COMMAND.decode(payload)
    try:
        done = subprocess.run(command.argv, input=command.stdin, capture_output=True, timeout=command.timeout_s)
        result = CommandResult(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)
    except subprocess.TimeoutExpired as error:
        result = CommandResult(returncode=124, stdout=error.stdout or b"", stderr=error.stderr or b"")
    except OSError as error:
        raise BadInput(f"cannot run {command.argv[0]}: {error.strerror}") from error
    return msgspec.msgpack.encode(result)


def status(payload: bytes, progress: Progress) -> bytes:
    """`STATUS`."""
    memory = {
        line.partition(":")[0]: int(line.split()[1]) // 1024 for line in Path("/proc/meminfo").read_text().splitlines()
    }
    result = MachineStatus(
        kernel=os.uname().release,
        uptime_s=time.clock_gettime(time.CLOCK_BOOTTIME),
        memory_mib=memory["MemTotal"],
        memory_used_mib=memory["MemTotal"] - memory["MemAvailable"],
        processes=sum(name.isdigit() for name in os.listdir("/proc")),
    )
    return msgspec.msgpack.encode(result)


def bring_up(payload: bytes, progress: Progress) -> bytes:
    """`UP`: build the lab here, as this kernel can do everything."""
    request = _UP.decode(payload)
    options = msgspec.structs.replace(request.options, run_root=RUN_ROOT, backend="kernel-vrf")
    directory = options.root / options.name
    directory.mkdir(parents=True)
    (directory / "blueprint.msgpack").write_bytes(request.blueprint)
    plan = msgspec.structs.replace(request.plan, backend="kernel-vrf")
    write_plan(directory, plan)
    lab = run_lab(plan, options, directory, False, lambda node, what: progress(f"{node}\t{what}"))
    start_announcer(lab)
    return msgspec.msgpack.encode(lab.record)


def open_terminal(payload: bytes, progress: Progress) -> bytes:
    """`TERMINAL`."""
    request = _TERMINAL.decode(payload)
    return terminal.run(request, exec_command(_lab(), request.node, request.argv, request.vrf), progress)


def feed_terminal(payload: bytes, progress: Progress) -> bytes:
    """`TERMINAL_INPUT`."""
    return terminal.feed(_INPUT.decode(payload))


MACHINE_OPERATIONS: dict[str, Operation] = {
    EXEC: execute,
    STATUS: status,
    UP: bring_up,
    TERMINAL: open_terminal,
    TERMINAL_INPUT: feed_terminal,
}


def serve(directory: str, doorbell: str) -> None:
    """Answer requests that come in through `directory` until one says halt."""
    root = Path(directory)
    # O_NOCTTY: nothing that a command does with its controlling terminal may touch the doorbell.
    line = os.open(doorbell, os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    tty.setraw(line, termios.TCSANOW)
    exchange.announce_ready(root)
    pending = b""
    while True:
        *names, pending = (pending + os.read(line, 4096)).split(b"\n")
        for name in names:
            if not _start(root, name.decode(errors="replace")):
                return


def _start(root: Path, name: str) -> bool:
    """Start on a request; false for the one that ends the machine. A ring without a request is nobody's."""
    try:
        request = exchange.take(root, name)
    except (OSError, ValueError, msgspec.DecodeError):
        return True
    if request.operation == HALT:
        return False
    threading.Thread(target=_work, args=(root, name, request), daemon=True).start()
    return True


def _work(root: Path, name: str, request: exchange.Request) -> None:
    try:
        lock = threading.Lock()

        def tell(line: str) -> None:
            with lock:
                exchange.report(root, name, line)

        operation = MACHINE_OPERATIONS.get(request.operation)
        if operation is not None:
            payload = operation(request.payload, tell)
        else:
            payload = serve_operation(_lab(), request.operation, request.payload, tell)
        reply = exchange.Reply(payload=payload)
    except Exception as error:
        traceback.print_exc()
        reply = exchange.failure(error)
    exchange.answer(root, name, reply)


def _lab() -> Lab:
    """The one lab of this guest, its record as it is now."""
    with _opening:
        if not _labs:
            names = os.listdir(RUN_ROOT) if os.path.isdir(RUN_ROOT) else []
            if len(names) != 1:
                raise BadInput("no lab is up in this user-mode-linux guest")
            lab = open_lab(names[0], RUN_ROOT)
            # Read once, and before threads share it.
            assert lab.blueprint
            assert lab.plan
            _labs.append(lab)
        lab = _labs[0]
        lab.record = read_record(lab.directory) or lab.record
        return lab
