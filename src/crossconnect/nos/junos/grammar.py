"""The difference of two trees as `set` and `delete` lines, for one commit; merging of extra configuration.

Source: Junos OS "CLI User Guide" (`load set`, `commit confirmed`): a candidate is checked and takes effect as a whole,
so that order matters only where statements are ordered: terms, and lists of policies.
"""

from __future__ import annotations

from crossconnect.nos import line_changes
from crossconnect.nos.junos.names import MAIN
from crossconnect.nos.line_changes import Grammar, key_of
from crossconnect.nos.lines import Block, Entry, Path, Tree, flat_lines, header_of
from crossconnect.nos.network_os import Commands, Overridden, Trees
from crossconnect.nos.network_os import Tree as AnyTree
from crossconnect.nos.patterns import prefix_of

_SINGLE = (
    "description",
    "mtu",
    "native-vlan-id",
    "encapsulation",
    "vlan-id",
    "mac",
    "host-name",
    "peer-as",
    "hold-time",
    "import",
    "export",
    "router-id",
    "autonomous-system",
    "route-distinguisher",
    "vrf-target",
    "vni",
    "minimum-links",
    "minimum-interval",
    "multiplier",
    "port",
    "timeout",
    "message",
    "class",
    "maximum",
    "maximum-ecmp",
    "maximum-prefixes",
    "device-count",
    "agent-id",
    "polling-interval",
    "location",
    "contact",
    "authentication-key",
    "l3-interface",
    "vtep-source-interface",
    "instance-type",
    "periodic",
    "system-id",
)
ORDERED = ("policy-statement *", "filter *", "authentication-order", "events")
"""Statements whose parts are read in order: entered anew when they change."""

_CONTEXTS = (
    "",
    "system",
    "interfaces",
    "unit",
    "family",
    "chassis",
    "ethernet",
    "group",
    "neighbor",
    "bgp",
    "routing-options",
    "vxlan",
    "vlans",
    "login",
    "user",
    "ssh",
    "ssl",
    "snmp",
    "sflow",
    "lacp",
)
GRAMMAR = Grammar(single=dict.fromkeys(_CONTEXTS, _SINGLE))


def _key(path: Path, line: str) -> str:
    """A line is known by its first word where there is one of it."""
    return prefix_of(_SINGLE, line.removeprefix("no ")) or key_of(GRAMMAR, path, line)


def merge(tree: AnyTree, extra: AnyTree) -> tuple[AnyTree, tuple[Overridden, ...]]:
    """See `NetworkOs.merge`."""
    return line_changes.merge(tree, extra, _key)


def difference(old: Trees, new: Trees) -> tuple[Commands, ...]:
    """See `NetworkOs.difference`."""
    before, after = old[MAIN], new[MAIN]
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    lines = [*_deletes(before, after, ()), *_sets(before, after, ())]
    return (Commands(file=MAIN, how="cli", text="\n".join(lines) + "\n"),) if lines else ()


def _ordered(header: str) -> bool:
    return prefix_of(ORDERED, header) is not None


def _deletes(old: Tree, new: Tree, path: Path) -> list[str]:
    """The highest statement that goes, and ordered ones that change."""
    blocks = {header_of(e): e for e in new}
    keys = {_key(path, e) for e in new if isinstance(e, str)}
    out: list[str] = []
    for entry in old:
        header = header_of(entry)
        twin = blocks.get(header)
        if twin is None:
            if isinstance(entry, Block) or _key(path, entry) not in keys or _ordered(header):
                out.append(_line("delete", path, header))
        elif isinstance(entry, Block) and entry != twin:
            if _ordered(header) or isinstance(twin, str):
                out.append(_line("delete", path, header))
            else:
                out += _deletes(entry.body, twin.body, (*path, header))
    return out


def _sets(old: Tree, new: Tree, path: Path) -> list[str]:
    known: dict[str, Entry] = {header_of(e): e for e in old}
    out: list[str] = []
    for entry in new:
        header = header_of(entry)
        twin = known.get(header)
        if twin == entry:
            continue
        if isinstance(entry, Block) and isinstance(twin, Block) and not _ordered(header):
            out += _sets(twin.body, entry.body, (*path, header))
            continue
        out += [_line("set", path, line) for line in flat_lines((entry,))]
    return out


def _line(verb: str, path: Path, rest: str) -> str:
    if verb == "delete" and rest.endswith(" ]"):
        rest = rest.partition(" [ ")[0]
    return " ".join((verb, *path, rest))
