"""What network operating systems report, as records: addresses and names as the device has them, in canonical form.

What they mean in a region, and which of them a table wants, is decided by whoever knows the blueprint.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class SessionReport(msgspec.Struct, frozen=True, kw_only=True):
    """One family of a session. `negotiated`: established, and both sides announced the family."""

    vrf: str
    peer: str
    family: str
    remote_asn: int
    negotiated: bool


class SummaryReport(msgspec.Struct, frozen=True, kw_only=True):
    """One family of a session as the summary has it: established says nothing yet of the family."""

    vrf: str
    peer: str
    family: str
    established: bool


class NextHop(msgspec.Struct, frozen=True, kw_only=True):
    """A next hop of a route; `address` is empty where the route is directly connected."""

    address: str
    interface: str
    vrf: str = ""
    """Where the next hop is in another VRF (leaked routes)."""


class RibReport(msgspec.Struct, frozen=True, kw_only=True):
    """A selected route of a routing table, with its active next hops."""

    vrf: str
    prefix: str
    protocol: str
    """`connected`, `static`, or `bgp` whatever family brought it; others as the system calls them."""
    next_hops: tuple[NextHop, ...]


class PathReport(msgspec.Struct, frozen=True, kw_only=True):
    """A path of a BGP unicast table. `peer` is the session's address or interface, empty for own routes."""

    vrf: str
    prefix: str
    peer: str
    next_hop: str
    """What is really used: the link-local one where FRR prefers it; empty for own routes."""
    forwards_to: str = ""
    """The same, also of a route leaked from another VRF."""
    as_path: str
    local_pref: int
    med: int
    communities: tuple[str, ...]
    extended: tuple[str, ...]
    """Extended communities as FRR writes them (`RT:65000:1`), sorted."""
    best: bool
    multipath: bool
    leaked_from: str
    """VRF it was leaked from by `import vrf`."""


class EvpnReport(msgspec.Struct, frozen=True, kw_only=True):
    """A path of the EVPN table."""

    rd: str
    route_type: int
    ethernet_tag: int
    esi: str
    mac: str
    ip: str
    """Host address (type 2), originator (3, 4), or prefix with length (5)."""
    next_hop: str
    as_path: str
    extended: tuple[str, ...]
    labels: tuple[int, ...]
    local: bool
    best: bool


class VniReport(msgspec.Struct, frozen=True, kw_only=True):
    """A VNI with its flood list."""

    vni: int
    kind: Literal["l2", "l3"]
    vrf: str
    bridge: str
    """Interface of the bridge domain: IRB interface, or the L3VNI's bridge."""
    remote_vteps: tuple[str, ...]


class MacReport(msgspec.Struct, frozen=True, kw_only=True):
    """A MAC address of an L2VNI."""

    vni: int
    mac: str
    local: bool
    interface: str
    vtep: str
    esi: str


class InterfaceReport(msgspec.Struct, frozen=True, kw_only=True):
    """An interface as the device sees it; `up` means that it can forward."""

    name: str
    vrf: str
    up: bool
    mtu: int
    mac: str
    addresses: tuple[str, ...]


class VrfInterfaceReport(msgspec.Struct, frozen=True, kw_only=True):
    """An interface with its VRF, of a system whose answer about interfaces does not say it (`joined` puts it there)."""

    vrf: str
    interface: str
    """Empty: every interface that no other one names, of a system that does not list those of its default VRF."""


class LldpReport(msgspec.Struct, frozen=True, kw_only=True):
    """A neighbour heard by LLDP (IEEE 802.1AB): system name and port id as it says them."""

    interface: str
    device: str
    port: str


class EchoReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the pings of one question: its place among those asked."""

    place: int
    sent: int
    answered: int
    round_trip_ms: float | None
    """Of the answers' mean; None where there is none."""


class ErrorsReport(msgspec.Struct, frozen=True, kw_only=True):
    """Errors that a port has counted in both directions."""

    interface: str
    errors: int


Report = (
    SessionReport
    | SummaryReport
    | RibReport
    | PathReport
    | EvpnReport
    | VniReport
    | MacReport
    | InterfaceReport
    | VrfInterfaceReport
    | LldpReport
    | EchoReport
    | ErrorsReport
)

TOLD = frozenset(
    ("bgp_sessions", "routes", "bgp_routes", "evpn_routes", "vteps", "vnis", "macs", "interfaces", "lldp"),
)
"""State tables that these records fill."""
