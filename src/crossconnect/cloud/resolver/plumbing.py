"""A VPC's namespace on a hypervisor and its port of the switch, as commands. Doing them again changes nothing.

The third address of each subnet is routed here, whatever the subnet: so the namespace takes every destination of what
comes in for its own (`local` route), and only of what comes in, or its own answers would stay inside.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence

from crossconnect.cloud.resolver.placement import Place

NAMESPACE_PREFIX = "xcdns-"
INTERFACE = "eth0"
TABLE = 53
"""Of the namespace: destinations that are taken for its own."""
MARK = "crossconnect:resolver"
"""In `external_ids` of the switch's interface: the namespace it leads to."""


def namespace_of(place: Place) -> str:
    """Name of a VPC's network namespace."""
    return NAMESPACE_PREFIX + _digest(place.port)


def tap_of(place: Place) -> str:
    """Name of the hypervisor's end of it: at most 15 octets."""
    return "xcd" + _digest(place.port)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:11]


def setup(place: Place, vsctl: Sequence[str]) -> str:
    """A shell script that makes a VPC's namespace and plugs it in."""
    name, tap = namespace_of(place), tap_of(place)
    inside = f"ip -n {name}"
    lines = [
        f"[ -e /run/netns/{name} ] || ip netns add {name}",
        f"{inside} link set lo up",
        f"ip link show dev {tap} >/dev/null 2>&1 ||"
        f" ip link add {tap} type veth peer name {INTERFACE} address {place.mac} netns {name}",
        f"nsenter --net=/run/netns/{name} sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_ra;"
        f" echo 0 > /proc/sys/net/ipv6/conf/{INTERFACE}/accept_ra' 2>/dev/null || true",
        # Checksums are left to hardware by whoever has some; a userspace switch has none.
        f"nsenter --net=/run/netns/{name} ethtool -K {INTERFACE} tx off >/dev/null 2>&1 || true",
        f"echo 1 > /proc/sys/net/ipv6/conf/{tap}/disable_ipv6 2>/dev/null || true",
        f"ip link set {tap} up",
        f"{inside} link set {INTERFACE} up",
    ]
    for address, gateway in zip(place.addresses, place.gateways, strict=True):
        version, every = ("-6", "::/0") if ":" in address else ("-4", "0.0.0.0/0")
        nodad = " nodad" if ":" in address else ""
        lines += [
            f"{inside} addr replace {address} dev {INTERFACE}{nodad}",
            f"{inside} route replace default via {gateway} dev {INTERFACE}",
            f"{inside} {version} route replace local {every} dev lo table {TABLE}",
            f"{inside} {version} rule show | grep -q 'lookup {TABLE}' ||"
            f" {inside} {version} rule add iif {INTERFACE} lookup {TABLE}",
        ]
    lines.append(
        f"{shlex.join(vsctl)} -- --may-exist add-port br-int {tap}"
        f" -- set interface {tap} external_ids:iface-id={shlex.quote(place.port)}"
        f" 'external_ids:\"{MARK}\"={name}' 'external_ids:attached-mac=\"{place.mac}\"'"
    )
    return "\n".join(["set -e", *lines])


def teardown(namespace: str, vsctl: Sequence[str]) -> str:
    """A shell script that takes a namespace of ours away, with its port."""
    tap = "xcd" + namespace.removeprefix(NAMESPACE_PREFIX)
    return "\n".join(
        (
            f"{shlex.join(vsctl)} -- --if-exists del-port br-int {tap}",
            f"ip link del {tap} 2>/dev/null || true",
            f"ip netns del {namespace} 2>/dev/null || true",
        )
    )
