"""What the cloud says about the way out and in, by packets: elastic IPs, NAT gateways, IPv6, egress-only gateways, path
MTU. Real hypervisors, gateway nodes gw1 and gw2, and the carrier's machine behind the provider network.

    shop 10.0.0.0/16:  front 10.0.1.0/24 east (to the internet gateway)   back 10.0.2.0/24 west (to the NAT gateway)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from cloud_stand import OUTSIDE, Stand, flat_stand, within
from crossconnect.lab.ovn import power_off, power_on
from crossconnect.lab.ovn.processes import appctl
from ovn_scenes import ANSWERED_S

REFUSED_S = 0.7
MTU = 1400
PORTS = 65536 - 1024
FLOOD = """
import json, socket, sys, time
target, count, first = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for n in range(count):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", first + n))
    s.sendto(b"x", (target, 9999))
    s.close()
    if n % 100 == 99:
        time.sleep(0.004)
"""
"""Sends one datagram from each of many ports."""


class Shop(NamedTuple):
    vpc: Any
    front: Any
    back: Any
    group: Any
    gateway: Any
    nat: Any
    elastic: Any
    """web1's."""
    nat_elastic: Any


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with flat_stand("ol-outside", str(tmp_path_factory.mktemp("ovn"))) as made:
        yield made


@pytest.fixture(scope="module")
def shop(stand: Stand) -> Shop:
    create, cloud = stand.cloud.create, stand.cloud
    vpc = create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["public"])
    block = vpc.ipv6_cidr_blocks[0].partition("::")[0]
    table = create("route_table", vpc_id=vpc.id)
    front = create(
        "subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24", ipv6_cidr_block=f"{block}::/64", availability_zone="east"
    )
    back = create(
        "subnet",
        vpc_id=vpc.id,
        cidr_block="10.0.2.0/24",
        ipv6_cidr_block=f"{block}:1::/64",
        availability_zone="west",
        route_table_id=table.id,
    )
    gateway = create("internet_gateway", vpc_id=vpc.id)
    inward = create("egress_only_internet_gateway", vpc_id=vpc.id)
    default = [{"destination": to, "target": gateway.id} for to in ("0.0.0.0/0", "::/0")]
    cloud.update(vpc.main_route_table_id, routes=default)
    nat_elastic = create("elastic_ip")
    nat = create("nat_gateway", subnet_id=front.id, elastic_ip_id=nat_elastic.id)
    ways = [{"destination": "0.0.0.0/0", "target": nat.id}, {"destination": "::/0", "target": inward.id}]
    cloud.update(table.id, routes=ways)
    group = stand.open_group(vpc)
    web1 = stand.machine("web1", front, group, "hv1")
    stand.machine("web2", front, group, "hv2")
    stand.machine("db1", back, group, "hv2")
    stand.machine("db2", back, group, "hv1")
    elastic = create("elastic_ip", network_interface_id=web1.id)
    stand.settle()
    stand.carrier("ip", "-6", "route", "add", vpc.ipv6_cidr_blocks[0], "via", stand.transfer(vpc, 6), "src", OUTSIDE[6])
    assert within(lambda: stand.lab.ping("carrier", elastic.address))
    return Shop(vpc, front, back, group, gateway, nat, elastic, nat_elastic)


def seen(stand: Stand, machine: str, timeout_s: float = ANSWERED_S) -> str:
    """How the carrier sees a machine; empty when it is not reached."""
    return stand.lab.connect(machine, "carrier", 80, to=OUTSIDE[4], timeout_s=timeout_s).seen_from


def unseen(stand: Stand, machine: str) -> bool:
    """Whether a machine does not reach the carrier."""
    return stand.refuses(lambda: seen(stand, machine, REFUSED_S))


def test_an_elastic_ip_is_reached_and_sent_from(stand: Stand, shop: Shop) -> None:
    arrived = stand.connects("carrier", "web1", 443, to=shop.elastic.address)
    assert (arrived.answered_by, arrived.seen_from) == ("web1", OUTSIDE[4])
    assert stand.connects("carrier", "web1", 53, "udp", to=shop.elastic.address)
    assert seen(stand, "web1") == shop.elastic.address
    assert unseen(stand, "web2"), "without an elastic IP nothing leaves by an internet gateway"
    assert not stand.lab.ping("carrier", "10.0.1.4", attempts=1)
    interface = stand.interface("web2")
    own = stand.cloud.create("elastic_ip", network_interface_id=interface.id)
    stand.realise()
    inside = stand.connects("web2", "web1", 80, to=shop.elastic.address)
    assert inside.seen_from == own.address, "from inside, to the public address and from one"
    stand.cloud.update(own.id, network_interface_id="")
    stand.cloud.delete(own.id)
    stand.realise()


