"""What loading a new configuration does to a device's own traffic, system by system.

Policies, limits, VRFs and segments are applied to a speaker as it runs (RFC 2918 route refresh). What is in a session's
OPEN message (RFC 4271 4.2) or TCP connection (RFC 2385) tears it down, and some changes take a port or the whole device
out for a moment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.rollout.blast_radius import session_changes
from crossconnect.simulate.failures import SessionKey

Level = Literal["none", "sessions", "device"]

MTU_RESETS_PORT: Mapping[str, str] = {
    "junos": "Junos OS Interfaces Fundamentals: changing an MTU deletes the interface and adds it again",
}
"""Systems on which a port goes down and up when its MTU is changed, with the source."""


ASN_REMAKES_VRFS = frozenset({"frr", "sonic"})
"""Systems whose bgpd makes all its instances anew for another ASN, and lets one of a VRF go only without its L3VNI. Of
FRR 8.4 it was seen that all tables are as they should afterwards, and that 12 s later packets that are routed into such
a VRF still do not arrive, nor soon after the way back: the device is taken to be out for as long as any is."""


class Disruption(msgspec.Struct, frozen=True, kw_only=True):
    """What is interrupted on one device while its change is loaded."""

    level: Level
    """`sessions`: some BGP sessions are torn down and come back. `device`: it forwards nothing for a while."""
    why: tuple[str, ...] = ()
    """What of its configuration does it."""
    sessions: tuple[SessionKey, ...] = ()
    """Sessions that are interrupted, at this end."""
    seconds_max: int = 0
    """How long that may take."""


NONE = Disruption(level="none")

SESSION_MARGIN_S = 5
"""Beside the connect retry timer: OPEN, routes, end-of-RIB. Real FRR takes 1 to 2 s (docs/reference/lab.md)."""
DEVICE_S = 300
"""For a device that is replaced or gets another system: a switch's boot."""


def disruptions(old: Blueprint, new: Blueprint, changed: Collection[str]) -> dict[str, Disruption]:
    """What each device that both networks have is interrupted by. One that comes or goes interrupts nobody while it is
    loaded; what is missing before or after it is a matter of the networks themselves."""
    before, after = ({d.name: d for d in side.devices} for side in (old, new))
    flapping: dict[str, list[tuple[SessionKey, str]]] = {}
    for change in session_changes(old, new):
        if change.kind == "flaps":
            key = SessionKey(change.device, change.vrf, change.peer)
            flapping.setdefault(change.device, []).append((key, change.why))
    return {
        name: _disruption(before[name], after[name], flapping.get(name, ()))
        if name in before and name in after
        else NONE
        for name in sorted(changed)
    }


def _disruption(
    old: DeviceConfiguration, new: DeviceConfiguration, flapping: Iterable[tuple[SessionKey, str]]
) -> Disruption:
    whole = tuple(_whole(old, new))
    sessions = dict(sorted((*flapping, *_over_reset_ports(old, new))))
    if whole:
        return Disruption(level="device", why=whole, sessions=tuple(sessions), seconds_max=DEVICE_S)
    if not sessions:
        return NONE
    retry = max((n.connect_retry_s for i in new.network_instances if i.bgp for n in i.bgp.neighbors), default=0)
    return Disruption(
        level="sessions",
        why=tuple(dict.fromkeys(sessions.values())),
        sessions=tuple(sessions),
        seconds_max=retry + SESSION_MARGIN_S,
    )


def _whole(old: DeviceConfiguration, new: DeviceConfiguration) -> Iterator[str]:
    if old.nos != new.nos:
        yield f"runs {new.nos} instead of {old.nos}"
    if old.platform != new.platform:
        yield f"is a {new.platform} instead of a {old.platform}"
    if old.vtep != new.vtep:
        yield "VTEP address"
    if new.nos in ASN_REMAKES_VRFS and _asn(old) != _asn(new) and _has_l3vni(old) and _has_l3vni(new):
        yield "own ASN, for which its VRFs and their L3VNIs are made anew"
    a, b = old.mlag, new.mlag
    if a != b:
        yield "MLAG pair"


def _asn(device: DeviceConfiguration) -> int:
    return next((i.bgp.asn for i in device.network_instances if i.kind == "default" and i.bgp is not None), 0)


def _has_l3vni(device: DeviceConfiguration) -> bool:
    return any(i.kind == "l3vrf" and i.vni for i in device.network_instances)


def _over_reset_ports(old: DeviceConfiguration, new: DeviceConfiguration) -> Iterator[tuple[SessionKey, str]]:
    """Sessions over ports that go down and up."""
    if new.nos not in MTU_RESETS_PORT:
        return
    mtus = {i.name: i.mtu for i in old.interfaces}
    ports = {i.name for i in new.interfaces if i.kind == "ethernet" and mtus.get(i.name, i.mtu) != i.mtu}
    own = {a.partition("/")[0]: i.name for i in new.interfaces if i.name in ports for a in i.addresses}
    for instance in new.network_instances:
        for neighbor in instance.bgp.neighbors if instance.bgp is not None else ():
            if neighbor.interface in ports or neighbor.local_address in own:
                yield SessionKey(new.name, instance.name, neighbor.key), "port MTU"
