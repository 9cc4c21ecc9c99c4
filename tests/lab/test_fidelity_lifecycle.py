"""A lab comes and goes as a whole: beside another one, killed, interrupted, without root."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from fidelity import link_cut, proof, wire_between

from crossconnect.lab.options import default_run_root
from regions import compiled, small

MARK = "XC_TEST_MARK"
LIMIT_S = 300.0
"""For what takes seconds on a quiet machine."""
ATTEMPTS = 5
NOBODY = 65534

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")


class Xc:
    """`xc` in processes that are recognised wherever they go: daemons inherit the environment."""

    def __init__(self, region: Path) -> None:
        self.region = region
        self.mark = uuid.uuid4().hex
        self.name = f"life-{self.mark[:8]}"
        self.directory = default_run_root() / self.name
        self.environment = {**os.environ, MARK: self.mark}

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "crossconnect.cli", *words, "-C", str(self.region), "-n", self.name]

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.argv(*words), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*words), env=self.environment, capture_output=True, text=True, timeout=900, check=False
        )

    def processes(self) -> dict[int, str]:
        """Every process of the machine that came from here, zombies aside."""
        found: dict[int, str] = {}
        wanted = f"{MARK}={self.mark}".encode()
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if wanted in (path / "environ").read_bytes().split(b"\0"):
                    found[int(path.name)] = (path / "comm").read_text().strip()
        return found

    def wait_processes(self, least: int, within_s: float = LIMIT_S) -> None:
        deadline = time.monotonic() + within_s
        while len(self.processes()) < least:
            assert time.monotonic() < deadline, self.processes()
            time.sleep(0.02)

    def nothing_left(self, within_s: float = LIMIT_S) -> None:
        """No process, no run directory: and with the last process its namespaces, interfaces and mounts are gone."""
        deadline = time.monotonic() + within_s
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert self.processes() == {}
        assert not self.directory.exists()


@pytest.fixture
def xc(tmp_path: Path) -> Iterator[Xc]:
    region = tmp_path / "region"
    done = subprocess.run([sys.executable, "-m", "crossconnect.cli", "init", str(region)], capture_output=True)
    assert done.returncode == 0, done.stderr
    mounts = Path("/proc/self/mountinfo").read_text()
    interfaces = sorted(os.listdir("/sys/class/net"))
    running = Xc(region)
    try:
        yield running
        running.nothing_left()
        assert Path("/proc/self/mountinfo").read_text() == mounts
        assert sorted(os.listdir("/sys/class/net")) == interfaces
    finally:
        running.run("lab", "down")
        for pid in running.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_two_labs_of_the_same_region_side_by_side() -> None:
    """The same names, addresses and MACs twice; what breaks one leaves the other as it was."""
    blueprint = compiled(small(spines=1, leaves=2, segments=1)).blueprint
    with proof("one", blueprint) as one, proof("two", blueprint) as two:
        one.agrees()
        two.agrees()
        one.breaks(link_cut(wire_between(blueprint, "a-leaf1", "a-spine1")))
        two.agrees("healthy, the other one is broken")


@pytest.mark.parametrize("processes", [3, 15])
def test_what_a_killed_start_has_left_is_removed(xc: Xc, processes: int) -> None:
    """`kill -9` when the first namespaces exist, and in the middle of starting daemons."""
    starting = xc.start("lab", "up", "--no-wait")
    xc.wait_processes(processes)
    starting.kill()
    starting.communicate()
    down = xc.run("lab", "down")
    assert down.returncode == 0, down.stderr
    xc.nothing_left()


def test_a_lab_survives_who_started_it_and_is_removed_by_anybody(xc: Xc) -> None:
    up = xc.run("lab", "up", "--no-wait")
    assert up.returncode == 0, up.stderr
    assert "zebra" in xc.processes().values()
    assert "up" in xc.run("lab", "status").stderr
    again = xc.run("lab", "up", "--no-wait")
    assert again.returncode != 0
    assert "lab down" in again.stderr
    assert xc.run("lab", "down").returncode == 0
    xc.nothing_left()
    assert "nothing to remove" in xc.run("lab", "down").stderr


def test_an_interrupted_start_leaves_nothing(xc: Xc) -> None:
    for _ in range(ATTEMPTS):
        starting = xc.start("lab", "up", "--no-wait")
        xc.wait_processes(15)
        starting.send_signal(signal.SIGINT)
        _, said = starting.communicate(timeout=LIMIT_S)
        if starting.returncode != 0:
            break
        xc.run("lab", "down")  # it was up before we came to interrupt it
        xc.nothing_left()
    assert starting.returncode == 130, said
    assert "Traceback" not in said
    xc.nothing_left()


# --- without root -----------------------------------------------------------------------------------------------------


class Ordinary:
    """Commands as a user who may nothing, in a home of its own."""

    def __init__(self, home: Path, python: str, region: Path) -> None:
        self.home, self.python, self.region = home, python, region

    def command(self, *argv: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.home),
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            # The interpreter of the tests may lie where this user cannot go: another one then takes its libraries.
            "PYTHONPATH": ":".join(path for path in sys.path if path.endswith(("site-packages", "src"))),
        }
        drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all"]
        return subprocess.run(
            [*drop, *argv], env=environment, cwd="/", capture_output=True, text=True, timeout=900, check=False
        )

    def xc(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.command("env", self.python, "-m", "crossconnect.cli", *words)


@pytest.fixture
def ordinary(xc: Xc) -> Iterator[Ordinary]:
    home = Path(tempfile.mkdtemp(prefix="xc-nobody-"))
    try:
        os.chown(home, NOBODY, NOBODY)
        region = home / "region"
        shutil.copytree(xc.region, region)
        for python in (sys.executable, "/usr/bin/python3"):
            user = Ordinary(home, python, region)
            if user.command("env", python, "-c", "import crossconnect.lab").returncode == 0:
                break
        else:
            pytest.skip(f"another user can read neither {sys.executable} nor the packages of this environment")
        yield user
    finally:
        shutil.rmtree(home)


@root_only
def test_a_lab_without_root(ordinary: Ordinary) -> None:
    """Where the machine lets users make namespaces a lab is a lab, else the reason is said."""
    possible = ordinary.command("unshare", "-Urnm", "true").returncode == 0
    words = ("-C", str(ordinary.region), "-n", "mine")
    up = ordinary.xc("lab", "up", *words, "--timeout", "300", "--backend", "namespace")
    try:
        if possible:
            assert up.returncode == 0, up.stderr
            assert "converged" in up.stderr
            assert "lldpd does not run" in up.stderr
        else:
            assert up.returncode != 0
            assert "user namespaces" in up.stderr
            assert "Traceback" not in up.stderr
    finally:
        down = ordinary.xc("lab", "down", *words)
    assert down.returncode == 0, down.stderr
    left = sorted(str(path.relative_to(ordinary.home)) for path in ordinary.home.iterdir())
    assert left in (["region"], ["crossconnect", "region"])
    assert not list(ordinary.home.glob("crossconnect/*"))


@root_only
def test_the_demo_where_no_lab_can_run_does_the_rest_and_says_so(ordinary: Ordinary) -> None:
    """A user namespace in which no further one may be made, and without user-mode-linux."""
    page = ordinary.home / "report.html"
    forbid = "echo 0 > /proc/sys/user/max_user_namespaces && echo 0 > /proc/sys/user/max_net_namespaces && "
    hide = "mount -t tmpfs none /usr/lib/uml && "
    demo = f"{ordinary.python} -m crossconnect.cli demo -C {ordinary.region} --report {page}"
    done = ordinary.command("unshare", "-Urm", "sh", "-c", forbid + hide + demo)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "NOT DONE: boot" in said
    assert "namespaces" in said
    assert "Traceback" not in said
    assert page.stat().st_size > 10_000
