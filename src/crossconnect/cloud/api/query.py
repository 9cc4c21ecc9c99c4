"""Query parameters: what of them may be said, once or several times, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import unquote_to_bytes

from crossconnect.cloud.api.problem import Denied
from crossconnect.cloud.api.problems import QUERY_MALFORMED, QUERY_UNKNOWN

FIELDS_MAX = 200
"""Parameters of a query, repeated ones counted; AWS takes 200 values per filter."""
VALUE_MAX = 1024
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")

Values = Mapping[str, Sequence[str]]


def parse(raw: bytes) -> dict[str, list[str]]:
    """Names and values of a query string (`application/x-www-form-urlencoded`), in their order. Denied where it has
    too many, is not UTF-8 or has control characters."""
    if not raw:
        return {}
    parts = raw.split(b"&")
    if len(parts) > FIELDS_MAX:
        raise Denied(QUERY_MALFORMED, f"the query has {len(parts)} parameters; at most {FIELDS_MAX}")
    found: dict[str, list[str]] = {}
    for part in parts:
        if part:
            name, _, value = part.partition(b"=")
            found.setdefault(_text(name), []).append(_text(value))
    return found


def _text(octets: bytes) -> str:
    if _PERCENT.search(octets):
        raise Denied(QUERY_MALFORMED, "a % in the query is not followed by two hexadecimal digits")
    try:
        text = unquote_to_bytes(octets.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise Denied(QUERY_MALFORMED, "the query is not UTF-8") from None
    if _CONTROL.search(text):
        raise Denied(QUERY_MALFORMED, "the query has control characters")
    if len(text) > VALUE_MAX:
        raise Denied(QUERY_MALFORMED, f"a part of the query has {len(text)} characters; at most {VALUE_MAX}")
    return text


def expect(values: Values, known: Collection[str]) -> None:
    """Denied where there is a parameter that an operation does not have."""
    for name in values:
        if name not in known:
            listed = f"it has {', '.join(sorted(known))}" if known else "it has none"
            raise Denied(QUERY_UNKNOWN, f"there is no parameter {name!r} here; {listed}")


def single(values: Values, name: str, default: str = "") -> str:
    """A parameter that may be given once."""
    given = values.get(name, ())
    if len(given) > 1:
        raise Denied(QUERY_MALFORMED, f"{name} is given {len(given)} times")
    return given[0] if given else default


def number(values: Values, name: str, default: int, low: int, high: int) -> int:
    """A whole number within limits."""
    text = single(values, name, str(default))
    # Longer texts are no number anybody needs, and Python refuses to convert the longest.
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) or not low <= int(text) <= high:
        raise Denied(QUERY_MALFORMED, f"{name} is {low} to {high}, not {text[:40]!r}")
    return int(text)


def flag(values: Values, name: str) -> bool:
    """`true` or `false`."""
    text = single(values, name, "false")
    if text not in ("true", "false"):
        raise Denied(QUERY_MALFORMED, f"{name} is true or false, not {text[:40]!r}")
    return text == "true"


def choice(values: Values, name: str, choices: Sequence[str]) -> str:
    """One of some words; empty where it is not given."""
    text = single(values, name)
    if text and text not in choices:
        raise Denied(QUERY_MALFORMED, f"{name} is {' or '.join(choices)}, not {text[:40]!r}")
    return text


def tags(values: Values, name: str = "tag") -> dict[str, list[str]]:
    """Filters by tag: `key=value`, or `key` for whatever value. Values of one key are alternatives."""
    found: dict[str, list[str]] = {}
    for text in values.get(name, ()):
        key, given, value = text.partition("=")
        if not key:
            raise Denied(QUERY_MALFORMED, f"{name} is key=value or key, not {text[:40]!r}")
        found.setdefault(key, [])
        if given:
            found[key].append(value)
    return found
