"""A region that has everything the checks look at, simulated once."""

from __future__ import annotations

import pytest

from crossconnect.design.blueprint import Blueprint
from crossconnect.simulate import simulate
from crossconnect.state.tables import State
from regions import compiled, small


@pytest.fixture(scope="session")
def blueprint() -> Blueprint:
    """Pod a: two spines, four leaves in two racks, dual-homed servers, two borders to a transit provider; two tenants
    with a VRF of two segments each, and a layer-2 segment each."""
    region = small(spines=2, leaves=4, tenants=2, segments=2, dual_homed=True, l2_only=True, border=True)
    made = compiled(region).blueprint
    assert made is not None
    return made


@pytest.fixture(scope="session")
def healthy(blueprint: Blueprint) -> State:
    """What it settles on."""
    return simulate(blueprint)
