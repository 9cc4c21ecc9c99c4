"""The route that is chosen is the one that comparing all of them two by two leaves over."""

from __future__ import annotations

import ipaddress
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from crossconnect.cloud.effective import EffectiveRoute, choose

# Few bits, so that blocks overlap and are equal often.
PREFIXES = st.builds(
    lambda value, length: str(ipaddress.ip_network((0x0A000000 | value << 20, length), strict=False)),
    st.integers(0, 15),
    st.integers(8, 16),
)
ROUTES = st.lists(
    st.builds(
        EffectiveRoute,
        destination=PREFIXES,
        target=st.sampled_from(["igw-1", "nat-1", "eni-1", "pgw-1"]),
        origin=st.sampled_from(["local", "static", "prefix-list", "propagated"]),
        state=st.sampled_from(["active", "blackhole"]),
        route_table_id=st.just("rtb-1"),
        prefix_list_id=st.sampled_from(["pl-1", "pl-2"]),
    ),
    max_size=12,
)
ADDRESSES = st.integers(0, 255).map(lambda value: str(ipaddress.ip_address(0x0A000000 | value << 16 | 1)))
BETTER = ["local", "static", "prefix-list", "propagated"]


def _covers(route: EffectiveRoute, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(route.destination)


def _winner(a: EffectiveRoute, b: EffectiveRoute) -> EffectiveRoute:
    """Of two routes that cover an address."""
    if {a.origin, b.origin} == {"local", "propagated"}:
        return a if a.origin == "local" else b
    lengths = [ipaddress.ip_network(r.destination).prefixlen for r in (a, b)]
    if lengths[0] != lengths[1]:
        return a if lengths[0] > lengths[1] else b
    return a if BETTER.index(a.origin) <= BETTER.index(b.origin) else b


@given(ROUTES, ADDRESSES)
def test_no_other_route_beats_the_chosen_one(routes: list[EffectiveRoute], address: str) -> None:
    covering = [route for route in routes if _covers(route, address)]
    if any(r.origin == "local" for r in covering):
        covering = [r for r in covering if r.origin != "propagated"]
    found = choose(address, routes)
    if not covering:
        assert found is None
        return
    assert found is not None
    best = reduce(_winner, covering)
    assert (found.destination, found.origin) == (best.destination, best.origin)
    assert all(_winner(found, other) in (found, other) for other in covering)


@given(ROUTES, ADDRESSES, st.randoms())
def test_the_order_of_routes_does_not_matter(routes: list[EffectiveRoute], address: str, random: object) -> None:
    shuffled = list(routes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, two = choose(address, routes), choose(address, shuffled)
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert (one.destination, one.origin, one.target) == (two.destination, two.origin, two.target)
