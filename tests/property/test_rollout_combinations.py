"""States inside a wave: those that are simulated, against all of them.

Input: a region, an edit, and the plan of it. Oracle: every set of a wave's devices changed while the others are not,
each simulated from nothing, with no state kept from another.
"""

from __future__ import annotations

import functools
import itertools

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from test_rollout_mixture import PROMISES, REGIONS

from changes import EDITS, both, changed_devices
from crossconnect.model.region import Region
from crossconnect.model.tenant import Tenant
from crossconnect.rollout.assembly import Context, assemble
from crossconnect.rollout.combinations import ALL_BITS_MAX, colours, inside_states
from crossconnect.rollout.continuity import Continuity
from crossconnect.rollout.mixture import mixed
from crossconnect.rollout.plan import Side, plan
from crossconnect.rollout.saved_plan import SavedPlan
from crossconnect.simulate.maintenance import drained
from regions import small

WIDE = small(leaves=12, tenants=2, segments=1, families=("ipv4",))
"""One pod of twelve leaves: waves of one, two, four and five of them."""


def _apart() -> Region:
    """Seven leaves, the first three with servers of red alone, the others of blue."""
    region = small(leaves=7, tenants=2, segments=1, families=("ipv4",))
    pod = region.pods[0]
    racks = tuple(
        msgspec.structs.replace(rack, servers=tuple(g for g in rack.servers if ("red" in g.name) == (n < 3)))
        for n, rack in enumerate(pod.racks)
    )
    return msgspec.structs.replace(region, pods=(msgspec.structs.replace(pod, racks=racks),))


def _other_vnis(region: Region) -> Region:
    """Each segment gets another L2VNI: leaves that have it do not understand those that have not."""

    def moved(number: int, tenant: Tenant) -> Tenant:
        vrf = tenant.vrfs[0]
        segment = msgspec.structs.replace(vrf.segments[0], vni=19000 + number)
        return msgspec.structs.replace(tenant, vrfs=(msgspec.structs.replace(vrf, segments=(segment,)),))

    return msgspec.structs.replace(region, tenants=tuple(moved(n, t) for n, t in enumerate(region.tenants)))


SOME = [
    ("wide", "another segment", False),
    ("wide", "gateway MAC", False),
    ("apart", "other VNIs", False),
    ("pods", "unnumbered", False),
]
"""A case is planned once, whatever is drawn of it."""
FAMILIES = st.lists(st.frozensets(st.integers(0, 11).map(str), max_size=5), max_size=6)
NAMES = tuple(str(n) for n in range(12))


@given(together=FAMILIES | st.none(), count=st.integers(1, 12))
def test_whatever_is_a_sum_over_sets_is_seen(together: list[frozenset[str]] | None, count: int) -> None:
    """Output: where they stand for all states, of each set any part is changed in one of them; else any three devices
    of a set are changed and not in all eight ways, and each is first and last."""
    devices = NAMES[:count]
    inside, cover = inside_states(devices, together)
    seen = (*inside, frozenset(), frozenset(devices))
    assert all(done < frozenset(devices) for done in inside)
    for each in together if together is not None else [frozenset(devices)]:
        members = sorted(each & set(devices))
        size = len(members) if cover == "all" else min(3, len(members))
        for some in itertools.combinations(members, size):
            ways = {tuple(name in done for name in some) for done in seen}
            assert len(ways) == 1 << size
    if together is None and cover == "three":
        assert {frozenset((name,)) for name in devices} <= set(inside)
        assert {frozenset(devices) - {name} for name in devices} <= set(inside)
    assert cover == "all" or len(colours(devices, together)) > ALL_BITS_MAX
    assert len(inside) <= 2 * count + 32


@functools.cache
def planned(region: str, edit: str, backwards: bool) -> tuple[Side, Side, SavedPlan, Continuity]:
    base = {"wide": WIDE, "apart": _apart()}.get(region) or REGIONS[region]
    promised = msgspec.structs.replace(base, promises=PROMISES if region in REGIONS else ())
    old, new = both(promised, _other_vnis if edit == "other VNIs" else EDITS[edit], backwards)
    saved, _ = assemble(old, new, plan(old, new), Context())
    return old, new, saved, Continuity(old.blueprint, new.blueprint)


