"""Asks for an IPv6 address (RFC 8415) and prints what is told as JSON: a script of the standard library, for machines.

python -I -S dhcp6_wire.py INTERFACE      {"addresses": [...], "dns": [...], "domains": [...], "lifetime_s": n}
"""

import contextlib
import ipaddress
import json
import socket
import struct
import sys
import time

SOLICIT, ADVERTISE, REQUEST, REPLY = 1, 2, 3, 7
CLIENT, SERVER, IA_NA, IA_ADDRESS, WANTED, DNS, DOMAINS = 1, 2, 3, 5, 6, 23, 24
NUMBER = b"\x00\x47\x11"
TENTATIVE = 0x40
"""Flag of an address that somebody else may have (RFC 4862 5.4)."""
ATTEMPTS, WAIT_S = 20, 3.0
"""A message is sent again where no answer comes (RFC 8415 15)."""


def option(code, data):
    return struct.pack("!HH", code, len(data)) + data


def options(data):
    found = {}
    while len(data) >= 4:
        code, length = struct.unpack_from("!HH", data)
        found[code] = data[4 : 4 + length]
        data = data[4 + length :]
    return found


def address(octets):
    return str(ipaddress.IPv6Address(octets))


def names(data):
    found, labels = [], []
    while data:
        length, data = data[0], data[1:]
        if length:
            labels.append(data[:length].decode())
            data = data[length:]
        else:
            found.append(".".join(labels))
            labels = []
    return found


def link_local(interface):
    """The link-local address, once nobody else has it: until then the kernel lets nothing be sent from it."""
    while True:
        with open("/proc/net/if_inet6") as lines:
            for own, _, _, _, flags, name in map(str.split, lines):
                if name == interface and own.startswith("fe80") and not int(flags, 16) & TENTATIVE:
                    return own
        time.sleep(0.1)


def main(interface):
    index = socket.if_nametoindex(interface)
    link = address(bytes.fromhex(link_local(interface)))
    mac = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    mac.bind((interface, 0))
    client = struct.pack("!HH", 3, 1) + mac.getsockname()[4]
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.bind((link, 546, 0, index))

    def answer(wanted):
        until = time.monotonic() + WAIT_S
        while (left := until - time.monotonic()) > 0:
            sock.settimeout(left)
            with contextlib.suppress(TimeoutError):
                data = sock.recv(2048)
                if data[0] == wanted and data[1:4] == NUMBER:  # and not the second answer to what was sent twice
                    return options(data[4:])
        return None

    def exchange(kind, wanted, *more):
        body = option(CLIENT, client) + option(IA_NA, struct.pack("!III", 7, 0, 0))
        body += option(WANTED, struct.pack("!HH", DNS, DOMAINS)) + b"".join(more)
        for _ in range(ATTEMPTS):
            sock.sendto(bytes((kind,)) + NUMBER + body, ("ff02::1:2", 547, 0, index))
            if (found := answer(wanted)) is not None:
                return found
        raise TimeoutError(f"no answer of kind {wanted}")

    offered = exchange(SOLICIT, ADVERTISE)
    told = exchange(REQUEST, REPLY, option(SERVER, offered[SERVER]))
    given = options(told[IA_NA][12:])[IA_ADDRESS]
    dns = told.get(DNS, b"")
    print(
        json.dumps(
            {
                "addresses": [address(given[:16])],
                "lifetime_s": struct.unpack_from("!I", given, 20)[0],
                "dns": [address(dns[n : n + 16]) for n in range(0, len(dns), 16)],
                "domains": names(told.get(DOMAINS, b"")),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
