"""Operations on projects and their quotas."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from crossconnect.cloud.api import body, paging
from crossconnect.cloud.api.etag import expect_tags, is_named, letters, revisions, tag
from crossconnect.cloud.api.idempotency import once_key
from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.api.problems import PROJECT_QUOTA
from crossconnect.cloud.api.records import Project, ProjectBody, ProjectItem, ProjectPatch, Quota
from crossconnect.cloud.resource import invalid
from crossconnect.cloud.service import ProjectRecord, Service

PATH = "/v1/projects"
QUOTA_MAX = 10_000_000


async def create(service: Service, call: Call) -> Answer:
    """POST of a project."""
    body.expect_type(call.headers.get("content-type", ""), body.JSON)
    wish = body.decode(call.body, ProjectBody)
    _check(wish.quotas)
    token = once_key(call)
    call.reached = True
    record = ProjectRecord(id=wish.id, name=wish.name, description=wish.description, tags=wish.tags)
    made, replayed = await service.create_project(call.caller, wish.id, wish.quotas, wish=record, token=token)
    used = await service.quotas(msgspec.structs.replace(call.caller, project_id=wish.id))
    answer = _answer(_project(made, used), 201)
    headers = (("location", f"{PATH}/{wish.id}"), *((("idempotency-replayed", "true"),) if replayed else ()))
    return msgspec.structs.replace(answer, headers=(*answer.headers, *headers))


async def list_(service: Service, call: Call) -> Answer:
    """GET of a page of projects."""
    found, marker = await service.project_page(call.caller, paging.asked(call))
    return paging.listed(PATH, call, [msgspec.json.encode(_item(one)) for one in found], marker)


async def get(service: Service, call: Call) -> Answer:
    """GET of a project."""
    known = call.headers.get("if-none-match", "")
    expect_tags("If-None-Match", known)
    project, used = await service.project(msgspec.structs.replace(call.caller, project_id=call.id))
    answer = _answer(_project(project, used), 200)
    headers = (*answer.headers, ("cache-control", "private, no-cache"))
    if is_named(known, dict(answer.headers)["etag"]):
        return Answer(status=304, headers=headers)
    return msgspec.structs.replace(answer, headers=headers)


async def update(service: Service, call: Call) -> Answer:
    """PATCH of a project."""
    body.expect_type(call.headers.get("content-type", ""), body.MERGE_PATCH)
    patch = body.convert(body.plain(call.body), ProjectPatch)
    allowed = revisions(call.headers.get("if-match", ""))
    _check({kind: limit for kind, limit in (patch.quotas or {}).items() if limit is not None})
    call.reached = True
    changed = await service.update_project(
        call.caller, call.id, lambda project: _patched(project, patch), if_match=allowed
    )
    used = await service.quotas(msgspec.structs.replace(call.caller, project_id=call.id))
    return _answer(_project(changed, used), 200)


async def delete(service: Service, call: Call) -> Answer:
    """DELETE of a project, in which nothing is any more."""
    allowed = revisions(call.headers.get("if-match", ""))
    call.reached = True
    await service.delete_project(call.caller, call.id, if_match=allowed)
    return Answer(status=204)


def _patched(project: ProjectRecord, patch: ProjectPatch) -> ProjectRecord:
    """RFC 7396."""
    fields: dict[str, object] = {
        name: value or "" for name in ("name", "description") if (value := getattr(patch, name)) is not msgspec.UNSET
    }
    if patch.tags is not msgspec.UNSET:
        fields["tags"] = body.merged_members(project.tags, patch.tags)
    if patch.quotas is not msgspec.UNSET:
        fields["quotas"] = body.merged_members(project.quotas, patch.quotas)
    return msgspec.structs.replace(project, **fields)


def _check(quotas: Mapping[str, int]) -> None:
    for kind, limit in quotas.items():
        if not 0 <= limit <= QUOTA_MAX:
            raise invalid(PROJECT_QUOTA.code, f"a quota is 0 to 10,000,000, not {limit}", f"/quotas/{kind}")


def _answer(project: Project, status: int) -> Answer:
    """With its ETag: the revision, and behind it what changes without one, as letters: how much is used."""
    used = letters(msgspec.json.encode(project.quotas))
    octets = msgspec.json.encode(project)
    return Answer(status=status, body=octets, headers=(("etag", tag(project.revision, used)),))


def _project(record: ProjectRecord, used: Mapping[str, tuple[int, int]]) -> Project:
    quotas = {kind: Quota(used=count, limit=limit) for kind, (count, limit) in used.items()}
    return Project(**msgspec.structs.asdict(_item(record)), quotas=quotas)


def _item(record: ProjectRecord) -> ProjectItem:
    return ProjectItem(**{field: getattr(record, field) for field in ProjectItem.__struct_fields__})
