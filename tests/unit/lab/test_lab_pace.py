"""BFD intervals that a machine keeps up with."""

from __future__ import annotations

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.lab.pace import INTERVAL_MAX_MS, PACKETS_PER_S_AND_PROCESSOR, STEP_MS, packets_per_s, relaxed
from crossconnect.model.region import Bfd
from regions import compiled, small


def blueprint_of(bfd: Bfd, spines: int = 2, leaves: int = 4) -> Blueprint:
    region = small(spines=spines, leaves=leaves)
    blueprint = compiled(
        msgspec.structs.replace(region, design=msgspec.structs.replace(region.design, bfd=bfd))
    ).blueprint
    assert blueprint is not None
    return blueprint


def intervals(blueprint: Blueprint) -> set[int]:
    return {device.bfd.interval_ms for device in blueprint.devices if device.bfd}


def test_packets_are_counted_at_both_ends_of_every_session() -> None:
    numbered = blueprint_of(Bfd(enabled=True, interval_ms=100))
    sessions = sum(n.bfd for d in numbered.devices for i in d.network_instances if i.bgp for n in i.bgp.neighbors)
    assert packets_per_s(numbered) == sessions * 10
    assert packets_per_s(blueprint_of(Bfd(enabled=False))) == 0


def test_what_the_machine_keeps_up_with_stays_as_it_is() -> None:
    blueprint = blueprint_of(Bfd(enabled=True, interval_ms=300))
    assert relaxed(blueprint, 2) == (blueprint, ())


def test_a_region_without_bfd_is_left_alone() -> None:
    blueprint = blueprint_of(Bfd(enabled=False))
    assert relaxed(blueprint, 1) == (blueprint, ())


def test_slower_until_the_packets_fit_and_no_slower() -> None:
    blueprint = blueprint_of(Bfd(enabled=True, interval_ms=10))
    slower, notes = relaxed(blueprint, 1)
    (interval,) = intervals(slower)
    assert interval % STEP_MS == 0
    assert packets_per_s(slower) <= PACKETS_PER_S_AND_PROCESSOR
    assert interval == STEP_MS or packets_per_s(slower) * interval / (interval - STEP_MS) > PACKETS_PER_S_AND_PROCESSOR
    (note,) = notes
    for part in (f"every {interval} ms", "every 10 ms as configured", "--bfd as-configured"):
        assert part in note


def test_more_processors_are_slowed_down_less() -> None:
    blueprint = blueprint_of(Bfd(enabled=True, interval_ms=10), spines=4, leaves=8)
    (one,), (two,) = intervals(relaxed(blueprint, 1)[0]), intervals(relaxed(blueprint, 2)[0])
    assert 10 < two < one


def test_nothing_but_intervals_changes() -> None:
    blueprint = blueprint_of(Bfd(enabled=True, interval_ms=10))
    slower, _ = relaxed(blueprint, 1)
    back = tuple(
        msgspec.structs.replace(new, bfd=old.bfd) for old, new in zip(blueprint.devices, slower.devices, strict=True)
    )
    assert msgspec.structs.replace(slower, devices=back) == blueprint
    assert all(
        new.bfd.multiplier == old.bfd.multiplier
        for old, new in zip(blueprint.devices, slower.devices, strict=True)
        if old.bfd and new.bfd
    )


def test_the_interval_never_grows_beyond_what_frr_takes() -> None:
    blueprint = blueprint_of(Bfd(enabled=True, interval_ms=60_000))
    devices = tuple(
        msgspec.structs.replace(d, bfd=msgspec.structs.replace(d.bfd, interval_ms=1) if d.bfd else None)
        for d in blueprint.devices[:1]
    )
    mixed = msgspec.structs.replace(blueprint, devices=(*devices, *blueprint.devices[1:]))
    slower, notes = relaxed(mixed, 1)
    assert max(intervals(slower)) <= INTERVAL_MAX_MS
    assert len(notes) == 1
