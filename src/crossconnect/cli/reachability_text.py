"""Whether a packet arrives, as text for a terminal: its hops there and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crossconnect.cli.explanation_text import wrapped
from crossconnect.cli.output import say
from crossconnect.cloud.reach import Addresses, Hop, Reachability


def reachability_text(answer: Reachability) -> str:
    """All hops in their order, those of what carries a tunnel set in below it."""
    lines = [f"there  {_flow(answer.asked, answer.protocol)}", *_hops(answer.there)]
    if answer.back:
        lines += ["back", *_hops(answer.back)]
    return "\n".join(lines)


def say_outcome(answer: Reachability) -> int:
    """The verdict on stderr; the command's exit code."""
    by = f" ({answer.decided_by})" if answer.decided_by and answer.decided_by not in answer.explanation else ""
    say(f"{answer.outcome}: {answer.explanation}{by}")
    return 0 if answer.outcome == "reachable" else 1


def _flow(asked: Addresses, protocol: str) -> str:
    return f"{protocol} {_end(asked.source, asked.source_port)} to {_end(asked.destination, asked.destination_port)}"


def _end(address: str, port: int | None) -> str:
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _hops(hops: Sequence[Hop]) -> Iterator[str]:
    below = _below(hops)
    for hop in hops:
        deep = "    " if hop.number in below else ""
        words = [hop.component, hop.point, _message(hop)]
        dropped = "" if hop.passes else "  DROPPED"
        yield from wrapped(f"{hop.number:>3}  {deep}", f"{'  '.join(word for word in words if word)}{dropped}")
        if hop.before is not None and hop.after is not None:
            yield f"     {deep}    {_pair(hop.before)}  becomes  {_pair(hop.after)}"
        if len(hop.next) > 1:
            yield f"     {deep}    then one of {', '.join(str(n) for n in hop.next)}"
        elif hop.next and hop.next[0] != hop.number + 1 and hop.carried_by is None:
            yield f"     {deep}    then {hop.next[0]}"


def _message(hop: Hop) -> str:
    """What a hop says; nothing where that is its kind in other words."""
    return "" if hop.message == hop.point else hop.message


def _pair(addresses: Addresses) -> str:
    source, destination = addresses.source, addresses.destination
    return f"{_end(source, addresses.source_port)} > {_end(destination, addresses.destination_port)}"


def _below(hops: Sequence[Hop]) -> frozenset[int]:
    """Numbers of hops that carry a tunnel."""
    pending = [hop.carried_by for hop in hops if hop.carried_by is not None]
    found: set[int] = set()
    while pending:
        number = pending.pop()
        if number not in found:
            found.add(number)
            pending += hops[number].next
    return frozenset(found)
