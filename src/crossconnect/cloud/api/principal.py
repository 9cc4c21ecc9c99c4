"""Who calls: what authentication finds out, and what authorisation and the audit record need."""

from __future__ import annotations

from typing import Literal

import msgspec

ROLES = ("admin", "member", "reader", "operator", "auditor")
"""Roles that the default policies know: of a project the first three; of the whole region the last two."""


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """A caller whose credential is valid."""

    id: str
    """Of the API key, or issuer and subject of the token."""
    kind: Literal["api-key", "token"]
    name: str
    """For people: the key's name, the token's subject."""
    projects: tuple[str, ...]
    """Whose resources are its own. The first one is meant where a request names none."""
    roles: tuple[str, ...]
