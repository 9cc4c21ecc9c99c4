"""The exchange with an FRR daemon's command socket: answers in pieces, refusals, daemons that go away."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossconnect.errors import Rejected, Unreachable
from crossconnect.lab.vty import Vty


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Path]:
    """A bgpd that knows `show version` and `show slowly`, and dies of `show crash`."""
    directory = tmp_path / ("d" * 90) / "run" / "frr"  # deeper than a socket's path may be long
    directory.mkdir(parents=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    here = os.open(directory, os.O_RDONLY)
    server.bind(f"/proc/self/fd/{here}/bgpd.vty")
    os.close(here)
    server.listen()

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                while data := connection.recv(4096):
                    command = data.rstrip(b"\0").decode()
                    if command == "show crash":
                        break
                    if command == "show slowly":
                        for piece in (b"one ", b"two\0", b"\0", b"\0\0"):
                            connection.sendall(piece)
                    elif command in ("enable", "show version"):
                        connection.sendall(b"8.4.4" * (command != "enable") + b"\0\0\0\0")
                    else:
                        connection.sendall(b"% Unknown command\0\0\0\2")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield directory
    # It has to be woken, and gone, before the descriptor's number is free: it would take connections of whoever listens
    # there next.
    server.shutdown(socket.SHUT_RDWR)
    thread.join(60)
    server.close()


def test_an_answer(daemon: Path) -> None:
    with Vty(daemon, "bgpd") as vty:
        assert vty.ask("show version") == b"8.4.4"
        assert vty.ask("show version") == b"8.4.4"


def test_an_answer_whose_end_comes_in_pieces(daemon: Path) -> None:
    with Vty(daemon, "bgpd") as vty:
        assert vty.ask("show slowly") == b"one two"


def test_an_unknown_command_is_refused(daemon: Path) -> None:
    with Vty(daemon, "bgpd") as vty, pytest.raises(Rejected, match="show nonsense"):
        vty.ask("show nonsense")


def test_a_daemon_that_dies_is_unreachable(daemon: Path) -> None:
    with Vty(daemon, "bgpd") as vty, pytest.raises(Unreachable):
        vty.ask("show crash")


def test_a_daemon_that_is_not_there_is_unreachable(daemon: Path) -> None:
    with pytest.raises(Unreachable):
        Vty(daemon, "zebra")
