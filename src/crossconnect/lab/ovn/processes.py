"""OVN's daemons in a node of a lab: each has a script by which it is started, and started again after it was killed.

/run/ovn/start/<process>      what the lab runs at first, and `start` later; harmless where it runs already
/run/ovn/<process>.pid        who it is, in the lab's own process namespace
/run/ovn/<process>.ctl        its control socket (`ovs-appctl`)
/run/ovn/<process>.log        what it says
/run/ovn/<database>.db        its database, where it is one
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence

from crossconnect.errors import Rejected
from crossconnect.lab.handle import Lab
from crossconnect.lab.ovn.software import OvnSoftware
from crossconnect.lab.plan import File

DIRECTORY = "/run/ovn"
KILL_TIMEOUT_S = 60.0

ENVIRONMENT = "\n".join(
    f"export {program}_{what}={DIRECTORY}"
    for program in ("OVN", "OVS")
    for what in ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR")
)
"""All that these programs keep in places of the machine's is kept in the node."""


NO_CONTROL_OPTION = ("ovn-controller",)
"""23.03's has no `--unixctl`: its socket has its process number in the name, which `ovs-appctl` finds by itself."""


def start_script(process: str, daemon: Sequence[str], before: Sequence[str] = (), after: Sequence[str] = ()) -> File:
    """The script that starts a daemon: commands before it, its command line without what all have, commands after."""
    # Monitored, as Debian's services are: 23.03's ovn-controller sometimes crashes when the southbound database is
    # wiped under it, and comes back. A SIGKILL is not taken for a crash, and ends the monitor too (daemon(8)).
    common = (
        f"--detach --monitor --no-chdir --overwrite-pidfile --pidfile={DIRECTORY}/{process}.pid"
        f" -vconsole:off -vsyslog:off --log-file={DIRECTORY}/{process}.log{_control_option(process)}"
    )
    program, *arguments = daemon
    # By its command line, since a number in a file may be somebody else's by now.
    running = (
        f'case "$(tr "\\0" " " 2>/dev/null </proc/$(cat {DIRECTORY}/{process}.pid 2>/dev/null)/cmdline)" in'
        f" *--pidfile={DIRECTORY}/{process}.pid*) exit 0;; esac"
    )
    lines = [ENVIRONMENT, running, *before]
    lines += [f"{program} {common} {shlex.join(arguments)}", *after]
    return File(path=start_path(process), content="\n".join(lines) + "\n")


def _control_option(process: str) -> str:
    return "" if process in NO_CONTROL_OPTION else f" --unixctl={DIRECTORY}/{process}.ctl"


def start_path(process: str) -> str:
    """Where the script of a process is."""
    return f"{DIRECTORY}/start/{process}"


def start_argv(software: OvnSoftware, *processes: str) -> tuple[str, ...]:
    """The command that starts processes, all at once; it ends when all serve, and fails when one does not."""
    scripts = [f"sh -e {start_path(process)}" for process in processes]
    if len(scripts) == 1:
        return (*software.chroot, *scripts[0].split())
    begun = " ".join(f'{script} & p="$p $!";' for script in scripts)
    return (*software.chroot, "sh", "-c", f"{begun} for i in $p; do wait $i || exit 1; done")


def start(lab: Lab, software: OvnSoftware, node: str, *processes: str) -> None:
    """Start processes of a node that do not run. Raises Rejected with what the one that failed said."""
    command = f"{shlex.join(start_argv(software, *processes))} </dev/null >/run/ovn/start.log 2>&1"
    done = lab.run(node, ["sh", "-c", f"{command} || {{ cat /run/ovn/start.log >&2; exit 1; }}"], timeout_s=60)
    if done.returncode:
        raise Rejected(f"{node}: {', '.join(processes)} did not start: {done.stderr.strip()[-1000:]}")


def kill(lab: Lab, node: str, *processes: str) -> None:
    """Kill processes of a node (SIGKILL) and wait until they are gone; one that does not run is left at that."""
    pids = " ".join(f"{DIRECTORY}/{process}.pid" for process in processes)
    script = f"""
        p=$(cat {pids} 2>/dev/null) || true
        [ -n "$p" ] || exit 0
        kill -9 $p 2>/dev/null || true
        for i in $p; do while kill -0 $i 2>/dev/null; do sleep 0.01; done; done
        rm -f {pids}"""
    done = lab.run(node, ["sh", "-c", script], timeout_s=KILL_TIMEOUT_S)
    if done.returncode:
        raise Rejected(f"{node}: {', '.join(processes)} could not be killed: {done.stderr.strip()[-500:]}")


def running(lab: Lab, node: str, *processes: str) -> tuple[str, ...]:
    """Which of these processes run."""
    script = "; ".join(
        f'p=$(cat {DIRECTORY}/{name}.pid 2>/dev/null) && kill -0 "$p" 2>/dev/null && echo {name}' for name in processes
    )
    return tuple(lab.run(node, ["sh", "-c", script]).stdout.split())


def appctl(lab: Lab, software: OvnSoftware, node: str, process: str, *words: str) -> str:
    """Ask a process by its control socket (`ovs-appctl`). Raises Rejected with what it says against that."""
    argv = appctl_argv(software, process, *words)
    return _said(lab.run(node, argv, timeout_s=100), f"{node}: {process}: {' '.join(words)}")


def appctl_argv(software: OvnSoftware, process: str, *words: str) -> tuple[str, ...]:
    """The command that asks a process by its control socket."""
    target = process if process in NO_CONTROL_OPTION else f"{DIRECTORY}/{process}.ctl"
    return ("env", f"OVS_RUNDIR={DIRECTORY}", *software.chroot, "ovs-appctl", "-t", target, *words)


def control(lab: Lab, software: OvnSoftware, node: str, program: str, *words: str) -> str:
    """Run `ovn-nbctl`, `ovs-vsctl` and their like in a node. Raises Rejected with what it says against that."""
    return _said(lab.run(node, [*software.chroot, program, *words], timeout_s=100), f"{node}: {program}")


def _said(done: subprocess.CompletedProcess[str], what: str) -> str:
    if done.returncode:
        raise Rejected(f"{what}: {done.stderr.strip()[-1000:]}")
    return done.stdout.strip()
