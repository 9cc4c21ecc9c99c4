"""Whether a drained device is out of traffic, and whether it can come back.

Input: a fabric of two spines, one of them drained, as simulated, with rows as they are while neighbours have not moved
yet, or while the spine has not all of its routes. Output: what is said of these rows; nothing of the others.
"""

from __future__ import annotations

import msgspec
import pytest

from changes import both
from crossconnect.rollout.out_of_traffic import incomplete, still_used
from crossconnect.simulate import simulate
from crossconnect.simulate.maintenance import drained, drained_names
from regions import small

SPINE = "a-spine1"


@pytest.mark.parametrize("underlay", ["numbered", "unnumbered"])
def test_neighbours_that_have_not_moved_are_named(underlay: str) -> None:
    network = both(small(leaves=2, spines=2, tenants=1, underlay=underlay), lambda r: r)[0].blueprint
    out = drained(network, [SPINE])
    assert drained_names(network) == frozenset()
    assert drained_names(out) == {SPINE}
    before, after = simulate(network), simulate(out)
    assert still_used(out, after, after, [SPINE]) == {}
    found = still_used(out, before, after, [SPINE])
    assert {where.partition("/")[0] for _, where in found} == {"a-leaf1", "a-leaf2"}, "both still share their load"
    assert all(words.endswith(f" by {SPINE}") for words in found.values())
    assert still_used(out, before, after, []) == {}


def test_what_has_no_other_way_may_go_on() -> None:
    """One spine: drained or not, everything goes by it, and that is as simulated."""
    network = both(small(leaves=2, spines=1, tenants=1), lambda r: r)[0].blueprint
    out = drained(network, [SPINE])
    before, after = simulate(network), simulate(out)
    assert any(SPINE in hop or hop.endswith("%swp1") for row in before.routes for hop in row.next_hops)
    assert still_used(out, before, after, [SPINE]) == {}


def test_a_leaf_is_used_as_a_vtep() -> None:
    """A route over VXLAN to a drained leaf that the simulation does not have."""
    network = both(small(leaves=3, spines=2, tenants=1), lambda r: r)[0].blueprint
    state = simulate(network)
    row = next(
        r for r in state.routes if r.device == "a-leaf1" and any("%" in h and h[0].isdigit() for h in r.next_hops)
    )
    vtep = next(d.vtep for d in network.devices if d.name == "a-leaf2")
    more = msgspec.structs.replace(row, prefix="203.0.113.0/24", next_hops=(f"{vtep}%5001",))
    real = msgspec.structs.replace(state, routes=(*state.routes, more))
    assert list(still_used(network, real, state, ["a-leaf2"]).values()) == [
        f"a-leaf1 still sends 203.0.113.0/24 in {row.vrf} by a-leaf2"
    ]
    assert still_used(network, real, state, ["a-leaf3"]) == {}


def test_what_a_device_lacks_is_named() -> None:
    network = both(small(leaves=2, spines=2, tenants=1), lambda r: r)[0].blueprint
    out = drained(network, [SPINE])
    state = simulate(out)
    assert incomplete(state, state, [SPINE]) == {}
    less = msgspec.structs.replace(
        state,
        routes=tuple(r for r in state.routes if r.device != SPINE or r.protocol != "bgp"),
        bgp_sessions=tuple(
            msgspec.structs.replace(s, established=False) if s.device == SPINE else s for s in state.bgp_sessions
        ),
        evpn_routes=tuple(r for r in state.evpn_routes if r.device != SPINE or r.route_type not in (2, 5)),
    )
    words = list(incomplete(less, state, [SPINE]).values())
    assert all(text.startswith(f"{SPINE} has not ") for text in words)
    for part in ("session with", "EVPN route 5", "as simulated"):
        assert any(part in text for text in words), part
    assert not any("EVPN route 2" in text for text in words), "servers may be silent"
    assert incomplete(less, state, ["a-leaf1"]) == {}
