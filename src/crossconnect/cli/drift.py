"""What a lab runs, beside what it is to run: configuration, interfaces, and what the network then does."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Collection, Iterable, Mapping

import msgspec

from crossconnect.checks import run_checks
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import Unreachable
from crossconnect.finding import Finding, Severity
from crossconnect.lab import Lab, collect_state, confirmed_change
from crossconnect.nos.meaning import meaning_of
from crossconnect.nos.rendering import render_files
from crossconnect.nos.secrets import revealed
from crossconnect.rollout.assembly import GATE_CHECKS
from crossconnect.simulate import simulate
from crossconnect.state.difference import difference
from crossconnect.state.tables import InterfaceRow
from crossconnect.transport.https.redaction import secrets_of_lines, without

FILE = "frr.conf"
AT_ONCE_MAX = 4
"""Devices that are asked at the same time: each costs this machine two processes."""


class Deviation(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """Something on a device that is not as it is to be."""

    device: str
    part: str
    """What it is about."""
    kind: str
    """`missing`, `extra`, `other`; `silent` for a device that does not answer."""
    detail: str


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """All that is not as it is to be."""

    devices: int
    """How many were asked."""
    deviations: tuple[Deviation, ...]
    findings: tuple[Finding, ...]
    """What the checks find in the running network, and not in its simulation."""
    unseen: tuple[str, ...] = ()
    """Of devices: what nobody looks at, since their systems are not asked it, or have not answered."""


def drift(lab: Lab, blueprint: Blueprint, secrets: dict[str, str], only: Collection[str] = ()) -> Drift:
    """Ask the switches (of them `only` some, where given) what they run."""
    chosen = [device for device in blueprint.devices if not only or device.name in only]

    def ask(number: int) -> list[Deviation]:
        device = chosen[number]
        try:
            said = confirmed_change.remaining(lab, device.name, revealed(render_files(device)[FILE], secrets))
        except Unreachable as error:
            return [Deviation(device=device.name, part="system", kind="silent", detail=str(error)[:200])]
        return [deviation(device.name, line, secrets) for line in said]

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE_MAX) as pool:
        found = [one for each in pool.map(ask, range(len(chosen))) for one in each]
    simulated = simulate(blueprint)
    real = collect_state(lab)
    names = {device.name for device in chosen}
    silent = {one.device for one in found if one.kind == "silent"}
    for each in difference(simulated, real, ("interfaces",)):
        found += _interfaces(each.only_a, "missing")
        found += _interfaces(each.only_b, "extra")
        found += [_changed(change.a, change.b) for change in each.changed]
    # Where no lldpd runs, nobody hears anybody.
    heard = any(daemon.name == "lldpd" for node in lab.plan.nodes for daemon in node.daemons)
    checks = [name for name in GATE_CHECKS if heard or name != "cabling"]
    known = {(f.code, f.place.path) for f in run_checks(simulated, blueprint, checks)}
    findings = () if only else run_checks(real, blueprint, checks)
    return Drift(
        devices=len(chosen),
        deviations=tuple(
            sorted(d for d in set(found) if d.device in names and (d.kind == "silent" or d.device not in silent))
        ),
        findings=tuple(f for f in findings if f.severity is not Severity.NOTE and (f.code, f.place.path) not in known),
    )


def deviation(device: str, line: str, secrets: Mapping[str, str]) -> Deviation:
    """A line by which a device differs, by what it is about and without secrets."""
    meaning = meaning_of(without(line, {*secrets.values(), *secrets_of_lines([line])}))
    return Deviation(device=device, part=meaning.part, kind=meaning.kind, detail=meaning.line)


def _interfaces(rows: Iterable[msgspec.Struct], kind: str) -> list[Deviation]:
    return [
        Deviation(device=row.device, part=f"interface {row.interface}", kind=kind, detail=f"{row.kind} in {row.vrf}")
        for row in rows
        if isinstance(row, InterfaceRow)
    ]


def _changed(wanted: msgspec.Struct, real: msgspec.Struct) -> Deviation:
    assert isinstance(wanted, InterfaceRow)
    assert isinstance(real, InterfaceRow)
    words = [
        f"{field} {_word(getattr(real, field))} instead of {_word(getattr(wanted, field))}"
        for field in ("vrf", "kind", "up", "mtu", "mac", "addresses")
        if getattr(real, field) != getattr(wanted, field)
    ]
    return Deviation(device=wanted.device, part=f"interface {wanted.interface}", kind="other", detail=", ".join(words))


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (", ".join(map(str, value)) or "none") if isinstance(value, tuple) else str(value or "none")
