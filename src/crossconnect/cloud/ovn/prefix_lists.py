"""Prefix lists."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.prefix_list import PrefixList
from crossconnect.cloud.ovn.names import word
from crossconnect.cloud.ovn.parts import Part, row, unit
from crossconnect.cloud.ovn.queries import Queries


@unit
def address_set(q: Queries, id: str) -> Iterator[Part]:
    """`Address_Set`, named by rules of security groups as `$pl_...`."""
    prefix_list = q.need(PrefixList, id)
    addresses = frozenset(entry.cidr for entry in prefix_list.entries)
    yield row("Address_Set", word(id), id, name=word(id), addresses=addresses)
