"""The cloud's share of a region: chassis have tunnels, gateway nodes have uplinks, provider networks make sense."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import cloud_codes as own_codes
from crossconnect.intent import codes
from crossconnect.intent.validate.addresses import span_of, unusable
from crossconnect.intent.validate.subject import Known, Subject, reference_of, vrf_path
from crossconnect.model.cloud import CloudChoices, ProviderNetwork
from crossconnect.net import canonical_address, contains, interface_prefix, overlaps, version_of
from crossconnect.net.address import BITS, parse

NETWORK_NAME_MAX = 12
TRANSFER_LENGTH_MAX = {4: 27, 6: 112}
"""Routers' addresses begin at the 16th; beyond there must be some."""


def cloud_findings(subject: Subject) -> Iterator[Finding]:
    """What is wrong with the cloud's share."""
    region, cloud = subject.region, subject.region.design.cloud
    chassis = [host for host in subject.inventory.hosts if host.chassis != "none"]
    if cloud is None:
        if not subject.unread("design", "cloud") and (chassis or region.provider_networks):
            path = chassis[0].path if chassis else f"provider_networks/{region.provider_networks[0].name}"
            words = f"server {chassis[0].name} is a chassis" if chassis else "there are provider networks"
            yield found(own_codes.CLOUD_MISSING, subject.place(path), f"{words}, but `design` has no `cloud`")
    else:
        yield from _tunnels(subject, cloud)
    yield from _uplinks(subject)
    yield from _networks(subject)


def _tunnels(subject: Subject, cloud: CloudChoices) -> Iterator[Finding]:
    segments = {reference_of(path) for path in subject.segments}
    known = Known(subject, "segment", codes.SEGMENT_UNKNOWN, segments, ("segments",))
    yield from known.unknown(cloud.tunnels, "design.cloud", "design/cloud/tunnels")
    if cloud.tunnels not in segments:
        return
    judged: set[str] = set()
    for host in subject.inventory.hosts:
        if host.chassis == "none" or host.path in judged:
            continue
        judged.add(host.path)
        if not any(port.segment == cloud.tunnels and port.addresses for port in host.segments):
            words = f"chassis {host.name} has no address in {cloud.tunnels}, which carries the cloud's tunnels"
            if not subject.unread(host.path, "segments"):
                yield found(own_codes.CHASSIS_TUNNELS, subject.place(host.path), words)


def _uplinks(subject: Subject) -> Iterator[Finding]:
    region = subject.region
    devices = Known(subject, "device", codes.DEVICE_UNKNOWN, subject.switches.keys(), ("devices",))
    for server in region.servers:
        path = f"servers/{server.name}"
        leaves = [uplink.port.partition(":")[0] for uplink in server.uplinks]
        if server.chassis != "gateway":
            if leaves:
                words = f"server {server.name} has uplinks, but is no gateway node (`chassis: gateway`)"
                yield found(own_codes.GATEWAY_UPLINKS, subject.place(f"{path}/uplinks"), words)
            continue
        if not leaves and not subject.unread(path, "uplinks"):
            words = f"gateway node {server.name} has no uplink, so no provider network is reached through it"
            yield found(own_codes.GATEWAY_UPLINKS, subject.place(path), words)
        for index, leaf in enumerate(leaves):
            at = f"{path}/uplinks/{index}/port"
            yield from devices.unknown(leaf, f"gateway node {server.name}", at)
            switch = subject.switches.get(leaf)
            if switch is not None and switch.role not in ("leaf", "border-leaf"):
                words = f"gateway node {server.name} has an uplink to {leaf}, a {switch.role}; it goes to leaves"
                yield found(own_codes.GATEWAY_UPLINKS, subject.place(at), words)
            if leaf in leaves[:index]:
                words = f"gateway node {server.name} has two uplinks to {leaf}"
                yield found(own_codes.GATEWAY_UPLINKS, subject.place(at), words)
    gateways = any(server.chassis == "gateway" for server in region.servers)
    if region.provider_networks and not gateways and not subject.may_lack("servers"):
        name = region.provider_networks[0].name
        words = f"no server is a gateway node, so nothing leads to provider network {name}"
        yield found(own_codes.NO_GATEWAY, subject.place(f"provider_networks/{name}"), words)


