"""What service insertions choose: the analyser, `ovn-trace` over the compiled rows, and what is meant, are the same.

Input: a VPC of documents that the decisions made, and a packet, or an answer. Output: the interface that gets it.

    client 10.0.1.4, 10.0.1.5    s1    targets 10.0.2.4, 10.0.2.5    s2    appliances 10.0.8.4, 10.0.9.4    s8, s9
"""

from __future__ import annotations

import os
import random
import re
from typing import Any

import pytest

from cloud_documents import REGION
from cloud_memory import View
from crossconnect.cloud.logical.numbers import router_mac
from crossconnect.cloud.path import arrival, path
from crossconnect.cloud.verdict import Packet
from ovn_central import needs_ovn
from ovn_scene import outputs
from steering_stand import ANYWHERE, CLIENT_PORT, SERVED, Stand, rule

pytestmark = needs_ovn

SEEDS = int(os.environ.get("XC_PATH_SEEDS", "1"))
"""How many random clouds; each takes some three seconds. 12 were compared, with each OVN, when this was written."""


def behind(stand: Stand, **fields: Any) -> tuple[Any, Any, Any]:
    """A load balancer, its target group, and the WAF that is before it."""
    cloud = stand.cloud
    insertion = stand.insertion(stand.waf, **fields)
    group = cloud.create(
        "target_group", vpc_id=stand.vpc.id, targets=[{"network_interface_id": stand.target.id, "port": SERVED}],
        service_insertion_id=insertion.id,
    )  # fmt: skip
    balancer = cloud.create(
        "load_balancer", subnet_ids=[stand.subnets[1].id], listeners=[{"port": 80, "target_group_id": group.id}]
    )
    return balancer, group, insertion


def test_what_is_balanced_goes_through_the_waf_both_ways(stand: Stand) -> None:
    """Input: a listener whose target group names an insertion. Output: connections to the listener, and to a target on
    its port, go to the WAF, and what it sends on to the target; answers to the WAF, and from there to the client.
    Other ports, and what a target begins, do not."""
    balancer, *_ = behind(stand)
    stand.write()
    assert stand.failed() == {}
    there, back = stand.target.private_addresses[0], stand.client.private_addresses[0]
    for destination, port in ((balancer.addresses[0], 80), (there, SERVED)):
        assert stand.sent(stand.client, destination, port) == [stand.waf.id]
    assert stand.sent(stand.waf, there, origin=back) == [stand.target.id]
    assert stand.answered(stand.target, back) == [stand.waf.id]
    assert stand.sent(stand.client, there, 22) == [stand.target.id]
    assert stand.sent(stand.client, stand.target2.private_addresses[0]) == [stand.target2.id]
    assert stand.sent(stand.target, back, 443) == [stand.client.id]
    assert stand.sent(stand.client, there, protocol="udp") == [stand.target.id]


@pytest.mark.parametrize("on_failure", ["closed", "open"])
def test_a_client_beside_the_target_is_answered_past_the_waf_so_its_connection_does_not_go_there(
    stand: Stand, on_failure: str
) -> None:
    """Input: a client in the target's subnet. Output: by the load balancer it reaches nobody (`closed`), or the target
    (`open`); directly the target, as nobody routes that."""
    balancer, *_ = behind(stand, on_failure=on_failure)
    stand.write()
    past = [stand.target.id] if on_failure == "open" else []
    assert stand.sent(stand.target2, balancer.addresses[0], 80) == past
    assert stand.sent(stand.target2, stand.target.private_addresses[0]) == [stand.target.id]
    assert stand.sent(stand.client, balancer.addresses[0], 80) == [stand.waf.id]


@pytest.mark.parametrize("on_failure", ["closed", "open"])
def test_without_a_waf_that_lives_what_was_declared_happens(stand: Stand, on_failure: str) -> None:
    balancer, *_ = behind(stand, on_failure=on_failure)
    stand.down, stand.is_as_analysed = (stand.waf.id,), False
    stand.write()
    past = [stand.target.id] if on_failure == "open" else []
    assert stand.sent(stand.client, balancer.addresses[0], 80) == past
    assert stand.answered(stand.target, stand.client.private_addresses[0]) == ([stand.client.id] if past else [])
    assert stand.sent(stand.client, stand.target.private_addresses[0], 22) == [stand.target.id]


