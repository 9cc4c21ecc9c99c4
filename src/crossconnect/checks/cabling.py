"""Cabling: what LLDP hears on each port is what the blueprint has cabled there."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.checks.codes import CABLE_SILENT, CABLE_SWAPPED, CABLE_WRONG
from crossconnect.checks.grouping import by_common_end, names_text
from crossconnect.checks.layout import Port, ends
from crossconnect.checks.subject import Subject, device_place, evidence_of
from crossconnect.finding import Finding, found
from crossconnect.state.tables import LldpRow

_Pair = tuple[Port, Port]


def check_cabling(subject: Subject) -> Iterator[Finding]:
    """Every fabric port hears its designed neighbour; wrong cables are told once, exchanged ones as such."""
    heard = {Port(row.device, row.port): row for row in subject.state.lldp}
    wrong = _wrong_pairs(subject, heard)
    for p, q in sorted(wrong):
        mate_p, mate_q = subject.layout.mate(p), subject.layout.mate(q)
        other = _pair(mate_p, mate_q) if mate_p is not None and mate_q is not None else None
        if other is not None and other in wrong:
            if (p, q) < other:
                yield _swapped(heard, ((p, q), other))
        else:
            yield _wrong(subject, heard, (p, q))
    moved = {port for pair in wrong for port in pair}
    yield from _silent(subject, heard, moved)


def _pair(a: Port, b: Port) -> _Pair:
    return (a, b) if a < b else (b, a)


def _wrong_pairs(subject: Subject, heard: dict[Port, LldpRow]) -> dict[_Pair, None]:
    """Pairs of ports that hear each other, as at least one of them says, and are not cabled so."""
    pairs: dict[_Pair, None] = {}
    for port, row in heard.items():
        planned = subject.layout.interfaces.get(port)
        if not subject.up(port.device) or planned is None or planned.kind == "management":
            continue
        wire = subject.layout.wire_at.get(port)
        if wire is not None and not subject.wire_up(wire.key):
            continue
        neighbor = Port(row.neighbor, row.neighbor_port)
        mate = subject.layout.mate(port)
        # A host or external router may name its ports as it likes; that it is the right one is enough.
        if mate is not None and wire is not None and wire.kind != "fabric":
            mate, neighbor = Port(mate.device, ""), Port(neighbor.device, "")
        if mate == neighbor:
            continue
        neighbor = Port(row.neighbor, row.neighbor_port)
        pairs[_pair(port, neighbor)] = None
    return pairs


def _rows(heard: dict[Port, LldpRow], *pairs: _Pair) -> list[LldpRow]:
    return [heard[port] for pair in pairs for port in pair if port in heard]


def _swapped(heard: dict[Port, LldpRow], pairs: tuple[_Pair, _Pair]) -> Finding:
    (p, q), (r, s) = pairs
    return found(
        CABLE_SWAPPED,
        device_place(p.device),
        f"two cables are exchanged: {p} is cabled to {q} and {r} to {s}, each should have the other's end",
        related=tuple(device_place(name) for name in sorted({port.device for port in (p, q, r, s)})),
        evidence=evidence_of("lldp", _rows(heard, *pairs)),
    )


def _wrong(subject: Subject, heard: dict[Port, LldpRow], pair: _Pair) -> Finding:
    known = [port for port in pair if port in subject.layout.interfaces]
    port = next((p for p in known if p in heard and subject.layout.mate(p) is not None), known[0])
    other = pair[1] if pair[0] == port else pair[0]
    mate = subject.layout.mate(port)
    should = f"should be cabled to {mate}" if mate is not None else "should have no cable"
    elsewhere = subject.layout.mate(other)
    hint = CABLE_WRONG.hint
    if elsewhere is not None:
        hint = f"{other} belongs to {elsewhere}. {hint}"
    return found(
        CABLE_WRONG,
        device_place(port.device),
        f"{port} {should} and is cabled to {other}",
        hint=hint,
        related=tuple(device_place(p.device) for p in known),
        evidence=evidence_of("lldp", _rows(heard, pair)),
    )


def _silent(subject: Subject, heard: dict[Port, LldpRow], moved: set[Port]) -> Iterator[Finding]:
    """Ports that hear nobody, told by the device that they share: one that is deaf, or one that does not speak."""
    deaf: dict[tuple[str, str], list[Port]] = {}
    for wire in subject.blueprint.wires:
        if wire.kind == "fabric" and subject.wire_up(wire.key) and moved.isdisjoint(ends(wire)):
            a, b = ends(wire)
            for port, mate in ((a, b), (b, a)):
                if port not in heard and _listens(subject, port):
                    deaf.setdefault((port.device, mate.device), []).append(port)
    for group in by_common_end(deaf):
        pairs = [(group.end, o) if group.of_source else (o, group.end) for o in group.others]
        ports = [port for pair in pairs for port in deaf[pair]]
        towards = sorted({neighbor for _, neighbor in pairs})
        yield found(
            CABLE_SILENT,
            device_place(group.end),
            f"LLDP hears nobody at {names_text(ports)}, cabled to {names_text(towards)}",
            related=tuple(device_place(name) for name in sorted({port.device for port in ports})),
            evidence=evidence_of("interfaces", [r for p in ports if (r := subject.interfaces.get(p)) is not None]),
        )


def _listens(subject: Subject, port: Port) -> bool:
    device = subject.layout.devices.get(port.device)
    planned = subject.layout.interfaces.get(port)
    return device is not None and device.system.lldp and planned is not None and planned.enabled
