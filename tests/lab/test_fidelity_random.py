"""Regions that nobody thought of: whatever `small` can be asked for, healthy and under random failures.

A BGP session is shut and comes back; then a cable is cut or a switch dies. The second test is of what needs a kernel of
its own (user-mode Linux): dual-homed servers, VRFs that import each other.

`XC_FIDELITY_SEED=another` tries other regions than ordinary runs. The seed is printed at the end of the run;
`XC_FIDELITY_SEED=<it>` repeats the run. A failing region is printed too, by what makes it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable

import fidelity
import msgspec
import pytest
from fidelity import Broken, device_down, foreseeable, link_cut, proof, shut_one_by_one
from hypothesis import HealthCheck, Phase, assume, given, note, seed, settings
from hypothesis import strategies as st

from crossconnect.design.blueprint import Blueprint
from crossconnect.lab.uml import machine
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
    # Nor which of two IPv6 sessions with one router FRR 10.3 takes (`nos.frr.facts.IPV6_PEERS_NOT_COMPARED`).
    foretold = fidelity.FRR == "8.4" or choices["maximum_paths"] != 1
    links = draw(st.integers(1, 2)) if switches <= 4 and foretold else 1
    region = small(**arguments)
    region = msgspec.structs.replace(
        region,
        design=msgspec.structs.replace(region.design, **choices),
        pods=tuple(msgspec.structs.replace(pod, links_per_spine=links) for pod in region.pods),
    )
    words = [f"{name}={value!r}" for name, value in (arguments | choices | {"links_per_spine": links}).items()]
    return ", ".join(words), region


@st.composite
def regions_of_a_kernel(draw: st.DrawFn) -> tuple[str, Region]:
    """A region of 2 to 6 switches with dual-homed servers, VRFs that import some of the others, or both."""
    dual_homed = draw(st.sampled_from([True, False]))
    border = not dual_homed and draw(st.booleans())
    arguments = {
        "spines": draw(st.integers(1, 2)),
        "leaves": draw(st.sampled_from([2, 4])) if dual_homed else draw(st.integers(1, 2)),
        "underlay": draw(st.sampled_from(["numbered", "unnumbered"])),
        "families": draw(st.sampled_from([("ipv4",), ("ipv4", "ipv6")])),
        "tenants": 1 if dual_homed else draw(st.integers(2, 3)),
        "vrfs": draw(st.integers(1, 2)) if dual_homed else 1,
        "segments": draw(st.integers(1, 2)),
        "dual_homed": dual_homed,
        "l2_only": draw(st.booleans()),
        "border": border,
        "everywhere": draw(st.booleans()),
    }
    region = small(**arguments)
    names = [f"{tenant.name}/{vrf.name}" for tenant in region.tenants for vrf in tenant.vrfs]
    imports = {
        name: tuple(draw(st.lists(st.sampled_from(others), unique=True)))
        for name in names
        if (others := [other for other in names if other != name])
    }
    choices = {
        "bfd": Bfd(enabled=draw(st.booleans())),
        "graceful_restart": draw(st.booleans()),
        "host_routes": draw(st.booleans()),
    }
    tenants = tuple(
        msgspec.structs.replace(
            tenant,
            vrfs=tuple(
                msgspec.structs.replace(vrf, imports=imports.get(f"{tenant.name}/{vrf.name}", ()))
                for vrf in tenant.vrfs
            ),
        )
        for tenant in region.tenants
    )
    design = msgspec.structs.replace(region.design, **choices)
    words = [f"{name}={value!r}" for name, value in (arguments | choices | {"imports": imports}).items()]
    return ", ".join(words), msgspec.structs.replace(region, design=design, tenants=tenants)


def breakable(blueprint: Blueprint) -> list[Broken]:
    """Each cable and each switch; a region whose only switch is dead says nothing."""
    ways = [link_cut(wire) for wire in blueprint.wires] + [device_down(device.name) for device in blueprint.devices]
    return [way for way in ways if foreseeable(blueprint, way.failures)]


def tried(case: str, made: tuple[str, Region], which: int) -> None:
    """Healthy, with a session shut, healed, and with something broken."""
    recipe, region = made
    note(recipe)
    blueprint = compiled(region).blueprint
    assert blueprint is not None
    assume(foreseeable(blueprint))
    sessions = [way for way in shut_one_by_one(blueprint) if foreseeable(blueprint, way.failures)]
    ways = breakable(blueprint)
    with proof(f"{case}-{next(NUMBERS)}", blueprint) as proved:
        proved.agrees(f"healthy: {recipe}")
        proved.survives(sessions[which % len(sessions)])
        proved.breaks(ways[which % len(ways)])


def of_a_run(regions: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """So many regions, others in each run, the same for the same seed."""

    def decorated(test: Callable[..., None]) -> Callable[..., None]:
        chosen = settings(
            max_examples=regions,
            deadline=None,
            print_blob=True,
            database=None,
            # Shrinking would boot dozens of labs; the region is small already, and printed.
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        return seed(fidelity.SEED)(chosen(test))

    return decorated


@of_a_run(int(os.environ.get("XC_FIDELITY_REGIONS") or 4))
@given(made=regions(), which=st.integers(0, 1000))
def test_random_region(made: tuple[str, Region], which: int) -> None:
    tried("random", made, which)


@pytest.mark.uml
@pytest.mark.skipif(machine.unavailable() != "", reason=machine.unavailable() or "-")
@of_a_run(int(os.environ.get("XC_FIDELITY_KERNELS") or 3))
@given(made=regions_of_a_kernel(), which=st.integers(0, 1000))
def test_random_region_with_a_kernel_of_its_own(made: tuple[str, Region], which: int) -> None:
    tried("kernel", made, which)
