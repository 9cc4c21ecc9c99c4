"""Which field of which record holds which kind of text, or numbers within which limits."""

from __future__ import annotations

from typing import NamedTuple

from crossconnect.finding import Code
from crossconnect.intent import codes, texts
from crossconnect.intent.texts import Kind
from crossconnect.model.acl import Acl, AclEntry
from crossconnect.model.change import ChangeRule, ChangeWindow, Freeze
from crossconnect.model.cloud import CloudChoices, ProviderNetwork, VpnConcentrator
from crossconnect.model.device import Device, Link, Platform
from crossconnect.model.management import (
    AaaServer,
    Collector,
    Gnmi,
    Ipfix,
    Netconf,
    Sflow,
    Snmp,
    SnmpReceiver,
    SnmpUser,
    User,
)
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.pod import NodeGroup, Pod, RackGroup, SuperSpineGroup
from crossconnect.model.policy import AsPathSet, CommunitySet, Match, Policy, PrefixSet, Set, Statement
from crossconnect.model.pool import Pool
from crossconnect.model.promise import Promise
from crossconnect.model.region import AsnPlan, Bfd, DesignChoices, Management, Moved, RegionFile, Site
from crossconnect.model.risk import RiskGroup
from crossconnect.model.server import Attachment, SegmentPort, Server, ServerGroup, Uplink
from crossconnect.model.tenant import Segment, Tenant, Vrf
from crossconnect.model.traffic import Demand
from crossconnect.net.names import AS_TRANS, ASN_MAX, VLAN_MAX, VNI_MAX

_NAME, _TEXT = texts.NAME, texts.DESCRIPTION

