"""Who may do what: keys, tokens, roles, policies, rate limits; and that every call is recorded."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from cloud_api import API_YAML, Api, shared_api
from crossconnect.cloud.api.token import InvalidToken, Issuer, Tokens

ISSUER = "https://id.example.invalid"
VPC = {"cidr_blocks": ["10.0.0.0/16"]}


@pytest.fixture(scope="module")
def api() -> Api:
    return shared_api()


def audit_record(api: Api, key: str, after: int = 0) -> list[dict[str, Any]]:
    return api.call("GET", "/v1/audit", key=key, params={"after": after, "limit": 1000}).json()["items"]


# API keys and roles.


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Basic YTpi",
        "Bearer xck_",
        "Bearer xck_ak-00000000000000000_" + "A" * 43,
        "Bearer " + "x" * 20_000,
        "Bearer é",
        "bearer\txck_x",
        "Bearer a.b.c",
    ],
)
def test_without_a_valid_credential(api: Api, header: str) -> None:
    headers = {"authorization": header.encode("latin-1")} if header else {}
    got = api.http.get("/v1/vpcs", headers=headers)  # type: ignore[arg-type]
    assert got.status_code == 401
    assert got.headers["www-authenticate"].startswith("Bearer")
    assert got.json()["code"] == "authentication.required"


def test_what_is_no_credential_is_refused_as_such_however_often_it_comes(tmp_path: Path) -> None:
    """Input: a hundred requests without a credential, then a client of the same address with a key of its own. Output:
    401 each time, and the client is served. Keys that could be keys are another thing: they are looked up."""
    api = Api(tmp_path)
    try:
        for _ in range(100):
            assert api.call("GET", "/v1/vpcs", key="").status_code == 401
            assert api.call("GET", "/v1/vpcs", key="guess").status_code == 401
        assert api.call("GET", "/v1/vpcs").status_code == 200
        guesses = [f"xck_ak-{n:017x}_" + "A" * 43 for n in range(30)]
        statuses = [api.call("GET", "/v1/vpcs", key=guess).status_code for guess in guesses]
        assert set(statuses) == {401, 429}
        assert api.call("GET", "/v1/vpcs").status_code == 200
        assert api.call("GET", "/v1/vpcs", key="").status_code == 401
    finally:
        api.stop()


def test_a_key_with_another_secret_is_none(api: Api) -> None:
    key = api.keys["acme/admin"]
    for wrong in (key[:-1] + ("A" if key[-1] != "A" else "B"), key + "A", key[:-1], key.upper()):
        assert api.call("GET", "/v1/vpcs", key=wrong).status_code == 401, wrong


def test_a_key_until_it_is_revoked(api: Api) -> None:
    made = api.call("POST", "/v1/api-keys", {"name": "robot", "roles": ["member"]})
    assert made.status_code == 201
    key, id = made.json()["key"], made.json()["id"]
    assert key.endswith(made.json()["hint"])
    assert api.call("GET", "/v1/vpcs", key=key).status_code == 200
    listed = next(item for item in api.call("GET", "/v1/api-keys").json()["items"] if item["id"] == id)
    assert "key" not in listed
    assert key not in (api.root / "cloud.sqlite").read_bytes().decode("latin-1")
    assert api.call("DELETE", f"/v1/api-keys/{id}").status_code == 204
    assert api.call("GET", "/v1/vpcs", key=key).status_code == 401
    listed = next(item for item in api.call("GET", "/v1/api-keys").json()["items"] if item["id"] == id)
    assert listed["revoked_at"]


@pytest.mark.parametrize("name", ["x" * 256, "a\x1b[31mb", "a\nb", "a\u202eb"])
def test_a_keys_name_is_as_any_other_name(api: Api, name: str) -> None:
    got = api.call("POST", "/v1/api-keys", {"name": name, "roles": ["reader"]})
    assert (got.status_code, got.json()["errors"][0]["field"]) == (422, "/name")


def test_a_key_expires(api: Api) -> None:
    for seconds in (3, 20, 60):  # it may be over before it is asked for, on a machine that does much else
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
        got = api.call("POST", "/v1/api-keys", {"name": "short", "expires_at": soon})
        if got.status_code == 201:
            break
    made = got.json()
    end = time.monotonic() + 120
    while api.call("GET", "/v1/caller", key=made["key"]).status_code != 401:
        assert time.monotonic() < end
        time.sleep(0.2)
    for wrong in ("yesterday", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00"):
        refused = api.call("POST", "/v1/api-keys", {"name": "x", "expires_at": wrong})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "/expires_at"


def test_nobody_gives_out_more_than_a_project(api: Api) -> None:
    for roles in (["operator"], ["auditor"], ["member", "operator"], ["root"], []):
        got = api.call("POST", "/v1/api-keys", {"name": "x", "roles": roles})
        assert got.status_code == 422, roles
    assert api.call("POST", "/v1/api-keys", {"name": "x"}, key="acme/member").status_code == 403
    assert api.call("POST", "/v1/api-keys", {"name": "x"}, headers={"project-id": "globex"}).status_code == 403


@pytest.mark.parametrize(
    ("key", "method", "path", "status"),
    [
        ("acme/reader", "GET", "/v1/vpcs", 200),
        ("acme/reader", "POST", "/v1/vpcs", 403),
        ("acme/reader", "GET", "/v1/changes", 200),
        ("acme/reader", "GET", "/v1/audit", 403),
        ("acme/reader", "GET", "/v1/api-keys", 403),
        ("acme/reader", "GET", "/v1/projects/acme", 200),
        ("acme/reader", "GET", "/metrics", 403),
        ("acme/member", "POST", "/v1/vpcs", 201),
        ("acme/member", "GET", "/v1/audit", 403),
        ("acme/admin", "GET", "/v1/audit", 200),
        ("acme/admin", "GET", "/metrics", 403),
        ("acme/admin", "POST", "/v1/projects", 403),
        ("auditor", "GET", "/v1/audit", 200),
        ("auditor", "GET", "/v1/projects", 200),
        ("auditor", "GET", "/metrics", 200),
        ("auditor", "POST", "/v1/vpcs", 403),
        ("operator", "GET", "/v1/projects", 200),
        ("operator", "GET", "/v1/changes", 200),
        ("operator", "GET", "/v1/vpcs", 400),
    ],
)
def test_roles(api: Api, key: str, method: str, path: str, status: int) -> None:
    body = VPC if method == "POST" else None
    got = api.call(method, path, body, key=key)
    assert got.status_code == status, got.text


def test_operators_act_for_projects(api: Api) -> None:
    headers = {"project-id": "acme"}
    made = api.call("POST", "/v1/vpcs", VPC, key="operator", headers=headers)
    assert made.status_code == 201
    assert made.json()["project_id"] == "acme"
    assert api.call("GET", f"/v1/vpcs/{made.json()['id']}", key="auditor", headers=headers).status_code == 200
    nowhere = api.call("POST", "/v1/vpcs", VPC, key="operator", headers={"project-id": "no-such"})
    assert nowhere.status_code == 404
    assert nowhere.json()["code"] == "project.not-found"


def test_projects_and_quotas(api: Api) -> None:
    made = api.call("POST", "/v1/projects", {"id": "initech", "quotas": {"vpc": 1}}, key="operator")
    assert made.status_code == 201
    assert made.json()["quotas"]["vpc"] == {"used": 0, "limit": 1}
    assert api.call("POST", "/v1/projects", {"id": "initech"}, key="operator").status_code == 409
    headers = {"project-id": "initech"}
    assert api.call("POST", "/v1/vpcs", VPC, key="operator", headers=headers).status_code == 201
    full = api.call("POST", "/v1/vpcs", VPC, key="operator", headers=headers)
    assert full.status_code in (409, 422)
    assert "quota" in full.json()["code"]
    raised = api.call("PATCH", "/v1/projects/initech", {"quotas": {"vpc": 2}}, key="operator")
    assert raised.json()["quotas"]["vpc"] == {"used": 1, "limit": 2}
    assert api.call("POST", "/v1/vpcs", VPC, key="operator", headers=headers).status_code == 201
    for id, quotas in (("Initech", {}), ("a" * 64, {}), ("", {}), ("ok", {"vpc": -1}), ("ok", {"car": 1})):
        got = api.call("POST", "/v1/projects", {"id": id, "quotas": quotas}, key="operator")
        assert got.status_code == 422, (id, quotas)
    assert api.call("GET", "/v1/projects/nobody", key="operator").status_code == 404


def test_every_call_is_recorded(api: Api) -> None:
    calls = [
        api.call("POST", "/v1/vpcs", VPC),
        api.call("POST", "/v1/vpcs", {"cidr_blocks": []}),
        api.call("POST", "/v1/vpcs", b"{"),
        api.call("POST", "/v1/vpcs?dry_run=true", VPC),
        api.call("GET", "/v1/vpcs"),
        api.call("GET", "/v1/vpcs?limit=x"),
        api.call("GET", "/v1/vpcs/vpc-00000000000000000"),
        api.call("GET", "/v1/vpcs/x"),
        api.call("GET", "/v1/changes"),
        api.call("GET", "/v1/caller"),
        api.call("POST", "/v1/vpcs", VPC, key="acme/reader"),
        api.call("POST", "/v1/projects", {"id": "x"}),
    ]
    unknown = api.call("GET", "/v1/vpcs", key="xck_ak-00000000000000000_" + "A" * 43)
    end = time.monotonic() + 120
    wanted = {got.headers["request-id"]: got for got in [*calls, unknown]}
    found: dict[str, dict[str, Any]] = {}
    while wanted.keys() - found.keys():
        assert time.monotonic() < end, [wanted[id].request.url for id in wanted.keys() - found.keys()]
        after = 0
        while items := audit_record(api, "auditor", after):
            found |= {item["request_id"]: item for item in items if item["request_id"] in wanted}
            after = items[-1]["number"]
    for id, item in found.items():
        got = wanted[id]
        refused = got.json().get("code", "") if got.is_error else ""
        assert item["code"] == refused
        assert (item["status"] >= 400) == got.is_error
        assert item["source"] == "127.0.0.1"
        assert (item["decision"] == "deny") == (got.status_code in (401, 403))
    first = found[calls[0].headers["request-id"]]
    assert first["policies"] == ["project-admin"]
    assert first["credential_id"].startswith("ak-")
    assert first["resource_id"] == calls[0].json()["id"]
    assert first["revision"] == calls[0].json()["revision"]
    assert found[calls[3].headers["request-id"]]["dry_run"] is True
    assert found[unknown.headers["request-id"]]["principal"] == ""


def test_calls_that_come_to_no_operation_are_recorded_too(api: Api) -> None:
    """Input: paths and methods that there are not, with and without a credential, and metrics. Output: the answers as
    ever, and a line of each in the record of who called."""
    nobody = "xck_ak-00000000000000000_" + "A" * 43
    calls = [
        (api.call("GET", "/v1/nothing"), "acme", "get", "path.not-found"),
        (api.call("POST", "/", {}, key="globex/reader"), "globex", "create", "path.not-found"),
        (api.call("PUT", "/v1/vpcs", {}), "acme", "update", "path.method"),
        (api.call("DELETE", "/v1/audit", key="auditor"), "", "delete", "path.method"),
        (api.call("GET", "/v1/nothing", key=""), "", "get", "path.not-found"),
        (api.call("GET", "/v1/nothing", key=nobody), "", "get", "path.not-found"),
        # Nobody writes into another's record by naming it.
        (api.call("GET", "/v1/nothing", headers={"project-id": "globex"}), "acme", "get", "path.not-found"),
        (api.call("GET", "/v2.0/nothing", key="", headers={"x-auth-token": api.keys["acme/admin"]}), "acme", "get", ""),
        (api.call("GET", "/metrics", key="auditor"), "", "get", ""),
        (api.call("GET", "/metrics"), "acme", "get", "authorisation.denied"),
    ]
    assert [got.status_code for got, *_ in calls] == [404, 404, 405, 405, 404, 404, 404, 404, 200, 403]
    wanted = {got.headers["request-id"] for got, *_ in calls}
    found: dict[str, dict[str, Any]] = {}
    end = time.monotonic() + 120
    after = 0
    while wanted - found.keys():
        assert time.monotonic() < end, wanted - found.keys()
        items = audit_record(api, "auditor", after)
        found |= {item["request_id"]: item for item in items if item["request_id"] in wanted}
        after = items[-1]["number"] if items else after
    for got, project, action, code in calls:
        item = found[got.headers["request-id"]]
        assert (item["project_id"], item["action"], item["status"]) == (project, action, got.status_code)
        assert item["code"] == code or not code
        assert (item["method"], item["path"]) == (got.request.method, got.request.url.path)
        assert item["source"] == "127.0.0.1"
    assert found[calls[0][0].headers["request-id"]]["credential_id"].startswith("ak-")
    assert found[calls[4][0].headers["request-id"]]["principal"] == ""


# Tokens, and policies of the region's own.


class Provider:
    """An identity provider: its keys, and tokens that it might sign."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "jwks.json"
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.other = ECKey.generate_key("P-256", {"kid": "two"})
        self.publish(self.key)

    def publish(self, *keys: RSAKey | ECKey) -> None:
        self.file.write_text(json.dumps(KeySet(list(keys)).as_dict(private=False)))

    def token(self, key: Any = None, algorithm: str = "RS256", **claims: object) -> str:
        now = int(time.time())
        base: dict[str, object] = {
            "iss": ISSUER,
            "aud": "crossconnect",
            "sub": "alice",
            "iat": now,
            "exp": now + 300,
            "projects": ["acme"],
            "roles": ["member"],
        }
        merged = {name: value for name, value in (base | claims).items() if value is not None}
        signing = key or self.key
        kid = getattr(signing, "kid", None)
        header = {"alg": algorithm, **({"kid": kid} if kid else {})}
        return jwt.encode(header, merged, signing, algorithms=[algorithm])


