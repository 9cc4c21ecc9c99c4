"""Another FRR configuration for a switch of a running lab, taken back by the switch itself unless it is confirmed.

    /run/crossconnect/change/   old.conf  new.conf  watchdog.sh
                                pending --mv--> confirmed   by us
                                pending --mv--> expired     by the watchdog when its time is over: then old.conf again

Whoever moves `pending` has decided; moving is one step, so only one does. The watchdog sleeps by the monotonic clock
and lives in the switch, so it does not matter whether we do. /etc/frr/frr.conf is replaced at the confirmation only: a
switch that restarts before it has its old configuration.

frr-reload.py is not believed. A file that it cannot read has made it remove everything (frr #10453), and it has ended
with 1 though all was applied (#8403): vtysh reads the file first, and what counts is the difference that is left.
"""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import Literal

from crossconnect.errors import Rejected, Unreachable, Unsupported
from crossconnect.lab.handle import Lab

Look = Literal["old", "pending", "new", "other"]

RELOAD = "/usr/lib/frr/frr-reload.py"
DIRECTORY = "/run/crossconnect/change"
RELOAD_TIMEOUT_S = 60.0
"""frr-reload.py takes 1 to 3 s alone; a minute where 16 of them share two cores with everything else."""

_WATCHDOG = """\
#!/bin/sh
# Started with the seconds after which the old configuration comes back.
cd {directory} || exit 1
sleep "$1"
mv pending expired 2> /dev/null || exit 0
{reload} --reload --log-level critical old.conf
cp -p old.conf /etc/frr/frr.conf
touch restored
"""


def prepare(lab: Lab, node: str, old: str) -> None:
    """Rejected when the switch does not run `old`, with the first line that differs, or when a change is pending."""
    _supported(lab, node)
    if (_place(lab, node) / "pending").exists():
        raise Rejected(f"{node}: another change waits for its confirmation")
    if left := remaining(lab, node, old):
        more = f" and {len(left) - 1} more lines" if left[1:] else ""
        raise Rejected(f"{node} has drifted: to be what it should, it needs `{left[0]}`{more}")


def load(lab: Lab, node: str, old: str, new: str, seconds: int) -> None:
    """Start the watchdog, then load `new`. Rejected when the switch cannot read it, or does not run it then."""
    place = _place(lab, node)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("pending", "confirmed", "expired", "restored"):
        (place / name).unlink(missing_ok=True)
    _write(place / "old.conf", old)
    _write(place / "new.conf", new)
    checked = _run(lab, node, f"vtysh -C -f {DIRECTORY}/new.conf")
    if checked[0]:
        raise Rejected(f"{node} cannot read its new configuration: {checked[1]}")
    _write(place / "watchdog.sh", _WATCHDOG.format(directory=DIRECTORY, reload=RELOAD))
    _write(place / "pending", "")
    started = _run(lab, node, f"setsid sh {DIRECTORY}/watchdog.sh {seconds} < /dev/null > /dev/null 2>&1 &")
    if started[0]:
        raise Rejected(f"{node}: the watchdog does not start: {started[1]}")
    reload(lab, node, "new.conf")
    left = remaining(lab, node, new)
    if left:
        raise Rejected(f"{node} does not run what was loaded: `{left[0]}` is left")


def verify(lab: Lab, node: str, new: str) -> None:
    """Rejected when the switch does not run `new`."""
    left = remaining(lab, node, new)
    if left:
        raise Rejected(f"{node} does not run what was loaded: `{left[0]}` is left")


def confirm(lab: Lab, node: str, new: str) -> None:
    """Keep what was loaded. Rejected when the watchdog was first."""
    place = _place(lab, node)
    try:
        (place / "pending").rename(place / "confirmed")
    except FileNotFoundError:
        if not (place / "confirmed").exists():
            raise Rejected(f"{node}: its time was over, it has taken the change back") from None
    _install(lab, node, new)