TEXTS: dict[type, dict[str, Kind]] = {
    RegionFile: {"name": _NAME, "description": _TEXT},
    Site: {"name": _NAME, "description": _TEXT},
    AsnPlan: {"range": texts.RANGE},
    Pool: {
        "name": _NAME,
        "prefix": texts.PREFIX,
        "range": texts.RANGE,
        "reserved": texts.RESERVED,
        "site": _NAME,
    },
    DesignChoices: {"anycast_gateway_mac": texts.MAC},
    CloudChoices: {"tunnels": texts.SEGMENT_REFERENCE},
    Management: {
        "vrf": _NAME,
        "gateway": texts.ADDRESS,
        "ntp": texts.SERVER_ADDRESS,
        "syslog": texts.SERVER_ADDRESS,
        "acl": _NAME,
        "banner": _TEXT,
    },
    SnmpUser: {"name": _NAME, "authentication_secret": texts.SECRET, "privacy_secret": texts.SECRET},
    SnmpReceiver: {"address": texts.ADDRESS, "user": _NAME},
    Snmp: {"location": _TEXT, "contact": _TEXT},
    Gnmi: {"tls_profile": _NAME},
    AaaServer: {"address": texts.ADDRESS, "secret": texts.SECRET},
    User: {"name": _NAME, "password": texts.SECRET, "ssh_keys": texts.SSH_KEY},
    Collector: {"address": texts.ADDRESS},
    Acl: {"name": _NAME},
    AclEntry: {
        "name": _NAME,
        "source": texts.PREFIX,
        "destination": texts.PREFIX,
        "source_ports": texts.PORTS,
        "destination_ports": texts.PORTS,
    },
    Moved: {"old": texts.MODEL_PATH, "new": texts.MODEL_PATH},
    Platform: {
        "name": _NAME,
        "ports": texts.PLATFORM_PORTS,
        "uplinks": texts.PLATFORM_PORTS,
        "description": _TEXT,
    },
    Device: {"name": _NAME, "site": _NAME, "pod": _NAME, "rack": _NAME, "platform": _NAME, "nos": _NAME},
    Link: {"a": texts.DEVICE_PORT, "b": texts.DEVICE_PORT},
    NodeGroup: {"platform": _NAME, "nos": _NAME, "name": texts.pattern("pod", "n")},
    RackGroup: {
        "name": texts.pattern("pod", "n"),
        "leaf_name": texts.pattern("pod", "rack", "n"),
        "platform": _NAME,
        "nos": _NAME,
    },
    ServerGroup: {"name": texts.pattern("pod", "rack", "n")},
    Pod: {"name": _NAME, "site": _NAME},
    SuperSpineGroup: {
        "name": _NAME,
        "site": _NAME,
        "platform": _NAME,
        "nos": _NAME,
        "device_name": texts.pattern("name", "n"),
        "pods": _NAME,
    },
    SegmentPort: {"segment": texts.SEGMENT_REFERENCE, "addresses": texts.INTERFACE_ADDRESS},
    Attachment: {"port": texts.DEVICE_PORT},
    Uplink: {"port": texts.DEVICE_PORT},
    Server: {"name": _NAME, "mac": texts.MAC},
    Segment: {
        "name": _NAME,
        "gateways": texts.INTERFACE_ADDRESS,
        "acl_in": _NAME,
        "acl_out": _NAME,
        "leaves": _NAME,
        "description": _TEXT,
    },
    Vrf: {"name": _NAME, "imports": texts.VRF_REFERENCE, "description": _TEXT},
    Tenant: {"name": _NAME, "description": _TEXT},
    RiskGroup: {"name": _NAME, "devices": _NAME, "ports": texts.DEVICE_PORTS, "description": _TEXT},
    Handoff: {
        "border": texts.DEVICE_PORT,
        "vrf": texts.VRF_REFERENCE,
        "local": texts.INTERFACE_ADDRESS,
        "remote": texts.ADDRESS,
        "import_policy": _NAME,
        "export_policy": _NAME,
        "password": texts.SECRET,
        "acl_in": _NAME,
        "acl_out": _NAME,
    },
    Peer: {"name": _NAME, "description": _TEXT, "announces": texts.PREFIX},
    ProviderNetwork: {
        "name": _NAME,
        "vrf": texts.VRF_REFERENCE,
        "transfer": texts.PREFIX,
        "prefixes": texts.PREFIX,
        "aggregates": texts.PREFIX,
        "password": texts.SECRET,
    },
    VpnConcentrator: {"name": _NAME, "address": texts.ADDRESS},
    PrefixSet: {"name": _NAME, "prefixes": texts.PREFIX_RULE},
    CommunitySet: {"name": _NAME, "communities": texts.COMMUNITY},
    AsPathSet: {"name": _NAME, "patterns": texts.AS_PATH_PATTERN},
    Match: {"prefix_set": _NAME, "community_set": _NAME, "as_path_set": _NAME},
    Set: {"communities_add": texts.COMMUNITY, "communities_remove": _NAME},
    Statement: {"name": _NAME},
    Policy: {"name": _NAME},
    Demand: {"source": texts.PROMISED, "destination": texts.PROMISED},
    ChangeWindow: {
        "name": _NAME,
        "begin": texts.CLOCK,
        "end": texts.CLOCK,
        "time_zone": texts.TIME_ZONE,
        "description": _TEXT,
    },
    Freeze: {
        "name": _NAME,
        "begin": texts.LOCAL_TIME,
        "end": texts.LOCAL_TIME,
        "time_zone": texts.TIME_ZONE,
        "sites": _NAME,
        "description": _TEXT,
    },
    ChangeRule: {
        "name": _NAME,
        "sites": _NAME,
        "tenants": _NAME,
        "windows": _NAME,
        "approvers": texts.EMAIL,
        "description": _TEXT,
    },
    Promise: {
        "name": _NAME,
        "source": texts.PROMISED,
        "destination": texts.PROMISED,
        "through": texts.PROMISED,
    },
}


class Limit(NamedTuple):
    """The numbers that a field takes, both ends included, and what is reported of others."""

    first: int
    last: int
    code: Code = codes.NUMBER_RANGE
    reason: str = ""
    """Why, where it is not plain."""
    excluded: tuple[int, ...] = ()


