"""Which VPCs a hypervisor answers for: pure, from rows of the southbound database.

(machine's port)  chassis: this one     datapath: subnet's switch
patch             subnet's switch <-> VPC's router <-> services switch
localport         resolver-<vpc>        mac: the resolver's; external_ids: domains that are the VPC's
DNS               datapaths: services switch, records
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from crossconnect.cloud.resolver.answering import Known
from crossconnect.net import address_of, contains, interface_prefix, parse

DOMAINS_KEY = "crossconnect:domains"
"""In `external_ids` of a resolver's localport (northd copies them): domains that nobody else is asked about."""
PREFIX = "resolver-"
"""Names of resolvers' localports begin so; the VPC's id follows."""


class ResolverConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent is told."""

    chassis: str
    """This hypervisor, by its `system-id`."""
    southbound: str
    """The database's remotes, as `ovn-remote` has them."""
    name_servers: tuple[str, ...]
    """The provider's resolvers, which the hypervisor itself reaches."""
    vsctl: tuple[str, ...] = ("ovs-vsctl", "--timeout=20")
    """How the switch is told of ports."""


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `Port_Binding`, as far as it matters here."""

    name: str
    kind: str
    """Column `type`."""
    datapath: str
    here: bool = False
    """Whether it is bound to this chassis."""
    peer: str = ""
    addresses: tuple[str, ...] = ()
    """Column `mac`."""
    external_ids: Mapping[str, str] = {}


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `DNS`."""

    datapaths: frozenset[str]
    records: Mapping[str, str]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The resolver's end of one VPC's services switch."""

    vpc: str
    port: str
    mac: str
    addresses: tuple[str, ...]
    """With length."""
    gateways: tuple[str, ...]
    """The VPC's router there, in each IP version."""


def places_of(bindings: Iterable[Binding], dns: Iterable[Records]) -> dict[Place, Known]:
    """The VPCs with a machine on this chassis, and what each knows."""
    bindings = [*bindings]
    by_name = {binding.name: binding for binding in bindings}
    across: dict[str, set[str]] = {}
    for binding in bindings:
        if binding.kind == "patch" and binding.peer in by_name:
            across.setdefault(binding.datapath, set()).add(by_name[binding.peer].datapath)
    switches = {binding.datapath for binding in bindings if binding.kind == "" and binding.here}
    routers = {router for switch in switches for router in across.get(switch, ())}
    services = {switch for router in routers for switch in across.get(router, ())}
    records: dict[str, dict[str, str]] = {}
    for row in dns:
        for datapath in row.datapaths & services:
            records.setdefault(datapath, {}).update(row.records)
    found: dict[Place, Known] = {}
    for binding in bindings:
        if binding.kind == "localport" and binding.datapath in services and binding.name.startswith(PREFIX):
            place = _place(binding, _routers_ends(bindings, by_name, binding.datapath))
            domains = frozenset(binding.external_ids.get(DOMAINS_KEY, "").split())
            found[place] = Known(records=records.get(binding.datapath, {}), domains=domains)
    return found


def _routers_ends(bindings: Iterable[Binding], by_name: Mapping[str, Binding], switch: str) -> list[str]:
    """Addresses with length of routers' ports on a switch."""
    ends = [by_name[b.peer] for b in bindings if b.datapath == switch and b.kind == "patch" and b.peer in by_name]
    return [word for end in ends for text in end.addresses for word in text.split()[1:] if "/" in word]


def _place(binding: Binding, routers: Iterable[str]) -> Place:
    mac, *own = " ".join(binding.addresses).split()
    addresses: list[str] = []
    gateways: list[str] = []
    for address in own:
        for router in routers:
            if contains(interface_prefix(router), address):
                addresses.append(f"{address}/{parse(router).length}")
                gateways.append(address_of(router))
    return Place(
        vpc=binding.name.removeprefix(PREFIX),
        port=binding.name,
        mac=mac,
        addresses=tuple(addresses),
        gateways=tuple(gateways),
    )
