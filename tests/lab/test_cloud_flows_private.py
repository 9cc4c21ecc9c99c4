"""What the cloud says about load balancers reached from the VRF of a private gateway, by packets: at the VPC, at a
transit router, also without either gateway node. Real hypervisors, gateway nodes, and a customer's machine in the VRF.

    shop 10.0.0.0/16, fd00:6::/56:  east 10.0.1.0/24, hv1: web1, cli1     west 10.0.2.0/24, hv2: web2
    customer 172.16.0.9, fd00:ac::9 --- VRF (the customer's machine is its next hop) --- private gateway
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from cloud_stand import Stand, flat_region, flat_stand, spread, within
from crossconnect.cloud.region import ProviderNetwork
from crossconnect.lab.ovn import Connection, Outside, power_off, power_on
from ovn_scenes import ANSWERED_S

NETWORK = ProviderNetwork(
    name="customers",
    vrf="acme-connect",
    physnet="customers",
    transfer_prefix="100.125.0.0/24",
    next_hop="100.125.0.1",
    transfer_prefix6="fd00:c0:0:8::/64",
    next_hop6="fd00:c0:0:8::1",
)
CUSTOMER = Outside(
    name="customer",
    network="customers",
    addresses=("172.16.0.9/32", "fd00:ac::9/128", "100.125.0.1/24", "fd00:c0:0:8::1/64"),
)
BLOCKS = {4: ("10.0.0.0/16", "172.16.0.0/24"), 6: ("fd00:6::/56", "fd00:ac::/64")}
"""Of the VPC, and of the customer."""
OWN = {4: "172.16.0.9", 6: "fd00:ac::9"}
REFUSED_S = 0.7


class Shop(NamedTuple):
    vpc: Any
    subnets: tuple[Any, Any]
    balancer: Any
    gateway: Any


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    region = flat_region(networks=(NETWORK,))
    with flat_stand("ol-private", str(tmp_path_factory.mktemp("ovn")), region) as made:
        made.lab.outside(CUSTOMER)
        yield made


@pytest.fixture(scope="module")
def shop(stand: Stand) -> Shop:
    """Load balancers on TCP and UDP 8080, targets in both zones, beside an internet gateway; a private gateway."""
    create = stand.cloud.create
    vpc = create("vpc", cidr_blocks=[BLOCKS[4][0]], ipv6_cidr_blocks=[BLOCKS[6][0]])
    subnets = tuple(
        create(
            "subnet",
            vpc_id=vpc.id,
            cidr_block=f"10.0.{n}.0/24",
            ipv6_cidr_block=f"fd00:6:0:{n}::/64",
            availability_zone=zone,
        )
        for n, zone in ((1, "east"), (2, "west"))
    )
    group = stand.open_group(vpc)
    for name, subnet, chassis in (("web1", 0, "hv1"), ("web2", 1, "hv2"), ("cli1", 0, "hv1")):
        stand.machine(name, subnets[subnet], group, chassis)
    targets = [{"network_interface_id": stand.interface(name).id, "port": 80} for name in ("web1", "web2")]
    listeners = [
        {
            "protocol": protocol,
            "port": 8080,
            "target_group_id": create("target_group", vpc_id=vpc.id, protocol=protocol, targets=targets).id,
        }
        for protocol in ("tcp", "udp")
    ]
    balancer = create(
        "load_balancer", subnet_ids=[s.id for s in subnets], listeners=listeners, ip_address_type="dualstack"
    )
    create("internet_gateway", vpc_id=vpc.id)
    gateway = create("private_gateway", vrf=NETWORK.vrf, vpc_id=vpc.id, prefixes=[BLOCKS[4][1], BLOCKS[6][1]])
    stand.cloud.update(vpc.main_route_table_id, propagating_gateway_ids=[gateway.id])
    stand.settle()
    _led(stand, gateway)
    assert within(lambda: all(_pings(stand, version) for version in (4, 6)))
    return Shop(vpc, subnets, balancer, gateway)


def _led(stand: Stand, gateway: Any) -> None:
    """What is announced into the VRF: the VPC's blocks, at the gateway."""
    for version, (block, _) in BLOCKS.items():
        hop = stand.transfer(gateway, version, NETWORK)
        words = ["ip", f"-{version}", "route", "replace", block, "via", hop, "src", OWN[version]]
        assert stand.lab.run("customer", words) == ""


