"""Operations on projects and their quotas."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from crossconnect.cloud.api import body
from crossconnect.cloud.api.administered import IfMatch, Noun, as_planned
from crossconnect.cloud.api.etag import letters, tag
from crossconnect.cloud.api.idempotency import once_key
from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.api.problems import PROJECT_QUOTA
from crossconnect.cloud.api.records import Project, ProjectBody, ProjectItem, ProjectPatch, Quota
from crossconnect.cloud.resource import invalid
from crossconnect.cloud.service import Administered, ProjectRecord, Service

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
    done = await service.create_project(
        call.caller, wish.id, wish.quotas, wish=record, token=token, dry_run=call.dry_run
    )
    answer = await _whole(service, call, done.record)
    if call.dry_run:
        return as_planned(answer, done)
    headers = (("location", f"{PATH}/{wish.id}"), *((("idempotency-replayed", "true"),) if done.replayed else ()))
    return msgspec.structs.replace(answer, status=201, headers=(*answer.headers, *headers))


async def _find(service: Service, call: Call) -> ProjectRecord:
    return (await service.project(msgspec.structs.replace(call.caller, project_id=call.id)))[0]


async def _update(service: Service, call: Call, patch: ProjectPatch, allowed: IfMatch) -> Administered[ProjectRecord]:
    _check({kind: limit for kind, limit in (patch.quotas or {}).items() if limit is not None})
    call.reached = True
    return await service.update_project(
        call.caller, call.id, lambda project: _patched(project, patch), if_match=allowed, dry_run=call.dry_run
    )


async def _whole(service: Service, call: Call, record: ProjectRecord) -> Answer:
    """With its ETag: the revision, and behind it what changes without one, as letters: how much is used."""
    used = await service.quotas(msgspec.structs.replace(call.caller, project_id=record.id), record.quotas)
    quotas = {kind: Quota(used=count, limit=limit) for kind, (count, limit) in used.items()}
    project = Project(**msgspec.structs.asdict(_item(record)), quotas=quotas)
    etag = tag(project.revision, letters(msgspec.json.encode(project.quotas)))
    return Answer(body=msgspec.json.encode(project), headers=(("etag", etag),))


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


def _item(record: ProjectRecord) -> ProjectItem:
    return ProjectItem(**{field: getattr(record, field) for field in ProjectItem.__struct_fields__})


PROJECTS: Noun[ProjectRecord] = Noun(
    path=PATH,
    patch=ProjectPatch,
    page=lambda service, call, query: service.project_page(call.caller, query),
    item=_item,
    find=_find,
    whole=_whole,
    update=_update,
    delete=lambda service, call, allowed: service.delete_project(
        call.caller, call.id, if_match=allowed, dry_run=call.dry_run
    ),
)
"""One is deleted in which nothing is any more."""
