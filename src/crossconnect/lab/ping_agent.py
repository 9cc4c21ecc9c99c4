"""Pings between many namespaces from one process: a script of the standard library alone.

    python -I -S ping_agent.py < SPECIFICATION > RESULT

SPECIFICATION: {"attempts": n, "timeout_s": s, "rate": pings per second,
                "pings": [[network namespace path, interface, source address, destination address], ...],
                "announce": [[network namespace path, interface, MAC, IPv4 address], ...]}
RESULT: {"round_trips": [microseconds or null, ...], "errors": {"ping's index": text}}

A socket stays in the namespace in which it was opened, whereever its process goes on to (setns(2)): one raw socket per
interface and IP version, one loop over all of them. `announce` sends gratuitous ARP (RFC 5227 3) first.
"""

import ctypes
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
ICMP6_FILTER = 1
MAGIC = b"xc-ping"
PACKET = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence number (RFC 792, RFC 4443)
BODY = struct.Struct("!7sI")

libc = ctypes.CDLL(None, use_errno=True)


def enter(path):
    """setns(2) into a network namespace."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if libc.setns(descriptor, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + path)
    finally:
        os.close(descriptor)


def checksum(data):
    """Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def echo_socket(interface, source):
    """A raw ICMP socket that sends from an address through an interface."""
    if ":" in source:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        allowed = bytearray(b"\xff" * 32)  # 1 bits block (RFC 3542 3.2); 129 is the echo reply
        allowed[129 // 8] &= ~(1 << (129 % 8)) & 0xFF
        sock.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, bytes(allowed))
    else:
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    if interface:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    sock.bind((source, 0))
    sock.setblocking(False)
    return sock


def announce(entries):
    """Gratuitous ARP: every bridge on the way learns where the MAC is."""
    for path, interface, mac, address in entries:
        try:
            enter(path)
            hardware = bytes.fromhex(mac.replace(":", ""))
            packed = socket.inet_aton(address)
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
                sock.bind((interface, 0))
                body = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, hardware, packed, bytes(6), packed)
                sock.send(b"\xff" * 6 + hardware + b"\x08\x06" + body)
        except OSError:
            continue  # an interface that is down has nothing to announce


class Pinger:
    """All pings of a specification."""

    def __init__(self, pings, identifier):
        self.pings = pings
        self.identifier = identifier
        self.sockets = {}
        self.errors = {}
        self.sent_ns = [0] * len(pings)
        self.round_trips = [None] * len(pings)
        self.selector = selectors.DefaultSelector()
        for index, (path, interface, source, _) in enumerate(pings):
            key = (path, interface, source)
            if key in self.sockets:
                continue
            try:
                enter(path)
                self.sockets[key] = echo_socket(interface, source)
                self.selector.register(self.sockets[key], selectors.EVENT_READ)
            except OSError as error:
                self.sockets[key] = None
                self.errors[index] = str(error)

    def send(self, index):
        """One echo request."""
        path, interface, source, destination = self.pings[index]
        sock = self.sockets[path, interface, source]
        if sock is None:
            return
        version6 = ":" in destination
        body = BODY.pack(MAGIC, index) + bytes(45)
        kind = 128 if version6 else 8
        packet = PACKET.pack(kind, 0, 0, self.identifier, index & 0xFFFF) + body
        if not version6:  # the kernel fills in ICMPv6's
            packet = PACKET.pack(kind, 0, checksum(packet), self.identifier, index & 0xFFFF) + body
        self.sent_ns[index] = time.monotonic_ns()
        try:
            sock.sendto(packet, (destination, 0))
            self.errors.pop(index, None)
        except OSError as error:
            self.errors[index] = error.strerror

    def receive(self, until):
        """Take replies until a moment (monotonic seconds), or until none is missing."""
        while True:
            left = until - time.monotonic()
            for key, _ in self.selector.select(max(0.0, left)):
                self.drain(key.fileobj)
            if left <= 0:
                return

    def drain(self, sock):
        """All replies that have arrived at a socket."""
        while True:
            try:
                data = sock.recv(2048)
            except BlockingIOError:
                return
            except OSError:
                continue
            now = time.monotonic_ns()
            if sock.family == socket.AF_INET:
                data = data[(data[0] & 15) * 4 :]
            if len(data) < PACKET.size + BODY.size:
                continue
            kind, _, _, identifier, _ = PACKET.unpack_from(data)
            magic, index = BODY.unpack_from(data, PACKET.size)
            ours = kind in (0, 129) and identifier == self.identifier and magic == MAGIC and index < len(self.pings)
            if ours and self.round_trips[index] is None:
                self.round_trips[index] = (now - self.sent_ns[index]) // 1000

    def run(self, attempts, timeout_s, rate):
        """Ask each until it answers, at most `attempts` times."""
        for _ in range(attempts):
            missing = [i for i, found in enumerate(self.round_trips) if found is None]
            if not missing:
                return
            begin = time.monotonic()
            for number, index in enumerate(missing):
                due = begin + number / rate
                if due > time.monotonic():
                    self.receive(due)
                self.send(index)
            deadline = time.monotonic() + timeout_s
            while time.monotonic() < deadline and any(self.round_trips[i] is None for i in missing):
                self.receive(min(deadline, time.monotonic() + 0.02))


def main():
    """See above."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # whoever gives up on us kills our parent, which cannot pass it on
    specification = json.load(sys.stdin)
    announce(specification["announce"])
    pinger = Pinger(specification["pings"], os.getpid() & 0xFFFF)
    pinger.run(specification["attempts"], specification["timeout_s"], specification["rate"])
    for index in list(pinger.errors):
        if pinger.round_trips[index] is not None:
            del pinger.errors[index]
    json.dump({"round_trips": pinger.round_trips, "errors": pinger.errors}, sys.stdout)


if __name__ == "__main__":
    main()
