"""The syntax of values that are text: names, addresses, ranges, references.

Each kind turns what somebody wrote into canonical text, so that equal values are equal strings in the whole program,
or says what is wrong with it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import NamedTuple

from crossconnect import net
from crossconnect.finding import Code
from crossconnect.intent import codes
from crossconnect.intent.change_codes import APPROVER_MALFORMED, TIME_MALFORMED
from crossconnect.intent.suggestion import nearest
from crossconnect.model.promise import END_WORDS, end_parts, possible_words
from crossconnect.net.as_path import as_path_expression

NAME_LENGTH_MAX = 63
"""A DNS label (RFC 1035 2.3.4), since device and server names become host names."""
DESCRIPTION_LENGTH_MAX = 200
"""Longest that all network operating systems keep of an interface's description."""
ANY_NAME = "a name of lower-case letters, digits and `-`"

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PORT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9/:_-]{0,30}")
_PORT_RANGE = re.compile(r"([A-Za-z][A-Za-z0-9/:_-]*)\[(\d{1,4})-(\d{1,4})(?::[1-9]\d?)?\]([A-Za-z0-9/:_-]*)", re.ASCII)
_NUMBER_RANGE = re.compile(r"(\d{1,10})-(\d{1,10})", re.ASCII)
_HOST_NAME = re.compile(r"(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z][A-Za-z0-9-]*")
_PREFIX_RULE = re.compile(r"(\S+)(?:\s+ge\s+(\d{1,3}))?(?:\s+le\s+(\d{1,3}))?", re.ASCII)
_SECRET = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S+")
_SSH_KEY = re.compile(
    r"(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]{40,}={0,2}(?: [!-~]+)?"
)
_COMMUNITY = re.compile(r"(\d{1,10}):(\d{1,10})(?::(\d{1,10}))?", re.ASCII)
_PATH_PART = re.compile(r"[a-z0-9_][a-z0-9_-]*")
WELL_KNOWN_COMMUNITIES = frozenset(
    # RFC 1997, 3765, 7999, 8326, 9494.
    ("no-export", "no-advertise", "local-as", "no-peer", "blackhole", "graceful-shutdown", "llgr-stale", "no-llgr")
)


class Kind(NamedTuple):
    """A kind of text: what is reported when it is malformed, what is expected, and how to make it canonical.

    `canonical` raises ValueError with what is wrong.
    """

    code: Code
    expected: str
    canonical: Callable[[str], str]
    numbers: bool = False
    """Whether a bare number is taken as its text."""
    schema: str = ""
    """Regular expression for JSON Schema, without anchors, where the form is one."""


def _name(text: str) -> str:
    if _NAME.fullmatch(text) is None:
        if len(text) > NAME_LENGTH_MAX:
            raise ValueError(f"`{text}` has {len(text)} characters, {NAME_LENGTH_MAX} are allowed")
        raise ValueError(f"`{text}` is not {ANY_NAME}")
    return text


def _pattern(*placeholders: str) -> Callable[[str], str]:
    def canonical(text: str) -> str:
        left = text
        for placeholder in placeholders:
            left = left.replace("{" + placeholder + "}", "0")
        if "{" in left or "}" in left:
            known = ", ".join("{" + p + "}" for p in placeholders)
            raise ValueError(f"`{text}` has a placeholder other than {known}")
        _name(left)
        return text

    return canonical


def _parts(*counts: int) -> Callable[[str], str]:
    """Names joined by `/`, as many as one of `counts`."""

    def canonical(text: str) -> str:
        parts = text.split("/")
        if len(parts) not in counts:
            raise ValueError(f"`{text}` has {len(parts)} part{'s' * (len(parts) > 1)}")
        for part in parts:
            _name(part)
        return text

    return canonical


def _device_port(text: str) -> str:
    device, colon, port = text.partition(":")
    _name(device)
    if colon and _PORT_NAME.fullmatch(port) is None:
        raise ValueError(f"`{port}` is not the name of a port")
    return text


def _platform_ports(text: str) -> str:
    if _PORT_NAME.fullmatch(text):
        return text
    ranged = _PORT_RANGE.fullmatch(text)
    if ranged is None:
        raise ValueError(f"`{text}` is not the name of a port or a range of them")
    if int(ranged[2]) > int(ranged[3]):
        raise ValueError(f"`{text}` counts downwards")
    _device_port(f"x:{ranged[1]}{ranged[3]}{ranged[4]}")
    return text


def _device_ports(text: str) -> str:
    device, colon, ports = text.partition(":")
    _name(device)
    if not colon:
        raise ValueError(f"`{text}` names no port")
    _platform_ports(ports)
    return text


