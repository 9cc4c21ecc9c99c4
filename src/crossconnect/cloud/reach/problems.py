"""Every kind of refusal of a question whether a packet arrives."""

from __future__ import annotations

from crossconnect.cloud.problems import ProblemKind

PROBLEMS = (
    ProblemKind(
        "reachability.end",
        422,
        "An end is a network interface or elastic IP, as destination also a load balancer or service endpoint, by id, "
        "or a unicast address.",
    ),
    ProblemKind("reachability.icmp", 422, "ICMP's types and codes are 0 to 255."),
    ProblemKind(
        "reachability.network",
        422,
        "There is no provider network of that name, or the destination has no private gateway to it.",
    ),
    ProblemKind(
        "reachability.no-address",
        422,
        "The destination has no address that the source could send to, as a load balancer without elastic IP has none "
        "for the outside.",
    ),
    ProblemKind("reachability.not-associated", 422, "The elastic IP is not associated with an interface."),
    ProblemKind("reachability.port", 422, "TCP and UDP have ports, 1 to 65535; the destination's must be said."),
    ProblemKind("reachability.protocol", 422, "`tcp`, `udp`, `icmp`, `icmpv6`, or a number up to 255."),
    ProblemKind("reachability.version", 422, "One end has IPv4 addresses only, the other one IPv6."),
)
"""For the reference."""
