"""`xc cloud projects`: projects and their quotas."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from crossconnect.cli.cloud_connection import connection_options
from crossconnect.cli.cloud_pages import IF_MATCH, TAGS, UNTAG, filter_options, pages, segment, tags_of
from crossconnect.cli.output import draw, emit, output_option, say
from crossconnect.cloud.client.paging import JSON, MERGE_PATCH, matching
from crossconnect.cloud.client.transport import Transport
from crossconnect.errors import BadInput

_PATH = "/v1/projects"
_COLUMNS = ("id", "name", "description", "tags", "created_at")


@click.group("projects")
def projects() -> None:
    """Projects and their quotas; for operators."""


@projects.command("create")
@click.argument("id")
@click.option("--name", default="", help="Name, for people.")
@click.option("--description", default="", help="Description, for people.")
@TAGS
@click.option("--quota", "quotas", multiple=True, metavar="KIND=N", help="Of a kind; repeatable.")
@output_option
@connection_options
def create_project(
    transport: Transport,
    id: str,
    name: str,
    description: str,
    tag: tuple[str, ...],
    quotas: tuple[str, ...],
    output: str,
) -> int:
    """Make a project."""
    wish = {"id": id, "name": name, "description": description, "tags": tags_of(tag), "quotas": _quotas(quotas)}
    made = transport.send("POST", _PATH, body=msgspec.json.encode(wish), headers=JSON).json()
    emit(made, output, lambda: "")
    say(f"project {id} created; next: xc cloud keys create --project {id} --name admin --role admin")
    return 0


@projects.command("list")
@filter_options
@output_option
@connection_options
def list_projects(transport: Transport, output: str, **given: Any) -> int:
    """List projects."""
    items, _ = pages(transport, _PATH, given)
    rows = [[_cell(item[c]) for c in _COLUMNS] for item in items]
    emit(items, output, lambda: draw([c.replace("_", " ") for c in _COLUMNS], rows))
    return 0


def _cell(value: Any) -> Any:
    return " ".join(f"{key}={text}" for key, text in value.items()) if isinstance(value, dict) else value


@projects.command("show")
@click.argument("id")
@output_option
@connection_options
def show_project(transport: Transport, id: str, output: str) -> int:
    """Show a project's quotas and what it uses of them."""
    item = transport.send("GET", f"{_PATH}/{segment(id)}").json()
    rows = [[kind.replace("_", " "), q["used"], q["limit"]] for kind, q in item["quotas"].items()]
    emit(item, output, lambda: draw(["kind", "used", "quota"], rows))
    return 0


@projects.command("update")
@click.argument("id")
@click.option("--name", help="Name, for people.")
@click.option("--description", help="Description, for people.")
@TAGS
@UNTAG
@IF_MATCH
@output_option
@connection_options
def update_project(
    transport: Transport,
    id: str,
    tag: tuple[str, ...],
    untag: tuple[str, ...],
    if_match: int | None,
    output: str,
    **given: str | None,
) -> int:
    """Change a project's name, description or tags."""
    patch: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if tag or untag:
        patch["tags"] = {**tags_of(tag), **dict.fromkeys(untag)}
    if not patch:
        raise BadInput("nothing to change: give an option")
    return _patch(transport, id, patch, matching(if_match), output, f"project {id} changed")


@projects.command("quota")
@click.argument("id")
@click.argument("quotas", nargs=-1, required=True, metavar="KIND=N...")
@output_option
@connection_options
def set_quotas(transport: Transport, id: str, quotas: tuple[str, ...], output: str) -> int:
    """Change quotas of a project; those that are not named stay."""
    return _patch(transport, id, {"quotas": _quotas(quotas)}, {}, output, f"quotas of project {id} changed")


@projects.command("delete")
@click.argument("id")
@IF_MATCH
@connection_options
def delete_project(transport: Transport, id: str, if_match: int | None) -> int:
    """Delete a project in which nothing is any more, and its keys with it. Its id is given to no other."""
    transport.send("DELETE", f"{_PATH}/{segment(id)}", headers=matching(if_match))
    say(f"project {id} deleted, and its keys with it")
    return 0


def _patch(
    transport: Transport, id: str, patch: dict[str, Any], conditions: dict[str, str], output: str, said: str
) -> int:
    headers = {**MERGE_PATCH, **conditions}
    item = transport.send("PATCH", f"{_PATH}/{segment(id)}", None, msgspec.json.encode(patch), headers).json()
    emit(item, output, lambda: "")
    say(said)
    return 0


def _quotas(texts: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for text in texts:
        kind, _, number = text.partition("=")
        if not kind or not number.isdigit():
            raise BadInput(f"a quota is KIND=N, as in vpc=20; not {text!r}")
        found[kind.replace("-", "_")] = int(number)
    return found