def number_range(text: str) -> tuple[int, int]:
    """First and last number of `first-last`. Raises ValueError when it is none or counts downwards."""
    match = _NUMBER_RANGE.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text}` is not a range of numbers")
    first, last = int(match[1]), int(match[2])
    if first > last:
        raise ValueError(f"`{text}` counts downwards")
    return first, last


def _range(text: str) -> str:
    first, last = number_range(text)
    return f"{first}-{last}"


def _reserved(text: str) -> str:
    if "." in text or ":" in text:
        return net.canonical_prefix(text) if "/" in text else net.canonical_address(text)
    return str(int(text)) if text.isascii() and text.isdigit() and len(text) <= 10 else _range(text)


def port_range(text: str) -> tuple[int, int]:
    """First and last of a TCP or UDP port or range of them. Raises ValueError when it is none."""
    if "-" not in text and not (text.isascii() and text.isdigit()):
        raise ValueError(f"`{text}` is not a port")
    first, last = number_range(text) if "-" in text else (int(text), int(text))
    if last > 65535:
        raise ValueError(f"`{text}` is over 65535")
    return first, last


def _ports(text: str) -> str:
    first, last = port_range(text)
    return str(first) if first == last else f"{first}-{last}"


def _ssh_key(text: str) -> str:
    if _SSH_KEY.fullmatch(text) is None:
        raise ValueError("the text is not a public key of SSH")
    return text


def _mac(text: str) -> str:
    value = net.parse_mac(text.lower())
    if value >> 40 & 1:
        raise ValueError(f"`{text}` is a group address (its first octet is odd)")
    if value == 0:
        raise ValueError(f"`{text}` is no address of an interface")
    return net.mac_text(value)


def _server_address(text: str) -> str:
    if _HOST_NAME.fullmatch(text):
        return text.lower()
    return net.canonical_address(text)


def prefix_rule(text: str) -> tuple[str, int, int]:
    """Prefix and the inclusive range of lengths that a rule `10.0.0.0/8 ge 16 le 24` matches.

    Raises ValueError when it is malformed or matches nothing.
    """
    match = _PREFIX_RULE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not a prefix, optionally followed by `ge N` and `le N`")
    prefix = net.canonical_prefix(match[1])
    version, _, length = net.parse(prefix)
    bits = 32 if version == 4 else 128
    low = int(match[2]) if match[2] else length
    high = int(match[3]) if match[3] else (bits if match[2] else length)
    if not length <= low <= high <= bits:
        raise ValueError(f"`{text}` matches nothing: it needs {length} <= ge <= le <= {bits}")
    return prefix, low, high


def _prefix_rule(text: str) -> str:
    prefix, low, high = prefix_rule(text)
    written = text.split()[1:]
    bounds = (" ge " + str(low)) * ("ge" in written) + (" le " + str(high)) * ("le" in written)
    return prefix + bounds


def _community(text: str) -> str:
    if text in WELL_KNOWN_COMMUNITIES:
        return text
    match = _COMMUNITY.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text}` is not a community")
    numbers = [int(part) for part in match.groups() if part]
    limit = (1 << 16) - 1 if len(numbers) == 2 else (1 << 32) - 1
    if max(numbers) > limit:
        raise ValueError(f"`{text}` has a number over {limit}")
    return ":".join(map(str, numbers))


def _as_path_pattern(text: str) -> str:
    """Routers read `_` as a delimiter (space, comma, brackets, begin or end); the rest is POSIX extended."""
    try:
        as_path_expression(text)
    except ValueError as error:
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        raise ValueError(f"`{shown}` is not an AS path expression: {error}") from None
    return text


def _secret(text: str) -> str:
    if _SECRET.fullmatch(text) is None:
        raise ValueError("the value is not a reference to a secret")  # and is not repeated: it may be the secret
    return text


def _description(text: str) -> str:
    if len(text) > DESCRIPTION_LENGTH_MAX:
        raise ValueError(f"the text has {len(text)} characters, {DESCRIPTION_LENGTH_MAX} are allowed")
    if not text.isprintable():
        raise ValueError("the text has line breaks or control characters")
    return text


def _model_path(text: str) -> str:
    parts = text.split("/")
    if len(parts) < 2 or not all(_PATH_PART.fullmatch(part) for part in parts):
        raise ValueError(f"`{text}` is not a path into the model")
    return text


def _promised(text: str) -> str:
    word, name = end_parts(text)
    if " " in text and word not in END_WORDS:
        near = nearest(word, END_WORDS)
        raise ValueError(f"`{word}` is no word for an end{f'; did you mean `{near}`?' if near else ''}")
    if "." in name or ":" in name:
        name = net.canonical_prefix(name) if "/" in name else net.canonical_address(name)
        if why := net.unroutable(name):
            raise ValueError(f"`{name}` is {why}, which routers do not forward")
    else:
        name = _parts(1, 2, 3)(name)
    if word and word not in possible_words(name):
        raise ValueError(f"`{name}` cannot be a {word}")
    return f"{word} {name}" if word else name


_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)
_TIME_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}", re.ASCII)
_EMAIL = re.compile(r"[^\s@<>]{1,64}@[A-Za-z0-9.-]{1,190}")


def _clock(text: str) -> str:
    if _CLOCK.fullmatch(text) is None:
        raise ValueError(f"`{text}` is not a time of day")
    return text


