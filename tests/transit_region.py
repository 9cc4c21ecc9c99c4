"""A small region under Git with a transit provider, and a commit that changes what its borders prefer."""

from __future__ import annotations

import subprocess
from pathlib import Path

from crossconnect.cli.group import run

SECRET = "hunter2-of-transit"
"""Of the sessions with the transit provider."""
TRANSIT = """\
peers:
  - name: transit1
    asn: 64496
    announces: [0.0.0.0/0, 192.0.2.0/24]
    handoffs:
      - {border: pod1-border1, vrf: acme/prod, import_policy: in, export_policy: out, password: "env:TRANSIT_KEY"}
      - {border: pod1-border2, vrf: acme/prod, import_policy: in, export_policy: out, password: "env:TRANSIT_KEY"}
policies:
  - name: in
    statements:
      - {name: all, match: {prefix_set: theirs}, action: accept, set: {local_pref: 120}}
  - name: out
    statements:
      - {name: own, match: {prefix_set: ours}, action: accept}
prefix_sets:
  - {name: theirs, prefixes: [0.0.0.0/0, 192.0.2.0/24]}
  - {name: ours, prefixes: [10.1.0.0/16 le 24]}
"""
CALM = "design:\n  bfd: {multiplier: 50}\n  hold_time_s: 15\n"
"""Switches that are run for real bear it that a daemon gets no processor for seconds."""
BORDERS = ("pod1-border1", "pod1-border2")
"""What the second commit changes."""


def git(root: Path, *arguments: str) -> str:
    """With a name of its own; what it prints."""
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.net", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def write_region(root: Path, borders: str = "frr", *, twice: bool = False) -> None:
    """One spine and one leaf, or two of each (`twice`), two borders of a system; the second commit prefers what comes
    from the transit provider."""
    assert run(["init", str(root)]) == 0
    pod = root / "fabric" / "pod1.yaml"
    spines = f"spines: {{count: {1 + twice}}}"
    text = pod.read_text().replace("spines: {count: 2}", f"{spines}\n    border_leaves: {{count: 2, nos: {borders}}}")
    pod.write_text(text if twice else text[: text.index("      - name: pod1-rack2")])
    (root / "checks" / "promises.yaml").write_text("promises: []\n")
    if borders == "frr":
        design = root / "region.yaml"
        design.write_text(design.read_text().replace("design:\n", CALM, 1))
    transit = root / "edge" / "transit.yaml"
    transit.parent.mkdir()
    transit.write_text(TRANSIT)
    assert run(["lock", "-C", str(root)]) == 0
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "the network as it is")
    transit.write_text(TRANSIT.replace("local_pref: 120", "local_pref: 130"))
    git(root, "add", "-A")
    git(root, "commit", "-qm", "prefer transit")
