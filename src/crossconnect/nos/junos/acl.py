"""`firewall`: a filter per ACL and IP version, a term per entry, then discard.

Source: Junos OS "Routing Policies, Firewall Filters, and Traffic Policers User Guide" ("Firewall Filter Match
Conditions for IPv4 Traffic", "... IPv6 Traffic").
"""

from __future__ import annotations

from crossconnect.device.acl import AclEntry, AclSet, PortRange
from crossconnect.nos.lines import Block, Entry, entry

_ICMP6 = {"icmpv6": "icmp6"}


def render_acls(acls: tuple[AclSet, ...]) -> list[Entry]:
    """The statement `firewall`."""
    families: list[Entry] = []
    for version, word in ((4, "inet"), (6, "inet6")):
        filters = [_filter(acl) for acl in acls if acl.version == version]
        if filters:
            families.append(Block(f"family {word}", tuple(filters)))
    return [Block("firewall", tuple(families))] if families else []


def _filter(acl: AclSet) -> Entry:
    terms = [_term(entry_, acl.version) for entry_ in acl.entries]
    return Block(f"filter {acl.name}", (*terms, Block("term rest", ("then discard",))))


def _term(of: AclEntry, version: int) -> Entry:
    conditions: list[Entry] = []
    if of.source:
        conditions.append(Block("source-address", (of.source,)))
    if of.destination:
        conditions.append(Block("destination-address", (of.destination,)))
    if of.protocol != "any":
        word = "protocol" if version == 4 else "next-header"
        conditions.append(f"{word} {_ICMP6.get(str(of.protocol), of.protocol)}")
    if of.source_ports:
        conditions.append(_several("source-port", [_ports(p) for p in of.source_ports]))
    if of.destination_ports:
        conditions.append(_several("destination-port", [_ports(p) for p in of.destination_ports]))
    if of.established:
        conditions.append("tcp-established")
    if of.icmp_types:
        conditions.append(_several("icmp-type", [str(t) for t in of.icmp_types]))
    verb = "accept" if of.accept else "discard"
    then: Entry = Block("then", ("log", verb)) if of.log else f"then {verb}"
    return Block(f"term {of.sequence}", (*([entry("from", conditions)] if conditions else []), then))


def _several(word: str, values: list[str]) -> str:
    return f"{word} {values[0]}" if len(values) == 1 else f"{word} [ {' '.join(values)} ]"


def _ports(ports: PortRange) -> str:
    return str(ports.first) if ports.first == ports.last else f"{ports.first}-{ports.last}"
