"""ACLs: `ip access-list` and `ipv6 access-list`, an entry per combination of ports and types.

Source: Cisco Nexus 9000 Series NX-OS Security Configuration Guide 10.3(x), "Configuring IP ACLs" (sequence numbers,
`established`, `log`; a list ends with an implicit deny, which is written here so that it can be seen).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from crossconnect.device.acl import AclEntry, AclSet, PortRange
from crossconnect.nos.lines import Block, Entry
from crossconnect.nos.nxos.names import versioned

_PROTOCOLS = {"icmpv6": "icmp"}
"""In an IPv6 list `icmp` is ICMPv6."""


def render_acls(acls: tuple[AclSet, ...]) -> list[Entry]:
    """Every set."""
    return [_set(acl) for acl in acls]


def _set(acl: AclSet) -> Entry:
    word = "ip" if acl.version == 4 else "ipv6"
    lines = [line for entry in acl.entries for line in _entry(entry, word)]
    lines.append(f"deny {word} any any")
    numbered = tuple(f"{n * 10} {line}" for n, line in enumerate(lines, 1))
    return Block(f"{word} access-list {versioned(acl.name, acl.version)}", numbered)


def _entry(entry: AclEntry, word: str) -> Iterator[str]:
    verb = "permit" if entry.accept else "deny"
    protocol = word if entry.protocol == "any" else _PROTOCOLS.get(str(entry.protocol), str(entry.protocol))
    source, destination = _end(entry.source, word), _end(entry.destination, word)
    tail = (" established" if entry.established else "") + (" log" if entry.log else "")
    types = [f" {number}" for number in entry.icmp_types] or [""]
    sources = [_ports(ports) for ports in entry.source_ports] or [""]
    destinations = [_ports(ports) for ports in entry.destination_ports] or [""]
    for from_ports, to_ports, kind in itertools.product(sources, destinations, types):
        yield f"{verb} {protocol} {source}{from_ports} {destination}{to_ports}{kind}{tail}"


def _end(prefix: str, word: str) -> str:
    if not prefix:
        return "any"
    address, _, length = prefix.partition("/")
    return f"host {address}" if length == ("32" if word == "ip" else "128") else prefix


def _ports(ports: PortRange) -> str:
    return f" eq {ports.first}" if ports.first == ports.last else f" range {ports.first} {ports.last}"
