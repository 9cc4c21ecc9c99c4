"""Breaking a lab on purpose, and healing it: links, power, daemons, sessions, drains.

link-cut        <wire key>                both ends of a fabric cable go down; of a server's or peer's the switch's end,
                                          whereupon the other has no carrier
device-failure  <node>                    power off: all processes die, all its ports go dark, at once
device-silent   <node>                    the worst case: all processes die, ports stay lit, nothing passes
daemon-kill     <switch>                  bgpd dies, the kernel goes on forwarding
session-shut    <switch> <neighbour key>  `neighbor X shutdown`
drain           <switch>                  graceful shutdown (RFC 8326) in every BGP instance
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Sequence
from typing import Literal

import msgspec

from crossconnect.design.blueprint import Wire
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.errors import BadInput, Rejected, Unsupported
from crossconnect.lab import failure_agent
from crossconnect.lab.handle import Lab, run_command
from crossconnect.lab.lifecycle import node_processes, wait_nodes_gone
from crossconnect.lab.operation import operation
from crossconnect.lab.plan import End
from crossconnect.lab.runtime import start_node

FailureKind = Literal["link-cut", "device-failure", "device-silent", "daemon-kill", "session-shut", "drain"]

DROP_FILTER = "1,6 0 0 2"
"""Classic BPF: return TC_ACT_SHOT. Needs only cls_bpf, which even small kernels have."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Something to break."""

    kind: FailureKind
    target: str


class Injection(msgspec.Struct, frozen=True, kw_only=True):
    """When it was done, on the monotonic clock that flows use."""

    begin_ns: int
    end_ns: int


@operation
def apply_failure(lab: Lab, failure: Failure) -> Injection:
    """Break it. Raises BadInput for what the lab does not have, Rejected when it cannot be broken."""
    match failure.kind:
        case "link-cut":
            return _set_links(lab, _wire_ends(lab, failure.target), up=False)
        case "device-failure":
            return _power_off(lab, failure.target)
        case "device-silent":
            return _fall_silent(lab, failure.target)
        case "daemon-kill":
            processes = node_processes(lab).get(_switch(lab, failure.target).name, {}).get("bgpd", [])
            if not processes:
                raise BadInput(f"bgpd does not run on {failure.target}")
            done = _strike(lab, processes, [])
            wait_nodes_gone(processes)
            return done
        case "session-shut":
            return _shut(lab, failure.target, "")
        case "drain":
            return _drain(lab, failure.target, "")


@operation
def heal(lab: Lab, failure: Failure) -> Injection:
    """Undo exactly that; what it led to heals by itself, or not."""
    match failure.kind:
        case "link-cut":
            return _set_links(lab, _wire_ends(lab, failure.target), up=True)
        case "device-failure":
            return _power_on(lab, failure.target)
        case "device-silent":
            _unsilence(lab, failure.target)
            return _power_on(lab, failure.target)
        case "daemon-kill":
            return _restart_bgpd(lab, failure.target)
        case "session-shut":
            return _shut(lab, failure.target, "no ")
        case "drain":
            return _drain(lab, failure.target, "no ")


# --- links and power --------------------------------------------------------------------------------------------------


def _wire(lab: Lab, key: str) -> Wire:
    for wire in lab.blueprint.wires:
        if wire.key == key:
            return wire
    raise BadInput(f"lab {lab.name} has no wire {key!r}")


def _wire_ends(lab: Lab, key: str) -> list[End]:
    """The ends that are set down to cut a wire, those of its tags first."""
    wire = _wire(lab, key)
    links = [link for link in lab.plan.links if link.wire == key]
    ends = [link.b for link in reversed(links)]
    if wire.kind == "fabric":
        ends += [link.a for link in reversed(links)]
    return ends


def _own_ends(lab: Lab, node: str) -> list[End]:
    lab.process(node)
    return [end for link in lab.plan.links for end in (link.a, link.b) if end.node == node]


def _set_links(lab: Lab, ends: Sequence[End], up: bool) -> Injection:
    return _strike(lab, [], [(end, up) for end in ends])


def _strike(lab: Lab, processes: Sequence[int], links: Sequence[tuple[End, bool]]) -> Injection:
    work = {
        "kill": list(processes),
        "links": [[lab.network_namespace(end.node, end.namespace), end.interface, up] for end, up in links],
    }
    argv = [*lab.beside(inside=False), sys.executable, "-I", "-S", failure_agent.__file__]
    done = run_command(argv, text=json.dumps(work), timeout_s=60)
    if done.returncode:
        raise Rejected(f"the failure could not be injected: {done.stderr.strip()[-500:]}")
    answer = json.loads(done.stdout)
    if answer["errors"]:
        raise Rejected(f"the failure was injected in part only: {'; '.join(answer['errors'])}")
    return Injection(begin_ns=answer["begin"], end_ns=answer["end"])


