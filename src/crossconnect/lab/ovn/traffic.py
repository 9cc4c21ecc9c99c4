"""Traffic between tenants' machines: pings, connections, packets of a size, flows with their losses."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Literal

import msgspec

from crossconnect.errors import BadInput, Rejected
from crossconnect.lab.handle import Lab, run_command
from crossconnect.lab.ovn import connect_agent
from crossconnect.lab.ovn.machine import Machine
from crossconnect.lab.ovn.outside import Outside
from crossconnect.lab.ovn.underlay import NETWORKS_NODE

Protocol = Literal["tcp", "udp"]
Party = Machine | Outside
"""Who can send and receive: a tenant's machine, or a machine on a provider network."""

ICMP_HEADERS = {4: 28, 6: 48}
"""IP and ICMP header in front of what `ping -s` counts (RFC 791, 792, 8200, 4443)."""


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt to connect ended. `error` is empty when it was answered."""

    answered_by: str = ""
    """Name of the machine that answered."""
    seen_from: str = ""
    """The client's address as that one saw it."""
    seen_port: int = 0
    seconds: float = 0.0
    error: str = ""

    def __bool__(self) -> bool:
        return bool(self.answered_by)


def place(party: Party) -> tuple[str, str]:
    """Node and network namespace of a party."""
    return (party.chassis if isinstance(party, Machine) else NETWORKS_NODE), party.name


def connect(
    lab: Lab,
    source: Party,
    listeners: Sequence[Party],
    to: tuple[str, int, Protocol],
    *,
    listen_port: int = 0,
    timeout_s: float = 2.0,
) -> Connection:
    """Try to connect from `source` to (address, port, protocol), while `listeners` listen on `listen_port` (the same
    port where none is given). Raises Rejected when one of them cannot listen."""
    address, port, protocol = to
    specification = {
        "protocol": protocol,
        "timeout_s": timeout_s,
        "address": address,
        "port": port,
        "source": [lab.network_namespace(*place(source)), "", 0],
        "listeners": [[p.name, lab.network_namespace(*place(p)), listen_port or port] for p in listeners],
    }
    argv = [*lab.beside(), sys.executable, "-I", "-S", connect_agent.__file__]
    done = run_command(argv, text=json.dumps(specification), timeout_s=timeout_s + 30)
    if done.returncode:
        raise Rejected(f"no connection can be tried in lab {lab.name}: {done.stderr.strip()[-500:]}")
    return msgspec.json.decode(done.stdout, type=Connection)


def passes(lab: Lab, source: Party, destination: str, size: int, attempts: int = 3) -> bool:
    """Whether an IP packet of exactly `size` octets gets to an address and back in one piece: with `don't fragment` in
    IPv4, and out of one packet in IPv6, which routers never fragment."""
    version = 6 if ":" in destination else 4
    payload = size - ICMP_HEADERS[version]
    if payload < 0:
        raise BadInput(f"an IPv{version} packet of {size} octets has no room for an echo request")
    node, name = place(source)
    argv = ["ping", f"-{version}", "-n", "-q", "-M", "do", "-s", str(payload), "-c", str(attempts), "-i", "0.2"]
    done = lab.run(node, ["nsenter", f"--net=/run/netns/{name}", *argv, "-W", "1", destination], timeout_s=30)
    return done.returncode == 0
