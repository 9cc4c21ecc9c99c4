"""Security groups and rules: canonical form, duplicates, references, limits, and no cost in the number of rules."""

from __future__ import annotations

import pytest

from cloud_memory import Cloud, network, refused
from crossconnect.cloud.resource import Refused


def test_a_new_group_lets_everything_out() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    group = cloud.create("security_group", vpc_id=vpc.id)
    rules = [r for r in cloud.of("security_group_rule") if r.security_group_id == group.id]
    assert {(r.direction, r.protocol, r.peer) for r in rules} == {
        ("egress", "all", "0.0.0.0/0"),
        ("egress", "all", "::/0"),
    }


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"peer": "office"}, "security-group-rule.peer-malformed", "/peer"),
        ({"peer": ""}, "security-group-rule.peer-malformed", "/peer"),
        ({"peer": "10.0.0.1/24"}, "cidr.host-bits", "/peer"),
        ({"peer": "10.0.0.0/33"}, "cidr.malformed", "/peer"),
        ({"peer": "sg-00000000000000000"}, "security-group.not-found", "/peer"),
        ({"peer": "pl-00000000000000000"}, "prefix-list.not-found", "/peer"),
        ({"protocol": "http"}, "protocol.unknown", "/protocol"),
        ({"protocol": "256"}, "protocol.unknown", "/protocol"),
        ({"protocol": "icmpv6"}, "protocol.version", "/peer"),
        ({"protocol": "icmp", "peer": "::/0"}, "protocol.version", "/peer"),
        ({"protocol": "all", "from_port": 80}, "port.without-protocol", "/from_port"),
        ({"protocol": "47", "to_port": 80}, "port.without-protocol", "/from_port"),
        ({"protocol": "tcp", "from_port": 443, "to_port": 80}, "port.order", "/to_port"),
        ({"protocol": "tcp", "from_port": 0, "to_port": 65536}, "port.range", "/to_port"),
        ({"protocol": "udp", "from_port": -1}, "port.range", "/from_port"),
        ({"protocol": "icmp", "to_port": 0}, "port.icmp-code", "/from_port"),
        ({"protocol": "icmp", "from_port": 256}, "port.range", "/from_port"),
    ],
)
def test_rules_that_are_refused(body: dict[str, object], code: str, field: str) -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    with pytest.raises(Refused) as error:
        cloud.create(
            "security_group_rule",
            **{"security_group_id": vpc.default_security_group_id, "direction": "ingress", "peer": "0.0.0.0/0"} | body,
        )
    assert refused(error) == (404 if code.endswith(".not-found") else 422, code, field)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"protocol": "6", "from_port": 22}, ("tcp", 22, 22)),
        ({"protocol": "TCP", "from_port": 0, "to_port": 65535}, ("tcp", None, None)),
        ({"protocol": "17", "to_port": 53}, ("udp", 53, 53)),
        ({"protocol": "1", "from_port": 8}, ("icmp", 8, None)),
        ({"protocol": "047"}, ("47", None, None)),
        ({}, ("all", None, None)),
    ],
)
def test_rules_have_one_form(said: dict[str, object], meant: tuple[str, int | None, int | None]) -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    rule = cloud.create(
        "security_group_rule",
        security_group_id=vpc.default_security_group_id,
        direction="ingress",
        peer="192.0.2.0/24",
        **said,
    )
    assert (rule.protocol, rule.from_port, rule.to_port) == meant


def test_the_same_rule_twice_is_refused_however_it_is_written() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    rule = {"security_group_id": vpc.default_security_group_id, "direction": "ingress", "peer": "192.0.2.0/24"}
    first = cloud.create("security_group_rule", **rule, protocol="tcp", from_port=22, to_port=22)
    with pytest.raises(Refused) as error:
        cloud.create("security_group_rule", **rule, protocol="6", from_port=22)
    assert refused(error) == (409, "security-group-rule.duplicate", "")
    assert first.id in str(error.value)
    cloud.create("security_group_rule", **rule, protocol="tcp", from_port=23)
    cloud.create("security_group_rule", **(rule | {"direction": "egress"}), protocol="tcp", from_port=22)
    cloud.delete(first.id)
    cloud.create("security_group_rule", **rule, protocol="tcp", from_port=22)


def test_the_rules_that_come_with_a_group_are_not_made_again() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    group = cloud.create("security_group", vpc_id=vpc.id)
    with pytest.raises(Refused) as error:
        cloud.create("security_group_rule", security_group_id=group.id, direction="egress", peer="0.0.0.0/0")
    assert refused(error)[1] == "security-group-rule.duplicate"


def test_ten_thousand_rules_cost_each_the_same() -> None:
    """Input: a group filled to its limit. Output: no rule looked at the others; the next one is refused."""
    cloud = Cloud()
    vpc, _ = network(cloud)
    group = cloud.create("security_group", vpc_id=vpc.id)
    rule = {"security_group_id": group.id, "direction": "ingress", "protocol": "tcp", "peer": "192.0.2.0/24"}
    before = cloud.read
    for port in range(10_000 - 2):
        cloud.create("security_group_rule", **rule, from_port=port)
    assert cloud.read == before
    with pytest.raises(Refused) as error:
        cloud.create("security_group_rule", **rule, from_port=20_000)
    assert refused(error) == (409, "limit.exceeded", "/security_group_id")
    assert len(cloud.delete(group.id).delete) == 10_001


