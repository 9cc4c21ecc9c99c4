"""One project tries another's ids wherever an id can be said: the answer is that of an id that never was, and the audit
record knows better."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from cloud_kinds import (
    LETTER,
    NETWORK,
    PORT,
    Letter,
    LetterBody,
    LetterPatch,
    NetworkBody,
    NetworkPatch,
    PortBody,
    PortPatch,
)
from cloud_service import BLUE, RED, ROOT, code_of, refused, served, written_down
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.service import Caller, Query, Service

Attempt = Callable[[Service, str, str], Awaitable[object]]
"""With red's network and port, or others that never were."""

ATTEMPTS: dict[str, Attempt] = {
    "get": lambda s, network, port: s.get(NETWORK, BLUE, network),
    "uses": lambda s, network, port: s.uses(NETWORK, BLUE, network),
    "update": lambda s, network, port: s.update(NETWORK, BLUE, network, NetworkPatch(name="mine")),
    "update at its revision": lambda s, network, port: s.update(
        NETWORK, BLUE, network, NetworkPatch(name="mine"), if_match=1
    ),
    "update, dry": lambda s, network, port: s.update(NETWORK, BLUE, network, NetworkPatch(name="mine"), dry_run=True),
    "delete": lambda s, network, port: s.delete(PORT, BLUE, port),
    "delete what is used": lambda s, network, port: s.delete(NETWORK, BLUE, network),
    "create in it": lambda s, network, port: s.create(PORT, BLUE, PortBody(network_id=network)),
    "get a port as a network": lambda s, network, port: s.get(NETWORK, BLUE, port),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_anothers_id_is_as_none(url: str, name: str) -> None:
    async def story(service: Service) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody())).document.id
        port = (await service.create(PORT, RED, PortBody(network_id=network))).document.id
        before = await service.snapshot()
        real = await refused(ATTEMPTS[name](service, network, port))
        nobodys = {network: "net-" + "0" * 17, port: "port-" + "0" * 17}
        unreal = await refused(ATTEMPTS[name](service, nobodys[network], nobodys[port]))
        told = _text(real)
        for id, other in nobodys.items():
            told = told.replace(id, other)
        assert told == _text(unreal)
        assert await service.snapshot() == before
        lines = await _audit(service, BLUE)
        assert [(line.status, line.foreign) for line in lines] == [(real.status, True), (real.status, False)]

    served(url, story)


def test_anothers_id_as_a_reference_is_as_none(url: str) -> None:
    async def story(service: Service) -> None:
        theirs = (await service.create(NETWORK, RED, NetworkBody())).document.id
        port = (await service.create(PORT, RED, PortBody(network_id=theirs))).document.id
        own = (await service.create(NETWORK, BLUE, NetworkBody())).document.id
        body = PortBody(network_id=own, peer_ids=(port,))
        assert await code_of(service.create(PORT, BLUE, body)) == (404, "port.not-found")
        mine = (await service.create(PORT, BLUE, PortBody(network_id=own))).document.id
        patch = PortPatch(peer_ids=(port,))
        assert await code_of(service.update(PORT, BLUE, mine, patch)) == (404, "port.not-found")
        assert [line.foreign for line in await _audit(service, BLUE)] == [False, True, False, True]

    served(url, story)


def test_filters_and_markers_find_nothing_of_another(url: str) -> None:
    async def story(service: Service) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody(name="n", tags={"a": "b"}))).document.id
        port = (await service.create(PORT, RED, PortBody(network_id=network))).document.id
        own = (await service.create(NETWORK, BLUE, NetworkBody())).document.id
        for query in (
            Query(filters={"network_id": [network]}),
            Query(filters={"id": [port]}),
            Query(filters={"address": ["0"]}),
            Query(marker=port),
        ):
            assert (await service.list(PORT, BLUE, query)).documents == ()
        for query in (Query(filters={"name": ["n"]}), Query(tags={"a": []}), Query(tags={"a": ["b"]})):
            assert (await service.list(NETWORK, BLUE, query)).documents == ()
        everything = await service.list(NETWORK, BLUE, Query())
        assert [document.id for document in everything.documents] == [own]
        lines = [line.foreign for line in await _audit(service, BLUE) if line.action == "list" and line.kind == "port"]
        assert lines == [True, True, False, True]

    served(url, story)


def test_a_token_of_another_project_is_not_answered(url: str) -> None:
    async def story(service: Service) -> None:
        theirs = await service.create(NETWORK, RED, NetworkBody(name="secret"), token="t")
        mine = await service.create(NETWORK, BLUE, NetworkBody(name="secret"), token="t")
        assert not mine.replayed
        assert mine.document.id != theirs.document.id

    served(url, story)


