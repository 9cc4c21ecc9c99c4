"""VPCs: what comes with one, which blocks it may have, what stands in its way when it goes."""

from __future__ import annotations

import pytest

from cloud_memory import Cloud, network, refused
from crossconnect.cloud.resource import Refused


def test_a_vpc_comes_with_its_group_acl_and_main_table() -> None:
    cloud = Cloud()
    vpc = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"])
    assert cloud.get(vpc.main_route_table_id).main
    assert cloud.get(vpc.default_security_group_id).default
    acl = cloud.get(vpc.default_network_acl_id)
    assert {(e.direction, e.action, e.cidr) for e in acl.entries} == {
        (direction, "allow", cidr) for direction in ("ingress", "egress") for cidr in ("0.0.0.0/0", "::/0")
    }
    rules = {(r.direction, r.peer) for r in cloud.of("security_group_rule")}
    assert rules == {("ingress", vpc.default_security_group_id), ("egress", "0.0.0.0/0"), ("egress", "::/0")}


def test_numbers_of_the_region_are_never_two_resources() -> None:
    cloud = Cloud()
    first, second = (cloud.create("vpc", cidr_blocks=["10.0.0.0/16"]) for _ in range(2))
    assert (first.number, second.number) == (1, 2)
    samples = [r.number for r in cloud.of("security_group_rule")]
    for acl in cloud.of("network_acl"):
        samples += [acl.number, *(number for number in acl.entry_numbers if number)]
    assert sorted(samples) == list(range(1, 13))
    cloud.delete(first.id)
    assert cloud.create("vpc", cidr_blocks=["10.0.0.0/16"]).number == 1


@pytest.mark.parametrize(
    ("blocks", "code", "field"),
    [
        ([], "vpc.no-cidr", "/cidr_blocks"),
        (["10.0.0.0/8"], "cidr.length", "/cidr_blocks/0"),
        (["10.0.0.0/29"], "cidr.length", "/cidr_blocks/0"),
        (["10.0.0.1/16"], "cidr.host-bits", "/cidr_blocks/0"),
        (["10.0.0.0"], "cidr.malformed", "/cidr_blocks/0"),
        (["10.0.0.0/16", "2001:db8::/56"], "cidr.malformed", "/cidr_blocks/1"),
        (["224.0.0.0/16"], "cidr.unusable", "/cidr_blocks/0"),
        (["100.64.0.0/16"], "cidr.reserved", "/cidr_blocks/0"),
        (["10.0.0.0/16", "10.0.128.0/20"], "vpc.cidr-overlap", "/cidr_blocks/1"),
        ([f"10.{n}.0.0/16" for n in range(6)], "vpc.cidrs-too-many", "/cidr_blocks"),
    ],
)
def test_blocks_that_are_refused(blocks: list[str], code: str, field: str) -> None:
    with pytest.raises(Refused) as error:
        Cloud().create("vpc", cidr_blocks=blocks)
    assert refused(error) == (404 if code.endswith(".not-found") else 422, code, field)


def test_tenants_may_have_the_same_blocks() -> None:
    cloud = Cloud()
    network(cloud)
    network(cloud)
    network(cloud, project="beta")


def test_a_block_with_a_subnet_stays() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    vpc = cloud.update(vpc.id, cidr_blocks=["10.0.0.0/16", "10.1.0.0/16"])
    with pytest.raises(Refused) as error:
        cloud.update(vpc.id, cidr_blocks=["10.1.0.0/16"])
    assert refused(error) == (409, "vpc.cidr-in-use", "/cidr_blocks")
    cloud.delete(subnet.id)
    assert cloud.update(vpc.id, cidr_blocks=["10.1.0.0/16"]).cidr_blocks == ("10.1.0.0/16",)


def test_a_block_that_is_added_must_not_overlap_with_a_peers() -> None:
    cloud = Cloud()
    one, _ = network(cloud)
    two, _ = network(cloud, "10.1.0.0/16", project="beta")
    peering = cloud.create("vpc_peering", vpc_id=one.id, peer_vpc_id=two.id, peer_project_id="beta")
    cloud.update(peering.id, project="beta", status="active")
    for vpc, project, block in ((one, "alpha", "10.1.64.0/20"), (two, "beta", "10.0.0.0/20")):
        with pytest.raises(Refused) as error:
            cloud.update(vpc.id, project=project, cidr_blocks=[vpc.cidr_blocks[0], block])
        assert refused(error) == (409, "cidr.overlap", "/cidr_blocks/1")


