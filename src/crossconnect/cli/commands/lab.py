"""`xc lab`: the region as real daemons on this machine."""

from __future__ import annotations

import functools
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click

from crossconnect.cli.commands.lab_export import command as export_command
from crossconnect.cli.output import draw, emit, output_option, say
from crossconnect.cli.progress import Counter
from crossconnect.cli.region import load_or_exit, region_option

name_option = click.option("-n", "--name", default="", help="Name of the lab.  [default: the region's name]")


class Choices(NamedTuple):
    """What kind of lab it shall be."""

    backend: str
    frr: str
    lldp: bool
    bfd: str
    keep: bool


def choice_options(function: Callable[..., int]) -> Callable[..., int]:
    """Options of `up` that make a `Choices`, given to the command as `chosen`."""

    @click.option(
        "--backend",
        type=click.Choice(["auto", "namespace", "kernel-vrf", "uml"]),
        default="auto",
        show_default=True,
        help="How VRFs, bonds and tags are made; 'auto' takes the first that can do all that the region needs.",
    )
    @click.option(
        "--frr",
        type=click.Choice(["8.4", "10"]),
        default="8.4",
        show_default=True,
        help="FRR of the switches: the installed 8.4, or 10.x as unpacked by tools/frr10-root.",
    )
    @click.option("--lldp/--no-lldp", default=True, help="Run LLDP on every switch.")
    @click.option(
        "--bfd",
        type=click.Choice(["auto", "as-configured"]),
        default="auto",
        show_default=True,
        help="BFD intervals: 'auto' stretches them where this machine could not send that many packets.",
    )
    @click.option("--keep", is_flag=True, help="Leave what came up when something fails, to look at it.")
    @functools.wraps(function)
    def collected(*, backend: str, frr: str, lldp: bool, bfd: str, keep: bool, **others: object) -> int:
        return function(chosen=Choices(backend, frr, lldp, bfd, keep), **others)

    return collected


@click.group("lab")
def command() -> None:
    """Run the region as real daemons in network namespaces: FRR switches, BIRD for external routers, hosts.

    No service of this machine is touched. What a lab made, 'down' removes, and only that.
    """


def lab_name(name: str, root: Path) -> str:
    """The lab's name: as given, or else the region's."""
    if name:
        return name
    from crossconnect.cli.region import load

    loaded = load(root)
    if loaded.region is None:
        raise click.UsageError(f"{root} has no readable region to take the lab's name from; give --name")
    return loaded.region.name


@command.command("up")
@region_option
@name_option
@choice_options
@click.option("--wait/--no-wait", default=True, help="Wait until the network has converged on the predicted state.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0),
    default=180.0,
    show_default=True,
    help="Seconds to wait for convergence.",
)
def up_command(root: Path, name: str, chosen: Choices, wait: bool, timeout_s: float) -> int:
    """Boot the region."""
    from crossconnect.cli.secrets import references_of, resolve
    from crossconnect.lab import LabOptions, down, up, wait_converged
    from crossconnect.simulate import simulate
    from crossconnect.state.difference import difference_text

    ready = load_or_exit(root)
    blueprint = ready.blueprint
    options = LabOptions(name=name or ready.region.name, **chosen._asdict())
    begin = time.monotonic()
    nodes = len(blueprint.devices) + len(blueprint.hosts) + len(blueprint.peers)
    with Counter("lab", nodes) as counter:
        lab = up(blueprint, options, secrets=resolve(references_of(blueprint)), progress=counter.report)
    kind = f"backend {lab.record.backend}, FRR {lab.record.frr}"
    say(f"lab {lab.name}: {nodes} nodes up after {time.monotonic() - begin:.1f} s, {kind}")
    for note in lab.record.notes:
        say(f"    note: {note}")
    if wait:
        try:
            result = wait_converged(lab, simulate(blueprint), timeout_s=timeout_s)
        except KeyboardInterrupt:
            # As while nodes start: whoever stops `up` has no lab, unless it is to be kept.
            if chosen.keep:
                say(f"lab {lab.name} stays up; remove it with 'xc lab down --name {lab.name}'")
            else:
                down(lab.name)
                say(f"lab {lab.name}: removed")
            raise
        if not result.converged:
            say(f"not converged as predicted after {timeout_s:.0f} s:")
            for session in result.missing_sessions[:20]:
                say(f"    session not up: {' '.join(session)}")
            say(difference_text(result.differences, "predicted", "real", rows_max=10))
            return 1
        say(f"converged {time.monotonic() - begin:.1f} s after the start")
    say("next: xc lab status, xc lab exec NODE -- COMMAND, xc drill, xc lab down")
    return 0


