"""The resolver's agents of a lab's hypervisors (`cloud.resolver`): each runs in the node of its chassis."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence

from crossconnect.errors import Rejected
from crossconnect.lab.ovn.chassis import SWITCH_DATABASE
from crossconnect.lab.ovn.sandbox import OvnLab

AGENT_MODULE = "crossconnect.cloud.resolver"
CONFIGURATION, LOG, PID = (f"/run/resolver.{ending}" for ending in ("json", "log", "pid"))


def start_resolver(lab: OvnLab, chassis: str, name_servers: Sequence[str]) -> None:
    """Start a hypervisor's agent, where none runs; `name_servers` are addresses that the chassis' node reaches, such as
    the centre's. Raises Rejected when it ends at once."""
    plan = lab.chassis(chassis)
    told = {
        "chassis": plan.name,
        "southbound": plan.southbound,
        "name_servers": list(name_servers),
        "vsctl": [*plan.software.chroot, "ovs-vsctl", f"--db={SWITCH_DATABASE}", "--timeout=20"],
    }
    argv = shlex.join([sys.executable, "-m", AGENT_MODULE, CONFIGURATION])
    script = (
        f'kill -0 "$(cat {PID} 2>/dev/null)" 2>/dev/null && exit 0;'
        f" printf %s {shlex.quote(json.dumps(told))} >{CONFIGURATION};"
        f" setsid {argv} </dev/null >{LOG} 2>&1 & echo $! >{PID}; sleep 0.3;"
        f' kill -0 "$(cat {PID})" || {{ cat {LOG} >&2; exit 1; }}'
    )
    done = lab.lab.run(chassis, ["sh", "-c", script], timeout_s=30)
    if done.returncode:
        raise Rejected(f"the resolver of {chassis} ended: {done.stderr.strip()[-1000:]}")


def stop_resolver(lab: OvnLab, chassis: str, signal: str = "KILL") -> None:
    """End a hypervisor's agent; the namespaces that it made stay."""
    lab.lab.run(chassis, ["sh", "-c", f'kill -{signal} "$(cat {PID})"; rm -f {PID}'])
