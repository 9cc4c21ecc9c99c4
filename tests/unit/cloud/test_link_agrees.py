"""The analyser and OVN say the same of private link: the first packet, and the answer.

Input: a service, an endpoint and a client, and one thing that stands in the way, or none. Output: the hop that decides,
and `ovn-trace` over the compiled rows lets the packet out where the analyser says that it arrives, and nowhere else.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import pytest

from cloud_documents import REGION
from cloud_links import ANYWHERE, PORT, TARGET_PORT, Linked
from cloud_memory import network, part, public
from link_written import SOURCE_PORT, Written, agree, arrived, ask, lets_out
from ovn_central import Central, needs_ovn

pytestmark = needs_ovn

CLOUDS = 5 * int(os.environ.get("XC_PATH_SEEDS", "2"))
"""How many random clouds; each takes less than a second. 150 were compared, with each OVN, when this was written."""


class Case(NamedTuple):
    """One thing that decides."""

    change: Callable[[Linked], object]
    point: str = ""
    """What of the last hop; empty where everything passes."""
    component: Callable[[Linked], str] = lambda stand: ""
    back: bool = False
    """Whether the answer is refused."""
    by: Callable[[Linked, Any], str] | None = None
    """The rule, from the stand and what `change` returned."""


def close(stand: Linked, interface: Any, vpc: Any, direction: str) -> Any:
    """A security group that lets nothing through in one direction."""
    group = stand.open_group(vpc, "egress" if direction == "ingress" else "ingress")
    stand.cloud.update(interface.id, project=vpc.project_id, security_group_ids=[group.id])
    return group


def undecided(stand: Linked, status: str) -> None:
    """The endpoint not accepted, or rejected."""
    if status == "rejected":
        stand.cloud.update(stand.endpoint.id, status="rejected")
        return
    stand.cloud.delete(stand.endpoint.id, project="beta")
    stand.endpoint = stand.endpoint_to(stand.service)


def without_targets(stand: Linked) -> None:
    stand.cloud.update(stand.balancer.listeners[0].target_group_id, targets=[])


def second_service(stand: Linked) -> Any:
    """Another one in the service's VPC, with the same target, that the same client reaches."""
    other = stand.cloud.create(
        "endpoint_service",
        load_balancer_id=stand.balanced(stand.target).id,
        allowed_projects=["beta"],
        acceptance_required=False,
    )
    return stand.endpoint_to(other)


