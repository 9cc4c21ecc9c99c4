"""Real FRR for tests: a dry run of vtysh, and a router of its own in private namespaces, for 8.4 and 10.x.

pid, mount, network and host name namespaces of `unshare`; everything dies with it, however the test ends
8.4   the machine's FRR           10   chroot into what tools/frr10-root unpacked
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crossconnect.nos.frr import Version

REPOSITORY = Path(__file__).parents[3]
TIMEOUT_S = 300

# $1 run directory with run/ and etc/, $2 host name, $3 root of FRR (empty: the machine's)
_START = r"""
set -e
hostname "$2"
ip link set lo up
mount -t proc proc /proc
enter=
daemons="zebra staticd bfdd bgpd"
if [ -n "$3" ]; then
    mount -t proc proc "$3/proc"
    mount --rbind /dev "$3/dev"
    enter="chroot $3"
    daemons="mgmtd $daemons"
fi
mount --bind "$1/run" "$3/run/frr"
mount --bind "$1/etc" "$3/etc/frr"
for daemon in $daemons; do
    $enter /usr/lib/frr/$daemon -d -A 127.0.0.1 > /dev/null 2>&1
done
echo ready
exec sleep infinity
"""


@functools.cache
def frr10_root() -> str:
    """Root of FRR 10; skips the test, by name, where it cannot be made."""
    made = subprocess.run([REPOSITORY / "tools/frr10-root"], capture_output=True, text=True, timeout=900)
    if made.returncode != 0:
        pytest.skip(f"FRR 10 cannot be unpacked here: {made.stderr.strip()[-200:]}")
    return made.stdout.strip()


def _root(version: Version) -> str:
    if version == "8.4":
        if shutil.which("vtysh") is None:
            pytest.skip("FRR 8.4 is not installed")
        return ""
    if os.geteuid() != 0:
        pytest.skip("FRR 10 runs by chroot, which needs root")
    return frr10_root()


def dry_run(version: Version, text: str) -> str:
    """What `vtysh -C` has against a configuration; empty when it takes every line."""
    root = _root(version)
    with tempfile.TemporaryDirectory(dir=f"{root}/tmp") as directory:
        path = Path(directory) / "frr.conf"
        path.write_text(text, encoding="utf-8")
        Path(directory).chmod(0o755)
        inside = "/" + str(path.relative_to(root or "/"))
        command = [*(["chroot", root] if root else []), "vtysh", "-C", "-f", inside]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    said = ran.stdout + ran.stderr
    return said or ("" if ran.returncode == 0 else f"exit status {ran.returncode}")


class Router:
    """A running FRR without interfaces or peers."""

    def __init__(self, pid: int, run: Path, root: str) -> None:
        self._enter = ["nsenter", "-t", str(pid), "-m", "-n", "-p", "-u", *(["chroot", root] if root else [])]
        self._run = run

    def load(self, text: str) -> str:
        """Enter commands from a file as `vtysh -f` does; what the daemons answered."""
        (self._run / "etc/commands").write_text(text, encoding="utf-8")
        return self._vtysh("-f", "/etc/frr/commands")

    def running(self) -> str:
        """`show running-config`."""
        return self._vtysh("-c", "show running-config")

    def ask(self, command: str) -> str:
        """The answer to a command."""
        return self._vtysh("-c", command)

    def _vtysh(self, *arguments: str) -> str:
        ran = subprocess.run([*self._enter, "vtysh", *arguments], capture_output=True, text=True, timeout=TIMEOUT_S)
        return ran.stdout + ran.stderr


@contextmanager
def router(version: Version, name: str = "router") -> Iterator[Router]:
    """A router for the time of a `with` block."""
    if os.geteuid() != 0:
        pytest.skip("a router of its own needs root")
    root = _root(version)
    with tempfile.TemporaryDirectory(prefix="xc-frr-") as directory:
        run = Path(directory)
        for part in (run, run / "run", run / "etc"):
            part.mkdir(exist_ok=True)
            part.chmod(0o777)
        (run / "etc/vtysh.conf").touch()
        command = ["unshare", "-m", "-n", "-u", "-p", "--fork", "--kill-child", "sh", "-c", _START, "sh", directory]
        with subprocess.Popen([*command, name, root], stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
                children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
                started = Router(int(children[0]), run, root)
                _wait_for(run / "run", 5 if root else 4)
                yield started
            finally:
                process.kill()


def _wait_for(run: Path, daemons: int) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while len(list(run.glob("*.vty"))) < daemons:
        assert time.monotonic() < deadline, sorted(p.name for p in run.iterdir())
        time.sleep(0.02)
