"""Two trees -> the commands that turn one into the other, in an order that FRR accepts. The inverse: swap the trees.

    0. prefix limits that are raised: bgpd may look at a policy that lets more in before it has read the new limit, and
       a session that it takes down for that stays down
    1. what goes, from the end of the file to its start: L3VNIs before their BGP instance, instances before the default;
       also the L3VNI of an instance that comes again with another ASN, which bgpd would not let go else
    2. what comes or changes, in file order: policies before the sessions that use them
    3. policies that nobody uses any more: route maps, then the lists that they used

A line that replaces another of the same key (`maximum-paths 8` after `maximum-paths 4`) is only entered; taking the
old one away first would, for `remote-as`, take the whole session. Entries of a list are the exception: FRR ignores one
that the list already has under another number, so those that go, go first, right before those that come. What a policy
lets through in that instant bgpd looks at again when all is entered (`transport.frr_change.LOADER`).
"""

from __future__ import annotations

import re

from crossconnect.nos.frr.negation import Context, key_of, list_of, negated, neighbor_of, starts_neighbor
from crossconnect.nos.frr.tree import Block, Entry, Tree

_LIMIT = re.compile(r"neighbor (\S+) maximum-prefix (\d+)")
_INSTANCE = re.compile(r"router bgp \d+ vrf (\S+)")
_KEPT_BLOCKS = ("interface ", "vrf ", "address-family ", "bfd")
"""Blocks that are no objects of their own, or belong to the kernel too: emptied line by line, never `no`."""


def changes(old: Tree, new: Tree) -> Tree:
    """Commands, as a tree, that make a router with `old` one with `new`. Empty for equal trees."""
    if old == new:
        return ()
    policies = tuple(e for e in old if _is_policy(e))
    rest = tuple(e for e in old if not _is_policy(e))
    gone = _instances_gone(old, new)
    going = _removals(rest, _without_l3vnis(new, gone), "")
    coming = _additions(_without_l3vnis(old, gone), new, "")
    unused = _removals(policies, new, "")
    return (*_raised_limits(old, new), *going, *coming, *unused)


def _instances_gone(old: Tree, new: Tree) -> frozenset[str]:
    """Headers of the VRF blocks whose BGP instance goes, whether another one comes or not."""
    stays = {entry.header for entry in new if isinstance(entry, Block)}
    return frozenset(
        f"vrf {match[1]}"
        for entry in old
        if isinstance(entry, Block) and entry.header not in stays and (match := _INSTANCE.fullmatch(entry.header))
    )


def _without_l3vnis(tree: Tree, headers: frozenset[str]) -> Tree:
    """A tree in which some VRF blocks have no `vni`."""
    if not headers:
        return tree
    return tuple(
        Block(e.header, tuple(x for x in e.body if not (isinstance(x, str) and x.startswith("vni "))), e.exit)
        if isinstance(e, Block) and e.header in headers
        else e
        for e in tree
    )


def _raised_limits(old: Tree, new: Tree) -> list[Entry]:
    """`maximum-prefix` lines of sessions that there were before, with a number greater than before, in their blocks."""
    before = {entry.header: entry for entry in old if isinstance(entry, Block)}
    out: list[Entry] = []
    for entry in new:
        if not isinstance(entry, Block) or entry.header not in before:
            continue
        known = before[entry.header]
        inner = _raised_limits(known.body, entry.body)
        limits = _limits(known.body)
        inner += [
            f"neighbor {peer} maximum-prefix {limit}"
            for peer, limit in _limits(entry.body).items()
            if limits.get(peer, limit) < limit
        ]
        if inner:
            out.append(Block(entry.header, tuple(inner), entry.exit))
    return out


def _limits(body: Tree) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in body:
        if isinstance(line, str) and (match := _LIMIT.fullmatch(line)):
            found[match[1]] = int(match[2])
    return found


def _is_policy(entry: Entry) -> bool:
    if isinstance(entry, Block):
        return entry.header.startswith("route-map ")
    return list_of(entry) is not None or entry.startswith("no route-map ")


