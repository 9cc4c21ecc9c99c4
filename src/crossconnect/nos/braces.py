"""Text with braces (Junos) back to a tree of lines; `lines.braced_text` writes it.

Statements end with `;` or open a block with `{`, wherever the lines break. Source: Junos OS CLI User Guide, "Junos OS
CLI Configuration Mode: Statement Hierarchy" and its comments (`#` to the end of the line, `/* */`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crossconnect.nos.lines import Entry, Tree, entry

_TOKEN = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*|/\*.*?\*/) | (?P<sign>[{};]) | (?P<word>"(?:\\.|[^"\\])*"|[^\s{};"\#][^\s{};"]*)""",
    re.VERBOSE | re.DOTALL,
)


def braced_tree(text: str) -> Tree:
    """The tree of text with braces.

    Raises ValueError with the line of what is wrong: braces that do not match, a statement without `;`, a quotation
    mark that is not closed, and statements in the `set` form.
    """
    stack: list[tuple[str, list[Entry], int]] = [("", [], 0)]
    words: list[str] = []
    began = 0
    for token, line in _tokens(text):
        if token not in ("{", "}", ";"):
            began = began if words else line
            words.append(token)
            if words in (["set"], ["delete"], ["deactivate"]):
                raise ValueError(
                    f"line {line}: `{token} ...` is a command: write statements as `show configuration` does"
                )
            continue
        if token == "}":
            if words:
                raise ValueError(f"line {began}: `{' '.join(words)}` does not end with `;`")
            if len(stack) == 1:
                raise ValueError(f"line {line}: a `}}` too many")
            header, body, _ = stack.pop()
            stack[-1][1].append(entry(header, body))
            continue
        if not words:
            raise ValueError(f"line {line}: nothing stands before `{token}`")
        if token == "{":
            stack.append((" ".join(words), [], line))
        else:
            stack[-1][1].append(" ".join(words))
        words = []
    if words:
        raise ValueError(f"line {began}: `{' '.join(words)}` does not end with `;`")
    if len(stack) > 1:
        raise ValueError(f"line {stack[-1][2]}: the block `{stack[-1][0]}` is not closed")
    return tuple(stack[0][1])


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """Words, strings and signs, each with its line."""
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"line {line}: a string or comment is not closed")
        if match.lastgroup != "skip":
            yield match[0], line
        line += match[0].count("\n")
        at = match.end()
