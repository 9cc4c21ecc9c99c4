"""Asks a DNS question, or answers them: a script of the standard library alone, for nodes and machines of a lab.

    python -I -S dns_agent.py ask SERVER NAME TYPE [edns] [tcp]      RESULT to the standard output
    python -I -S dns_agent.py serve ADDRESS NAME=IPV4 ...            "ready", then a line for each question: who, NAME

RESULT: {"code": n, "values": [...], "edns": bool, "truncated": bool}, or {"error": text} where nobody answers.
TYPE is A, AAAA, PTR or TXT. `serve` answers plain questions for addresses of its names (RFC 1035), for any other name
that there is none.
"""

import contextlib
import json
import selectors
import socket
import struct
import sys

TYPES = {"A": 1, "PTR": 12, "TXT": 16, "AAAA": 28}
NO_SUCH_NAME = 3
REPEAT_S = 0.5
"""UDP: the question again, since neighbours may first have to be found."""


def name_wire(name):
    """A name in a message."""
    return b"".join(bytes((len(label),)) + label.encode() for label in name.split(".") if label) + b"\0"


def read_name(data, at):
    """A name of a message, with pointers in it or without, and where it ends."""
    labels, after = [], None
    while data[at]:
        if data[at] >= 0xC0:
            after = after or at + 2
            at = (data[at] & 0x3F) << 8 | data[at + 1]
            continue
        labels.append(data[at + 1 : at + 1 + data[at]].decode())
        at += 1 + data[at]
    return ".".join(labels), after or at + 1


def received(sock, count):
    """So many octets of a stream."""
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def repeated(sock, message, wait_s):
    """The first answer to a question over UDP."""
    for _ in range(round(wait_s / REPEAT_S)):
        sock.send(message)
        with contextlib.suppress(TimeoutError):
            return sock.recv(4096)
    raise TimeoutError("timed out")


def ask(server, name, type, edns=False, tcp=False, wait_s=4.0):
    """The answer to a question, as above."""
    message = struct.pack("!HHHHHH", 4711, 0x0100, 1, 0, 0, int(edns)) + name_wire(name)
    message += struct.pack("!HH", TYPES[type], 1)
    if edns:
        message += struct.pack("!BHHIH", 0, 41, 1232, 0, 0)
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
    sock.settimeout(wait_s if tcp else REPEAT_S)
    sock.connect((server, 53))
    if tcp:
        sock.sendall(struct.pack("!H", len(message)) + message)
        data = received(sock, struct.unpack("!H", received(sock, 2))[0])
    else:
        data = repeated(sock, message, wait_s)
    number, flags, _, answers, _, additional = struct.unpack_from("!HHHHHH", data)
    assert number == 4711
    assert flags & 0x8000
    _, at = read_name(data, 12)
    at += 4
    values = []
    for _ in range(answers):
        _, at = read_name(data, at)
        kind, _, _, length = struct.unpack_from("!HHIH", data, at)
        at += 10
        if kind == 12:
            values.append(read_name(data, at)[0])
        elif kind in (1, 28):
            values.append(socket.inet_ntop(socket.AF_INET if kind == 1 else socket.AF_INET6, data[at : at + length]))
        at += length
    return {"code": flags & 15, "values": values, "edns": bool(additional), "truncated": bool(flags & 0x200)}


def answer(data, names):
    """The name that a question is about, and the message that answers it."""
    number, _flags, *_ = struct.unpack_from("!HHHHHH", data)
    name, end = read_name(data, 12)
    question = data[12 : end + 4]
    address = names.get(name.lower())
    found = address is not None
    head = struct.pack("!HHHHHH", number, 0x8180 | (0 if found else NO_SUCH_NAME), 1, int(found), 0, 0)
    record = struct.pack("!HHHIH", 0xC00C, TYPES["A"], 1, 60, 4) + socket.inet_aton(address) if found else b""
    return name, head + question + record


def serve(address, names):
    """Until killed."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, 53))
    tcp = socket.create_server((address, 53))
    selector = selectors.DefaultSelector()
    selector.register(udp, selectors.EVENT_READ)
    selector.register(tcp, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is udp:
                data, peer = udp.recvfrom(4096)
                name, reply = answer(data, names)
                udp.sendto(reply, peer)
            else:
                connection, peer = tcp.accept()
                name, reply = answer(received(connection, struct.unpack("!H", received(connection, 2))[0]), names)
                connection.sendall(struct.pack("!H", len(reply)) + reply)
                connection.close()
            print(peer[0], name, flush=True)


def main():
    """See above."""
    todo, *words = sys.argv[1:]
    if todo == "serve":
        serve(words[0], dict(word.split("=") for word in words[1:]))
    try:
        print(json.dumps(ask(*words[:3], edns="edns" in words[3:], tcp="tcp" in words[3:])))
    except (OSError, EOFError) as error:
        print(json.dumps({"error": str(error)}))


if __name__ == "__main__":
    main()
