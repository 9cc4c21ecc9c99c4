"""The compiler's small parts: matches, blocks without holes, names, numbers, what a change touches."""

from __future__ import annotations

import pytest

from cloud_documents import REGION, Cloud, made
from crossconnect.cloud.kinds.flow_log import FlowLog
from crossconnect.cloud.kinds.network_acl import AclEntry, NetworkAcl
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.egress_only import without
from crossconnect.cloud.logical.numbers import transfer_addresses
from crossconnect.cloud.logical.queries import BROKEN, Unrealisable
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.features import Features, features_of
from crossconnect.cloud.ovn.flow_logs import PACKETS_BASE
from crossconnect.cloud.ovn.matches import packets
from crossconnect.cloud.ovn.rows import RESOURCE, is_own, uuid_of
from crossconnect.cloud.ovn.units import ELSEWHERE, UNITS
from crossconnect.cloud.realise.facts import is_unwell
from crossconnect.cloud.region import ProviderNetwork
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Resource
from crossconnect.net import contains
from ovn_contents import Contents


def test_every_kind_is_compiled_or_said_to_be_read_elsewhere() -> None:
    """Input: the registry. Output: each kind has units, or a sentence in the reference page."""
    assert set(UNITS) == {kind.resource for kind in KINDS.values()}
    assert {kind for kind, functions in UNITS.items() if not functions} == set(ELSEWHERE)


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ((4, "tcp", 80, 80), "ip4 && tcp && tcp.dst == 80"),
        ((6, "udp", 1, 65535), "ip6 && udp && udp.dst >= 1"),
        ((4, "tcp", None, None), "ip4 && tcp"),
        ((4, "6", 0, 1023), "ip4 && tcp && tcp.dst <= 1023"),
        ((4, "icmp", 8, 0), "icmp4 && icmp4.type == 8 && icmp4.code == 0"),
        ((6, "58", None, None), "icmp6"),
        ((6, "icmp", None, None), None),
        ((4, "47", None, None), "ip4 && ip.proto == 47"),
        ((4, "all", None, None), "ip4"),
    ],
)
def test_rules_as_matches(asked: tuple[int, str, int | None, int | None], match: str | None) -> None:
    """Input: version, protocol, ports. Output: OVN's match; none where no packet is so."""
    assert packets(*asked) == match


def test_a_block_without_holes() -> None:
    """Input: ::/0 and two holes in it. Output: blocks that have all the rest and nothing of the holes."""
    holes = ["2001:db8::/32", "fe80::/10"]
    left = without(["::/0"], holes)
    assert not any(contains(block, "2001:db8::1") or contains(block, "fe80::1") for block in left)
    assert all(any(contains(block, one) for block in left) for one in ("::1", "2001:db9::", "2001:db7::", "ff00::"))
    assert sum(2 ** (128 - int(block.partition("/")[2])) for block in left) == 2**128 - 2**96 - 2**118
    assert without(["10.0.0.0/8"], ["10.0.0.0/8"]) == []


def test_names_of_a_large_subnet_are_spread_over_rows() -> None:
    """Input: a subnet of a /16 and one of a /24, 2,000 and 100 interfaces. Output: each name once, in a row that is at
    the services switch and has few others; one row for the small one."""
    cloud, compiler = Cloud(), Compiler(REGION, Features())
    cloud.vpc("blue", "10.0.0.0/15")
    cloud.subnet("large", "blue", "10.0.0.0/16")
    cloud.subnet("small", "blue", "10.1.1.0/24")
    for n in range(2_000):
        cloud.port(f"l{n}", "large", f"10.0.{n // 250 + 1}.{n % 250}")
    for n in range(100):
        cloud.port(f"s{n}", "small", f"10.1.1.{n + 10}")
    compiler.apply(cloud.take())
    units = compiler.units().values()
    names: dict[str, set[str]] = {}
    for one in units:
        for pair in one.contributions:
            if (pair.table, pair.column) == ("DNS", "records"):
                assert pair.element not in names.setdefault(pair.key, set())
                names[pair.key].add(str(pair.element))
    rows = {row.key for one in units for row in one.rows if row.table == "DNS"}
    assert set(names) == rows
    at = {(p.key, p.element) for one in units for p in one.contributions if p.column == "dns_records"}
    assert at == {("services-vpc-blue", uuid_of("DNS", key)) for key in rows}
    assert sum(len(found) for found in names.values()) == 2 * 2_100
    assert len(names.pop("subnet-small")) == 200
    assert len(names) == 64
    assert max(len(found) for found in names.values()) < 150


