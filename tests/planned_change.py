"""A plan for switches that answer nobody: what would be begun is told from what is refused by what is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossconnect.cli.group import run
from ssh_peers import free_port
from transit_region import git


def planned(directory: Path, rules: str = "") -> Path:
    """The region of `xc init` under Git, with rules where some are given, and a change of its four switches on a branch
    of its own; beside it a plan and an access file."""
    root = directory / "small"
    assert run(["init", str(root)]) == 0
    (root / "checks").mkdir(exist_ok=True)
    if rules:
        (root / "checks" / "change-rules.yaml").write_text(rules)
    assert run(["lock", "-C", str(root)]) == 0
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "the network as it is")
    git(root, "checkout", "-qb", "change")
    file = root / "region.yaml"
    file.write_text(file.read_text().replace("design:\n", "design:\n  maximum_paths: 32\n"))
    git(root, "commit", "-qam", "fewer paths")
    arguments = ["plan", "-C", str(root), "--parent", "main", "--no-effects", "-o", str(directory / "a.plan")]
    assert run(arguments) == 0
    nobody = f"{{user: xc, password: 'env:NONE', unchecked: true, address: 127.0.0.1, port: {free_port()}}}"
    (directory / "access.yaml").write_text(f"defaults: {nobody}\n")
    return root


def applied(root: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    """Exit code and what is said."""
    directory = root.parent
    capsys.readouterr()
    access = ("--access", str(directory / "access.yaml"), "-C", str(root))
    code = run(["apply", str(directory / "a.plan"), *access, *more])
    return code, capsys.readouterr().err
