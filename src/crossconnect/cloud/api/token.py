"""Tokens of OpenID Connect providers: JWTs (RFC 7519) that are signed with a key of the provider's set (RFC 7517).

What is checked: signature by an algorithm that is allowed (never `none`, never a shared secret), issuer, audience,
expiry, not-before and issued-at with a small clock skew (RFC 8725).

The libraries are loaded with the first token: most regions have keys only, and they take as long as a start's third.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from crossconnect.cloud.api.principal import PROJECT_ID, PROJECT_ROLES, Principal
from crossconnect.errors import BadInput, CrossconnectError, Unreachable

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures by a private key. HS256 is left out: its key would be the provider's public one (RFC 8725, 2.1)."""
KEYS_AGE_MAX_S = 600
"""After that, keys are fetched again: providers rotate them, and withdraw them."""
KEYS_AGE_MIN_S = 30
"""Not more often, also for tokens whose key is not known: those may be made up."""
KEYS_SIZE_MAX = 1 << 20
FETCH_TIMEOUT_S = 5.0
TOKEN_SIZE_MAX = 16_384
SUBJECT_MAX = 255
"""Characters of `sub` (OpenID Connect Core, section 2)."""
_CONTROL = re.compile("[\x00-\x1f\x7f]")


class Issuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An identity provider whose tokens are taken."""

    issuer: str
    """As in the token's `iss`, to the letter."""
    audience: str
    """What must be in the token's `aud`: the name of this API there."""
    jwks: str
    """Where the provider's keys are: a URL (https, or http on this machine), or a file's path."""
    algorithms: tuple[str, ...] = ("RS256", "ES256")
    """Allowed signatures."""
    clock_skew_s: int = 30
    """By how much the provider's clock may differ from ours."""
    projects_claim: str = "projects"
    """Claim with the caller's projects: a text, or a list of texts."""
    roles_claim: str = "roles"
    """Claim with the caller's roles: a text, or a list of texts."""
    roles: tuple[str, ...] = PROJECT_ROLES
    """Roles that this provider's tokens may give; others in a token do not count. `operator` and `auditor` only for the
    provider's own staff."""


class InvalidToken(CrossconnectError):
    """A token that is not taken, with the reason."""


