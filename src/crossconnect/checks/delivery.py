"""What becomes of packets in the state at hand: the simulator's forwarding over the tables of whichever world.

Made when first asked for, and shared by the checks of one run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from crossconnect.design.blueprint import Blueprint, Endpoint
from crossconnect.net import address_of, version_of
from crossconnect.simulate.fib import Fib, fib
from crossconnect.simulate.forwarding import Forwarder, Verdict
from crossconnect.simulate.reachability import EndpointClass, endpoint_classes
from crossconnect.state.tables import State

_A = TypeVar("_A")
_B = TypeVar("_B")


class Delivery:
    """Forwarding of one state. `tables` saves indexing it where somebody has done so already."""

    def __init__(self, blueprint: Blueprint, state: State, tables: Fib | None = None) -> None:
        self._blueprint = blueprint
        self._state = state
        self._tables = tables
        self._forwarder: Forwarder | None = None
        self._classes: list[EndpointClass] | None = None

    def _fib(self) -> Fib:
        if self._tables is None:
            self._tables = fib(self._blueprint, self._state)
        return self._tables

    @property
    def forwarder(self) -> Forwarder:
        """Answers for single packets."""
        if self._forwarder is None:
            self._forwarder = Forwarder(self._fib())
        return self._forwarder

    @property
    def classes(self) -> list[EndpointClass]:
        """Endpoints that forwarding cannot tell apart."""
        if self._classes is None:
            self._classes = endpoint_classes(self._fib())
        return self._classes

    def between(self, source: Endpoint, destination: Endpoint) -> Iterator[tuple[str, Verdict]]:
        """(destination address, verdict) for each IP version that both have."""
        versions = {version_of(a) for a in source.addresses}
        for version in sorted(versions):
            address = next((address_of(a) for a in destination.addresses if version_of(a) == version), "")
            if address:
                yield address, self.forwarder.send(source, address)


def arrives(verdict: Verdict, host: str) -> bool:
    """Whether every flow reaches the host, and nobody else gets any."""
    return verdict.outcome == "delivered" and verdict.recipients == frozenset((host,))


def reason_text(verdict: Verdict) -> str:
    """Why packets do not arrive, in one line."""
    drop = min(verdict.drops, default=None)
    if drop is not None:
        return f"{drop.device}: {drop.reason}"
    return f"they reach {', '.join(sorted(verdict.recipients))}" if verdict.recipients else "they reach nobody"


def chosen_pairs(sources: Sequence[_A], destinations: Sequence[_B], pairs_max: int) -> Iterator[tuple[_A, _B]]:
    """All pairs if there are at most `pairs_max`; else about as many, each member of both sides equally often.

    Pairs of a large fabric repeat the same paths, while every path begins at some member and ends at one.
    """
    if len(sources) * len(destinations) <= pairs_max:
        yield from ((a, b) for a in sources for b in destinations)
        return
    longer = max(len(sources), len(destinations))
    rounds = max(1, pairs_max // longer)
    for turn in range(rounds):
        for n in range(longer):
            yield sources[n % len(sources)], destinations[(n + 1 + turn * 7919) % len(destinations)]
