"""The configuration tree of FRR: lines, and blocks of lines that a line of their own closes.

    router bgp 65000                 Block.header
     bgp router-id 10.0.0.1          a line: plain text, no indentation
     address-family ipv4 unicast     a Block again
     exit-address-family             Block.exit
    exit

Lines are plain strings because a region has hundreds of thousands of them. Order is kept, since FRR reads from the
top; what order means, and what it does not, is the business of `difference`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


class Block(msgspec.Struct, frozen=True):
    """Lines under a header. `exit` is the line that closes it."""

    header: str
    body: tuple[str | Block, ...] = ()
    exit: str = "exit"


Entry = str | Block
Tree = tuple[Entry, ...]


def lines(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every line and header with the headers above it, in order: (`router bgp 1`, `bgp router-id 10.0.0.1`)."""
    for entry in tree:
        if isinstance(entry, str):
            yield (*path, entry)
        else:
            yield (*path, entry.header)
            yield from lines(entry.body, (*path, entry.header))
