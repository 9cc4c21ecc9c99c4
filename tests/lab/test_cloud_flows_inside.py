"""What the cloud says about traffic inside and between VPCs, by packets: groups, network ACLs, who may send as whom,
route tables, peering, transit routers. Real hypervisors.

    shop 10.0.0.0/16:  front 10.0.1.0/24 east, hv1: web1, web2    back 10.0.2.0/24 west, hv2: db1
    tools 10.1.0.0/16: ops1      third 10.2.0.0/16: far1
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from cloud_stand import Stand, flat_stand, within
from crossconnect.lab.ovn import kill, start

REFUSED_S = 0.7
"""How long what must not pass is waited for."""


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with flat_stand("ol-inside", str(tmp_path_factory.mktemp("ovn"))) as made:
        yield made


@pytest.fixture(scope="module")
def shop(stand: Stand) -> Any:
    """The VPC that most is about, open."""
    create = stand.cloud.create
    vpc = create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["fd00:a::/56"])
    front = create(
        "subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24", ipv6_cidr_block="fd00:a:0:1::/64", availability_zone="east"
    )
    back = create(
        "subnet", vpc_id=vpc.id, cidr_block="10.0.2.0/24", ipv6_cidr_block="fd00:a:0:2::/64", availability_zone="west"
    )
    group = stand.open_group(vpc)
    stand.machine("web1", front, group, "hv1")
    stand.machine("web2", front, group, "hv2")
    stand.machine("db1", back, group, "hv2")
    stand.settle()
    assert within(lambda: all(stand.lab.ping("web1", to, version=v) for to in ("web2", "db1") for v in (4, 6)))
    return vpc


@pytest.fixture(scope="module")
def others(stand: Stand, shop: Any) -> tuple[Any, Any]:
    """Two more VPCs with a machine each."""
    found: list[Any] = []
    for number, name in ((1, "ops1"), (2, "far1")):
        vpc = stand.cloud.create("vpc", cidr_blocks=[f"10.{number}.0.0/16"])
        subnet = stand.cloud.create("subnet", vpc_id=vpc.id, cidr_block=f"10.{number}.1.0/24")
        stand.machine(name, subnet, stand.open_group(vpc), "hv2")
        found.append(vpc)
    stand.settle()
    return found[0], found[1]


def passes(stand: Stand, source: str, destination: str, port: int = 80, protocol: Any = "tcp") -> bool:
    """Whether a connection is answered, which may take its time."""
    return bool(stand.connects(source, destination, port, protocol))


def refused(stand: Stand, source: str, destination: str, port: int = 80, protocol: Any = "tcp") -> bool:
    """Whether connections are not answered."""
    return stand.refuses(lambda: stand.lab.connect(source, destination, port, protocol, timeout_s=REFUSED_S))


def routes(stand: Stand, vpc: Any, *wanted: tuple[str, str]) -> None:
    """The static routes of a VPC's main table."""
    stand.cloud.update(vpc.main_route_table_id, routes=[{"destination": to, "target": target} for to, target in wanted])


# --- groups and network ACLs ------------------------------------------------------------------------------------------


def test_a_rule_lets_members_of_another_group_in_and_who_joins_later(stand: Stand, shop: Any) -> None:
    create = stand.cloud.create
    closed = create("security_group", vpc_id=shop.id)
    member = create("security_group", vpc_id=shop.id)
    rule = {"security_group_id": closed.id, "direction": "ingress", "protocol": "tcp"}
    create("security_group_rule", from_port=80, to_port=80, peer=member.id, **rule)
    listed = create("prefix_list", address_family="ipv4", entries=[{"cidr": "10.0.1.0/24"}], max_entries=5)
    create("security_group_rule", from_port=22, to_port=22, peer=listed.id, **rule)
    db1, web1 = stand.interface("db1"), stand.interface("web1")
    before = {one.id: list(one.security_group_ids) for one in (db1, web1)}
    try:
        stand.cloud.update(db1.id, security_group_ids=[closed.id])
        stand.realise()
        assert refused(stand, "web1", "db1", 80)
        assert passes(stand, "web1", "db1", 22), "of the prefix list"
        assert passes(stand, "db1", "web1", 80), "new groups let everything out, and answers come back"
        stand.cloud.update(web1.id, security_group_ids=[*before[web1.id], member.id])
        stand.realise()
        assert passes(stand, "web1", "db1", 80)
        assert refused(stand, "web2", "db1", 80)
        assert refused(stand, "web1", "db1", 81)
        assert refused(stand, "web1", "db1", 80, "udp")
        stand.cloud.update(listed.id, entries=[{"cidr": "10.0.9.0/24"}])
        stand.realise()
        assert refused(stand, "web2", "db1", 22)
    finally:
        for id, groups in before.items():
            stand.cloud.update(id, security_group_ids=groups)
        stand.realise()


