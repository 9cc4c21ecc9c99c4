"""Platforms: how port ranges are written, and which ports serve what."""

from __future__ import annotations

import pytest

from crossconnect.model.device import Platform
from crossconnect.model.platforms import (
    BUILT_IN,
    access_ports,
    downlink_ports,
    expand_ports,
    platforms_by_name,
    uplink_ports,
)


def test_ranges_are_written_out_in_order_and_once() -> None:
    assert expand_ports(("swp[1-3]", "mgmt", "swp[2-4]")) == ("swp1", "swp2", "swp3", "mgmt", "swp4")
    assert expand_ports(("Ethernet1/[9-11]/1",)) == ("Ethernet1/9/1", "Ethernet1/10/1", "Ethernet1/11/1")


@pytest.mark.parametrize("pattern", ["swp[3-1]", "swp[1-", "swp[a-b]", "swp[1-3][1-2]", "swp[1-99999]", "swp]"])
def test_ranges_that_cannot_be_read_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError):
        expand_ports((pattern,))


def test_built_in_platforms_have_as_many_ports_as_they_say() -> None:
    assert {name: len(expand_ports(p.ports)) for name, p in BUILT_IN.items()} == {
        "generic-32": 32,
        "generic-64": 64,
        "generic-128": 128,
    }


def test_an_own_platform_wins_over_a_built_in_one() -> None:
    own = Platform(name="generic-32", ports=("eth[1-2]",))
    assert platforms_by_name((own,))["generic-32"] is own
    assert "generic-64" in platforms_by_name((own,))


def test_without_named_uplinks_the_last_ports_serve_first() -> None:
    platform = Platform(name="p", ports=("swp[1-4]",))
    assert uplink_ports(platform) == ("swp4", "swp3", "swp2", "swp1")
    assert access_ports(platform) == downlink_ports(platform) == ("swp1", "swp2", "swp3", "swp4")


def test_named_uplinks_are_kept_for_uplinks() -> None:
    platform = Platform(name="p", ports=("swp[1-4]",), uplinks=("swp3", "swp4"))
    assert uplink_ports(platform) == ("swp3", "swp4")
    assert access_ports(platform) == ("swp1", "swp2")
    assert downlink_ports(platform) == ("swp1", "swp2", "swp4", "swp3")
