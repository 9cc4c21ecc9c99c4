"""Whether a packet arrives, asked of a real process that serves a region with gateway nodes: by HTTP, by the client, by
`xc cloud reachability`, and by `xc trace` on the same files and database."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud_api import Api
from cloud_region import FILES
from crossconnect.cli.group import run
from crossconnect.cloud.client import ApiProblem, Client
from crossconnect.cloud.reach import ReachabilityBody

API_YAML = "requests_per_second: 100000\nburst: 100000\n"
OUTSIDE = "198.51.100.1"
SECRETS = ("a-leaf1", "a-border1", "isp", "gw1", "gw2", "hv1", "cloud-inet", "10.64.")


class Region:
    """The process, and project acme's VPC with a machine that has an elastic IP."""

    def __init__(self, root: Path) -> None:
        for name, text in FILES.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.root = root
        self.api = Api(root, API_YAML)
        make, call = self.api.make, self.api.call
        self.vpc = make("vpcs", {"cidr_blocks": ["10.0.0.0/16"]})
        subnet = make("subnets", {"vpc_id": self.vpc["id"], "cidr_block": "10.0.1.0/24"})
        gateway = make("internet-gateways", {"vpc_id": self.vpc["id"]})
        routes = {"routes": [{"destination": "0.0.0.0/0", "target": gateway["id"]}]}
        assert call("PATCH", f"/v1/route-tables/{self.vpc['main_route_table_id']}", routes).status_code == 200
        self.web = make("network-interfaces", {"subnet_id": subnet["id"]})["id"]
        self.elastic = make("elastic-ips", {"network_interface_id": self.web})

    def ask(self, key: str = "acme/admin", **fields: Any) -> Any:
        body = {"source": self.web, "destination": OUTSIDE, "destination_port": 443} | fields
        return self.api.call("POST", "/v1/reachability", body, key=key)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    made = Region(tmp_path_factory.mktemp("region"))
    yield made
    made.api.stop()


