"""A network OS with the suite rendered for it."""

from __future__ import annotations

import msgspec

from crossconnect.design import compile_region
from crossconnect.design.blueprint import Blueprint
from crossconnect.evaluate.suite import UNDERLAYS, Underlay, suite_texts
from crossconnect.finding import Finding, has_errors
from crossconnect.intent.tree import read_region_from_texts
from crossconnect.intent.validate import validate
from crossconnect.nos.registry import interface_names, system
from crossconnect.nos.rendering import device_findings, render_files


class Rendering(msgspec.Struct, frozen=True, kw_only=True):
    """The suite with one kind of underlay."""

    underlay: Underlay
    blueprint: Blueprint
    files: dict[str, dict[str, str]]
    """By device, then by file name."""
    findings: tuple[Finding, ...]
    """What the system says of its configurations; the same of several devices once."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A network OS under evaluation."""

    nos: str
    title: str
    versions: str
    renderings: tuple[Rendering, ...]


def candidate(nos: str) -> Candidate:
    """The suite for a network OS. KeyError for an unknown one."""
    of = system(nos)
    renderings = tuple(_rendering(nos, underlay) for underlay in UNDERLAYS)
    return Candidate(nos=nos, title=of.title, versions=of.versions, renderings=renderings)


def _rendering(nos: str, underlay: Underlay) -> Rendering:
    blueprint = suite_blueprint(nos, underlay)
    said: dict[tuple[str, str], Finding] = {}
    for device in blueprint.devices:
        for finding in device_findings(device):
            message = finding.message.removeprefix(f"{device.name}: ")
            said.setdefault((finding.code, message), msgspec.structs.replace(finding, message=message))
    return Rendering(
        underlay=underlay,
        blueprint=blueprint,
        files={device.name: render_files(device) for device in blueprint.devices},
        findings=tuple(said.values()),
    )


def suite_blueprint(nos: str, underlay: Underlay) -> Blueprint:
    """The suite designed. That it is without errors whatever the system is an invariant."""
    region, findings = read_region_from_texts(suite_texts(nos, underlay))
    assert region is not None, findings
    region = msgspec.structs.replace(region, interface_names=interface_names())
    found = (*findings, *validate(region, None))
    compiled = compile_region(region, None)
    assert not has_errors((*found, *compiled.findings)), (found, compiled.findings)
    assert compiled.blueprint is not None
    return compiled.blueprint
