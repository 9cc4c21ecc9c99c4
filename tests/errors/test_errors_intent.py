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
from crossconnect.intent import codes, management_codes
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
            inventory, _ = expand(region, lock)
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


PEERS = {
    # Design errors that were planted in other tools' inputs, most of which those accept, and the same mistake here.
    "VLAN id 5000": "vlan-5000",
    "same VLAN id twice": "vlan-on-two-segments",
    "VNI over 2^24": "vni-over-24-bits",
    "same VNI on two VLANs": "vni-on-two-segments",
    "duplicate VNI of VRFs": "l3vni-on-two-vrfs",
    "L2VNI collides with L3VNI": "l2vni-is-l3vni",
    "same subnet twice in a VRF": "prefix-twice-in-vrf",
    "tenant subnet over an underlay pool": "tenant-prefix-over-pool",
    "loopback pool over link pool": "loopback-pool-over-link-pool",
    "link pool too small": "link-pool-too-small",
    "leaf ASN is spine ASN": "leaf-asn-is-spine-asn",
    "two racks share an ASN": "racks-share-an-asn",
    "two leaves on one spine port": "two-leaves-on-one-spine-port",
    "server on a port used as uplink": "link-and-server-in-a-port",
    "link to an unknown switch": "cable-to-unknown-device",
    "two devices of one name": "device-name-taken",
    "server on a VLAN not defined": "segment-nobody-defines",
    "VLAN in an unknown VRF": "vrf-unknown",
    "fabric MTU below tenant MTU": "fabric-mtu-too-small",
    "gateway malformed": "gateway-malformed",
}


@pytest.mark.parametrize("mistake", PEERS)
def test_a_mistake_planted_in_other_tools_is_refused_here(mistake: str) -> None:
    assert " error " in (HERE / PEERS[mistake] / "expected.txt").read_text()


TESTED_WITH_FILES = {"intent.no-region", "intent.file-unreadable", "intent.file-too-large"}
"""In tests/unit/intent/test_intent_tree.py: a tree without region.yaml, files that are none, limits."""


def test_every_code_of_reading_and_validating_has_a_case() -> None:
    shown = {
        line.split(": ")[0].rpartition(" ")[2]
        for case in CASES
        for line in (HERE / case / "expected.txt").read_text().splitlines()
    }
    assert {code.name for code in (*codes.CODES, *management_codes.CODES)} - shown == TESTED_WITH_FILES
