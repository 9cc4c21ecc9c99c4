"""AS-path expressions as routers have them: POSIX extended ones in which `_` is a border between ASNs.

    text --parse--> tree --build--> states --matches--> yes or no, in time linear in the path

Matching follows all states at once and never goes back (Thompson 1968), so no expression takes long, however its
repetitions are nested; a backtracking matcher takes exponential time for some.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

REPEATS_MAX = 255
"""Greatest bound of a repetition: what POSIX assures (RE_DUP_MAX). glibc takes 32767, musl no more than this."""
LENGTH_MAX = 500
"""Characters of an expression; routers' own lines are limited too."""
STATES_MAX = 5000
"""States of an expression; a path is matched in this many steps per character at most."""
_MOVES_MAX = 20_000
"""Remembered transitions of an expression."""

_ALLOWED = re.compile(r"[0-9 _^$.*+?|()\[\]{},-]+")
_BOUNDS = re.compile(r"\{(\d*)(,?)(\d*)\}", re.ASCII)
_UNBOUNDED = -1
_ALPHABET = frozenset("0123456789 ,{}()")
"""Characters of AS paths as routers print them, confederations and AS_SETs included."""
_BORDER = frozenset(",{}() ")


class _Node(NamedTuple):
    """A part of an expression: `characters`, `begin`, `end`, `sequence`, `choice` or `repeat`."""

    kind: str
    parts: tuple[_Node, ...] = ()
    characters: frozenset[str] = frozenset()
    low: int = 0
    high: int = _UNBOUNDED