CASES: dict[str, Case] = {
    "open": Case(lambda s: None),
    "service's security group": Case(
        lambda s: close(s, s.target, s.vpc, "ingress"),
        "security-group",
        lambda s: s.target.id,
        by=lambda s, group: group.id,
    ),
    "client's security group": Case(
        lambda s: close(s, s.client, s.client_vpc, "egress"),
        "security-group",
        lambda s: s.client.id,
        by=lambda s, group: group.id,
    ),
    "security groups are asked once": Case(
        lambda s: (close(s, s.target, s.vpc, "egress"), close(s, s.client, s.client_vpc, "ingress"))
    ),
    "client's network ACL is asked for the service's address": Case(
        lambda s: s.filtered(s.client_subnet, ("egress", "deny", f"{s.between()}/32")),
        "network-acl",
        lambda s: s.client_subnet.id,
        by=lambda s, acl: f"{acl.id}/egress/1",
    ),
    "client's network ACL is not asked for the endpoint's": Case(
        lambda s: s.filtered(s.client_subnet, ("egress", "deny", f"{s.address}/32"))
    ),
    "network ACL of the endpoint's subnet is not asked": Case(
        lambda s: s.filtered(s.endpoint_subnet, ("egress", "deny", ANYWHERE), ("ingress", "deny", ANYWHERE))
    ),
    "service's network ACL is asked for the source that targets see": Case(
        lambda s: s.filtered(s.subnet, ("ingress", "deny", f"{s.seen}/32")),
        "network-acl",
        lambda s: s.subnet.id,
        by=lambda s, acl: f"{acl.id}/ingress/1",
    ),
    "service's network ACL is not asked for the service's address": Case(
        lambda s: s.filtered(s.subnet, ("ingress", "deny", f"{s.between()}/32"))
    ),
    "not accepted": Case(
        lambda s: undecided(s, "pending-acceptance"),
        "service-endpoint",
        lambda s: s.endpoint.id,
        by=lambda s, _: s.endpoint.id,
    ),
    "rejected": Case(
        lambda s: undecided(s, "rejected"),
        "service-endpoint",
        lambda s: s.endpoint.id,
        by=lambda s, _: s.endpoint.id,
    ),
    "no target": Case(
        without_targets,
        "load-balancer",
        lambda s: s.balancer.id,
        by=lambda s, _: f"{s.balancer.id}/tcp/{PORT}",
    ),
    "no listener": Case(
        lambda s: s.cloud.update(s.balancer.id, listeners=[]),
        "service-endpoint",
        lambda s: s.endpoint.id,
        by=lambda s, _: s.endpoint.id,
    ),
    "answer: service's network ACL": Case(
        lambda s: s.filtered(s.subnet, ("egress", "deny", f"{s.seen}/32")),
        "network-acl",
        lambda s: s.subnet.id,
        back=True,
        by=lambda s, acl: f"{acl.id}/egress/1",
    ),
    "answer: client's network ACL is asked for the service's address": Case(
        lambda s: s.filtered(s.client_subnet, ("ingress", "deny", f"{s.between()}/32")),
        "network-acl",
        lambda s: s.client_subnet.id,
        back=True,
        by=lambda s, acl: f"{acl.id}/ingress/1",
    ),
    "answer: client's network ACL is not asked for the endpoint's": Case(
        lambda s: s.filtered(s.client_subnet, ("ingress", "deny", f"{s.address}/32"))
    ),
    "a default route elsewhere is shorter": Case(
        lambda s: (public(s.cloud, s.client_vpc, project="beta"), public(s.cloud, s.vpc))
    ),
    "another service in the same VPC": Case(second_service),
}


@pytest.mark.parametrize("source", ["translated", "kept"])
@pytest.mark.parametrize("name", CASES)
def test_what_decides_is_what_ovn_does(box: Central, name: str, source: str) -> None:
    case, stand = CASES[name], Linked(REGION, source)
    done = case.change(stand)
    found = ask(stand)
    last = (found.back or found.there)[-1]
    assert (not last.passes, bool(found.back)) == (bool(case.point), case.back or not case.point), found.explanation
    if case.point:
        assert (last.point, last.component) == (case.point, case.component(stand)), found.explanation
        assert case.by is not None
        assert last.decided_by == found.decided_by == case.by(stand, done)
        assert found.outcome == "unreachable"
    with Written(box, stand) as written:
        agree(written, found)


def test_answers_of_two_services_that_keep_sources_go_by_one(box: Central) -> None:
    """Input: a client that reaches two services in one VPC, both of which keep sources. Output: answers of both go by
    the last one, as there is one route to the client; what the first one answers is not translated back, and ends at
    the other one's endpoint."""
    stand = Linked(REGION, "kept")
    second = second_service(stand)
    # Refused by now; regions may have such endpoints from before.
    other = msgspec.structs.replace(stand.cloud.documents[second.service_id], source="kept")
    stand.cloud.documents[other.id] = other
    found = ask(stand)
    assert (found.outcome, found.decided_by) == ("unreachable", second.id)
    assert found.explanation.startswith("the answer: ")
    assert found.explanation.endswith(f"only answers go on from {second.id}")
    with Written(box, stand) as written:
        agree(written, found)
        stand.service, stand.endpoint = other, second
        found = ask(stand)
        assert found.outcome == "reachable"
        agree(written, found)


