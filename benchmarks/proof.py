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

from proof_region import SIZES, Clos, write_proof_region, write_proof_tenant
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
CHANGES = """
import gc, itertools, json, statistics, sys, time
gc.disable()
from pathlib import Path
from crossconnect.cli.region import load_or_exit
from crossconnect.simulate import Failures, SessionKey, single_failures
from crossconnect.simulate.impact import Impacts
before, after = (load_or_exit(Path(path)).blueprint for path in sys.argv[1:3])
impacts = Impacts(before)
roles = {device.name: device.role for device in before.devices}
kinds = {}
for failure in single_failures(before):
    ends = [roles.get(name, "server") for key in failure.links for name in
            (impacts.topology.wires[key].a_device, impacts.topology.wires[key].b_device)]
    kinds.setdefault(" - ".join(sorted(ends)) + " link" if ends else roles[min(failure.devices)], []).append(failure)
key = next(SessionKey(d.name, i.name, n.key) for d in before.devices if d.role == "leaf"
           for i in d.network_instances if i.bgp for n in i.bgp.neighbors)
kinds["session of a leaf"] = [Failures(sessions=frozenset({key}))] * 20
def median_ms(calls):
    spent = []
    for call in calls:
        begin = time.process_time()
        call()
        spent.append(1000 * (time.process_time() - begin))
    return statistics.median(spent)
for failures in kinds.values():
    impacts.of(failures[0])  # compiled code is loaded by then
found = {kind: median_ms([lambda f=f: impacts.of(f) for f in failures[:: max(1, len(failures) // 40)]])
         for kind, failures in kinds.items()}
found["a tenant more (`Impacts.after`)"] = median_ms([lambda: impacts.after(after)] * 5)
changed = impacts.after(after)
some = single_failures(after)[::97]
found["a failure, asked of that tenant only"] = median_ms([lambda f=f: changed.of(f) for f in some])
print(json.dumps(found))
"""
PLANNED_MAX = 1000
"""`xc plan` is asked of no larger network: its region's Git history alone takes minutes to write."""


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


def changes(region: Path, clos: Clos) -> dict[str, float]:
    """Milliseconds of CPU that a running process takes for one change or one failure of each kind."""
    other = region.parent / "other"
    write_proof_region(other, clos)
    write_proof_tenant(other, 100, ["p0-leaf1", "p1-leaf2"])
    return json.loads(run([sys.executable, "-c", CHANGES, str(region), str(other)]).output.splitlines()[-1])


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
            found = step("sweep", region, a.runs)
            costs.setdefault("sweep", []).append(found["cpu"])
            what = f"{found['done']:.0f} failures, state included"
            print(f"| {size} | every single failure | {found['cpu']:.2f} | {found['mib']:.0f} | {what} |", flush=True)
            for kind, spent in changes(region, SIZES[size]).items():
                print(f"| {size} | in a running process: {kind} | {spent / 1000:.4f} | | median |", flush=True)
            if size <= PLANNED_MAX:
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
