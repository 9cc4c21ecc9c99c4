"""Waves of random changes: each device once, never two that stand in for each other, whatever the order of input."""

from __future__ import annotations

import itertools
import random

from hypothesis import given, settings
from hypothesis import strategies as st
from test_rollout_mixture import CASES, prepared

from changes import changed_devices
from crossconnect.rollout.continuity import Loss
from crossconnect.rollout.groups import Group, redundancy_groups
from crossconnect.rollout.order import ordered
from crossconnect.rollout.waves import ROLES, Candidate, candidates, draft_waves

NAMES = st.integers(0, 40).map(lambda n: f"d{n:02}")


@st.composite
def regions(draw: st.DrawFn) -> tuple[dict[str, Candidate], tuple[Group, ...]]:
    names = draw(st.sets(NAMES, min_size=1, max_size=25))
    found: dict[str, Candidate] = {}
    for name in names:
        role = draw(st.sampled_from((*ROLES, "other")))
        found[name] = Candidate(
            name=name,
            role=role,
            nos=draw(st.sampled_from(("frr", "eos"))),
            site=draw(st.sampled_from(("north", "south"))),
            pod="" if role == "super-spine" else draw(st.sampled_from(("a", "b", "c"))),
            kinds=frozenset(draw(st.sets(st.sampled_from(("vrf", "policy", "system"))))),
            behind=draw(st.integers(0, 3)),
        )
    some = st.sets(st.sampled_from(sorted(names)), min_size=1, max_size=4)
    groups = draw(st.lists(some, max_size=8))
    return found, tuple(
        Group(devices=tuple(sorted(g)), kind="uplinks", of=f"x{n}") for n, g in enumerate(groups) if len(g) > 1
    )


@given(given_=regions(), most=st.integers(1, 6), seed=st.integers())
def test_every_device_once_no_two_of_a_group_and_never_more_than_allowed(
    given_: tuple[dict[str, Candidate], tuple[Group, ...]], most: int, seed: int
) -> None:
    changing, groups = given_
    waves = draft_waves(changing, groups, devices_max=most)
    flat = [name for wave in waves for name in wave.devices]
    assert sorted(flat) == sorted(changing)
    for wave in waves:
        assert 1 <= len(wave.devices) <= max(most, 2)
        assert all(len(set(g.devices) & set(wave.devices)) < 2 for g in groups)
        assert len({(changing[n].role, changing[n].nos, changing[n].site) for n in wave.devices}) == 1
    first_of_kind: set[tuple[str, str]] = set()
    for wave in waves:
        kind = (changing[wave.devices[0]].role, changing[wave.devices[0]].nos)
        assert kind in first_of_kind or len(wave.devices) == 1, "a canary goes alone"
        first_of_kind.add(kind)
    sites = [changing[wave.devices[0]].site for wave in waves]
    assert sum(1 for a, b in itertools.pairwise(sites) if a != b) < len(set(sites)), "site by site"
    items = list(changing.items())
    random.Random(seed).shuffle(items)
    assert draft_waves(dict(items), groups[::-1], devices_max=most) == waves


@settings(max_examples=40, deadline=None)
@given(case=st.sampled_from(CASES))
def test_real_changes_never_take_two_of_a_redundancy_group_at_once(case: tuple[str, str, bool]) -> None:
    old, new, _continuity, _ = prepared(*case)
    changed = changed_devices(old, new)
    if not changed:
        return
    changing = candidates(old.blueprint, new.blueprint, changed)
    groups = {g.devices: g for side in (old, new) for g in redundancy_groups(side.blueprint)}
    waves = draft_waves(changing, groups.values())
    assert sorted(n for w in waves for n in w.devices) == sorted(changed)
    for wave in waves:
        assert all(len(set(g) & set(wave.devices)) < 2 for g in groups)


@given(
    names=st.sets(NAMES, min_size=1, max_size=6),
    bad=st.sets(st.frozensets(NAMES, min_size=1, max_size=5), max_size=12),
)
def test_an_order_without_losses_is_found_where_there_is_one(names: set[str], bad: set[frozenset[str]]) -> None:
    changing = {
        n: Candidate(name=n, role="leaf", nos="frr", site="s", pod="p", kinds=frozenset(), behind=0) for n in names
    }
    loss = (Loss(kind="network", name="red", what="gone", pairs=1),)
    asked: list[frozenset[str]] = []

    def losses(pending: frozenset[str], _out: frozenset[str]) -> tuple[Loss, ...]:
        asked.append(pending)
        return loss if pending in bad else ()

    found = ordered(changing, (), losses)
    assert len(asked) == len(set(asked)), "each state is simulated once"
    assert sorted(n for s in found.steps for n in s.draft.devices) == sorted(names)

    def reachable(pending: frozenset[str]) -> bool:
        return not pending or any(
            (not (pending - {n}) or pending - {n} not in bad) and reachable(pending - {n}) for n in pending
        )

    assert found.clean == reachable(frozenset(names))
    if not found.clean:
        assert found.exhaustive
