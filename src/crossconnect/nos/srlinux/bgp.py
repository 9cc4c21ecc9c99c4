"""BGP of a network instance: groups of sessions with the same settings, neighbours, and unnumbered sessions.

Routes enter BGP by export policy, there are no `network` statements. Both directions reject what no policy accepts
(RFC 8212); fabric sessions have the fabric's policies. A router that is no VTEP has no route targets of its own, and
keeps and passes on EVPN routes only with `inter-as-vpn`; their next hop stays (RFC 4271 5.1.3).

Sources: Nokia SR Linux 25.3 Routing Protocols Guide, "BGP" (global, groups, neighbours, unnumbered peering, prefix
limit, multipath); srl_nokia-bgp of the release: `inter-as-vpn` (keeps what no instance imports), `prevent-teardown` of
`prefix-limit-received`, `advertise-ipv6-next-hops`; no graceful shutdown, and `next-hop-unchanged` for labelled unicast
only. A published containerlab of RFC 7938 with one unnumbered eBGP session for IPv4 and EVPN ("3 Stage Clos RFC7938 lab
with eBGP in underlay", `show` outputs of 2024) has `dynamic-neighbors interface`, `receive-ipv4-check false`,
`inter-as-vpn` at spines, and leaves that see each other's VTEPs as next hops of types 1, 2, 3 and 5; type 4 gets the
spine's, which nothing uses: its originator is in the route.
"""

from __future__ import annotations

from crossconnect.device.bgp import FAMILIES, Bgp, Family, Neighbor
from crossconnect.nos.document import Value
from crossconnect.nos.secrets import secret_token
from crossconnect.nos.srlinux.names import FABRIC_IN, FABRIC_OUT

NAMES: dict[Family, str] = {"ipv4-unicast": "ipv4-unicast", "ipv6-unicast": "ipv6-unicast", "l2vpn-evpn": "evpn"}
ADVERTISEMENT_S = 1
"""Between updates of one route: the least that there is; the default of 5 s would be waited at every hop."""


def render_bgp(bgp: Bgp) -> Value:
    """`protocols/bgp`."""
    families: list[Family] = [f for f in FAMILIES if any(f == nf.family for n in bgp.neighbors for nf in n.families)]
    out: dict[str, Value] = {
        "admin-state": "enable",
        "autonomous-system": bgp.asn,
        "router-id": bgp.router_id,
        "ebgp-default-policy": {"import-reject-all": True, "export-reject-all": True},
        "afi-safi": [_family(f, bgp) for f in families or list(FAMILIES[:1])],
    }
    groups = group_names(bgp)
    dynamic: list[Value] = [
        {
            "interface-name": f"{n.interface}.0",
            "peer-group": groups[n.key],
            "allowed-peer-as": [str(n.remote_asn)],
            "max-sessions": 1,
        }
        for n in bgp.neighbors
        if n.interface
    ]
    if dynamic:
        out["dynamic-neighbors"] = {"interface": dynamic}
    members: dict[str, Neighbor] = {}
    for neighbor in bgp.neighbors:
        members.setdefault(groups[neighbor.key], neighbor)
    if members:
        out["group"] = [_group(name, n, bgp, families) for name, n in members.items()]
    neighbors = [_neighbor(n, groups[n.key]) for n in bgp.neighbors if not n.interface]
    if neighbors:
        out["neighbor"] = neighbors
    return out


def _family(family: Family, bgp: Bgp) -> Value:
    out: dict[str, Value] = {"afi-safi-name": f"srl_nokia-common:{NAMES[family]}", "admin-state": "enable"}
    if family == "l2vpn-evpn":
        relayed = any(f.next_hop_unchanged for n in bgp.neighbors for f in n.families)
        out["evpn"] = {"inter-as-vpn": relayed, "rapid-update": True}
    else:
        out["multipath"] = {
            "allow-multiple-as": bgp.multipath_relax,
            "ebgp": {"maximum-paths": bgp.maximum_paths},
        }
    return out


