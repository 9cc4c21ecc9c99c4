"""Input: two states. Output: what is only in one, and what changed, row by row."""

from __future__ import annotations

import msgspec
import pytest

from crossconnect.state.difference import difference, difference_text
from crossconnect.state.tables import DeviceRow, MacRow, RouteRow, State


def route(device: str, prefix: str, *next_hops: str) -> RouteRow:
    return RouteRow(device, "default", prefix, "bgp", next_hops)


A = State(
    world="sim",
    devices=(DeviceRow("leaf1", "leaf", "n", "a", "frr", True),),
    routes=(route("leaf1", "10.0.0.1/32", "x%swp1", "y%swp2"), route("leaf1", "10.0.0.2/32", "x%swp1")),
)
B = State(
    world="lab",
    devices=(DeviceRow("leaf1", "leaf", "n", "a", "frr", True),),
    routes=(route("leaf1", "10.0.0.1/32", "x%swp1"), route("leaf1", "10.0.0.3/32", "x%swp1")),
)


def test_equal_states_have_no_difference_whatever_their_world() -> None:
    assert difference(A, msgspec.structs.replace(A, world="lab")) == ()
    assert difference_text((), "sim", "lab") == "sim and lab are equal"


def test_rows_only_here_only_there_and_changed() -> None:
    (d,) = difference(A, B)
    assert d.table == "routes"
    assert d.only_a == (A.routes[1],)
    assert d.only_b == (B.routes[1],)
    (change,) = d.changed
    assert (change.a, change.b, change.columns) == (A.routes[0], B.routes[0], ("next_hops",))


def test_text_shows_both_rows() -> None:
    assert difference_text(difference(A, B), "sim", "lab").splitlines() == [
        "routes: 1 only in sim, 1 only in lab, 1 changed",
        "  - leaf1 default 10.0.0.2/32 protocol=bgp next_hops=x%swp1",
        "  + leaf1 default 10.0.0.3/32 protocol=bgp next_hops=x%swp1",
        "  ~ leaf1 default 10.0.0.1/32",
        "      sim  next_hops=x%swp1,y%swp2",
        "      lab  next_hops=x%swp1",
    ]
    assert difference_text(difference(A, B), "sim", "lab", rows_max=1).splitlines()[-1] == "  ... and 2 more"


def test_only_named_tables_are_compared() -> None:
    assert difference(A, B, ["devices"]) == ()
    assert [d.table for d in difference(A, B, ["routes", "devices"])] == ["routes"]
    with pytest.raises(KeyError):
        difference(A, B, ["rootes"])


def test_a_row_that_occurs_twice_is_a_difference() -> None:
    twice = msgspec.structs.replace(A, routes=(*A.routes, A.routes[1]))
    (d,) = difference(A, twice)
    assert d.only_b == (A.routes[1],)


def test_every_second_of_a_hundred_thousand_rows_is_found() -> None:
    rows = [
        MacRow(f"leaf{n % 100}", n, f"02:00:00:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}", "local", "swp1")
        for n in range(100_000)
    ]
    a = State(world="sim", macs=tuple(rows))
    b = State(world="lab", macs=tuple(msgspec.structs.replace(r, where="swp2") if r.vni % 2 else r for r in rows))
    (d,) = difference(a, b)
    assert len(d.changed) == 50_000
