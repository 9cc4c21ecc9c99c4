"""Makes the hosts of a lab speak: one process for all of them, inside the lab's own process namespace.

A script of the standard library alone: `python -I -S announcer.py SPECIFICATION`. It opens one packet socket in every
host's network namespace, goes into the background and sends the given frames, often at first, then from time to time:
whatever forgets a host (a leaf that was off, a link that was cut) hears it again soon.
"""

import contextlib
import ctypes
import json
import os
import socket
import sys
import time

CLONE_NEWNET = 0x40000000
OFTEN_S, OFTEN_COUNT, SELDOM_S = 1.0, 15, 5.0

libc = ctypes.CDLL(None, use_errno=True)


def socket_in(namespace):
    """A packet socket (packet(7)) of that network namespace; it stays there when we go on to the next one."""
    descriptor = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(descriptor, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + namespace)
    finally:
        os.close(descriptor)
    return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)


def send(speakers):
    """Every frame once. A port that is down, or not there at the moment, says nothing."""
    for speaker, frames in speakers:
        for port, frame in frames:
            with contextlib.suppress(OSError):
                speaker.sendto(frame, (port, 0))


def main():
    """See above."""
    with open(sys.argv[1], encoding="utf-8") as file:
        hosts = json.load(file)
    speakers = [
        (socket_in(host["namespace"]), [(port, bytes.fromhex(frame)) for port, frame in host["frames"]])
        for host in hosts
    ]
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.chdir("/")
    turn = 0
    while True:
        send(speakers)
        turn += 1
        time.sleep(OFTEN_S if turn < OFTEN_COUNT else SELDOM_S)


if __name__ == "__main__":
    main()
