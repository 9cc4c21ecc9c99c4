"""Anycast gateways: a segment's gateway is there, up, and the same on each of its devices (RFC 9135 4.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from crossconnect.checks.codes import GATEWAY_DIFFERENT, GATEWAY_MISSING
from crossconnect.checks.grouping import names_text
from crossconnect.checks.subject import Subject, device_place, evidence_of
from crossconnect.design.blueprint import SegmentPlan
from crossconnect.finding import Finding, Place, found
from crossconnect.net import address_of
from crossconnect.state.tables import InterfaceRow


def check_gateways(subject: Subject) -> Iterator[Finding]:
    """Every device of a segment with gateways has them, all with the segment's addresses and one MAC."""
    for segment in subject.blueprint.segments:
        if segment.gateways:
            yield from _segment(subject, segment)


def _segment(subject: Subject, segment: SegmentPlan) -> Iterator[Finding]:
    rows: list[InterfaceRow] = []
    missing: list[tuple[str, str]] = []
    for device in segment.devices:
        if not subject.up(device):
            continue
        instance = subject.layout.instances.get((device, segment.mac_vrf))
        irb = instance.irb if instance is not None else ""
        row = subject.interfaces.get((device, irb)) if irb else None
        if row is None or not row.up:
            missing.append((device, f"{irb} is down" if row is not None else f"it has no {irb or 'IRB interface'}"))
        else:
            rows.append(row)
    if missing:
        yield found(
            GATEWAY_MISSING,
            Place(path=segment.path),
            f"segment {segment.mac_vrf} has no gateway on "
            + names_text([f"{device} ({reason})" for device, reason in missing]),
            related=tuple(device_place(device) for device, _ in missing),
        )
    yield from _different(segment, rows)


def _different(segment: SegmentPlan, rows: list[InterfaceRow]) -> Iterator[Finding]:
    # Compared with what the intent says for addresses; the MAC is one of the region, so the odd one out is wrong.
    wanted = sorted(segment.gateways)
    bare = all("/" not in gateway for gateway in wanted)
    macs = Counter(row.mac for row in rows)
    mac = min(macs, key=lambda m: (-macs[m], m)) if macs else ""
    for row in rows:
        have = sorted(map(address_of, row.addresses) if bare else row.addresses)
        wrong: list[str] = []
        if have != wanted:
            wrong.append(f"has {', '.join(have) or 'no address'} instead of {', '.join(wanted)}")
        if row.mac != mac:
            wrong.append(f"has MAC {row.mac or '(none)'} while the others have {mac}")
        if wrong:
            others = [r for r in rows if r.device != row.device][:1]
            yield found(
                GATEWAY_DIFFERENT,
                Place(path=segment.path),
                f"gateway {row.interface} of segment {segment.mac_vrf} on {row.device} {' and '.join(wrong)}",
                related=(device_place(row.device),),
                evidence=evidence_of("interfaces", [row, *others]),
            )
