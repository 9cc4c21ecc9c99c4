"""What rules match on: protocols, ports and ICMP types, CIDR blocks."""

from __future__ import annotations

from crossconnect.cloud.addresses import cidr
from crossconnect.cloud.resource import invalid
from crossconnect.net import version_of

NAMES = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
"""IANA protocol numbers that have a name here."""
ICMP_VERSIONS = {"icmp": 4, "icmpv6": 6}
PORT_MAX = 65535
ICMP_MAX = 255


def protocol(text: str, field: str) -> str:
    """A protocol in canonical form: by name where it has one here."""
    lower = text.lower()
    if lower in ("all", *NAMES.values()):
        return lower
    if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 255:
        number = str(int(text))
        return NAMES.get(number, number)
    raise invalid(
        "protocol.unknown", f"{text!r} is neither tcp, udp, icmp, icmpv6, all nor a number from 0 to 255", field
    )


def ports(proto: str, first: int | None, last: int | None, at: str) -> tuple[int | None, int | None]:
    """Ports, or ICMP type and code, of a rule of a protocol in canonical form. `at` is the JSON pointer of the rule.
    One
    port alone stands for itself; an ICMP type alone for all its codes; the whole range for none."""
    if first is None and last is None:
        return None, None
    if proto in ("tcp", "udp"):
        low = last if first is None else first
        high = first if last is None else last
        assert low is not None
        assert high is not None
        for value, field in ((low, "from_port"), (high, "to_port")):
            if not 0 <= value <= PORT_MAX:
                raise invalid("port.range", f"{value} is no port: 0 to {PORT_MAX} are", f"{at}/{field}")
        if low > high:
            raise invalid("port.order", f"the range begins at {low} and ends at {high}", f"{at}/to_port")
        return (None, None) if (low, high) == (0, PORT_MAX) else (low, high)
    if proto in ICMP_VERSIONS:
        if first is None:
            raise invalid("port.icmp-code", "an ICMP code (`to_port`) needs a type (`from_port`)", f"{at}/from_port")
        for value, field in ((first, "from_port"), (last, "to_port")):
            if value is not None and not 0 <= value <= ICMP_MAX:
                raise invalid("port.range", f"{value} is no ICMP type or code: 0 to {ICMP_MAX} are", f"{at}/{field}")
        return first, last
    raise invalid("port.without-protocol", f"protocol {proto} has no ports here; tcp and udp have", f"{at}/from_port")


def block(text: str, proto: str, field: str) -> str:
    """A CIDR block of a rule, of the IP version that its protocol is of."""
    found = cidr(text, 6 if ":" in text else 4, field)
    refuse_other_version(found, proto, field)
    return found


def refuse_other_version(cidr_block: str, proto: str, field: str) -> None:
    """Refused: ICMP with IPv6, ICMPv6 with IPv4."""
    if ICMP_VERSIONS.get(proto, version_of(cidr_block)) != version_of(cidr_block):
        raise invalid("protocol.version", f"{proto} does not go with {cidr_block}", field)
