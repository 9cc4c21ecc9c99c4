"""What carries the tunnels between chassis, and what lies behind their provider networks.

flat      one plain bridge for all underlay ports, and one for each provider network:

              _networks:  oob ---- _central, every chassis
                          underlay ---- every chassis
                          n-external ---- chassis, machines outside

fabric    chassis are servers of a region's lab: their node is the server's, the tunnels' address is the server's in the
          segment of the tunnels, provider networks are segments of the region:

              leaf swp3 ---- eth0 (br-phy), eth0.200 (br-external) of a server that is a chassis

          gateway nodes of the region's cloud have their provider networks behind routers of their own
          (`gateway_node`)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from crossconnect.design.blueprint import Blueprint, Endpoint, HostPlan, PeerPlan
from crossconnect.errors import BadInput, Unsupported
from crossconnect.intent.placement import segment_path
from crossconnect.lab.ovn.central import CENTRAL_INTERFACE, CENTRAL_NODE, CentralPlan, central_node
from crossconnect.lab.ovn.chassis import (
    MANAGEMENT_INTERFACE,
    TUNNEL_BRIDGE,
    ChassisPlan,
    ProviderPort,
    Tunnels,
    chassis_node,
)
from crossconnect.lab.ovn.gateway_node import GatewayNodePlan, gateway_plans, router_of, with_gateway_node
from crossconnect.lab.ovn.software import OvnSoftware
from crossconnect.lab.plan import MAIN, Batch, End, LabPlan, Link, NodePlan
from crossconnect.net import address_text, contains, interface_prefix, parse

NETWORKS_NODE = "_networks"
"""The node whose bridges are the management network, a flat underlay and provider networks."""

MANAGEMENT_BRIDGE = "oob"
UNDERLAY_BRIDGE = "underlay"
MANAGEMENT_PREFIX = "169.254.96.0/20"
"""Link-local (RFC 3927): no region can have it for something else."""

FLAT_PREFIX = "172.31.240.0/20"
FLAT_MTU = 1600
"""A tenant's usual 1500 fit into tunnels over it."""

PROVIDER_MTU = 1500
NETWORK_NAME_MAX = 12
"""`br-` and the name are an interface's name, which has 15 octets."""

_TAKEN = {MANAGEMENT_INTERFACE, "phy", "lo", "int", TUNNEL_BRIDGE, "phy0"}


class Chassis(msgspec.Struct, frozen=True, kw_only=True):
    """A hypervisor or gateway node, as the caller wants it. Over a fabric its name is a server's."""

    name: str
    gateway: bool = False
    """Whether it offers itself as a gateway (`enable-chassis-as-gw`)."""
    networks: tuple[str, ...] = ("external",)
    """Provider networks it is plugged into; over a fabric those of the region that its server has a segment of."""
    address: str = ""
    """Its tunnels' address with length; none given: the next one. Over a fabric the server's."""


class Fabric(msgspec.Struct, frozen=True, kw_only=True):
    """A region whose servers are chassis."""

    blueprint: Blueprint
    tunnels: str
    """The segment that carries the tunnels, `tenant/vrf/segment`."""
    networks: Mapping[str, str] = {}
    """Provider network -> the segment that it is."""


def cloud_fabric(blueprint: Blueprint) -> tuple[Fabric, tuple[Chassis, ...]]:
    """A region's cloud, all of it. Raises BadInput for a region that carries none."""
    if blueprint.cloud is None:
        raise BadInput(f"region {blueprint.region} carries no cloud: its `design` has no `cloud`")
    chassis = tuple(
        Chassis(name=each.name, gateway=each.role == "gateway", networks=()) for each in blueprint.cloud.chassis
    )
    return Fabric(blueprint=blueprint, tunnels="/".join(blueprint.cloud.tunnels.split("/")[1::2])), chassis


DEFAULT_CHASSIS = (
    Chassis(name="hv1"),
    Chassis(name="hv2"),
    Chassis(name="gw1", gateway=True),
    Chassis(name="gw2", gateway=True),
)
"""Two hypervisors, two gateway nodes. With two chassis in all OVN takes the loss of the gateway for its own isolation:
a gateway takes over only while it hears somebody else over BFD."""


def central_plan(software: OvnSoftware, members: int) -> CentralPlan:
    """The centre, at the first address of the management network."""
    return CentralPlan(software=software, address=_nth(MANAGEMENT_PREFIX, 1), members=members)


