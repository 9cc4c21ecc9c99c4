"""Operations beside the kinds: the caller itself, the audit record."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.api import query
from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.api.records import AuditItem, CallerItem
from crossconnect.cloud.service import AuditRecord, Service

AUDIT_LIMIT_MAX = 1000


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