def test_an_elastic_ip_moves_to_another_machine(stand: Stand, shop: Shop) -> None:
    def answering() -> str:
        address = shop.elastic.address
        return stand.lab.connect("carrier", ["web1", "web2"], 443, to=address, timeout_s=ANSWERED_S).answered_by

    by = {name: stand.interface(name) for name in ("web1", "web2")}
    assert answering() == "web1"
    stand.cloud.update(shop.elastic.id, network_interface_id=by["web2"].id)
    stand.realise()
    assert within(lambda: answering() == "web2")
    assert seen(stand, "web2") == shop.elastic.address
    assert unseen(stand, "web1")
    stand.cloud.update(shop.elastic.id, network_interface_id=by["web1"].id)
    stand.realise()
    assert within(lambda: answering() == "web1")


def test_a_nat_gateway_lets_out_and_nothing_in(stand: Stand, shop: Shop) -> None:
    assert within(lambda: seen(stand, "db1") == shop.nat_elastic.address)
    assert seen(stand, "db2") == shop.nat_elastic.address
    assert stand.connects("db1", "carrier", 53, "udp", to=OUTSIDE[4]).seen_from == shop.nat_elastic.address
    assert within(lambda: "1 received" in stand.lab.run("db1", ["ping", "-n", "-c", "1", "-W", "2", OUTSIDE[4]]))
    inwards = stand.lab.connect("carrier", "db1", 80, to=shop.nat_elastic.address, timeout_s=REFUSED_S)
    assert not inwards
    assert stand.connects("web1", "db1", 80), "inside the VPC nothing is translated"
    assert stand.connects("db1", "web1", 80).seen_from == stand.lab.party("db1").address()


def test_an_interface_behind_a_nat_gateway_leaves_by_that_whatever_elastic_ip_it_has(stand: Stand, shop: Shop) -> None:
    db1 = stand.interface("db1")
    own = stand.cloud.create("elastic_ip", network_interface_id=db1.id)
    stand.realise()
    assert seen(stand, "db1") == shop.nat_elastic.address
    stand.cloud.update(own.id, network_interface_id="")
    stand.cloud.delete(own.id)
    stand.realise()


def test_a_nat_gateway_runs_out_of_ports_for_one_destination_only(stand: Stand, shop: Shop) -> None:
    """80,000 flows of two machines to one address and port; a translated address has 64,512 (1024 to 65535)."""
    home = stand.chassis_of(f"internet-{shop.nat.id}")

    translated: list[str] = []

    def flooded() -> list[str]:
        """The ports that are translated to, when both machines have sent."""
        for machine in ("db1", "db2"):
            said = stand.lab.run(machine, ["python3", "-I", "-S", "-c", FLOOD, OUTSIDE[4], "40000", "20000"], 240.0)
            assert not said
        known = appctl(stand.lab.lab, stand.lab.software, home, "ovs-vswitchd", "dpctl/dump-conntrack")
        translated[:] = re.findall(rf"dst={re.escape(shop.nat_elastic.address)},sport=9999,dport=(\d+)", known)
        return translated

    # A switch that has no processor for a moment loses datagrams: then they are sent again.
    assert within(lambda: len(flooded()) > 60_000)
    assert len(translated) <= PORTS, "datagrams beyond that were dropped"
    assert len(set(translated)) == len(translated), "and no port is two machines'"
    assert stand.connects("db2", "carrier", 9998, "udp", to=OUTSIDE[4]), "another destination has ports of its own"
    assert seen(stand, "db1") == shop.nat_elastic.address, "and another protocol"


def test_ipv6_of_a_public_block_is_reached_unless_its_gateway_is_egress_only(stand: Stand, shop: Shop) -> None:
    web1, db1 = (stand.lab.party(name).address(6) for name in ("web1", "db1"))
    assert within(lambda: stand.connects("carrier", "web1", 80, to=web1))
    assert within(lambda: stand.connects("db1", "carrier", 80, to=OUTSIDE[6]))
    assert stand.connects("db1", "carrier", 80, to=OUTSIDE[6]).seen_from == db1
    assert stand.connects("db1", "carrier", 53, "udp", to=OUTSIDE[6])
    assert not stand.lab.connect("carrier", "db1", 80, to=db1, timeout_s=REFUSED_S)
    assert not stand.lab.connect("carrier", "db1", 80, "udp", to=db1, timeout_s=REFUSED_S)
    assert stand.refuses(lambda: stand.lab.ping("carrier", db1, attempts=1))
    assert stand.connects("web1", "db1", 80, to=db1), "inside the VPC connections begin as ever"


