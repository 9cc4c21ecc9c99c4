"""Which tunnels a concentrator has: pure, from rows of the southbound database.

localnet   (any)     network_name: customers            the provider network of that switch
patch      (any)     external_ids:crossconnect:vpn:...  of a port of the same switch: a tunnel (`cloud.tunnel`)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from crossconnect.cloud.resource import ID
from crossconnect.cloud.tunnel import TUNNEL_KEY, Tunnel
from crossconnect.net import canonical_address, canonical_prefix


class ConcentratorConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent is told."""

    network: str
    """The provider network, by its name in OVN (`network_name`)."""
    address: str
    """Of the concentrator, by which customers know it."""
    southbound: str
    """The database's remotes, as `ovn-remote` has them."""
    keys: str
    """Directory with a file per VPN connection, named by its id: the pre-shared key, without an end of line."""
    file: str
    """The whole configuration of this strongSwan, readable by its owner only."""
    swanctl: tuple[str, ...] = ("swanctl",)
    """How strongSwan is spoken to."""
    socket: str = ""
    """URI of its control socket (vici), where that is not swanctl's default."""


class PortOfNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the southbound table `Port_Binding`, as far as it matters here."""

    kind: str
    """Column `type`."""
    datapath: str
    options: Mapping[str, str] = {}
    external_ids: Mapping[str, str] = {}


def tunnels_of(ports: Iterable[PortOfNetwork], network: str) -> dict[str, Tunnel]:
    """The tunnels of a provider network by VPN connection; those of gateways that are attached to nothing are not
    there, and what cannot be read is left out."""
    ports = tuple(ports)
    switches = {p.datapath for p in ports if p.kind == "localnet" and p.options.get("network_name", "") == network}
    found: dict[str, Tunnel] = {}
    for port in ports:
        for key, text in port.external_ids.items() if port.datapath in switches else ():
            if key.startswith(TUNNEL_KEY):
                tunnel = _tunnel(text)
                id = key.removeprefix(TUNNEL_KEY)
                if tunnel is not None and tunnel.local and tunnel.remote and ID.fullmatch(id):
                    found[id] = tunnel
    return dict(sorted(found.items()))


def _tunnel(text: str) -> Tunnel | None:
    """A tunnel all of whose addresses are such: they go into a file of somebody else's syntax."""
    try:
        tunnel = msgspec.json.decode(text, type=Tunnel)
        return Tunnel(
            customer=canonical_address(tunnel.customer),
            local=tuple(canonical_prefix(prefix) for prefix in tunnel.local),
            remote=tuple(canonical_prefix(prefix) for prefix in tunnel.remote),
        )
    except (msgspec.DecodeError, ValueError):
        return None
