"""What the cloud says about load balancers, by packets: TCP and UDP, zones, affinity, health checks, hairpin, from
outside by an elastic IP, from other VPCs. Real hypervisors.

    shop 10.0.0.0/16:  east 10.0.1.0/24, hv1: web1, cli1     west 10.0.2.0/24, hv2: web2, cli2
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from cloud_stand import OUTSIDE, Stand, flat_stand, spread, within
from crossconnect.lab.ovn import Connection
from ovn_scenes import ANSWERED_S

REFUSED_S = 0.7
SERVER = """
import socket, sys
s = socket.create_server(("", int(sys.argv[1])), backlog=64)
while True:
    s.accept()[0].close()
"""
"""What health checks are answered by."""
TAKER = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", int(sys.argv[1])))
while True:
    said, who = s.recvfrom(64)
    if said == b"who":
        s.sendto(sys.argv[2].encode(), who)
"""
"""Takes datagrams, and answers those of clients: a health check by UDP wants nothing but that none is refused."""
ASKER = """
import socket, sys
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
c.connect((sys.argv[1], 8080))
c.settimeout(1)
for _ in range(15):
    c.send(b"who")
    try:
        print(c.recv(64).decode())
        break
    except TimeoutError:
        pass
"""
"""Asks once more, of the same target, where a busy machine has lost a datagram. Who is refused has no answer."""


class Shop(NamedTuple):
    vpc: Any
    east: Any
    west: Any
    group: Any


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with flat_stand("ol-balanced", str(tmp_path_factory.mktemp("ovn"))) as made:
        yield made


@pytest.fixture(scope="module")
def shop(stand: Stand) -> Shop:
    create = stand.cloud.create
    vpc = create("vpc", cidr_blocks=["10.0.0.0/16"])
    east = create("subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24", availability_zone="east")
    west = create("subnet", vpc_id=vpc.id, cidr_block="10.0.2.0/24", availability_zone="west")
    group = stand.open_group(vpc)
    for name, subnet, chassis in (("web1", east, "hv1"), ("web2", west, "hv2")):
        stand.machine(name, subnet, group, chassis)
    for name, subnet, chassis in (("cli1", east, "hv1"), ("cli2", west, "hv2")):
        stand.machine(name, subnet, group, chassis)
    stand.settle()
    assert within(lambda: stand.lab.ping("cli1", "web2") and stand.lab.ping("cli2", "web1"))
    return Shop(vpc, east, west, group)


def targets(stand: Stand, *machines: str, port: int = 80) -> list[dict[str, Any]]:
    return [{"network_interface_id": stand.interface(name).id, "port": port} for name in machines]


def balancer(stand: Stand, shop: Shop, *machines: str, protocol: str = "tcp", **fields: Any) -> tuple[Any, Any]:
    """A load balancer on port 8080 in both zones, and its target group of machines' port 80."""
    of_balancer = {name: fields.pop(name) for name in ("cross_zone", "scheme", "elastic_ip_id") if name in fields}
    group = stand.cloud.create(
        "target_group", vpc_id=shop.vpc.id, protocol=protocol, targets=targets(stand, *machines), **fields
    )
    made = stand.cloud.create(
        "load_balancer",
        subnet_ids=[shop.east.id, shop.west.id],
        listeners=[{"protocol": protocol, "port": 8080, "target_group_id": group.id}],
        **of_balancer,
    )
    stand.realise()
    return made, group


def gone(stand: Stand, *resources: Any) -> None:
    for one in resources:
        stand.cloud.delete(one.id)
    stand.realise()


def monitors(stand: Stand, protocol: str, port: int = 80) -> dict[str, str]:
    """What OVN says of the health of each address: nothing ("[]") until it has looked."""
    words = ["--format=csv", "--no-headings", "--columns=ip,status", "find", "Service_Monitor", f"port={port}"]
    lines = stand.lab.central.sbctl(*words, f"protocol={protocol}").split()
    return {ip: status for ip, _, status in (line.replace('"', "").partition(",") for line in lines)}


def ask(stand: Stand, client: str, address: str, protocol: Any = "tcp") -> Connection:
    """Who answers a client at port 8080."""
    to = f"{address}:8080"
    return stand.lab.connect(client, ["web1", "web2"], 80, protocol, to=to, timeout_s=ANSWERED_S)


def asks(stand: Stand, client: str, address: str, protocol: Any = "tcp", attempts: int = 6) -> list[Connection]:
    """Who answers it, again and again."""
    return [ask(stand, client, address, protocol) for _ in range(attempts)]


