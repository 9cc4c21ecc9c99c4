"""Bringing labs up, finding them again, taking them down."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput, Busy, Unreachable, Unsupported
from crossconnect.lab.announce import start_announcer
from crossconnect.lab.backend import Choice, Refusal, choose_backend, lab_features
from crossconnect.lab.handle import Lab, LabRecord, read_record
from crossconnect.lab.host import HostFacts, available_programs, probe_host
from crossconnect.lab.journal import is_alive, kill, recorded_processes
from crossconnect.lab.limits import give_back, make_room
from crossconnect.lab.operation import operation
from crossconnect.lab.options import LabOptions, checked_name, default_run_root, frr_root
from crossconnect.lab.pace import relaxed
from crossconnect.lab.plan import LabPlan, NodePlan
from crossconnect.lab.planning import Realising, plan_lab
from crossconnect.lab.runtime import Progress, run_lab
from crossconnect.lab.switch_node import rendered_devices, version_notes
from crossconnect.lab.uml import backend as uml

REMOVAL_ATTEMPTS = 50
"""Of 0.2 s: on a busy machine whoever is being ended goes on writing for seconds."""

LabState = Literal["starting", "up", "dead"]


class NodeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A node now. `daemons` maps each daemon it should run to whether it does."""

    name: str
    kind: str
    process: int
    daemons: dict[str, bool]


class LabStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A lab now. `dead`: its processes are gone, its run directory is left."""

    name: str
    region: str
    backend: str
    frr: str
    """FRR of the switches (`LabOptions.frr`)."""
    state: LabState
    rootless: bool
    directory: str
    notes: tuple[str, ...]
    nodes: tuple[NodeStatus, ...] = ()


def up(
    blueprint: Blueprint,
    options: LabOptions,
    *,
    secrets: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    host: HostFacts | None = None,
    extend: Callable[[LabPlan], LabPlan] | None = None,
) -> Lab:
    """Bring a lab of the blueprint up; it has not converged yet when this returns (`wait_converged`).

    `secrets` maps secret references to secrets. `extend` adds to the plan what no blueprint knows of.
    Unless `options.keep`, a lab that fails to come up is removed again,
    also on Ctrl-C. Raises Busy when a lab of that name exists, Unsupported with all reasons when this machine cannot
    build it, BadInput for a missing secret, Rejected when a command or daemon fails.
    """
    checked_name(options.name)
    choice = chosen_backend(blueprint, options, host or probe_host(uml.available()))
    processors = 1 if choice.backend == "uml" else os.cpu_count() or 1
    blueprint, pace_notes = relaxed(blueprint, processors) if options.bfd == "auto" else (blueprint, ())
    rootless = os.geteuid() != 0 and choice.backend != "uml"
    known = secrets or {}
    root = frr_root(options.frr)
    if root and choice.backend == "uml":
        raise Unsupported("FRR 10 does not run inside user-mode-linux yet, which this region needs here")
    devices = rendered_devices(blueprint, known, options.frr)
    how = Realising(backend=choice.backend, lldp=options.lldp, rootless=rootless, root=root)
    plan = plan_lab(blueprint, devices, how, known)
    plan = extend(plan) if extend else plan
    plan = _with_programs(msgspec.structs.replace(plan, notes=(*plan.notes, *pace_notes)), rootless)
    if choice.backend == "kernel-vrf":
        plan = _hearing(plan)
    directory = _make_directory(options)
    try:
        (directory / "blueprint.msgpack").write_bytes(msgspec.msgpack.encode(blueprint))
        write_plan(directory, plan)
        if choice.backend == "uml":
            return uml.up(plan, options, directory, msgspec.msgpack.encode(blueprint), progress or _silent)
        notes = (*version_notes(blueprint, options.frr), *make_room(blueprint, directory, root=not rootless))
        plan = msgspec.structs.replace(plan, notes=(*plan.notes, *notes))
        lab = run_lab(plan, options, directory, rootless, progress or _silent)
        start_announcer(lab)
        return lab
    except BaseException:
        if not options.keep:
            down(options.name, options.run_root)
        raise


def up_plan(plan: LabPlan, options: LabOptions, progress: Progress | None = None) -> Lab:
    """Bring up a plan that no blueprint stands behind. Fails, and then cleans up, as `up` does."""
    checked_name(options.name)
    directory = _make_directory(options)
    try:
        write_plan(directory, plan)
        return run_lab(plan, options, directory, os.geteuid() != 0, progress or _silent)
    except BaseException:
        if not options.keep:
            down(options.name, options.run_root)
        raise


def chosen_backend(blueprint: Blueprint, options: LabOptions, host: HostFacts) -> Choice:
    """The backend for a blueprint here. Raises Unsupported with the reasons of every backend."""
    wanted = None if options.backend == "auto" else options.backend
    choice = choose_backend(lab_features(blueprint), host, wanted)
    if isinstance(choice, Refusal):
        raise Unsupported(f"no lab of region {blueprint.region} can be built on this machine\n{choice.text()}")
    return choice


def down(name: str, run_root: str = "") -> bool:
    """Remove everything that a lab of this name has left, and nothing else; False when there was nothing.

    Harmless to repeat. Raises Busy when something of it cannot be killed.
    """
    directory = LabOptions(name=checked_name(name), run_root=run_root).root / name
    if not directory.is_dir():
        return False
    for process in recorded_processes(directory):
        try:
            kill(process)
        except PermissionError as error:
            raise Busy(f"lab {name} belongs to another user (uid {process.user})") from error
        except TimeoutError as error:
            raise Busy(f"lab {name} cannot be removed now") from error
    alive = [Path(lab.directory) for lab in list_labs(run_root) if lab.state != "dead" and lab.name != name]
    give_back(directory, alive)
    _remove(directory)
    if directory.parent == default_run_root():
        with contextlib.suppress(OSError):  # not empty: other labs
            directory.parent.rmdir()
    return True


def _remove(directory: Path) -> None:
    """Delete a run directory, also while an `up` that is being ended still writes into it."""
    for attempt in range(REMOVAL_ATTEMPTS):
        try:
            shutil.rmtree(directory)
            return
        except FileNotFoundError:
            return
        except OSError as error:
            if attempt == REMOVAL_ATTEMPTS - 1:
                raise Busy(f"the run directory {directory} cannot be removed") from error
            time.sleep(0.2)


def list_labs(run_root: str = "") -> tuple[LabStatus, ...]:
    """All labs of a run root, sorted by name, without their nodes."""
    root = LabOptions(name="x", run_root=run_root).root
    if not root.is_dir():
        return ()
    return tuple(_summary(path, read_record(path)) for path in sorted(root.iterdir()) if path.is_dir())


def status(name: str, run_root: str = "") -> LabStatus:
    """A lab with the daemons of its nodes. Raises BadInput when there is none."""
    directory = LabOptions(name=checked_name(name), run_root=run_root).root / name
    record = read_record(directory)
    if record is None:
        raise BadInput(f"there is no lab {name!r} in {directory.parent}")
    summary = _summary(directory, record)
    if summary.state == "dead":
        return summary
    lab = Lab(directory, record)
    processes = node_processes(lab)
    nodes = tuple(
        NodeStatus(
            name=node.name,
            kind=node.kind,
            process=record.nodes.get(node.name, 0),
            daemons={d.name: bool(processes.get(node.name, {}).get(d.name)) for d in node.daemons},
        )
        for node in lab.plan.nodes
    )
    return msgspec.structs.replace(summary, nodes=nodes)


@operation
def node_processes(lab: Lab) -> dict[str, dict[str, list[int]]]:
    """Processes of every node by program name, as seen from outside: those that share the node's mount namespace.

    The process that keeps the node is left out.
    """
    places: dict[str, str] = {}
    keepers = set(lab.record.nodes.values())
    for node, pid in lab.record.nodes.items():
        place = _link(f"/proc/{pid}/ns/mnt")
        if place:
            places[place] = node
    found: dict[str, dict[str, list[int]]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) not in keepers:
            node = places.get(_link(f"/proc/{entry}/ns/mnt"))
            if node is not None:
                try:
                    program = Path(f"/proc/{entry}/comm").read_text(encoding="utf-8", errors="replace").strip()
                except OSError:
                    continue
                found.setdefault(node, {}).setdefault(program, []).append(int(entry))
    return found


def wait_nodes_gone(pids: list[int], timeout_s: float = 60.0) -> None:
    """Wait until processes have ended. Raises Unreachable when they have not in time."""
    deadline = time.monotonic() + timeout_s
    while any(os.path.exists(f"/proc/{pid}/exe") for pid in pids):
        if time.monotonic() > deadline:
            raise Unreachable(f"processes {', '.join(map(str, pids))} do not end")
        time.sleep(0.01)


def write_plan(directory: Path, plan: LabPlan) -> None:
    """Keep the plan without its secrets: files stay where the nodes read them."""
    nodes = tuple(
        msgspec.structs.replace(
            node, files=tuple(msgspec.structs.replace(f, content="") if f.secret else f for f in node.files)
        )
        for node in plan.nodes
    )
    (directory / "plan.msgpack").write_bytes(msgspec.msgpack.encode(msgspec.structs.replace(plan, nodes=nodes)))


def _make_directory(options: LabOptions) -> Path:
    directory = options.root / options.name
    try:
        options.root.mkdir(mode=0o755, parents=True, exist_ok=True)
        directory.mkdir(mode=0o755)
    except FileExistsError as error:
        alive = any(is_alive(process) for process in recorded_processes(directory))
        state = "is up" if alive else "has left its run directory behind"
        raise Busy(f"lab {options.name} {state}: remove it with `xc lab down --name {options.name}`") from error
    except OSError as error:
        raise Unsupported(f"no run directory can be made at {directory}") from error
    return directory


def _with_programs(plan: LabPlan, rootless: bool) -> LabPlan:
    """The plan with the daemons that can run here; what is left out is told."""
    notes = list(plan.notes)
    have = available_programs(("lldpd", "bird"))
    drop: set[str] = set()
    if any(d.name == "lldpd" for node in plan.nodes for d in node.daemons) and (rootless or not have["lldpd"]):
        drop.add("lldpd")
        why = "it cannot give up privileges without root" if rootless else "it is not installed"
        notes.append(f"lldpd does not run ({why}): the table lldp stays empty")
    if any(d.name == "bird" for node in plan.nodes for d in node.daemons) and not have["bird"]:
        raise Unsupported("the blueprint has external routers that BIRD stands in for, and the program bird is missing")
    nodes = tuple(_without(node, drop) for node in plan.nodes) if drop else plan.nodes
    return msgspec.structs.replace(plan, nodes=nodes, notes=tuple(notes))


def _hearing(plan: LabPlan) -> LabPlan:
    """Switches take what hosts say without being asked (`announce`)."""
    nodes = tuple(
        msgspec.structs.replace(node, sysctls=(*node.sysctls, *uml.HEARING_SYSCTLS)) if node.kind == "switch" else node
        for node in plan.nodes
    )
    return msgspec.structs.replace(plan, nodes=nodes)


def _without(node: NodePlan, names: set[str]) -> NodePlan:
    return msgspec.structs.replace(node, daemons=tuple(d for d in node.daemons if d.name not in names))


def _summary(directory: Path, record: LabRecord | None) -> LabStatus:
    alive = any(is_alive(process) for process in recorded_processes(directory))
    return LabStatus(
        name=directory.name,
        region=record.region if record else "",
        backend=record.backend if record else "",
        frr=record.frr if record else "",
        state=record.state if record and alive else "starting" if alive else "dead",
        rootless=record.rootless if record else False,
        directory=str(directory),
        notes=record.notes if record else (),
    )


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _silent(node: str, what: str) -> None:
    """No progress wanted."""
