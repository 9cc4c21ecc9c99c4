"""The API as a client sees it, against a real process: resources, conditions, idempotency, pages, dry runs, waiting."""

from __future__ import annotations

import concurrent.futures
import time
import uuid

import pytest

from cloud_api import Api, shared_api


@pytest.fixture(scope="module")
def api() -> Api:
    return shared_api()


def vpc(api: Api, name: str = "shop", **more: object) -> dict[str, object]:
    return api.make("vpcs", {"cidr_blocks": ["10.0.0.0/16"], "name": name, **more})


def test_a_resource_from_birth_to_death(api: Api) -> None:
    made = api.call("POST", "/v1/vpcs", {"cidr_blocks": ["10.0.0.0/16"], "name": "life", "tags": {"env": "prod"}})
    assert made.status_code == 201
    body = made.json()
    assert made.headers["location"] == f"/v1/vpcs/{body['id']}"
    assert body["state"] == "pending"
    assert made.headers["etag"] == f'"{body["revision"]}.pending"'
    path = f"/v1/vpcs/{body['id']}"
    assert api.call("GET", path).json() == body
    changed = api.call("PATCH", path, {"name": "other"})
    assert changed.status_code == 200
    assert changed.json()["name"] == "other"
    assert changed.json()["tags"] == {"env": "prod"}
    assert changed.json()["revision"] > body["revision"]
    assert api.call("DELETE", path).status_code == 204
    gone = api.call("GET", path)
    assert gone.status_code == 404
    assert gone.headers["content-type"] == "application/problem+json"
    assert gone.json()["code"] == "vpc.not-found"
    assert gone.json()["request_id"] == gone.headers["request-id"]


def test_what_is_in_use_stays_and_says_by_whom(api: Api) -> None:
    home = vpc(api)
    subnet = api.make("subnets", {"vpc_id": home["id"], "cidr_block": "10.0.1.0/24"})
    refused = api.call("DELETE", f"/v1/vpcs/{home['id']}")
    assert refused.status_code == 409
    assert refused.json()["code"] == "vpc.in-use"
    assert {"kind": "subnet", "id": subnet["id"], "field": "vpc_id"} in refused.json()["uses"]
    listed = api.call("GET", f"/v1/vpcs/{home['id']}/uses").json()["items"]
    assert {"kind": "subnet", "id": subnet["id"], "field": "vpc_id"} in listed


def test_errors_name_the_field(api: Api) -> None:
    for body, field, code in (
        ({"cidr_blocks": ["10.0.0.0/8"]}, "/cidr_blocks/0", "cidr.length"),
        ({"cidr_blocks": "10.0.0.0/16"}, "/cidr_blocks", "body.field"),
        ({"cidr_blocks": ["10.0.0.0/16", 3]}, "/cidr_blocks/1", "body.field"),
        ({"cidr_blocks": ["10.0.0.0/16"], "colour": "red"}, "/colour", "body.field"),
        ({}, "/cidr_blocks", "body.field"),
        ({"cidr_blocks": ["10.0.0.0/16"], "tags": {"a/b": 3}}, "/tags/...", "body.field"),
    ):
        got = api.call("POST", "/v1/vpcs", body)
        assert got.status_code == 422, body
        error = got.json()["errors"][0]
        assert (error["field"], error["code"]) == (field, code), body


def test_a_route_tables_etag_tells_what_follows_from_others(api: Api) -> None:
    """Input: a route to an interface, which is then deleted. Output: another ETag at the same revision, and no 304 to
    who knows the route as active; the old ETag lets a change pass, since nobody has changed the table."""
    body = vpc(api)
    subnet = api.make("subnets", {"vpc_id": body["id"], "cidr_block": "10.0.1.0/24"})
    target = api.make("network-interfaces", {"subnet_id": subnet["id"]})["id"]
    path = f"/v1/route-tables/{body['main_route_table_id']}"
    route = {"destination": "192.168.0.0/16", "target": target}
    assert api.call("PATCH", path, {"routes": [route]}).status_code == 200
    before = api.call("GET", path)
    known = {"if-none-match": before.headers["etag"]}
    assert api.call("GET", path, headers=known).status_code == 304
    assert api.call("DELETE", f"/v1/network-interfaces/{target}").status_code == 204
    after = api.call("GET", path, headers=known)
    assert after.status_code == 200
    assert [r["state"] for r in after.json()["routes"]] == ["active", "blackhole"]
    assert after.json()["revision"] == before.json()["revision"]
    assert after.headers["etag"] != before.headers["etag"]
    changed = api.call("PATCH", path, {"name": "x"}, headers={"if-match": before.headers["etag"]})
    assert changed.status_code == 200


