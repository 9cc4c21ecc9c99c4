"""What the cloud says about private link, and about elastic IPs where hypervisors have the provider network, by
packets.

    provider 10.0.0.0/16, project alpha: web1 on hv1, web2 on hv2, behind a load balancer
    consumer 10.0.0.0/16, project beta: cli1 on hv1      other 10.7.0.0/16, project beta: cli7 on hv2
    tenants' MTU 1500, the provider network's 1400
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from cloud_stand import OUTSIDE, Stand, flat_region, flat_stand, internet, within
from crossconnect.lab.ovn import power_off, power_on

REFUSED_S = 0.7
"""So long without an answer is a refusal."""
ANSWERED_S = 5.0
"""An answer may take so long on a busy machine: a lost segment is sent again after 1 s, then after 2 s (RFC 6298)."""


class Provider(NamedTuple):
    vpc: Any
    subnet: Any
    balancer: Any


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    region = flat_region(internet=internet(on_hypervisors=True, mtu=1400), mtu=1500)
    with flat_stand("ol-links", str(tmp_path_factory.mktemp("ovn")), region) as made:
        yield made


@pytest.fixture(scope="module")
def provider(stand: Stand) -> Provider:
    create = stand.cloud.create
    vpc = create("vpc", cidr_blocks=["10.0.0.0/16"])
    subnet = create("subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24")
    group = stand.open_group(vpc)
    targets = []
    for name, chassis in (("web1", "hv1"), ("web2", "hv2")):
        made = stand.machine(name, subnet, group, chassis)
        targets.append({"network_interface_id": made.id, "port": 80})
    behind = create("target_group", vpc_id=vpc.id, targets=targets)
    listeners = [{"port": 8080, "target_group_id": behind.id}]
    balancer = create("load_balancer", subnet_ids=[subnet.id], listeners=listeners)
    for cidr, name, chassis in (("10.0.0.0/16", "cli1", "hv1"), ("10.7.0.0/16", "cli7", "hv2")):
        other = create("vpc", project="beta", cidr_blocks=[cidr])
        net = create("subnet", project="beta", vpc_id=other.id, cidr_block=cidr.replace("0.0/16", "1.0/24"))
        stand.machine(name, net, stand.open_group(other), chassis)
    stand.settle()
    return Provider(vpc, subnet, balancer)


def endpoint(stand: Stand, service: Any, client: str) -> Any:
    """An endpoint of a service in the VPC of a machine."""
    subnet = stand.cloud.get(stand.interface(client).subnet_id, project="beta")
    made = stand.cloud.create("service_endpoint", project="beta", service_id=service.id, subnet_ids=[subnet.id])
    stand.realise()
    return made


@contextlib.contextmanager
def offered(stand: Stand, balancer: Any, **body: Any) -> Iterator[Any]:
    """A service behind the load balancer, for one project; gone afterwards, with its endpoints."""
    cloud, wanted = stand.cloud, {"load_balancer_id": balancer.id, "allowed_projects": ["beta"], **body}
    service = cloud.create("endpoint_service", **wanted)
    try:
        yield service
    finally:
        for made in cloud.of("service_endpoint"):
            if made.service_id == service.id:
                cloud.delete(made.id, project="beta")
        cloud.delete(service.id)
        stand.realise()


def asks(stand: Stand, client: str, made: Any, port: int = 8080, timeout_s: float = REFUSED_S) -> Any:
    to = f"{made.addresses[0]}:{port}"
    return stand.lab.connect(client, ["web1", "web2"], 80, to=to, timeout_s=timeout_s)


def answers(stand: Stand, client: str, made: Any) -> list[Any]:
    """Who answers ten connections, all of which must be answered."""
    return [asks(stand, client, made, timeout_s=ANSWERED_S) for _ in range(10)]


def homes(stand: Stand, *ends: Any) -> set[str]:
    """The gateway nodes that endpoints and services are on."""
    return {stand.chassis_of(f"link-{one.id}") for one in ends}


def settled(stand: Stand, client: str, service: Any, made: Any) -> None:
    """Until an endpoint answers time after time: new gateway ports may change nodes once, until BFD is up."""
    assert within(lambda: len(homes(stand, service, made)) == 1)
    stand.settle()
    assert within(lambda: all(asks(stand, client, made) for _ in range(5)))


def test_an_endpoint_reaches_listeners_only_and_hides_who_asks(stand: Stand, provider: Provider) -> None:
    cloud = stand.cloud
    with offered(stand, provider.balancer, acceptance_required=True) as service:
        made = endpoint(stand, service, "cli1")
        assert not asks(stand, "cli1", made), "not accepted yet"
        cloud.update(made.id, status="active")
        stand.realise()
        settled(stand, "cli1", service, made)
        found = answers(stand, "cli1", made)
        assert {one.answered_by for one in found} == {"web1", "web2"}
        assert all(one.seen_from.startswith("100.127.") for one in found), "translated: both sides are 10.0.0.0/16"
        assert not asks(stand, "cli1", made, 22), "what is no listener"
        assert not stand.lab.connect("web1", "cli1", 80, to=found[0].seen_from, timeout_s=REFUSED_S), "one way only"
        [home] = homes(stand, service, made)
        power_off(stand.lab.lab, home)
        assert within(lambda: asks(stand, "cli1", made)), "by the other gateway node"
        power_on(stand.lab.lab, home)
        assert within(lambda: homes(stand, service, made) == {home})
        assert within(lambda: asks(stand, "cli1", made))
        cloud.delete(made.id, project="beta")
        stand.realise()
        assert not asks(stand, "cli1", made)


def test_a_service_may_be_shown_who_asks(stand: Stand, provider: Provider) -> None:
    with offered(stand, provider.balancer, acceptance_required=False, source="kept") as service:
        made = endpoint(stand, service, "cli7")
        settled(stand, "cli7", service, made)
        found = answers(stand, "cli7", made)
        assert {one.answered_by for one in found} == {"web1", "web2"}
        assert {one.seen_from for one in found} == {stand.lab.party("cli7").address()}
        assert not stand.lab.connect("cli7", "web1", 80, timeout_s=REFUSED_S), "targets themselves are not reached"
        assert not stand.lab.connect("web1", "cli7", 80, timeout_s=REFUSED_S), "one way only"


def test_an_elastic_ip_is_translated_where_the_machine_runs(stand: Stand, provider: Provider) -> None:
    create, cloud = stand.cloud.create, stand.cloud
    gateway = create("internet_gateway", vpc_id=provider.vpc.id)
    cloud.update(provider.vpc.main_route_table_id, routes=[{"destination": "0.0.0.0/0", "target": gateway.id}])
    elastic = {name: create("elastic_ip", network_interface_id=stand.interface(name).id) for name in ("web1", "web2")}
    stand.settle()
    for name, own in elastic.items():
        assert within(lambda a=own.address: stand.lab.ping("carrier", a)), name
        arrived = stand.lab.connect("carrier", name, 443, to=own.address)
        assert (arrived.answered_by, arrived.seen_from) == (name, OUTSIDE[4])
        assert stand.lab.connect(name, "carrier", 80, to=OUTSIDE[4]).seen_from == own.address
    neighbours = stand.carrier("ip", "neigh", "show", elastic["web1"].address)
    assert stand.interface("web1").mac in neighbours, "the hypervisor itself answers"
    for lost in ("gw1", "gw2"):
        power_off(stand.lab.lab, lost)
    try:
        assert stand.lab.connect("carrier", "web1", 443, to=elastic["web1"].address), "no gateway node is in the way"
        assert stand.lab.connect("web2", "carrier", 80, to=OUTSIDE[4])
    finally:
        for back in ("gw1", "gw2"):
            power_on(stand.lab.lab, back)


def test_inside_is_told_the_mtu_of_a_smaller_provider_network(stand: Stand, provider: Provider) -> None:
    ping = ["ping", "-n", "-c", "1", "-W", "1", "-M", "do", "-s", str(1500 - 28)]
    assert within(lambda: stand.lab.ping("web1", OUTSIDE[4]))
    said = stand.lab.run("web1", [*ping, OUTSIDE[4]])
    assert "mtu = 1400" in said, said
    assert within(lambda: "1 received" in stand.lab.run("web1", [*ping, stand.lab.party("web2").address()]))
