"""Path attributes (RFC 4271 5) as values, and the table that interns them to small integers.

Propagation only handles the integers: what a speaker does to attributes on the way out (prepend, strip MED) is
computed once per distinct value and looked up for every further session and destination.
"""

from __future__ import annotations

import msgspec

IGP = 0
INCOMPLETE = 2
DEFAULT_LOCAL_PREF = 100
LOCAL_WEIGHT = 32768
"""FRR's weight of routes that a speaker originates itself."""

GRACEFUL_SHUTDOWN = "graceful-shutdown"
WELL_KNOWN = {
    "65535:0": GRACEFUL_SHUTDOWN,  # RFC 8326
    "65535:666": "blackhole",  # RFC 7999
    "65535:65281": "no-export",  # RFC 1997
    "65535:65282": "no-advertise",
    "65535:65283": "local-AS",
    "65535:65284": "no-peer",  # RFC 3765
}
_SPOKEN = {name.lower(): name for name in WELL_KNOWN.values()}
_CONFINED = frozenset({"no-export", "no-advertise", "local-AS"})
"""Communities that keep a route from every eBGP session."""


class Attributes(msgspec.Struct, frozen=True, kw_only=True):
    """What a path carries and what the receiver adds to it. A missing MED counts as 0, as FRR has it."""

    as_path: tuple[int, ...] = ()
    origin: int = IGP
    """ORIGIN: 0 IGP, 1 EGP, 2 incomplete."""
    med: int = 0
    local_pref: int = DEFAULT_LOCAL_PREF
    weight: int = 0
    communities: tuple[str, ...] = ()
    """Standard and large ones in one sorted tuple; well-known ones by name."""
    tag: int = 0
    """Set and matched by policies of one device; no update carries it."""

    def __hash__(self) -> int:
        return hash((self.as_path, self.origin, self.med, self.local_pref, self.weight, self.communities))


def canonical_community(text: str) -> str:
    """A community as FRR prints it: well-known ones by name, others as numbers."""
    return WELL_KNOWN.get(text) or _SPOKEN.get(text.lower(), text)


def with_graceful_shutdown(attributes: Attributes) -> Attributes:
    """Marked GRACEFUL_SHUTDOWN and least preferred (RFC 8326 4)."""
    communities = attributes.communities
    if GRACEFUL_SHUTDOWN not in communities:
        communities = tuple(sorted((*communities, GRACEFUL_SHUTDOWN)))
    return msgspec.structs.replace(attributes, communities=communities, local_pref=0)


def received_over_ebgp(attributes: Attributes, graceful_shutdown: bool) -> Attributes:
    """What an eBGP receiver makes of accepted attributes after its import policy (FRR's bgp_update): BLACKHOLE adds
    no-export (RFC 7999 3.2), GRACEFUL_SHUTDOWN lowers the preference, a speaker in shutdown marks everything."""
    communities = attributes.communities
    if "blackhole" in communities and "no-export" not in communities:
        attributes = msgspec.structs.replace(attributes, communities=tuple(sorted((*communities, "no-export"))))
    if GRACEFUL_SHUTDOWN in communities or graceful_shutdown:
        attributes = with_graceful_shutdown(attributes)
    return attributes


def sent_over_ebgp(
    attributes: Attributes, asn: int, originated: bool, graceful_shutdown: bool, prepended: int = 0
) -> Attributes:
    """What a speaker of `asn` puts into an eBGP update: own ASN in front, `prepended` times more where it does so, no
    local_pref, and the MED only of what it originated itself (RFC 4271 5.1.4: it is not passed on to a third AS)."""
    attributes = msgspec.structs.replace(
        attributes,
        as_path=(*[asn] * (1 + prepended), *attributes.as_path),
        med=attributes.med if originated else 0,
        local_pref=DEFAULT_LOCAL_PREF,
        weight=0,
        tag=0,
    )
    if graceful_shutdown and GRACEFUL_SHUTDOWN not in attributes.communities:
        communities = tuple(sorted((*attributes.communities, GRACEFUL_SHUTDOWN)))
        attributes = msgspec.structs.replace(attributes, communities=communities)
    return attributes


def is_confined(attributes: Attributes) -> bool:
    """Whether a community forbids announcing the route over eBGP (RFC 1997)."""
    return bool(attributes.communities) and not _CONFINED.isdisjoint(attributes.communities)


def preference(attributes: Attributes) -> int:
    """The steps of the decision process up to ORIGIN as one integer; the smaller wins (RFC 4271 9.1.2, FRR's weight).

    MED is not in it, since it compares only paths of the same neighbouring AS.
    """
    return (
        ((0xFFFFFFFF - attributes.weight) << 64)
        | ((0xFFFFFFFF - attributes.local_pref) << 32)
        | (len(attributes.as_path) << 8)
        | attributes.origin
    )


NOTHING = -1
"""The number that stands for no path, and for a path that is not sent or not accepted."""


class AttributeTable:
    """Attributes by number. Grows while a network is simulated; numbers stay valid."""

    def __init__(self) -> None:
        self.values: list[Attributes] = []
        self.paths: list[tuple[int, ...]] = []
        self.costs: list[int] = []
        self.marked: list[bool] = []
        """Whether GRACEFUL_SHUTDOWN or BLACKHOLE is carried: the receiver then changes the attributes."""
        self._numbers: dict[Attributes, int] = {}
        self._sent: dict[tuple[int, int, bool, bool, int], int] = {}
        self._received: dict[tuple[int, bool], int] = {}

    def intern(self, attributes: Attributes) -> int:
        """The number of a value, given out on first sight."""
        number = self._numbers.get(attributes)
        if number is None:
            number = self._numbers[attributes] = len(self.values)
            self.values.append(attributes)
            self.paths.append(attributes.as_path)
            self.costs.append(preference(attributes))
            communities = attributes.communities
            self.marked.append(GRACEFUL_SHUTDOWN in communities or "blackhole" in communities)
        return number

    def sent(self, number: int, asn: int, originated: bool, graceful_shutdown: bool, prepended: int = 0) -> int:
        """What a speaker sends over eBGP for its best path, before export policy; NOTHING if a community forbids it."""
        key = (number, asn, originated, graceful_shutdown, prepended)
        result = self._sent.get(key)
        if result is None:
            value = self.values[number]
            result = (
                NOTHING
                if is_confined(value)
                else self.intern(sent_over_ebgp(value, asn, originated, graceful_shutdown, prepended))
            )
            self._sent[key] = result
        return result

    def received(self, number: int, graceful_shutdown: bool) -> int:
        """What an accepted path becomes at an eBGP receiver."""
        if not (graceful_shutdown or self.marked[number]):
            return number
        key = (number, graceful_shutdown)
        result = self._received.get(key)
        if result is None:
            result = self._received[key] = self.intern(received_over_ebgp(self.values[number], graceful_shutdown))
        return result


def as_path_text(path: tuple[int, ...]) -> str:
    """An AS path as routers print it."""
    return " ".join(map(str, path))
