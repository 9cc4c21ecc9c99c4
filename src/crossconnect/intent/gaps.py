"""What is missing from a region because it was written in a way that could not be read.

    a wrong value --Gap--> unread_of --Unread--> validation: says nothing that only follows from it

A wrong VLAN hides nothing. A wrong name, a record that was left out, or a file that could not be read hide names that
others may refer to: of those lists, and of no others, nothing is called undefined.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import NamedTuple, get_args, get_type_hints

import msgspec

from crossconnect.finding import Place
from crossconnect.model.acl import Acl
from crossconnect.model.cloud import ProviderNetwork
from crossconnect.model.device import Device, Platform
from crossconnect.model.management import SnmpUser
from crossconnect.model.peer import Peer
from crossconnect.model.pod import NodeGroup, Pod, RackGroup, SuperSpineGroup
from crossconnect.model.policy import AsPathSet, CommunitySet, Policy, PrefixSet
from crossconnect.model.pool import Pool
from crossconnect.model.region import ChecksFile, EdgeFile, FabricFile, RegionFile, Site, TenancyFile, Unread
from crossconnect.model.risk import RiskGroup
from crossconnect.model.server import Server, ServerGroup
from crossconnect.model.tenant import Segment, Tenant, Vrf

_DEFINED: dict[type, frozenset[str]] = {
    Site: frozenset({"sites"}),
    Pool: frozenset({"pools"}),
    Platform: frozenset({"platforms"}),
    Pod: frozenset({"pods"}),
    NodeGroup: frozenset({"devices"}),
    RackGroup: frozenset({"racks", "devices"}),
    ServerGroup: frozenset({"servers"}),
    SuperSpineGroup: frozenset({"super_spines", "devices"}),
    Device: frozenset({"devices", "racks"}),
    Server: frozenset({"servers"}),
    RiskGroup: frozenset({"risk_groups"}),
    Tenant: frozenset({"tenants"}),
    Vrf: frozenset({"vrfs"}),
    Segment: frozenset({"segments"}),
    Peer: frozenset({"peers"}),
    ProviderNetwork: frozenset({"provider_networks"}),
    Policy: frozenset({"policies"}),
    PrefixSet: frozenset({"prefix_sets"}),
    CommunitySet: frozenset({"community_sets"}),
    AsPathSet: frozenset({"as_path_sets"}),
    Acl: frozenset({"acls"}),
    SnmpUser: frozenset({"snmp_users"}),
}
"""Which lists of names a record adds to by itself."""

_EXPANDED = frozenset({Pod, NodeGroup, RackGroup, ServerGroup, SuperSpineGroup, Device})
"""Records of which other fields than the name say what there is: counts, patterns, roles."""

_NEUTRAL = frozenset(
    {"platform", "nos", "asn", "links_per_spine", "drained", "homing", "segments", "description", "chassis"}
)
"""Fields of those that do not."""

_FILES: tuple[type, ...] = (RegionFile, FabricFile, TenancyFile, EdgeFile, ChecksFile)


class Gap(NamedTuple):
    """Something that was written in a record, and is not in it now."""

    record: type
    place: Place
    """Of the record."""
    field: str
    """Empty: a field that the record does not have, in place of one that may have been meant; or all of a file."""


def unread_of(gaps: Iterable[Gap]) -> Unread:
    """What validation is told of gaps."""
    lists: set[str] = set()
    fields: set[tuple[str, int, int, str]] = set()
    for gap in gaps:
        lists |= _hidden(gap.record, gap.field)
        fields.add((gap.place.file, gap.place.line, gap.place.column, gap.field))
    return Unread(lists=frozenset(lists), fields=frozenset(fields))


@functools.cache
def _hidden(record: type, field: str) -> frozenset[str]:
    """Lists that lack names when a field of a record is not there as it was meant."""
    if not field:
        own = _DEFINED[record] if record in _EXPANDED else frozenset[str]()
        if record in _FILES:
            own = frozenset(get_type_hints(record))
        return own.union(*(_lists_of(inner) for inner in _records(record, "")))
    names = field == "name" or (record in _EXPANDED and field not in _NEUTRAL)
    own = _lists_of(record) if names and record not in _FILES else frozenset[str]()
    choices = frozenset({field}) if record is RegionFile else frozenset[str]()
    return own.union(choices, *(_lists_of(inner) for inner in _records(record, field)))


@functools.cache
def _lists_of(record: type) -> frozenset[str]:
    """Lists that a record and what is in it add to."""
    own = _DEFINED.get(record, frozenset[str]())
    return own.union(*(_lists_of(inner) for inner in _records(record, "")))


@functools.cache
def _records(record: type, field: str) -> tuple[type, ...]:
    """Records in a field of a record, in any where none is given."""
    found: list[type] = []
    for name, hint in get_type_hints(record).items():
        if not field or field == name:
            kinds = [kind for kind in (hint, *get_args(hint)) if isinstance(kind, type)]
            found += [kind for kind in kinds if issubclass(kind, msgspec.Struct)]
    return tuple(found)


def home_of(field: str) -> type | None:
    """The kind of file that has a top-level field."""
    return next((record for record in _FILES if field in get_type_hints(record)), None)
