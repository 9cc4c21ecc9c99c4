"""Findings of the simulator."""

from __future__ import annotations

from crossconnect.finding import Code, Severity

OSCILLATION = Code(
    "simulate.oscillation",
    Severity.ERROR,
    "BGP does not settle: the same states come round again and again (RFC 4271 3.1 lets policies do this).",
    "Compare the import policies of the routers named: each prefers the path through the other.",
)
AMBIGUOUS = Code(
    "simulate.ambiguous",
    Severity.WARNING,
    "BGP has several stable states here, and which one the network is in depends on what came first (RFC 4264).",
    "Compare the import policies of the routers named: each prefers the other's path to its own.",
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

ORDER_OF_ARRIVAL = Code(
    "simulate.order-of-arrival",
    Severity.WARNING,
    "More paths tie than `maximum_paths` lets a route use, and nothing that can be foretold says which are used.",
    "Raise design.maximum_paths, or let a policy prefer one of the devices named.",
)

CODES: tuple[Code, ...] = (OSCILLATION, AMBIGUOUS, UNSUPPORTED_SESSION, SESSION_FAULT, MAX_PREFIXES, ORDER_OF_ARRIVAL)
