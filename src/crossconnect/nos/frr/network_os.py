"""FRR behind the one interface of all network operating systems."""

from __future__ import annotations

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.model.interface_names import LINUX
from crossconnect.nos.facts import Facts
from crossconnect.nos.frr import collect, collect_evpn
from crossconnect.nos.frr.codes import findings
from crossconnect.nos.frr.configuration import further_files
from crossconnect.nos.frr.difference import changes
from crossconnect.nos.frr.extra import merge
from crossconnect.nos.frr.facts import RANGES
from crossconnect.nos.frr.parse import parse
from crossconnect.nos.frr.render import render
from crossconnect.nos.frr.support import SUPPORT
from crossconnect.nos.frr.text import text
from crossconnect.nos.network_os import Commands, NetworkOs, Query, Tree, Trees
from crossconnect.nos.probing import linux_echoes, linux_errors
from crossconnect.nos.reports import TOLD

MAIN = "frr.conf"

FACTS = Facts(
    names=LINUX,
    names_source="the names that switchd of Cumulus Linux and the labs here give to ports",
    bfd_interval_ms_min=RANGES["bfd-interval-ms"][0],
    bfd_multiplier_min=RANGES["bfd-multiplier"][0],
    bfd_source="bfdd_cli.c of FRR 8.4 and 10.3",
    prefix_limit_late="bgp_update calls bgp_maximum_prefix_overflow before bgp_path_info_add; seen with 8.4.4",
)


def _trees(device: DeviceConfiguration) -> dict[str, Tree]:
    return {MAIN: render(device)}


def _trees_10(device: DeviceConfiguration) -> dict[str, Tree]:
    return {MAIN: render(device, "10")}


def _text(file: str, tree: Tree) -> str:
    assert isinstance(tree, tuple), file
    return text(tree)


def _parse(file: str, written: str) -> Tree:
    return parse(written)


def _difference(old: Trees, new: Trees) -> tuple[Commands, ...]:
    before, after = old[MAIN], new[MAIN]
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    commands = changes(before, after)
    return (Commands(file=MAIN, how="cli", text=text(commands)),) if commands else ()


def _queries(device: DeviceConfiguration) -> tuple[Query, ...]:
    vrfs = [i.name for i in device.network_instances if i.kind in ("default", "l3vrf")]
    asked = [Query(how="cli", ask=collect.SESSIONS, parse=collect.sessions)]
    for vrf in vrfs:
        asked.append(Query(how="cli", ask=collect.interface_command(vrf), parse=collect.interfaces))
        for version in (4, 6):
            asked.append(Query(how="cli", ask=collect.rib_command(vrf, version), parse=collect.rib))
            asked.append(Query(how="cli", ask=collect.bgp_command(vrf, version), parse=collect.bgp_paths))
    if device.vtep:
        asked.append(Query(how="cli", ask=collect_evpn.VNIS, parse=collect_evpn.vnis))
        asked.append(Query(how="cli", ask=collect_evpn.MACS, parse=collect_evpn.macs))
    asked.append(Query(how="cli", ask=collect_evpn.EVPN_ROUTES, parse=collect_evpn.evpn_paths))
    return tuple(asked)


SYSTEM = NetworkOs(
    name="frr",
    title="FRR",
    versions="8.4 (Debian 12); 10.x by `--frr 10` of `xc render` and `xc lab up`",
    trees=_trees,
    text=_text,
    parse=_parse,
    merge=merge,
    difference=_difference,
    findings=findings,
    facts=FACTS,
    support=SUPPORT,
    queries=_queries,
    files=further_files,
    echoes=linux_echoes,
    errors=linux_errors,
    tables=TOLD - {"lldp"},
    exact=True,
)

SYSTEM_10 = msgspec.structs.replace(SYSTEM, trees=_trees_10)
"""The same for 10.x: its configuration is another one, see `facts`."""
