"""The cloud's share of a blueprint: chassis with their tunnels' addresses, provider networks, what gateways announce.

tenants' machines -- hypervisor ==Geneve== gateway node -- eBGP per VRF -- leaf -- VRF ... border -- outside
                          in the segment of the tunnels    (a handoff, `border`)
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from crossconnect.design.blueprint import ChassisPlan, CloudPlan, ProviderNetworkPlan
from crossconnect.design.context import Context, PolicySets
from crossconnect.design.gateway_routes import more_specifics
from crossconnect.design.mtu import HANDOFF_MTU
from crossconnect.intent.gateway_nodes import EXPORT_POLICY, import_policy, router_name
from crossconnect.intent.placement import segment_path, vrf_path
from crossconnect.model.cloud import CloudChoices, GatewayRouter, ProviderNetwork, is_private
from crossconnect.model.inventory import Host, Switch
from crossconnect.model.policy import Match, Policy, PrefixSet, Statement
from crossconnect.model.region import Region
from crossconnect.net import Address, address_of, address_text, parse, version_of
from crossconnect.net.address import BITS
from crossconnect.net.order import natural_key


def next_hop(transfer: str) -> Address:
    """The address that every gateway node has in a transfer prefix: its first one."""
    version, value, length = parse(transfer)
    return address_text(version, (value & ~((1 << (BITS[version] - length)) - 1)) + 1)


def with_gateway_policies(region: Region, sets: PolicySets) -> PolicySets:
    """The policies of sessions with gateway nodes among the region's: leaves accept what `gateway_routes` says, and
    aggregates as they are written."""
    if not any(isinstance(peer, GatewayRouter) for peer in region.peers):
        return sets
    policies, prefixes = dict(sets.policies), dict(sets.prefix_sets)
    policies[EXPORT_POLICY] = Policy(name=EXPORT_POLICY, statements=(Statement(name="all", action="accept"),))
    for network in region.provider_networks:
        name = import_policy(network.name)
        prefixes[name] = PrefixSet(name=name, prefixes=_accepted(network))
        accept = Statement(name="public", match=Match(prefix_set=name), action="accept")
        policies[name] = Policy(name=name, statements=(accept,))
    return msgspec.structs.replace(sets, policies=policies, prefix_sets=prefixes)


def _accepted(network: ProviderNetwork) -> tuple[str, ...]:
    within = [f"{rule.prefix} ge {rule.length_min} le {rule.length_max}" for rule in more_specifics(network)]
    # A private network's aggregates are within its prefixes, and so among what is accepted already.
    return tuple(within) if is_private(network.name) else (*within, *network.aggregates)


def cloud_plan(context: Context) -> CloudPlan | None:
    """What the cloud gets of the fabric; None where the region carries none."""
    cloud = context.region.design.cloud
    if cloud is None:
        return None
    networks = sorted(context.region.provider_networks, key=lambda n: natural_key(n.name))
    routers = {peer.node for peer in context.region.peers if isinstance(peer, GatewayRouter)}
    return CloudPlan(
        tunnels=segment_path(cloud.tunnels),
        mtu=cloud.mtu,
        chassis=tuple(
            _chassis(cloud, host, context.switches, routers)
            for host in context.inventory.hosts
            if host.chassis != "none"
        ),
        networks=tuple(_network(context, network) for network in networks if vrf_path(network.vrf) in context.vrfs),
    )


def _chassis(cloud: CloudChoices, host: Host, switches: Mapping[str, Switch], routers: set[str]) -> ChassisPlan:
    addresses = [a for port in host.segments if port.segment == cloud.tunnels for a in port.addresses]
    leaf = switches[host.leaves[0]] if host.leaves else None
    place = (leaf.pod if cloud.zone == "pod" else leaf.site) if leaf is not None else ""
    return ChassisPlan(
        name=host.name,
        role="gateway" if host.chassis == "gateway" else "hypervisor",
        zone=place,
        tunnel_address=address_of(min(addresses, key=version_of)) if addresses else "",
        router=router_name(host.name) if host.name in routers else "",
        path=host.path,
    )


def _network(context: Context, network: ProviderNetwork) -> ProviderNetworkPlan:
    transfer = tuple(sorted(network.transfer, key=version_of))
    return ProviderNetworkPlan(
        name=network.name,
        vrf=context.vrfs[vrf_path(network.vrf)].name,
        transfer=transfer,
        next_hops=tuple(next_hop(prefix) for prefix in transfer),
        mac=context.region.design.anycast_gateway_mac,
        mtu=HANDOFF_MTU,
        prefixes=tuple(sorted(network.prefixes, key=natural_key)),
        vpc_block=network.vpc_block,
        aggregates=tuple(sorted(network.aggregates, key=natural_key)),
        vpn_concentrators=network.vpn_concentrators,
        path=f"provider_networks/{network.name}",
    )