RESERVED_ASNS = (AS_TRANS, 65535)
"""Within the range, but nobody's: AS_TRANS (RFC 6793 9), the last 2-octet ASN (RFC 7300 2)."""
_VLAN = Limit(1, VLAN_MAX, codes.VLAN_RANGE, "IEEE 802.1Q has twelve bits, 0 and 4095 are reserved")
_VNI = Limit(1, VNI_MAX, codes.VNI_RANGE, "a VNI has 24 bits (RFC 7348 5), 0 is not used")
_ASN = Limit(1, ASN_MAX, codes.ASN_RANGE, "RFC 6793; RFC 7300 reserves the last", RESERVED_ASNS)
_MTU = Limit(1280, 65535, codes.MTU_RANGE, "IPv6 needs 1280 octets on every link (RFC 8200 5)")
_DEVICES = Limit(1, 1024)
_PORT = Limit(1, 65535)
_GBPS = Limit(1, 6400)
_RATE = Limit(1, 16_777_215)
_UNSIGNED = Limit(0, (1 << 32) - 1, codes.NUMBER_RANGE, "BGP carries it in four octets")

NUMBERS: dict[type, dict[str, Limit]] = {
    AsnPlan: {
        "route_target": Limit(1, 65534, codes.ASN_RANGE, "route targets hold two octets of it", (AS_TRANS,)),
        "gateway_nodes": _ASN,
    },
    CloudChoices: {"mtu": _MTU},
    ProviderNetwork: {"max_prefixes": Limit(1, 10_000_000), "vpc_block": Limit(0, 64)},
    Gnmi: {"port": _PORT},
    Netconf: {"port": _PORT},
    AaaServer: {"port": _PORT, "timeout_s": Limit(1, 60)},
    Collector: {"port": _PORT},
    Sflow: {"sample_rate": _RATE, "polling_s": Limit(1, 3600)},
    Ipfix: {"sample_rate": _RATE, "active_timeout_s": Limit(1, 3600), "idle_timeout_s": Limit(1, 3600)},
    Bfd: {"interval_ms": Limit(10, 60000), "multiplier": Limit(2, 255)},
    DesignChoices: {
        "fabric_mtu": _MTU,
        "tenant_mtu": _MTU,
        "maximum_paths": Limit(1, 256),
        "keepalive_s": Limit(1, 21845),
        "hold_time_s": Limit(3, 65535, codes.NUMBER_RANGE, "RFC 4271 4.2"),
        "resting_locks": Limit(0, 10000),
        "link_load_max": Limit(1, 100),
    },
    Platform: {"mtu_max": _MTU, "port_gbps": _GBPS, "vrfs_max": Limit(0, 1 << 20), "vnis_max": Limit(0, 1 << 20)},
    Device: {"asn": _ASN},
    Link: {"mtu": _MTU, "gbps": _GBPS},
    Demand: {"mbps": Limit(0, 1_000_000_000)},
    NodeGroup: {"count": _DEVICES},
    RackGroup: {"count": _DEVICES, "peer_links": Limit(1, 16)},
    ServerGroup: {"count": Limit(1, 4096)},
    Pod: {"links_per_spine": Limit(1, 64)},
    SuperSpineGroup: {"count": _DEVICES, "planes": Limit(1, 64)},
    Segment: {"vlan": _VLAN, "vni": _VNI, "mtu": _MTU},
    Vrf: {"vni": _VNI, "route_limit": Limit(0, 10_000_000)},
    Handoff: {"vlan": _VLAN, "max_prefixes": Limit(1, 10_000_000)},
    Peer: {"asn": _ASN},
    Set: {"local_pref": _UNSIGNED, "med": _UNSIGNED, "prepend": Limit(0, 10)},
    ChangeRule: {
        "devices_over": Limit(0, 1_000_000),
        "tenants_over": Limit(0, 1_000_000),
        "attachments_over": Limit(0, 100_000_000),
        "approvals": Limit(0, 10),
    },
    Promise: {"survives": Limit(0, 2), "paths": Limit(0, 256), "hops": Limit(0, 64)},
}
