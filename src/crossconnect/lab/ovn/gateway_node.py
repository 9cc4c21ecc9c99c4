"""The routing half of a gateway node: FRR with a VRF per provider network, and the agent that announces addresses.

chassis gw1                                  node gw1-router: what is one machine in the field is two nodes of the lab
  br-int == br-internet -- internet ---- internet        in the namespace `cloud-inet`, the VRF of the network
             (OVN's provider network)      100.126.0.1      first address of the transfer prefix, the same MAC on each
                                         eth1.2000 ---- leaf1    eBGP over each uplink
                                         eth2.2000 ---- leaf2
  oob ---- southbound database ---- oob

The kernel forwards; FRR announces the network's aggregates, and those routes that the agent has put into the kernel.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from crossconnect.design.blueprint import Blueprint, PeerPlan, PeerSession, ProviderNetworkPlan
from crossconnect.design.gateway_routes import more_specifics
from crossconnect.errors import Rejected
from crossconnect.intent.gateway_nodes import router_name
from crossconnect.lab.handle import Lab
from crossconnect.lab.ovn import processes
from crossconnect.lab.ovn.central import CentralPlan
from crossconnect.lab.ovn.chassis import MANAGEMENT_INTERFACE
from crossconnect.lab.peer_node import BFD_INTERVAL_MS, BFD_MULTIPLIER, PEER_SYSCTLS
from crossconnect.lab.plan import MAIN, Batch, Daemon, End, File, LabPlan, Link, NodePlan
from crossconnect.lab.switch_node import frr_commands
from crossconnect.net import parse, version_of
from crossconnect.nos.frr.policy import prefix_rule

AGENT_MODULE = "crossconnect.cloud.announce"
AGENT_CONFIGURATION = "/run/announce.json"
AGENT_LOG = "/run/announce.log"
CHASSIS_PID = "/run/chassis.pid"
"""In a router's node: the process that keeps its chassis' node, as processes of the lab see it."""
EXIT = ("ovn-controller", "exit")
OWN = "own"
"""List of AS paths: what the node originates itself."""
AGENT_PID = "/run/announce.pid"
ESTABLISHED_S = 20.0
KEEPALIVE_S, HOLD_S = 3, 9
"""BFD is what notices; this is for leaves without it."""


class GatewayNodePlan(msgspec.Struct, frozen=True, kw_only=True):
    """How it is built."""

    chassis: str
    router: PeerPlan
    networks: tuple[ProviderNetworkPlan, ...]
    management: str
    """Its address in the management network, with length."""
    southbound: str
    leave: tuple[str, ...] = ()
    """Command that ends ovn-controller of the chassis in order."""
    join: tuple[str, ...] = ()
    """Command that starts it."""
    passwords: Mapping[str, str] = {}


def gateway_plans(
    blueprint: Blueprint, wanted: Mapping[str, str], central: CentralPlan, passwords: Mapping[str, str]
) -> tuple[GatewayNodePlan, ...]:
    """Of those gateway nodes that are chassis of a lab; `wanted` maps their names to management addresses."""
    cloud, peers = blueprint.cloud, {peer.name: peer for peer in blueprint.peers}
    if cloud is None:
        return ()
    return tuple(
        GatewayNodePlan(
            chassis=each.name,
            router=peers[each.router],
            networks=cloud.networks,
            management=wanted[each.name],
            southbound=central.southbound_remotes(),
            # In order where it runs; where it does not, it has left.
            leave=("sh", "-c", f"{shlex.join(processes.appctl_argv(central.software, *EXIT))} || true"),
            join=processes.start_argv(central.software, "ovn-controller"),
            passwords=passwords,
        )
        for each in cloud.chassis
        if each.router and each.name in wanted
    )


def with_gateway_node(plan: LabPlan, gateway: GatewayNodePlan) -> LabPlan:
    """A lab's plan in which the stand-in of a gateway node's router is that router, plugged into its chassis."""
    name = gateway.router.name
    places = {session.interface: session.vrf for session in gateway.router.sessions}
    nodes = tuple(_node(gateway) if node.name == name else node for node in plan.nodes)
    links = [msgspec.structs.replace(link, a=_in_vrf(link.a, name, places)) for link in plan.links]
    links += [
        Link(
            a=End(gateway.chassis, MAIN, network.name),
            b=End(name, network.vrf, network.name),
            mac_b=network.mac,
        )
        for network in gateway.networks
    ]
    return msgspec.structs.replace(plan, nodes=nodes, links=tuple(links))


def _in_vrf(end: End, router: str, places: Mapping[str, str]) -> End:
    if end.node == router and end.interface in places:
        return msgspec.structs.replace(end, namespace=places[end.interface])
    return end


def _node(gateway: GatewayNodePlan) -> NodePlan:
    router = gateway.router
    commands = frr_commands(namespace_vrfs=True, rootless=False)
    names = ("zebra", "bfdd", "bgpd") if any(s.bfd for s in router.sessions) else ("zebra", "bgpd")
    main = ["link set lo up", *(f"link set {port} up" for port in router.ports)]
    main += [f"addr replace {gateway.management} dev {MANAGEMENT_INTERFACE}", f"link set {MANAGEMENT_INTERFACE} up"]
    batches = [Batch(namespace=MAIN, lines=tuple(main))]
    batches += [Batch(namespace=network.vrf, lines=tuple(_vrf_lines(router, network))) for network in gateway.networks]
    return NodePlan(
        name=router.name,
        kind="peer",
        namespaces=tuple(network.vrf for network in gateway.networks),
        sysctls=PEER_SYSCTLS,
        setup=tuple(batches),
        files=(
            File(path="/etc/frr/frr.conf", content=frr_configuration(gateway), secret=True),
            File(path="/etc/frr/vtysh.conf", content="service integrated-vtysh-config\n"),
            File(path=AGENT_CONFIGURATION, content=agent_configuration(gateway)),
        ),
        daemons=tuple(Daemon(name=each, argv=tuple(commands[each].split())) for each in names),
        # A userspace switch at the other end does not compute the checksums that this one leaves to hardware.
        after=(*(_quiet(network) for network in gateway.networks), ("vtysh", "-b")),
    )


def _quiet(network: ProviderNetworkPlan) -> tuple[str, ...]:
    return ("ip", "netns", "exec", network.vrf, "ethtool", "-K", network.name, "tx", "off")


def _vrf_lines(router: PeerPlan, network: ProviderNetworkPlan) -> list[str]:
    """A network's VRF: sessions' addresses, its end of the provider network, and an end for what lives nowhere."""
    lines = ["link set lo up"]
    addresses = {(s.interface, s.local_address): None for s in router.sessions if s.vrf == network.vrf}
    for interface in dict.fromkeys(interface for interface, _ in addresses):
        lines.append(f"link set {interface} mtu {network.mtu} up")
    lines.append(f"link set {network.name} mtu {network.mtu} up")
    addresses |= {
        (network.name, f"{hop}/{parse(prefix).length}"): None
        for hop, prefix in zip(network.next_hops, network.transfer, strict=True)
    }
    lines += [f"addr replace {a} dev {i}" + (" nodad" if ":" in a else "") for i, a in addresses]
    # Without it what is sent to an address of an aggregate that lives nowhere would go back by the default route.
    lines += [f"route replace blackhole {prefix}" for prefix in network.aggregates]
    return lines


def agent_configuration(gateway: GatewayNodePlan) -> str:
    """What the agent is told (`cloud.announce`)."""
    networks = [
        {
            "name": network.name,
            "interface": network.name,
            "namespace": network.vrf,
            "transfer": network.transfer,
            "prefixes": network.prefixes,
        }
        for network in gateway.networks
    ]
    told = {
        "chassis": gateway.chassis,
        "southbound": gateway.southbound,
        "networks": networks,
        "leave": _in_chassis(gateway.leave),
        "join": _in_chassis(gateway.join),
    }
    return json.dumps(told, indent=1)


def _in_chassis(command: Sequence[str]) -> list[str]:
    """A command for the other half of the node, in its mounts and network (nsenter(1))."""
    inside = f'exec nsenter --target "$(cat {CHASSIS_PID})" --mount --net --uts -- {shlex.join(command)}'
    return ["sh", "-c", f"{inside} </dev/null >/dev/null"] if command else []


def frr_configuration(gateway: GatewayNodePlan) -> str:
    """`frr.conf` of a gateway node: a speaker per VRF that announces kernel routes within the network's prefixes."""
    lines = ["frr defaults traditional", f"hostname {gateway.router.name}", "service integrated-vtysh-config"]
    lines.append("no zebra nexthop kernel enable")
    lines.append(f"bgp as-path access-list {OWN} seq 1 permit ^$")
    if any(session.bfd for session in gateway.router.sessions):
        lines += ["bfd", " profile leaf", f"  detect-multiplier {BFD_MULTIPLIER}"]
        lines += [f"  {way}-interval {BFD_INTERVAL_MS}" for way in ("transmit", "receive")]
        lines += [" exit", "exit"]
    for network in gateway.networks:
        lines += _filters(network)
        lines += _speaker(gateway, network)
    return "\n".join(lines) + "\n"


