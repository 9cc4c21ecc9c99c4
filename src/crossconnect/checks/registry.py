"""All checks by name, and the function that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from crossconnect.checks.announcements import check_announcements
from crossconnect.checks.cabling import check_cabling
from crossconnect.checks.devices import check_devices
from crossconnect.checks.duplicates import check_duplicates
from crossconnect.checks.ecmp import check_ecmp
from crossconnect.checks.ethernet_segments import check_ethernet_segments
from crossconnect.checks.expectation import HEALTHY, Expectation
from crossconnect.checks.gateways import check_gateways
from crossconnect.checks.host_macs import check_host_macs
from crossconnect.checks.layout import layout_of
from crossconnect.checks.leaks import check_leaks
from crossconnect.checks.mtu import check_mtu
from crossconnect.checks.prefixes import check_prefixes
from crossconnect.checks.promises import check_promises
from crossconnect.checks.reachability import check_reachability
from crossconnect.checks.route_limits import check_route_limits
from crossconnect.checks.sessions import check_sessions
from crossconnect.checks.single_points import check_single_points
from crossconnect.checks.subject import Subject, subject_of
from crossconnect.checks.vnis import check_vnis
from crossconnect.checks.vteps import check_vteps
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput
from crossconnect.finding import Finding
from crossconnect.state.tables import State


class Check(msgspec.Struct, frozen=True):
    """A check: what it makes sure of, in one line, and the function that does it."""

    function: Callable[[Subject], Iterable[Finding]]
    description: str


CHECKS: Mapping[str, Check] = {
    "devices": Check(check_devices, "every switch and every cabled port is up"),
    "cabling": Check(check_cabling, "LLDP hears the designed neighbour on every fabric port"),
    "sessions": Check(check_sessions, "every BGP session is established in every family, at both ends"),
    "vnis": Check(check_vnis, "every VTEP has exactly its VNIs, each in its VRF"),
    "vteps": Check(check_vteps, "every VTEP reaches and floods to every VTEP with which it shares a VNI"),
    "ethernet-segments": Check(check_ethernet_segments, "both leaves of every dual-homed host are known as such"),
    "prefixes": Check(check_prefixes, "every VRF has its own and its imported prefixes on every device"),
    "host-macs": Check(check_host_macs, "every host's MAC is known throughout its segment, at the right place"),
    "gateways": Check(check_gateways, "every segment's anycast gateway is the same on all its devices"),
    "reachability": Check(check_reachability, "hosts reach whom they should, and nobody else"),
    "promises": Check(check_promises, "the region's own promises hold"),
    "ecmp": Check(check_ecmp, "every route has the equal-cost next hops that the topology gives"),
    "mtu": Check(check_mtu, "links agree on their MTU and carry every segment's packets encapsulated"),
    "single-points": Check(check_single_points, "what hangs on one device, link, border or leaf"),
    "route-limits": Check(check_route_limits, "no VRF is over its route limit, or near it"),
    "leaks": Check(check_leaks, "no routes between VRFs, or between tenants and infrastructure, but declared ones"),
    "announcements": Check(check_announcements, "nothing leaves the region that must not"),
    "duplicates": Check(check_duplicates, "router ids, VTEPs, route distinguishers and addresses are unique"),
}


def run_checks(
    state: State, blueprint: Blueprint, only: Iterable[str] | None = None, expectation: Expectation = HEALTHY
) -> tuple[Finding, ...]:
    """Findings of all checks (of those named, where given) in reading order.

    `expectation` says what is known to have failed. BadInput for the name of a check that does not exist.
    """
    return check_subject(subject_of(state, layout_of(blueprint), expectation), only)


def check_subject(subject: Subject, only: Iterable[str] | None = None) -> tuple[Finding, ...]:
    """Like `run_checks`, over what is indexed already."""
    findings = [finding for name in _names(only) for finding in CHECKS[name].function(subject)]
    return tuple(sorted(findings, key=Finding.sort_key))


def _names(only: Iterable[str] | None) -> list[str]:
    names = list(CHECKS if only is None else only)
    for name in names:
        if name not in CHECKS:
            raise BadInput(f"there is no check '{name}'; there are {', '.join(CHECKS)}")
    return names
