"""The analyser and OVN say the same of private link by IPv6: the first packet, and the answer.

Input: a service, an endpoint and a client of both IP versions, and one thing that stands in the way, or none. Output:
the hop that decides, and `ovn-trace` over the compiled rows lets the packet out where the analyser says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import pytest

from cloud_documents import REGION
from cloud_links import PORT, Linked, part6
from cloud_memory import network
from crossconnect.cloud.logical.numbers import router_mac
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.features import Features
from link_written import SOURCE_PORT, Written, agree, arrived, ask, lets_out
from ovn_central import Central, needs_ovn


class Case(NamedTuple):
    """One thing that decides, and is taken away again."""

    change: Callable[[Linked], object]
    back: Callable[[Linked], object]
    point: str
    answer: bool = False
    """Whether the answer is refused."""


def no_acl(of: str) -> Callable[[Linked], object]:
    """The subnet without its network ACL."""

    def undo(stand: Linked) -> None:
        subnet = getattr(stand, of)
        stand.cloud.update(subnet.id, project=subnet.project_id, network_acl_id="")

    return undo


def groups(stand: Linked, *directions: str) -> None:
    """The target in a group that is open in some directions."""
    stand.cloud.update(stand.target.id, security_group_ids=[stand.open_group(stand.vpc, *directions).id])


CASES = {
    "service's security group": Case(lambda s: groups(s, "egress"), groups, "security-group"),
    "client's network ACL": Case(
        lambda s: s.filtered(s.client_subnet, ("egress", "deny", s.host(s.between()))),
        no_acl("client_subnet"),
        "network-acl",
    ),
    "service's network ACL": Case(
        lambda s: s.filtered(s.subnet, ("ingress", "deny", s.host(s.seen))), no_acl("subnet"), "network-acl"
    ),
    "answer: service's network ACL": Case(
        lambda s: s.filtered(s.subnet, ("egress", "deny", s.host(s.seen))), no_acl("subnet"), "network-acl", answer=True
    ),
    "answer: client's network ACL": Case(
        lambda s: s.filtered(s.client_subnet, ("ingress", "deny", s.host(s.between()))),
        no_acl("client_subnet"),
        "network-acl",
        answer=True,
    ),
    "rejected": Case(lambda s: s.cloud.update(s.endpoint.id, status="rejected"), lambda s: None, "service-endpoint"),
}
"""The last one is not taken away."""


@needs_ovn
@pytest.mark.parametrize("source", ["translated", "kept"])
def test_what_decides_is_what_ovn_does(box: Central, source: str) -> None:
    """Also: IPv4 is there beside it, and what a target begins ends at the endpoint."""
    stand = Linked(REGION, source, version=6)
    with Written(box, stand) as written:
        found = ask(stand)
        assert found.outcome == "reachable", found.explanation
        assert found.asked.destination == stand.address
        agree(written, found)
        stand.version = 4
        agree(written, ask(stand))
        stand.version = 6
        nothing_begins_at_the_service(written)
        for name, case in CASES.items():
            case.change(stand)
            written.write()
            found = ask(stand)
            last = (found.back or found.there)[-1]
            said = (found.outcome, last.point, bool(found.back))
            assert said == ("unreachable", case.point, case.answer), (name, found.explanation)
            agree(written, found)
            case.back(stand)


def nothing_begins_at_the_service(written: Written) -> None:
    """But for what says that a packet was too large where sources are kept."""
    stand = written.stand
    ends = stand.own(stand.target), stand.seen
    for fields, what in (
        ({}, f"tcp.src == {SOURCE_PORT} && tcp.dst == {PORT}"),
        ({"protocol": "icmpv6", "icmp_type": 1, "icmp_code": 4}, "icmp6.type == 1 && icmp6.code == 4"),
        ({"protocol": "icmpv6", "icmp_type": 2, "icmp_code": 0}, "icmp6.type == 2 && icmp6.code == 0"),
    ):
        found = ask(stand, stand.target, stand.seen, **fields)
        assert lets_out(written.sent(stand.target, ends, what)) == arrived(found.there), fields
        if stand.service.source == "kept" and fields.get("icmp_type") == 2:
            assert arrived(found.there) == [stand.client.id]
            continue
        last = found.there[-1]
        assert (last.point, last.component, last.passes) == ("service-endpoint", stand.endpoint.id, False)


@needs_ovn
def test_blocks_may_be_the_same_and_default_routes_lead_out(box: Central) -> None:
    """Input: both sides with the same blocks, and default routes to egress-only gateways, from behind which nothing may
    begin. Output: private link is a longer way, and its connections begin."""
    stand = Linked(REGION, "translated", "10.0.0.0/16", 6, theirs6="fd00:b::/56")
    cloud = stand.cloud
    for vpc in (stand.vpc, stand.client_vpc):
        gateway = cloud.create("egress_only_internet_gateway", project=vpc.project_id, vpc_id=vpc.id)
        stand.routed(vpc, "::/0", gateway.id)
    found = ask(stand)
    assert found.outcome == "reachable", found.explanation
    with Written(box, stand) as written:
        agree(written, found)


@needs_ovn
def test_an_endpoint_of_ipv6_only_is_asked_for_where_clients_are(box: Central) -> None:
    """Input: an endpoint without IPv4. Output: by its id the question is one of IPv6; what is no listener is refused;
    its VPC's router answers in its subnet who asks for its address, and takes nothing that is for it from a peer."""
    stand = Linked(REGION, "translated", version=6, kind="ipv6")
    assert (stand.endpoint.addresses, len(stand.endpoint.ipv6_addresses)) == ((), 1)
    found = ask(stand, None, stand.endpoint.id)
    assert (found.outcome, found.asked.destination) == ("reachable", stand.address)
    vpc, subnet = network(stand.cloud, "10.3.0.0/16", project="beta", ipv6_cidr_blocks=["fd00:c::/56"])
    subnet = stand.cloud.update(subnet.id, project="beta", ipv6_cidr_block=part6("fd00:c::/56", 1))
    peering = stand.cloud.create("vpc_peering", project="beta", vpc_id=vpc.id, peer_vpc_id=stand.client_vpc.id)
    for one, block in ((vpc, "fd00:b::/56"), (stand.client_vpc, "fd00:c::/56")):
        stand.routed(one, block, peering.id)
    peer = stand.cloud.create("network_interface", project="beta", subnet_id=subnet.id)
    beside = stand.cloud.create("network_interface", project="beta", subnet_id=stand.endpoint_subnet.id)
    with Written(box, stand) as written:
        agree(written, found)
        answer = asked_for(written, beside)
        mac = router_mac(REGION, beside.subnet_id).replace(":", "")
        assert f"nd.tll = 0x{int(mac, 16):x};" in answer
        assert f'output("{beside.id}")' in answer
        ports = f"tcp.src == {SOURCE_PORT} && tcp.dst == 81"
        assert lets_out(written.sent(stand.client, (stand.own(stand.client), stand.address), ports)) == []
        assert ask(stand, destination_port=81).decided_by == stand.endpoint.id
        refused = ask(stand, peer)
        assert refused.decided_by == stand.endpoint.id, refused.explanation
        ports = f"tcp.src == {SOURCE_PORT} && tcp.dst == {PORT}"
        assert lets_out(written.sent(peer, (stand.own(peer), stand.address), ports)) == []


