"""A strict YAML 1.2 reader that knows where everything stands.

Built on libyaml's events (PyYAML's C parser). Of YAML 1.2.2 it takes the core schema (10.3): null, true/false, decimal,
`0o` and `0x` integers, floats, text; so `no` is text and `012` is twelve. Refused, each with a finding: duplicate keys
(3.2.1.1), anchors and aliases, tags, directives, several documents, keys that are not text. They hide from a reviewer
what a value is.

Reading never fails: `load` returns what it could read together with what was wrong.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable
from typing import Any, Final

import yaml

from crossconnect.finding import Finding, Place, found
from crossconnect.intent import codes
from crossconnect.intent.document import COLUMN_BITS, COLUMN_MASK, Document, Node, path_text, unfold
from crossconnect.intent.syntax_errors import syntax_finding

DEPTH_MAX = 32
"""Levels of nesting; the model needs a dozen, and the limit keeps every walk over a value free of stack overflow."""
NOT_HERE = "a region's files do without"
DIGITS_MAX = 400
"""Length of a number's text: beyond any number of a network, below where Python refuses to convert."""


class Refused:
    """Stands where a value was refused with a finding of its own, so that no later stage says more about it."""

    __slots__ = ()


class RefusedKey(str):
    """Takes the place of a key that was refused (a second time the same, or no text), with its value."""

    __slots__ = ()


REFUSED: Final = Refused()

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("+-.0123456789")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}


