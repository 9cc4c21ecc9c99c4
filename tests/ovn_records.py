"""Records of IPFIX that hypervisors of a lab export, kept in a file of each."""

from __future__ import annotations

import ipfix
from crossconnect.lab.ovn import OvnLab
from ovn_live import Live, comes_true

PORT = 4739
RECEIVED = "/run/ipfix"
RECEIVER = f"""
import socket
asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asked.bind(('127.0.0.1', {PORT}))
kept = open('{RECEIVED}', 'w', buffering=1)
while True:
    kept.write(asked.recv(65535).hex() + chr(10))
"""


def export(lab: OvnLab, chassis: str) -> None:
    """What a hypervisor needs so that samples leave it: a collector set with the number that ours has."""
    run = lab.lab.run
    started = run(chassis, ["sh", "-c", f'setsid python3 -c "{RECEIVER}" </dev/null >/dev/null 2>&1 &'])
    assert started.returncode == 0
    assert comes_true(lambda: run(chassis, ["test", "-e", RECEIVED]).returncode == 0)
    words = (
        f'--id=@b get Bridge br-int -- --id=@i create IPFIX targets="127.0.0.1\\:{PORT}" template_interval=1'
        " -- create Flow_Sample_Collector_Set id=1 bridge=@b ipfix=@i"
    )
    vsctl = (*lab.software.chroot, "ovs-vsctl", "--db=unix:/run/ovn/switch.sock", "--timeout=20", "--")
    done = run(chassis, ["sh", "-c", f"{' '.join(vsctl)} {words}"])
    assert done.returncode == 0, done.stderr


def exported(live: Live, chassis: str) -> list[tuple[int, int, str, str, int]]:
    """Application, rule, source, destination and port of each record so far."""
    lines = live.lab.lab.run(chassis, ["cat", RECEIVED]).stdout.split("\n")[:-1]
    return [
        (
            ipfix.number(record, ipfix.DOMAIN) >> 24,
            ipfix.number(record, ipfix.POINT),
            ipfix.address(record, ipfix.SOURCE),
            ipfix.address(record, ipfix.DESTINATION),
            ipfix.number(record, ipfix.DESTINATION_PORT),
        )
        for record in ipfix.records(bytes.fromhex(line) for line in lines)
    ]
