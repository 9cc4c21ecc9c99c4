"""What the provider's region gives to the cloud: zones and their hypervisors, gateway nodes, provider networks, public
prefixes, and the numbers that every tenant's machine gets to see. It is filled from the region's Git repository."""

from __future__ import annotations

import msgspec

ROUTING_TABLE_BASE = 10_000
"""Beyond the tables that people use."""
ROUTING_TABLE_MAX = 65_535
"""FRR's `redistribute table-direct` knows no higher one (10.7: `(1-65535)`)."""

SAMPLING_MAX = 65_535
"""Open vSwitch samples one packet in so many, at the least (ovs-actions(7), `sample`)."""

PRIVATE_LINK_PREFIX = "100.127.0.0/16"
"""Of RFC 6598, as the links between routers are."""
PRIVATE_LINK_PREFIX6 = "fd6c:6e6b:fffe::/64"
"""Of the prefix of the links between routers, which have its first /64."""


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """An availability zone: a site or a pod."""

    name: str
    chassis: tuple[str, ...] = ()
    """Hypervisors in it, by the name that their ovn-controller says (`system-id`)."""


class GatewayChassis(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway node."""

    name: str
    """As its ovn-controller says it (`system-id`)."""
    zone: str = ""


class VpnConcentrator(msgspec.Struct, frozen=True, kw_only=True):
    """A router of the provider's at which VPN tunnels end."""

    name: str
    address: str
    """Where customers reach it."""


class ProviderNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """A network of the provider's that VPCs reach through gateways: the internet, private connect, services.

    Each router of ours on it has an address of the transfer prefixes. On every chassis that has the network, the same
    next hop answers, so that no gateway node's loss changes a route.
    """

    name: str
    """`internet`, or a name that private gateways and service endpoints use."""
    vrf: str
    """VRF of the fabric that carries it."""
    physnet: str
    """Name in `ovn-bridge-mappings` of the chassis that have it."""
    vlan: int | None = None
    """Tag on that bridge."""
    transfer_prefix: str
    """IPv4: the nth router's address is its nth host, beginning at 16."""
    next_hop: str
    """Of the transfer prefix: where what leaves is sent to."""
    next_hop_mac: str = ""
    """Its MAC, where it is the same on all chassis: routers need not ask for it then."""
    transfer_prefix6: str = ""
    """IPv6, /64 or shorter; empty where the network has no IPv6."""
    next_hop6: str = ""
    prefixes: tuple[str, ...] = ()
    """Nothing outside of these is announced; empty where that is not known."""
    mtu: int = 1500
    vpn_concentrators: tuple[VpnConcentrator, ...] = ()
    """Each has the tunnels of all VPN connections in the network's VRF."""
    on_hypervisors: bool = False
    """Whether every hypervisor has the physnet: elastic IPs are then translated where their machine runs."""


class CloudRegion(msgspec.Struct, frozen=True, kw_only=True):
    """A region, as the cloud sees it."""

    name: str
    zones: tuple[Zone, ...]
    """The first one is where subnets go that name none."""
    gateways: tuple[GatewayChassis, ...]
    """Gateway nodes. Three or more, or OVN takes the loss of one for its own isolation and never fails over."""
    internet: ProviderNetwork
    networks: tuple[ProviderNetwork, ...] = ()
    """Others: private connect, services."""
    public_prefixes: tuple[str, ...]
    """IPv4: where elastic IPs come from."""
    public_prefixes6: tuple[str, ...] = ()
    """IPv6: where the blocks of VPCs come from. Nothing else leaves to the internet."""
    mtu: int = 1442
    """Of tenants' interfaces: the underlay's less Geneve's 58 octets (RFC 8926 over IPv4)."""
    link_prefix: str = "100.64.0.0/10"
    """IPv4 of the links between routers; no VPC has it (RFC 6598)."""
    link_prefix6: str = "fd6c:6e6b::/32"
    """IPv6 of the links between routers (RFC 4193)."""
    private_link_prefix: str = PRIVATE_LINK_PREFIX
    """IPv4 of the switch between endpoints and services: what the targets of a service see as source."""
    private_link_prefix6: str = PRIVATE_LINK_PREFIX6
    """The same of IPv6, /64 or shorter."""
    resolver: str = "169.254.169.253"
    """IPv4 address of the VPC resolver, which the third address of each subnet leads to (RFC 3927)."""
    resolver6: str = "fd6c:6e6b:ffff:ffff::53"
    """IPv6 address of the VPC resolver, the same in all subnets."""
    domain: str = "internal"
    """Names of interfaces end in it, where DHCP options name no other domain."""
    ntp_servers: tuple[str, ...] = ()
    mac_prefix: str = "02:c1:00"
    """First three octets of routers' MACs, locally administered; interfaces have others (`network_interface`)."""
    dynamic_routing: bool = False
    """Whether OVN, where it can (25.03), writes what is to be announced into kernel routing tables of the gateway
    nodes: of a router with number n into table 10000 + n, as blackholes, for a routing daemon that is configured to
    redistribute from there (FRR: `redistribute table-direct`). Routers whose number is beyond 55535 have none."""
    drop_log_rate: int = 1000
    """Logged drops, per second and chassis: what flow logs may cost a hypervisor."""
    drop_sampling: bool = False
    """Whether whatever drops a packet is recorded (`NB_Global.options:debug_drop_collector_set`, 22.12), of all VPCs:
    with an OVN that has no samples, instead of logs; else for what network ACLs do not let out."""
    packet_record_rate: int = 1000
    """Of packets that begin no connection, and of those that a network ACL lets in, flow logs of what is accepted
    record one in so many; 0: none."""
