"""Two trees of lines -> the commands that turn one into the other. The inverse: swap the trees.

    1. what goes, from the end of the file to its start: users before what they use
    2. what comes or changes, in file order: a renderer writes definitions before their users
    3. definitions that nobody uses any more (route maps, lists), in reverse order

A line that takes another's place (same key: `maximum-paths 8` after `maximum-paths 4`) is only entered. What a system's
grammar is, its `Grammar` says, mostly by tables; FRR has a difference of its own, with FRR's peculiarities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from crossconnect.nos.lines import Block, Entry, Path, Tree, header_of
from crossconnect.nos.network_os import Overridden
from crossconnect.nos.network_os import Tree as AnyTree
from crossconnect.nos.patterns import prefix_of

Tables = Mapping[str, tuple[str, ...]]
"""Patterns (`neighbor * remote-as`) by context: the first word of the innermost header, empty outside."""


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """What a difference must know of a system's commands. Patterns as in `patterns.prefix_of`."""

    single: Tables = {}
    """Commands of which there is one per context: another value takes the place of the old one."""
    bare: tuple[str, ...] = ()
    """Commands whose negative form takes no value (`no description`)."""
    final: tuple[str, ...] = ()
    """Commands that cannot be taken back, only replaced (`hostname`)."""
    kept: tuple[str, ...] = ()
    """Headers of blocks that cannot be removed (`interface Ethernet*` is hardware): emptied line by line."""
    anew: tuple[str, ...] = ()
    """Headers of blocks in which the order of lines counts, or that cannot be edited: removed and entered again."""
    definitions: tuple[str, ...] = ()
    """Outermost commands that others refer to (`route-map *`, `ip prefix-list *`): removed last."""
    header_key: Callable[[str], str] | None = None
    """What a header is about, where another header takes its place (`route-map X permit 10` and `... deny 10`)."""
    negate: Callable[[Path, str], tuple[str, ...] | None] | None = None
    """The commands that take a line or block back, where the tables do not say it; None where they do."""


def context_of(path: Path) -> str:
    """First word of the innermost header, empty outside."""
    return path[-1].partition(" ")[0] if path else ""


def key_of(grammar: Grammar, path: Path, line: str) -> str:
    """What a line is about: lines of one key in one block take each other's place."""
    bare = line.removeprefix("no ")
    return prefix_of(grammar.single.get(context_of(path), ()), bare) or bare


def negated(grammar: Grammar, path: Path, line: str) -> tuple[str, ...]:
    """The commands that take a line (or a block, by its header) back; none where that cannot be."""
    if grammar.negate is not None and (own := grammar.negate(path, line)) is not None:
        return own
    if line.startswith("no "):
        return (line[3:],)
    if prefix_of(grammar.final, line) is not None:
        return ()
    return (f"no {prefix_of(grammar.bare, line) or line}",)


def changes(old: Tree, new: Tree, grammar: Grammar) -> Tree:
    """Commands, as a tree, that make a device with `old` one with `new`. Empty for equal trees."""
    if old == new:
        return ()
    stays = set(new)
    differing = [e for e in old if e not in stays]
    defined = tuple(e for e in differing if prefix_of(grammar.definitions, header_of(e)) is not None)
    rest = tuple(e for e in differing if prefix_of(grammar.definitions, header_of(e)) is None)
    going = _removals(grammar, (), rest, new)
    coming = _additions(grammar, (), old, new)
    unused = _removals(grammar, (), defined, new)
    return (*going, *coming, *unused)


def _header_key(grammar: Grammar, header: str) -> str:
    return grammar.header_key(header) if grammar.header_key is not None else header


def _is(patterns: tuple[str, ...], header: str) -> bool:
    return prefix_of(patterns, header) is not None


