"""Another FRR configuration for a switch of a running lab, taken back by the switch itself unless it is confirmed.

    /run/crossconnect/change/   commands.conf  undo.conf  watchdog.sh
                                pending --mv--> confirmed   by us
                                pending --mv--> expired     by the watchdog when its time is over: then undo.conf

Whoever moves `pending` has decided; moving is one step, so only one does. The watchdog sleeps by the monotonic clock
and lives in the switch, so it does not matter whether we do. /etc/frr/frr.conf is replaced at the confirmation only: a
switch that restarts before it has its old configuration.

frr-reload.py is asked what differs (`--test`), and lets nothing be loaded by itself: it would take namespaces from VRFs
(`no netns`), a file that it cannot read has made it remove everything (frr #10453), and it has ended with 1 though all
was applied (#8403). vtysh reads the commands first, and what counts is the difference that is left.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Literal, NamedTuple

from crossconnect.errors import Rejected, Unreachable, Unsupported
from crossconnect.lab.growing import grow, pull, removal_script, restoring_script, ungrow, write_script
from crossconnect.lab.growth import Growth
from crossconnect.lab.handle import Lab
from crossconnect.nos.frr.drift import Deviation, deviations

Look = Literal["old", "pending", "new", "other"]

TEST = "/usr/lib/frr/frr-reload.py --test --log-level critical"
DIRECTORY = "/run/crossconnect/change"
TIMEOUT_S = 60.0
"""frr-reload.py takes half a second alone; a minute where 16 of them share two cores with everything else."""

_WATCHDOG = """\
#!/bin/sh
# Started with the seconds after which the change is taken back.
export VTYSH_HISTFILE=/dev/null
cd {directory} || exit 1
sleep "$1"
mv pending expired 2> /dev/null || exit 0
[ -e restore.sh ] && sh restore.sh
vtysh -f undo.conf
[ -e ungrow.sh ] && sh ungrow.sh
touch restored
"""

_NOT_SHOWN = re.compile(
    r"no netns \S+"
    r"|(bgp )?(suppress-duplicates|hard-administrative-reset|network import-check|ebgp-requires-policy)"
    r"|no bgp default show-(hostname|nexthop-hostname)"
    r"|detect-multiplier 3|(transmit|receive)-interval 300"
    r"|neighbor \S+ attribute-unchanged next-hop"
    r"|ip(v6)? forwarding"
)
"""Lines that FRR 8.4 does not show though it has them, being its defaults, and the namespaces of VRFs, which nobody
configures. A default that was changed is shown the other way round, and so is a difference."""


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
    for name in ("pending", "confirmed", "expired", "restored", "ungrow.sh", "restore.sh"):
        (place / name).unlink(missing_ok=True)
    _write(place / "commands.conf", change.commands)
    _write(place / "undo.conf", change.undo)
    for name in ("commands.conf", "undo.conf"):
        status, said = _run(lab, node, f"vtysh -C -f {DIRECTORY}/{name}")
        if status:
            raise Rejected(f"{node} cannot read {name}: {said}")
    _write(place / "watchdog.sh", _WATCHDOG.format(directory=DIRECTORY))
    if change.comes is not None:
        write_script(place / "ungrow.sh", removal_script(change.comes))
    if change.goes is not None:
        write_script(place / "restore.sh", restoring_script(change.goes))
    _write(place / "pending", "")
    status, said = _run(lab, node, f"setsid sh {DIRECTORY}/watchdog.sh {seconds} < /dev/null > /dev/null 2>&1 &")
    if status:
        raise Rejected(f"{node}: the watchdog does not start: {said}")
    if change.comes is not None:
        grow(lab, change.comes)
    _run(lab, node, f"vtysh -f {DIRECTORY}/commands.conf")
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
    _run(lab, node, f"vtysh -f {DIRECTORY}/undo.conf")
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
    (_place(lab, node) / "pending").unlink(missing_ok=True)


def drain(lab: Lab, node: str, text: str) -> None:
    """From `text` to the same with graceful shutdown (RFC 8326) in every BGP instance."""
    bring_to(lab, node, drained_text(text))
    verify(lab, node, drained_text(text))


def undrain(lab: Lab, node: str, text: str) -> None:
    """To `text`, without graceful shutdown."""
    bring_to(lab, node, text)
    verify(lab, node, text)


def look(lab: Lab, node: str, change: Change) -> Look:
    """What the switch runs. While the watchdog works it is waited for. What has come and nobody uses goes."""
    place = _place(lab, node)
    deadline = time.monotonic() + TIMEOUT_S
    while (place / "expired").exists() and not (place / "restored").exists():
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)
    if not remaining(lab, node, change.new):
        return "pending" if is_pending(lab, node) else "new"
    if remaining(lab, node, change.old):
        return "other"
    if change.comes is not None:
        ungrow(lab, change.comes)
    return "old"


def drained_text(text: str) -> str:
    """An FRR configuration with graceful shutdown in every BGP instance."""
    lines: list[str] = []
    for line in text.splitlines():
        lines.append(line)
        if line.startswith("router bgp "):
            lines.append(" bgp graceful-shutdown")
    return "\n".join(lines) + "\n"


def bring_to(lab: Lab, node: str, text: str) -> None:
    """Give the daemons whatever they lack, or have too many, to be `text`. Look at what is left afterwards."""
    blocks = [block for block in _difference(lab, node, text) if not _NOT_SHOWN.fullmatch(block[-1].strip())]
    _write(_place(lab, node) / "bring.conf", "".join(f"{line}\n" for block in blocks for line in block))
    _run(lab, node, f"vtysh -f {DIRECTORY}/bring.conf")


def remaining(lab: Lab, node: str, text: str) -> tuple[str, ...]:
    """What the daemons lack, or have too many, to be `text`; empty when they run it."""
    return tuple(
        " / ".join(line.strip() for line in block)
        for block in _difference(lab, node, text)
        if not _NOT_SHOWN.fullmatch(block[-1].strip())
    )


def deviations_of(lab: Lab, node: str, text: str) -> tuple[Deviation, ...]:
    """What the daemons have otherwise than `text`, by what it is about. Raises Unreachable."""
    return deviations(block for block in _difference(lab, node, text) if not _NOT_SHOWN.fullmatch(block[-1].strip()))


def _difference(lab: Lab, node: str, text: str) -> list[list[str]]:
    _write(_place(lab, node) / "wanted.conf", text)
    status, said = _run(lab, node, f"{TEST} {DIRECTORY}/wanted.conf", whole=True)
    if status:
        raise Unreachable(f"{node} does not say what it runs: {said[-400:]}")
    return blocks_of(said)


def blocks_of(said: str) -> list[list[str]]:
    """The answer of `frr-reload.py --test`: each line to be given, below the lines that lead to it; what is to go
    first, then what is to come."""
    blocks: list[list[str]] = []
    inside = False
    for line in said.splitlines():
        if line.startswith("Lines To "):
            inside = True
        elif inside and line.strip() and not line.startswith("==="):
            if line.startswith(" ") and blocks:
                blocks[-1].append(line)
            else:
                blocks.append([line])
    return blocks


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
