"""Projects and API keys as a client sees them: pages, filters, conditions, idempotency, and the end of a project."""

from __future__ import annotations

import concurrent.futures
import json
import uuid
from typing import Any

import pytest

from cloud_api import Api, shared_api
from crossconnect.cli.group import run

VPC = {"cidr_blocks": ["10.0.0.0/16"]}


@pytest.fixture(scope="module")
def api() -> Api:
    return shared_api()


def new_id() -> str:
    return f"p-{uuid.uuid4().hex[:12]}"


def project(api: Api, **fields: Any) -> dict[str, Any]:
    return api.make("projects", {"id": new_id(), **fields}, "operator")


def key_of(api: Api, project_id: str, **fields: Any) -> dict[str, Any]:
    body = {"name": "robot", "roles": ["admin"], **fields}
    got = api.call("POST", "/v1/api-keys", body, key="operator", headers={"project-id": project_id})
    assert got.status_code == 201, got.text
    return got.json()


def everything(api: Api, path: str, key: str, headers: dict[str, str] | None = None) -> tuple[list[str], int]:
    """(Ids on all pages, how many pages)."""
    seen: list[str] = []
    pages = 0
    while path:
        got = api.call("GET", path, key=key, headers=headers)
        assert got.status_code == 200, got.text
        seen += [item["id"] for item in got.json()["items"]]
        pages += 1
        path = got.links["next"]["url"] if "next" in got.links else ""
        assert bool(path) == bool(got.json()["next"])
    return seen, pages


def test_pages_and_filters_of_projects(api: Api) -> None:
    run_ = uuid.uuid4().hex
    made = sorted(project(api, tags={"run": run_, "n": str(n)}, name=f"{run_}-{n % 2}")["id"] for n in range(5))
    assert everything(api, f"/v1/projects?limit=2&tag=run={run_}", "operator") == (made, 3)
    assert len(everything(api, f"/v1/projects?name={run_}-1", "auditor")[0]) == 2
    assert everything(api, f"/v1/projects?tag=run={run_}&tag=n=0&tag=n=1&id={made[0]}&id={made[1]}", "operator")[1] == 1
    assert everything(api, f"/v1/projects?id={made[3]}", "operator")[0] == [made[3]]
    item = api.call("GET", f"/v1/projects?id={made[3]}", key="operator").json()["items"][0]
    assert item["tags"]["run"] == run_
    for wrong, code in (
        ("colour=red", "query.unknown"),
        ("limit=0", "query.malformed"),
        ("marker=Hello", "marker.malformed"),
        ("name=a%00b", "query.malformed"),
    ):
        got = api.call("GET", f"/v1/projects?{wrong}", key="operator")
        assert (got.status_code, got.json()["code"]) == (400, code)


