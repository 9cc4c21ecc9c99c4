"""Comparisons of a run as a record that the reference page is made from (`docs/reference/fidelity.json`).

One entry per FRR version; a run replaces the entry of its version as a whole and leaves the others. An entry says which
commit it is of, whether files differed from that commit, and how many tests failed: one that fails before it compares
anything would leave no other trace.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from fidelity import HEARD, SEED, Comparison

FORMAT_VERSION = 2
REPOSITORY = Path(__file__).parents[2]
COMPARED = ("src", "tests/lab", "tests/regions.py")
"""What a comparison is of: the simulation, what daemons are given, and the tests. Other files may change meanwhile."""
FEATURES = {
    "numbered": "numbered underlay, 3-stage, with LLDP",
    "unnumbered": "unnumbered underlay (RFC 8950), 3-stage",
    "five-stage-numbered": "numbered underlay, 5-stage, two planes",
    "five-stage-unnumbered": "unnumbered underlay, 5-stage, routed and layer-2 segments",
    "layer-2": "layer-2 segments alone, no VRF",
    "tenants": "two tenants with two VRFs each (L3VNI, type 5)",
    "ipv4-only": "IPv4-only underlay, dual-stack tenants",
    "drained": "drained spine (RFC 8326), numbered and unnumbered",
    "parallel": "parallel links, numbered and unnumbered",
    "border-policies": "border, BIRD, MD5, every policy action",
    "border-frr": "border, external router is FRR, BFD",
    "border-unnumbered": "two borders, unnumbered, all segments everywhere",
    "explain": "best paths with their reason, two borders and two pods",
    "ethernet-segments": "dual-homed servers, Ethernet segments",
    "leak": "leaking between VRFs",
    "one": "two labs of one region at once",
    "two": "two labs of one region at once",
    "random": "random regions",
    "kernel": "random regions with dual-homed servers or leaking",
    "policies": "random policies, limits and drains, changed on the running lab",
}
"""By case, or by its beginning up to a hyphen."""


def feature_of(comparison: Comparison) -> str:
    """What a comparison is of. KeyError for a case that nobody has described."""
    case = comparison.case
    found = FEATURES.get(case) or FEATURES[case.partition("-")[0]]
    return f"{found}: what external routers hear" if comparison.event == HEARD else found


class Source(msgspec.Struct, frozen=True):
    """What the simulation was at a moment."""

    commit: str
    """Empty outside of a Git repository."""
    edited: bool
    """Whether any of `COMPARED` differed from that commit."""
    trees: str
    """What `COMPARED` was in that commit, as hashes."""


class Tests(msgspec.Struct, frozen=True):
    """How the tests of a run ended."""

    passed: int
    failed: int
    skipped: int


def source() -> Source:
    """What is checked out now."""
    commit = _git("rev-parse", "HEAD").strip()
    edited = _git("status", "--porcelain", "--", *COMPARED) != ""
    return Source(commit, edited, _git("rev-parse", *(f"HEAD:{path}" for path in COMPARED)))


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(REPOSITORY), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:  # no Git here: an unpacked release
        return ""
    return done.stdout if done.returncode == 0 else ""


def write(path: Path, comparisons: Sequence[Comparison], seconds: float, began_at: Source, tests: Tests) -> None:
    """Put the run, which began at some source, into the record at `path`."""
    now = source()
    runs = {run["frr"]: run for run in json.loads(path.read_text())["runs"]} if path.exists() else {}
    for frr in sorted({c.frr for c in comparisons}):
        groups: dict[tuple[str, str], list[Comparison]] = {}
        for comparison in comparisons:
            if comparison.frr == frr:
                groups.setdefault((feature_of(comparison), comparison.backend), []).append(comparison)
        runs[frr] = {
            "frr": frr,
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "commit": began_at.commit,
            "edited": began_at.edited or now.edited or now.trees != began_at.trees,
            "tests": {"passed": tests.passed, "failed": tests.failed, "skipped": tests.skipped},
            "kernel": platform.release(),
            "cores": os.cpu_count(),
            "seconds": round(seconds),
            "seed": SEED,
            "features": [
                {
                    "feature": feature,
                    "backend": backend,
                    "situations": len(members),
                    "rows": sum(c.rows for c in members),
                    "differences": sum(c.differences for c in members),
                }
                for (feature, backend), members in groups.items()
            ],
        }
    ordered = [runs[frr] for frr in sorted(runs, key=lambda version: [int(part) for part in version.split(".")])]
    path.write_text(json.dumps({"format_version": FORMAT_VERSION, "runs": ordered}, indent=1) + "\n")