def test_a_change_on_condition_of_the_etag(api: Api) -> None:
    path = f"/v1/vpcs/{vpc(api)['id']}"
    first = api.call("GET", path).headers["etag"]
    assert api.call("PATCH", path, {"name": "b"}, headers={"if-match": first}).status_code == 200
    stale = api.call("PATCH", path, {"name": "c"}, headers={"if-match": first})
    assert stale.status_code == 412
    assert stale.json()["code"] == "precondition.failed"
    now = api.call("GET", path).headers["etag"]
    either = api.call("PATCH", path, {"name": "d"}, headers={"if-match": f"{first}, {now}"})
    assert either.status_code == 200
    assert api.call("PATCH", path, {"name": "e"}, headers={"if-match": "*"}).status_code == 200
    assert api.call("PATCH", path, {"name": "f"}, headers={"if-match": f"W/{now}"}).status_code == 412
    assert api.call("PATCH", path, {"name": "g"}, headers={"if-match": "seventeen"}).status_code == 400
    assert api.call("DELETE", path, headers={"if-match": first}).status_code == 412
    assert api.call("GET", path).json()["name"] == "e"


def test_a_resource_is_not_sent_again_until_it_has_changed_or_become_available(api: Api) -> None:
    path = f"/v1/vpcs/{vpc(api)['id']}"
    etag = api.call("GET", path).headers["etag"]
    same = api.call("GET", path, headers={"if-none-match": etag})
    assert same.status_code == 304
    assert same.content == b""
    api.realise()
    realised = api.call("GET", path, headers={"if-none-match": etag})
    assert realised.status_code == 200
    assert realised.json()["state"] == "available"
    assert api.call("GET", path, headers={"if-none-match": realised.headers["etag"]}).status_code == 304
    # Nobody has changed it: the ETag from before still lets a change pass.
    assert api.call("PATCH", path, {"name": "x"}, headers={"if-match": etag}).status_code == 200


def test_the_same_idempotency_key_makes_one_resource(api: Api) -> None:
    headers = {"idempotency-key": str(uuid.uuid4())}
    body = {"cidr_blocks": ["10.0.0.0/16"], "name": "once"}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: api.call("POST", "/v1/vpcs", body, headers=headers), range(8)))
    assert {got.status_code for got in made} == {201}
    assert len({got.json()["id"] for got in made}) == 1
    assert sum("idempotency-replayed" in got.headers for got in made) == 7
    other = api.call("POST", "/v1/vpcs", {"cidr_blocks": ["10.1.0.0/16"]}, headers=headers)
    assert other.status_code == 409
    assert other.json()["code"] == "idempotency.mismatch"
    for malformed in ("", "a b", "x" * 65):
        refused = api.call("POST", "/v1/vpcs", body, headers={"idempotency-key": malformed})
        assert refused.status_code == 400, malformed


def test_another_project_has_its_own_idempotency_keys(api: Api) -> None:
    headers = {"idempotency-key": str(uuid.uuid4())}
    body = {"cidr_blocks": ["10.0.0.0/16"]}
    mine = api.call("POST", "/v1/vpcs", body, headers=headers)
    theirs = api.call("POST", "/v1/vpcs", body, headers=headers, key="globex/admin")
    assert theirs.status_code == 201
    assert mine.json()["id"] != theirs.json()["id"]
    assert theirs.json()["project_id"] == "globex"


def test_pages_have_everything_once(api: Api) -> None:
    tag = uuid.uuid4().hex
    made = {str(vpc(api, f"p{n}", tags={"page": tag})["id"]) for n in range(7)}
    seen: list[str] = []
    path = f"/v1/vpcs?limit=3&tag=page={tag}"
    pages = 0
    while path:
        got = api.call("GET", path)
        assert got.status_code == 200
        seen += [item["id"] for item in got.json()["items"]]
        pages += 1
        path = got.links["next"]["url"] if "next" in got.links else ""
        assert bool(path) == bool(got.json()["next"])
    assert pages == 3
    assert seen == sorted(made)


