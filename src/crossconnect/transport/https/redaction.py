"""Secrets out of a device's words: a refusal may repeat the line, or the value, that was refused. Pure.

What is sent is known, so the secrets in it are: words behind the keywords of line-based systems, and values of the
leaves that hold secrets in JSON. They are taken out of whatever the device says afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from crossconnect.nos.document import Value

HIDDEN = "***"
WORDS_MAX = 400
"""Characters of a device's own words that are kept."""

_LINE = re.compile(
    r"\b(?:password|secret|key|community|authentication-key|auth (?:md5|sha\S*)|priv (?:des|aes\S*))"
    r"(?: (?:[0-9]{1,2}|sha512|aes-\d+|md5|hidden))? (\S+)"
)
LEAVES = frozenset({"password", "secret-key", "secret", "authentication-key", "privacy-key", "auth-password", "key"})
"""Names of leaves of SR Linux that hold secrets; `key` also names others, which is no loss in a message."""


def secrets_of_lines(lines: Iterable[str]) -> frozenset[str]:
    """The secrets in lines of configuration."""
    return frozenset(match[1].strip("\"'") for line in lines for match in _LINE.finditer(line))


def secrets_of_value(value: Value) -> frozenset[str]:
    """The secrets in a configuration of JSON."""
    return frozenset(_secrets(value))


def _secrets(value: Value) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _secrets(one)
    elif isinstance(value, dict):
        for name, child in value.items():
            if isinstance(child, str) and name.rpartition(":")[2] in LEAVES:
                yield child
            else:
                yield from _secrets(child)


def without(words: str, secrets: Iterable[str]) -> str:
    """A device's words on one line, without secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            words = words.replace(secret, HIDDEN)
    return " ".join(words.split())[:WORDS_MAX]
