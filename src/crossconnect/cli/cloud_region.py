"""`xc cloud keys|projects|audit|changes|whoami|reachability`: what is beside the kinds."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from crossconnect.cli.cloud_connection import connection_options
from crossconnect.cli.cloud_reachability import command as reachability
from crossconnect.cli.cloud_text import sheet
from crossconnect.cli.output import draw, emit, output_option, say
from crossconnect.cloud.api.principal import PROJECT_ROLES, REGION_ROLES
from crossconnect.cloud.api.words import words
from crossconnect.cloud.client.client import JSON, MERGE_PATCH
from crossconnect.cloud.client.transport import Transport
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Refused
from crossconnect.errors import BadInput, Rejected, Unreachable

_KEY_COLUMNS = ("id", "name", "hint", "roles", "created_at", "expires_at", "revoked_at")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@click.group("keys")
def keys() -> None:
    """API keys: make, list, revoke."""


@keys.command("create")
@click.option("--name", required=True, help="For people: who or what uses it.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    default=("member",),
    show_default="member",
    type=click.Choice([*PROJECT_ROLES, *REGION_ROLES]),
    help="What it may do; repeatable. operator and auditor are for keys of the region, which belong to no project.",
)
@click.option(
    "--expires-in", default="", metavar="90d", help="Hours, days or weeks until it expires.  [default: never]"
)
@output_option
@connection_options
def create_key(transport: Transport, name: str, roles: tuple[str, ...], expires_in: str, output: str) -> int:
    """Make a key for the project. It is shown now and never again."""
    body = {"name": name, "roles": list(roles), "expires_at": _expiry(expires_in)}
    made = transport.send("POST", "/v1/api-keys", body=msgspec.json.encode(body), headers=JSON).json()
    return _show_key(made, output)


@keys.command("first")
@click.option(
    "-C",
    "--region",
    "root",
    type=click.Path(path_type=Path),
    default=Path("."),
    envvar="XC_REGION",
    help="Directory of the region.  [default: this directory]",
)
@click.option("--database", default="", help="As of 'xc serve'.")
@click.option("--name", default="first operator", show_default=True, help="For people.")
@output_option
def first_key(root: Path, database: str, name: str, output: str) -> int:
    """Make an operator's key in the database itself, on the machine that has it: the one with which all others are
    made."""
    from crossconnect.cli.commands.serve import api_file, database_of
    from crossconnect.cloud.api.region import ApiKey, NewApiKey
    from crossconnect.cloud.service import Caller, Key, Service, Settings

    file = api_file(root)

    async def make() -> NewApiKey:
        service = await Service.open(database_of(root, file, database), KINDS, Settings(zones=()))
        try:
            caller = Caller(principal="xc cloud keys first", project_id="", roles=("operator",), admin=True)
            wanted = Key(id="", project_id="", name=name, roles=("operator",), admin=True, created_at="")
            made, text = await service.create_key(caller, wanted)
            fields = {field: getattr(made, field) for field in ApiKey.__struct_fields__}
            return NewApiKey(**fields, key=text)
        finally:
            await service.close()

    try:
        return _show_key(msgspec.to_builtins(asyncio.run(make())), output)
    except Refused as error:
        raise Rejected(str(error)) from error


def _show_key(made: dict[str, Any], output: str) -> int:
    """The key alone on stdout, so that a script can take it; the rest on stderr."""
    emit(made, output, lambda: made["key"])
    if output == "table":
        whose = f"project {made['project_id']}" if made["project_id"] else "the region"
        until = f", expires {made['expires_at']}" if made["expires_at"] else ""
        say(f"key {made['id']} of {whose}, {', '.join(made['roles'])}{until}; shown now and never again")
    return 0


def _expiry(text: str) -> str:
    if not text:
        return ""
    found = re.fullmatch(r"([1-9][0-9]{0,4})([hdw])", text, re.ASCII)
    if not found:
        raise BadInput(f"--expires-in is hours, days or weeks as in 12h, 90d, 4w; not {text!r}")
    span = timedelta(**{_UNITS[found[2]]: int(found[1])})
    return (datetime.now(UTC) + span).isoformat(timespec="seconds").replace("+00:00", "Z")


@keys.command("list")
@output_option
@connection_options
def list_keys(transport: Transport, output: str) -> int:
    """List the project's keys, without their secrets."""
    items = transport.send("GET", "/v1/api-keys").json()["items"]
    rows = [[item[c] for c in _KEY_COLUMNS] for item in items]
    emit(items, output, lambda: draw([c.replace("_", " ") for c in _KEY_COLUMNS], rows))
    return 0