@pytest.mark.parametrize("side", ["client", "service"])
def test_a_service_insertion_is_asked_where_the_vpcs_router_has_the_packet(box: Central, side: str) -> None:
    """Input: an appliance in one of the VPCs, for what goes to the service's address, or comes from the endpoint's.
    Output: it gets the packet, and what it sends on arrives."""
    stand = Linked(REGION, "translated")
    cloud, vpc = stand.cloud, stand.client_vpc if side == "client" else stand.vpc
    block = vpc.cidr_blocks[0]
    inner = cloud.create("subnet", project=vpc.project_id, vpc_id=vpc.id, cidr_block=part(block, 9))
    appliance = cloud.create(
        "network_interface",
        project=vpc.project_id,
        subnet_id=inner.id,
        source_dest_check=False,
        security_group_ids=[stand.open_group(vpc).id],
    )
    ends = (block, f"{stand.between()}/32") if side == "client" else (f"{stand.seen}/32", block)
    cloud.create(
        "service_insertion",
        project=vpc.project_id,
        vpc_id=vpc.id,
        appliances=[{"network_interface_id": appliance.id}],
        rules=[{"number": 1, "action": "insert", "source": ends[0], "destination": ends[1], "protocol": "tcp"}],
    )
    found = ask(stand)
    assert found.outcome == "reachable", found.explanation
    for hops in (found.there, found.back):
        assert [hop.component for hop in hops if hop.point == "appliance"] == [appliance.id]
    with Written(box, stand) as written:
        ports = f"tcp.src == {SOURCE_PORT} && tcp.dst == {PORT}"
        client = stand.client.private_addresses[0]
        assert lets_out(written.sent(stand.client, (client, stand.address), ports)) == [appliance.id]
        gone_on = client, stand.between()
        if side == "service":
            gone_on, ports = (stand.seen, stand.target.private_addresses[0]), f"tcp.dst == {TARGET_PORT}"
        assert lets_out(written.sent(appliance, gone_on, ports)) == [stand.target.id]


def test_both_vpcs_may_have_the_same_addresses(box: Central) -> None:
    """Input: client and target with the same block, and even the same address. Output: it arrives, and comes back."""
    stand = Linked(REGION, "translated", theirs="10.0.0.0/16")
    assert stand.client.private_addresses[0] in ("10.0.1.4", stand.target.private_addresses[0])
    found = ask(stand)
    assert found.outcome == "reachable", found.explanation
    with Written(box, stand) as written:
        agree(written, found)


def test_a_service_is_reached_from_its_own_vpc(box: Central) -> None:
    stand = Linked(REGION, "translated")
    stand.client = stand.cloud.create(
        "network_interface", subnet_id=stand.subnet.id, security_group_ids=[stand.open_group(stand.vpc).id]
    )
    stand.endpoint = stand.endpoint_to(stand.service, stand.subnet)
    found = ask(stand)
    assert found.outcome == "reachable", found.explanation
    assert arrived(found.there) == [stand.target.id]
    with Written(box, stand) as written:
        agree(written, found)


@pytest.mark.parametrize("source", ["translated", "kept"])
def test_a_targets_route_elsewhere_takes_the_answer(box: Central, source: str) -> None:
    """Input: a route of the service's VPC for just what its targets see, to an internet gateway. Output: it goes before
    the way back."""
    stand = Linked(REGION, source)
    gateway = stand.cloud.create("internet_gateway", vpc_id=stand.vpc.id)
    block = "10.0.0.0/16" if source == "kept" else f"{stand.seen}/32"
    stand.routed(stand.vpc, block, gateway.id)
    found = ask(stand)
    assert (found.outcome, found.decided_by) == ("unreachable", gateway.id), found.explanation
    assert found.back[-1].point == "gateway"
    with Written(box, stand) as written:
        agree(written, found)


