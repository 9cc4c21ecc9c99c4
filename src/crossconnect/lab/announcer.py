"""Makes the hosts of a lab speak: one process for all of them, inside the lab's own process namespace.

A script of the standard library alone: `python -I -S announcer.py SPECIFICATION`. It opens one packet socket in every
host's network namespace, goes into the background and sends the given frames, often at first, then from time to time:
whatever forgets a host (a leaf that was off, a link that was cut) hears it again soon. Once there is
another specification in that file, it goes by that.
"""

import contextlib
import ctypes
import json
import os
import socket
import sys
import time

CLONE_NEWNET = 0x40000000
OFTEN_S, OFTEN_COUNT, SELDOM_EVERY = 1.0, 15, 5

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


def speakers_of(path):
    """(socket, frames) of each host, by the specification."""
    with open(path, encoding="utf-8") as file:
        hosts = json.load(file)
    return [
        (socket_in(host["namespace"]), [(port, bytes.fromhex(frame)) for port, frame in host["frames"]])
        for host in hosts
    ]


def version_of(path):
    """Something that differs for another specification; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def main():
    """See above."""
    path = os.path.abspath(sys.argv[1])
    version, speakers = version_of(path), speakers_of(path)
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.chdir("/")
    turn = 0
    while True:
        if version_of(path) not in (version, None):
            version = version_of(path)
            # A host that is off right now cannot be entered: then those who spoke go on.
            with contextlib.suppress(OSError, ValueError):
                fresh = speakers_of(path)
                for speaker, _ in speakers:
                    speaker.close()
                speakers, turn = fresh, 0
        if turn < OFTEN_COUNT or turn % SELDOM_EVERY == 0:
            send(speakers)
        turn += 1
        time.sleep(OFTEN_S)


if __name__ == "__main__":
    main()
