"""Rate limits: one token bucket per project, and one per address for failed authentications.

A bucket holds `burst` tokens and fills by `per_second`. State is a process's own: with several processes a project may
make as many times more, which is said in the reference. Header fields: `RateLimit-Policy` and `RateLimit`
(draft-ietf-httpapi-ratelimit-headers), `Retry-After` (RFC 9110, section 10.2.3).
"""

from __future__ import annotations

import math
from collections import OrderedDict

import msgspec

BUCKETS_MAX = 100_000
"""Buckets that are kept; beyond, the one that was used longest ago is forgotten, which makes it full."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """How many requests."""

    per_second: float
    burst: int


class Verdict(msgspec.Struct, frozen=True):
    """Whether a request may pass, how many more may at once, and in how many seconds one more may."""

    allowed: bool
    remaining: int
    wait_s: float


class Buckets:
    """Token buckets under one limit. Time is given, in seconds of any clock that only goes forward. Requests need not
    come in the order of their times: one that waited for its authentication is older than those that overtook it."""

    def __init__(self, limit: Limit) -> None:
        """All buckets are full at first."""
        self._limit = limit
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now: float, tokens: int = 1) -> Verdict:
        """Take tokens for a request; with `tokens=0` only look."""
        limit = self._limit
        level, then = self._buckets.pop(key, (float(limit.burst), now))
        now = max(now, then)
        level = min(float(limit.burst), level + (now - then) * limit.per_second)
        allowed = level >= max(tokens, 1)
        if allowed:
            level -= tokens
        self._buckets[key] = (level, now)
        if len(self._buckets) > BUCKETS_MAX:
            self._buckets.popitem(last=False)
        wait = 0.0 if level >= 1 else (1 - level) / limit.per_second
        return Verdict(allowed, int(level), wait)

    def headers(self, verdict: Verdict) -> list[tuple[str, str]]:
        """What tells a client about its bucket."""
        window = math.ceil(self._limit.burst / self._limit.per_second)
        fields = [
            ("ratelimit-policy", f'"project";q={self._limit.burst};w={window}'),
            ("ratelimit", f'"project";r={verdict.remaining};t={math.ceil(verdict.wait_s)}'),
        ]
        if not verdict.allowed:
            fields.append(("retry-after", str(max(1, math.ceil(verdict.wait_s)))))
        return fields
