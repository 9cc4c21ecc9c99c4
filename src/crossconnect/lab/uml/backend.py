"""The `uml` backend: a lab built by the `kernel-vrf` backend inside a user-mode-linux guest.

    run directory of the lab (host)             guest
      journal.jsonl, console.log, exchange/  <->  /run/exchange
      lab.json, plan, blueprint                   /crossconnect/<lab>/ ... the lab itself

The host's `lab.json` is a copy of the guest's with backend `uml`; process numbers in it are the guest's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from crossconnect.errors import Unreachable
from crossconnect.lab.handle import Lab, LabRecord, write_record
from crossconnect.lab.options import LabOptions
from crossconnect.lab.plan import LabPlan, NodePlan
from crossconnect.lab.uml import machine
from crossconnect.lab.uml.messages import UP, UpRequest

_MEMORY_BASE_MIB = 192
_MEMORY_SWITCH_MIB = 72
_MEMORY_OTHER_MIB = 12

HEARING_SYSCTLS = tuple(
    (f"net.{setting}", "1")
    for setting in (
        "ipv4.conf.all.arp_accept",
        "ipv4.conf.default.arp_accept",
        "ipv6.conf.all.accept_untracked_na",
        "ipv6.conf.default.accept_untracked_na",
    )
)

Progress = Callable[[str, str], None]


def available() -> str:
    """Why user-mode-linux cannot be used here, empty where it can."""
    return machine.unavailable()


def memory_mib(plan: LabPlan) -> int:
    """How much memory a guest is given for a lab. It takes from the host only what it touches."""
    switches = sum(node.kind == "switch" for node in plan.nodes)
    return _MEMORY_BASE_MIB + _MEMORY_SWITCH_MIB * switches + _MEMORY_OTHER_MIB * (len(plan.nodes) - switches)


def up(plan: LabPlan, options: LabOptions, directory: Path, blueprint: bytes, progress: Progress) -> Lab:
    """Boot a guest and bring the lab up in it; what exists when that fails is found by the journal.

    `directory` is the lab's run directory, which exists; `blueprint` is encoded. Errors as of `run_lab`.
    """
    plan = msgspec.structs.replace(plan, nodes=tuple(map(_hearing, plan.nodes)))
    guest = machine.boot(directory, memory_mib=memory_mib(plan))
    progress("", "user-mode-linux started")
    request = UpRequest(plan=plan, options=options, blueprint=blueprint)
    encoded = machine.call(
        guest, UP, msgspec.msgpack.encode(request), timeout_s=2 * options.timeout_s, progress=_told(progress)
    )
    record = msgspec.msgpack.decode(encoded, type=LabRecord)
    record = msgspec.structs.replace(record, backend="uml")
    write_record(directory, record)
    return Lab(directory, record)


def _hearing(node: NodePlan) -> NodePlan:
    """A switch that takes an answer nobody asked for, as its hosts give them (`crossconnect.lab.announce`)."""
    if node.kind != "switch":
        return node
    return msgspec.structs.replace(node, sysctls=(*node.sysctls, *HEARING_SYSCTLS))


def request(directory: Path, operation: str, payload: bytes = b"", *, timeout_s: float = 600.0) -> bytes:
    """Have one operation done inside the guest of a lab. Errors are raised as they were inside; Unreachable where
    the guest is gone."""
    return machine.call(running(directory), operation, payload, timeout_s=timeout_s)


def console_command(directory: Path, node: str, argv: Sequence[str], vrf: str = "") -> list[str]:
    """The command line that runs `argv` in a node, at the terminal of whoever starts it (see `console`)."""
    return [sys.executable, "-m", "crossconnect.lab.uml.console", str(directory), node, vrf, *argv]


def running(directory: Path) -> machine.Machine:
    """The guest of a lab's run directory. Raises Unreachable where it does not run."""
    guest = machine.find(directory)
    if guest is None or not machine.alive(guest):
        raise Unreachable(f"the user-mode-linux guest of {directory} does not run")
    return guest


def down(directory: Path) -> None:
    """End the guest of a lab's run directory, if there is one; the directory stays."""
    guest = machine.find(directory)
    if guest is not None:
        machine.end(guest)


def _told(progress: Progress) -> Callable[[str], None]:
    """Progress lines of the guest are `node TAB what`."""

    def tell(line: str) -> None:
        node, _, what = line.partition("\t")
        progress(node, what)

    return tell
