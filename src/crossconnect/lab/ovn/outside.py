"""A machine outside the cloud, on a provider network: a plain namespace without any OVN."""

from __future__ import annotations

import shlex

import msgspec

from crossconnect.errors import Rejected
from crossconnect.lab.handle import Lab
from crossconnect.lab.ovn.underlay import NETWORKS_NODE, PROVIDER_MTU, outside_bridge

INTERFACE = "eth0"


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """Such a machine."""

    name: str
    network: str = "external"
    addresses: tuple[str, ...] = ()
    """With length. Further ones than the first may be of anywhere: what it stands in for."""
    routes: tuple[tuple[str, str], ...] = ()
    """(prefix, next hop)"""

    def address(self, version: int = 4) -> str:
        """Its first address of an IP version, without length. Raises Rejected where it has none."""
        for address in self.addresses:
            if (":" in address) == (version == 6):
                return address.partition("/")[0]
        raise Rejected(f"{self.name} has no IPv{version} address")


def add_outside(lab: Lab, outside: Outside, number: int) -> None:
    """Make it. `number` tells it from others of the lab. Raises Rejected with what failed."""
    port = f"x{number}"
    lines = [
        "link set lo up",
        f"link set {INTERFACE} up",
        *(f"addr replace {a} dev {INTERFACE}" + (" nodad" if ":" in a else "") for a in outside.addresses),
        *(f"route replace {prefix} via {hop} dev {INTERFACE} onlink" for prefix, hop in outside.routes),
    ]
    script = [
        f"ip netns add {outside.name}",
        f"ip link add {port} mtu {PROVIDER_MTU} type veth"
        f" peer name {INTERFACE} mtu {PROVIDER_MTU} netns {outside.name}",
        f"ip link set {port} master {outside_bridge(outside.network)} up",
        f"nsenter --net=/run/netns/{outside.name} sh -c 'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit;"
        " echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; echo 1 > /proc/sys/net/ipv4/ip_forward' || true",
        f"nsenter --net=/run/netns/{outside.name} ethtool -K {INTERFACE} tx off >/dev/null",
        f"printf %s {shlex.quote(chr(10).join(lines) + chr(10))} | ip -n {outside.name} -batch -",
    ]
    done = lab.run(NETWORKS_NODE, ["sh", "-ec", "\n".join(script)], timeout_s=30)
    if done.returncode:
        raise Rejected(f"{outside.name} could not be made: {done.stderr.strip()[-500:]}")
