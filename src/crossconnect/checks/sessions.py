"""BGP sessions: each address family of each designed session is established, at both ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from crossconnect.checks.codes import SESSION_DOWN, SESSION_UNEXPECTED, SESSION_WITHOUT_POLICY, SESSION_WRONG_ASN
from crossconnect.checks.layout import PlannedSession
from crossconnect.checks.subject import Subject, device_place, evidence_of, wire_place, wire_text
from crossconnect.finding import Finding, Place, found
from crossconnect.state.tables import BgpSessionRow


class _Missing(msgspec.Struct, frozen=True):
    """An address family of a session that one end does not have established; `row` where it says anything."""

    session: PlannedSession
    family: str
    row: BgpSessionRow | None


def check_sessions(subject: Subject) -> Iterator[Finding]:
    """Every designed session is up in every family, with the designed ASN; no other session is there."""
    missing: dict[tuple[str, str], list[_Missing]] = {}
    planned: set[tuple[str, str, str, str]] = set()
    for session in subject.layout.sessions:
        neighbor = session.neighbor
        keys = [(session.device, session.vrf, neighbor.key, f.family) for f in neighbor.families]
        planned.update(keys)
        if not subject.up(session.device):
            continue
        rows = [subject.sessions.get(key) for key in keys]
        yield from _wrong_asn(session, rows)
        if not subject.session_up(session):
            yield from _still_up(subject, session, rows)
            continue
        lacking = [
            _Missing(session, f.family, row)
            for f, row in zip(neighbor.families, rows, strict=True)
            if row is None or not row.established
        ]
        if lacking:
            # Fabric sessions of one cable are told together; those of VRFs on one port are different customers'.
            vrf = session.vrf if neighbor.kind == "external" else ""
            missing.setdefault((session.wire or f"{session.device} {neighbor.key}", vrf), []).extend(lacking)
    for (wire, _), lacking in sorted(missing.items()):
        yield _session_down(subject, wire, lacking)
    yield from _unplanned(subject, planned)
    yield from _without_policy(subject)


def _session_down(subject: Subject, key: str, lacking: list[_Missing]) -> Finding:
    first = lacking[0].session
    wire = subject.layout.wires.get(key)
    families = ", ".join(sorted({m.family for m in lacking}))
    reporters = sorted({m.session.device for m in lacking})
    both = [first.device, first.neighbor.device]
    switches = [name for name in both if name in subject.layout.devices]
    scope = "" if first.vrf == "default" else f" in VRF {first.vrf}"
    message = f"BGP session {' - '.join(both)}{scope} is not established for {families}"
    if len(switches) == 2 and len(reporters) == 1:
        other = next(name for name in switches if name != reporters[0])
        message += f" at {reporters[0]}, while {other} has it established"
    hint = SESSION_DOWN.hint
    if wire is not None:
        hint = f"The link is {wire_text(wire)} and its ports are up: check addresses, ASNs and BFD at both ends."
    if first.neighbor.kind == "external":
        hint += " Ask the operator of the other router too; exceeding the limit of prefixes also ends a session."
    return found(
        SESSION_DOWN,
        _place(subject, first, wire is not None),
        message,
        hint=hint,
        related=tuple(device_place(name) for name in switches),
        evidence=evidence_of("bgp_sessions", [m.row for m in lacking if m.row is not None]),
    )


def _place(subject: Subject, session: PlannedSession, wired: bool) -> Place:
    if session.neighbor.kind == "external":
        return Place(path=f"peers/{session.neighbor.device}")
    return wire_place(subject.layout.wires[session.wire]) if wired else device_place(session.device)


def _wrong_asn(session: PlannedSession, rows: Iterable[BgpSessionRow | None]) -> Iterator[Finding]:
    wrong = [row for row in rows if row is not None and row.remote_asn != session.neighbor.remote_asn]
    if wrong:
        yield found(
            SESSION_WRONG_ASN,
            device_place(session.device),
            f"{session.device} expects AS{wrong[0].remote_asn} at {session.neighbor.key} ({session.neighbor.device}), "
            f"which is AS{session.neighbor.remote_asn}",
            evidence=evidence_of("bgp_sessions", wrong),
        )


def _still_up(subject: Subject, session: PlannedSession, rows: Iterable[BgpSessionRow | None]) -> Iterator[Finding]:
    """A session over something that is gone: the failure did not happen, or the table is older than it."""
    alive = [row for row in rows if row is not None and row.established]
    if alive:
        gone = session.neighbor.device
        if subject.up(gone):
            wire = subject.layout.wires.get(session.wire)
            gone = wire_text(wire) if wire is not None and not subject.wire_up(wire.key) else "the session"
        yield found(
            SESSION_UNEXPECTED,
            device_place(session.device),
            f"{session.device} has its BGP session {session.neighbor.key} with {session.neighbor.device} established, "
            f"although {gone} is down",
            hint="Wait for the hold time; if it stays, the failure is not where it was declared.",
            evidence=evidence_of("bgp_sessions", alive),
        )


def _unplanned(subject: Subject, planned: set[tuple[str, str, str, str]]) -> Iterator[Finding]:
    extra: dict[tuple[str, str, str], list[BgpSessionRow]] = {}
    for key, row in subject.sessions.items():
        if key not in planned and row.device in subject.layout.devices:
            extra.setdefault((row.device, row.vrf, row.peer), []).append(row)
    for (device, vrf, peer), rows in sorted(extra.items()):
        yield found(
            SESSION_UNEXPECTED,
            device_place(device),
            f"{device} has a BGP session with {peer} (AS{rows[0].remote_asn}) in VRF {vrf} for "
            f"{', '.join(row.family for row in rows)}, which the blueprint does not have",
            evidence=evidence_of("bgp_sessions", rows),
        )


def _without_policy(subject: Subject) -> Iterator[Finding]:
    for session in subject.layout.sessions:
        if session.neighbor.kind != "external":
            continue
        lacking = {
            direction
            for f in session.neighbor.families
            for direction, name in (("import", f.import_policy), ("export", f.export_policy))
            if not name
        }
        if lacking:
            yield found(
                SESSION_WITHOUT_POLICY,
                Place(path=f"peers/{session.neighbor.device}"),
                f"the session of {session.device} with {session.neighbor.device} in VRF {session.vrf} has no "
                f"{' and no '.join(sorted(lacking))} policy",
                related=(device_place(session.device),),
            )
