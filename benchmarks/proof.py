"""The proof's figures: full state, every single failure, a tenant's plan; prints Markdown.

    python benchmarks/proof.py [100] [1000] [10000] [--runs 3] [--peer PYTHON]

Each figure is one process's CPU seconds (user + system) and peak memory, the median of `--runs`; what was before the
measured step (start, imports, reading and designing the region) is subtracted in the first two tables and told. `--peer
PYTHON` names an interpreter that has matrix-bgpsim; the script in ../shared/peers then solves the same Clos beside us.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

from proof_region import SIZES, write_proof_region, write_proof_tenant
from run import PEERS, XC, middle, run

STEP = """
import gc, json, resource, sys, time
gc.disable()  # as xc does
from pathlib import Path
from crossconnect.cli.region import load_or_exit
from crossconnect.checks import check_under_failure
from crossconnect.simulate import Network
from crossconnect.simulate.impact import Impacts
from crossconnect.simulate.topology import topology
blueprint = load_or_exit(Path(sys.argv[2])).blueprint
begin = time.process_time()
if sys.argv[1] == "state":
    impacts = Impacts(blueprint)
    done = len(impacts.realms)
else:
    done = len(check_under_failure(blueprint, only=()).reports)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"before": begin, "cpu": time.process_time() - begin, "mib": memory, "done": done}))
"""
SWEPT_MAX = 1000
"""Larger networks are swept by a sample only: see docs/reference/fidelity.md and RESULTS.md."""


def step(kind: str, region: Path, runs: int) -> dict[str, float]:
    """Median figures of one measured step."""
    results = [
        json.loads(run([sys.executable, "-c", STEP, kind, str(region)]).output.splitlines()[-1]) for _ in range(runs)
    ]
    return sorted(results, key=lambda r: r["cpu"])[len(results) // 2]


def exponent(sizes: list[int], costs: list[float]) -> str:
    """The growth between the smallest and the largest size, as a power of the number of switches."""
    if len(sizes) < 2:
        return "-"
    return f"{math.log(costs[-1] / costs[0]) / math.log(sizes[-1] / sizes[0]):.2f}"


def plan_one_tenant(region: Path, runs: int) -> tuple[float, float]:
    """`xc plan` of a new tenant on two leaves, from files to blast radius under all single failures."""
    run(["git", "init", "-q", str(region)])
    run([*XC, "lock", "-C", str(region)])
    git = ["git", "-C", str(region), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    run([*git, "add", "-A"])
    run([*git, "commit", "-q", "-m", "parent"])
    write_proof_tenant(region, 100, ["p0-leaf1", "p1-leaf2"])
    cost = middle([run([*XC, "plan", "-C", str(region), "--no-check"]) for _ in range(runs)])
    return cost.cpu_s, cost.memory_mib


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("sizes", nargs="*", type=int, default=[100, 1000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer", default="", help="python with matrix-bgpsim installed")
    a = parser.parse_args()
    print("| switches | step | CPU s | peak MiB | what |\n|---|---|---|---|---|")
    costs: dict[str, list[float]] = {}
    for size in a.sizes:
        with tempfile.TemporaryDirectory() as scratch:
            region = Path(scratch) / "region"
            write_proof_region(region, SIZES[size])
            found = step("state", region, a.runs)
            costs.setdefault("state", []).append(found["cpu"])
            what = f"{found['done']:.0f} networks, every way between VTEPs; {found['before']:.1f} s before it"
            print(f"| {size} | full state | {found['cpu']:.2f} | {found['mib']:.0f} | {what} |", flush=True)
            if size <= SWEPT_MAX:
                found = step("sweep", region, a.runs)
                costs.setdefault("sweep", []).append(found["cpu"])
                what = f"{found['done']:.0f} failures, state included"
                print(
                    f"| {size} | every single failure | {found['cpu']:.2f} | {found['mib']:.0f} | {what} |", flush=True
                )
                cpu, mib = plan_one_tenant(region, a.runs)
                costs.setdefault("plan", []).append(cpu)
                print(f"| {size} | `xc plan` of a tenant | {cpu:.2f} | {mib:.0f} | whole process |", flush=True)
        if a.peer:
            done = subprocess.run(
                [a.peer, str(PEERS / "mbench.py"), str(size)], capture_output=True, text=True, check=False
            )
            print(
                f"| {size} | matrix-bgpsim, same Clos | | | `{(done.stdout or done.stderr).strip().splitlines()[-1]}` |"
            )
    for name, values in costs.items():
        print(f"\ngrowth of {name}: switches ^ {exponent(a.sizes[: len(values)], values)}")


if __name__ == "__main__":
    main()