@needs_ovn
def test_targets_are_chosen_by_their_health_and_version(box: Central) -> None:
    """Input: a health check that finds the target's IPv6 address to be down; then a target without one. Output: nobody
    answers by IPv6, and IPv4 is served; the service says that nobody has an IPv6 address, as the analyser does."""
    stand = Linked(REGION, "translated", version=6)
    ports = f"tcp.src == {SOURCE_PORT} && tcp.dst == {PORT}"
    group = stand.balancer.listeners[0].target_group_id
    stand.cloud.update(group, health_check={})
    with Written(box, stand) as written:
        ends = stand.own(stand.client), stand.address
        assert lets_out(written.sent(stand.client, ends, ports)) == [stand.target.id]
        own = f'ip="{stand.own(stand.target)}"'
        [monitor] = box.sbctl("--bare", "--columns=_uuid", "find", "Service_Monitor", own).split()
        box.sbctl("set", "Service_Monitor", monitor, "status=offline")
        box.nbctl("--wait=sb", "sync")
        assert lets_out(written.sent(stand.client, ends, ports)) == []
        stand.version = 4
        ends = stand.own(stand.client), stand.address
        assert lets_out(written.sent(stand.client, ends, ports)) == [stand.target.id]
    stand.cloud.update(stand.target.id, ipv6_addresses=[])
    compiler = Compiler(REGION, box.features())
    compiler.apply([*stand.cloud.documents.items()])
    assert compiler.failed()[stand.service.id] == f"{group}: no target has an IPv6 address: refused at IPv6 endpoints"
    stand.version = 6
    assert ask(stand).decided_by == f"{stand.balancer.id}/tcp/{PORT}"


