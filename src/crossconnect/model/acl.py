"""Access control lists: stateless packet filters."""

from __future__ import annotations

from typing import Literal

import msgspec

IcmpType = Literal["echo-request", "echo-reply", "unreachable", "packet-too-big", "time-exceeded"]


class AclEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first entry that matches decides. All given conditions must hold; without addresses, it is about both IP
    versions."""

    name: str
    """Unique in its ACL."""
    action: Literal["accept", "drop"]
    """What happens to the packet."""
    protocol: Literal["any", "tcp", "udp", "icmp", "gre", "esp"] = "any"
    """`icmp` is ICMP of either IP version."""
    family: Literal["", "ipv4", "ipv6"] = ""
    """Only packets of this family."""
    source: str = ""
    """Prefix that the packet comes from; none given: any."""
    destination: str = ""
    """Prefix that it goes to; none given: any."""
    source_ports: tuple[str, ...] = ()
    """Ports and ranges (`1024-65535`), any of them; only with `tcp` and `udp`."""
    destination_ports: tuple[str, ...] = ()
    """Ports and ranges, any of them; only with `tcp` and `udp`."""
    icmp_types: tuple[IcmpType, ...] = ()
    """Any of them; only with `icmp`. In IPv4 `packet-too-big` is `unreachable`."""
    established: bool = False
    """Only answers of TCP connections that the other side opened (ACK or RST is set)."""
    log: bool = False
    """Whether matches are logged."""


class Acl(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Entries in order; what none matches is dropped. IPv6 neighbour discovery always passes."""

    name: str
    """Unique among ACLs."""
    entries: tuple[AclEntry, ...]
    """Judged in this order."""