class KeySource:
    """The keys of one provider, read again when they are old or a token names one that is not there."""

    def __init__(self, place: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`place` is a URL or a path; nothing is read before the first token."""
        self._place = place
        self._clock = clock
        self._keys: KeySet | None = None
        self._read_at = -float("inf")
        self._lock = threading.Lock()

    def keys(self, key_id: str | None) -> KeySet:
        """The provider's keys. Unreachable where they never could be had; those of before serve while they cannot."""
        with self._lock:
            age = self._clock() - self._read_at
            known = self._keys is not None and (key_id is None or any(k.kid == key_id for k in self._keys.keys))
            if age > KEYS_AGE_MAX_S or (not known and age > KEYS_AGE_MIN_S):
                self._read_at = self._clock()
                self._fetch()
            if self._keys is None:
                raise Unreachable(f"keys of the identity provider at {self._place} could not be read")
            return self._keys

    def _fetch(self) -> None:
        import httpx
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        try:
            self._keys = KeySet.import_key_set(msgspec.json.decode(self._read()))
        except (OSError, httpx.HTTPError, ValueError, KeyError, TypeError, JoseError) as error:
            if self._keys is None:
                raise Unreachable(f"keys of the identity provider at {self._place}: {error}") from error

    def _read(self) -> bytes:
        import httpx

        if "://" not in self._place:
            return Path(self._place).read_bytes()
        with httpx.stream("GET", self._place, timeout=FETCH_TIMEOUT_S) as response:
            response.raise_for_status()
            octets = b""
            for part in response.iter_bytes():
                octets += part
                if len(octets) > KEYS_SIZE_MAX:
                    raise ValueError(f"more than {KEYS_SIZE_MAX} octets")
            return octets


class Tokens:
    """Judges tokens of the configured providers."""

    def __init__(self, issuers: tuple[Issuer, ...], clock: Callable[[], float] = time.time) -> None:
        """BadInput where a provider is configured in a way that would not be safe."""
        self._clock = clock
        self._issuers = {issuer.issuer: (issuer, KeySource(issuer.jwks)) for issuer in issuers}
        for issuer in issuers:
            _check(issuer)

    @property
    def any(self) -> bool:
        """Whether there is a provider whose tokens are taken."""
        return bool(self._issuers)

    def principal(self, token: str) -> Principal:
        """Whose token it is. InvalidToken with the reason, Unreachable without the provider's keys."""
        if len(token) > TOKEN_SIZE_MAX:
            raise InvalidToken(f"the token has more than {TOKEN_SIZE_MAX} characters")
        header, claims = _unverified(token)
        name = claims.get("iss")
        if not isinstance(name, str) or name not in self._issuers:
            raise InvalidToken("the token's issuer is not one that is taken here")
        issuer, source = self._issuers[name]
        if header.get("alg") not in issuer.algorithms:
            raise InvalidToken("the token's signature is of a kind that is not allowed")
        key_id = header.get("kid")
        keys = source.keys(key_id if isinstance(key_id, str) else None)
        verified = _verified(token, keys, issuer, int(self._clock()))
        name = str(verified["sub"])
        if len(name) > SUBJECT_MAX or _CONTROL.search(name):
            raise InvalidToken(f"the token's subject is longer than {SUBJECT_MAX}, or has control characters")
        # What is no project's id is dropped: an empty one would be taken for the region as a whole.
        projects = tuple(p for p in _texts(verified.get(issuer.projects_claim)) if PROJECT_ID.fullmatch(p))
        return Principal(
            id=f"{issuer.issuer}#{name}",
            kind="token",
            name=name,
            projects=projects,
            roles=tuple(role for role in _texts(verified.get(issuer.roles_claim)) if role in issuer.roles),
        )


def _verified(token: str, keys: KeySet, issuer: Issuer, now: int) -> dict[str, Any]:
    """The claims of a token whose signature and times are right."""
    from joserfc import jwt
    from joserfc.errors import JoseError

    try:
        claims = jwt.decode(token, keys, algorithms=list(issuer.algorithms)).claims
        jwt.JWTClaimsRegistry(
            now=now,
            leeway=issuer.clock_skew_s,
            iss={"essential": True, "value": issuer.issuer},
            aud={"essential": True, "value": issuer.audience},
            sub={"essential": True},
            exp={"essential": True},
        ).validate(claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise InvalidToken(f"the token is not valid: {error}") from None
    return claims


def _unverified(token: str) -> tuple[dict[str, object], dict[str, object]]:
    """Header and claims before the signature is checked: only to choose the provider and its keys."""
    try:
        header, claims, _ = token.split(".")
        found = [msgspec.json.decode(_base64url(part), type=dict[str, object]) for part in (header, claims)]
    except (ValueError, RecursionError):
        raise InvalidToken("the credential is neither an API key (xck_...) nor a signed token (JWT)") from None
    return found[0], found[1]


def _base64url(text: str) -> bytes:
    standard = text.replace("-", "+").replace("_", "/")
    return msgspec.convert(standard + "=" * (-len(text) % 4), bytes)


def _texts(claim: object) -> tuple[str, ...]:
    if isinstance(claim, str):
        return tuple(claim.split())
    return tuple(part for part in claim if isinstance(part, str)) if isinstance(claim, list) else ()


def _check(issuer: Issuer) -> None:
    for algorithm in issuer.algorithms:
        if algorithm not in ALGORITHMS:
            raise BadInput(f"issuer {issuer.issuer}: algorithm {algorithm!r} is none of {', '.join(ALGORITHMS)}")
    if not issuer.algorithms:
        raise BadInput(f"issuer {issuer.issuer}: no algorithm is allowed")
    if not 0 <= issuer.clock_skew_s <= 300:
        raise BadInput(f"issuer {issuer.issuer}: clock_skew_s is 0 to 300 seconds")
    scheme, found, rest = issuer.jwks.partition("://")
    host = rest.partition("/")[0].rpartition(":")[0] or rest.partition("/")[0]
    if found and scheme != "https" and not (scheme == "http" and host in ("127.0.0.1", "localhost", "[::1]")):
        raise BadInput(f"issuer {issuer.issuer}: keys come over https, or from a file; not from {issuer.jwks}")