def _filters(network: ProviderNetworkPlan) -> list[str]:
    """Prefix lists and route maps: of the kernel's routes those that leaves accept, and aggregates towards leaves."""
    lines: list[str] = []
    for version, word in ((4, "ip"), (6, "ipv6")):
        routes = [prefix_rule(rule) for rule in more_specifics(network) if version_of(rule.prefix) == version]
        for name, rules in (
            (f"{network.name}-kernel-v{version}", routes),
            (f"{network.name}-out-v{version}", [*routes, *_of(network.aggregates, version)]),
        ):
            lines += [f"{word} prefix-list {name} seq {n} permit {rule}" for n, rule in enumerate(rules, 1)]
            lines.append(f"{word} prefix-list {name} seq 65535 deny any")
            lines += [f"route-map {name} permit 1", f" match {word} address prefix-list {name}"]
            # Another node's address is heard, to send to it; passing it on would make this node a way to it.
            lines += [f" match as-path {OWN}", "exit"] if "-out-" in name else ["exit"]
        lines += [f"route-map {network.name}-in-v{version} permit 1", "exit"]
    return lines


def _speaker(gateway: GatewayNodePlan, network: ProviderNetworkPlan) -> list[str]:
    sessions = [session for session in gateway.router.sessions if session.vrf == network.vrf]
    lines = [
        f"router bgp {gateway.router.asn} vrf {network.vrf}",
        f" bgp router-id {gateway.router.router_id}",
        " no bgp default ipv4-unicast",
        " no bgp network import-check",
        " bgp bestpath as-path multipath-relax",
    ]
    for session in sessions:
        lines += _neighbor(session, gateway.passwords)
    for version in (4, 6):
        of_version = [s.remote_address for s in sessions if version_of(s.remote_address) == version]
        name = network.name
        lines.append(f" address-family ipv{version} unicast")
        lines += [f"  network {prefix}" for prefix in _of(network.aggregates, version)]
        lines.append(f"  redistribute kernel route-map {name}-kernel-v{version}")
        for address in of_version:
            neighbor = f"  neighbor {address}"
            lines += [f"{neighbor} route-map {name}-{way}-v{version} {way}" for way in ("in", "out")]
            lines += [f"{neighbor} allowas-in origin", f"{neighbor} activate"]
        lines.append(" exit-address-family")
    return [*lines, "exit"]