def flat_chassis(chassis: Sequence[Chassis], central: CentralPlan, mtu: int) -> tuple[ChassisPlan, ...]:
    """Chassis on one bridge. Raises BadInput for names that cannot be, and for addresses of different subnets."""
    _check(chassis)
    given = [c.address for c in chassis if c.address]
    prefix = interface_prefix(given[0]) if given else FLAT_PREFIX
    plans: list[ChassisPlan] = []
    for number, wanted in enumerate(chassis, 1):
        address = wanted.address or _nth(prefix, number)
        if not contains(prefix, address.partition("/")[0]):
            raise BadInput(f"chassis {wanted.name}: {address} is not in the underlay's {prefix}")
        plans.append(
            ChassisPlan(
                name=wanted.name,
                software=central.software,
                southbound=central.southbound_remotes(),
                management=_nth(MANAGEMENT_PREFIX, number + 1),
                tunnels=Tunnels(interface="phy", addresses=(address,), mtu=mtu),
                networks=tuple(ProviderPort(name, name) for name in wanted.networks),
                gateway=wanted.gateway,
            )
        )
    if len({plan.tunnels.addresses for plan in plans}) < len(plans):
        raise BadInput("two chassis have the same address")
    return tuple(plans)


def flat_plan(central: CentralPlan, chassis: Sequence[ChassisPlan], name: str) -> LabPlan:
    """A lab of the cloud alone."""
    bridges = {port.network: f"n-{port.network}" for plan in chassis for port in plan.networks}
    links = _management_links(chassis)
    members = [(link.b.interface, MANAGEMENT_BRIDGE, PROVIDER_MTU) for link in links]
    for number, plan in enumerate(chassis):
        links.append(Link(a=End(plan.name, MAIN, "phy"), b=End(NETWORKS_NODE, MAIN, f"u{number}")))
        members.append((f"u{number}", UNDERLAY_BRIDGE, plan.tunnels.mtu))
        for order, port in enumerate(plan.networks):
            end = f"p{number}-{order}"
            links.append(Link(a=End(plan.name, MAIN, port.interface), b=End(NETWORKS_NODE, MAIN, end)))
            members.append((end, bridges[port.network], PROVIDER_MTU))
    networks = _networks_node((MANAGEMENT_BRIDGE, UNDERLAY_BRIDGE, *bridges.values()), members)
    nodes = (networks, central_node(central), *(chassis_node(plan) for plan in chassis))
    return LabPlan(region=name, backend="namespace", nodes=nodes, links=tuple(links))


def fabric_chassis(chassis: Sequence[Chassis], central: CentralPlan, fabric: Fabric) -> tuple[ChassisPlan, ...]:
    """Chassis that are servers of a region. Raises BadInput for a server that there is not, or that is not in the
    tunnels' segment, Unsupported for one that cannot be a chassis."""
    _check(chassis)
    hosts = {host.name: host for host in fabric.blueprint.hosts}
    plans: list[ChassisPlan] = []
    for number, wanted in enumerate(chassis, 1):
        host = hosts.get(wanted.name)
        if host is None:
            raise BadInput(f"region {fabric.blueprint.region} has no server {wanted.name!r} that could be a chassis")
        if len(host.ports) > 1:
            raise Unsupported(
                f"server {host.name} has two cables: its bond would be Open vSwitch's, which no lab has shown yet"
            )
        tunnels = _endpoint(host, fabric.tunnels)
        if tunnels is None or not tunnels.addresses:
            raise BadInput(f"server {host.name} has no address in the tunnels' segment {fabric.tunnels}")
        networks = [
            ProviderPort(name, endpoint.interface)
            for name, segment in sorted(fabric.networks.items())
            if name in wanted.networks and (endpoint := _endpoint(host, segment)) is not None
        ]
        router = router_of(fabric.blueprint, host.name)
        if fabric.blueprint.cloud is not None and router:
            networks += [ProviderPort(network.name, network.name) for network in fabric.blueprint.cloud.networks]
        plans.append(
            ChassisPlan(
                name=host.name,
                software=central.software,
                southbound=central.southbound_remotes(),
                management=_nth(MANAGEMENT_PREFIX, number + 1),
                tunnels=Tunnels(
                    interface=tunnels.interface,
                    addresses=tunnels.addresses,
                    mtu=host.mtu,
                    mac=host.mac,
                    gateways=tunnels.gateways,
                ),
                networks=tuple(networks),
                gateway=wanted.gateway,
                router=router,
            )
        )
    return tuple(plans)