def test_a_peers_client_finds_nobody_at_an_endpoint(box: Central) -> None:
    """Input: a client whose VPC is peered with the endpoint's. Output: nothing answers, and the endpoint says why."""
    stand = Linked(REGION, "translated")
    cloud = stand.cloud
    vpc, subnet = network(cloud, "10.3.0.0/16", project="beta")
    peering = cloud.create("vpc_peering", project="beta", vpc_id=vpc.id, peer_vpc_id=stand.client_vpc.id)
    for one, block in ((vpc, "10.0.0.0/16"), (stand.client_vpc, "10.3.0.0/16")):
        stand.routed(one, block, peering.id)
    stand.client = cloud.create("network_interface", project="beta", subnet_id=subnet.id)
    found = ask(stand)
    assert (found.outcome, found.decided_by) == ("unreachable", stand.endpoint.id)
    assert f"for clients in {stand.client_vpc.id} only" in found.explanation
    with Written(box, stand) as written:
        agree(written, found)


def test_what_is_no_listener_is_refused_where_the_client_is(box: Central) -> None:
    stand = Linked(REGION, "translated")
    client = stand.client.private_addresses[0]
    with Written(box, stand) as written:
        for fields, what in (
            ({"destination_port": 81}, f"tcp.src == {SOURCE_PORT} && tcp.dst == 81"),
            ({"protocol": "udp"}, f"udp.src == {SOURCE_PORT} && udp.dst == {PORT}"),
            ({"protocol": "icmp"}, "icmp4.type == 8 && icmp4.code == 0"),
        ):
            found = ask(stand, **fields)
            last = found.there[-1]
            assert (last.point, last.component, last.passes) == ("service-endpoint", stand.endpoint.id, False)
            assert lets_out(written.sent(stand.client, (client, stand.address), what)) == []


def test_the_services_address_is_reached_by_whom_routes_lead_there(box: Central) -> None:
    """Input: packets to the service's own address between both. Output: from the client they arrive; from the service's
    VPC, and from another service's, nothing does, for their tables lead to their own endpoints only."""
    stand = Linked(REGION, "translated")
    vpc, subnet = network(stand.cloud, "10.4.0.0/16", project="beta")
    target = stand.cloud.create(
        "network_interface", project="beta", subnet_id=subnet.id, security_group_ids=[stand.open_group(vpc).id]
    )
    listeners = [
        {
            "port": PORT,
            "target_group_id": stand.cloud.create(
                "target_group", project="beta", vpc_id=vpc.id, targets=[{"network_interface_id": target.id, "port": 80}]
            ).id,
        }
    ]
    balancer = stand.cloud.create("load_balancer", project="beta", subnet_ids=[subnet.id], listeners=listeners)
    service = stand.cloud.create("endpoint_service", project="beta", load_balancer_id=balancer.id)
    stand.endpoint_to(service)
    ports = f"tcp.src == {SOURCE_PORT} && tcp.dst == {PORT}"
    with Written(box, stand) as written:
        for sender, to, reached in (
            (stand.client, stand.between(), stand.target.id),
            (stand.client, stand.between(service), target.id),
            (stand.target, stand.between(), ""),
            (stand.target, stand.between(service), ""),
            (target, stand.between(), ""),
        ):
            found = ask(stand, sender, to)
            assert arrived(found.there) == ([reached] if reached else []), found.explanation
            trace = written.sent(sender, (sender.private_addresses[0], to), ports)
            assert lets_out(trace) == arrived(found.there), trace


@pytest.mark.parametrize("source", ["translated", "kept"])
def test_what_a_target_begins_ends_at_the_endpoint(box: Central, source: str) -> None:
    """Input: what a target begins to where its clients' packets come from, whom the client's groups let in. Output: the
    endpoint drops it, but for what says that a packet was too large where sources are kept."""
    stand = Linked(REGION, source)
    ends = stand.target.private_addresses[0], stand.seen
    with Written(box, stand) as written:
        for fields, what in (
            ({}, f"tcp.src == {SOURCE_PORT} && tcp.dst == {PORT}"),
            ({"protocol": "udp"}, f"udp.src == {SOURCE_PORT} && udp.dst == {PORT}"),
            ({"protocol": "icmp", "icmp_type": 3, "icmp_code": 1}, "icmp4.type == 3 && icmp4.code == 1"),
            ({"protocol": "icmp", "icmp_type": 3, "icmp_code": 4}, "icmp4.type == 3 && icmp4.code == 4"),
        ):
            found = ask(stand, stand.target, stand.seen, **fields)
            assert lets_out(written.sent(stand.target, ends, what)) == arrived(found.there), fields
            if source == "kept" and fields.get("icmp_code") == 4:
                assert arrived(found.there) == [stand.client.id]
                continue
            last = found.there[-1]
            assert (last.point, last.component, last.passes) == ("service-endpoint", stand.endpoint.id, False)