POLICIES = """\
// Nobody deletes VPCs by token; machines that test never really change anything.
@id("no-vpc-deletion-by-token")
forbid(principal, action == Action::"delete", resource)
when { principal.kind == "token" && resource.kind == "vpc" };

@id("testers")
permit(principal, action in Action::"write", resource)
when { principal.roles.contains("tester") && principal.projects.contains(resource.project) && context.dry_run };
"""


@pytest.fixture(scope="module")
def federated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, Provider]]:
    directory = tmp_path_factory.mktemp("federated")
    provider = Provider(directory)
    root = directory / "region"
    (root / "cloud" / "policies").mkdir(parents=True)
    (root / "cloud" / "policies" / "own.cedar").write_text(POLICIES)
    issuer = {"issuer": ISSUER, "audience": "crossconnect", "jwks": str(provider.file), "clock_skew_s": 10}
    issuer["roles"] = ["admin", "member", "reader", "tester"]
    api = Api(root, API_YAML + f"issuers: {json.dumps([issuer])}\n")
    yield api, provider
    api.stop()


def test_a_token(federated: tuple[Api, Provider]) -> None:
    api, provider = federated
    token = provider.token()
    who = api.call("GET", "/v1/caller", key=token).json()
    assert who == {
        "principal": f"{ISSUER}#alice",
        "kind": "token",
        "project_id": "acme",
        "projects": ["acme"],
        "roles": ["member"],
    }
    made = api.call("POST", "/v1/vpcs", VPC, key=token)
    assert made.status_code == 201
    assert api.call("GET", "/v1/vpcs", key=token, headers={"project-id": "globex"}).status_code == 403
    both = provider.token(projects=["acme", "globex"], roles="reader")
    assert api.call("GET", "/v1/vpcs", key=both, headers={"project-id": "globex"}).status_code == 200
    assert api.call("POST", "/v1/vpcs", VPC, key=both, headers={"project-id": "globex"}).status_code == 403


