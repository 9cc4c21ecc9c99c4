"""Records of IPFIX that hypervisors of a lab export, kept in a file of each."""

from __future__ import annotations

import ipfix
from crossconnect.cloud.ovn.flow_logs import DROP_APP
from crossconnect.cloud.ovn.rows import KEY
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
    often = " template_interval=1" if lab.software.wanted == "26" else ""  # Open vSwitch 3.1 has no such column
    words = (
        f'--id=@b get Bridge br-int -- --id=@i create IPFIX targets="127.0.0.1\\:{PORT}"{often}'
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


def dropped(live: Live, chassis: str) -> set[tuple[str, str, str, str, int]]:
    """Of each record of a drop so far whose logical flow is of a row of ours: the row's table and key, source,
    destination and port."""
    nbctl, sbctl = live.lab.central.nbctl, live.lab.central.sbctl
    found: set[tuple[str, str, str, str, int]] = set()
    for app, point, source, destination, port in set(exported(live, chassis)):
        said = sbctl("--bare", "--columns=external_ids", "--if-exists", "list", "Logical_Flow", f"{point:08x}")
        of = _pairs(said)
        table = {"acl": "ACL", "policy": "Logical_Router_Policy"}.get(of.get("stage-name", "").rpartition("_")[2], "")
        if app == DROP_APP and table and "stage-hint" in of:
            marks = nbctl("--bare", "--columns=external_ids", "--if-exists", "list", table, of["stage-hint"])
            found.add((table, _pairs(marks).get(KEY, ""), source, destination, port))
    return found


def _pairs(text: str) -> dict[str, str]:
    """A map as OVN's tools print it barely."""
    pairs = (word.partition("=") for word in text.split())
    return {key: value.strip('"') for key, _, value in pairs}
