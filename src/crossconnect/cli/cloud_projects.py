"""`xc cloud projects`: projects and their quotas."""

from __future__ import annotations

from typing import Any

import click

from crossconnect.cli import cloud_planning
from crossconnect.cli.cloud_connection import connection_options
from crossconnect.cli.cloud_pages import DRY_RUN, IF_MATCH, TAGS, UNTAG, filter_options, pages, segment, tags_of
from crossconnect.cli.output import draw, emit, output_option, say
from crossconnect.cloud.client.paging import matching
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
@DRY_RUN
@output_option
@connection_options
def create_project(
    transport: Transport,
    id: str,
    name: str,
    description: str,
    tag: tuple[str, ...],
    quotas: tuple[str, ...],
    dry_run: bool,
    output: str,
) -> int:
    """Make a project."""
    wish = {"id": id, "name": name, "description": description, "tags": tags_of(tag), "quotas": _quotas(quotas)}
    made = cloud_planning.post(transport, _PATH, wish, dry_run, output)
    if made is not None:
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
    item = transport.send("GET", _path(id)).json()
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
@DRY_RUN
@output_option
@connection_options
def update_project(
    transport: Transport,
    id: str,
    tag: tuple[str, ...],
    untag: tuple[str, ...],
    if_match: int | None,
    dry_run: bool,
    output: str,
    **given: str | None,
) -> int:
    """Change a project's name, description or tags."""
    patch: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if tag or untag:
        patch["tags"] = {**tags_of(tag), **dict.fromkeys(untag)}
    if not patch:
        raise BadInput("nothing to change: give an option")
    said, conditions = f"project {id} changed", matching(if_match)
    return cloud_planning.patch(transport, _path(id), patch, conditions, said, dry_run=dry_run, output=output)


@projects.command("quota")
@click.argument("id")
@click.argument("quotas", nargs=-1, required=True, metavar="KIND=N...")
@DRY_RUN
@output_option
@connection_options
def set_quotas(transport: Transport, id: str, quotas: tuple[str, ...], dry_run: bool, output: str) -> int:
    """Change quotas of a project; those that are not named stay."""
    patch, said = {"quotas": _quotas(quotas)}, f"quotas of project {id} changed"
    return cloud_planning.patch(transport, _path(id), patch, {}, said, dry_run=dry_run, output=output)


@projects.command("delete")
@click.argument("id")
@IF_MATCH
@DRY_RUN
@output_option
@connection_options
def delete_project(transport: Transport, id: str, if_match: int | None, dry_run: bool, output: str) -> int:
    """Delete a project in which nothing is any more, and its keys with it. Its id is given to no other."""
    said = f"project {id} deleted, and its keys with it"
    return cloud_planning.delete(transport, _path(id), matching(if_match), said, dry_run=dry_run, output=output)


def _path(id: str) -> str:
    return f"{_PATH}/{segment(id)}"


def _quotas(texts: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for text in texts:
        kind, _, number = text.partition("=")
        if not kind or not number.isdigit():
            raise BadInput(f"a quota is KIND=N, as in vpc=20; not {text!r}")
        found[kind.replace("-", "_")] = int(number)
    return found
