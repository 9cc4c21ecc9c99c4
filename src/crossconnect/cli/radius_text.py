"""The blast radius of a change for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crossconnect.checks.grouping import with_article
from crossconnect.cli.output import draw
from crossconnect.rollout.blast_radius import BlastRadius, FailureChange, RealmChange, SessionChange
from crossconnect.rollout.link_changes import LinkChange

_NAMES_MAX = 6
_ROWS_MAX = 20


def radius_text(radius: BlastRadius) -> str:
    """Realms, failures and sessions that are not as before; a line for each kind of thing."""
    parts: list[str] = []
    if radius.realms:
        rows = [_realm_row(change) for change in radius.realms[:_ROWS_MAX]]
        parts.append(
            "\nwhose networks change, healthy:\n"
            + draw(("network", "tenant", "", "attachments", "pairs", "paths", "borders", ""), rows)
            + _more(radius.realms)
        )
    else:
        parts.append("\nno tenant's network changes")
    if radius.failures:
        lines = [_failure_line(change) for change in radius.failures[:_ROWS_MAX]]
        head = f"\nwhat is not as before under {radius.evaluated} single failures:"
        parts.append("\n".join((head, *lines)) + _more(radius.failures))
    elif radius.evaluated:
        parts.append(f"\nunder {radius.evaluated} single failures: as before")
    if radius.links:
        lines = [_link_line(change) for change in radius.links[:_ROWS_MAX]]
        parts.append("\n".join(("\nlinks that expected traffic fills:", *lines)) + _more(radius.links))
    parts += _session_lines(radius.sessions)
    if radius.flaps:
        lines = [f"    {_names(flap.devices, 3)}: {flap.effect}" for flap in radius.flaps[:_ROWS_MAX]]
        parts.append("\n".join(("while those of one switch flap:", *lines)) + _more(radius.flaps))
    if radius.bystanders:
        parts.append(f"\ntenants as before on devices that are changed: {_names(radius.bystanders)}")
    return "\n".join(parts)


def _realm_row(change: RealmChange) -> tuple[object, ...]:
    what: list[str] = []
    for sign, added, removed in (
        ("leaves", change.devices_added, change.devices_removed),
        ("prefixes", change.prefixes_added, change.prefixes_removed),
        ("imports", change.imports_added, change.imports_removed),
    ):
        if added or removed:
            what.append(f"{sign} {_signed('+', added)}{' ' if added and removed else ''}{_signed('-', removed)}")
    pairs = (change.endpoints, change.talking, change.paths, change.borders)
    return (change.scope, change.tenant, change.kind, *(_pair(pair, change.kind) for pair in pairs), "; ".join(what))


def _signed(sign: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    return f"{sign}{names[0]}" if len(names) == 1 else f"{sign}{len(names)}"


def _pair(pair: tuple[int, int], kind: str) -> str:
    before, after = pair
    if kind == "added" or before == after:
        return str(after)
    return str(before) if kind == "removed" else f"{before} -> {after}"


def _failure_line(change: FailureChange) -> str:
    count = len(change.failures)
    who = (
        change.failures[0]
        if count == 1
        else f"{count} failures of {with_article(change.element)} ({_names(change.failures, 2)})"
    )
    before = f" (was: {change.before})" if change.before else ""
    return f"    {_names(change.scopes, 3)}: {who}: {change.after or 'nothing any more'}{before}"


def _link_line(change: LinkChange) -> str:
    when = f" without {change.failure}" if change.failure else ""
    was = f"{100 * change.before:.0f} % -> {100 * change.after:.0f} %"
    return f"    {change.link} from {change.device}{when}: {was} of its capacity ({_names(change.tenants, 3)})"


def _session_lines(sessions: Sequence[SessionChange]) -> list[str]:
    lines: list[str] = []
    for kind, text in (
        ("flaps", "BGP sessions that flap while it is carried out"),
        ("comes", "BGP sessions that come"),
        ("goes", "BGP sessions that go"),
    ):
        found = [session for session in sessions if session.kind == kind]
        if found:
            shown = [f"{s.device} ({s.vrf}) {s.peer}: {s.why}" for s in found[:_NAMES_MAX]]
            lines.append("\n" + "\n    ".join((f"{text}: {len(found)}", *shown)) + _more(found, _NAMES_MAX))
    return lines


def _names(names: Iterable[str], names_max: int = _NAMES_MAX) -> str:
    every = list(names)
    if len(every) <= names_max:
        return ", ".join(every)
    return f"{', '.join(every[:names_max])} and {len(every) - names_max} more"


def _more(things: Sequence[object], shown: int = _ROWS_MAX) -> str:
    return f"\n    ... and {len(things) - shown} more (all of them with -o json)" if len(things) > shown else ""
