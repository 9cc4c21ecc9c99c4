"""The cloud's resources on OVN in a lab: documents of decisions, compiled, written by the realiser, proven by packets.

    with flat_stand("ol-names", root) as stand:
        vpc = stand.cloud.create("vpc", cidr_blocks=["10.0.0.0/16"])
        ...
        stand.realise()
        stand.plug("web", interface, "hv1")
        assert stand.lab.ping("web", "10.0.1.5")

fabric: the region `cloud_region`, all of it, with the carrier's router `isp`

flat: chassis hv1, hv2 (zones east, west), gw1, gw2 on one bridge; behind the provider network `internet` the machine
`carrier`, which is next hop and has addresses beyond.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

from cloud_memory import Cloud
from cloud_region import cloud_region
from crossconnect.cloud.addresses import gateway
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.logical.numbers import transfer_addresses
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.features import features_of
from crossconnect.cloud.provided import cloud_of
from crossconnect.cloud.realise import Batch, Realised, Realiser
from crossconnect.cloud.region import CloudRegion, GatewayChassis, ProviderNetwork, Zone
from crossconnect.cloud.resource import Resource
from crossconnect.design import compile_region
from crossconnect.lab import wait_converged
from crossconnect.lab.ovn import Chassis, Connection, Machine, Outside, OvnLab, cloud_fabric, ovn_lab, wanted_version
from crossconnect.net import parse
from crossconnect.simulate import simulate
from crossconnect.transport.ovsdb import Session
from ovn_scenes import ANSWERED_S, forget, software

OUTSIDE = {4: "198.51.100.1", 6: "2001:db8:ffff::1"}
"""Addresses beyond the carrier's."""
WITHIN_S = 120.0
SPREAD_MAX = 64
"""Connections until both of two targets must have answered: all of them go to one of them once in 2^63 times."""
T = TypeVar("T")


