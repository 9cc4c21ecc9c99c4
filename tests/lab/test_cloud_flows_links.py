"""What the cloud says about private link, and about elastic IPs where hypervisors have the provider network, by
packets.

    provider 10.0.0.0/16, fd00:a::/56, project alpha: web1 on hv1, web2 on hv2, behind a load balancer
    consumer the same, project beta: cli1 on hv1         other 10.7.0.0/16, fd00:7::/56, project beta: cli7 on hv2
    tenants' MTU 1500, the provider network's 1400
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from cloud_memory import View
from cloud_stand import OUTSIDE, Stand, flat_region, flat_stand, internet, spread, within
from crossconnect.cloud.linking import link_address
from crossconnect.cloud.reach import Analyser, Reachability, ReachabilityBody, reachability
from crossconnect.lab.ovn import power_off, power_on
from ovn_scenes import ANSWERED_S

REFUSED_S = 0.7
"""So long without an answer is a refusal."""


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
    vpc = create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["fd00:a::/56"])
    subnet = create("subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24", ipv6_cidr_block="fd00:a:0:1::/64")
    group = stand.open_group(vpc)
    targets = []
    for name, chassis in (("web1", "hv1"), ("web2", "hv2")):
        made = stand.machine(name, subnet, group, chassis)
        targets.append({"network_interface_id": made.id, "port": 80})
    behind = create("target_group", vpc_id=vpc.id, targets=targets)
    listeners = [{"port": 8080, "target_group_id": behind.id}]
    balancer = create("load_balancer", subnet_ids=[subnet.id], listeners=listeners, ip_address_type="dualstack")
    for cidr, six, name, chassis in (("10.0.0.0/16", "a", "cli1", "hv1"), ("10.7.0.0/16", "7", "cli7", "hv2")):
        other = create("vpc", project="beta", cidr_blocks=[cidr], ipv6_cidr_blocks=[f"fd00:{six}::/56"])
        net = create(
            "subnet", project="beta", vpc_id=other.id, cidr_block=cidr.replace("0.0/16", "1.0/24"),
            ipv6_cidr_block=f"fd00:{six}:0:1::/64",
        )  # fmt: skip
        stand.machine(name, net, stand.open_group(other), chassis)
    stand.settle()
    return Provider(vpc, subnet, balancer)


def endpoint(stand: Stand, service: Any, client: str, **body: Any) -> Any:
    """An endpoint of a service in the VPC of a machine."""
    subnet = stand.cloud.get(stand.interface(client).subnet_id, project="beta")
    wanted = {"service_id": service.id, "subnet_ids": [subnet.id], **body}
    made = stand.cloud.create("service_endpoint", project="beta", **wanted)
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


def asks6(stand: Stand, client: str, made: Any, port: int = 8080, timeout_s: float = REFUSED_S) -> Any:
    """The same by IPv6."""
    to = f"[{made.ipv6_addresses[0]}]:{port}"
    return stand.lab.connect(client, ["web1", "web2"], 80, to=to, timeout_s=timeout_s)


def answers(stand: Stand, client: str, made: Any) -> list[Any]:
    """Connections, all of which must be answered, until both targets have answered one."""
    return spread(lambda: asks(stand, client, made, timeout_s=ANSWERED_S), {"web1", "web2"})


def refused(stand: Stand, client: str, made: Any, port: int = 8080) -> bool:
    """Whether nobody answers."""
    return stand.refuses(lambda: asks(stand, client, made, port))


def homes(stand: Stand, *ends: Any) -> set[str]:
    """The gateway nodes that endpoints and services are on."""
    return {stand.chassis_of(f"link-{one.id}") for one in ends}


def home(stand: Stand, *ends: Any) -> str:
    """The gateway node that they all are on; empty while there is none."""
    found = homes(stand, *ends)
    return found.pop() if len(found) == 1 else ""


def settled(stand: Stand, client: str, service: Any, made: Any) -> None:
    """Until an endpoint answers time after time: new gateway ports may change nodes once, until BFD is up."""
    assert within(lambda: home(stand, service, made))
    stand.settle()
    assert within(lambda: all(asks(stand, client, made, timeout_s=2.0) for _ in range(5)))


def test_an_endpoint_reaches_listeners_only_and_hides_who_asks(stand: Stand, provider: Provider) -> None:
    cloud = stand.cloud
    with offered(stand, provider.balancer, acceptance_required=True) as service:
        made = endpoint(stand, service, "cli1")
        assert refused(stand, "cli1", made), "not accepted yet"
        cloud.update(made.id, status="active")
        stand.realise()
        settled(stand, "cli1", service, made)
        found = answers(stand, "cli1", made)
        assert all(one.seen_from.startswith("100.127.") for one in found), "translated: both sides are 10.0.0.0/16"
        assert refused(stand, "cli1", made, 22), "what is no listener"
        assert not stand.lab.connect("web1", "cli1", 80, to=found[0].seen_from, timeout_s=REFUSED_S), "one way only"
        assert within(lambda: home(stand, service, made))
        lost = home(stand, service, made)
        power_off(stand.lab.lab, lost)
        assert within(lambda: asks(stand, "cli1", made)), "by the other gateway node"
        power_on(stand.lab.lab, lost)
        assert within(lambda: homes(stand, service, made) == {lost})
        assert within(lambda: asks(stand, "cli1", made))
        cloud.delete(made.id, project="beta")
        stand.realise()
        assert refused(stand, "cli1", made)


def test_a_service_may_be_shown_who_asks(stand: Stand, provider: Provider) -> None:
    with offered(stand, provider.balancer, acceptance_required=False, source="kept") as service:
        made = endpoint(stand, service, "cli7")
        settled(stand, "cli7", service, made)
        found = answers(stand, "cli7", made)
        assert {one.seen_from for one in found} == {stand.lab.party("cli7").address()}
        assert not stand.lab.connect("cli7", "web1", 80, timeout_s=REFUSED_S), "targets themselves are not reached"
        assert not stand.lab.connect("web1", "cli7", 80, timeout_s=REFUSED_S), "one way only"


@pytest.mark.parametrize(("source", "client"), [("translated", "cli1"), ("kept", "cli7")])
def test_an_endpoint_is_reached_by_ipv6(stand: Stand, provider: Provider, source: str, client: str) -> None:
    """Input: an endpoint of IPv4 that becomes dual-stack, where both sides have the same blocks, or sources are kept.
    Output: by IPv6 listeners are reached, nothing else is, and nothing begins at the service; the analyser says so;
    IPv4 is as it was, and alone again afterwards."""
    body = {"acceptance_required": False, "source": source, "supported_ip_address_types": ["ipv4", "ipv6"]}
    with offered(stand, provider.balancer, **body) as service:
        made = endpoint(stand, service, client)
        settled(stand, client, service, made)
        made = stand.cloud.update(made.id, project="beta", ip_address_type="dualstack")
        stand.realise()
        assert within(lambda: asks6(stand, client, made, timeout_s=2.0))
        found = spread(lambda: asks6(stand, client, made, timeout_s=ANSWERED_S), {"web1", "web2"})
        own, web = (stand.interface(name).ipv6_addresses[0] for name in (client, "web1"))
        seen = own if source == "kept" else link_address(made, stand.region.private_link_prefix6)
        assert {one.seen_from for one in found} == {seen}
        assert answers(stand, client, made)
        said = says(stand, client, made, to=made.ipv6_addresses[0])
        assert said.outcome == "reachable", said.explanation
        assert stand.refuses(lambda: asks6(stand, client, made, 22)), "what is no listener"
        assert not stand.lab.connect("web1", client, 80, to=seen, timeout_s=REFUSED_S), "one way only"
        if source == "kept":
            assert not stand.lab.connect(client, "web1", 80, to=web, timeout_s=REFUSED_S), "not targets themselves"
        stand.cloud.update(made.id, project="beta", ip_address_type="ipv4")
        stand.realise()
        assert stand.refuses(lambda: asks6(stand, client, made))
        assert asks(stand, client, made, timeout_s=ANSWERED_S)


def test_two_services_of_a_vpc_answer_by_their_own_way(stand: Stand, provider: Provider) -> None:
    """Input: two services in one VPC, both of which translate sources. Output: a client reaches both; a route for all
    of what targets see led the answers of both to one of them."""
    other = balanced(stand, provider)
    with (
        offered(stand, provider.balancer, acceptance_required=False) as one,
        offered(stand, other, acceptance_required=False) as two,
    ):
        ends = [(service, endpoint(stand, service, "cli1")) for service in (one, two)]
        for service, made in ends:
            settled(stand, "cli1", service, made)
            answers(stand, "cli1", made)
            assert says(stand, "cli1", made).outcome == "reachable"
    stand.cloud.delete(other.id)


def balanced(stand: Stand, provider: Provider) -> Any:
    """One more load balancer with the same listeners."""
    listeners = [{"port": each.port, "target_group_id": each.target_group_id} for each in provider.balancer.listeners]
    return stand.cloud.create("load_balancer", subnet_ids=[provider.subnet.id], listeners=listeners)


def says(stand: Stand, client: str, made: Any, port: int = 8080, to: str = "") -> Reachability:
    """What the reachability analyser says of a connection to an endpoint, or one of its addresses."""
    asked = ReachabilityBody(source=stand.interface(client).id, destination=to or made.id, destination_port=port)
    return reachability(asked, Analyser(region=stand.region), View(stand.cloud, "beta"), whole=True)


@contextlib.contextmanager
def closed(stand: Stand, *machines: str) -> Iterator[None]:
    """Machines in a security group that lets nobody in."""
    cloud = stand.cloud
    before = [stand.interface(machine) for machine in machines]
    group = cloud.create("security_group", project=before[0].project_id, vpc_id=before[0].vpc_id)
    for one in before:
        cloud.update(one.id, project=one.project_id, security_group_ids=[group.id])
    try:
        yield
    finally:
        for one in before:
            cloud.update(one.id, project=one.project_id, security_group_ids=list(one.security_group_ids))
        cloud.delete(group.id, project=before[0].project_id)


@contextlib.contextmanager
def filtered(stand: Stand, subnet_id: str, project: str, direction: str, cidr: str) -> Iterator[None]:
    """A network ACL of a subnet that denies a block in one direction, and nothing else."""
    cloud = stand.cloud
    subnet = cloud.get(subnet_id, project=project)
    entries = [{"number": 1, "direction": direction, "action": "deny", "cidr": cidr}]
    entries += [{"number": 2, "direction": d, "action": "allow", "cidr": "0.0.0.0/0"} for d in ("ingress", "egress")]
    acl = cloud.create("network_acl", project=project, vpc_id=subnet.vpc_id, entries=entries)
    cloud.update(subnet_id, project=project, network_acl_id=acl.id)
    try:
        yield
    finally:
        cloud.update(subnet_id, project=project, network_acl_id="")
        cloud.delete(acl.id, project=project)


@pytest.mark.parametrize(("source", "client"), [("translated", "cli1"), ("kept", "cli7")])
def test_the_analyser_says_what_packets_find(stand: Stand, provider: Provider, source: str, client: str) -> None:
    """Input: one thing after another in the way of a client to a service, on both sides and in both directions. Output:
    connections fail exactly where the analyser says so, and it names who refuses."""
    prefix = stand.region.private_link_prefix
    with offered(stand, provider.balancer, acceptance_required=False, source=source) as service:
        made = endpoint(stand, service, client)
        settled(stand, client, service, made)
        own = stand.interface(client)
        between = f"{link_address(service, prefix)}/32"
        seen = f"{own.private_addresses[0] if source == 'kept' else link_address(made, prefix)}/32"
        theirs, ours = stand.interface("web1").subnet_id, own.subnet_id
        reached = "", ""
        for name, way, decides in (
            ("service's security groups", closed(stand, "web1", "web2"), ("there", "security-group")),
            ("client's security group, of what it begins", closed(stand, client), reached),
            ("into the service", filtered(stand, theirs, "alpha", "ingress", seen), ("there", "network-acl")),
            ("out of it", filtered(stand, theirs, "alpha", "egress", seen), ("back", "network-acl")),
            (
                "out of the client's",
                filtered(stand, ours, "beta", "egress", between),
                ("there", "network-acl"),
            ),
            ("into it", filtered(stand, ours, "beta", "ingress", between), ("back", "network-acl")),
            (
                "the endpoint's address, which is not asked for",
                filtered(stand, ours, "beta", "egress", f"{made.addresses[0]}/32"),
                reached,
            ),
        ):
            with way:
                stand.realise()
                said = says(stand, client, made)
                where = "back" if said.back else "there"
                last = (said.back or said.there)[-1]
                assert (where, last.point) == decides or (said.outcome, decides) == ("reachable", reached), name
                if decides == reached:
                    assert asks(stand, client, made, timeout_s=ANSWERED_S), name
                else:
                    assert refused(stand, client, made), name
            stand.realise()
            assert says(stand, client, made).outcome == "reachable"
            assert asks(stand, client, made, timeout_s=ANSWERED_S), f"without: {name}"
        assert says(stand, client, made, 22).outcome == "unreachable"
        stand.cloud.update(made.id, status="rejected")
        stand.realise()
        assert says(stand, client, made).outcome == "unreachable"
        assert refused(stand, client, made)


def test_an_elastic_ip_is_translated_where_the_machine_runs(stand: Stand, provider: Provider) -> None:
    create, cloud = stand.cloud.create, stand.cloud
    gateway = create("internet_gateway", vpc_id=provider.vpc.id)
    cloud.update(provider.vpc.main_route_table_id, routes=[{"destination": "0.0.0.0/0", "target": gateway.id}])
    elastic = {name: create("elastic_ip", network_interface_id=stand.interface(name).id) for name in ("web1", "web2")}
    stand.settle()
    for name, own in elastic.items():
        assert within(lambda a=own.address: stand.lab.ping("carrier", a)), name
        arrived = stand.connects("carrier", name, 443, to=own.address)
        assert (arrived.answered_by, arrived.seen_from) == (name, OUTSIDE[4])
        assert stand.connects(name, "carrier", 80, to=OUTSIDE[4]).seen_from == own.address
    neighbours = stand.carrier("ip", "neigh", "show", elastic["web1"].address)
    assert stand.interface("web1").mac in neighbours, "the hypervisor itself answers"
    for lost in ("gw1", "gw2"):
        power_off(stand.lab.lab, lost)
    try:
        assert stand.connects("carrier", "web1", 443, to=elastic["web1"].address), "no gateway node is in the way"
        assert stand.connects("web2", "carrier", 80, to=OUTSIDE[4])
    finally:
        for back in ("gw1", "gw2"):
            power_on(stand.lab.lab, back)


def test_inside_is_told_the_mtu_of_a_smaller_provider_network(stand: Stand, provider: Provider) -> None:
    ping = ["ping", "-n", "-c", "1", "-W", "1", "-M", "do", "-s", str(1500 - 28)]
    assert within(lambda: stand.lab.ping("web1", OUTSIDE[4]))
    assert within(lambda: "mtu = 1400" in stand.lab.run("web1", [*ping, OUTSIDE[4]]))
    assert within(lambda: "1 received" in stand.lab.run("web1", [*ping, stand.lab.party("web2").address()]))
