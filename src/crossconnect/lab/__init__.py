"""A blueprint as real daemons in network namespaces on one machine.

Invariant: no system service or name is touched; everything a lab made is found again from its own run directory and
removed, however the run ended; what a backend cannot do faithfully is refused, never approximated in silence.

    plan_lab (pure)   blueprint -> LabPlan: namespaces, links, commands, files, daemons
    run_lab           LabPlan -> running daemons, on whichever machine this process is on
    collect_state     daemons' own words -> state tables
"""

from crossconnect.lab.backend import Choice, Refusal, choose_backend, lab_features
from crossconnect.lab.capture import capture, exec_command, execute
from crossconnect.lab.collection import collect_state
from crossconnect.lab.convergence import Convergence, wait_converged
from crossconnect.lab.failure import Failure, Injection, apply_failure, heal
from crossconnect.lab.flows import FlowSpec, FlowSummary, FlowTrace, end_flows, finish_flows, start_flows, summarise
from crossconnect.lab.handle import Lab, LabRecord, open_lab
from crossconnect.lab.host import HostFacts, probe_host
from crossconnect.lab.lifecycle import LabStatus, NodeStatus, down, list_labs, status, up
from crossconnect.lab.options import LabOptions
from crossconnect.lab.pings import Ping, PingResult, announce_hosts, host_pairs, ping_matrix
from crossconnect.lab.plan import LabPlan
from crossconnect.lab.planning import Realising, plan_lab
from crossconnect.lab.runtime import run_lab

__all__ = [
    "Choice",
    "Convergence",
    "Failure",
    "FlowSpec",
    "FlowSummary",
    "FlowTrace",
    "HostFacts",
    "Injection",
    "Lab",
    "LabOptions",
    "LabPlan",
    "LabRecord",
    "LabStatus",
    "NodeStatus",
    "Ping",
    "PingResult",
    "Realising",
    "Refusal",
    "announce_hosts",
    "apply_failure",
    "capture",
    "choose_backend",
    "collect_state",
    "down",
    "end_flows",
    "exec_command",
    "execute",
    "finish_flows",
    "heal",
    "host_pairs",
    "lab_features",
    "list_labs",
    "open_lab",
    "ping_matrix",
    "plan_lab",
    "probe_host",
    "run_lab",
    "start_flows",
    "status",
    "summarise",
    "up",
    "wait_converged",
]
