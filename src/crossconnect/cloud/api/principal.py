"""Who calls: what authentication finds out, and what authorisation and the audit record need."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

PROJECT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
"""What a project's id looks like. An empty one stands for the region as a whole, and is no credential's to say."""
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
    """Whose resources are its own, by ids that are some. The first one is meant where a request names none."""
    roles: tuple[str, ...]
