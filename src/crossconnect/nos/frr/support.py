"""What FRR on Linux supports. `run`: tests start the daemons (tests/unit/nos, tests/lab)."""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.nos.support import Support

_RUN = Support("run")

SUPPORT: Mapping[str, Support] = {
    "underlay-numbered": _RUN,
    "underlay-unnumbered": _RUN,
    "underlay-ipv6": _RUN,
    "mtu": _RUN,
    "bfd": _RUN,
    "graceful-restart": Support("partial", "not for EVPN routes"),
    "graceful-shutdown": _RUN,
    "evpn": _RUN,
    "l2vni": _RUN,
    "l3vni": _RUN,
    "type-5": _RUN,
    "symmetric-irb": _RUN,
    "anycast-gateway": _RUN,
    "no-host-routes": _RUN,
    "vlan-trunk": _RUN,
    "lacp": _RUN,
    "ethernet-segment": Support("partial", "Linux has no designated-forwarder filter and no split horizon"),
    "mlag": Support("none", "FRR and Linux have no daemon for it", "`multihoming: ethernet-segments`"),
    "vrf-lite": _RUN,
    "route-leak": _RUN,
    "route-limit": Support("partial", "not enforced: neither FRR nor Linux can; checks report a VRF over its limit"),
    "route-policy": _RUN,
    "max-prefix": Support("run", "counts what the import policy accepts"),
    "tcp-md5": _RUN,
    "acl": Support(
        "none", "FRR filters routes, not packets", "filter with nftables in the switch's image, or on another device"
    ),
    "management-vrf": _RUN,
    "management-acl": Support(
        "none", "FRR filters routes, not packets", "filter with nftables in the switch's image, or at the gateway"
    ),
    "lldp": Support("run", "by lldpd"),
    "ntp": Support("rendered", "by chrony"),
    "syslog": Support("rendered", "by rsyslog"),
    "snmpv3": Support("none", "FRR has AgentX only, no agent", "read state with `show ... json` over SSH"),
    "gnmi": Support("none", "FRR has no gNMI server", "read state with `show ... json` over SSH"),
    "netconf": Support("none", "FRR has no NETCONF server", "use vtysh over SSH"),
    "aaa": Support("none", "logins are Linux's (PAM, NSS)", "set them up in the switch's image"),
    "users": Support("none", "users are Linux's", "set them up in the switch's image"),
    "banner": Support("rendered", "shown by sshd, by /etc/issue.net"),
    "sflow": Support("none", "Linux has no sFlow agent of its own", "run hsflowd from the switch's image"),
    "ipfix": Support("none", "Linux has no flow exporter of its own", "run one from the switch's image"),
    "extra": _RUN,
}
