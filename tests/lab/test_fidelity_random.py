"""Regions that nobody thought of: whatever `small` can be asked for, healthy and under one random failure.

Each run tries other regions. The seed is printed at the end of the run; `XC_FIDELITY_SEED=<it>` repeats the run. A
failing region is printed too, by what makes it.
"""

from __future__ import annotations

import itertools
import os

import fidelity
import msgspec
from fidelity import Broken, device_down, link_cut, proof
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st

from crossconnect.design.blueprint import Blueprint
from crossconnect.lab import lab_features
from crossconnect.model.region import Bfd, Region
from regions import compiled, small

NUMBERS = itertools.count(1)


@st.composite
def regions(draw: st.DrawFn) -> tuple[str, Region]:
    """A region of 2 to 6 switches, and what makes it: arguments of `small`, design choices, parallel links."""
    stages = draw(st.sampled_from(["three", "three", "five"]))
    shape = (
        {"spines": draw(st.integers(1, 2)), "leaves": draw(st.integers(1, 3))}
        if stages == "three"
        else {"pods": 2, "spines": 1, "leaves": draw(st.integers(1, 1)), "super_spines": draw(st.integers(1, 2))}
    )
    switches = shape.get("pods", 1) * (shape["spines"] + shape["leaves"]) + shape.get("super_spines", 0)
    tenants = draw(st.integers(1, 2))
    arguments = {
        **shape,
        "underlay": draw(st.sampled_from(["numbered", "unnumbered"])),
        "families": draw(st.sampled_from([("ipv4",), ("ipv4", "ipv6")])),
        "tenants": tenants,
        "vrfs": draw(st.integers(0 if tenants == 2 else 1, 2)),
        "segments": draw(st.integers(1, 2)),
        "l2_only": draw(st.booleans()),
        "border": switches <= 4 and draw(st.booleans()),
        "everywhere": draw(st.booleans()),
    }
    if arguments["vrfs"] == 0:
        arguments |= {"l2_only": True, "border": False}
    choices = {
        # With two borders that tie, and room for one path, FRR takes what came first (bgp_path_info_cmp ends with "new
        # wins"): nobody can predict that.
        "maximum_paths": 64 if arguments["border"] else draw(st.sampled_from([1, 64])),
        "bfd": Bfd(enabled=draw(st.booleans())),
        "graceful_restart": draw(st.booleans()),
        "host_routes": draw(st.booleans()),
    }
    links = draw(st.integers(1, 2)) if switches <= 4 else 1
    region = small(**arguments)
    region = msgspec.structs.replace(
        region,
        design=msgspec.structs.replace(region.design, **choices),
        pods=tuple(msgspec.structs.replace(pod, links_per_spine=links) for pod in region.pods),
    )
    words = [f"{name}={value!r}" for name, value in (arguments | choices | {"links_per_spine": links}).items()]
    return ", ".join(words), region


def breakable(blueprint: Blueprint) -> list[Broken]:
    """Each cable and each switch; a region whose only switch is dead says nothing."""
    return [link_cut(wire) for wire in blueprint.wires] + [device_down(device.name) for device in blueprint.devices]


@seed(fidelity.SEED)
@settings(
    max_examples=int(os.environ.get("XC_FIDELITY_REGIONS") or 4),
    deadline=None,
    print_blob=True,
    database=None,
    # Shrinking would boot dozens of labs; the region is small already, and printed.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(made=regions(), which=st.integers(0, 1000))
def test_random_region(made: tuple[str, Region], which: int) -> None:
    recipe, region = made
    note(recipe)
    blueprint = compiled(region).blueprint
    assert blueprint is not None
    assert "bond" not in lab_features(blueprint)
    ways = breakable(blueprint)
    with proof(f"random-{next(NUMBERS)}", blueprint) as proved:
        proved.agrees(f"healthy: {recipe}")
        proved.breaks(ways[which % len(ways)])
