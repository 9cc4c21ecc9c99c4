"""What FRR cannot do, or does differently, as findings about a device."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.finding import Code, Finding, Place, Severity, found
from crossconnect.nos.frr.bgp import policy_uses
from crossconnect.nos.frr.communities import MATCHES_EVERYTHING
from crossconnect.nos.frr.facts import (
    AS_PATH_CHARACTERS,
    MED_NOT_DETERMINISTIC,
    MULTIPATH_TAKES_EVERY_PATH,
    RANGES,
    Version,
)
from crossconnect.nos.frr.names import INTERFACE_LENGTH_MAX
from crossconnect.nos.frr.text import PASSWORD_LENGTH_MAX, secret_token

EXTERNAL_WITHOUT_POLICY = Code(
    "frr.external-without-policy",
    Severity.ERROR,
    "An external session has no import or export policy; it is rendered with one that denies everything.",
    "name an import and an export policy for the handoff",
)
EVPN_POLICY = Code(
    "frr.evpn-policy",
    Severity.ERROR,
    "A policy is attached to the EVPN family of a session; only unicast families are rendered with policies.",
    "attach the policy to a unicast family, or restrict the VRF's type-5 routes",
)
POLICY_MISSING = Code(
    "frr.policy-missing",
    Severity.ERROR,
    "A policy is attached that the device does not have; it is rendered as one that denies everything.",
    "define the policy",
)
PREPEND_ASN = Code(
    "frr.prepend-asn",
    Severity.ERROR,
    "A policy is used by BGP instances of different ASNs, but a route map prepends one fixed ASN.",
    "use a policy of its own per instance",
)
NAME_TOO_LONG = Code(
    "frr.name-too-long",
    Severity.ERROR,
    "An interface or VRF has a name that Linux does not allow: up to 15 characters, no spaces, no slashes.",
    "shorten the name",
)
AS_PATH_PATTERN = Code(
    "frr.as-path-pattern",
    Severity.ERROR,
    "An AS-path pattern has characters that FRR refuses, or `| `, which begins an output filter there.",
    "use digits and `_ ^ | [ ] , { } ( ) $ * + . ? -` only, and no space after `|`",
)
SET_NAME = Code(
    "frr.set-name",
    Severity.ERROR,
    "A community set's name is a number, which FRR does not take for a name.",
    "put a letter into the name",
)
SECRET_NAME = Code(
    "frr.secret-name-too-long",
    Severity.ERROR,
    f"A secret's reference makes a placeholder of over {PASSWORD_LENGTH_MAX} characters, more than bgpd takes.",
    "shorten the reference",
)
OUT_OF_RANGE = Code(
    "frr.out-of-range",
    Severity.ERROR,
    "A number is outside the range that FRR's command takes.",
    "choose a number within the range",
)
ROUTED_BOND = Code(
    "frr.routed-bond",
    Severity.ERROR,
    "A bond has addresses; only bonds that carry segments are supported.",
    "use a port, or a segment with a gateway",
)
COMMUNITY_MATCHES_EVERYTHING = Code(
    "frr.community-matches-everything",
    Severity.ERROR,
    "A community set holds 0:0, which FRR 8.4 takes for `internet`: it matches every route.",
    "take 0:0 out of the set, or run FRR 10",
)
ROUTE_LIMIT = Code(
    "frr.route-limit-not-enforced",
    Severity.WARNING,
    "A VRF has a route limit, and neither FRR nor Linux can enforce one per VRF.",
    "limit the prefixes of its sessions; checks report a VRF over its limit",
)
NEXT_HOP_GROUPS = Code(
    "frr.next-hop-groups",
    Severity.NOTE,
    "Ethernet segments need next-hop groups in the kernel, and FRR 8.4 can lose one after two link flaps in a row.",
    "run FRR 10 on leaves with Ethernet segments",
)
MULTIPATH_SLOTS = Code(
    "frr.multipath-slots",
    Severity.WARNING,
    "FRR 10 counts paths where 8.4 counts next hops: a VTEP's route takes a place of maximum-paths over every spine, "
    "and there is no room for two VTEPs over all of them.",
    "set maximum_paths to 1, or to the number of spines times the number of VTEPs that may share traffic",
)
UNORDERED_MED = Code(
    "frr.med-not-deterministic",
    Severity.WARNING,
    "Several sessions of a VRF are with one neighbouring AS, and FRR 10 does not compare their MEDs before those of "
    "others: with a third path of another AS the best one can depend on which came first.",
    "let local_pref decide between the sessions, in their import policies",
)
SEGMENT_FLOODING = Code(
    "frr.ethernet-segment-flooding",
    Severity.NOTE,
    "Linux has no designated-forwarder filter and no split horizon: a dual-homed server receives each flooded frame "
    "twice, and its own broadcasts back. Switch hardware does both.",
    "nothing to do for IP traffic; do not run protocols on it that duplicates break",
)

CODES: tuple[Code, ...] = (
    EXTERNAL_WITHOUT_POLICY,
    EVPN_POLICY,
    POLICY_MISSING,
    PREPEND_ASN,
    NAME_TOO_LONG,
    AS_PATH_PATTERN,
    SET_NAME,
    SECRET_NAME,
    OUT_OF_RANGE,
    ROUTED_BOND,
    COMMUNITY_MATCHES_EVERYTHING,
    ROUTE_LIMIT,
    NEXT_HOP_GROUPS,
    MULTIPATH_SLOTS,
    UNORDERED_MED,
    SEGMENT_FLOODING,
)


VERSION_CODES = frozenset(code.name for code in (MULTIPATH_SLOTS, UNORDERED_MED))
"""Codes of what a version decides otherwise than 8.4."""


def findings(device: DeviceConfiguration, version: Version = "8.4") -> tuple[Finding, ...]:
    """Everything that FRR would refuse, ignore or do differently for this device."""
    out = [*_interfaces(device), *_policies(device, version), *_segments(device, version)]
    for instance in device.network_instances:
        out += _instance(device, instance)
        out += _decision(device, instance, version)
    if device.bfd is not None:
        here = _place(device, "bfd")
        out += _range(here, "BFD interval", "bfd-interval-ms", device.bfd.interval_ms)
        out += _range(here, "BFD multiplier", "bfd-multiplier", device.bfd.multiplier)
    return tuple(out)


def _place(device: DeviceConfiguration, *parts: str) -> Place:
    return Place(path="/".join(("devices", device.name, *parts)))


@functools.cache
def _linux_name(name: str) -> bool:
    return 0 < len(name) <= INTERFACE_LENGTH_MAX and not any(c.isspace() or c == "/" for c in name)


def _interfaces(device: DeviceConfiguration) -> Iterator[Finding]:
    for interface in device.interfaces:
        if not _linux_name(interface.name):
            here = _place(device, "interfaces", interface.name)
            yield found(
                NAME_TOO_LONG, here, f"{device.name}: interface name {interface.name!r} is not possible in Linux"
            )
        if interface.kind == "lag" and interface.addresses:
            here = _place(device, "interfaces", interface.name)
            yield found(ROUTED_BOND, here, f"{device.name}: bond {interface.name} has addresses")


def _segments(device: DeviceConfiguration, version: Version) -> Iterator[Finding]:
    bonds = [i.name for i in device.interfaces if i.esi]
    if bonds:
        here = _place(device, "interfaces", bonds[0])
        yield found(
            SEGMENT_FLOODING, here, f"{device.name}: Ethernet segments on {', '.join(bonds)} flood without filter"
        )
        if version == "8.4":
            yield found(NEXT_HOP_GROUPS, here, f"{device.name}: Ethernet segments on FRR 8.4 need next-hop groups")


def _policies(device: DeviceConfiguration, version: Version) -> Iterator[Finding]:
    uses, _ = policy_uses(device)
    known = {p.name for p in device.routing_policy.policies}
    asns: dict[tuple[str, int], set[int]] = {}
    for name, ip_version, asn in sorted(uses):
        asns.setdefault((name, ip_version), set()).add(asn)
    for name in sorted({n for n, _ in asns} - known):
        yield found(POLICY_MISSING, _place(device, "policies", name), f"{device.name}: no policy {name!r} to attach")
    for name in sorted({n for (n, _), numbers in asns.items() if len(numbers) > 1}):
        yield found(
            PREPEND_ASN, _place(device, "policies", name), f"{device.name}: {name!r} is used under several ASNs"
        )
    for as_path_set in device.routing_policy.as_path_sets:
        for pattern in as_path_set.patterns:
            if not pattern or not AS_PATH_CHARACTERS.issuperset(pattern) or "| " in pattern:
                here = _place(device, "as-path-sets", as_path_set.name)
                yield found(AS_PATH_PATTERN, here, f"{device.name}: {as_path_set.name!r} has the pattern {pattern!r}")
    for community_set in device.routing_policy.community_sets:
        if community_set.name.isdigit():
            here = _place(device, "community-sets", community_set.name)
            yield found(
                SET_NAME, here, f"{device.name}: community set {community_set.name!r} needs a letter in its name"
            )
        if version == "8.4" and MATCHES_EVERYTHING in community_set.members:
            here = _place(device, "community-sets", community_set.name)
            yield found(COMMUNITY_MATCHES_EVERYTHING, here, f"{device.name}: {community_set.name!r} holds 0:0")


def _instance(device: DeviceConfiguration, instance: NetworkInstance) -> Iterator[Finding]:
    here = Place(path=instance.path) if instance.path else _place(device, "network-instances", instance.name)
    if instance.kind in ("l3vrf", "management") and not _linux_name(instance.name):
        yield found(NAME_TOO_LONG, here, f"{device.name}: VRF name {instance.name!r} is not possible in Linux")
    if instance.route_limit:
        yield found(
            ROUTE_LIMIT,
            here,
            f"{device.name}: the limit of {instance.route_limit} routes in {instance.name} only warns",
        )
    bgp = instance.bgp
    if bgp is None:
        return
    yield from _range(here, "maximum paths", "maximum-paths", bgp.maximum_paths)
    for neighbor in bgp.neighbors:
        who = f"{device.name}: session {neighbor.key} with {neighbor.device} in {instance.name}"
        yield from _range(here, f"{who}: keepalive", "keepalive-s", neighbor.keepalive_s)
        yield from _range(here, f"{who}: hold time", "hold-time-s", neighbor.hold_time_s)
        yield from _range(here, f"{who}: connect retry", "connect-retry-s", neighbor.connect_retry_s)
        if neighbor.password and len(secret_token(neighbor.password)) > PASSWORD_LENGTH_MAX:
            yield found(SECRET_NAME, here, f"{who}: the secret's reference is too long")
        for family in neighbor.families:
            policies = (family.import_policy, family.export_policy)
            if family.family == "l2vpn-evpn" and any(policies):
                yield found(EVPN_POLICY, here, f"{who} has a policy on its EVPN family")
            elif neighbor.kind == "external" and not all(policies):
                yield found(EXTERNAL_WITHOUT_POLICY, here, f"{who} has no policy both ways for {family.family}")


def _decision(device: DeviceConfiguration, instance: NetworkInstance, version: Version) -> Iterator[Finding]:
    """Where the version's decision process is not the one that the simulation follows."""
    bgp = instance.bgp
    if bgp is None or instance.kind != "l3vrf":
        return
    here = Place(path=instance.path) if instance.path else _place(device, "network-instances", instance.name)
    spines = sum(
        family.family == "l2vpn-evpn"
        for other in device.network_instances
        if other.bgp is not None
        for neighbor in other.bgp.neighbors
        for family in neighbor.families
    )
    if version in MULTIPATH_TAKES_EVERY_PATH and 1 < bgp.maximum_paths < 2 * spines:
        paths = f"routes of two VTEPs are {2 * spines} paths, and maximum_paths is {bgp.maximum_paths}"
        yield found(MULTIPATH_SLOTS, here, f"{device.name}: in {instance.name}, {paths}")
    if version in MED_NOT_DETERMINISTIC:
        sessions = [
            (neighbor.remote_asn, family.family)
            for neighbor in bgp.neighbors
            if neighbor.kind == "external"
            for family in neighbor.families
        ]
        for asn in sorted({asn for asn, family in sessions if sessions.count((asn, family)) > 1}):
            yield found(UNORDERED_MED, here, f"{device.name}: {instance.name} has several sessions with AS {asn}")


def _range(here: Place, what: str, name: str, value: int) -> Iterator[Finding]:
    low, high = RANGES[name]
    if not low <= value <= high:
        yield found(OUT_OF_RANGE, here, f"{what} is {value}", expected=f"{low} to {high}")
