"""Labs of growing size: boot to full convergence, memory per router.

    python benchmarks/lab_boot.py [6 20 50 100]

Full convergence: every BGP session up and every table equal to the predicted state. Memory is the proportional set size
(PSS) of all processes of the lab's nodes.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from crossconnect.cli.region import load_or_exit
from crossconnect.lab import LabOptions, down, up, wait_converged
from crossconnect.lab.convergence import COMPARED_TABLES
from crossconnect.lab.lifecycle import node_processes
from crossconnect.simulate import simulate
from synthetic import write_region

NAME = "bench"

REST_S = 20.0
"""Between labs: the kernel goes on removing namespaces for a while after their last process has gone."""


def memory_mib(pids: list[int]) -> float:
    """PSS of processes."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return total / 1024


def lab_sizes(sizes: tuple[int, ...] = (6, 20, 50, 100)) -> None:
    """Print a row per size."""
    print("\n## Lab: boot to full convergence (one pod; 2 VRFs, 4 segments, one server per leaf; no LLDP)\n")
    print("| routers | nodes up, s | sessions up, s | as predicted, s | rows compared | MiB | MiB a router |")
    print("|---|---|---|---|---|---|---|")
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            region = Path(scratch) / "region"
            write_region(region, size, vrfs=2, segments=4, servers=1)
            ready = load_or_exit(region)
            expected = simulate(ready.blueprint)
            rows = sum(len(getattr(expected, name)) for name in COMPARED_TABLES if name != "lldp")
            down(NAME)
            time.sleep(REST_S)
            begin = time.monotonic()
            try:
                lab = up(ready.blueprint, LabOptions(name=NAME, lldp=False))
                booted = time.monotonic() - begin
                result = wait_converged(lab, expected, timeout_s=300)
                total = time.monotonic() - begin
                pids = [
                    pid for programs in node_processes(lab).values() for found in programs.values() for pid in found
                ]
                mib = memory_mib(pids)
            finally:
                down(NAME)
        mark = "" if result.converged else " (NOT)"
        sessions = "never" if result.sessions_s is None else f"{booted + result.sessions_s:.1f}"
        print(
            f"| {size} | {booted:.1f} | {sessions} | {total:.1f}{mark} | {rows:,} | {mib:.0f} | {mib / size:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    lab_sizes(tuple(int(a) for a in sys.argv[1:]) or (6, 20, 50, 100))