def test_tokens_that_are_not_taken(federated: tuple[Api, Provider]) -> None:
    api, provider = federated
    now = int(time.time())
    good = provider.token()
    header, claims, signature = good.split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    symmetric = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    octets = hmac.digest(provider.key.as_pem(private=False), f"{symmetric}.{claims}".encode(), "sha256")
    mac = base64.urlsafe_b64encode(octets).decode().rstrip("=")
    wrong = {
        "of another issuer": provider.token(iss="https://evil.example.invalid"),
        "for somebody else": provider.token(aud="billing"),
        "for nobody": provider.token(aud=None),
        "expired": provider.token(exp=now - 60),
        "without expiry": provider.token(exp=None),
        "not yet": provider.token(nbf=now + 900),
        "from the future": provider.token(iat=now + 900),
        "without subject": provider.token(sub=None),
        "signed with another key": provider.token(RSAKey.generate_key(2048, {"kid": "one"})),
        "of an unknown key": provider.token(RSAKey.generate_key(2048, {"kid": "nine"})),
        "by another algorithm": provider.token(algorithm="RS512"),
        "not signed": f"{unsigned}.{claims}.",
        "signed with the public key as a secret": f"{symmetric}.{claims}.{mac}",
        "changed": f"{header}.{claims[:-2]}AA.{signature}",
        "cut": f"{header}.{claims}",
        "long": good + "A" * 17_000,
        "expiry as text": provider.token(exp="tomorrow"),
        "nested": f"{base64.urlsafe_b64encode(b'[' * 9000).decode()}.{claims}.{signature}",
    }
    api_key = api.keys["acme/admin"]
    for what, token in wrong.items():
        got = api.call("GET", "/v1/caller", key=token)
        assert got.status_code in (401, 429), what
        if got.status_code == 429:
            time.sleep(float(got.headers["retry-after"]))
            got = api.call("GET", "/v1/caller", key=token)
        assert got.status_code == 401, (what, got.text)
    late = provider.token(exp=int(time.time()) - 5)
    assert api.call("GET", "/v1/caller", key=late).status_code == 200, "within the skew"
    time.sleep(1.1)
    assert api.call("GET", "/v1/caller", key=api_key).status_code == 200


