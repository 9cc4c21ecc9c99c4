"""The region itself: sites, number plan, design choices, management; and `Region`, everything together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from crossconnect.finding import Place
from crossconnect.model.acl import Acl
from crossconnect.model.change import ChangeRule, ChangeWindow, Freeze, Objective
from crossconnect.model.cloud import CloudChoices, ProviderNetwork
from crossconnect.model.device import Device, ExtraFile, Link, Platform, Role
from crossconnect.model.interface_names import NAMES, InterfaceNames
from crossconnect.model.management import Aaa, Gnmi, Ipfix, Netconf, Sflow, Snmp, User
from crossconnect.model.peer import Peer
from crossconnect.model.pod import Pod, SuperSpineGroup
from crossconnect.model.policy import AsPathSet, CommunitySet, Policy, PrefixSet
from crossconnect.model.pool import Pool
from crossconnect.model.promise import Promise
from crossconnect.model.risk import RiskGroup
from crossconnect.model.server import Server
from crossconnect.model.tenant import Tenant
from crossconnect.model.traffic import Demand


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A place with power and a roof: an availability zone to tenants."""

    name: str
    """Unique among sites."""
    description: str = ""
    """For people."""


class AsnPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who gets which ASN (RFC 7938 5.2): a tier shares one, so that no path goes down and up again."""

    range: str = "4200000000-4294967294"
    """Inclusive range from which fabric ASNs are allocated (RFC 6996 private ranges)."""
    leaf: Literal["per-leaf", "per-rack"] = "per-leaf"
    """Whether the two leaves of a rack share an ASN; Ethernet segments need `per-leaf`, since EVPN routes of the
    other leaf would be refused as an AS loop."""
    route_target: int = 65000
    """The 2-octet ASN in route targets, one for the region."""
    gateway_nodes: int = 64512
    """The ASN of all gateway nodes of the cloud. They share it, so that none takes another's routes for a way out."""


