"""A tenant's resources, compiled and written by the realiser, on chassis of a region's fabric: an elastic IP is reached
from the carrier's router; its association, a rule, and a gateway node without power are seen from there.

    decisions --> compiler --> realiser --> northbound ... gw1 -- eBGP -- leaf ... border -- isp
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from cloud_memory import Cloud
from cloud_region import cloud_region
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.features import features_of
from crossconnect.cloud.provided import cloud_of
from crossconnect.cloud.realise import Batch, Realised, Realiser
from crossconnect.cloud.region import CloudRegion
from crossconnect.cloud.resource import Resource
from crossconnect.design import compile_region
from crossconnect.lab import wait_converged
from crossconnect.lab.ovn import Machine, OvnLab, cloud_fabric, ovn_lab, power_off, wanted_version
from crossconnect.simulate import simulate
from crossconnect.transport.ovsdb import Session
from ovn_scenes import software

OUTSIDE = "198.51.100.1"
WITHIN_S = 30.0
T = TypeVar("T")


class Writer:
    """Compiler and realiser in a thread of their own."""

    def __init__(self, northbound: str, region: CloudRegion) -> None:
        self._remote = northbound
        self._region = region
        self._number = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),), daemon=True)
        self._thread.start()
        assert self._ready.wait(30)

    async def _run(self) -> None:
        async with Session(self._remote, "OVN_Northbound") as session, Realiser(session, "lab") as realiser:
            schema = await session.connected()
            self._compiler = Compiler(self._region, features_of(schema.has))
            self._realiser = realiser
            delta = self._compiler.apply([])
            units = {key: unit for key, unit in delta.units.items() if unit is not None}
            realiser.replace(units, 0, self._compiler.options())
            self._ready.set()
            await self._end.wait()

    def write(self, documents: dict[str, Resource | None], until: Realised) -> None:
        """Realise documents by id, None for those that are gone."""
        self._call(self._write(documents, until))

    async def _write(self, documents: dict[str, Resource | None], until: Realised) -> None:
        self._number += 1
        delta = self._compiler.apply(list(documents.items()))
        assert not {id: reason for id, reason in delta.failed.items() if reason}
        self._realiser.submit(Batch(self._number, delta.units))
        await self._realiser.wait(self._number, until, timeout_s=WITHIN_S)

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WITHIN_S + 10)

    def close(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)


class Stand:
    """The lab, the cloud's documents, and what writes them."""

    def __init__(self, lab: OvnLab, region: CloudRegion) -> None:
        self.lab = lab
        zones = tuple(zone.name for zone in region.zones)
        self.cloud = Cloud(
            zones=zones, public_prefixes=region.public_prefixes, public_prefixes6=region.public_prefixes6
        )
        self.writer = Writer(lab.central.northbound, region)
        self._written: dict[str, Resource] = {}

    def realise(self, until: Realised = "hypervisors") -> None:
        """Bring what changed in the documents into OVN, and wait until it is so far."""
        now = self.cloud.documents
        changed: dict[str, Resource | None] = {k: v for k, v in now.items() if self._written.get(k) != v}
        changed |= dict.fromkeys(self._written.keys() - now.keys())
        self.writer.write(changed, until)
        self._written = dict(now)

    def plug(self, name: str, interface: NetworkInterface, gateway: str, chassis: str = "hv1") -> None:
        [address] = interface.private_addresses
        port = interface.iface_id or interface.id
        self.lab.plug(
            Machine(
                name=name,
                port=port,
                chassis=chassis,
                mac=interface.mac,
                addresses=(f"{address}/24",),
                gateways=(gateway,),
                mtu=1500,
            )
        )

    def gateway(self) -> str:
        """The gateway node that the only VPC's gateway port is on."""
        sbctl = self.lab.central.sbctl
        [row] = set(sbctl("--bare", "--columns=chassis", "find", "Port_Binding", "type=chassisredirect").split())
        return sbctl("get", "Chassis", row, "name").strip('"')

    def reaches(self, address: str, *options: str) -> bool:
        """Whether the carrier's router has an answer from an address."""
        words = ["ping", "-n", "-c", "1", "-W", "1", "-I", OUTSIDE, *options, address]
        return self.lab.lab.run("isp", words).returncode == 0


def within(holds: Callable[[], bool], seconds: float = WITHIN_S) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    blueprint = compile_region(cloud_region()).blueprint
    assert blueprint is not None
    region = cloud_of(blueprint)
    assert region is not None
    fabric, chassis = cloud_fabric(blueprint)
    programs, root = software(wanted_version()), str(tmp_path_factory.mktemp("ovn"))
    with ovn_lab("ol-cloud", chassis, software=programs, fabric=fabric, run_root=root) as lab:
        settled = wait_converged(lab.lab, simulate(blueprint), timeout_s=60)
        assert settled.converged, settled
        made = Stand(lab, region)
        try:
            yield made
        finally:
            made.writer.close()


def test_an_elastic_ip_from_the_request_to_the_carrier(stand: Stand) -> None:
    cloud = stand.cloud
    vpc = cloud.create("vpc", cidr_blocks=["10.0.0.0/16"])
    subnet = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24")
    gateway = cloud.create("internet_gateway", vpc_id=vpc.id)
    cloud.update(vpc.main_route_table_id, routes=[{"destination": "0.0.0.0/0", "target": gateway.id}])
    group = cloud.create("security_group", vpc_id=vpc.id)
    web = cloud.create("network_interface", subnet_id=subnet.id, security_group_ids=[group.id])
    elastic = cloud.create("elastic_ip", network_interface_id=web.id)
    stand.realise()
    stand.plug("web", web, "10.0.1.1")
    time.sleep(1)
    assert not stand.reaches(elastic.address), "nothing is let in yet"
    rule = cloud.create(
        "security_group_rule", security_group_id=group.id, direction="ingress", protocol="icmp", peer="0.0.0.0/0"
    )
    stand.realise()
    assert within(lambda: stand.reaches(elastic.address))
    outwards = ["ping", "-n", "-c", "1", "-W", "2", OUTSIDE]
    assert within(lambda: "1 received" in stand.lab.run("web", outwards))
    assert stand.reaches(elastic.address, "-M", "do", "-s", "1472"), "1500 octets, as promised"

    began = time.monotonic()
    second = cloud.create("network_interface", subnet_id=subnet.id, security_group_ids=[group.id])
    stand.realise()
    stand.plug("web2", second, "10.0.1.1", "hv1")
    other = cloud.create("elastic_ip", network_interface_id=second.id)
    stand.realise()
    assert within(lambda: stand.reaches(other.address))
    print(f"a machine and its elastic IP: {time.monotonic() - began:.2f} s")

    power_off(stand.lab.lab, stand.gateway())
    began = time.monotonic()
    assert within(lambda: stand.reaches(elastic.address) and stand.reaches(other.address))
    print(f"both reached again {time.monotonic() - began:.2f} s after the gateway node lost power")

    cloud.delete(rule.id)
    stand.realise("southbound")  # a chassis without power follows no more
    assert within(lambda: not stand.reaches(elastic.address))
