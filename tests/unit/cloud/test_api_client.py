"""`xc cloud` and the Python client against a real process: what a person types and sees, and what a program gets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cloud_api import Api, shared_api
from crossconnect.cli.group import run
from crossconnect.cloud.client import ApiProblem, Client
from crossconnect.cloud.kinds.subnet import Subnet, SubnetBody
from crossconnect.cloud.kinds.vpc import Vpc, VpcBody, VpcPatch
from crossconnect.errors import Unreachable


@pytest.fixture(scope="module")
def api() -> Api:
    return shared_api()


@pytest.fixture
def typed(api: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shell in which the API and a key are known."""
    monkeypatch.setenv("XC_CLOUD_ENDPOINT", api.url)
    monkeypatch.setenv("XC_CLOUD_KEY", api.keys["acme/admin"])
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def xc(*words: str) -> int:
    return run(["cloud", *words])


@pytest.mark.usefixtures("typed")
def test_a_session(capsys: pytest.CaptureFixture[str]) -> None:
    assert xc("vpc", "create", "--name", "cli", "--cidr-block", "10.0.0.0/16", "--tag", "env=prod", "-o", "json") == 0
    out, err = capsys.readouterr()
    vpc = json.loads(out)
    assert (vpc["name"], vpc["tags"], vpc["format_version"]) == ("cli", {"env": "prod"}, 1)
    assert f"VPC {vpc['id']} created" in err
    assert xc("subnet", "create", "--vpc-id", vpc["id"], "--cidr-block", "10.0.1.0/24", "-o", "json") == 0
    subnet = json.loads(capsys.readouterr().out)
    assert xc("subnet", "list", "--vpc-id", vpc["id"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split()[0] == "ID"
    assert subnet["id"] in out
    assert "1 subnet" in err
    assert xc("subnet", "show", subnet["id"]) == 0
    assert "cidr_block" in capsys.readouterr().out
    assert xc("vpc", "delete", vpc["id"]) == 1
    err = capsys.readouterr().err
    assert "error vpc.in-use" in err
    assert f"used by: subnet {subnet['id']} (vpc_id)" in err
    assert xc("vpc", "uses", vpc["id"]) == 0
    assert subnet["id"] in capsys.readouterr().out
    assert xc("vpc", "update", vpc["id"], "--name", "renamed", "--untag", "env", "--tag", "a=b", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["tags"] == {"a": "b"}
    assert xc("vpc", "update", vpc["id"], "--unset", "name", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["name"] == ""
    assert xc("subnet", "delete", subnet["id"]) == 0
    assert xc("vpc", "delete", "--dry-run", vpc["id"]) == 0
    assert vpc["id"] in capsys.readouterr().out
    assert xc("vpc", "delete", vpc["id"]) == 0
    assert xc("vpc", "show", vpc["id"]) == 1


@pytest.mark.usefixtures("typed")
def test_a_list_of_what_has_failed(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    made = [api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"], "name": "to fail"})["id"] for _ in range(2)]
    api.realise(failures={made[0]: "no room"})
    assert xc("vpc", "list", "--name", "to fail", "--state", "failed", "-o", "json") == 0
    assert [item["id"] for item in json.loads(capsys.readouterr().out)["items"]] == made[:1]
    assert xc("vpc", "list", "--state", "broken") == 2


@pytest.mark.usefixtures("typed")
def test_nested_fields(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    entry = "number=100,direction=ingress,action=allow,protocol=tcp,cidr=10.0.0.0/8,from_port=443,to_port=443"
    as_json = json.dumps({"number": 200, "direction": "egress", "action": "deny", "cidr": "0.0.0.0/0"})
    assert xc("vpc", "create", "--cidr-block", "10.0.0.0/16,10.1.0.0/16", "-o", "json") == 0
    vpc = json.loads(capsys.readouterr().out)
    assert vpc["cidr_blocks"] == ["10.0.0.0/16", "10.1.0.0/16"]
    words = ["network-acl", "create", "--vpc-id", vpc["id"], "--entry", entry, "--entry", as_json]
    assert xc(*words, "-o", "json") == 0
    acl = json.loads(capsys.readouterr().out)
    assert {(e["number"], e["from_port"]) for e in acl["entries"]} == {(100, 443), (200, None)}
    file = tmp_path / "acl.yaml"
    file.write_text(f"vpc_id: {vpc['id']}\nentries:\n  - {as_json}\n")
    assert xc("network-acl", "create", "-f", str(file), "--name", "from a file", "-o", "yaml") == 0
    assert "name: from a file" in capsys.readouterr().out
    for wrong, words_of_it in (
        ("number=x", "whole number"),
        ("colour=red", "there is no 'colour'"),
        ("x", "key=value"),
    ):
        assert xc("network-acl", "create", "--vpc-id", vpc["id"], "--entry", wrong) == 2
        assert words_of_it in capsys.readouterr().err


@pytest.mark.usefixtures("typed")
def test_exit_codes_and_what_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert xc("vpc", "create", "--cidr-block", "10.0.0.0/8") == 2
    assert "error cidr.length: /cidr_blocks/0:" in capsys.readouterr().err
    assert xc("vpc", "show", "../../etc") == 2
    assert "is no id of a VPC" in capsys.readouterr().err
    assert xc("vpc", "update", "vpc-00000000000000000") == 2
    assert xc("vpc", "lst") == 2
    assert xc("vpz") == 2
    assert xc("vpc", "create", "--cidr-block", "10.0.0.0/16", "--wait", "--timeout", "1") == 1
    assert "still pending" in capsys.readouterr().err
    monkeypatch.setenv("XC_CLOUD_KEY", "xck_wrong")
    assert xc("vpc", "list") == 1
    assert "authentication.required" in capsys.readouterr().err
    monkeypatch.delenv("XC_CLOUD_KEY")
    assert xc("vpc", "list") == 2
    assert "XC_CLOUD_KEY" in capsys.readouterr().err
    monkeypatch.setenv("XC_CLOUD_KEY", "xck_x")
    monkeypatch.setenv("XC_CLOUD_ENDPOINT", "http://127.0.0.1:1")
    assert xc("vpc", "list") == 1
    err = capsys.readouterr().err
    assert "does not answer (xc serve runs it): " in err
    assert err.count("refused") == 1, "said once, not again as the cause of itself"
    assert xc("vpc", "list", "--profile", "nowhere") == 2


def test_profiles(
    api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("XC_CLOUD_ENDPOINT", "XC_CLOUD_KEY", "XC_CLOUD_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "crossconnect").mkdir()
    file = tmp_path / "crossconnect" / "cloud.yaml"
    entry = {"endpoint": api.url, "key": api.keys["globex/reader"]}
    file.write_text(json.dumps({"default": entry, "staff": entry | {"key": api.keys["operator"]}}))
    assert xc("whoami", "-o", "json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["projects"] == ["globex"]
    assert "chmod 600" in err
    file.chmod(0o600)
    assert xc("whoami", "--profile", "staff", "--project", "acme", "-o", "json") == 0
    out, err = capsys.readouterr()
    assert (json.loads(out)["project_id"], json.loads(out)["roles"]) == ("acme", ["operator"])
    assert err == ""
    file.write_text("default: {endpont: x}")
    assert xc("whoami") == 2
    assert "endpont" in capsys.readouterr().err


def test_keys_projects_audit_and_changes(
    api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XC_CLOUD_ENDPOINT", api.url)
    monkeypatch.setenv("XC_CLOUD_KEY", api.keys["operator"])
    assert xc("projects", "create", "umbrella", "--quota", "vpc=3") == 0
    assert xc("projects", "list") == 0
    assert "umbrella" in capsys.readouterr().out
    assert (
        xc("keys", "create", "--project", "umbrella", "--name", "admin", "--role", "admin", "--expires-in", "4w") == 0
    )
    key = capsys.readouterr().out.strip()
    assert key.startswith("xck_")
    assert xc("projects", "quota", "umbrella", "vpc=1") == 0
    monkeypatch.setenv("XC_CLOUD_KEY", key)
    assert xc("vpc", "create", "--cidr-block", "10.0.0.0/16") == 0
    assert xc("vpc", "create", "--cidr-block", "10.0.0.0/16") != 0
    assert "quota" in capsys.readouterr().err
    assert xc("projects", "show", "umbrella") == 0
    assert "vpc" in capsys.readouterr().out
    assert xc("keys", "list", "-o", "json") == 0
    id = json.loads(capsys.readouterr().out)["items"][0]["id"]
    assert xc("changes") == 0
    assert "create" in capsys.readouterr().out
    assert xc("audit", "--limit", "1000", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["items"]
    assert xc("keys", "create", "--name", "x", "--expires-in", "soon") == 2
    assert xc("keys", "revoke", id) == 0
    assert xc("vpc", "list") == 1


def test_following_changes(api: Api, tmp_path: Path) -> None:
    vpc = api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"], "name": "followed"}, "globex/admin")
    command = [sys.executable, "-m", "crossconnect.cli", "cloud", "changes", "--follow", "--after"]
    environment = {"XC_CLOUD_ENDPOINT": api.url, "XC_CLOUD_KEY": api.keys["globex/admin"], "HOME": str(tmp_path)}
    follower = subprocess.Popen(
        [*command, str(vpc["revision"] - 1)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert follower.stdout is not None
    line = json.loads(follower.stdout.readline())
    assert line["changes"][0]["id"] == vpc["id"]
    follower.terminate()
    follower.wait(120)


def test_the_client(api: Api) -> None:
    with Client(api.url, api.keys["acme/member"]) as client:
        vpcs, subnets = client.collection(Vpc), client.collection(Subnet)
        planned = vpcs.plan_create(VpcBody(cidr_blocks=("10.0.0.0/16",), name="typed"))
        assert not planned.cuts
        vpc = vpcs.create(VpcBody(cidr_blocks=("10.0.0.0/16",), name="typed", tags={"by": "client"}))
        assert isinstance(vpc, Vpc)
        assert [one.id for one in vpcs.list({"name": "typed"}, tags=["by=client"], page=1)] == [vpc.id]
        made = [subnets.create(SubnetBody(vpc_id=vpc.id, cidr_block=f"10.0.{n}.0/24")) for n in range(3)]
        assert [s.id for s in subnets.list({"vpc_id": vpc.id}, page=2)] == sorted(s.id for s in made)
        changed = vpcs.update(vpc.id, VpcPatch(name="changed"), if_match=vpc.revision)
        assert changed.name == "changed"
        with pytest.raises(ApiProblem) as stale:
            vpcs.update(vpc.id, VpcPatch(name="x"), if_match=vpc.revision)
        assert stale.value.details.code == "precondition.failed"
        with pytest.raises(ApiProblem) as used:
            vpcs.delete(vpc.id)
        assert {use.id for use in used.value.details.uses} == {s.id for s in made}
        assert {use.id for use in vpcs.uses(vpc.id)} == {s.id for s in made}
        for subnet in made:
            subnets.delete(subnet.id)
        vpcs.delete(vpc.id)
        with pytest.raises(ApiProblem) as gone:
            vpcs.get(vpc.id)
        assert gone.value.details.status == 404
    with Client("http://127.0.0.1:1", "xck_x") as client, pytest.raises(Unreachable):
        client.collection(Vpc).get("vpc-00000000000000000")
