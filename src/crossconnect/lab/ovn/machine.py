"""A tenant's machine: a network namespace on its chassis, plugged into OVN by a tap as a hypervisor does it."""

from __future__ import annotations

import hashlib
import shlex

import msgspec

from crossconnect.errors import Rejected
from crossconnect.lab.handle import Lab
from crossconnect.lab.ovn.processes import DIRECTORY
from crossconnect.lab.ovn.software import OvnSoftware

INTERFACE = "eth0"
"""A machine's only port, as it sees it."""

LEASES = f"{DIRECTORY}/leases"
DHCP_ATTEMPTS = 30
DHCP_TIMEOUT_S = 1
TAP_MTU = 9216
"""Of the chassis' end: never what limits a machine."""

DHCP_SCRIPT = f"""#!/bin/sh
# Run by udhcpc(8) with what it was offered: gives it to the interface, and writes it down.
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr replace "$ip/$mask" dev "$interface"
[ -z "$mtu" ] || ip link set "$interface" mtu "$mtu"
if [ -n "$staticroutes" ]; then
    # RFC 3442: where there are classless routes, the router option does not count.
    set -- $staticroutes
    while [ $# -ge 2 ]; do
        if [ "$2" = 0.0.0.0 ]; then ip route replace "$1" dev "$interface"; else
            ip route replace "$1" via "$2" dev "$interface" onlink; fi
        shift 2
    done
else
    for gateway in $router; do ip route replace default via "$gateway" dev "$interface"; break; done
fi
mkdir -p {LEASES}
printf '%s\\n' "address=$ip/$mask" "router=$router" "mtu=$mtu" "dns=$dns" "domain=$domain" "server=$serverid" \\
    "lease=$lease" "routes=$staticroutes" "hostname=$hostname" > "{LEASES}/$LEASE_OF"
"""
"""Where udhcpc's own would write /etc/resolv.conf, which is the machine's that the lab runs on."""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine. Its port exists in the northbound database, or will."""

    name: str
    """Unique among the machines of a lab; a network namespace's name."""
    port: str
    """Name of its logical switch port (`iface-id`)."""
    chassis: str
    mac: str
    addresses: tuple[str, ...] = ()
    """With length; given here, not asked for."""
    gateways: tuple[str, ...] = ()
    """Next hops of its default routes, at most one per IP version."""
    dhcp: bool = False
    """Whether it asks for an IPv4 address (`dhcp` of the lab says when)."""
    autoconf: bool = False
    """Whether it takes IPv6 addresses and routers out of router advertisements (RFC 4862)."""
    mtu: int = 0
    """0: what OVN's tunnels leave."""

    def address(self, version: int = 4) -> str:
        """Its first address of an IP version, without length. Raises Rejected where it has none."""
        for address in self.addresses:
            if (":" in address) == (version == 6):
                return address.partition("/")[0]
        raise Rejected(f"machine {self.name} has no IPv{version} address")


def tap_name(port: str) -> str:
    """Name of a chassis' interface for a port: at most 15 octets, and the same each time."""
    return "tap" + hashlib.sha256(port.encode()).hexdigest()[:11]