def cancel(lab: Lab, node: str, old: str) -> None:
    """Take back what is not confirmed. Rejected when nothing waits for its confirmation."""
    place = _place(lab, node)
    if not (place / "pending").exists() and not (place / "expired").exists():
        raise Rejected(f"{node}: nothing waits for its confirmation")
    restore(lab, node, old)


def restore(lab: Lab, node: str, old: str) -> None:
    """The configuration `old`, whatever runs. Rejected when it does not run then."""
    place = _place(lab, node)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(place / "old.conf", old)
    reload(lab, node, "old.conf")
    left = remaining(lab, node, old)
    if left:
        raise Rejected(f"{node} does not run its old configuration: `{left[0]}` is left")
    _install(lab, node, old)
    (place / "pending").unlink(missing_ok=True)


def drain(lab: Lab, node: str, text: str) -> None:
    """Load `text` with graceful shutdown (RFC 8326)."""
    place = _place(lab, node)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(place / "drained.conf", drained_text(text))
    reload(lab, node, "drained.conf")
    verify(lab, node, drained_text(text))


def undrain(lab: Lab, node: str, text: str) -> None:
    """Load `text` itself again."""
    place = _place(lab, node)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(place / "drained.conf", text)
    reload(lab, node, "drained.conf")
    verify(lab, node, text)


def look(lab: Lab, node: str, old: str, new: str) -> Look:
    """What the switch runs. While the watchdog works it is waited for."""
    place = _place(lab, node)
    deadline = time.monotonic() + RELOAD_TIMEOUT_S
    while (place / "expired").exists() and not (place / "restored").exists():
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)
    if not remaining(lab, node, new):
        return "pending" if (place / "pending").exists() else "new"
    return "old" if not remaining(lab, node, old) else "other"


def drained_text(text: str) -> str:
    """An FRR configuration with graceful shutdown in every BGP instance."""
    lines: list[str] = []
    for line in text.splitlines():
        lines.append(line)
        if line.startswith("router bgp "):
            lines.append(" bgp graceful-shutdown")
    return "\n".join(lines) + "\n"


def reload(lab: Lab, node: str, name: str) -> None:
    """Let frr-reload.py bring the daemons to a file of ours. What it says is not believed: look at what is left."""
    _run(lab, node, f"{RELOAD} --reload --log-level critical {DIRECTORY}/{name}")


def remaining(lab: Lab, node: str, text: str) -> tuple[str, ...]:
    """Lines that the daemons lack, or have too many, to be `text`; empty when they run it."""
    place = _place(lab, node)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(place / "wanted.conf", text)
    status, said = _run(lab, node, f"{RELOAD} --test --log-level critical {DIRECTORY}/wanted.conf")
    if status:
        raise Unreachable(f"{node} does not say what it runs: {said}")
    return tuple(differences(said))


def differences(said: str) -> list[str]:
    """The lines of `frr-reload.py --test`, without its headings."""
    lines: list[str] = []
    inside = False
    for line in said.splitlines():
        if line.startswith("Lines To "):
            inside = True
        elif inside and line.strip() and not line.startswith("==="):
            lines.append(" ".join(line.split()))
    return lines


def _supported(lab: Lab, node: str) -> None:
    if lab.record.frr != "8.4":
        raise Unsupported(f"{node} runs FRR {lab.record.frr} from a directory of its own: not changed while it runs")


def _place(lab: Lab, node: str) -> Path:
    return lab.node_directory(node) / "run" / "crossconnect" / "change"


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


def _run(lab: Lab, node: str, command: str) -> tuple[int, str]:
    done = lab.run(node, ["sh", "-c", f"export VTYSH_HISTFILE=/dev/null; {command}"], timeout_s=RELOAD_TIMEOUT_S)
    said = (done.stdout + done.stderr).strip()
    return done.returncode, said if "--test" in shlex.split(command) else said[-400:]
