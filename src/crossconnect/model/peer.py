"""External routers and the sessions with them."""

from __future__ import annotations

from typing import Literal

import msgspec


class Handoff(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One VRF's eBGP session pair (IPv4 and IPv6) with an external router over one border port.

    Several handoffs may share a port; each then has an 802.1Q tag of its own.
    """

    border: str
    """`device:port`, or `device` (a port is then allocated, one per peer and device)."""
    vrf: str
    """`tenant/vrf`."""
    vlan: int | None = None
    """802.1Q tag; none given: allocated from the `handoff-vlan` pools."""
    families: tuple[Literal["ipv4", "ipv6"], ...] = ("ipv4", "ipv6")
    """Address families with a session each."""
    local: tuple[str, ...] = ()
    """Own addresses with length, at most one per family; none given: allocated from the `handoff` pools."""
    remote: tuple[str, ...] = ()
    """The peer's addresses; needed where `local` is given."""
    import_policy: str = ""
    """Policy for routes that the peer announces; required."""
    export_policy: str = ""
    """Policy for routes announced to the peer; required."""
    max_prefixes: int = 1000
    """Session is torn down when the peer announces more, per family."""
    password: str = ""
    """Reference to a secret (`env:NAME`, `file:PATH`), never the secret itself."""
    bfd: bool = False
    """Whether the sessions have BFD."""
    acl_in: str = ""
    """ACL on packets that arrive over it; it must accept the session itself. None given: no filter."""
    acl_out: str = ""
    """ACL on packets that leave over it."""


class Peer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A router outside the fabric: transit, peering, a customer's, a firewall."""

    name: str
    """Unique among everything that has a host name."""
    asn: int
    """Its ASN."""
    description: str = ""
    """For people."""
    handoffs: tuple[Handoff, ...] = ()
    """Sessions with it, per VRF and port."""
    announces: tuple[str, ...] = ()
    """Prefixes that it is expected to announce on every handoff; the simulation and the lab's stand-in use them."""
    daemon: Literal["bird", "frr"] = "bird"
    """What stands in for it in the lab."""
