"""Operations beside the kinds: projects and their quotas, API keys, audit record, the caller itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from crossconnect.cloud.api import body, query
from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.api.principal import PROJECT_ROLES, REGION_ROLES
from crossconnect.cloud.api.problems import API_KEY_EXPIRY, API_KEY_NO_ROLE, API_KEY_PAST, API_KEY_ROLE, PROJECT_QUOTA
from crossconnect.cloud.resource import invalid, missing
from crossconnect.cloud.service import AuditRecord, Caller, Key, Service, texts

AUDIT_LIMIT_MAX = 1000


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """Of one kind."""

    used: int
    limit: int


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project (tenant), and how many resources of each kind it has and may have."""

    id: str
    quotas: dict[str, Quota]
    """By kind."""


class ProjectBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create a project."""

    id: str
    """Lower case letters, digits and `-`, up to 63."""
    quotas: dict[str, int] = {}
    """By kind; those that are not named have the region's."""


class ProjectPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change a project's quotas; those that are not named stay."""

    quotas: dict[str, int] = {}


class ProjectItem(msgspec.Struct, frozen=True, kw_only=True):
    """A project in a list."""

    id: str


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key, without its secret."""

    id: str
    project_id: str
    """Empty: of the region."""
    name: str
    hint: str
    """The last four characters, to know it again."""
    roles: tuple[str, ...]
    created_at: str
    expires_at: str = ""
    """Empty: never."""
    revoked_at: str = ""
    """Empty: not revoked."""


class NewApiKey(ApiKey, frozen=True, kw_only=True):
    """An API key that was made just now."""

    key: str
    """What to send as `Authorization: Bearer ...`. Shown here and never again."""


class ApiKeyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create an API key."""

    name: str
    """For people."""
    roles: tuple[str, ...] = ("member",)
    """`admin`, `member`, `reader`; for a key of the region `operator`, `auditor`."""
    expires_at: str = ""
    """RFC 3339; empty: never."""


class CallerItem(msgspec.Struct, frozen=True, kw_only=True):
    """Who the API takes the caller for."""

    principal: str
    kind: str
    """`api-key` or `token`."""
    project_id: str
    """For which project this request was."""
    projects: tuple[str, ...]
    roles: tuple[str, ...]


class AuditItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One call, carried out or not."""

    number: int
    at: str
    """RFC 3339, UTC."""
    project_id: str
    principal: str
    """Empty where nobody was authenticated."""
    credential_id: str
    action: str
    kind: str
    resource_id: str
    status: int
    """HTTP status of the answer."""
    code: str
    """Of the first problem; empty where it was carried out."""
    decision: str
    """`allow` or `deny`."""
    policies: tuple[str, ...]
    """That allowed it, or refused it; none: nothing allowed it."""
    dry_run: bool
    revision: int
    """Number of the command's changes; 0 for none."""
    request_id: str
    source: str
    """Address of the client."""
    method: str
    path: str
    foreign: bool | msgspec.UnsetType = msgspec.UNSET
    """Whether it named a resource of another project; told to the region's auditors alone."""


async def create_project(service: Service, call: Call) -> Answer:
    """POST of a project."""
    body.expect_type(call.headers.get("content-type", ""), body.JSON)
    wish = body.decode(call.body, ProjectBody)
    quotas = _checked(wish.quotas)
    call.reached = True
    await service.create_project(call.caller, wish.id, quotas)
    found = await _project(service, call.caller, wish.id)
    return Answer(status=201, body=msgspec.json.encode(found), headers=(("location", f"/v1/projects/{wish.id}"),))


async def list_projects(service: Service, call: Call) -> Answer:
    """GET of all projects."""
    found = [ProjectItem(id=id) for id in await service.projects(call.caller)]
    return Answer(body=msgspec.json.encode({"items": found, "next": ""}))


async def get_project(service: Service, call: Call) -> Answer:
    """GET of a project."""
    return Answer(body=msgspec.json.encode(await _existing(service, call)))


async def update_project(service: Service, call: Call) -> Answer:
    """PATCH of a project's quotas."""
    body.expect_type(call.headers.get("content-type", ""), body.MERGE_PATCH)
    patch = body.convert(body.plain(call.body), ProjectPatch)
    await _existing(service, call)
    quotas = _checked(patch.quotas)
    if quotas:
        call.reached = True
        await service.set_quotas(call.caller, call.id, quotas)
    return Answer(body=msgspec.json.encode(await _project(service, call.caller, call.id)))


def _checked(quotas: Mapping[str, int]) -> Mapping[str, int]:
    for kind, limit in quotas.items():
        if not 0 <= limit <= 10_000_000:
            raise invalid(PROJECT_QUOTA.code, f"a quota is 0 to 10,000,000, not {limit}", f"/quotas/{kind}")
    return quotas