class Management(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How devices are managed: the management VRF and the servers that every device uses."""

    vrf: str = "mgmt"
    """Name of the management VRF on devices."""
    gateway: tuple[str, ...] = ()
    """Default gateway of the management network, at most one per IP version."""
    ntp: tuple[str, ...] = ()
    """Time servers."""
    syslog: tuple[str, ...] = ()
    """Log servers."""
    lldp: bool = True
    """Whether devices speak LLDP (IEEE 802.1AB), by which cabling is checked."""
    acl: str = ""
    """ACL on what arrives at the management port; none given: everything may."""
    banner: str = ""
    """What is shown before login, one line."""
    users: tuple[User, ...] = ()
    """Local users."""
    aaa: Aaa | None = None
    """Who decides logins; none given: local users."""
    snmp: Snmp | None = None
    """SNMPv3; none given: off."""
    gnmi: Gnmi | None = None
    """gNMI; none given: off."""
    netconf: Netconf | None = None
    """NETCONF; none given: off."""
    sflow: Sflow | None = None
    """sFlow export; none given: off."""
    ipfix: Ipfix | None = None
    """IPFIX export; none given: off."""


class Bfd(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """BFD timers of the fabric (RFC 5880)."""

    enabled: bool = True
    """Whether fabric sessions have BFD."""
    interval_ms: int = 300
    """Both send and receive interval."""
    multiplier: int = 3
    """Lost packets in a row that take the session down."""


class DesignChoices(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the provider decides about the fabric as a whole."""

    underlay: Literal["numbered", "unnumbered"] = "numbered"
    """Point-to-point links with /31 and /127 (RFC 3021, 6164), or IPv6 link-local with IPv4 next hops of RFC 8950."""
    address_families: tuple[Literal["ipv4", "ipv6"], ...] = ("ipv4", "ipv6")
    """Families of the underlay; VXLAN tunnels run over IPv4."""
    fabric_mtu: int = 9216
    """IP MTU of fabric links, octets."""
    tenant_mtu: int = 9000
    """IP MTU towards tenants where a segment says nothing else, octets."""
    maximum_paths: int = 64
    """Greatest number of equal-cost paths that a route uses."""
    bfd: Bfd = Bfd()
    """BFD on fabric links."""
    graceful_restart: bool = True
    """Whether forwarding goes on while a BGP speaker restarts (RFC 4724)."""
    keepalive_s: int = 3
    """BGP keepalive interval in the fabric."""
    hold_time_s: int = 9
    """BGP hold time in the fabric, three keepalive intervals or more."""
    anycast_gateway_mac: str = "02:00:5e:00:01:01"
    """MAC address of every anycast gateway (RFC 9135 4.1)."""
    vlan_scope: Literal["region", "pod"] = "region"
    """Where a VLAN id is unique; `pod` reuses ids, for more than 4,000 segments in a region."""
    link_load_max: int = 80
    """Up to which percentage of its capacity a link may be loaded by expected traffic while nothing has failed: above
    it bursts of a few milliseconds begin to fill queues."""
    host_routes: bool = True
    """Whether remote MAC/IP routes are also installed as host routes in the VRF (symmetric IRB, RFC 9135)."""
    multihoming: Literal["ethernet-segments", "mlag"] = "ethernet-segments"
    """What the two leaves of a rack are to dual-homed servers, where the rack says nothing else: EVPN Ethernet segments
    (RFC 7432), or a pair of one vendor's own making (MLAG on EOS, vPC on NX-OS) with a peer link between them."""
    lacp_rate: Literal["fast", "slow"] = "fast"
    """Whether LACP packets come every second or every 30 s (IEEE 802.1AX); servers should have the same."""
    sonic_framework: tuple[Role, ...] = ()
    """Roles whose SONiC switches have BGP and policies in the CONFIG_DB tables of the FRR management framework
    (`frr_mgmt_framework_config`). The others have them in `frr.conf`, with `split-unified`. What those tables cannot
    say is a finding: most of EVPN at leaves is."""
    cloud: CloudChoices | None = None
    """The cloud that the fabric carries; none given: it carries none."""
    resting_locks: int = 10
    """How many locks a freed number rests before it is given out again."""


class Moved(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A renaming: numbers held by path `old` go on being held by path `new`."""

    old: str
    """Path that was, such as `tenants/red` or `devices/a-leaf1`."""
    new: str
    """Path that is."""


class RegionFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`region.yaml`."""

    format: Literal[1]
    """Version of the files' format."""
    name: str
    """The region's name."""
    description: str = ""
    """For people."""
    sites: tuple[Site, ...]
    """Places that pods stand in."""
    asns: AsnPlan = AsnPlan()
    """Number plan of the fabric's ASNs."""
    pools: tuple[Pool, ...]
    """Ranges that numbers and addresses are allocated from."""
    design: DesignChoices = DesignChoices()
    """Choices about the fabric as a whole."""
    management: Management = Management()
    """How devices are managed."""
    platforms: tuple[Platform, ...] = ()
    """Switch models beside the built-in generic-32, generic-64 and generic-128."""
    moved: tuple[Moved, ...] = ()
    """Renamings, so that numbers follow."""


class FabricFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`fabric/*.yaml`."""

    pods: tuple[Pod, ...] = ()
    """Regular leaf-spine clusters."""
    super_spines: tuple[SuperSpineGroup, ...] = ()
    """The tier above the pods."""
    devices: tuple[Device, ...] = ()
    """Switches written by hand: new ones, or refinements of expanded ones."""
    links: tuple[Link, ...] = ()
    """Cables between switches, where they differ from what the pods imply or their ports matter."""
    servers: tuple[Server, ...] = ()
    """Servers written by hand."""
    risk_groups: tuple[RiskGroup, ...] = ()
    """What fails together: line cards, power feeds, conduits."""


class TenancyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`tenancy/*.yaml`."""

    tenants: tuple[Tenant, ...] = ()
    """Tenants with their VRFs and segments."""
    traffic: tuple[Demand, ...] = ()
    """Traffic that is expected."""


class EdgeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`edge/*.yaml`."""

    peers: tuple[Peer, ...] = ()
    """External routers."""
    provider_networks: tuple[ProviderNetwork, ...] = ()
    """Networks that the cloud's gateway nodes lead to."""
    policies: tuple[Policy, ...] = ()
    """Route policies."""
    prefix_sets: tuple[PrefixSet, ...] = ()
    """Prefix sets that policies match."""
    community_sets: tuple[CommunitySet, ...] = ()
    """Community sets that policies match and remove."""
    as_path_sets: tuple[AsPathSet, ...] = ()
    """AS path sets that policies match."""
    acls: tuple[Acl, ...] = ()
    """Packet filters, which handoffs, segments and the management port name."""


class ChecksFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`checks/*.yaml`."""

    promises: tuple[Promise, ...] = ()
    """What must hold beyond what the design implies."""
    change_windows: tuple[ChangeWindow, ...] = ()
    """When changes may be made, for rules to name."""
    freezes: tuple[Freeze, ...] = ()
    """When nothing is changed."""
    change_rules: tuple[ChangeRule, ...] = ()
    """What changes need: approvals, windows."""
    objectives: tuple[Objective, ...] = ()
    """How much of a change tenants may notice."""


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """What was written, but could not be read: what would only follow from that is not to be said as well."""

    lists: frozenset[str] = frozenset()
    """Fields of files, and `racks`, `vrfs` and `segments`, that may lack names that others refer to."""
    fields: frozenset[tuple[str, int, int, str]] = frozenset()
    """(file, line and column of a record, its field): what is not there as it was meant. The field is empty for
    something unknown in its place."""


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """A whole region as its files say it, before anything is expanded or numbered."""

    name: str
    sites: tuple[Site, ...]
    asns: AsnPlan
    pools: tuple[Pool, ...]
    design: DesignChoices
    management: Management
    platforms: tuple[Platform, ...]
    moved: tuple[Moved, ...] = ()
    pods: tuple[Pod, ...] = ()
    super_spines: tuple[SuperSpineGroup, ...] = ()
    devices: tuple[Device, ...] = ()
    links: tuple[Link, ...] = ()
    servers: tuple[Server, ...] = ()
    risk_groups: tuple[RiskGroup, ...] = ()
    tenants: tuple[Tenant, ...] = ()
    traffic: tuple[Demand, ...] = ()
    peers: tuple[Peer, ...] = ()
    """Those of edge files, then those that gateway nodes are (`GatewayRouter`)."""
    provider_networks: tuple[ProviderNetwork, ...] = ()
    policies: tuple[Policy, ...] = ()
    prefix_sets: tuple[PrefixSet, ...] = ()
    community_sets: tuple[CommunitySet, ...] = ()
    as_path_sets: tuple[AsPathSet, ...] = ()
    acls: tuple[Acl, ...] = ()
    promises: tuple[Promise, ...] = ()
    change_windows: tuple[ChangeWindow, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    change_rules: tuple[ChangeRule, ...] = ()
    objectives: tuple[Objective, ...] = ()
    extras: tuple[ExtraFile, ...] = ()
    places: Mapping[str, Place] = {}
    interface_names: Mapping[str, InterfaceNames] = msgspec.field(default_factory=lambda: NAMES)
    """By network operating system: the built-in ones, and those that extensions bring."""
    unread: Unread = Unread()
    """What could not be read; what is referred to may be there nevertheless."""

    def place(self, path: str) -> Place:
        """Where `path` is written, or else the nearest thing around it that is."""
        here = path
        while here:
            if (found := self.places.get(here)) is not None:
                return msgspec.structs.replace(found, path=path)
            here = here.rpartition("/")[0]
        return Place(path=path)
