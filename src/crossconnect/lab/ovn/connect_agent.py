"""Tries one TCP or UDP connection between namespaces: a script of the standard library alone.

    python -I -S connect_agent.py < SPECIFICATION > RESULT

SPECIFICATION: {"protocol": "tcp" or "udp", "timeout_s": s, "address": where to, "port": n,
                "source": [network namespace path, address or "", port or 0],
                "listeners": [[name, network namespace path, port], ...]}
RESULT: {"answered_by": name or "", "seen_from": address of the client as the listener saw it, "seen_port": n,
         "seconds": s, "error": text}

Listeners listen at every address of theirs. A socket stays in the namespace in which it was opened (setns(2)).
"""

import contextlib
import ctypes
import errno
import json
import os
import selectors
import signal
import socket
import sys
import time

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
QUESTION = b"xc-connect"
UDP_REPEAT_S = 0.2

libc = ctypes.CDLL(None, use_errno=True)


def enter(path):
    """setns(2) into a network namespace."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if libc.setns(descriptor, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + path)
    finally:
        os.close(descriptor)


def opened(path, family, kind):
    """A non-blocking socket of a namespace."""
    enter(path)
    sock = socket.socket(family, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setblocking(False)
    return sock


class Attempt:
    """One connection, and all who might answer it."""

    def __init__(self, specification):
        self.family = socket.AF_INET6 if ":" in specification["address"] else socket.AF_INET
        self.kind = socket.SOCK_STREAM if specification["protocol"] == "tcp" else socket.SOCK_DGRAM
        self.target = (specification["address"], specification["port"])
        self.selector = selectors.DefaultSelector()
        self.result = {"answered_by": "", "seen_from": "", "seen_port": 0, "seconds": 0.0, "error": "timed out"}
        self.answered = False
        for name, path, port in specification["listeners"]:
            sock = opened(path, self.family, self.kind)
            sock.bind(("", port))
            if self.kind == socket.SOCK_STREAM:
                sock.listen(8)
            self.selector.register(sock, selectors.EVENT_READ, ("listener", name))
        path, address, port = specification["source"]
        self.client = opened(path, self.family, self.kind)
        if address or port:
            self.client.bind((address, port))

    def begin(self):
        """The first packet."""
        code = self.client.connect_ex(self.target)
        if code not in (0, errno.EINPROGRESS):
            self.result["error"] = os.strerror(code)
            self.answered = True
            return
        events = selectors.EVENT_WRITE if self.kind == socket.SOCK_STREAM else selectors.EVENT_READ
        self.selector.register(self.client, events, ("client", ""))
        if self.kind == socket.SOCK_DGRAM:
            self.ask()

    def ask(self):
        """UDP: the question, again and again, since neighbours may first have to be found."""
        with contextlib.suppress(OSError):
            self.client.send(QUESTION)

    def hear(self, sock, who, name):
        """What a socket has to say."""
        if who == "listener":
            if self.kind == socket.SOCK_STREAM:
                accepted, _ = sock.accept()
                accepted.setblocking(False)
                self.selector.register(accepted, selectors.EVENT_READ, ("accepted", name))
                return
            _, peer = sock.recvfrom(64)
            sock.sendto(answer(name, peer), peer)
        elif who == "accepted":
            with contextlib.suppress(OSError):
                if sock.recv(64):
                    sock.send(answer(name, sock.getpeername()))
            self.selector.unregister(sock)
        else:
            self.client_hears()

    def client_hears(self):
        """The client's side: connected, refused, or answered."""
        code = self.client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.fail(os.strerror(code))
            return
        if self.kind == socket.SOCK_STREAM and self.selector.get_key(self.client).events == selectors.EVENT_WRITE:
            self.selector.modify(self.client, selectors.EVENT_READ, ("client", ""))
            self.client.send(QUESTION)
            return
        try:
            data = self.client.recv(512)
        except OSError as error:
            self.fail(error.strerror or str(error))
            return
        if not data:
            self.fail("closed")
            return
        self.result.update(json.loads(data), error="")
        self.answered = True

    def fail(self, text):
        """The other side, or a router, said no."""
        self.result["error"] = text
        self.answered = True

    def run(self, timeout_s):
        """Until there is an answer, or the time is over."""
        began = time.monotonic()
        self.begin()
        repeat = began + UDP_REPEAT_S
        while not self.answered and time.monotonic() < began + timeout_s:
            for key, _ in self.selector.select(0.02):
                self.hear(key.fileobj, *key.data)
                if self.answered:
                    break
            if self.kind == socket.SOCK_DGRAM and time.monotonic() > repeat and not self.answered:
                repeat += UDP_REPEAT_S
                self.ask()
        self.result["seconds"] = time.monotonic() - began


def answer(name, peer):
    """What a listener says: who it is and whom it sees."""
    address = peer[0].removeprefix("::ffff:")
    return json.dumps({"answered_by": name, "seen_from": address, "seen_port": peer[1]}).encode()


def main():
    """See above."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    specification = json.load(sys.stdin)
    attempt = Attempt(specification)
    attempt.run(specification["timeout_s"])
    json.dump(attempt.result, sys.stdout)


if __name__ == "__main__":
    main()
