"""`xc cloud`: tenants' resources through the API. Commands of kinds are made from the registry."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from crossconnect.cli.cloud_connection import connection_options
from crossconnect.cli.cloud_fields import collect, one_of, options_of, read_body
from crossconnect.cli.cloud_pages import DRY_RUN, IF_MATCH, TAG_FILTER, pages
from crossconnect.cli.cloud_region import COMMANDS as BESIDE
from crossconnect.cli.cloud_text import columns_of, plan_text, sheet, table
from crossconnect.cli.output import draw, emit, output_option, say
from crossconnect.cloud.api.filters import STATES, filters_of
from crossconnect.cloud.api.words import one, plural, words
from crossconnect.cloud.client.paging import JSON, MERGE_PATCH, matching
from crossconnect.cloud.client.transport import Reply, Transport
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Kind
from crossconnect.errors import BadInput

WAIT = click.option(
    "--wait", "wait", flag_value="realised", default="", help="Wait until it is realised, or has failed."
)
INSTALLED = click.option(
    "--installed", "wait", flag_value="hypervisors", help="Wait until the hypervisors concerned have installed it, too."
)
TIMEOUT = click.option(
    "--timeout", type=click.IntRange(1, 300), default=60, show_default=True, help="Seconds to wait at most."
)
FROM_FILE = click.option(
    "-f", "--from-file", metavar="FILE", help="Body in YAML or JSON (-: standard input); options add to it."
)


class _Cloud(click.Group):
    """Kinds, and what is beside them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """First the kinds."""
        return [*(name.replace("_", "-") for name in KINDS), *BESIDE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Made when asked for."""
        if cmd_name in BESIDE:
            return BESIDE[cmd_name]
        kind = KINDS.get(cmd_name.replace("-", "_"))
        return _kind_group(kind) if kind is not None and "_" not in cmd_name else None


@click.group("cloud", cls=_Cloud)
def command() -> None:
    """Work with VPCs, subnets, security groups and the rest through the API of a region ('xc serve').

    The key is in XC_CLOUD_KEY, or in a profile of ~/.config/crossconnect/cloud.yaml.
    """


def _kind_group(kind: Kind) -> click.Group:
    words = kind.name.replace("_", "-")
    group = click.Group(words, help=_first_line(kind.resource))
    for made in (_list(kind), _show(kind), _create(kind), _update(kind), _delete(kind), _uses(kind)):
        group.add_command(made)
    return group


def _first_line(record: type[Any]) -> str:
    return " ".join((record.__doc__ or "").split("\n\n")[0].split())


def _list(kind: Kind) -> click.Command:
    @click.command("list", help=f"List {plural(kind)}.")
    @click.option("--state", multiple=True, type=click.Choice(STATES), help="Only those in this state; repeatable.")
    @TAG_FILTER
    @click.option("--limit", type=click.IntRange(1), help="Stop after that many.")
    @output_option
    @connection_options
    def list_command(transport: Transport, limit: int | None, output: str, **given: Any) -> int:
        items, more_follow = pages(transport, f"/v1/{kind.path}", given, limit)
        emit(items, output, lambda: table(items, columns_of(kind)))
        if output == "table":
            more = "; more follow" if more_follow else ""
            say(f"{len(items)} {words(kind) if len(items) == 1 else plural(kind)}{more}")
        return 0

    for name in reversed(filters_of(kind)):
        single = one_of(kind.resource, name)
        flags = [f"--{spelt.replace('_', '-')}" for spelt in dict.fromkeys((single, name))]
        text = f"Only those with this {single.replace('_', ' ')}; repeatable."
        list_command.params.insert(0, click.Option([*flags, name], multiple=True, metavar="TEXT", help=text))
    return list_command


def _show(kind: Kind) -> click.Command:
    @click.command("show", help=f"Show {one(kind)}.")
    @click.argument("id")
    @output_option
    @connection_options
    def show_command(transport: Transport, id: str, output: str) -> int:
        return _print(transport.send("GET", _path(kind, id)), output)

    return show_command


def _create(kind: Kind) -> click.Command:
    @click.command("create", help=f"Create {one(kind)}.")
    @FROM_FILE
    @WAIT
    @INSTALLED
    @TIMEOUT
    @DRY_RUN
    @click.option("--idempotency-key", default="", help="Of your own: the same key again makes nothing new.")
    @output_option
    @connection_options
    def create_command(
        transport: Transport,
        from_file: str | None,
        wait: str,
        timeout: int,
        dry_run: bool,
        idempotency_key: str,
        output: str,
        **given: Any,
    ) -> int:
        body = {**(read_body(from_file) if from_file else {}), **collect(kind.body, given)}
        headers = {**JSON, **({"idempotency-key": idempotency_key} if idempotency_key else {})}
        query = _query("available", wait, timeout, dry_run)
        got = transport.send("POST", f"/v1/{kind.path}", query, msgspec.json.encode(body), headers)
        return _done(kind, got, output, "created", wait, dry_run)

    create_command.params = [*options_of(kind.body, kind.resource), *create_command.params]
    return create_command


def _update(kind: Kind) -> click.Command:
    @click.command("update", help=f"Change {one(kind)}. What is not named stays.")
    @click.argument("id")
    @click.option("--untag", multiple=True, metavar="KEY", help="Remove a tag; repeatable.")
    @click.option("--unset", multiple=True, metavar="FIELD", help="Give a field back its default; repeatable.")
    @FROM_FILE
    @IF_MATCH
    @WAIT
    @INSTALLED
    @TIMEOUT
    @DRY_RUN
    @output_option
    @connection_options
    def update_command(
        transport: Transport,
        id: str,
        untag: tuple[str, ...],
        unset: tuple[str, ...],
        from_file: str | None,
        if_match: int | None,
        wait: str,
        timeout: int,
        dry_run: bool,
        output: str,
        **given: Any,
    ) -> int:
        patch = {**(read_body(from_file) if from_file else {}), **collect(kind.patch, given)}
        if untag:
            patch["tags"] = {**patch.get("tags", {}), **dict.fromkeys(untag)}
        patch |= dict.fromkeys(name.replace("-", "_") for name in unset)
        if not patch:
            raise BadInput("nothing to change: give an option, or --from-file")
        query = _query("available", wait, timeout, dry_run)
        headers = {**MERGE_PATCH, **matching(if_match)}
        got = transport.send("PATCH", _path(kind, id), query, msgspec.json.encode(patch), headers)
        return _done(kind, got, output, "changed", wait, dry_run)

    update_command.params = [*options_of(kind.patch, kind.resource), *update_command.params]
    return update_command


def _delete(kind: Kind) -> click.Command:
    @click.command("delete", help=f"Delete {plural(kind)}, one after the other.")
    @click.argument("ids", nargs=-1, required=True, metavar="ID...")
    @IF_MATCH
    @WAIT
    @INSTALLED
    @TIMEOUT
    @DRY_RUN
    @output_option
    @connection_options
    def delete_command(
        transport: Transport,
        ids: tuple[str, ...],
        if_match: int | None,
        wait: str,
        timeout: int,
        dry_run: bool,
        output: str,
    ) -> int:
        for id in ids:
            query = _query("deleted", wait, timeout, dry_run)
            got = transport.send("DELETE", _path(kind, id), query, headers=matching(if_match))
            if dry_run:
                plan = got.json()
                emit(plan, output, lambda plan=plan: plan_text(plan))
            else:
                missing = "OVN has not heard of it yet" if got.status == 202 else _not_installed(got)
                say(f"{words(kind)} {id} deleted{f'; {missing}' if missing else ''}")
        return 0

    return delete_command


def _uses(kind: Kind) -> click.Command:
    @click.command("uses", help=f"What stands in the way of deleting {one(kind)}.")
    @click.argument("id")
    @output_option
    @connection_options
    def uses_command(transport: Transport, id: str, output: str) -> int:
        items = transport.send("GET", f"{_path(kind, id)}/uses").json()["items"]
        rows = [[use["kind"].replace("_", "-"), use["id"] or "(of another project)", use["field"]] for use in items]
        emit(items, output, lambda: draw(["kind", "id", "field"], rows))
        if output == "table" and not items:
            say("nothing uses it")
        return 0

    return uses_command


def _path(kind: Kind, id: str) -> str:
    if not id.replace("-", "").isalnum() or not id.isascii():
        raise BadInput(f"{id!r} is no id of {one(kind)}, as in {kind.prefix}-0123456789abcdef0")
    return f"/v1/{kind.path}/{id}"


def _query(realised: str, wait: str, timeout: int, dry_run: bool) -> dict[str, str | int | bool]:
    if dry_run:
        return {"dry_run": True}
    until = realised if wait == "realised" else wait
    return {"wait": until, "timeout": timeout} if until else {}


def _print(got: Reply, output: str) -> int:
    item = got.json()
    emit(item, output, lambda: sheet(item))
    return 0


def _done(kind: Kind, got: Reply, output: str, what: str, wait: str, dry_run: bool) -> int:
    if dry_run:
        plan = got.json()
        emit(plan, output, lambda: plan_text(plan))
        return 0
    _print(got, output)
    item = got.json()
    if wait and item["state"] == "failed":
        say(f"{words(kind)} {item['id']} has failed: {item['state_reason']}")
        return 1
    if wait and item["state"] != "available":
        say(f"{words(kind)} {item['id']} is still {item['state']}")
        return 1
    if missing := _not_installed(got):
        say(f"{words(kind)} {item['id']} {what} and available, but {missing}")
        return 1
    until = {"": "", "realised": " and available", "hypervisors": " and installed"}[wait]
    say(f"{words(kind)} {item['id']} {what}{until}")
    return 0


def _not_installed(got: Reply) -> str:
    """Where it is not installed; empty where it is, or was not asked for."""
    count = got.headers.get("not-installed", "")
    if not count:
        return ""
    if not count.isdigit():
        return "it is not known where it is installed"
    names = got.headers.get("not-installed-at", "")
    hosts = "hypervisor" if count == "1" else "hypervisors"
    return f"not installed at {count} {hosts}{f': {names}' if names else ''}"
