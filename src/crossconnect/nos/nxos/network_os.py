"""NX-OS behind the one interface of all network operating systems."""

from __future__ import annotations

import functools

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.lines import indented_text, indented_tree
from crossconnect.nos.network_os import Echo, NetworkOs, Tree
from crossconnect.nos.nxos.codes import findings
from crossconnect.nos.nxos.collect import queries
from crossconnect.nos.nxos.difference import difference, merge
from crossconnect.nos.nxos.facts import FACTS
from crossconnect.nos.nxos.names import MAIN
from crossconnect.nos.nxos.port_errors import errors_query
from crossconnect.nos.nxos.render import render
from crossconnect.nos.nxos.support import SUPPORT
from crossconnect.nos.probing import ONE_BY_ONE_COUNT, ONE_BY_ONE_MAX, asked_one_by_one
from crossconnect.nos.reports import TOLD


def _trees(device: DeviceConfiguration) -> dict[str, Tree]:
    return {MAIN: render(device)}


def _text(file: str, tree: Tree) -> str:
    assert isinstance(tree, tuple), file
    return indented_text(tree, "  ")


def _parse(file: str, written: str) -> Tree:
    return indented_tree(written)


def ping(echo: Echo) -> str:
    """As a command; its answer is text."""
    verb = "ping6" if ":" in echo.destination else "ping"
    vrf = "" if echo.vrf == "default" else f" vrf {echo.vrf}"
    return f"{verb} {echo.destination} source {echo.source} count {ONE_BY_ONE_COUNT} timeout 1{vrf}"


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
    echoes=functools.partial(asked_one_by_one, ping),
    echoes_max=ONE_BY_ONE_MAX,
    errors=errors_query,
    tables=TOLD,
)
