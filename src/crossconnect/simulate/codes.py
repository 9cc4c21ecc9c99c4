"""Findings of the simulator."""

from __future__ import annotations

from crossconnect.finding import Code, Severity

OSCILLATION = Code(
    "simulate.oscillation",
    Severity.ERROR,
    "BGP does not settle: the same states come round again and again (RFC 4271 3.1 lets policies do this).",
    "Compare the import policies of the routers named: each prefers the path through the other.",
)
UNSUPPORTED_SESSION = Code(
    "simulate.unsupported-session",
    Severity.WARNING,
    "A session is of a kind that the simulation does not compute, and counts as down.",
    "Use eBGP over a directly connected link.",
)
SESSION_FAULT = Code(
    "simulate.session-fault",
    Severity.ERROR,
    "The two ends of a session are configured so that it cannot come up.",
    "Make addresses, ASNs, password and address families of both ends agree.",
)
MAX_PREFIXES = Code(
    "simulate.max-prefixes",
    Severity.ERROR,
    "An external router announces more prefixes than its session allows, so the session is torn down.",
    "Raise max_prefixes of the handoff, or have the import policy accept less.",
)

CODES: tuple[Code, ...] = (OSCILLATION, UNSUPPORTED_SESSION, SESSION_FAULT, MAX_PREFIXES)
