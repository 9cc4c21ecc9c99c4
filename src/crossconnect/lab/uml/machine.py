"""The user-mode-linux process: started, found again from its run directory, and ended with all that belongs to it.

    caller -> taskset -> [setpriv --pdeathsig] -> unshare --pid --fork --kill-child -> sh (PID 1) -> linux.uml

The PID namespace is what makes an end certain: user-mode-linux has helper processes that survive when its main process
is killed; as members of its namespace they cannot. Where no PID namespace is allowed it runs without one, and the
helpers are found by their session.

It is bound to one processor. It has only one inside, and every system call of its processes is a switch between two
processes of the host: across processors that takes three to five times as long (boot 1.7 s instead of 4 s).
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from crossconnect.errors import Unreachable, Unsupported
from crossconnect.lab.journal import ProcessRecord, is_alive, kill, record_process, recorded_processes
from crossconnect.lab.uml import exchange, launch
from crossconnect.lab.uml.guest_root import MODULES_ROOT
from crossconnect.lab.uml.messages import HALT

EXCHANGE_DIRECTORY = "exchange"
CONSOLE = "console.log"
ROLE = "uml"
"""Of the machine's process in the run directory's journal."""
MEMORY_LEAST_MIB = 256
_BOOT_TIMEOUT_S = 60.0
"""A boot takes 1.5 s; a host with many other things to do may take many times as long."""
_HALT_TIMEOUT_S = 5.0

_KERNEL_PARAMETERS = (
    "root=/dev/root",
    "rootfstype=hostfs",
    "rootflags=/",
    "ro",
    "quiet",
    "loglevel=3",
    "security=none",  # SELinux is built in and has no policy here: it only costs time
    "initcall_blacklist=raid6_select_algo",  # its benchmark is 0.85 s of boot, for file systems that nobody mounts
    "panic=-1",
    "noreboot",  # a panic ends the process instead of starting the machine again
    "con=null",
    "con0=null,fd:1",
    "ssl=null",
)

_FIRST_PROCESS = 'ulimit -c 0; "$@"; exit $?'
"""linux.uml must not be PID 1 itself: it ends a panic by abort(3), which has no effect on a first process."""


class Machine(msgspec.Struct, frozen=True):
    """A guest, by the run directory that it was started from."""

    run_dir: Path
    process: ProcessRecord

    @property
    def exchange(self) -> Path:
        """The directory shared with the guest."""
        return self.run_dir / EXCHANGE_DIRECTORY


def kernel() -> str:
    """Path of the user-mode-linux binary, empty where there is none."""
    return shutil.which("linux.uml", path=f"{os.environ.get('PATH', '')}:/usr/bin") or ""


@functools.cache
def release() -> str:
    """Version of the user-mode-linux kernel (`6.1.176`), empty where it cannot be asked."""
    try:
        done = subprocess.run([kernel(), "--version"], capture_output=True, text=True, timeout=10)
    except OSError:
        return ""
    return done.stdout.strip()


def unavailable() -> str:
    """Why user-mode-linux cannot run here, empty where it can."""
    if not kernel():
        return "linux.uml is not installed (Debian package user-mode-linux)"
    if not (MODULES_ROOT / release() / "modules.dep").is_file():
        return f"the kernel modules of user-mode-linux {release()} are not in {MODULES_ROOT}"
    for tool in ("unshare", "setpriv", "taskset"):
        if not shutil.which(tool):
            return f"{tool} is not installed (Debian package util-linux)"
    for path in (sys.executable, *sys.path):
        if any(c.isspace() or c in "\"'," for c in path):
            return f"a path that the guest needs has a blank, a quote or a comma in it: {path}"
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    if os.geteuid() != 0 and scope.exists() and scope.read_text().strip() in ("2", "3"):
        return "this host forbids ptrace to ordinary users (kernel.yama.ptrace_scope)"
    return ""


def boot(run_dir: Path, *, memory_mib: int, with_parent: bool = False) -> Machine:
    """Start a guest whose files are in `run_dir` (which exists) and wait until it listens.

    `with_parent`: it is killed when the calling thread's process ends, however that ends. Otherwise it stays until
    `end`. Unsupported where it cannot run here, Unreachable where it does not come up; nothing is left then.
    """
    if reason := unavailable():
        raise Unsupported(reason)
    if any(c.isspace() or c in "\"'," for c in str(run_dir)):
        raise Unsupported(f"user-mode-linux cannot use a run directory with a blank, quote or comma: {run_dir}")
    doorbell = exchange.create(run_dir / EXCHANGE_DIRECTORY)
    try:
        with open(run_dir / CONSOLE, "wb") as console:
            process = subprocess.Popen(
                [*_wrapping(with_parent), *_command(run_dir, doorbell, memory_mib)],
                cwd=run_dir,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                pass_fds=(doorbell,),
                start_new_session=True,
                env=_environment(memory_mib, run_dir),
            )
    finally:
        os.close(doorbell)
    machine = Machine(run_dir, record_process(run_dir, process.pid, ROLE))
    try:
        exchange.wait_ready(machine.exchange, alive=lambda: alive(machine), timeout_s=_BOOT_TIMEOUT_S)
    except BaseException as error:
        said = console_tail(run_dir)
        end(machine)
        if isinstance(error, Unreachable):
            raise Unreachable(f"{error}; its console says: {said or 'nothing'}") from error
        raise
    return machine


def find(run_dir: Path) -> Machine | None:
    """The guest last started from a run directory, running or not; None where there was none."""
    records = [record for record in recorded_processes(run_dir) if record.role == ROLE]
    return Machine(run_dir, records[-1]) if records else None


def alive(machine: Machine) -> bool:
    """Whether its process still runs."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(machine.process.pid, os.WNOHANG)
    return is_alive(machine.process)


