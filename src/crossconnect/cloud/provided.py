"""What a region gives to its cloud, out of its blueprint: zones with their hypervisors, gateway nodes, networks."""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.cloud.logical.subnets import reserved
from crossconnect.cloud.region import CloudRegion, GatewayChassis, ProviderNetwork, VpnConcentrator, Zone
from crossconnect.cloud.service import Settings
from crossconnect.design.blueprint import Blueprint, CloudPlan, ProviderNetworkPlan
from crossconnect.model.cloud import INTERNET, is_private
from crossconnect.net import version_of


def cloud_of(blueprint: Blueprint) -> CloudRegion | None:
    """The region as the cloud sees it; None where its fabric carries no cloud, or none that reaches the internet."""
    plan = blueprint.cloud
    if plan is None:
        return None
    networks = {network.name: network for network in plan.networks}
    if INTERNET not in networks:
        return None
    internet = networks.pop(INTERNET)
    return CloudRegion(
        name=blueprint.region,
        zones=_zones(plan),
        gateways=tuple(GatewayChassis(name=c.name, zone=c.zone) for c in plan.chassis if c.role == "gateway"),
        internet=_network(internet),
        networks=tuple(_network(network) for network in networks.values()),
        public_prefixes=_of_version(internet.prefixes, 4),
        public_prefixes6=_of_version(internet.prefixes, 6),
        mtu=plan.mtu,
    )


def vrfs_of(blueprint: Blueprint) -> dict[str, tuple[str, ...]]:
    """By project, which is the tenant of that name: VRFs that the cloud reaches and private gateways may name."""
    plan = blueprint.cloud
    reached = {n.vrf for n in plan.networks if is_private(n.name)} if plan is not None else set[str]()
    found: dict[str, tuple[str, ...]] = {}
    for vrf in blueprint.vrfs:
        if vrf.name in reached:
            found[vrf.tenant] = (*found.get(vrf.tenant, ()), vrf.name)
    return found


def settings_of(
    region: CloudRegion,
    zones: tuple[str, ...],
    public_prefixes: tuple[str, ...] = (),
    quotas: Mapping[str, int] | None = None,
    vrfs: Mapping[str, tuple[str, ...]] | None = None,
) -> Settings:
    """What decisions need to know of a region. `public_prefixes` go before the region's own IPv4 ones."""
    return Settings(
        zones=zones,
        public_prefixes=public_prefixes or region.public_prefixes,
        public_prefixes6=region.public_prefixes6,
        reserved_prefixes=reserved(region),
        quotas=quotas or {},
        vrfs=vrfs or {},
    )


def without_fabric(name: str, zones: tuple[str, ...], public_prefixes: tuple[str, ...]) -> CloudRegion:
    """A region whose fabric carries no cloud: no hypervisors, no gateway nodes. Enough to try the API with a northbound
    database of its own, on which nobody acts."""
    return CloudRegion(
        name=name,
        zones=tuple(Zone(name=zone) for zone in zones),
        gateways=(),
        internet=ProviderNetwork(
            name=INTERNET, vrf="", physnet=INTERNET, transfer_prefix="100.126.0.0/24", next_hop="100.126.0.1"
        ),
        public_prefixes=public_prefixes,
    )


def _zones(plan: CloudPlan) -> tuple[Zone, ...]:
    chassis: dict[str, tuple[str, ...]] = {}
    for one in plan.chassis:
        if one.role == "hypervisor":
            chassis[one.zone] = (*chassis.get(one.zone, ()), one.name)
    return tuple(Zone(name=name, chassis=found) for name, found in sorted(chassis.items()))


def _network(plan: ProviderNetworkPlan) -> ProviderNetwork:
    """Each of our routers has an address of the transfer prefixes; a gateway node's own is the next hop."""
    hops = dict(zip(map(version_of, plan.transfer), zip(plan.transfer, plan.next_hops, strict=True), strict=True))
    prefix, hop = hops.get(4, ("", ""))
    prefix6, hop6 = hops.get(6, ("", ""))
    return ProviderNetwork(
        name=plan.name,
        vrf=plan.vrf,
        physnet=plan.name,
        transfer_prefix=prefix,
        next_hop=hop,
        transfer_prefix6=prefix6,
        next_hop6=hop6,
        next_hop_mac=plan.mac,
        prefixes=plan.prefixes,
        mtu=plan.mtu,
        vpn_concentrators=tuple(VpnConcentrator(name=one.name, address=one.address) for one in plan.vpn_concentrators),
    )


def _of_version(prefixes: tuple[str, ...], version: int) -> tuple[str, ...]:
    return tuple(prefix for prefix in prefixes if version_of(prefix) == version)
