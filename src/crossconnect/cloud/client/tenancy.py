"""Projects and API keys of the typed client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from crossconnect.cloud.api.records import (
    ApiKey,
    ApiKeyBody,
    ApiKeyPatch,
    NewApiKey,
    Project,
    ProjectBody,
    ProjectItem,
    ProjectPatch,
)
from crossconnect.cloud.client.paging import MERGE_PATCH, Filters, items, matching, once
from crossconnect.cloud.client.planning import Plan, plan_create, plan_delete, plan_update
from crossconnect.cloud.client.transport import Transport


class Projects:
    """All projects: for operators. A project's own key may get that one."""

    _path = "/v1/projects"

    def __init__(self, transport: Transport) -> None:
        """Made by `Client`."""
        self._transport = transport

    def list(self, filters: Filters | None = None, tags: Sequence[str] = (), page: int = 1000) -> Iterator[ProjectItem]:
        """All that match, in the order of their ids. `filters` are `id` and `name`; `tags` as `key=value` or `key`."""
        found = items(self._transport, self._path, filters, tags, page)
        return (msgspec.convert(item, ProjectItem) for item in found)

    def get(self, id: str) -> Project:
        """One project with its quotas."""
        return msgspec.json.decode(self._transport.send("GET", f"{self._path}/{id}").content, type=Project)

    def create(self, body: ProjectBody, *, idempotency_key: str = "") -> Project:
        """Make one."""
        got = self._transport.send("POST", self._path, None, msgspec.json.encode(body), once(idempotency_key))
        return msgspec.json.decode(got.content, type=Project)

    def update(self, id: str, patch: ProjectPatch, *, if_match: int | None = None) -> Project:
        """Change one; with `if_match`, only if that is its revision."""
        headers = {**MERGE_PATCH, **matching(if_match)}
        got = self._transport.send("PATCH", f"{self._path}/{id}", None, msgspec.json.encode(patch), headers)
        return msgspec.json.decode(got.content, type=Project)

    def delete(self, id: str, *, if_match: int | None = None) -> None:
        """Delete one in which nothing is any more, with its keys."""
        self._transport.send("DELETE", f"{self._path}/{id}", headers=matching(if_match))

    def plan_create(self, body: ProjectBody) -> Plan:
        """What `create` would do."""
        return plan_create(self._transport, self._path, body)

    def plan_update(self, id: str, patch: ProjectPatch) -> Plan:
        """What `update` would do."""
        return plan_update(self._transport, f"{self._path}/{id}", patch)

    def plan_delete(self, id: str) -> Plan:
        """What `delete` would do."""
        return plan_delete(self._transport, f"{self._path}/{id}")


class Keys:
    """API keys of the client's project; of the region, where it has none."""

    _path = "/v1/api-keys"

    def __init__(self, transport: Transport) -> None:
        """Made by `Client`."""
        self._transport = transport

    def list(self, filters: Filters | None = None, tags: Sequence[str] = (), page: int = 1000) -> Iterator[ApiKey]:
        """All that match, revoked ones too. `filters` are `id` and `name`; `tags` as `key=value` or `key`."""
        found = items(self._transport, self._path, filters, tags, page)
        return (msgspec.convert(item, ApiKey) for item in found)

    def get(self, id: str) -> ApiKey:
        """One key."""
        return msgspec.json.decode(self._transport.send("GET", f"{self._path}/{id}").content, type=ApiKey)

    def create(self, body: ApiKeyBody, *, idempotency_key: str = "") -> NewApiKey:
        """Make one. `key` is what to send; it is empty where the answer to the first attempt was lost: revoke that key,
        and make another."""
        got = self._transport.send("POST", self._path, None, msgspec.json.encode(body), once(idempotency_key))
        return msgspec.json.decode(got.content, type=NewApiKey)

    def update(self, id: str, patch: ApiKeyPatch, *, if_match: int | None = None) -> ApiKey:
        """Change one's name or tags; with `if_match`, only if that is its revision."""
        headers = {**MERGE_PATCH, **matching(if_match)}
        got = self._transport.send("PATCH", f"{self._path}/{id}", None, msgspec.json.encode(patch), headers)
        return msgspec.json.decode(got.content, type=ApiKey)

    def revoke(self, id: str, *, if_match: int | None = None) -> None:
        """Make one unusable at once."""
        self._transport.send("DELETE", f"{self._path}/{id}", headers=matching(if_match))

    def plan_create(self, body: ApiKeyBody) -> Plan:
        """What `create` would do."""
        return plan_create(self._transport, self._path, body)

    def plan_update(self, id: str, patch: ApiKeyPatch) -> Plan:
        """What `update` would do."""
        return plan_update(self._transport, f"{self._path}/{id}", patch)

    def plan_revoke(self, id: str) -> Plan:
        """What `revoke` would do."""
        return plan_delete(self._transport, f"{self._path}/{id}")
