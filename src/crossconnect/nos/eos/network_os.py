"""EOS behind the one interface of all network operating systems."""

from __future__ import annotations

import functools

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.eos.codes import findings
from crossconnect.nos.eos.collect import errors_query, queries
from crossconnect.nos.eos.facts import FACTS
from crossconnect.nos.eos.grammar import difference, merge
from crossconnect.nos.eos.names import MAIN
from crossconnect.nos.eos.render import render
from crossconnect.nos.eos.support import SUPPORT
from crossconnect.nos.lines import Tree as Lines
from crossconnect.nos.lines import entry, indented_text, indented_tree
from crossconnect.nos.network_os import Echo, NetworkOs, Tree
from crossconnect.nos.probing import ONE_BY_ONE_COUNT, ONE_BY_ONE_MAX, asked_one_by_one
from crossconnect.nos.reports import TOLD

_VERBATIM = {"banner login": "EOF", "banner motd": "EOF", "code unit": "EOF"}
"""Headers of text that is no configuration, and the line that ends it."""
_SCRIPT = "action bash"
"""Of an event handler: with words behind it one line, without the header of a script, in which `exit` is its own."""


def _trees(device: DeviceConfiguration) -> dict[str, Tree]:
    return {MAIN: render(device)}


def _text(file: str, tree: Tree) -> str:
    assert isinstance(tree, tuple), file
    return indented_text(tree, separator="!")


def _parse(file: str, written: str) -> Tree:
    return _without_exits(indented_tree(written, verbatim=_VERBATIM))


def _without_exits(tree: Lines) -> Lines:
    """Without `exit` and `end`, which say where the tree ends and are in it themselves nothing. EOS shows them in some
    modes (`router general`); kept, they would leave the mode in the middle when lines are merged behind them."""
    return tuple(
        item
        if isinstance(item, str) or item.exit != "exit" or item.header == _SCRIPT
        else entry(item.header, _without_exits(item.body))
        for item in tree
        if item not in ("exit", "end")
    )


def ping(echo: Echo) -> str:
    """As a command; its answer is text."""
    vrf = "" if echo.vrf == "default" else f"vrf {echo.vrf} "
    return f"ping {vrf}{echo.destination} timeout 1 repeat {ONE_BY_ONE_COUNT} source {echo.source}"


SYSTEM = NetworkOs(
    name="eos",
    title="Arista EOS",
    versions="4.30 and later",
    trees=_trees,
    text=_text,
    parse=_parse,
    merge=merge,
    difference=difference,
    findings=findings,
    facts=FACTS,
    support=SUPPORT,
    queries=queries,
    echoes=functools.partial(asked_one_by_one, ping),
    echoes_max=ONE_BY_ONE_MAX,
    errors=errors_query,
    tables=TOLD,
)