class _Reader:
    """The text of an expression, and how far it has been read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def choice(self, depth: int) -> _Node:
        if depth > 30:
            raise ValueError("it has more than 30 brackets in each other")
        branches = [self.sequence(depth)]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence(depth))
        return branches[0] if len(branches) == 1 else _Node("choice", tuple(branches))

    def sequence(self, depth: int) -> _Node:
        parts: list[_Node] = []
        while (following := self.peek()) and following not in "|)":
            part = self.atom(depth)
            while (sign := self.peek()) and sign in "*+?{":
                if part.kind in ("begin", "end"):
                    raise ValueError(f"`{sign}` in it repeats a `^` or `$`")
                low, high = self.bounds()
                part = _Node("repeat", (part,), low=low, high=high)
            parts.append(part)
        return _Node("sequence", tuple(parts))

    def atom(self, depth: int) -> _Node:
        sign = self.peek()
        if sign in "*+?{":
            raise ValueError(f"`{sign}` in it has nothing to repeat")
        if sign == "[":
            return self.bracket()
        self.at += 1
        if sign == "(":
            inside = self.choice(depth + 1)
            if self.peek() != ")":
                raise ValueError("`(` in it is not closed")
            self.at += 1
            return inside
        if sign == "_":
            ends = (_Node("begin"), _Node("characters", characters=_BORDER), _Node("end"))
            return _Node("choice", ends)
        if sign in "^$":
            return _Node("begin" if sign == "^" else "end")
        return _Node("characters", characters=_ALPHABET if sign == "." else frozenset(sign))

    def bounds(self) -> tuple[int, int]:
        sign = self.peek()
        if sign != "{":
            self.at += 1
            return {"*": (0, _UNBOUNDED), "+": (1, _UNBOUNDED), "?": (0, 1)}[sign]
        match = _BOUNDS.match(self.text, self.at)
        if match is None or not (match[1] or match[3]):
            raise ValueError("`{` in it does not begin a repetition such as {2}, {2,} or {2,4}")
        self.at = match.end()
        low = int(match[1] or 0)
        high = int(match[3]) if match[3] else (_UNBOUNDED if match[2] else low)
        if max(low, high) > REPEATS_MAX:
            raise ValueError(f"`{match[0]}` in it repeats more than {REPEATS_MAX} times")
        if high not in (_UNBOUNDED, max(low, high)):
            raise ValueError(f"`{match[0]}` in it counts downwards")
        return low, high

    def bracket(self) -> _Node:
        start = self.at + 1
        negated = self.text[start : start + 1] == "^"
        start += negated
        end = self.text.find("]", start + 1)
        if end < 0:
            raise ValueError("`[` in it is not closed")
        inside = self.text[start:end]
        if "[." in inside:
            raise ValueError("`[.` in its `[ ]` begins a collating symbol, which no router has")
        if "_" in inside:
            raise ValueError("`_` in its `[ ]` is not a border there")
        characters: set[str] = set()
        index = 0
        while index < len(inside):
            first, last = inside[index], inside[index]
            if inside[index + 1 : index + 2] == "-" and index + 2 < len(inside):
                last = inside[index + 2]
                index += 2
            if first > last:
                raise ValueError(f"`{first}-{last}` in it counts downwards")
            characters.update(chr(number) for number in range(ord(first), ord(last) + 1))
            index += 1
        self.at = end + 1
        chosen = _ALPHABET - characters if negated else characters
        return _Node("characters", characters=frozenset(chosen))


class AsPathExpression:
    """An expression that can be matched. Holds what it learned from paths before, so like paths are cheap."""

    def __init__(self, text: str) -> None:
        """Raises ValueError with what is wrong."""
        if not text or _ALLOWED.fullmatch(text) is None:
            raise ValueError("it has characters that no AS path expression has")
        if len(text) > LENGTH_MAX:
            raise ValueError(f"it has {len(text)} characters, {LENGTH_MAX} are allowed")
        reader = _Reader(text)
        tree = reader.choice(0)
        if reader.peek():
            raise ValueError("`)` in it closes nothing")
        self._characters: list[frozenset[str]] = []
        self._kinds: list[str] = []
        self._next: list[list[int]] = []
        self._accept = self._state("accept")
        self._start = self._build(tree, self._accept)
        self._moves: dict[tuple[frozenset[int], str, bool], frozenset[int]] = {}

    def _state(self, kind: str, following: tuple[int, ...] = (), characters: frozenset[str] = frozenset()) -> int:
        if len(self._kinds) >= STATES_MAX:
            raise ValueError("its repetitions multiply to more than a router can hold")
        self._kinds.append(kind)
        self._next.append(list(following))
        self._characters.append(characters)
        return len(self._kinds) - 1

    def _build(self, node: _Node, after: int) -> int:
        """States for a part that is followed by state `after`; the first of them."""
        if node.kind == "sequence":
            for part in reversed(node.parts):
                after = self._build(part, after)
            return after
        if node.kind == "choice":
            return self._state("fork", tuple(self._build(part, after) for part in node.parts))
        if node.kind == "repeat":
            (part,) = node.parts
            if node.high == _UNBOUNDED:
                loop = self._state("fork", (after,))
                self._next[loop].append(self._build(part, loop))
                after = loop
            else:
                end = after
                for _ in range(node.high - node.low):
                    after = self._state("fork", (self._build(part, after), end))
            for _ in range(node.low):
                after = self._build(part, after)
            return after
        return self._state(node.kind, (after,), node.characters)

    def matches(self, path: str) -> bool:
        """Whether an AS path as routers print it has a part that the expression describes."""
        current = self._closed(frozenset({self._start}), begin=True, end=not path)
        for place, character in enumerate(path, 1):
            if self._accept in current:
                return True
            current = self._moved(current, character, place == len(path))
        return self._accept in current

    def _moved(self, current: frozenset[int], character: str, end: bool) -> frozenset[int]:
        key = (current, character, end)
        known = self._moves.get(key)
        if known is None:
            there = {following for s in current if character in self._characters[s] for following in self._next[s]}
            known = self._closed(frozenset(there | {self._start}), begin=False, end=end)
            if len(self._moves) >= _MOVES_MAX:
                self._moves.clear()
            self._moves[key] = known
        return known

    def _closed(self, states: frozenset[int], *, begin: bool, end: bool) -> frozenset[int]:
        """What can be reached without a character."""
        found: set[int] = set()
        pending = list(states)
        while pending:
            state = pending.pop()
            if state in found:
                continue
            found.add(state)
            kind = self._kinds[state]
            if kind == "fork" or (kind == "begin" and begin) or (kind == "end" and end):
                pending += self._next[state]
        return frozenset(found)


@functools.lru_cache(maxsize=1024)
def as_path_expression(text: str) -> AsPathExpression:
    """The expression of a text, made once. Raises ValueError with what is wrong with it."""
    return AsPathExpression(text)
