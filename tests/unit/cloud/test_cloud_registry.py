"""The registry: every kind is whole, and what it says of itself is so."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cloud_memory import BY_TYPE
from cloud_zoo import zoo
from crossconnect.cloud.limits import QUOTAS
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import ID, Refused, Resource, nobody


def test_names_paths_and_prefixes_are_each_kinds_own() -> None:
    for attribute in ("name", "path", "prefix", "resource", "body", "patch"):
        values = [getattr(kind, attribute) for kind in KINDS.values()]
        assert len(set(values)) == len(values)
    assert all(ID.fullmatch(f"{kind.prefix}-{'0' * 17}") for kind in KINDS.values())
    assert set(QUOTAS) == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_fields_of_requests_and_filters_are_the_resources(name: str) -> None:
    kind = KINDS[name]
    fields = set(kind.resource.__struct_fields__)
    assert set(kind.filters) <= fields
    assert set(kind.patch.__struct_fields__) <= fields
    assert set(kind.body.__struct_fields__) <= fields


def _value(resource: Resource, field: str) -> object:
    found: Any = msgspec.json.decode(msgspec.json.encode(resource))
    for part in field.split("/"):
        found = found[int(part)] if isinstance(found, list) else found[part]
    return found


def test_references_name_fields_that_have_what_they_say() -> None:
    cloud = zoo()
    assert {BY_TYPE[type(r)].name for r in cloud.documents.values()} == set(KINDS)
    for resource in cloud.documents.values():
        kind = BY_TYPE[type(resource)]
        for reference in kind.references(resource):
            assert _value(resource, reference.field) == reference.id
            assert reference.id in cloud.documents


def test_documents_survive_the_store() -> None:
    for resource in zoo().documents.values():
        assert msgspec.json.decode(msgspec.json.encode(resource), type=type(resource)) == resource


def test_each_names_its_kind_by_its_prefix() -> None:
    for resource in zoo().documents.values():
        assert resource.id.startswith(f"{BY_TYPE[type(resource)].prefix}-")


def test_an_update_that_says_nothing_changes_nothing() -> None:
    cloud = zoo()
    for id, resource in list(cloud.documents.items()):
        change = cloud.plan_update(id, project=resource.project_id)
        assert change.put == (resource,)
        assert not (change.delete)
        assert not (change.claims)
        assert not (change.releases)
        assert not (change.effects)


def test_who_only_sees_a_resource_neither_names_nor_tags_it() -> None:
    """Input: resources that other projects see. Output: a refusal for each of these, whatever they would name."""
    cloud = zoo()
    guests = 0
    for id, resource in list(cloud.documents.items()):
        for project in BY_TYPE[type(resource)].seen_by(resource):
            if project == resource.project_id:
                continue
            guests += 1
            for patch in ({"name": "mine"}, {"description": "mine"}, {"tags": {"mine": "yes"}}):
                with pytest.raises(Refused) as error:
                    cloud.plan_update(id, project=project, **patch)
                assert error.value.status == 403
    assert guests == 5


def test_what_is_private_is_a_field_of_a_kind_that_others_see() -> None:
    for kind in KINDS.values():
        assert set(kind.private) <= set(kind.resource.__struct_fields__)
        assert not kind.private or kind.seen_by is not nobody