@pytest.mark.parametrize("on_failure", ["closed", "open"])
def test_where_a_network_acl_has_the_policies_nothing_goes_to_the_targets(stand: Stand, on_failure: str) -> None:
    """Input: a subnet behind an ACL that filters what leaves it, by its first entry too. Output: group and insertion
    say why; chosen traffic is dropped, or passes by."""
    balancer, group, insertion = behind(stand, on_failure=on_failure)
    entries = [
        {"number": n, "direction": way, "action": action, "protocol": "tcp", "cidr": ANYWHERE, "from_port": port}
        | {"to_port": port + 1000}
        for n, way, action, port in (
            (1, "egress", "allow", SERVED),
            (2, "egress", "deny", 22),
            (3, "egress", "allow", CLIENT_PORT),
            (1, "ingress", "allow", SERVED),
            (2, "ingress", "allow", CLIENT_PORT),
        )
    ]
    acl = stand.cloud.create("network_acl", vpc_id=stand.vpc.id, entries=entries)
    stand.cloud.update(stand.subnets[1].id, network_acl_id=acl.id)
    stand.is_as_analysed = False
    stand.write()
    assert "both need policies" in stand.failed()[insertion.id]
    assert "both need policies" in stand.failed()[group.id]
    past = [stand.target.id] if on_failure == "open" else []
    assert stand.sent(stand.client, balancer.addresses[0], 80) == past
    assert stand.sent(stand.client2, stand.target.private_addresses[0]) == past


def test_a_load_balancer_that_the_internet_reaches(stand: Stand) -> None:
    """Input: an internet-facing load balancer, its gateway node, a packet from outside. Output: it is translated there
    and goes to the WAF; the answer does, and then by the gateway's port, where its translation is undone."""
    cloud = stand.cloud
    cloud.create("internet_gateway", vpc_id=stand.vpc.id)
    gateway = cloud.of("internet_gateway")[0]
    routes = [{"destination": ANYWHERE, "target": gateway.id}]
    cloud.update(stand.vpc.main_route_table_id, routes=routes)
    elastic = cloud.create("elastic_ip")
    _, group, insertion = behind(stand)
    cloud.create(
        "load_balancer", subnet_ids=[stand.subnets[1].id], scheme="internet-facing", elastic_ip_id=elastic.id,
        listeners=[{"port": 80, "target_group_id": group.id}],
    )  # fmt: skip
    stand.write()
    assert stand.failed() == {}
    packet = Packet(
        source="198.51.100.9", destination=elastic.address, protocol="tcp", source_port=CLIENT_PORT,
        destination_port=80,
    )  # fmt: skip
    found = arrival(elastic, packet, View(cloud, "alpha"))
    assert (found.end, found.steps[-1].passes) == (stand.waf.id, True)
    assert [s.decided_by for s in found.steps if s.point == "service-insertion"] == [f"{insertion.id}/{group.id}"]
    port = f"internet-{stand.vpc.id}"
    mac = stand.box.sbctl("--bare", "--columns=mac", "find", "Port_Binding", f'logical_port="{port}"').split()[0]
    flow = (
        f'inport == "{port}" && eth.src == 0a:00:00:00:00:01 && eth.dst == {mac} && ip.ttl == 64'
        f" && ip4.src == {packet.source} && ip4.dst == {elastic.address}"
        f" && tcp.src == {CLIENT_PORT} && tcp.dst == 80"
    )
    assert outputs(stand.box.trace(stand.vpc.id, flow, "--minimal", *["--ct=new"] * 12)) == [stand.waf.id]
    assert stand.answered(stand.target, packet.source) == [stand.waf.id]
    mac = router_mac(REGION, stand.waf.subnet_id)
    flow = (
        f'inport == "{stand.waf.id}" && eth.src == {stand.waf.mac} && eth.dst == {mac} && ip.ttl == 64'
        f" && ip4.src == {stand.target.private_addresses[0]} && ip4.dst == {packet.source}"
        f" && tcp.src == {SERVED} && tcp.dst == {CLIENT_PORT}"
    )
    trace = stand.box.trace(stand.waf.subnet_id, flow, "--detailed", *["--ct=est,rpl"] * 12)
    # `ovn-trace` knows no connections, so the border drops what is not translated back; but this is where it would be.
    assert re.search(rf"lr_out_undnat.*ip4.src == {stand.target.private_addresses[0]} && tcp.src == {SERVED}", trace)
    assert 'dp="provider-internet"' in trace


