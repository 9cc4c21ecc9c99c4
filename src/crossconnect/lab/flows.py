"""Traffic through a lab, packet by packet: UDP flows with sequence numbers, and what became of each packet."""

from __future__ import annotations

import contextlib
import json
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from crossconnect.errors import BadInput, Rejected
from crossconnect.lab import traffic_agent
from crossconnect.lab.handle import Lab
from crossconnect.lab.plan import MAIN

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
ERRORS = "errors"
"""What the agents say when they fail, in the run's own directory."""

FLOWS_MAX = 64
PACKETS_PER_SECOND_MAX = 20_000
"""Of all flows together: what one Python process sends evenly on a slow core."""


class FlowSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One flow; flows of one pair differ in source port, so that ECMP spreads them. Addresses without length."""

    number: int
    source: str
    destination: str
    source_address: str
    destination_address: str
    source_port: int
    destination_port: int
    packets_per_second: int = 1000
    source_interface: str = ""
    source_namespace: str = MAIN
    destination_namespace: str = MAIN
    """Network namespaces within the nodes: those of tenants' machines on a chassis, for one."""
    listen_address: str = ""
    """Where the receiver listens, if not at `destination_address`: behind a translation of addresses."""


class FlowTrace(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded of a flow, all times on the machine's monotonic clock. `sent_ns` is indexed by sequence number,
    and has the packets too that could not be sent (`send_errors` counts them)."""

    number: int
    sent_ns: list[int]
    arrived: dict[int, int]
    duplicated: int
    send_errors: int


class FlowSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A flow in a line. `longest_gap_ms`: longest time without an arriving packet, by the times of sending."""

    number: int
    sent: int
    received: int
    lost: int
    longest_gap_ms: float
    lost_by_100_ms: dict[int, int]
    """Packets lost per tenth of a second from the first packet on; only those with losses."""
    failed: bool
    """Nothing was sent, or nothing of it arrived: this flow proves nothing."""


class FlowRun:
    """Flows under way."""

    def __init__(
        self,
        specs: Sequence[FlowSpec],
        start_ns: int,
        end_ns: int,
        directory: tempfile.TemporaryDirectory[str],
        processes: tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]],
    ) -> None:
        self.specs = tuple(specs)
        self.start_ns = start_ns
        self.end_ns = end_ns
        self.directory = directory
        self.sender, self.receiver = processes

    def abort(self) -> None:
        """End both processes now."""
        for process in (self.sender, self.receiver):
            process.kill()
            process.wait()
        self.directory.cleanup()


def start_flows(lab: Lab, specs: Sequence[FlowSpec], duration_s: float) -> FlowRun:
    """Start all flows; returns when sender and receiver are ready and the time of the first packet is fixed.

    Raises BadInput for flows that cannot be measured, Rejected when one cannot be set up.
    """
    _check(lab, specs)
    directory = tempfile.TemporaryDirectory(prefix="flows-", dir=lab.directory)
    processes: list[subprocess.Popen[bytes]] = []
    try:
        receiver = _started(lab, "receive", specs, duration_s, directory.name)
        processes.append(receiver)
        _said(receiver, directory.name)
        sender = _started(lab, "send", specs, duration_s, directory.name)
        processes.append(sender)
        start_ns = _said(sender, directory.name)["start"]
    except BaseException:
        for process in processes:
            process.kill()
            process.wait()
        directory.cleanup()
        raise
    return FlowRun(specs, start_ns, start_ns + int(duration_s * NS_PER_S), directory, (sender, receiver))


def end_flows(run: FlowRun) -> None:
    """Let no further packet be sent: `finish_flows` has only what is under way to wait for."""
    assert run.sender.stdin is not None
    run.sender.stdin.close()
    run.end_ns = min(run.end_ns, time.monotonic_ns())


def finish_flows(run: FlowRun) -> tuple[FlowTrace, ...]:
    """Wait for the end of all flows and return what was recorded, in the order of the specifications."""
    try:
        sent_in_all = _said(run.sender, run.directory.name)["sent"]
        assert run.receiver.stdin is not None
        # It goes on until it has them all, or for as long as one may still be under way.
        with contextlib.suppress(BrokenPipeError):  # it has ended: `_said` has its last words
            run.receiver.stdin.write(f"{sent_in_all}\n".encode())
            run.receiver.stdin.close()
        _said(run.receiver, run.directory.name)
        sent = _records(Path(run.directory.name, "send"))
        received = _records(Path(run.directory.name, "receive"))
    finally:
        run.abort()
    return tuple(_trace(spec, sent.get(spec.number, []), received.get(spec.number, [])) for spec in run.specs)


