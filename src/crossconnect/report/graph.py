"""The blueprint as a drawing sees it: nodes in tiers, links between them, aggregated until a person can read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.net.order import natural_key

Tier = Literal["super-spine", "spine", "leaf", "server", "peer"]
Kind = Literal["super-spine", "spine", "leaf", "border-leaf", "server", "peer", "group"]
Detail = Literal["everything", "switches", "pods"]

SWITCHES_MAX = 60
"""More switches than this and pods are drawn as one box each: links would be a grey area."""
LEAVES_WITH_SERVERS_MAX = 12
"""More leaves than this and servers are counted instead of drawn: a column of less than 90 px holds no name."""
LEAF_GROUP = 16
"""Leaves in one box where even a single pod is too big."""


class GraphNode(msgspec.Struct, frozen=True, kw_only=True):
    """A box of the drawing: a device, or several."""

    id: str
    label: str
    sub: str = ""
    """Second line, smaller."""
    tip: str
    kind: Kind
    tier: Tier
    site: str = ""
    pod: str = ""
    parents: tuple[str, ...] = ()
    """Servers and peers: ids of the leaves they hang on."""
    failed: bool = False
    drained: bool = False


class GraphLink(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the drawing: a cable, or several."""

    upper: str
    lower: str
    count: int = 1
    tip: str
    kind: Literal["fabric", "server", "peer"]
    failed: bool = False
    """Carries nothing: cut itself, or an end is down."""
    cut: bool = False


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """Nodes and links in drawing order."""

    detail: Detail
    nodes: tuple[GraphNode, ...]
    links: tuple[GraphLink, ...]


_TIER: dict[str, Tier] = {"super-spine": "super-spine", "spine": "spine", "leaf": "leaf", "border-leaf": "leaf"}
_KIND: dict[str, Kind] = {
    "super-spine": "super-spine",
    "spine": "spine",
    "leaf": "leaf",
    "border-leaf": "border-leaf",
}
_RANK: dict[str, int] = {"super-spine": 0, "spine": 1, "leaf": 2, "border-leaf": 2}


def graph_of(blueprint: Blueprint, failed: frozenset[str]) -> Graph:
    """The drawing's nodes and links; `failed` names devices and wire keys."""
    detail = _detail(blueprint)
    groups = _groups(blueprint) if detail == "pods" else {}
    prefixes = _pod_prefixes(blueprint)
    nodes = [_switch_node(d, prefixes, failed, blueprint.drained) for d in blueprint.devices if d.name not in groups]
    nodes += _group_nodes(blueprint, groups, failed)
    if detail == "everything":
        nodes += [_server_node(h.name, h.leaves, h.path) for h in blueprint.hosts]
    elif detail == "switches":
        nodes = [msgspec.structs.replace(n, sub="") if n.tier == "leaf" else n for n in nodes]
        nodes += _server_counts(blueprint)
    nodes += _peer_nodes(blueprint, groups, failed)
    nodes.sort(key=lambda n: natural_key(n.id))
    return Graph(detail=detail, nodes=tuple(nodes), links=tuple(_links(blueprint, groups, failed, detail)))


def _detail(blueprint: Blueprint) -> Detail:
    if len(blueprint.devices) > SWITCHES_MAX:
        return "pods"
    leaves = sum(_TIER.get(d.role) == "leaf" for d in blueprint.devices)
    return "everything" if leaves <= LEAVES_WITH_SERVERS_MAX else "switches"


def _groups(blueprint: Blueprint) -> dict[str, str]:
    """Device -> group, for devices that are not drawn by themselves: whole pods, or leaves of the only pod."""
    pods = {d.pod for d in blueprint.devices if d.pod}
    if len(pods) > 1:
        return {d.name: f"pod {d.pod}" for d in blueprint.devices if d.pod}
    leaves = sorted((d.name for d in blueprint.devices if d.role == "leaf"), key=natural_key)
    return {
        name: f"{leaves[i - i % LEAF_GROUP]} to {leaves[min(i - i % LEAF_GROUP + LEAF_GROUP, len(leaves)) - 1]}"
        for i, name in enumerate(leaves)
    }


def _pod_prefixes(blueprint: Blueprint) -> dict[str, str]:
    """Pod -> prefix that all its devices' names share with the pod's, and that labels can do without."""
    shared: dict[str, bool] = {}
    for d in blueprint.devices:
        shared[d.pod] = shared.get(d.pod, True) and d.name.startswith(f"{d.pod}-")
    return {pod: f"{pod}-" for pod, yes in shared.items() if pod and yes}


def _switch_node(
    device: DeviceConfiguration, prefixes: Mapping[str, str], failed: frozenset[str], drained: tuple[str, ...]
) -> GraphNode:
    bgp = next((i.bgp for i in device.network_instances if i.kind == "default"), None)
    facts = [f"{device.name}, {device.role}", f"{device.platform}, {device.nos}"]
    if bgp:
        facts.append(f"AS {bgp.asn}, router id {bgp.router_id}")
    if device.rack:
        facts.append(f"rack {device.rack}")
    down, drain = device.name in failed, device.name in drained
    facts += ["FAILED"] * down + ["drained"] * drain
    return GraphNode(
        id=device.name,
        label=device.name.removeprefix(prefixes.get(device.pod, "")),
        sub=f"AS {bgp.asn}" if bgp else "",
        tip="\n".join(facts),
        kind=_KIND[device.role],
        tier=_TIER[device.role],
        site=device.site,
        pod=device.pod,
        failed=down,
        drained=drain,
    )