def test_uuids_are_ours_and_differ() -> None:
    """Input: tables and keys. Output: UUIDs of version 8 that end as ours do, and no two alike."""
    uuids = [uuid_of(table, str(n)) for table in ("ACL", "NAT") for n in range(500)]
    assert len({*uuids}) == 1000
    assert all(is_own(one) and one[14] == "8" and one[19] in "89ab" for one in uuids)
    assert not is_own("7f121e66-2cb8-4d29-9c4f-0d1f1c05c0de")


def test_transfer_addresses_go_by_number_and_end() -> None:
    """Input: routers with numbers on a /28. Output: the hosts behind the provider's own; none left is said."""
    network = ProviderNetwork(name="x", vrf="x", physnet="x", transfer_prefix="192.0.2.0/27", next_hop="192.0.2.1")
    fields = {
        "cidr_blocks": (),
        "main_route_table_id": "",
        "default_security_group_id": "",
        "default_network_acl_id": "",
    }
    first, last, none = (made(Vpc, f"vpc-{n}", number=n, **fields) for n in (1, 15, 16))
    assert transfer_addresses(network, first) == ("192.0.2.16/27",)
    assert transfer_addresses(network, last) == ("192.0.2.30/27",)
    with pytest.raises(Unrealisable, match="no address left"):
        transfer_addresses(network, none)


def test_features_are_the_schemas() -> None:
    """Input: schemas that have nothing, and everything. Output: so is what is compiled for."""
    assert features_of(lambda table, column: False) == Features()
    assert all(
        getattr(features_of(lambda table, column: True, southbound=True), name) for name in Features.__struct_fields__
    )


def test_a_change_touches_what_read_it_only() -> None:
    """Input: two VPCs with ten interfaces each. Output: one interface more is two units; a tag changes nothing; a name
    of a group neither."""
    cloud, compiler = Cloud(), Compiler(REGION, Features())
    for name in ("blue", "red"):
        cloud.vpc(name, "10.0.0.0/16")
        cloud.subnet(name, name, "10.0.1.0/24")
        for n in range(10):
            cloud.port(f"{name}-{n}", name, f"10.0.1.{n + 10}")
    compiler.apply(cloud.take())
    cloud.port("more", "blue", "10.0.1.99")
    units = compiler.apply(cloud.take()).units
    assert sorted(units) == ["eni-more/interfaces.port", "eni-more/resolving.interface_names"]
    cloud.change(cloud.documents["vpc-blue"], tags={"a": "b"})
    cloud.change(cloud.documents["sg-blue"], name="other")
    assert not compiler.apply(cloud.take()).units
    cloud.drop("eni-more")
    assert compiler.apply(cloud.take()).units == dict.fromkeys(units)


def test_a_rule_or_entry_more_is_few_rows_however_many_there_are() -> None:
    """Input: a group and a network ACL with some rules and entries, and with many more, whose connections are all
    recorded. Output: one more of each is as few rows, and others' rows are left alone."""
    counts: set[tuple[int, ...]] = set()
    for many in (3, 39):
        cloud, compiler, rows = Cloud(), Compiler(REGION, Features(acl_sample=True, acl_tier=True)), Contents()
        cloud.vpc("blue", "10.0.0.0/16")
        cloud.subnet("s1", "blue", "10.0.1.0/24", network_acl_id="acl-1")
        cloud.make(FlowLog, "fl-1", resource_id="vpc-blue")
        for n in range(many):
            cloud.port(f"p{n}", "s1", f"10.0.1.{n + 10}")
            cloud.rule(f"sgr-{n}", "sg-blue", "ingress", f"192.0.2.{n}/32")
        _list_of(cloud, many)
        rows.apply(compiler.apply(cloud.take()).units)
        for rule in (True, False):
            if rule:
                cloud.rule("sgr-more", "sg-blue", "ingress", "192.0.2.99/32")
            else:
                _list_of(cloud, many + 1)
            done = rows.apply(compiler.apply(cloud.take()).units)
            assert {row.table for row in done.insert} == {"ACL", "Sample"}
            assert [one.table for one in done.mutate] == ["Port_Group"]
            assert not done.update
            assert not done.delete
            counts.add((len(done.insert), len(done.mutate)))
    assert counts == {(3, 1)}