def group_names(bgp: Bgp) -> dict[str, str]:
    """Group of each session, by the session's key: sessions with the same settings are in one."""
    names: dict[str, str] = {}
    settings: dict[str, tuple[object, ...]] = {}
    for neighbor in bgp.neighbors:
        families = "-".join(NAMES[f.family].removesuffix("-unicast") for f in neighbor.families)
        name = "-".join(filter(None, (neighbor.kind, families, "unnumbered" if neighbor.interface else "")))
        number = 1
        while settings.setdefault(_name(name, number), _settings(neighbor)) != _settings(neighbor):
            number += 1
        names[neighbor.key] = _name(name, number)
    return names


def _name(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _settings(n: Neighbor) -> tuple[object, ...]:
    """What a group says of its sessions: for unnumbered ones everything, as they have no entry of their own."""
    common = (tuple(f.family for f in n.families), n.bfd, n.keepalive_s, n.hold_time_s, n.connect_retry_s)
    return (*common, n.extended_next_hop, *((n.families, n.password) if n.interface else ()))


def _group(name: str, n: Neighbor, bgp: Bgp, families: list[Family]) -> Value:
    out: dict[str, Value] = {"group-name": name, "admin-state": "enable"}
    if n.kind == "fabric":
        out["export-policy"] = [FABRIC_OUT]
        out["import-policy"] = [FABRIC_IN]
    out["failure-detection"] = {"enable-bfd": n.bfd, "fast-failover": True}
    out["graceful-restart"] = {"admin-state": "enable" if bgp.graceful_restart else "disable"}
    entries: list[Value] = []
    own = {f.family for f in n.families}
    for family in families:
        entry: dict[str, Value] = {
            "afi-safi-name": f"srl_nokia-common:{NAMES[family]}",
            "admin-state": "enable" if family in own else "disable",
        }
        if family == "ipv4-unicast" and family in own:
            entry["ipv4-unicast"] = {
                "advertise-ipv6-next-hops": n.extended_next_hop,
                "receive-ipv6-next-hops": n.extended_next_hop,
            }
        entries.append(entry)
    out["afi-safi"] = entries
    out["timers"] = {
        "connect-retry": n.connect_retry_s,
        "hold-time": n.hold_time_s,
        "keepalive-interval": n.keepalive_s,
        "minimum-advertisement-interval": ADVERTISEMENT_S,
    }
    if n.interface:
        out |= _policies_and_limits(n, entries)
        if n.password:
            out["authentication"] = {"password": secret_token(n.password)}
    return out


def _neighbor(n: Neighbor, group: str) -> Value:
    out: dict[str, Value] = {"peer-address": n.address, "admin-state": "enable"}
    if n.description:
        out["description"] = n.description
    out["peer-as"] = n.remote_asn
    out["peer-group"] = group
    entries: list[Value] = []
    out |= _policies_and_limits(n, entries)
    if entries:
        out["afi-safi"] = entries
    if n.password:
        out["authentication"] = {"password": secret_token(n.password)}
    if n.local_address:
        out["transport"] = {"local-address": n.local_address}
    return out


def _policies_and_limits(n: Neighbor, entries: list[Value]) -> dict[str, Value]:
    """Policies of an external session: on the session where its families agree, else per family; and limits."""
    out: dict[str, Value] = {}
    pairs = {(f.import_policy, f.export_policy) for f in n.families}
    agree = len(pairs) == 1
    for family in n.families:
        entry: dict[str, Value] = {"afi-safi-name": f"srl_nokia-common:{NAMES[family.family]}"}
        place = out if agree else entry
        if family.export_policy:
            place["export-policy"] = [family.export_policy]
        if family.import_policy:
            place["import-policy"] = [family.import_policy]
        if family.max_prefixes:
            limit: Value = {"max-received-routes": family.max_prefixes, "prevent-teardown": False}
            if family.family == "l2vpn-evpn":
                limit = {"max-received-routes": family.max_prefixes}
            entry[NAMES[family.family]] = {"prefix-limit-received": limit}
        if len(entry) > 1:
            entry = {"afi-safi-name": entry.pop("afi-safi-name"), "admin-state": "enable", **entry}
            _join(entries, entry)
    return out


def _join(entries: list[Value], entry: dict[str, Value]) -> None:
    """Into the entry of the same family, if there is one already."""
    for there in entries:
        if isinstance(there, dict) and there["afi-safi-name"] == entry["afi-safi-name"]:
            for name, value in entry.items():
                before = there.get(name)
                there[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
            return
    entries.append(entry)
