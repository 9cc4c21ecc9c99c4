"""The cloud's share of a region: what its chassis and gateways need of the fabric."""

from __future__ import annotations

from typing import Literal

import msgspec

from crossconnect.model.peer import Peer

INTERNET = "internet"
"""Name of the provider network that internet gateways lead to. All others are private: a tenant's, or of services."""
ChassisRole = Literal["none", "hypervisor", "gateway"]
"""What a server is to the cloud."""


def is_private(network: str) -> bool:
    """Whether a provider network, by its name, is another one than the internet."""
    return network != INTERNET


class CloudChoices(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the provider decides about the cloud that its fabric carries."""

    tunnels: str
    """The segment `tenant/vrf/segment` that carries Geneve between chassis; the address that a chassis has in it is
    where its tunnels end."""
    mtu: int = 1500
    """IP MTU that the interfaces of tenants' machines have, octets; `xc validate` proves that it fits into the tunnels.
    """
    zone: Literal["site", "pod"] = "site"
    """What an availability zone is."""


class VpnConcentrator(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A router of the provider's at which the tunnels of tenants' VPN connections end. What makes it one is not in the
    region's configuration; to the fabric it is a peer with a handoff in the network's VRF."""

    name: str
    """That of the peer, where there is one."""
    address: str
    """Where customers reach it."""


class ProviderNetwork(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A network of the provider's that the cloud reaches through gateway nodes: internet, private connect, services.

    Every gateway node has eBGP sessions for it with each leaf that it has an uplink to, in the network's VRF. Leaves
    accept from it host routes within `prefixes`, IPv6 blocks of `vpc_block`, and `aggregates` as they are written;
    nothing else. On a private network they accept whatever is within `prefixes`: there VPCs are announced by their own
    blocks, by the one node that has their private gateway.
    """

    name: str
    """Unique among provider networks; OVN's name of it (`network_name`, `ovn-bridge-mappings`)."""
    vrf: str
    """The VRF that it is in the fabric, `tenant/vrf`."""
    transfer: tuple[str, ...]
    """Prefixes between a gateway node and the cloud's routers on it, at most one per IP version. They are the same on
    every gateway node and known nowhere else; the first address is the node's own."""
    prefixes: tuple[str, ...]
    """Prefixes out of which the cloud gives addresses. Gateway nodes announce addresses of them one by one, as /32 and
    /128, from where each lives."""
    aggregates: tuple[str, ...] = ()
    """Prefixes that gateway nodes announce as a whole besides, for borders to pass on; each within `prefixes`."""
    vpc_block: int = 0
    """Length of the IPv6 blocks that VPCs get out of `prefixes`, which gateway nodes announce as they are; 0: none."""
    vpn_concentrators: tuple[VpnConcentrator, ...] = ()
    """Each has the tunnels of all VPN connections in the VRF; none: VPN connections there fail, and say so."""
    max_prefixes: int = 10_000
    """A session is torn down when the gateway node announces more, per family."""
    password: str = ""
    """Reference to the secret of all its sessions (`env:NAME`, `file:PATH`), never the secret itself."""


class GatewayRouter(Peer, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The routing half of a gateway node, as leaves see it: derived from the server and the provider networks."""

    node: str
    """The server that it is part of."""
