"""A handle on a lab that runs: found by its run directory, from any process, after any crash of the one that made it.

<run root>/<lab>/
  lab.json            what it is: backend, holder, the process that keeps each node
  journal.jsonl       processes that exist because of it (see `journal`)
  blueprint.msgpack   what it was made from, or has become
  plan.msgpack        what was built
  nodes/<node>/       run -> /run of the node, etc-frr -> /etc/frr, tmp -> /var/tmp
"""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput, Unreachable, Unsupported
from crossconnect.lab.journal import is_alive, recorded_processes
from crossconnect.lab.options import BackendName, FrrVersion, LabOptions, checked_name
from crossconnect.lab.plan import MAIN, LabPlan, NodePlan
from crossconnect.lab.vty import Vty

FORMAT_VERSION = 1


class LabRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`lab.json`. `nodes` maps a node to its process, as seen from outside the lab."""

    format_version: int = FORMAT_VERSION
    name: str
    region: str
    backend: BackendName
    frr: FrrVersion = "8.4"
    """FRR of the switches; external routers have the installed one."""
    rootless: bool
    state: Literal["starting", "up"]
    holder: int = 0
    nodes: dict[str, int] = {}
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    """How long it took to come up."""


class Lab:
    """An open lab."""

    def __init__(self, directory: Path, record: LabRecord) -> None:
        self.directory = directory
        self.record = record

    @property
    def name(self) -> str:
        """The lab's name."""
        return self.record.name

    @functools.cached_property
    def blueprint(self) -> Blueprint:
        """What the lab was made from, or has become by a plan that was carried out on it."""
        return msgspec.msgpack.decode((self.directory / "blueprint.msgpack").read_bytes(), type=Blueprint)

    def keep_blueprint(self, blueprint: Blueprint) -> None:
        """Write down that the lab is another network now, in one step."""
        temporary = self.directory / "blueprint.msgpack.new"
        temporary.write_bytes(msgspec.msgpack.encode(blueprint))
        temporary.replace(self.directory / "blueprint.msgpack")
        self.__dict__.pop("blueprint", None)

    def seen_as(self, blueprint: Blueprint) -> Lab:
        """The same lab, asked as another network: one that it is becoming."""
        lab = Lab(self.directory, self.record)
        lab.__dict__["blueprint"] = blueprint
        return lab

    @functools.cached_property
    def plan(self) -> LabPlan:
        """What was built."""
        return msgspec.msgpack.decode((self.directory / "plan.msgpack").read_bytes(), type=LabPlan)

    @functools.cached_property
    def node_plans(self) -> dict[str, NodePlan]:
        """The plan's nodes by name."""
        return {node.name: node for node in self.plan.nodes}

    def node_directory(self, node: str) -> Path:
        """A node's directory outside the lab."""
        return self.directory / "nodes" / node

    def process(self, node: str) -> int:
        """The process that keeps a node's namespaces. Raises BadInput for a node the lab does not have."""
        if self.record.backend == "uml":
            # Its processes and namespaces are the guest's; whole operations run there (`operation`).
            raise Unsupported(f"lab {self.name} runs inside user-mode-linux and cannot be entered from outside")
        try:
            return self.record.nodes[node]
        except KeyError:
            raise BadInput(f"lab {self.name} has no node {node!r}") from None

    def network_namespace(self, node: str, namespace: str = MAIN) -> str:
        """Path by which a network namespace of a node can be entered from outside."""
        process = self.process(node)
        return f"/proc/{process}/root/run/netns/{namespace}" if namespace else f"/proc/{process}/ns/net"

    def enter(self, node: str, namespace: str = MAIN) -> list[str]:
        """The words before a command that make it run in a node, where the lab's end is its end too."""
        return enter_command(self.process(node), self.record.rootless, self.network_namespace(node, namespace))

    def beside(self, inside: bool = True) -> list[str]:
        """The words before a command that may enter all of the lab's namespaces, and is in none of its nodes.

        `inside`: it ends with the lab; it then sees other process numbers than we do.
        """
        user = ["-U", "--preserve-credentials"] if self.record.rootless and os.geteuid() != 0 else []
        processes = ["-p"] if inside else []
        if not user and not processes:
            return []
        return ["nsenter", "-t", str(self.record.holder), *user, *processes, "--"]

    def run(
        self,
        node: str,
        argv: Sequence[str],
        *,
        namespace: str = MAIN,
        text: str | None = None,
        timeout_s: float | None = 30.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a node and return what it wrote. Raises Unreachable when it does not end in time."""
        return run_command([*self.enter(node, namespace), *argv], text=text, timeout_s=timeout_s)

    def vty(self, node: str, daemon: str, timeout_s: float = 20.0) -> Vty:
        """A connection to an FRR daemon of a node. Raises Unreachable."""
        self.process(node)
        return Vty(self.node_directory(node) / "run" / "frr", daemon, timeout_s)

    def is_running(self) -> bool:
        """Whether the lab's holder still lives."""
        return any(is_alive(process) for process in recorded_processes(self.directory))


def enter_command(process: int, rootless: bool, network: str) -> list[str]:
    """`nsenter` into the namespaces of a process (its network namespace given by path)."""
    user = ["-U", "--preserve-credentials"] if rootless and os.geteuid() != 0 else []
    return ["nsenter", "-t", str(process), *user, "-m", "-u", "-p", f"--net={network}", "--"]


def run_command(
    argv: Sequence[str], *, text: str | None = None, timeout_s: float | None = 30.0
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. Raises Unreachable when that takes too long."""
    try:
        return subprocess.run(
            argv, input=text or "", capture_output=True, text=True, errors="replace", timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unreachable(f"`{' '.join(argv[-4:])}` did not end within {timeout_s:.0f} s") from error


def open_lab(name: str, run_root: str = "") -> Lab:
    """The lab of that name. Raises BadInput when there is none."""
    directory = LabOptions(name=checked_name(name), run_root=run_root).root / name
    record = read_record(directory)
    if record is None:
        raise BadInput(f"there is no lab {name!r} in {directory.parent}")
    return Lab(directory, record)


def read_record(directory: Path) -> LabRecord | None:
    """`lab.json` of a run directory, None where there is none."""
    try:
        return msgspec.json.decode((directory / "lab.json").read_bytes(), type=LabRecord)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise BadInput(f"{directory / 'lab.json'} cannot be read") from error


def write_record(directory: Path, record: LabRecord) -> None:
    """Replace `lab.json` in one step."""
    temporary = directory / "lab.json.new"
    temporary.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))
    temporary.replace(directory / "lab.json")
