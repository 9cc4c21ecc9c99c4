"""Subnets: a switch each, plugged into the VPC's router at the first address."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.addresses import gateway, resolver
from crossconnect.cloud.kinds.dhcp_options import DhcpOptions
from crossconnect.cloud.kinds.load_balancer import LoadBalancer
from crossconnect.cloud.kinds.private_link import ServiceEndpoint
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.matches import any_address
from crossconnect.cloud.ovn.names import router_mac
from crossconnect.cloud.ovn.parts import GROUPS_TIER, Part, row, tier, unit, within
from crossconnect.cloud.ovn.queries import Queries, Unrealisable
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.vpcs import ROUTER
from crossconnect.cloud.region import CloudRegion
from crossconnect.net import Mac, overlaps, parse
from crossconnect.transport.ovsdb.types import Uuid

SWITCH = "Logical_Switch"
LEASE_S = 3600
"""As AWS's DHCP leases."""
SERVICES_PRIORITY = 3000
"""Of what no security group filters: DHCP and the resolver (AWS VPC User Guide, "Security groups")."""


def switch_of(q: Queries, id: str) -> Subnet:
    """A subnet that is there with its VPC."""
    subnet = q.need(Subnet, id)
    q.need(Vpc, subnet.vpc_id)
    own = [block for block in (subnet.cidr_block, subnet.ipv6_cidr_block) if block]
    for taken in reserved(q.region):
        if clash := next((block for block in own if overlaps(block, taken)), ""):
            raise Unrealisable(f"{clash} overlaps {taken}, which the region uses itself")
    if subnet.availability_zone not in {zone.name for zone in q.region.zones}:
        raise Unrealisable(f"the region has no availability zone {subnet.availability_zone}")
    return subnet


def reserved(region: CloudRegion) -> tuple[str, ...]:
    """Prefixes of the region's own that VPCs' routers have networks in."""
    networks = (region.internet, *region.networks)
    transfer = (prefix for network in networks for prefix in (network.transfer_prefix, network.transfer_prefix6))
    own = (region.link_prefix, region.link_prefix6, region.private_link_prefix, "169.254.0.0/16", "fe80::/10")
    return tuple(prefix for prefix in (*transfer, *own) if prefix)


def table_of(q: Queries, id: str) -> str:
    """The id of a subnet's route table."""
    subnet = q.need(Subnet, id)
    return subnet.route_table_id or q.need(Vpc, subnet.vpc_id).main_route_table_id


def router_port(subnet_id: str) -> str:
    """Name of the VPC's router's port in a subnet."""
    return f"lrp-{subnet_id}"


def switch_port(subnet_id: str) -> str:
    """Name of the port that leads from a subnet's switch to the router."""
    return f"lsp-{subnet_id}"


def gateways(subnet: Subnet) -> list[str]:
    """The router's addresses in a subnet."""
    return [gateway(block) for block in (subnet.cidr_block, subnet.ipv6_cidr_block) if block]


def resolvers(region: CloudRegion, subnet: Subnet) -> list[str]:
    """Where machines in a subnet ask: with IPv4 its third address, with IPv6 the region's resolver, as in AWS. OVN
    23.03 lets a router answer for further addresses in IPv4 only."""
    found = [resolver(subnet.cidr_block), region.resolver] if subnet.cidr_block else []
    return [*found, region.resolver6] if subnet.ipv6_cidr_block else found


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
    advertisements: dict[str | int | float | bool, str | int | float | bool] = {}
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
    subnet = q.ask(switch_of, id)
    proxied = [resolver(subnet.cidr_block)] if subnet.cidr_block else []
    for balancer_id in q.referring(LoadBalancer, "subnet_ids", id):
        balancer = q.need(LoadBalancer, balancer_id)
        proxied += [a for s, a in zip(balancer.subnet_ids, balancer.addresses, strict=False) if s == id]
    for endpoint_id in q.referring(ServiceEndpoint, "subnet_ids", id):
        endpoint = q.need(ServiceEndpoint, endpoint_id)
        proxied += [a for s, a in zip(endpoint.subnet_ids, endpoint.addresses, strict=False) if s == id]
    port = row(
        "Logical_Switch_Port",
        switch_port(id),
        id,
        name=switch_port(id),
        type="router",
        addresses=frozenset(("router",)),
        options={"router-port": router_port(id), "arp_proxy": " ".join(proxied)},
    )
    yield from within(SWITCH, id, "ports", port)


def dhcp_uuid(subnet_id: str, version: int) -> Uuid:
    """The DHCP options of a subnet's machines."""
    return uuid_of("DHCP_Options", f"{subnet_id}/{version}")


def domain_of(q: Queries, vpc_id: str) -> str:
    """The domain of the names of a VPC's interfaces."""
    options = q.get(DhcpOptions, q.need(Vpc, vpc_id).dhcp_options_id)
    return (options and options.domain_name) or q.region.domain


def _options_of(q: Queries, vpc_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Servers of names and of time that a VPC's machines are told; no server of names: the subnet's resolver."""
    options = q.get(DhcpOptions, q.need(Vpc, vpc_id).dhcp_options_id)
    return (options.domain_name_servers, options.ntp_servers) if options else ((), q.region.ntp_servers)


def _of_version(version: int, addresses: tuple[str, ...]) -> list[str]:
    return [address for address in addresses if parse(address).version == version]


@unit
def dhcp(q: Queries, id: str) -> Iterator[Part]:
    """`DHCP_Options`, one row per IP version: address, router, MTU (RFC 2132), resolver, domain, time servers. The
    hypervisors answer by themselves."""
    subnet = q.ask(switch_of, id)
    names, clocks = q.ask(_options_of, subnet.vpc_id)
    domain = q.ask(domain_of, subnet.vpc_id)
    if block := subnet.cidr_block:
        servers = _of_version(4, subnet.domain_name_servers) or _of_version(4, names) or [resolver(block)]
        options: dict[str | int | float | bool, str | int | float | bool] = {
            "server_id": gateway(block),
            "server_mac": _mac(q, subnet),
            "router": gateway(block),
            "lease_time": str(LEASE_S),
            "mtu": str(q.region.mtu),
            "dns_server": f"{{{', '.join(servers)}}}",
            "domain_name": f'"{domain}"',
        }
        if four := _of_version(4, clocks):
            options["ntp_server"] = f"{{{', '.join(four)}}}"
        yield row("DHCP_Options", f"{id}/4", id, cidr=block, options=options)
    if block := subnet.ipv6_cidr_block:
        servers = _of_version(6, subnet.domain_name_servers) or _of_version(6, names) or [q.region.resolver6]
        options6: dict[str | int | float | bool, str | int | float | bool] = {
            "server_id": _mac(q, subnet),
            "dns_server": f"{{{', '.join(servers)}}}",
            "domain_search": f'"{domain}"',
        }
        yield row("DHCP_Options", f"{id}/6", id, cidr=block, options=options6)
