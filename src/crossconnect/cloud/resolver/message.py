"""DNS messages as far as the resolver needs them: one question in, its answer out (RFC 1035 section 4, RFC 6891)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import msgspec

from crossconnect.net import parse

A, PTR, AAAA, OPT = 1, 12, 28, 41
INTERNET = 1
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)
TTL_S = 60
"""Of what we answer: a name's address may change; OVN's own answers say an hour."""

HEADER = struct.Struct("!HHHHHH")
PLAIN_MAX = 512
"""Octets of an answer over UDP to who does not say more (RFC 1035 section 4.2.1)."""
EDNS_MAX = 1232
"""Octets of ours at most over UDP: what passes everywhere unfragmented."""
NAME_MAX, LABEL_MAX = 255, 63
_RESPONSE, _TRUNCATED, _DESIRED, _AVAILABLE = 0x8000, 0x0200, 0x0100, 0x0080
_OPCODE = 0x7800
_FIRST_NAME = 0xC00C
"""A pointer to the question's name (RFC 1035 section 4.1.4)."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked."""

    id: int
    flags: int
    name: str
    """In lower case, without the last dot."""
    type: int
    family: int
    """The class; 1 is the internet's."""
    wire: bytes
    """The question section as it came: resolvers play with upper and lower case, and compare."""
    edns: bool = False
    octets_max: int = PLAIN_MAX
    """Of an answer over UDP."""

    @property
    def is_query(self) -> bool:
        """Whether it is an ordinary question (RFC 1035 opcode 0)."""
        return not self.flags & _OPCODE


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered: a code, and values (addresses, or a name for PTR) for the question's name."""

    code: int = NOERROR
    values: tuple[str, ...] = ()


def read_question(data: bytes) -> Question | None:
    """The question in a message; None for what is no question, which is answered by nobody."""
    if len(data) < HEADER.size:
        return None
    id, flags, questions, answers, authorities, additional = HEADER.unpack_from(data)
    if flags & _RESPONSE or questions != 1 or answers or authorities:
        return None
    found = _read_name(data, HEADER.size)
    if found is None or len(data) < found[1] + 4:
        return None
    name, end = found
    type, family = struct.unpack_from("!HH", data, end)
    octets = _edns(data, end + 4) if additional else None
    return Question(
        id=id,
        flags=flags,
        name=name,
        type=type,
        family=family,
        wire=data[HEADER.size : end + 4],
        edns=octets is not None,
        octets_max=PLAIN_MAX if octets is None else min(max(octets, PLAIN_MAX), EDNS_MAX),
    )


def _read_name(data: bytes, at: int) -> tuple[str, int] | None:
    """A name without pointers, and where it ends. Names are octets (RFC 2181 section 11): one that is no ASCII is kept
    as Latin-1, and is nobody's."""
    labels: list[str] = []
    start = at
    while at < len(data):
        length = data[at]
        if not length:
            return ".".join(labels).lower(), at + 1
        if length > LABEL_MAX or at + 1 + length - start > NAME_MAX:
            return None
        labels.append(data[at + 1 : at + 1 + length].decode("latin-1"))
        at += 1 + length
    return None


def _edns(data: bytes, at: int) -> int | None:
    """Octets that the sender takes, out of its OPT record (RFC 6891 section 6.1.2); None where there is none first."""
    if len(data) < at + 11 or data[at]:
        return None
    type, octets = struct.unpack_from("!HH", data, at + 1)
    return octets if type == OPT else None


def write_reply(question: Question, reply: Reply, *, stream: bool = False) -> bytes:
    """The message that answers a question. Over UDP an answer that is too large is cut to none, and says so: the asker
    comes again by TCP."""
    records = [_record(question.type, value) for value in reply.values]
    message = _message(question, reply.code, records)
    if not stream and len(message) > question.octets_max:
        message = _message(question, reply.code, [], _TRUNCATED)
    return message


def _message(question: Question, code: int, records: Iterable[bytes], more: int = 0) -> bytes:
    records = [*records]
    flags = _RESPONSE | question.flags & (_OPCODE | _DESIRED) | _AVAILABLE | more | code
    header = HEADER.pack(question.id, flags, 1, len(records), 0, int(question.edns))
    opt = struct.pack("!BHHIH", 0, OPT, EDNS_MAX, 0, 0) if question.edns else b""
    return b"".join((header, question.wire, *records, opt))


def _record(type: int, value: str) -> bytes:
    if type == PTR:
        data = b"".join(bytes((len(label),)) + label for label in value.encode("ascii").split(b".") if label) + b"\0"
    else:
        data = parse(value).value.to_bytes(4 if type == A else 16)
    return struct.pack("!HHHIH", _FIRST_NAME, type, INTERNET, TTL_S, len(data)) + data


def with_id(message: bytes, id: int) -> bytes:
    """A message under another number: ours towards the provider's resolvers, the asker's back."""
    return struct.pack("!H", id) + message[2:]


def answers(message: bytes, id: int, question: Question) -> bool:
    """Whether a message is the answer to a question that was asked under a number: anything else is somebody's
    guess (RFC 5452 section 9)."""
    if len(message) < HEADER.size + len(question.wire):
        return False
    number, flags, questions, *_ = HEADER.unpack_from(message)
    asked = message[HEADER.size : HEADER.size + len(question.wire)]
    return number == id and bool(flags & _RESPONSE) and questions == 1 and asked.lower() == question.wire.lower()
