"""Sockets of another network namespace: a socket stays in the one in which it was opened (setns(2))."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
from collections.abc import Iterator

from crossconnect.errors import Rejected

CLONE_NEWNET = 0x40000000
IP_PKTINFO, IP_TRANSPARENT = 8, 19
"""ip(7); the `socket` module of Python 3.11 has no names for them."""
PORT = 53
BACKLOG = 64
_PACKET_INFO = struct.Struct("@I4s4s")
"""`struct in_pktinfo`: interface, local address, destination."""

_libc = ctypes.CDLL(None, use_errno=True)


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def namespace(name: str) -> Iterator[None]:
    """This thread in a named namespace while the block runs. Nothing may be awaited inside."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        there = os.open(f"/run/netns/{name}", os.O_RDONLY)
        try:
            _enter(there)
        finally:
            os.close(there)
        try:
            yield
        finally:
            _enter(here)
    finally:
        os.close(here)


def listen(name: str, addresses: tuple[str, ...]) -> tuple[list[socket.socket], list[socket.socket]]:
    """UDP and TCP sockets of a namespace that answer on port 53: in IPv4 at whatever address was asked, in IPv6 at the
    namespace's own. Raises Rejected."""
    datagrams: list[socket.socket] = []
    streams: list[socket.socket] = []
    try:
        with namespace(name):
            if any(":" not in address for address in addresses):
                datagrams.append(_opened(socket.AF_INET, socket.SOCK_DGRAM, ""))
                streams.append(_opened(socket.AF_INET, socket.SOCK_STREAM, ""))
            for address in addresses:
                if ":" in address:
                    datagrams.append(_opened(socket.AF_INET6, socket.SOCK_DGRAM, address))
                    streams.append(_opened(socket.AF_INET6, socket.SOCK_STREAM, address))
    except OSError as error:
        for sock in (*datagrams, *streams):
            sock.close()
        raise Rejected(f"no socket in namespace {name}: {error.strerror}") from error
    return datagrams, streams


def _opened(family: socket.AddressFamily, kind: socket.SocketKind, address: str) -> socket.socket:
    sock = socket.socket(family, kind)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET:
        # To answer from an address that no interface has.
        sock.setsockopt(socket.SOL_IP, IP_TRANSPARENT, 1)
        if kind == socket.SOCK_DGRAM:
            sock.setsockopt(socket.SOL_IP, IP_PKTINFO, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind((address, PORT))
    if kind == socket.SOCK_STREAM:
        sock.listen(BACKLOG)
    return sock


Ancillary = list[tuple[int, int, bytes]]


def asked_at(ancillary: Ancillary) -> Ancillary:
    """What an answer must be sent with, so that it comes from where it was asked; nothing for IPv6."""
    for level, kind, data in ancillary:
        if level == socket.SOL_IP and kind == IP_PKTINFO:
            _, _, destination = _PACKET_INFO.unpack(data[: _PACKET_INFO.size])
            return [(socket.SOL_IP, IP_PKTINFO, _PACKET_INFO.pack(0, destination, b"\0\0\0\0"))]
    return []
