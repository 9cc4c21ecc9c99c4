"""A strict YAML 1.2 reader that knows where everything stands.

Built on libyaml's events (PyYAML's C parser). Of YAML 1.2.2 it takes the core schema (10.3): null, true/false, decimal,
`0o` and `0x` integers, floats, text; so `no` is text and `012` is twelve. Refused, each with a finding: duplicate keys
(3.2.1.1), anchors and aliases, tags, directives, several documents, keys that are not text. These hide, in a review,
what a value is.

Reading never fails: `load` returns what it could read together with what was wrong.
"""

from __future__ import annotations

import re
from array import array
from typing import Any, Final

import msgspec
import yaml

from crossconnect.finding import Code, Finding, Place, found
from crossconnect.intent import codes
from crossconnect.intent.document import Document, Keys
from crossconnect.intent.syntax_errors import syntax_finding

DEPTH_MAX = 32
"""Levels of nesting; the model needs ten, and the limit keeps every walk over a value free of stack overflow."""
DIGITS_MAX = 400
"""Digits of an integer: beyond any number of a network, below where Python refuses to convert."""
COLUMN_BITS = 24
"""Positions are kept as `line << 24 | column`; a file is smaller than 2**24 columns by the size limit of the tree."""


class Refused(msgspec.Struct, frozen=True):
    """Stands where a value was refused with a finding of its own, so that nothing more is said about it."""


REFUSED: Final = Refused()

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER_STARTS = frozenset("+-.0123456789")


def plain_scalar(text: str) -> Any:
    """The value of an unquoted scalar by the core schema (YAML 1.2.2 10.3.2)."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS or len(text) > DIGITS_MAX:
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf").lstrip("."))\
            if text[-1] in "fFnN" else float(text)
    return text
