"""What a gateway node announces: addresses of the cloud, from the node on which each of them is alive.

    southbound --replica--> decision: routes that this node is to have --routes: commands--> kernel --FRR--> leaves

One agent per gateway node, beside ovn-controller, with the same source of truth: the southbound database says which
chassis has a router's gateway port, and which addresses are translated there. What it says becomes routes of the node's
kernel, in the VRF of the provider network and under a protocol number of our own, and FRR redistributes those. So what
is announced is what is forwarded, there is no state to lose (the kernel's table is compared with what it should be when
the agent starts), and an agent that dies takes nothing with it.

OVN 25.03 and later writes such routes itself, into a table for each router. With FRR 10 in a node's default VRF those
are what is announced (`TableSpeaker`): the agent tells FRR of the tables, and has routes for the rest only.

    decision    pure: rows and this node's networks to routes
    routes      pure: routes that are and should be, to `ip` commands
    speaker     pure: routing tables that FRR announces from and should, to `vtysh` commands
    agent       the southbound database and the kernel (the only part with sockets and processes)

`python -m crossconnect.cloud.announce FILE` runs it; FILE is an `AgentConfiguration` in JSON.
"""

from crossconnect.cloud.announce.decision import (
    ANNOUNCE_KEY,
    AgentConfiguration,
    GatewayNetwork,
    PortBinding,
    Route,
    TableSpeaker,
    routes_of,
    tables_of,
)
from crossconnect.cloud.announce.routes import PROTOCOL, changes, kernel_routes

__all__ = [
    "ANNOUNCE_KEY",
    "PROTOCOL",
    "AgentConfiguration",
    "GatewayNetwork",
    "PortBinding",
    "Route",
    "TableSpeaker",
    "changes",
    "kernel_routes",
    "routes_of",
    "tables_of",
]