def test_a_network_acl_is_stateless_and_goes_by_numbers(stand: Stand, shop: Any) -> None:
    back = next(s for s in stand.cloud.of("subnet") if s.cidr_block == "10.0.2.0/24")
    every = {"cidr": "0.0.0.0/0", "protocol": "all", "action": "allow"}

    def acl(*entries: dict[str, Any]) -> None:
        stand.cloud.update(listed.id, entries=[*entries])
        stand.realise()

    listed = stand.cloud.create("network_acl", vpc_id=shop.id)
    stand.cloud.update(back.id, network_acl_id=listed.id)
    try:
        http = {"protocol": "tcp", "cidr": "10.0.1.0/24", "from_port": 80, "to_port": 80}
        high = {"protocol": "tcp", "cidr": "10.0.1.0/24", "from_port": 1024, "to_port": 65535}
        out = {"number": 100, "direction": "egress", **every}
        acl({"number": 100, "direction": "ingress", "action": "allow", **http}, out)
        assert passes(stand, "web1", "db1", 80)
        assert refused(stand, "web1", "db1", 81)
        assert refused(stand, "db1", "web1", 80), "the reply enters the subnet at a port that nothing allows"
        acl(
            {"number": 100, "direction": "ingress", "action": "allow", **http},
            {"number": 200, "direction": "ingress", "action": "allow", **high},
            out,
        )
        assert passes(stand, "db1", "web1", 80), "now replies are allowed"
        acl({"number": 100, "direction": "ingress", "action": "allow", **http})
        assert refused(stand, "web1", "db1", 80), "the reply leaves, and nothing may"
        acl(
            {"number": 100, "direction": "ingress", "action": "allow", **http},
            {"number": 90, "direction": "ingress", "action": "deny", **http | {"cidr": "10.0.1.5/32"}},
            {"number": 110, "direction": "ingress", "action": "deny", **http | {"cidr": "10.0.1.4/32"}},
            out,
        )
        by = {name: stand.lab.party(name).address() for name in ("web1", "web2")}
        assert by == {"web1": "10.0.1.4", "web2": "10.0.1.5"}
        assert passes(stand, "web1", "db1", 80), "100 comes before 110"
        assert refused(stand, "web2", "db1", 80), "90 comes before 100"
        assert passes(stand, "web1", "web2", 81), "inside a subnet no network ACL is passed"
    finally:
        stand.cloud.update(back.id, network_acl_id="")
        stand.realise()
    assert passes(stand, "web1", "db1", 81)


# --- who may send as whom ---------------------------------------------------------------------------------------------


def test_nobody_sends_as_somebody_else(stand: Stand, shop: Any) -> None:
    run, mac = stand.lab.run, stand.lab.party("web1").mac
    forged = "10.0.1.99"

    def pings(source: str) -> bool:
        run("web2", ["ip", "neigh", "replace", forged, "lladdr", mac, "dev", "eth0"])
        return "1 received" in run("web1", ["ping", "-n", "-c", "1", "-W", "1", "-I", source, "10.0.1.5"])

    run("web1", ["ip", "addr", "add", f"{forged}/24", "dev", "eth0"])
    try:
        assert within(lambda: pings("10.0.1.4"))
        before = asked(stand, "web2")
        assert not pings(forged)
        assert asked(stand, "web2") == before, "the request itself did not arrive"
        run("web1", ["ip", "link", "set", "eth0", "address", "02:00:00:00:00:99"])
        assert not pings("10.0.1.4"), "another MAC"
        run("web1", ["ip", "link", "set", "eth0", "address", mac])
        assert within(lambda: pings("10.0.1.4"))
    finally:
        run("web1", ["ip", "link", "set", "eth0", "address", mac])
        run("web1", ["ip", "addr", "del", f"{forged}/24", "dev", "eth0"])
        run("web1", ["ip", "route", "replace", "default", "via", "10.0.1.1"])


def asked(stand: Stand, machine: str) -> int:
    """Echo requests that a machine has got so far. What kernels and routers say of a link by themselves is none."""
    lines = [line.split() for line in stand.lab.run(machine, ["grep", "^Icmp:", "/proc/net/snmp"]).splitlines()]
    return int(dict(zip(*lines, strict=True))["InEchos"])


