"""Lines of the device as a whole, and static routes of the management VRF."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.frr.facts import Version, nexthop_groups_in_kernel
from crossconnect.nos.frr.tree import Entry

SEGMENT_STARTUP_S = 30
"""How long ports of Ethernet segments stay down after a start, until the fabric has converged; FRR's default is 180."""


EVPN_ORDER_LINES = ("zebra work-queue 0", "zebra zapi-packets 1", "zebra dplane limit 10000")
"""Keep zebra 8.4 from losing, for good, the neighbour and MAC entries of a remote VTEP and all routed traffic to it.

When the best path of a VRF's EVPN route moves from one spine to another, bgpd sends a delete and an add. zebra 8.4
works on the add's entries before the delete's, so that they end up deleted (FRR commit cea3f7f25a, released with 8.5,
cures it). Taking one message at a time, working on it at once, and not stopping for a slow kernel keeps the order; all
three lines are needed. Measured with 500 and 4,000 routes, killing bgpd on and cutting the links of each of two spines
in turn: all entries stay; without the lines the first kill is enough.
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
