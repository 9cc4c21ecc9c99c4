"""Lists of `xc cloud`, page by page; and options that several of its commands have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from crossconnect.cloud.client.transport import Transport
from crossconnect.errors import BadInput

PAGE = 1000
IF_MATCH = click.option("--if-match", type=int, metavar="REVISION", help="Only if that is still its revision.")
DRY_RUN = click.option(
    "--dry-run", is_flag=True, help="Do nothing; say what would be done and what that does to traffic."
)
TAGS = click.option("--tag", multiple=True, metavar="KEY=VALUE", help="A tag; repeatable.")
UNTAG = click.option("--untag", multiple=True, metavar="KEY", help="Remove a tag; repeatable.")
TAG_FILTER = click.option("--tag", multiple=True, metavar="KEY[=VALUE]", help="Only those with this tag; repeatable.")


def filter_options(function: Callable[..., int]) -> Callable[..., int]:
    """By what projects and keys are filtered."""
    for option in (
        TAG_FILTER,
        click.option("--name", multiple=True, metavar="TEXT", help="Only those with this name; repeatable."),
        click.option("--id", multiple=True, metavar="TEXT", help="Only those with this id; repeatable."),
    ):
        function = option(function)
    return function


def pages(
    transport: Transport, path: str, given: Mapping[str, Any], limit: int | None = None
) -> tuple[list[dict[str, Any]], bool]:
    """(All that a list has, or the first `limit` of it; whether more follow). `given`: filters with their values."""
    query: dict[str, Any] = {name: list(values) for name, values in given.items() if values}
    items: list[dict[str, Any]] = []
    marker = ""
    while limit is None or len(items) < limit:
        query["limit"] = PAGE if limit is None else min(PAGE, limit - len(items))
        page = transport.send("GET", path, query | ({"marker": marker} if marker else {})).json()
        items += page["items"]
        marker = page["next"]
        if not marker:
            break
    return items, bool(marker)


def segment(id: str) -> str:
    """An id as one step of a path."""
    if not id.replace("-", "").isalnum() or not id.isascii():
        raise BadInput(f"{id!r} is no id")
    return id


def tags_of(texts: tuple[str, ...]) -> dict[str, str]:
    """Tags as options gave them."""
    found: dict[str, str] = {}
    for text in texts:
        key, given, value = text.partition("=")
        if not given or not key:
            raise BadInput(f"--tag is key=value, not {text!r}")
        found[key] = value
    return found
