"""Waiting until hypervisors have installed a change, with real databases and northd: it waits for those that the change
concerns, not for one that is dead elsewhere, and says who was missing. Chassis are played by a test: one that lives
says of every number that it has taken it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from cloud_stand import flat_region
from crossconnect.cloud.kinds.elastic_ip import ElasticIpBody, ElasticIpPatch
from crossconnect.cloud.kinds.gateways import InternetGatewayBody
from crossconnect.cloud.kinds.network_interface import NetworkInterfaceBody
from crossconnect.cloud.kinds.peering import VpcPeeringBody
from crossconnect.cloud.kinds.prefix_list import PrefixListBody, PrefixListEntry
from crossconnect.cloud.kinds.security_group import SecurityGroupBody
from crossconnect.cloud.kinds.subnet import SubnetBody
from crossconnect.cloud.kinds.vpc import VpcBody
from crossconnect.cloud.realise import ALL, NORTHD, Options
from crossconnect.cloud.realise.following import Following, compilers
from crossconnect.cloud.realise.installing import binding_of
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Body, Patch
from crossconnect.cloud.service import Caller, Service, Settings
from crossconnect.transport.ovsdb import Backoff, Chosen, Session
from crossconnect.transport.ovsdb import Options as SessionOptions
from crossconnect.transport.ovsdb.large_set import LargeSet, changed
from ovn_central import VERSIONS, Central, central, needs_ovn

pytestmark = needs_ovn
ROOT = Caller(principal="root", project_id="", admin=True)
RED = Caller(principal="ruth", project_id="red")
CHASSIS = ("hv1", "hv2", "hv3", "gw1", "gw2")
QUICK = SessionOptions(backoff=Backoff(0.02, 0.2))
SHORT_S = 1.5
"""Longer than northd and living chassis need on a machine that does nothing else."""
PATIENCE_S = 120.0
"""Longer than they need on any machine, and longer than northd of 26.03.1 needs to be started again."""


@pytest.fixture(params=VERSIONS)
def box(request: pytest.FixtureRequest) -> Iterator[Central]:
    with central(request.param) as made:
        made.chassis(*CHASSIS)
        private = [{"op": "insert", "table": "Chassis_Private", "row": {"name": name}} for name in CHASSIS]
        made.transact(private, "Southbound")
        yield made


class Scene:
    """A project's service, followed, and chassis of which some are dead."""

    def __init__(self, box: Central, service: Service, following: Following, southbound: Session) -> None:
        self.box, self.service, self.following = box, service, following
        self.dead: set[str] = set()
        self._southbound = southbound

    async def play(self) -> None:
        """Living chassis take each number at once."""
        replica = self._southbound.replica(lambda _: {"SB_Global": Chosen(("nb_cfg",))})
        changes = replica.changes()
        await replica.loaded()
        while True:
            number = next(iter(replica.rows("SB_Global").values()))["nb_cfg"]
            for name in sorted({*CHASSIS} - self.dead):
                where = [["name", "==", name]]
                taken = {"op": "update", "table": "Chassis_Private", "where": where, "row": {"nb_cfg": number}}
                await self._southbound.transact([taken])
            await anext(changes)

    async def make(self, kind: str, body: Body) -> str:
        """Create something, and wait until it is written."""
        made = await self.service.create(KINDS[kind], RED, body)
        await self.following.realiser.wait(made.revision, timeout_s=PATIENCE_S)
        return made.document.id

    async def lacking(self, number: int) -> tuple[str, ...]:
        """Who has not installed a change, though all who live have had their time. Who is dead is not waited for by a
        clock, but until somebody else is not missing any more: northd, or who lives, may need any time."""
        until = asyncio.get_running_loop().time() + PATIENCE_S
        while True:
            found = await self.following.lacking(number, SHORT_S)
            if {*found} <= self.dead or (found == (ALL,) and self.dead) or asyncio.get_running_loop().time() > until:
                return found

    async def create(self, kind: str, body: Body) -> tuple[str, ...]:
        """Create something; who has not installed it."""
        return await self.lacking((await self.service.create(KINDS[kind], RED, body)).revision)

    async def update(self, kind: str, id: str, patch: Patch) -> tuple[str, ...]:
        """Change something; who has not installed that."""
        return await self.lacking((await self.service.update(KINDS[kind], RED, id, patch)).revision)

    async def delete(self, kind: str, id: str) -> tuple[str, ...]:
        """Delete something; who has not forgotten it."""
        return await self.lacking((await self.service.delete(KINDS[kind], RED, id)).revision)

    async def network(self, block: str, *chassis: str) -> tuple[str, str, list[str]]:
        """A VPC with a subnet, and an interface plugged in at each of some chassis."""
        vpc = await self.make("vpc", VpcBody(cidr_blocks=(f"{block}.0.0/16",)))
        subnet = await self.make("subnet", SubnetBody(vpc_id=vpc, cidr_block=f"{block}.1.0/24"))
        interfaces = [await self.make("network_interface", NetworkInterfaceBody(subnet_id=subnet)) for _ in chassis]
        await self.following.realiser.wait(self.following.realiser.number, "southbound", PATIENCE_S)
        await asyncio.to_thread(self.box.bind, dict(zip(interfaces, chassis, strict=True)))
        return vpc, subnet, interfaces


