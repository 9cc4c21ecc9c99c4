"""Access control lists: stateless packet filters (OpenConfig `acl-sets`), resolved to one IP version each."""

from __future__ import annotations

from typing import Literal

import msgspec

Protocol = Literal["any", "tcp", "udp", "icmp", "icmpv6"] | int


class PortRange(msgspec.Struct, frozen=True, order=True):
    """TCP or UDP ports, both ends included; a single port has both ends equal."""

    first: int
    last: int


class AclEntry(msgspec.Struct, frozen=True, kw_only=True):
    """First match decides; all given conditions must hold. `protocol` is `any`, a name, or an IANA number.

    `icmp` is of IPv4 only, `icmpv6` of IPv6 only.
    """

    sequence: int
    accept: bool
    protocol: Protocol = "any"
    source: str = ""
    """Prefix of the sets' version, empty for any."""
    destination: str = ""
    source_ports: tuple[PortRange, ...] = ()
    """Any of them; only with `tcp` and `udp`."""
    destination_ports: tuple[PortRange, ...] = ()
    icmp_types: tuple[int, ...] = ()
    """Any of them; only with `icmp` and `icmpv6`."""
    established: bool = False
    """TCP with ACK or RST only: answers to connections from the other side."""
    log: bool = False
    description: str = ""


class AclSet(msgspec.Struct, frozen=True, kw_only=True):
    """Entries in order, then drop. An ACL of the model becomes two sets here, one per IP version, same name.

    The IPv6 set begins with entries that let neighbour discovery through (RFC 4861), since not every system adds them
    by itself. `path` says where the intent has it.
    """

    name: str
    version: Literal[4, 6]
    entries: tuple[AclEntry, ...]
    path: str = ""
