"""Networks of the provider's, and the gateway nodes that reach them: made once for the region.

VPC's router --- provider switch --- localnet port --- bridge of the chassis --- next hop (FRR, per VRF)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import msgspec

from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.hops import BLACKHOLE, Hop
from crossconnect.cloud.logical.numbers import (
    link_networks,
    provider_mac,
    router_mac,
    transfer_addresses,
)
from crossconnect.cloud.logical.provider import gateway_group
from crossconnect.cloud.ovn.parts import Part, bare, labelled, row, unit, within
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.subnets import SWITCH
from crossconnect.cloud.ovn.vpcs import ROUTER
from crossconnect.cloud.region import ProviderNetwork
from crossconnect.cloud.resource import Resource
from crossconnect.cloud.tunnel import TUNNEL_KEY, Tunnel
from crossconnect.transport.ovsdb.types import Atom

DISCARD = "discard"
"""`Logical_Router_Static_Route.nexthop` of what is dropped."""
ANNOUNCE = "crossconnect:announce"
"""In `external_ids` of a port of a provider switch: prefixes behind it that gateway nodes announce, beside what OVN
tells them itself."""
OPTIONS = {"bfd-min-rx": "300", "bfd-min-tx": "300", "bfd-mult": "3"}
"""`NB_Global.options`: a gateway node that loses power is missed after 0.9 s instead of OVN's 3 s."""
_LOAD_BALANCERS_HIDDEN: dict[Atom, Atom] = {"exclude-lb-vips-from-garp": "true"}
"""Of a switch's port towards a router: its `nat_addresses` are without those of load balancers."""
PUBLIC = {4: "xc_public_ip4", 6: "xc_public_ip6"}
"""Address sets of what may leave to the internet, and be reached from it."""


def switch_name(network: ProviderNetwork) -> str:
    """A provider network's switch."""
    return f"provider-{network.name}"


def localnet_name(network: ProviderNetwork) -> str:
    """The port by which it leaves OVN."""
    return f"localnet-{network.name}"


@unit
def gateway_nodes(q: Queries, id: str) -> Iterator[Part]:
    """`HA_Chassis_Group` per gateway node: that one first, then the others, in turn."""
    nodes = q.region.gateways
    for n, first in enumerate(nodes):
        key = f"gateways-{first.name}"
        yield row("HA_Chassis_Group", key, id, name=key)
        for rank, node in enumerate(nodes[n:] + nodes[:n]):
            member = row("HA_Chassis", f"{key}/{node.name}", id, chassis_name=node.name, priority=len(nodes) - rank)
            yield from within("HA_Chassis_Group", key, "ha_chassis", member)