def test_an_unhealthy_target_is_taken_to_be_well(box: Central) -> None:
    """What a health check finds is in OVN's southbound database only: the analyser does not read it, and says so
    (docs/how-to/find-out-why-a-tenants-packet-does-not-arrive.md)."""
    stand = Linked(REGION, "translated")
    stand.cloud.update(stand.balancer.listeners[0].target_group_id, health_check={})
    ends = stand.client.private_addresses[0], stand.address
    ports = f"tcp.src == {SOURCE_PORT} && tcp.dst == {PORT}"
    with Written(box, stand) as written:
        assert lets_out(written.sent(stand.client, ends, ports)) == [stand.target.id]
        monitors = box.sbctl("--bare", "--columns=_uuid", "list", "Service_Monitor").split()
        assert monitors
        for monitor in monitors:
            box.sbctl("set", "Service_Monitor", monitor, "status=offline")
        box.nbctl("--wait=sb", "sync")
        assert lets_out(written.sent(stand.client, ends, ports)) == []
        assert ask(stand).outcome == "reachable"


class Draw:
    """Random groups and network ACLs on both sides."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.stand = Linked(REGION, self.random.choice(["translated", "kept"]))
        stand, rnd = self.stand, self.random
        blocks = [
            ANYWHERE, "10.0.0.0/16", "10.0.1.0/24", "10.0.2.0/24", "10.1.0.0/16", "100.127.0.0/16",
            f"{stand.between()}/32", f"{stand.between(stand.endpoint)}/32",
        ]  # fmt: skip
        for interface, vpc in ((stand.client, stand.client_vpc), (stand.target, stand.vpc)):
            if rnd.random() < 0.5:
                self._group(interface, vpc, blocks)
        for subnet in (stand.client_subnet, stand.subnet, stand.endpoint_subnet):
            if rnd.random() < 0.7:
                stand.filtered(
                    subnet,
                    *(
                        (rnd.choice(["ingress", "egress"]), rnd.choice(["allow", "allow", "deny"]), rnd.choice(blocks))
                        for _ in range(rnd.randint(0, 3))
                    ),
                )

    def _group(self, interface: Any, vpc: Any, blocks: list[str]) -> None:
        cloud, rnd = self.stand.cloud, self.random
        group = self.stand.open_group(vpc, "egress" if rnd.random() < 0.7 else "ingress")
        cloud.update(interface.id, project=vpc.project_id, security_group_ids=[group.id])
        peers = rnd.sample(blocks, rnd.randint(1, 3))
        for direction, port in (("ingress", TARGET_PORT), ("egress", PORT)):
            for peer in peers:
                cloud.create(
                    "security_group_rule",
                    project=vpc.project_id,
                    security_group_id=group.id,
                    direction=direction,
                    protocol="tcp",
                    from_port=port,
                    to_port=rnd.choice([port, 9000]),
                    peer=peer,
                ) if (direction, peer) not in self._given(group) else None

    def _given(self, group: Any) -> set[tuple[str, str]]:
        rules = self.stand.cloud.of("security_group_rule")
        return {(r.direction, r.peer) for r in rules if r.security_group_id == group.id}


@pytest.mark.parametrize("seed", range(CLOUDS))
def test_random_rules_on_both_sides(box: Central, seed: int) -> None:
    draw = Draw(seed)
    with Written(box, draw.stand) as written:
        agree(written, ask(draw.stand))