def test_a_token_gives_no_role_that_its_provider_may_not_give(federated: tuple[Api, Provider]) -> None:
    api, provider = federated
    token = provider.token(roles=["operator", "auditor"])
    assert api.call("GET", "/v1/caller", key=token).json()["roles"] == []
    assert api.call("GET", "/v1/projects", key=token).status_code == 403


@pytest.mark.parametrize(
    "projects", [[""], ["", "acme"], "", ["*"], ["a\x00"], ["ACME"], [" acme"], ["x" * 5000], [[]]]
)
def test_a_token_gives_no_more_than_projects(federated: tuple[Api, Provider], projects: Any) -> None:
    """What is no project's id counts for nothing; an empty one least of all, which would be the region as a whole."""
    api, provider = federated
    token = provider.token(roles=["admin"], projects=projects)
    found = ["acme"] if "acme" in projects else []
    assert api.call("GET", "/v1/caller", key=token).json()["projects"] == found
    for path in ("/v1/audit", "/v1/changes", "/v1/vpcs", "/v1/api-keys"):
        assert api.call("GET", path, key=token).status_code == (200 if found else 403), path
    made = api.call("POST", "/v1/api-keys", {"name": "more", "roles": ["operator"]}, key=token)
    assert made.status_code in (403, 422)
    listed = api.call("GET", "/v1/audit?limit=1000", key=token).json().get("items", [])
    assert {item["project_id"] for item in listed} <= {"acme"}


