"""EOS's commands, as far as a difference must know them. Commands are given in a configuration session, which is
committed as a whole (EOS User Manual, "Configuration Sessions"): nothing is without its filter in between.
"""

from __future__ import annotations

from crossconnect.nos import line_changes
from crossconnect.nos.eos.names import MAIN
from crossconnect.nos.line_changes import Grammar
from crossconnect.nos.lines import Path, indented_text
from crossconnect.nos.network_os import Commands, Overridden, Trees
from crossconnect.nos.network_os import Tree as AnyTree
from crossconnect.nos.patterns import prefix_of
from crossconnect.nos.route_maps import header_key

_SESSION = (
    "router-id",
    "maximum-paths",
    "rd",
    "redistribute connected",
    "graceful-restart restart-time",
    "bgp bestpath tie-break",
    "bgp missing-policy direction *",
    "neighbor * remote-as",
    "neighbor * description",
    "neighbor * timers",
    "neighbor * password",
    "neighbor * maximum-routes",
    "neighbor * maximum-accepted-routes",
)
_BARE = (
    "description",
    "mtu",
    "vrf",
    "encapsulation dot1q vlan",
    "switchport access vlan",
    "switchport mode",
    "switchport trunk native vlan",
    "switchport trunk allowed vlan",
    "channel-group",
    "lacp timer",
    "lacp system-id",
    "port-channel min-links",
    "bfd interval",
    "identifier",
    "name",
    "rd",
    "router-id",
    "maximum-paths",
    "neighbor * description",
    "neighbor * timers",
    "neighbor * password",
    "neighbor * maximum-routes",
    "neighbor * maximum-accepted-routes",
    "ip virtual-router mac-address",
    "snmp-server contact",
    "snmp-server location",
    "sflow sample",
    "sflow polling-interval",
    "vxlan udp-port",
    "vxlan virtual-router encapsulation mac-address",
    "mlag",
    "mlag configuration",
    "domain-id",
    "local-interface",
    "peer-address",
    "peer-address heartbeat",
    "peer-link",
    "dual-primary detection",
)
_KEYS = ("username * ssh-key", "username * ssh-key secondary")


def _negate(path: Path, line: str) -> tuple[str, ...] | None:
    words = line.split()
    if not path and words[0] == "interface":
        hardware = words[1].startswith(("Ethernet", "Management")) and "." not in words[1]
        return (f"default {line}",) if hardware else (f"no {line}",)
    if not path and words[0] == "username":
        return (f"no {prefix_of(_KEYS, line) or f'username {words[1]}'}",)
    if words[0] == "vrf" and not (path and path[-1].startswith(("interface", "transport"))):
        return (f"no {line}",)
    if words[0] == "neighbor" and words[1] == "interface":
        return (f"no neighbor interface {words[2]}",)
    if words[0] == "neighbor" and words[2] == "remote-as":
        return (f"no neighbor {words[1]}",)
    return None


GRAMMAR = Grammar(
    single={
        "": (
            "hostname",
            "service routing protocols model",
            "vlan internal order",
            "spanning-tree mode",
            "ip virtual-router mac-address",
            "username * privilege",
            *_KEYS,
            "snmp-server contact",
            "snmp-server location",
            "snmp-server user *",
            "snmp-server host *",
            "tacacs-server host *",
            "radius-server host *",
            "sflow sample",
            "sflow polling-interval",
            "sflow vrf * source-interface",
            "logging vrf * source-interface",
            "ntp local-interface vrf *",
        ),
        "interface": (
            "description",
            "mtu",
            "vrf",
            "encapsulation dot1q vlan",
            # A primary address is overwritten: it cannot go while there is a secondary one.
            "ip address",
            "ip address * secondary",
            "ip address virtual *",
            "ip address virtual * secondary",
            "switchport access vlan",
            "switchport mode",
            "switchport trunk native vlan",
            "switchport trunk allowed vlan",
            "channel-group",
            "lacp timer",
            "lacp system-id",
            "port-channel min-links",
            "mlag",
            "bfd interval",
            "vxlan source-interface",
            "vxlan virtual-router encapsulation mac-address",
            "vxlan udp-port",
            "vxlan vlan *",
            "vxlan vrf *",
        ),
        "evpn": ("identifier", "route-target import"),
        "vlan": ("name", "rd"),
        "mlag": (
            "domain-id",
            "local-interface",
            "peer-address",
            "peer-address heartbeat",
            "peer-link",
            "dual-primary detection",
        ),
        "router": _SESSION,
        "vrf": _SESSION,
        "flow": ("sample",),
        "tracker": ("record export on inactive timeout", "record export on interval"),
        "exporter": ("format", "local interface", "template interval"),
        "transport": ("ssl profile", "port", "vrf"),
    },
    bare=_BARE,
    final=("hostname", "service", "vlan internal", "spanning-tree mode"),
    anew=("ip access-list *", "ipv6 access-list *", "ip prefix-list *", "ipv6 prefix-list *", "route-map * * *"),
    definitions=(
        "route-map *",
        "ip prefix-list *",
        "ipv6 prefix-list *",
        "ip community-list *",
        "ip large-community-list *",
        "ip as-path *",
        "ip access-list *",
        "ipv6 access-list *",
        "vrf instance *",
        "vlan *",
    ),
    header_key=header_key,
    negate=_negate,
)


def merge(tree: AnyTree, extra: AnyTree) -> tuple[AnyTree, tuple[Overridden, ...]]:
    """See `NetworkOs.merge`."""
    return line_changes.merge(tree, extra, lambda path, line: line_changes.key_of(GRAMMAR, path, line))


def difference(old: Trees, new: Trees) -> tuple[Commands, ...]:
    """See `NetworkOs.difference`."""
    before, after = old[MAIN], new[MAIN]
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    commands = line_changes.changes(before, after, GRAMMAR)
    return (Commands(file=MAIN, how="cli", text=indented_text(commands)),) if commands else ()
