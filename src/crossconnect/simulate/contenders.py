"""Candidates of the decision process as an explanation shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from crossconnect.device.bgp import Bgp
from crossconnect.simulate.attributes import as_path_text
from crossconnect.simulate.decision import Candidate, Selection, left_out, losses
from crossconnect.simulate.explanation import Contender, Lost, Passage, origin_text


class Entrant(NamedTuple):
    """A candidate and where it came from; texts as in `Contender`."""

    candidate: Candidate
    peer: str
    sender: str
    next_hop: str
    passed: tuple[Passage, ...] = ()
    route: str = ""
    origin_device: str = ""


def contenders(entrants: Sequence[Entrant], chosen: Selection, bgp: Bgp | None) -> tuple[Contender, ...]:
    """All candidates, with the step at which each lost against what the decision process has chosen. `bgp` is None
    where nothing is forwarded by the table, and so nothing is multipath."""
    candidates = [entrant.candidate for entrant in entrants]
    lost = losses(candidates)
    assert not entrants or chosen.best not in lost, "the explanation has another best path than the decision"
    outside: dict[int, str] = {}
    if bgp is not None:
        outside = left_out(candidates, chosen.best, chosen.multipath, bgp.maximum_paths, bgp.multipath_relax)
    found: list[Contender] = []
    for index, entrant in enumerate(entrants):
        attributes = entrant.candidate.attributes
        loss = lost.get(index)
        found.append(
            Contender(
                number=index + 1,
                peer=entrant.peer,
                sender=entrant.sender,
                route=entrant.route,
                origin_device=entrant.origin_device,
                next_hop=entrant.next_hop,
                as_path=as_path_text(attributes.as_path),
                origin=origin_text(attributes),
                med=attributes.med,
                local_pref=attributes.local_pref,
                weight=attributes.weight,
                communities=attributes.communities,
                best=index == chosen.best,
                multipath=len(chosen.multipath) > 1 and index in chosen.multipath,
                lost=Lost(step=loss.step, against=loss.against + 1, own=loss.own, other=loss.other) if loss else None,
                not_multipath=outside.get(index, ""),
                passed=entrant.passed,
            )
        )
    return tuple(found)
