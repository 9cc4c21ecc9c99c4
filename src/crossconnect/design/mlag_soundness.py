"""Soundness of MLAG pairs."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.design import codes
from crossconnect.design.context import Context
from crossconnect.design.mlag import mlag_of
from crossconnect.finding import Finding, found
from crossconnect.model.inventory import MlagPair


def mlag_findings(context: Context) -> Iterator[Finding]:
    """What makes a pair no pair, or takes from it what it is for."""
    for pair in context.inventory.pairs:
        yield from _halves(context, pair)
        if pair.peer_links == 1:
            words = f"the leaves of {pair.rack} have one cable between them: with it, {pair.secondary} goes dark"
            yield found(codes.MLAG_ONE_LINK, context.region.place(pair.path), words)
    yield from _servers(context)
    for link in context.handoffs:
        pair = context.pairs.get(link.device)
        if pair is not None:
            words = f"{link.peer.name} is handed off at {link.device}, one of the MLAG pair of {pair.rack}"
            yield found(codes.MLAG_HANDOFF, context.region.place(f"{link.path}/border"), words)


def _halves(context: Context, pair: MlagPair) -> Iterator[Finding]:
    here, there = context.switches[pair.primary], context.switches[pair.secondary]
    place = context.region.place(pair.path)
    both = f"{pair.primary} and {pair.secondary} are an MLAG pair"
    if here.nos != there.nos or here.platform != there.platform:
        kinds = " and ".join(f"{s.nos} on {s.platform.name}" for s in (here, there))
        yield found(codes.MLAG_UNLIKE, place, f"{both} of {kinds}")
    if context.asns[here.name] == context.asns[there.name]:
        yield found(
            codes.MLAG_ASN, context.region.place("asns/leaf"), f"{both} and share ASN {context.asns[here.name]}"
        )
    half = mlag_of(context, here)
    if half is not None and not (half.keepalive and half.keepalive_peer):
        words = f"{both}, and have no management addresses by which each hears that the other lives"
        yield found(codes.MLAG_KEEPALIVE, place, words)


def _servers(context: Context) -> Iterator[Finding]:
    """Servers with one cable in a pair and the other elsewhere, once per place that says so."""
    seen: set[str] = set()
    for host in context.inventory.hosts:
        pairs = {context.pairs[leaf].rack if leaf in context.pairs else "" for leaf in host.leaves}
        if len(pairs) > 1 and host.path not in seen:
            seen.add(host.path)
            words = f"server {host.name} is on {' and '.join(host.leaves)}, which are not one MLAG pair"
            yield found(codes.MLAG_SERVER, context.region.place(host.path), words)
