"""Network ACLs: numbered entries in order, one form, effects."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cloud_memory import Cloud, network, refused
from crossconnect.cloud.resource import Refused


def entry(number: int = 100, **fields: Any) -> dict[str, Any]:
    return {"number": number, "direction": "ingress", "action": "allow", "cidr": "0.0.0.0/0"} | fields


@pytest.mark.parametrize(
    ("entries", "code", "field"),
    [
        ([entry(0)], "network-acl.number", "/entries/0/number"),
        ([entry(32767)], "network-acl.number", "/entries/0/number"),
        ([entry(1), entry(1)], "network-acl.number-twice", "/entries/1/number"),
        ([entry(from_port=80)], "port.without-protocol", "/entries/0/from_port"),
        ([entry(), entry(2, protocol="all", to_port=80)], "port.without-protocol", "/entries/1/from_port"),
        ([entry(protocol="tcp", from_port=9, to_port=8)], "port.order", "/entries/0/to_port"),
        ([entry(protocol="icmpv6")], "protocol.version", "/entries/0/cidr"),
        ([entry(cidr="10.0.0.7/8")], "cidr.host-bits", "/entries/0/cidr"),
        ([entry(cidr="pl-1")], "cidr.malformed", "/entries/0/cidr"),
    ],
)
def test_entries_that_are_refused(entries: list[dict[str, Any]], code: str, field: str) -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    with pytest.raises(Refused) as error:
        cloud.create("network_acl", vpc_id=vpc.id, entries=entries)
    assert refused(error) == (422, code, field)


def test_entries_are_kept_in_order_and_in_one_form() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    acl = cloud.create(
        "network_acl",
        vpc_id=vpc.id,
        entries=[entry(20, protocol="6", from_port=80), entry(10), entry(20, direction="egress")],
    )
    assert [(e.direction, e.number) for e in acl.entries] == [("egress", 20), ("ingress", 10), ("ingress", 20)]
    assert (acl.entries[2].protocol, acl.entries[2].from_port, acl.entries[2].to_port) == ("tcp", 80, 80)


def test_entries_that_stay_keep_their_numbers() -> None:
    """Input: entries that stay, change, go and come. Output: who stays at its place keeps the region's number, who
    comes gets another one, and who goes gives it back."""
    cloud = Cloud()
    vpc, _ = network(cloud)
    acl = cloud.create("network_acl", vpc_id=vpc.id, entries=[entry(10), entry(20), entry(10, direction="egress")])
    egress, ten, twenty = acl.entry_numbers
    assert egress == 0, "nothing is recorded of what leaves"
    assert len({acl.number, ten, twenty}) == 3
    changed = cloud.update(acl.id, entries=[entry(10, action="deny"), entry(15), entry(30)])
    assert changed.entry_numbers[0] == ten
    assert len({acl.number, ten, twenty, *changed.entry_numbers}) == 5
    other = cloud.create("network_acl", vpc_id=vpc.id)
    assert other.number == twenty
    cloud.update(acl.id, name="renamed")
    assert cloud.get(acl.id).entry_numbers == changed.entry_numbers


def test_a_list_from_before_entries_had_numbers() -> None:
    """Input: a list without numbers of entries, which is changed. Output: they all have one."""
    cloud = Cloud()
    vpc, _ = network(cloud)
    acl = cloud.create("network_acl", vpc_id=vpc.id, entries=[entry(10), entry(20)])
    cloud.documents[acl.id] = msgspec.structs.replace(acl, entry_numbers=())
    assert all(cloud.update(acl.id, entries=[entry(10), entry(30)]).entry_numbers)


def test_entries_have_a_limit_per_direction() -> None:
    cloud = Cloud()
    vpc, _ = network(cloud)
    both = [entry(n, direction=d) for n in range(1, 41) for d in ("ingress", "egress")]
    acl = cloud.create("network_acl", vpc_id=vpc.id, entries=both)
    with pytest.raises(Refused) as error:
        cloud.update(acl.id, entries=[*both, entry(41)])
    assert refused(error) == (409, "limit.exceeded", "/entries")


def test_denying_more_cuts_where_a_subnet_is_behind_it() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    default = cloud.get(vpc.default_network_acl_id)
    more = [entry(1, action="deny", cidr="192.0.2.0/24")]
    old = [{"number": e.number, "direction": e.direction, "action": e.action, "cidr": e.cidr} for e in default.entries]
    assert [e.cuts for e in cloud.plan_update(default.id, entries=[*old, *more]).effects] == [True]
    assert not cloud.plan_update(default.id, entries=[*old, entry(7)]).effects
    unused = cloud.create("network_acl", vpc_id=vpc.id, entries=old)
    assert not cloud.plan_update(unused.id, entries=[]).effects
    cloud.update(subnet.id, network_acl_id=unused.id)
    assert [e.cuts for e in cloud.plan_update(unused.id, entries=[]).effects] == [True]
    assert not cloud.plan_update(default.id, entries=[]).effects


def test_an_acl_that_is_used_or_default_stays() -> None:
    cloud = Cloud()
    vpc, subnet = network(cloud)
    acl = cloud.create("network_acl", vpc_id=vpc.id)
    cloud.update(subnet.id, network_acl_id=acl.id)
    with pytest.raises(Refused) as error:
        cloud.delete(acl.id)
    assert [use.id for use in error.value.uses] == [subnet.id]
    with pytest.raises(Refused) as error:
        cloud.delete(vpc.default_network_acl_id)
    assert refused(error)[:2] == (409, "network-acl.default")
