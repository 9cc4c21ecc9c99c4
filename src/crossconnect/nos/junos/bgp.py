"""BGP: the fabric's groups, external ones in VRFs, and the policies that say what enters and leaves.

Junos "BGP User Guide": "Understanding External BGP Peering Sessions", "Configuring RFC 5549/8950", "BGP unnumbered:
autodiscovered neighbors" (`dynamic-neighbor`, `peer-auto-discovery`, `ipv6-nd`, router advertisements), "Prefix limit"
(`prefix-limit maximum N teardown`), "BFD for BGP Sessions"; "EVPN User Guide", "EVPN over eBGP" (`multihop
no-nexthop-change` at spines).

Junos has the unchanged next hop per session, not per family: where it is asked for, the policy sets the next hop of
unicast routes back to the speaker itself, and BFD stays single-hop.

Draining (RFC 8326) is by policy, in both directions, as is honouring what a drained neighbour marks.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.bgp import Bgp, Neighbor
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.device.policy import Policy
from crossconnect.net import version_of
from crossconnect.nos.junos.names import bracketed, policy_name, quoted, unit_name
from crossconnect.nos.junos.policy import (
    GRACEFUL_SHUTDOWN,
    REFUSE,
    community_name,
    lists,
    statement_block,
    terms,
)
from crossconnect.nos.lines import Entry, entry
from crossconnect.nos.secrets import secret_token

FABRIC_IN, FABRIC_OUT, DENY, BALANCE, DRAIN = "xc-fabric-in", "xc-fabric-out", "xc-deny", "xc-load-balance", "xc-drain"
_VERSIONS = {"ipv4-unicast": 4, "ipv6-unicast": 6, "l2vpn-evpn": 0}
_FAMILIES = {"ipv4-unicast": "inet", "ipv6-unicast": "inet6"}
_NO_LOCAL: Entry = entry("term own-addresses", [entry("from", ["protocol local"]), entry("then", ["reject"])])


def bgp_block(device: DeviceConfiguration, bgp: Bgp) -> Entry:
    """`protocols bgp` of an instance."""
    groups: dict[str, list[Neighbor]] = {}
    for neighbor in bgp.neighbors:
        name = "fabric" if neighbor.kind == "fabric" else neighbor.device
        groups.setdefault(f"{name}-{neighbor.remote_asn}" if neighbor.interface else name, []).append(neighbor)
    body: list[Entry] = ["log-updown"]
    if bgp.graceful_restart:
        body.append("graceful-restart")
    for name, neighbors in groups.items():
        body.append(entry(f"group {name}", _group(device, bgp, neighbors)))
    return entry("bgp", body)


def _group(device: DeviceConfiguration, bgp: Bgp, neighbors: list[Neighbor]) -> Iterator[Entry]:
    yield "type external"
    first = neighbors[0]
    if first.kind == "fabric":
        yield f"import {FABRIC_IN}"
        yield f"export {FABRIC_OUT}"
        if any(f.next_hop_unchanged for n in neighbors for f in n.families):
            yield entry("multihop", ["ttl 1", "no-nexthop-change"])
        if bgp.graceful_shutdown:
            yield "vpn-apply-export"  # Else the export policy, and with it the mark, is not for EVPN routes.
    if first.interface:
        yield from _session(device, bgp, first)
        discovery: list[Entry] = [entry("family inet6", ["ipv6-nd"])]
        discovery += [f"interface {unit_name(n.interface)}" for n in neighbors]
        yield entry("dynamic-neighbor underlay", [entry("peer-auto-discovery", discovery)])
        yield f"peer-as-list as-{first.remote_asn}"
    if bgp.maximum_paths > 1:
        yield entry("multipath", ["multiple-as"]) if bgp.multipath_relax else "multipath"
    for neighbor in neighbors:
        if not neighbor.interface:
            body: list[Entry] = [f"description {quoted(neighbor.description)}"] if neighbor.description else []
            if neighbor.local_address:
                body.append(f"local-address {neighbor.local_address}")
            body += _session(device, bgp, neighbor)
            body.append(f"peer-as {neighbor.remote_asn}")
            yield entry(f"neighbor {neighbor.address}", body)


def _session(device: DeviceConfiguration, bgp: Bgp, neighbor: Neighbor) -> Iterator[Entry]:
    yield f"hold-time {neighbor.hold_time_s}"
    if neighbor.kind == "external":
        for direction in ("import", "export"):
            names: list[str] = []
            for family in neighbor.families:
                name = family.import_policy if direction == "import" else family.export_policy
                version = _VERSIONS[family.family]
                names.append(policy_name(name, version) if name and version else DENY)
            if bgp.graceful_shutdown and direction == "export":
                names.insert(0, DRAIN)
            yield bracketed(direction, list(dict.fromkeys(names)))
        yield "enforce-first-as"
    if neighbor.password:
        yield f'authentication-key "{secret_token(neighbor.password)}"'
    for family in neighbor.families:
        if family.family == "l2vpn-evpn":
            yield entry("family evpn", ["signaling"])
            continue
        unicast: list[Entry] = []
        if family.max_prefixes:
            unicast.append(entry("prefix-limit", [f"maximum {family.max_prefixes}", "teardown"]))
        if neighbor.extended_next_hop and family.family == "ipv4-unicast":
            unicast.append("extended-nexthop")
        yield entry(f"family {_FAMILIES[family.family]}", [entry("unicast", unicast)])
    if neighbor.bfd and device.bfd is not None:
        timers = [f"minimum-interval {device.bfd.interval_ms}", f"multiplier {device.bfd.multiplier}"]
        if any(f.next_hop_unchanged for f in neighbor.families):
            timers.append("session-mode single-hop")
        yield entry("bfd-liveness-detection", timers)


def routing_options(device: DeviceConfiguration, instance: NetworkInstance, bgp: Bgp) -> Entry:
    """`routing-options` of an instance with BGP."""
    body: list[Entry] = [f"router-id {bgp.router_id}", f"autonomous-system {bgp.asn}"]
    if instance.kind == "default":
        if bgp.graceful_restart:
            body.insert(0, "graceful-restart")
        body.append(entry("forwarding-table", [f"export {BALANCE}"]))
    if instance.route_limit:
        body.append(f"maximum-prefixes {instance.route_limit}")
    if instance.imports:
        body.append(f"instance-import xc-leak-{instance.name}")
    return entry("routing-options", body)


def policy_options(device: DeviceConfiguration) -> list[Entry]:
    """`policy-options`: everything that sessions and instances name, and what that names."""
    sets = device.routing_policy
    policies = {p.name: p for p in sets.policies}
    blocks: list[Entry] = []
    as_lists: list[Entry] = []
    for instance in device.network_instances:
        bgp = instance.bgp
        if bgp is None:
            continue
        if instance.kind == "default":
            blocks += _fabric(bgp)
            asns = {n.remote_asn for n in bgp.neighbors if n.interface}
            as_lists += [entry(f"as-list as-{asn}", [f"members {asn}"]) for asn in sorted(asns)]
        blocks += _of_sessions(bgp, device, policies)
        if instance.kind == "l3vrf":
            blocks += _of_vrf(instance, bgp, device, policies)
    unique = list(dict.fromkeys(blocks))
    unique.sort(key=lambda b: b if isinstance(b, str) else b.header)
    return [entry("policy-options", [*unique, *as_lists, *lists(sets, unique)])] if unique else []


def policy_uses(device: DeviceConfiguration) -> set[str]:
    """Names of the policies that a device attaches."""
    out: set[str] = set()
    for instance in device.network_instances:
        bgp = instance.bgp
        if bgp is None:
            continue
        out |= {instance.imports_policy if instance.imports else "", bgp.evpn_advertise_policy}
        out |= {o.connected_policy for o in bgp.originate}
        out |= {name for n in bgp.neighbors for f in n.families for name in (f.import_policy, f.export_policy)}
    return out - {""}


def _fabric(bgp: Bgp) -> Iterator[Entry]:
    balance = entry("then", ["load-balance per-packet"])
    yield entry(f"policy-statement {BALANCE}", [balance])
    if not any(n.kind == "fabric" for n in bgp.neighbors):
        return
    mark = community_name(GRACEFUL_SHUTDOWN)
    low = entry("then", ["local-preference 0"])
    drain_in = entry("term drained", [low])
    honour = entry("term drained-neighbour", [entry("from", [f"community {mark}"]), low])
    yield entry(f"policy-statement {FABRIC_IN}", [drain_in if bgp.graceful_shutdown else honour])
    out: list[Entry] = []
    if bgp.graceful_shutdown:
        out.append(entry("term drained", [entry("then", [f"community add {mark}"])]))
    networks = [network for o in bgp.originate for network in o.networks]
    for version in (4, 6):
        own = [f"route-filter {network} exact" for network in networks if version_of(network) == version]
        if own:
            term = [entry("from", ["protocol direct", *own]), entry("then", ["accept"])]
            out.append(entry(f"term own-v{version}", term))
    if any(f.next_hop_unchanged for n in bgp.neighbors for f in n.families):
        for family in ("inet", "inet6"):
            term = [entry("from", [f"family {family}", "protocol bgp"]), entry("then", ["next-hop self", "accept"])]
            out.append(entry(f"term {family}", term))
    # What is left goes by Junos' default for BGP: active BGP and EVPN routes are announced, others are not.
    out.append(_bgp_term())
    yield entry(f"policy-statement {FABRIC_OUT}", out)


def _bgp_term() -> Entry:
    return entry("term bgp", [entry("from", ["protocol bgp"]), entry("then", ["accept"])])


def _of_sessions(bgp: Bgp, device: DeviceConfiguration, policies: dict[str, Policy]) -> Iterator[Entry]:
    for neighbor in bgp.neighbors:
        if neighbor.kind != "external":
            continue
        if bgp.graceful_shutdown:
            mark = entry("then", [f"community add {community_name(GRACEFUL_SHUTDOWN)}"])
            yield entry(f"policy-statement {DRAIN}", [mark])
        for family in neighbor.families:
            version = _VERSIONS[family.family]
            for name, first in ((family.import_policy, ()), (family.export_policy, (_NO_LOCAL,))):
                if not name or not version:
                    yield entry(f"policy-statement {DENY}", [REFUSE])
                elif name in policies:
                    drained = bgp.graceful_shutdown and not first
                    yield statement_block(policies[name], version, device.routing_policy, bgp.asn, drained, first)


def _of_vrf(
    instance: NetworkInstance, bgp: Bgp, device: DeviceConfiguration, policies: dict[str, Policy]
) -> Iterator[Entry]:
    sets = device.routing_policy
    if instance.imports:
        policy = policies.get(instance.imports_policy)
        body: list[Entry] = []
        for name in instance.imports:
            if policy is not None:
                body += terms(policy, 4, sets, bgp.asn, where=f"instance {name}")
            elif not instance.imports_policy:
                body.append(entry(f"term {name}", [entry("from", [f"instance {name}"]), entry("then", ["accept"])]))
        yield entry(f"policy-statement xc-leak-{instance.name}", [*body, REFUSE])
    if bgp.evpn_advertise:
        yield entry(f"policy-statement xc-type5-{instance.name}", [*_type5(bgp, device, policies), REFUSE])


def _type5(bgp: Bgp, device: DeviceConfiguration, policies: dict[str, Policy]) -> Iterator[Entry]:
    """Own and external routes, never what came by EVPN. A policy's refusals come first; then what is announced."""
    policy = policies.get(bgp.evpn_advertise_policy)
    if policy is not None:
        for term in terms(policy, 4, device.routing_policy, bgp.asn):
            if not isinstance(term, str) and not any(isinstance(b, str) or b.header != "then" for b in term.body):
                break  # A statement without conditions is the rest, which the terms below split by protocol.
            yield term
    protocols = ["direct"] if any(o.connected for o in bgp.originate) else []
    protocols += ["bgp"] if bgp.neighbors else []
    if not protocols:
        return
    for version, family in ((4, "ipv4-unicast"), (6, "ipv6-unicast")):
        if family in bgp.evpn_advertise:
            conditions = [f"family {'inet' if version == 4 else 'inet6'}", bracketed("protocol", protocols)]
            yield entry(f"term own-v{version}", [entry("from", conditions), entry("then", ["accept"])])
