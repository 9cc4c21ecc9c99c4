"""Prefix lists: CIDR blocks under one name, for rules and routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

ENTRIES_MAX = 1000


class PrefixListEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One block."""

    cidr: str
    description: str = ""


class PrefixList(Resource, frozen=True, kw_only=True):
    """A prefix list."""

    address_family: Literal["ipv4", "ipv6"]
    max_entries: int
    """How many there may be. Rules and routes that name the list count as so many."""
    entries: tuple[PrefixListEntry, ...] = ()
    """In the order of their blocks."""


class PrefixListBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    address_family: Literal["ipv4", "ipv6"] = "ipv4"
    max_entries: int | None = None
    """None: as many as there are, 10 at least."""
    entries: tuple[PrefixListEntry, ...] = ()


class PrefixListPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; `entries` replaces all of them."""

    max_entries: int | msgspec.UnsetType = msgspec.UNSET
    entries: tuple[PrefixListEntry, ...] | msgspec.UnsetType = msgspec.UNSET


def references(prefix_list: PrefixList) -> Iterator[Reference]:
    """None."""
    return iter(())
