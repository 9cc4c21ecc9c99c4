"""Builds a planned lab on this machine, and starts what runs in it.

holder, nodes and their namespaces   one process, all nodes at once
links                                `ip -batch` from outside, both ends created where they belong
switches, external routers           interfaces, then daemons: one shell script each, several at once
the same                             configuration, when all daemons serve: sessions then come up at the first try
hosts                                at last: what they say is heard by leaves that are configured
"""

from __future__ import annotations

import concurrent.futures
import itertools
import json
import os
import pwd
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import msgspec

from crossconnect.errors import Rejected, Unsupported
from crossconnect.lab import holder
from crossconnect.lab.handle import Lab, LabRecord, enter_command, run_command, write_record
from crossconnect.lab.journal import record_process
from crossconnect.lab.options import LabOptions
from crossconnect.lab.plan import Batch, LabPlan, Link, NodeKind, NodePlan

Progress = Callable[[str, str], None]
"""Called with a node (or an empty string for the lab as a whole) and what has just been done; from several threads."""

LINKS_PER_BATCH = 200
"""`ip -batch` keeps the namespace descriptors of every line open; 1,024 files is the usual limit of a process."""

KERNEL_WIDE = ("net.ipv4.neigh.default.gc_", "net.ipv6.neigh.default.gc_")
"""Settings that no namespace has of its own: `limits` takes care of them."""

LAST: tuple[NodeKind, ...] = ("host", "chassis")
"""Kinds of nodes that start when all others have their configuration."""

SCRIPT_DIRECTORY = "crossconnect"
"""Under a node's /run: what was run in it, to be read and to be run again."""

NO_HISTORY = "export VTYSH_HISTFILE=/dev/null"
"""vtysh would leave `.history_frr` in the home directory of whoever brings a lab up."""


def run_lab(plan: LabPlan, options: LabOptions, directory: Path, rootless: bool, progress: Progress) -> Lab:
    """Build and start; returns when every daemon has its configuration. Raises Rejected or Unsupported with what
    failed and where; what exists by then is found by the journal."""
    started = time.monotonic()
    record = LabRecord(
        name=options.name,
        region=plan.region,
        backend=plan.backend,
        frr=options.frr,
        rootless=rootless,
        state="starting",
        notes=plan.notes,
    )
    write_record(directory, record)
    for node in plan.nodes:
        _write_node(directory, node)
    pid, nodes, skipped = _hold(plan, options, directory, rootless)
    skipped = tuple(key for key in skipped if not key.startswith(KERNEL_WIDE))
    if skipped:
        note = f"this kernel has no {', '.join(skipped)} in a network namespace: the host's own values hold"
        record = msgspec.structs.replace(record, notes=(*plan.notes, note))
    record = msgspec.structs.replace(record, holder=pid, nodes=nodes)
    write_record(directory, record)
    lab = Lab(directory, record)
    progress("", f"{len(nodes)} nodes")
    _wire(lab, plan.links, pid)
    progress("", f"{len(plan.links)} links")
    _start_nodes(lab, plan.nodes, options.timeout_s, progress)
    record = msgspec.structs.replace(record, state="up", seconds=round(time.monotonic() - started, 2))
    write_record(directory, record)
    lab.record = record
    return lab


def start_node(lab: Lab, node: NodePlan, script: str = "up.sh", timeout_s: float = 60.0) -> None:
    """Run a node's script. Raises Rejected with what the failing command said."""
    path = f"/run/{SCRIPT_DIRECTORY}/{script}"
    done = lab.run(node.name, ["sh", "-e", path], timeout_s=timeout_s)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise Rejected(f"{node.name}: {said or f'{script} ended with {done.returncode}'}")


