"""Blueprint to lab plan: pure, and the same for every machine that will run it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from crossconnect.design.blueprint import Blueprint, Wire
from crossconnect.lab.host_node import HostNode, host_node
from crossconnect.lab.options import BackendName
from crossconnect.lab.peer_node import PeerNode, peer_node
from crossconnect.lab.plan import MAIN, MANAGEMENT_NODE, Batch, End, File, LabPlan, Link, NodePlan
from crossconnect.lab.switch_node import RenderedDevice, SwitchNode, frr_commands, switch_node
from crossconnect.net import contains, interface_prefix
from crossconnect.net.order import natural_key

MANAGEMENT_BRIDGE = "oob"


class Realising(msgspec.Struct, frozen=True, kw_only=True):
    """How a lab is made, beyond what it is of."""

    backend: BackendName
    lldp: bool = True
    """Whether switches run lldpd."""
    rootless: bool = False
    root: str = ""
    """Where the switches' FRR is; see `frr_root`."""


class _Ends(msgspec.Struct, frozen=True):
    """Where the ends of a node's links are: see `Realisation`."""

    ports: dict[str, str]
    tags: dict[tuple[str, int], tuple[str, str]]


def plan_lab(
    blueprint: Blueprint,
    devices: Mapping[str, RenderedDevice],
    how: Realising,
    secrets: Mapping[str, str],
) -> LabPlan:
    """The plan of a lab. Whether the backend can do what the blueprint needs is `choose_backend`'s to say, before.

    Raises BadInput for a missing secret.
    """
    kernel = how.backend != "namespace"
    commands = frr_commands(namespace_vrfs=not kernel, rootless=how.rootless, root=how.root)
    switches = [switch_node(d, devices[d.name], commands, kernel, how.lldp, how.root) for d in blueprint.devices]
    plain = frr_commands(namespace_vrfs=False, rootless=how.rootless)
    peers = [peer_node(peer, secrets, kernel, plain) for peer in blueprint.peers]
    hosts = [host_node(host, kernel) for host in blueprint.hosts]
    ends = _ends(switches, peers, hosts)
    links = _with_macs(blueprint, [link for wire in blueprint.wires for link in _wire_links(wire, ends)])
    management, management_links = _management(blueprint, ends)
    links += management_links
    links += _open_ports(blueprint, ends, links)
    tags = sum(1 for link in links if link.wire and link.port_a != link.a.interface)
    routers = [s.node for s in switches] + [p.node for p in peers]
    if how.rootless:
        routers = [msgspec.structs.replace(node, files=(*node.files, _ONE_USER)) for node in routers]
    nodes = [*routers, *(h.node for h in hosts), management]
    return LabPlan(
        region=blueprint.region,
        backend=how.backend,
        nodes=tuple(nodes),
        links=tuple(links),
        notes=_notes(kernel, len(blueprint.vrfs), tags),
    )


_ONE_USER = File(path="/etc/group", content="root:x:0:\nfrr:x:0:root\nfrrvty:x:0:root\n")
"""Without root there is but one user, root of the lab's own user namespace: FRR insists that whoever runs it is in the
group of its command sockets."""


def _notes(kernel: bool, vrfs: int, tags: int) -> tuple[str, ...]:
    if kernel:
        return ()
    notes: list[str] = []
    if vrfs:
        notes.append("VRFs are network namespaces (zebra -n): this kernel has no VRF devices, or they were not chosen")
    if tags:
        notes.append(f"{tags} 802.1Q tags are a veth pair each under the subinterface's name, not tags on the port")
    return tuple(notes)


def _ends(switches: Iterable[SwitchNode], peers: Iterable[PeerNode], hosts: Iterable[HostNode]) -> dict[str, _Ends]:
    ends = {s.node.name: _Ends(s.realisation.ports, s.realisation.tags) for s in switches}
    ends.update((p.node.name, _Ends(p.ports, p.tags)) for p in peers)
    ends.update((h.node.name, _Ends(h.ports, h.tags)) for h in hosts)
    return ends


