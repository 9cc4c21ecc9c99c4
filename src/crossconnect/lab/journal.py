"""What a lab has created, written down before it can be lost: one JSON record per line, in the run directory.

A lab's only thing outside its run directory is its holder process (and, for user-mode-linux, the machine's process);
everything else dies with it. A process is named by its number, its start time and its process namespace, so that a
number that the system has given to somebody else in the meantime is never killed.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import msgspec

JOURNAL = "journal.jsonl"
KILL_TIMEOUT_S = 20.0


class ProcessRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A process that this lab started. `start` is in clock ticks since boot (proc_pid_stat(5), field 22)."""

    role: str
    pid: int
    start: int
    boot: str
    """The boot it belongs to: numbers and start times begin anew with each."""
    namespace: str = ""
    """Its process namespace (`pid:[4026532000]`), where it has one of its own."""
    user: int = 0


def record_process(run_directory: Path, pid: int, role: str, namespace: str = "") -> ProcessRecord:
    """Write down a process. Raises ProcessLookupError when it is already gone."""
    start = start_time(pid)
    if start is None:
        raise ProcessLookupError(pid)
    record = ProcessRecord(role=role, pid=pid, start=start, boot=_boot(), namespace=namespace, user=os.geteuid())
    line = msgspec.json.encode(record) + b"\n"
    descriptor = os.open(run_directory / JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return record


def recorded_processes(run_directory: Path) -> tuple[ProcessRecord, ...]:
    """All processes ever written down. A last line cut off by a crash is skipped: its process has gone too."""
    try:
        lines = (run_directory / JOURNAL).read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    records: list[ProcessRecord] = []
    for line in lines:
        try:
            records.append(msgspec.json.decode(line, type=ProcessRecord))
        except msgspec.DecodeError:
            continue
    return tuple(records)


def is_alive(record: ProcessRecord) -> bool:
    """Whether exactly the recorded process still runs; a zombie does not."""
    if record.boot != _boot() or start_time(record.pid) != record.start:
        return False
    if record.namespace:
        try:
            return os.readlink(f"/proc/{record.pid}/ns/pid") == record.namespace
        except OSError:
            return False
    return True


def kill(record: ProcessRecord) -> bool:
    """Kill the recorded process and wait until it is gone; False if it was gone already.

    Raises PermissionError for another user's, TimeoutError when it will not die.
    """
    try:
        descriptor = os.pidfd_open(record.pid)
    except ProcessLookupError:
        return False
    try:
        # The descriptor names one process for ever: whoever it is now, it cannot be exchanged before the kill.
        if not is_alive(record):
            return False
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    deadline = time.monotonic() + KILL_TIMEOUT_S
    while is_alive(record):
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {record.pid} ({record.role}) does not die")
        time.sleep(0.01)
    return True


def start_time(pid: int) -> int | None:
    """Start time of a process in clock ticks since boot; None when there is none, or only a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else int(fields[19])


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
