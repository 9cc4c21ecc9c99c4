"""Chains of service insertions: the analyser, `ovn-trace` over the compiled rows, and what is meant, are the same.

Input: a firewall whose next insertion is a WAF, and a packet, or an answer, of a machine or of an appliance that sends
it on. Output: the interface that gets it.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from crossconnect.cloud.verdict import Packet
from ovn_central import needs_ovn
from steering_stand import ANYWHERE, CLIENT_PORT, SERVED, Stand, rule

pytestmark = needs_ovn

SEEDS = int(os.environ.get("XC_PATH_SEEDS", "1"))
"""How many random chains; each takes some three seconds. 8 were compared, with each OVN, when this was written."""


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
