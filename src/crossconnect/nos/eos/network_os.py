"""EOS behind the one interface of all network operating systems."""

from __future__ import annotations

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
from crossconnect.nos.network_os import NetworkOs, Tree
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
    errors=errors_query,
    tables=TOLD,
)