def test_filters(api: Api) -> None:
    tag = uuid.uuid4().hex
    one = vpc(api, "one", tags={"run": tag, "env": "prod"})
    two = vpc(api, "two", tags={"run": tag, "env": "test"})
    subnet = api.make("subnets", {"vpc_id": one["id"], "cidr_block": "10.0.1.0/24"})

    def ids(path: str, *params: tuple[str, str]) -> list[str]:
        got = api.call("GET", path, params=list(params))
        assert got.status_code == 200, got.text
        return [item["id"] for item in got.json()["items"]]

    both = sorted([str(one["id"]), str(two["id"])])
    assert ids("/v1/vpcs", ("tag", f"run={tag}")) == both
    assert ids("/v1/vpcs", ("tag", f"run={tag}"), ("tag", "env=prod")) == [one["id"]]
    assert ids("/v1/vpcs", ("tag", f"run={tag}"), ("tag", "env=prod"), ("tag", "env=test")) == both
    assert ids("/v1/vpcs", ("tag", f"run={tag}"), ("name", "two")) == [two["id"]]
    assert ids("/v1/vpcs", ("id", str(one["id"])), ("id", str(two["id"]))) == both
    assert ids("/v1/subnets", ("vpc_id", str(one["id"]))) == [subnet["id"]]
    assert ids("/v1/subnets", ("vpc_id", str(two["id"]))) == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("colour=red", "query.unknown"),
        ("limit=0", "query.malformed"),
        ("limit=1001", "query.malformed"),
        ("limit=" + "9" * 5000, "query.malformed"),
        ("limit=1&limit=2", "query.malformed"),
        ("limit=%D9%A3", "query.malformed"),
        ("marker=hello", "marker.malformed"),
        ("name=%ff", "query.malformed"),
        ("name=%zz", "query.malformed"),
        ("name=a%00b", "query.malformed"),
        ("tag==x", "query.malformed"),
        ("&".join(["name=x"] * 201), "query.malformed"),
        ("project_id=globex", "query.unknown"),
    ],
)
def test_absurd_queries_are_refused(api: Api, query: str, code: str) -> None:
    got = api.call("GET", f"/v1/vpcs?{query}")
    assert got.status_code == 400
    assert got.json()["code"] == code


def test_a_dry_run_says_what_would_be_and_does_nothing(api: Api) -> None:
    before = api.call("GET", "/v1/vpcs", params={"limit": 1000}).json()
    planned = api.call("POST", "/v1/vpcs?dry_run=true", {"cidr_blocks": ["10.9.0.0/16"], "name": "dry"})
    assert planned.status_code == 200
    plan = planned.json()
    assert plan["dry_run"] is True
    assert plan["resource"]["name"] == "dry"
    assert plan["resource"]["id"] in plan["changed"]
    assert api.call("GET", "/v1/vpcs", params={"limit": 1000}).json() == before
    path = f"/v1/vpcs/{vpc(api, 'kept')['id']}"
    assert api.call("PATCH", f"{path}?dry_run=true", {"name": "no"}).json()["resource"]["name"] == "no"
    deleted = api.call("DELETE", f"{path}?dry_run=true")
    assert deleted.status_code == 200
    assert deleted.json()["effects"]
    assert api.call("GET", path).json()["name"] == "kept"
    assert api.call("POST", "/v1/vpcs?dry_run=true", {"cidr_blocks": []}).status_code == 422


def test_a_merge_patch_removes_and_merges(api: Api) -> None:
    made = vpc(api, "merge", tags={"a": "1", "b": "2"}, description="words")
    path = f"/v1/vpcs/{made['id']}"
    got = api.call("PATCH", path, {"description": None, "tags": {"a": None, "c": "3"}})
    assert got.status_code == 200
    assert got.json()["tags"] == {"b": "2", "c": "3"}
    assert got.json()["description"] == ""
    cleared = api.call("PATCH", path, {"tags": None})
    assert cleared.json()["tags"] == {}
    needed = api.call("PATCH", path, {"cidr_blocks": None})
    assert needed.status_code == 422
    assert needed.json()["errors"][0]["field"] == "/cidr_blocks"
    assert api.call("PATCH", path, {"state": "available"}).status_code == 422
    assert api.call("PATCH", path, {"id": None}).status_code == 422
    assert api.call("PATCH", path, {}).json()["revision"] == cleared.json()["revision"]


def test_merging_patches_at_once_lose_nothing(api: Api) -> None:
    path = f"/v1/vpcs/{vpc(api)['id']}"
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda n: api.call("PATCH", path, {"tags": {f"t{n}": "x"}}), range(32)))
    assert {one.status_code for one in got} == {200}
    assert set(api.call("GET", path).json()["tags"]) == {f"t{n}" for n in range(32)}


def test_waiting_until_it_is_realised(api: Api) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(
            api.call, "POST", "/v1/vpcs?wait=available&timeout=60", {"cidr_blocks": ["10.0.0.0/16"], "name": "wait"}
        )
        end = time.monotonic() + 60
        while not waiting.done() and time.monotonic() < end:
            api.realise()
            time.sleep(0.3)
        got = waiting.result(60)
    assert got.status_code == 201
    assert got.json()["state"] == "available"
    assert got.headers["etag"] == f'"{got.json()["revision"]}"'