def test_a_packet_that_is_too_large_is_answered_with_the_mtu_that_fits(stand: Stand, shop: Shop) -> None:
    def told(said: str) -> bool:
        """Whether a ping, or the kernel that was told before, says what fits."""
        return "mtu = 1400" in said or "mtu=1400" in said

    def large(machine: str, address: str, size: int) -> str:
        version = "-6" if ":" in address else "-4"
        words = [
            "ping",
            version,
            "-n",
            "-c",
            "1",
            "-W",
            "1",
            "-M",
            "do",
            "-s",
            str(size - (48 if ":" in address else 28)),
        ]
        source = ["-I", OUTSIDE[6 if ":" in address else 4]] if machine == "carrier" else []
        return stand.lab.run(machine, [*words, *source, address])

    web1 = stand.lab.party("web1").address(6)
    for address in (shop.elastic.address, web1):
        assert within(lambda a=address: "1 received" in large("carrier", a, MTU))
        assert within(lambda a=address: told(large("carrier", a, 1500)))
        assert "1 received" not in large("carrier", address, 1500)
    for machine in ("web1", "db1"):
        stand.lab.run(machine, ["ip", "link", "set", "eth0", "mtu", "1500"])
        assert within(lambda m=machine: told(large(m, OUTSIDE[4], 1500)))
        stand.lab.run(machine, ["ip", "link", "set", "eth0", "mtu", str(MTU)])
        assert within(lambda m=machine: "1 received" in large(m, OUTSIDE[4], MTU))


def test_tcp_from_outside_finds_the_mtu_by_itself(stand: Stand, shop: Shop) -> None:
    """One megabyte each way, between machines that both say 1460 octets (MSS)."""
    stand.lab.run("web1", ["ip", "link", "set", "eth0", "mtu", "1500"])
    serve = (
        "import socket; s = socket.create_server(('', 8080)); c, _ = s.accept(); n = 0\n"
        "while n < 1000000: n += len(c.recv(65536))\n"
        "c.sendall(b'y' * 1000000); c.close()"
    )
    ask = (
        "import socket, sys; c = socket.create_connection((sys.argv[1], 8080), 60); c.settimeout(60)\n"
        "c.sendall(b'x' * 1000000); n = 0\n"
        "while n < 1000000: n += len(c.recv(65536))\n"
        "print('done')"
    )
    stand.lab.run("web1", ["sh", "-c", f'python3 -I -S -c "{serve}" >/dev/null 2>&1 </dev/null &'])
    assert within(lambda: ":8080" in stand.lab.run("web1", ["ss", "-tln"]))
    assert "done" in stand.lab.run("carrier", ["python3", "-I", "-S", "-c", ask, shop.elastic.address], 200.0)
    stand.lab.run("web1", ["ip", "link", "set", "eth0", "mtu", str(MTU)])


def test_gateways_are_spread_and_each_takes_over_from_the_other(stand: Stand, shop: Shop) -> None:
    ports = {"elastic IPs": f"internet-{shop.vpc.id}", "NAT gateway": f"internet-{shop.nat.id}"}
    homes: dict[str, str] = {}

    def are_spread() -> bool:
        homes.update({what: stand.chassis_of(port) for what, port in ports.items()})
        return set(homes.values()) == {"gw1", "gw2"}

    assert within(are_spread), homes
    for lost in ("gw1", "gw2"):
        power_off(stand.lab.lab, lost)
        assert within(lambda: seen(stand, "db1", 2.0) == shop.nat_elastic.address)
        assert within(lambda: stand.lab.connect("carrier", "web1", 443, to=shop.elastic.address, timeout_s=2.0))
        power_on(stand.lab.lab, lost)
        back = lambda: {what: stand.chassis_of(port) for what, port in ports.items()} == homes  # noqa: E731
        assert within(back)
        assert within(lambda: seen(stand, "db1", 2.0) == shop.nat_elastic.address)
