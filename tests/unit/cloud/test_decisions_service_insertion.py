"""Service insertion: appliances that forward, rules in order, numbers of the region."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, network, refused
from crossconnect.cloud.resource import Refused


def stand() -> tuple[Cloud, Any, list[Any]]:
    """A VPC with three appliances' interfaces."""
    cloud = Cloud()
    vpc, subnet = network(cloud)
    return (
        cloud,
        vpc,
        [cloud.create("network_interface", subnet_id=subnet.id, source_dest_check=False) for _ in range(3)],
    )


def rule(number: int = 10, **fields: Any) -> dict[str, Any]:
    return {"number": number, "source": "10.0.0.0/16", "destination": "0.0.0.0/0"} | fields


def test_appliances_have_numbers_that_stay_theirs() -> None:
    cloud, vpc, interfaces = stand()
    one, two, three = ({"network_interface_id": i.id} for i in interfaces)
    made = cloud.create("service_insertion", vpc_id=vpc.id, appliances=[one, two], rules=[rule(20), rule(10)])
    assert (made.number, made.appliance_numbers) == (1, (1, 2))
    assert [r.number for r in made.rules] == [10, 20]
    changed = cloud.update(made.id, appliances=[three, two])
    assert changed.appliance_numbers == (3, 2)
    other = cloud.create("vpc", cidr_blocks=["10.1.0.0/16"])
    subnet = cloud.create("subnet", vpc_id=other.id, cidr_block="10.1.0.0/24")
    elsewhere = cloud.create("network_interface", subnet_id=subnet.id, source_dest_check=False)
    second = cloud.create("service_insertion", vpc_id=other.id, appliances=[{"network_interface_id": elsewhere.id}])
    assert (second.number, second.appliance_numbers) == (2, (1,))
    with pytest.raises(Refused) as error:
        cloud.delete(elsewhere.id)
    assert [use.id for use in error.value.uses] == [second.id]


