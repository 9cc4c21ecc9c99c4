"""Comparisons of a run as a record that the reference page is made from (`docs/reference/fidelity.json`).

One entry per FRR version; a run replaces the entry of its version and leaves the others.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path

from fidelity import HEARD, SEED, Comparison

FORMAT_VERSION = 1
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
    "policies": "random policies, limits and drains, changed on the running lab",
}
"""By case, or by its beginning up to a hyphen."""


def feature_of(comparison: Comparison) -> str:
    """What a comparison is of. KeyError for a case that nobody has described."""
    case = comparison.case
    found = FEATURES.get(case) or FEATURES[case.partition("-")[0]]
    return f"{found}: what external routers hear" if comparison.event == HEARD else found


def write(path: Path, comparisons: Sequence[Comparison], seconds: float) -> None:
    """Put the run into the record at `path`."""
    runs = {run["frr"]: run for run in json.loads(path.read_text())["runs"]} if path.exists() else {}
    for frr in sorted({c.frr for c in comparisons}):
        groups: dict[tuple[str, str], list[Comparison]] = {}
        for comparison in comparisons:
            if comparison.frr == frr:
                groups.setdefault((feature_of(comparison), comparison.backend), []).append(comparison)
        runs[frr] = {
            "frr": frr,
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
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
