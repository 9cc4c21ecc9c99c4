"""What cannot be designed, or is designed against good practice."""

from __future__ import annotations

from crossconnect.finding import Code, Severity

_E, _W = Severity.ERROR, Severity.WARNING

# The fabric.
IPV4_REQUIRED = Code(
    "design.ipv4-required",
    _E,
    "The fabric's address families lack IPv4, over which VXLAN tunnels run.",
    "Add `ipv4` to `design.address_families`.",
)
RACK_ASN = Code(
    "design.rack-asn",
    _E,
    "Two leaves of a rack share an ASN, so each refuses the other's EVPN routes as loops (RFC 4271 9.1.2).",
    "Set `asns.leaf` to `per-leaf`.",
)
PEER_ASN = Code(
    "design.peer-asn",
    _E,
    "An external router has an ASN of the fabric, so fabric devices with it would refuse its routes as loops.",
    "Correct the external router's ASN, or write another one at the switch.",
)
SWITCH_UNLINKED = Code(
    "design.switch-unlinked",
    _W,
    "A switch has no fabric link, so nothing reaches it.",
    "Add links, or remove the device.",
)
UNEVEN_LINKS = Code(
    "design.uneven-links",
    _W,
    "A switch has more links to one switch of the tier above than to another, so ECMP loads them unevenly.",
    "Use equally many links to each.",
)
MTU_OVER_PLATFORM = Code(
    "design.mtu-over-platform",
    _E,
    "An MTU is over what a device's platform can send.",
    "Lower the MTU, or correct the platform's `mtu_max`.",
)
PORT_NAME = Code(
    "design.port-name",
    _E,
    "A name on a device would be longer than its operating system takes.",
    "Use a platform with shorter port names for handoffs.",
)

# MLAG pairs.
MLAG_UNLIKE = Code(
    "design.mlag-unlike",
    _E,
    "The two leaves of an MLAG pair have different systems or platforms; MLAG and vPC are between like switches only.",
    "Give both leaves one `nos` and one `platform`, or set `multihoming: ethernet-segments`.",
)
MLAG_ASN = Code(
    "design.mlag-asn",
    _E,
    "The two leaves of an MLAG pair share an ASN, so that they cannot route for each other over the peer link by eBGP.",
    "Set `asns.leaf` to `per-leaf`.",
)
MLAG_KEEPALIVE = Code(
    "design.mlag-keepalive",
    _E,
    "The leaves of an MLAG pair have no management addresses. When the peer link is lost they could not tell whether "
    "the other leaf still works, and both would go on as if alone.",
    "Add a pool of purpose `management` to region.yaml.",
)
MLAG_ONE_LINK = Code(
    "design.mlag-one-link",
    _W,
    "The leaves of an MLAG pair have one cable between them. When it breaks, the secondary leaf takes its server ports "
    "and its VTEP down.",
    "Set `peer_links: 2`.",
)
MLAG_HANDOFF = Code(
    "design.mlag-handoff",
    _E,
    "An external router is handed off at a leaf of an MLAG pair. What it announces would be known at one of the two "
    "leaves, and be announced as if at both.",
    "Hand it off at a border leaf, or at a leaf of a rack with `multihoming: ethernet-segments`.",
)
MLAG_SERVER = Code(
    "design.mlag-server",
    _E,
    "A server has one cable in an MLAG pair and one elsewhere: no bond spans leaves of two pairs.",
    "Plug it into both leaves of one rack.",
)

# Tenants.
NAME_CLASH = Code(
    "design.name-clash",
    _E,
    "Two VRFs or segments get the same name on devices, since names of tenant, VRF and segment are joined by hyphens.",
    "Rename one of the two.",
)
VRFS_OVER_PLATFORM = Code(
    "design.vrfs-over-platform",
    _E,
    "A device has more IP-VRFs than its platform can hold.",
    "Spread the tenants over more leaves, or choose a platform with more VRFs.",
)
VNIS_OVER_PLATFORM = Code(
    "design.vnis-over-platform",
    _E,
    "A device has more VNIs than its platform can hold.",
    "Spread the segments over more leaves, or choose a platform with more VNIs.",
)
VRF_NOWHERE = Code(
    "design.vrf-nowhere",
    _W,
    "A VRF has no routed segment and no handoff on any device, so nothing of it is configured.",
    "Plug a server into one of its segments, name leaves for one, or remove it.",
)
SEGMENT_NOWHERE = Code(
    "design.segment-nowhere",
    _W,
    "A segment has no server and names no leaves, so nothing of it is configured.",
    "Plug a server into it, name its leaves, or remove it.",
)
LEAK_OVERLAP = Code(
    "design.leak-overlap",
    _E,
    "A VRF imports routes of another one that has a subnet overlapping its own.",
    "Renumber one of the segments, or do without the import.",
)
SERVER_SPLIT = Code(
    "design.server-split",
    _E,
    "A server is on leaves of two pods, but VLAN ids are per pod, so its two ports would need different ones.",
    "Plug it into two leaves of one pod, or set `design.vlan_scope` to `region`.",
)

# The edge.
HANDOFF_OVERLAP = Code(
    "design.handoff-overlap",
    _E,
    "A handoff's subnet overlaps another subnet of its VRF.",
    "Give it addresses of its own.",
)
COMMUNITIES_MIXED = Code(
    "design.communities-mixed",
    _E,
    "A statement removes a community set with both standard and large communities; routers remove one kind at a time.",
    "Split the set, and remove each in a statement of its own.",
)
NAME_RESERVED = Code(
    "design.name-reserved",
    _E,
    "A policy or set has a name that is kept for generated ones.",
    "Choose a name that does not begin with `xc-`.",
)

ACL_STOPS_SESSION = Code(
    "design.acl-stops-session",
    _E,
    "The ACL on what arrives over a handoff drops the BGP session of that handoff.",
    "Add an entry in front that accepts TCP port 179 from the peer.",
)
ACL_NOT_SIMULATED = Code(
    "design.acl-not-simulated",
    Severity.NOTE,
    "ACLs are rendered, but the simulation and its checks know routing only: what they call reachable may be filtered.",
    "Nothing to do; read proofs of reachability as those of routes.",
)

# The cloud.
CLOUD_MTU = Code(
    "design.cloud-mtu",
    _E,
    "What tenants' machines may send does not fit into the tunnels between two chassis, where nothing fragments.",
    "Raise the MTU of the tunnels' segment, or lower `design.cloud.mtu`.",
)

CODES: tuple[Code, ...] = (
    IPV4_REQUIRED,
    RACK_ASN,
    PEER_ASN,
    SWITCH_UNLINKED,
    UNEVEN_LINKS,
    MTU_OVER_PLATFORM,
    PORT_NAME,
    NAME_CLASH,
    VRFS_OVER_PLATFORM,
    VNIS_OVER_PLATFORM,
    VRF_NOWHERE,
    SEGMENT_NOWHERE,
    LEAK_OVERLAP,
    SERVER_SPLIT,
    HANDOFF_OVERLAP,
    COMMUNITIES_MIXED,
    NAME_RESERVED,
    ACL_STOPS_SESSION,
    ACL_NOT_SIMULATED,
    CLOUD_MTU,
)
