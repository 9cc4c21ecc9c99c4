"""What a table of commands cannot say of a change on NX-OS: what the device clears by itself, or does not overwrite.

- Another VRF takes an interface's addresses away (Unicast Routing Configuration Guide, "Configuring Virtualization":
  the interface's Layer 3 configuration is removed), so they are entered again.
- Between switched and routed a port is set to its defaults first, and is then configured as a whole.
- An entry of a list is not overwritten by one of the same number (documentation of `cisco.nxos.nxos_prefix_lists` and
  `nxos_acls`: an existing sequence cannot be updated), nor is the VNI of a VLAN or VRF: the old one goes first.
- Roles of a user add up, and a password stays when only a role is given (Security Configuration Guide, "Configuring
  User Accounts and RBAC"): a user that changes goes first, and comes with all of its lines.
- A device is in one vPC domain, and `no vpc domain` takes the numbers of its bonds along: where the domain changes,
  they go first, the peer link last, and come again behind the new one.
- NVE's source is changed while NVE is shut (Cisco's cisco_node_utils, `vxlan_vtep.rb`): all tunnels go down for that,
  as they do for another VTEP address in any case. A loopback that stays is made the source before the other one goes.

Route maps of a session and ACLs of an interface take each other's place: at no moment is there none. ACLs are changed
entry by entry: an interface never has a list that is not there, which would let everything through.
"""

from __future__ import annotations

import re

from crossconnect.nos import line_changes
from crossconnect.nos.lines import Block, Entry, Path, Tree, entry, header_of, indented_text
from crossconnect.nos.network_os import Commands, Overridden, Trees
from crossconnect.nos.network_os import Tree as AnyTree
from crossconnect.nos.nxos.grammar import GRAMMAR
from crossconnect.nos.nxos.names import MAIN
from crossconnect.nos.patterns import prefix_of

_CLEARED_WITH_VRF = ("ip", "ipv6", "no ip", "no ipv6", "fabric forwarding")
_NUMBERED = re.compile(
    r"(?:ip|ipv6) (?:prefix-list|as-path access-list|(?:large-)?community-list standard) \S+ seq \d+"
)
NVE = "interface nve1"
_ACL = re.compile(r"(?:ip|ipv6) access-list \S+")
_VNI = {"vlan": "vn-segment", "vrf": "vni"}
"""The line with the VNI, by the first word of the block."""


def difference(old: Trees, new: Trees) -> tuple[Commands, ...]:
    """See `NetworkOs.difference`."""
    before, after = old[MAIN], new[MAIN]
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    before, out = _out_of_domain(before, after)
    before, shut, up = _other_source(before, after)
    rest, first = _cleared(before, after)
    rest = _without_replaced(rest, after)
    commands = (*out, *shut, *first, *line_changes.changes(rest, after, GRAMMAR), *up)
    return (Commands(file=MAIN, how="cli", text=indented_text(commands, "  ")),) if commands else ()


def merge(tree: AnyTree, extra: AnyTree) -> tuple[AnyTree, tuple[Overridden, ...]]:
    """See `NetworkOs.merge`."""
    return line_changes.merge(tree, extra, _key)


def _key(path: Path, line: str) -> str:
    """As in a difference, but entries of lists are told apart by their numbers."""
    if path and _ACL.fullmatch(path[-1]):
        return line.partition(" ")[0]
    match = _NUMBERED.match(line)
    return match[0] if match else line_changes.key_of(GRAMMAR, path, line)


def _cleared(old: Tree, new: Tree) -> tuple[Tree, list[Entry]]:
    """The old tree less what goes by itself or goes first, and the commands that go first."""
    blocks = {e.header: e for e in new if isinstance(e, Block)}
    lines = {e for e in new if isinstance(e, str)}
    taken = {match[0] for line in lines if (match := _NUMBERED.match(line))}
    renewed = _renewed_users(old, lines)
    rest: list[Entry] = []
    first: list[Entry] = [f"no username {name}" for name in renewed]
    for item in old:
        if isinstance(item, str) and _user(item) in renewed:
            continue
        if isinstance(item, str):
            match = _NUMBERED.match(item)
            if match and match[0] in taken and item not in lines:
                first.append(f"no {item}")
            else:
                rest.append(item)
        elif (after := blocks.get(item.header)) is None or after == item:
            rest.append(item)
        else:
            rest += _block(item, after, first)
    return tuple(rest), first


