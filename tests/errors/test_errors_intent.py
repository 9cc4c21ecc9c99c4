"""Bad intent in, findings out: each directory here is a region with one mistake planted.

Input: the files of `_base`, with those of the case put over them. Output: `expected.txt`, one finding per line as
`file:line:column severity code: message`, rewritten by UPDATE_GOLDEN=1. Lines on which an error is planted end in
`# wrong`; every one must be found, and no other line may be blamed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crossconnect.finding import Finding, Severity, has_errors
from crossconnect.intent.allocate import allocate
from crossconnect.intent.inventory import expand
from crossconnect.intent.lock_text import parse_lock
from crossconnect.intent.tree import read_region_from_texts
from crossconnect.intent.validate import validate

HERE = Path(__file__).parent
BASE = HERE / "_base"
CASES = sorted(path.name for path in HERE.iterdir() if path.is_dir() and path.name[0] not in "_.")
MARK = "# wrong"


def files_of(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes().decode("utf-8", "surrogateescape")
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != "expected.txt"
    }


def findings_of(texts: dict[str, str]) -> list[Finding]:
    """What `xc validate` has to say: reading, validation, and, where those are clean, allocation."""
    region, said = read_region_from_texts(texts)
    findings = list(said)
    lock = None
    if "region.lock" in texts:
        lock, said = parse_lock(texts["region.lock"])
        findings += said
    if region is not None:
        findings += validate(region)
        if not has_errors(findings):
            inventory, _ = expand(region)
            findings += allocate(region, inventory, lock)[1]
    return sorted(findings, key=Finding.sort_key)


def line_of(finding: Finding) -> str:
    return f"{finding.place} {finding.severity.value} {finding.code}: {finding.message}"


def test_the_base_itself_is_clean() -> None:
    assert [line_of(f) for f in findings_of(files_of(BASE))] == []


@pytest.mark.parametrize("case", CASES)
def test_planted_mistake_is_found_at_its_line(case: str) -> None:
    overlay = files_of(HERE / case)
    findings = findings_of({**files_of(BASE), **overlay})
    expected = HERE / case / "expected.txt"
    text = "".join(f"{line_of(finding)}\n" for finding in findings)
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(text)
    assert text == expected.read_text()
    planted = {
        (name, number)
        for name, content in overlay.items()
        for number, line in enumerate(content.split("\n"), 1)
        if MARK in line
    }
    blamed = {(f.place.file, f.place.line) for f in findings if f.severity is not Severity.NOTE}
    assert blamed == planted or not planted
    assert all(finding.hint for finding in findings)