@pytest.mark.parametrize("subject", ["a\x00b", "a\nb", "\x7f", "x" * 256])
def test_who_cannot_be_recorded_is_nobody(tmp_path: Path, subject: str) -> None:
    """OpenID Connect Core, 2: a `sub` has 255 ASCII characters at most; ours may have others, but no control ones."""
    provider = Provider(tmp_path)
    tokens = Tokens((Issuer(issuer=ISSUER, audience="crossconnect", jwks=str(provider.file)),))
    assert tokens.principal(provider.token(sub="店" * 255)).name == "店" * 255
    with pytest.raises(InvalidToken, match="subject"):
        tokens.principal(provider.token(sub=subject))


def test_policies_of_the_region(federated: tuple[Api, Provider]) -> None:
    api, provider = federated
    admin = provider.token(roles=["admin"])
    made = api.call("POST", "/v1/vpcs", VPC, key=admin).json()
    refused = api.call("DELETE", f"/v1/vpcs/{made['id']}", key=admin)
    assert refused.status_code == 403
    assert "no-vpc-deletion-by-token" in refused.json()["detail"]
    tester = provider.token(roles=["tester"])
    assert api.call("POST", "/v1/vpcs?dry_run=true", VPC, key=tester).status_code == 200
    assert api.call("POST", "/v1/vpcs", VPC, key=tester).status_code == 403
    assert api.call("DELETE", f"/v1/vpcs/{made['id']}").status_code == 204
    end = time.monotonic() + 120
    while True:
        items = audit_record(api, "acme/admin")
        record = [item for item in items if item["request_id"] == refused.headers["request-id"]]
        if record:
            break
        assert time.monotonic() < end
        time.sleep(0.1)
    assert record[0]["policies"] == ["no-vpc-deletion-by-token"]


