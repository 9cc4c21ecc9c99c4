"""NX-OS's commands, as far as a difference must know them. Commands are given as one dual-stage commit or, where the
image has none, in this order (Fundamentals Configuration Guide, "Dual-Stage Commit").
"""

from __future__ import annotations

from crossconnect.nos.line_changes import Grammar
from crossconnect.nos.lines import Path
from crossconnect.nos.route_maps import header_key

_BARE = (
    "description",
    "mtu",
    "vrf member",
    "encapsulation dot1q",
    "switchport access vlan",
    "switchport mode",
    "switchport trunk native vlan",
    "switchport trunk allowed vlan",
    "channel-group",
    "lacp rate",
    "lacp min-links",
    "bfd interval",
    "name",
    "vn-segment",
    "password",
    "timers",
    "router-id",
    "reconnect-interval",
    "fabric forwarding anycast-gateway-mac",
    "snmp-server contact",
    "snmp-server location",
    "banner motd",
    "ntp source-interface",
    "grpc port",
    "grpc certificate",
    "sflow sampling-rate",
    "sflow counter-poll-interval",
    "sflow collector-ip",
    "sflow collector-port",
    "sflow agent-ip",
    "spanning-tree vlan * priority",
    "spanning-tree port type",
    "vpc",
    "vpc domain *",
    "vpc peer-link",
    "vpc orphan-port suspend",
    "role priority",
    "system-mac",
    "delay restore",
    "delay restore interface-vlan",
    "delay restore orphan-port",
)


def _negate(path: Path, line: str) -> tuple[str, ...] | None:
    words = line.split()
    if not path and words[0] == "interface":
        hardware = words[1].startswith(("Ethernet", "mgmt")) and "." not in words[1]
        return (f"default {line}",) if hardware else (f"no {line}",)
    if not path and words[0] == "username":
        return (f"no username {words[1]} sshkey",) if words[2] == "sshkey" else (f"no username {words[1]}",)
    if path and path[-1].split()[1:2] == ["access-list"]:
        return (f"no {words[0]}",)
    if words[0] == "remote-as":
        return ()  # goes with the neighbor
    return None


GRAMMAR = Grammar(
    single={
        "": (
            "hostname",
            "fabric forwarding anycast-gateway-mac",
            "aaa authentication login default",
            "aaa accounting default",
            "snmp-server contact",
            "snmp-server location",
            "snmp-server user *",
            "tacacs-server host *",
            "radius-server host *",
            "banner motd",
            "ntp source-interface",
            "grpc port",
            "grpc certificate",
            "sflow sampling-rate",
            "sflow counter-poll-interval",
            "sflow collector-ip",
            "sflow collector-port",
            "sflow agent-ip",
            "spanning-tree vlan * priority",
        ),
        "interface": (
            "description",
            "mtu",
            "vrf member",
            "encapsulation dot1q",
            # A primary address is overwritten: it cannot go while there is a secondary one.
            "ip address",
            "ip address * secondary",
            "switchport access vlan",
            "switchport mode",
            "switchport trunk native vlan",
            "switchport trunk allowed vlan",
            "channel-group",
            "lacp rate",
            "lacp min-links",
            "spanning-tree port type",
            "bfd interval",
            "source-interface",
        ),
        "vpc": (
            "role priority",
            "system-mac",
            "peer-keepalive",
            "delay restore",
            "delay restore interface-vlan",
            "delay restore orphan-port",
        ),
        "vlan": ("name", "vn-segment"),
        "vrf": ("vni", "rd", "router-id", "reconnect-interval"),
        "vni": ("rd",),
        "router": ("router-id", "graceful-restart restart-time", "reconnect-interval"),
        "neighbor": ("remote-as", "description", "password", "timers"),
        "address-family": ("maximum-paths", "maximum-prefix", "maximum routes", "redistribute direct"),
    },
    bare=_BARE,
    final=("hostname",),
    anew=("route-map * * *",),
    definitions=(
        "feature *",
        "nv overlay evpn",
        "route-map *",
        "ip prefix-list *",
        "ipv6 prefix-list *",
        "ip community-list *",
        "ip large-community-list *",
        "ip as-path *",
        "ip access-list *",
        "ipv6 access-list *",
        "vrf context *",
        "vlan *",
    ),
    header_key=header_key,
    negate=_negate,
)