def test_waiting_ends_and_says_how_it_is_then(api: Api) -> None:
    got = api.call("POST", "/v1/vpcs?wait=available&timeout=1", {"cidr_blocks": ["10.0.0.0/16"]})
    assert got.status_code == 201
    assert got.json()["state"] == "pending"
    api.realise(failures={got.json()["id"]: "no chassis has the provider network"})
    failed = api.call("GET", f"/v1/vpcs/{got.json()['id']}?wait=available&timeout=30").json()
    assert (failed["state"], failed["state_reason"]) == ("failed", "no chassis has the provider network")


def test_names_in_any_script(api: Api) -> None:
    for name in ("店铺", "магазин", "متجر", "🛒", "a" * 255):
        assert vpc(api, name)["name"] == name
        listed = api.call("GET", "/v1/vpcs", params={"name": name}).json()["items"]
        assert name in {item["name"] for item in listed}
    for name in ("a" * 256, "a\x00b", "a\x1bb", "a\u202eb"):
        got = api.call("POST", "/v1/vpcs", {"cidr_blocks": ["10.0.0.0/16"], "name": name})
        assert got.status_code == 422
        assert got.json()["errors"][0]["field"] == "/name"


@pytest.mark.parametrize("query", ["wait=gone&wait=available", "wait=soon", "wait=available&timeout=x", "timeout=-1"])
def test_a_command_whose_query_is_refused_is_not_carried_out(api: Api, query: str) -> None:
    marked = {"cidr_blocks": ["10.0.0.0/16"], "tags": {"query": query}}
    refused = api.call("POST", f"/v1/vpcs?{query}", marked)
    assert (refused.status_code, refused.json()["code"]) == (400, "query.malformed")
    assert api.call("GET", "/v1/vpcs", params={"tag": f"query={query}"}).json()["items"] == []
    path = f"/v1/vpcs/{api.make('vpcs', {'cidr_blocks': ['10.0.0.0/16']})['id']}"
    assert api.call("PATCH", f"{path}?{query}", {"name": "changed"}).status_code == 400
    assert api.call("DELETE", f"{path}?{query}").status_code == 400
    assert api.call("GET", path).json()["name"] != "changed"


def test_what_is_possible_is_told(api: Api) -> None:
    for path, methods in (
        ("/v1/vpcs", "GET, HEAD, OPTIONS, POST"),
        ("/v1/vpcs/vpc-00000000000000000", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("/v1/caller", "GET, HEAD, OPTIONS"),
    ):
        got = api.call("OPTIONS", path, key="")
        assert (got.status_code, got.headers["allow"]) == (204, methods)


def test_a_list_of_what_has_failed(api: Api) -> None:
    """Input: resources in all states that a list has. Output: `?state=` finds each, on pages too, and no other."""
    tag = uuid.uuid4().hex
    names = ("available", "failed", "failed too", "updating")
    made = {name: str(vpc(api, name, tags={"run": tag})["id"]) for name in names}
    api.realise(failures={made["failed"]: "no room", made["failed too"]: "no room"})
    api.call("PATCH", f"/v1/vpcs/{made['updating']}", {"description": "changed"})
    made["pending"] = str(vpc(api, "pending", tags={"run": tag})["id"])

    def ids(*states: str) -> list[str]:
        found: list[str] = []
        path = f"/v1/vpcs?limit=1&tag=run={tag}" + "".join(f"&state={state}" for state in states)
        while path:
            got = api.call("GET", path)
            assert got.status_code == 200, got.text
            items = got.json()["items"]
            assert {item["state"] for item in items} <= set(states)
            found += [item["id"] for item in items]
            path = got.links["next"]["url"] if "next" in got.links else ""
        return found

    both = sorted((made["failed"], made["failed too"]))
    assert ids("failed") == both
    assert ids("available") == [made["available"]]
    assert ids("updating") == [made["updating"]]
    assert ids("pending") == [made["pending"]]
    assert ids("pending", "failed") == sorted([*both, made["pending"]])
    assert ids("deleting") == []
    assert api.call("GET", "/v1/vpcs", params={"state": "failed", "tag": f"run={tag}"}, key="globex/admin").json() == {
        "items": [],
        "next": "",
    }
    wrong = api.call("GET", "/v1/vpcs?state=broken")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "filter.state")
    api.call("PATCH", f"/v1/vpcs/{made['failed']}", {"name": "mended"})
    assert ids("failed") == [made["failed too"]]
