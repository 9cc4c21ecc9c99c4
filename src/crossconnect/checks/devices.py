"""Devices and cables that are down. What follows from one that is down is not reported again by the other checks."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.checks.codes import DEVICE_DOWN, LINK_DOWN
from crossconnect.checks.layout import ends
from crossconnect.checks.subject import Subject, device_place, evidence_of, wire_place, wire_text
from crossconnect.finding import Finding, Severity, found


def check_devices(subject: Subject) -> Iterator[Finding]:
    """Every switch is up, and so is every cable that both its ends enable."""
    rows = {row.device: row for row in subject.state.devices}
    for name in sorted(subject.dead):
        row = rows.get(name)
        what = "is down" if row is not None else "reports nothing"
        yield found(
            DEVICE_DOWN,
            device_place(name),
            f"{subject.layout.devices[name].role} {name} {what}",
            evidence=evidence_of("devices", [row] if row is not None else []),
        )
    for key in sorted(subject.cut):
        wire = subject.layout.wires[key]
        reported = [row for end in ends(wire) if (row := subject.interfaces.get(end)) is not None]
        down = [f"{row.device}:{row.interface}" for row in reported if not row.up]
        finding = found(
            LINK_DOWN,
            wire_place(wire),
            f"{wire.kind} link {wire_text(wire)} is down at {' and '.join(down)}",
            related=tuple(device_place(row.device) for row in reported),
            evidence=evidence_of("interfaces", reported),
        )
        # A server that is switched off is its owner's affair; a fabric or peer link is the network's.
        yield msgspec.structs.replace(finding, severity=Severity.WARNING) if wire.kind == "server" else finding
