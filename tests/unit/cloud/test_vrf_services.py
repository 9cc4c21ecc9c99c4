"""Private link to a service in a VRF of the region: the analyser and `ovn-trace` over the compiled rows say the same.

beta: client 10.0.1.4 -- endpoint 10.0.2.4      alpha: service in VRF blue, tcp 80 -> 172.20.0.9 port 8080
      VPC 10.0.0.0/16                                  seen there as 172.20.0.200
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from cloud_documents import REGION
from cloud_memory import Cloud, View, network, part
from cloud_private import at_the_border
from cloud_region import TWO_NETWORKS, cloud_region, texts
from crossconnect.cloud.kinds.network_interface import own_addresses
from crossconnect.cloud.linking import link_address
from crossconnect.cloud.logical.numbers import provider_mac, router_mac
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.features import Features
from crossconnect.cloud.provided import cloud_of
from crossconnect.cloud.reach import Analyser, Reachability, ReachabilityBody, reachability, told
from crossconnect.cloud.reach.fabric import Fabric
from crossconnect.cloud.region import CloudRegion
from crossconnect.design import compile_region
from crossconnect.net import version_of
from crossconnect.simulate import Failures
from ovn_central import Central, needs_ovn
from ovn_scene import outputs

BACKEND, SOURCE = "172.20.0.9", "172.20.0.200"
BACKEND6, SOURCE6 = "fd00:20::9", "fd00:20::200"
OTHERS = {4: "172.20.0.10", 6: "fd00:20::10"}
"""Of the VRF, and of no service."""
NETWORK6 = msgspec.structs.replace(REGION.networks[0], transfer_prefix6="fd00:c0:0:8::/64", next_hop6="fd00:c0:0:8::1")
REGION6 = msgspec.structs.replace(REGION, networks=(NETWORK6,))
"""The VRF's network has IPv6, too."""
OUTSIDE = "localnet-connect-blue"
REPLY = ("--ct=est,rpl",) * 12
NEW = ("--ct=new",) * 16


class Stand:
    """Everything is open. `both`: with IPv6, too."""

    def __init__(
        self, region: CloudRegion = REGION, vrf: str = "blue", source: str = SOURCE, *, both: bool = False
    ) -> None:
        zones = tuple(zone.name for zone in region.zones)
        self.region, self.both = region, both
        self.cloud = cloud = Cloud(zones=zones, public_prefixes=region.public_prefixes, vrfs=(vrf,))
        backends = [{"address": one, "port": 8080} for one in (BACKEND, *self._six(BACKEND6))]
        self.service = cloud.create(
            "endpoint_service", vrf=vrf, source_address=source, allowed_projects=["beta"],
            acceptance_required=False, listeners=[{"port": 80, "backends": backends}],
            ipv6_source_address="".join(self._six(SOURCE6)), supported_ip_address_types=["ipv4", *self._six("ipv6")],
        )  # fmt: skip
        self.vpc, self.subnet = network(cloud, project="beta", ipv6_cidr_blocks=self._six("fd00:b::/56"))
        self.subnet = cloud.update(
            self.subnet.id, project="beta", ipv6_cidr_block="".join(self._six("fd00:b:0:1::/64"))
        )
        for_endpoints = cloud.create(
            "subnet", project="beta", vpc_id=self.vpc.id, cidr_block=part("10.0.0.0/16", 2),
            ipv6_cidr_block="".join(self._six("fd00:b:0:2::/64")),
        )  # fmt: skip
        self.client = cloud.create("network_interface", project="beta", subnet_id=self.subnet.id)
        self.endpoint = cloud.create(
            "service_endpoint", project="beta", service_id=self.service.id, subnet_ids=[for_endpoints.id],
            ip_address_type="dualstack" if both else "ipv4",
        )  # fmt: skip

    def _six(self, value: str) -> list[str]:
        return [value] if self.both else []

    def between(self, of: Any, version: int) -> str:
        """An address on the private-link switch."""
        prefixes = self.region.private_link_prefix, self.region.private_link_prefix6
        return link_address(of, prefixes[version == 6])

    def ask(self, port: int = 80, analyser: Analyser | None = None, to: str = "") -> Reachability:
        """From the client to the endpoint, as the operator."""
        asked = ReachabilityBody(
            source=self.client.id, destination=to or self.endpoint.id, source_port=40_000, destination_port=port
        )
        return reachability(asked, analyser or Analyser(region=REGION), View(self.cloud, "beta"), whole=True)


