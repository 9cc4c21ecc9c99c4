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
    entries: tuple[PrefixListEntry, ...] = ()


class PrefixListBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    address_family: Literal["ipv4", "ipv6"] = "ipv4"
    entries: tuple[PrefixListEntry, ...] = ()


class PrefixListPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; `entries` replaces all of them."""

    entries: tuple[PrefixListEntry, ...] | msgspec.UnsetType = msgspec.UNSET


def references(prefix_list: PrefixList) -> Iterator[Reference]:
    """None."""
    return iter(())
