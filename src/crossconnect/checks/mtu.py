"""MTU: both ends of a link agree, and every link on an overlay path carries its segments' packets encapsulated.

A packet as large as its segment's MTU travels as inner Ethernet (14), VXLAN (8), UDP (8) and IP (20 or 40) around it
(RFC 7348 5), over the leaf's uplinks and every tier above.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.checks.codes import MTU_MISMATCH, MTU_TOO_SMALL
from crossconnect.checks.grouping import names_text
from crossconnect.checks.layout import Port, ends
from crossconnect.checks.subject import Subject, device_place, evidence_of, wire_place, wire_text
from crossconnect.design.blueprint import SegmentPlan, Wire
from crossconnect.finding import Finding, Place, found
from crossconnect.state.tables import InterfaceRow

VXLAN_OVER_IPV4 = 14 + 8 + 8 + 20
VXLAN_OVER_IPV6 = 14 + 8 + 8 + 40

_TIERS = {"leaf": 0, "border-leaf": 0, "spine": 1, "super-spine": 2}


def check_mtu(subject: Subject) -> Iterator[Finding]:
    """Fabric links, access ports and gateways have MTUs that fit each other and the segments."""
    largest = _largest_segments(subject)
    overhead = VXLAN_OVER_IPV6 if any(":" in a for a in subject.layout.vteps.values()) else VXLAN_OVER_IPV4
    for wire in subject.blueprint.wires:
        if subject.wire_up(wire.key):
            rows = [row for end in ends(wire) if (row := subject.interfaces.get(end)) is not None]
            if wire.kind == "fabric":
                yield from _fabric_wire(wire, rows, largest, overhead)
    yield from _access_ports(subject)
    for segment in subject.blueprint.segments:
        yield from _gateways(subject, segment)


def _largest_segments(subject: Subject) -> dict[str, SegmentPlan]:
    """Switch -> the segment with the largest MTU whose packets may pass it: its own, those of VRFs it routes, and
    those of the switches below it."""
    by_vrf: dict[str, SegmentPlan] = {}
    largest: dict[str, SegmentPlan] = {}
    for segment in subject.blueprint.segments:
        if segment.vrf and (segment.vrf not in by_vrf or by_vrf[segment.vrf].mtu < segment.mtu):
            by_vrf[segment.vrf] = segment
        for device in segment.devices:
            _raise(largest, device, segment)
    for vrf in subject.blueprint.vrfs:
        for device in vrf.devices if vrf.name in by_vrf else ():
            _raise(largest, device, by_vrf[vrf.name])
    tier = {name: _TIERS.get(device.role, 0) for name, device in subject.layout.devices.items()}
    links = [(w.a_device, w.b_device) for w in subject.blueprint.wires if w.kind == "fabric"]
    upward = [(a, b) if tier[a] <= tier[b] else (b, a) for a, b in links]
    for low, high in sorted(upward, key=lambda link: (tier[link[0]], link)):
        if low in largest:
            _raise(largest, high, largest[low])
    return largest


def _raise(largest: dict[str, SegmentPlan], device: str, segment: SegmentPlan) -> None:
    have = largest.get(device)
    if have is None or have.mtu < segment.mtu:
        largest[device] = segment


def _fabric_wire(
    wire: Wire, rows: list[InterfaceRow], largest: dict[str, SegmentPlan], overhead: int
) -> Iterator[Finding]:
    if len({row.mtu for row in rows}) > 1:
        yield found(
            MTU_MISMATCH,
            wire_place(wire),
            f"link {wire_text(wire)} has MTU {rows[0].mtu} at {rows[0].device} and {rows[1].mtu} at {rows[1].device}",
            related=tuple(device_place(row.device) for row in rows),
            evidence=evidence_of("interfaces", rows),
        )
    # Only packets of segments below the lower end pass the link on the way up or down.
    passing = [largest[end.device] for end in ends(wire) if end.device in largest]
    segment = min(passing, key=lambda s: s.mtu) if len(passing) == 2 else None
    smallest = min((row.mtu for row in rows), default=0)
    if segment is not None and rows and smallest < segment.mtu + overhead:
        yield found(
            MTU_TOO_SMALL,
            wire_place(wire),
            f"link {wire_text(wire)} has MTU {smallest} and segment {segment.mac_vrf} needs "
            f"{segment.mtu} + {overhead} octets there",
            related=(Place(path=segment.path), *(device_place(row.device) for row in rows)),
            evidence=evidence_of("interfaces", rows),
        )


def _access_ports(subject: Subject) -> Iterator[Finding]:
    """A server's port carries its segments' packets whole."""
    for host in subject.blueprint.hosts:
        segments = [subject.layout.segments[e.segment] for e in host.endpoints]
        largest = max(segments, key=lambda s: s.mtu, default=None)
        for name in host.ports if largest is not None else ():
            port = subject.layout.mate(Port(host.name, name))
            row = subject.interfaces.get(port) if port is not None else None
            if row is not None and largest is not None and subject.up(row.device) and row.mtu < largest.mtu:
                yield found(
                    MTU_TOO_SMALL,
                    Place(path=host.path),
                    f"port {row.device}:{row.interface} of host {host.name} has MTU {row.mtu} and segment "
                    f"{largest.mac_vrf} has {largest.mtu}",
                    related=(device_place(row.device), Place(path=largest.path)),
                    evidence=evidence_of("interfaces", [row]),
                )


def _gateways(subject: Subject, segment: SegmentPlan) -> Iterator[Finding]:
    """All gateways of a segment have its MTU, so that a packet's fate does not depend on the leaf."""
    wrong: list[InterfaceRow] = []
    for device in segment.devices if segment.gateways else ():
        instance = subject.layout.instances.get((device, segment.mac_vrf))
        row = subject.interfaces.get((device, instance.irb)) if instance is not None else None
        if row is not None and subject.up(device) and row.mtu != segment.mtu:
            wrong.append(row)
    if wrong:
        yield found(
            MTU_MISMATCH,
            Place(path=segment.path),
            f"gateway of segment {segment.mac_vrf} has MTU {names_text(sorted({row.mtu for row in wrong}))} on "
            f"{names_text([row.device for row in wrong])} and the segment has {segment.mtu}",
            related=tuple(device_place(row.device) for row in wrong),
            evidence=evidence_of("interfaces", wrong),
        )