@pytest.fixture
def typed(region: Region, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XC_CLOUD_ENDPOINT", region.api.url)
    monkeypatch.setenv("XC_CLOUD_KEY", region.api.keys["acme/reader"])
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def test_a_tenant_is_told_of_its_own(region: Region) -> None:
    got = region.ask()
    assert got.status_code == 200, got.text
    assert got.headers["cache-control"] == "no-store"
    found = got.json()
    assert (found["outcome"], found["asked"]["source"]) == ("reachable", "10.0.1.4")
    assert [hop["layer"] for hop in found["there"]] == ["vpc"] * 5 + ["provider"]
    assert found["back"][0]["layer"] == "provider"
    assert not [word for word in SECRETS if word in got.text]
    closed = region.ask(source=OUTSIDE, destination=region.elastic["id"]).json()
    assert (closed["outcome"], closed["decided_by"]) == ("unreachable", region.vpc["default_security_group_id"])
    assert region.ask("acme/reader").status_code == 200, "it changes nothing"


@pytest.mark.parametrize("key", ["operator", "auditor"])
def test_an_operator_is_told_of_everything(region: Region, key: str) -> None:
    found = region.ask(key).json()
    components = {hop["component"] for hop in found["there"]}
    assert {"a-border1", "isp", "hv1"} <= components
    assert {hop["vrf"] for hop in found["there"] if hop["layer"] == "fabric" and hop["point"] == "route"} == {
        "cloud-inet"
    }
    as_tenant = region.api.call(
        "POST",
        "/v1/reachability",
        {"source": region.web, "destination": OUTSIDE, "destination_port": 443},
        key=key,
        headers={"project-id": "acme"},
    )
    assert [hop["layer"] for hop in as_tenant.json()["there"]] == ["vpc"] * 5 + ["provider"], "as the tenant sees it"


def test_anothers_ids_are_not_there_and_the_attempt_is_audited(region: Region) -> None:
    got = region.ask("globex/admin")
    assert (got.status_code, got.json()["code"]) == (404, "network-interface.not-found")
    assert got.json()["errors"][0]["field"] == "/source"
    nobodys = region.ask("globex/admin", source="eni-00000000000000000")
    without = {k: v for k, v in got.json().items() if k != "request_id"}
    assert str(without).replace(region.web, "ID") == str(
        {k: v for k, v in nobodys.json().items() if k != "request_id"}
    ).replace("eni-00000000000000000", "ID")
    assert region.ask(destination=region.elastic["id"], source="203.0.113.77").status_code == 200
    record = _audited(region.api, got.headers["request-id"])
    assert (record["kind"], record["foreign"], record["status"]) == ("reachability", True, 404)
    record = _audited(region.api, region.ask().headers["request-id"])
    assert (record["kind"], record["foreign"], record["status"]) == ("reachability", False, 200)


def _audited(api: Api, request_id: str) -> dict[str, Any]:
    """The record of a request, which is written within a second."""
    end = time.monotonic() + 120
    after = 0
    while time.monotonic() < end:
        got = api.call("GET", "/v1/audit", key="auditor", params={"after": after, "limit": 1000}).json()
        found = next((item for item in got["items"] if item["request_id"] == request_id), None)
        if found is not None:
            return found
        after = got["last"]
        time.sleep(0.1)
    raise AssertionError(f"no record of {request_id}")


def test_what_cannot_be_meant_is_said_with_its_field(region: Region) -> None:
    for fields, code in (
        ({"destination": "nowhere"}, "reachability.end"),
        ({"destination_port": 70000}, "reachability.port"),
        ({"colour": "red"}, "body.field"),
    ):
        got = region.ask(**fields)
        assert (got.status_code, got.json()["code"]) == (422, code)


def test_the_client(region: Region) -> None:
    with Client(region.api.url, region.api.keys["acme/member"]) as client:
        found = client.reachability(ReachabilityBody(source=region.web, destination=OUTSIDE, destination_port=443))
        assert found.outcome == "reachable"
        assert found.there[4].after is not None
        assert found.there[4].after.source == region.elastic["address"]
        with pytest.raises(ApiProblem, match=r"reachability\.port"):
            client.reachability(ReachabilityBody(source=region.web, destination=OUTSIDE))


@pytest.mark.usefixtures("typed")
def test_typed(region: Region, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cloud", "reachability", region.web, OUTSIDE, "--port", "443"]) == 0
    out, err = capsys.readouterr()
    assert "reachable: " in err
    assert f"10.0.1.4:40000 > {OUTSIDE}:443  becomes  {region.elastic['address']}:40000" in out
    assert run(["cloud", "reachability", OUTSIDE, region.web, "--port", "443"]) == 1
    out, err = capsys.readouterr()
    assert "DROPPED" in out
    assert "no rule of" in err
    assert run(["cloud", "reachability", region.web, OUTSIDE, "--protocol", "icmp", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["protocol"] == "icmp"
    assert run(["cloud", "reachability", region.web, OUTSIDE]) == 2


def test_traced_on_the_machine_that_has_the_database(region: Region, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["-C", str(region.root)]
    assert run(["trace", *where, region.web, OUTSIDE, "--port", "443", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    operators = region.ask("operator").json()
    assert {key: found[key] for key in operators} == operators, "the same answer as by the API"
    assert run(["trace", *where, region.web, OUTSIDE, "--port", "443"]) == 0
    out, err = capsys.readouterr()
    assert "a-border1  route  0.0.0.0/0 in cloud-inet" in out
    assert "Geneve from hv1 (10.64.0.11)" in out
    assert "reachable: " in err
    assert run(["trace", *where, region.web, OUTSIDE, "--port", "443", "--fail-device", "a-border1"]) == 1
    assert "no route to" in capsys.readouterr().err
    assert run(["trace", *where, region.web, OUTSIDE]) == 2
    assert "needs a port" in capsys.readouterr().err
    assert run(["trace", *where, region.web, OUTSIDE, "--port", "443", "--cloud", "/nonexistent.db"]) == 2
