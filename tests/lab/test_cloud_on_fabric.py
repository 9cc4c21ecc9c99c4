"""A tenant's resources, compiled and written by the realiser, on chassis of a region's fabric: an elastic IP is reached
from the carrier's router; its association, a rule, and a gateway node without power are seen from there.

    decisions --> compiler --> realiser --> northbound ... gw1 -- eBGP -- leaf ... border -- isp
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from cloud_stand import OUTSIDE, Stand, fabric_stand, within
from crossconnect.lab.ovn import power_off


def reaches(stand: Stand, address: str, *options: str) -> bool:
    """Whether the carrier's router has an answer from an address."""
    words = ["ping", "-n", "-c", "1", "-W", "1", "-I", OUTSIDE[4], *options, address]
    return stand.lab.lab.run("isp", words).returncode == 0


def home(stand: Stand) -> str:
    """The gateway node that the only VPC's gateway port is on."""
    [vpc] = stand.cloud.of("vpc")
    return stand.chassis_of(f"internet-{vpc.id}")


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with fabric_stand("ol-cloud", str(tmp_path_factory.mktemp("ovn"))) as made:
        yield made


def test_an_elastic_ip_from_the_request_to_the_carrier(stand: Stand) -> None:
    cloud = stand.cloud
    vpc = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"])
    subnet = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24")
    gateway = cloud.create("internet_gateway", vpc_id=vpc.id)
    cloud.update(vpc.main_route_table_id, routes=[{"destination": "0.0.0.0/0", "target": gateway.id}])
    group = cloud.create("security_group", vpc_id=vpc.id)
    web = cloud.create("network_interface", subnet_id=subnet.id, security_group_ids=[group.id])
    elastic = cloud.create("elastic_ip", network_interface_id=web.id)
    stand.realise()
    stand.plug("web", web)
    time.sleep(1)
    assert not reaches(stand, elastic.address), "nothing is let in yet"
    rule = cloud.create(
        "security_group_rule", security_group_id=group.id, direction="ingress", protocol="icmp", peer="0.0.0.0/0"
    )
    stand.realise()
    assert within(lambda: reaches(stand, elastic.address))
    outwards = ["ping", "-n", "-c", "1", "-W", "2", OUTSIDE[4]]
    assert within(lambda: "1 received" in stand.lab.run("web", outwards))
    assert within(lambda: reaches(stand, elastic.address, "-M", "do", "-s", "1472")), "1500 octets, as promised"

    began = time.monotonic()
    second = cloud.create("network_interface", subnet_id=subnet.id, security_group_ids=[group.id])
    stand.realise()
    stand.plug("web2", second)
    other = cloud.create("elastic_ip", network_interface_id=second.id)
    stand.realise()
    assert within(lambda: reaches(stand, other.address))
    print(f"a machine and its elastic IP: {time.monotonic() - began:.2f} s")

    assert within(lambda: home(stand))
    power_off(stand.lab.lab, home(stand))
    began = time.monotonic()
    assert within(lambda: reaches(stand, elastic.address) and reaches(stand, other.address))
    print(f"both reached again {time.monotonic() - began:.2f} s after the gateway node lost power")

    cloud.delete(rule.id)
    stand.realise("southbound")  # a chassis without power follows no more
    assert within(lambda: not reaches(stand, elastic.address))
