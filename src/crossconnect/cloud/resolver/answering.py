"""What is answered from a VPC's records, and what others are asked: pure.

a name of ours             its addresses; nothing where it has none of that type
below a domain of ours     no such name: nobody else is asked (AWS: private hosted zones)
an address of private use  no such name, as RFC 6303 wants it
anything else              others know
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from crossconnect.cloud.resolver.message import AAAA, INTERNET, NOTIMP, NXDOMAIN, PTR, REFUSED, A, Question, Reply

REVERSE = ".in-addr.arpa"
PRIVATE_REVERSE = (
    "10.in-addr.arpa",
    *(f"{n}.172.in-addr.arpa" for n in range(16, 32)),
    "168.192.in-addr.arpa",
    "254.169.in-addr.arpa",
    *(f"{n}.100.in-addr.arpa" for n in range(64, 128)),
    "d.f.ip6.arpa",
)
"""RFC 6303 section 4, RFC 7793."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a VPC knows itself."""

    records: Mapping[str, str] = {}
    """As OVN has them: a name to its addresses with blanks between, or a reverse name to a name."""
    domains: frozenset[str] = frozenset()
    """The domain of interfaces' names, and the private zones."""


def answer_of(known: Known, question: Question) -> Reply | None:
    """The answer; None where the provider's resolvers are to be asked."""
    if not question.is_query:
        return Reply(code=NOTIMP)
    if question.family != INTERNET:
        return Reply(code=REFUSED)
    found = known.records.get(question.name)
    if found is not None:
        return Reply(values=_values(question, found.split()))
    if _is_below(question.name, known.domains):
        # A name with others below it exists, though it has nothing itself (RFC 8020).
        return Reply() if _has_below(known, question.name) else Reply(code=NXDOMAIN)
    return Reply(code=NXDOMAIN) if _is_below(question.name, PRIVATE_REVERSE) else None


def _values(question: Question, found: list[str]) -> tuple[str, ...]:
    if question.type == PTR and question.name.endswith(".arpa"):
        return tuple(found)
    if question.type not in (A, AAAA) or question.name.endswith(".arpa"):
        return ()
    return tuple(value for value in found if (":" in value) == (question.type == AAAA))


def _is_below(name: str, domains: frozenset[str] | tuple[str, ...]) -> bool:
    """Whether a name is one of some domains, or below one."""
    labels = name.split(".")
    return any(".".join(labels[n:]) in domains for n in range(len(labels)))


def _has_below(known: Known, name: str) -> bool:
    ending = f".{name}"
    return name in known.domains or any(one.endswith(ending) for one in known.records)
