"""NX-OS behind the one interface of all network operating systems."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.lines import indented_text, indented_tree
from crossconnect.nos.network_os import NetworkOs, Tree
from crossconnect.nos.nxos.codes import findings
from crossconnect.nos.nxos.collect import queries
from crossconnect.nos.nxos.difference import difference, merge
from crossconnect.nos.nxos.facts import FACTS
from crossconnect.nos.nxos.names import MAIN
from crossconnect.nos.nxos.render import render
from crossconnect.nos.nxos.support import SUPPORT
from crossconnect.nos.reports import TOLD


def _trees(device: DeviceConfiguration) -> dict[str, Tree]:
    return {MAIN: render(device)}


def _text(file: str, tree: Tree) -> str:
    assert isinstance(tree, tuple), file
    return indented_text(tree, "  ")


def _parse(file: str, written: str) -> Tree:
    return indented_tree(written)


SYSTEM = NetworkOs(
    name="nxos",
    title="Cisco NX-OS",
    versions="10.3 and later, Nexus 9000",
    trees=_trees,
    text=_text,
    parse=_parse,
    merge=merge,
    difference=difference,
    findings=findings,
    facts=FACTS,
    support=SUPPORT,
    queries=queries,
    tables=TOLD,
)