async def _existing(service: Service, call: Call) -> Project:
    if call.id not in await service.projects(msgspec.structs.replace(call.caller, project_id="", admin=True)):
        raise missing("project", call.id[:80])
    return await _project(service, call.caller, call.id)


async def _project(service: Service, caller: Caller, id: str) -> Project:
    found = await service.quotas(msgspec.structs.replace(caller, project_id=id))
    return Project(id=id, quotas={kind: Quota(used=used, limit=limit) for kind, (used, limit) in found.items()})


async def create_key(service: Service, call: Call) -> Answer:
    """POST of an API key."""
    body.expect_type(call.headers.get("content-type", ""), body.JSON)
    wish = body.decode(call.body, ApiKeyBody)
    known = PROJECT_ROLES if call.project_id else REGION_ROLES
    for n, role in enumerate(wish.roles):
        if role not in known:
            whose = "a project" if call.project_id else "the region"
            message = f"a key of {whose} has roles {', '.join(known)}, not {role[:40]!r}"
            raise invalid(API_KEY_ROLE.code, message, f"/roles/{n}")
    if not wish.roles:
        raise invalid(API_KEY_NO_ROLE.code, "a key without a role may do nothing", "/roles")
    if wish.expires_at:
        _expect_later(wish.expires_at)
    texts.check(wish)
    wanted = Key(
        id="",
        project_id=call.project_id,
        name=wish.name,
        roles=wish.roles,
        admin="operator" in wish.roles,
        created_at="",
        expires_at=wish.expires_at,
    )
    call.reached = True
    made, text = await service.create_key(call.caller, wanted)
    shown = NewApiKey(**msgspec.structs.asdict(_api_key(made)), key=text)
    headers = (("location", f"/v1/api-keys/{made.id}"), ("cache-control", "no-store"))
    return Answer(status=201, body=msgspec.json.encode(shown), headers=headers)


def _expect_later(text: str) -> None:
    try:
        at = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        at = None
    if at is None or at.tzinfo is None:
        raise invalid(API_KEY_EXPIRY.code, f"{text[:40]!r} is no time of RFC 3339", "/expires_at")
    if at <= datetime.now(UTC):
        raise invalid(API_KEY_PAST.code, f"{text} is over", "/expires_at")


async def list_keys(service: Service, call: Call) -> Answer:
    """GET of a project's API keys."""
    found = [_api_key(key) for key in await service.keys(call.caller, call.project_id)]
    return Answer(body=msgspec.json.encode({"items": found, "next": ""}))


async def revoke_key(service: Service, call: Call) -> Answer:
    """DELETE of an API key: it is revoked, and stays in the list."""
    if not any(key.id == call.id for key in await service.keys(call.caller, call.project_id)):
        raise missing("api-key", call.id[:80])
    call.reached = True
    await service.revoke_key(call.caller, call.project_id, call.id)
    return Answer(status=204)


def _api_key(key: Key) -> ApiKey:
    return ApiKey(
        id=key.id,
        project_id=key.project_id,
        name=key.name,
        hint=key.hint,
        roles=key.roles,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )


async def caller(call: Call) -> Answer:
    """GET of the caller itself."""
    principal = call.principal
    assert principal is not None
    found = CallerItem(
        principal=principal.id,
        kind=principal.kind,
        project_id=call.project_id,
        projects=principal.projects,
        roles=principal.roles,
    )
    return Answer(body=msgspec.json.encode(found))


async def audit(service: Service, call: Call) -> Answer:
    """GET of the audit record, oldest first."""
    after = query.number(call.query, "after", 0, 0, 10**18 - 1)
    limit = query.number(call.query, "limit", 100, 1, AUDIT_LIMIT_MAX)
    found = await service.audit(call.caller, after=after, limit=limit)
    items = [_audit_item(record, whole=not call.project_id) for record in found]
    last = items[-1].number if items else after
    told = {"items": items, "last": last, "cleared": await service.audit_cleared()}
    return Answer(body=msgspec.json.encode(told), headers=(("cache-control", "no-store"),))


def _audit_item(record: AuditRecord, whole: bool) -> AuditItem:
    request = record.request
    return AuditItem(
        number=record.number,
        at=record.at,
        project_id=record.project_id,
        principal=record.principal,
        credential_id=request.credential_id,
        action=record.action,
        kind=record.kind,
        resource_id=record.resource_id,
        status=record.status,
        code=record.code,
        decision=record.decision,
        policies=request.policies,
        dry_run=record.dry_run,
        revision=record.revision,
        request_id=request.id,
        source=request.source,
        method=request.method,
        path=request.path,
        foreign=record.foreign if whole else msgspec.UNSET,
    )
