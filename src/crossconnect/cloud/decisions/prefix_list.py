"""What becomes of prefix lists."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossconnect.cloud import effective
from crossconnect.cloud.addresses import cidr
from crossconnect.cloud.decisions.foresight import With
from crossconnect.cloud.decisions.patching import diverted, is_used, refuse_more
from crossconnect.cloud.decisions.security_group import weight
from crossconnect.cloud.decisions.steering_rules import effects_of_list, refuse_growth
from crossconnect.cloud.kinds.prefix_list import (
    ENTRIES_MAX,
    PrefixList,
    PrefixListBody,
    PrefixListEntry,
    PrefixListPatch,
)
from crossconnect.cloud.kinds.route_table import Route, RouteTable
from crossconnect.cloud.kinds.security_group import SecurityGroupRule
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import DESCRIPTION_MAX, Change, Effect, invalid
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import parse

_Users = tuple[Sequence[SecurityGroupRule], Sequence[RouteTable]]

_ROOM = 10
"""Entries that a list may have at least, where nothing is said: one more can then be added without a change of all that
counts it."""


def create(body: PrefixListBody, view: View, context: Context) -> Change:
    """A prefix list."""
    most = max(_ROOM, len(body.entries)) if body.max_entries is None else body.max_entries
    prefixes = born(
        PrefixList,
        context.new_id("pl"),
        context,
        body,
        address_family=body.address_family,
        max_entries=most,
        entries=_entries(body.entries, body.address_family, most),
    )
    return Change(put=(prefixes,))


def update(prefixes: PrefixList, patch: PrefixListPatch, view: View, context: Context) -> Change:
    """The list with other entries, or room for more of them where all that names it has that room."""
    most = prefixes.max_entries if patch.max_entries is msgspec.UNSET else patch.max_entries
    entries = prefixes.entries if patch.entries is msgspec.UNSET else patch.entries
    changed = msgspec.structs.replace(
        prefixes, max_entries=most, entries=_entries(entries, prefixes.address_family, most)
    )
    rules = view.referring(SecurityGroupRule, prefixes.id, "peer")
    tables = view.referring(RouteTable, prefixes.id, "routes")
    if most > prefixes.max_entries:
        _refuse_growth(most - prefixes.max_entries, (rules, tables), view, context)
        refuse_growth(prefixes.id, most - prefixes.max_entries, view, context)
    effects: list[Effect] = []
    gone = {e.cidr for e in prefixes.entries} - {e.cidr for e in changed.entries}
    if gone and (rules or tables):
        by = ", ".join(sorted({r.security_group_id for r in rules} | {t.id for t in tables}))
        message = f"{len(gone)} blocks less for {by}: flows that only they let through, or lead, end"
        effects.append(Effect(message, cuts=True, resource_id=prefixes.id))
    if changed.entries != prefixes.entries:
        effects += effects_of_list(prefixes, view)
    facts = With(changed, view)
    for table in tables:
        if is_used(table, view):
            before, after = effective.table_routes(table, view), effective.table_routes(table, facts)
            effects += diverted(before, after, table.id)
    return Change(put=(changed,), effects=tuple(effects))


def _refuse_growth(more: int, users: _Users, view: View, context: Context) -> None:
    """Refused where a group or a route table that names the list has no room for more entries."""
    rules, tables = users
    for group in sorted({rule.security_group_id for rule in rules}):
        of_group = view.referring(SecurityGroupRule, group, "security_group_id")
        total = sum(weight(rule, view) for rule in of_group)
        total += more * sum(rule.security_group_id == group for rule in rules)
        most = limit(context, "prefixes_per_security_group")
        refuse_more(total, most, f"entries of prefix lists in {group}", "/max_entries")
    for table in tables:
        refuse_more(
            route_weight(table.routes, view) + more,
            limit(context, "routes_per_route_table"),
            f"routes in {table.id}",
            "/max_entries",
        )


def route_weight(routes: Sequence[Route], view: View) -> int:
    """As how many routes some routes count: a prefix list as its `max_entries`."""
    lists = (view.get(PrefixList, r.destination) if r.destination.startswith("pl-") else None for r in routes)
    return sum(1 if prefixes is None else prefixes.max_entries for prefixes in lists)


def _entries(entries: tuple[PrefixListEntry, ...], family: str, most: int) -> tuple[PrefixListEntry, ...]:
    if not 1 <= most <= ENTRIES_MAX:
        raise invalid("prefix-list.max-entries", f"{most} is not in 1 to {ENTRIES_MAX}", "/max_entries")
    if len(entries) > most:
        raise invalid("prefix-list.entries-too-many", f"{len(entries)} entries; at most {most}", "/entries")
    found: dict[str, PrefixListEntry] = {}
    for n, entry in enumerate(entries):
        block = cidr(entry.cidr, 4 if family == "ipv4" else 6, f"/entries/{n}/cidr")
        if block in found:
            raise invalid("prefix-list.duplicate", f"{block} is there twice", f"/entries/{n}/cidr")
        if len(entry.description) > DESCRIPTION_MAX:
            message = f"{len(entry.description)} characters; at most {DESCRIPTION_MAX}"
            raise invalid("description.too-long", message, f"/entries/{n}/description")
        found[block] = msgspec.structs.replace(entry, cidr=block)
    return tuple(found[block] for block in sorted(found, key=parse))