@keys.command("revoke")
@click.argument("id")
@connection_options
def revoke_key(transport: Transport, id: str) -> int:
    """Make a key unusable at once."""
    transport.send("DELETE", f"/v1/api-keys/{_segment(id)}")
    say(f"key {id} revoked")
    return 0


@click.group("projects")
def projects() -> None:
    """Projects and their quotas; for operators."""


@projects.command("create")
@click.argument("id")
@click.option("--quota", "quotas", multiple=True, metavar="KIND=N", help="Of a kind; repeatable.")
@output_option
@connection_options
def create_project(transport: Transport, id: str, quotas: tuple[str, ...], output: str) -> int:
    """Make a project."""
    body = msgspec.json.encode({"id": id, "quotas": _quotas(quotas)})
    made = transport.send("POST", "/v1/projects", body=body, headers=JSON).json()
    emit(made, output, lambda: "")
    say(f"project {id} created; next: xc cloud keys create --project {id} --name admin --role admin")
    return 0


@projects.command("list")
@output_option
@connection_options
def list_projects(transport: Transport, output: str) -> int:
    """List all projects."""
    items = transport.send("GET", "/v1/projects").json()["items"]
    emit(items, output, lambda: draw(["id"], [[item["id"]] for item in items]))
    return 0


@projects.command("show")
@click.argument("id")
@output_option
@connection_options
def show_project(transport: Transport, id: str, output: str) -> int:
    """Show a project's quotas and what it uses of them."""
    item = transport.send("GET", f"/v1/projects/{_segment(id)}").json()
    rows = [[kind.replace("_", " "), q["used"], q["limit"]] for kind, q in item["quotas"].items()]
    emit(item, output, lambda: draw(["kind", "used", "quota"], rows))
    return 0


@projects.command("quota")
@click.argument("id")
@click.argument("quotas", nargs=-1, required=True, metavar="KIND=N...")
@output_option
@connection_options
def set_quotas(transport: Transport, id: str, quotas: tuple[str, ...], output: str) -> int:
    """Change quotas of a project; those that are not named stay."""
    body = msgspec.json.encode({"quotas": _quotas(quotas)})
    item = transport.send("PATCH", f"/v1/projects/{_segment(id)}", body=body, headers=MERGE_PATCH).json()
    emit(item, output, lambda: "")
    say(f"quotas of project {id} changed")
    return 0


def _quotas(texts: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for text in texts:
        kind, _, number = text.partition("=")
        if not kind or not number.isdigit():
            raise BadInput(f"a quota is KIND=N, as in vpc=20; not {text!r}")
        found[kind.replace("-", "_")] = int(number)
    return found


def _segment(id: str) -> str:
    if not id.replace("-", "").isalnum() or not id.isascii():
        raise BadInput(f"{id!r} is no id")
    return id


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
@output_option
@connection_options
def changes(transport: Transport, after: int, limit: int, follow: bool, output: str) -> int:
    """Print what has changed, in its order."""
    if follow:
        return _follow(transport, after)
    items = transport.send("GET", "/v1/changes", {"after": after, "limit": limit}).json()["items"]
    rows = [[c["number"], c["at"], x["action"], _kind(x["kind"]), x["id"]] for c in items for x in c["changes"]]
    emit(items, output, lambda: draw(["number", "at", "action", "kind", "id"], rows))
    return 0


def _kind(name: str) -> str:
    return words(KINDS[name]) if name in KINDS else name.replace("_", " ")


def _follow(transport: Transport, after: int) -> int:
    """Until interrupted. A connection that ends is made again, from where it ended."""
    last, failures = str(after), 0
    while True:
        try:
            for id, data in transport.events("/v1/changes", {"after": after}, last):
                last, failures = id, 0
                if data:
                    print(data, flush=True)
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
