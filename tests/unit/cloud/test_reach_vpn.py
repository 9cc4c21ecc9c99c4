"""Whether packets arrive behind VPN connections: over the fabric to a concentrator, and through its tunnel."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cloud_memory import Cloud, View, network
from cloud_private import at_the_border, ends, joined
from cloud_region import TWO_NETWORKS, cloud_region, texts
from crossconnect.cloud.provided import cloud_of
from crossconnect.cloud.reach import Analyser, Reachability, ReachabilityBody, reachability, told
from crossconnect.cloud.reach.fabric import Fabric
from crossconnect.cloud.region import CloudRegion
from crossconnect.design import compile_region
from crossconnect.simulate import Failures

CONCENTRATORS = (
    "prefixes: [10.96.0.0/16]}",
    "prefixes: [10.96.0.0/16], aggregates: [10.96.0.0/16],\n"
    "     vpn_concentrators: [{name: vpn1, address: 192.0.2.250}]}",
)
SITES = at_the_border(vpn1="192.168.0.0/16", circuit="172.16.0.0/12")
"""A concentrator, and a circuit of private connect."""


class Stand:
    """A VPC 10.96.0.0/16 with a machine and a private gateway, and two VPN connections."""

    def __init__(self, region: CloudRegion) -> None:
        zones = tuple(zone.name for zone in region.zones)
        self.cloud = cloud = Cloud(zones=zones, public_prefixes=region.public_prefixes, vrfs=("cloud-priv",))
        vpc, subnet = network(cloud, "10.96.0.0/16")
        self.machine = cloud.create("network_interface", subnet_id=subnet.id)
        cloud.create(
            "security_group_rule",
            security_group_id=vpc.default_security_group_id,
            direction="ingress",
            peer="0.0.0.0/0",
        )
        self.gateway, self.customer = ends(cloud, vrf="cloud-priv", vpc_id=vpc.id)
        cloud.update(vpc.main_route_table_id, propagating_gateway_ids=[self.gateway.id])
        self.office, self.plant = (
            joined(cloud, self.gateway, self.customer, prefix) for prefix in ("192.168.7.0/24", "172.16.0.0/24")
        )

    def ask(self, analyser: Analyser, source: str, destination: str, **fields: Any) -> Reachability:
        asked = ReachabilityBody(source=source, destination=destination, destination_port=443, **fields)
        return reachability(asked, analyser, View(self.cloud, "alpha"), whole=True)


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    """With one gateway node, since all announce the aggregate that the VPC's block is, and one has the gateway."""
    blueprint = compile_region(cloud_region(texts(*TWO_NETWORKS, CONCENTRATORS, *SITES))).blueprint
    assert blueprint is not None
    region = cloud_of(blueprint)
    assert region is not None
    assert [one.name for one in region.networks[0].vpn_concentrators] == ["vpn1"]
    return Analyser(region=region, fabric=Fabric(blueprint, Failures(devices=frozenset({"gw2"}))))


def test_over_the_fabric_to_the_concentrator_and_through_its_tunnel(analyser: Analyser) -> None:
    """Output: there the last hop is the connection's, behind the concentrator; back it is the first one. The tenant is
    told of it, and of nothing between."""
    stand = Stand(analyser.region)
    found = stand.ask(analyser, stand.machine.id, "192.168.7.9")
    assert found.outcome == "reachable", found.explanation
    assert [hop.component for hop in found.there[-2:]] == ["vpn1", stand.office.id]
    assert found.there[-1].message == f"IPsec between vpn1 (192.0.2.250) and {stand.customer.id} (198.51.100.9)"
    assert (found.back[0].point, found.back[0].component) == ("vpn-connection", stand.office.id)
    shown = told(found, "alpha")
    assert (shown.outcome, shown.there[-1].component, shown.there[-2].layer) == (
        "reachable",
        stand.office.id,
        "provider",
    )


def test_what_the_vrf_leads_elsewhere_is_in_no_tunnel(analyser: Analyser) -> None:
    """Input: a connection's prefix, which private connect's router announces, and the concentrator does not. Output:
    the packet goes there, and no tunnel is named, in either direction."""
    stand = Stand(analyser.region)
    found = stand.ask(analyser, stand.machine.id, "172.16.0.9")
    assert (found.outcome, found.there[-1].component) == ("reachable", "circuit")
    assert not [hop for hop in (*found.there, *found.back) if hop.point == "vpn-connection"]


def test_from_the_customers_site(analyser: Analyser) -> None:
    stand = Stand(analyser.region)
    found = stand.ask(analyser, "192.168.7.9", stand.machine.id, network="private")
    assert found.outcome == "reachable", found.explanation
    assert found.there[0].component == found.back[-1].component == stand.office.id


def test_without_a_concentrator_it_is_dropped(analyser: Analyser) -> None:
    """Input: no fabric is known; then the network has no concentrator, either. Output: the connection's hop ends the
    way; then it drops the packet."""
    stand, region = Stand(analyser.region), analyser.region
    bare = stand.ask(Analyser(region=region), stand.machine.id, "192.168.7.9")
    assert (bare.outcome, bare.there[-1].component) == ("reachable", stand.office.id)
    networks = tuple(msgspec.structs.replace(one, vpn_concentrators=()) for one in region.networks)
    none = Analyser(region=msgspec.structs.replace(region, networks=networks))
    found = stand.ask(none, stand.machine.id, "192.168.7.9")
    assert (found.outcome, found.decided_by) == ("unreachable", stand.office.id)
