"""What a tenant is told of an answer: its own hops whole; of the provider's and of other tenants' that they are there,
and whether they let the packet through."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import msgspec

from crossconnect.cloud.reach.hop import Hop, Layer, Reachability

_OWN: Layer = "vpc"
_PROVIDER: Layer = "provider"
_OTHER: Layer = "other-project"


def told(answer: Reachability, project_id: str) -> Reachability:
    """An answer as a project's members may see it."""
    partly = answer.outcome == "partly"
    linked = any(hop.point == "service-endpoint" and hop.project_id == project_id for hop in answer.there)
    others = "the service's side" if linked else "another project"
    there, back = (_hops(hops, project_id, others, partly) for hops in (answer.there, answer.back))
    words, by = "the packet arrives, and the answer comes back", ""
    failed = next((hop for hop in (*there, *back) if not hop.passes), None)
    if failed is not None:
        head = "" if failed in there else "the answer: "
        words, by = f"{head}{failed.message}", failed.decided_by or failed.component
    elif partly:
        words = "some flows are lost in the provider's network, and others are not"
    return msgspec.structs.replace(answer, there=there, back=back, explanation=words, decided_by=by)


def _hops(hops: Sequence[Hop], project_id: str, others: str, partly: bool) -> tuple[Hop, ...]:
    found: list[Hop] = []
    # Tunnels between hypervisors are nothing that a tenant would know of, unless they lose packets.
    hops = [hop for hop in hops if hop.layer != "underlay" or not hop.passes]
    for _, group in groupby(hops, key=lambda hop: _whose(hop, project_id)):
        alike = [*group]
        whose = _whose(alike[0], project_id)
        found += alike if whose == _OWN else [_opaque(whose, alike, others, partly)]
    last = len(found) - 1
    return tuple(
        msgspec.structs.replace(hop, number=n, next=(n + 1,) if n < last else (), carried_by=None)
        for n, hop in enumerate(found)
    )


def _whose(hop: Hop, project_id: str) -> Layer:
    if hop.layer != _OWN:
        return _PROVIDER
    return _OWN if hop.project_id == project_id else _OTHER


def _opaque(whose: Layer, hops: Sequence[Hop], others: str, partly: bool) -> Hop:
    """One hop in the place of all of somebody else's; `others` is what other projects are called."""
    who = "the provider's network" if whose == _PROVIDER else others
    passes = all(hop.passes for hop in hops)
    words = f"{who} lets it through" if passes else f"{who} does not let it through"
    if not passes and partly and whose == _PROVIDER:
        passes, words = True, f"{who} lets some flows through, and loses others"
    return Hop(number=0, layer=whose, point=whose, passes=passes, message=words)