def plug(lab: Lab, software: OvnSoftware, machine: Machine, mtu: int) -> None:
    """Make a machine and plug it in. Raises Rejected with what failed."""
    tap, name = tap_name(machine.port), machine.name
    settings = {
        "net/ipv6/conf/all/accept_dad": "0",
        "net/ipv6/conf/default/accept_dad": "0",
        "net/ipv6/conf/default/accept_ra": "1" if machine.autoconf else "0",
        "net/ipv6/conf/default/router_solicitation_delay": "0",
        "net/ipv4/icmp_ratelimit": "0",
        "net/ipv6/icmp/ratelimit": "0",
    }
    inside = [f"echo {value} > /proc/sys/{key} 2>/dev/null || true" for key, value in settings.items()]
    lines = [
        "link set lo up",
        f"link set {INTERFACE} up",
        *(f"addr replace {a} dev {INTERFACE}" + (" nodad" if ":" in a else "") for a in machine.addresses),
        *(f"route replace {_default(g)} via {g} dev {INTERFACE} onlink" for g in machine.gateways),
    ]
    script = [
        f"ip netns add {name}",
        f"ip link add {tap} mtu {TAP_MTU} type veth peer name {INTERFACE} address {machine.mac} mtu {mtu} netns {name}",
        f"echo 1 > /proc/sys/net/ipv4/conf/{tap}/rp_filter",
        f"echo 1 > /proc/sys/net/ipv6/conf/{tap}/disable_ipv6",
        f"ip link set {tap} up",
        f"nsenter --net=/run/netns/{name} sh -ec {shlex.quote(chr(10).join(inside))}",
        # Whoever computes checksums in hardware leaves it to the last device; a userspace switch is none.
        f"nsenter --net=/run/netns/{name} ethtool -K {INTERFACE} tx off >/dev/null",
        f"printf %s {shlex.quote(chr(10).join(lines) + chr(10))} | ip -n {name} -batch -",
        vsctl(
            software,
            f"-- --may-exist add-port br-int {tap}"
            f" -- set interface {tap} external_ids:iface-id={shlex.quote(machine.port)}"
            f" 'external_ids:attached-mac=\"{machine.mac}\"'",
        ),
    ]
    _run(lab, machine, script, "plugged in")


def unplug(lab: Lab, software: OvnSoftware, machine: Machine) -> None:
    """Take a machine away, as its power-off does. Raises Rejected with what failed."""
    tap = tap_name(machine.port)
    script = [
        vsctl(software, f"-- --if-exists del-port br-int {tap}"),
        f"for p in $(ip netns pids {machine.name}); do kill -9 $p || true; done",
        # The namespace goes with its last user, some time later; its interfaces are to go now.
        f"ip link del {tap} 2>/dev/null || true",
        f"ip netns del {machine.name}",
        f"rm -f {LEASES}/{machine.name}",
    ]
    _run(lab, machine, script, "unplugged")


def ask_dhcp(lab: Lab, machine: Machine) -> dict[str, str]:
    """Let a machine ask for an address; what it was given: address, router, mtu, dns, domain, server, lease, routes,
    hostname. Raises Rejected when nobody answers."""
    command = (
        f"LEASE_OF={machine.name} nsenter --net=/run/netns/{machine.name} udhcpc -i {INTERFACE} -n -q -f"
        f" -t {DHCP_ATTEMPTS} -T {DHCP_TIMEOUT_S} -O mtu -O staticroutes -O domain -O hostname -s {DIRECTORY}/dhcp"
    )
    script = [f"chmod +x {DIRECTORY}/dhcp", f"rm -f {LEASES}/{machine.name}", f"{command} >/dev/null"]
    _run(lab, machine, [*script, f"[ -s {LEASES}/{machine.name} ]"], "given an address by DHCP")
    lease = lab.run(machine.chassis, ["cat", f"{LEASES}/{machine.name}"]).stdout
    return {key: value.strip() for key, _, value in (line.partition("=") for line in lease.splitlines())}


def vsctl(software: OvnSoftware, words: str) -> str:
    """A shell command that changes the switch of the chassis it is run on."""
    return f"{shlex.join((*software.chroot, 'ovs-vsctl', f'--db=unix:{DIRECTORY}/switch.sock'))} --timeout=50 {words}"


def _run(lab: Lab, machine: Machine, script: list[str], what: str) -> None:
    done = lab.run(machine.chassis, ["sh", "-ec", "\n".join(script)], timeout_s=60)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-1000:]
        raise Rejected(f"machine {machine.name} could not be {what} on {machine.chassis}: {said}")


def _default(gateway: str) -> str:
    return "::/0" if ":" in gateway else "0.0.0.0/0"