def fabric_gateways(
    chassis: Sequence[ChassisPlan], central: CentralPlan, fabric: Fabric, passwords: Mapping[str, str]
) -> tuple[GatewayNodePlan, ...]:
    """The routing halves of those chassis that are gateway nodes of the region."""
    names = [plan.name for plan in chassis if plan.router]
    first = len(chassis) + 2
    wanted = {name: _nth(MANAGEMENT_PREFIX, number) for number, name in enumerate(names, first)}
    return gateway_plans(fabric.blueprint, wanted, central, passwords)


def fabric_plan(
    plan: LabPlan,
    central: CentralPlan,
    chassis: Sequence[ChassisPlan],
    gateways: Sequence[GatewayNodePlan] = (),
) -> LabPlan:
    """A region's lab, with some of its servers made chassis."""
    for gateway in gateways:
        plan = with_gateway_node(plan, gateway)
    mine = {each.name: each for each in chassis}
    nodes = [_quiet_leaf(node, plan, mine) for node in plan.nodes if node.name not in mine]
    links = _management_links([*chassis, *(gateway.router for gateway in gateways)])
    members = [(link.b.interface, MANAGEMENT_BRIDGE, PROVIDER_MTU) for link in links]
    nodes += [_networks_node((MANAGEMENT_BRIDGE,), members), central_node(central)]
    nodes += [chassis_node(each) for each in chassis]
    return msgspec.structs.replace(plan, nodes=tuple(nodes), links=(*plan.links, *links))


def outside_bridge(network: str) -> str:
    """The bridge of a provider network in `NETWORKS_NODE`."""
    return f"n-{network}"


def _quiet_leaf(node: NodePlan, plan: LabPlan, chassis: Mapping[str, ChassisPlan]) -> NodePlan:
    """A switch with ports to chassis computes checksums itself: a userspace switch at the other end does not."""
    ends = {
        (mine.namespace, mine.interface)
        for link in plan.links
        for mine, other in ((link.a, link.b), (link.b, link.a))
        if mine.node == node.name and other.node in chassis
    }
    commands = [
        (*(("ip", "netns", "exec", namespace) if namespace else ()), "ethtool", "-K", interface, "tx", "off")
        for namespace, interface in sorted(ends)
    ]
    return msgspec.structs.replace(node, after=(*commands, *node.after)) if commands else node


def _endpoint(host: HostPlan, segment: str) -> Endpoint | None:
    path = segment_path(segment)
    return next((endpoint for endpoint in host.endpoints if endpoint.segment == path), None)


def _management_links(chassis: Iterable[ChassisPlan | PeerPlan]) -> list[Link]:
    ends = [End(CENTRAL_NODE, MAIN, CENTRAL_INTERFACE)]
    ends += [End(plan.name, MAIN, MANAGEMENT_INTERFACE) for plan in chassis]
    return [Link(a=end, b=End(NETWORKS_NODE, MAIN, f"o{number}")) for number, end in enumerate(ends)]


def _networks_node(bridges: Sequence[str], members: Iterable[tuple[str, str, int]]) -> NodePlan:
    """Plain bridges; `members` are (interface, bridge, MTU)."""
    lines = ["link set lo up"]
    for bridge in bridges:
        lines += [
            f"link add {bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
            f"link set {bridge} addrgenmode none up",
        ]
    for interface, bridge, mtu in members:
        lines.append(f"link set {interface} mtu {mtu} master {bridge} addrgenmode none up")
    return NodePlan(name=NETWORKS_NODE, kind="management", setup=(Batch(namespace=MAIN, lines=tuple(lines)),))


def _check(chassis: Sequence[Chassis]) -> None:
    if not chassis:
        raise BadInput("a lab of OVN needs a chassis")
    names = [each.name for each in chassis]
    if len(set(names)) < len(names):
        raise BadInput("two chassis have the same name")
    networks = {network for each in chassis for network in each.networks}
    for network in sorted(networks):
        if network in _TAKEN or not 0 < len(network) <= NETWORK_NAME_MAX:
            raise BadInput(f"{network!r} cannot name a provider network: at most {NETWORK_NAME_MAX} characters")


def _nth(prefix: str, number: int) -> str:
    version, value, length = parse(prefix)
    return f"{address_text(version, value + number)}/{length}"
