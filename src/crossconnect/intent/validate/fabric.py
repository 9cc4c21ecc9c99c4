"""The fabric as a whole: tiers, timers, MTUs, the management network."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import codes
from crossconnect.intent.validate.subject import Subject, reference_of

VXLAN_OVERHEAD = 50
"""Octets that VXLAN over IPv4 adds to a tenant's packet: inner Ethernet 14, VXLAN 8, UDP 8, IPv4 20 (RFC 7348 5)."""

DEVICE_VRFS = frozenset({"default", "global", "main", "lo"})
"""Names that network operating systems have for their own default instance."""


def fabric_findings(subject: Subject) -> Iterator[Finding]:
    """What is wrong with the fabric's shape and design choices."""
    yield from _tiers(subject)
    yield from _choices(subject)
    if not subject.may_lack("design") and not subject.unread("design", "fabric_mtu", "tenant_mtu"):
        yield from _mtus(subject)


def _tiers(subject: Subject) -> Iterator[Finding]:
    region = subject.region
    for tier in region.super_spines:
        path = f"super_spines/{tier.name}"
        if tier.count % tier.planes:
            words = f"super-spine group {tier.name} has {tier.count} devices, which {tier.planes} planes do not divide"
            yield found(codes.FABRIC_FORM, subject.place(f"{path}/count"), words)
        for pod in region.pods:
            if (not tier.pods or pod.name in tier.pods) and pod.spines.count % tier.planes:
                words = (
                    f"pod {pod.name} has {pod.spines.count} spines, which the {tier.planes} planes of {tier.name} do "
                    "not divide"
                )
                yield found(codes.FABRIC_FORM, subject.place(f"pods/{pod.name}/spines/count"), words)
    for pod in region.pods:
        if (
            not pod.racks
            and pod.border_leaves is None
            and not subject.unread(f"pods/{pod.name}", "racks", "border_leaves")
        ):
            words = f"pod {pod.name} has neither racks nor border leaves"
            yield found(codes.FABRIC_FORM, subject.place(f"pods/{pod.name}"), words, hint="Add a rack.")


def _choices(subject: Subject) -> Iterator[Finding]:
    design, management = subject.region.design, subject.region.management
    if design.hold_time_s < 3 * design.keepalive_s:
        words = f"hold time {design.hold_time_s} s is under three keepalive intervals of {design.keepalive_s} s"
        place = subject.place("design/hold_time_s")
        yield found(codes.TIMERS, place if place.line else subject.place("design/keepalive_s"), words)
    if management.vrf in DEVICE_VRFS:
        words = f"the management VRF is called {management.vrf}, as devices call their default instance"
        yield found(codes.VRF_RESERVED, subject.place("management/vrf"), words)


def _mtus(subject: Subject) -> Iterator[Finding]:
    """Any link may carry any segment's packets."""
    design = subject.region.design
    largest, owner = design.tenant_mtu, ""
    for path, segment in subject.segments.items():
        if segment.mtu is not None and segment.mtu > largest:
            largest, owner = segment.mtu, path
    needed = largest + VXLAN_OVERHEAD
    packets = f"packets of {largest} octets" + (f" of segment {reference_of(owner)}" if owner else "")
    cause = subject.place(f"{owner}/mtu" if owner else "design/tenant_mtu")
    hint = f"It takes {needed} octets ({VXLAN_OVERHEAD} for VXLAN)."
    if design.fabric_mtu < needed:
        words = f"fabric links with MTU {design.fabric_mtu} cannot carry {packets}"
        here = subject.region.places.get("design/fabric_mtu")
        place = subject.place("design/fabric_mtu") if here else cause
        yield found(codes.MTU_TOO_SMALL, place, words, hint=hint, related=(cause,) if here else ())
    for index, link in enumerate(subject.region.links):
        if link.mtu is not None and link.mtu < needed:
            words = f"the link from {link.a} to {link.b} with MTU {link.mtu} cannot carry {packets}"
            place = subject.place(f"links/{index}/mtu")
            yield found(codes.MTU_TOO_SMALL, place, words, hint=hint, related=(cause,))