def summarise(trace: FlowTrace) -> FlowSummary:
    """Losses and the longest silence of a flow."""
    sent = trace.sent_ns
    lost = [n for n in range(len(sent)) if n not in trace.arrived]
    timeline: dict[int, int] = {}
    for n in lost:
        tenth = (sent[n] - sent[0]) // (100 * NS_PER_MS)
        timeline[tenth] = timeline.get(tenth, 0) + 1
    return FlowSummary(
        number=trace.number,
        sent=len(sent),
        received=len(trace.arrived),
        lost=len(lost),
        longest_gap_ms=_longest_gap_ns(sent, trace.arrived) / NS_PER_MS,
        lost_by_100_ms=timeline,
        failed=not sent or not trace.arrived,
    )


def _longest_gap_ns(sent: Sequence[int], arrived: Mapping[int, int]) -> int:
    if not sent:
        return 0
    longest, last = 0, sent[0]
    for number, moment in enumerate(sent):
        if number in arrived:
            longest, last = max(longest, moment - last), moment
    return max(longest, sent[-1] - last)


def _check(lab: Lab, specs: Sequence[FlowSpec]) -> None:
    if not 0 < len(specs) <= FLOWS_MAX:
        raise BadInput(f"{len(specs)} flows cannot be measured at once: 1 to {FLOWS_MAX} can")
    if len({spec.number for spec in specs}) < len(specs):
        raise BadInput("two flows have the same number")
    rate = sum(spec.packets_per_second for spec in specs)
    if rate > PACKETS_PER_SECOND_MAX or any(spec.packets_per_second < 1 for spec in specs):
        raise BadInput(f"{rate} packets per second cannot be sent evenly: at most {PACKETS_PER_SECOND_MAX} can")
    for spec in specs:
        lab.process(spec.source)
        lab.process(spec.destination)


def _started(
    lab: Lab, mode: str, specs: Sequence[FlowSpec], duration_s: float, directory: str
) -> subprocess.Popen[bytes]:
    flows = [_flow(lab, mode, spec) for spec in specs]
    specification = {"flows": flows, "duration_ns": int(duration_s * NS_PER_S), "result": f"{directory}/{mode}"}
    with Path(directory, ERRORS).open("ab") as errors:
        process = subprocess.Popen(
            [*lab.beside(), sys.executable, "-I", "-S", traffic_agent.__file__, mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    assert process.stdin is not None
    process.stdin.write(json.dumps(specification).encode() + b"\n")
    process.stdin.flush()
    return process


def _flow(lab: Lab, mode: str, spec: FlowSpec) -> list[object]:
    """A flow as `traffic_agent` wants it."""
    if mode == "send":
        place = lab.network_namespace(spec.source, spec.source_namespace)
        address = spec.destination_address
    else:
        place = lab.network_namespace(spec.destination, spec.destination_namespace)
        address = spec.listen_address or spec.destination_address
    interval_ns = NS_PER_S // spec.packets_per_second
    source = [spec.source_interface, spec.source_address, spec.source_port]
    return [spec.number, place, *source, address, spec.destination_port, interval_ns]


def _said(process: subprocess.Popen[bytes], directory: str) -> dict[str, int]:
    """The next line of an agent. Raises Rejected with its last words when it ended instead."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        words = Path(directory, ERRORS).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise Rejected(f"flows cannot be set up: {words[-1] if words else 'the agent ended'}")
    return json.loads(line)


_RECORD = struct.Struct("<HIq")


def _records(path: Path) -> dict[int, list[tuple[int, int]]]:
    """Per flow: (sequence number, time), in the order of recording."""
    flows: dict[int, list[tuple[int, int]]] = {}
    for flow, number, moment in _RECORD.iter_unpack(path.read_bytes()):
        flows.setdefault(flow, []).append((number, moment))
    return flows


def _trace(spec: FlowSpec, sent: list[tuple[int, int]], received: list[tuple[int, int]]) -> FlowTrace:
    arrived: dict[int, int] = {}
    for number, moment in received:
        arrived.setdefault(number, moment)
    errors = sum(1 for number, _ in sent if number & traffic_agent.NOT_SENT)
    return FlowTrace(
        number=spec.number,
        sent_ns=[moment for _, moment in sent],
        arrived=arrived,
        duplicated=len(received) - len(arrived),
        send_errors=errors,
    )
