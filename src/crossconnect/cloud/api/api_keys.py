"""Operations on API keys."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from crossconnect.cloud.api import body
from crossconnect.cloud.api.administered import IfMatch, Noun, as_planned
from crossconnect.cloud.api.etag import tag
from crossconnect.cloud.api.idempotency import once_key
from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.api.principal import PROJECT_ROLES, REGION_ROLES
from crossconnect.cloud.api.problems import API_KEY_EXPIRY, API_KEY_NO_ROLE, API_KEY_PAST, API_KEY_ROLE
from crossconnect.cloud.api.records import ApiKey, ApiKeyBody, ApiKeyPatch, NewApiKey
from crossconnect.cloud.resource import invalid
from crossconnect.cloud.service import Administered, Key, Service, texts

PATH = "/v1/api-keys"


async def create(service: Service, call: Call) -> Answer:
    """POST of an API key."""
    body.expect_type(call.headers.get("content-type", ""), body.JSON)
    wish = body.decode(call.body, ApiKeyBody)
    token = once_key(call)
    _check_roles(call, wish)
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
        tags=wish.tags,
    )
    call.reached = True
    done, text = await service.create_key(call.caller, wanted, token=token, dry_run=call.dry_run)
    made = done.record
    if call.dry_run:
        return as_planned(await _whole(service, call, made), done)
    shown = NewApiKey(**msgspec.structs.asdict(_api_key(made)), key=text)
    headers = [("location", f"{PATH}/{made.id}"), ("cache-control", "no-store"), ("etag", tag(made.revision))]
    if not text:
        headers.append(("idempotency-replayed", "true"))
    return Answer(status=201, body=msgspec.json.encode(shown), headers=tuple(headers))


def _check_roles(call: Call, wish: ApiKeyBody) -> None:
    known = PROJECT_ROLES if call.project_id else REGION_ROLES
    for n, role in enumerate(wish.roles):
        if role not in known:
            whose = "a project" if call.project_id else "the region"
            message = f"a key of {whose} has roles {', '.join(known)}, not {role[:40]!r}"
            raise invalid(API_KEY_ROLE.code, message, f"/roles/{n}")
    if not wish.roles:
        raise invalid(API_KEY_NO_ROLE.code, "a key without a role may do nothing", "/roles")


def _expect_later(text: str) -> None:
    try:
        at = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        at = None
    if at is None or at.tzinfo is None:
        raise invalid(API_KEY_EXPIRY.code, f"{text[:40]!r} is no time of RFC 3339", "/expires_at")
    if at <= datetime.now(UTC):
        raise invalid(API_KEY_PAST.code, f"{text} is over", "/expires_at")


async def _update(service: Service, call: Call, patch: ApiKeyPatch, allowed: IfMatch) -> Administered[Key]:
    call.reached = True
    return await service.update_key(
        call.caller,
        call.project_id,
        call.id,
        lambda key: _patched(key, patch),
        if_match=allowed,
        dry_run=call.dry_run,
    )


async def _whole(_service: Service, _call: Call, key: Key) -> Answer:
    return Answer(body=msgspec.json.encode(_api_key(key)), headers=(("etag", tag(key.revision)),))


def _patched(key: Key, patch: ApiKeyPatch) -> Key:
    """RFC 7396."""
    name = key.name if patch.name is msgspec.UNSET else patch.name
    tags = key.tags if patch.tags is msgspec.UNSET else body.merged_members(key.tags, patch.tags)
    return msgspec.structs.replace(key, name=name, tags=tags)


def _api_key(key: Key) -> ApiKey:
    return ApiKey(**{field: getattr(key, field) for field in ApiKey.__struct_fields__})


KEYS: Noun[Key] = Noun(
    path=PATH,
    patch=ApiKeyPatch,
    page=lambda service, call, query: service.key_page(call.caller, call.project_id, query),
    item=_api_key,
    find=lambda service, call: service.key(call.caller, call.project_id, call.id),
    whole=_whole,
    update=_update,
    delete=lambda service, call, allowed: service.revoke_key(
        call.caller, call.project_id, call.id, if_match=allowed, dry_run=call.dry_run
    ),
)
"""One that is deleted is revoked, and stays in the list."""