def test_the_analyser_follows_it_into_the_vrf_and_names_the_service() -> None:
    stand = Stand()
    found = stand.ask()
    assert found.outcome == "reachable"
    points = [hop.point for hop in found.there]
    assert points[-4:] == ["service-endpoint", "endpoint-service", "endpoint-service", "gateway-node"]
    first, second = (hop for hop in found.there if hop.point == "endpoint-service")
    assert first.decided_by == f"{stand.service.id}/tcp/80"
    assert first.after is not None
    assert (first.after.destination, first.after.destination_port) == (BACKEND, 8080)
    assert second.after is not None
    assert second.after.source == SOURCE
    assert found.there[-1].vrf == "blue"
    found = stand.ask(81)
    assert (found.outcome, found.decided_by) == ("unreachable", stand.endpoint.id)


def test_over_the_fabric_to_the_backend_and_back() -> None:
    """Input: a region whose border reaches the backend in the VRF. Output: the packet leaves by the border, and the
    answer comes to the gateway node that announces the source address, and to the client from the endpoint's address.
    The client is told neither who answers nor by which address the VRF knows it."""
    blueprint = compile_region(cloud_region(texts(*TWO_NETWORKS, *at_the_border(objects="172.20.0.0/24")))).blueprint
    assert blueprint is not None
    region = cloud_of(blueprint)
    assert region is not None
    analyser = Analyser(region=region, fabric=Fabric(blueprint, Failures()))
    stand = Stand(region, "cloud-priv", "10.96.0.200")
    found = stand.ask(80, analyser)
    assert found.outcome == "reachable", found.explanation
    assert found.there[-1].component == "objects"
    last = [hop for hop in found.back if hop.after is not None][-1]
    assert last.after is not None
    assert (last.after.source, last.after.source_port) == (stand.endpoint.addresses[0], 80)
    assert [hop.component for hop in found.back if hop.point == "destination"] == [stand.client.id]
    shown = told(found, "beta")
    assert shown.outcome == "reachable"
    assert not any(BACKEND in hop.message or "10.96.0.200" in hop.message for hop in (*shown.there, *shown.back))


@pytest.fixture
def written(box: Central) -> Iterator[tuple[Stand, Central, Compiler]]:
    stand, compiler = Stand(REGION6, both=True), Compiler(REGION6, box.features())
    cloud = stand.cloud
    box.write(compiler.apply([*cloud.documents.items()]).units)
    assert compiler.failed() == {}
    assert box.northd_log() == ""
    outside = [name for name in box.ports() if name.startswith("cr-")]
    box.bind({stand.client.id: "hv1"} | dict.fromkeys(outside, "gw1"))
    between = [(stand.endpoint, stand.service), (stand.service, stand.endpoint)]
    for version, hop in ((4, NETWORK6.next_hop), (6, NETWORK6.next_hop6)):
        for one, other in between:
            box.neighbour(f"link-{one.id}", stand.between(other, version), provider_mac(REGION, other))
        box.neighbour(f"connect-blue-{stand.service.id}", hop, "0a:00:00:00:00:01")
    yield stand, box, compiler
    box.write(dict.fromkeys(compiler.units()))
    box.sbctl("--all", "destroy", "MAC_Binding")


def sent(stand: Stand, box: Central, to: str, port: int, how: str = "--minimal") -> str:
    """The trace of a client's first packet."""
    client, version = stand.client, version_of(to)
    own = own_addresses(client, version)[0]
    flow = (
        f'inport == "{client.id}" && eth.src == {client.mac} && eth.dst == {router_mac(REGION, client.subnet_id)}'
        f" && ip.ttl == 64 && ip{version}.src == {own} && ip{version}.dst == {to}"
        f" && tcp.src == 40000 && tcp.dst == {port}"
    )
    return box.trace(client.subnet_id, flow, how, *NEW)


