"""What a lab or a device answered, held against what the suite expects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.evaluate.test_plan import (
    KINDS,
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


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a device has answered, as records, and what of it nobody could read."""

    reports: tuple[Report, ...]
    unreadable: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every question was answered, in words that are known."""
        return not (self.unreadable or self.unanswered)


def read_answers(device: DeviceConfiguration, answers: Mapping[int, bytes]) -> Read:
    """The answers to a device's queries, by their place."""
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
    return Read(reports=joined(reports), unreadable=tuple(unreadable), unanswered=tuple(unanswered))


def judged(test: Test, device: DeviceConfiguration, answers: Mapping[int, bytes]) -> Verdict:
    """A test with the answers to its queries, by their place."""
    verdict = judged_read(device, read_answers(device, answers), test.expected)
    return msgspec.structs.replace(verdict, situation=test.situation)


def judged_read(device: DeviceConfiguration, read: Read, expected: Iterable[str]) -> Verdict:
    """What a device has answered, held against rows in words. Compared are those of the kinds that its system tells of,
    and those that an answer has."""
    found = words_of(read.reports, device)
    kinds = {word.split()[0] for word in found}
    kinds |= {"session", "sessions"} if kinds & {"session", "sessions"} else set()
    if read.whole:
        # Nothing is an answer too: a device that has lost every route is not one that tells of none.
        kinds |= {kind for table in system(device.nos).tables for kind in KINDS.get(table, ())}
    wanted = {word for word in expected if word.split()[0] in kinds}
    return Verdict(
        situation="",
        device=device.name,
        missing=tuple(sorted(wanted - found)),
        surplus=tuple(sorted(found - wanted)),
        unreadable=read.unreadable,
        unanswered=read.unanswered,
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