def unnamed(case: tuple[str, str, bool], wave: int, done: frozenset[str]) -> set[tuple[str, str]]:
    """What is missing inside a wave, and named by nothing that the plan says of it and of the waves beside it."""
    old, new, saved, whole = planned(*case)
    here = saved.waves[wave - 1]
    changed = changed_devices(old, new)
    pending = changed - {name for each in saved.waves[: wave - 1] for name in each.devices} - done
    state = mixed(old.blueprint, new.blueprint, changed, pending)
    out = frozenset(here.drain)
    # Not told which switches are pending, it keeps nothing from one state to another.
    found = whole.losses(drained(state, out) if out else state)
    before = saved.waves[wave - 2].effect.after if wave > 1 else ()
    told = (*before, *here.effect.after, *here.effect.passing, *here.effect.drained)
    return {(loss.kind, loss.name) for loss in found} - {(loss.kind, loss.name) for loss in told}


def some_state(saved: SavedPlan, data: st.DataObject) -> tuple[int, frozenset[str]] | None:
    waves = [wave for wave in saved.waves if len(wave.devices) > 1]
    if not waves:
        return None
    wave = data.draw(st.sampled_from(waves))
    return wave.number, frozenset(data.draw(st.sets(st.sampled_from(wave.devices))))


@settings(max_examples=6, deadline=None)
@given(case=st.sampled_from(SOME), data=st.data())
def test_nothing_is_missing_in_any_state_inside_a_wave_that_the_plan_does_not_name(
    case: tuple[str, str, bool], data: st.DataObject
) -> None:
    if (drawn := some_state(planned(*case)[2], data)) is not None:
        assert unnamed(case, *drawn) == set()


def test_what_is_missing_only_inside_a_wave_is_named() -> None:
    """Input: two segments get other VNIs, one of them on the leaves of a single wave alone. Output: its network is
    named as missing while that wave is carried out, and at no end of a wave; each set of its leaves is as predicted."""
    case = ("apart", "other VNIs", False)
    saved = planned(*case)[2]
    (wave,) = (each for each in saved.waves if len(each.devices) == 4)
    assert "blue-v1" in {loss.name for loss in wave.effect.passing}
    assert all("blue-v1" not in {loss.name for loss in each.effect.after} for each in saved.waves)
    assert {each.name for each in saved.breaks} == {"red-v1", "blue-v1"}
    for each in saved.waves:
        for size in range(1, len(each.devices)):
            for done in itertools.combinations(each.devices, size):
                assert unnamed(case, each.number, frozenset(done)) == set()


def test_of_one_change_every_state_inside_every_wave() -> None:
    """Input: servers of twelve leaves get a port in another segment. Output: of each of its waves all sets of changed
    devices are simulated from nothing, and nothing is missing that the plan does not name."""
    case = ("wide", "another segment", False)
    saved = planned(*case)[2]
    assert max(len(wave.devices) for wave in saved.waves) > ALL_BITS_MAX
    for wave in saved.waves:
        for size in range(1, len(wave.devices)):
            for done in itertools.combinations(wave.devices, size):
                assert unnamed(case, wave.number, frozenset(done)) == set()


def test_a_plan_says_which_states_were_simulated() -> None:
    """Input: a new tenant, and another segment for those that are there. Output: whoever is not there before misses
    nothing, so the ends of waves stand for all; else the states inside are named."""
    saved = planned("wide", "fewer tenants", True)[2]
    assert {wave.effect.cover for wave in saved.waves} == {"all"}
    assert all(wave.effect.simulated == (wave.devices,) for wave in saved.waves)
    saved = planned("wide", "another segment", False)[2]
    for wave in saved.waves:
        every = 1 << len(wave.devices)
        assert len(wave.effect.simulated) == len(set(wave.effect.simulated)) == wave.effect.states
        assert (wave.effect.cover == "all") == (wave.effect.states == every - 1)
