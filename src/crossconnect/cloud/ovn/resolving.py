"""The VPC's resolver, at the third address of each subnet.

    machine -- subnet's switch -- VPC's router --(static route to the third address)-- services switch -- localport
                                                                                        |
                                                                      DNS records: answered here

What the records do not answer goes on to the port `resolver-<vpc>`, whose agent on each hypervisor is `cloud.resolver`.

The records hang at a switch of their own, where no machine is: on a switch with records, OVN lets every UDP packet from
port 53 pass its ACLs (priority 34000 of `ls_out_acl`), which no security group could close.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zlib import crc32

from crossconnect.cloud.addresses import resolver
from crossconnect.cloud.kinds.dns import DnsRecord, DnsZone
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.hops import Hop
from crossconnect.cloud.ovn.interfaces import host_name
from crossconnect.cloud.ovn.names import router_mac
from crossconnect.cloud.ovn.parts import Part, adds, labelled, row, unit, within
from crossconnect.cloud.ovn.ports import port_of
from crossconnect.cloud.ovn.provider import route
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import Row, uuid_of
from crossconnect.cloud.ovn.subnets import SWITCH, domain_of, switch_of, table_of
from crossconnect.cloud.ovn.vpcs import ROUTER
from crossconnect.cloud.region import CloudRegion
from crossconnect.cloud.resolver.placement import DOMAINS_KEY
from crossconnect.net import address_text, parse

_NAMED = 256
"""Addresses of a subnet for which it has a row of names."""
_ROWS_MAX = 64
"""Of a subnet: one of a /16 that is full has 1,024 interfaces in a row."""
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


def _port(vpc_id: str) -> str:
    return f"services-{vpc_id}"


def _records(q: Queries, key: str, id: str) -> Row:
    """Names that nobody else is asked for, also where the type is another one (`ovn-owned`, where there is such)."""
    return row("DNS", key, id, options={"ovn-owned": "true"}) if q.features.dns_owned else row("DNS", key, id)


def _names_rows(subnet: Subnet) -> Sequence[str]:
    """Keys of the `DNS` rows that have the names of a subnet's interfaces: one for some 256 addresses. A change of a
    row costs OVN's database time by its size: 1.8 ms with 20,000 names, which is all names of a VPC of 10,000."""
    addresses = 1 << 32 - parse(subnet.cidr_block).length if subnet.cidr_block else 0
    count = min(max(addresses // _NAMED, 1), _ROWS_MAX)
    return [f"{subnet.id}/{n}" for n in range(count)] if count > 1 else [subnet.id]


@unit
def subnet_names(q: Queries, id: str) -> Iterator[Part]:
    """`DNS` rows for the names of a subnet's interfaces, at the VPC's services switch: one for each 256 addresses of
    the subnet, 64 at most."""
    subnet = q.ask(switch_of, id)
    if not q.ask(has_resolver, subnet.vpc_id):
        return
    for key in _names_rows(subnet):
        yield _records(q, key, id)
        yield adds(SWITCH, _port(subnet.vpc_id), "dns_records", uuid_of("DNS", key))


@unit
def services(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Switch` `services-<vpc>` behind a port of the VPC's router, with the `DNS` rows of its zones and a
    `localport` for the agent of each hypervisor, which is told the domains that nobody else is asked about; nothing
    where the VPC wants no DNS."""
    if not q.ask(has_resolver, id):
        return
    name, local = _port(id), f"resolver-{id}"
    zones = q.referring(DnsZone, "vpc_ids", id)
    records = frozenset(uuid_of("DNS", zone) for zone in zones)
    yield row(SWITCH, name, id, name=name, other_config={}, dns_records=records)
    mac, own = router_mac(q.region, name), router_mac(q.region, local)
    router = row(
        "Logical_Router_Port",
        name,
        id,
        name=name,
        mac=mac,
        networks=services_networks(q.region),
        options={},
    )
    yield from within(ROUTER, id, "ports", router)
    side = row(
        "Logical_Switch_Port", f"lsp-{name}", id, name=f"lsp-{name}", type="router", addresses=frozenset(("router",)),
        options={"router-port": name},
    )  # fmt: skip
    yield from within(SWITCH, name, "ports", side)
    addresses = frozenset((f"{own} {q.region.resolver} {q.region.resolver6}",))
    forwarder = row("Logical_Switch_Port", local, id, name=local, type="localport", addresses=addresses, options={})
    domains = " ".join(sorted(own_domains(q, id)))
    yield from within(SWITCH, name, "ports", labelled(forwarder, DOMAINS_KEY, domains) if domains else forwarder)


def own_domains(q: Queries, vpc_id: str) -> set[str]:
    """The domains that nobody else is asked about: private zones, and the region's own. Not one that DHCP options name:
    a tenant's machines may be of a domain that is public."""
    zones = {q.need(DnsZone, zone).domain for zone in q.referring(DnsZone, "vpc_ids", vpc_id)}
    return zones | ({q.region.domain} & {q.ask(domain_of, vpc_id)})


@unit
def subnet_resolver(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router_Static_Route` from the third address of a subnet to the services switch, in the subnet's route
    table: nobody else asks there."""
    subnet = q.ask(switch_of, id)
    if subnet.cidr_block and q.ask(has_resolver, subnet.vpc_id):
        to, hop = f"{resolver(subnet.cidr_block)}/32", Hop(q.region.resolver, _port(subnet.vpc_id))
        yield from route(subnet.vpc_id, f"{id}/resolver", id, to, hop, q.ask(table_of, id))


@unit
def interface_names(q: Queries, id: str) -> Iterator[Part]:
    """A pair in one of the subnet's `DNS` rows per IPv4 address: `ip-10-0-1-4.<domain>`, and back (RFC 1035 section
    3.5); with IPv6 one more, `<id>.<domain>`, for all of its addresses."""
    interface: NetworkInterface = q.ask(port_of, id)
    if not q.ask(has_resolver, interface.vpc_id):
        return
    domain, rows = q.ask(domain_of, interface.vpc_id), _names_rows(q.ask(switch_of, interface.subnet_id))
    key = rows[crc32(id.encode()) % len(rows)]
    for address in interface.private_addresses:
        name = f"{host_name(address)}.{domain}"
        yield adds("DNS", key, "records", name, address)
        back = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
        yield adds("DNS", key, "records", back, name)
    if interface.ipv6_addresses:
        addresses = " ".join((*interface.private_addresses, *interface.ipv6_addresses))
        yield adds("DNS", key, "records", f"{id}.{domain}", addresses)


@unit
def zone(q: Queries, id: str) -> Iterator[Part]:
    """`DNS` row of a private zone, at the services switches of its VPCs."""
    q.need(DnsZone, id)
    yield _records(q, id, id)


@unit
def record(q: Queries, id: str) -> Iterator[Part]:
    """A pair in the zone's `DNS` row: OVN keeps a name's addresses of both IP versions together."""
    found = q.need(DnsRecord, id)
    zone = q.need(DnsZone, found.dns_zone_id)
    same = [q.need(DnsRecord, other) for other in q.referring(DnsRecord, "dns_zone_id", zone.id)]
    same = sorted((one for one in same if one.record == found.record), key=lambda one: one.type)
    if same[0].id == id:
        name = f"{found.record}.{zone.domain}" if found.record else zone.domain
        yield adds("DNS", zone.id, "records", name.lower(), " ".join(value for one in same for value in one.values))
