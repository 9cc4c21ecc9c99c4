"""The OpenAPI document describes what is there, all of it; and requests made up from it find nothing else."""

from __future__ import annotations

import functools
import http
import os
from typing import Any

import hypothesis
import jsonschema
import msgspec
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api_realised import realised_api
from cloud_api import Api, shared_api
from crossconnect.cloud.registry import KINDS

EXAMPLES = int(os.environ.get("XC_API_EXAMPLES", "8"))
"""Requests per operation; more for a longer search."""


@pytest.fixture(scope="module")
def api() -> Api:
    return shared_api()


@functools.cache
def document() -> dict[str, Any]:
    return shared_api().call("GET", "/openapi.json", key="").json()


def resolved(value: Any) -> Any:
    """A value of the document, followed where it is a reference."""
    while isinstance(value, dict) and "$ref" in value:
        found: Any = document()
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(m, path, op) for path, item in document()["paths"].items() for m, op in item.items()]


def test_it_is_an_openapi_document() -> None:
    assert document()["openapi"] == "3.1.0"
    names = [op["operationId"] for _, _, op in operations()]
    assert len(names) == len(set(names))
    for kind in KINDS.values():
        assert set(document()["paths"][f"/v1/{kind.path}"]) == {"post", "get"}
        assert set(document()["paths"][f"/v1/{kind.path}/{{id}}"]) == {"get", "patch", "delete"}


def test_every_answer_is_described_with_its_body() -> None:
    for method, path, op in operations():
        assert op["summary"]
        for status, answer in op["responses"].items():
            described = resolved(answer)
            assert described["description"], (method, path, status)
            if int(status) >= 400:
                assert list(described["content"]) == ["application/problem+json"]
            elif status not in ("204", "304"):
                assert described["content"], (method, path, status)
        public = op.get("security") == []
        assert ({"401", "403", "429"} <= set(op["responses"])) is not public


def test_every_example_is_as_its_schema_says() -> None:
    count = 0
    for method, path, op in operations():
        bodies = [op["requestBody"]] if "requestBody" in op else []
        for holder in [*bodies, *(resolved(answer) for answer in op["responses"].values())]:
            for media in holder.get("content", {}).values():
                if "example" in media:
                    schema = {**media["schema"], "components": document()["components"]}
                    jsonschema.Draft202012Validator(schema).validate(media["example"])
                    count += 1
        assert method != "post" or any("example" in m for b in bodies for m in b["content"].values()), path
    assert count > 200


def test_bodies_of_examples_are_records() -> None:
    for kind in KINDS.values():
        op = document()["paths"][f"/v1/{kind.path}"]["post"]
        msgspec.convert(op["requestBody"]["content"]["application/json"]["example"], kind.body)


def test_fields_of_kinds_are_described() -> None:
    for kind in KINDS.values():
        schema = document()["components"]["schemas"][kind.resource.__name__]
        assert schema["description"]
        for field in ("id", "project_id", "revision", "created_at"):
            assert schema["properties"][field]["description"]


schema = schemathesis.openapi.from_dict(document())
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    database=None,
    derandomize=True,
)
def test_made_up_requests_have_documented_answers(case: schemathesis.Case) -> None:
    asked(case)


def asked(case: schemathesis.Case) -> Any:
    """A made-up request's answer, which is a documented one. It names what exists, and waits for nothing."""
    # A process of their own: they make any number of things, and set any quota.
    realised = realised_api()
    realised.name_what_exists(case)
    if case.path == "/v1/changes":
        case.query = {**(case.query or {}), "timeout": 0}
    if "timeout" in (case.query or {}):
        case.query["timeout"] = 0
    key = "operator" if case.path.startswith(("/v1/projects", "/metrics")) else "acme/admin"
    headers = {"authorization": f"Bearer {realised.api.keys[key]}"}
    got = case.call(base_url=realised.api.url, headers=headers, timeout=60)
    case.validate_response(got, checks=CHECKS)
    assert got.status_code != http.HTTPStatus.INTERNAL_SERVER_ERROR
    return got
