"""VPN connections on a packet's way: from the concentrators of a private gateway's network to the customer's site."""

from __future__ import annotations

from collections.abc import Collection

from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.vpn import CustomerGateway, VpnConnection
from crossconnect.cloud.reach.hop import Hop
from crossconnect.cloud.reach.places import Finder
from crossconnect.cloud.region import ProviderNetwork
from crossconnect.net import contains, parse


def vpn_at(gateway: PrivateGateway, address: str, finder: Finder) -> VpnConnection | None:
    """The VPN connection of a private gateway behind which an address is; none where a prefix of the gateway's own is
    longer."""
    own = [parse(prefix).length for prefix in gateway.prefixes if contains(prefix, address)]
    for connection in finder.shared_referring(VpnConnection, gateway.id, "private_gateway_id"):
        for prefix in connection.prefixes:
            if contains(prefix, address) and parse(prefix).length >= max(own, default=0):
                return connection
    return None


def at_concentrators(network: ProviderNetwork, ends: Collection[str]) -> tuple[str, ...]:
    """The concentrators of a network, of those who have a packet in its VRF where that is known, with addresses."""
    return tuple(f"{one.name} ({one.address})" for one in network.vpn_concentrators if not ends or one.name in ends)


def tunnel_hop(connection: VpnConnection, network: ProviderNetwork, finder: Finder, ends: Collection[str] = ()) -> Hop:
    """The hop through a tunnel, either way."""
    customer = finder.shared(CustomerGateway, connection.customer_gateway_id)
    assert customer is not None
    at = at_concentrators(network, ends)
    message = f"{network.name} has no VPN concentrator: {connection.id} has no tunnel"
    if at:
        message = f"IPsec between {' or '.join(at)} and {customer.id} ({customer.address})"
    return Hop(
        number=0,
        layer="vpc",
        point="vpn-connection",
        passes=bool(at),
        component=connection.id,
        decided_by=connection.id,
        message=message,
        project_id=connection.project_id,
    )
