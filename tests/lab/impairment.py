"""A port that loses packets, or keeps them waiting, by what even a small kernel has: no netem is needed.

loss    clsact, both ways: classic BPF draws a number for each packet, and drops it below a threshold
delay   a slow queue of so many octets, which pings fill all the time: who comes later waits for all of them
"""

from __future__ import annotations

from collections.abc import Sequence

from crossconnect.lab import Lab

RATE_KBIT = 4000
FILL_OCTETS = 1400
FILL_INTERVAL_S = 0.002
"""Pings of 1,442 octets, 500 a second: half as much again as the queue lets pass."""
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
    """What leaves by these ports waits so long. `ports`: each with an address behind it."""
    limit = RATE_KBIT * milliseconds // 8
    _tc(
        lab, node, [f"qdisc add dev {port} root tbf rate {RATE_KBIT}kbit burst 2000 limit {limit}" for port, _ in ports]
    )
    for port, address in ports:
        fill = f"ping -q -i {FILL_INTERVAL_S} -s {FILL_OCTETS} {address} > /dev/null 2>&1 & echo $! > fill-{port}.pid"
        assert lab.run(node, ["sh", "-c", f"cd {lab.node_directory(node)} && {fill}"]).returncode == 0


def clear(lab: Lab, node: str, ports: Sequence[str]) -> None:
    """As if nothing had been."""
    for port in ports:
        here = f"cd {lab.node_directory(node)} && if [ -e fill-{port}.pid ]; then kill $(cat fill-{port}.pid); fi"
        lab.run(
            node,
            [
                "sh",
                "-c",
                f"{here}; rm -f fill-{port}.pid; tc qdisc del dev {port} clsact; tc qdisc del dev {port} root",
            ],
        )


def _tc(lab: Lab, node: str, lines: Sequence[str]) -> None:
    done = lab.run(node, ["tc", "-batch", "-"], text="\n".join(lines) + "\n")
    assert done.returncode == 0, done.stderr