def asks_all(stand: Stand, client: str, address: str, protocol: Any = "tcp") -> list[Connection]:
    """The same, until both have answered."""
    return spread(lambda: ask(stand, client, address, protocol), {"web1", "web2"})


def packets(stand: Stand, machine: str, way: str) -> int:
    """IPv4 packets that a machine has sent so far (`OutRequests`), or got (`InReceives`)."""
    lines = [line.split() for line in stand.lab.run(machine, ["grep", "^Ip:", "/proc/net/snmp"]).splitlines()]
    return int(dict(zip(*lines, strict=True))[way])


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_connections_are_spread_over_the_targets_of_all_zones(stand: Stand, shop: Shop, protocol: str) -> None:
    made, group = balancer(stand, shop, "web1", "web2", protocol=protocol)
    for client in ("cli1", "cli2"):
        for address in made.addresses:
            found = asks_all(stand, client, address, protocol)
            assert {one.seen_from for one in found} == {stand.lab.party(client).address()}, "the client's own address"
    gone(stand, made, group)


def test_without_cross_zone_an_address_leads_to_the_targets_of_its_zone(stand: Stand, shop: Shop) -> None:
    made, group = balancer(stand, shop, "web1", "web2", cross_zone=False)
    for client in ("cli1", "cli2"):
        by = [{one.answered_by for one in asks(stand, client, a)} for a in made.addresses]
        assert by == [{"web1"}, {"web2"}]
    stand.cloud.update(group.id, targets=targets(stand, "web2"))
    stand.realise()
    assert stand.refuses(lambda: ask(stand, "cli1", made.addresses[0]))
    refused = ask(stand, "cli1", made.addresses[0])
    assert refused.error == "Connection refused", "a listener without targets says so at once"
    gone(stand, made, group)


def test_a_target_behind_its_own_load_balancer_reaches_itself(stand: Stand, shop: Shop) -> None:
    made, group = balancer(stand, shop, "web1")
    for address in made.addresses:
        found = asks(stand, "web1", address, attempts=3)
        assert {one.answered_by for one in found} == {"web1"}
    gone(stand, made, group)


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_with_affinity_a_client_stays_with_a_target(stand: Stand, shop: Shop, protocol: str) -> None:
    made, group = balancer(stand, shop, "web1", "web2", protocol=protocol, affinity_s=60)
    for client in ("cli1", "cli2"):

        def arrived() -> int:
            return sum(packets(stand, server, "InReceives") for server in ("web1", "web2"))

        before, got = packets(stand, client, "OutRequests"), arrived()
        found = asks(stand, client, made.addresses[0], protocol, attempts=8)
        assert len({one.answered_by for one in found}) == 1
        # Not by the clock: on a machine that does much else an answer is late, and a packet sent twice.
        sent = packets(stand, client, "OutRequests") - before
        assert within(lambda n=sent, m=got: arrived() - m >= n), "the first packet is not lost"
    gone(stand, made, group)


def test_a_target_that_does_not_answer_leaves_until_it_does_again(stand: Stand, shop: Shop) -> None:
    serve = f"python3 -I -S -c '{SERVER}' 80 >/dev/null 2>&1 </dev/null & echo $!"
    pids = {name: stand.lab.run(name, ["sh", "-c", serve]).strip() for name in ("web1", "web2")}
    check = {"interval_s": 5, "timeout_s": 2, "healthy_threshold": 2, "unhealthy_threshold": 2}
    made, group = balancer(stand, shop, "web1", "web2", health_check=check)

    def monitored() -> dict[str, str]:
        return monitors(stand, "tcp")

    def reached(attempts: int = 10, seconds: float = ANSWERED_S) -> list[bool]:
        ask = "import socket, sys; c = socket.create_connection((sys.argv[1], 8080), float(sys.argv[2])); print('open')"
        words = ["python3", "-I", "-S", "-c", ask, made.addresses[0], str(seconds)]
        return ["open" in stand.lab.run("cli1", words) for _ in range(attempts)]

    by = {name: stand.lab.party(name).address() for name in ("web1", "web2")}
    assert within(lambda: monitored() == dict.fromkeys(by.values(), "online")), monitored()
    stand.catch_up()
    assert all(reached())
    stand.lab.run("web1", ["kill", pids["web1"]])
    assert within(lambda: monitored() == {by["web1"]: "offline", by["web2"]: "online"}), monitored()
    stand.catch_up()
    assert all(reached()), "nobody is led to the target that is dead"
    again = stand.lab.run("web1", ["sh", "-c", serve]).strip()
    assert within(lambda: monitored().get(by["web1"]) == "online")
    for name, pid in (("web1", again), ("web2", pids["web2"])):
        stand.lab.run(name, ["kill", pid])
    assert within(lambda: monitored() == dict.fromkeys(by.values(), "offline"))
    stand.catch_up()
    assert not any(reached(2, REFUSED_S))
    gone(stand, made, group)


