"""Candidates side by side: what each can express of the suite, and how much text that takes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossconnect.evaluate.candidate import Candidate
from crossconnect.nos.features import FEATURES, used_features
from crossconnect.nos.registry import system


class Expressed(msgspec.Struct, frozen=True, kw_only=True):
    """A feature on a system (`nos.support`)."""

    state: str
    reason: str = ""
    nearest: str = ""


class FeatureLine(msgspec.Struct, frozen=True, kw_only=True):
    """A feature of the suite on all candidates, in their order."""

    key: str
    title: str
    standard: str
    on: tuple[Expressed, ...]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration of one role: of the role's largest device, in all its files."""

    role: str
    files: int
    lines: int
    octets: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate."""

    nos: str
    title: str
    versions: str
    lacking: int
    """Features that the suite asks of it and that it does not have. MLAG is asked only of who has it: it is another way
    to what Ethernet segments do."""
    partial: int
    errors: int
    """Findings about the suite that would stop a region like it."""
    warnings: int
    shapes: tuple[Shape, ...]
    findings: tuple[str, ...]
    """What it says of the suite, `severity code: message`."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    candidates: tuple[Summary, ...]
    features: tuple[FeatureLine, ...]


def comparison(candidates: Sequence[Candidate]) -> Comparison:
    """Candidates compared over what the suite uses."""
    asked = [
        {key for r in c.renderings for device in r.blueprint.devices for key in used_features(device)}
        for c in candidates
    ]
    used = set[str]().union(*asked)
    tables = [system(c.nos).support for c in candidates]
    features = tuple(
        FeatureLine(
            key=f.key,
            title=f.title,
            standard=f.standard,
            on=tuple(
                Expressed(state=table[f.key].state, reason=table[f.key].reason, nearest=table[f.key].nearest)
                for table in tables
            ),
        )
        for f in FEATURES
        if f.key in used
    )
    return Comparison(
        candidates=tuple(
            _summary(c, [line.on[n].state for line in features if line.key in asked[n]])
            for n, c in enumerate(candidates)
        ),
        features=features,
    )


def _summary(of: Candidate, states: Sequence[str]) -> Summary:
    findings = {(f.code, f.message): f for r in of.renderings for f in r.findings}
    severities = [f.severity.value for f in findings.values()]
    return Summary(
        nos=of.nos,
        title=of.title,
        versions=of.versions,
        lacking=states.count("none"),
        partial=states.count("partial"),
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        shapes=_shapes(of),
        findings=tuple(f"{f.severity.value} {f.code}: {f.message}" for f in findings.values()),
    )


def _shapes(of: Candidate) -> tuple[Shape, ...]:
    largest: dict[str, Shape] = {}
    for rendering in of.renderings:
        for device in rendering.blueprint.devices:
            texts = rendering.files[device.name].values()
            shape = Shape(
                role=device.role,
                files=len(texts),
                lines=sum(text.count("\n") for text in texts),
                octets=sum(len(text.encode()) for text in texts),
            )
            known = largest.get(device.role)
            if known is None or shape.octets > known.octets:
                largest[device.role] = shape
    return tuple(largest.values())
