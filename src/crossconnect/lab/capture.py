"""Looking into a lab: commands in a node, packets of an interface."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from crossconnect.errors import BadInput, Rejected, Unsupported
from crossconnect.lab.handle import Lab, run_command
from crossconnect.lab.host import available_programs
from crossconnect.lab.operation import operation
from crossconnect.lab.plan import MAIN

_TIMED_OUT = 124  # timeout(1)


def namespace_of(lab: Lab, node: str, interface: str) -> str:
    """The nested namespace of a node that has an interface. Raises BadInput when none has."""
    names = (MAIN, *lab.node_plans[node].namespaces) if lab.process(node) else ()
    for name in names:
        if not lab.run(node, ["ip", "link", "show", "dev", interface], namespace=name).returncode:
            return name
    raise BadInput(f"{node} has no interface {interface!r}")


def exec_command(lab: Lab, node: str, argv: Sequence[str], vrf: str = "") -> list[str]:
    """The command line that runs `argv` in a node, in one of its VRFs where given; for a caller that wants the
    terminal to be the command's. Raises BadInput for an unknown node or VRF."""
    if not argv:
        raise BadInput("no command is given")
    lab.process(node)
    if not vrf or vrf == "default":
        return [*lab.enter(node), *argv]
    if vrf in lab.node_plans[node].namespaces:
        return [*lab.enter(node, vrf), *argv]
    if lab.record.backend == "namespace":
        raise BadInput(f"{node} has no VRF {vrf!r}")
    return [*lab.enter(node), "ip", "vrf", "exec", vrf, *argv]


def capture(
    lab: Lab, node: str, interface: str, path: Path, *, expression: str = "", duration_s: float | None = None
) -> int:
    """Write the packets of an interface to a pcap file, until `duration_s` is over or the caller is interrupted.

    Returns the size of the file in octets. Raises Unsupported without tcpdump, and in user-mode-linux without
    `duration_s`; Rejected when tcpdump fails.
    """
    if lab.record.backend != "uml":
        return _capture(lab, node, interface, path, expression, duration_s)
    if duration_s is None:
        raise Unsupported("a capture inside user-mode-linux needs a duration")
    return path.write_bytes(captured(lab, node, interface, expression, duration_s))


@operation
def captured(lab: Lab, node: str, interface: str, expression: str, duration_s: float) -> bytes:
    """What `capture` would write."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        _capture(lab, node, interface, Path(file.name), expression, duration_s)
        return file.read()


@operation
def execute(
    lab: Lab, node: str, argv: Sequence[str], vrf: str = "", timeout_s: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run a command in a node to its end and return what it wrote; `exec_command` is for terminals."""
    return run_command(exec_command(lab, node, argv, vrf), timeout_s=timeout_s)


def _capture(lab: Lab, node: str, interface: str, path: Path, expression: str, duration_s: float | None) -> int:
    if not available_programs(("tcpdump",))["tcpdump"]:
        raise Unsupported("capturing needs the program tcpdump, which is not installed")
    namespace = namespace_of(lab, node, interface)
    # -w - : tcpdump writes to us, whose file it is; it need not see it from inside the node, nor as another user.
    bound = [] if duration_s is None else ["timeout", "--signal=INT", f"{duration_s:g}"]
    argv = [
        *lab.enter(node, namespace),
        *bound,
        "tcpdump",
        "-i",
        interface,
        "-U",
        "-n",
        "-s",
        "0",
        "-Z",
        "root",
        "-w",
        "-",
    ]
    argv += expression.split()
    with path.open("wb") as file:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.PIPE)
        try:
            _, said = process.communicate()
        except KeyboardInterrupt:
            # The terminal has told tcpdump too.
            process.wait(timeout=5)
            return path.stat().st_size
    if process.returncode not in (0, _TIMED_OUT):
        raise Rejected(f"tcpdump on {node} {interface}: {said.decode(errors='replace').strip()[-500:]}")
    return path.stat().st_size
