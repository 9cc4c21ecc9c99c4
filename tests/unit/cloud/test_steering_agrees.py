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
from cloud_memory import Cloud, View
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.names import router_mac
from crossconnect.cloud.path import Path, arrival, path
from crossconnect.cloud.verdict import Packet
from ovn_central import Central, needs_ovn
from ovn_scene import outputs

pytestmark = needs_ovn

CLIENT_PORT = 40_000
SERVED = 8080
"""The targets' port; the load balancer's is 80."""
ANYWHERE = "0.0.0.0/0"
SEEDS = int(os.environ.get("XC_PATH_SEEDS", "1"))
"""How many random clouds; each takes some three seconds. 12 were compared, with each OVN, when this was written."""


class Stand:
    """Documents in front of a real northd."""

    def __init__(self, box: Central) -> None:
        self.box = box
        self.cloud = Cloud(zones=("a", "b"), public_prefixes=REGION.public_prefixes, vrfs=("blue",))
        self._compiler = Compiler(REGION, box.features())
        self._written: set[str] = set()
        self.down: tuple[str, ...] = ()
        """Interfaces that are plugged in nowhere."""
        self.is_as_analysed = True
        """Whether the analyser is asked, too: it takes appliances to live, and insertions to be possible."""
        self.vpc = self.cloud.create("vpc", cidr_blocks=["10.0.0.0/16"])
        for peer in (ANYWHERE, "10.0.0.0/8"):
            self.cloud.create(
                "security_group_rule", security_group_id=self.vpc.default_security_group_id, direction="ingress",
                peer=peer,
            )  # fmt: skip
        self.subnets = {n: self.subnet(n) for n in (1, 2, 8, 9)}
        self.client, self.client2, self.target, self.target2 = (self.interface(n) for n in (1, 1, 2, 2))
        self.waf, self.firewall = (self.interface(n, source_dest_check=False) for n in (8, 9))

    def subnet(self, n: int) -> Any:
        """A /24, in the zones by turns."""
        return self.cloud.create(
            "subnet", vpc_id=self.vpc.id, cidr_block=f"10.0.{n}.0/24", availability_zone="ab"[n % 2]
        )

    def interface(self, n: int, **fields: Any) -> Any:
        """An interface in a subnet."""
        return self.cloud.create("network_interface", subnet_id=self.subnets[n].id, **fields)

    def insertion(self, appliance: Any, *rules: dict[str, Any], **fields: Any) -> Any:
        """A service insertion with one appliance."""
        return self.cloud.create(
            "service_insertion", vpc_id=self.vpc.id, appliances=[{"network_interface_id": appliance.id}],
            rules=list(rules), **fields,
        )  # fmt: skip

    def write(self) -> None:
        """Bring all documents into the northbound database, and plug the interfaces in."""
        known = self.cloud.documents
        gone = [(id, None) for id in self._written - known.keys()]
        self._written = set(known)
        self.box.write(self._compiler.apply([*gone, *known.items()]).units)
        self.box.write(self._compiler.observe(self.down).units)
        assert self.box.northd_log() == ""
        outside = [name for name in self.box.ports() if name.startswith("cr-")]
        ports = {i.id: "hv1" for i in self.cloud.of("network_interface") if i.id not in self.down}
        self.box.bind(ports | dict.fromkeys(outside, "gw1"))
        for name in outside:
            self.box.neighbour(name.removeprefix("cr-"), REGION.internet.next_hop, "0a:00:00:00:00:01")

    def failed(self) -> dict[str, str]:
        """What cannot be."""
        return self._compiler.failed()

    def clear(self) -> None:
        """Take everything away again."""
        self.box.sbctl("--all", "destroy", "MAC_Binding")
        self.box.write(dict.fromkeys(self._compiler.units()))

    def sent(self, source: Any, to: str, port: int = SERVED, origin: str = "", protocol: str = "tcp") -> list[str]:
        """Where the first packet of a connection comes out. Of a `source` that sends on, `origin` began it."""
        packet = Packet(
            source=origin or source.private_addresses[0], destination=to, protocol=protocol, source_port=CLIENT_PORT,
            destination_port=port,
        )  # fmt: skip
        return self.agreed(source, packet, established=False)

    def answered(self, source: Any, to: str, port: int = SERVED, protocol: str = "tcp") -> list[str]:
        """Where an answer comes out, as it is before it is translated back."""
        packet = Packet(
            source=source.private_addresses[0], destination=to, protocol=protocol, source_port=port,
            destination_port=CLIENT_PORT,
        )  # fmt: skip
        return self.agreed(source, packet, established=True)

    def agreed(self, source: NetworkInterface, packet: Packet, *, established: bool) -> list[str]:
        """Where a packet comes out, as `ovn-trace` and the analyser have it."""
        found = path(source, packet, View(self.cloud, "alpha"), established=established)
        ct = ("--ct=est,rpl" if established else "--ct=new",) * 12
        what = f"{packet.protocol}.src == {packet.source_port} && {packet.protocol}.dst == {packet.destination_port}"
        mac = router_mac(REGION, source.subnet_id)
        for other in self.cloud.of("network_interface"):
            if other.subnet_id == source.subnet_id and packet.destination in other.private_addresses:
                mac = other.mac
        flow = (
            f'inport == "{source.id}" && eth.src == {source.mac} && eth.dst == {mac} && ip.ttl == 64'
            f" && ip4.src == {packet.source} && ip4.dst == {packet.destination} && {what}"
        )
        trace = self.box.trace(source.subnet_id, flow, "--minimal", *ct)
        seen = outputs(trace.partition("tcp_reset {")[0])
        if self.is_as_analysed:
            steps = "\n".join(f"  {s.point} {s.passes} {s.message}" for s in found.steps)
            assert _ended(found) == seen, f"{packet}\n{steps}\n{trace}"
        return seen