@contextlib.asynccontextmanager
async def scene(box: Central, tmp_path: Path, *, southbound: bool = True) -> AsyncIterator[Scene]:
    settings = Settings(zones=("east", "west"), public_prefixes=("203.0.113.0/24",))
    service = await Service.open(str(tmp_path / "cloud.db"), KINDS, settings)
    await service.create_project(ROOT, "red")
    async with (
        asyncio.timeout(500),
        Session(f"unix:{box.directory}/nb.sock", "OVN_Northbound", QUICK) as north,
        Session(f"unix:{box.directory}/sb.sock", "OVN_Southbound", QUICK) as south,
        Session(f"unix:{box.directory}/sb.sock", "OVN_Southbound", QUICK) as own,
        Following(
            service,
            KINDS,
            north,
            compilers(flat_region(), southbound=southbound),
            "one",
            Options(backoff=Backoff(0.02, 0.2)),
            southbound=south if southbound else None,
        ) as following,
    ):
        made = Scene(box, service, following, own)
        playing = asyncio.create_task(made.play())
        try:
            yield made
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
    await service.close()


def story(box: Central, tmp_path: Path, work: Callable[[Scene], Awaitable[None]], *, southbound: bool = True) -> None:
    async def run() -> None:
        async with scene(box, tmp_path, southbound=southbound) as made:
            await work(made)

    asyncio.run(run())