def test_public_ipv6_blocks_are_the_regions_to_give() -> None:
    cloud = Cloud()
    one = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["public", "fd00:1::/56"])
    assert one.ipv6_cidr_blocks == ("2001:db8:100::/56", "fd00:1::/56")
    two = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["public", "public"], project="beta")
    assert two.ipv6_cidr_blocks == ("2001:db8:100:100::/56", "2001:db8:100:200::/56")
    with pytest.raises(Refused) as error:
        cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["2001:db8:100:300::/56"])
    assert refused(error) == (422, "vpc.cidr-public", "/ipv6_cidr_blocks/0")
    assert cloud.update(one.id, ipv6_cidr_blocks=["fd00:1::/56"]).ipv6_cidr_blocks == ("fd00:1::/56",)
    again = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["public"])
    assert again.ipv6_cidr_blocks == ("2001:db8:100::/56",)


def test_public_ipv6_blocks_run_out() -> None:
    cloud = Cloud(public_prefixes6=("2001:db8:100::/56",))
    cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["public"])
    with pytest.raises(Refused) as error:
        cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["public"])
    assert refused(error) == (409, "vpc.public-exhausted", "/ipv6_cidr_blocks")


def test_what_is_in_a_vpc_stands_in_its_way() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    group = cloud.create("security_group", vpc_id=vpc.id)
    with pytest.raises(Refused) as error:
        cloud.delete(vpc.id)
    assert refused(error)[:2] == (409, "vpc.in-use")
    assert {use.id for use in error.value.uses} == {subnet.id, group.id}
    cloud.delete(group.id)
    cloud.delete(subnet.id)
    cloud.delete(vpc.id)
    assert not cloud.documents
    assert not any(cloud.claims.values())


def test_the_resolver_going_silent_is_told() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    assert [e.cuts for e in cloud.plan_update(vpc.id, dns_support=False).effects] == [True]
    assert not cloud.plan_update(vpc.id, dns_support=True).effects


def test_another_table_becomes_the_main_one() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    foreign, _ = network(cloud)
    table = cloud.create("route_table", vpc_id=vpc.id)
    for id, code in (("rtb-0", "route-table.not-found"), (foreign.main_route_table_id, "route-table.other-vpc")):
        with pytest.raises(Refused) as error:
            cloud.update(vpc.id, main_route_table_id=id)
        assert refused(error) == (404 if code.endswith(".not-found") else 422, code, "/main_route_table_id")
    change = cloud.plan_update(vpc.id, main_route_table_id=table.id)
    assert [(e.cuts, subnet.id in e.message) for e in change.effects] == [(True, True)]
    cloud.apply(change)
    assert (cloud.get(table.id).main, cloud.get(vpc.main_route_table_id).main) == (True, False)
    cloud.delete(vpc.main_route_table_id)
    cloud.delete(subnet.id)
    cloud.delete(vpc.id)
    assert {d.id for d in cloud.of("vpc")} == {foreign.id}
    assert all(getattr(d, "vpc_id", "") != vpc.id for d in cloud.documents.values())


def test_a_block_that_is_routed_elsewhere_is_not_added() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    interface = cloud.create("network_interface", subnet_id=subnet.id)
    routes = [
        {"destination": "10.1.7.0/24", "target": interface.id},
        {"destination": "0.0.0.0/0", "target": interface.id},
    ]
    cloud.update(vpc.main_route_table_id, routes=routes)
    with pytest.raises(Refused) as error:
        cloud.update(vpc.id, cidr_blocks=["10.0.0.0/16", "10.1.0.0/16"])
    assert refused(error) == (409, "vpc.cidr-routed", "/cidr_blocks/1")
    cloud.update(vpc.id, cidr_blocks=["10.0.0.0/16", "10.1.8.0/24"])


def test_the_region_says_how_long_public_blocks_are() -> None:
    cloud = Cloud(public_length6=60)
    vpc = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["public", "public"])
    assert vpc.ipv6_cidr_blocks == ("2001:db8:100::/60", "2001:db8:100:10::/60")
    cloud.update(vpc.id, ipv6_cidr_blocks=["2001:db8:100:10::/60"])
    assert list(cloud.claims["public/60"].values()) == [vpc.id]
