"""Subnets: a switch each, plugged into the VPC's router at the first address."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.addresses import gateway
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.logical.numbers import router_mac
from crossconnect.cloud.logical.subnets import (
    answered_for,
    leases,
    resolvers,
    router_port,
    switch_of,
    switch_port,
    table_of,
)
from crossconnect.cloud.ovn.matches import any_address
from crossconnect.cloud.ovn.parts import GROUPS_TIER, Part, row, tier, unit, within
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.vpcs import ROUTER
from crossconnect.net import Mac, parse
from crossconnect.transport.ovsdb.types import Atom, Uuid

SWITCH = "Logical_Switch"
LEASE_S = 3600
"""As AWS's DHCP leases."""
SERVICES_PRIORITY = 3000
"""Of what no security group filters: DHCP and the resolver (AWS VPC User Guide, "Security groups")."""


def _mac(q: Queries, subnet: Subnet) -> Mac:
    return router_mac(q.region, subnet.id)


@unit
def switch(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Switch` named by the subnet's id; one `ACL` on it lets DHCP and questions to the resolver pass whatever
    the security groups say, as in AWS."""
    subnet = q.ask(switch_of, id)
    yield row(SWITCH, id, id, name=id, other_config={})
    terms: list[str] = []
    if subnet.cidr_block:
        servers = f"{{255.255.255.255, {gateway(subnet.cidr_block)}}}"
        terms.append(f"(ip4.dst == {servers} && udp.src == 68 && udp.dst == 67)")
    if subnet.ipv6_cidr_block:
        terms.append("(ip6.dst == ff02::1:2 && udp.src == 546 && udp.dst == 547)")
    asked = any_address("dst", resolvers(q.region, subnet))
    terms.append(f"({asked} && (udp.dst == 53 || tcp.dst == 53))")
    allow = row(
        "ACL",
        f"{id}/services",
        id,
        direction="from-lport",
        priority=SERVICES_PRIORITY,
        match=" || ".join(terms),
        action="allow-related",
        **tier(q, GROUPS_TIER),
    )
    yield from within(SWITCH, id, "acls", allow)


@unit
def router_side(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router_Port` at the first address, in the subnet's route table; with IPv6, router advertisements that
    send machines to DHCPv6."""
    subnet = q.ask(switch_of, id)
    blocks = [block for block in (subnet.cidr_block, subnet.ipv6_cidr_block) if block]
    advertisements: dict[Atom, Atom] = {}
    if subnet.ipv6_cidr_block:
        advertisements = {
            "address_mode": "dhcpv6_stateful",
            "mtu": str(q.region.mtu),
            "send_periodic": "true",
            "max_interval": "30",
            "min_interval": "10",
        }
    port = row(
        "Logical_Router_Port",
        router_port(id),
        id,
        name=router_port(id),
        mac=_mac(q, subnet),
        networks=frozenset(f"{gateway(block)}/{parse(block).length}" for block in blocks),
        ipv6_ra_configs=advertisements,
        options={"route_table": q.ask(table_of, id)},
    )
    yield from within(ROUTER, subnet.vpc_id, "ports", port)


@unit
def switch_side(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Switch_Port` of type `router`. `arp_proxy` makes the router answer for the resolver's address and those
    of load balancers and endpoints in the subnet, which no port has."""
    # IPv4 only: 23.03 lets a router answer for no further addresses of IPv6.
    port = row(
        "Logical_Switch_Port",
        switch_port(id),
        id,
        name=switch_port(id),
        type="router",
        addresses=frozenset(("router",)),
        options={"router-port": router_port(id), "arp_proxy": " ".join(answered_for(q, id))},
    )
    yield from within(SWITCH, id, "ports", port)


def dhcp_uuid(subnet_id: str, version: int) -> Uuid:
    """The DHCP options of a subnet's machines."""
    return uuid_of("DHCP_Options", f"{subnet_id}/{version}")


@unit
def dhcp(q: Queries, id: str) -> Iterator[Part]:
    """`DHCP_Options`, one row per IP version: address, router, MTU (RFC 2132), resolver, domain, time servers. The
    hypervisors answer by themselves."""
    subnet = q.ask(switch_of, id)
    for lease in leases(q, id):
        options: dict[Atom, Atom]
        if lease.version == 4:
            options = {
                "server_id": gateway(lease.block),
                "server_mac": _mac(q, subnet),
                "router": gateway(lease.block),
                "lease_time": str(LEASE_S),
                "mtu": str(q.region.mtu),
                "dns_server": f"{{{', '.join(lease.names)}}}",
                "domain_name": f'"{lease.domain}"',
            }
            if lease.clocks:
                options["ntp_server"] = f"{{{', '.join(lease.clocks)}}}"
        else:
            options = {
                "server_id": _mac(q, subnet),
                "dns_server": f"{{{', '.join(lease.names)}}}",
                "domain_search": f'"{lease.domain}"',
            }
        yield row("DHCP_Options", f"{id}/{lease.version}", id, cidr=lease.block, options=options)
