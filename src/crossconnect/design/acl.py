"""ACLs of the model as sets of one IP version each, for those that a device uses."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from crossconnect.design.context import Context
from crossconnect.device.acl import AclEntry, AclSet, PortRange, Protocol
from crossconnect.device.configuration import System
from crossconnect.device.interface import Interface
from crossconnect.intent.texts import port_range
from crossconnect.model import acl as model
from crossconnect.net import version_of
from crossconnect.net.order import natural_key

SEQUENCE_STEP = 10
"""Room for entries that somebody adds on a device in a night."""

NEIGHBOUR_DISCOVERY = AclEntry(
    sequence=SEQUENCE_STEP // 2,
    accept=True,
    protocol="icmpv6",
    icmp_types=(133, 134, 135, 136),
    description="neighbour discovery",
)
"""Router and neighbour solicitation and advertisement (RFC 4861 4): without them an interface has no IPv6 neighbours.
Some systems let them through by themselves, others do not."""

_NUMBERS: dict[str, int] = {"gre": 47, "esp": 50}
"""IANA protocol numbers, where not every system has a word."""

_ICMP_TYPES: dict[int, dict[str, int]] = {
    # RFC 792 and 4443. Of IPv4, "packet too big" is a code of "unreachable" (RFC 1191 4).
    4: {"echo-request": 8, "echo-reply": 0, "unreachable": 3, "packet-too-big": 3, "time-exceeded": 11},
    6: {"echo-request": 128, "echo-reply": 129, "unreachable": 1, "packet-too-big": 2, "time-exceeded": 3},
}


def used_acls(context: Context, interfaces: Collection[Interface], system: System) -> tuple[AclSet, ...]:
    """The sets that interfaces and the management port name, IPv4 before IPv6, sorted by name."""
    names = {name for i in interfaces for name in (i.acl_in, i.acl_out)} | {system.acl}
    chosen = sorted((acl for acl in context.region.acls if acl.name in names), key=lambda a: natural_key(a.name))
    return tuple(of for acl in chosen for of in acl_sets(acl))


def acl_sets(acl: model.Acl) -> tuple[AclSet, AclSet]:
    """Both versions of an ACL. What no entry is about in a version is dropped there as well."""
    return _set(acl, 4), _set(acl, 6)


def _set(acl: model.Acl, version: Literal[4, 6]) -> AclSet:
    entries = [NEIGHBOUR_DISCOVERY] if version == 6 else []
    for number, entry in enumerate(acl.entries, 1):
        if _is_about(entry, version):
            entries.append(_entry(entry, number * SEQUENCE_STEP, version))
    return AclSet(name=acl.name, version=version, entries=tuple(entries), path=f"acls/{acl.name}")


def _is_about(entry: model.AclEntry, version: int) -> bool:
    if entry.family and entry.family != f"ipv{version}":
        return False
    return all(version_of(prefix) == version for prefix in (entry.source, entry.destination) if prefix)


def _entry(entry: model.AclEntry, sequence: int, version: int) -> AclEntry:
    protocol: Protocol
    match entry.protocol:
        case "icmp":
            protocol = "icmp" if version == 4 else "icmpv6"
        case "any" | "tcp" | "udp":
            protocol = entry.protocol
        case other:
            protocol = _NUMBERS[other]
    return AclEntry(
        sequence=sequence,
        accept=entry.action == "accept",
        protocol=protocol,
        source=entry.source,
        destination=entry.destination,
        source_ports=tuple(_ports(entry.source_ports)),
        destination_ports=tuple(_ports(entry.destination_ports)),
        icmp_types=tuple(sorted({_ICMP_TYPES[version][name] for name in entry.icmp_types})),
        established=entry.established,
        log=entry.log,
        description=entry.name,
    )


def _ports(texts: tuple[str, ...]) -> Iterator[PortRange]:
    for text in texts:
        first, last = port_range(text)
        yield PortRange(first, last)