def plain_scalar(text: str) -> Any:
    """The value of an unquoted scalar by the core schema (YAML 1.2.2 10.3.2)."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS or len(text) > DIGITS_MAX:
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def load(file: str, text: str, *, text_only: bool = False) -> tuple[Document, tuple[Finding, ...]]:
    """Read one YAML document. An empty one has the value None.

    `text_only` leaves every scalar text (the failsafe schema, YAML 1.2.2 10.1). A document with a syntax error is
    `broken` and has no value; after other findings, REFUSED or a RefusedKey stands where they were.
    """
    reading = _Reading(file, text_only)
    # A lone surrogate cannot be encoded for libyaml; no file holds one, since files are UTF-8.
    clean = text.removeprefix("\ufeff").encode("utf-8", "replace").decode()
    try:
        reading.read(yaml.CLoader(clean))
        broken = False
    except yaml.YAMLError as error:
        broken = True
        reading.findings.append(syntax_finding(file, clean, error))
    except _Stop:
        broken = True
    document = Document(file, None if broken else reading.value, array("Q") if broken else reading.marks, broken)
    return document, tuple(reading.findings)


class _Stop(Exception):
    """Ends the reading of a file behind a finding after which nothing sensible can follow."""


class _Reading:
    """One document being read: the value so far, the position of each node in document order, the findings."""

    def __init__(self, file: str, text_only: bool) -> None:
        self.file = file
        self.text_only = text_only
        self.value: Any = None
        self.marks = array("Q")
        self.findings: list[Finding] = []
        self.stack: list[tuple[Any, str | None, int]] = []
        """The containers around the current one: container, key that waits for its value, index of its mark."""

    def read(self, parser: yaml.CLoader) -> None:
        """Build the value from the parser's events. Raises yaml.YAMLError and _Stop."""
        next_event: Callable[[], Any] = parser.get_event
        push = self.marks.append
        scalar, mapping, sequence = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
        text_only, known = self.text_only, {**_WORDS}
        here: Any = None
        key: str | None = None
        start = 0
        while (event := next_event()) is not None:
            kind = type(event)
            if kind is scalar:
                mark = event.start_mark
                push(mark.line << COLUMN_BITS | mark.column)
                text = event.value
                if text_only or event.style:
                    value: Any = text
                elif text in known:
                    value = known[text]
                else:
                    value = known[text] = plain_scalar(text)
                if event.anchor is not None or event.tag is not None:
                    value = self.refuse_feature(event, here, key)
            elif kind is mapping or kind is sequence:
                mark = event.start_mark
                push(mark.line << COLUMN_BITS | mark.column)
                value = {} if kind is mapping else []
                self.open(event, here, key, value)
                self.stack.append((here, key, start))
                here, key, start = value, None, len(self.marks) - 1
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                here, key, start = self.stack.pop()
                key = None
                continue
            elif kind is yaml.AliasEvent:
                mark = event.start_mark
                push(mark.line << COLUMN_BITS | mark.column)
                value = self.refuse_feature(event, here, key)
            else:
                self.check_document(event)
                continue
            if type(here) is dict:
                if key is None:
                    key = value if type(value) is str and value not in here else self.refuse_key(here, value, start)
                    continue
                here[key] = value
                key = None
            elif type(here) is list:
                here.append(value)
            else:
                self.value = value

    def open(self, event: Any, here: Any, key: str | None, value: Any) -> None:
        """Attach a container that begins."""
        if event.anchor is not None or event.tag is not None:
            self.refuse_feature(event, here, key)
        if len(self.stack) >= DEPTH_MAX:
            self.refuse(event, here, key, f"lists and mappings are nested more than {DEPTH_MAX} levels deep")
            raise _Stop
        if type(here) is dict:
            if key is None:
                self.refuse(event, here, key, "a list or mapping stands where the name of a field is expected")
                raise _Stop
            here[key] = value
        elif type(here) is list:
            here.append(value)
        else:
            self.value = value

    def check_document(self, event: Any) -> None:
        """Refuse a second document, and directives."""
        if type(event) is not yaml.DocumentStartEvent:
            return
        if self.marks:
            self.refuse(event, None, None, "a second YAML document begins", "Put it into a file of its own.")
            raise _Stop
        if event.version not in (None, (1, 2)) or event.tags:
            self.refuse(event, None, None, "the file has a YAML directive", "Remove the line that begins with `%`.")

    def refuse(self, event: Any, here: Any, key: str | None, message: str, hint: str = "") -> Refused:
        """Report a feature at an event, which belongs at `key` of `here` (or behind its last item)."""
        mark = event.start_mark
        self.findings.append(
            found(codes.YAML_FEATURE, self.place(mark.line, mark.column, here, key), message, hint=hint)
        )
        return REFUSED

    def refuse_feature(self, event: Any, here: Any, key: str | None) -> Refused:
        """Report an alias, anchor or tag."""
        if type(event) is yaml.AliasEvent:
            if key == "<<":
                return self.refuse(event, here, key, "`<<` (a merge key) is not part of YAML 1.2")
            return self.refuse(event, here, key, f"`*{event.anchor}` is an alias; {NOT_HERE}")
        if event.anchor is not None:
            return self.refuse(event, here, key, f"`&{event.anchor}` is an anchor; {NOT_HERE}")
        tag = str(event.tag)
        shown = tag.replace("tag:yaml.org,2002:", "!!")
        hint = "Remove it; put text in quotes where needed."
        return self.refuse(event, here, key, f"`{shown}` is a tag; {NOT_HERE}", hint)

    def refuse_key(self, here: dict[str, Any], value: Any, start: int) -> RefusedKey:
        """Report a key that is there already, or is no text."""
        mark = self.marks[-1]
        line, column = mark >> COLUMN_BITS, mark & COLUMN_MASK
        if value in here:
            known = unfold(here, self.marks, start)[0]
            first = known.keys[value] if isinstance(known, Node) else mark
            self.findings.append(
                found(
                    codes.YAML_DUPLICATE_KEY,
                    self.place(line, column, here, value),
                    f"field `{value}` is given twice, first in line {(first >> COLUMN_BITS) + 1}",
                    related=(self.place(first >> COLUMN_BITS, first & COLUMN_MASK, here, value),),
                )
            )
        elif value is not REFUSED:
            shown = "null" if value is None else str(value).lower()
            self.findings.append(
                found(
                    codes.YAML_FEATURE,
                    self.place(line, column, here, str(shown)),
                    f"the name of a field must be text, and `{shown}` is none",
                    hint="Put it in quotes if it is meant as a name.",
                )
            )
        return RefusedKey(f"\0{len(here)}")

    def place(self, line: int, column: int, here: Any, key: str | None) -> Place:
        """A place within the current container, at its field `key` or behind its last item."""
        keys: list[str | int] = []
        for container, waiting, _ in self.stack[1:]:
            keys.append(len(container) - 1 if waiting is None else waiting)
        if type(here) is list:
            keys.append(len(here))
        elif key is not None:
            keys.append(key)
        return Place(file=self.file, line=line + 1, column=column + 1, path=path_text(self.value, tuple(keys)))
