"""The one interface to every network OS: a record of functions and data, which each sub-room fills in.

    DeviceConfiguration --trees--> {file: Tree} --text--> {file: text} --parse--> {file: Tree}
                                       |  merge: fabric/extra
                    old trees, new trees --difference--> Commands, in order; inverse: swap the trees

A system has one or more configuration files with a tree each (SONiC: `config_db.json` and `frr.conf`); the first is
the main one, which extra configuration goes to. Trees are of lines (`lines`) or JSON (`document`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Finding
from crossconnect.nos import document, lines
from crossconnect.nos.facts import Facts
from crossconnect.nos.reports import Report
from crossconnect.nos.support import Support

INTERFACE_VERSION = 1
"""Of this record: an extension that was written for another one is refused (`nos.extension-broken`)."""

Tree = lines.Tree | document.Value
Trees = Mapping[str, Tree]
"""Trees by file name, the main one first."""


class Commands(msgspec.Struct, frozen=True, kw_only=True):
    """What is given to a device in one go. Secrets are references.

    `how`: `cli` lines of configuration mode, `shell` commands, `json-patch` (RFC 6902), `gnmi` set (JSON object with
    `delete`, `replace` and `update`).
    """

    file: str
    """The tree that it changes."""
    how: Literal["cli", "shell", "json-patch", "gnmi"]
    """In which form."""
    text: str
    """What is given, as it is given."""


class Echo(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A ping from an address of a device to another address, in a VRF."""

    vrf: str
    """`default`, or the VRF's name on the device."""
    source: str
    destination: str


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A question that fills a part of the state tables.

    `parse` reads the answer. It raises ValueError for one that it does not understand: that is not "nothing there".
    """

    how: Literal["cli", "gnmi", "gnoi", "netconf", "shell"]
    ask: str
    """Command, path, filter, what a Unix shell is given, or method and request of gNOI."""
    parse: Callable[[bytes], tuple[Report, ...]]


class Overridden(msgspec.Struct, frozen=True, kw_only=True):
    """Something rendered that extra configuration replaces or takes out, both as one line of text."""

    rendered: str
    extra: str


class NetworkOs(msgspec.Struct, frozen=True, kw_only=True):
    """One network operating system. All functions are pure."""

    name: str
    """As intent has it, and as its sub-room is called: `eos`."""
    title: str
    """As people call it: `Arista EOS`."""
    versions: str
    """What it is written for: `4.30 and later`."""
    trees: Callable[[DeviceConfiguration], dict[str, Tree]]
    """Configuration trees by file name, main one first. Extra configuration is not in them."""
    text: Callable[[str, Tree], str]
    """(file name, tree) to text; `parse(file, text(file, tree)) == tree`."""
    parse: Callable[[str, str], Tree]
    """(file name, text) to tree: of text that `text` wrote, that the device shows, or of `fabric/extra`. Raises
    ValueError, with a message for people, where the text cannot be read."""
    merge: Callable[[Tree, Tree], tuple[Tree, tuple[Overridden, ...]]]
    """(main tree, extra tree) to the tree with both, and what the extra one overrides."""
    difference: Callable[[Trees, Trees], tuple[Commands, ...]]
    """(old, new) to what is given to the device, in an order that it accepts; empty for equal trees. The inverse has
    the arguments swapped."""
    findings: Callable[[DeviceConfiguration], tuple[Finding, ...]]
    """What is wrong with a configuration on this system beyond `facts` and `support`: its own lint."""
    facts: Facts
    support: Mapping[str, Support]
    """By the keys of `features.FEATURES`, all of them."""
    queries: Callable[[DeviceConfiguration], tuple[Query, ...]]
    """What fills the state tables for a device."""
    files: Callable[[DeviceConfiguration], dict[str, str]] | None = None
    """Further files by name, with no tree (FRR: the Linux side)."""
    echoes: Callable[[Sequence[Echo]], tuple[Query, ...]] | None = None
    """Pings that a device sends; `EchoReport` for each, by its place among them. None where nothing is known of how a
    program asks it."""
    echoes_max: int = 16
    """How many are asked of a device in one look: at once they are each a process there, one by one they take time."""
    errors: Callable[[DeviceConfiguration], Query] | None = None
    """Errors that a device's ports have counted; `ErrorsReport` for each. None as above."""
    tables: frozenset[str] = frozenset()
    """State tables that the answers to `queries` fill. What is in none of them nobody looks at, and gates say so; empty
    where that is not known of a system."""
    exact: bool = False
    """Whether rows made of its answers are those of the simulation in every field, as they are in labs: FRR's own. Of
    the other systems only what all of them word alike is compared."""
    interface_version: int = INTERFACE_VERSION
