"""Plans carried out on a lab of 20 routers under traffic: how long it takes, and what is lost.

    sudo nice -n -5 .venv/bin/python benchmarks/rollout.py [--soak 3] [--keep]

`examples/metro` with six more racks, real FRR in network namespaces, flows of 1,000 packets per second each:

1. a new tenant on 12 leaves, wave by wave; flows of other tenants, inside and outside
2. two borders swap which prefix a tenant takes over them, so that in every order one prefix is nowhere for a wave:
   flows of which the plan says so, others of the same tenant, and of another one
3. another preference for what a tenant takes from outside, of which the plan says that it costs nothing; its flows
4. a policy whose rendering is spoilt, so that it drops the default route at the canary; flows to the outside
5. a spine is drained, power-cycled, put back; flows between pods and racks

The example's rules demand that somebody else agrees to most of them: `xc approve` before `xc apply`. Its rule that what
interrupts is done by night is left out, else the second one could be measured by night only.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from crossconnect.cli.plan_saving import read_plan
from crossconnect.cli.rollout_chapter.changes import spoilt
from crossconnect.lab import Lab, apply_failure, heal, open_lab, wait_converged
from crossconnect.lab.failure import Failure
from crossconnect.lab.flows import FlowSpec, FlowSummary, finish_flows, start_flows, summarise
from crossconnect.rollout.saved_plan import encoded

ROOT = Path(__file__).resolve().parent.parent
LAB = "rollout-bench"
XC = [sys.executable, "-m", "crossconnect.cli"]

TENANT = """\
tenants:
  - name: umbrella
    vrfs:
      - name: prod
        segments:
          - {name: app, gateways: [10.90.1.1/24, "2001:db8:90:1::1/64"], leaves: [all]}
"""


def rack(pod: str, number: int, tagged: bool) -> str:
    """A rack with one server of acme, which has a port in the new tenant's segment as well once that is there."""
    n = 20 + 10 * (pod == "s1") + number
    own = f'{{segment: acme/prod/web, addresses: [10.10.1.{n}/24, "2001:db8:10:1::{n}/64"]}}'
    new = f'{{segment: umbrella/prod/app, tagged: true, addresses: [10.90.1.{n}/24, "2001:db8:90:1::{n}/64"]}}'
    segments = f"[{own}, {new}]" if tagged else f"[{own}]"
    return f"      - name: {pod}-rack{number}\n        servers:\n          - {{name: w{n}, segments: {segments}}}\n"


ONE, OTHER = "192.0.2.0/24", "198.51.100.0/24"


def write_edge(root: Path, first: str, second: str) -> None:
    """The transit provider announces a prefix more; globex takes one of the two over each border, and no default."""
    text = (ROOT / "examples/metro/edge/transit.yaml").read_text()
    text = text.replace(f'::/0", {ONE}', f'::/0", {ONE}, {OTHER}')
    for border, name in (("n1-border1", first), ("n1-border2", second)):
        handoff = f"border: {border}, vrf: globex/prod, import_policy: "
        text = text.replace(f"{handoff}from-transit", f"{handoff}{border}-globex")
        policy = (
            f"  - name: {border}-globex\n    statements:\n"
            f"      - {{name: one, match: {{prefix_set: {name}}}, action: accept}}\n"
        )
        text = text.replace("\nprefix_sets:\n", f"{policy}\nprefix_sets:\n")
    text += f"  - {{name: one, prefixes: [{ONE}]}}\n  - {{name: other, prefixes: [{OTHER}]}}\n"
    (root / "edge" / "transit.yaml").write_text(text)


def write_racks(root: Path, tagged: bool) -> None:
    """Six racks more than the example has, of which four are in the other pod."""
    for pod, name, numbers in (("n1", "north", (5, 6)), ("s1", "south", (3, 4, 5, 6))):
        text = (ROOT / "examples/metro/fabric" / f"{name}.yaml").read_text().rstrip("\n") + "\n"
        (root / "fabric" / f"{name}.yaml").write_text(text + "".join(rack(pod, n, tagged) for n in numbers))


