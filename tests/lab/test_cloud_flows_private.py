"""What the cloud says about VRFs of the region, by packets: load balancers reached from the VRF of a private gateway,
at the VPC, at a transit router, also without either gateway node; a service in a VRF that another project reaches by
private link; a customer's site behind a VPN connection. Real hypervisors, gateway nodes, IPsec, and a customer's
machine in the VRF.

    shop 10.0.0.0/16, fd00:6::/56:  east 10.0.1.0/24, hv1: web1, cli1     west 10.0.2.0/24, hv2: web2
    customer 172.16.0.9, fd00:ac::9 --- VRF (the customer's machine is its next hop) --- private gateway, service
    buyer 10.0.0.0/16, fd00:6::/56, another project's: buy1, hv2 --- endpoint --- service
    branch 10.8.0.0/16, fd00:8::/56: desk1, hv2 --- private gateway --- VRF --- concentrator ==IPsec== office
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from cloud_memory import View
from cloud_stand import Stand, flat_region, flat_stand, spread, within
from crossconnect.cloud.reach import Analyser, ReachabilityBody, reachability
from crossconnect.cloud.region import ProviderNetwork, VpnConcentrator
from crossconnect.lab.ovn import Connection, Outside, power_off, power_on
from ovn_scenes import ANSWERED_S
from vpn_site import CONCENTRATOR, OFFICE, SITE, Site, customer_site, needs_strongswan
from vpn_site import CUSTOMER as ROUTER

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
VPN = ProviderNetwork(
    name="vpn",
    vrf="acme-vpn",
    physnet="vpn",
    transfer_prefix="100.124.0.0/24",
    next_hop="100.124.0.1",
    transfer_prefix6="fd00:c0:0:7::/64",
    next_hop6="fd00:c0:0:7::1",
    vpn_concentrators=(VpnConcentrator(name="vpn1", address=CONCENTRATOR),),
)
VPN1 = Outside(name="vpn1", network="vpn", addresses=("100.124.0.1/24", "fd00:c0:0:7::1/64"))
BRANCH = ("10.8.0.0/16", "fd00:8::/56")
BLOCKS = {4: ("10.0.0.0/16", "172.16.0.0/24"), 6: ("fd00:6::/56", "fd00:ac::/64")}
"""Of the VPC, and of the customer."""
OWN = {4: "172.16.0.9", 6: "fd00:ac::9"}
REFUSED_S = 0.7
TUNNEL_S = 120.0
"""Until a tunnel is as it is to be: the agent looks every 10 s."""


class Shop(NamedTuple):
    vpc: Any
    subnets: tuple[Any, Any]
    balancer: Any
    gateway: Any


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    region = flat_region(networks=(NETWORK, VPN))
    with flat_stand("ol-private", str(tmp_path_factory.mktemp("ovn")), region) as made:
        made.lab.outside(CUSTOMER)
        made.lab.outside(VPN1)
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


def test_a_service_in_a_vrf_is_reached_by_private_link(stand: Stand) -> None:
    """Input: a machine in the VRF as backend of a service, and an endpoint in another project's VPC, which has the same
    addresses as the VRF's own project. Output: listeners are reached, by one address; nothing else of the VRF is, and
    what begins there reaches nobody; also without either gateway node."""
    create, sources = stand.cloud.create, {4: "172.20.0.200", 6: "fd00:20::200"}
    backends = [{"address": own, "port": 8443} for own in OWN.values()]
    listeners = [{"protocol": protocol, "port": 80, "backends": backends} for protocol in ("tcp", "udp")]
    service = create(
        "endpoint_service", vrf=NETWORK.vrf, source_address=sources[4], ipv6_source_address=sources[6],
        listeners=listeners, allowed_projects=["beta"], acceptance_required=False,
        supported_ip_address_types=["ipv4", "ipv6"],
    )  # fmt: skip
    vpc = create("vpc", project="beta", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=[BLOCKS[6][0]])
    subnet = create(
        "subnet", project="beta", vpc_id=vpc.id, cidr_block="10.0.1.0/24", ipv6_cidr_block="fd00:6:0:1::/64"
    )
    stand.machine("buy1", subnet, stand.open_group(vpc), "hv2")
    endpoint = create(
        "service_endpoint", project="beta", service_id=service.id, subnet_ids=[subnet.id], ip_address_type="dualstack"
    )
    stand.settle()
    hops = {version: stand.transfer(service, version, NETWORK) for version in OWN}
    for version, hop in hops.items():
        source = f"{sources[version]}/{32 if version == 4 else 128}"
        words = ["ip", f"-{version}", "route", "replace", source, "via", hop, "src", OWN[version]]
        assert stand.lab.run("customer", words) == ""

    def buys(port: int = 80, protocol: Any = "tcp", timeout_s: float = ANSWERED_S, version: int = 4) -> Connection:
        to = f"{endpoint.addresses[0]}:{port}" if version == 4 else f"[{endpoint.ipv6_addresses[0]}]:{port}"
        return stand.lab.connect("buy1", "customer", 8443, protocol, to=to, timeout_s=timeout_s)

    assert within(lambda: buys(timeout_s=3.0))
    assert within(lambda: buys(timeout_s=3.0, version=6))
    for version, source in sources.items():
        for protocol in ("tcp", "udp"):
            found = buys(protocol=protocol, version=version)
            assert (found.answered_by, found.seen_from) == ("customer", source), protocol
        assert not buys(81, timeout_s=REFUSED_S, version=version), "only listeners"
        assert not stand.lab.connect("buy1", "customer", 8443, to=OWN[version], timeout_s=REFUSED_S), "not the VRF"
        for to in (source, hops[version]):
            assert not stand.lab.connect("customer", "buy1", 80, to=to, timeout_s=REFUSED_S), "one way only"
    for lost in ("gw1", "gw2"):
        power_off(stand.lab.lab, lost)
        try:
            assert within(lambda: buys(timeout_s=1.0)), f"without {lost}"
            assert within(lambda: buys(timeout_s=1.0, version=6)), f"without {lost}"
        finally:
            power_on(stand.lab.lab, lost)
            stand.lab.settle()
    assert within(lambda: buys(timeout_s=3.0))


@pytest.fixture(scope="module")
def site(stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return customer_site(stand.lab, "vpn1", tmp_path_factory.mktemp("vpn"))


@needs_strongswan
def test_a_customers_site_is_reached_through_a_vpn_connection(stand: Stand, site: Site) -> None:
    """Input: a VPN connection, of which the concentrator's agent hears from OVN; its key later; then fewer prefixes,
    then none of it. Output: both sides reach each other by their own addresses, and between the routers only IPsec
    passes; the analyser names the connection; what it does not lead to any more is not reached."""
    create, cloud = stand.cloud.create, stand.cloud
    vpc = create("vpc", cidr_blocks=[BRANCH[0]], ipv6_cidr_blocks=[BRANCH[1]])
    subnet = create("subnet", vpc_id=vpc.id, cidr_block="10.8.1.0/24", ipv6_cidr_block="fd00:8:0:1::/64")
    stand.machine("desk1", subnet, stand.open_group(vpc), "hv2")
    gateway = create("private_gateway", vrf=VPN.vrf, vpc_id=vpc.id)
    customer = create("customer_gateway", address=ROUTER)
    connection = create("vpn_connection", private_gateway_id=gateway.id, customer_gateway_id=customer.id, prefixes=SITE)
    cloud.update(vpc.main_route_table_id, propagating_gateway_ids=[gateway.id])
    stand.settle()
    for block, version in zip(BRANCH, (4, 6), strict=True):
        hop = stand.transfer(gateway, version, VPN)
        assert stand.lab.run("vpn1", ["ip", f"-{version}", "route", "replace", block, "via", hop]) == ""
    key, desk = secrets.token_hex(16), stand.interface("desk1")
    with site.agent(stand.lab.central.southbound, VPN.name) as keys:
        site.dial(key, *BRANCH)
        site.call()
        assert not meets(stand, 4, REFUSED_S), "the concentrator has no key"
        (keys / connection.id).write_text(key)
        assert within(lambda: site.call() or all(meets(stand, version, 1.0) for version in (4, 6)), TUNNEL_S)
        with site.overheard() as heard:
            for version, own in ((4, desk.private_addresses[0]), (6, desk.ipv6_addresses[0])):
                assert meets(stand, version).seen_from == own
                back = stand.connects("office", "desk1", 443, to=own)
                assert (back.answered_by, back.seen_from) == ("desk1", OFFICE.address(version))
        assert heard
        ends = f"{CONCENTRATOR}.4500", f"{ROUTER}.4500"
        assert not [line for line in heard if not all(end in line for end in ends)], "nothing but IPsec"
        asked = ReachabilityBody(source=desk.id, destination=OFFICE.address(), destination_port=443)
        said = reachability(asked, Analyser(region=stand.region), View(cloud, "alpha"), whole=True)
        assert (said.outcome, said.there[-1].component) == ("reachable", connection.id)

        cloud.update(connection.id, prefixes=[SITE[1]])
        stand.realise()
        assert within(lambda: not meets(stand, 4, REFUSED_S) and meets(stand, 6, 1.0), TUNNEL_S)
        cloud.delete(connection.id)
        stand.realise()
        assert within(lambda: not site.is_up(), TUNNEL_S)
        assert not meets(stand, 6, REFUSED_S)


def meets(stand: Stand, version: int, timeout_s: float = ANSWERED_S) -> Connection:
    """Whether the branch's machine gets a connection to the customer's."""
    return stand.lab.connect("desk1", "office", 443, to=OFFICE.address(version), timeout_s=timeout_s)


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