def call(
    machine: Machine,
    operation: str,
    payload: bytes = b"",
    *,
    timeout_s: float = 600.0,
    progress: exchange.Progress | None = None,
) -> bytes:
    """Have the guest do an operation (see `guest`, `crossconnect.lab.operations`)."""
    return exchange.call(
        machine.exchange,
        exchange.Request(operation, payload),
        alive=lambda: alive(machine),
        timeout_s=timeout_s,
        progress=progress,
    )


def end(machine: Machine) -> None:
    """End the guest: asked to halt first, killed when it does not. Ending what has ended is no error.

    Raises PermissionError for another user's, TimeoutError when it will not die.
    """
    if alive(machine):
        with contextlib.suppress(Unreachable):
            call(machine, HALT, timeout_s=_HALT_TIMEOUT_S)
    if alive(machine):
        kill(machine.process)
    for pid in _session_members(machine):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def console_tail(run_dir: Path, lines: int = 12) -> str:
    """The last lines that the guest's kernel and server wrote."""
    try:
        text = (run_dir / CONSOLE).read_text(errors="replace")
    except FileNotFoundError:
        return ""
    # Stack traces of the guest's kernel tell a reader nothing.
    said = [line for line in text.strip().splitlines() if " [<" not in line]
    return "\n".join(said[-lines:])


def _command(run_dir: Path, doorbell: int, memory_mib: int) -> list[str]:
    path = ":".join(entry for entry in sys.path if Path(entry).is_absolute() and Path(entry).exists())
    return [
        kernel(),
        f"mem={max(memory_mib, MEMORY_LEAST_MIB)}M",
        "uml_dir=.",
        "umid=machine",
        f"ssl0=fd:{doorbell},null",
        *_KERNEL_PARAMETERS,
        f"PYTHONPATH={path}",
        *((launch.GUEST_ENVIRONMENT,) if launch.is_needed() else ()),
        f"XC_EXCHANGE={run_dir.resolve() / EXCHANGE_DIRECTORY}",
        f"init={os.path.realpath(sys.executable)}",
        "--",
        *("-S", "-B", "-X", "utf8", "-m", "crossconnect.lab.uml.init"),
    ]


def _wrapping(with_parent: bool) -> list[str]:
    """What starts linux.uml. Entering a user namespace clears the death signal, so it is set after that."""
    wrapping = ["taskset", "--cpu-list", str(_processor())]
    namespace = _pid_namespace()
    if namespace == "user":
        wrapping += ["unshare", "--user", "--map-root-user", "--"]
    if with_parent:
        wrapping += ["setpriv", "--pdeathsig", "KILL", "--"]
    if launch.is_needed():
        wrapping += [sys.executable, "-S", "-E", launch.__file__]
    if namespace:
        wrapping += ["unshare", "--pid", "--fork", "--kill-child=KILL", "--", "sh", "-c", _FIRST_PROCESS, "sh"]
    return wrapping


def _processor() -> int:
    """The processor with the fewest guests bound to it; whatever else runs moves away by itself."""
    guests: dict[int, set[int]] = {processor: set() for processor in os.sched_getaffinity(0)}
    for pid in _processes():
        with contextlib.suppress(OSError):
            for processor in os.sched_getaffinity(pid):
                if processor in guests:
                    # A guest is a session: user-mode-linux makes one.
                    guests[processor].add(os.getsid(pid))
    return min(guests, key=lambda processor: (len(guests[processor]), processor))


@functools.cache
def _pid_namespace() -> str:
    """How to get a PID namespace here: `plain`, inside a `user` namespace, or not at all (empty)."""
    for kind, words in (("plain", ()), ("user", ("--user", "--map-root-user"))):
        done = subprocess.run(["unshare", *words, "--pid", "--fork", "true"], capture_output=True)
        if done.returncode == 0:
            return kind
    return ""


def _environment(memory_mib: int, run_dir: Path) -> dict[str, str]:
    """user-mode-linux keeps the guest's memory in an unlinked file, mapped executable, in TMPDIR."""
    for place in ("/dev/shm", "/tmp", "/var/tmp"):
        with contextlib.suppress(OSError):
            about = os.statvfs(place)
            free_mib = about.f_bavail * about.f_frsize >> 20
            if not about.f_flag & os.ST_NOEXEC and free_mib > memory_mib and os.access(place, os.W_OK):
                return {"PATH": "/usr/bin:/bin", "HOME": str(run_dir), "TMPDIR": place}
    raise Unsupported(f"no directory for the guest's memory: {memory_mib} MiB free, writable and not mounted noexec")


def _session_members(machine: Machine) -> list[int]:
    """Processes of user-mode-linux in the session that was made for this machine."""
    members: list[int] = []
    for pid in _processes():
        with contextlib.suppress(OSError):
            if os.getsid(pid) == machine.process.pid:
                members.append(pid)
    return members


def _processes() -> list[int]:
    """Processes of user-mode-linux on this host that we may look at."""
    binary = os.path.realpath(kernel())
    found: list[int] = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{name}/exe") == binary:
                    found.append(int(name))
    return found
