"""A configuration tree of lines: plain lines, and blocks of lines under a header. EOS, FRR, NX-OS and Junos have it.

    router bgp 65000                 Block.header          protocols {
     router-id 10.0.0.1              a line                    bgp {
     address-family ipv4 unicast     a Block again                 group fabric { ... }
     exit-address-family             Block.exit                }
    exit                                                   }

Lines are plain strings because a region has hundreds of thousands of them. Order is kept, since some systems read
from the top; what order means is the business of a difference (`line_changes`). A header without lines below it is a
plain line: `entry` makes it one, so that what is rendered and what is read are equal.

Three ways to write a tree: indented (`indented_text`), with braces (`braced_text`, Junos), and one line per leaf with
its whole path (`flat_lines`, Junos `set`). The first two are read back (`indented_tree`, `braces.braced_tree`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

NO_VERBATIM: Mapping[str, str] = {}


class Block(msgspec.Struct, frozen=True):
    """Lines under a header. `exit` is the line that closes it, in systems that write one."""

    header: str
    body: tuple[str | Block, ...] = ()
    exit: str = "exit"


Entry = str | Block
Tree = tuple[Entry, ...]
Path = tuple[str, ...]
"""Headers from the outermost to the innermost."""


def entry(header: str, body: Iterable[Entry]) -> Entry:
    """A block, or a plain line where the body is empty."""
    lines_below = tuple(body)
    return Block(header, lines_below) if lines_below else header


def lines(tree: Tree, path: Path = ()) -> Iterator[Path]:
    """Every line and header with the headers above it, in order: (`router bgp 1`, `bgp router-id 10.0.0.1`)."""
    for item in tree:
        if isinstance(item, str):
            yield (*path, item)
        else:
            yield (*path, item.header)
            yield from lines(item.body, (*path, item.header))


def header_of(item: Entry) -> str:
    """The line itself, or a block's header."""
    return item if isinstance(item, str) else item.header


# --- indented: EOS, NX-OS ---------------------------------------------------------------------------------------------


def indented_text(tree: Tree, indent: str = "   ", separator: str = "") -> str:
    """Text with a block's lines indented below its header, and no closing lines.

    `separator` is a line written behind every outermost block (`!`). A block whose `exit` is not `exit` is verbatim
    (a banner): its lines stand as they are, and `exit` ends it.
    """
    out: list[str] = []
    for item in tree:
        _write_indented(item, "", indent, out)
        if separator and isinstance(item, Block):
            out.append(separator)
    return "\n".join(out) + "\n" if out else ""


def _write_indented(item: Entry, before: str, indent: str, out: list[str]) -> None:
    if isinstance(item, str):
        out.append(before + item)
        return
    out.append(before + item.header)
    if item.exit != "exit":
        out += [line for line in item.body if isinstance(line, str)]
        out.append(item.exit)
        return
    for child in item.body:
        _write_indented(child, before + indent, indent, out)


def indented_tree(text: str, comment: str = "!", verbatim: Mapping[str, str] = NO_VERBATIM) -> Tree:
    """The tree of indented text. Never fails: what is indented deeper than the line before is below that line.

    Lines that begin with one of the characters of `comment` are passed over. `verbatim` maps how a header begins to
    the line that ends its text (`{"banner login": "EOF"}`).
    """
    root: list[Entry] = []
    stack: list[tuple[int, str, list[Entry]]] = [(-1, "", root)]
    rows = iter(text.splitlines())
    for raw in rows:
        line = raw.strip()
        if not line or line[0] in comment:
            continue
        depth = len(raw) - len(raw.lstrip())
        while depth <= stack[-1][0]:
            _close(stack)
        end = next((end for start, end in verbatim.items() if line.startswith(start)), None)
        if end is not None:
            body: list[str] = []
            for inner in rows:
                if inner.strip() == end:
                    break
                body.append(inner)
            stack[-1][2].append(Block(line, tuple(body), end))
            continue
        stack.append((depth, line, []))
    while len(stack) > 1:
        _close(stack)
    return tuple(root)


def _close(stack: list[tuple[int, str, list[Entry]]]) -> None:
    _, header, body = stack.pop()
    stack[-1][2].append(entry(header, body))


# --- braces: Junos ----------------------------------------------------------------------------------------------------


def braced_text(tree: Tree, indent: str = "    ") -> str:
    """Text with `header {`, `}` and `line;`. Quoting is the renderer's: a line is written as it is."""
    out: list[str] = []
    _write_braced(tree, "", indent, out)
    return "\n".join(out) + "\n" if out else ""


def _write_braced(tree: Tree, before: str, indent: str, out: list[str]) -> None:
    for item in tree:
        if isinstance(item, str):
            out.append(f"{before}{item};")
        else:
            out.append(f"{before}{item.header} {{")
            _write_braced(item.body, before + indent, indent, out)
            out.append(f"{before}}}")


def flat_lines(tree: Tree) -> list[str]:
    """Every leaf with all headers above it, as in `interfaces et-0/0/0 unit 0 family inet address 10.0.0.0/31`.

    A list in brackets becomes a line per member, as Junos' `display set` has it.
    """
    out: list[str] = []
    _flatten(tree, "", out)
    return out


def _flatten(tree: Tree, before: str, out: list[str]) -> None:
    for item in tree:
        if isinstance(item, Block):
            _flatten(item.body, f"{before}{item.header} ", out)
            continue
        name, bracket, members = item.partition(" [ ")
        if bracket and members.endswith(" ]"):
            out += [f"{before}{name} {member}" for member in members[:-2].split()]
        else:
            out.append(before + item)
