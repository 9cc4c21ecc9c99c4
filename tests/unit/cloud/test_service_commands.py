"""Commands of one tenant. Input: requests, one after the other. Output: outcomes and refusals as the API sends them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cloud_kinds import NETWORK, PORT, Network, NetworkBody, NetworkPatch, Port, PortBody, PortPatch
from cloud_service import BLUE, RED, ROOT, code_of, refused, served
from crossconnect.cloud.kinds.route_table import RouteTable, RouteTablePatch
from crossconnect.cloud.kinds.vpc import Vpc, VpcBody
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Change
from crossconnect.cloud.service import Query, Service, Settings
from crossconnect.cloud.view import Context, born


def test_a_resource_is_made_read_changed_and_deleted(url: str) -> None:
    async def story(service: Service) -> None:
        made = await service.create(NETWORK, RED, NetworkBody(name="Δίκτυο 网络", tags={"env": "prod"}, size=8))
        assert made.revision == made.document.revision == 1
        got = await service.get(NETWORK, RED, made.document.id)
        assert got == made.document
        network = got.resource(Network)
        assert (network.name, network.size, network.state, network.project_id) == ("Δίκτυο 网络", 8, "pending", "red")
        assert network == made.resource
        changed = await service.update(
            NETWORK, RED, network.id, NetworkPatch(description="x", tags={}, size=9), if_match=1
        )
        after = changed.document.resource(Network)
        assert (after.description, after.tags, after.size, after.name) == ("x", {}, 9, network.name)
        assert (after.revision, after.created_at) == (2, network.created_at)
        gone = await service.delete(NETWORK, RED, network.id, if_match=2)
        assert (gone.revision, gone.document.state, gone.effects[0].cuts) == (3, "deleting", True)
        assert await code_of(service.get(NETWORK, RED, network.id)) == (404, "network.not-found")
        assert (await service.list(NETWORK, RED, Query())).documents == ()

    served(url, story)


def test_times_are_those_of_the_clock_and_of_the_change(url: str) -> None:
    moment = [datetime(2026, 1, 1, tzinfo=UTC)]

    async def story(service: Service) -> None:
        made = await service.create(NETWORK, RED, NetworkBody())
        moment[0] += timedelta(seconds=1.5)
        changed = await service.update(NETWORK, RED, made.document.id, NetworkPatch(name="n"))
        network = changed.document.resource(Network)
        assert network.created_at == "2026-01-01T00:00:00.000Z"
        assert network.updated_at == "2026-01-01T00:00:01.500Z"

    served(url, story, clock=lambda: moment[0])


def test_a_patch_that_says_what_is_so_changes_nothing(url: str) -> None:
    async def story(service: Service) -> None:
        made = await service.create(NETWORK, RED, NetworkBody(name="n"))
        await service.realised(1, {})
        same = await service.update(NETWORK, RED, made.document.id, NetworkPatch(name="n", size=16))
        assert (same.revision, same.changed, same.document.state) == (1, (), "available")
        assert same.document.resource(Network).updated_at == made.document.resource(Network).updated_at
        assert await service.position() == (1, 1)

    served(url, story)


def test_another_revision_than_expected_is_refused(url: str) -> None:
    async def story(service: Service) -> None:
        id = (await service.create(NETWORK, RED, NetworkBody())).document.id
        await service.update(NETWORK, RED, id, NetworkPatch(size=3))
        update = service.update(NETWORK, RED, id, NetworkPatch(size=4), if_match=1)
        assert await code_of(update) == (412, "precondition.failed")
        assert await code_of(service.delete(NETWORK, RED, id, if_match=1)) == (412, "precondition.failed")
        assert (await service.get(NETWORK, RED, id)).resource(Network).size == 3

    served(url, story)


def test_a_token_makes_a_command_happen_once(url: str) -> None:
    moment = [datetime(2026, 1, 1, tzinfo=UTC)]

    async def story(service: Service) -> None:
        first = await service.create(NETWORK, RED, NetworkBody(size=4), token="t")
        again = await service.create(NETWORK, RED, NetworkBody(size=4), token="t")
        assert again.replayed
        assert not first.replayed
        assert (again.document, again.revision, again.changed) == (first.document, first.revision, first.changed)
        other = service.create(NETWORK, RED, NetworkBody(size=5), token="t")
        assert await code_of(other) == (409, "idempotency.mismatch")
        kind = service.create(PORT, RED, PortBody(network_id=first.document.id), token="t")
        assert await code_of(kind) == (409, "idempotency.mismatch")
        theirs = await service.create(NETWORK, BLUE, NetworkBody(size=5), token="t")
        assert not theirs.replayed
        await service.realised(theirs.revision, {})
        assert (await service.create(NETWORK, RED, NetworkBody(size=4), token="t")).document.state == "available"
        moment[0] += timedelta(hours=24)
        later = await service.create(NETWORK, RED, NetworkBody(size=5), token="t")
        assert not later.replayed
        assert await code_of(service.create(NETWORK, RED, NetworkBody(), token="a b")) == (400, "idempotency.malformed")

    served(url, story, clock=lambda: moment[0])


def test_a_refused_command_leaves_its_token_unused(url: str) -> None:
    async def story(service: Service) -> None:
        assert await code_of(service.create(NETWORK, RED, NetworkBody(size=0), token="t")) == (422, "network.size")
        assert not (await service.create(NETWORK, RED, NetworkBody(size=1), token="t")).replayed

    served(url, story)


def test_a_dry_run_says_what_would_be_and_leaves_nothing(url: str) -> None:
    async def story(service: Service) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody(size=1))).document.id
        dry = await service.create(PORT, RED, PortBody(network_id=network), token="t", dry_run=True)
        assert dry.dry_run
        assert dry.revision == 2
        assert await code_of(service.get(PORT, RED, dry.document.id)) == (404, "port.not-found")
        port = await service.create(PORT, RED, PortBody(network_id=network), token="t")
        assert port.revision == 2
        assert not port.replayed
        full = service.create(PORT, RED, PortBody(network_id=network), dry_run=True)
        assert await code_of(full) == (409, "network.full")
        gone = await service.delete(PORT, RED, port.document.id, dry_run=True)
        assert gone.dry_run
        assert gone.document.state == "deleting"
        assert await service.get(PORT, RED, port.document.id) == port.document

    served(url, story)


def test_what_is_used_is_not_deleted_and_what_uses_it_is_said(url: str) -> None:
    async def story(service: Service) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody())).document.id
        ports = [(await service.create(PORT, RED, PortBody(network_id=network))).document.id for _ in range(3)]
        caught = await refused(service.delete(NETWORK, RED, network))
        assert (caught.status, caught.problems[0].code) == (409, "network.in-use")
        assert caught.problems[0].message == f"{network} is still used by 3 ports"
        assert sorted(use.id for use in caught.uses) == sorted(ports)
        assert sorted(use.id for use in await service.uses(NETWORK, RED, network)) == sorted(ports)
        for port in ports:
            await service.delete(PORT, RED, port)
        await service.delete(NETWORK, RED, network)

    served(url, story)


def test_what_is_owned_goes_with_its_owner(url: str) -> None:
    async def story(service: Service) -> None:
        outer = (await service.create(NETWORK, RED, NetworkBody())).document.id
        inner = (await service.create(NETWORK, RED, NetworkBody())).document.id
        port = (await service.create(PORT, RED, PortBody(network_id=outer, owner_id=inner))).document.id
        gone = await service.delete(NETWORK, RED, inner)
        assert sorted(gone.changed) == sorted((inner, port))
        assert await code_of(service.get(PORT, RED, port)) == (404, "port.not-found")
        again = await service.create(PORT, RED, PortBody(network_id=outer, address=0))
        assert again.document.id != port  # its address is free

    served(url, story)


def test_references_are_to_what_exists(url: str) -> None:
    async def story(service: Service) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody())).document.id
        nobody = "port-" + "0" * 17
        caught = await refused(service.create(PORT, RED, PortBody(network_id=network, peer_ids=(nobody,))))
        assert (caught.status, caught.problems[0].code, caught.problems[0].field) == (
            404,
            "port.not-found",
            "/peer_ids/0",
        )
        first = (await service.create(PORT, RED, PortBody(network_id=network))).document.id
        second = (await service.create(PORT, RED, PortBody(network_id=network, peer_ids=(first,)))).document.id
        patch = service.update(PORT, RED, second, PortPatch(peer_ids=(first, "nonsense")))
        assert await code_of(patch) == (404, "resource.not-found")
        assert await code_of(service.delete(PORT, RED, first)) == (409, "port.in-use")
        await service.update(PORT, RED, second, PortPatch(peer_ids=()))
        await service.delete(PORT, RED, first)

    served(url, story)


def test_an_address_moves_with_its_port_and_is_nobody_elses(url: str) -> None:
    async def story(service: Service) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody(size=3))).document.id
        ports = [(await service.create(PORT, RED, PortBody(network_id=network))).document.id for _ in range(2)]
        assert await code_of(service.update(PORT, RED, ports[0], PortPatch(address=1))) == (409, "address.taken")
        await service.update(PORT, RED, ports[0], PortPatch(address=2))
        await service.create(PORT, RED, PortBody(network_id=network, address=0))
        assert await code_of(service.create(PORT, RED, PortBody(network_id=network))) == (409, "network.full")

    served(url, story)


def test_quotas_hold(url: str) -> None:
    async def story(service: Service) -> None:
        await service.set_quotas(ROOT, "red", {"network": 2})
        for _ in range(2):
            await service.create(NETWORK, RED, NetworkBody())
        assert await code_of(service.create(NETWORK, RED, NetworkBody())) == (409, "quota.exceeded")
        assert (await service.quotas(RED))["network"] == (2, 2)
        await service.create(NETWORK, BLUE, NetworkBody())
        first = (await service.list(NETWORK, RED, Query())).documents[0].id
        await service.delete(NETWORK, RED, first)
        await service.create(NETWORK, RED, NetworkBody())

    served(url, story)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (NetworkBody(name="a\x00b"), "text.control-character", "/name"),
        (NetworkBody(name="\ud800"), "text.control-character", "/name"),
        (NetworkBody(description="line\nbreak"), "text.control-character", "/description"),
        (NetworkBody(name="safe\u202egpj.exe"), "text.control-character", "/name"),
        (NetworkBody(name="n" * 256), "text.too-long", "/name"),
        (NetworkBody(tags={"k" * 129: ""}), "text.too-long", "/tags/" + "k" * 128),
        (NetworkBody(tags={"a/b": "v" * 257}), "text.too-long", "/tags/a~1b"),
        (NetworkBody(tags={"": "v"}), "tags.no-key", "/tags/"),
        (NetworkBody(tags={str(n): "" for n in range(51)}), "tags.too-many", "/tags"),
        (PortBody(network_id="\x00"), "text.control-character", "/network_id"),
        (PortBody(network_id="x", peer_ids=("y" * 256,)), "text.too-long", "/peer_ids/0"),
    ],
)
def test_texts_that_are_not_to_be_stored(body: NetworkBody | PortBody, code: str, field: str, tmp_path) -> None:
    kind = NETWORK if isinstance(body, NetworkBody) else PORT

    async def story(service: Service) -> None:
        caught = await refused(service.create(kind, RED, body))
        assert (caught.status, caught.problems[0].code, caught.problems[0].field) == (422, code, field)

    served(str(tmp_path / "cloud.db"), story)


def test_a_project_that_does_not_exist_has_no_resources(url: str) -> None:
    async def story(service: Service) -> None:
        green = msgspec.structs.replace(RED, project_id="green")
        assert await code_of(service.create(NETWORK, green, NetworkBody())) == (404, "project.not-found")
        assert (await service.list(NETWORK, green, Query())).documents == ()

    served(url, story)


def test_a_page_after_the_other_has_all_in_the_order_of_ids(url: str) -> None:
    async def story(service: Service) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody(size=64))).document.id
        made = {(await service.create(PORT, RED, PortBody(network_id=network))).document.id for _ in range(25)}
        seen: list[str] = []
        marker = ""
        while True:
            page = await service.list(PORT, RED, Query(limit=10, marker=marker))
            seen += [document.id for document in page.documents]
            if not (marker := page.next):
                break
        assert seen == sorted(made)

    served(url, story)


def test_lists_are_filtered(url: str) -> None:
    async def story(service: Service) -> None:
        one, two = [(await service.create(NETWORK, RED, NetworkBody(name=n))).document.id for n in ("one", "two")]
        a = (await service.create(PORT, RED, PortBody(network_id=one, tags={"env": "prod", "x": ""}))).document.id
        b = (await service.create(PORT, RED, PortBody(network_id=one, tags={"env": "test"}))).document.id
        c = (await service.create(PORT, RED, PortBody(network_id=two, peer_ids=(a, b), name="c"))).document.id

        async def ports(**query: object) -> set[str]:
            page = await service.list(PORT, RED, Query(**query))  # type: ignore[arg-type]
            return {document.id for document in page.documents}

        assert await ports(filters={"network_id": [one]}) == {a, b}
        assert await ports(filters={"network_id": [one, two], "peer_ids": [b]}) == {c}
        assert await ports(filters={"name": ["c", "d"]}) == {c}
        assert await ports(filters={"id": [a, c]}) == {a, c}
        assert await ports(filters={"id": []}) == await ports(filters={"name": []}) == set()
        assert await ports(filters={"address": ["1"]}) == {b}
        assert await ports(tags={"env": ["prod", "test"]}) == {a, b}
        assert await ports(tags={"x": []}) == {a}
        assert await ports(tags={"env": ["prod"], "x": [""]}) == {a}
        await service.update(PORT, RED, a, PortPatch(tags={"env": "dev"}, name="c"))
        assert await ports(tags={"env": ["prod"]}) == set()
        assert await ports(filters={"name": ["c"]}) == {a, c}
        for query, code in [
            (Query(filters={"colour": ["red"]}), "filter.unknown"),
            (Query(filters={"project_id": ["blue"]}), "filter.unknown"),
            (Query(filters={"name": ["\x00"]}), "filter.malformed"),
            (Query(filters={"name": ["n"] * 201}), "filter.too-many"),
            (Query(limit=0), "limit.range"),
            (Query(limit=1001), "limit.range"),
            (Query(marker="'"), "marker.malformed"),
        ]:
            assert await code_of(service.list(PORT, RED, query)) == (400, code)

    served(url, story)


def test_a_vpc_comes_and_goes_with_what_it_owns(url: str) -> None:
    async def run() -> None:
        service = await Service.open(url, KINDS, Settings(zones=("a",)))
        await service.create_project(ROOT, "red")
        vpc, table = KINDS["vpc"], KINDS["route_table"]
        made = await service.create(vpc, RED, VpcBody(cidr_blocks=("10.0.0.0/16",)), token="1")
        assert len(made.changed) == 7
        assert (await service.list(vpc, RED, Query(filters={"cidr_blocks": ["10.0.0.0/16"]}))).documents
        # A route table is shown with what follows from its VPC; that is not stored.
        main = made.document.resource(Vpc).main_route_table_id
        shown = [await service.get(table, RED, main), (await service.list(table, RED, Query())).documents[0]]
        for document in shown:
            assert [(r.destination, r.target) for r in document.resource(RouteTable).routes] == [
                ("10.0.0.0/16", "local")
            ]
        named = await service.update(table, RED, main, RouteTablePatch(name="m"))
        assert [route.origin for route in named.document.resource(RouteTable).routes] == ["local"]
        feed = (await service.changes(RED, named.revision - 1)).commits[0].changes[0]
        assert b'"routes":[]' in feed.raw
        gone = await service.delete(vpc, RED, made.document.id)
        assert sorted(gone.changed) == sorted(made.changed)
        assert await service.quotas(RED) == {name: (0, kind.quota) for name, kind in KINDS.items()}
        await service.close()

    asyncio.run(run())


def test_what_takes_its_time_to_go_is_shown_as_deleting(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossconnect.cloud.service.questions.LINGERING", {"port"})

    async def story(service: Service) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody())).document.id
        port = (await service.create(PORT, RED, PortBody(network_id=network, name="p"))).document.id
        gone = await service.delete(PORT, RED, port)
        left = await service.get(PORT, RED, port)
        assert (left.state, left.resource(Port).name) == ("deleting", "p")
        assert await code_of(service.get(PORT, BLUE, port)) == (404, "port.not-found")
        assert await code_of(service.delete(PORT, RED, port)) == (404, "port.not-found")
        assert (await service.list(PORT, RED, Query())).documents == ()
        await service.delete(NETWORK, RED, network)
        assert await code_of(service.get(NETWORK, RED, network)) == (404, "network.not-found")
        await service.realised(gone.revision, {})
        assert await code_of(service.get(PORT, RED, port)) == (404, "port.not-found")

    served(url, story)


def test_a_mistake_of_ours_in_one_command_is_that_commands_alone(url: str) -> None:
    """Input: decisions that break, or write what is another project's, among others at once. Output: theirs alone
    fail, with nothing written."""

    def broken(*_: object) -> Change:
        raise ZeroDivisionError

    async def story(service: Service) -> None:
        theirs = (await service.create(NETWORK, BLUE, NetworkBody())).document.resource(Network)

        def thief(*_: object) -> Change:
            return Change(put=(msgspec.structs.replace(theirs, size=1),))

        def smuggler(body: NetworkBody, view: object, context: Context) -> Change:
            other = msgspec.structs.replace(context, project_id="blue")
            return Change(put=(born(Network, context.new_id("net"), other, body, size=1),))

        def bully(body: NetworkBody, view: object, context: Context) -> Change:
            own = born(Network, context.new_id("net"), context, body, size=1)
            return Change(put=(own,), delete=(theirs.id,))

        kinds = [
            NETWORK,
            *(msgspec.structs.replace(NETWORK, create=create) for create in (broken, thief, smuggler, bully)),
            NETWORK,
        ]
        calls = [service.create(kind, RED, NetworkBody()) for kind in kinds]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(result).__name__ for result in results] == [
            "Outcome",
            "ZeroDivisionError",
            "AssertionError",
            "AssertionError",
            "AssertionError",
            "Outcome",
        ]
        assert (await service.get(NETWORK, BLUE, theirs.id)).resource(Network) == theirs
        assert len((await service.list(NETWORK, BLUE, Query())).documents) == 1
        assert len((await service.list(NETWORK, RED, Query())).documents) == 2
        assert [line.status for line in await service.audit(RED)][:6] == [201, 500, 500, 500, 500, 201]

    served(url, story)


def test_a_command_whose_client_has_gone_is_carried_out_or_not(url: str) -> None:
    async def story(service: Service) -> None:
        tasks = [asyncio.create_task(service.create(NETWORK, RED, NetworkBody())) for _ in range(30)]
        await asyncio.sleep(0.002)
        for task in tasks[::2]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        made = {result.document.id for result in results if not isinstance(result, BaseException)}
        assert len(made) >= 15
        assert made <= {document.id for document in (await service.snapshot())[1]}

    served(url, story)
