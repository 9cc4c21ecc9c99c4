"""Junos behind the one interface of all network operating systems."""

from __future__ import annotations

import functools

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.braces import braced_tree
from crossconnect.nos.junos.codes import findings
from crossconnect.nos.junos.collect import queries
from crossconnect.nos.junos.facts import FACTS
from crossconnect.nos.junos.grammar import difference, merge
from crossconnect.nos.junos.names import MAIN
from crossconnect.nos.junos.ping import command, read
from crossconnect.nos.junos.port_errors import errors_query
from crossconnect.nos.junos.render import render
from crossconnect.nos.junos.support import SUPPORT
from crossconnect.nos.lines import braced_text
from crossconnect.nos.network_os import NetworkOs, Tree
from crossconnect.nos.probing import ONE_BY_ONE_MAX, asked_one_by_one
from crossconnect.nos.reports import TOLD


def _trees(device: DeviceConfiguration) -> dict[str, Tree]:
    return {MAIN: render(device)}


def _text(file: str, tree: Tree) -> str:
    assert isinstance(tree, tuple), file
    return braced_text(tree)


def _parse(file: str, written: str) -> Tree:
    return braced_tree(written)


SYSTEM = NetworkOs(
    name="junos",
    title="Juniper Junos",
    versions="23.4 and later, QFX5000",
    trees=_trees,
    text=_text,
    parse=_parse,
    merge=merge,
    difference=difference,
    findings=findings,
    facts=FACTS,
    support=SUPPORT,
    queries=queries,
    echoes=functools.partial(asked_one_by_one, command, read=read),
    echoes_max=ONE_BY_ONE_MAX,
    errors=errors_query,
    tables=TOLD,
)