def _removals(old: Tree, new: Tree, context: Context, gone: frozenset[str] = frozenset()) -> list[Entry]:
    """Negations of what only `old` has, last entry first; `gone` are neighbours that leave with all their lines."""
    stays = set(new)
    differing = [e for e in old if e not in stays]
    if not differing:
        return []
    new_keys = {key_of(context, e) for e in new if isinstance(e, str)}
    new_blocks = {e.header: e for e in new if isinstance(e, Block)}
    taken = {_route_map_entry(header) for header in new_blocks}
    if context == "router":
        gone = frozenset(
            neighbor_of(e)
            for e in differing
            if isinstance(e, str) and starts_neighbor(e) and key_of(context, e) not in new_keys
        )
    out: list[Entry] = []
    for entry in reversed(differing):
        if isinstance(entry, Block):
            out += _block_removal(entry, new_blocks.get(entry.header), context, gone, taken)
        elif key_of(context, entry) not in new_keys:
            leaves_anyway = neighbor_of(entry) in gone and not starts_neighbor(entry)
            if not leaves_anyway and (command := negated(context, entry)):
                out.append(command)
    return out


def _block_removal(
    old: Block, new: Block | None, context: Context, gone: frozenset[str], taken: set[str]
) -> list[Entry]:
    if new is None and old.header.startswith("route-map ") and _route_map_entry(old.header) in taken:
        return []
    if new is None and not old.header.startswith(_KEPT_BLOCKS):
        return [f"no {old.header}"]
    body = _removals(old.body, new.body if new else (), _inner(old, context), gone)
    return [Block(old.header, tuple(body), old.exit)] if body else []


def _additions(old: Tree, new: Tree, context: Context) -> list[Entry]:
    old_lines = {e for e in old if isinstance(e, str)}
    old_blocks = {e.header: e for e in old if isinstance(e, Block)}
    old_entries = {_route_map_entry(header): header for header in old_blocks}
    old_lists = _lists(old) if context == "" else {}
    new_lines = {e for e in new if isinstance(e, str)}
    out: list[Entry] = []
    for entry in new:
        if isinstance(entry, str):
            if context == "" and (listed := list_of(entry)) is not None:
                out += [f"no {line}" for line in old_lists.pop(listed, ()) if line not in new_lines]
            if entry not in old_lines:
                out.append(entry)
            continue
        before = old_blocks.get(entry.header)
        if before is None:
            # `route-map X deny 10` after `route-map X permit 10` would keep what the old entry matched and set.
            clash = old_entries.get(_route_map_entry(entry.header))
            if clash is not None and clash.startswith("route-map "):
                out.append(f"no {clash}")
            out.append(entry)
            continue
        if (flush := _made_anew(before, entry, new)) is not None:
            out += [f"no {entry.header}", flush, entry]
            continue
        body = _additions(before.body, entry.body, _inner(entry, context))
        if body:
            out.append(Block(entry.header, tuple(body), entry.exit))
    return out


def _made_anew(old: Block, new: Block, tree: Tree) -> str | None:
    """Whether a route map entry has to be taken away and entered again: the command to enter in between, else None.

    An entry carries out its `set` lines in the order in which they were entered (route_map_add_set appends), and `show
    running-config` shows them sorted. A line that removes communities, entered after one that adds some, would remove
    those too. vtysh collects commands of the northbound kind and only what differs at the end is carried out, so `no
    route-map` and the entry would come to the same as the entry alone; a command of the older kind ends the collection.
    The one here is a line of the list by which is removed, which is there already. Measured with 8.4.4 and 10.3.
    """
    if not new.header.startswith("route-map "):
        return None
    known = {entry for entry in old.body if isinstance(entry, str)}
    lines = [entry for entry in new.body if isinstance(entry, str)]
    for kind in ("", "large-"):
        removing = next((line for line in lines if line.startswith(f"set {kind}comm-list ")), "")
        adding = any(line.startswith(f"set {kind}community ") for line in lines)
        if removing and adding and removing not in known:
            name = f"bgp {kind}community-list standard {removing.split()[2]}"
            return next((line for line in tree if isinstance(line, str) and list_of(line) == name), None)
    return None


def _lists(tree: Tree) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for entry in tree:
        if isinstance(entry, str) and (name := list_of(entry)) is not None:
            lists.setdefault(name, []).append(entry)
    return lists


def _inner(block: Block, context: Context) -> Context:
    word = block.header.partition(" ")[0]
    return f"{context}/{word}" if word == "vni" else word


def _route_map_entry(header: str) -> str:
    """Name and number of a route map entry; of other blocks, the header."""
    words = header.split()
    return f"{words[1]} {words[3]}" if words[0] == "route-map" else header
