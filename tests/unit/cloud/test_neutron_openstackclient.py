"""A session of the real openstackclient against a real `xc serve`: what a tenant of OpenStack types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from cloud_api import shared_api

OPENSTACK = str(Path(sys.executable).parent / "openstack")


def openstack(line: str, *, json_: bool = True, fails: str = "") -> Any:
    """What a command answers, in JSON; or, where it is to fail, nothing, and what it must say."""
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
    words = [OPENSTACK, *line.split(), *(["-f", "json"] if json_ and not fails else [])]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=60)
    if fails:
        assert done.returncode != 0
        assert fails in done.stderr, done.stderr
        return None
    assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout) if json_ and done.stdout.strip() else None


def test_a_tenant_builds_a_network_with_a_floating_ip_and_takes_it_down() -> None:
    """Input: what a tutorial of OpenStack types. Output: each command succeeds, and says what it has made; what is in
    use is not deleted, and said by whom."""
    assert openstack("network list --external")[0]["Name"] == "internet"
    openstack("network create shop")
    subnet = openstack("subnet create --network shop --subnet-range 10.77.1.0/24 web")
    assert subnet["gateway_ip"] == "10.77.1.1"
    assert subnet["allocation_pools"] == [{"start": "10.77.1.4", "end": "10.77.1.254"}]
    router = openstack("router create --external-gateway internet edge")
    assert router["external_gateway_info"]["enable_snat"] is True
    openstack("router add subnet edge web", json_=False)
    openstack("security group create web")
    rule = openstack("security group rule create --protocol tcp --dst-port 443 --remote-ip 198.51.100.0/24 web")
    assert (rule["port_range_min"], rule["remote_ip_prefix"]) == (443, "198.51.100.0/24")
    port = openstack("port create --network shop --security-group web --fixed-ip ip-address=10.77.1.20 web1")
    assert port["fixed_ips"] == [{"subnet_id": subnet["id"], "ip_address": "10.77.1.20"}]
    floating = openstack("floating ip create internet --port web1")
    assert floating["fixed_ip_address"] == "10.77.1.20"
    assert floating["router_id"] == router["id"]
    owners = {row["Device Owner"] for row in openstack("port list --long --network shop")}
    assert owners == {"", "network:router_interface"}
    openstack("router remove subnet edge web", fails="still carries the floating IP")
    openstack("subnet delete web", fails="is still used by")
    openstack(f"floating ip delete {floating['id']}", json_=False)
    openstack("port delete web1", json_=False)
    openstack("router remove subnet edge web", json_=False)
    openstack("router delete edge", json_=False)
    openstack("network delete shop", json_=False)
    assert openstack("subnet list --network shop", fails="No Network found") is None
    openstack("security group delete web", json_=False)


def test_what_does_not_map_is_refused_with_the_reason() -> None:
    """Input: a provider network, as an administrator of OpenStack makes. Output: a failure that says why."""
    openstack("network create --provider-network-type vlan vlan7", fails="how networks are carried")
    openstack("availability zone list --network")
