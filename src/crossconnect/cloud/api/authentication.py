"""Authentication: from the `Authorization` header to a principal.

Bearer xck_...     an API key, looked up by the service
Bearer eyJ...      a token of one of the configured providers
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict

from crossconnect.cloud.api.principal import Principal
from crossconnect.cloud.api.problem import Denied
from crossconnect.cloud.api.problems import KEYS_UNAVAILABLE, UNAUTHENTICATED
from crossconnect.cloud.api.token import InvalidToken, Tokens
from crossconnect.cloud.service import Service, is_key
from crossconnect.errors import Unreachable

KEY_PREFIX = "xck_"
CREDENTIAL_SIZE_MAX = 16_384
TOKENS_KEPT_MAX = 10_000
TOKEN_KEPT_S = 30.0
"""How long a token's verdict is kept: checking a signature takes longer than all the rest of a request. As long may a
token pass after it has expired, which is what clocks may differ by, too."""
_CHALLENGE = ("www-authenticate", 'Bearer realm="crossconnect"')


class Authentication:
    """Finds out who calls."""

    def __init__(self, service: Service, tokens: Tokens) -> None:
        """Keys are the service's, tokens the providers'."""
        self._service = service
        self._tokens = tokens
        self._kept: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    def costs(self, header: str) -> bool:
        """Whether it takes the database or a signature to judge a credential. What is none on the face of it, or is not
        there, is refused for nothing."""
        credential = _credential(header)
        if credential.startswith(KEY_PREFIX):
            return is_key(credential)
        return bool(credential) and self._tokens.any

    async def principal(self, header: str, now: float) -> tuple[Principal, str]:
        """(who calls, id of the credential). `now` in seconds of a clock that only goes forward. Denied with 401, or
        with 503 where a token cannot be judged."""
        if not header:
            raise refused("there is no Authorization header")
        credential = _credential(header)
        if not credential:
            raise refused("the Authorization header is not `Bearer` and a key or token")
        if len(credential) > CREDENTIAL_SIZE_MAX or not credential.isascii():
            raise refused("the key or token is not valid")
        if credential.startswith(KEY_PREFIX):
            return await self._of_key(credential)
        return await self._of_token(credential, now)

    async def _of_key(self, credential: str) -> tuple[Principal, str]:
        caller = await self._service.authenticate(credential)
        if caller is None:
            raise refused("the API key is not valid")
        id = credential.split("_")[1]
        roles = (*caller.roles, "operator") if caller.admin and "operator" not in caller.roles else caller.roles
        projects = (caller.project_id,) if caller.project_id else ()
        return Principal(id=caller.principal, kind="api-key", name=caller.principal, projects=projects, roles=roles), id

    async def _of_token(self, credential: str, now: float) -> tuple[Principal, str]:
        key = hashlib.sha256(credential.encode()).digest()
        kept = self._kept.get(key)
        if kept is not None and now - kept[0] < TOKEN_KEPT_S:
            return kept[1], kept[1].id
        try:
            # In a thread: the provider's keys may have to be fetched.
            principal = await asyncio.to_thread(self._tokens.principal, credential)
        except InvalidToken as error:
            raise refused(str(error)) from None
        except Unreachable as error:
            raise Denied(KEYS_UNAVAILABLE, str(error), headers=[("retry-after", "30")]) from error
        self._kept[key] = (now, principal)
        if len(self._kept) > TOKENS_KEPT_MAX:
            self._kept.popitem(last=False)
        return principal, principal.id


def _credential(header: str) -> str:
    """What stands behind `Bearer`; empty where that is not there."""
    scheme, _, credential = header.partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""


def refused(message: str) -> Denied:
    """401 with the challenge that goes with it (RFC 9110, section 11.6.1; RFC 6750, section 3)."""
    return Denied(UNAUTHENTICATED, message, headers=[_CHALLENGE])
