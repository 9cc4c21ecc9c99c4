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
SESSION_MISMATCH = Code(
    "simulate.session-mismatch",
    Severity.WARNING,
    "The ends of a session disagree in something that does not keep it down: a family or BFD is on at one end only.",
    "Make both ends agree: routes of such a family are not exchanged, and one-sided BFD detects nothing.",
)
POLICY_REFERENCE = Code(
    "simulate.policy-reference",
    Severity.ERROR,
    "A device refers to a routing policy or a set that it does not have. FRR takes a missing policy for one that "
    "rejects everything, and a missing set for one that matches nothing.",
    "Define the policy or set on the device, or remove the reference.",
)
PARTITION = Code(
    "simulate.partition",
    Severity.ERROR,
    "The switches fall apart into groups with no BGP session between them: hosts of one cannot reach those of another.",
    "Bring up the links or sessions between the groups, or make them regions of their own.",
)
MAX_PREFIXES = Code(
    "simulate.max-prefixes",
    Severity.ERROR,
    "An external router announces more prefixes than its session allows, so the session is torn down.",
    "Raise max_prefixes of the handoff, or have the import policy accept less.",
)
PREFIX_LIMIT_LATE = Code(
    "simulate.prefix-limit-late",
    Severity.WARNING,
    "A session has one prefix more than allowed, and its network OS checks the limit before it counts the new prefix: "
    "the session stays up until the next prefix comes or its routes are sent again, and is simulated as down.",
    "Raise max_prefixes of the handoff, or have the import policy accept less.",
)

ORDER_OF_ARRIVAL = Code(
    "simulate.order-of-arrival",
    Severity.WARNING,
    "More paths tie than `maximum_paths` lets a route use, and nothing that can be foretold says which are used.",
    "Raise design.maximum_paths, or let a policy prefer one of the devices named.",
)

LEAKS_TIE = Code(
    "simulate.leaks-tie",
    Severity.WARNING,
    "A VRF has routes of several VRFs to one destination that tie and are not all used together, and nothing that can "
    "be foretold says which are used.",
    "Make one VRF's routes better where they come in (`prepend` in the import policy of the others' handoffs), or give "
    "the VRFs numbers that FRR uses together (`vni`): both of 5000 and 5001, or of 5002 and 5003; they agree in bit 1.",
)

CODES: tuple[Code, ...] = (
    OSCILLATION,
    AMBIGUOUS,
    UNSUPPORTED_SESSION,
    SESSION_FAULT,
    SESSION_MISMATCH,
    POLICY_REFERENCE,
    PARTITION,
    MAX_PREFIXES,
    PREFIX_LIMIT_LATE,
    ORDER_OF_ARRIVAL,
    LEAKS_TIE,
)
