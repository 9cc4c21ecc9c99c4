"""What nobody answers ends by itself, for both projects, and is in nobody's way any more."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cloud_service import BLUE, RED, ROOT, code_of
from crossconnect.cloud.kinds.peering import VpcPeeringBody, VpcPeeringPatch
from crossconnect.cloud.kinds.vpc import VpcBody
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.service import Service, Settings
from crossconnect.cloud.store.database import Database

VPC, PEERING = KINDS["vpc"], KINDS["vpc_peering"]


class Clock:
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 27, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def days(self, count: float) -> None:
        self.now += timedelta(days=count)


def test_a_peering_that_nobody_accepts_expires_after_seven_days(url: str) -> None:
    """Input: two requests to a project, of which it accepts one; eight days. Output: the other one is expired, both
    projects are told by the feed, the VPC that asked can go, and an answer comes too late."""
    clock = Clock()

    async def story() -> None:
        service = await Service.open(url, KINDS, Settings(zones=("a",)), clock=clock)
        try:
            for project in ("red", "blue"):
                await service.create_project(ROOT, project)
            theirs = await service.create(VPC, BLUE, VpcBody(cidr_blocks=("10.9.0.0/16",)))
            asked: list[tuple[str, str]] = []
            for n in range(2):
                vpc = await service.create(VPC, RED, VpcBody(cidr_blocks=(f"10.{n}.0.0/16",)))
                body = VpcPeeringBody(
                    vpc_id=vpc.document.id, peer_vpc_id=theirs.document.id, peer_project_id="blue", tags={"mine": "1"}
                )
                asked.append((vpc.document.id, (await service.create(PEERING, RED, body)).document.id))
            (kept_vpc, kept), (void_vpc, void) = asked
            await service.update(PEERING, BLUE, kept, VpcPeeringPatch(status="active"))
            clock.days(6.9)
            before = (await service.position())[0]
            await service.clear_up()
            assert (await service.position())[0] == before
            assert await code_of(service.delete(VPC, RED, void_vpc)) == (409, "vpc.in-use")
            clock.days(1.1)
            await service.clear_up()
            for caller in (RED, BLUE):
                found = [(await service.get(PEERING, caller, id)).resource(PEERING.resource) for id in (kept, void)]
                assert [one.status for one in found] == ["active", "expired"]
                [commit] = (await service.changes(caller, before)).commits
                assert [(change.action, change.id) for change in commit.changes] == [("update", void)]
            assert found[1].tags == {}
            assert await code_of(service.update(PEERING, BLUE, void, VpcPeeringPatch(status="active"))) == (
                409,
                "vpc-peering.answered",
            )
            at = (await service.position())[0]
            await service.clear_up()
            assert (await service.position())[0] == at
            await service.delete(VPC, RED, void_vpc)
            assert await code_of(service.delete(VPC, RED, kept_vpc)) == (409, "vpc.in-use")
        finally:
            await service.close()

    asyncio.run(story())


def test_the_audit_record_is_kept_as_long_as_is_said(url: str) -> None:
    """Input: calls on three days, and thirty days to keep lines. Output: what is older goes, in order, and how far is
    told; the rest is there, and nobody deletes it."""
    clock = Clock()

    async def story() -> None:
        service = await Service.open(url, KINDS, Settings(zones=("a",), audit_days=30), clock=clock)
        try:
            await service.create_project(ROOT, "red")
            for days in (0, 10, 10):
                clock.days(days)
                for _ in range(3):
                    await service.create(VPC, RED, VpcBody(cidr_blocks=("10.0.0.0/16",)))
            lines = await service.audit(RED)
            assert len(lines) == 9
            await service.clear_up()
            assert len(await service.audit(RED)) == 9
            assert await service.audit_cleared() == 0
            clock.days(15)
            await service.clear_up()
            assert [line.number for line in await service.audit(RED)] == [line.number for line in lines[3:]]
            assert await service.audit_cleared() == lines[2].number
            await service.create(VPC, RED, VpcBody(cidr_blocks=("10.0.0.0/16",)))
            assert (await service.audit(RED))[-1].number > lines[-1].number
        finally:
            await service.close()

    asyncio.run(story())
    database = Database(url)
    with database.writing.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text("DELETE FROM audit"))
    database.close()
