"""The order in which nothing breaks on the way, if there is one.

orders of roles ---drafts---> states in between ---losses---> the first order without any, else the one with the least
                                                 '---------> up to 8 devices: every order, one device at a time
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import msgspec

from crossconnect.rollout.continuity import Loss
from crossconnect.rollout.groups import Group
from crossconnect.rollout.waves import ROLES, WAVE_DEVICES_MAX, Candidate, Draft, draft_waves

SEARCHED_DEVICES_MAX = 8
"""Devices up to which every order is searched: 256 states at most."""

ALONE_MAX = 16
"""Devices of a wave up to which each is also tried alone, since in a wave they change in any order."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A wave, and what is missing on the way through it and after it."""

    draft: Draft
    losses: tuple[Loss, ...]
    """After the wave, until the next one."""
    passing: tuple[Loss, ...]
    """Only while it is carried out, with one of its devices changed and the others not yet."""
    states: int
    """States that were simulated for it."""


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """The waves, and how they were found."""

    steps: tuple[Step, ...]
    orders_tried: int
    exhaustive: bool
    """Whether every order was looked at: what breaks then breaks in any."""
    alone: bool
    """Whether each device of a wave was also tried alone."""

    @property
    def clean(self) -> bool:
        """Whether nothing is missing at any time."""
        return not any(step.losses or step.passing for step in self.steps)


def ordered(
    changing: Mapping[str, Candidate],
    groups: Collection[Group],
    losses: Callable[[frozenset[str]], tuple[Loss, ...]],
    devices_max: int = WAVE_DEVICES_MAX,
    alone: bool = True,
) -> Ordered:
    """Waves with as little missing on the way as was found. `losses` tells what is missing while some devices are
    pending; it is asked once for each set. Without `alone`, devices of a wave are not also tried alone."""
    seen: dict[frozenset[str], tuple[Loss, ...]] = {}

    def missing(pending: frozenset[str]) -> tuple[Loss, ...]:
        if pending not in seen:
            # Before the first and after the last wave nothing is "between".
            whole = not pending or len(pending) == len(changing)
            seen[pending] = () if whole else losses(pending)
        return seen[pending]

    best: Ordered | None = None
    tried = 0
    known: set[tuple[Draft, ...]] = set()
    for roles in _role_orders(changing):
        drafts = draft_waves(changing, groups, roles, devices_max)
        if drafts in known:
            continue
        known.add(drafts)
        tried += 1
        found = Ordered(
            steps=_steps(changing, drafts, missing, alone), orders_tried=tried, exhaustive=False, alone=alone
        )
        if best is None or _weight(found) < _weight(best):
            best = found
        if best.clean:
            break
    assert best is not None
    if not best.clean and len(changing) <= SEARCHED_DEVICES_MAX:
        path = _path(frozenset(changing), missing)
        if path is not None:
            drafts = tuple(
                Draft(devices=(name,), reason="one at a time, in the order in which nothing is missing")
                for name in path
            )
            best = Ordered(
                steps=_steps(changing, drafts, missing, alone), orders_tried=tried, exhaustive=True, alone=alone
            )
        best = msgspec.structs.replace(best, exhaustive=True)
    return msgspec.structs.replace(best, orders_tried=tried)


def _role_orders(changing: Mapping[str, Candidate]) -> Iterator[tuple[str, ...]]:
    """The usual order, and then the others of the roles that there are."""
    roles = [role for role in ROLES if any(c.role == role for c in changing.values())]
    others = sorted({c.role for c in changing.values()} - set(ROLES))
    yield from itertools.permutations([*roles, *others])


def _steps(
    changing: Mapping[str, Candidate],
    drafts: Sequence[Draft],
    missing: Callable[[frozenset[str]], tuple[Loss, ...]],
    alone: bool,
) -> tuple[Step, ...]:
    pending = frozenset(changing)
    steps: list[Step] = []
    for draft in drafts:
        after = pending.difference(draft.devices)
        losses = missing(after)
        states, passing = 1, dict[tuple[str, str], Loss]()
        if alone and 1 < len(draft.devices) <= ALONE_MAX:
            already = {(loss.kind, loss.name) for loss in (*missing(pending), *losses)}
            for name in draft.devices:
                states += 1
                for loss in missing(pending - {name}):
                    if (loss.kind, loss.name) not in already:
                        passing.setdefault((loss.kind, loss.name), loss)
        steps.append(Step(draft=draft, losses=losses, passing=tuple(sorted(passing.values())), states=states))
        pending = after
    return tuple(steps)


def _weight(found: Ordered) -> tuple[int, int, int]:
    """Names that something is missing of, waves during which, pairs."""
    every = [loss for step in found.steps for loss in (*step.losses, *step.passing)]
    return len({(loss.kind, loss.name) for loss in every}), len(every), sum(loss.pairs for loss in every)


def _path(changing: frozenset[str], missing: Callable[[frozenset[str]], tuple[Loss, ...]]) -> tuple[str, ...] | None:
    """An order of single devices in which nothing is ever missing; None when there is none."""
    dead: set[frozenset[str]] = set()

    def onward(pending: frozenset[str]) -> tuple[str, ...] | None:
        if not pending:
            return ()
        for name in sorted(pending):
            left = pending - {name}
            if left in dead or missing(left):
                dead.add(left)
                continue
            rest = onward(left)
            if rest is not None:
                return (name, *rest)
        dead.add(pending)
        return None

    return onward(changing)
