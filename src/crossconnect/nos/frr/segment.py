"""Ethernet segments (RFC 7432 5): FRR composes the type 3 ESI from a system MAC and a discriminator."""

from __future__ import annotations


def ethernet_segment(esi: str) -> tuple[int, str]:
    """Discriminator and system MAC of a type 3 ESI, `03:44:38:39:ff:00:01:00:00:07`."""
    octets = esi.split(":")
    assert len(octets) == 10, esi
    assert octets[0] == "03", esi
    return int("".join(octets[7:]), 16), ":".join(octets[1:7])
