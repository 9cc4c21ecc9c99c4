"""As much of Keystone's Identity API v3 as clients need to get from a key to this API: a token, and a catalog.

The secret of an application credential, or a password, is an API key or a token of an identity provider; the token that
comes back is the same. So nothing new can be stolen or has to be kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from crossconnect.cloud.api.authentication import refused
from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.neutron.errors import absent, bad
from crossconnect.cloud.neutron.facts import BASE, answer
from crossconnect.cloud.neutron.requests import BASE_URL, plain

IDENTITY = "/identity"
HOURS = 12
"""How long a token is said to be good. A client then asks again; the key itself may be good for longer."""
_DOMAIN = {"id": "default", "name": "Default"}


class Identity:
    """The questions that are answered. The gate has authenticated the secret already: see `dialect`."""

    def __init__(self, region: str, clock: Callable[[], datetime]) -> None:
        """`region` is the region's name."""
        self._region = region
        self._clock = clock

    async def versions(self, call: Call) -> Answer:
        """GET of the root, for discovery."""
        return answer({"versions": {"values": [self._version(call)]}})

    async def version(self, call: Call) -> Answer:
        """GET of v3."""
        return answer({"version": self._version(call)})

    async def create_token(self, call: Call) -> Answer:
        """POST auth/tokens. Denied (401) where it is asked for another project than the key's: what comes back is the
        key, which would reach its own project whatever was asked for."""
        wanted, principal = _scope_of(plain(call.body)), call.principal
        assert principal is not None
        own = principal.projects[:1]
        if wanted and wanted not in own:
            whose = f"is of project {own[0]}" if own else "belongs to no project"
            raise refused(f"the key {whose}: it is no way into project {wanted}")
        return self._token(call, 201)

    async def show_token(self, call: Call) -> Answer:
        """GET auth/tokens: what one's own token is."""
        return self._token(call, 200)

    async def projects(self, call: Call) -> Answer:
        """GET of projects: the credential's own, by `name` where that is asked for."""
        assert call.principal is not None
        named = call.query.get("name")
        own = [project for project in call.principal.projects if not named or project in named]
        return answer({"projects": [self._project(call, project) for project in own], "links": {"next": None}})

    async def project(self, call: Call) -> Answer:
        """GET of one: of the credential's own."""
        assert call.principal is not None
        if call.id not in call.principal.projects:
            raise absent("project", call.id)
        return answer({"project": self._project(call, call.id)})

    def _project(self, call: Call, id: str) -> dict[str, Any]:
        at = f"{call.headers[BASE_URL]}{IDENTITY}/v3/projects/{id}"
        return {
            "id": id,
            "name": id,
            "description": "",
            "domain_id": _DOMAIN["id"],
            "parent_id": _DOMAIN["id"],
            "is_domain": False,
            "enabled": True,
            "options": {},
            "tags": [],
            "links": {"self": at},
        }

    def _token(self, call: Call, status: int) -> Answer:
        now, principal = self._clock(), call.principal
        assert principal is not None
        secret = call.headers["authorization"].partition(" ")[2]
        token: dict[str, Any] = {
            "methods": ["application_credential"],
            "user": {"id": principal.id, "name": principal.name, "domain": _DOMAIN, "password_expires_at": None},
            "roles": [{"id": role, "name": role} for role in principal.roles],
            "issued_at": _moment(now),
            "expires_at": _moment(now + timedelta(hours=HOURS)),
            "audit_ids": [call.request_id],
            "is_domain": False,
            "catalog": self._catalog(call),
        }
        if principal.projects:
            project = principal.projects[0]
            token["project"] = {"id": project, "name": project, "domain": _DOMAIN}
        headers = (("x-subject-token", secret), ("vary", "X-Auth-Token"))
        return msgspec.structs.replace(answer({"token": token}, status), headers=headers)

    def _catalog(self, call: Call) -> list[dict[str, Any]]:
        base = call.headers[BASE_URL]
        return [
            self._service("network", "neutron", f"{base}{BASE}"),
            self._service("identity", "keystone", f"{base}{IDENTITY}/v3"),
        ]

    def _service(self, type: str, name: str, url: str) -> dict[str, Any]:
        endpoints = [
            {"id": f"{name}-{face}", "interface": face, "region": self._region, "region_id": self._region, "url": url}
            for face in ("public", "internal", "admin")
        ]
        return {"id": name, "type": type, "name": name, "endpoints": endpoints}

    def _version(self, call: Call) -> dict[str, Any]:
        return {
            "id": "v3.14",
            "status": "stable",
            "updated": "2026-01-01T00:00:00Z",
            "media-types": [
                {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"},
            ],
            "links": [{"rel": "self", "href": f"{call.headers[BASE_URL]}{IDENTITY}/v3/"}],
        }


def secret_of(document: Any) -> str:
    """The secret of a request for a token; Refused where there is none."""
    identity = document.get("auth", {}) if isinstance(document.get("auth"), dict) else {}
    identity = identity.get("identity", {}) if isinstance(identity.get("identity"), dict) else {}
    for method, path in (
        ("application_credential", ("secret",)),
        ("password", ("user", "password")),
        ("token", ("id",)),
    ):
        found: Any = identity.get(method)
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, str) and found:
            return found
    raise bad("a token is given for an application credential's secret or a password, which are an API key")


def _scope_of(document: Any) -> str:
    """The project, by id or name, which are the same here, that a token is asked for; empty for none."""
    found: Any = document
    for step in ("auth", "scope", "project"):
        found = found.get(step) if isinstance(found, dict) else None
    named = found.get("id") or found.get("name") if isinstance(found, dict) else None
    return named if isinstance(named, str) else ""


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
