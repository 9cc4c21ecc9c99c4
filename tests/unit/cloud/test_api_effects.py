"""What `?dry_run=` says of traffic over the API: what is worked out is told, and nothing is done."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_api import Api, shared_api


@pytest.fixture(scope="module")
def api() -> Api:
    return shared_api()


def planned(api: Api, method: str, path: str, body: object = None) -> list[tuple[bool, str]]:
    """(cuts, message) of each effect."""
    got = api.call(method, f"{path}?dry_run=true", body)
    assert got.status_code == 200, got.text
    plan = got.json()
    assert plan["cuts"] == any(effect["cuts"] for effect in plan["effects"])
    return [(effect["cuts"], effect["message"]) for effect in plan["effects"]]


def network(api: Api, cidr: str) -> tuple[dict[str, Any], dict[str, Any]]:
    vpc = api.make("vpcs", {"cidr_blocks": [f"{cidr}.0.0/16"]})
    return vpc, api.make("subnets", {"vpc_id": vpc["id"], "cidr_block": f"{cidr}.1.0/24"})


def test_a_name_that_leads_elsewhere(api: Api) -> None:
    vpc, _ = network(api, "10.0")
    zone = api.make("dns-zones", {"domain": "corp.example", "vpc_ids": [vpc["id"]]})
    record = api.make("dns-records", {"dns_zone_id": zone["id"], "record": "www", "values": ["192.0.2.1"]})
    path = f"/v1/dns-records/{record['id']}"
    [(cuts, message)] = planned(api, "PATCH", path, {"values": ["192.0.2.2"]})
    assert cuts
    assert message.startswith("www.corp.example is 192.0.2.2, and was 192.0.2.1")
    [(cuts, message)] = planned(api, "DELETE", path)
    assert cuts
    assert message.startswith("www.corp.example has no addresses of type A any more")
    assert api.call("GET", path).json()["values"] == ["192.0.2.1"]


def test_a_network_on_a_transit_router(api: Api) -> None:
    router = api.make("transit-routers", {})
    bodies = []
    for cidr in ("10.0", "10.1"):
        vpc, subnet = network(api, cidr)
        bodies.append({"transit_router_id": router["id"], "vpc_id": vpc["id"], "subnet_ids": [subnet["id"]]})
    first = api.make("transit-router-attachments", bodies[0])
    table = f"/v1/transit-route-tables/{router['default_route_table_id']}"
    routes = [{"destination": "0.0.0.0/0", "attachment_id": first["id"]}]
    assert api.call("PATCH", table, {"routes": routes}).status_code == 200
    attached, taken = planned(api, "POST", "/v1/transit-router-attachments", bodies[1])
    assert not attached[0]
    assert (taken[0], taken[1].startswith(f"10.1.0.0/16 led to {first['id']} by a wider route")) == (True, True)
    effects = planned(api, "DELETE", f"/v1/transit-router-attachments/{first['id']}")
    assert (True, f"0.0.0.0/0 of {router['default_route_table_id']} is dropped") in effects


def test_a_load_balancer_that_keeps_to_its_zones(api: Api) -> None:
    vpc = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"]})
    subnets = [
        api.make("subnets", {"vpc_id": vpc["id"], "cidr_block": f"10.0.{n}.0/24", "availability_zone": zone})
        for n, zone in enumerate(("zone-a", "zone-b"))
    ]
    interface = api.make("network-interfaces", {"subnet_id": subnets[0]["id"]})
    targets = [{"network_interface_id": interface["id"], "port": 8080}]
    group = api.make("target-groups", {"vpc_id": vpc["id"], "targets": targets})
    listeners = [{"port": 80, "target_group_id": group["id"]}]
    ids = [subnet["id"] for subnet in subnets]
    balancer = api.make("load-balancers", {"subnet_ids": ids, "listeners": listeners})
    [(cuts, message)] = planned(api, "PATCH", f"/v1/load-balancers/{balancer['id']}", {"cross_zone": False})
    assert cuts
    assert f"{group['id']} has no target in zone-b" in message
