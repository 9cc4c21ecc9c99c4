"""Assertions as text, one to one with the records of `checks/*.yaml`.

    END can reach END                        reachable      also `reaches`
    END cannot reach END                     isolated
    END reaches END via END                  via
    END reaches END not via END              not-via
    END reaches END with width N             width          with N disjoint paths
    END reaches END within N hops            length         in exactly N hops
    END never leaks to END                   no-leak
    END is never announced to END            not-announced
    ... surviving N failures                 survives       surviving N links or devices or racks or sites

END is a name, a prefix, `internet` or `infrastructure`, with a word in front (`tenant red`) where one wants to say what
it is. Every reading is tried, so a server may be called `via`; the words themselves are fixed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from crossconnect.intent import texts
from crossconnect.model.promise import END_WORDS, Element, Kind, Promise

EXAMPLES = (
    "tenant red cannot reach tenant blue",
    "red/prod/web can reach red/prod/db surviving 1 failure",
    "server web1 reaches 0.0.0.0/0 via border-leaf1",
    "leaf a-leaf1 reaches leaf a-leaf3 with width 2 surviving 1 link",
    "role leaf reaches role border-leaf within 2 hops",
    "vrf red/prod never leaks to vrf blue/prod",
    "10.1.0.0/16 is never announced to transit1",
)

SURVIVES_MAX = 2
_NUMBERS_MAX = {"width": 256, "paths": 256, "hops": 64, "survives": SURVIVES_MAX}

_ELEMENTS: Mapping[str, Element] = {
    "link": "link",
    "links": "link",
    "device": "device",
    "devices": "device",
    "rack": "rack",
    "racks": "rack",
    "site": "site",
    "sites": "site",
}

Value = str | int | bool | tuple[Element, ...]
Fields = Mapping[str, Value]


class Token(NamedTuple):
    """A word and its column, from 1."""

    text: str
    column: int


class Misread(msgspec.Struct, frozen=True):
    """Why a text is no assertion: where it stops being one, and what was expected there."""

    text: str
    column: int
    found: str
    """The word there; empty at the end of the text."""
    expected: tuple[str, ...]
    """What could have stood there."""


class _State(NamedTuple):
    """How far a reading has come, and what it has read."""

    at: int
    fields: Fields


_Step = Callable[["_Reader", _State], Iterator[_State]]


class _Reader:
    """A text being read. Remembers the furthest place that any reading came to, and what each expected there."""

    def __init__(self, text: str) -> None:
        self.tokens = [Token(m.group(), m.start() + 1) for m in re.finditer(r"\S+", text)]
        self.furthest = 0
        self.expected: dict[str, None] = {}

    def word(self, at: int) -> str:
        """The word at a place; empty behind the last."""
        return self.tokens[at].text if at < len(self.tokens) else ""

    def miss(self, at: int, what: str) -> None:
        """Note that a reading ended here for want of something."""
        if at > self.furthest:
            self.furthest, self.expected = at, {}
        if at == self.furthest:
            self.expected[what] = None


def parse_assertion(text: str, name: str) -> Promise | Misread:
    """The promise that a text stands for, under a name; or where it is none."""
    reader = _Reader(text)
    for kind, form in _FORMS:
        for state in _sequence(reader, _State(0, {}), (*form, _surviving, _finished)):
            return msgspec.convert({"name": name, "kind": kind, **state.fields}, Promise)
    at = reader.furthest
    column = reader.tokens[at].column if at < len(reader.tokens) else len(text.rstrip()) + 1
    return Misread(text, column, reader.word(at), tuple(reader.expected))


def _sequence(reader: _Reader, state: _State, steps: tuple[_Step, ...]) -> Iterator[_State]:
    """All ways of reading one step after another."""
    if not steps:
        yield state
        return
    for further in steps[0](reader, state):
        yield from _sequence(reader, further, steps[1:])


def _words(*phrases: str) -> _Step:
    """One of some fixed phrases."""

    def read(reader: _Reader, state: _State) -> Iterator[_State]:
        for phrase in phrases:
            words = phrase.split()
            matched = 0
            while matched < len(words) and reader.word(state.at + matched) == words[matched]:
                matched += 1
            if matched == len(words):
                yield _State(state.at + matched, state.fields)
            else:
                reader.miss(state.at + matched, f"`{' '.join(words[matched:])}`")

    return read


def _end(field: str) -> _Step:
    """An end: a name, or a word and a name."""

    def read(reader: _Reader, state: _State) -> Iterator[_State]:
        word = reader.word(state.at)
        for length in (2, 1) if word in END_WORDS else (1,):
            written = " ".join(reader.word(state.at + n) for n in range(length))
            if not reader.word(state.at + length - 1):
                reader.miss(state.at + length - 1, f"the name of a {word}" if length == 2 else _AN_END)
                continue
            try:
                canonical = texts.PROMISED.canonical(written)
            except ValueError as error:
                reader.miss(state.at + length - 1, f"a name or prefix ({error})")
                continue
            yield _State(state.at + length, {**state.fields, field: canonical})

    return read


_AN_END = "a tenant, vrf, segment, server, peer, prefix, `internet`, or a device, rack, pod, role or site"


def _number(field: str, key: str) -> _Step:
    """A whole number from 1 to what the field takes."""

    def read(reader: _Reader, state: _State) -> Iterator[_State]:
        word = reader.word(state.at)
        if word.isascii() and word.isdigit() and len(word) <= 4 and 1 <= int(word) <= _NUMBERS_MAX[key]:
            yield _State(state.at + 1, {**state.fields, field: int(word)})
        else:
            reader.miss(state.at, f"a number from 1 to {_NUMBERS_MAX[key]}")

    return read


def _fact(field: str) -> _Step:
    """Something that the form itself says."""

    def read(_reader: _Reader, state: _State) -> Iterator[_State]:
        yield _State(state.at, {**state.fields, field: True})

    return read


def _surviving(reader: _Reader, state: _State) -> Iterator[_State]:
    """`surviving 1 failure`, `surviving 2 links or devices`, or nothing."""
    yield state
    for counted in _sequence(reader, state, (_words("surviving"), _number("survives", "survives"))):
        word = reader.word(counted.at)
        if word in ("failure", "failures"):
            yield _State(counted.at + 1, counted.fields)
            continue
        elements: list[Element] = []
        at = counted.at
        while (element := _ELEMENTS.get(reader.word(at))) is not None:
            elements.append(element)
            at += 1
            yield _State(at, {**counted.fields, "of": tuple(elements)})
            if reader.word(at) != "or":
                break
            at += 1
        if not elements or reader.word(at - 1) == "or":
            reader.miss(at, "`failures`" if not elements else "`links`")
            for plural in ("links", "devices", "racks", "sites"):
                reader.miss(at, f"`{plural}`")


def _finished(reader: _Reader, state: _State) -> Iterator[_State]:
    if state.at == len(reader.tokens):
        yield state
    elif reader.word(state.at) != "surviving":
        reader.miss(state.at, "`surviving`")
        reader.miss(state.at, "the end of the text")


_BETWEEN = (_end("source"), _words("can reach", "reaches"), _end("destination"))
_FORMS: tuple[tuple[Kind, tuple[_Step, ...]], ...] = (
    ("reachable", _BETWEEN),
    ("isolated", (_end("source"), _words("cannot reach"), _end("destination"))),
    ("via", (*_BETWEEN, _words("via"), _end("through"))),
    ("not-via", (*_BETWEEN, _words("not via"), _end("through"))),
    ("width", (*_BETWEEN, _words("with width"), _number("paths", "width"))),
    (
        "width",
        (
            *_BETWEEN,
            _words("with"),
            _number("paths", "paths"),
            _words("disjoint paths", "disjoint path"),
            _fact("disjoint"),
        ),
    ),
    ("length", (*_BETWEEN, _words("within"), _number("hops", "hops"), _words("hops", "hop"))),
    ("length", (*_BETWEEN, _words("in exactly"), _number("hops", "hops"), _words("hops", "hop"), _fact("exactly"))),
    ("no-leak", (_end("source"), _words("never leaks to"), _end("destination"))),
    ("not-announced", (_end("source"), _words("is never announced to"), _end("destination"))),
)


def assertion_text(promise: Promise) -> str:
    """A promise as the text that stands for it; its name is not in it."""
    paths = f"{promise.paths} disjoint {_counted(promise.paths, 'path')}"
    hops = f"{promise.hops} {_counted(promise.hops, 'hop')}"
    middle, tail = {
        "reachable": ("can reach", ""),
        "isolated": ("cannot reach", ""),
        "via": ("reaches", f"via {promise.through}"),
        "not-via": ("reaches", f"not via {promise.through}"),
        "width": ("reaches", f"with {paths}" if promise.disjoint else f"with width {promise.paths}"),
        "length": ("reaches", f"in exactly {hops}" if promise.exactly else f"within {hops}"),
        "no-leak": ("never leaks to", ""),
        "not-announced": ("is never announced to", ""),
    }[promise.kind]
    survives = ""
    if promise.survives:
        what = " or ".join(_counted(promise.survives, element) for element in promise.of or ("failure",))
        survives = f"surviving {promise.survives} {what}"
    return " ".join(part for part in (promise.source, middle, promise.destination, tail, survives) if part)


def _counted(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"


def misread_text(misread: Misread) -> str:
    """The mistake with the place under it, what was expected there, and examples."""
    what = f"`{misread.found}`" if misread.found else "the end of the text"
    return "\n".join(
        (
            f"column {misread.column}: {what} is not expected here",
            f"    {misread.text}",
            f"    {' ' * (misread.column - 1)}^",
            f"    expected: {' or '.join(misread.expected)}",
            "    examples:",
            *(f"        {example}" for example in EXAMPLES),
        )
    )
