"""Reports of several answers, put together: a system's answers are read one by one, and each tells its part. Pure.

InterfaceReport(vrf="") + VrfInterfaceReport(interface)            -> InterfaceReport with its VRF
VniReport(bridge) + VniReport(remote_vteps), of one VNI            -> one VniReport
VniReport(vrf="", bridge) + VrfInterfaceReport(interface=bridge)   -> VniReport with the VRF of its bridge domain
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from crossconnect.nos.reports import InterfaceReport, Report, VniReport, VrfInterfaceReport


def joined(reports: Iterable[Report]) -> tuple[Report, ...]:
    """The reports in their order, those of one thing at the first one's place; no `VrfInterfaceReport` is left.

    What the first report of a VNI says stands; later ones fill in what it leaves empty, and add to its flood list.
    """
    known: list[Report] = []
    vrf_of: dict[str, str] = {}
    place_of: dict[tuple[str, int], int] = {}
    for report in reports:
        if isinstance(report, VrfInterfaceReport):
            vrf_of[report.interface] = report.vrf
        elif isinstance(report, VniReport):
            place = place_of.setdefault((report.kind, report.vni), len(known))
            if place == len(known):
                known.append(report)
            else:
                known[place] = _one(known[place], report)
        else:
            known.append(report)
    return tuple(_placed(report, vrf_of) for report in known)


def _one(first: Report, other: VniReport) -> VniReport:
    assert isinstance(first, VniReport)
    return msgspec.structs.replace(
        first,
        vrf=first.vrf or other.vrf,
        bridge=first.bridge or other.bridge,
        remote_vteps=tuple(dict.fromkeys((*first.remote_vteps, *other.remote_vteps))),
    )


def _placed(report: Report, vrf_of: Mapping[str, str]) -> Report:
    match report:
        case InterfaceReport(vrf=""):
            return msgspec.structs.replace(report, vrf=vrf_of.get(report.name, vrf_of.get("", "")))
        case VniReport(vrf="") if report.bridge and report.bridge in vrf_of:
            return msgspec.structs.replace(report, vrf=vrf_of[report.bridge])
        case _:
            return report