def _out_of_domain(old: Tree, new: Tree) -> tuple[Tree, list[Entry]]:
    """The old tree with no interface in its vPC domain, and the commands for that, where the domain becomes another."""
    domains = [{header_of(e) for e in tree if header_of(e).startswith("vpc domain ")} for tree in (old, new)]
    if not domains[0] or not domains[1] or domains[0] == domains[1]:
        return old, []
    rest: list[Entry] = []
    first: list[Entry] = []
    for item in old:
        lines = [e for e in item.body if _in_domain(e)] if isinstance(item, Block) else []
        if not isinstance(item, Block) or not lines:
            rest.append(item)
            continue
        rest.append(entry(item.header, [e for e in item.body if e not in lines]))
        path = (item.header,)
        commands = tuple(c for line in lines for c in line_changes.negated(GRAMMAR, path, header_of(line)))
        first.append(Block(item.header, commands))
    # The peer link is entered first, and goes last.
    return tuple(rest), first[::-1]


def _other_source(old: Tree, new: Tree) -> tuple[Tree, list[Entry], list[Entry]]:
    """The old tree with NVE's new source where that is there already, and the commands at the beginning and the end."""
    before, after = (next((e for e in t if isinstance(e, Block) and e.header == NVE), None) for t in (old, new))
    if before is None or after is None:
        return old, [], []
    was, now = _first(before, "source-interface"), _first(after, "source-interface")
    if was is None or now is None or was == now:
        return old, [], []
    lines = ["shutdown"]
    there = any(header_of(e) == f"interface {now.split()[1]}" for e in old)
    if there:
        lines.append(now)
        moved = entry(NVE, [now if e == was else e for e in before.body])
        old = tuple(moved if e is before else e for e in old)
    return old, [Block(NVE, tuple(lines))], [Block(NVE, ("no shutdown",))]


def _in_domain(item: Entry) -> bool:
    words = header_of(item).split()
    return words[0] == "vpc" and (words[1] == "peer-link" or words[1].isdigit())


def _user(line: str) -> str:
    """The name in a line of a user; empty for other lines."""
    words = line.split()
    return words[1] if words[0] == "username" else ""


def _renewed_users(old: Tree, new: set[str]) -> list[str]:
    """Users that stay with another password or role."""
    stay = {_user(line) for line in new} - {""}
    mains = [e for e in old if isinstance(e, str) and _user(e) in stay and e.split()[2] != "sshkey"]
    return [_user(line) for line in mains if line not in new]


def _attached(line: str) -> tuple[str, ...]:
    """What a line attaches and in which direction, without its name; empty for other lines."""
    words = line.split()
    known = words[0] == "route-map" or words[:2] in (["ip", "access-group"], ["ipv6", "traffic-filter"])
    return (*words[:-2], words[-1]) if known and words[-1] in ("in", "out") else ()


def _without_replaced(old: Tree, new: Tree) -> Tree:
    """The old tree without attached route maps and ACLs in whose place the new one has others."""
    blocks = {e.header: e for e in new if isinstance(e, Block)}
    others = {_attached(e) for e in new if isinstance(e, str)} - {()}
    lines = {e for e in new if isinstance(e, str)}
    out: list[Entry] = []
    for item in old:
        if isinstance(item, Block):
            after = blocks.get(item.header)
            out.append(
                item if after is None or after == item else entry(item.header, _without_replaced(item.body, after.body))
            )
        elif item in lines or _attached(item) not in others:
            out.append(item)
    return tuple(out)


def _block(old: Block, new: Block, first: list[Entry]) -> list[Entry]:
    """What is left of a block that changes; `first` gets the commands that go first."""
    if old.header.startswith("interface "):
        if ("switchport" in old.body) != ("switchport" in new.body):
            first += line_changes.negated(GRAMMAR, (), old.header)
            return []
        if _first(old, "vrf member") != _first(new, "vrf member"):
            stays = [e for e in old.body if prefix_of(_CLEARED_WITH_VRF, header_of(e)) is None]
            return [entry(old.header, stays)]
        return [old]
    if _ACL.fullmatch(old.header):
        return [_without(old, _renumbered(old, new), first)]
    word = _VNI.get(old.header.partition(" ")[0])
    line = _first(old, word) if word else None
    if line is not None and _first(new, word or "") not in (None, line):
        return [_without(old, {line}, first)]
    return [old]


def _first(block: Block, start: str) -> str | None:
    """The line that begins with these words."""
    return next((e for e in block.body if isinstance(e, str) and prefix_of((start,), e) is not None), None)


def _renumbered(old: Block, new: Block) -> set[str]:
    """Entries whose number another entry takes."""
    numbers = {header_of(e).partition(" ")[0] for e in new.body}
    lines = {header_of(e) for e in new.body}
    every = {header_of(e) for e in old.body}
    return {line for line in every - lines if line.partition(" ")[0] in numbers}


def _without(block: Block, going: set[str], first: list[Entry]) -> Entry:
    """The block less some lines, which `first` takes back."""
    path = (block.header,)
    commands = [c for e in block.body if header_of(e) in going for c in line_changes.negated(GRAMMAR, path, str(e))]
    if commands:
        first.append(Block(block.header, tuple(commands)))
    return entry(block.header, [e for e in block.body if header_of(e) not in going])