def test_groups_may_share_a_waf_and_a_target_on_two_ports(stand: Stand) -> None:
    """Input: two groups behind one insertion, over TCP and UDP, one with two targets on different ports. Output: each
    is chosen by its own protocol and port; when one lets go of the insertion, the other one does not."""
    _, _, insertion = behind(stand)
    two = stand.cloud.create(
        "target_group", vpc_id=stand.vpc.id, protocol="udp", service_insertion_id=insertion.id,
        targets=[{"network_interface_id": t.id, "port": p} for t, p in ((stand.target, 53), (stand.target2, 54))],
    )  # fmt: skip
    stand.write()
    assert stand.failed() == {}
    first, second = (t.private_addresses[0] for t in (stand.target, stand.target2))
    for to, port, protocol, waf in (
        (first, 53, "udp", True),
        (first, 54, "udp", False),
        (second, 54, "udp", True),
        (first, 53, "tcp", False),
        (first, SERVED, "tcp", True),
    ):
        seen = stand.sent(stand.client, to, port, protocol=protocol)
        assert (seen == [stand.waf.id]) is waf, (to, port, protocol, seen)
    stand.cloud.update(two.id, service_insertion_id="")
    stand.write()
    assert stand.sent(stand.client, first, 53, protocol="udp") == [stand.target.id]
    assert stand.sent(stand.client, first) == [stand.waf.id]


def test_of_two_insertions_the_lowest_number_decides_and_nothing_goes_through_both(stand: Stand) -> None:
    """Input: a WAF for tcp to subnet 2 but for one port, a firewall for all. Output: each gets what is its own; what
    either sends on goes to no other one; with the WAF down, closed or open, the firewall does not get what is its."""
    waf = stand.insertion(
        stand.waf,
        rule(10, "10.0.1.0/24", "10.0.2.0/24", protocol="tcp", from_port=22, to_port=22, action="bypass"),
        rule(30, "10.0.1.0/24", "10.0.2.0/24", protocol="tcp"),
    )
    stand.insertion(stand.firewall, rule(20, "10.0.1.5/32", "10.0.2.0/24"), rule(40, "10.0.0.0/16", ANYWHERE))
    stand.write()
    assert stand.failed() == {}
    there = stand.target.private_addresses[0]
    first, second = (c.private_addresses[0] for c in (stand.client, stand.client2))
    assert stand.sent(stand.client, there) == [stand.waf.id]
    assert stand.sent(stand.client, there, 22) == [stand.target.id]
    assert stand.sent(stand.client2, there) == [stand.firewall.id]
    assert stand.sent(stand.client2, there, 22) == [stand.target.id]
    assert stand.sent(stand.client, there, protocol="udp") == [stand.firewall.id]
    assert stand.answered(stand.target, first) == [stand.waf.id]
    assert stand.answered(stand.target, second) == [stand.firewall.id]
    for appliance in (stand.waf, stand.firewall):
        assert stand.sent(appliance, there, origin=first) == [stand.target.id]
    stand.down, stand.is_as_analysed = (stand.waf.id,), False
    for on_failure, past in (("closed", []), ("open", [stand.target.id])):
        stand.cloud.update(waf.id, on_failure=on_failure)
        stand.write()
        assert stand.sent(stand.client, there) == past
        assert stand.sent(stand.client, there, protocol="udp") == [stand.firewall.id]