def _hold(
    plan: LabPlan, options: LabOptions, directory: Path, rootless: bool
) -> tuple[int, dict[str, int], tuple[str, ...]]:
    """Start the holder and all nodes: its process, the nodes' processes, kernel settings that do not exist here."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", holder.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        cwd="/",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        _say(process.stdin, {"name": options.name, "rootless": rootless})
        hello = _heard(process.stdout)
        pid = int(hello["pid"])  # type: ignore[call-overload]
        # The holder waits for its nodes, and goes when we die before this line.
        record_process(directory, pid, "holder", str(hello["namespace"]))
        specifications = [
            {
                "name": node.name,
                "directory": str(directory / "nodes" / node.name),
                "namespaces": node.namespaces,
                "root": node.root,
                "sysctls": node.sysctls,
            }
            for node in plan.nodes
        ]
        _say(process.stdin, {"nodes": specifications})
        nodes: dict[str, int] = {}
        skipped: dict[str, None] = {}
        done = False
        # Also to its last word: it would die, and the lab with it, of a pipe that nobody reads any more.
        while not done or len(nodes) < len(plan.nodes):
            answer = _heard(process.stdout)
            done = done or "done" in answer
            if "node" in answer:
                nodes[str(answer["node"])] = int(answer["pid"])  # type: ignore[call-overload]
                skipped.update(dict.fromkeys(answer["skipped"]))  # type: ignore[call-overload]
        return pid, nodes, tuple(skipped)
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=60)


def _say(stream: IO[bytes], message: object) -> None:
    stream.write(json.dumps(message).encode() + b"\n")
    stream.flush()


def _heard(stream: IO[bytes]) -> dict[str, object]:
    line = stream.readline()
    if not line:
        raise Unsupported("the lab's holder process ended while it made the nodes")
    answer = json.loads(line)
    if "error" in answer:
        where = f"node {answer['node']}: " if "node" in answer else ""
        raise Unsupported(f"this machine does not let the lab make its namespaces: {where}{answer['error']}")
    return answer


def _wire(lab: Lab, links: Sequence[Link], pid: int) -> None:
    lines = [
        f"link add {link.a.interface}{_address(link.mac_a)}"
        f" netns {lab.network_namespace(link.a.node, link.a.namespace)} type veth"
        f" peer name {link.b.interface}{_address(link.mac_b)}"
        f" netns {lab.network_namespace(link.b.node, link.b.namespace)}"
        for link in links
    ]
    argv = [*enter_command(pid, lab.record.rootless, f"/proc/{pid}/ns/net"), "ip", "-batch", "-"]
    for first in range(0, len(lines), LINKS_PER_BATCH):
        done = run_command(argv, text="\n".join(lines[first : first + LINKS_PER_BATCH]) + "\n", timeout_s=120)
        if done.returncode:
            raise Rejected(f"links could not be made: {done.stderr.strip()[-1000:]}")


def _address(mac: str) -> str:
    return f" address {mac}" if mac else ""


def _start_nodes(lab: Lab, nodes: Sequence[NodePlan], timeout_s: float, progress: Progress) -> None:
    """All nodes, a few at a time: more at once than the machine has processors only adds waiting."""
    workers = min(len(nodes), 4 * (os.cpu_count() or 1)) or 1
    routers = [node for node in nodes if node.kind not in LAST]
    phases = (
        ("up.sh", "started", routers),
        ("load.sh", "configured", [node for node in routers if node.after]),
        ("up.sh", "started", [node for node in nodes if node.kind in LAST]),
        ("plug.sh", "plugged in", [node for node in routers if node.plug]),
    )
    executor = concurrent.futures.ThreadPoolExecutor(workers, thread_name_prefix="xc-lab")
    try:
        for script, done, members in phases:
            futures = {executor.submit(start_node, lab, node, script, timeout_s): node for node in members}
            for future in concurrent.futures.as_completed(futures):
                future.result()
                progress(futures[future].name, done)
    except BaseException:
        # Whoever catches this removes the lab, whereupon the scripts still running end at once.
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown()


def _write_node(directory: Path, node: NodePlan) -> None:
    """A node's directory: what its /run, /etc/frr and /var/tmp will be, with its files and scripts."""
    base = directory / "nodes" / node.name
    for name in ("run", "etc-frr", "tmp"):
        (base / name).mkdir(parents=True, exist_ok=True)
    run = base / "run"
    for name in ("frr", "netns", "lldpd", "lock", SCRIPT_DIRECTORY):
        (run / name).mkdir(exist_ok=True)
    for file in node.files:
        path = _outside(base, file.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600 if file.secret else 0o644)
        path.write_text(file.content, encoding="utf-8")
    _give_to_frr((base / "etc-frr", run / "frr", base / "tmp"), base / "etc-frr")
    write_scripts(run / SCRIPT_DIRECTORY, node)


def _outside(base: Path, path: str) -> Path:
    for name, target in holder.MOUNTS:
        if path == target:
            return base / name
        if path.startswith(target + "/"):
            return base / name / path[len(target) + 1 :]
    raise ValueError(f"{path} is not one of a node's own paths")


def _give_to_frr(directories: Sequence[Path], configuration: Path) -> None:
    """FRR's daemons give up being root: they must still be able to write where they write."""
    if os.geteuid() != 0:
        return
    try:
        user = pwd.getpwnam("frr")
    except KeyError:
        return
    for path in (*directories, *configuration.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)


def write_scripts(directory: Path, node: NodePlan) -> None:
    """`up.sh` builds a node and starts daemons, `load.sh` configures them, `plug.sh` gives them their links; `again.sh`
    is all of them, after a power cut."""
    numbers = itertools.count()

    def commands(kind: str, batches: Sequence[Batch], force: str = "") -> list[str]:
        lines: list[str] = []
        for batch in batches:
            name = f"{next(numbers):02}-{batch.namespace or 'main'}-{kind}"
            (directory / name).write_text("\n".join(batch.lines) + "\n", encoding="utf-8")
            namespace = f" -n {batch.namespace}" if batch.namespace else ""
            lines.append(f"{batch.tool}{namespace}{force} -batch /run/{SCRIPT_DIRECTORY}/{name}")
        return lines

    clean = [f"{command} 2>/dev/null || true" for command in commands("clean", node.clean, " -force")]
    setup = commands("setup", node.setup)
    repeated = [command for command, batch in zip(setup, node.setup, strict=True) if not batch.once]
    start = [_guarded(daemon.argv) for daemon in node.daemons]
    load = [_guarded(argv) for argv in node.after]
    plug = commands("plug", node.plug)
    scripts = {
        "up.sh": [*setup, *start],
        "load.sh": load,
        "plug.sh": plug,
        "again.sh": [*clean, *repeated, *start, *load, *plug],
    }
    for script, lines in scripts.items():
        (directory / script).write_text("\n".join((NO_HISTORY, *lines)) + "\n", encoding="utf-8")


def _guarded(argv: Sequence[str]) -> str:
    """A command whose failure shows the end of its log. Daemons inherit no pipe of ours: a caller that waits for the
    end of output would wait for the lab's end."""
    log = f"/run/{SCRIPT_DIRECTORY}/log"
    failed = f"{{ echo {shlex.quote(argv[0])} failed:; tail -n 20 {log}; exit 1; }}"
    return f"{shlex.join(argv)} </dev/null >>{log} 2>&1 || {failed}"