def test_a_dead_hypervisor_keeps_only_those_waiting_who_have_machines_there(box: Central, tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        here, _, _ = await scene.network("10.1", "hv1", "hv2")
        there, _, _ = await scene.network("10.2", "hv2", "hv3")
        scene.dead = {"hv3"}
        assert await scene.create("security_group", SecurityGroupBody(vpc_id=here)) == ()
        assert await scene.create("subnet", SubnetBody(vpc_id=here, cidr_block="10.1.2.0/24")) == ()
        assert await scene.create("security_group", SecurityGroupBody(vpc_id=there)) == ("hv3",)
        scene.dead = {"hv1", "hv2", "hv3"}
        assert await scene.create("subnet", SubnetBody(vpc_id=there, cidr_block="10.2.2.0/24")) == ("hv2", "hv3")
        # Nobody has machines there, so nobody has to know.
        assert await scene.create("vpc", VpcBody(cidr_blocks=("10.3.0.0/16",))) == ()
        # Who can say where a list is read?
        entries = (PrefixListEntry(cidr="10.9.0.0/16"),)
        listed = PrefixListBody(name="many", max_entries=5, entries=entries)
        assert await scene.create("prefix_list", listed) == ("hv1", "hv2", "hv3")

    story(box, tmp_path, work)


def test_vpcs_that_are_connected_are_concerned_together_and_after_it_is_over(box: Central, tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        here, _, _ = await scene.network("10.1", "hv1")
        there, subnet, (machine,) = await scene.network("10.2", "hv3")
        scene.dead = {"hv3"}
        made = await scene.service.create(KINDS["vpc_peering"], RED, VpcPeeringBody(vpc_id=here, peer_vpc_id=there))
        assert await scene.lacking(made.revision) == ("hv3",)
        assert await scene.create("security_group", SecurityGroupBody(vpc_id=here)) == ("hv3",)
        assert await scene.delete("vpc_peering", made.document.id) == ("hv3",)
        # It has the machine's flows still, though no port is there any more.
        assert await scene.delete("network_interface", machine) == ("hv3",)
        assert await scene.delete("subnet", subnet) == ("hv3",)
        scene.dead = set()
        assert await scene.create("security_group", SecurityGroupBody(vpc_id=there)) == ()

    story(box, tmp_path, work)


def test_gateway_nodes_are_concerned_by_what_is_behind_them(box: Central, tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        outside, _, (first,) = await scene.network("10.1", "hv1")
        inside, _, _ = await scene.network("10.2", "hv2")
        scene.dead = {"gw2", "hv2"}
        assert await scene.create("internet_gateway", InternetGatewayBody(vpc_id=outside)) == ("gw2",)
        address = await scene.make("elastic_ip", ElasticIpBody())
        assert await scene.update("elastic_ip", address, ElasticIpPatch(network_interface_id=first)) == ("gw2",)
        # Taken away, it is felt where it was.
        assert await scene.update("elastic_ip", address, ElasticIpPatch(network_interface_id="")) == ("gw2",)
        scene.dead = {"gw2"}
        assert await scene.create("security_group", SecurityGroupBody(vpc_id=inside)) == ()

    story(box, tmp_path, work)


def test_a_chassis_that_is_registered_no_more_and_one_that_takes_it_later(box: Central, tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        here, _, _ = await scene.network("10.1", "hv1", "hv2")
        scene.dead = {"hv1", "hv2"}
        made = await scene.service.create(KINDS["security_group"], RED, SecurityGroupBody(vpc_id=here))
        waiting = asyncio.create_task(scene.following.lacking(made.revision, PATIENCE_S))
        await asyncio.sleep(SHORT_S)
        assert not waiting.done()
        await asyncio.to_thread(box.sbctl, "chassis-del", "hv2")
        scene.dead = set()
        await asyncio.to_thread(box.nbctl, "--wait=sb", "sync")  # so that the chassis are told something
        assert await waiting == ()

    story(box, tmp_path, work)


def test_without_the_southbound_database_it_cannot_be_told_who_is_missing(box: Central, tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        here, _, _ = await scene.network("10.1", "hv1")
        assert await scene.create("security_group", SecurityGroupBody(vpc_id=here)) == ()
        scene.dead = {"hv3"}
        assert await scene.create("security_group", SecurityGroupBody(vpc_id=here)) == (ALL,)

    story(box, tmp_path, work, southbound=False)


def test_what_was_before_concerns_all_and_northd_may_be_what_is_missing(box: Central, tmp_path: Path) -> None:
    async def work(scene: Scene) -> None:
        here, _, _ = await scene.network("10.2", "hv1")
        # What was changed before this process began concerns all.
        scene.dead = {"hv3"}
        assert await scene.lacking(0) == ("hv3",)
        box.stop()
        made = await scene.service.create(KINDS["security_group"], RED, SecurityGroupBody(vpc_id=here))
        assert await scene.following.lacking(made.revision, SHORT_S) == (NORTHD,)

    story(box, tmp_path, work)


def test_a_port_with_hundreds_of_addresses_has_all_of_them() -> None:
    """Input: a gateway port's row, as it is after one elastic IP more. Output: its addresses, each of them."""
    many = frozenset(f"0a:00:00:00:00:01 203.0.113.{n} 2001:db8::{n}" for n in range(300))
    addresses = changed(many, frozenset({"one more"}))
    assert isinstance(addresses, LargeSet)
    row = {"logical_port": "p", "datapath": "d", "options": {}, "ha_chassis_group": None, "nat_addresses": addresses}
    assert binding_of(row).nat_addresses == many | {"one more"}
