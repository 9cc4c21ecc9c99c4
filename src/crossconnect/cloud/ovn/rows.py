"""Northbound rows as values.

A row's UUID follows from its table and key, and is given to `insert` (ovsdb-server(7), section 5.2.1): references are
final when a row is compiled, and a repeated insert is refused instead of doubled.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping

import msgspec

from crossconnect.transport.ovsdb.types import Atom, Uuid, Value

OWN = "c05c0de5"
"""How the UUIDs of our rows end, and nobody else's: tables without `external_ids` have no other mark. At the end, for
OVSDB hashes rows by the first 32 bits."""
KEY = "crossconnect:key"
"""In `external_ids` of each of our rows: its key."""
RESOURCE = "crossconnect:id"
"""In `external_ids` of each of our rows: the resource that it was made for."""


@functools.lru_cache(maxsize=1 << 17)
def uuid_of(table: str, key: str) -> Uuid:
    """The UUID of one of our rows (version 8 of RFC 9562, section 5.8): 90 bits of a hash, then `OWN`."""
    digest = hashlib.blake2b(f"{table}\0{key}".encode(), digest_size=12).hexdigest()
    variant = "89ab"[int(digest[15], 16) & 3]
    return Uuid(f"{digest[:8]}-{digest[8:12]}-8{digest[12:15]}-{variant}{digest[16:19]}-{digest[19:23]}{OWN}")


def is_own(uuid: str) -> bool:
    """Whether a row is one of ours."""
    return uuid.endswith(OWN) and uuid[14] == "8"


class Row(msgspec.Struct, frozen=True, gc=False):
    """A row. In values that are compared, `columns` is never changed."""

    table: str
    key: str
    """Unique in its table."""
    columns: Mapping[str, Value]
    """Values as `crossconnect.transport.ovsdb.types` has them; references are UUIDs. A column that is not here is the
    database's (`up`, `nb_cfg`) or has its default."""

    @property
    def uuid(self) -> Uuid:
        """Its UUID."""
        return uuid_of(self.table, self.key)


class Contribution(msgspec.Struct, frozen=True, gc=False):
    """One element of a set or map of a row that another unit makes: a port of a group, a port of a switch."""

    table: str
    key: str
    column: str
    element: Atom
    """Of a set; key of a map's pair."""
    value: Atom | None = None
    """Of a map's pair; None for sets."""
