"""What machines are told, and whom they ask: DHCP, router advertisements, the VPC's resolver. By packets.

shop 10.0.0.0/16, fd00:a::/56: front 10.0.1.0/24: web1 on hv1, web2 on hv2
same 10.0.0.0/16, another project's: 10.0.1.0/24: twin1 on hv1
the provider's resolver: a process of the centre's node
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import dhcp6_wire
from cloud_stand import Stand, flat_stand, within
from crossconnect.lab.ovn import Machine
from crossconnect.lab.ovn.names import NO_SUCH_NAME, Answer, ask, heard, start_name_server
from crossconnect.lab.ovn.resolvers import start_resolver, stop_resolver

PUBLIC = {"www.example.com": "192.0.2.53", "unknown.corp.example.com": "192.0.2.53"}
"""What the provider's resolver knows; the second name is inside a private zone, and nobody asks for it there."""


class Shop(NamedTuple):
    vpc: Any
    front: Any
    group: Any
    web1: Any
    twin: Any
    name_server: str


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with flat_stand("ol-names", str(tmp_path_factory.mktemp("ovn"))) as made:
        yield made


@pytest.fixture(scope="module")
def shop(stand: Stand) -> Shop:
    create, lab = stand.cloud.create, stand.lab
    name_server = start_name_server(lab, PUBLIC)
    vpc = create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["fd00:a::/56"])
    front = create("subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24", ipv6_cidr_block="fd00:a::/64")
    group = stand.open_group(vpc)
    web1 = stand.machine("web1", front, group, "hv1")
    stand.machine("web2", front, group, "hv2")
    same = create("vpc", project="beta", cidr_blocks=["10.0.0.0/16"])
    twin_net = create("subnet", project="beta", vpc_id=same.id, cidr_block="10.0.1.0/24")
    twin = stand.machine("twin1", twin_net, None, "hv1")
    for project, where, address in (("alpha", vpc, "10.0.1.77"), ("beta", same, "10.0.9.9")):
        zone = create("dns_zone", project=project, domain="corp.example.com", vpc_ids=[where.id])
        create("dns_record", project=project, dns_zone_id=zone.id, record="db", values=[address])
    stand.settle()
    for chassis in ("hv1", "hv2"):
        start_resolver(lab, chassis, [name_server])
    six = stand.region.resolver6
    for machine, servers in (("web1", ("10.0.1.2", six)), ("web2", ("10.0.1.2", six)), ("twin1", ("10.0.1.2",))):
        for server in servers:
            assert within(lambda m=machine, s=server: asked(stand, m, s, "www.example.com")), log(stand, "hv1") + log(
                stand, "hv2"
            )
    return Shop(vpc, front, group, web1, twin, name_server)


def log(stand: Stand, chassis: str) -> str:
    return stand.lab.lab.run(chassis, ["cat", "/run/resolver.log"]).stdout


def said(stand: Stand, machine: str, server: str, name: str, type: str = "A", *how: str) -> Answer:
    """What a machine is answered, as soon as it is answered at all: here everybody has somebody to ask."""
    answer = Answer()

    def is_answered() -> bool:
        nonlocal answer
        answer = ask(stand.lab, machine, server, name, type, *how)
        return not answer.error

    within(is_answered)
    return answer


def asked(stand: Stand, machine: str, server: str, name: str, type: str = "A", *how: str) -> list[str]:
    """The values of an answer; none where there is no answer, or none with values."""
    return [*said(stand, machine, server, name, type, *how).values]


HOW = [(), ("edns",), ("tcp",)]


@pytest.mark.parametrize("how", HOW, ids=["plain", "edns", "tcp"])
def test_names_of_interfaces_and_of_private_zones(stand: Stand, shop: Shop, how: tuple[str, ...]) -> None:
    for server in ("10.0.1.2", "169.254.169.253", stand.region.resolver6):
        if server == stand.region.resolver6:
            assert within(lambda: asked(stand, "web1", stand.region.resolver6, "ip-10-0-1-5.internal", "A", *how))
        assert asked(stand, "web1", server, "ip-10-0-1-5.internal", "A", *how) == ["10.0.1.5"], server
        assert asked(stand, "web1", server, "5.1.0.10.in-addr.arpa", "PTR", *how) == ["ip-10-0-1-5.internal"]
        assert asked(stand, "web1", server, f"{shop.web1.id}.internal", "AAAA", *how) == [*shop.web1.ipv6_addresses]
        assert asked(stand, "web2", server, "db.corp.example.com", "A", *how) == ["10.0.1.77"]
        assert asked(stand, "web1", server, "DB.Corp.Example.Com", "A", *how) == ["10.0.1.77"]