def _neighbor(session: PeerSession, passwords: Mapping[str, str]) -> list[str]:
    neighbor = f" neighbor {session.remote_address}"
    lines = [
        f"{neighbor} remote-as {session.remote_asn}",
        f"{neighbor} timers {KEEPALIVE_S} {HOLD_S}",
        f"{neighbor} timers connect 2",
        f"{neighbor} advertisement-interval 0",
    ]
    if session.password:
        lines.append(f"{neighbor} password {passwords[session.password]}")
    return [*lines, f"{neighbor} bfd", f"{neighbor} bfd profile leaf"] if session.bfd else lines


def _of(prefixes: Sequence[str], version: int) -> list[str]:
    return [prefix for prefix in prefixes if version_of(prefix) == version]


def router_of(blueprint: Blueprint, chassis: str) -> str:
    """Node of the routing half of a chassis; empty where it has none."""
    known = blueprint.cloud.chassis if blueprint.cloud is not None else ()
    return next((each.router for each in known if each.name == chassis), "")


def _joins(link: Link, router: str) -> bool:
    """Whether a link is between a chassis and its routing half."""
    return link.b.node == router and not link.wire and router_name(link.a.node) == router


def established(lab: Lab, router: str) -> int:
    """How many BGP sessions of a gateway node's router are up."""
    return lab.run(router, ["vtysh", "-c", "show bgp vrf all summary json"]).stdout.count('"state":"Established"')


def wait_established(lab: Lab, router: str, wanted: int, timeout_s: float = ESTABLISHED_S) -> bool:
    """Wait until that many sessions are up; whether they are in time."""
    deadline = time.monotonic() + timeout_s
    while established(lab, router) < wanted:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def start_agent(lab: Lab, router: str) -> None:
    """Start the agent of a gateway node that does not run. Raises Rejected when it ends at once."""
    chassis = next(link.a.node for link in lab.plan.links if _joins(link, router))
    status = Path(f"/proc/{lab.process(chassis)}/status").read_text(encoding="utf-8")
    inside = next(line.split()[-1] for line in status.splitlines() if line.startswith("NSpid:"))
    argv = shlex.join([sys.executable, "-m", AGENT_MODULE, AGENT_CONFIGURATION])
    script = (
        f'kill -0 "$(cat {AGENT_PID} 2>/dev/null)" 2>/dev/null && exit 0; echo {inside} >{CHASSIS_PID}; '
        f"setsid {argv} </dev/null >{AGENT_LOG} 2>&1 & echo $! >{AGENT_PID}; sleep 0.3; "
        f'kill -0 "$(cat {AGENT_PID})" || {{ cat {AGENT_LOG} >&2; exit 1; }}'
    )
    done = lab.run(router, ["sh", "-c", script], timeout_s=30)
    if done.returncode:
        raise Rejected(f"the agent of {router} ended: {done.stderr.strip()[-1000:]}")


def stop_agent(lab: Lab, router: str, signal: str = "KILL") -> None:
    """End the agent; the routes that it made stay."""
    lab.run(router, ["sh", "-c", f'kill -{signal} "$(cat {AGENT_PID})"; rm -f {AGENT_PID}'])