def test_a_target_that_refuses_datagrams_leaves_until_it_takes_them_again(stand: Stand, shop: Shop) -> None:
    """Nobody at the target's port: its ICMP "port unreachable" makes it unhealthy. Somebody again: it is healthy."""

    def serve(name: str) -> str:
        command = f"python3 -I -S -c '{TAKER}' 80 {name} >/dev/null 2>&1 </dev/null & echo $!"
        return stand.lab.run(name, ["sh", "-c", command]).strip()

    pids = {name: serve(name) for name in ("web1", "web2")}
    check = {"interval_s": 5, "timeout_s": 2, "healthy_threshold": 2, "unhealthy_threshold": 2}
    made, group = balancer(stand, shop, "web1", "web2", protocol="udp", health_check=check)
    by = {stand.lab.party(name).address(): name for name in ("web1", "web2")}

    def monitored() -> dict[str, str]:
        return {by[ip]: status for ip, status in monitors(stand, "udp").items()}

    def answers(attempts: int = 12, wanted: frozenset[str] = frozenset()) -> set[str]:
        """Who answers, in so many attempts, or as soon as all have that are wanted."""
        words = ["python3", "-I", "-S", "-c", ASKER, made.addresses[0]]
        found: set[str] = set()
        for _ in range(attempts):
            said = stand.lab.run("cli1", words).split()
            found.add(said[-1] if said and said[-1] in pids else "nobody")
            if wanted == found:
                break
        return found

    assert within(lambda: monitored() == {"web1": "online", "web2": "online"}), monitored()
    stand.catch_up()
    assert answers(64, frozenset(("web1", "web2"))) == {"web1", "web2"}
    stand.lab.run("web1", ["kill", pids["web1"]])
    assert within(lambda: monitored() == {"web1": "offline", "web2": "online"}), monitored()
    stand.catch_up()
    assert answers() == {"web2"}, "nobody is led to the target that refuses"
    pids["web1"] = serve("web1")
    assert within(lambda: monitored() == {"web1": "online", "web2": "online"}), monitored()
    stand.catch_up()
    assert answers(64, frozenset(("web1", "web2"))) == {"web1", "web2"}
    for name, pid in pids.items():
        stand.lab.run(name, ["kill", pid])
    gone(stand, made, group)


def test_an_elastic_ip_of_a_load_balancer_is_reached_from_outside(stand: Stand, shop: Shop) -> None:
    create, cloud = stand.cloud.create, stand.cloud
    gateway = create("internet_gateway", vpc_id=shop.vpc.id)
    cloud.update(shop.vpc.main_route_table_id, routes=[{"destination": "0.0.0.0/0", "target": gateway.id}])
    elastic = create("elastic_ip")
    made, group = balancer(stand, shop, "web1", "web2", scheme="internet-facing", elastic_ip_id=elastic.id)
    assert within(lambda: ask(stand, "carrier", elastic.address))
    found = asks_all(stand, "carrier", elastic.address)
    assert {one.seen_from for one in found} == {OUTSIDE[4]}
    assert not stand.lab.connect("carrier", "web1", 80, to=elastic.address, timeout_s=REFUSED_S), "only listeners"
    asks_all(stand, "cli1", made.addresses[0])
    gone(stand, made, group)
    cloud.update(shop.vpc.main_route_table_id, routes=[])
    stand.realise()


