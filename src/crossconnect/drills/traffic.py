"""Sender and receiver of one host's UDP flows: a script of the standard library alone, run inside the host.

    python -I -S traffic.py SPEC.json RESULT.bin

SPEC.json: {"start_ns": n, "stop_ns": n, "end_ns": n, "interval_ns": n,
            "send": [[flow, source address, source port, destination address, destination port], ...],
            "receive": [[address, port], ...]}
RESULT.bin: records of `<BHIq`: kind (0 sent, 1 received, 2 not sent), flow, sequence number, time (CLOCK_MONOTONIC, ns).

One process per host, one packet of each flow per tick: sixteen processes at 1,000 ticks per second would load two cores
so much that the measurement changes what it measures. Received packets carry flow and number; whoever reads the
results joins both sides.
"""

import json
import selectors
import socket
import struct
import sys
import time

SENT, RECEIVED, NOT_SENT = 0, 1, 2
RECORD = struct.Struct("<BHIq")
PACKET = struct.Struct("!HI")
PAYLOAD = b"crossconnect drill" + bytes(40)
RECEIVE_BUFFER = 4 << 20  # seconds of packets: the receiver may be kept off the CPU while daemons converge


def bound_socket(address: str, port: int) -> socket.socket:
    """A non-blocking UDP socket on an address of this host."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.setsockopt(socket.SOL_SOCKET, 33, RECEIVE_BUFFER)  # SO_RCVBUFFORCE, needs CAP_NET_ADMIN
    except OSError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    sock.bind((address, port))
    sock.setblocking(False)
    return sock


def drain(sock: socket.socket, records: list[bytes]) -> None:
    """Take everything that has arrived."""
    while True:
        try:
            data = sock.recv(256)
        except BlockingIOError:
            return
        except OSError:
            continue  # an ICMP error of one of our own packets, reported here
        if len(data) >= PACKET.size:
            flow, number = PACKET.unpack_from(data)
            records.append(RECORD.pack(RECEIVED, flow, number, time.monotonic_ns()))


def run(spec: dict) -> list[bytes]:  # pyright: ignore[reportMissingTypeArgument]
    """Send and receive until the end; returns the records."""
    records: list[bytes] = []
    selector = selectors.DefaultSelector()
    for address, port in spec["receive"]:
        selector.register(bound_socket(address, port), selectors.EVENT_READ)
    senders = []
    for flow, address, port, to_address, to_port in spec["send"]:
        sock = bound_socket(address, port)
        senders.append((flow, sock, (to_address, to_port)))
    interval, stop, end = spec["interval_ns"], spec["stop_ns"], spec["end_ns"]
    due = spec["start_ns"] if senders else end
    number = 0
    while True:
        now = time.monotonic_ns()
        if now >= end:
            return records
        if due <= now and due < stop:
            for flow, sock, to in senders:
                kind = SENT
                moment = time.monotonic_ns()
                try:
                    sock.sendto(PACKET.pack(flow, number) + PAYLOAD, to)
                except OSError:
                    kind = NOT_SENT
                records.append(RECORD.pack(kind, flow, number, moment))
            number += 1
            due += interval
        wait = (min(due if due < stop else end, end) - time.monotonic_ns()) / 1e9
        for key, _ in selector.select(max(0.0, wait)) if selector.get_map() else _slept(wait):
            drain(key.fileobj, records)  # type: ignore[arg-type]


def _slept(seconds: float) -> tuple:  # pyright: ignore[reportMissingTypeArgument]
    if seconds > 0:
        time.sleep(seconds)
    return ()


def main() -> None:
    """Read the specification, run, write the records."""
    with open(sys.argv[1], encoding="utf-8") as file:
        spec = json.load(file)
    records = run(spec)
    with open(sys.argv[2], "wb") as file:
        file.write(b"".join(records))


if __name__ == "__main__":
    main()