def _wire_links(wire: Wire, ends: Mapping[str, _Ends]) -> list[Link]:
    """The wire itself, then one link for every tag that either side knows."""
    a, b = ends[wire.a_device], ends[wire.b_device]
    links = [
        Link(
            a=End(wire.a_device, a.ports.get(wire.a_port, MAIN), wire.a_port),
            b=End(wire.b_device, b.ports.get(wire.b_port, MAIN), wire.b_port),
            wire=wire.key,
            port_a=wire.a_port,
            port_b=wire.b_port,
        )
    ]
    vlans = {v for port, v in a.tags if port == wire.a_port} | {v for port, v in b.tags if port == wire.b_port}
    for vlan in sorted(vlans):
        name_a, place_a = a.tags.get((wire.a_port, vlan), (f"{wire.a_port}.{vlan}", MAIN))
        name_b, place_b = b.tags.get((wire.b_port, vlan), (f"{wire.b_port}.{vlan}", MAIN))
        links.append(
            Link(
                a=End(wire.a_device, place_a, name_a),
                b=End(wire.b_device, place_b, name_b),
                wire=wire.key,
                port_a=wire.a_port,
                port_b=wire.b_port,
            )
        )
    return links


def _with_macs(blueprint: Blueprint, links: Iterable[Link]) -> list[Link]:
    """Fabric ports get MAC addresses that ascend with the port, as a switch's do: a port's link-local address follows
    from its MAC, and between parallel unnumbered links the lowest address of the neighbour decides which is best."""
    ports: dict[str, list[str]] = {}
    for wire in blueprint.wires:
        if wire.kind == "fabric":
            ports.setdefault(wire.a_device, []).append(wire.a_port)
            ports.setdefault(wire.b_device, []).append(wire.b_port)
    numbers = {name: number for number, name in enumerate(sorted(ports, key=natural_key), 1)}
    macs = {
        (device, port): f"02:0c:{numbers[device] >> 8:02x}:{numbers[device] & 255:02x}:{n >> 8:02x}:{n & 255:02x}"
        for device, names in ports.items()
        for n, port in enumerate(sorted(names, key=natural_key), 1)
    }
    return [
        msgspec.structs.replace(
            link,
            mac_a=macs.get((link.a.node, link.a.interface), ""),
            mac_b=macs.get((link.b.node, link.b.interface), ""),
        )
        for link in links
    ]


def _management(blueprint: Blueprint, ends: Mapping[str, _Ends]) -> tuple[NodePlan, list[Link]]:
    """One bridge that all management ports are plugged into; it answers at the management gateway's addresses."""
    links: list[Link] = []
    lines = [
        "link set lo up",
        f"link add {MANAGEMENT_BRIDGE} type bridge stp_state 0 forward_delay 0",
    ]
    gateways: dict[str, None] = {}
    subnets: dict[str, None] = {}
    for device in blueprint.devices:
        for interface in device.interfaces:
            if interface.kind == "management":
                place = ends[device.name].ports[interface.name]
                name = f"m{len(links)}"
                links.append(Link(a=End(device.name, place, interface.name), b=End(MANAGEMENT_NODE, MAIN, name)))
                lines += [f"link set {name} master {MANAGEMENT_BRIDGE} addrgenmode none", f"link set {name} up"]
                subnets.update((interface_prefix(address), None) for address in interface.addresses)
        gateways.update(dict.fromkeys(device.system.management_gateways))
    lines.append(f"link set {MANAGEMENT_BRIDGE} up")
    for gateway in gateways:
        for subnet in subnets:
            if contains(subnet, gateway):
                length = subnet.partition("/")[2]
                lines.append(f"addr replace {gateway}/{length} dev {MANAGEMENT_BRIDGE}")
                break
    node = NodePlan(name=MANAGEMENT_NODE, kind="management", setup=(Batch(namespace=MAIN, lines=tuple(lines)),))
    return node, links


def _open_ports(blueprint: Blueprint, ends: Mapping[str, _Ends], links: Iterable[Link]) -> list[Link]:
    """Configured ports without a cable: they exist, and have no carrier, as their other end is never set up."""
    wired = {(end.node, end.interface) for link in links for end in (link.a, link.b)}
    bare: list[Link] = []
    for device in blueprint.devices:
        for interface in device.interfaces:
            if interface.kind == "ethernet" and (device.name, interface.name) not in wired:
                place = ends[device.name].ports[interface.name]
                other = End(MANAGEMENT_NODE, MAIN, f"u{len(bare)}")
                bare.append(Link(a=End(device.name, place, interface.name), b=other))
    return bare
