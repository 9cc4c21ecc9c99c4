"""What becomes of network ACLs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from crossconnect.cloud.decisions import matching
from crossconnect.cloud.decisions.claimed import next_after, numbers
from crossconnect.cloud.decisions.patching import refuse_more, the_vpc
from crossconnect.cloud.kinds.network_acl import NUMBER_MAX, AclEntry, NetworkAcl, NetworkAclBody, NetworkAclPatch
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import Change, Claim, Effect, conflict, invalid
from crossconnect.cloud.view import Context, View, born


def create(body: NetworkAclBody, view: View, context: Context) -> Change:
    """A network ACL; without entries it denies everything."""
    vpc = the_vpc(body.vpc_id, view)
    id = context.new_id("acl")
    entries = _entries(body.entries, context)
    (sample,) = numbers(view, "sample", id)
    given, claims = entry_numbers(entries, {}, view, id, (sample.value,))
    acl = born(
        NetworkAcl,
        id,
        context,
        body,
        vpc_id=vpc.id,
        entries=entries,
        number=sample.value,
        entry_numbers=given,
    )
    return Change(put=(acl,), claims=(sample, *claims))


def update(acl: NetworkAcl, patch: NetworkAclPatch, view: View, context: Context) -> Change:
    """The network ACL with other entries. It has no memory of connections: what it denies ends at once."""
    if patch.entries is msgspec.UNSET:
        return Change(put=(acl,))
    entries = _entries(patch.entries, context)
    had = {_place(e): n for e, n in zip(acl.entries, acl.entry_numbers, strict=False) if n}
    given, claims = entry_numbers(entries, had, view, acl.id)
    releases = tuple(Claim("sample", number, acl.id) for number in had.values() if number not in given)
    changed = msgspec.structs.replace(acl, entries=entries, entry_numbers=given)
    effects: tuple[Effect, ...] = ()
    if _denies_more(acl, changed) and _used(acl, view):
        message = f"what {acl.id} does not let through any more ends at once, in each direction"
        effects = (Effect(message, cuts=True, resource_id=acl.id),)
    return Change(put=(changed,), claims=claims, releases=releases, effects=effects)


def delete(acl: NetworkAcl, view: View, context: Context) -> Change:
    """The network ACL, behind which no subnet is any more. The default one goes with its VPC only."""
    if acl.default:
        raise conflict("network-acl.default", f"{acl.id} is the default network ACL of {acl.vpc_id}, and goes with it")
    return Change(delete=(acl.id,))


def entry_numbers(
    entries: Sequence[AclEntry],
    had: Mapping[tuple[str, int], int],
    view: View,
    owner: str,
    taken: tuple[int, ...] = (),
) -> tuple[tuple[int, ...], tuple[Claim, ...]]:
    """The region's numbers of entries: `had` by direction and number, where an entry was there before, else new ones
    above those that the same change has `taken`; and what is claimed for them."""
    claims: list[Claim] = []
    given: list[int] = []
    for entry in entries:
        number = had.get(_place(entry), 0) if entry.direction == "ingress" else 0
        if entry.direction == "ingress" and not number:
            claims.append(next_after(view, "sample", [*taken, *(claim.value for claim in claims)], owner))
            number = claims[-1].value
        given.append(number)
    return tuple(given), tuple(claims)


def _place(entry: AclEntry) -> tuple[str, int]:
    return entry.direction, entry.number


def _entries(entries: tuple[AclEntry, ...], context: Context) -> tuple[AclEntry, ...]:
    found: dict[tuple[str, int], AclEntry] = {}
    for n, entry in enumerate(entries):
        at = f"/entries/{n}"
        if not 1 <= entry.number <= NUMBER_MAX:
            raise invalid("network-acl.number", f"number {entry.number} is not in 1 to {NUMBER_MAX}", f"{at}/number")
        place = _place(entry)
        if place in found:
            message = f"number {entry.number} is there twice for {entry.direction}"
            raise invalid("network-acl.number-twice", message, f"{at}/number")
        protocol = matching.protocol(entry.protocol, f"{at}/protocol")
        from_port, to_port = matching.ports(protocol, entry.from_port, entry.to_port, at)
        found[place] = msgspec.structs.replace(
            entry,
            protocol=protocol,
            cidr=matching.block(entry.cidr, protocol, f"{at}/cidr"),
            from_port=from_port,
            to_port=to_port,
        )
    for direction in ("ingress", "egress"):
        count = sum(place[0] == direction for place in found)
        refuse_more(count, limit(context, "entries_per_network_acl"), f"{direction} entries", "/entries")
    return tuple(found[place] for place in sorted(found))


def _denies_more(before: NetworkAcl, after: NetworkAcl) -> bool:
    """Whether an allowing entry is gone or a denying one is new: whether flows may be cut."""
    old, new = set(before.entries), set(after.entries)
    return any(e.action == "allow" for e in old - new) or any(e.action == "deny" for e in new - old)


def _used(acl: NetworkAcl, view: View) -> bool:
    if view.count_referring(Subnet, acl.id, "network_acl_id"):
        return True
    return acl.default and any(not s.network_acl_id for s in view.referring(Subnet, acl.vpc_id, "vpc_id"))