def run(root: Path, *arguments: str) -> str:
    """A command's output; it must succeed."""
    done = subprocess.run(arguments, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def commit(root: Path, message: str) -> None:
    """The region's files as they are, with their numbers."""
    run(root, *XC, "lock")
    run(root, "git", "add", "-A")
    run(root, "git", "-c", "user.name=Bench", "-c", "user.email=bench@example.net", "commit", "-qm", message)


def approve(root: Path, plan: str) -> None:
    """Somebody else agrees."""
    run(root, *XC, "approve", plan, "--as", "bob@example.net")


def apply(root: Path, *arguments: str) -> tuple[int, list[dict[str, object]], float]:
    """A command that carries a plan out: its exit code, its JSON lines, its seconds."""
    began = time.monotonic()
    done = subprocess.run([*XC, *arguments, "-o", "jsonl"], cwd=root, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode > 1 or not lines:
        raise SystemExit(f"{' '.join(arguments)}: {done.returncode}\n{done.stderr[-3000:]}")
    return done.returncode, lines, time.monotonic() - began


class Traffic:
    """Flows under way, as long as it takes."""

    def __init__(self, lab: Lab, flows: Sequence[tuple[str, str]], seconds: float) -> None:
        self.names = [f"{a} > {b}" for a, b in flows]
        self.run = start_flows(lab, [flow(lab, n, a, b) for n, (a, b) in enumerate(flows)], seconds)
        self.seconds = seconds

    def end(self) -> list[FlowSummary]:
        """Wait for the last packet; what was lost."""
        return [summarise(trace) for trace in finish_flows(self.run)]


@contextlib.contextmanager
def traffic(lab: Lab, flows: Sequence[tuple[str, str]], seconds: float, what: str) -> Iterator[None]:
    """Flows while something is done; says what of them was lost."""
    begun = Traffic(lab, flows, seconds)
    start = time.monotonic()
    yield
    took = time.monotonic() - start
    for name, s in zip(begun.names, begun.end(), strict=True):
        print(f"    {what}: {name}: {s.lost} of {s.sent} packets lost, longest gap {s.longest_gap_ms:.1f} ms")
    if took > seconds:
        print(f"    !! it took {took:.0f} s, traffic ran for {seconds:.0f} s only")


def flow(lab: Lab, number: int, source: str, destination: str) -> FlowSpec:
    """From a server to another one, to an external router's 192.0.2.1, or to an address behind transit1."""
    hosts = {host.name: host.endpoints[0] for host in lab.blueprint.hosts}
    end = hosts.get(destination)
    behind = destination if destination[0].isdigit() else "192.0.2.1"
    return FlowSpec(
        number=number,
        source=source,
        destination="transit1" if destination[0].isdigit() else destination,
        source_address=hosts[source].addresses[0].partition("/")[0],
        destination_address=end.addresses[0].partition("/")[0] if end else behind,
        source_port=20_000 + number,
        destination_port=30_000 + number,
        source_interface=hosts[source].interface,
    )


def told(lines: list[dict[str, object]], seconds: float) -> str:
    """How carrying out ended."""
    end = lines[-1]
    gates = [line for line in lines if line.get("step") == "gate" and line.get("status") == "done"]
    return (
        f"{end['outcome']} in {end['seconds']} s ({seconds:.1f} s with start), {len(gates)} gates held {end['failure']}"
    )


def times(lines: list[dict[str, object]]) -> str:
    """What the steps took, of each kind together, those of a wave's devices at once."""
    begun: dict[tuple[object, object], float] = {}
    sums: dict[str, float] = {}
    ended: dict[tuple[object, object], float] = {}
    for line in lines:
        if line["event"] == "step":
            key = (line["wave"], line["step"])
            moment = float(str(line["seconds"]))
            if line["status"] == "begin":
                begun.setdefault(key, moment)
            else:
                ended[key] = moment
    for key, moment in ended.items():
        sums[str(key[1])] = sums.get(str(key[1]), 0.0) + moment - begun[key]
    return ", ".join(f"{step} {seconds:.1f} s" for step, seconds in sums.items())


def new_tenant(root: Path, lab: Lab, soak: int) -> None:
    """A tenant more on all leaves."""
    (root / "tenancy" / "umbrella.yaml").write_text(TENANT)
    write_racks(root, tagged=True)
    commit(root, "a tenant more")
    began = time.monotonic()
    run(root, *XC, "plan", "--parent", "HEAD~1", "-o", "plans/tenant.plan", "--soak", str(soak))
    print(f"new tenant: plan {time.monotonic() - began:.1f} s")
    plan, _ = read_plan(root / "plans/tenant.plan")
    print(f"    {len(plan.devices)} devices in {len(plan.waves)} waves, {len(plan.probes)} probes")
    flows = [("acme-web1", "acme-web2"), ("w25", "w33"), ("globex-shop1", "globex-stock2"), ("acme-web1", "transit1")]
    approve(root, "plans/tenant.plan")
    with traffic(lab, flows, 100, "outside the change"):
        code, lines, seconds = apply(root, "apply", "plans/tenant.plan", "-n", LAB)
    print(f"    apply: {told(lines, seconds)}; of that {soak * len(plan.waves)} s soak, exit code {code}")
    print(f"    {times(lines)}")


def predicted(root: Path, lab: Lab, soak: int) -> None:
    """A change that costs packets by its plan, and one that does not."""
    write_edge(root, "other", "one")
    commit(root, "each border takes the other prefix for globex")
    arguments = ("plan", "--parent", "HEAD~1", "-o", "plans/swap.plan", "--soak", str(soak))
    refused = subprocess.run([*XC, *arguments], cwd=root, capture_output=True, text=True, check=False)
    run(root, *XC, *arguments, "--allow-break", "globex-prod")
    plan, _ = read_plan(root / "plans/swap.plan")
    print(f"swap of two prefixes: planned only when it is accepted by name (exit code {refused.returncode} before);")
    print(f"    every order looked at: {plan.exhaustive}; named: {'; '.join(b.what for b in plan.breaks)}")
    approve(root, "plans/swap.plan")
    flows = [("globex-shop1", "192.0.2.1"), ("globex-shop1", "198.51.100.1"), ("globex-shop1", "globex-stock2")]
    with traffic(lab, [*flows, ("acme-web1", "transit1"), ("acme-web1", "acme-web2")], 50, "swap"):
        code, lines, seconds = apply(root, "apply", "plans/swap.plan", "-n", LAB)
    print(f"    apply: {told(lines, seconds)}, exit code {code}")
    path = root / "edge" / "transit.yaml"
    path.write_text(path.read_text().replace("local_pref: 120", "local_pref: 125"))
    commit(root, "another preference for acme")
    run(root, *XC, "plan", "--parent", "HEAD~1", "-o", "plans/preference.plan", "--soak", str(soak))
    plan, _ = read_plan(root / "plans/preference.plan")
    print(f"another preference: {len(plan.breaks)} breaks named")
    approve(root, "plans/preference.plan")
    inside = [("acme-web1", "transit1"), ("w25", "transit1"), ("acme-web1", "acme-web2"), ("w25", "w33")]
    with traffic(open_lab(LAB), inside, 50, "inside the tenant"):
        code, lines, seconds = apply(root, "apply", "plans/preference.plan", "-n", LAB)
    print(f"    apply: {told(lines, seconds)}, exit code {code}")


def bad_policy(root: Path, lab: Lab, soak: int) -> None:
    """A change of the borders' policy that was planned well and rendered badly."""
    path = root / "edge" / "transit.yaml"
    path.write_text(path.read_text().replace("local_pref: 12", "local_pref: 13"))
    commit(root, "another preference")
    run(root, *XC, "plan", "--parent", "HEAD~1", "-o", "plans/good.plan", "--soak", str(soak))
    plan, _ = read_plan(root / "plans/good.plan")
    made = spoilt(plan)
    assert made is not None
    bad, _ = made
    (root / "plans" / "bad.plan").write_bytes(encoded(bad))
    acme = [("acme-web1", "transit1"), ("w25", "transit1"), ("w33", "transit1"), ("acme-web1", "acme-web2")]
    globex = [("globex-shop1", "192.0.2.1"), ("globex-shop1", "globex-stock2")]
    approve(root, "plans/bad.plan")
    with traffic(lab, [*acme, *globex], 60, "both tenants, to the outside and inside"):
        code, lines, seconds = apply(root, "apply", "plans/bad.plan", "-n", LAB)
    steps = [line for line in lines if line["event"] == "step"]
    commits = [line for line in steps if line["step"] == "commit" and line["status"] == "begin"]
    proofs = [line for line in steps if line["step"] == "proof" and line["status"] == "done"]
    print(f"bad policy: {told(lines, seconds)}, exit code {code}")
    print(f"    touched: {', '.join(sorted({str(line['device']) for line in commits}))}")
    if proofs:
        back = float(str(proofs[-1]["seconds"])) - float(str(commits[0]["seconds"]))
        print(f"    from the commit to the network seen as before: {back:.1f} s")
    run(root, "git", "reset", "-q", "--hard", "HEAD~1")


def maintenance(root: Path, lab: Lab, soak: int) -> None:
    """A spine out of traffic, off, on, back."""
    spine = "n1-spine1"
    flows = [("acme-web1", "acme-web2"), ("w25", "w33"), ("acme-web1", "transit1"), ("globex-shop1", "globex-stock2")]
    with traffic(lab, flows, 75, "maintenance"):
        _, out, _ = apply(root, "drain", spine, "-n", LAB, "--soak", str(soak))
        began = time.monotonic()
        failure = Failure(kind="device-failure", target=spine)
        apply_failure(open_lab(LAB), failure)
        time.sleep(3)
        heal(open_lab(LAB), failure)
        settled = wait_converged(open_lab(LAB))
        reload_s = time.monotonic() - began
        _, back, _ = apply(root, "undrain", spine, "-n", LAB, "--soak", str(soak))
    print(f"maintenance of {spine}: drain {told(out, 0)}; off and on {reload_s:.1f} s, converged {settled.converged};")
    print(f"    undrain {told(back, 0)}")


PARTS = (("tenant", new_tenant), ("predicted", predicted), ("bad", bad_policy), ("maintenance", maintenance))


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--soak", type=int, default=3)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--only", choices=["tenant", "predicted", "bad", "maintenance"], default="")
    chosen = parser.parse_args()
    os.environ["XC_OUTPUT"] = "table"
    root = Path(tempfile.mkdtemp(prefix="rollout-bench-"))
    shutil.copytree(ROOT / "examples/metro", root, dirs_exist_ok=True)
    write_racks(root, tagged=False)
    write_edge(root, "one", "other")
    rules = root / "checks" / "change-rules.yaml"
    kept = [line for line in rules.read_text().splitlines(keepends=True) if "by-night" not in line]
    rules.write_text("".join(kept))
    run(root, "git", "init", "-q")
    commit(root, "the region")
    try:
        began = time.monotonic()
        run(root, *XC, "lab", "up", "-n", LAB, "--bfd", "as-configured", "--no-lldp")
        lab = open_lab(LAB)
        print(f"lab of {len(lab.blueprint.devices)} routers up and converged in {time.monotonic() - began:.0f} s")
        for name, part in PARTS:
            if chosen.only in ("", name):
                part(root, open_lab(LAB), chosen.soak)
                assert wait_converged(open_lab(LAB)).converged
    finally:
        if not chosen.keep:
            subprocess.run([*XC, "lab", "down", "-n", LAB], cwd=root, check=False)
            shutil.rmtree(root)


if __name__ == "__main__":
    main()
