"""What a SONiC switch says of itself: the commands to ask, and the answers as records.

FRR's tables come from vtysh, in FRR's own JSON; VRFs in them get the design's names. LLDP neighbours come from SONiC's
own command. Sources: SONiC Command Reference ("show lldp table"), `lldpshow` of sonic-utilities for the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.frr import collect, collect_evpn
from crossconnect.nos.network_os import Echo, Query
from crossconnect.nos.probing import linux_echoes
from crossconnect.nos.reports import LldpReport, NextHop, PathReport, Report, RibReport, VniReport
from crossconnect.nos.sonic.names import design_vrf, vrf_name

LLDP = "show lldp table"

Parser = Callable[[bytes], tuple[Report, ...]]


def queries(device: DeviceConfiguration) -> tuple[Query, ...]:
    """What fills the state tables for a device."""
    vrfs = [
        vrf_name(i.name) if i.kind == "l3vrf" else i.name
        for i in device.network_instances
        if i.kind in ("default", "l3vrf")
    ]
    asked = [_routing(collect.SESSIONS, collect.sessions)]
    for vrf in vrfs:
        asked.append(_routing(collect.interface_command(vrf), collect.interfaces))
        for version in (4, 6):
            asked.append(_routing(collect.rib_command(vrf, version), collect.rib))
            asked.append(_routing(collect.bgp_command(vrf, version), collect.bgp_paths))
    if device.vtep:
        asked.append(_routing(collect_evpn.VNIS, collect_evpn.vnis))
        asked.append(_routing(collect_evpn.MACS, collect_evpn.macs))
    asked.append(_routing(collect_evpn.EVPN_ROUTES, collect_evpn.evpn_paths))
    if device.system.lldp:
        asked.append(Query(how="cli", ask=LLDP, parse=lldp))
    return tuple(asked)


def echoes(wanted: Sequence[Echo]) -> tuple[Query, ...]:
    """Pings in VRFs: SONiC's are devices of the kernel, and its VRF design document gives `ping -I Vrf...` for them."""
    named = {echo.vrf: echo.vrf if echo.vrf == "default" else vrf_name(echo.vrf) for echo in wanted}
    return linux_echoes([msgspec.structs.replace(echo, vrf=named[echo.vrf]) for echo in wanted])


def _routing(command: str, parse: Parser) -> Query:
    return Query(how="cli", ask=f'vtysh -c "{command}"', parse=partial(_in_design_names, parse))


def _in_design_names(parse: Parser, answer: bytes) -> tuple[Report, ...]:
    return tuple(_renamed(report) for report in parse(answer))


def _renamed(report: Report) -> Report:
    replace = msgspec.structs.replace
    if isinstance(report, RibReport):
        hops = tuple(_hop(hop) for hop in report.next_hops)
        return replace(report, vrf=design_vrf(report.vrf), next_hops=hops)
    if isinstance(report, PathReport):
        return replace(report, vrf=design_vrf(report.vrf), leaked_from=design_vrf(report.leaked_from))
    if isinstance(report, VniReport) or hasattr(report, "vrf"):
        return replace(report, vrf=design_vrf(getattr(report, "vrf", "")))
    return report


def _hop(hop: NextHop) -> NextHop:
    return msgspec.structs.replace(hop, vrf=design_vrf(hop.vrf))


# --- tables of text ---------------------------------------------------------------------------------------------------


def lldp(answer: bytes) -> tuple[LldpReport, ...]:
    """The answer to `LLDP`: one neighbour a line below a line of dashes, which says where columns begin."""
    return tuple(
        LldpReport(interface=row["LocalPort"], device=row["RemoteDevice"], port=row["RemotePortID"])
        for row in _rows(answer, "LocalPort", ("RemoteDevice", "RemotePortID"))
    )


def _rows(answer: bytes, first: str, wanted: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Rows of a table as SONiC writes them. ValueError when it is no such table."""
    lines = answer.decode("utf-8").splitlines()
    head = next((n for n, line in enumerate(lines) if line.startswith(first)), None)
    if head is None or head + 1 >= len(lines) or set(lines[head + 1]) - {"-", " "}:
        raise ValueError(f"no table that begins with {first}")
    columns = _columns(lines[head], lines[head + 1])
    if missing := [name for name in wanted if name not in columns]:
        raise ValueError(f"the table has no column {missing[0]}")
    for line in lines[head + 2 :]:
        if not line.strip() or not line[0].isalnum():
            return
        yield {name: line[start:end].strip() for name, (start, end) in columns.items()}


def _columns(names: str, dashes: str) -> dict[str, tuple[int, int | None]]:
    starts = [n for n, c in enumerate(dashes) if c == "-" and (n == 0 or dashes[n - 1] == " ")]
    ends: list[int | None] = [*starts[1:], None]
    return {names[start:end].strip(): (start, end) for start, end in zip(starts, ends, strict=True)}
