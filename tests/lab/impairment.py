"""A port that loses packets, or keeps them waiting, by what even a small kernel has: no netem is needed.

loss    clsact, both ways: classic BPF draws a number for each packet, and drops it below a threshold
delay   a slow queue in which a sender always has so many octets: who comes later waits for all of them
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from crossconnect.lab import Lab

RATE_KBIT = 2000
FILL = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, int(sys.argv[2]))
while True:
    try:
        s.sendto(bytes(1400), (sys.argv[1], 9))
    except OSError:
        pass
"""
"""Waits in each sendto(2) until its share of the queue has room again: nothing is dropped, not its own either."""
BUFFER = 400
"""Octets of the sender's buffer for a millisecond of waiting: twice that is taken, and a packet counts as 2,304."""
_DRAW = 0xFFFFF000 + 56
"""SKF_AD_OFF + SKF_AD_RANDOM of linux/filter.h."""
_PASS, _DROP = 0xFFFFFFFF, 2
"""TC_ACT_UNSPEC, TC_ACT_SHOT."""


def lose(lab: Lab, node: str, ports: Sequence[str], percent: float) -> None:
    """Each packet is lost with this probability, on its way in and on its way out."""
    threshold = int(percent / 100 * (1 << 32))
    program = f"4,32 0 0 {_DRAW},37 0 1 {threshold},6 0 0 {_PASS},6 0 0 {_DROP}"
    lines = [f"qdisc add dev {port} clsact" for port in ports]
    lines += [
        f'filter add dev {port} {way} bpf da bytecode "{program}"' for port in ports for way in ("ingress", "egress")
    ]
    _tc(lab, node, lines)


def delay(lab: Lab, node: str, ports: Sequence[tuple[str, str]], milliseconds: int) -> None:
    """What leaves by these ports waits about so long. `ports`: each with an address behind it."""
    slow = f"root tbf rate {RATE_KBIT}kbit burst 2000 limit 1000000"
    _tc(lab, node, [f"qdisc replace dev {port} {slow}" for port, _ in ports])
    for port, address in ports:
        pid = f"fill-{port}.pid"
        sender = f"{sys.executable} -I -S -c '{FILL}' {address} {BUFFER * milliseconds}"
        script = f"cd {lab.node_directory(node)} && {{ {sender} > /dev/null 2>&1 & echo $! > {pid}; }}"
        assert lab.run(node, ["sh", "-c", script]).returncode == 0


def clear(lab: Lab, node: str, ports: Sequence[str]) -> None:
    """As if nothing had been."""
    for port in ports:
        pid = f"fill-{port}.pid"
        ended = f"cd {lab.node_directory(node)}; if [ -e {pid} ]; then kill $(cat {pid}); rm {pid}; fi"
        lab.run(node, ["sh", "-c", f"{ended}; tc qdisc del dev {port} clsact; tc qdisc del dev {port} root"])


def _tc(lab: Lab, node: str, lines: Sequence[str]) -> None:
    done = lab.run(node, ["tc", "-batch", "-"], text="\n".join(lines) + "\n")
    assert done.returncode == 0, done.stderr
