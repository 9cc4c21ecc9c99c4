"""VPN connections: what is behind them is behind their private gateway, and concentrators are told of the tunnels."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.vpn import CustomerGateway, VpnConnection
from crossconnect.cloud.ovn.parts import Fault, Part, unit
from crossconnect.cloud.ovn.provider import network_of
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.net import version_of


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


@unit
def connection(q: Queries, id: str) -> Iterator[Part]:
    """No row of its own. Its prefixes are among the routes of the private gateway's `Logical_Router`, and of the tables
    that learn them; `external_ids:"crossconnect:vpn:<id>"` of that router's port on the provider network's switch tells
    concentrators of the tunnel."""
    connection = q.need(VpnConnection, id)
    q.need(CustomerGateway, connection.customer_gateway_id)
    network = q.ask(network_of, connection.private_gateway_id)
    if not network.vpn_concentrators:
        yield Fault(f"the region has no VPN concentrator in VRF {network.vrf}")
    hops = {4: network.next_hop, 6: network.next_hop6}
    for prefix in connection.prefixes:
        if not hops[version_of(prefix)]:
            yield Fault(f"{prefix}: the network of VRF {network.vrf} has no IPv{version_of(prefix)}")
