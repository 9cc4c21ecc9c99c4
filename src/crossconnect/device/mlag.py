"""Multi-chassis link aggregation: what makes two leaves one system to the servers plugged into both.

    leaf (primary) ====== peer link: all VLANs, MACs and neighbours, a routed VLAN ====== leaf (secondary)
        |  \\____________ keepalive, over the management network ____________________/  |
        +------------------- bond of a server, one LACP system ---------------------+

Both leaves of a pair are one VTEP: they announce the same address, and the underlay sends to either. There is no
standard behind it: MLAG on EOS, vPC on NX-OS, each between switches of one system only.
"""

from __future__ import annotations

import msgspec


class Mlag(msgspec.Struct, frozen=True, kw_only=True):
    """A leaf's half of a pair."""

    name: str
    """Of the pair: its rack."""
    domain: int
    """Number of the pair in the region, from 1."""
    peer: str
    """The other leaf."""
    primary: bool
    """Which of the two goes on alone when only the peer link is lost."""
    peer_link: str
    """Bond towards the other leaf (an `Interface` of kind `lag`)."""
    routed: str
    """VLAN interface over the peer link on which the two leaves route, for a leaf without working uplinks (an
    `Interface` of kind `subinterface`, whose parent is the peer link)."""
    routed_vlan: int
    control_vlan: int
    """VLAN in which the two leaves talk about MLAG, on systems that do so in a VLAN."""
    control_address: str
    """Own address in the control VLAN, with length; link-local, in every pair the same two (RFC 3927)."""
    control_peer: str
    """The other leaf's, without length."""
    keepalive: str
    """Own address in the management VRF, without length."""
    keepalive_peer: str
    """The other leaf's."""
    vtep_loopback: str
    """Loopback with the pair's VTEP address first, and one that only this leaf has behind it."""
    router_mac: str
    """Router's MAC of both (RFC 9135 8.1)."""
    mac: str
    """System MAC that both show in LACP, on systems where it can be given."""