def test_an_allowed_pair_and_a_secondary_address_may_be_sent_from(stand: Stand, shop: Any) -> None:
    front = next(s for s in stand.cloud.of("subnet") if s.cidr_block == "10.0.1.0/24")
    vip, vip6 = "10.0.1.77", "fd00:a:0:1::77"
    group = stand.open_group(shop)
    made = stand.machine(
        "pair1",
        front,
        group,
        "hv2",
        private_addresses=["10.0.1.40", "10.0.1.41"],
        allowed_address_pairs=[{"cidr": f"{vip}/32"}, {"cidr": f"{vip6}/128"}],
    )
    stand.settle()
    run = stand.lab.run
    for address in (f"{vip}/24", f"{vip6}/64"):
        run("pair1", ["ip", "addr", "add", address, "dev", "eth0", "nodad"])
    assert made.private_addresses == ("10.0.1.40", "10.0.1.41")
    for address in ("10.0.1.40", "10.0.1.41"):
        assert within(lambda to=address: stand.lab.ping("web1", to)), address
        assert within(lambda to=address: stand.lab.ping("db1", to)), "through the router"
    for address in (vip, vip6):
        assert within(lambda to=address: stand.lab.ping("web1", to)), "of the same subnet"
        assert within(lambda to=address: stand.lab.ping("db1", to)), f"{address} through the router"
    stand.cloud.update(made.id, private_addresses=["10.0.1.40"])
    stand.realise()
    assert stand.refuses(lambda: stand.lab.ping("web1", "10.0.1.41", attempts=1))
    stand.lab.unplug("pair1")
    stand.cloud.delete(made.id)
    stand.realise()


# --- routes -----------------------------------------------------------------------------------------------------------


def test_peering_joins_two_vpcs_and_leads_no_further(stand: Stand, shop: Any, others: tuple[Any, Any]) -> None:
    tools, third = others
    create, cloud = stand.cloud.create, stand.cloud
    assert refused(stand, "ops1", "web1")
    near = create("vpc_peering", vpc_id=tools.id, peer_vpc_id=shop.id)
    far = create("vpc_peering", vpc_id=shop.id, peer_vpc_id=third.id)
    listed = create("prefix_list", address_family="ipv4", entries=[{"cidr": "10.1.0.0/16"}], max_entries=5)
    routes(stand, shop, (listed.id, near.id), ("10.2.0.0/16", far.id))
    routes(stand, tools, ("10.0.0.0/16", near.id), ("10.2.0.0/16", near.id))
    routes(stand, third, ("10.0.0.0/16", far.id), ("10.1.0.0/16", far.id))
    stand.realise()
    try:
        assert within(lambda: passes(stand, "ops1", "web1"))
        assert stand.connects("web1", "ops1", 80).seen_from == "10.0.1.4"
        assert passes(stand, "ops1", "db1"), "a subnet of the other zone"
        assert passes(stand, "web1", "far1")
        assert refused(stand, "ops1", "far1"), "peerings lead no further"
        cloud.update(listed.id, entries=[{"cidr": "10.1.9.0/24"}])
        stand.realise()
        assert refused(stand, "ops1", "web1"), "the way back was of the prefix list"
        cloud.update(listed.id, entries=[{"cidr": "10.1.0.0/16"}])
        cloud.delete(near.id)
        stand.realise()
        assert refused(stand, "ops1", "web1"), "a route to a target that is gone discards"
    finally:
        cloud.delete(far.id)
        for vpc in (shop, tools, third):
            routes(stand, vpc)
        stand.realise()


def test_a_transit_router_joins_vpcs_by_what_they_propagate(stand: Stand, shop: Any, others: tuple[Any, Any]) -> None:
    tools, third = others
    create, cloud = stand.cloud.create, stand.cloud
    router = create("transit_router")
    attached = {}
    for vpc in (shop, tools, third):
        subnet = next(s for s in cloud.of("subnet") if s.vpc_id == vpc.id)
        attached[vpc.id] = create(
            "transit_router_attachment", transit_router_id=router.id, vpc_id=vpc.id, subnet_ids=[subnet.id]
        )
        routes(stand, vpc, ("10.0.0.0/8", router.id))
    stand.realise()
    default = router.default_route_table_id
    try:
        assert within(lambda: passes(stand, "ops1", "web1"))
        assert passes(stand, "web1", "far1")
        assert passes(stand, "far1", "ops1")
        assert passes(stand, "ops1", "db1"), "a subnet of the other zone"
        cloud.update(default, routes=[{"destination": "10.0.1.0/24"}])
        stand.realise()
        assert refused(stand, "ops1", "web1"), "a route without a target discards"
        assert passes(stand, "ops1", "db1"), "the longest prefix decides"
        cloud.update(default, routes=[])
        cloud.update(attached[third.id].id, propagated_route_table_ids=[])
        stand.realise()
        assert passes(stand, "ops1", "web1")
        assert refused(stand, "web1", "far1"), "who propagates nothing is not reached"
        alone = create("transit_route_table", transit_router_id=router.id)
        cloud.update(attached[tools.id].id, route_table_id=alone.id)
        stand.realise()
        assert refused(stand, "ops1", "web1"), "a table without routes leads nowhere"
        cloud.update(alone.id, routes=[{"destination": "10.0.0.0/16", "attachment_id": attached[shop.id].id}])
        stand.realise()
        assert passes(stand, "ops1", "web1")
    finally:
        for vpc in (shop, tools, third):
            routes(stand, vpc)
        stand.realise()