@unit
def networks(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Switch` per provider network with a `localnet` port."""
    for network in (q.region.internet, *q.region.networks):
        switch, localnet = switch_name(network), localnet_name(network)
        yield row(SWITCH, switch, id, name=switch, other_config={})
        port = row(
            "Logical_Switch_Port",
            localnet,
            id,
            name=localnet,
            type="localnet",
            addresses=frozenset(("unknown",)),
            tag=network.vlan,
            options={"network_name": network.physnet},
        )
        yield from within(SWITCH, switch, "ports", port)


@unit
def border(q: Queries, id: str) -> Iterator[Part]:
    """`ACL`s on the internet's switch, stateless: into it and out of it come public addresses only (`Address_Set`
    `xc_public_ip4`, `xc_public_ip6`), and nobody reaches the routers' transfer addresses. One thing leaves from those:
    that a packet is too large for what is behind (RFC 1191, 8201), without which its sender would repeat it forever."""
    network = q.region.internet
    public = {4: q.region.public_prefixes, 6: q.region.public_prefixes6}
    for version, name in PUBLIC.items():
        yield row("Address_Set", name, id, name=name, addresses=frozenset(public[version]))
    outside = f'inport == "{localnet_name(network)}"'
    transfer = [
        f"ip{6 if ':' in one else 4}.dst == {one}" for one in (network.transfer_prefix, network.transfer_prefix6) if one
    ]
    rules = [
        (1006, "allow", "nd || nd_ra || nd_rs"),
        (1006, "allow", "(icmp4.type == 3 && icmp4.code == 4) || icmp6.type == 2"),
        *((1005, "drop", match) for match in transfer),
        *((1004, "allow", f"{outside} && ip{v}.dst == ${name}") for v, name in PUBLIC.items()),
        (1003, "drop", f"{outside} && ip"),
        # What comes from routers. Ports are compared for equality only: OVN matches nothing by `inport != "..."`.
        *((1002, "allow", f"ip{v}.src == ${name}") for v, name in PUBLIC.items()),
        (1001, "drop", "ip"),
    ]
    for n, (priority, action, match) in enumerate(rules):
        acl = row("ACL", f"border/{n}", id, direction="from-lport", priority=priority, match=match, action=action)
        yield from within(SWITCH, switch_name(network), "acls", acl)


def plug(
    q: Queries,
    network: ProviderNetwork,
    at: tuple[str, str],
    resource: Resource,
    announce: Iterable[str] = (),
    beside: Resource | None = None,
    tunnels: Mapping[str, Tunnel] = MappingProxyType({}),
) -> Iterator[Part]:
    """A router's port (`at`: router, name of the port) on a provider network: `Logical_Router_Port` on a group of
    gateway nodes, and the switch's port that tells the network about the router's addresses when it moves
    (`nat-addresses`), the gateway nodes of further prefixes to announce, and VPN concentrators of `tunnels` (by
    connection). Where the next hop's MAC is known, `Static_MAC_Binding`. The MTU is the smaller one of both sides. On a
    VPC's router, where no table is for all, what arrives is routed by one called like the port. Of a private gateway,
    addresses of load balancers are not told by themselves: they are in the prefixes. It is on the gateway node that the
    router of `beside` is on, where that is given."""
    router, port = at
    public = not isinstance(resource, PrivateGateway)
    options: dict[Atom, Atom] = {}
    if network.mtu != q.region.mtu:
        options["gateway_mtu"] = str(min(network.mtu, q.region.mtu))
    if isinstance(resource, Vpc):
        options["route_table"] = port
    made = row(
        "Logical_Router_Port",
        port,
        resource.id,
        name=port,
        mac=provider_mac(q.region, resource),
        networks=frozenset(transfer_addresses(network, resource)),
        ha_chassis_group=uuid_of("HA_Chassis_Group", gateway_group(q.region, beside or resource)),
        options=options,
    )
    yield from within(ROUTER, router, "ports", made)
    other = f"lsp-{port}"
    side = row(
        "Logical_Switch_Port",
        other,
        resource.id,
        name=other,
        type="router",
        addresses=frozenset(("router",)),
        options={"router-port": port, "nat-addresses": "router"} | ({} if public else _LOAD_BALANCERS_HIDDEN),
    )
    if prefixes := sorted(announce):
        side = labelled(side, ANNOUNCE, " ".join(prefixes))
    for id, tunnel in tunnels.items():
        side = labelled(side, f"{TUNNEL_KEY}{id}", msgspec.json.encode(tunnel).decode())
    yield from within(SWITCH, switch_name(network), "ports", side)
    for hop in (network.next_hop, network.next_hop6) if network.next_hop_mac else ():
        if hop:
            yield bare(
                "Static_MAC_Binding",
                f"{port}/{hop}",
                logical_port=port,
                ip=hop,
                mac=network.next_hop_mac,
                override_dynamic_mac=False,
            )


def link(
    q: Queries,
    owner: Resource,
    left: tuple[str, str],
    right: tuple[str, str],
    tables: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Part]:
    """Two routers joined by a pair of ports without a switch; each side is (router, name of its port). `owner` is
    what the link is made for, `tables` the
    route tables of ports that have one; the others see connected networks and routes in no table."""
    for (router, port), (_, peer) in ((left, right), (right, left)):
        made = row(
            "Logical_Router_Port",
            port,
            owner.id,
            name=port,
            mac=router_mac(q.region, port),
            networks=link_networks(q.region, owner, router),
            peer=peer,
            options={"route_table": tables[port]} if port in tables else {},
        )
        yield from within(ROUTER, router, "ports", made)


def source_translated(router: str, key: str, address: str, port: str, resource: str = "") -> Iterator[Part]:
    """`NAT` `snat` of everything of an address's IP version that leaves by a router's gateway port. `resource`: what it
    is made for, where that is not the router's."""
    six = ":" in address
    nat = row(
        "NAT",
        f"{key}/ipv6" if six else key,
        resource or router,
        type="snat",
        external_ip=address,
        logical_ip="::/0" if six else "0.0.0.0/0",
        external_mac=None,
        logical_port=None,
        gateway_port=uuid_of("Logical_Router_Port", port),
    )
    yield from within(ROUTER, router, "nat", nat)


def route(router: str, key: str, resource: str, prefix: str, hop: Hop, table: str = "") -> Iterator[Part]:
    """`Logical_Router_Static_Route` in a route table of the router, or in none."""
    made = row(
        "Logical_Router_Static_Route",
        key,
        resource,
        ip_prefix=prefix,
        nexthop=DISCARD if hop == BLACKHOLE else hop.address,
        output_port=hop.port or None,
        route_table=table,
        policy="dst-ip",
    )
    yield from within(ROUTER, router, "static_routes", made)
