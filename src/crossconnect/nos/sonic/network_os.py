"""SONiC behind the one interface of all network operating systems."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos import document
from crossconnect.nos.network_os import NetworkOs, Overridden, Tree
from crossconnect.nos.reports import TOLD
from crossconnect.nos.sonic.bgp import parse_routing, routing_text, routing_tree
from crossconnect.nos.sonic.codes import findings
from crossconnect.nos.sonic.collect import echoes, queries
from crossconnect.nos.sonic.difference import difference
from crossconnect.nos.sonic.facts import FACTS
from crossconnect.nos.sonic.grammar import SHAPE
from crossconnect.nos.sonic.port_errors import errors_query
from crossconnect.nos.sonic.render import CONFIG_DB, FRR, render
from crossconnect.nos.sonic.support import SUPPORT


def _trees(device: DeviceConfiguration) -> dict[str, Tree]:
    if device.routing_framework:
        return {CONFIG_DB: render(device)}
    return {CONFIG_DB: render(device), FRR: routing_tree(device)}


def _text(file: str, tree: Tree) -> str:
    if isinstance(tree, tuple):
        return routing_text(tree)
    return document.text(tree)


def _parse(file: str, written: str) -> Tree:
    if file == FRR:
        return parse_routing(written)
    tree = document.parse(written)
    if not isinstance(tree, dict) or not all(isinstance(table, dict | None) for table in tree.values()):
        raise ValueError("CONFIG_DB is a JSON object of tables")
    return tree


def _merge(tree: Tree, extra: Tree) -> tuple[Tree, tuple[Overridden, ...]]:
    assert not isinstance(tree, tuple)
    assert not isinstance(extra, tuple)
    both, overrides = document.merged(tree, extra, SHAPE)
    return both, tuple(
        Overridden(rendered=_one_line(o.path, o.replaced), extra=_one_line(o.path, o.value)) for o in overrides
    )


def _one_line(path: document.Path, value: document.Value) -> str:
    place = " / ".join(str(step) for step in path[:-1])
    words = document.text({str(path[-1]) if path else "": value}).strip().removeprefix("{").removesuffix("}").split()
    return f"{place} / {' '.join(words)}" if place else " ".join(words)


SYSTEM = NetworkOs(
    name="sonic",
    title="SONiC",
    versions="202411 and later (FRR 10)",
    trees=_trees,
    text=_text,
    parse=_parse,
    merge=_merge,
    difference=difference,
    findings=findings,
    facts=FACTS,
    support=SUPPORT,
    queries=queries,
    echoes=echoes,
    errors=errors_query,
    tables=TOLD,
)
