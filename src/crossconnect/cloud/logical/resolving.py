"""The VPC's resolver: where it is reached, and the names that it knows."""

from __future__ import annotations

from typing import NamedTuple

from crossconnect.cloud.kinds.dns import DnsRecord, DnsZone
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.private_link import ServiceEndpoint
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.interfaces import host_name
from crossconnect.cloud.logical.queries import Queries
from crossconnect.cloud.logical.subnets import domain_of
from crossconnect.cloud.region import CloudRegion
from crossconnect.net import address_text, parse

_BLOCK = 29
"""Length of the services switch's IPv4 prefix, the smallest one with room for the router and more services."""


def has_resolver(q: Queries, vpc_id: str) -> bool:
    """Whether a VPC has one."""
    return q.need(Vpc, vpc_id).dns_support


def services_networks(region: CloudRegion) -> frozenset[str]:
    """The router's addresses on the services switch, IPv4 and IPv6; the same in all VPCs."""
    resolver, six = parse(region.resolver).value, parse(region.resolver6).value
    block = resolver >> 32 - _BLOCK << 32 - _BLOCK
    own = block + 1 if block + 1 != resolver else block + 2
    return frozenset((f"{address_text(4, own)}/{_BLOCK}", f"{address_text(6, (six >> 64 << 64) + 1)}/64"))


def services_port(vpc_id: str) -> str:
    """Name of the VPC's services switch, and of the router's port there."""
    return f"services-{vpc_id}"


def own_domains(q: Queries, vpc_id: str) -> set[str]:
    """The domains that nobody else is asked about: private zones, and the region's own. Not one that DHCP options name:
    a tenant's machines may be of a domain that is public."""
    zones = {q.need(DnsZone, zone).domain for zone in q.referring(DnsZone, "vpc_ids", vpc_id)}
    return zones | ({q.region.domain} & {q.ask(domain_of, vpc_id)})


def names_of(q: Queries, interface: NetworkInterface) -> tuple[tuple[str, str], ...]:
    """An interface's names and what they stand for: `ip-10-0-1-4.<domain>` per IPv4 address, and back (RFC 1035 section
    3.5); with IPv6 one more, `<id>.<domain>`, for all of its addresses. None where the VPC has no resolver."""
    if not q.ask(has_resolver, interface.vpc_id):
        return ()
    domain = q.ask(domain_of, interface.vpc_id)
    found: list[tuple[str, str]] = []
    for address in interface.private_addresses:
        name = f"{host_name(address)}.{domain}"
        found += [(name, address), (".".join(reversed(address.split("."))) + ".in-addr.arpa", name)]
    if interface.ipv6_addresses:
        found.append((f"{interface.id}.{domain}", " ".join((*interface.private_addresses, *interface.ipv6_addresses))))
    return tuple(found)


def endpoint_name(q: Queries, endpoint: ServiceEndpoint) -> tuple[str, str] | None:
    """An endpoint's name and what it stands for: with IPv6 `<id>.<domain>`, as interfaces have it, for all of its
    addresses. None where it has none, or the VPC no resolver."""
    if not endpoint.ipv6_addresses or not q.ask(has_resolver, endpoint.vpc_id):
        return None
    name = f"{endpoint.id}.{q.ask(domain_of, endpoint.vpc_id)}"
    return name, " ".join((*endpoint.addresses, *endpoint.ipv6_addresses))


class Answer(NamedTuple):
    """What a private zone answers."""

    zone: str
    """Its id."""
    name: str
    values: str


def answer_of(q: Queries, record_id: str) -> Answer | None:
    """What is answered to a record's name: the addresses of both IP versions together, by the first of the records of
    that name; None by the others."""
    record = q.need(DnsRecord, record_id)
    zone = q.need(DnsZone, record.dns_zone_id)
    same = [q.need(DnsRecord, other) for other in q.referring(DnsRecord, "dns_zone_id", zone.id)]
    same = sorted((one for one in same if one.record == record.record), key=lambda one: one.type)
    if same[0].id != record_id:
        return None
    name = f"{record.record}.{zone.domain}" if record.record else zone.domain
    return Answer(zone.id, name.lower(), " ".join(value for one in same for value in one.values))
