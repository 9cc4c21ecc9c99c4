"""`xc serve` of a region whose fabric carries a cloud: tenants are given of what the region has, and kept off what it
needs itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud_api import Api

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "cloud"
YAML = "requests_per_second: 100000\nburst: 100000\n"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    root = tmp_path_factory.mktemp("region") / "cloud"
    shutil.copytree(EXAMPLE, root)
    api = Api(root, YAML)
    yield api
    api.stop()


def test_public_addresses_are_the_regions(api: Api) -> None:
    assert api.make("elastic-ips", {})["address"] == "203.0.113.1"
    blocks = [
        api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"], "ipv6_cidr_blocks": ["public"]}, key)["ipv6_cidr_blocks"]
        for key in ("acme/admin", "globex/admin")
    ]
    assert blocks == [["2001:db8:f::/56"], ["2001:db8:f:100::/56"]]
    body = {"cidr_blocks": ["10.0.0.0/16"], "ipv6_cidr_blocks": ["2001:db8:f:200::/56"]}
    refused = api.call("POST", "/v1/vpcs", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "vpc.cidr-public")


@pytest.mark.parametrize(
    ("four", "six"),
    [
        ("100.126.0.0/24", ""),
        ("100.64.0.0/16", ""),
        ("100.127.1.0/24", ""),
        ("10.0.0.0/16", "fd00:c0::/48"),
        ("10.0.0.0/16", "fd6c:6e6b:1::/48"),
    ],
)
def test_what_the_region_needs_itself_is_no_vpcs(api: Api, four: str, six: str) -> None:
    """Not only when it is realised: the one who asks is told at once."""
    body = {"cidr_blocks": [four], "ipv6_cidr_blocks": [six] if six else []}
    refused = api.call("POST", "/v1/vpcs", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "cidr.reserved")


def test_zones_are_the_regions(api: Api) -> None:
    vpc = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"]})
    body = {"vpc_id": vpc["id"], "cidr_block": "10.0.1.0/24", "availability_zone": "atlantis"}
    refused = api.call("POST", "/v1/subnets", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "subnet.zone-unknown")