def _group_nodes(blueprint: Blueprint, groups: Mapping[str, str], failed: frozenset[str]) -> list[GraphNode]:
    members: dict[str, list[DeviceConfiguration]] = {}
    for d in blueprint.devices:
        if d.name in groups:
            members.setdefault(groups[d.name], []).append(d)
    servers = _servers_per(blueprint, groups)
    nodes: list[GraphNode] = []
    for group, devices in members.items():
        spines = sum(d.role == "spine" for d in devices)
        down = [d.name for d in devices if d.name in failed]
        whole_pod = spines > 0
        lines = [f"{spines} spines · {len(devices) - spines} leaves" if whole_pod else f"{len(devices)} leaves"]
        lines += [f"{servers[group]} servers"] * (servers.get(group, 0) > 0) + [f"{len(down)} failed"] * bool(down)
        nodes.append(
            GraphNode(
                id=group,
                label=group,
                sub="\n".join(lines),
                tip="\n".join([group, *lines, *(f"FAILED {name}" for name in down[:10])]),
                kind="group",
                tier="leaf",
                site=devices[0].site,
                pod="" if whole_pod else devices[0].pod,
                failed=bool(down),
            )
        )
    return nodes


def _servers_per(blueprint: Blueprint, groups: Mapping[str, str]) -> dict[str, int]:
    """How many servers hang on each drawn leaf or group; a dual-homed one counts at its first."""
    counts: dict[str, int] = {}
    for h in blueprint.hosts:
        if h.leaves:
            where = groups.get(h.leaves[0], h.leaves[0])
            counts[where] = counts.get(where, 0) + 1
    return counts


def _server_node(name: str, leaves: tuple[str, ...], path: str) -> GraphNode:
    homing = "dual-homed to " if len(leaves) > 1 else "on "
    tip = f"{name}, server {homing}{' and '.join(leaves)}\n{path}"
    return GraphNode(id=name, label=name, tip=tip, kind="server", tier="server", parents=leaves)


def _server_counts(blueprint: Blueprint) -> list[GraphNode]:
    names: dict[str, list[str]] = {}
    for h in blueprint.hosts:
        for leaf in h.leaves:
            names.setdefault(leaf, []).append(h.name)
    return [
        GraphNode(
            id=f"servers of {leaf}",
            label=str(len(hosts)),
            tip="\n".join([f"{len(hosts)} servers on {leaf}", *hosts[:20], *["..."] * (len(hosts) > 20)]),
            kind="server",
            tier="server",
            parents=(leaf,),
        )
        for leaf, hosts in names.items()
    ]


def _peer_nodes(blueprint: Blueprint, groups: Mapping[str, str], failed: frozenset[str]) -> list[GraphNode]:
    nodes: list[GraphNode] = []
    for p in blueprint.peers:
        borders = dict.fromkeys(groups.get(s.device, s.device) for s in p.sessions)
        vrfs = dict.fromkeys(s.vrf for s in p.sessions)
        nodes.append(
            GraphNode(
                id=p.name,
                label=p.name,
                sub=f"AS {p.asn} · {p.daemon.upper() if p.daemon == 'frr' else 'BIRD'}",
                tip="\n".join([f"{p.name}, external router", f"AS {p.asn}", f"VRFs {', '.join(vrfs)}"]),
                kind="peer",
                tier="peer",
                parents=tuple(borders),
                failed=p.name in failed,
            )
        )
    return nodes


def _links(blueprint: Blueprint, groups: Mapping[str, str], failed: frozenset[str], detail: Detail) -> list[GraphLink]:
    rank = {d.name: _RANK.get(d.role, 2) for d in blueprint.devices}
    single: list[GraphLink] = []
    bundles: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for w in blueprint.wires:
        if w.kind == "server" and detail != "everything":
            continue
        a, b = w.a_device, w.b_device
        a_port, b_port = w.a_port, w.b_port
        if rank.get(a, 3) < rank.get(b, 3):
            a, b, a_port, b_port = b, a, b_port, a_port
        down = w.key in failed or a in failed or b in failed
        tip = f"{a}:{a_port} – {b}:{b_port}"
        upper, lower = groups.get(b, b), groups.get(a, a)
        if upper == lower:
            continue
        if groups:
            bundles.setdefault((upper, lower), []).append((tip, down))
        else:
            tip += "\nFAILED" * down
            single.append(GraphLink(upper=upper, lower=lower, tip=tip, kind=w.kind, failed=down, cut=w.key in failed))
    peers = {p.name for p in blueprint.peers}
    for (upper, lower), cables in bundles.items():
        down_count = sum(down for _, down in cables)
        tips = [f"{upper} – {lower}: {len(cables)} cables", *[f"{down_count} failed"] * (down_count > 0)]
        single.append(
            GraphLink(
                upper=upper,
                lower=lower,
                count=len(cables),
                tip="\n".join(tips),
                kind="peer" if lower in peers else "fabric",
                failed=down_count > 0,
            )
        )
    return single
