"""What becomes of DNS zones and records."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.decisions.claimed import key, place
from crossconnect.cloud.decisions.names import NAME_MAX, domain
from crossconnect.cloud.decisions.patching import the_vpc
from crossconnect.cloud.kinds.dns import (
    VALUES_MAX,
    DnsRecord,
    DnsRecordBody,
    DnsRecordPatch,
    DnsZone,
    DnsZoneBody,
    DnsZonePatch,
)
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import Change, Claim, Effect, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import canonical_address, version_of

VPCS_MAX = 300
_LATER = "; clients may keep what they were told for an hour"
"""OVN's resolver gives its answers that time to live."""
_VERSIONS = {"A": 4, "AAAA": 6}


def create_zone(body: DnsZoneBody, view: View, context: Context) -> Change:
    """A zone that the resolvers of some VPCs answer for."""
    id = context.new_id("dz")
    name = domain(body.domain, "/domain")
    vpc_ids = _vpcs(body.vpc_ids, name, "", view)
    return Change(put=(born(DnsZone, id, context, body, domain=name, vpc_ids=vpc_ids),))


def update_zone(zone: DnsZone, patch: DnsZonePatch, view: View, context: Context) -> Change:
    """The zone for other VPCs."""
    if patch.vpc_ids is msgspec.UNSET:
        return Change(put=(zone,))
    changed = msgspec.structs.replace(zone, vpc_ids=_vpcs(patch.vpc_ids, zone.domain, zone.id, view))
    effects = tuple(
        Effect(f"names of {zone.domain} are not found in {id} any more", cuts=True, resource_id=id)
        for id in zone.vpc_ids
        if id not in changed.vpc_ids
    )
    return Change(put=(changed,), effects=effects)


def delete_zone(zone: DnsZone, view: View, context: Context) -> Change:
    """The zone, which has no records any more."""
    return Change(delete=(zone.id,))


def create_record(body: DnsRecordBody, view: View, context: Context) -> Change:
    """The only record of its name and type in its zone."""
    zone = view.get(DnsZone, body.dns_zone_id)
    if zone is None:
        raise missing("dns-zone", body.dns_zone_id, "/dns_zone_id")
    name = domain(body.record, "/record") if body.record else ""
    if len(full := f"{name}.{zone.domain}" if name else zone.domain) > NAME_MAX:
        raise invalid("name.too-long", f"{full!r} has {len(full)} characters; at most {NAME_MAX}", "/record")
    id = context.new_id("dr")
    most = limit(context, "records_per_dns_zone")
    slot = place(view, f"{zone.id}/place", id, most, f"records in {zone.id}", "/dns_zone_id")
    claim = Claim(f"{zone.id}/record", key(name, body.type), id)
    while not view.is_free(claim.scope, claim.value):
        # The claim's number is a hash: who has it may have another name.
        for other in view.referring(DnsRecord, zone.id, "dns_zone_id"):
            if (other.record, other.type) == (name, body.type):
                raise conflict("dns-record.duplicate", f"{other.id} is of {full} and type {body.type}", "/record")
        claim = Claim(claim.scope, claim.value + 1, id)
    record = born(
        DnsRecord,
        id,
        context,
        body,
        dns_zone_id=zone.id,
        record=name,
        type=body.type,
        values=_values(body.values, body.type),
    )
    return Change(put=(record,), claims=(slot, claim))


def update_record(record: DnsRecord, patch: DnsRecordPatch, view: View, context: Context) -> Change:
    """The record with other addresses."""
    if patch.values is msgspec.UNSET:
        return Change(put=(record,))
    changed = msgspec.structs.replace(record, values=_values(patch.values, record.type))
    if set(changed.values) == set(record.values):
        return Change(put=(changed,))
    gone = [value for value in record.values if value not in changed.values]
    message = f"{_name(record, view)} is {', '.join(changed.values)}, and was {', '.join(record.values)}{_LATER}"
    return Change(put=(changed,), effects=_where(record, message, view, cuts=bool(gone)))


def delete_record(record: DnsRecord, view: View, context: Context) -> Change:
    """The record: its name has no addresses of that type any more."""
    message = f"{_name(record, view)} has no addresses of type {record.type} any more{_LATER}"
    return Change(delete=(record.id,), effects=_where(record, message, view, cuts=True))


def _name(record: DnsRecord, view: View) -> str:
    zone = view.get(DnsZone, record.dns_zone_id)
    assert zone is not None
    return f"{record.record}.{zone.domain}" if record.record else zone.domain


def _where(record: DnsRecord, message: str, view: View, *, cuts: bool) -> tuple[Effect, ...]:
    """An effect on VPCs, where any asks the zone."""
    zone = view.get(DnsZone, record.dns_zone_id)
    return (Effect(message, cuts=cuts, resource_id=record.id),) if zone is not None and zone.vpc_ids else ()


def _vpcs(ids: tuple[str, ...], name: str, zone_id: str, view: View) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(ids))
    if len(found) > VPCS_MAX:
        raise invalid("dns-zone.vpcs-too-many", f"{len(found)} VPCs; at most {VPCS_MAX}", "/vpc_ids")
    for n, id in enumerate(found):
        the_vpc(id, view, f"/vpc_ids/{n}")
        for other in view.referring(DnsZone, id, "vpc_ids"):
            if other.domain == name and other.id != zone_id:
                raise conflict("dns-zone.duplicate", f"{id} has {other.id} for {name}", f"/vpc_ids/{n}")
    return found


def _values(texts: tuple[str, ...], type: str) -> tuple[str, ...]:
    if not 1 <= len(texts) <= VALUES_MAX:
        raise invalid("dns-record.values", f"{len(texts)} addresses; 1 to {VALUES_MAX} are possible", "/values")
    found: list[str] = []
    for n, text in enumerate(texts):
        try:
            one = canonical_address(text)
        except ValueError as error:
            raise invalid("address.malformed", f"{text!r} is no address: {error}", f"/values/{n}") from None
        if version_of(one) != _VERSIONS[type]:
            raise invalid("dns-record.version", f"{one} does not go in a record of type {type}", f"/values/{n}")
        if one in found:
            raise invalid("address.duplicate", f"{one} is there twice", f"/values/{n}")
        found.append(one)
    return tuple(found)
