"""What a VPN concentrator is told of a tunnel: written by the compiler, read by the agent on the concentrator.

private gateway, VPN connection --compiler--> external_ids of the gateway's port on the provider network's switch
                                              crossconnect:vpn:<id of the connection> = Tunnel in JSON
concentrator's agent <--southbound database (northd copies them) --'
"""

from __future__ import annotations

import msgspec

TUNNEL_KEY = "crossconnect:vpn:"
"""How the key begins; the connection's id follows."""


class Tunnel(msgspec.Struct, frozen=True, kw_only=True):
    """A VPN connection, as each concentrator of its network is to have it."""

    customer: str
    """Address of the customer gateway."""
    local: tuple[str, ...]
    """What is behind the private gateway: CIDR blocks of its VPC, or what its transit router leads to."""
    remote: tuple[str, ...]
    """What is behind the customer gateway."""
