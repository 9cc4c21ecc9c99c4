"""A chassis as a node: Open vSwitch and ovn-controller of one hypervisor or gateway node, and tenants' machines on it.

node's own namespace
  oob          management network: ovn-controller reaches the southbound database over it
  phy          underlay port      -- br-phy    owns the tunnels' source address (a userspace datapath sends tunnels
                                               only out of its own bridges)
  external     provider network   -- br-external
  tap...       machines' ports    -- br-int    OVN's own
namespaces of machines: each has the other end of its tap as eth0
"""

from __future__ import annotations

import msgspec

from crossconnect.lab.host_node import HOST_SYSCTLS
from crossconnect.lab.ovn import processes
from crossconnect.lab.ovn.machine import DHCP_SCRIPT
from crossconnect.lab.ovn.processes import DIRECTORY
from crossconnect.lab.ovn.software import OvnSoftware
from crossconnect.lab.plan import MAIN, Batch, Daemon, File, NodePlan
from crossconnect.net import address_of

MANAGEMENT_INTERFACE = "oob"
TUNNEL_BRIDGE = "br-phy"
PROCESSES = ("switch-database", "ovs-vswitchd", "ovn-controller")
SWITCH_DATABASE = f"unix:{DIRECTORY}/switch.sock"

PROBE_MS = 30_000
"""How long the southbound database may be silent before ovn-controller tries anew. Its own 5 s are less than what a
machine with more daemons than processors sometimes needs to answer."""


class Tunnels(msgspec.Struct, frozen=True, kw_only=True):
    """A chassis' end of the tunnels."""

    interface: str
    """The port that leads to the underlay."""
    addresses: tuple[str, ...]
    """With length; tunnels use the first one."""
    mtu: int
    """IP MTU of the underlay."""
    mac: str = ""
    """MAC address that goes with the addresses; none given: the port's."""
    gateways: tuple[str, ...] = ()


class ProviderPort(msgspec.Struct, frozen=True, order=True):
    """A provider network (`network_name` of a localnet port) and the port that leads to it."""

    network: str
    interface: str

    @property
    def bridge(self) -> str:
        """Its bridge."""
        return f"br-{self.network}"


class ChassisPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How a chassis is built."""

    name: str
    """Name of the node, and OVN's name of the chassis (`system-id`)."""
    software: OvnSoftware
    southbound: str
    """`ovn-remote`."""
    management: str
    """Its address in the management network, with length."""
    tunnels: Tunnels
    networks: tuple[ProviderPort, ...] = ()
    gateway: bool = False
    """Whether it offers itself as a gateway (`enable-chassis-as-gw`)."""
    router: str = ""
    """Node of its routing half, where it is a gateway node of a region."""


def chassis_node(plan: ChassisPlan) -> NodePlan:
    """The node. Its daemons start one after the other: each needs what the one before it made."""
    up = [
        "link set lo up",
        f"addr replace {plan.management} dev {MANAGEMENT_INTERFACE}",
        f"link set {MANAGEMENT_INTERFACE} up",
        *_port_lines(plan.tunnels.interface, plan.tunnels.mtu, plan.tunnels.mac),
    ]
    for port in plan.networks:
        up += _port_lines(port.interface, 0, "")
    argv = {name: processes.start_argv(plan.software, name) for name in PROCESSES}
    return NodePlan(
        name=plan.name,
        kind="chassis",
        root=plan.software.root,
        sysctls=HOST_SYSCTLS,
        setup=(Batch(namespace=MAIN, lines=tuple(up)),),
        files=(
            _database_script(plan),
            processes.start_script("ovs-vswitchd", _switch_words(plan), _quiet(plan), _address_lines(plan.tunnels)),
            processes.start_script(
                "ovn-controller",
                ("ovn-controller", SWITCH_DATABASE),
                (f"rm -f {DIRECTORY}/ovn-controller.*.ctl",),
            ),
            File(path=f"{DIRECTORY}/dhcp", content=DHCP_SCRIPT),
        ),
        daemons=(
            Daemon(name="ovsdb-server", argv=argv["switch-database"]),
            Daemon(name="ovs-vswitchd", argv=argv["ovs-vswitchd"]),
            Daemon(name="ovn-controller", argv=argv["ovn-controller"]),
        ),
    )


def _port_lines(interface: str, mtu: int, mac: str) -> list[str]:
    """A port that belongs to the switch: the node's own IP stack has no address there."""
    words = f" mtu {mtu}" if mtu else ""
    words += f" address {mac}" if mac else ""
    return [f"link set {interface} addrgenmode none{words}", f"link set {interface} up"]


