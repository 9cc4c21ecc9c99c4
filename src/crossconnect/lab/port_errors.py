"""Error counters of a switch's ports, as its kernel counts them."""

from __future__ import annotations

from crossconnect.errors import Rejected
from crossconnect.lab.handle import Lab
from crossconnect.lab.operation import operation
from crossconnect.nos.probing import LINKS, ports_of, read_links


@operation
def port_errors(lab: Lab, device: str) -> dict[str, int]:
    """By port of a switch: errors of both directions since it exists."""
    ports = {name for d in lab.blueprint.devices if d.name == device for name in ports_of(d)}
    done = lab.run(device, ["sh", "-c", LINKS], timeout_s=30)
    if done.returncode:
        raise Rejected(f"{device} does not tell its error counters: {done.stderr.strip()[-300:]}")
    return {report.interface: report.errors for report in read_links(ports, done.stdout.encode())}