def _list_of(cloud: Cloud, count: int) -> None:
    entries = [AclEntry(number=n + 1, direction="ingress", action="deny", cidr=f"192.0.2.{n}/32") for n in range(count)]
    cloud.make(
        NetworkAcl,
        "acl-1",
        vpc_id="vpc-blue",
        entries=tuple(entries),
        number=1000,
        entry_numbers=tuple(range(1001, 1001 + count)),
    )


def test_entries_have_numbers_of_their_own_in_records() -> None:
    """Input: a list with numbers of its entries, and one from before there were such. Output: samples with these, the
    list's for what no entry allows; with the list's alone."""
    for given, expected in (((1, 2), {1, PACKETS_BASE + 2, 9}), ((), {9, PACKETS_BASE + 9})):
        cloud, compiler = Cloud(), Compiler(REGION, Features(acl_sample=True))
        cloud.vpc("blue", "10.0.0.0/16")
        cloud.make(FlowLog, "fl-1", resource_id="vpc-blue", traffic="all")
        entries = tuple(
            AclEntry(number=n, direction="ingress", action=action, cidr="192.0.2.0/24")  # pyright: ignore
            for n, action in ((10, "deny"), (20, "allow"))
        )
        cloud.make(NetworkAcl, "acl-1", vpc_id="vpc-blue", entries=entries, number=9, entry_numbers=given)
        units = compiler.apply(cloud.take()).units
        unit = units["acl-1/network_acls.ingress"]
        assert unit is not None
        found = [row.columns["metadata"] for row in unit.rows if row.table == "Sample"]
        assert sorted(found, key=str) == sorted(expected, key=str), "each once: the table has them as an index"


def test_a_subnet_on_the_regions_own_prefixes_fails_alone() -> None:
    """Input: a subnet in the block of links between routers, one beside it. Output: the reason, and the other is
    there."""
    cloud, compiler = Cloud(), Compiler(REGION, Features())
    cloud.vpc("blue", "100.64.0.0/16", "10.0.0.0/16")
    cloud.subnet("bad", "blue", "100.64.1.0/24")
    cloud.subnet("good", "blue", "10.0.1.0/24")
    compiler.apply(cloud.take())
    assert compiler.failed() == {"subnet-bad": "100.64.1.0/24 overlaps 100.64.0.0/10, which the region uses itself"}
    assert "subnet-good/subnets.switch" in compiler.units()


def test_a_document_that_nobody_understands_stops_nobody_else() -> None:
    """Input: a subnet whose block is no block, as no decision would let through; one beside it; a document of a kind
    that the compiler does not know. Output: the first one fails, the second is there, the third is passed over."""
    cloud, compiler = Cloud(), Compiler(REGION, Features())
    cloud.vpc("blue", "10.0.0.0/16")
    cloud.subnet("bad", "blue", "ten dot something")
    cloud.subnet("good", "blue", "10.0.1.0/24")
    cloud.make(Resource, "thing-1")
    compiler.apply(cloud.take())
    assert BROKEN in compiler.failed()["subnet-bad"]
    assert "subnet-good/subnets.switch" in compiler.units()
    cloud.drop("thing-1")
    assert not compiler.apply(cloud.take()).units
    cloud.subnet("bad", "blue", "10.0.2.0/24")
    compiler.apply(cloud.take())
    assert compiler.failed() == {}


def test_a_health_check_that_fails_is_its_interfaces() -> None:
    """Input: rows of `Logical_Switch_Port_Health_Check`. Output: the interface, of ours that are not answered only."""
    marks = {RESOURCE: "eni-1", "interval": "5"}
    for status, options, expected in (
        ("offline", marks, "eni-1"),
        ("error", marks, "eni-1"),
        ("online", marks, ""),
        (None, marks, ""),
        ("offline", {"interval": "5"}, ""),
    ):
        assert is_unwell({"status": status, "options": options}) == expected  # pyright: ignore
    assert is_unwell(None) == ""