@command.command("down")
@region_option
@name_option
@click.option("--all", "every", is_flag=True, help="Remove every lab of this user.")
def down_command(root: Path, name: str, every: bool) -> int:
    """Remove a lab, also one that was killed half-way."""
    from crossconnect.lab import down, list_labs

    names = [lab.name for lab in list_labs()] if every else [lab_name(name, root)]
    for each in names:
        say(f"lab {each}: removed" if down(each) else f"lab {each}: there is nothing to remove")
    return 0


@command.command("status")
@region_option
@name_option
@output_option
def status_command(root: Path, name: str, output: str) -> int:
    """Show a lab and whether its daemons run."""
    from crossconnect.lab import status

    found = status(lab_name(name, root))

    def table() -> str:
        rows = [
            (n.name, n.kind, n.process, ", ".join(d if runs else f"{d} (not running)" for d, runs in n.daemons.items()))
            for n in found.nodes
        ]
        return draw(("node", "kind", "process", "daemons"), rows)

    emit(found, output, table)
    say(f"lab {found.name}: {found.state}, backend {found.backend}, FRR {found.frr}, {found.directory}")
    for note in found.notes:
        say(f"    note: {note}")
    healthy = found.state == "up" and all(all(n.daemons.values()) for n in found.nodes)
    return 0 if healthy else 1


@command.command("list")
@output_option
def list_command(output: str) -> int:
    """List the labs of this user."""
    from crossconnect.lab import list_labs

    labs = list_labs()
    rows = [(lab.name, lab.region, lab.backend, lab.frr, lab.state, lab.directory) for lab in labs]
    emit(labs, output, lambda: draw(("lab", "region", "backend", "FRR", "state", "directory"), rows) or "no labs")
    return 0


@command.command("exec", context_settings={"ignore_unknown_options": True})
@click.argument("node")
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
@region_option
@name_option
@click.option("--vrf", default="", help="Run it in this VRF of the node.")
def exec_in_node(node: str, arguments: tuple[str, ...], root: Path, name: str, vrf: str) -> int:
    """Run a command inside a node: xc lab exec n1-leaf1 -- vtysh -c 'show bgp summary'."""
    from crossconnect.lab import exec_command, open_lab

    lab = open_lab(lab_name(name, root))
    # The terminal is the command's: interactive programs such as vtysh work.
    return subprocess.run(exec_command(lab, node, list(arguments), vrf), check=False).returncode


@command.command("capture")
@click.argument("node")
@click.argument("interface")
@click.argument("path", type=click.Path(path_type=Path))
@region_option
@name_option
@click.option("--seconds", default=None, type=float, help="Stop after so long.  [default: at Ctrl-C]")
@click.option("--filter", "expression", default="", help="Filter in tcpdump's language.")
def capture_command(
    node: str, interface: str, path: Path, root: Path, name: str, seconds: float | None, expression: str
) -> int:
    """Write packets of a node's interface to PATH (pcap)."""
    from crossconnect.lab import capture, open_lab

    lab = open_lab(lab_name(name, root))
    size = capture(lab, node, interface, path, expression=expression, duration_s=seconds)
    say(f"wrote {path}: {size} octets; read it with tcpdump -r")
    return 0


command.add_command(export_command)
