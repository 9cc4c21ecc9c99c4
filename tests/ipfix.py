"""Records of IPFIX (RFC 7011) out of the datagrams in which Open vSwitch sends them."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Iterator

Record = dict[int, bytes]
"""By the number of the information element (IANA); those of enterprises have theirs above 32767."""
PROTOCOL, SOURCE_PORT, SOURCE, DESTINATION_PORT, DESTINATION, POINT, DOMAIN = 4, 7, 8, 11, 12, 138, 149


def records(datagrams: Iterable[bytes]) -> Iterator[Record]:
    """All of them, of one exporter; `DOMAIN` is the datagram's, where the record has none of its own.

    Templates are an observation domain's own (RFC 7011, section 8). Open vSwitch 3.1 sends them for the first
    domain that it has a record of and for no other one, though its domains are as many as OVN's datapaths; they are the
    same in all of them. So a domain that has none is read by another one's.
    """
    templates: dict[tuple[int, int], list[tuple[int, int]]] = {}
    of_any: dict[int, list[tuple[int, int]]] = {}
    for datagram in datagrams:
        version, length, _, _, domain = struct.unpack_from("!HHIII", datagram)
        assert version == 10
        assert length == len(datagram)
        at = 16
        while at < length:
            number, size = struct.unpack_from("!HH", datagram, at)
            body = datagram[at + 4 : at + size]
            at += size
            if number == 2:
                found = dict(_templates(body))
                templates.update({(domain, id): fields for id, fields in found.items()})
                of_any.update(found)
            elif number > 255 and (fields := templates.get((domain, number), of_any.get(number))) is not None:
                yield from _data(body, fields, domain)


def _templates(body: bytes) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    at = 0
    while at + 4 <= len(body):
        id, count = struct.unpack_from("!HH", body, at)
        at += 4
        fields: list[tuple[int, int]] = []
        for _ in range(count):
            element, size = struct.unpack_from("!HH", body, at)
            at += 8 if element > 32767 else 4
            fields.append((element, size))
        yield id, fields


def _data(body: bytes, fields: list[tuple[int, int]], domain: int) -> Iterator[Record]:
    at = 0
    while at + sum(size for _, size in fields if size != 65535) <= len(body):
        found: Record = {DOMAIN: struct.pack("!I", domain)}
        for element, declared in fields:
            size = declared
            if declared == 65535:  # variable length (RFC 7011, section 7)
                size, at = body[at], at + 1
            found[element] = body[at : at + size]
            at += size
        yield found


def number(record: Record, element: int) -> int:
    """A value as a number; 0 where it is not there."""
    return int.from_bytes(record.get(element, b""))


def address(record: Record, element: int) -> str:
    """A value as an address."""
    return str(ipaddress.ip_address(record[element])) if element in record else ""
