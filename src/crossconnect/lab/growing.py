"""Growth carried out on a running lab: what a switch gets before its daemons are told, or loses after."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import Rejected, Unreachable, Unsupported
from crossconnect.lab.growth import (
    Growth,
    growth_of,
    inverse,
    namespace_commands,
    pulling_commands,
    removal_commands,
    restoring_commands,
)
from crossconnect.lab.handle import Lab, enter_command, run_command
from crossconnect.lab.lifecycle import write_plan
from crossconnect.lab.plan import LabPlan
from crossconnect.lab.planning import Realising, plan_lab
from crossconnect.lab.runtime import SCRIPT_DIRECTORY, write_scripts
from crossconnect.lab.switch_node import rendered_devices

TIMEOUT_S = 60.0
KNOWN_S = 20.0
AGAIN_S = 1.0


def lab_plan_of(lab: Lab, blueprint: Blueprint, secrets: Mapping[str, str]) -> LabPlan:
    """The plan that the lab would have if it had been made of another blueprint."""
    daemons = {daemon.name for node in lab.plan.nodes for daemon in node.daemons}
    how = Realising(backend=lab.record.backend, lldp="lldpd" in daemons, rootless=lab.record.rootless)
    return plan_lab(blueprint, rendered_devices(blueprint, secrets), how, secrets)


def growths(
    lab: Lab, old: Blueprint, new: Blueprint, switches: list[str], secrets: Mapping[str, str]
) -> dict[str, Growth]:
    """The growth of each of some switches. Unsupported where the lab cannot become the new network."""
    if lab.record.frr != "8.4":
        raise Unsupported(f"lab {lab.name} runs FRR {lab.record.frr}: not changed while it runs")
    leaves = {host.name: host.leaves for host in (*old.hosts, *new.hosts)}
    plans = [lab_plan_of(lab, side, secrets) for side in (old, new)]
    return {growth.switch: growth for growth in growth_of(plans[0], plans[1], leaves, switches)}


def keep_plan(lab: Lab, blueprint: Blueprint, secrets: Mapping[str, str]) -> None:
    """Write down what the lab is built like now; its nodes start again like that after a power cut."""
    made = lab_plan_of(lab, blueprint, secrets)
    from_new = {node.name: node for node in made.nodes}
    nodes = tuple(
        msgspec.structs.replace(
            node,
            namespaces=from_new[node.name].namespaces,
            clean=from_new[node.name].clean,
            setup=from_new[node.name].setup,
            plug=from_new[node.name].plug,
        )
        for node in lab.plan.nodes
    )
    for node, was in zip(nodes, lab.plan.nodes, strict=True):
        if node != was:
            write_scripts(lab.node_directory(node.name) / "run" / SCRIPT_DIRECTORY, node)
    write_plan(lab.directory, msgspec.structs.replace(lab.plan, nodes=nodes, links=made.links))
    lab.__dict__.pop("plan", None)
    lab.__dict__.pop("node_plans", None)


def grow(lab: Lab, growth: Growth) -> None:
    """Make what comes (of a growth that shrinks: what was there). Harmless when it is there. Raises Rejected."""
    _script(lab, growth.switch, namespace_commands(growth))
    _wait_known(lab, growth)
    keeper = lab.record.holder
    for link in growth.links:
        a, b = (f"netns {lab.network_namespace(end.node, end.namespace)}" for end in (link.a, link.b))
        line = f"link add {link.a.interface} {a} type veth peer name {link.b.interface} {b}\n"
        argv = [*enter_command(keeper, lab.record.rootless, f"/proc/{keeper}/ns/net"), "ip", "-batch", "-"]
        done = run_command(argv, text=line, timeout_s=TIMEOUT_S)
        if done.returncode and "File exists" not in done.stderr:
            raise Rejected(f"{growth.switch}: {link.a.interface} is not made: {done.stderr.strip()[-300:]}")
    for addition in growth.additions:
        batch = addition.batch
        argv = [*batch.tool.split(), *(("-n", batch.namespace) if batch.namespace else ()), "-force", "-batch", "-"]
        done = lab.run(addition.node, argv, text="\n".join(batch.lines) + "\n", timeout_s=TIMEOUT_S)
        said = [line for line in done.stderr.splitlines() if "File exists" not in line and "Command failed" not in line]
        if done.returncode and said:
            raise Rejected(f"{addition.node} does not get its interfaces: {said[0][:300]}")
    _wait_seen(lab, growth)


def _wait_seen(lab: Lab, growth: Growth) -> None:
    """Until zebra knows the addresses in namespaces that are new. It loses some that come while it begins to listen
    there (seen with 8.4.4, under load): they are then given again. Raises Unreachable."""
    wanted = {
        (addition.batch.namespace, line)
        for addition in growth.additions
        if addition.node == growth.switch and addition.batch.namespace in growth.namespaces
        for line in addition.batch.lines
        if line.startswith("addr replace ")
    }
    deadline, again = time.monotonic() + KNOWN_S, time.monotonic() + AGAIN_S
    while wanted:
        with lab.vty(growth.switch, "zebra") as zebra:
            shown = {
                name: zebra.ask(f"show interface vrf {name} json").decode(errors="replace").replace("\\/", "/")
                for name in {namespace for namespace, _ in wanted}
            }
        wanted = {(name, line) for name, line in wanted if f'"{line.split()[2]}"' not in shown[name]}
        if wanted and time.monotonic() > deadline:
            raise Unreachable(f"zebra on {growth.switch} does not see {', '.join(sorted(line for _, line in wanted))}")
        if wanted and time.monotonic() > again:
            commands = [f"ip -n {name} {part}" for name, line in wanted for part in (inverse(line), line)]
            _script(lab, growth.switch, commands)
            again = time.monotonic() + AGAIN_S
        if wanted:
            time.sleep(0.1)


def _wait_known(lab: Lab, growth: Growth) -> None:
    """Until zebra knows the namespaces as VRFs: it looks at new ones once a second. Raises Unreachable."""
    deadline = time.monotonic() + KNOWN_S
    missing = set(growth.namespaces)
    while missing:
        with lab.vty(growth.switch, "zebra") as zebra:
            shown = zebra.ask("show vrf").decode(errors="replace")
        missing = {name for name in growth.namespaces if f"/run/netns/{name}" not in shown}
        if missing and time.monotonic() > deadline:
            raise Unreachable(f"zebra on {growth.switch} does not take {', '.join(sorted(missing))} for VRFs")
        if missing:
            time.sleep(0.1)


def ungrow(lab: Lab, growth: Growth) -> None:
    """Take away what came. Harmless when it is not there."""
    for node in dict.fromkeys((*(a.node for a in growth.additions), growth.switch)):
        _script(lab, node, removal_commands(growth, node))


def pull(lab: Lab, growth: Growth) -> None:
    """Take away the tunnels and bridges of what goes; the rest is the way back's until it is confirmed."""
    _script(lab, growth.switch, pulling_commands(growth))


def removal_script(growth: Growth) -> str:
    """What the switch itself runs to take away what came; servers keep what hangs on nothing any more."""
    return "".join(f"{line}\n" for line in removal_commands(growth, growth.switch))


def restoring_script(growth: Growth) -> str:
    """What the switch itself runs to have again what was pulled."""
    return "".join(f"{line}\n" for line in restoring_commands(growth))


def write_script(path: Path, text: str) -> None:
    """A script that is there whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _script(lab: Lab, node: str, lines: list[str]) -> None:
    if not lines:
        return
    done = lab.run(node, ["sh", "-s"], text="\n".join(lines) + "\ntrue\n", timeout_s=TIMEOUT_S)
    if done.returncode:
        raise Rejected(f"{node}: {(done.stderr or done.stdout).strip()[-300:]}")
