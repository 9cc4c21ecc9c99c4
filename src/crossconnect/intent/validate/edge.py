"""External routers, their sessions, and route policies."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import codes
from crossconnect.intent.placement import VTEP_ROLES
from crossconnect.intent.validate.subject import Subject
from crossconnect.model.peer import Handoff
from crossconnect.model.policy import Match, Policy, Set
from crossconnect.net import address_of, contains, interface_prefix, version_of


def edge_findings(subject: Subject) -> Iterator[Finding]:
    """What is wrong with handoffs and policies."""
    for peer in subject.peers:
        for index, handoff in enumerate(peer.handoffs):
            path = f"peers/{peer.name}/handoffs/{index}"
            yield from _handoff(subject, peer.name, handoff, path)
    for index, policy in enumerate(subject.region.policies):
        yield from _policy(subject, policy, f"policies/#{index}", f"policies/{policy.name}")


def _handoff(subject: Subject, peer: str, handoff: Handoff, path: str) -> Iterator[Finding]:
    missing = [
        direction
        for direction, name in (("import", handoff.import_policy), ("export", handoff.export_policy))
        if not name
    ]
    if missing and not subject.unread(path, "import_policy", "export_policy"):
        words = f"the handoff to {peer} on {handoff.border} for {handoff.vrf} has no {' and no '.join(missing)} policy"
        yield found(codes.POLICY_MISSING, subject.place(path), words)
    device = handoff.border.partition(":")[0]
    switch = subject.switches.get(device)
    if switch is not None and switch.role not in VTEP_ROLES:
        words = f"the handoff to {peer} is on {device}, which is a {switch.role}"
        yield found(codes.ATTACHMENT_ROLE, subject.place(f"{path}/border"), words)
    if not handoff.families:
        words = f"the handoff to {peer} on {handoff.border} has no address family"
        yield found(codes.HANDOFF_ADDRESSES, subject.place(f"{path}/families"), words, hint="Add ipv4, ipv6 or both.")
    yield from _addresses(subject, peer, handoff, path)


def _addresses(subject: Subject, peer: str, handoff: Handoff, path: str) -> Iterator[Finding]:
    where = f"the handoff to {peer} on {handoff.border} for {handoff.vrf}"
    partial = subject.unread(path, "local", "remote", "families")
    for version in (4, 6):
        local = [a for a in handoff.local if version_of(a) == version]
        remote = [a for a in handoff.remote if version_of(a) == version]
        field, wrong = "local" if local else "remote", ""
        if not local and not remote:
            continue
        if f"ipv{version}" not in handoff.families:
            wrong = f"has IPv{version} addresses, but its families do not have ipv{version}"
        elif len(local) > 1 or len(remote) > 1:
            wrong = f"has more than one IPv{version} address on a side"
            field = "local" if len(local) > 1 else "remote"
        elif not local or not remote:
            wrong = f"has an IPv{version} address on one side only"
        elif address_of(local[0]) == remote[0]:
            wrong = f"has {remote[0]} on both sides"
        elif not contains(interface_prefix(local[0]), remote[0]):
            field, wrong = "remote", f"has {remote[0]} opposite, which is not in {interface_prefix(local[0])}"
        if wrong and not (partial and len(local) != len(remote)):
            yield found(codes.HANDOFF_ADDRESSES, subject.place(f"{path}/{field}"), f"{where} {wrong}")


def _unread_match(subject: Subject, statement: str) -> bool:
    """Whether a statement matches less than it seems to, since some of its conditions could not be read."""
    conditions = ("prefix_set", "community_set", "as_path_set", "family")
    return subject.unread(statement, "match") or subject.unread(f"{statement}/match", *conditions)


def _policy(subject: Subject, policy: Policy, at: str, path: str) -> Iterator[Finding]:
    if not policy.statements and not subject.unread(at, "statements"):
        words = f"policy {policy.name} has no statement, so it rejects everything"
        yield found(codes.STATEMENT_WITHOUT_EFFECT, subject.place(at, path), words)
    decided = ""
    for index, statement in enumerate(policy.statements):
        here, shown = f"{at}/statements/#{index}", f"{path}/statements/{statement.name}"
        if decided:
            words = f"statement {statement.name} of policy {policy.name} is behind {decided}, which matches every route"
            yield found(codes.STATEMENT_UNREACHABLE, subject.place(here, shown), words)
        if statement.action == "reject" and statement.set != Set():
            words = f"statement {statement.name} of policy {policy.name} rejects routes, but sets attributes in them"
            yield found(codes.STATEMENT_WITHOUT_EFFECT, subject.place(f"{here}/set", f"{shown}/set"), words)
        if statement.match == Match() and not decided and not _unread_match(subject, here):
            decided = statement.name
