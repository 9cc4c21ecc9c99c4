"""The inventory: every switch, cable, server and port of a region by name, nothing compact left."""

from __future__ import annotations

from typing import Literal

import msgspec

from crossconnect.model.cloud import ChassisRole
from crossconnect.model.device import Platform, Role
from crossconnect.model.interface_names import LINUX, InterfaceNames
from crossconnect.model.server import SegmentPort


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """A switch after expansion; `path` is where the model says it, for findings."""

    name: str
    role: Role
    site: str
    pod: str
    rack: str
    platform: Platform
    nos: str
    asn: int | None
    """Only where written by hand."""
    asn_group: str
    """Switches of one group share an ASN: `pods/a/spines`, `super-spines`, `devices/a-leaf1`."""
    plane: int
    drained: bool
    path: str
    names: InterfaceNames = LINUX
    """How its network operating system calls interfaces."""


class Port(msgspec.Struct, frozen=True, order=True):
    """One end of a cable; `name` is empty until a port is allocated."""

    device: str
    name: str = ""


class Cable(msgspec.Struct, frozen=True, kw_only=True):
    """A cable. `a` is the lower tier (server or peer, leaf, spine); `key` names it in the lock and never moves."""

    key: str
    kind: Literal["fabric", "peer-link", "server", "peer"]
    """`peer-link`: between the two leaves of an MLAG pair, `a` the primary."""
    a: Port
    b: Port
    mtu: int | None
    path: str
    gbps: int | None = None
    """Only where written by hand."""


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """A server after expansion; its cables are those whose `a` end is this name, ports `eth0`, `eth1`."""

    name: str
    rack: str
    leaves: tuple[str, ...]
    segments: tuple[SegmentPort, ...]
    mac: str
    path: str
    chassis: ChassisRole = "none"
    """What it is to the cloud."""


class MlagPair(msgspec.Struct, frozen=True, kw_only=True):
    """Two leaves of a rack that are one to their servers by MLAG (vPC)."""

    rack: str
    primary: str
    secondary: str
    peer_links: int
    path: str
    """Where the rack, or else the region, says so."""

    def other(self, leaf: str) -> str:
        """The leaf beside this one."""
        return self.secondary if leaf == self.primary else self.primary


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of a region, sorted by name (cables by key)."""

    switches: tuple[Switch, ...]
    cables: tuple[Cable, ...]
    hosts: tuple[Host, ...]
    pairs: tuple[MlagPair, ...] = ()
    numbers: dict[str, dict[str, int]] = {}
    """Numbers that names are made of: pools `rack/<pod>` and `leaf/<pod>` of the lock."""
