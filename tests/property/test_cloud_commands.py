"""Random commands on resources of every kind: decisions carry them out or refuse them, and what is compiled change by
change is what is compiled at once.

Input: commands of two projects, as of `cloud_commands`. Output: no other end than carried out or `Refused`; the same
units and failures as those of a compiler that is given the last state; rows that refer to rows that are there.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_commands import Command, World, draw
from cloud_documents import REGION
from cloud_memory import BY_TYPE, Cloud
from crossconnect.cloud.logical.queries import BROKEN
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.features import Features, features_of
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Change, Refused, Resource, missing
from ovn_contents import Contents

OLD = Features()
NEW = features_of(lambda table, column: True)
HEARING = msgspec.structs.replace(OLD, southbound=True)
COMMANDS = 250


class Recorded(Cloud):
    """A cloud that says what has changed."""

    def __init__(self) -> None:
        super().__init__(
            zones=("a", "b"),
            public_prefixes=REGION.public_prefixes,
            public_prefixes6=REGION.public_prefixes6,
            vrfs=("blue", "nowhere"),
        )
        self.changed: dict[str, Resource | None] = {}

    def apply(self, change: Change) -> None:
        there = self.documents.keys() | {one.id for one in change.put}
        for one in change.put:  # as the service does
            for reference in BY_TYPE[type(one)].references(one):
                if reference.id not in there:
                    raise missing("resource", reference.id, reference.field)
        super().apply(change)
        self.changed |= dict.fromkeys(change.delete)
        self.changed |= {one.id: one for one in change.put}

    def take(self) -> Sequence[tuple[str, Resource | None]]:
        """What changed since the last call."""
        changed, self.changed = self.changed, {}
        return [*changed.items()]

    def carry_out(self, command: Command) -> str:
        """Do it; the code of its refusal, or empty."""
        try:
            match command.verb:
                case "create":
                    self.create(command.kind, project=command.project, **command.said)
                case "update":
                    self.update(command.id, project=command.project, **command.said)
                case _:
                    self.delete(command.id, project=command.project)
        except Refused as error:
            refusal = error
        else:
            return ""
        assert all(problem.code and problem.message for problem in refusal.problems), command
        return refusal.problems[0].code


def commands(cloud: Recorded, chance: random.Random, count: int, inline: bool) -> Counter[tuple[str, str, bool]]:
    """Carry some out; how many of each verb and kind were, and were not."""
    told: Counter[tuple[str, str, bool]] = Counter()
    for _ in range(count):
        command = draw(World(chance, cloud.documents.values(), inline))
        told[command.verb, command.kind, not cloud.carry_out(command)] += 1
    return told


@pytest.mark.parametrize("features", [OLD, NEW, HEARING], ids=["old", "new", "hearing"])
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_what_is_compiled_by_and_by_is_what_is_compiled_at_once(features: Features, seed: int) -> None:
    chance, cloud = random.Random(seed), Recorded()
    compiler, contents = Compiler(REGION, features), Contents()
    told: dict[str, str] = {}
    down: set[str] = set()
    done = 0
    while done < COMMANDS:
        count = chance.randint(1, 20)
        commands(cloud, chance, count, features.network_function)
        done += count
        delta = compiler.apply(cloud.take())
        contents.apply(delta.units)
        interfaces = [one.id for one in cloud.of("network_interface")]
        down = set(chance.sample(interfaces, chance.randint(0, len(interfaces))))
        observed = compiler.observe(down)
        contents.apply(observed.units)
        told = {id: reason for id, reason in (told | delta.failed | observed.failed).items() if reason}
    fresh, at_once = Compiler(REGION, features), Contents()
    fresh.observe(down)
    at_once.apply(fresh.apply(sorted(cloud.documents.items())).units)
    assert compiler.units() == fresh.units()
    assert compiler.failed() == fresh.failed() == told
    assert not [reason for reason in told.values() if BROKEN in reason]
    assert contents.full() == at_once.full()
    assert not contents.homeless(), contents.homeless()


def test_the_commands_reach_every_kind() -> None:
    """Of each kind some are made, changed and deleted; and most commands are carried out."""
    told: Counter[tuple[str, str, bool]] = Counter()
    for seed in range(4):
        told += commands(Recorded(), random.Random(seed), 1200, inline=True)
    missing = {(verb, kind) for verb in ("create", "update", "delete") for kind in KINDS if not told[verb, kind, True]}
    assert not missing
    carried_out = sum(count for (_, _, done), count in told.items() if done)
    assert carried_out > 0.6 * told.total()