def test_a_project_is_made_once(api: Api) -> None:
    headers = {"idempotency-key": str(uuid.uuid4())}
    body = {"id": new_id(), "tags": {"a": "b"}}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        made = list(
            pool.map(lambda _: api.call("POST", "/v1/projects", body, key="operator", headers=headers), range(4))
        )
    assert {one.status_code for one in made} == {201}
    assert sum("idempotency-replayed" not in one.headers for one in made) == 1
    assert len({one.text for one in made}) == 1
    other = api.call("POST", "/v1/projects", {"id": new_id()}, key="operator", headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency.mismatch")
    again = api.call("POST", "/v1/projects", body, key="operator")
    assert (again.status_code, again.json()["code"]) == (409, "project.exists")
    refused = api.call("POST", "/v1/projects", body, key="operator", headers={"idempotency-key": "a b"})
    assert refused.status_code == 400


def test_a_project_is_changed_on_condition(api: Api) -> None:
    made = project(api, name="first", tags={"a": "1", "b": "2"}, quotas={"vpc": 3})
    path = f"/v1/projects/{made['id']}"
    first = api.call("GET", path, key="operator")
    etag = first.headers["etag"]
    assert api.call("GET", path, key="operator", headers={"if-none-match": etag}).status_code == 304
    patch = {"name": "second", "tags": {"a": None, "c": "3"}, "quotas": {"vpc": None, "subnet": 7}}
    changed = api.call("PATCH", path, patch, key="operator", headers={"if-match": etag})
    assert changed.status_code == 200
    body = changed.json()
    assert (body["name"], body["tags"]) == ("second", {"b": "2", "c": "3"})
    assert body["quotas"]["subnet"]["limit"] == 7
    assert body["quotas"]["vpc"]["limit"] > 3, "the region's again"
    assert body["revision"] > made["revision"]
    assert body["updated_at"] >= made["created_at"]
    stale = api.call("PATCH", path, {"name": "x"}, key="operator", headers={"if-match": etag})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition.failed")
    assert api.call("DELETE", path, key="operator", headers={"if-match": etag}).status_code == 412
    same = api.call("PATCH", path, {"name": "second"}, key="operator")
    assert same.json()["revision"] == body["revision"]
    both = {"if-match": f"{etag}, {same.headers['etag']}"}
    assert api.call("PATCH", path, {"tags": None}, key="operator", headers=both).json()["tags"] == {}
    long = {str(n): "x" for n in range(51)}
    for wrong, field in (({"tags": long}, "/tags"), ({"name": "x" * 256}, "/name"), ({"quotas": {"vpc": -1}}, None)):
        got = api.call("PATCH", path, wrong, key="operator")
        assert got.status_code == 422
        assert field in (None, got.json()["errors"][0]["field"])


def test_what_a_project_uses_is_sent_again(api: Api) -> None:
    """Its revision stays when a VPC is made in it, and its ETag does not."""
    made = project(api)
    path = f"/v1/projects/{made['id']}"
    etag = api.call("GET", path, key="operator").headers["etag"]
    api.call("POST", "/v1/vpcs", VPC, key="operator", headers={"project-id": made["id"]})
    again = api.call("GET", path, key="operator", headers={"if-none-match": etag})
    assert again.status_code == 200
    assert again.json()["quotas"]["vpc"]["used"] == 1
    assert api.call("PATCH", path, {"name": "x"}, key="operator", headers={"if-match": etag}).status_code == 200


def test_the_end_of_a_project(api: Api) -> None:
    made = project(api)
    id, headers = made["id"], {"project-id": made["id"]}
    path = f"/v1/projects/{id}"
    key, other = key_of(api, id)["key"], key_of(api, id)["key"]
    once = {**headers, "idempotency-key": "of-the-project"}
    vpc = api.call("POST", "/v1/vpcs", VPC, key="operator", headers=once).json()
    refused = api.call("DELETE", path, key="operator")
    assert (refused.status_code, refused.json()["code"]) == (409, "project.in-use")
    assert {"kind": "vpc", "id": vpc["id"], "field": "project_id"} in refused.json()["uses"]
    assert "1 vpc" in refused.json()["detail"]
    assert api.call("DELETE", path, key=key).status_code == 403, "its administrator does not end it"
    assert api.call("DELETE", path, key="acme/admin").status_code == 403
    assert api.call("DELETE", f"/v1/vpcs/{vpc['id']}", key=key).status_code == 204
    assert api.call("DELETE", path, key="operator").status_code == 204
    for dead in (key, other):
        assert api.call("GET", "/v1/caller", key=dead).status_code == 401
    assert api.call("GET", path, key="operator").status_code == 404
    assert api.call("PATCH", path, {"name": "x"}, key="operator").status_code == 404
    assert api.call("DELETE", path, key="operator").status_code == 404
    assert id not in everything(api, f"/v1/projects?limit=1000&id={id}", "operator")[0]
    nothing = api.call("POST", "/v1/vpcs", VPC, key="operator", headers=once)
    assert (nothing.status_code, nothing.json()["code"]) == (404, "project.not-found")
    assert api.call("POST", "/v1/api-keys", {"name": "x"}, key="operator", headers=headers).status_code == 404
    assert api.call("GET", "/v1/api-keys", key="operator", headers=headers).json()["items"] == []
    # What others know by that id is no new project's.
    again = api.call("POST", "/v1/projects", {"id": id}, key="operator")
    assert (again.status_code, again.json()["code"]) == (409, "project.id-used")


def test_pages_filters_and_conditions_of_keys(api: Api) -> None:
    id = project(api)["id"]
    headers = {"project-id": id}
    made = sorted(key_of(api, id, name=f"k{n % 2}", tags={"n": str(n)})["id"] for n in range(5))
    assert everything(api, "/v1/api-keys?limit=2", "operator", headers) == (made, 3)
    assert len(everything(api, "/v1/api-keys?name=k1", "operator", headers)[0]) == 2
    assert len(everything(api, "/v1/api-keys?tag=n=4", "operator", headers)[0]) == 1
    assert everything(api, f"/v1/api-keys?id={made[0]}", "operator", headers)[0] == [made[0]]
    path = f"/v1/api-keys/{made[0]}"
    shown = api.call("GET", path, key="operator", headers=headers)
    assert "key" not in shown.json()
    etag = shown.headers["etag"]
    assert api.call("GET", path, key="operator", headers={**headers, "if-none-match": etag}).status_code == 304
    # A key of another project does not exist, whoever asks, nor is it found by a filter.
    for method, body in (("GET", None), ("PATCH", {"name": "mine"}), ("DELETE", None)):
        got = api.call(method, path, body)
        assert (got.status_code, got.json()["code"]) == (404, "api-key.not-found")
    assert everything(api, f"/v1/api-keys?id={made[0]}", "acme/admin")[0] == []
    assert everything(api, "/v1/api-keys?tag=n=0", "acme/admin")[0] == []
    patch = {"name": "other", "tags": {"n": None, "m": "1"}}
    changed = api.call("PATCH", path, patch, key="operator", headers={**headers, "if-match": etag})
    assert (changed.json()["name"], changed.json()["tags"]) == ("other", {"m": "1"})
    assert everything(api, "/v1/api-keys?name=other&tag=m", "operator", headers)[0] == [made[0]]
    stale = {**headers, "if-match": etag}
    assert api.call("PATCH", path, {"name": "x"}, key="operator", headers=stale).status_code == 412
    assert api.call("DELETE", path, key="operator", headers=stale).status_code == 412
    assert not api.call("GET", path, key="operator", headers=headers).json()["revoked_at"]
    fresh = {**headers, "if-match": changed.headers["etag"]}
    assert api.call("DELETE", path, key="operator", headers=fresh).status_code == 204
    assert api.call("GET", path, key="operator", headers=headers).json()["revoked_at"]
    assert api.call("PATCH", path, {"roles": ["admin"]}, key="operator", headers=headers).status_code == 422


def test_a_key_is_made_once_and_shown_once(api: Api) -> None:
    headers = {"idempotency-key": str(uuid.uuid4())}
    body = {"name": "robot", "roles": ["reader"]}
    first, second = (api.call("POST", "/v1/api-keys", body, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert api.call("GET", "/v1/caller", key=first.json()["key"]).status_code == 200
    assert second.json()["key"] == "", "the secret is kept nowhere"
    assert second.headers["idempotency-replayed"] == "true"
    other = api.call("POST", "/v1/api-keys", {**body, "roles": ["admin"]}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency.mismatch")
    # Others' idempotency keys are their own.
    theirs = api.call("POST", "/v1/api-keys", body, headers=headers, key="globex/admin")
    assert theirs.json()["key"]


def test_dry_runs(api: Api) -> None:
    """Input: commands with `?dry_run=true`. Output: plans; what they are about stays as it is, whoever looks."""
    made = project(api, quotas={"vpc": 3})
    id, headers = made["id"], {"project-id": made["id"]}
    key = key_of(api, id)
    api.call("POST", "/v1/vpcs", VPC, key="operator", headers=headers)
    path, other = f"/v1/projects/{id}", new_id()
    got = api.call("POST", "/v1/projects?dry_run=true", {"id": other, "quotas": {"vpc": 1}}, key="operator")
    plan = got.json()
    assert (got.status_code, plan["dry_run"], plan["changed"], plan["cuts"]) == (200, True, [other], False)
    assert plan["resource"]["quotas"]["vpc"] == {"used": 0, "limit": 1}
    assert api.call("GET", f"/v1/projects/{other}", key="operator").status_code == 404
    before = api.call("GET", path, key="operator")
    plan = api.call("PATCH", f"{path}?dry_run=true", {"quotas": {"vpc": 0}}, key="operator").json()
    assert plan["resource"]["quotas"]["vpc"] == {"used": 1, "limit": 0}
    assert [effect["message"] for effect in plan["effects"]] == ["1 vpc are there, 0 may be: no more can be made"]
    assert api.call("DELETE", f"{path}?dry_run=true", key="operator").status_code == 409
    again = api.call("GET", path, key="operator")
    assert (again.json(), again.headers["etag"]) == (before.json(), before.headers["etag"])
    body = {"name": "robot", "roles": ["reader"]}
    plan = api.call("POST", "/v1/api-keys?dry_run=true", body, key="operator", headers=headers).json()
    assert plan["resource"]["name"] == "robot"
    assert "key" not in plan["resource"]
    one = f"/v1/api-keys/{key['id']}"
    plan = api.call("PATCH", f"{one}?dry_run=true", {"name": "n"}, key="operator", headers=headers).json()
    assert (plan["resource"]["name"], plan["changed"]) == ("n", [key["id"]])
    plan = api.call("DELETE", f"{one}?dry_run=true", key="operator", headers=headers).json()
    assert [effect["resource_id"] for effect in plan["effects"]] == [key["id"]]
    assert everything(api, "/v1/api-keys", "operator", headers)[0] == [key["id"]]
    assert api.call("GET", "/v1/caller", key=key["key"]).status_code == 200
    assert api.call("DELETE", f"{path}?dry_run=true", key="acme/admin").status_code == 403


def test_on_the_command_line(api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XC_CLOUD_ENDPOINT", api.url)
    monkeypatch.setenv("XC_CLOUD_KEY", api.keys["operator"])
    id = new_id()

    def xc(*words: str) -> int:
        return run(["cloud", *words])

    assert xc("projects", "create", id, "--dry-run") == 0
    assert f"would change: {id}" in capsys.readouterr().out
    assert xc("projects", "create", id, "--name", "shop", "--tag", "env=prod") == 0
    capsys.readouterr()
    assert xc("projects", "list", "--id", id, "--tag", "env", "-o", "json") == 0
    assert [item["name"] for item in json.loads(capsys.readouterr().out)["items"]] == ["shop"]
    assert xc("projects", "update", id, "--name", "store", "--untag", "env", "--tag", "a=b", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["tags"] == {"a": "b"}
    assert xc("keys", "create", "--project", id, "--name", "k", "--tag", "a=b", "-o", "json") == 0
    key = json.loads(capsys.readouterr().out)
    assert xc("keys", "update", key["id"], "--project", id, "--name", "l", "--if-match", str(key["revision"])) == 0
    assert xc("keys", "update", key["id"], "--project", id, "--name", "m", "--if-match", str(key["revision"])) == 1
    capsys.readouterr()
    assert xc("keys", "list", "--project", id, "--name", "l", "-o", "json") == 0
    assert [item["id"] for item in json.loads(capsys.readouterr().out)["items"]] == [key["id"]]
    assert xc("keys", "revoke", key["id"], "--project", id, "--dry-run") == 0
    assert f"effect: requests with {key['id']} are refused" in capsys.readouterr().out
    assert xc("projects", "quota", id, "vpc=7", "--dry-run", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["resource"]["quotas"]["vpc"]["limit"] == 7
    assert xc("projects", "delete", id, "--dry-run") == 0
    assert xc("keys", "create", "--project", id, "--name", "m", "--dry-run") == 0
    capsys.readouterr()
    assert xc("projects", "delete", id) == 0
    assert xc("projects", "show", id) == 1
