"""`moved` entries lead from what is gone to what is there."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import codes
from crossconnect.intent.suggestion import nearest
from crossconnect.intent.validate.subject import Subject


def rename_findings(subject: Subject) -> Iterator[Finding]:
    """What is wrong with `moved`."""
    if not subject.region.moved:
        return
    there = _paths(subject)
    for index, entry in enumerate(subject.region.moved):
        if entry.new not in there and not subject.may_lack(entry.new.split("/")[-2]):
            near = nearest(entry.new, there)
            words = f"moved: {entry.old} is to become {entry.new}, which does not exist"
            hint = f"Did you mean `{near}`?" if near else ""
            yield found(codes.MOVED_UNKNOWN, subject.place(f"moved/{index}/new"), words, hint=hint)
        if entry.old in there:
            words = f"moved: {entry.old} is to become {entry.new}, but still exists"
            yield found(codes.MOVED_STILL_THERE, subject.place(f"moved/{index}/old"), words)


def _paths(subject: Subject) -> set[str]:
    """Everything that holds numbers, by the path that `moved` has for it."""
    region = subject.region
    return {
        *(f"pods/{pod.name}" for pod in region.pods),
        *(f"super_spines/{tier.name}" for tier in region.super_spines),
        *(f"racks/{rack}" for rack in subject.racks),
        *(f"devices/{name}" for name in subject.switches),
        *(f"servers/{host.name}" for host in subject.inventory.hosts),
        *(f"peers/{peer.name}" for peer in region.peers),
        *(f"tenants/{tenant.name}" for tenant in region.tenants),
        *subject.vrfs,
        *subject.segments,
    }