def _ended(found: Path) -> list[str]:
    if not found.passes:
        return []
    return [found.end if found.end.startswith("eni-") else "localnet-internet"]


def rule(number: int, source: str, destination: str, **fields: Any) -> dict[str, Any]:
    """A rule of an insertion."""
    return {"number": number, "source": source, "destination": destination} | fields


@pytest.fixture
def stand(box: Central) -> Any:
    made = Stand(box)
    yield made
    made.clear()


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


def chained(stand: Stand, *rules: dict[str, Any], **of_next: Any) -> tuple[Any, Any]:
    """A firewall with rules, and behind it the WAF without any."""
    waf = stand.insertion(stand.waf, **of_next)
    return stand.insertion(stand.firewall, *rules, next_insertion_id=waf.id), waf


def test_a_chain_goes_through_both_in_order_and_back_in_the_other_one(stand: Stand) -> None:
    """Input: a firewall whose next is a WAF; rules that bypass, and a second one turned round. Output: what is chosen
    goes from one to the other and on, answers from the other to the one; what is not chosen, through neither."""
    blocks = "10.0.1.0/24", "10.0.2.0/24"
    chained(
        stand,
        rule(10, *blocks, protocol="tcp", from_port=22, to_port=22, action="bypass"),
        rule(20, *blocks, protocol="tcp"),
        rule(30, *blocks[::-1]),
    )
    stand.write()
    assert stand.failed() == {}
    (here, there), (waf, firewall) = (
        (one.private_addresses[0] for one in (stand.client, stand.target)),
        (stand.waf, stand.firewall),
    )
    assert stand.sent(stand.client, there) == [firewall.id]
    assert stand.sent(firewall, there, origin=here) == [waf.id]
    assert stand.sent(waf, there, origin=here) == [stand.target.id]
    assert stand.answered(stand.target, here) == [waf.id]
    assert stand.sent(stand.client, there, 22) == [stand.target.id]
    # Rule 30 chooses UDP from the target; answers to that are told from what rule 20 chooses by their protocol.
    assert stand.sent(stand.target, here, protocol="udp") == [firewall.id]
    assert stand.sent(firewall, here, origin=there, protocol="udp") == [waf.id]
    assert stand.sent(waf, here, origin=there, protocol="udp") == [stand.client.id]
    assert stand.answered(stand.client, there, protocol="udp") == [waf.id]
    for appliance, following in ((waf, firewall.id), (firewall, stand.client.id)):
        answer = Packet(
            source=there, destination=here, protocol="tcp", source_port=SERVED, destination_port=CLIENT_PORT
        )
        assert stand.agreed(appliance, answer, established=True) == [following]


def test_an_appliance_with_two_interfaces_in_a_chain(stand: Stand) -> None:
    """Input: a firewall that gives packets back in another subnet than it gets them, behind it a WAF. Output: packets
    go in at its one side and answers at its other one; what comes out at the wrong side is not led on."""
    stand.subnets[10] = stand.subnet(10)
    outer = stand.interface(10, source_dest_check=False)
    waf = stand.insertion(stand.waf)
    ends = {"network_interface_id": stand.firewall.id, "return_network_interface_id": outer.id}
    stand.cloud.create(
        "service_insertion", vpc_id=stand.vpc.id, appliances=[ends], next_insertion_id=waf.id,
        rules=[rule(20, "10.0.1.0/24", "10.0.2.0/24", protocol="tcp")],
    )  # fmt: skip
    stand.write()
    assert stand.failed() == {}
    here, there = (one.private_addresses[0] for one in (stand.client, stand.target))
    assert stand.sent(stand.client, there) == [stand.firewall.id]
    assert stand.sent(outer, there, origin=here) == [stand.waf.id]
    assert stand.sent(stand.firewall, there, origin=here) == [stand.target.id]
    assert stand.sent(stand.waf, there, origin=here) == [stand.target.id]
    assert stand.answered(stand.target, here) == [stand.waf.id]
    answer = Packet(source=there, destination=here, protocol="tcp", source_port=SERVED, destination_port=CLIENT_PORT)
    for appliance, following in ((stand.waf, outer.id), (stand.firewall, stand.client.id), (outer, stand.client.id)):
        assert stand.agreed(appliance, answer, established=True) == [following]


