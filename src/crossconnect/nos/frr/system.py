"""Lines of the device as a whole, and static routes of the management VRF."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.frr.facts import Version, nexthop_groups_in_kernel
from crossconnect.nos.frr.tree import Entry


SEGMENT_STARTUP_S = 30
"""How long ports of Ethernet segments stay down after a start, until the fabric has converged; FRR's default is 180."""


EVPN_ORDER_LINES = ("zebra work-queue 0", "zebra zapi-packets 1")
"""Keep 8.4 from losing the neighbour and MAC entries of a remote VTEP, and with them all routed traffic to it, for good.

When the best path of an EVPN route moves from one spine to another, bgpd sends a delete and an add. zebra 8.4 queues the
add's entries before the delete's (fixed in 8.5 by "lib, zebra: Fix EVPN nexthop config order"), so that they end up
deleted. Taking one message at a time, and working on it at once, keeps the order; both lines are needed. Measured with
500 routes and every path moving four times; without them one killed spine is enough.
"""


def render_system(device: DeviceConfiguration, version: Version) -> list[Entry]:
    """The head of the file.

    `frr defaults traditional` only fixes which lines FRR thinks need not be shown: every setting whose default
    differs between profiles or versions is written out, so that the profile changes nothing.
    """
    entries: list[Entry] = [
        "frr defaults traditional",
        f"hostname {device.name}",
        "service integrated-vtysh-config",
        "log syslog informational",
        "log timestamp precision 3",
        "ip forwarding",
        "ipv6 forwarding",
    ]
    if version == "8.4" and not nexthop_groups_in_kernel(device):
        # FRR 14481, 13413: after two link flaps in a row 8.4 can lose a next-hop group that routes still use.
        entries.append("no zebra nexthop kernel enable")
    if version == "8.4" and device.vtep:
        entries += EVPN_ORDER_LINES
    if any(i.esi for i in device.interfaces):
        entries.append(f"evpn mh startup-delay {SEGMENT_STARTUP_S}")
    return entries