def test_the_feed_and_the_audit_record_are_of_one_project(url: str) -> None:
    async def story(service: Service) -> None:
        await service.create(NETWORK, RED, NetworkBody())
        mine = await service.create(NETWORK, BLUE, NetworkBody())
        found = await service.changes(BLUE, 0)
        assert [(c.number, [x.id for x in c.changes]) for c in found.commits] == [(2, [mine.document.id])]
        assert {line.project_id for line in await _audit(service, BLUE)} == {"blue"}
        nobody = Caller(principal="x", project_id="")
        assert await code_of(service.changes(nobody, 0)) == (403, "caller.not-admin")
        assert await code_of(service.audit(nobody)) == (403, "caller.not-admin")

    served(url, story)


def test_what_is_shared_is_seen_by_who_it_is_shared_with(url: str) -> None:
    async def story(service: Service) -> None:
        mine = (await service.create(NETWORK, RED, NetworkBody())).document.id
        theirs = (await service.create(NETWORK, BLUE, NetworkBody())).document.id
        letter = await service.create(LETTER, RED, LetterBody(network_id=mine, to_network_id=theirs))
        id = letter.document.id
        assert (await service.get(LETTER, BLUE, id)).raw == letter.document.raw
        for caller in (RED, BLUE):
            page = await service.list(LETTER, caller, Query(filters={"to_network_id": [theirs]}))
            assert [document.id for document in page.documents] == [id]
            assert [x.id for c in (await service.changes(caller, letter.revision - 1)).commits for x in c.changes] == [
                id
            ]
        green = msgspec.structs.replace(BLUE, project_id="green")
        await service.create_project(ROOT, "green")
        assert await code_of(service.get(LETTER, green, id)) == (404, "letter.not-found")
        assert (await service.list(LETTER, green, Query())).documents == ()
        assert await code_of(service.update(LETTER, RED, id, LetterPatch(read=True))) == (403, "letter.not-yours")
        read = await service.update(LETTER, BLUE, id, LetterPatch(read=True))
        after = read.document.resource(Letter)
        assert (after.read, after.project_id, after.network_id) == (True, "red", mine)
        # What stands in the way is counted, but its id is told to its project only.
        own = await refused(service.delete(NETWORK, RED, mine))
        assert [(use.kind, use.id) for use in own.uses] == [("letter", id)]
        other = await refused(service.delete(NETWORK, BLUE, theirs))
        assert [(use.kind, use.id) for use in other.uses] == [("letter", "")]
        await service.delete(LETTER, BLUE, id)
        assert await code_of(service.get(LETTER, RED, id)) == (404, "letter.not-found")
        assert (await service.quotas(RED))["letter"][0] == 0

    served(url, story)


def test_what_is_public_is_seen_by_all_and_changed_by_its_own(url: str) -> None:
    async def story(service: Service) -> None:
        public = (
            await service.create(NETWORK, RED, NetworkBody(public=True, size=1, name="p", tags={"t": "v"}))
        ).document.id
        own = (await service.create(NETWORK, BLUE, NetworkBody())).document.id
        page = await service.list(NETWORK, BLUE, Query())
        assert [document.id for document in page.documents] == sorted((public, own))
        first = await service.list(NETWORK, BLUE, Query(limit=1))
        second = await service.list(NETWORK, BLUE, Query(limit=1, marker=first.next))
        assert [d.id for p in (first, second) for d in p.documents] == sorted((public, own))
        assert not second.next
        await service.create(PORT, BLUE, PortBody(network_id=public))
        for query in (Query(filters={"public": ["true"]}), Query(filters={"name": ["p"]}), Query(tags={"t": []})):
            assert [document.id for document in (await service.list(NETWORK, BLUE, query)).documents] == [public]
        assert (await service.list(NETWORK, BLUE, Query(tags={"t": ["w"]}))).documents == ()
        assert await code_of(service.create(PORT, RED, PortBody(network_id=public))) == (409, "network.full")

    served(url, story)


def test_ids_that_are_no_ids_are_not_found(url: str) -> None:
    async def story(service: Service) -> None:
        for id in ("", "\x00", "net-", "net-" + "0" * 18, "'; drop table documents", "net-\ud800", "n" * 100_000, "é"):
            for call in (
                service.get(NETWORK, RED, id),
                service.delete(NETWORK, RED, id),
                service.update(NETWORK, RED, id, NetworkPatch(name="x")),
            ):
                assert await code_of(call) == (404, "network.not-found")

    served(url, story)


def _text(refusal: Refused) -> str:
    return repr((refusal.status, refusal.problems, refusal.uses))


async def _audit(service: Service, caller: Caller) -> list:
    """A project's lines, when those without a command have been written, too."""
    await written_down(service)
    return [line for line in await service.audit(caller) if line.principal == caller.principal]
