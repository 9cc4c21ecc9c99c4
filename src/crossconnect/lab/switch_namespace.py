"""A switch without VRF devices: a network namespace per VRF, a bridge per bridge domain (the `namespace` backend).

    node's own namespace                      namespace `red-prod`
      lo 10.0.0.11/32                           vlan100 (bridge, gateway address and MAC)
      swp32, swp31      fabric ports              +- vni10100 (VXLAN, socket in the node's own namespace)
      swp3              port with tags only       +- swp1, swp2.100 (servers)
                                                l3vni5001 (bridge, router MAC) +- vni5001
                                                swp3.101 (handoff)

FRR's `zebra -n` takes each namespace in /run/netns for a VRF. A VXLAN device is made in the node's own namespace and
handed to the VRF's: its packets go on leaving through the underlay. An 802.1Q tag of a port is a veth pair of its own
under the subinterface's name, so that every tag is a wire that nothing else can enter.
"""

from __future__ import annotations

import msgspec

from crossconnect.lab.plan import MAIN, Batch
from crossconnect.nos.frr.linux import BridgeDomain, LinuxDevice, Port, VrfDevice

VXLAN_PORT = 4789  # RFC 7348 5
BRIDGE = "type bridge stp_state 0 forward_delay 0"


class Realisation(msgspec.Struct, frozen=True, kw_only=True):
    """How a backend makes a switch: commands, and where the ends of its links belong."""

    namespaces: tuple[str, ...]
    setup: tuple[Batch, ...]
    plug: tuple[Batch, ...]
    """See `NodePlan.plug`."""
    clean: tuple[Batch, ...]
    ports: dict[str, str]
    """Port -> namespace of its interface."""
    tags: dict[tuple[str, int], tuple[str, str]]
    """(port, VLAN) -> (interface, namespace), where a tag is a link of its own."""


def namespace_switch(linux: LinuxDevice) -> Realisation:
    """The switch in the `namespace` backend. Bonds and VRF leaking are refused before (`backend`)."""
    place = _places(linux)
    lines: dict[str, list[str]] = {MAIN: _own_lines(linux)}
    for vrf in linux.vrfs:
        lines[vrf.name] = ["link set lo up", *_l3vni_lines(vrf)]
    for domain in linux.bridge_domains:
        lines[_namespace(domain.vrf)] += _domain_lines(domain)
    plug: dict[str, list[str]] = {}
    for port in linux.ports:
        routed = not _untagged(linux, port.name)
        lines[place[port.name]] += port_lines(port, routed)
        (plug.setdefault(place[port.name], []) if routed else lines[place[port.name]]).append(state_line(port))
    for sub in linux.subinterfaces:
        state = "up" if sub.enabled else "down"
        lines[_namespace(sub.vrf)] += [
            f"link set {sub.name} mtu {sub.mtu} {state}",
            *(address_line(address, sub.name) for address in sub.addresses),
        ]
    return Realisation(
        namespaces=tuple(vrf.name for vrf in linux.vrfs),
        setup=tuple(Batch(namespace=name, lines=tuple(batch)) for name, batch in lines.items() if batch),
        plug=tuple(Batch(namespace=name, lines=tuple(batch)) for name, batch in plug.items()),
        clean=_clean(linux),
        ports=place,
        tags=_tags(linux),
    )


def address_line(address: str, interface: str) -> str:
    """Give an interface an address; again, if it has it already. Duplicate detection would only cost a second."""
    return f"addr replace {address} dev {interface}" + (" nodad" if ":" in address else "")


def port_lines(port: Port, routed: bool) -> list[str]:
    """A port's MTU and addresses. Only a routed port gets an IPv6 link-local address."""
    mode = "eui64" if routed else "none"
    lines = [f"link set {port.name} mtu {port.mtu} addrgenmode {mode}"]
    return [*lines, *(address_line(address, port.name) for address in port.addresses)]


def state_line(port: Port) -> str:
    """A port's administrative state."""
    return f"link set {port.name} {'up' if port.enabled else 'down'}"


def vxlan_line(name: str, vni: int, vtep: str, namespace: str = MAIN) -> str:
    """A VXLAN device whose tunnels leave through the namespace in which the line is run."""
    into = f" netns {namespace}" if namespace else ""
    return f"link add {name}{into} type vxlan id {vni} local {vtep} dstport {VXLAN_PORT} nolearning ttl 64"