def test_the_insertions_of_a_vpc_are_one_list_of_rules_of_one_mode_with_appliances_of_their_own() -> None:
    """Input: a second insertion. Output: it is there, but for a rule's number, an interface, or a mode that the first
    one has; in another VPC all of that is free."""
    cloud, vpc, interfaces = stand()
    one, two, three = ({"network_interface_id": i.id} for i in interfaces)
    first = cloud.create("service_insertion", vpc_id=vpc.id, appliances=[one], rules=[rule(10)])
    wire = two | {"return_network_interface_id": three["network_interface_id"]}
    for fields, code, field in (
        ({"appliances": [two], "rules": [rule(20), rule(10)]}, "number-in-use", "/rules/1/number"),
        ({"appliances": [two, one]}, "interface-in-use", "/appliances/1/network_interface_id"),
        ({"appliances": [wire], "mode": "inline"}, "mode", "/mode"),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("service_insertion", vpc_id=vpc.id, **fields)
        assert refused(error) == (409, f"service-insertion.{code}", field)
    second = cloud.create("service_insertion", vpc_id=vpc.id, appliances=[two], rules=[rule(20)])
    for fields, code, field in (
        ({"rules": [rule(10)]}, "number-in-use", "/rules/0/number"),
        ({"appliances": [one]}, "interface-in-use", "/appliances/0/network_interface_id"),
    ):
        with pytest.raises(Refused) as error:
            cloud.update(second.id, **fields)
        assert refused(error) == (409, f"service-insertion.{code}", field)
    cloud.update(first.id, rules=[rule(10), rule(30)])
    cloud.delete(first.id)
    assert [r.number for r in cloud.update(second.id, rules=[rule(10), rule(30)]).rules] == [10, 30]
    assert (first.number, second.number) == (1, 2)


def test_rules_name_security_groups_and_prefix_lists() -> None:
    """Output: groups and lists stay as long as rules name them, and whoever changes a list is told what it cuts."""
    cloud, vpc, interfaces = stand()
    appliances = [{"network_interface_id": interfaces[0].id}]
    group = cloud.create("security_group", vpc_id=vpc.id)
    list4 = cloud.create("prefix_list", entries=[{"cidr": "10.0.0.0/24"}])
    list6 = cloud.create("prefix_list", address_family="ipv6")
    rules = [
        rule(1, source=group.id),
        rule(2, source=group.id, destination=list4.id, protocol="tcp"),
        rule(3, source=list6.id, destination=group.id, protocol="icmpv6"),
        rule(4, source=vpc.default_security_group_id, destination=group.id),
    ]
    made = cloud.create("service_insertion", vpc_id=vpc.id, appliances=appliances, rules=rules)
    for id, fields in (
        (group.id, ["rules/0/source", "rules/1/source", "rules/2/destination", "rules/3/destination"]),
        (list4.id, ["rules/1/destination"]),
    ):
        with pytest.raises(Refused) as error:
            cloud.delete(id)
        assert [(use.id, use.field) for use in error.value.uses] == [(made.id, field) for field in fields]
    [effect] = cloud.plan_update(list4.id, entries=[{"cidr": "10.0.1.0/24"}]).effects
    assert (effect.cuts, effect.resource_id) == (True, made.id)
    assert not cloud.plan_update(list4.id, name="corp").effects
    cloud.update(made.id, rules=[])
    cloud.delete(list4.id)


def test_sides_of_rules_that_are_refused() -> None:
    cloud, vpc, interfaces = stand()
    other = cloud.create("vpc", cidr_blocks=["10.1.0.0/16"])
    theirs = other.default_security_group_id
    list4, list6 = (cloud.create("prefix_list", address_family=family) for family in ("ipv4", "ipv6"))
    own = vpc.default_security_group_id

    def create(**fields: Any) -> Any:
        appliances = [{"network_interface_id": interfaces[0].id}]
        return cloud.create("service_insertion", vpc_id=vpc.id, appliances=appliances, rules=[rule(**fields)])

    for fields, status, code, field in (
        ({"source": "sg-00000000000000000"}, 404, "security-group.not-found", "source"),
        ({"destination": "pl-00000000000000000"}, 404, "prefix-list.not-found", "destination"),
        ({"source": theirs}, 422, "service-insertion.group-other-vpc", "source"),
        ({"source": list4.id, "destination": list6.id}, 422, "service-insertion.versions", "destination"),
        ({"source": list6.id}, 422, "service-insertion.versions", "destination"),
        ({"source": own, "destination": "::/0", "protocol": "icmp"}, 422, "protocol.version", "destination"),
        ({"source": list6.id, "destination": own, "protocol": "icmp"}, 422, "protocol.version", "source"),
    ):
        with pytest.raises(Refused) as error:
            create(**fields)
        assert refused(error) == (status, code, f"/rules/0/{field}")
    peering = cloud.create("vpc_peering", vpc_id=vpc.id, peer_vpc_id=other.id)
    assert peering.status == "active"
    assert create(source=theirs, destination=own).rules[0].source == theirs


def test_prefix_lists_count_as_what_may_be_in_them() -> None:
    cloud, vpc, interfaces = stand()
    cloud.settings["quotas"] = {"prefixes_per_service_insertion": 25}
    prefixes = cloud.create("prefix_list")
    both = rule(1, source=prefixes.id, destination=prefixes.id)
    appliances = [{"network_interface_id": interfaces[0].id}]
    with pytest.raises(Refused) as error:
        cloud.create(
            "service_insertion", vpc_id=vpc.id, appliances=appliances, rules=[both, rule(2, source=prefixes.id)]
        )
    assert refused(error) == (409, "limit.exceeded", "/rules")
    cloud.create("service_insertion", vpc_id=vpc.id, appliances=appliances, rules=[both])
    with pytest.raises(Refused) as error:
        cloud.update(prefixes.id, max_entries=13)
    assert refused(error) == (409, "limit.exceeded", "/max_entries")
    cloud.update(prefixes.id, max_entries=12)


def test_appliances_that_are_refused() -> None:
    cloud, vpc, interfaces = stand()
    strict = cloud.create("network_interface", subnet_id=interfaces[0].subnet_id)
    _, elsewhere = network(cloud)
    foreign = cloud.create("network_interface", subnet_id=elsewhere.id, source_dest_check=False)
    good = {"network_interface_id": interfaces[0].id}
    for appliances, status, code, field in (
        ([], 422, "service-insertion.appliances", ""),
        ([good] * 9, 422, "service-insertion.appliances", ""),
        ([good, good], 422, "service-insertion.interface-twice", "/1/network_interface_id"),
        (
            [good | {"return_network_interface_id": interfaces[0].id}],
            422,
            "service-insertion.interface-twice",
            "/0/return_network_interface_id",
        ),
        ([{"network_interface_id": ""}], 404, "network-interface.not-found", "/0/network_interface_id"),
        ([{"network_interface_id": foreign.id}], 422, "service-insertion.other-vpc", "/0/network_interface_id"),
        (
            [{"network_interface_id": strict.id}],
            409,
            "service-insertion.source-dest-check",
            "/0/network_interface_id",
        ),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("service_insertion", vpc_id=vpc.id, appliances=appliances)
        assert refused(error) == (status, code, f"/appliances{field}")


@pytest.mark.parametrize(
    ("rules", "code", "field"),
    [
        ([rule(0)], "service-insertion.number", "/rules/0/number"),
        ([rule(1), rule(1)], "service-insertion.number-twice", "/rules/1/number"),
        ([rule(destination="::/0")], "service-insertion.versions", "/rules/0/destination"),
        ([rule(protocol="icmpv6")], "protocol.version", "/rules/0/source"),
        ([rule(from_port=80)], "port.without-protocol", "/rules/0/from_port"),
        ([rule(n) for n in range(1, 102)], "service-insertion.rules-too-many", "/rules"),
    ],
)
def test_rules_that_are_refused(rules: list[dict[str, Any]], code: str, field: str) -> None:
    cloud, vpc, interfaces = stand()
    with pytest.raises(Refused) as error:
        cloud.create(
            "service_insertion",
            vpc_id=vpc.id,
            appliances=[{"network_interface_id": interfaces[0].id}],
            rules=rules,
        )
    assert refused(error) == (422, code, field)


def test_what_takes_another_way_is_told() -> None:
    cloud, vpc, interfaces = stand()
    one, two, _ = ({"network_interface_id": i.id} for i in interfaces)
    made = cloud.create("service_insertion", vpc_id=vpc.id, appliances=[one], on_failure="open")
    assert [e.cuts for e in cloud.plan_update(made.id, appliances=[two]).effects] == [True]
    assert [e.cuts for e in cloud.plan_update(made.id, rules=[rule()]).effects] == [True]
    assert [e.cuts for e in cloud.plan_update(made.id, on_failure="closed").effects] == [True]
    assert not cloud.plan_update(made.id, health_check={}).effects


def test_the_regions_numbers_run_out() -> None:
    cloud, vpc, interfaces = stand()
    cloud.claims["network-function-group"] = dict.fromkeys(range(1, 256), "others")
    with pytest.raises(Refused) as error:
        cloud.create("service_insertion", vpc_id=vpc.id, appliances=[{"network_interface_id": interfaces[0].id}])
    assert refused(error)[:2] == (409, "region.numbers-exhausted")


def test_what_cannot_be_inline() -> None:
    cloud, vpc, interfaces = stand()
    subnet = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.77.0/24")
    elsewhere = cloud.create("network_interface", subnet_id=subnet.id, source_dest_check=False)
    one = {"network_interface_id": interfaces[0].id}
    two = one | {"return_network_interface_id": interfaces[1].id}
    apart = one | {"return_network_interface_id": elsewhere.id}
    other_end = "/appliances/0/return_network_interface_id"
    for appliance, check, code, field in (
        (one, None, "service-insertion.one-interface", other_end),
        (two, {"port": 80}, "service-insertion.inline-port", "/health_check/port"),
        (apart, {}, "service-insertion.two-subnets", other_end),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("service_insertion", vpc_id=vpc.id, mode="inline", appliances=[appliance], health_check=check)
        assert refused(error) == (422, code, field)
    made = cloud.create("service_insertion", vpc_id=vpc.id, mode="inline", appliances=[two], health_check={})
    assert made.mode == "inline"
    with pytest.raises(Refused) as error:
        cloud.update(made.id, appliances=[apart])
    assert refused(error) == (422, "service-insertion.two-subnets", other_end)


def chain(count: int = 2) -> tuple[Cloud, Any, list[Any]]:
    """A VPC, and insertions without rules, each with an appliance in a subnet of its own."""
    cloud = Cloud()
    vpc, _ = network(cloud)
    made: list[Any] = []
    for n in range(count):
        subnet = cloud.create("subnet", vpc_id=vpc.id, cidr_block=f"10.0.{n + 10}.0/24")
        own = cloud.create("network_interface", subnet_id=subnet.id, source_dest_check=False)
        made.append(
            cloud.create("service_insertion", vpc_id=vpc.id, appliances=[{"network_interface_id": own.id}])
        )  # fmt: skip
    return cloud, vpc, made


def test_one_insertion_comes_behind_another() -> None:
    """Output: whoever plans is told what takes another way; the one behind stays as long as it is named."""
    cloud, _, (firewall, ids) = chain()
    assert not cloud.plan_update(firewall.id, next_insertion_id=ids.id).effects, "nothing is chosen yet"
    cloud.update(firewall.id, rules=[rule(10, source="10.0.1.0/24")])
    [effect] = cloud.plan_update(firewall.id, next_insertion_id=ids.id).effects
    assert (effect.cuts, f"on through {ids.id}" in effect.message) == (True, True)
    assert cloud.update(firewall.id, next_insertion_id=ids.id).next_insertion_id == ids.id
    with pytest.raises(Refused) as error:
        cloud.delete(ids.id)
    assert [(use.id, use.field) for use in error.value.uses] == [(firewall.id, "next_insertion_id")]
    [effect] = cloud.plan_update(firewall.id, next_insertion_id="").effects
    assert f"no more through {ids.id}" in effect.message
    cloud.update(firewall.id, next_insertion_id="")
    cloud.delete(ids.id)


def test_chains_that_are_refused() -> None:
    cloud, vpc, (first, second, third, fourth, fifth) = chain(5)
    at = "/next_insertion_id"
    other, theirs = network(cloud, "10.9.0.0/16")
    own, wire = (cloud.create("network_interface", subnet_id=theirs.id, source_dest_check=False) for _ in range(2))
    ends = {"network_interface_id": own.id, "return_network_interface_id": wire.id}
    inline = cloud.create("service_insertion", vpc_id=other.id, mode="inline", appliances=[ends])
    beside = cloud.create(
        "network_interface", subnet_id=cloud.get(second.appliances[0].network_interface_id).subnet_id,
        source_dest_check=False,
    )  # fmt: skip
    group = cloud.create("security_group", vpc_id=vpc.id)

    def refuses(id: str, status: int, code: str, field: str = at, **patch: Any) -> None:
        with pytest.raises(Refused) as error:
            cloud.update(id, **patch)
        assert refused(error) == (status, code, field)

    refuses(first.id, 404, "service-insertion.not-found", next_insertion_id="ins-00000000000000000")
    refuses(first.id, 422, "service-insertion.next-other-vpc", next_insertion_id=inline.id)
    refuses(first.id, 422, "service-insertion.next-loop", next_insertion_id=first.id)
    for one, following in ((first, second), (second, third), (third, fourth)):
        cloud.update(one.id, next_insertion_id=following.id)
    refuses(fourth.id, 422, "service-insertion.next-loop", next_insertion_id=first.id)
    refuses(fourth.id, 409, "service-insertion.chain-long", next_insertion_id=fifth.id)
    refuses(fifth.id, 409, "service-insertion.next-twice", next_insertion_id=second.id)
    refuses(second.id, 409, "service-insertion.next-rules", rules=[rule(10)])
    refuses(
        first.id, 422, "service-insertion.chain-sides", "/rules/0/source", rules=[rule(10, source=group.id)]
    )  # fmt: skip
    appliances = [{"network_interface_id": beside.id}]
    refuses(fifth.id, 409, "service-insertion.chain-subnet", appliances=appliances)
    client = cloud.create("network_interface", subnet_id=cloud.of("subnet")[0].id)
    target = {"network_interface_id": client.id, "port": 80}
    with pytest.raises(Refused) as error:
        cloud.create("target_group", vpc_id=vpc.id, targets=[target], service_insertion_id=first.id)
    assert refused(error) == (409, "target-group.insertion-chained", "/service_insertion_id")
    cloud.create("target_group", vpc_id=vpc.id, targets=[target], service_insertion_id=fifth.id)
    cloud.update(third.id, next_insertion_id="")
    refuses(third.id, 409, "service-insertion.chain-targets", next_insertion_id=fifth.id)


def test_inline_insertions_make_no_chain() -> None:
    cloud, vpc, interfaces = stand()
    more = cloud.create("network_interface", subnet_id=interfaces[0].subnet_id, source_dest_check=False)
    pairs = ((interfaces[0], interfaces[1]), (interfaces[2], more))
    first, second = (
        cloud.create(
            "service_insertion", vpc_id=vpc.id, mode="inline",
            appliances=[{"network_interface_id": a.id, "return_network_interface_id": b.id}],
        )
        for a, b in pairs
    )  # fmt: skip
    with pytest.raises(Refused) as error:
        cloud.update(first.id, next_insertion_id=second.id)
    assert refused(error) == (409, "service-insertion.next-inline", "/next_insertion_id")
