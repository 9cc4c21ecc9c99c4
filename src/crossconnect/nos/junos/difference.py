"""What turns one configuration into another: `delete` and `set`, in one candidate that is committed as a whole.

Junos CLI User Guide, "The delete Command", "The set Command": a candidate is checked at commit only, so that what is
deleted comes first and what is set may refer to what comes later. Where order means something (policies, filters,
lists in brackets), the whole block is written anew.
"""

from __future__ import annotations

from crossconnect.nos.junos.names import MAIN
from crossconnect.nos.line_changes import merged
from crossconnect.nos.lines import Block, Entry, Path, Tree, braced_tree, flat_lines, header_of
from crossconnect.nos.network_os import Commands, Overridden, Trees
from crossconnect.nos.network_os import Tree as AnyTree

_ORDERED = ("policy-statement ", "filter ", "as-path-group ")
_LISTS = frozenset(
    (
        *("address", "interface", "interfaces", "community", "route-filter", "server", "members", "next-hop"),
        *("ssh-ed25519", "ssh-rsa", "apply-groups", "as-path", "tag-list", "oid", "user", "target"),
        *("destination-port", "source-port", "icmp-type"),
    )
)
"""First words of leaves of which a block may have several."""


def parse(written: str) -> Tree:
    """The tree of text in braces.

    Raises ValueError for text that is none: `set` commands, braces that do not match.
    """
    depth = 0
    comment = False
    for number, raw in enumerate(written.splitlines(), 1):
        line = raw.strip()
        if comment or line.startswith("/*"):
            comment = "*/" not in line
            continue
        line = line.partition("; ##")[0] + ";" if "; ##" in line else line
        if not line or line[0] == "#":
            continue
        if line == "}":
            depth -= 1
        elif line.endswith("{"):
            depth += 1
        elif not line.endswith(";"):
            raise ValueError(f"line {number}: `{line}` ends with neither `;` nor a brace")
        if depth < 0:
            raise ValueError(f"line {number}: a brace is closed that was not opened")
    if depth:
        raise ValueError("a brace is not closed")
    return braced_tree(written)


def difference(old: Trees, new: Trees) -> tuple[Commands, ...]:
    """One set of commands of configuration mode, nothing for equal trees."""
    before, after = old[MAIN], new[MAIN]
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    deletes: list[str] = []
    sets: list[str] = []
    _compare(before, after, "", deletes, sets)
    lines = [f"delete {line}" for line in deletes] + [f"set {line}" for line in sets]
    return (Commands(file=MAIN, how="cli", text="\n".join(lines) + "\n"),) if lines else ()


def _compare(old: Tree, new: Tree, before: str, deletes: list[str], sets: list[str]) -> None:
    was = {header_of(item): item for item in old}
    is_now = {header_of(item): item for item in new}
    for header, item in was.items():
        if header not in is_now:
            deletes += _deleted(before, header, item)
    for header, item in is_now.items():
        known = was.get(header)
        if known == item:
            continue
        if known is None:
            sets += [before + line for line in flat_lines((item,))]
        elif header.startswith(_ORDERED):
            deletes.append(before + header)
            sets += [before + line for line in flat_lines((item,))]
        else:
            below = _body(item)
            _compare(_body(known), below, f"{before}{header} ", deletes, sets)
            if not below:
                sets.append(before + header)


def _deleted(before: str, header: str, item: Entry) -> list[str]:
    """A whole block, or a leaf; of a list in brackets the name alone takes all of it."""
    if isinstance(item, str) and header.endswith(" ]"):
        return [before + header.partition(" [ ")[0]]
    return [before + header]


def _body(item: Entry) -> Tree:
    return item.body if isinstance(item, Block) else ()


def _key(path: Path, line: str) -> str:
    """What a line is about: its first word, or all of it where there may be several."""
    del path
    words = line.removeprefix("no ").split()
    return line if not words or words[0] in _LISTS or (len(words) > 2 and words[0] == "family") else words[0]


def merge(tree: AnyTree, extra: AnyTree) -> tuple[AnyTree, tuple[Overridden, ...]]:
    """Extra statements in it; `delete: STATEMENT;` (as `load merge` has it) takes one out."""
    assert isinstance(tree, tuple)
    assert isinstance(extra, tuple)
    both, overrides = merged(tree, _taken_out(extra), _key)
    return both, tuple(Overridden(rendered=o.replaced, extra=" / ".join((*o.path, o.line))) for o in overrides)


def _taken_out(tree: Tree) -> Tree:
    out: list[Entry] = []
    for item in tree:
        if isinstance(item, Block):
            out.append(Block(item.header, _taken_out(item.body), item.exit))
        else:
            out.append(f"no {item.removeprefix('delete: ')}" if item.startswith("delete: ") else item)
    return tuple(out)
