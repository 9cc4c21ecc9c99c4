"""A session of the real openstackclient against a real `xc serve`: what a tenant of OpenStack types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cloud_api import shared_api

OPENSTACK = str(Path(sys.executable).parent / "openstack")
PROMPT = "(openstack) "


def session(*lines: str) -> tuple[Sequence[Any], str]:
    """(what the commands with `-f json` answer, in their order; what went wrong) of one session of the client."""
    api = shared_api()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "OS_AUTH_URL": f"{api.url}/identity/v3",
        "OS_USERNAME": "whoever",
        "OS_USER_DOMAIN_ID": "default",
        "OS_PROJECT_NAME": "globex",
        "OS_PROJECT_DOMAIN_ID": "default",
        "OS_PASSWORD": api.keys["globex/member"],
        "OS_IDENTITY_API_VERSION": "3",
        "OS_REGION_NAME": "RegionOne",
    }
    typed = "".join(f"{line}\n" for line in lines)
    done = subprocess.run(
        [OPENSTACK], input=typed, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    said = done.stdout.replace(PROMPT, "")
    found: list[Any] = []
    decoder = json.JSONDecoder()
    at = 0
    while (starts := [n for n in (said.find("{", at), said.find("[", at)) if n >= 0]) and min(starts) >= 0:
        value, at = decoder.raw_decode(said, min(starts))
        found.append(value)
    return found, done.stderr + said


def test_a_tenant_builds_a_network_with_a_floating_ip_and_takes_it_down() -> None:
    """Input: what a tutorial of OpenStack types. Output: each command succeeds, and says what it has made; what is in
    use is not deleted, and said by whom."""
    answers, wrong = session(
        "network list --external -f json",
        "network create shop -f json",
        "subnet create --network shop --subnet-range 10.77.1.0/24 web -f json",
        "router create --external-gateway internet edge -f json",
        "router add subnet edge web",
        "security group create web -f json",
        "security group rule create --protocol tcp --dst-port 443 --remote-ip 198.51.100.0/24 web -f json",
        "port create --network shop --security-group web --fixed-ip ip-address=10.77.1.20 web1 -f json",
        "floating ip create internet --port web1 -f json",
        "port list --long --network shop -f json",
        "network set --tag blue shop",
        "network show shop -f json",
        "availability zone list --network -f json",
        "quota show -f json",
    )
    assert "Error" not in wrong
    assert "Exception" not in wrong
    external, _network, subnet, router, _group, rule, port, floating, ports, shown, zones, quotas = answers
    assert external[0]["Name"] == "internet"
    assert subnet["gateway_ip"] == "10.77.1.1"
    assert subnet["allocation_pools"] == [{"start": "10.77.1.4", "end": "10.77.1.254"}]
    assert router["external_gateway_info"]["enable_snat"] is True
    assert (rule["port_range_min"], rule["remote_ip_prefix"]) == (443, "198.51.100.0/24")
    assert port["fixed_ips"] == [{"subnet_id": subnet["id"], "ip_address": "10.77.1.20"}]
    assert floating["fixed_ip_address"] == "10.77.1.20"
    assert floating["router_id"] == router["id"]
    assert {row["Device Owner"] for row in ports} == {"", "network:router_interface"}
    assert shown["tags"] == ["blue"]
    assert {zone["Zone Name"] for zone in zones} == {"zone-a", "zone-b"}
    assert {row["Resource"]: row["Limit"] for row in quotas}["ports"] == 50_000

    _, wrong = session("router remove subnet edge web", "subnet delete web")
    assert "still carries the floating IP" in wrong
    assert "is still used by" in wrong
    answers, wrong = session(
        f"floating ip delete {floating['id']}",
        "port delete web1",
        "router remove subnet edge web",
        "router delete edge",
        "network delete shop",
        "network list --internal -f json",
    )
    assert "Exception" not in wrong
    assert "shop" not in {network["Name"] for network in answers[-1]}


def test_what_does_not_map_is_refused_with_the_reason() -> None:
    """Input: a provider network, as an administrator of OpenStack makes. Output: a failure that says why."""
    _, wrong = session("network create --provider-network-type vlan vlan7")
    assert "how networks are carried" in wrong