def within(holds: Callable[[], object], seconds: float = WITHIN_S) -> bool:
    """Whether it holds before long."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def spread(ask: Callable[[], Connection], targets: set[str]) -> list[Connection]:
    """Connections until each of some targets has answered one; each is answered."""
    found: list[Connection] = []
    while {one.answered_by for one in found} != targets:
        found.append(ask())
        assert found[-1].answered_by in targets, found[-1]
        assert len(found) < SPREAD_MAX, {one.answered_by for one in found}
    return found


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
        assert self._ready.wait(WITHIN_S)

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
        self._thread.join(WITHIN_S)


class Stand:
    """The lab, the cloud's documents, and what writes them."""

    def __init__(self, lab: OvnLab, region: CloudRegion) -> None:
        self.lab = lab
        self.region = region
        zones = tuple(zone.name for zone in region.zones)
        self.cloud = Cloud(
            zones=zones,
            public_prefixes=region.public_prefixes,
            public_prefixes6=region.public_prefixes6,
            vrfs=tuple(network.vrf for network in region.networks),
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

    def plug(self, name: str, interface: NetworkInterface, chassis: str = "hv1", **fields: Any) -> Machine:
        """Plug a machine in with all that its interface has; `fields` of the machine instead of that."""
        subnet = self.cloud.documents[interface.subnet_id]
        assert isinstance(subnet, Subnet)
        blocks = [block for block in (subnet.cidr_block, subnet.ipv6_cidr_block) if block]
        lengths = {parse(block).version: parse(block).length for block in blocks}
        given = {
            "addresses": tuple(
                f"{address}/{lengths[6 if ':' in address else 4]}"
                for address in (*interface.private_addresses, *interface.ipv6_addresses)
            ),
            "gateways": tuple(gateway(block) for block in blocks),
            "mtu": self.region.mtu,
        }
        port = interface.iface_id or interface.id
        made = Machine(name=name, port=port, chassis=chassis, mac=interface.mac, **given | fields)
        return self.lab.plug(made)

    def machine(self, name: str, subnet: Any, group: Any, chassis: str = "hv1", **body: Any) -> NetworkInterface:
        """An interface in a subnet, and the machine that has it; `settle` says when it is there."""
        made = self.cloud.create(
            "network_interface",
            project=subnet.project_id,
            subnet_id=subnet.id,
            security_group_ids=[group.id] if group is not None else [],
            **body,
        )
        self.plug(name, made, chassis)
        return made

    def interface(self, machine: str) -> NetworkInterface:
        """The interface of a machine."""
        port = next(m.port for m in self.lab.record.machines if m.name == machine)
        return next(i for i in self.cloud.of("network_interface") if port in (i.id, i.iface_id))

    def settle(self) -> None:
        """Realise, and wait until all machines' ports are up."""
        self.realise()
        self.lab.settle()

    def open_group(self, vpc: Any) -> Any:
        """A security group that lets everything in."""
        create = self.cloud.create
        group = create("security_group", project=vpc.project_id, vpc_id=vpc.id)
        for peer in ("0.0.0.0/0", "::/0"):
            create(
                "security_group_rule",
                project=vpc.project_id,
                security_group_id=group.id,
                direction="ingress",
                peer=peer,
            )
        return group

    def transfer(self, resource: Resource, version: int = 4, network: ProviderNetwork | None = None) -> str:
        """The address of a router of ours on the internet's transfer network, or on another one's."""
        where = network or self.region.internet
        found = [address.partition("/")[0] for address in transfer_addresses(where, resource)]
        return next(address for address in found if (":" in address) == (version == 6))

    def connects(self, source: str, destination: str, port: int, protocol: Any = "tcp", *, to: str = "") -> Connection:
        """A connection that is to be answered; it may take its time."""
        return self.lab.connect(source, destination, port, protocol, to=to, timeout_s=ANSWERED_S)

    def refuses(self, ask: Callable[[], object]) -> bool:
        """Whether something is not answered. Where it is, it is asked again, once, when no switch goes by what it
        cached before the last change: Open vSwitch says that it has new flows, and takes a moment to look at its
        cache."""
        if not ask():
            return True
        self.forget()
        return not ask()

    def forget(self) -> None:
        """See `ovn_scenes.forget`."""
        forget(self.lab)

    def catch_up(self) -> None:
        """Wait until what the southbound database says now is realised everywhere, and nothing older is cached. Twice,
        since by the first time it is certain only that northd has been told."""
        self.lab.central.sync()
        self.lab.central.sync()
        self.forget()

    def carrier(self, *words: str) -> str:
        """Run a command at the carrier."""
        return self.lab.run("carrier", words)

    def chassis_of(self, port: str) -> str:
        """The chassis that a router's gateway port is on; empty while it is on none."""
        sbctl = self.lab.central.sbctl
        row = sbctl("--bare", "--columns=chassis", "find", "Port_Binding", f'logical_port="cr-{port}"')
        # The chassis may have gone since.
        return sbctl("--if-exists", "get", "Chassis", row, "name").strip('"') if row else ""


def flat_region(**changes: Any) -> CloudRegion:
    """Two zones with a hypervisor each, two gateway nodes, the internet."""
    fields: dict[str, Any] = {
        "name": "flat",
        "zones": (Zone(name="east", chassis=("hv1",)), Zone(name="west", chassis=("hv2",))),
        "gateways": (GatewayChassis(name="gw1"), GatewayChassis(name="gw2")),
        "internet": internet(),
        "public_prefixes": ("203.0.113.0/24",),
        "public_prefixes6": ("2001:db8:100::/40",),
        "mtu": 1400,
    }
    return CloudRegion(**fields | changes)


def internet(**changes: Any) -> ProviderNetwork:
    """The flat region's provider network."""
    fields: dict[str, Any] = {
        "name": "internet",
        "vrf": "",
        "physnet": "internet",
        "transfer_prefix": "100.126.0.0/24",
        "next_hop": "100.126.0.1",
        "transfer_prefix6": "fd00:c0:0:9::/64",
        "next_hop6": "fd00:c0:0:9::1",
    }
    return ProviderNetwork(**fields | changes)


CARRIER = Outside(
    name="carrier",
    network="internet",
    addresses=("198.51.100.1/32", "2001:db8:ffff::1/128", "100.126.0.1/24", "fd00:c0:0:9::1/64"),
)
"""By its first addresses, since nobody outside is answered at a transfer address."""


@contextlib.contextmanager
def flat_stand(name: str, run_root: str, region: CloudRegion | None = None) -> Iterator[Stand]:
    """A cloud on four chassis and one bridge, for as long as the block runs."""
    region = region or flat_region()
    gateways = {node.name for node in region.gateways}
    hypervisors = [chassis for zone in region.zones for chassis in zone.chassis]
    outside = ("internet", *(network.physnet for network in region.networks))
    chassis = [
        Chassis(
            name=one,
            gateway=one in gateways,
            networks=outside if one in gateways else outside[:1] if region.internet.on_hypervisors else (),
        )
        for one in (*hypervisors, *sorted(gateways))
    ]
    with ovn_lab(name, chassis, software=software(wanted_version()), run_root=run_root) as lab:
        lab.outside(CARRIER)
        for prefix in region.public_prefixes:
            lab.run("carrier", ["ip", "route", "add", prefix, "dev", "eth0", "src", OUTSIDE[4]])
        made = Stand(lab, region)
        try:
            yield made
        finally:
            made.writer.close()


@contextlib.contextmanager
def fabric_stand(name: str, run_root: str) -> Iterator[Stand]:
    """The region's cloud over its fabric, converged, for as long as the block runs."""
    blueprint = compile_region(cloud_region()).blueprint
    assert blueprint is not None
    region = cloud_of(blueprint)
    assert region is not None
    fabric, chassis = cloud_fabric(blueprint)
    with ovn_lab(name, chassis, software=software(wanted_version()), fabric=fabric, run_root=run_root) as lab:
        settled = wait_converged(lab.lab, simulate(blueprint), timeout_s=WITHIN_S)
        assert settled.converged, settled
        made = Stand(lab, region)
        try:
            yield made
        finally:
            made.writer.close()
