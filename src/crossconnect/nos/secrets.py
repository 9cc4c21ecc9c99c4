"""Secrets in configurations: a tree holds tokens that name them, never the secrets.

What is printed, compared, stored and reviewed has the token (`xc-secret-env:PEER_KEY`); the text with the secret in it
exists at the moment it is applied (`revealed`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from crossconnect.errors import BadInput

MARK = "xc-secret-"

_TOKEN = re.compile(rf"{MARK}([A-Za-z0-9:/._~%-]+)")


def secret_token(reference: str) -> str:
    """The word that stands for a secret in a line: no spaces, no quotes, reversible."""
    return MARK + quote(reference, safe=":/._-~")


def secret_references(written: str) -> frozenset[str]:
    """References of all secrets that a text needs to be applied."""
    return frozenset(unquote(m[1]) for m in _TOKEN.finditer(written))


def revealed(written: str, secrets: Mapping[str, str], length_max: int = 128) -> str:
    """The text with the secrets in it.

    Raises BadInput when one is missing or cannot stand in a configuration line; the message names the reference, never
    the secret.
    """

    def value(match: re.Match[str]) -> str:
        reference = unquote(match[1])
        secret = secrets.get(reference)
        if secret is None:
            raise BadInput(f"no secret is given for {reference}")
        if not 0 < len(secret) <= length_max or not all(33 <= ord(c) <= 126 and c not in "\"'\\" for c in secret):
            raise BadInput(
                f"the secret of {reference} cannot stand in a configuration: 1 to {length_max} printable ASCII "
                "characters without spaces, quotes and backslashes are possible"
            )
        return secret

    return _TOKEN.sub(value, written)
