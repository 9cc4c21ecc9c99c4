"""SR Linux behind the one interface of all network operating systems."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.gnoi_ping import gnoi_echoes
from crossconnect.nos.network_os import NetworkOs, Tree
from crossconnect.nos.probing import ONE_BY_ONE_MAX
from crossconnect.nos.reports import TOLD
from crossconnect.nos.srlinux.codes import findings
from crossconnect.nos.srlinux.collect import queries
from crossconnect.nos.srlinux.facts import FACTS
from crossconnect.nos.srlinux.port_errors import errors_query
from crossconnect.nos.srlinux.render import render
from crossconnect.nos.srlinux.support import SUPPORT
from crossconnect.nos.srlinux.tree import MAIN, difference, merge, parse, text


def _trees(device: DeviceConfiguration) -> dict[str, Tree]:
    return {MAIN: render(device)}


SYSTEM = NetworkOs(
    name="srlinux",
    title="Nokia SR Linux",
    versions="25.3, 7220 IXR-D2 and D3",
    trees=_trees,
    text=text,
    parse=parse,
    merge=merge,
    difference=difference,
    findings=findings,
    facts=FACTS,
    support=SUPPORT,
    queries=queries,
    echoes=gnoi_echoes,
    echoes_max=ONE_BY_ONE_MAX,
    errors=errors_query,
    tables=TOLD,
)
