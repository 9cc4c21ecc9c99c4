"""Input: a prefix and routes. Output: one address for every way in which longest-prefix match can come out."""

from __future__ import annotations

from crossconnect.checks.address_classes import address_classes, uncovered
from crossconnect.net import contains

ROUTES = ("0.0.0.0/0", "10.1.0.0/16", "10.1.1.0/24", "10.1.1.5/32", "2001:db8::/32")


def longest(address: str) -> str:
    covering = [route for route in ROUTES if contains(route, address)]
    return max(covering, key=lambda route: int(route.partition("/")[2]), default="")


def test_each_route_has_an_address_of_its_own() -> None:
    addresses = address_classes("0.0.0.0/0", ROUTES)
    assert {longest(address) for address in addresses} == set(ROUTES[:4])
    assert {longest(address) for address in address_classes("10.1.1.0/24", ROUTES)} == {"10.1.1.0/24", "10.1.1.5/32"}
    assert address_classes("10.1.1.5/32", ROUTES) == ("10.1.1.5",)
    assert address_classes("2001:db8::/48", ROUTES) == ("2001:db8:0:ffff:ffff:ffff:ffff:fffe",)


def test_addresses_that_nobody_has_are_not_tried() -> None:
    addresses = address_classes("0.0.0.0/0", ROUTES)
    assert not [a for a in addresses if contains("224.0.0.0/3", a) or contains("127.0.0.0/8", a)]


def test_an_uncovered_address_follows_the_prefix_itself() -> None:
    for prefix in ROUTES[:3]:
        assert longest(uncovered(prefix, ROUTES)) == prefix
    assert uncovered("10.1.1.4/31", ("10.1.1.4/32", "10.1.1.5/32")) == ""
