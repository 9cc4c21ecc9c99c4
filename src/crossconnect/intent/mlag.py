"""Which racks are MLAG pairs: those that say so, and those of two leaves in a region that says so."""

from __future__ import annotations

from crossconnect.finding import Finding, found
from crossconnect.intent import allocate_codes as codes
from crossconnect.intent.expansion import Expansion
from crossconnect.model.inventory import MlagPair
from crossconnect.net.order import natural_key

PEER_LINKS = 2
"""Cables between the leaves of a rack that is written by hand: one may break."""


def mlag_pairs(work: Expansion) -> tuple[list[MlagPair], list[Finding]]:
    """The pairs by rack. A rack that says `mlag` and has other than two leaves is a finding; one that only the region
    means is not, where it has one leaf."""
    region = work.region
    pairs: list[MlagPair] = []
    findings: list[Finding] = []
    for rack in sorted(work.racks, key=natural_key):
        group, path = work.multihoming.get(rack, (None, ""))
        own = group.multihoming if group is not None else None
        if (own or region.design.multihoming) != "mlag":
            continue
        leaves = sorted(work.racks[rack], key=natural_key)
        said = f"{path}/multihoming" if own else "design/multihoming"
        if len(leaves) != 2:
            if own or len(leaves) > 2:
                words = f"rack {rack} is to be an MLAG pair, and has {len(leaves)} of two leaves"
                findings.append(found(codes.MLAG_LEAVES, region.place(said), words))
            continue
        count = group.peer_links if group is not None else PEER_LINKS
        if count < 1:
            words = f"rack {rack} is an MLAG pair with {count} cables between its leaves"
            findings.append(found(codes.MLAG_LEAVES, region.place(f"{path}/peer_links"), words))
        pairs.append(
            MlagPair(
                rack=rack, primary=leaves[0], secondary=leaves[1], peer_links=count, path=said if own else path or said
            )
        )
    return pairs, findings
