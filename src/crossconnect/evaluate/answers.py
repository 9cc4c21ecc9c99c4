"""What a lab or a device answered, held against what the suite expects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.evaluate.test_plan import (
    Test,
    interface_word,
    lldp_word,
    mac_word,
    route_word,
    session_word,
    unnumbered_word,
    vtep_word,
)
from crossconnect.net import canonical_prefix
from crossconnect.nos.joined import joined
from crossconnect.nos.registry import system
from crossconnect.nos.reports import (
    InterfaceReport,
    LldpReport,
    MacReport,
    Report,
    RibReport,
    SessionReport,
    SummaryReport,
    VniReport,
)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A test, judged. It has passed where nothing is missing, surplus or unreadable, and everything was answered."""

    situation: str
    device: str
    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    unreadable: tuple[str, ...]
    """`ask: why`."""
    unanswered: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the device reports what it must."""
        return not (self.missing or self.surplus or self.unreadable or self.unanswered)


def judged(test: Test, device: DeviceConfiguration, answers: Mapping[int, bytes]) -> Verdict:
    """A test with the answers to its queries, by their place. Rows are compared of those kinds that an answer has."""
    reports: list[Report] = []
    unreadable: list[str] = []
    unanswered: list[str] = []
    for place, query in enumerate(system(device.nos).queries(device)):
        if place not in answers:
            unanswered.append(query.ask)
            continue
        try:
            reports += query.parse(answers[place])
        except ValueError as error:
            unreadable.append(f"{query.ask}: {error}")
    found = words_of(joined(reports), device)
    kinds = {word.split()[0] for word in found}
    kinds |= {"session", "sessions"} if kinds & {"session", "sessions"} else set()
    expected = {word for word in test.expected if word.split()[0] in kinds}
    return Verdict(
        situation=test.situation,
        device=test.device,
        missing=tuple(sorted(expected - found)),
        surplus=tuple(sorted(found - expected)),
        unreadable=tuple(unreadable),
        unanswered=tuple(unanswered),
    )


def words_of(reports: Iterable[Report], device: DeviceConfiguration) -> set[str]:
    """What a device reports, in the words of `test_plan.rows_of`; what the design does not know is left out."""
    words: set[str] = set()
    unnumbered: Counter[tuple[str, int, str]] = Counter()
    configured = {i.name for i in device.interfaces if i.kind != "management"}
    asns = {(i.name, n.remote_asn) for i in device.network_instances if i.bgp for n in i.bgp.neighbors if n.interface}
    of_interface = {n.interface: n.remote_asn for i in device.network_instances if i.bgp for n in i.bgp.neighbors}
    fabric = {i.name for i in device.interfaces if i.kind == "ethernet" and i.neighbor and not i.members}
    l2vnis = {i.vni for i in device.network_instances if i.kind == "mac-vrf"}
    gateways = {i.mac for i in device.interfaces} | {i.router_mac for i in device.network_instances}
    for report in reports:
        match report:
            case SessionReport(negotiated=True) | SummaryReport(established=True):
                asn = report.remote_asn if isinstance(report, SessionReport) else of_interface.get(report.peer, 0)
                link_local = report.peer.lower().startswith("fe80:")
                if link_local or report.peer in of_interface:
                    if (report.vrf, asn) in asns:
                        unnumbered[report.vrf, asn, report.family] += 1
                else:
                    words.add(session_word(report.vrf, report.peer, report.family))
            case RibReport(protocol="bgp"):
                words.add(route_word(report.vrf, canonical_prefix(report.prefix), len(report.next_hops)))
            case VniReport(kind="l2"):
                words |= {vtep_word(report.vni, remote) for remote in report.remote_vteps}
            case MacReport() if report.vni in l2vnis and report.mac not in gateways:
                words.add(mac_word(report.vni, report.mac, report.local))
            case InterfaceReport(up=True) if report.name in configured:
                words.add(interface_word(report.name))
            case LldpReport() if report.interface in fabric:
                words.add(lldp_word(report.interface, report.device))
            case _:
                pass
    return words | {unnumbered_word(*key, count) for key, count in unnumbered.items()}