def _local_time(text: str) -> str:
    try:
        moment = datetime.datetime.strptime(text, "%Y-%m-%d %H:%M")
    except ValueError:
        raise ValueError(f"`{text}` is not a date and time") from None
    return moment.strftime("%Y-%m-%d %H:%M")


def _time_zone(text: str) -> str:
    if _TIME_ZONE.fullmatch(text) is None:
        raise ValueError(f"`{text}` is not the name of a time zone")
    return text


def _email(text: str) -> str:
    if _EMAIL.fullmatch(text) is None:
        raise ValueError(f"`{text}` is not an e-mail address")
    return text.casefold()


NAME = Kind(codes.NAME_MALFORMED, ANY_NAME, _name, schema=_NAME.pattern)
ADDRESS = Kind(codes.ADDRESS_MALFORMED, "an address, as in 10.1.1.1 or 2001:db8::1", net.canonical_address)
INTERFACE_ADDRESS = Kind(
    codes.ADDRESS_MALFORMED,
    "an address with the length of its subnet, as in 10.1.1.1/24",
    net.canonical_interface_address,
)
PREFIX = Kind(codes.ADDRESS_MALFORMED, "a prefix, as in 10.1.0.0/16", net.canonical_prefix)
PREFIX_RULE = Kind(
    codes.ADDRESS_MALFORMED, "a prefix, optionally with bounds, as in 10.0.0.0/8 ge 16 le 24", _prefix_rule
)
SERVER_ADDRESS = Kind(codes.ADDRESS_MALFORMED, "an address or a host name", _server_address)
MAC = Kind(codes.MAC_MALFORMED, "a MAC address, as in 02:00:00:00:00:01", _mac)
RANGE = Kind(codes.RANGE_MALFORMED, "a range of numbers, as in 10000-19999", _range)
RESERVED = Kind(codes.RANGE_MALFORMED, "an address, a prefix, a number or a range of numbers", _reserved, numbers=True)
PORTS = Kind(codes.RANGE_MALFORMED, "a port or a range of them, as in 443 or 1024-65535", _ports, numbers=True)
SSH_KEY = Kind(codes.DESCRIPTION_MALFORMED, "a public key, as in ssh-ed25519 AAAA... comment", _ssh_key)
COMMUNITY = Kind(codes.COMMUNITY_MALFORMED, "a community, as in 65000:1, 65000:1:2 or no-export", _community)
AS_PATH_PATTERN = Kind(codes.AS_PATH_MALFORMED, "an AS path expression, as in _64512_ or ^$", _as_path_pattern)
SECRET = Kind(codes.SECRET_IN_CLEAR, "env:NAME or file:PATH", _secret, schema=_SECRET.pattern)
DESCRIPTION = Kind(
    codes.DESCRIPTION_MALFORMED, f"one line of at most {DESCRIPTION_LENGTH_MAX} characters", _description
)
SEGMENT_REFERENCE = Kind(codes.REFERENCE_MALFORMED, "tenant/vrf/segment, or tenant/segment without VRF", _parts(2, 3))
VRF_REFERENCE = Kind(codes.REFERENCE_MALFORMED, "tenant/vrf", _parts(2))
DEVICE_PORTS = Kind(codes.REFERENCE_MALFORMED, "device:port, or a range of ports, as in leaf1:swp[1-16]", _device_ports)
DEVICE_PORT = Kind(codes.REFERENCE_MALFORMED, "device:port or device", _device_port)
PLATFORM_PORTS = Kind(codes.REFERENCE_MALFORMED, "a port name or a range, as in swp[1-32]", _platform_ports)
PROMISED = Kind(
    codes.REFERENCE_MALFORMED,
    "tenant/vrf/segment, tenant/vrf, a name or a prefix, where needed behind a word that says what it is, "
    "as in tenant red",
    _promised,
)
CLOCK = Kind(TIME_MALFORMED, "a time of day, as in 22:00", _clock, schema=r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
LOCAL_TIME = Kind(TIME_MALFORMED, "a date and time, as in 2026-12-18 18:00", _local_time)
TIME_ZONE = Kind(TIME_MALFORMED, "an IANA time zone, as in Europe/Berlin", _time_zone)
EMAIL = Kind(APPROVER_MALFORMED, "an e-mail address", _email)
MODEL_PATH = Kind(codes.REFERENCE_MALFORMED, "a path into the model, as in tenants/red/vrfs/prod", _model_path)


def pattern(*placeholders: str) -> Kind:
    """Names with `{placeholder}`s to be filled in."""
    known = " and ".join("{" + p + "}" for p in placeholders)
    filled = "|".join(r"\{" + p + r"\}" for p in placeholders)
    return Kind(
        codes.NAME_MALFORMED,
        f"{ANY_NAME}, with {known} filled in",
        _pattern(*placeholders),
        schema=rf"(?!-)(?:[a-z0-9-]|{filled})*(?:[a-z0-9]|{filled})",
    )