def test_an_endpoint_with_ipv6_has_a_name(stand: Stand, shop: Shop) -> None:
    """Input: an endpoint of private link, dual-stack, then of IPv4. Output: its name stands for its addresses of both
    versions, then for nothing."""
    cloud = stand.cloud
    balancer = cloud.create("load_balancer", subnet_ids=[shop.front.id], ip_address_type="dualstack")
    both = {"load_balancer_id": balancer.id, "supported_ip_address_types": ["ipv4", "ipv6"]}
    service = cloud.create("endpoint_service", **both)
    wanted = {"service_id": service.id, "subnet_ids": [shop.front.id], "ip_address_type": "dualstack"}
    endpoint = cloud.create("service_endpoint", **wanted)
    try:
        stand.realise()
        name = f"{endpoint.id}.internal"
        for type, addresses in (("A", endpoint.addresses), ("AAAA", endpoint.ipv6_addresses)):
            assert within(lambda t=type, a=addresses: asked(stand, "web1", "10.0.1.2", name, t) == [*a]), type
        cloud.update(endpoint.id, ip_address_type="ipv4")
        stand.realise()
        assert within(lambda: said(stand, "web1", "10.0.1.2", name).code == NO_SUCH_NAME)
    finally:
        for one in (endpoint, service, balancer):
            cloud.delete(one.id)
        stand.realise()


@pytest.mark.parametrize("how", HOW, ids=["plain", "edns", "tcp"])
def test_public_names_are_asked_of_the_providers_resolvers(stand: Stand, shop: Shop, how: tuple[str, ...]) -> None:
    for machine in ("web1", "web2", "twin1"):
        for server in ("10.0.1.2", "169.254.169.253"):
            assert asked(stand, machine, server, "www.example.com", "A", *how) == ["192.0.2.53"], (machine, server)
    assert asked(stand, "web2", stand.region.resolver6, "www.example.com", "A", *how) == ["192.0.2.53"]
    assert said(stand, "web1", "10.0.1.2", "nowhere.example.org", "A", *how).code == NO_SUCH_NAME


def test_what_is_private_is_asked_of_nobody_else(stand: Stand, shop: Shop) -> None:
    unknown = ("unknown.corp.example.com", "ip-10-0-77-7.internal", "9.9.0.10.in-addr.arpa")
    for name in unknown:
        answer = said(stand, "web1", "10.0.1.2", name)
        assert (answer.code, answer.values) == (NO_SUCH_NAME, ()), name
    for name, type in (("db.corp.example.com", "AAAA"), ("db.corp.example.com", "TXT"), ("corp.example.com", "A")):
        answer = said(stand, "web1", "10.0.1.2", name, type)
        assert (answer.code, answer.values, answer.error) == (0, (), ""), name
    private = {*unknown, "db.corp.example.com", "corp.example.com"}
    assert not {line.split()[1].lower() for line in heard(stand.lab)} & private, "neither now nor before"


def test_tenants_with_the_same_addresses_each_have_their_own_names(stand: Stand, shop: Shop) -> None:
    assert shop.web1.private_addresses == shop.twin.private_addresses
    for how in HOW:
        assert asked(stand, "twin1", "10.0.1.2", "db.corp.example.com", "A", *how) == ["10.0.9.9"]
        assert asked(stand, "web1", "10.0.1.2", "db.corp.example.com", "A", *how) == ["10.0.1.77"]
        assert asked(stand, "twin1", "10.0.1.2", "ip-10-0-1-5.internal", "A", *how) == []
    assert not stand.lab.ping("twin1", "10.0.1.5", attempts=1)
    assert not stand.lab.connect("web1", "twin1", 80, to=shop.name_server, timeout_s=0.7), "no way to the provider's"


def test_the_resolver_answers_whatever_the_groups_say_and_nothing_else_passes(stand: Stand, shop: Shop) -> None:
    closed = stand.cloud.create("security_group", vpc_id=shop.vpc.id)
    for rule in [r for r in stand.cloud.of("security_group_rule") if r.security_group_id == closed.id]:
        stand.cloud.delete(rule.id)
    web2 = stand.interface("web2")
    stand.cloud.update(web2.id, security_group_ids=[closed.id])
    stand.realise()
    assert asked(stand, "web2", "10.0.1.2", "www.example.com") == ["192.0.2.53"]
    assert stand.refuses(lambda: stand.lab.ping("web2", "10.0.1.4", attempts=1))
    stand.cloud.update(web2.id, security_group_ids=[shop.group.id])
    stand.realise()


