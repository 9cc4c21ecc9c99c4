"""The order in which nothing breaks on the way, if there is one.

orders of roles ---drafts---> states in between ---losses---> the first order without any, else the one with the least
                                                 '---------> up to 8 devices: every order, one device at a time

States in between are the ends of waves, and those inside them (`combinations`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import msgspec

from crossconnect.rollout.combinations import Cover, Inside, inside_states
from crossconnect.rollout.continuity import Loss
from crossconnect.rollout.groups import Group
from crossconnect.rollout.waves import ROLES, WAVE_DEVICES_MAX, Candidate, Draft, draft_waves

SEARCHED_DEVICES_MAX = 8
"""Devices up to which every order is searched: 256 states at most."""

Losses = Callable[[frozenset[str], frozenset[str]], tuple[Loss, ...]]
"""What is missing while some devices are pending, and some are drained."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A wave, and what is missing on the way through it and after it."""

    draft: Draft
    losses: tuple[Loss, ...]
    """After the wave, until the next one."""
    passing: tuple[Loss, ...]
    """Only while it is carried out, with some of its devices changed and the others not yet."""
    simulated: tuple[tuple[str, ...], ...]
    """Of each state that was simulated, its devices that are changed; the last one is its end."""
    cover: Cover
    """What those stand for."""


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """The waves, and how they were found."""

    steps: tuple[Step, ...]
    orders_tried: int
    exhaustive: bool
    """Whether every order was looked at: what breaks then breaks in any."""

    @property
    def clean(self) -> bool:
        """Whether nothing is missing at any time."""
        return not any(step.losses or step.passing for step in self.steps)


def ordered(
    changing: Mapping[str, Candidate],
    groups: Collection[Group],
    losses: Losses,
    devices_max: int = WAVE_DEVICES_MAX,
    inside: Callable[[Sequence[str]], Inside] = inside_states,
    drained_for: frozenset[str] = frozenset(),
) -> Ordered:
    """Waves with as little missing on the way as was found. `losses` is asked once for each pair of sets. `inside`
    tells which states inside a wave are looked at. `drained_for`: devices that are drained while their wave is under
    way."""
    seen: dict[tuple[frozenset[str], frozenset[str]], tuple[Loss, ...]] = {}

    def missing(pending: frozenset[str], out: frozenset[str]) -> tuple[Loss, ...]:
        if (pending, out) not in seen:
            # Before the first and after the last wave nothing is "between".
            whole = not pending or len(pending) == len(changing)
            seen[pending, out] = () if whole else losses(pending, out)
        return seen[pending, out]

    def steps(drafts: Sequence[Draft]) -> tuple[Step, ...]:
        return _steps(changing, drafts, missing, inside, drained_for)

    best: Ordered | None = None
    tried = 0
    known: set[tuple[Draft, ...]] = set()
    for roles in _role_orders(changing):
        drafts = draft_waves(changing, groups, roles, devices_max)
        if drafts in known:
            continue
        known.add(drafts)
        tried += 1
        found = Ordered(steps=steps(drafts), orders_tried=tried, exhaustive=False)
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
            best = Ordered(steps=steps(drafts), orders_tried=tried, exhaustive=True)
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
    missing: Losses,
    inside: Callable[[Sequence[str]], Inside],
    drained_for: frozenset[str],
) -> tuple[Step, ...]:
    pending, nobody = frozenset(changing), frozenset[str]()
    steps: list[Step] = []
    for draft in drafts:
        moving = frozenset(draft.devices)
        after = pending - moving
        losses = missing(after, nobody)
        between, cover = inside(draft.devices)
        passing = dict[tuple[str, str], Loss]()
        already = {(loss.kind, loss.name) for loss in (*missing(pending, nobody), *losses)}
        for done in between:
            for loss in missing(pending - done, moving & drained_for):
                if (loss.kind, loss.name) not in already:
                    passing.setdefault((loss.kind, loss.name), loss)
        steps.append(
            Step(
                draft=draft,
                losses=losses,
                passing=tuple(sorted(passing.values())),
                simulated=tuple(tuple(n for n in draft.devices if n in done) for done in (*between, moving)),
                cover=cover,
            )
        )
        pending = after
    return tuple(steps)


def _weight(found: Ordered) -> tuple[int, int, int]:
    """Names that something is missing of, waves during which, pairs."""
    every = [loss for step in found.steps for loss in (*step.losses, *step.passing)]
    return len({(loss.kind, loss.name) for loss in every}), len(every), sum(loss.pairs for loss in every)


def _path(changing: frozenset[str], missing: Losses) -> tuple[str, ...] | None:
    """An order of single devices in which nothing is ever missing; None when there is none."""
    dead: set[frozenset[str]] = set()

    def onward(pending: frozenset[str]) -> tuple[str, ...] | None:
        if not pending:
            return ()
        for name in sorted(pending):
            left = pending - {name}
            if left in dead or missing(left, frozenset()):
                dead.add(left)
                continue
            rest = onward(left)
            if rest is not None:
                return (name, *rest)
        dead.add(pending)
        return None

    return onward(changing)
