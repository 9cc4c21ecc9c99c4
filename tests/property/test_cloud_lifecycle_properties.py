"""What is made can be unmade, in any order, and leaves nothing; rules and records are once each."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_memory import Cloud, network
from cloud_zoo import take_down, zoo
from crossconnect.cloud.resource import Refused


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_cloud_is_taken_down_in_any_order_and_nothing_is_left(random: Any) -> None:
    cloud = zoo()
    order = list(cloud.documents)
    random.shuffle(order)
    owned = {id for id in order if _comes_with_another(cloud, id)}
    take_down(cloud, [id for id in order if id not in owned])
    assert not cloud.documents
    assert not any(cloud.claims.values())
    assert not any(cloud.referring.values())


def _comes_with_another(cloud: Cloud, id: str) -> bool:
    resource: Any = cloud.documents[id]
    return bool(getattr(resource, "default", False) or getattr(resource, "main", False))


RULES = st.lists(
    st.fixed_dictionaries(
        {
            "direction": st.sampled_from(["ingress", "egress"]),
            "protocol": st.sampled_from(["tcp", "6", "TCP", "udp", "all", "icmp", "1", "47"]),
            "peer": st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", "self"]),
        },
        optional={"from_port": st.integers(0, 2), "to_port": st.integers(0, 2), "ip_version": st.sampled_from([4, 6])},
    ),
    max_size=20,
)


@settings(deadline=None)
@given(RULES)
def test_a_group_never_has_two_rules_that_allow_the_same(wanted: list[dict[str, Any]]) -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    group = vpc.default_security_group_id
    statuses: set[int] = set()
    for body in wanted:
        peer = group if body["peer"] == "self" else body["peer"]
        try:
            cloud.create("security_group_rule", **(body | {"peer": peer, "security_group_id": group}))
        except Refused as error:
            statuses.add(error.status)
    assert statuses <= {409, 422}
    rules = [
        (r.direction, r.protocol, r.from_port, r.to_port, r.peer, r.ip_version) for r in cloud.of("security_group_rule")
    ]
    assert len(set(rules)) == len(rules)
    assert len({r.number for r in cloud.of("security_group_rule")}) == len(rules)


TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["10.0.0.0/16", "10.0.0.1", "::", "::/0", "0.0.0.0/0", "1.2.3.4/99", "sg-", "pl-x", "vpc-", "*"]),
)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_no_text_in_any_field_is_anything_but_refused_or_taken(data: st.DataObject) -> None:
    """Input: bodies with any text where text may stand. Output: a resource, or `Refused` with a code and a field."""
    cloud = Cloud()
    vpc, subnet = network(cloud)
    kind, body = data.draw(
        st.sampled_from(
            [
                ("vpc", {"cidr_blocks": [TEXTS], "ipv6_cidr_blocks": [TEXTS]}),
                ("subnet", {"vpc_id": vpc.id, "cidr_block": TEXTS, "ipv6_cidr_block": TEXTS}),
                ("route_table", {"vpc_id": vpc.id, "routes": [{"destination": TEXTS, "target": TEXTS}]}),
                ("prefix_list", {"entries": [{"cidr": TEXTS}]}),
                (
                    "security_group_rule",
                    {
                        "security_group_id": vpc.default_security_group_id,
                        "direction": "ingress",
                        "protocol": TEXTS,
                        "peer": TEXTS,
                    },
                ),
                (
                    "network_acl",
                    {
                        "vpc_id": vpc.id,
                        "entries": [
                            {"number": 1, "direction": "egress", "action": "deny", "cidr": TEXTS, "protocol": TEXTS}
                        ],
                    },
                ),
                (
                    "network_interface",
                    {
                        "subnet_id": subnet.id,
                        "private_addresses": [TEXTS],
                        "ipv6_addresses": [TEXTS],
                        "mac": TEXTS,
                        "allowed_address_pairs": [{"cidr": TEXTS, "mac": TEXTS}],
                        "device_id": TEXTS,
                    },
                ),
                ("elastic_ip", {"address": TEXTS, "network_interface_id": TEXTS, "private_address": TEXTS}),
                ("dhcp_options", {"domain_name": TEXTS, "domain_name_servers": [TEXTS], "ntp_servers": [TEXTS]}),
                ("dns_zone", {"domain": TEXTS, "vpc_ids": [TEXTS]}),
                ("private_gateway", {"vrf": "acme-connect", "vpc_id": TEXTS, "prefixes": [TEXTS]}),
                ("customer_gateway", {"address": TEXTS}),
                ("transit_router", {"shared_with": [TEXTS]}),
                ("flow_log", {"resource_id": TEXTS}),
            ]
        )
    )
    refusals: list[Refused] = []
    try:
        cloud.create(kind, **_drawn(data, body))
    except Refused as error:
        refusals.append(error)
    assert all(problem.code and problem.message and problem.field for r in refusals for problem in r.problems)


def _drawn(data: st.DataObject, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _drawn(data, one) for name, one in value.items()}
    if isinstance(value, list):
        return [_drawn(data, one) for one in value for _ in range(data.draw(st.integers(0, 2)))]
    return data.draw(value) if isinstance(value, st.SearchStrategy) else value
