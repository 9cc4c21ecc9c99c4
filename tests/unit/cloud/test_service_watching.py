"""What a reader of the changes is told of states, on either database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from sqlalchemy import Connection

from cloud_kinds import NETWORK, NetworkBody, NetworkPatch
from cloud_service import BLUE, RED, ROOT, served
from crossconnect.cloud.service import Feed, Service, States
from crossconnect.cloud.service.watching import STEP, Told, look

Watched = AsyncIterator[tuple[Feed, States | None]]


async def states(watched: Watched) -> States:
    """The next that a reader is told."""
    async with asyncio.timeout(60):
        while True:
            _, found = await anext(watched)
            if found is not None:
                return found


def told(found: States) -> set[tuple[str, int, str | None]]:
    return {(one.id, one.revision, one.reason) for one in found.resources}


def test_what_fails_and_is_mended_without_a_change_is_told(url: str) -> None:
    """Input: a network that fails because of others, for another reason, then no more; no commit is made meanwhile.
    Output: each is told at once."""

    async def story(service: Service) -> None:
        made = (await service.create(NETWORK, RED, NetworkBody(name="a"))).document
        watched = service.watch(RED, made.revision)
        assert (await states(watched)) == States(realised=0, resources=())
        await service.realised(made.revision, {})
        assert told(await states(watched)) == {(made.id, made.revision, None)}
        for reason in ("no room", "no room at all"):
            await service.realised(made.revision, {made.id: reason})
            assert told(await states(watched)) == {(made.id, made.revision, reason)}
        await service.realised(made.revision, {}, [made.id])
        assert told(await states(watched)) == {(made.id, made.revision, None)}

    served(url, story)


def test_a_reader_is_told_of_its_own_project_only(url: str) -> None:
    async def story(service: Service) -> None:
        red, blue, root = (service.watch(who, 0) for who in (RED, BLUE, ROOT))
        for one in (red, blue, root):
            await states(one)
        made = [(await service.create(NETWORK, who, NetworkBody())).document for who in (RED, BLUE)]
        await service.realised(made[1].revision, {made[1].id: "no room"})
        assert {one.id for one in (await states(red)).resources} == {made[0].id}
        assert {one.id for one in (await states(blue)).resources} == {made[1].id}
        seen: set[str] = set()
        while len(seen) < 2:
            seen |= {one.id for one in (await states(root)).resources}
        assert seen == {made[0].id, made[1].id}

    served(url, story)


def test_a_number_that_goes_back_is_told(url: str) -> None:
    """After the northbound database was lost everything is to be realised again."""

    async def story(service: Service) -> None:
        made = (await service.create(NETWORK, RED, NetworkBody())).document
        await service.realised(made.revision, {})
        watched = service.watch(RED, 0)
        assert (await states(watched)).realised == made.revision
        changed = await service.update(NETWORK, RED, made.id, NetworkPatch(name="b"))
        await service.realised(0, {})
        while (await states(watched)).realised:
            pass
        await service.realised(changed.revision, {})
        assert told(await states(watched)) == {(made.id, changed.revision, None)}

    served(url, story)


def test_many_commits_are_told_part_by_part(url: str) -> None:
    async def story(service: Service) -> None:
        made = [(await service.create(NETWORK, RED, NetworkBody())).document for _ in range(3)]
        numbers = [one.revision for one in made]

        def ask(connection: Connection) -> list[States | None]:
            known, found = Told(project_id="red", after=0), list[States | None]()
            for number in (0, *numbers):
                states, known = look(connection, known, number, numbers[-1])
                found.append(states)
                assert not known.behind
            far = numbers[-1] + STEP
            _, half = look(connection, Told(project_id="red", after=0), far, far)
            assert half.behind
            assert not look(connection, half, far, far)[1].behind
            return found

        first, *rest = await service._engine.read(ask)
        assert first == States(realised=0, resources=())
        assert [told(one) for one in rest if one is not None] == [{(d.id, d.revision, None)} for d in made]

    served(url, story)


def test_who_reads_what_is_realised_already_is_told_soon(url: str) -> None:
    """Input: a reader that is far behind, of whose commits all are realised: more than one read has. Output: it is told
    of each, without waiting for another."""

    async def story(service: Service) -> None:
        await service.set_quotas(ROOT, "red", {"network": 2_000})
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(service.create(NETWORK, RED, NetworkBody())) for _ in range(1_100)]
        ids = {task.result().document.id for task in tasks}
        await service.realised((await service.position())[0], {})
        seen: set[str] = set()
        watched = service.watch(RED, 0, heartbeat_s=3600.0)
        while seen != ids:
            seen |= {one.id for one in (await states(watched)).resources}

    served(url, story)