def _removals(grammar: Grammar, path: Path, old: Tree, new: Tree) -> list[Entry]:
    """Negations of what only `old` has, last entry first."""
    stays = set(new)
    differing = [e for e in old if e not in stays]
    if not differing:
        return []
    keys = {key_of(grammar, path, e) for e in new if isinstance(e, str)}
    headers = {header_of(e) for e in new}
    taken = {_header_key(grammar, header) for header in headers}
    blocks = {e.header: e for e in new if isinstance(e, Block)}
    out: list[Entry] = []
    for entry in reversed(differing):
        header = header_of(entry)
        if isinstance(entry, str) and (key_of(grammar, path, entry) in keys or entry in blocks):
            continue
        if isinstance(entry, str) and _is(grammar.kept, entry):
            continue  # an empty block that the hardware has
        if isinstance(entry, Block) and (header in headers or _is(grammar.kept, header)):
            if not _is(grammar.anew, header):
                inner = blocks[header].body if header in blocks else ()
                if body := _removals(grammar, (*path, header), entry.body, inner):
                    out.append(Block(header, tuple(body), entry.exit))
            continue
        if isinstance(entry, Block) and _header_key(grammar, header) in taken:
            continue  # the block that takes its place is entered with it taken away, in `_additions`
        out += negated(grammar, path, header)
    return out


def _additions(grammar: Grammar, path: Path, old: Tree, new: Tree) -> list[Entry]:
    """What only `new` has, in order."""
    if old == new:
        return []
    known = {e for e in old if isinstance(e, str)}
    blocks = {e.header: e for e in old if isinstance(e, Block)}
    by_key = {_header_key(grammar, header): header for header in blocks}
    out: list[Entry] = []
    for entry in new:
        if isinstance(entry, str):
            if entry not in known and entry not in blocks:
                out.append(entry)
            continue
        before = blocks.get(entry.header)
        if before is None:
            clash = by_key.get(_header_key(grammar, entry.header))
            if clash is not None:
                out += negated(grammar, path, clash)
            out.append(entry)
        elif before != entry and _is(grammar.anew, entry.header):
            out += negated(grammar, path, entry.header)
            out.append(entry)
        elif body := _additions(grammar, (*path, entry.header), before.body, entry.body):
            out.append(Block(entry.header, tuple(body), entry.exit))
    return out


# --- extra configuration ----------------------------------------------------------------------------------------------


class Override(msgspec.Struct, frozen=True):
    """A line of extra configuration that takes the place of a rendered one, or takes it back."""

    path: Path
    line: str
    replaced: str


KeyOf = Callable[[Path, str], str]


def merged(tree: Tree, extra: Tree, key: KeyOf, path: Path = ()) -> tuple[Tree, tuple[Override, ...]]:
    """The tree with extra lines in it: below the headers that it has, else at the end; and what they override.

    A line takes the place of the one with its key; `no LINE` takes that line (or block) out.
    """
    out: list[Entry] = list(tree)
    overrides: list[Override] = []
    for entry in extra:
        at = _place_of(out, entry, key, path)
        if at is None:
            out.append(entry)
            continue
        known = out[at]
        if isinstance(entry, Block) and isinstance(known, Block) and known.header == entry.header:
            body, said = merged(known.body, entry.body, key, (*path, entry.header))
            out[at] = Block(known.header, body, known.exit)
            overrides += said
        elif known != entry:
            overrides.append(Override(path, header_of(entry), header_of(known)))
            if isinstance(entry, str) and entry.removeprefix("no ") == header_of(known):
                del out[at]
            elif isinstance(entry, Block) or isinstance(known, str):
                out[at] = entry
    return tuple(out), tuple(overrides)


def merge(tree: AnyTree, extra: AnyTree, key: KeyOf) -> tuple[AnyTree, tuple[Overridden, ...]]:
    """`NetworkOs.merge` where trees are of lines."""
    assert isinstance(tree, tuple)
    assert isinstance(extra, tuple)
    both, said = merged(tree, extra, key)
    return both, tuple(Overridden(rendered=o.replaced, extra=" / ".join((*o.path, o.line))) for o in said)


def _place_of(out: list[Entry], entry: Entry, key: KeyOf, path: Path) -> int | None:
    """Where the entry, or what it replaces or takes back, is."""
    header = header_of(entry)
    plain = header.removeprefix("no ")
    for n, known in enumerate(out):
        if header_of(known) in (header, plain):
            return n
    for n, known in enumerate(out):
        if isinstance(known, str) and key(path, known) == key(path, header):
            return n
    return None
