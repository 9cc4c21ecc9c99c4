"""Names are unique among objects of a kind, over all files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import codes
from crossconnect.intent.validate.subject import Subject


def name_findings(subject: Subject) -> Iterator[Finding]:
    """Every name that is taken a second time, with the place of the first."""
    region = subject.region
    for kind, field, items in (
        ("site", "sites", region.sites),
        ("pool", "pools", region.pools),
        ("platform", "platforms", region.platforms),
        ("pod", "pods", region.pods),
        ("super-spine group", "super_spines", region.super_spines),
        ("device", "devices", region.devices),
        ("server", "servers", region.servers),
        ("risk group", "risk_groups", region.risk_groups),
        ("tenant", "tenants", region.tenants),
        ("external router", "peers", subject.peers),
        ("provider network", "provider_networks", region.provider_networks),
        ("policy", "policies", region.policies),
        ("prefix set", "prefix_sets", region.prefix_sets),
        ("community set", "community_sets", region.community_sets),
        ("AS path set", "as_path_sets", region.as_path_sets),
        ("ACL", "acls", region.acls),
        ("promise", "promises", region.promises),
        ("change window", "change_windows", region.change_windows),
        ("freeze", "freezes", region.freezes),
        ("change rule", "change_rules", region.change_rules),
        ("objective", "objectives", region.objectives),
    ):
        yield from _duplicates(subject, kind, field, field, [item.name for item in items])
    yield from _within_tenants(subject)
    users = region.management.snmp.users if region.management.snmp is not None else ()
    for kind, field, names in (
        ("user", "management/users", [user.name for user in region.management.users]),
        ("SNMP user", "management/snmp/users", [user.name for user in users]),
    ):
        yield from _duplicates(subject, kind, field, field, names)
    for index, acl in enumerate(region.acls):
        names = [entry.name for entry in acl.entries]
        yield from _duplicates(subject, "entry", f"acls/#{index}/entries", f"acls/{acl.name}/entries", names)
    for index, policy in enumerate(region.policies):
        names = [statement.name for statement in policy.statements]
        yield from _duplicates(
            subject, "statement", f"policies/#{index}/statements", f"policies/{policy.name}/statements", names
        )


def _within_tenants(subject: Subject) -> Iterator[Finding]:
    for t, tenant in enumerate(subject.region.tenants):
        at, path = f"tenants/#{t}", f"tenants/{tenant.name}"
        vrfs, segments = [vrf.name for vrf in tenant.vrfs], [segment.name for segment in tenant.segments]
        yield from _duplicates(subject, "VRF", f"{at}/vrfs", f"{path}/vrfs", vrfs)
        yield from _duplicates(subject, "segment", f"{at}/segments", f"{path}/segments", segments)
        for v, vrf in enumerate(tenant.vrfs):
            names = [segment.name for segment in vrf.segments]
            yield from _duplicates(
                subject, "segment", f"{at}/vrfs/#{v}/segments", f"{path}/vrfs/{vrf.name}/segments", names
            )


def _duplicates(subject: Subject, kind: str, at: str, path: str, names: Iterable[str]) -> Iterator[Finding]:
    """`at` leads to the list by index where namesakes are around it, `path` by name."""
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if name not in first:
            first[name] = index
        elif name:
            here, there = (subject.place(f"{at}/#{i}/name", f"{path}/{name}") for i in (index, first[name]))
            words = f"{kind} `{name}` is defined twice, first at {there}"
            yield found(codes.NAME_DUPLICATE, here, words, related=(there,))
