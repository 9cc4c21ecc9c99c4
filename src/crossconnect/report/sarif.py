"""Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines of a pull request.

A finding without a line (of a simulated device, of a failure) stands at the region's first file, since a result without
a place is shown nowhere; the path into the model is its logical location.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import msgspec

import crossconnect
from crossconnect import __version__
from crossconnect.finding import Code, Finding, Place, Severity

RESULTS_MAX = 5000
"""As many as GitHub shows of a run; it cuts off by severity, too."""
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_FIRST_FILE = "region.yaml"

Baseline = Literal["new", "unchanged"]
_BASELINES: tuple[Baseline, ...] = ("new", "unchanged")


def all_codes() -> tuple[Code, ...]:
    """Every kind of finding, by name."""
    # By file, since packages import more than codes need.
    top = Path(crossconnect.__file__).parent
    codes: dict[str, Code] = {}
    for file in sorted(top.rglob("*codes.py")):
        module = importlib.import_module(".".join(("crossconnect", *file.relative_to(top).with_suffix("").parts)))
        codes |= {code.name: code for code in module.CODES}
    return tuple(codes[name] for name in sorted(codes))


def sarif(
    findings: Mapping[Baseline, Sequence[Finding]], codes: Iterable[Code], directory: str, commit: str = ""
) -> bytes:
    """One run. `directory` is where the region is below the top of its repository (`networks/north/`, or empty), for
    places must be as the repository has them; `commit` is what was looked at."""
    every: list[tuple[Baseline, Finding]] = [
        (baseline, finding) for baseline in _BASELINES for finding in findings.get(baseline, ())
    ]
    every.sort(key=lambda pair: (list(Severity).index(pair[1].severity), pair[0] != "new"))
    shown = every[:RESULTS_MAX]
    known = {code.name: code for code in codes}
    used = sorted({finding.code for _, finding in shown})
    index = {name: place for place, name in enumerate(used)}
    left_out = len(every) - len(shown)
    run: dict[str, object] = {
        "tool": {
            "driver": {
                "name": "xc",
                "fullName": "Crossconnect",
                "semanticVersion": __version__,
                "rules": [_rule(name, known.get(name)) for name in used],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The top of the Git work tree."}}},
        "results": [_result(finding, baseline, index, directory) for baseline, finding in shown],
        "invocations": [
            {
                "executionSuccessful": True,
                **({"toolExecutionNotifications": [_note(left_out)]} if left_out else {}),
            }
        ],
    }
    if commit:
        run["automationDetails"] = {"id": f"xc/{directory}"}
        run["properties"] = {"commit": commit}
    return msgspec.json.format(msgspec.json.encode({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}), indent=1)


def _note(left_out: int) -> dict[str, object]:
    text = f"{left_out} results of less weight are left out: no more than {RESULTS_MAX} are shown of one run."
    return {"level": "warning", "message": {"text": text}}


def _rule(name: str, code: Code | None) -> dict[str, object]:
    meaning = code.meaning if code is not None else name
    rule: dict[str, object] = {
        "id": name,
        "shortDescription": {"text": meaning},
        "defaultConfiguration": {"level": code.severity.value if code is not None else "warning"},
    }
    if code is not None and code.hint:
        rule["help"] = {"text": code.hint}
    return rule


def _result(finding: Finding, baseline: Baseline, index: Mapping[str, int], directory: str) -> dict[str, object]:
    text = finding.message
    if finding.expected:
        text += f"\nexpected: {finding.expected}"
    if finding.hint:
        text += f"\nhint: {finding.hint}"
    result: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": finding.severity.value,
        "message": {"text": _clean(text)},
        "locations": [_location(finding.place, directory)],
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
        "baselineState": baseline,
    }
    related = [place for place in finding.related if place.file]
    if related:
        result["relatedLocations"] = [
            {"id": number, **_location(place, directory)} for number, place in enumerate(related, 1)
        ]
    return result


def _location(place: Place, directory: str) -> dict[str, object]:
    uri = quote(f"{directory}{place.file or _FIRST_FILE}", errors="surrogateescape")
    physical: dict[str, object] = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}
    region: dict[str, object] = {"startLine": max(1, place.line)}
    if place.column:
        region["startColumn"] = place.column
    physical["region"] = region
    location: dict[str, object] = {"physicalLocation": physical}
    if place.path:
        location["logicalLocations"] = [{"fullyQualifiedName": _clean(place.path)}]
    return location


def _clean(text: str) -> str:
    """Octets of a file that are no UTF-8 are quoted in messages; JSON has no place for them."""
    return text.encode("utf-8", "backslashreplace").decode()


def _fingerprint(finding: Finding) -> str:
    """A finding stays the same one when lines move: code, path in the model, and words."""
    parts = (finding.code, finding.place.file, finding.place.path, finding.message)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]