def asked_for(written: Written, interface: Any) -> str:
    """The trace of a machine's question for the endpoint's address (RFC 4861)."""
    stand, own = written.stand, interface.ipv6_addresses[0]
    last = int(stand.address.rpartition("::")[2], 16)
    flow = (
        f'inport == "{interface.id}" && eth.src == {interface.mac} && eth.dst == 33:33:ff:00:00:{last:02x}'
        f" && ip.ttl == 255 && {stand.ends(own, f'ff02::1:ff00:{last:x}')} && icmp6.type == 135 && icmp6.code == 0"
        f" && nd.target == {stand.address} && nd.sll == {interface.mac}"
    )
    return written.box.trace(interface.subnet_id, flow, "--minimal")


@pytest.mark.parametrize("source", ["translated", "kept"])
def test_nothing_of_ipv6_is_there_for_who_did_not_ask(source: str) -> None:
    """Input: VPCs with IPv6, and an endpoint that has no IPv6 any more, of a service that does not support it. Output:
    no row of theirs has to do with IPv6, beside the links between routers, and the endpoint has no name; before, that
    was one for its addresses of both versions."""
    stand = Linked(REGION, source, version=6)
    documents = stand.cloud.documents
    plain = {
        stand.service.id: {"supported_ip_address_types": ("ipv4",)},
        stand.endpoint.id: {"ip_address_type": "ipv4", "ipv6_addresses": ()},
    }
    compiler = Compiler(REGION, Features())
    compiler.apply([*documents.items()])
    name = f"{stand.endpoint.id}.internal"
    assert names(compiler)[name] == " ".join(stand.endpoint.addresses + stand.endpoint.ipv6_addresses)
    assert of_ipv6(compiler, stand)
    compiler.apply([(id, msgspec.structs.replace(documents[id], **fields)) for id, fields in plain.items()])
    assert compiler.failed() == {}
    assert of_ipv6(compiler, stand) == []
    assert name not in names(compiler)


def names(compiler: Compiler) -> dict[Any, Any]:
    """All names and what they stand for."""
    parts = [part for unit in compiler.units().values() for part in unit.contributions if part.table == "DNS"]
    return {part.element: part.value for part in parts}


def of_ipv6(compiler: Compiler, stand: Linked) -> list[str]:
    """Keys of rows of the service and the endpoint that have to do with IPv6, beside their links to VPCs."""
    links = [f"{side}-{one.id}" for side in ("vpc", "inner") for one in (stand.service, stand.endpoint)]
    rows = [row for unit in compiler.units().values() for row in unit.rows if row.key not in links]
    theirs = [row for row in rows if stand.service.id in row.key or stand.endpoint.id in row.key]
    words = ("ip6", "ipv6", "fd6c:", "fd00:", "::/0")
    return [row.key for row in theirs if any(word in f"{row.key} {row.columns}" for word in words)]
