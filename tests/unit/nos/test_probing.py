"""Questions of a gate that fill no table: pings and error counters.

Input: what iputils, iproute2, EOS, Junos and NX-OS say; and, where it may be run, a real shell. Output: reports by
place and by port.
"""

from __future__ import annotations

import json
import subprocess

import pytest
from frr_samples import leaf

from crossconnect.nos.eos.collect import errors
from crossconnect.nos.junos import ping as junos
from crossconnect.nos.network_os import Echo
from crossconnect.nos.probing import (
    COUNT,
    ONE_BY_ONE_COUNT,
    ONE_BY_ONE_MAX,
    linux_echoes,
    read_echo,
    read_echoes,
    read_links,
)
from crossconnect.nos.registry import BUILT_IN, system
from crossconnect.nos.reports import EchoReport, ErrorsReport
from crossconnect.nos.sonic import port_errors

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
    (asked,) = linux_echoes(
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
    (asked,) = echoes([Echo(vrf="red-prod", source="10.0.0.1", destination="10.0.0.2")])
    assert "ping -n -q -c 3 -i 0.2 -W 1 -I Vrf" in asked.ask


def test_every_system_sends_pings() -> None:
    assert [name for name in BUILT_IN if system(name).echoes is None] == []


RED = Echo(vrf="red-prod", source="10.0.0.1", destination="10.0.0.2")
PLAIN = Echo(vrf="default", source="2001:db8::1", destination="2001:db8::2")


@pytest.mark.parametrize(
    ("nos", "commands"),
    [
        (
            "eos",
            [
                "ping vrf red-prod 10.0.0.2 timeout 1 repeat 2 source 10.0.0.1",
                "ping 2001:db8::2 timeout 1 repeat 2 source 2001:db8::1",
            ],
        ),
        (
            "junos",
            [
                "ping 10.0.0.2 source 10.0.0.1 count 2 wait 1 no-resolve routing-instance red-prod | display json",
                "ping 2001:db8::2 source 2001:db8::1 count 2 wait 1 no-resolve | display json",
            ],
        ),
        (
            "nxos",
            [
                "ping 10.0.0.2 source 10.0.0.1 count 2 timeout 1 vrf red-prod",
                "ping6 2001:db8::2 source 2001:db8::1 count 2 timeout 1",
            ],
        ),
    ],
)
def test_systems_of_commands_are_asked_one_by_one(nos: str, commands: list[str]) -> None:
    known = system(nos)
    assert known.echoes is not None
    assert [query.ask for query in known.echoes([RED, PLAIN])] == commands
    assert known.echoes_max == ONE_BY_ONE_MAX


@pytest.mark.parametrize(
    "said",
    [
        # EOS, in the form that napalm's EOS driver reads
        "PING 10.0.0.2 (10.0.0.2) from 10.0.0.1 : 72(100) bytes of data.\n80 bytes from 10.0.0.2: icmp_seq=1 ttl=64 "
        "time=0.510 ms\n\n--- 10.0.0.2 ping statistics ---\n2 packets transmitted, 1 received, 50% packet loss, time "
        "10ms\nrtt min/avg/max/mdev = 0.510/0.510/0.510/0.000 ms, ipg/ewma 10.1/0.510 ms\n",
        # EOS for IPv6, indented as in ANTA's tests
        "PING 2001:db8::2(2001:db8::2) from 2001:db8::1 : 52 data bytes\n                60 bytes from 2001:db8::2: "
        "icmp_seq=1 ttl=64 time=0.510 ms\n\n                --- 2001:db8::2 ping statistics ---\n                2 "
        "packets transmitted, 1 received, 50% packet loss, time 10ms\n                rtt min/avg/max/mdev = "
        "0.510/0.510/0.510/0.000 ms, ipg/ewma 0.370/0.225 ms\n",
        # Junos for IPv6, as its users show it
        "PING6(56=40+8+8 bytes) 2001:db8::1 --> 2001:db8::2\n16 bytes from 2001:db8::2, icmp_seq=0 hlim=64 time=0.510 "
        "ms\n\n--- 2001:db8::2 ping6 statistics ---\n2 packets transmitted, 1 packets received, 50% packet loss\n"
        "round-trip min/avg/max/std-dev = 0.510/0.510/0.510/0.000 ms\n",
        # Junos CLI reference
        "PING 10.0.0.2 (10.0.0.2): 56 data bytes\n64 bytes from 10.0.0.2: icmp_seq=0 ttl=64 time=0.510 ms\n\n--- "
        "10.0.0.2 ping statistics ---\n2 packets transmitted, 1 packets received, 50% packet loss\nround-trip "
        "min/avg/max/stddev = 0.510/0.510/0.510/0.000 ms\n",
        # NX-OS, in the form of Ansible's tests of `nxos_ping`
        "PING 10.0.0.2 (10.0.0.2) from 10.0.0.1: 56 data bytes\n64 bytes from 10.0.0.2: icmp_seq=0 ttl=253 time=0.51 "
        "ms\nRequest 1 timed out\n\n--- 10.0.0.2 ping statistics ---\n2 packets transmitted, 1 packets received, "
        "50.00% packet loss\nround-trip min/avg/max = 0.51/0.51/0.51 ms\n",
    ],
)
def test_what_the_end_of_a_ping_says(said: str) -> None:
    assert read_echo(3, said.encode()) == (EchoReport(place=3, sent=2, answered=1, round_trip_ms=0.51),)


def _junos(**summary: str) -> bytes:
    """As `| display json` has it: every value a list of objects with `data`."""
    found = {name.replace("_", "-"): [{"data": value}] for name, value in summary.items()}
    result = {"target-host": [{"data": "10.0.0.2"}], "packet-size": [{"data": "56"}]}
    return json.dumps({"ping-results": [{**result, **({"probe-results-summary": [found]} if found else {})}]}).encode()


def test_what_junos_says_of_a_ping() -> None:
    """Input: one packet of two came back after 0.27 s, none did, nothing was sent, a refusal, text. Output: reports."""
    answered = _junos(probes_sent="2", responses_received="1", packet_loss="50", rtt_average="268830")
    nobody = _junos(probes_sent="2", responses_received="0", packet_loss="100")
    assert junos.read(1, answered) == (EchoReport(place=1, sent=2, answered=1, round_trip_ms=268.83),)
    assert junos.read(0, nobody) == (EchoReport(place=0, sent=2, answered=0, round_trip_ms=None),)
    assert junos.read(0, _junos()) == (EchoReport(place=0, sent=2, answered=0, round_trip_ms=None),)
    assert junos.read(0, NOBODY.encode()) == (EchoReport(place=0, sent=3, answered=0, round_trip_ms=None),)
    with pytest.raises(ValueError, match="no such routing instance"):
        junos.read(0, b'{"output": [{"data": "no such routing instance"}]}')
    with pytest.raises(ValueError, match="how many packets"):
        junos.read(0, _junos(packet_loss="100"))
    with pytest.raises(ValueError, match="says nothing"):
        junos.read(0, b" ")


def test_nx_os_without_a_route() -> None:
    """Input: what NX-OS writes then (napalm #718), and for a VRF that it has not. Output: no answer."""
    none = EchoReport(place=0, sent=2, answered=0, round_trip_ms=None)
    lost = "ping: sendto 10.0.0.2 64 chars, No route to host\nRequest 0 timed out\n\n--- 10.0.0.2 ping statistics ---\n"
    for said in (f"{lost}2 packets transmitted, 0 packets received, 100.00% packet loss\n", "ping: bad context red"):
        assert read_echo(0, said.encode()) == (none,)


def test_a_ping_that_cannot_be_sent_has_no_answer() -> None:
    """Input: no route, and nothing at all. Output: no answer; and not understood."""
    assert read_echo(0, b"connect: Network is unreachable\n") == (
        EchoReport(place=0, sent=ONE_BY_ONE_COUNT, answered=0, round_trip_ms=None),
    )
    with pytest.raises(ValueError, match="says nothing"):
        read_echo(0, b" \n")


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


COUNTED = {
    "sonic": (
        {
            "Ethernet0": {"RX_OK": "1,234,567", "RX_ERR": "1,002", "RX_DRP": "7", "TX_OK": "9", "TX_ERR": "3"},
            "Ethernet4": {"STATE": "X", "RX_OK": "0", "RX_ERR": "N/A", "TX_ERR": "N/A"},
        },
        {"Ethernet0": 1005, "Ethernet4": 0},
    ),
    "junos": (
        {
            "interface-information": [
                {
                    "physical-interface": [
                        {
                            "name": [{"data": "et-0/0/0"}],
                            "input-error-list": [{"input-errors": [{"data": "5"}], "input-drops": [{"data": "90"}]}],
                            "output-error-list": [
                                {"carrier-transitions": [{"data": "3"}], "output-errors": [{"data": "1"}]}
                            ],
                        },
                        {"name": [{"data": "lo0"}]},
                    ]
                }
            ]
        },
        {"et-0/0/0": 6},
    ),
    "nxos": (
        {
            "TABLE_interface": {
                "ROW_interface": [
                    {"interface": "mgmt0", "state": "up", "vdc_lvl_in_pkts": 4},
                    {"interface": "Ethernet1/1", "state": "up", "eth_crc": "2", "eth_inerr": "2", "eth_outerr": "4"},
                    {"interface": "Vlan100", "svi_line_proto": "up"},
                ]
            }
        },
        {"Ethernet1/1": 6},
    ),
    "srlinux": (
        {
            "srl_nokia-interfaces:interface": [
                {"name": "ethernet-1/1", "statistics": {"in-error-packets": "6", "out-error-packets": "1"}},
                {"name": "mgmt0", "statistics": {"in-error-packets": "0"}},
            ]
        },
        {"ethernet-1/1": 7, "mgmt0": 0},
    ),
}


@pytest.mark.parametrize("nos", COUNTED)
def test_errors_of_other_systems(nos: str) -> None:
    """Input: answers as public data and models have them. Output: the sum of both directions, drops apart."""
    answer, counted = COUNTED[nos]
    asked = system(nos).errors
    assert asked is not None
    query = asked(leaf(1))
    reports = query.parse(json.dumps(answer).encode())
    assert {report.interface: report.errors for report in reports if isinstance(report, ErrorsReport)} == counted
    for other in (b"[1]", b"{", b"unknown command\n"):
        with pytest.raises(ValueError):
            query.parse(other)


def test_a_sonic_switch_whose_counters_somebody_has_cleared() -> None:
    """Input: a line before the JSON. Output: it is passed over."""
    answer = b"Last cached time was 2026-11-28T10:00:00\n" + json.dumps(COUNTED["sonic"][0]).encode()
    assert [report.errors for report in port_errors.errors(answer)] == [1005, 0]
