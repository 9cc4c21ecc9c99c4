"""Soundness of the edge: handoffs and route policies."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.design import codes
from crossconnect.design.border import handoff_addresses
from crossconnect.design.context import Context
from crossconnect.design.names import LINUX_NAME_MAX, subinterface_name
from crossconnect.design.policy import GENERATED, community_sets
from crossconnect.finding import Finding, found
from crossconnect.intent.placement import vrf_path
from crossconnect.net import interface_prefix, overlaps


def edge_findings(context: Context) -> Iterator[Finding]:
    """What is unsound at the edge."""
    for link in context.handoffs:
        switch = context.switches[link.device]
        port = context.lock.get(f"port/{link.device}", link.cable)
        name = subinterface_name(port, int(context.lock.get("handoff-vlan", link.key)))
        if switch.nos == "frr" and len(name) > LINUX_NAME_MAX:
            words = f"subinterface {name} on {link.device} has {len(name)} characters, Linux takes {LINUX_NAME_MAX}"
            yield found(codes.PORT_NAME, context.region.place(f"{link.path}/border"), words)
    yield from _overlaps(context)
    yield from _policies(context)


def _overlaps(context: Context) -> Iterator[Finding]:
    """Subnets of handoffs among each other and with segments, per VRF; few enough to compare all."""
    seen: dict[str, list[tuple[str, str]]] = {
        vrf.path: [(prefix, vrf.path) for prefix in vrf.prefixes] for vrf in context.vrfs.values()
    }
    for link in context.handoffs:
        subnets = seen[vrf_path(link.handoff.vrf)]
        for addresses in handoff_addresses(context, link):
            prefix = interface_prefix(addresses.local)
            clash = next((other for other in subnets if overlaps(prefix, other[0])), None)
            if clash is not None:
                words = f"handoff of {link.peer.name} on {link.device} uses {prefix}, which overlaps its {clash[0]}"
                place, related = context.region.place(link.path), context.region.place(clash[1])
                yield found(codes.HANDOFF_OVERLAP, place, words, related=(related,))
            subnets.append((prefix, link.path))


def _policies(context: Context) -> Iterator[Finding]:
    sets = context.policies
    mixed = {name for name, of in sets.community_sets.items() if len(community_sets(of)) > 1}
    for kind, named in (
        ("policies", context.region.policies),
        ("prefix_sets", context.region.prefix_sets),
        ("community_sets", context.region.community_sets),
        ("as_path_sets", context.region.as_path_sets),
    ):
        for of in named:
            if of.name.startswith(GENERATED):
                words = f"{of.name} begins with {GENERATED}, as generated names do"
                yield found(codes.NAME_RESERVED, context.region.place(f"{kind}/{of.name}"), words)
    used = {name for peer in context.region.peers for h in peer.handoffs for name in (h.import_policy, h.export_policy)}
    for policy in context.region.policies:
        for statement in policy.statements:
            path = f"policies/{policy.name}/statements/{statement.name}"
            if policy.name in used and statement.set.communities_remove in mixed:
                words = f"statement {statement.name} removes {statement.set.communities_remove}, a set of both kinds"
                yield found(codes.COMMUNITIES_MIXED, context.region.place(path), words)
