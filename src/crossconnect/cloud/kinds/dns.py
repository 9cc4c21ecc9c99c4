"""Private DNS zones: names that the resolver of some VPCs answers, and their records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

VALUES_MAX = 16


class DnsZone(Resource, frozen=True, kw_only=True):
    """A private zone. Names in it are asked of nobody else by the VPCs that it is for."""

    domain: str
    """In lower case, without the last dot."""
    vpc_ids: tuple[str, ...] = ()
    """Whose resolver answers for it. No VPC has two zones of one name."""


class DnsZoneBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    domain: str
    vpc_ids: tuple[str, ...] = ()


class DnsZonePatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; `vpc_ids` replaces all of them."""

    vpc_ids: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class DnsRecord(Resource, frozen=True, kw_only=True):
    """The addresses of a name. Time to live and other types are not offered: OVN's resolver knows addresses, for an
    hour."""

    dns_zone_id: str
    record: str
    """The name inside the zone; empty for the zone's own."""
    type: Literal["A", "AAAA"] = "A"
    values: tuple[str, ...]
    """Addresses."""


class DnsRecordBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one. A zone has one record of each name and type."""

    dns_zone_id: str
    record: str = ""
    type: Literal["A", "AAAA"] = "A"
    values: tuple[str, ...]


class DnsRecordPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; `values` replaces all of them."""

    values: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


def zone_references(zone: DnsZone) -> Iterator[Reference]:
    """Its VPCs."""
    for n, id in enumerate(zone.vpc_ids):
        yield Reference(f"vpc_ids/{n}", id)


def record_references(record: DnsRecord) -> Iterator[Reference]:
    """Its zone, which does not go while it has records (as in Route 53)."""
    yield Reference("dns_zone_id", record.dns_zone_id)
