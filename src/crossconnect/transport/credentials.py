"""Credentials by reference: `env:NAME`, `file:PATH`, `vault:PATH#FIELD`, looked up when they are used.

    access.yaml --> Credential (references only) --> a session is opened --> reveal() --> str, for one call

What is held, printed, compared, journalled and logged is the reference. The secret exists in the frame of whoever hands
it to a protocol, and in no object of ours.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from crossconnect.errors import BadInput

KINDS = ("env", "file", "vault")
SECRET_BYTES_MAX = 64 << 10
"""A private key of 16,384 bits is 13 kB."""

Vault = Callable[[str, str], str]
"""(path, field) to the secret; Unreachable, Unauthorised, BadInput."""


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """Who we are to a device. All but `user` are references or paths of public things."""

    user: str
    """Name of the account on the device."""
    password: str = ""
    """Reference; empty for none."""
    key: str = ""
    """Reference to a private key (SSH: OpenSSH or PEM; HTTPS and gNMI: PEM); empty for none."""
    passphrase: str = ""
    """Reference to the passphrase of `key`; empty for none."""
    certificate: str = ""
    """Path of the certificate of `key`: OpenSSH's, or PEM for TLS; empty for none."""


def check_reference(reference: str) -> None:
    """BadInput where it is no reference. The message does not repeat it: it may be the secret itself."""
    kind, _, name = reference.partition(":")
    if kind not in KINDS or not name:
        raise BadInput("a credential is given as a reference: env:NAME, file:PATH or vault:PATH#FIELD")
    if kind == "vault" and not all(name.partition("#")[::2]):
        raise BadInput(f"{reference} names no field: vault:PATH#FIELD")


def reveal(reference: str, vault: Vault | None = None) -> str:
    """The secret itself, now. BadInput names the reference, never what was found."""
    check_reference(reference)
    kind, _, name = reference.partition(":")
    if kind == "vault":
        path, _, field = name.partition("#")
        if vault is None:
            raise BadInput(f"{reference}: no vault is known; set VAULT_ADDR and VAULT_TOKEN")
        return vault(path, field)
    secret = os.environ.get(name) if kind == "env" else _content(reference, Path(name))
    if not secret:
        what = "the variable is not set" if kind == "env" else "the file is empty"
        raise BadInput(f"{reference}: {what}")
    return secret


def _content(reference: str, path: Path) -> str:
    try:
        with path.expanduser().open("rb") as file:
            octets = file.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        raise BadInput(f"{reference} cannot be read: {error.strerror}") from None
    if len(octets) > SECRET_BYTES_MAX:
        raise BadInput(f"{reference} has more than {SECRET_BYTES_MAX} octets: this is no secret")
    try:
        return octets.decode().strip("\r\n")
    except UnicodeDecodeError:
        raise BadInput(f"{reference} is not UTF-8 text") from None
