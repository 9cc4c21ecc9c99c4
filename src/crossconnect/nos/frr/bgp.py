"""BGP instances: the fabric's in the default VRF, and one per IP-VRF.

Settings whose default differs between FRR's profiles or versions are always written. Choices made here:

`bgp ebgp-requires-policy` (RFC 8212) is on wherever an external session is, and off only where all sessions are the
fabric's own: these carry nothing but infrastructure and EVPN routes of our own making, and a route map per update
would cost on every spine. An external session without policy gets a route map that denies everything, either way.

`bgp bestpath compare-routerid`: without it the older path wins between otherwise equal ones, so that the result of
the decision depends on history and no simulation could foretell it.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.bgp import Bgp, Family, Neighbor, NeighborFamily, Originate
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.frr.bfd import PROFILE
from crossconnect.nos.frr.evpn import default_instance_evpn, vrf_instance_evpn
from crossconnect.nos.frr.names import ALLOW_FABRIC, DENY_ALL, FAMILY_VERSION, FAMILY_WORDS, one_line, route_map_name
from crossconnect.nos.frr.policy import Use
from crossconnect.nos.frr.text import secret_token
from crossconnect.nos.frr.tree import Block, Entry

COALESCE_MS = 50
"""How long bgpd waits for more sessions before it starts to announce to a group of them. FRR starts at 1 s and
adapts; in a fabric all sessions come up together, and 50 ms halves the time until 20 routers have converged."""

RESTART_S = 15
"""How long neighbours keep the routes of a bgpd that went away. watchfrr has it back in seconds. Longer would hurt: a
bgpd that is stopped in order deletes its routes from the kernel but does not tell neighbours that restart gracefully
(bgp_terminate in bgpd.c), so for this long they send traffic into a hole. Drain a router before stopping its bgpd."""

SELECT_DEFER_S = 20
"""How long a restarted bgpd waits for the last End-of-RIB before it decides. FRR's 360 s would keep a router whose
one neighbour is down out of the network for six minutes."""

_UNICAST: tuple[Family, ...] = ("ipv4-unicast", "ipv6-unicast")
_EXIT_FAMILY = "exit-address-family"


def render_bgp(device: DeviceConfiguration) -> list[Entry]:
    """A `router bgp` block per network instance that speaks BGP, the default one first."""
    blocks: list[Entry] = []
    for instance in sorted(device.network_instances, key=lambda i: i.kind != "default"):
        if instance.bgp is not None:
            blocks.append(_router(device, instance, instance.bgp))
    return blocks


def policy_uses(device: DeviceConfiguration) -> tuple[set[Use], set[str]]:
    """Which policies the device attaches, and which of the built-in route maps."""
    uses: set[Use] = set()
    built_in: set[str] = set()
    for instance in device.network_instances:
        bgp = instance.bgp
        if bgp is None:
            continue
        for originate in bgp.originate:
            if originate.connected and originate.connected_policy:
                uses.add((originate.connected_policy, FAMILY_VERSION[originate.family], bgp.asn))
        if bgp.evpn_advertise_policy:
            uses.update((bgp.evpn_advertise_policy, FAMILY_VERSION[f], bgp.asn) for f in bgp.evpn_advertise)
        if instance.imports and instance.imports_policy:
            uses.update((instance.imports_policy, FAMILY_VERSION[f], bgp.asn) for f in _UNICAST)
        strict = _requires_policy(bgp)
        for neighbor in bgp.neighbors:
            for family in neighbor.families:
                version = FAMILY_VERSION[family.family]
                for name in (family.import_policy, family.export_policy):
                    if name and version:
                        uses.add((name, version, bgp.asn))
                    elif map_name := _built_in_map(neighbor, name, strict):
                        built_in.add(map_name)
    return uses, built_in


def _requires_policy(bgp: Bgp) -> bool:
    """Whether `bgp ebgp-requires-policy` is on: anywhere but where all sessions are the fabric's."""
    return not bgp.neighbors or any(n.kind == "external" for n in bgp.neighbors)


def _built_in_map(neighbor: Neighbor, policy: str, strict: bool) -> str:
    """The route map that stands where no policy is attached, or one that cannot be (on EVPN routes)."""
    if neighbor.kind == "external" or policy:
        return DENY_ALL
    return ALLOW_FABRIC if strict else ""


def _router(device: DeviceConfiguration, instance: NetworkInstance, bgp: Bgp) -> Block:
    default = instance.kind == "default"
    body: list[Entry] = [
        f"bgp router-id {bgp.router_id}",
        "bgp log-neighbor-changes",
        "bgp ebgp-requires-policy" if _requires_policy(bgp) else "no bgp ebgp-requires-policy",
        "bgp suppress-duplicates",
        "bgp hard-administrative-reset",
        "no bgp default ipv4-unicast",
        "no bgp default show-hostname",
        "no bgp default show-nexthop-hostname",
        "bgp deterministic-med",
        f"coalesce-time {COALESCE_MS}",
    ]
    if bgp.graceful_shutdown:
        body.append("bgp graceful-shutdown")
    body += _graceful_restart(bgp)
    if bgp.multipath_relax:
        body.append("bgp bestpath as-path multipath-relax")
    body.append("bgp bestpath compare-routerid")
    body.append("bgp network import-check")
    bfd = device.bfd is not None
    for neighbor in bgp.neighbors:
        body += _neighbor(neighbor, bfd)
    for family in _UNICAST:
        body += _unicast(device, bgp, instance, family)
    evpn = default_instance_evpn(device, bgp, _evpn_neighbors(bgp)) if default else vrf_instance_evpn(instance, bgp)
    body += evpn
    header = f"router bgp {bgp.asn}" if default else f"router bgp {bgp.asn} vrf {instance.name}"
    return Block(header, tuple(body))