def _networks(subject: Subject) -> Iterator[Finding]:
    vrfs = Known(subject, "VRF", codes.VRF_UNKNOWN, {reference_of(path) for path in subject.vrfs}, ("vrfs",))
    taken: list[tuple[str, str, str]] = []
    for network in subject.region.provider_networks:
        path, user = f"provider_networks/{network.name}", f"provider network {network.name}"
        yield from vrfs.unknown(network.vrf, user, f"{path}/vrf")
        if len(network.name) > NETWORK_NAME_MAX:
            words = f"{user} has a name of {len(network.name)} characters, {NETWORK_NAME_MAX} are possible"
            yield found(own_codes.PROVIDER_NAME, subject.place(f"{path}/name"), words)
        partial = subject.unread(path, "transfer", "prefixes", "aggregates", "vpn_concentrators")
        for field, words in () if partial else _contradictions(subject, network):
            yield found(own_codes.PROVIDER_NETWORK, subject.place(f"{path}/{field}"), f"{user}: {words}")
        for index, prefix in enumerate(network.prefixes):
            clash = next(((p, n) for v, p, n in taken if v == network.vrf and overlaps(p, prefix)), None)
            if clash is not None:
                words = f"{user}: {prefix} overlaps {clash[0]} of {clash[1]}, which is in the same VRF"
                yield found(own_codes.PROVIDER_NETWORK, subject.place(f"{path}/prefixes/{index}"), words)
        taken += [(network.vrf, prefix, network.name) for prefix in network.prefixes]


def _contradictions(subject: Subject, network: ProviderNetwork) -> Iterator[tuple[str, str]]:
    """(field, what is wrong with it)."""
    transfer = {version_of(prefix): prefix for prefix in network.transfer}
    if len(transfer) < len(network.transfer) or not transfer:
        yield "transfer", f"it has {len(network.transfer)} transfer prefixes; it takes one per IP version"
    for index, prefix in enumerate(network.transfer):
        length, limit = parse(prefix).length, TRANSFER_LENGTH_MAX[version_of(prefix)]
        if length > limit:
            yield f"transfer/{index}", f"{prefix} has no room for the cloud's routers; /{limit} is the smallest"
        elif why := unusable(span_of(prefix, 0)):
            yield f"transfer/{index}", f"{prefix} is {why}"
    vrf = subject.vrfs.get(vrf_path(network.vrf))
    subnets = [interface_prefix(g) for segment in (vrf.segments if vrf else ()) for g in segment.gateways]
    for index, prefix in enumerate(network.prefixes):
        field = f"prefixes/{index}"
        if why := unusable(span_of(prefix, 0)):
            yield field, f"{prefix} is {why}"
        elif version_of(prefix) not in transfer:
            yield field, f"{prefix} needs a transfer prefix of IPv{version_of(prefix)}"
        elif clash := next((t for t in network.transfer if overlaps(t, prefix)), ""):
            yield field, f"{prefix} overlaps the transfer prefix {clash}"
        elif clash := next((s for s in subnets if overlaps(s, prefix)), ""):
            yield field, f"{prefix} overlaps {clash}, a subnet of VRF {network.vrf}, and would be refused"
    lengths = [parse(prefix).length for prefix in network.prefixes if version_of(prefix) == 6]
    if network.vpc_block and not any(length <= network.vpc_block for length in lengths):
        yield "vpc_block", f"none of its IPv6 prefixes holds a /{network.vpc_block}"
    seen: set[str] = set()
    for index, one in enumerate(network.vpn_concentrators):
        for field, value in (("name", one.name), ("address", canonical_address(one.address))):
            if value in seen:
                yield f"vpn_concentrators/{index}/{field}", f"another VPN concentrator of it has {value}"
            seen.add(value)
        if why := unusable(span_of(one.address, 0)):
            yield f"vpn_concentrators/{index}/address", f"{one.address} is {why}"
    for index, prefix in enumerate(network.aggregates):
        if not any(contains(outer, prefix) for outer in network.prefixes):
            yield f"aggregates/{index}", f"aggregate {prefix} is in none of its prefixes"
        elif parse(prefix).length == BITS[version_of(prefix)]:
            yield f"aggregates/{index}", f"aggregate {prefix} is one address"