def slave_lines(vxlan: str, bridge: str, mtu: int, suppress: bool) -> list[str]:
    """A VXLAN device as a bridge port: EVPN teaches it addresses, the data plane never does (RFC 8365 5)."""
    suppression = "neigh_suppress on " if suppress else ""
    return [
        f"link set {vxlan} mtu {mtu} addrgenmode none",
        f"link set {vxlan} master {bridge}",
        f"link set {vxlan} type bridge_slave {suppression}learning off",
        f"link set {vxlan} up",
    ]


def _namespace(vrf: str) -> str:
    return MAIN if vrf == "default" else vrf


def _untagged(linux: LinuxDevice, port: str) -> BridgeDomain | None:
    for domain in linux.bridge_domains:
        if any(member.name == port and not member.tagged for member in domain.ports):
            return domain
    return None


def _places(linux: LinuxDevice) -> dict[str, str]:
    place = {port.name: _namespace(port.vrf) for port in linux.ports}
    for domain in linux.bridge_domains:
        for member in domain.ports:
            if not member.tagged:
                place[member.name] = _namespace(domain.vrf)
    return place


def _tags(linux: LinuxDevice) -> dict[tuple[str, int], tuple[str, str]]:
    tags = {(sub.parent, sub.vlan): (sub.name, _namespace(sub.vrf)) for sub in linux.subinterfaces}
    for domain in linux.bridge_domains:
        for member in domain.ports:
            if member.tagged:
                tags[member.name, domain.vlan] = (f"{member.name}.{domain.vlan}", _namespace(domain.vrf))
    return tags


def _own_lines(linux: LinuxDevice) -> list[str]:
    lines = ["link set lo up", *(address_line(address, "lo") for address in linux.lo_addresses)]
    lines += [vxlan_line(vrf.vxlan, vrf.vni, linux.vtep, vrf.name) for vrf in linux.vrfs if vrf.vxlan]
    lines += [vxlan_line(d.vxlan, d.vni, linux.vtep, _namespace(d.vrf)) for d in linux.bridge_domains if d.vxlan]
    return lines


def _l3vni_lines(vrf: VrfDevice) -> list[str]:
    if not vrf.vxlan:
        return []
    return [
        f"link add {vrf.bridge} {BRIDGE}",
        f"link set {vrf.bridge} address {vrf.router_mac} addrgenmode none",
        *slave_lines(vrf.vxlan, vrf.bridge, vrf.mtu, suppress=False),
        f"link set {vrf.bridge} mtu {vrf.mtu} up",
    ]


def _domain_lines(domain: BridgeDomain) -> list[str]:
    svi = domain.svi
    routed_v6 = any(":" in address for address in domain.svi_addresses)
    lines = [f"link add {svi} {BRIDGE}", f"link set {svi} addrgenmode {'eui64' if routed_v6 else 'none'}"]
    if domain.svi_mac:
        lines.append(f"link set {svi} address {domain.svi_mac}")
    if domain.vxlan:
        lines += slave_lines(domain.vxlan, svi, domain.mtu, suppress=True)
    for member in domain.ports:
        name = f"{member.name}.{domain.vlan}" if member.tagged else member.name
        lines.append(f"link set {name} addrgenmode none master {svi}")
        if member.tagged:
            lines.append(f"link set {name} mtu {domain.mtu} up")
    lines.append(f"link set {svi} mtu {domain.mtu} up")
    return [*lines, *(address_line(address, svi) for address in domain.svi_addresses)]


def _clean(linux: LinuxDevice) -> tuple[Batch, ...]:
    lines: dict[str, list[str]] = {}
    for vrf in linux.vrfs:
        if vrf.vxlan:
            lines.setdefault(vrf.name, []).extend((f"link del {vrf.bridge}", f"link del {vrf.vxlan}"))
    for domain in linux.bridge_domains:
        batch = lines.setdefault(_namespace(domain.vrf), [])
        batch.append(f"link del {domain.svi}")
        if domain.vxlan:
            batch.append(f"link del {domain.vxlan}")
    return tuple(Batch(namespace=name, lines=tuple(batch)) for name, batch in lines.items())