def _switch_words(plan: ChassisPlan) -> tuple[str, ...]:
    kernel = plan.software.datapath == "system"
    return ("ovs-vswitchd", *(() if kernel else ("--disable-system",)), SWITCH_DATABASE)


def _quiet(plan: ChassisPlan) -> list[str]:
    """What comes in at a port of a userspace datapath comes to the kernel as well, which would answer tunnels with
    `port unreachable` and take every segment of TCP twice. It drops what has its way back elsewhere (RFC 3704 2.2)."""
    ports = [plan.tunnels.interface, *(port.interface for port in plan.networks)]
    return [line for port in ports for line in quiet_lines(port)]


def quiet_lines(interface: str) -> list[str]:
    """Commands that keep a node's kernel from what arrives at a port that the switch reads."""
    return [
        f"echo 1 > /proc/sys/net/ipv4/conf/{interface}/rp_filter",
        f"echo 1 > /proc/sys/net/ipv6/conf/{interface}/disable_ipv6",
    ]


def _address_lines(tunnels: Tunnels) -> list[str]:
    lines = [f"link set {TUNNEL_BRIDGE} addrgenmode none", f"link set {TUNNEL_BRIDGE} up"]
    lines += [
        f"addr replace {address} dev {TUNNEL_BRIDGE}" + (" nodad" if ":" in address else "")
        for address in tunnels.addresses
    ]
    for gateway in tunnels.gateways:
        default = "::/0" if ":" in gateway else "0.0.0.0/0"
        lines.append(f"route replace {default} via {gateway} dev {TUNNEL_BRIDGE}")
    # Shell words of `ip` lines need no quoting: names and addresses.
    return [f"ip {line}" for line in lines]


def _database_script(plan: ChassisPlan) -> File:
    path = f"{DIRECTORY}/switch.db"
    create = f"[ -e {path} ] || ovsdb-tool create {path} /usr/share/openvswitch/vswitch.ovsschema"
    daemon = ("ovsdb-server", f"--remote=p{SWITCH_DATABASE}", path)
    lock = f"rm -f {DIRECTORY}/.switch.db.~lock~"
    # A bridge may take a second to notice that a port has carrier: the first question would be lost, and the next one
    # come a second later.
    neighbours = f"/proc/sys/net/ipv4/neigh/{MANAGEMENT_INTERFACE}"
    patient = f"echo 50 > {neighbours}/retrans_time_ms; echo 40 > {neighbours}/mcast_solicit"
    # `--no-wait`: ovs-vswitchd, which would have to say that it is done, starts when this is.
    configure = f"ovs-vsctl --db={SWITCH_DATABASE} --timeout=50 --no-wait -- init " + " ".join(_configuration(plan))
    return processes.start_script("switch-database", daemon, (patient, lock, create), (configure,))


def _configuration(plan: ChassisPlan) -> list[str]:
    """The switch's database in one transaction of `ovs-vsctl`; repeating it changes nothing."""
    kind = plan.software.datapath
    ids = {
        "system-id": plan.name,
        "hostname": plan.name,
        "ovn-remote": f'"{plan.southbound}"',
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": f'"{address_of(plan.tunnels.addresses[0])}"',
        "ovn-bridge-datapath-type": kind,
        "ovn-monitor-all": "true",
        "ovn-remote-probe-interval": str(PROBE_MS),
    }
    if plan.networks:
        ids["ovn-bridge-mappings"] = '"' + ",".join(f"{port.network}:{port.bridge}" for port in plan.networks) + '"'
    if plan.gateway:
        ids["ovn-cms-options"] = "enable-chassis-as-gw"
    words = ["-- set open_vswitch .", *(f"'external_ids:{key}={value}'" for key, value in ids.items())]
    words += _bridge_words(TUNNEL_BRIDGE, kind, plan.tunnels.interface)
    words.append(f"-- set interface {TUNNEL_BRIDGE} mtu_request={plan.tunnels.mtu}")
    if plan.tunnels.mac:
        words.append(f"-- set bridge {TUNNEL_BRIDGE} 'other_config:hwaddr=\"{plan.tunnels.mac}\"'")
    for port in plan.networks:
        words += _bridge_words(port.bridge, kind, port.interface)
    words += [
        "-- --may-exist add-br br-int -- set bridge br-int fail_mode=secure",
        f"datapath_type={kind} other_config:disable-in-band=true",
    ]
    return words


def _bridge_words(bridge: str, kind: str, port: str) -> list[str]:
    return [
        f"-- --may-exist add-br {bridge} -- set bridge {bridge} datapath_type={kind} fail_mode=standalone",
        f"-- --may-exist add-port {bridge} {port}",
    ]
