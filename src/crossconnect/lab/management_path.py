"""Whether a switch is reached over the management network, as a controller outside would have to."""

from __future__ import annotations

from crossconnect.errors import Unreachable
from crossconnect.lab.handle import Lab
from crossconnect.lab.pings import Ping, ping_matrix
from crossconnect.lab.plan import MANAGEMENT_NODE
from crossconnect.net import address_of, interface_prefix, version_of

ATTEMPTS = 2
TIMEOUT_S = 1.0


def reach(lab: Lab, device: str) -> None:
    """Unreachable when none of a switch's management addresses answers from the management network's gateway. A switch
    without one is reached by other ways. In a lab nothing is told to it over that network; but what a change has cut
    off could not be told anything, and so it is not."""
    configuration = next(d for d in lab.blueprint.devices if d.name == device)
    gateways = configuration.system.management_gateways
    pings = [
        Ping(node=MANAGEMENT_NODE, source=gateway, destination=address_of(address))
        for interface in configuration.interfaces
        if interface.kind == "management"
        for address in interface.addresses
        for gateway in gateways
        if version_of(gateway) == version_of(address) and interface_prefix(address) == _same_subnet(gateway, address)
    ]
    if not pings:
        return
    results = ping_matrix(lab, pings, attempts=ATTEMPTS, timeout_s=TIMEOUT_S)
    if not any(result.answered for result in results):
        raise Unreachable(f"{device} does not answer at {pings[0].destination} in the management network")


def _same_subnet(gateway: str, address: str) -> str:
    return interface_prefix(f"{gateway}/{address.partition('/')[2]}")
