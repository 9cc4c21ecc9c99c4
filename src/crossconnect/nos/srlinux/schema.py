"""Where SR Linux' models change from one YANG module to another, and which of their lists have keys: as data.

Taken from Nokia's models of release 25.3 (github.com/nokia/srlinux-yang-models, `srl_nokia/models`).
A member's name has its module in front where its parent's module is another one (RFC 7951 4).
"""

from __future__ import annotations

from collections.abc import Mapping

PREFIX = "srl_nokia-"

_MODULES = """
acl acl
bfd bfd
bfd/micro-bfd-sessions micro-bfd
interface interfaces
interface/lag interfaces-lag
interface/lag/lacp lacp
interface/subinterface/ipv4/arp interfaces-nbr
interface/subinterface/ipv4/arp/evpn interfaces-nbr-evpn
interface/subinterface/ipv6/neighbor-discovery interfaces-nbr
interface/subinterface/ipv6/neighbor-discovery/evpn interfaces-nbr-evpn
interface/subinterface/ipv6/router-advertisement interfaces-router-adv
interface/subinterface/vlan interfaces-vlans
interface/tpid interfaces-vlans
interface/vlan-tagging interfaces-vlans
network-instance network-instance
network-instance/inter-instance-policies network-instance-leaking
network-instance/mtu network-instance-mtu
network-instance/next-hop-groups next-hop-groups
network-instance/protocols/bgp bgp
network-instance/protocols/bgp-evpn/bgp-instance bgp-evpn
network-instance/protocols/bgp-vpn bgp-vpn
network-instance/protocols/linux linux
network-instance/static-routes static-routes
routing-policy routing-policy
system system
system/aaa aaa
system/authentication keychains
system/banner system-banner
system/clock ntp
system/configuration configuration
system/configuration/role configuration-role
system/control-plane-traffic/input/acl acl
system/grpc-server grpc
system/information system-info
system/ipfix ipfix
system/lacp lacp
system/lldp lldp
system/load-balancing load-balancing
system/logging logging
system/mtu mtu
system/name system-name
system/netconf-server netconf-server
system/network-instance system-network-instance
system/network-instance/protocols/bgp-vpn system-network-instance-bgp-vpn
system/network-instance/protocols/evpn/ethernet-segments system-network-instance-bgp-evpn-ethernet-segments
system/ntp ntp
system/protocols system-protocols
system/protocols/bgp bgp
system/sflow sflow
system/snmp system-snmp
system/ssh-server ssh
system/tls tls
tunnel-interface tunnel-interfaces
"""

