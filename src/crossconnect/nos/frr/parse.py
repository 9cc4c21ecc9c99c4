"""Text to tree. Never fails: what it does not know stays a line where it stands.

Reads what `text` writes (`parse(text(tree)) == tree`) and what `show running-config` prints: comments, blank lines,
`end`, banners and indentation mean nothing, which lines open a block is known per context.
"""

from __future__ import annotations

from crossconnect.nos.frr.tree import Block, Entry, Tree

_CONTEXTS: dict[str, tuple[tuple[str, str], ...]] = {
    # context -> (how a header starts, exit word); the header's first word is the context inside
    "": (
        ("router ", "exit"),
        ("interface ", "exit"),
        ("vrf ", "exit-vrf"),
        ("route-map ", "exit"),
        ("bfd", "exit"),
    ),
    "router": (("address-family ", "exit-address-family"),),
    "address-family": (("vni ", "exit-vni"),),
    "bfd": (("profile ", "exit"), ("peer ", "exit")),
}

_NOT_CONFIGURATION = ("Building configuration", "Current configuration:")


class _Open:
    """A block being read."""

    __slots__ = ("body", "context", "exit_word", "header")

    def __init__(self, header: str, exit_word: str) -> None:
        self.header = header
        self.exit_word = exit_word
        self.context = header.partition(" ")[0]
        self.body: list[Entry] = []


def parse(text: str) -> Tree:
    """The tree of a configuration. A block that is never closed ends with the text, or where another one of the
    outermost level begins."""
    stack = [_Open("", "")]
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line[0] in "!#" or line.startswith(_NOT_CONFIGURATION):
            continue
        if line == "end":
            _close_to(stack, 1)
        elif len(stack) > 1 and line == stack[-1].exit_word:
            _close_to(stack, len(stack) - 1)
        elif (opened := _header(stack[-1].context, line)) is not None:
            stack.append(opened)
        elif len(stack) > 1 and not raw[0].isspace() and (opened := _header("", line)) is not None:
            _close_to(stack, 1)
            stack.append(opened)
        else:
            stack[-1].body.append(line)
    _close_to(stack, 1)
    return tuple(stack[0].body)


def _header(context: str, line: str) -> _Open | None:
    for start, exit_word in _CONTEXTS.get(context, ()):
        if line == start.rstrip() or (start.endswith(" ") and line.startswith(start)):
            return _Open(line, exit_word)
    return None


def _close_to(stack: list[_Open], depth: int) -> None:
    while len(stack) > depth:
        block = stack.pop()
        stack[-1].body.append(Block(block.header, tuple(block.body), block.exit_word))