def _pings(stand: Stand, version: int) -> bool:
    web = stand.interface("web1")
    own = web.private_addresses if version == 4 else web.ipv6_addresses
    return stand.lab.ping("customer", own[0], version=version)


def asks(
    stand: Stand, address: str, port: int = 8080, protocol: Any = "tcp", timeout_s: float = ANSWERED_S
) -> Connection:
    """Who answers the customer."""
    to = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return stand.lab.connect("customer", ["web1", "web2"], 80, protocol, to=to, timeout_s=timeout_s)


def reached(stand: Stand, shop: Shop, protocol: str = "tcp") -> None:
    """All addresses lead the customer to both targets, by its own address; each connection is answered."""
    for address in shop.balancer.addresses + shop.balancer.ipv6_addresses:
        found = spread(lambda to=address: asks(stand, to, protocol=protocol), {"web1", "web2"})
        assert {one.seen_from for one in found} == {OWN[6 if ":" in address else 4]}


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_load_balancer_is_reached_from_the_vrf(stand: Stand, shop: Shop, protocol: str) -> None:
    reached(stand, shop, protocol)
    for address in shop.balancer.addresses[0], shop.balancer.ipv6_addresses[1]:
        assert not asks(stand, address, 80, protocol, REFUSED_S), "only listeners"


def test_inside_nothing_is_different(stand: Stand, shop: Shop) -> None:
    both = ["web1", "web2"]
    for address in (f"{shop.balancer.addresses[1]}:8080", f"[{shop.balancer.ipv6_addresses[1]}]:8080"):
        spread(lambda to=address: stand.lab.connect("cli1", both, 80, to=to, timeout_s=ANSWERED_S), {*both})
    assert stand.connects("cli1", "customer", 443, to=OWN[4]).seen_from == stand.lab.party("cli1").address()


def test_without_either_gateway_node_it_is_reached(stand: Stand, shop: Shop) -> None:
    for lost in ("gw1", "gw2"):
        power_off(stand.lab.lab, lost)
        try:
            assert within(lambda: asks(stand, shop.balancer.addresses[0], timeout_s=2.0))
            reached(stand, shop)
        finally:
            power_on(stand.lab.lab, lost)
            stand.lab.settle()


def test_by_a_transit_router_it_is_reached_where_that_leads_to_all_of_it(stand: Stand, shop: Shop) -> None:
    """Last, since the gateway moves. Input: VPC and gateway at a transit router; then a table of it that drops one of
    the targets' subnets. Output: reached; then not, though the address itself is led to."""
    create, update = stand.cloud.create, stand.cloud.update
    update(shop.vpc.main_route_table_id, propagating_gateway_ids=[])
    update(shop.gateway.id, vpc_id="")
    router = create("transit_router")
    body = {"transit_router_id": router.id}
    create("transit_router_attachment", vpc_id=shop.vpc.id, subnet_ids=[s.id for s in shop.subnets], **body)
    create("transit_router_attachment", private_gateway_id=shop.gateway.id, **body)
    routes = [{"destination": theirs, "target": router.id} for _, theirs in BLOCKS.values()]
    update(shop.vpc.main_route_table_id, routes=routes)
    stand.settle()
    assert within(lambda: all(_pings(stand, version) for version in (4, 6)))
    assert within(lambda: asks(stand, shop.balancer.addresses[0], timeout_s=2.0))
    reached(stand, shop)
    update(router.default_route_table_id, routes=[{"destination": shop.subnets[1].cidr_block}])
    stand.realise()
    assert within(lambda: _pings(stand, 4))
    assert stand.refuses(lambda: any(asks(stand, shop.balancer.addresses[0], timeout_s=REFUSED_S) for _ in range(4)))
    assert asks(stand, shop.balancer.ipv6_addresses[0]), "the other version has all of its ways"
