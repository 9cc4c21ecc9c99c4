"""`xc cloud keys`: API keys."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from crossconnect.cli import cloud_planning
from crossconnect.cli.cloud_connection import connection_options
from crossconnect.cli.cloud_pages import DRY_RUN, IF_MATCH, TAGS, UNTAG, filter_options, pages, segment, tags_of
from crossconnect.cli.output import draw, emit, output_option, say
from crossconnect.cloud.api.principal import PROJECT_ROLES, REGION_ROLES
from crossconnect.cloud.client.paging import matching
from crossconnect.cloud.client.transport import Transport
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Refused
from crossconnect.errors import BadInput, Rejected

_PATH = "/v1/api-keys"
_COLUMNS = ("id", "name", "hint", "roles", "created_at", "expires_at", "revoked_at")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@click.group("keys")
def keys() -> None:
    """API keys: make, list, name, revoke."""


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
@TAGS
@DRY_RUN
@output_option
@connection_options
def create_key(
    transport: Transport,
    name: str,
    roles: tuple[str, ...],
    expires_in: str,
    tag: tuple[str, ...],
    dry_run: bool,
    output: str,
) -> int:
    """Make a key for the project. It is shown now and never again."""
    body = {"name": name, "roles": list(roles), "expires_at": _expiry(expires_in), "tags": tags_of(tag)}
    made = cloud_planning.post(transport, _PATH, body, dry_run, output)
    if made is None:
        return 0
    if not made["key"]:
        raise Rejected(f"the answer with the new key was lost: revoke {made['id']}, and make another")
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
    from crossconnect.cloud.api.records import ApiKey, NewApiKey
    from crossconnect.cloud.service import Caller, Key, Service, Settings

    file = api_file(root)

    async def make() -> NewApiKey:
        service = await Service.open(database_of(root, file, database), KINDS, Settings(zones=()))
        try:
            caller = Caller(principal="xc cloud keys first", project_id="", roles=("operator",), admin=True)
            wanted = Key(id="", project_id="", name=name, roles=("operator",), admin=True, created_at="")
            done, text = await service.create_key(caller, wanted)
            fields = {field: getattr(done.record, field) for field in ApiKey.__struct_fields__}
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
@filter_options
@output_option
@connection_options
def list_keys(transport: Transport, output: str, **given: Any) -> int:
    """List the project's keys, without their secrets."""
    items, _ = pages(transport, _PATH, given)
    rows = [[item[c] for c in _COLUMNS] for item in items]
    emit(items, output, lambda: draw([c.replace("_", " ") for c in _COLUMNS], rows))
    return 0


@keys.command("update")
@click.argument("id")
@click.option("--name", help="For people.")
@TAGS
@UNTAG
@IF_MATCH
@DRY_RUN
@output_option
@connection_options
def update_key(
    transport: Transport,
    id: str,
    name: str | None,
    tag: tuple[str, ...],
    untag: tuple[str, ...],
    if_match: int | None,
    dry_run: bool,
    output: str,
) -> int:
    """Change a key's name or tags. What it may do stays."""
    patch: dict[str, Any] = {} if name is None else {"name": name}
    if tag or untag:
        patch["tags"] = {**tags_of(tag), **dict.fromkeys(untag)}
    if not patch:
        raise BadInput("nothing to change: give an option")
    path, said = f"{_PATH}/{segment(id)}", f"key {id} changed"
    return cloud_planning.patch(transport, path, patch, matching(if_match), said, dry_run=dry_run, output=output)


@keys.command("revoke")
@click.argument("id")
@DRY_RUN
@output_option
@connection_options
def revoke_key(transport: Transport, id: str, dry_run: bool, output: str) -> int:
    """Make a key unusable at once."""
    path, said = f"{_PATH}/{segment(id)}", f"key {id} revoked"
    return cloud_planning.delete(transport, path, {}, said, dry_run=dry_run, output=output)
