"""DHCP options."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_memory import Cloud, network, refused
from crossconnect.cloud.resource import Refused


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"domain_name": "a..b"}, "name.malformed", "/domain_name"),
        ({"domain_name": "-a.example"}, "name.malformed", "/domain_name"),
        ({"domain_name": "a" * 64}, "name.malformed", "/domain_name"),
        ({"domain_name": ".".join(["abcdefgh"] * 30)}, "name.too-long", "/domain_name"),
        ({"domain_name": "bücher.example"}, "name.not-ascii", "/domain_name"),
        ({"domain_name": "*.example"}, "name.wildcard", "/domain_name"),
        (
            {"domain_name_servers": [f"192.0.2.{n}" for n in range(1, 6)]},
            "dhcp-options.servers-too-many",
            "/domain_name_servers",
        ),
        ({"domain_name_servers": ["dns.example"]}, "address.malformed", "/domain_name_servers/0"),
        ({"domain_name_servers": ["127.0.0.1"]}, "address.unusable", "/domain_name_servers/0"),
        ({"ntp_servers": ["192.0.2.1", "192.0.2.1"]}, "address.duplicate", "/ntp_servers/1"),
    ],
)
def test_options_that_are_refused(body: dict[str, Any], code: str, field: str) -> None:
    cloud = Cloud()
    with pytest.raises(Refused) as error:
        cloud.create("dhcp_options", **body)
    assert refused(error) == (422, code, field)
    options = cloud.create("dhcp_options")
    with pytest.raises(Refused) as error:
        cloud.update(options.id, **body)
    assert refused(error) == (422, code, field)


def test_they_have_one_form() -> None:
    options = Cloud().create("dhcp_options", domain_name="Corp.Example.", ntp_servers=["2001:DB8:0::1"])
    assert (options.domain_name, options.ntp_servers) == ("corp.example", ("2001:db8::1",))


def test_what_a_vpc_uses_stays_and_a_change_says_whom_it_reaches() -> None:
    cloud = Cloud()
    options = cloud.create("dhcp_options", domain_name="corp.example")
    vpc, _ = network(cloud, dhcp_options_id=options.id)
    with pytest.raises(Refused) as error:
        cloud.delete(options.id)
    assert [use.id for use in error.value.uses] == [vpc.id]
    change = cloud.plan_update(options.id, ntp_servers=["192.0.2.1"])
    assert [(vpc.id in e.message, e.cuts) for e in change.effects] == [(True, False)]
