"""Who calls: what authentication finds out, and what authorisation and the audit record need."""

from __future__ import annotations

from typing import Literal

import msgspec

PROJECT_ROLES = ("admin", "member", "reader")
"""Roles in a project that the default policies know."""
REGION_ROLES = ("operator", "auditor")
"""Roles in the whole region. No key of a project can have them, and no token of a provider that is not trusted so."""


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
