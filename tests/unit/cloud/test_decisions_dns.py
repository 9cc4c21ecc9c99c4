"""Private zones and their records."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, network, refused
from crossconnect.cloud.resource import Refused


def test_a_vpc_has_one_zone_of_a_name() -> None:
    cloud = Cloud()
    one, _ = network(cloud)
    two, _ = network(cloud)
    zone = cloud.create("dns_zone", domain="Corp.Example.", vpc_ids=[one.id, one.id])
    assert (zone.domain, zone.vpc_ids) == ("corp.example", (one.id,))
    with pytest.raises(Refused) as error:
        cloud.create("dns_zone", domain="corp.example", vpc_ids=[two.id, one.id])
    assert refused(error) == (409, "dns-zone.duplicate", "/vpc_ids/1")
    other = cloud.create("dns_zone", domain="corp.example", vpc_ids=[two.id])
    with pytest.raises(Refused) as error:
        cloud.update(other.id, vpc_ids=[one.id])
    assert refused(error) == (409, "dns-zone.duplicate", "/vpc_ids/0")
    cloud.create("dns_zone", domain="lab.corp.example", vpc_ids=[one.id])
    assert [(e.cuts, e.resource_id) for e in cloud.plan_update(zone.id, vpc_ids=[]).effects] == [(True, one.id)]


def test_zones_that_are_refused() -> None:
    cloud = Cloud()
    for body, code, field in (
        ({"domain": ""}, "name.malformed", "/domain"),
        ({"domain": "*"}, "name.wildcard", "/domain"),
        ({"domain": "例え.jp"}, "name.not-ascii", "/domain"),
        ({"domain": "a", "vpc_ids": ["vpc-0"]}, "vpc.not-found", "/vpc_ids/0"),
        ({"domain": "a", "vpc_ids": [f"vpc-{n}" for n in range(301)]}, "dns-zone.vpcs-too-many", "/vpc_ids"),
    ):
        with pytest.raises(Refused) as error:
            cloud.create("dns_zone", **body)
        assert refused(error) == (404 if code.endswith(".not-found") else 422, code, field)


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"dns_zone_id": "dz-0"}, 404, "dns-zone.not-found", "/dns_zone_id"),
        ({"record": "a b"}, 422, "name.malformed", "/record"),
        ({"record": "*"}, 422, "name.wildcard", "/record"),
        ({"record": ".".join(["a" * 60] * 4)}, 422, "name.too-long", "/record"),
        ({"values": []}, 422, "dns-record.values", "/values"),
        ({"values": [f"192.0.2.{n}" for n in range(1, 18)]}, 422, "dns-record.values", "/values"),
        ({"values": ["192.0.2.1", "192.0.2.1"]}, 422, "address.duplicate", "/values/1"),
        ({"values": ["www"]}, 422, "address.malformed", "/values/0"),
        ({"type": "AAAA"}, 422, "dns-record.version", "/values/0"),
        ({"record": "WWW"}, 409, "dns-record.duplicate", "/record"),
    ],
)
def test_records_that_are_refused(body: dict[str, Any], status: int, code: str, field: str) -> None:
    cloud = Cloud()
    zone = cloud.create("dns_zone", domain="a-rather-long-name.example")
    good = {"dns_zone_id": zone.id, "record": "www", "values": ["192.0.2.1"]}
    cloud.create("dns_record", **good)
    with pytest.raises(Refused) as error:
        cloud.create("dns_record", **(good | {"record": "other"} | body))
    assert refused(error) == (status, code, field)


def test_a_name_has_a_record_of_each_type_and_is_free_again() -> None:
    cloud = Cloud()
    zone = cloud.create("dns_zone", domain="corp.example")
    four = cloud.create("dns_record", dns_zone_id=zone.id, values=["192.0.2.1"])
    cloud.create("dns_record", dns_zone_id=zone.id, type="AAAA", values=["2001:DB8::1"])
    assert cloud.update(four.id, values=["192.0.2.2", "192.0.2.3"]).values == ("192.0.2.2", "192.0.2.3")
    with pytest.raises(Refused) as error:
        cloud.delete(zone.id)
    assert refused(error)[1] == "dns-zone.in-use"
    cloud.delete(four.id)
    cloud.create("dns_record", dns_zone_id=zone.id, values=["192.0.2.1"])


def test_a_thousand_records_cost_each_the_same() -> None:
    cloud = Cloud()
    zone = cloud.create("dns_zone", domain="corp.example")
    for n in range(1000):
        cloud.create("dns_record", dns_zone_id=zone.id, record=f"h{n}", values=["192.0.2.1"])
    assert cloud.read == 0


def test_records_have_a_limit() -> None:
    cloud = Cloud(quotas={"records_per_dns_zone": 1})
    zone = cloud.create("dns_zone", domain="corp.example")
    record = cloud.create("dns_record", dns_zone_id=zone.id, values=["192.0.2.1"])
    with pytest.raises(Refused) as error:
        cloud.create("dns_record", dns_zone_id=zone.id, record="a", values=["192.0.2.1"])
    assert refused(error) == (409, "limit.exceeded", "/dns_zone_id")
    cloud.delete(record.id)
    cloud.create("dns_record", dns_zone_id=zone.id, record="a", values=["192.0.2.1"])


def test_another_record_of_the_same_hash_does_not_stand_in_the_way() -> None:
    cloud = Cloud()
    zone = cloud.create("dns_zone", domain="corp.example")
    record = {"dns_zone_id": zone.id, "record": "www", "values": ["192.0.2.1"]}
    scope = f"{zone.id}/record"
    (wanted,) = (c.value for c in cloud.plan("dns_record", **record).claims if c.scope == scope)
    cloud.claims[scope][wanted] = "another record"
    made = cloud.create("dns_record", **record)
    assert cloud.claims[scope][wanted + 1] == made.id


def test_names_that_lead_elsewhere_are_told() -> None:
    """Input: a record with other addresses, or none any more. Output: what the name was and is, where a VPC asks for
    it; cut is who was led to an address that is gone."""
    cloud = Cloud()
    vpc, _ = network(cloud)
    zone = cloud.create("dns_zone", domain="corp.example", vpc_ids=[vpc.id])
    record = cloud.create("dns_record", dns_zone_id=zone.id, record="www", values=["192.0.2.1", "192.0.2.2"])
    [moved] = cloud.plan_update(record.id, values=["192.0.2.1", "192.0.2.3"]).effects
    assert (moved.cuts, moved.resource_id) == (True, record.id)
    assert moved.message.startswith("www.corp.example is 192.0.2.1, 192.0.2.3, and was 192.0.2.1, 192.0.2.2")
    assert [e.cuts for e in cloud.plan_update(record.id, values=["192.0.2.1", "192.0.2.2", "192.0.2.3"]).effects] == [
        False
    ]
    assert not cloud.plan_update(record.id, values=["192.0.2.2", "192.0.2.1"]).effects
    assert not cloud.plan_update(record.id, name="x").effects
    [gone] = cloud.plan_delete(record.id).effects
    assert (gone.cuts, "www.corp.example has no addresses of type A any more" in gone.message) == (True, True)
    cloud.update(zone.id, vpc_ids=[])
    assert not cloud.plan_delete(record.id).effects, "nobody asks for it"
    assert not cloud.plan_update(record.id, values=["192.0.2.9"]).effects
    cloud.delete(record.id)