@pytest.mark.parametrize("by", ["peering", "transit"])
def test_a_load_balancer_is_reached_from_another_vpc(stand: Stand, shop: Shop, by: str) -> None:
    """A client elsewhere, over a peering or a transit router: both targets answer, and see its own address."""
    create, cloud, block = stand.cloud.create, stand.cloud, f"10.{1 if by == 'peering' else 2}.0.0/16"
    vpc = create("vpc", cidr_blocks=[block])
    subnet = create("subnet", vpc_id=vpc.id, cidr_block=block.replace("0.0/16", "1.0/24"))
    client = f"ext-{by}"
    stand.machine(client, subnet, stand.open_group(vpc), "hv2")
    if by == "peering":
        way = create("vpc_peering", vpc_id=vpc.id, peer_vpc_id=shop.vpc.id)
    else:
        way = create("transit_router")
        for one, at in ((vpc, subnet), (shop.vpc, shop.east)):
            create("transit_router_attachment", transit_router_id=way.id, vpc_id=one.id, subnet_ids=[at.id])
    for one, to in ((vpc, "10.0.0.0/16"), (shop.vpc, block)):
        cloud.update(one.main_route_table_id, routes=[{"destination": to, "target": way.id}])
    stand.settle()
    assert within(lambda: stand.lab.ping(client, "web1") and stand.lab.ping(client, "web2"))
    for protocol in ("tcp", "udp"):
        made, group = balancer(stand, shop, "web1", "web2", protocol=protocol)
        for address in made.addresses:
            found = asks_all(stand, client, address, protocol)
            assert {one.seen_from for one in found} == {stand.lab.party(client).address()}, "the client's own address"
        if protocol == "tcp":
            cloud.update(vpc.main_route_table_id, routes=[{"destination": "10.0.1.0/24", "target": way.id}])
            stand.realise()
            to = f"{made.addresses[0]}:8080"
            assert stand.refuses(lambda to=to: stand.lab.connect(client, ["web1"], 80, to=to, timeout_s=REFUSED_S)), (
                "its routes lead to one of the targets only"
            )
            cloud.update(vpc.main_route_table_id, routes=[{"destination": "10.0.0.0/16", "target": way.id}])
        gone(stand, made, group)
    for one in (vpc, shop.vpc):
        cloud.update(one.main_route_table_id, routes=[])
    stand.realise()


def test_a_dual_stack_load_balancer_is_reached_in_both_versions(stand: Stand) -> None:
    """A VPC with IPv6, and a peer of it: clients reach each address in its version, also in their own subnet."""
    create = stand.cloud.create
    clients: list[str] = []
    vpcs: list[Any] = []
    subnets: list[Any] = []
    for n in (6, 7):
        vpc = create("vpc", cidr_blocks=[f"10.{n}.0.0/16"], ipv6_cidr_blocks=[f"fd00:{n}::/56"])
        subnet = create("subnet", vpc_id=vpc.id, cidr_block=f"10.{n}.1.0/24", ipv6_cidr_block=f"fd00:{n}:0:1::/64")
        clients.append(f"six-cli{n}")
        opened = stand.open_group(vpc)
        stand.machine(clients[-1], subnet, opened, f"hv{n - 5}")
        if n == 6:
            stand.machine("six-web", subnet, opened, "hv2")
        vpcs.append(vpc)
        subnets.append(subnet)
    peering = create("vpc_peering", vpc_id=vpcs[0].id, peer_vpc_id=vpcs[1].id)
    for vpc, other in (vpcs, vpcs[::-1]):
        routes = [{"destination": b, "target": peering.id} for b in (*other.cidr_blocks, *other.ipv6_cidr_blocks)]
        stand.cloud.update(vpc.main_route_table_id, routes=routes)
    group = create("target_group", vpc_id=vpcs[0].id, targets=targets(stand, "six-web"))
    listeners = [{"port": 8080, "target_group_id": group.id}]
    made = create("load_balancer", subnet_ids=[subnets[0].id], listeners=listeners, ip_address_type="dualstack")
    stand.settle()
    assert within(lambda: all(stand.lab.ping(c, "six-web", version=v) for c in clients for v in (4, 6)))
    for client in clients:
        for to in (f"{made.addresses[0]}:8080", f"[{made.ipv6_addresses[0]}]:8080"):
            found = [stand.connects(client, "six-web", 80, to=to) for _ in range(3)]
            assert {one.answered_by for one in found} == {"six-web"}, (client, to)
    serve = SERVER.replace('socket.create_server(("",', 'socket.create_server(("::",').replace(
        "backlog=64", "backlog=64, family=socket.AF_INET6, dualstack_ipv6=True"
    )
    pid = stand.lab.run("six-web", ["sh", "-c", f"python3 -I -S -c '{serve}' 81 >/dev/null 2>&1 </dev/null & echo $!"])
    check = {"interval_s": 5, "timeout_s": 2, "healthy_threshold": 2, "unhealthy_threshold": 2}
    asked = targets(stand, "six-web", port=81)
    checked = create("target_group", vpc_id=vpcs[0].id, targets=asked, health_check=check)
    more = [*listeners, {"port": 8081, "target_group_id": checked.id}]
    stand.cloud.update(made.id, listeners=more)
    stand.realise()
    web = stand.interface("six-web")
    own = (*web.private_addresses, *web.ipv6_addresses)

    def monitored() -> dict[str, str]:
        return monitors(stand, "tcp", 81)

    assert within(lambda: monitored() == dict.fromkeys(own, "online")), monitored()
    stand.lab.run("six-web", ["kill", pid.strip()])
    assert within(lambda: monitored() == dict.fromkeys(own, "offline")), monitored()
