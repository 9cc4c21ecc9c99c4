"""Who sends and receives measured packets, when it gets no processor for a while.

Input: two flows over this machine's loopback; the sender stands still (SIGSTOP) in the midst of them, the receiver at
their end. Output: every packet was sent, and has arrived: what was late is not lost, and not given up.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crossconnect.lab import traffic_agent
from ports import free_port

PACKETS = 1000
INTERVAL_NS = 1_000_000

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="entering a network namespace needs root")


def started(mode: str, flows: list[list[object]], directory: Path) -> subprocess.Popen[bytes]:
    """An agent that has its specification."""
    specification = {"flows": flows, "duration_ns": PACKETS * INTERVAL_NS, "result": str(directory / mode)}
    command = [sys.executable, "-I", "-S", traffic_agent.__file__, mode]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(json.dumps(specification).encode() + b"\n")
    process.stdin.flush()
    return process


def said(process: subprocess.Popen[bytes]) -> dict[str, int]:
    """Its next line."""
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def test_what_is_late_is_neither_lost_nor_given_up(tmp_path: Path) -> None:
    here = "/proc/self/ns/net"
    flows: list[list[object]] = [
        [number, here, "", "127.0.0.1", 0, "127.0.0.1", free_port(), INTERVAL_NS] for number in (1, 2)
    ]
    receiver = started("receive", flows, tmp_path)
    said(receiver)
    sender = started("send", flows, tmp_path)
    said(sender)
    try:
        time.sleep(0.1)
        sender.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        receiver.send_signal(signal.SIGSTOP)
        sender.send_signal(signal.SIGCONT)
        assert said(sender)["sent"] == 2 * PACKETS
        assert receiver.stdin is not None
        receiver.stdin.write(b"%d\n" % (2 * PACKETS))
        receiver.stdin.close()
        receiver.send_signal(signal.SIGCONT)
        said(receiver)
    finally:
        for process in (sender, receiver):
            process.kill()
            process.wait()
    records = list(traffic_agent.RECORD.iter_unpack((tmp_path / "receive").read_bytes()))
    arrived = {(flow, number) for flow, number, _ in records}
    assert arrived == {(flow, number) for flow in (1, 2) for number in range(PACKETS)}
