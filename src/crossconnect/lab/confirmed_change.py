"""Another FRR configuration for a switch of a running lab, taken back by the switch itself unless it is confirmed.

The files, the watchdog and what frr-reload.py's answers mean are `transport.frr_change`'s: the same for real hosts.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal, NamedTuple

from crossconnect.errors import Rejected, Unreachable, Unsupported
from crossconnect.lab.growing import grow, pull, removal_script, restoring_script, ungrow, write_script
from crossconnect.lab.growth import Growth
from crossconnect.lab.handle import Lab
from crossconnect.transport.frr_change import (
    DIRECTORY,
    MARKS,
    PASSES,
    TEST,
    WATCHDOG,
    commands_text,
    load_command,
    remaining_lines,
    start_command,
    stop_command,
)

Look = Literal["old", "pending", "new", "other"]

TIMEOUT_S = 60.0
"""frr-reload.py takes half a second alone; a minute where 16 of them share two cores with everything else."""


def prepare(lab: Lab, node: str, old: str) -> None:
    """Rejected when the switch does not run `old`, with the first line that differs, or when a change is pending."""
    _supported(lab, node)
    if is_pending(lab, node):
        raise Rejected(f"{node}: another change waits for its confirmation")
    if left := remaining(lab, node, old):
        more = f" and {len(left) - 1} more lines" if left[1:] else ""
        raise Rejected(f"{node} has drifted: to be what it should, it needs `{left[0]}`{more}")


class Change(NamedTuple):
    """What a switch is given, what takes it back, and what it runs then."""

    commands: str
    undo: str
    old: str
    new: str
    growth: Growth | None = None
    """What the Linux side gets before the commands, or loses after them."""

    @property
    def comes(self) -> Growth | None:
        """What is made before the commands, and taken away after the way back."""
        return self.growth if self.growth is not None and not self.growth.shrinks else None

    @property
    def goes(self) -> Growth | None:
        """What is taken away after the commands, but for what the way back needs: that goes at the confirmation."""
        return self.growth if self.growth is not None and self.growth.shrinks else None


def load(lab: Lab, node: str, change: Change, seconds: int) -> None:
    """Start the watchdog, then load. Rejected when the switch cannot read it. Whether it runs it, `verify` says."""
    place = _place(lab, node)
    _run(lab, node, stop_command())
    for name in MARKS:
        (place / name).unlink(missing_ok=True)
    _write(place / "commands.conf", change.commands)
    _write(place / "undo.conf", change.undo)
    for name in ("commands.conf", "undo.conf"):
        status, said = _run(lab, node, f"vtysh -C -f {DIRECTORY}/{name}")
        if status:
            raise Rejected(f"{node} cannot read {name}: {said}")
    _write(place / "watchdog.sh", WATCHDOG)
    if change.comes is not None:
        write_script(place / "ungrow.sh", removal_script(change.comes))
    if change.goes is not None:
        write_script(place / "restore.sh", restoring_script(change.goes))
    _write(place / "pending", "")
    status, said = _run(lab, node, start_command(seconds))
    if status:
        raise Rejected(f"{node}: the watchdog does not start: {said}")
    if change.comes is not None:
        grow(lab, change.comes)
    _run(lab, node, load_command("commands.conf"))
    if change.goes is not None:
        pull(lab, change.goes)


def verify(lab: Lab, node: str, new: str) -> None:
    """Rejected when the switch does not run `new`."""
    left = remaining(lab, node, new)
    if left:
        raise Rejected(f"{node} does not run what was loaded: `{left[0]}` is left")


def is_pending(lab: Lab, node: str) -> bool:
    """Whether a change waits for its confirmation."""
    return (_place(lab, node) / "pending").exists()


def confirm(lab: Lab, node: str, change: Change) -> None:
    """Keep what was loaded. Rejected when the watchdog was first."""
    place = _place(lab, node)
    try:
        (place / "pending").rename(place / "confirmed")
    except FileNotFoundError:
        if not (place / "confirmed").exists():
            raise Rejected(f"{node}: its time was over, it has taken the change back") from None
    _run(lab, node, stop_command())
    if change.goes is not None:
        ungrow(lab, change.goes)
    _install(lab, node, change.new)


def cancel(lab: Lab, node: str, change: Change) -> None:
    """Take back what is not confirmed. Rejected when nothing waits for its confirmation, or the way back fails."""
    place = _place(lab, node)
    if not (place / "pending").exists() and not (place / "expired").exists():
        raise Rejected(f"{node}: nothing waits for its confirmation")
    invert(lab, node, change)


def invert(lab: Lab, node: str, change: Change) -> None:
    """Load the inverse commands. Rejected when the switch does not run its old configuration then."""
    place = _place(lab, node)
    if change.goes is not None:
        grow(lab, change.goes)
    _write(place / "undo.conf", change.undo)
    _run(lab, node, load_command("undo.conf"))
    if change.comes is not None:
        ungrow(lab, change.comes)
    _is_old(lab, node, change.old)


def restore(lab: Lab, node: str, change: Change) -> None:
    """The old configuration, whatever runs. Rejected when it does not run then."""
    if change.goes is not None:
        grow(lab, change.goes)
    bring_to(lab, node, change.old)
    if change.comes is not None:
        ungrow(lab, change.comes)
        bring_to(lab, node, change.old)
    _is_old(lab, node, change.old)


def _is_old(lab: Lab, node: str, old: str) -> None:
    if left := remaining(lab, node, old):
        raise Rejected(f"{node} does not run its old configuration: `{left[0]}` is left")
    _install(lab, node, old)
    _run(lab, node, stop_command())
    for name in ("pending", "expired"):
        (_place(lab, node) / name).unlink(missing_ok=True)


def become(lab: Lab, node: str, text: str) -> None:
    """Bring a switch to a configuration without a timer. Rejected when it does not run it then."""
    bring_to(lab, node, text)
    verify(lab, node, text)


def look(lab: Lab, node: str, change: Change) -> Look:
    """What the switch runs. While the watchdog works it is waited for. What has come and nobody uses goes. Where a
    change was begun and is not loaded it is neither old nor new: its watchdog has to be ended."""
    place = _place(lab, node)
    deadline = time.monotonic() + TIMEOUT_S
    while (place / "expired").exists() and not (place / "restored").exists():
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)
    if not remaining(lab, node, change.new):
        return "pending" if is_pending(lab, node) else "new"
    if is_pending(lab, node) or remaining(lab, node, change.old):
        return "other"
    if change.comes is not None:
        ungrow(lab, change.comes)
    return "old"


def bring_to(lab: Lab, node: str, text: str) -> None:
    """Give the daemons whatever they lack, or have too many, to be `text`. Look at what is left afterwards. A second
    time where something is: what went with something else (a neighbor's lines with its `remote-as`) comes then."""
    for _ in range(PASSES):
        commands = commands_text(_difference(lab, node, text), text)
        if not commands:
            return
        _write(_place(lab, node) / "bring.conf", commands)
        _run(lab, node, load_command("bring.conf"))


def remaining(lab: Lab, node: str, text: str) -> tuple[str, ...]:
    """What the daemons lack, or have too many, to be `text`; empty when they run it. Raises Unreachable."""
    return remaining_lines(_difference(lab, node, text))


def _difference(lab: Lab, node: str, text: str) -> str:
    _write(_place(lab, node) / "wanted.conf", text)
    status, said = _run(lab, node, f"{TEST} {DIRECTORY}/wanted.conf", whole=True)
    if status:
        raise Unreachable(f"{node} does not say what it runs: {said[-400:]}")
    return said


def _supported(lab: Lab, node: str) -> None:
    if lab.record.frr != "8.4":
        raise Unsupported(f"{node} runs FRR {lab.record.frr} from a directory of its own: not changed while it runs")


def _place(lab: Lab, node: str) -> Path:
    place = lab.node_directory(node) / "run" / "crossconnect" / "change"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def _write(path: Path, content: str) -> None:
    path.touch(mode=0o600)
    path.write_text(content, encoding="utf-8")


def _install(lab: Lab, node: str, text: str) -> None:
    path = lab.node_directory(node) / "etc-frr" / "frr.conf"
    new = path.with_name("frr.conf.new")
    status = path.stat()
    _write(new, text)
    new.chmod(status.st_mode & 0o777)
    new.replace(path)


def _run(lab: Lab, node: str, command: str, whole: bool = False) -> tuple[int, str]:
    done = lab.run(node, ["sh", "-c", f"export VTYSH_HISTFILE=/dev/null; {command}"], timeout_s=TIMEOUT_S)
    said = (done.stdout + done.stderr).strip()
    return done.returncode, said if whole else said[-400:]