def test_rules_follow_the_members_of_groups_and_the_entries_of_lists(stand: Stand) -> None:
    """Input: rules from a group to a list. Output: members only, to the list's blocks only; a member more and an entry
    less are two changed rows' elements, and no rule's."""
    cloud = stand.cloud
    group = cloud.create("security_group", vpc_id=stand.vpc.id)
    prefixes = cloud.create("prefix_list", entries=[{"cidr": "10.0.2.4/32"}, {"cidr": "10.0.2.5/32"}])
    stand.insertion(stand.firewall, rule(1, group.id, prefixes.id), rule(2, prefixes.id, group.id, protocol="tcp"))
    both = [*stand.client.security_group_ids, group.id]
    cloud.update(stand.client.id, security_group_ids=both)
    stand.write()
    assert stand.failed() == {}
    targets = [t.private_addresses[0] for t in (stand.target, stand.target2)]
    for to in targets:
        assert stand.sent(stand.client, to) == [stand.firewall.id]
    assert stand.sent(stand.client2, targets[0]) == [stand.target.id]
    assert stand.answered(stand.target, stand.client.private_addresses[0]) == [stand.firewall.id]
    policies = stand.box.rows("Logical_Router_Policy")
    cloud.update(stand.client2.id, security_group_ids=both)
    cloud.update(prefixes.id, entries=[{"cidr": "10.0.2.4/32"}])
    stand.write()
    assert stand.box.rows("Logical_Router_Policy") == policies
    assert stand.sent(stand.client2, targets[0]) == [stand.firewall.id]
    assert stand.sent(stand.client2, targets[1]) == [stand.target2.id]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_insertions_are_as_analysed(stand: Stand, seed: int) -> None:
    """Input: two insertions and a target group, rules between random blocks, groups and lists, random first packets and
    answers. Output: the analyser and OVN say the same."""
    cloud, dice = stand.cloud, random.Random(seed)
    groups = [cloud.create("security_group", vpc_id=stand.vpc.id).id for _ in range(2)]
    machines = [stand.client, stand.client2, stand.target, stand.target2]
    for machine in machines:
        more = dice.sample(groups, dice.randint(0, 2))
        cloud.update(machine.id, security_group_ids=[stand.vpc.default_security_group_id, *more])
    blocks = ["10.0.1.0/24", "10.0.2.0/24", "10.0.2.4/32", "10.0.1.4/31", "10.0.0.0/16", ANYWHERE]
    lists = [
        cloud.create("prefix_list", entries=[{"cidr": c} for c in dice.sample(blocks[1:4], dice.randint(0, 2))]).id
        for _ in range(2)
    ]
    numbers = dice.sample(range(1, 100), 6)
    for appliance, own in ((stand.waf, numbers[:3]), (stand.firewall, numbers[3:])):
        rules = [
            rule(
                number,
                dice.choice([*groups, *lists, *blocks]),
                dice.choice([*groups, *lists, *blocks]),
                action=dice.choice(["insert", "insert", "bypass"]),
                **dice.choice([{"protocol": "tcp", "from_port": 80, "to_port": SERVED}, {"protocol": "udp"}, {}]),
            )
            for number in own
        ]
        made = stand.insertion(appliance, *rules, on_failure=dice.choice(["open", "closed"]))
    group = cloud.create(
        "target_group", vpc_id=stand.vpc.id, service_insertion_id=made.id,
        targets=[{"network_interface_id": t.id, "port": 80} for t in dice.sample(machines, 1)],
    )  # fmt: skip
    balancer = cloud.create(
        "load_balancer", subnet_ids=[stand.subnets[2].id], listeners=[{"port": 443, "target_group_id": group.id}]
    )
    stand.write()
    assert stand.failed() == {}
    for _ in range(25):
        source, other = dice.sample(machines, 2)
        to, protocol = other.private_addresses[0], dice.choice(["tcp", "tcp", "udp"])
        if dice.random() < 0.3:
            stand.sent(source, balancer.addresses[0], 443)
        elif dice.random() < 0.5:
            stand.sent(source, to, dice.choice([22, 80, SERVED]), protocol=protocol)
        else:
            stand.answered(source, to, dice.choice([22, 80, SERVED]), protocol=protocol)


def test_of_two_inline_insertions_each_gets_what_its_rules_choose(stand: Stand) -> None:
    """Input: two inline insertions, where OVN has network functions; the second one's rule names a group. Output: what
    either's lowest rule chooses goes into the first interface of its own appliance, the rest directly. Where OVN has
    none, both say so."""
    cloud, vpc = stand.cloud, stand.vpc.id
    group = cloud.create("security_group", vpc_id=vpc)
    cloud.update(stand.client2.id, security_group_ids=[*stand.client2.security_group_ids, group.id])
    ends = [[first, stand.interface(n, source_dest_check=False)] for n, first in ((8, stand.waf), (9, stand.firewall))]
    rules = (
        [rule(20, "10.0.1.0/24", "10.0.2.0/24", protocol="tcp", from_port=SERVED)],
        [rule(10, group.id, "10.0.0.0/16", protocol="tcp"), rule(30, "10.0.1.0/24", "10.0.2.0/24", protocol="udp")],
    )
    made = [
        cloud.create(
            "service_insertion", vpc_id=vpc, mode="inline", rules=own,
            appliances=[{"network_interface_id": one.id, "return_network_interface_id": other.id}],
        )
        for (one, other), own in zip(ends, rules, strict=True)
    ]  # fmt: skip
    stand.is_as_analysed = False
    stand.write()
    if not stand.box.features().network_function:
        assert set(stand.failed()) == {one.id for one in made}
        return
    assert stand.failed() == {}
    there = stand.target.private_addresses[0]
    (one, _), (two, _) = ends
    for source, port, protocol, first, by in (
        (stand.client, SERVED, "tcp", one, f"{made[0].id}/20"),
        (stand.client2, SERVED, "tcp", two, f"{made[1].id}/10"),
        (stand.client, 53, "udp", two, f"{made[1].id}/30"),
        (stand.client, 22, "tcp", None, ""),
    ):
        # The appliance's port on the client's switch is a child of its own one.
        port_of_first = [f"{first.id}-{stand.subnets[1].id}"] if first else [stand.target.id]
        assert stand.sent(source, there, port, protocol=protocol) == port_of_first
        packet = Packet(
            source=source.private_addresses[0], destination=there, protocol=protocol, destination_port=port
        )  # fmt: skip
        steps = path(source, packet, View(cloud, "alpha")).steps
        assert [s.decided_by for s in steps if s.point == "service-insertion"] == ([by] if by else [])
