"""Tree to text, and where secrets enter: only here, only when they are handed in.

A tree never holds a secret, only a token that names one (`xc-secret-env:PEER_KEY`). What is printed, diffed, stored
and reviewed is that; the text with the secrets in it exists at the moment it is applied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from crossconnect.errors import BadInput
from crossconnect.nos.frr.tree import Tree
from crossconnect.nos.secrets import MARK, secret_token

__all__ = ["MARK", "PASSWORD_LENGTH_MAX", "secret_references", "secret_token", "text"]

PASSWORD_LENGTH_MAX = 80
"""TCP_MD5SIG_MAXKEYLEN of Linux, and PEER_PASSWORD_MAXLEN of bgpd."""

_TOKEN = re.compile(rf"^( *neighbor \S+ password ){MARK}(\S+)$", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def secret_references(tree: Tree) -> frozenset[str]:
    """References of all secrets that the tree needs to be applied."""
    return frozenset(unquote(m[2]) for m in _TOKEN.finditer(text(tree)))


def text(tree: Tree, secrets: Mapping[str, str] | None = None) -> str:
    """`frr.conf` text of a tree. With `secrets` (reference to value) every token is replaced.

    Raises BadInput when a secret is missing or cannot be a password; the message names the reference, not the secret.
    """
    out: list[str] = []
    _write(tree, "", out)
    written = "\n".join(out)
    if _CONTROL.search(written) or (out and written.count("\n") != len(out) - 1):
        raise ValueError("a configuration line holds a control character")
    written += "\n"
    if secrets is None:
        return written
    return _TOKEN.sub(lambda m: m[1] + _password(unquote(m[2]), secrets), written)


def _write(tree: Tree, indent: str, out: list[str]) -> None:
    inner = indent + " "
    for entry in tree:
        if isinstance(entry, str):
            out.append(indent + entry)
        else:
            out.append(indent + entry.header)
            _write(entry.body, inner, out)
            out.append(indent + entry.exit)


def _password(reference: str, secrets: Mapping[str, str]) -> str:
    secret = secrets.get(reference)
    if secret is None:
        raise BadInput(f"no secret is given for {reference}")
    if not secret or len(secret) > PASSWORD_LENGTH_MAX or not all(33 <= ord(c) <= 126 for c in secret):
        raise BadInput(
            f"the secret of {reference} cannot be a BGP password: 1 to {PASSWORD_LENGTH_MAX} printable ASCII "
            "characters without spaces are possible"
        )
    return secret
