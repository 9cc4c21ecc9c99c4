"""Questions of a gate that fill no table: pings and error counters.

Input: what iputils, iproute2 and EOS say; and, where it may be run, a real shell. Output: reports by place and by port.
"""

from __future__ import annotations

import json
import subprocess

import pytest

from crossconnect.nos.eos.collect import errors
from crossconnect.nos.network_os import Echo
from crossconnect.nos.probing import COUNT, linux_echoes, read_echoes, read_links
from crossconnect.nos.registry import system
from crossconnect.nos.reports import EchoReport, ErrorsReport

ANSWERED = (
    "PING 10.0.0.2 (10.0.0.2) from 10.0.0.1 : 56(84) bytes of data. --- 10.0.0.2 ping statistics --- 3 packets "
    "transmitted, 2 received, 33.3333% packet loss, time 404ms rtt min/avg/max/mdev = 0.030/0.041/0.052/0.011 ms"
)
NOBODY = "--- 10.0.0.9 ping statistics --- 3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 403ms"


def test_pings_are_told_in_whatever_order_they_ended() -> None:
    answer = f"Welcome to leaf1\n1: {NOBODY}\n2: ping: Vrf1: No such device\n0: {ANSWERED}\n"
    assert read_echoes(3, answer.encode()) == (
        EchoReport(place=0, sent=3, answered=2, round_trip_ms=0.041),
        EchoReport(place=1, sent=3, answered=0, round_trip_ms=None),
        EchoReport(place=2, sent=COUNT, answered=0, round_trip_ms=None),
    )
    with pytest.raises(ValueError, match="2 pings were wanted, 1 are told of"):
        read_echoes(2, f"0: {ANSWERED}".encode())


def test_a_shell_sends_them_all_at_once() -> None:
    """Input: this machine's loopback, an address that is nobody's, a VRF that is not there. Output: one is answered."""
    asked = linux_echoes(
        [
            Echo(vrf="default", source="127.0.0.1", destination="127.0.0.2"),
            Echo(vrf="default", source="192.0.2.77", destination="127.0.0.2"),
            Echo(vrf="no such 'vrf'", source="127.0.0.1", destination="127.0.0.2"),
        ]
    )

    def answered() -> list[int]:
        done = subprocess.run(["sh", "-c", asked.ask], capture_output=True, check=True)
        return [report.answered for report in asked.parse(done.stdout) if isinstance(report, EchoReport)]

    # A machine that stands still for a second makes ping give an answer up that is there.
    assert [COUNT, 0, 0] in (answered() for _ in range(10))


def test_vrfs_have_the_devices_own_names() -> None:
    echoes = system("sonic").echoes
    assert echoes is not None
    asked = echoes([Echo(vrf="red-prod", source="10.0.0.1", destination="10.0.0.2")])
    assert "ping -n -q -c 3 -i 0.2 -W 1 -I Vrf" in asked.ask


def test_errors_of_links_in_all_network_namespaces() -> None:
    """Input: two answers of `ip -s -j link` in a row, drops among the numbers. Output: errors of the ports alone."""

    def link(name: str, received: int, sent: int) -> dict[str, object]:
        rx = {"packets": 9, "errors": received, "dropped": 7, "crc_errors": 1}
        return {"ifname": name, "stats64": {"rx": rx, "tx": {"errors": sent, "dropped": 3}}}

    answer = json.dumps([link("swp1", 2, 3), link("vni10", 5, 5)]) + "\n" + json.dumps([link("swp2.100", 0, 0)])
    assert read_links({"swp1", "swp2.100"}, answer.encode()) == (
        ErrorsReport(interface="swp1", errors=6),
        ErrorsReport(interface="swp2.100", errors=1),
    )
    with pytest.raises(ValueError, match="Expecting"):
        read_links({"swp1"}, b"[{")


def test_errors_of_an_eos_switch() -> None:
    """Input: the answer as ANTA's tests have it. Output: the sum of each port; another answer is not understood."""
    kinds = {"inErrors": 2, "frameTooLongs": 0, "outErrors": 1, "fcsErrors": 2, "alignmentErrors": 0, "symbolErrors": 0}
    answer = {"interfaceErrorCounters": {"Ethernet1": kinds, "Management0": dict.fromkeys(kinds, 0)}}
    assert errors(json.dumps(answer).encode()) == (
        ErrorsReport(interface="Ethernet1", errors=5),
        ErrorsReport(interface="Management0", errors=0),
    )
    with pytest.raises(ValueError, match="interfaceErrorCounters"):
        errors(b"{}")
