"""VPN connections: what is behind them is behind their private gateway."""

from __future__ import annotations

from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.vpn import CustomerGateway, VpnConnection
from crossconnect.cloud.logical.queries import Queries


def behind_gateway(q: Queries, id: str) -> tuple[str, ...]:
    """What is reached through a private gateway: its own prefixes, and those of its VPN connections. Nothing where the
    gateway is gone."""
    gateway = q.get(PrivateGateway, id)
    found = dict.fromkeys(gateway.prefixes if gateway else ())
    for one in q.referring(VpnConnection, "private_gateway_id", id) if gateway else ():
        found |= dict.fromkeys(q.need(VpnConnection, one).prefixes)
    return tuple(found)


def ends_at(q: Queries, id: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """The tunnels of a private gateway's VPN connections: connection, address of the customer gateway, prefixes there.
    A connection whose customer gateway is gone has none."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for one in q.referring(VpnConnection, "private_gateway_id", id):
        connection = q.need(VpnConnection, one)
        customer = q.get(CustomerGateway, connection.customer_gateway_id)
        if customer is not None:
            found.append((one, customer.address, connection.prefixes))
    return tuple(found)
