"""The question whether a packet arrives, and the answer: hops there and back, each with what decided."""

from __future__ import annotations

from typing import Literal

import msgspec

Layer = Literal["vpc", "gateway", "fabric", "underlay", "outside", "provider", "other-project"]
"""Whose a hop is: a VPC's, a gateway node's, a switch's (in a VRF, or in the underlay below it), a router's beyond the
region. To tenants all of the provider's is `provider`, and all of another tenant's `other-project`."""

Outcome = Literal["reachable", "partly", "unreachable"]


class ReachabilityBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To ask whether a connection's first packet arrives, and its answer."""

    source: str
    """A network interface or elastic IP, by id, or an address outside."""
    destination: str
    """An interface, elastic IP, load balancer or service endpoint, by id, or an address."""
    protocol: str = "tcp"
    """`tcp`, `udp`, `icmp`, `icmpv6`, or a number."""
    source_port: int = 40000
    """Of TCP and UDP."""
    destination_port: int | None = None
    """Of TCP and UDP, which need it."""
    icmp_type: int | None = None
    """None: an echo request."""
    icmp_code: int = 0
    network: str = "internet"
    """Provider network in which an outside source is."""


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Between whom a packet goes. Ports are None where there are none, or where they are not known."""

    source: str
    source_port: int | None = None
    destination: str
    destination_port: int | None = None


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happens to a packet."""

    number: int
    """From 0, in one direction."""
    layer: Layer
    point: str
    """What decides: `security-group`, `network-acl`, `route`, `gateway`, `service-endpoint`, ...; of switches `route`,
    `tunnel`, `bridge`, `forward`, `deliver`, `drop`."""
    passes: bool
    component: str = ""
    """Id of the resource, or name of the device; empty where the caller may not see it."""
    decided_by: str = ""
    """The rule: a security group rule's id, `<acl>/<direction>/<number>`, `<table>/<destination>`, a route of a VRF."""
    message: str
    vrf: str = ""
    """Of switches and gateway nodes."""
    before: Addresses | None = None
    """Where addresses are translated: as the packet came."""
    after: Addresses | None = None
    """Where addresses are translated: as it goes on."""
    next: tuple[int, ...] = ()
    """Hops that may follow; several are equal-cost branches. None: it ends here."""
    carried_by: int | None = None
    """Of a tunnel: the first hop of what carries it."""
    project_id: str = ""
    """Whose it is; empty: the provider's."""


class Reachability(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a packet arrives, and its answer. It is worked out from what is stored and from the fabric as it is
    designed, with nothing failed; no packet is sent."""

    outcome: Outcome
    """`partly`: some flows arrive and some do not, by which of several equal paths they take."""
    explanation: str
    """The deciding hop, in words."""
    decided_by: str
    """Where it does not arrive: the rule that says so."""
    asked: Addresses
    protocol: str
    there: tuple[Hop, ...]
    """The first packet's."""
    back: tuple[Hop, ...] = ()
    """The answer's; none where the first packet does not arrive."""
