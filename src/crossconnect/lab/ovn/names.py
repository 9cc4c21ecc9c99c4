"""Names in DNS: what a machine is answered, and a provider's name server in the centre's node."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping

import msgspec

from crossconnect.errors import Rejected
from crossconnect.lab.ovn import dns_agent
from crossconnect.lab.ovn.central import CENTRAL_NODE
from crossconnect.lab.ovn.sandbox import OvnLab

HEARD = "/run/names.log"
"""In the centre's node: who asked the name server for what, a line each, after a first line."""
NO_SUCH_NAME = dns_agent.NO_SUCH_NAME
READY_S = 10


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine is answered. `error` is empty when somebody answered."""

    code: int = 0
    """RFC 1035 section 4.1.1: 0 no error, 3 no such name, ..."""
    values: tuple[str, ...] = ()
    """Addresses, or names for PTR, in order."""
    edns: bool = False
    truncated: bool = False
    error: str = ""


def ask(lab: OvnLab, machine: str, server: str, name: str, type: str = "A", *how: str) -> Answer:
    """Let a machine ask a server; `how`: `edns`, `tcp`."""
    argv = [sys.executable, "-I", "-S", dns_agent.__file__, "ask", server, name, type, *how]
    said = lab.run(machine, argv)
    try:
        answer = msgspec.json.decode(said, type=Answer)
    except msgspec.DecodeError as error:
        raise Rejected(f"machine {machine} could not ask {server} for {name}: {said.strip()[-500:]}") from error
    return msgspec.structs.replace(answer, values=tuple(sorted(answer.values)))


def start_name_server(lab: OvnLab, names: Mapping[str, str]) -> str:
    """Start a name server in the centre's node, as the provider's own would be one that hypervisors reach: it knows the
    addresses of some names. Returns its address. Raises Rejected when it does not start."""
    address = lab.record.central.address.partition("/")[0]
    words = [sys.executable, "-I", "-S", dns_agent.__file__, "serve", address, *(f"{n}={a}" for n, a in names.items())]
    script = (
        f"setsid {shlex.join(words)} </dev/null >{HEARD} 2>&1 &"
        f" for n in $(seq {READY_S * 20}); do grep -q ready {HEARD} && exit 0; sleep 0.05; done;"
        f" cat {HEARD} >&2; exit 1"
    )
    done = lab.lab.run(CENTRAL_NODE, ["sh", "-c", script], timeout_s=READY_S + 20)
    if done.returncode:
        raise Rejected(f"no name server at {address} in lab {lab.lab.name}: {done.stderr.strip()[-500:]}")
    return address


def heard(lab: OvnLab) -> tuple[str, ...]:
    """What the name server was asked: `asker name`, in order."""
    return tuple(lab.lab.run(CENTRAL_NODE, ["cat", HEARD]).stdout.splitlines()[1:])