@needs_ovn
def test_the_endpoint_leads_to_the_backend_in_the_vrf_by_one_address(
    written: tuple[Stand, Central, Compiler],
) -> None:
    """Input: a client's packet to the endpoint's listener, of each IP version. Output: it leaves by the VRF's network,
    to the backend, from the service's source address, which gateway nodes are told, and the analyser says the same;
    other ports, the backend itself and what else is in the VRF are not reached."""
    stand, box, _ = written
    told = box.sbctl("--bare", "--columns=nat_addresses,external_ids", "find", "Port_Binding",
                     f'logical_port="lsp-connect-blue-{stand.service.id}"')  # fmt: skip
    for address, backend, source in (
        (stand.endpoint.addresses[0], BACKEND, SOURCE),
        (stand.endpoint.ipv6_addresses[0], BACKEND6, SOURCE6),
    ):
        version = version_of(address)
        trace = sent(stand, box, address, 80)
        assert outputs(trace) == [OUTSIDE]
        assert source in trace
        at = f"[{backend}]:8080" if version == 6 else f"{backend}:8080"
        assert at in sent(stand, box, address, 80, "--detailed")
        for to, port in ((address, 81), (backend, 8080), (OTHERS[version], 80)):
            assert OUTSIDE not in outputs(sent(stand, box, to, port))
        assert (source if version == 4 else f"{source}/128") in told
        found = stand.ask(80, Analyser(region=REGION6), address)
        assert found.outcome == "reachable", found.explanation
        last = [hop.after for hop in found.there if hop.after is not None][-1]
        assert (last.source, last.destination, last.destination_port) == (source, backend, 8080)


@needs_ovn
def test_an_answer_comes_back_to_the_client_and_nothing_that_begins_in_the_vrf_does(
    written: tuple[Stand, Central, Compiler],
) -> None:
    """`ovn-trace` knows no connections, so the answer is sent with each translation undone by hand: at the outer router
    to the endpoint's address, at the endpoint's to the client's. Output: it gets to the client. What begins in the VRF,
    to any of the addresses on the way, does not."""
    stand, box, _ = written
    for version, backend, source in ((4, BACKEND, SOURCE), (6, BACKEND6, SOURCE6)):
        comes_back(stand, box, version, backend, source)


def comes_back(stand: Stand, box: Central, version: int, backend: str, source: str) -> None:
    """And what begins in the VRF does not come."""
    service, endpoint, client = stand.service, stand.endpoint, stand.client
    address, seen = (stand.between(one, version) for one in (service, endpoint))
    own = own_addresses(client, version)[0]

    def comes(router: str, port: str, macs: tuple[str, str], ends: tuple[str, str, str], *how: str) -> str:
        flow = (
            f'inport == "{port}" && eth.src == {macs[0]} && eth.dst == {macs[1]} && ip.ttl == 64'
            f" && ip{version}.src == {ends[0]} && ip{version}.dst == {ends[1]} && {ends[2]}"
        )
        return box.trace(router, flow, *how)

    outer, far = f"outer-{service.id}", f"connect-blue-{service.id}"
    macs = "0a:00:00:00:00:01", provider_mac(REGION, service)
    answer = comes(outer, far, macs, (backend, seen, "tcp.src == 8080 && tcp.dst == 40000"), *REPLY)
    assert re.search(rf'ingress\(dp="{endpoint.id}", inport="link-{endpoint.id}"\)', answer)
    macs = provider_mac(REGION, service), provider_mac(REGION, endpoint)
    ends = address, own, "tcp.src == 80 && tcp.dst == 40000"
    assert outputs(comes(endpoint.id, f"link-{endpoint.id}", macs, ends, "--minimal", *REPLY)) == [client.id]
    macs = "0a:00:00:00:00:01", provider_mac(REGION, service)
    for to in (source, seen, own):
        ends = backend, to, "tcp.src == 40000 && tcp.dst == 22"
        assert outputs(comes(outer, far, macs, ends, "--minimal", *NEW)) == [], to


def test_without_the_vrfs_network_the_service_says_so() -> None:
    """Input: a region whose networks have other VRFs; one whose network has other prefixes; one without IPv6. Output:
    service and endpoint fail, or the service says what is not announced."""
    documents = [*Stand(both=True).cloud.documents.items()]
    ids = {id.partition("-")[0]: id for id, _ in documents}
    compiler = Compiler(REGION, Features())
    compiler.apply(documents)
    assert compiler.failed() == dict.fromkeys((ids["svc"], ids["vpce"]), "connect-blue has no IPv6 addresses")
    documents = [*Stand().cloud.documents.items()]
    ids = {id.partition("-")[0]: id for id, _ in documents}
    compiler = Compiler(msgspec.structs.replace(REGION, networks=()), Features())
    compiler.apply(documents)
    reason = "the region gives the cloud no network of VRF blue"
    assert compiler.failed() == {ids["svc"]: reason, ids["vpce"]: reason}
    other = msgspec.structs.replace(REGION.networks[0], prefixes=("172.21.0.0/16",))
    compiler = Compiler(msgspec.structs.replace(REGION, networks=(other,)), Features())
    compiler.apply(documents)
    assert compiler.failed() == {
        ids["svc"]: f"{SOURCE} is in no prefix of connect-blue: gateway nodes do not announce it"
    }