# Rate limits.


def at_once(api: Api, key: str) -> list[httpx.Response]:
    """The answers of more calls than a bucket has, however long they take: one after the other they may take as long as
    it takes to fill again."""
    with ThreadPoolExecutor(40) as pool:
        return [*pool.map(lambda _: api.call("GET", "/v1/caller", key=key), range(120))]


def test_rate_limits(tmp_path: Path) -> None:
    yaml = API_YAML.replace("requests_per_second: 100000", "requests_per_second: 2").replace("100000", "5")
    api = Api(tmp_path / "region", yaml)
    try:
        got = [api.call("GET", "/v1/caller") for _ in range(5)]
        assert [one.status_code for one in got] == [200] * 5
        limited = next(one for one in at_once(api, "acme/admin") if one.status_code != 200)
        assert limited.status_code == 429
        assert limited.json()["code"] == "rate.limited"
        assert int(limited.headers["retry-after"]) >= 1
        assert got[0].headers["ratelimit-policy"] == '"project";q=5;w=3'
        assert got[0].headers["ratelimit"] == '"project";r=4;t=0'
        # Other projects are not held up by it.
        assert api.call("GET", "/v1/caller", key="globex/admin").status_code == 200
        time.sleep(float(limited.headers["retry-after"]))
        assert api.call("GET", "/v1/caller").status_code == 200
        assert api.call("GET", "/v1/caller", key="auditor").status_code == 200  # and is let in from then on
        guess = "xck_ak-00000000000000000_" + "A" * 43
        wrong = at_once(api, guess)
        assert {one.status_code for one in wrong} == {401, 429}
        turned_away = next(one for one in wrong if one.status_code == 429)
        assert int(turned_away.headers["retry-after"]) >= 1
        # Who was turned away is recorded, too: from where, and what was asked for.
        id = turned_away.headers["request-id"]
        end = time.monotonic() + 120
        told: list[dict[str, Any]] = []
        while not told:
            assert time.monotonic() < end
            time.sleep(1.0)  # the auditor may ask twice a second
            told = [item for item in audit_record(api, "auditor") if item["request_id"] == id]
        assert [(one["status"], one["source"], one["path"]) for one in told] == [(429, "127.0.0.1", "/v1/caller")]
    finally:
        api.stop()
