"""VPN connections: concentrators are told of the tunnels by the private gateways' ports."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.vpn import CustomerGateway, VpnConnection
from crossconnect.cloud.logical.provider import network_of
from crossconnect.cloud.ovn.parts import Fault, Part, unit
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.net import version_of


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
