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
from crossconnect.cloud.kinds.dns import DnsZone
from crossconnect.cloud.kinds.private_link import ServiceEndpoint
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.logical.hops import Hop
from crossconnect.cloud.logical.interfaces import port_of
from crossconnect.cloud.logical.numbers import router_mac
from crossconnect.cloud.logical.resolving import (
    answer_of,
    endpoint_name,
    has_resolver,
    names_of,
    own_domains,
    services_networks,
    services_port,
)
from crossconnect.cloud.logical.subnets import switch_of, table_of
from crossconnect.cloud.ovn.parts import Part, adds, labelled, row, unit, within
from crossconnect.cloud.ovn.provider import route
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import Row, uuid_of
from crossconnect.cloud.ovn.subnets import SWITCH
from crossconnect.cloud.ovn.vpcs import ROUTER
from crossconnect.cloud.resolver.placement import DOMAINS_KEY
from crossconnect.net import parse

_NAMED = 256
"""Addresses of a subnet for which it has a row of names."""
_ROWS_MAX = 64
"""Of a subnet: one of a /16 that is full has 1,024 interfaces in a row."""


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
        yield adds(SWITCH, services_port(subnet.vpc_id), "dns_records", uuid_of("DNS", key))


@unit
def services(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Switch` `services-<vpc>` behind a port of the VPC's router, with the `DNS` rows of its zones and a
    `localport` for the agent of each hypervisor, which is told the domains that nobody else is asked about; nothing
    where the VPC wants no DNS."""
    if not q.ask(has_resolver, id):
        return
    name, local = services_port(id), f"resolver-{id}"
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


@unit
def subnet_resolver(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router_Static_Route` from the third address of a subnet to the services switch, in the subnet's route
    table: nobody else asks there."""
    subnet = q.ask(switch_of, id)
    if subnet.cidr_block and q.ask(has_resolver, subnet.vpc_id):
        to, hop = f"{resolver(subnet.cidr_block)}/32", Hop(q.region.resolver, services_port(subnet.vpc_id))
        yield from route(subnet.vpc_id, f"{id}/resolver", id, to, hop, q.ask(table_of, id))


@unit
def interface_names(q: Queries, id: str) -> Iterator[Part]:
    """A pair in one of the subnet's `DNS` rows per IPv4 address: `ip-10-0-1-4.<domain>`, and back (RFC 1035 section
    3.5); with IPv6 one more, `<id>.<domain>`, for all of its addresses."""
    interface = q.ask(port_of, id)
    if names := names_of(q, interface):
        rows = _names_rows(q.ask(switch_of, interface.subnet_id))
        key = rows[crc32(id.encode()) % len(rows)]
        for name, value in names:
            yield adds("DNS", key, "records", name, value)


@unit
def endpoint_names(q: Queries, id: str) -> Iterator[Part]:
    """A pair in one of the `DNS` rows of the first subnet of an active endpoint with IPv6, `<id>.<domain>`, for its
    addresses of both IP versions."""
    endpoint = q.need(ServiceEndpoint, id)
    if endpoint.status == "active" and (pair := endpoint_name(q, endpoint)) is not None:
        rows = _names_rows(q.ask(switch_of, endpoint.subnet_ids[0]))
        yield adds("DNS", rows[crc32(id.encode()) % len(rows)], "records", *pair)


@unit
def zone(q: Queries, id: str) -> Iterator[Part]:
    """`DNS` row of a private zone, at the services switches of its VPCs."""
    q.need(DnsZone, id)
    yield _records(q, id, id)


@unit
def record(q: Queries, id: str) -> Iterator[Part]:
    """A pair in the zone's `DNS` row: OVN keeps a name's addresses of both IP versions together."""
    if (answer := answer_of(q, id)) is not None:
        yield adds("DNS", answer.zone, "records", answer.name, answer.values)