def _graceful_restart(bgp: Bgp) -> Iterator[str]:
    """RFC 4724: when only bgpd restarts, neighbours and the kernel go on forwarding.

    RFC 8538's N bit stays off: with it, routes of a neighbour whose hold timer expired (it is dead, or the link is)
    would be kept for the restart time, and traffic sent into the hole.
    """
    yield "no bgp graceful-restart notification"
    if not bgp.graceful_restart:
        yield "bgp graceful-restart-disable"
        return
    yield f"bgp graceful-restart restart-time {RESTART_S}"
    yield f"bgp graceful-restart select-defer-time {SELECT_DEFER_S}"
    yield "bgp graceful-restart"
    yield "bgp graceful-restart preserve-fw-state"


def _neighbor(neighbor: Neighbor, bfd: bool) -> Iterator[str]:
    """Lines of a session that belong to no family. The password comes before anything that would let it start."""
    key = neighbor.key
    n = f"neighbor {key}"
    if neighbor.interface:
        # v6only: never over an IPv4 /31 that the link may have besides.
        yield f"{n} interface v6only remote-as {neighbor.remote_asn}"
    else:
        yield f"{n} remote-as {neighbor.remote_asn}"
    if neighbor.description:
        yield f"{n} description {one_line(neighbor.description)}"
    if neighbor.password:
        yield f"{n} password {secret_token(neighbor.password)}"
    if neighbor.bfd:
        yield f"{n} bfd"
        if bfd:
            yield f"{n} bfd profile {PROFILE}"
    if neighbor.kind == "external":
        # RFC 4271 6.3: the first AS of the path must be the peer's; default only since FRR 9.1.
        yield f"{n} enforce-first-as"
    yield f"{n} advertisement-interval 0"
    yield f"{n} timers {neighbor.keepalive_s} {neighbor.hold_time_s}"
    yield f"{n} timers connect {neighbor.connect_retry_s}"
    if neighbor.extended_next_hop:
        yield f"{n} capability extended-nexthop"


def _unicast(device: DeviceConfiguration, bgp: Bgp, instance: NetworkInstance, family: Family) -> list[Entry]:
    leaked = any(instance.name in other.imports for other in device.network_instances)
    body: list[Entry] = []
    for originate in bgp.originate:
        if originate.family == family:
            body += _originate(originate)
    for neighbor in bgp.neighbors:
        for neighbor_family in neighbor.families:
            if neighbor_family.family == family:
                if leaked and neighbor.kind == "external":
                    # `facts.STALE_WHERE_LEAKED`
                    body.append(f"neighbor {neighbor.key} soft-reconfiguration inbound")
                body += _neighbor_family(neighbor, neighbor_family, _requires_policy(bgp))
    if instance.imports and instance.imports_policy:
        body.append(f"import vrf route-map {route_map_name(instance.imports_policy, FAMILY_VERSION[family])}")
    body += [f"import vrf {name}" for name in instance.imports]
    if not body:
        return []
    body.append(f"maximum-paths {bgp.maximum_paths}")
    return [Block(f"address-family {FAMILY_WORDS[family]}", tuple(body), _EXIT_FAMILY)]


def _originate(originate: Originate) -> Iterator[str]:
    for network in originate.networks:
        yield f"network {network}"
    if originate.connected:
        policy = originate.connected_policy
        version = FAMILY_VERSION[originate.family]
        yield "redistribute connected" + (f" route-map {route_map_name(policy, version)}" if policy else "")


def _neighbor_family(neighbor: Neighbor, family: NeighborFamily, strict: bool) -> Iterator[str]:
    """Filters and limits before `activate`: at no moment is the session open without them."""
    n = f"neighbor {neighbor.key}"
    version = FAMILY_VERSION[family.family]
    for policy, direction in ((family.import_policy, "in"), (family.export_policy, "out")):
        if policy and version:
            yield f"{n} route-map {route_map_name(policy, version)} {direction}"
        elif map_name := _built_in_map(neighbor, policy, strict):
            yield f"{n} route-map {map_name} {direction}"
    if family.max_prefixes:
        # Counts what the import policy accepts. `force` would count everything announced, but counts wrongly: accepted
        # prefixes after the first refused one twice, and other peers' too (bgp_filtered_routes_count).
        yield f"{n} maximum-prefix {family.max_prefixes}"
    if family.next_hop_unchanged:
        yield f"{n} attribute-unchanged next-hop"
    yield f"{n} activate"


def _evpn_neighbors(bgp: Bgp) -> list[str]:
    return [
        line
        for neighbor in bgp.neighbors
        for family in neighbor.families
        if family.family == "l2vpn-evpn"
        for line in _neighbor_family(neighbor, family, _requires_policy(bgp))
    ]
