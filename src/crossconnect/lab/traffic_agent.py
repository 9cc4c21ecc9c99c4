"""UDP flows between many namespaces: one process sends all, another receives all. Standard library alone.

    python -I -S traffic_agent.py receive < SPECIFICATION     says {"ready": ns}, works until its input says how many
                                                              packets were sent, or ends
    python -I -S traffic_agent.py send    < SPECIFICATION     says {"ready": ns}, then {"done": ns, "sent": packets};
                                                              ends early when its input does

First line of input, SPECIFICATION:
    {"flows": [[number, namespace path, interface, source address, source port, destination address, destination port,
                interval in ns], ...], "duration_ns": n, "result": path}
    (a receiver's namespaces are the destinations', its interface is empty)

Results, binary: per packet `<HIq`, flow, sequence number (top bit set: could not be sent), CLOCK_MONOTONIC ns.

A socket stays in the namespace in which it was opened (setns(2)), so that two processes do for any number of hosts:
sixteen of them at 1,000 packets per second would load a small machine until the measurement is of itself.
"""

import contextlib
import ctypes
import json
import os
import select
import selectors
import signal
import socket
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
SO_RCVBUFFORCE = 33
RECORD = struct.Struct("<HIq")
FLOW_AND_NUMBER = 6  # octets of a record that tell its packet from all others
PACKET = struct.Struct("!HI")
PADDING = bytes(58)  # 64 octets of payload
NOT_SENT = 1 << 31
RECEIVE_BUFFER = 8 << 20  # seconds of packets: daemons that converge may keep us off the processor
LEAD_NS = 20_000_000  # first packet is this much after "ready"
ASKED_NS = 50_000_000  # a sender looks this often whether its input has ended
LATE_MAX = 64  # packets in a row of those that are late: the kernel's queue between two interfaces holds a thousand
BREATH_S = 0.001  # between so many: we come before whoever empties that queue
IN_FLIGHT_S = 2.0  # how long what was sent may still come
REALTIME_PRIORITY = 1

libc = ctypes.CDLL(None, use_errno=True)


def enter(path):
    """setns(2) into a network namespace."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if libc.setns(descriptor, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + path)
    finally:
        os.close(descriptor)


def bound_socket(path, interface, address, port):
    """A non-blocking UDP socket of a namespace."""
    enter(path)
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if interface:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
    except OSError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    sock.bind((address, port))
    sock.setblocking(False)
    return sock


def say(message):
    """One line to the caller."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def be_punctual():
    """Ask to be scheduled at once; works where the caller is root, and is no loss where not."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(REALTIME_PRIORITY))


def receive(specification):
    """Record what arrives until the input says how many packets were sent, and for as long as one of them may still
    come; or until the input ends."""
    selector = selectors.DefaultSelector()
    bound = {}
    for _, path, _, _, _, address, port, _ in specification["flows"]:
        if (path, address, port) not in bound:
            bound[path, address, port] = sock = bound_socket(path, "", address, port)
            selector.register(sock, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    be_punctual()
    say({"ready": time.monotonic_ns()})
    records = []
    until, sent, missing = None, 0, 0
    while until is None or (missing > 0 and time.monotonic() < until):
        for key, _ in selector.select(None if until is None else max(0.0, until - time.monotonic())):
            if key.fileobj is sys.stdin:
                selector.unregister(sys.stdin)
                sent = json.loads(sys.stdin.readline() or "0")
                until = time.monotonic() + IN_FLIGHT_S
            else:
                drain(key.fileobj, records)
        if until is not None:
            missing = sent - len({record[:FLOW_AND_NUMBER] for record in records})
    for sock in bound.values():
        drain(sock, records)
    return records


def drain(sock, records):
    """Everything that has arrived at a socket."""
    while True:
        try:
            data = sock.recv(256)
        except BlockingIOError:
            return
        except OSError:
            continue  # an ICMP error
        if len(data) >= PACKET.size:
            flow, number = PACKET.unpack_from(data)
            records.append(RECORD.pack(flow, number, time.monotonic_ns()))


def send(specification):
    """Send every flow at its own pace until the time or our input is over; late packets are sent as soon as that loses
    none of them, and none is left out."""
    flows = []
    for number, path, interface, address, port, to_address, to_port, interval in specification["flows"]:
        sock = bound_socket(path, interface, address, port)
        sock.connect((to_address, to_port))
        flows.append([number, sock, interval, 0])
    be_punctual()
    ready = time.monotonic_ns()
    start = ready + LEAD_NS
    end = start + specification["duration_ns"]
    say({"ready": ready, "start": start})
    records = []
    # Flows are shifted against each other, so that packets come evenly and not in bursts of as many as there are flows.
    due = [start + interval * index // len(flows) for index, (_, _, interval, _) in enumerate(flows)]
    asked = start
    while True:
        first = min(due)
        if first >= asked:
            asked = first + ASKED_NS
            if select.select([sys.stdin], [], [], 0)[0]:
                return records
        if first >= end:
            return records
        wait = first - time.monotonic_ns()
        if wait > 0:
            time.sleep(wait / 1e9)
        now = time.monotonic_ns()
        left = LATE_MAX
        for index, flow in enumerate(flows):
            while due[index] <= now and due[index] < end and left > 0:
                left -= 1
                number, sock, interval, sequence = flow
                moment = time.monotonic_ns()
                mark = sequence
                try:
                    sock.send(PACKET.pack(number, sequence) + PADDING)
                except OSError:
                    mark = sequence | NOT_SENT
                records.append(RECORD.pack(number, mark, moment))
                flow[3] += 1
                due[index] += interval
        if not left:
            time.sleep(BREATH_S)


def main():
    """See above."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # whoever gives up on us kills our parent, which cannot pass it on
    specification = json.loads(sys.stdin.readline())
    records = receive(specification) if sys.argv[1] == "receive" else send(specification)
    with open(specification["result"], "wb") as file:
        file.write(b"".join(records))
    sent = sum(not RECORD.unpack(record)[1] & NOT_SENT for record in records)
    say({"done": time.monotonic_ns(), "sent": sent})


if __name__ == "__main__":
    main()