_LISTS = """
acl/acl-filter name type
acl/acl-filter/entry sequence-id
acl/acl-filter/entry/match/ipv4/destination-ip/prefix-list name
acl/acl-filter/entry/match/ipv4/source-ip/prefix-list name
acl/acl-filter/entry/match/ipv6/destination-ip/prefix-list name
acl/acl-filter/entry/match/ipv6/source-ip/prefix-list name
acl/interface interface-id
acl/interface/input/acl-filter name type
acl/interface/output/acl-filter name type
acl/match-list/ipv4-prefix-list name
acl/match-list/ipv4-prefix-list/prefix ipv4-prefix
acl/match-list/ipv6-prefix-list name
acl/match-list/ipv6-prefix-list/prefix ipv6-prefix
acl/policers/policer name
acl/policers/system-cpu-policer name
bfd/micro-bfd-sessions/lag-interface name
bfd/subinterface id
interface name
interface/subinterface index
interface/subinterface/ipv4/address ip-prefix
interface/subinterface/ipv4/arp/evpn/advertise route-type
interface/subinterface/ipv4/arp/host-route/populate route-type
interface/subinterface/ipv4/arp/neighbor ipv4-address
interface/subinterface/ipv6/address ip-prefix
interface/subinterface/ipv6/neighbor-discovery/evpn/advertise route-type
interface/subinterface/ipv6/neighbor-discovery/host-route/populate route-type
interface/subinterface/ipv6/neighbor-discovery/neighbor ipv6-address
interface/subinterface/ipv6/router-advertisement/router-role/prefix ipv6-prefix
interface/subinterface/vlan/encap/single-tagged-range/low-vlan-id range-low-vlan-id
network-instance name
network-instance/bridge-table/split-horizon-group name
network-instance/interface name
network-instance/ip-load-balancing/resilient-hash-prefix ip-prefix
network-instance/next-hop-groups/group name
network-instance/next-hop-groups/group/nexthop index
network-instance/protocols/bgp-evpn/bgp-instance id
network-instance/protocols/bgp-vpn/bgp-instance id
network-instance/protocols/bgp/afi-safi afi-safi-name
network-instance/protocols/bgp/dynamic-neighbors/accept/match prefix
network-instance/protocols/bgp/dynamic-neighbors/interface interface-name
network-instance/protocols/bgp/group group-name
network-instance/protocols/bgp/group/afi-safi afi-safi-name
network-instance/protocols/bgp/group/trace-options/flag name
network-instance/protocols/bgp/neighbor peer-address
network-instance/protocols/bgp/neighbor/afi-safi afi-safi-name
network-instance/protocols/bgp/neighbor/trace-options/flag name
network-instance/protocols/bgp/rib-management/table address-family
network-instance/protocols/bgp/trace-options/flag name
network-instance/static-routes/route prefix
network-instance/vxlan-interface name
routing-policy/as-path-set name
routing-policy/community-set name
routing-policy/extended-community-set name
routing-policy/policy name
routing-policy/policy/statement name
routing-policy/prefix-set name
routing-policy/prefix-set/prefix ip-prefix mask-length-range
routing-policy/standard-community-set name
routing-policy/tag-set name
system/aaa/accounting/event event-type
system/aaa/authentication/user username
system/aaa/authorization/role rolename
system/aaa/server-group name
system/aaa/server-group/server address
system/authentication/keychain name
system/authentication/keychain/key index
system/configuration/role name
system/configuration/role/rule path-reference
system/control-plane-traffic/input/acl/acl-filter name type
system/grpc-server name
system/ipfix/cache name
system/ipfix/exporting-process name
system/ipfix/exporting-process/destination name
system/ipfix/exporting-process/options name
system/ipfix/observation-point name
system/ipfix/observation-point/interface name
system/ipfix/selection-process name
system/ipfix/selection-process/selector name
system/lldp/interface name
system/lldp/management-address subinterface
system/load-balancing/hash-profile name
system/logging/buffer buffer-name
system/logging/buffer/facility facility-name
system/logging/buffer/subsystem subsystem-name
system/logging/console/facility facility-name
system/logging/console/subsystem subsystem-name
system/logging/file file-name
system/logging/file/facility facility-name
system/logging/file/subsystem subsystem-name
system/logging/filter filter-name
system/logging/filter/facility facility-name
system/logging/remote-server host
system/logging/remote-server/facility facility-name
system/logging/remote-server/subsystem subsystem-name
system/netconf-server name
system/network-instance/protocols/bgp-vpn/bgp-instance id
system/network-instance/protocols/evpn/ethernet-segments/bgp-instance id
system/network-instance/protocols/evpn/ethernet-segments/bgp-instance/ethernet-segment name
system/network-instance/protocols/evpn/ethernet-segments/bgp-instance/ethernet-segment/interface ethernet-interface
system/network-instance/protocols/evpn/ethernet-segments/bgp-instance/ethernet-segment/next-hop l3-next-hop
system/network-instance/protocols/evpn/ethernet-segments/bgp-instance/ethernet-segment/next-hop/evi start
system/ntp/server address
system/sflow/collector collector-id
system/snmp/access-group name
system/snmp/access-group/community-entry name
system/snmp/access-group/security-entry name
system/snmp/network-instance name
system/snmp/trap-group name
system/snmp/trap-group/destination name
system/snmp/trap-group/destination/community-entry name
system/snmp/trap-group/destination/security-entry name
system/ssh-server name
system/ssh-server/host-key/type type
system/tls/server-profile name
tunnel-interface name
tunnel-interface/vxlan-interface index
tunnel-interface/vxlan-interface/egress/destination-groups/group name
tunnel-interface/vxlan-interface/egress/destination-groups/group/destination index
"""

ORDERED = frozenset(
    {
        "acl/interface/input/acl-filter",
        "acl/interface/output/acl-filter",
        "routing-policy/policy/statement",
        "system/ipfix/selection-process/selector",
    }
)
"""Lists whose order counts (`ordered-by user`)."""


def _table(text: str) -> dict[str, tuple[str, ...]]:
    rows = (line.split() for line in text.strip().splitlines())
    return {row[0]: tuple(row[1:]) for row in rows}


MODULES: Mapping[str, str] = {path: PREFIX + module for path, (module,) in _table(_MODULES).items()}
"""Module of a node whose parent belongs to another one, by its path without keys."""

KEYS: Mapping[str, tuple[str, ...]] = _table(_LISTS)
"""Key leaves of each list."""
