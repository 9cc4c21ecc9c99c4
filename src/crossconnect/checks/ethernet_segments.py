"""Ethernet segments: every VTEP of a dual-homed host's segments knows both its leaves (RFC 7432 8.2.1, 8.4)."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.checks.codes import ETHERNET_SEGMENT_INCOMPLETE
from crossconnect.checks.grouping import by_common_end, names_text
from crossconnect.checks.layout import Layout, Port
from crossconnect.checks.subject import Subject, device_place
from crossconnect.design.blueprint import HostPlan
from crossconnect.finding import Finding, Place, found

_PER_SEGMENT = f"/{0xFFFFFFFF}"
"""Ethernet tag of the auto-discovery route per Ethernet segment (RFC 7432 8.2.1), as a state's keys end."""


def check_ethernet_segments(subject: Subject) -> Iterator[Finding]:
    """Each leaf with a working leg announces the segment, and each VTEP that needs it hears so."""
    known: dict[tuple[str, str], set[str]] = {}
    for row in subject.state.evpn_routes:
        if row.route_type == 1 and row.key.endswith(_PER_SEGMENT):
            known.setdefault((row.device, row.esi), set()).add(row.next_hop)
    for host in subject.blueprint.hosts:
        legs = _legs(subject.layout, host)
        if len(legs) < 2 or not subject.up(host.name):
            continue
        paths = dict.fromkeys(endpoint.segment for endpoint in host.endpoints)
        listeners = dict.fromkeys(d for path in paths for d in subject.layout.segments[path].devices)
        missing: list[tuple[str, str]] = []
        for leaf, (esi, wire) in legs.items():
            if subject.wire_up(wire):
                missing += [
                    (device, leaf)
                    for device in listeners
                    if subject.up(device)
                    and subject.connected(device, leaf)
                    and subject.layout.vteps.get(leaf) not in known.get((device, esi), ())
                ]
        for group in by_common_end(missing):
            at, leaves = ((group.end,), group.others) if group.of_source else (group.others, (group.end,))
            yield found(
                ETHERNET_SEGMENT_INCOMPLETE,
                Place(path=host.path),
                f"Ethernet segment of host {host.name} is not known to be on {names_text(leaves)} at {names_text(at)}",
                related=tuple(device_place(name) for name in (*leaves, *at)),
            )


def _legs(layout: Layout, host: HostPlan) -> dict[str, tuple[str, str]]:
    """Leaf -> ESI and wire of each leg of a host that forms an Ethernet segment."""
    legs: dict[str, tuple[str, str]] = {}
    for name in host.ports:
        port = layout.mate(Port(host.name, name))
        interface = layout.interfaces.get(port) if port is not None else None
        if port is not None and interface is not None and interface.parent:
            bond = layout.interfaces.get((port.device, interface.parent))
            if bond is not None and bond.esi:
                legs[port.device] = (bond.esi, layout.wire_at[port].key)
    return legs