def _power_off(lab: Lab, node: str) -> Injection:
    ends = _own_ends(lab, node)
    processes = [pid for pids in node_processes(lab).get(node, {}).values() for pid in pids]
    (lab.node_directory(node) / "off").touch()
    done = _strike(lab, processes, [(end, False) for end in ends])
    wait_nodes_gone(processes)
    return done


def _power_on(lab: Lab, node: str) -> Injection:
    begin = time.monotonic_ns()
    _set_links(lab, _own_ends(lab, node), up=True)
    start_node(lab, lab.node_plans[node], "again.sh", timeout_s=120)
    (lab.node_directory(node) / "off").unlink(missing_ok=True)
    return Injection(begin_ns=begin, end_ns=time.monotonic_ns())


def _fall_silent(lab: Lab, node: str) -> Injection:
    processes = [pid for pids in node_processes(lab).get(node, {}).values() for pid in pids]
    (lab.node_directory(node) / "off").touch()
    begin = time.monotonic_ns()
    said = _filter(lab, node, "qdisc add dev {0} clsact", *_DROP_LINES)
    if said:
        (lab.node_directory(node) / "off").unlink(missing_ok=True)
        _unsilence(lab, node)
        raise Unsupported(f"this kernel cannot drop packets silently: {said[-300:]}")
    end_ns = _strike(lab, processes, []).end_ns
    wait_nodes_gone(processes)
    return Injection(begin_ns=begin, end_ns=end_ns)


_DROP_LINES = tuple(
    # Both directions: what the node's kernel still says by itself (ARP, neighbour discovery) is lost as well.
    f'filter add dev {{0}} {direction} bpf da bytecode "{DROP_FILTER}"'
    for direction in ("ingress", "egress")
)


def _unsilence(lab: Lab, node: str) -> None:
    _filter(lab, node, "qdisc del dev {0} clsact")


def _filter(lab: Lab, node: str, *templates: str) -> str:
    """Run `tc` lines for each port of a node, one process per namespace; what went wrong is returned."""
    lines: dict[str, list[str]] = {}
    for end in _own_ends(lab, node):
        lines.setdefault(end.namespace, []).extend(template.format(end.interface) for template in templates)
    said = ""
    for namespace, batch in lines.items():
        argv = ["tc", "-force", "-batch", "-"]
        done = lab.run(node, argv, namespace=namespace, text="\n".join(batch) + "\n", timeout_s=60)
        said += done.stderr.strip() if done.returncode else ""
    return said


# --- daemons and sessions ---------------------------------------------------------------------------------------------


def _switch(lab: Lab, name: str) -> DeviceConfiguration:
    for device in lab.blueprint.devices:
        if device.name == name:
            return device
    raise BadInput(f"lab {lab.name} has no switch {name!r}")


def _restart_bgpd(lab: Lab, device: str) -> Injection:
    begin = time.monotonic_ns()
    plan = lab.node_plans[_switch(lab, device).name]
    argv = next(daemon.argv for daemon in plan.daemons if daemon.name == "bgpd")
    inside = f"chroot {shlex.quote(plan.root)} " if plan.root else ""
    load = f"VTYSH_HISTFILE=/dev/null {inside}vtysh -b -d bgpd"
    command = f"{shlex.join(argv)} </dev/null >/dev/null 2>&1 && {load} </dev/null >/dev/null 2>&1"
    done = lab.run(device, ["sh", "-c", command], timeout_s=60)
    if done.returncode:
        raise Rejected(f"bgpd on {device} cannot be started again: {done.stderr.strip()[-500:]}")
    return Injection(begin_ns=begin, end_ns=time.monotonic_ns())


def _shut(lab: Lab, target: str, no: str) -> Injection:
    name, _, key = target.partition(" ")
    device = _switch(lab, name)
    for instance in device.network_instances:
        for neighbor in instance.bgp.neighbors if instance.bgp else ():
            if neighbor.key == key and instance.bgp is not None:
                lines = [_router(instance.bgp.asn, instance.name), f"{no}neighbor {key} shutdown"]
                return _configure(lab, name, lines)
    raise BadInput(f"{name} has no BGP session {key!r}")


def _drain(lab: Lab, name: str, no: str) -> Injection:
    lines: list[str] = []
    for instance in _switch(lab, name).network_instances:
        if instance.bgp is not None:
            lines += [_router(instance.bgp.asn, instance.name), f"{no}bgp graceful-shutdown", "exit"]
    return _configure(lab, name, lines)


def _router(asn: int, vrf: str) -> str:
    return f"router bgp {asn}" if vrf == "default" else f"router bgp {asn} vrf {vrf}"


def _configure(lab: Lab, device: str, lines: Sequence[str]) -> Injection:
    with lab.vty(device, "bgpd") as bgpd:
        bgpd.ask("configure terminal")
        begin = time.monotonic_ns()
        for line in lines:
            bgpd.ask(line)
        done = Injection(begin_ns=begin, end_ns=time.monotonic_ns())
        bgpd.ask("end")
    return done
