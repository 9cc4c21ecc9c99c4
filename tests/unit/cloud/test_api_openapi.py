"""The OpenAPI document describes what is there, all of it; and requests made up from it find nothing else."""

from __future__ import annotations

import contextlib
import copy
import functools
import http
import os
from collections import Counter
from typing import Any

import hypothesis
import jsonschema
import msgspec
import pytest
import schemathesis
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api_realised import kinds_of, realised_api
from cloud_api import Api, shared_api
from crossconnect.cloud.registry import KINDS
from ovsdb_server import wait_for

EXAMPLES = int(os.environ.get("XC_API_EXAMPLES", "8"))
"""Requests per operation; more for a longer search."""
STEPS = 20 * EXAMPLES
"""Requests that follow from each other."""


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


def linked() -> dict[str, Any]:
    """The document with what follows from what: who has made something gets, changes, deletes it, and names it in the
    bodies of others, of which `api_realised` sees."""
    made = copy.deepcopy(document())
    for kind in KINDS.values():
        links = {
            f"{verb}_it": {"operationId": f"{verb}_{kind.name}", "parameters": {"id": "$response.body#/id"}}
            for verb in ("get", "update", "delete", "uses_of")
        }
        for other in KINDS.values():
            fields = (field.name for field in msgspec.structs.fields(other.body) if kind.name in kinds_of(field.name))
            if any(field.endswith("_id") for field in fields):
                links[f"in_{other.name}"] = {"operationId": f"create_{other.name}"}
        made["paths"][f"/v1/{kind.path}"]["post"]["responses"]["201"]["links"] = links
    return made


def test_what_follows_from_what_has_documented_answers() -> None:
    """One thing after the other, drawn anew in each run: made, named by others, changed, asked for, deleted, and asked
    for again."""
    followed = schemathesis.openapi.from_dict(linked())
    followed.config.phases.stateful.inference.algorithms = []  # it finds thousands, of which most lead nowhere
    followed.config.generation.modes = [GenerationMode.POSITIVE]
    answers: Counter[tuple[str, int]] = Counter()
    wrong: list[str] = []

    class Workflow(followed.as_state_machine()):
        def call(self, case: schemathesis.Case, **kwargs: Any) -> Any:
            try:
                got = asked(case, follows=True)
            except Exception as error:
                wrong.append(f"{case.as_curl_command()}: {error}")
                raise
            answers[case.method, got.status_code] += 1
            return got

        def validate_response(self, response: Any, case: schemathesis.Case, **kwargs: Any) -> None:
            """It is, by `asked`."""

    settings = hypothesis.settings(
        max_examples=EXAMPLES,
        stateful_step_count=10,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
        database=None,
    )
    while answers.total() < STEPS and not wrong:
        with contextlib.suppress(hypothesis.errors.FlakyStrategyDefinition):  # the API answers otherwise than before
            run_state_machine_as_test(Workflow, settings=settings)
    assert not wrong
    print(sorted(answers.items()))


def asked(case: schemathesis.Case, *, follows: bool = False) -> Any:
    """A made-up request's answer, which is a documented one. It names what exists, in its path only where it does not
    follow from another request, and waits for nothing."""
    # A process of their own: they make any number of things, and set any quota.
    realised = realised_api()
    realised.name_what_exists(case, follows=follows)
    if case.path == "/v1/changes":
        case.query = {**(case.query or {}), "timeout": 0}
    if "timeout" in (case.query or {}):
        case.query["timeout"] = 0
    key = "operator" if case.path.startswith(("/v1/projects", "/metrics")) else "acme/admin"
    headers = {"authorization": f"Bearer {realised.api.keys[key]}"}
    got = case.call(base_url=realised.api.url, headers=headers, timeout=400)
    case.validate_response(got, checks=CHECKS)
    assert got.status_code != http.HTTPStatus.INTERNAL_SERVER_ERROR
    if got.status_code == http.HTTPStatus.CREATED and case.path in realised.kinds:
        realised.made(realised.kinds[case.path], got.json())
    return got


def test_all_of_it_is_realised_and_nothing_was_a_mistake_of_ours() -> None:
    realised = realised_api()
    assert "Traceback" not in realised.api.log()
    assert realised.api.process.poll() is None
    if realised.box is not None:
        wait_for(realised.is_settled, 120)
        assert realised.api.call("GET", "/ready", key="").json() == {"status": "ok", "northbound": "ok"}