def test_an_agent_that_dies_leaves_what_ovn_answers_and_the_next_one_catches_up(stand: Stand, shop: Shop) -> None:
    stop_resolver(stand.lab, "hv1")
    assert asked(stand, "web1", "10.0.1.2", "db.corp.example.com") == ["10.0.1.77"], "OVN's own answer"
    assert asked(stand, "web2", "10.0.1.2", "www.example.com") == ["192.0.2.53"], "another hypervisor's"
    third = stand.cloud.create("vpc", project="beta", cidr_blocks=["10.0.0.0/16"])
    subnet = stand.cloud.create("subnet", project="beta", vpc_id=third.id, cidr_block="10.0.5.0/24")
    made = stand.machine("late1", subnet, None, "hv1")
    stand.settle()
    start_resolver(stand.lab, "hv1", ["192.0.2.1", shop.name_server])
    assert within(lambda: asked(stand, "late1", "10.0.5.2", "www.example.com")), "the second server, as one is dead"
    assert asked(stand, "web1", "10.0.1.2", "www.example.com") == ["192.0.2.53"]
    namespaces = stand.lab.lab.run("hv1", ["ip", "netns"]).stdout.count("xcdns-")
    stand.lab.unplug("late1")
    stand.cloud.delete(made.id, project="beta")
    stand.realise()
    assert within(lambda: stand.lab.lab.run("hv1", ["ip", "netns"]).stdout.count("xcdns-") == namespaces - 1)


def test_a_machine_is_told_its_address_by_dhcp(stand: Stand, shop: Shop) -> None:
    options = stand.cloud.create("dhcp_options", domain_name="shop.example", ntp_servers=["192.0.2.123"])
    asking = stand.cloud.create("network_interface", subnet_id=shop.front.id, security_group_ids=[shop.group.id])
    guest = Machine(name="guest", port=asking.id, chassis="hv1", mac=asking.mac, dhcp=True, mtu=1500)
    stand.realise()
    stand.lab.plug(guest)
    stand.settle()
    lease = stand.lab.dhcp("guest")
    assert lease["address"] == f"{asking.private_addresses[0]}/24"
    assert lease["router"] == lease["server"] == "10.0.1.1"
    assert (lease["mtu"], lease["dns"], lease["domain"]) == ("1400", "10.0.1.2", "internal")
    assert lease["hostname"] == f"ip-{asking.private_addresses[0].replace('.', '-')}"
    assert "mtu 1400" in stand.lab.run("guest", ["ip", "link", "show", "eth0"])
    assert within(lambda: stand.lab.ping("guest", "web1"))
    stand.cloud.update(shop.vpc.id, dhcp_options_id=options.id)
    stand.realise()
    stand.forget()
    lease = stand.lab.dhcp("guest")
    assert lease["domain"] == "shop.example"
    [address] = asking.private_addresses
    name = f"ip-{address.replace('.', '-')}.shop.example"
    assert within(lambda: asked(stand, "web1", "10.0.1.2", name) == [address]), "names follow the domain"
    assert asked(stand, "web1", "10.0.1.2", "www.example.com") == ["192.0.2.53"]
    servers = stand.cloud.create("dhcp_options", domain_name_servers=["192.0.2.1", "192.0.2.2"])
    stand.cloud.update(shop.vpc.id, dhcp_options_id=servers.id)
    stand.realise()
    stand.forget()
    assert stand.lab.dhcp("guest")["dns"] == "192.0.2.1 192.0.2.2"
    stand.cloud.update(shop.front.id, domain_name_servers=["192.0.2.3", "2001:db8::53"])
    stand.realise()
    stand.forget()
    assert stand.lab.dhcp("guest")["dns"] == "192.0.2.3", "a subnet's own come before its VPC's"
    stand.cloud.update(shop.front.id, domain_name_servers=[])
    stand.cloud.update(shop.vpc.id, dhcp_options_id="")
    stand.realise()


def test_a_machine_finds_its_router_by_advertisements_and_its_address_by_dhcpv6(stand: Stand, shop: Shop) -> None:
    asking = stand.cloud.create("network_interface", subnet_id=shop.front.id, security_group_ids=[shop.group.id])
    guest = Machine(name="six", port=asking.id, chassis="hv2", mac=asking.mac, autoconf=True, mtu=1500)
    stand.realise()
    stand.lab.plug(guest)
    stand.settle()
    assert within(lambda: "default via fe80" in stand.lab.run("six", ["ip", "-6", "route"]))
    assert within(lambda: "1400" in stand.lab.run("six", ["cat", "/proc/sys/net/ipv6/conf/eth0/mtu"]))
    shown = stand.lab.run("six", ["ip", "-6", "addr", "show", "dev", "eth0", "scope", "global"])
    assert not shown, "addresses are given by DHCPv6 only: others could not be sent from"
    [address] = asking.ipv6_addresses
    ask6 = [sys.executable, "-I", "-S", str(Path(dhcp6_wire.__file__)), "eth0"]
    told = json.loads(stand.lab.run("six", ask6, 150.0))
    assert told["addresses"] == [address]
    assert (told["dns"], told["domains"]) == ([stand.region.resolver6], ["internal"])
    assert told["lifetime_s"] > 0
    stand.lab.run("six", ["ip", "addr", "add", f"{address}/128", "dev", "eth0", "nodad"])
    for name in ("web1", "web2"):
        to = stand.lab.party(name).address(6)
        assert within(lambda to=to: "1 received" in stand.lab.run("six", ["ping", "-n", "-c", "1", "-W", "1", to]))