def test_a_group_may_be_named_from_its_vpc_and_from_peered_ones() -> None:
    cloud = Cloud()
    one, _ = network(cloud)
    two, _ = network(cloud, "10.1.0.0/16")
    rule = {
        "security_group_id": one.default_security_group_id,
        "direction": "ingress",
        "peer": two.default_security_group_id,
    }
    with pytest.raises(Refused) as error:
        cloud.create("security_group_rule", **rule)
    assert refused(error) == (422, "security-group-rule.other-vpc", "/peer")
    cloud.create("vpc_peering", vpc_id=two.id, peer_vpc_id=one.id)
    cloud.create("security_group_rule", **rule)


def test_a_group_of_another_project_does_not_exist() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    other, _ = network(cloud, project="beta")
    for body, field in (
        ({"security_group_id": other.default_security_group_id, "peer": "::/0"}, "/security_group_id"),
        ({"security_group_id": vpc.default_security_group_id, "peer": other.default_security_group_id}, "/peer"),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("security_group_rule", direction="ingress", **body)
        assert refused(error) == (404, "security-group.not-found", field)


def test_prefix_lists_count_as_many_as_they_may_have() -> None:
    cloud = Cloud(quotas={"prefixes_per_security_group": 30})
    vpc, _ = network(cloud)
    prefixes = cloud.create("prefix_list", max_entries=20)
    rule = {"security_group_id": vpc.default_security_group_id, "direction": "ingress", "peer": prefixes.id}
    cloud.create("security_group_rule", **rule, protocol="tcp")
    with pytest.raises(Refused) as error:
        cloud.create("security_group_rule", **rule, protocol="udp")
    assert refused(error) == (409, "limit.exceeded", "/peer")
    with pytest.raises(Refused) as error:
        cloud.update(prefixes.id, max_entries=31)
    assert refused(error) == (409, "limit.exceeded", "/max_entries")
    cloud.update(prefixes.id, max_entries=30)


def test_a_prefix_list_is_of_the_protocols_version() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    prefixes = cloud.create("prefix_list", address_family="ipv6")
    with pytest.raises(Refused) as error:
        cloud.create(
            "security_group_rule",
            security_group_id=vpc.default_security_group_id,
            direction="ingress",
            protocol="icmp",
            peer=prefixes.id,
        )
    assert refused(error) == (422, "protocol.version", "/protocol")


def test_groups_that_are_used_stay() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    group = cloud.create("security_group", vpc_id=vpc.id)
    interface = cloud.create("network_interface", subnet_id=subnet.id, security_group_ids=[group.id])
    rule = cloud.create(
        "security_group_rule",
        security_group_id=vpc.default_security_group_id,
        direction="ingress",
        peer=group.id,
    )
    with pytest.raises(Refused) as error:
        cloud.delete(group.id)
    assert refused(error)[1] == "security-group.in-use"
    assert {(use.kind, use.id) for use in error.value.uses} == {
        ("network_interface", interface.id),
        ("security_group_rule", rule.id),
    }


def test_a_group_that_names_itself_is_deleted_with_its_rules() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    group = cloud.create("security_group", vpc_id=vpc.id)
    cloud.create("security_group_rule", security_group_id=group.id, direction="ingress", peer=group.id)
    cloud.delete(group.id)
    assert all(r.security_group_id != group.id for r in cloud.of("security_group_rule"))


def test_the_default_group_goes_with_its_vpc_only() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    with pytest.raises(Refused) as error:
        cloud.delete(vpc.default_security_group_id)
    assert refused(error)[:2] == (409, "security-group.default")


def test_a_rule_that_goes_cuts_connections_where_an_interface_has_it() -> None:
    cloud = Cloud()
    _vpc, subnet = network(cloud)
    rule = next(r for r in cloud.of("security_group_rule") if r.direction == "ingress")
    assert not cloud.plan_delete(rule.id).effects
    cloud.create("network_interface", subnet_id=subnet.id)
    assert [e.cuts for e in cloud.plan_delete(rule.id).effects] == [True]


def test_a_rule_may_be_of_one_ip_version_where_its_peer_has_both() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    group = cloud.create("security_group", vpc_id=vpc.id)
    rule = {"security_group_id": group.id, "direction": "ingress"}
    made = [cloud.create("security_group_rule", **rule, peer=group.id, ip_version=v).ip_version for v in (None, 4, 6)]
    assert made == [None, 4, 6]
    with pytest.raises(Refused) as error:
        cloud.create("security_group_rule", **rule, peer=group.id, ip_version=4)
    assert refused(error)[1] == "security-group-rule.duplicate"
    assert cloud.create("security_group_rule", **rule, peer="10.0.0.0/8", ip_version=4).ip_version is None
    prefixes = cloud.create("prefix_list", address_family="ipv6")
    for body in (
        {"peer": "10.0.0.0/8", "ip_version": 6},
        {"peer": prefixes.id, "ip_version": 4},
        {"peer": group.id, "protocol": "icmp", "ip_version": 6},
    ):
        with pytest.raises(Refused) as error:
            cloud.create("security_group_rule", **rule, **body)
        assert refused(error) == (422, "protocol.version", "/ip_version")


def test_another_rule_of_the_same_hash_does_not_stand_in_the_way() -> None:
    """Input: the number that a rule would claim is another rule's. Output: the rule is made, and found again."""
    cloud = Cloud()
    vpc, _ = network(cloud)
    group = cloud.create("security_group", vpc_id=vpc.id)
    rule = {"security_group_id": group.id, "direction": "ingress", "peer": "192.0.2.0/24"}
    scope = f"{group.id}/rule"
    (wanted,) = (c.value for c in cloud.plan("security_group_rule", **rule).claims if c.scope == scope)
    cloud.claims[scope][wanted] = "another rule"
    made = cloud.create("security_group_rule", **rule)
    assert cloud.claims[scope][wanted + 1] == made.id
    with pytest.raises(Refused) as error:
        cloud.create("security_group_rule", **rule)
    assert refused(error)[1] == "security-group-rule.duplicate"
