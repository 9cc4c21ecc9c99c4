"""ACLs: entries that can match, in an order in which each can decide."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.finding import Finding, found
from crossconnect.intent import management_codes as codes
from crossconnect.intent.validate.subject import Subject
from crossconnect.model.acl import Acl, AclEntry
from crossconnect.net import version_of

_CONDITIONS = ("protocol", "family", "source", "destination", "source_ports", "destination_ports", "icmp_types")


def acl_findings(subject: Subject) -> Iterator[Finding]:
    """What is wrong with ACLs."""
    for index, acl in enumerate(subject.region.acls):
        yield from _acl(subject, acl, f"acls/#{index}", f"acls/{acl.name}")


def _acl(subject: Subject, acl: Acl, at: str, path: str) -> Iterator[Finding]:
    if not acl.entries and not subject.unread(at, "entries"):
        yield found(codes.ACL_EMPTY, subject.place(at, path), f"ACL {acl.name} has no entries")
    decided = ""
    for index, entry in enumerate(acl.entries):
        here, shown = f"{at}/entries/#{index}", f"{path}/entries/{entry.name}"
        who = f"entry {entry.name} of ACL {acl.name}"
        if decided:
            words = f"{who} is behind {decided}, which matches every packet"
            yield found(codes.ACL_ENTRY_UNREACHABLE, subject.place(here, shown), words)
        for field, wrong in _contradictions(entry):
            place = subject.place(f"{here}/{field}", f"{shown}/{field}")
            yield found(codes.ACL_ENTRY_CONTRADICTION, place, f"{who} {wrong}")
        if not decided and _matches_all(entry) and not subject.unread(here, *_CONDITIONS, "established"):
            decided = entry.name


def _matches_all(entry: AclEntry) -> bool:
    blank = AclEntry(name=entry.name, action=entry.action, log=entry.log)
    return msgspec.structs.asdict(entry) == msgspec.structs.asdict(blank)


def _contradictions(entry: AclEntry) -> Iterator[tuple[str, str]]:
    """(field, what is wrong with it)."""
    for field in ("source_ports", "destination_ports"):
        if getattr(entry, field) and entry.protocol not in ("tcp", "udp"):
            yield field, f"has ports, but its protocol is `{entry.protocol}`"
    if entry.established and entry.protocol != "tcp":
        yield "established", f"is about TCP connections, but its protocol is `{entry.protocol}`"
    if entry.icmp_types and entry.protocol != "icmp":
        yield "icmp_types", f"has types of ICMP, but its protocol is `{entry.protocol}`"
    versions = {field: version_of(text) for field in ("source", "destination") if (text := getattr(entry, field))}
    if len(set(versions.values())) > 1:
        yield "destination", "goes from one IP version to the other"
    elif entry.family and versions:
        field, version = next(iter(versions.items()))
        if entry.family != f"ipv{version}":
            yield field, f"is about {entry.family}, and has an IPv{version} prefix"