# --- faults -----------------------------------------------------------------------------------------------------------

AWAY_S = 60.0


def test_northd_and_a_controller_are_dead_for_a_minute(stand: Stand, shop: Any) -> None:
    """What passes goes on passing, what is asked for meanwhile is kept, and both do it when they are back."""
    central, hv2 = stand.lab.central, stand.lab.chassis("hv2")
    db1 = stand.interface("db1")
    before = list(db1.security_group_ids)

    def strike() -> None:
        central.kill("northd")
        kill(stand.lab.lab, hv2, "ovn-controller")
        ends = time.monotonic() + AWAY_S
        closed = stand.cloud.create("security_group", vpc_id=shop.id)
        stand.cloud.update(db1.id, security_group_ids=[closed.id])
        stand.realise("northbound")
        time.sleep(max(0.0, ends - time.monotonic()))
        assert passes(stand, "web1", "db1", 80), "nobody has told the switches yet"
        central.start("northd")
        start(stand.lab.lab, hv2, "ovn-controller")

    try:
        # It is measured until the new group closes the door for it, which is after everything is back.
        [flow] = stand.lab.measure([stand.lab.flow("web1", "web2", 50)], AWAY_S + 10, strike)
        assert flow.lost == 0
        stand.realise()
        assert refused(stand, "web1", "db1", 80), "they do what they missed"
    finally:
        stand.cloud.update(db1.id, security_group_ids=before)
        stand.realise()
    assert within(lambda: passes(stand, "web1", "db1", 80))


# --- machines that move -----------------------------------------------------------------------------------------------

ANNOUNCE = """
import socket, sys
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("eth0", 0))
mac = bytes.fromhex(sys.argv[1].replace(":", ""))
# RFC 903, request reverse: what QEMU sends when a machine has arrived.
out.send(b"\\xff" * 6 + mac + bytes.fromhex("80350001080006040003") + (mac + bytes(4)) * 2 + bytes(18))
"""


def test_a_machine_moves_and_is_heard_where_it_has_announced_itself(stand: Stand, shop: Any) -> None:
    """Input: a machine on hv1 whose interface has hv2 for its standby, and its copy there, as a hypervisor starts it.
    Output: the copy is not heard before it has announced itself, then it is; the first one is cut off when the copy's
    host is the interface's."""
    front = next(s for s in stand.cloud.of("subnet") if s.cidr_block == "10.0.1.0/24")
    group = next(g for g in stand.cloud.of("security_group") if g.id in stand.interface("web1").security_group_ids)
    stand.machine("mover", front, group, "hv1")
    moving = stand.interface("mover")
    stand.cloud.update(moving.id, host="hv1")
    stand.settle()
    assert within(lambda: stand.lab.ping("mover", "web2"))
    stand.cloud.update(moving.id, standby_host="hv2")
    stand.realise()
    leaving = next(m for m in stand.lab.record.machines if m.name == "mover")
    arrived = msgspec.structs.replace(leaving, name="moved", chassis="hv2")
    stand.lab.plug(arrived)
    stand.settle()
    assert within(lambda: stand.lab.ping("mover", "db1")), "it works where it is"
    assert not stand.lab.ping("moved", "db1", attempts=2), "two would be heard"
    stand.lab.run("moved", [sys.executable, "-I", "-S", "-c", ANNOUNCE, moving.mac])
    assert within(lambda: stand.lab.ping("moved", "db1"))
    stand.cloud.update(moving.id, host="hv2")
    stand.realise()
    assert within(lambda: stand.lab.ping("moved", "web1") and stand.lab.ping("web2", "moved"))
    assert within(lambda: not stand.lab.ping("mover", "db1", attempts=1)), "where it was it is plugged in no more"
    for name in ("mover", "moved"):
        stand.lab.unplug(name)
    stand.cloud.delete(moving.id)
    stand.realise()
