"""Routes from outside that may be other ones than simulated.

Input: routes of a VRF with 100 announced prefixes, told with some missing, some more, a segment's prefix missing, and
objectives. Output: which of them are borne; the state with those as simulated.
"""

from __future__ import annotations

import msgspec

from changes import both
from crossconnect.model.change import Objective
from crossconnect.rollout.tolerance import as_simulated, borne, percents
from crossconnect.state.tables import RouteRow, State
from regions import small

ANNOUNCED = [f"198.51.{n}.0/24" for n in range(100)]
OWN = "10.0.1.0/24"


def row(prefix: str, *hops: str) -> RouteRow:
    return RouteRow("border1", "red", prefix, "bgp", hops or ("192.0.2.1%e1",))


SIMULATED = [row(prefix) for prefix in (*ANNOUNCED, OWN)]


def test_as_many_as_the_objective_bears() -> None:
    """Two missing, one over another hop, of 100: borne at 3 %, not at 2 %."""
    real = [*SIMULATED[2:99], row(ANNOUNCED[99], "192.0.2.9%e2"), SIMULATED[100]]
    assert borne(real, SIMULATED, ANNOUNCED, {"red": 2.9}) == frozenset()
    places = borne(real, SIMULATED, ANNOUNCED, {"red": 3.0})
    assert {prefix for _, _, prefix in places} == {ANNOUNCED[0], ANNOUNCED[1], ANNOUNCED[99]}
    made = as_simulated(State(world="live", routes=tuple(real)), State(world="sim", routes=tuple(SIMULATED)), places)
    assert set(made.routes) == set(SIMULATED)


def test_what_the_simulation_does_not_know_counts_as_well() -> None:
    real = [*SIMULATED, row("203.0.113.0/24")]
    places = borne(real, SIMULATED, ANNOUNCED, {"red": 1.0})
    assert places == {("border1", "red", "203.0.113.0/24")}
    before = [("border1", "red", "203.0.113.0/24")]
    assert borne([*real, row("203.0.114.0/24")], SIMULATED, ANNOUNCED, {"red": 1.0}, before) == {
        ("border1", "red", "203.0.114.0/24")
    }, "who was there before takes nobody's place"


def test_a_route_of_the_region_itself_is_never_borne() -> None:
    assert borne(SIMULATED[:100], SIMULATED, ANNOUNCED, {"red": 100.0}) == frozenset()
    assert borne([*SIMULATED[1:]], SIMULATED, ANNOUNCED, {}) == frozenset(), "nor anything where nothing is declared"


def test_an_objective_is_about_its_tenants_vrfs() -> None:
    region = small(leaves=2, spines=2, border=True, tenants=2)
    network = both(region, lambda r: r)[0].blueprint
    of = {vrf.name: vrf.tenant for vrf in network.vrfs}
    first = next(iter(of))
    one = Objective(name="one", tenant=of[first], routes_percent_max=5.0)
    assert percents(network, [one]) == {first: 5.0}
    every = msgspec.structs.replace(one, name="all", tenant="", routes_percent_max=1.0)
    assert percents(network, [one, every]) == {name: 5.0 if name == first else 1.0 for name in of}
