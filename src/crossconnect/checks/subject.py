"""What a check looks at: a state beside its blueprint, both indexed, and what is known to have failed.

A device or link that is found to be down is reported once, by the check for it; everything else then looks at the
network as it is without it, so that one cause makes one finding and not a thousand.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

import msgspec

from crossconnect.checks.delivery import Delivery
from crossconnect.checks.expectation import HEALTHY, Expectation
from crossconnect.checks.fabric import Fabric, fabrics
from crossconnect.checks.layout import Layout, PlannedSession, Port, ends
from crossconnect.design.blueprint import Blueprint, Wire
from crossconnect.device.bgp import Family
from crossconnect.finding import Place
from crossconnect.simulate.fib import Fib
from crossconnect.state.difference import row_text
from crossconnect.state.tables import BgpSessionRow, InterfaceRow, RouteRow, State

_EVIDENCE_MAX = 20
"""Rows shown with a finding: enough to see the pattern, and a report stays readable."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The input of every check."""

    state: State
    layout: Layout
    expectation: Expectation
    dead: frozenset[str]
    """Devices found to be down although nobody declared it."""
    cut: frozenset[str]
    """Keys of wires found to be down although nobody declared it, both devices being up."""
    gone_devices: frozenset[str]
    """Declared or found: nothing is expected of them."""
    suspended: frozenset[str]
    """Secondaries of MLAG pairs whose peer link is gone: they take their server ports and VTEP down themselves."""
    gone_wires: frozenset[str]
    """Declared, found, or attached to a gone device."""
    interfaces: dict[tuple[str, str], InterfaceRow]
    sessions: dict[tuple[str, str, str, str], BgpSessionRow]
    routes: dict[tuple[str, str], dict[str, RouteRow]]
    """(device, VRF) -> prefix -> route."""
    fabrics: dict[Family, Fabric]
    """The underlay's and overlay's paths over what is in service."""
    delivery: Delivery
    """What becomes of packets."""

    @property
    def blueprint(self) -> Blueprint:
        """The blueprint that the state should follow."""
        return self.layout.blueprint

    def up(self, device: str) -> bool:
        """Whether a device is expected to work, and to serve its servers."""
        return device not in self.gone_devices and device not in self.suspended

    def wire_up(self, key: str) -> bool:
        """Whether a wire is expected to work."""
        return key not in self.gone_wires

    def connected(self, source: str, destination: str) -> bool:
        """Whether VTEP `source` must have the routes of VTEP `destination`.

        Without failure always: that the design gives none is then the finding. With failures: if a path is left.
        """
        if self.whole:
            return True
        underlay: Family = "ipv6-unicast" if ":" in self.layout.vteps.get(destination, "") else "ipv4-unicast"
        return self.fabrics[underlay].reaches(source, destination) and self.fabrics["l2vpn-evpn"].reaches(
            source, destination
        )

    @property
    def whole(self) -> bool:
        """Whether nothing is out of service, neither declared nor found."""
        return self.expectation.healthy and not self.gone_devices and not self.gone_wires

    def session_up(self, session: PlannedSession) -> bool:
        """Whether a session is expected to work."""
        shut = self.expectation.failures.sessions
        return (
            session.device not in self.gone_devices
            and session.neighbor.device not in self.gone_devices
            and not (session.wires and self.gone_wires.issuperset(session.wires))
            and (not shut or (session.key not in shut and session.twin not in shut))
        )

    def host_up(self, host: str) -> bool:
        """Whether a host is expected to be connected: it is there, and so is one of its cables."""
        plan = self.layout.hosts[host]
        return self.up(host) and any(
            (wire := self.layout.wire_at.get(Port(host, port))) is not None and self.wire_up(wire.key)
            for port in plan.ports
        )


def subject_of(state: State, layout: Layout, expectation: Expectation = HEALTHY, tables: Fib | None = None) -> Subject:
    """Index a state and see what is down; linear in its rows. `tables` are its forwarding tables, where known."""
    interfaces = {(row.device, row.interface): row for row in state.interfaces}
    routes: dict[tuple[str, str], dict[str, RouteRow]] = {}
    for row in state.routes:
        routes.setdefault((row.device, row.vrf), {})[row.prefix] = row
    failures = expectation.failures
    present = {row.device for row in state.devices if row.up}
    dead = frozenset(name for name in layout.devices if name not in present) - failures.devices
    gone_devices = dead | failures.devices
    lost = {
        wire.key
        for wire in layout.blueprint.wires
        if wire.key in failures.links or wire.a_device in gone_devices or wire.b_device in gone_devices
    }
    cut = frozenset(
        wire.key for wire in layout.blueprint.wires if wire.key not in lost and _is_down(wire, layout, interfaces)
    )
    suspended = frozenset(
        leaf
        for leaf, wires in layout.peer_links.items()
        if gone_devices.isdisjoint((leaf, layout.pairs[leaf])) and all(w in lost or w in cut for w in wires)
    )
    if suspended:
        shut = {w.key for w in layout.blueprint.wires if w.kind == "server" and w.b_device in suspended}
        lost, cut = lost | shut, cut - shut
    subject = Subject(
        state=state,
        layout=layout,
        expectation=expectation,
        dead=dead,
        cut=cut,
        gone_devices=gone_devices,
        suspended=suspended,
        gone_wires=cut | lost,
        interfaces=interfaces,
        sessions={(row.device, row.vrf, row.peer, row.family): row for row in state.bgp_sessions},
        routes=routes,
        fabrics={},
        delivery=Delivery(layout.blueprint, state, tables),
    )
    in_service = [session for session in layout.sessions if subject.session_up(session)]
    return msgspec.structs.replace(subject, fabrics=fabrics(layout, in_service, gone_devices))


def _is_down(wire: Wire, layout: Layout, interfaces: dict[tuple[str, str], InterfaceRow]) -> bool:
    """Whether a port of the wire that the blueprint enables is reported, and reported as down."""
    for port in ends(wire):
        planned = layout.interfaces.get(port)
        row = interfaces.get(port)
        if planned is not None and planned.enabled and row is not None and not row.up:
            return True
    return False


def device_place(device: str) -> Place:
    """Place of a device in the model."""
    return Place(path=f"devices/{device}")


def wire_place(wire: Wire) -> Place:
    """Place of a cable in the model."""
    return Place(path=f"links/{wire.key}")


def wire_text(wire: Wire) -> str:
    """`a-leaf1:swp32 - a-spine1:swp1`."""
    a, b = ends(wire)
    return f"{a} - {b}"


def evidence_of(table: str, rows: Iterable[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """Rows as a finding carries them: (table, row as text), sorted, the first ones of many."""
    return tuple((table, text) for text in heapq.nsmallest(_EVIDENCE_MAX, map(row_text, rows)))
