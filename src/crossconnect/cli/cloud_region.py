"""`xc cloud audit|changes|whoami|...`: what is beside the kinds."""

from __future__ import annotations

import time

import click

from crossconnect.cli.cloud_connection import connection_options
from crossconnect.cli.cloud_keys import keys
from crossconnect.cli.cloud_projects import projects
from crossconnect.cli.cloud_reachability import command as reachability
from crossconnect.cli.cloud_text import sheet
from crossconnect.cli.output import draw, emit, output_option, say
from crossconnect.cloud.api.words import words
from crossconnect.cloud.client.transport import Transport
from crossconnect.cloud.registry import KINDS
from crossconnect.errors import Unreachable


@click.command("whoami")
@output_option
@connection_options
def whoami(transport: Transport, output: str) -> int:
    """Who the API takes the key for."""
    item = transport.send("GET", "/v1/caller").json()
    emit(item, output, lambda: sheet(item))
    return 0


_AUDIT_COLUMNS = ("number", "at", "principal", "action", "kind", "resource_id", "status", "code", "decision", "source")


@click.command("audit")
@click.option("--after", type=click.IntRange(0), default=0, help="Only records with a higher number.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many at most.")
@output_option
@connection_options
def audit(transport: Transport, after: int, limit: int, output: str) -> int:
    """Print the audit record: every call, allowed or not."""
    items = transport.send("GET", "/v1/audit", {"after": after, "limit": limit}).json()["items"]
    rows = [[_kind(item[c]) if c == "kind" else item[c] for c in _AUDIT_COLUMNS] for item in items]
    emit(items, output, lambda: draw([c.replace("_", " ") for c in _AUDIT_COLUMNS], rows))
    if output == "table" and len(items) == limit:
        say(f"next: xc cloud audit --after {items[-1]['number']}")
    return 0


@click.command("changes")
@click.option("--after", type=click.IntRange(0), default=0, help="Only changes with a higher number.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many at most.")
@click.option("--follow", is_flag=True, help="Go on printing changes as they come, one JSON object a line.")
@click.option(
    "--states", is_flag=True, help="With --follow: also print which resources have become available, or have failed."
)
@output_option
@connection_options
def changes(transport: Transport, after: int, limit: int, follow: bool, states: bool, output: str) -> int:
    """Print what has changed, in its order."""
    if follow:
        return _follow(transport, after, states)
    items = transport.send("GET", "/v1/changes", {"after": after, "limit": limit}).json()["items"]
    rows = [[c["number"], c["at"], x["action"], _kind(x["kind"]), x["id"]] for c in items for x in c["changes"]]
    emit(items, output, lambda: draw(["number", "at", "action", "kind", "id"], rows))
    return 0


def _kind(name: str) -> str:
    return words(KINDS[name]) if name in KINDS else name.replace("_", " ")


def _follow(transport: Transport, after: int, states: bool) -> int:
    """Until interrupted. A connection that ends is made again, from where it ended."""
    last, failures = str(after), 0
    while True:
        try:
            for event in transport.events("/v1/changes", {"after": after}, last):
                last, failures = event.id or last, 0
                if event.name == "change" or (states and event.name == "state"):
                    print(event.data, flush=True)
        except Unreachable:
            failures += 1
            if failures > 5:
                raise
            say(f"connection lost after change {last}; trying again")
            time.sleep(min(2**failures, 30))


COMMANDS: dict[str, click.Command] = {
    "keys": keys,
    "projects": projects,
    "audit": audit,
    "changes": changes,
    "whoami": whoami,
    "reachability": reachability,
}
"""By name."""
