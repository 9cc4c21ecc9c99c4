"""A server as a node: its ports, bond and tags, its addresses, its default routes.

What a host says on the wire must be the same in every run, since leaves turn it into EVPN routes: MAC addresses are
the blueprint's, there is no IPv6 link-local address (it would become a route of its own), no autoconfiguration, no
duplicate address detection, no multicast listener chatter from temporary addresses.
"""

from __future__ import annotations

import msgspec

from crossconnect.design.blueprint import Endpoint, HostPlan
from crossconnect.lab.plan import MAIN, Batch, NodePlan
from crossconnect.net import interface_prefix

FIRST_TABLE = 100
"""Routing table of a host's first gateway, where it has several; the others follow."""

HOST_SYSCTLS: tuple[tuple[str, str], ...] = (
    ("net.ipv4.ip_forward", "0"),
    ("net.ipv6.conf.all.forwarding", "0"),
    ("net.ipv6.conf.all.accept_ra", "0"),
    ("net.ipv6.conf.default.accept_ra", "0"),
    ("net.ipv6.conf.all.accept_dad", "0"),
    ("net.ipv6.conf.default.accept_dad", "0"),
    ("net.ipv6.conf.default.addr_gen_mode", "1"),  # none: no link-local address
    ("net.ipv6.conf.all.keep_addr_on_down", "1"),
    ("net.ipv6.conf.default.keep_addr_on_down", "1"),
    # Strict hosts: an address belongs to its interface alone, or a host in two VRFs would join them.
    ("net.ipv4.conf.all.arp_ignore", "1"),
    ("net.ipv4.conf.all.arp_announce", "2"),
    ("net.ipv4.conf.all.rp_filter", "0"),
    ("net.ipv4.conf.default.rp_filter", "0"),
    # The lab's pings come faster than a host answers by default (one reply per peer and second in places).
    ("net.ipv4.icmp_ratelimit", "0"),
    ("net.ipv6.icmp.ratelimit", "0"),
)


class HostNode(msgspec.Struct, frozen=True, kw_only=True):
    """The node and the ends of its links, as `Realisation` has them for switches."""

    node: NodePlan
    ports: dict[str, str]
    tags: dict[tuple[str, int], tuple[str, str]]


def host_node(host: HostPlan, kernel: bool) -> HostNode:
    """A host; `kernel` says whether bonds and 802.1Q devices are the kernel's own (`kernel-vrf` backend)."""
    bonded = len(host.ports) > 1
    trunk = "bond0" if bonded else host.ports[0]
    lines = ["link set lo up"]
    if bonded:
        lines += _bond_lines(host)
    else:
        lines += [f"link set {trunk} address {host.mac} addrgenmode none mtu {host.mtu}", f"link set {trunk} up"]
    tagged = [endpoint for endpoint in host.endpoints if endpoint.tagged]
    for endpoint in tagged:
        name = endpoint.interface
        if kernel:
            lines.append(f"link add link {trunk} name {name} type vlan id {endpoint.vlan}")
        lines += [f"link set {name} address {host.mac} addrgenmode none mtu {host.mtu}", f"link set {name} up"]
    lines += [
        f"addr replace {address} dev {endpoint.interface}" + (" nodad" if ":" in address else "")
        for endpoint in host.endpoints
        for address in endpoint.addresses
    ]
    lines += _default_routes(host.endpoints)
    rules_4, rules_6 = _source_rules(host.endpoints)
    setup = [Batch(namespace=MAIN, lines=tuple(lines))]
    setup += [Batch(namespace=MAIN, lines=rules_4, once=True)] if rules_4 else []
    setup += [Batch(tool="ip -6", namespace=MAIN, lines=rules_6, once=True)] if rules_6 else []
    clean = [f"link del {endpoint.interface}" for endpoint in tagged] if kernel else []
    clean += ["link del bond0"] if bonded else []
    return HostNode(
        node=NodePlan(
            name=host.name,
            kind="host",
            sysctls=HOST_SYSCTLS,
            setup=tuple(setup),
            clean=(Batch(namespace=MAIN, lines=tuple(clean)),) if clean else (),
        ),
        ports=dict.fromkeys(host.ports, MAIN),
        tags={} if kernel else {(trunk, e.vlan): (e.interface, MAIN) for e in tagged},
    )


def _bond_lines(host: HostPlan) -> list[str]:
    lines = [
        "link add bond0 type bond mode 802.3ad lacp_rate fast miimon 100 xmit_hash_policy layer3+4",
        f"link set bond0 address {host.mac} addrgenmode none",
    ]
    for port in host.ports:
        lines += [f"link set {port} addrgenmode none down", f"link set {port} master bond0"]
    lines.append(f"link set bond0 mtu {host.mtu} up")
    return [*lines, *(f"link set {port} up" for port in host.ports)]


def _default_routes(endpoints: tuple[Endpoint, ...]) -> list[str]:
    """One default route per IP version, by the first endpoint that has a gateway; with several, each also has a
    table of its own, so that answers leave where the question came from."""
    lines: list[str] = []
    have: set[int] = set()
    routed = [e for e in endpoints if e.gateways]
    for endpoint in routed:
        for gateway in endpoint.gateways:
            version = 6 if ":" in gateway else 4
            if version not in have and _has(endpoint, version):
                have.add(version)
                default = "::/0" if version == 6 else "0.0.0.0/0"
                lines.append(f"route replace {default} via {gateway} dev {endpoint.interface}")
    if len(routed) > 1:
        for number, endpoint in enumerate(routed):
            lines += _table_lines(endpoint, FIRST_TABLE + number)
    return lines


def _table_lines(endpoint: Endpoint, table: int) -> list[str]:
    lines = [
        f"route replace {interface_prefix(address)} dev {endpoint.interface} table {table}"
        for address in endpoint.addresses
    ]
    for gateway in endpoint.gateways:
        version = 6 if ":" in gateway else 4
        if _has(endpoint, version):
            default = "::/0" if version == 6 else "0.0.0.0/0"
            lines.append(f"route replace {default} via {gateway} dev {endpoint.interface} table {table}")
    return lines


def _source_rules(endpoints: tuple[Endpoint, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    routed = [e for e in endpoints if e.gateways]
    rules: dict[int, list[str]] = {4: [], 6: []}
    if len(routed) > 1:
        for number, endpoint in enumerate(routed):
            for address in endpoint.addresses:
                source = address.partition("/")[0]
                version = 6 if ":" in source else 4
                rules[version].append(f"rule add from {source} lookup {FIRST_TABLE + number}")
    return tuple(rules[4]), tuple(rules[6])


def _has(endpoint: Endpoint, version: int) -> bool:
    return any((":" in address) == (version == 6) for address in endpoint.addresses)
