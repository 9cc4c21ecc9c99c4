"""What SONiC (community releases) supports, by its models and documents; nothing was run on a switch.

Dates are those of the YANG models' revisions (sonic-static-anycast-gateway, sonic-evpn): a release branch has what was
in the main branch when it was cut.
"""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.nos.support import Support

_RENDERED = Support("rendered")

SUPPORT: Mapping[str, Support] = {
    "underlay-numbered": _RENDERED,
    "underlay-unnumbered": _RENDERED,
    "underlay-ipv6": _RENDERED,
    "mtu": Support("rendered", "a subinterface has its port's"),
    "bfd": Support("rendered", "by FRR's bfdd in software, started by `frr_mgmt_framework_config`"),
    "graceful-restart": Support("partial", "not for EVPN routes"),
    "graceful-shutdown": _RENDERED,
    "evpn": _RENDERED,
    "l2vni": _RENDERED,
    "l3vni": Support("rendered", "an L3VNI takes a VLAN of its own, from 4094 down"),
    "type-5": _RENDERED,
    "symmetric-irb": _RENDERED,
    "anycast-gateway": Support("rendered", "one MAC address a switch, `SAG|GLOBAL`; in images since April 2025"),
    "no-host-routes": Support("partial", "host routes come where frrcfgd runs, for BFD or Ethernet segments"),
    "vlan-trunk": _RENDERED,
    "lacp": _RENDERED,
    "ethernet-segment": Support(
        "partial", "images made since May 2026 have `EVPN_ETHERNET_SEGMENT`, the ASIC's SAI must support it; else MCLAG"
    ),
    "mlag": Support(
        "none",
        "MCLAG (iccpd) is not rendered: EVPN multihoming is, and a switch does one of both",
        "`multihoming: ethernet-segments`",
    ),
    "vrf-lite": _RENDERED,
    "route-leak": _RENDERED,
    "route-limit": Support("partial", "not enforced: checks report a VRF over its limit"),
    "route-policy": _RENDERED,
    "max-prefix": Support("rendered", "counts what the import policy accepts"),
    "tcp-md5": _RENDERED,
    "acl": Support("partial", "on ports, bonds and subinterfaces, not on VLAN interfaces; no log"),
    "management-vrf": Support("rendered", "called `mgmt`"),
    "management-acl": Support(
        "partial", "by services that accept (SSH, SNMP, NTP, TCP ports, any), for all of the switch"
    ),
    "lldp": _RENDERED,
    "ntp": _RENDERED,
    "syslog": _RENDERED,
    "snmpv3": Support("partial", "AES-128 only, no notifications to SNMPv3 users"),
    "gnmi": Support("rendered", "certificates in /etc/sonic/credentials, named by the TLS profile"),
    "netconf": Support("none", "SONiC has no NETCONF server", "use gNMI"),
    "aaa": Support("partial", "accounting by TACACS+ only"),
    "users": Support(
        "none", "CONFIG_DB has no table of local users", "set them up in the image, or ask TACACS+ or RADIUS"
    ),
    "banner": _RENDERED,
    "sflow": Support("rendered", "two collectors"),
    "ipfix": Support("none", "SONiC exports no flow records", "use sFlow"),
    "extra": _RENDERED,
}