@pytest.mark.parametrize(("first", "second"), [("closed", "open"), ("open", "closed"), ("open", "open")])
def test_each_insertion_of_a_chain_fails_as_it_declares(stand: Stand, first: str, second: str) -> None:
    """Input: one of both appliances, or both, are down. Output: one that fails open is left out, one that fails closed
    stops all."""
    chained(stand, rule(20, "10.0.1.0/24", "10.0.2.0/24"), on_failure=second)
    [head] = [one for one in stand.cloud.of("service_insertion") if one.rules]
    stand.cloud.update(head.id, on_failure=first)
    here, there = (one.private_addresses[0] for one in (stand.client, stand.target))
    stand.is_as_analysed = False
    for down in (("firewall",), ("waf",), ("firewall", "waf")):
        stand.down = tuple(getattr(stand, name).id for name in down)
        stand.write()
        stops = {"firewall": first, "waf": second}
        living = [one for name, one in (("firewall", stand.firewall), ("waf", stand.waf)) if name not in down]
        stopped = any(stops[name] == "closed" for name in down)
        expected = [] if stopped else [living[0].id] if living else [stand.target.id]
        assert stand.sent(stand.client, there) == expected, down
        back = [] if stopped else [living[-1].id] if living else [stand.client.id]
        assert stand.answered(stand.target, here) == back, down
        for one in () if stopped else living:
            assert stand.sent(one, there, origin=here) == [stand.target.id]


def test_what_could_go_either_way_goes_the_way_there(stand: Stand) -> None:
    """Input: a chain whose rule has the same block on both sides, and one from a subnet to everywhere. Output: both
    directions pass both appliances, each once."""
    head, _ = chained(stand, rule(20, "10.0.0.0/16", "10.0.0.0/16"))
    here, there = (one.private_addresses[0] for one in (stand.client, stand.target))
    for rules in ([], [rule(20, "10.0.1.0/24", ANYWHERE, protocol="tcp")]):
        if rules:
            stand.cloud.update(head.id, rules=rules)
        stand.write()
        assert stand.failed() == {}
        assert stand.sent(stand.client, there) == [stand.firewall.id]
        assert stand.sent(stand.firewall, there, origin=here) == [stand.waf.id]
        assert stand.sent(stand.waf, there, origin=here) == [stand.target.id]
        assert stand.answered(stand.target, here) == [(stand.waf if rules else stand.firewall).id]


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


@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_chains_are_as_analysed(stand: Stand, seed: int) -> None:
    """Input: a chain of two with rules between random blocks, which overlap; random first packets and answers, of
    machines, and as appliances send them on. Output: the analyser and OVN say the same."""
    dice = random.Random(seed)
    blocks = ["10.0.1.0/24", "10.0.2.0/24", "10.0.2.4/32", "10.0.1.4/31", "10.0.0.0/16", ANYWHERE]
    chained(
        stand,
        *(
            rule(
                number,
                dice.choice(blocks),
                dice.choice(blocks),
                action=dice.choice(["insert", "insert", "insert", "bypass"]),
                **dice.choice([{"protocol": "tcp", "from_port": 80, "to_port": SERVED}, {"protocol": "udp"}, {}]),
            )
            for number in dice.sample(range(1, 100), 4)
        ),
    )
    stand.write()
    assert stand.failed() == {}
    machines = [stand.client, stand.client2, stand.target, stand.target2]
    for _ in range(40):
        first, other = dice.sample(machines, 2)
        ports = dice.sample([22, 80, SERVED, CLIENT_PORT], 2)
        packet = Packet(
            source=first.private_addresses[0], destination=other.private_addresses[0], source_port=ports[0],
            protocol=dice.choice(["tcp", "tcp", "udp"]), destination_port=ports[1],
        )  # fmt: skip
        by = dice.choice([first, stand.firewall, stand.waf])
        stand.agreed(by, packet, established=dice.random() < 0.5)


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
