"""Addresses of the links between routers: whatever numbers the region has given, no two ends have one in common."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from crossconnect.cloud.decisions.claimed import LAST
from crossconnect.cloud.kinds.gateways import NatGateway
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.private_link import EndpointService, ServiceEndpoint
from crossconnect.cloud.kinds.transit import TransitRouterAttachment
from crossconnect.cloud.logical.numbers import link_addresses
from crossconnect.cloud.logical.queries import Unrealisable
from crossconnect.cloud.provided import without_fabric
from crossconnect.cloud.resource import Resource
from crossconnect.net import contains

REGION = without_fabric("region", ("zone-a",), ())
AT = {"project_id": "acme", "created_at": "", "updated_at": ""}


def peering(n: int) -> tuple[Resource, str, str]:
    """A link with the routers at its ends."""
    made = VpcPeering(id=f"pcx-{n}", vpc_id=f"vpc-{n}", peer_vpc_id="vpc-hub", peer_project_id="acme", number=n, **AT)
    return made, made.vpc_id, made.peer_vpc_id


def attachment(n: int) -> tuple[Resource, str, str]:
    made = TransitRouterAttachment(
        id=f"tra-{n}", transit_router_id="tr-1", transit_router_project_id="acme", vpc_id="vpc-hub", number=n, **AT
    )
    return made, "vpc-hub", "tr-1"


def nat(n: int) -> tuple[Resource, str, str]:
    made = NatGateway(id=f"nat-{n}", vpc_id="vpc-hub", subnet_id="subnet-1", private_address="", number=n, **AT)
    return made, "vpc-hub", made.id


def service(n: int) -> tuple[Resource, str, str]:
    made = EndpointService(id=f"svc-{n}", vpc_id="vpc-hub", load_balancer_id="lb-1", number=n, **AT)
    return made, "vpc-hub", made.id


def endpoint(n: int) -> tuple[Resource, str, str]:
    made = ServiceEndpoint(
        id=f"vpce-{n}", vpc_id="vpc-hub", subnet_ids=(), addresses=(), service_id="svc-1", service_project_id="",
        number=n, **AT,
    )  # fmt: skip
    return made, "vpc-hub", made.id


NUMBERS = st.integers(1, LAST["link"])
TRANSFER = (nat, service, endpoint)
LINKED = (peering, attachment)


def ends(numbers: set[int], makers: tuple) -> list[tuple[Resource, str, str]]:
    """Links of a scope of numbers, of its kinds in turn: a number is one resource's."""
    return [make(n) for n, make in zip(sorted(numbers), itertools.cycle(makers), strict=False)]


@given(st.sets(NUMBERS, min_size=1, max_size=60), st.sets(NUMBERS, min_size=1, max_size=60))
def test_no_two_ends_of_links_have_one_address(transfer: set[int], linked: set[int]) -> None:
    fours: list[str] = []
    sixes: list[str] = []
    for link, left, right in (*ends(transfer, TRANSFER), *ends(linked, LINKED)):
        for side in (left, right):
            try:
                four, six = link_addresses(REGION, link, side)
            except Unrealisable:
                assert link.number > 1_000_000  # type: ignore[attr-defined]
                continue
            fours.append(four)
            sixes.append(six)
            assert contains(REGION.link_prefix, four)
            assert contains(REGION.link_prefix6, six)
            assert not contains(REGION.private_link_prefix, four)
    assert len(set(fours)) == len(fours)
    assert len(set(sixes)) == len(sixes)


def test_five_thousand_attachments_of_one_transit_router() -> None:
    """As many as a router may have: addresses by a hash of 22 bits would have met three times."""
    found: list[str] = []
    for n in range(1, 5001):
        link, *sides = attachment(n)
        found += [link_addresses(REGION, link, side)[0] for side in sides]
    assert len(set(found)) == len(found) == 10_000
