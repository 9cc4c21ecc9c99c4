"""Breaks things at one moment: a script of the standard library alone.

    python -I -S failure_agent.py < {"kill": [process, ...], "links": [[network namespace path, interface, up], ...]}
    answers {"begin": ns, "end": ns, "errors": [text, ...]} (CLOCK_MONOTONIC)

Everything is prepared first (namespaces entered, sockets open), so that what is to happen at once happens within
milliseconds. Processes are stopped, then interfaces go down, then processes die: running ones would tell their
neighbours of the interfaces that go down, and of dying ones the kernel would close the connections, by which neighbours
that keep routes for a restart (RFC 4724) take a power cut for one.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914
IFF_UP = 1
REQUEST = struct.Struct("16sh22x")

libc = ctypes.CDLL(None, use_errno=True)


def socket_in(path):
    """A socket of a network namespace, by which its interfaces can be set."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if libc.setns(descriptor, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + path)
    finally:
        os.close(descriptor)
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def main():
    """See above."""
    work = json.load(sys.stdin)
    sockets = {}
    for path, _, _ in work["links"]:
        if path not in sockets:
            sockets[path] = socket_in(path)
    links = []
    for path, interface, up in work["links"]:
        name = interface.encode()
        _, flags = REQUEST.unpack(fcntl.ioctl(sockets[path], SIOCGIFFLAGS, REQUEST.pack(name, 0)))
        flags = flags | IFF_UP if up else flags & ~IFF_UP
        links.append((sockets[path], REQUEST.pack(name, flags), interface))
    errors = []
    begin = time.monotonic_ns()
    for process in work["kill"]:
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGSTOP)
    for sock, request, interface in links:
        try:
            fcntl.ioctl(sock, SIOCSIFFLAGS, request)
        except OSError as error:
            errors.append(f"{interface}: {error.strerror}")
    for process in work["kill"]:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue  # gone already, as it should be
        except OSError as error:
            errors.append(f"process {process}: {error.strerror}")
    json.dump({"begin": begin, "end": time.monotonic_ns(), "errors": errors}, sys.stdout)


if __name__ == "__main__":
    main()
